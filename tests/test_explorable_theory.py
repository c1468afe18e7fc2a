"""The explorables Green's functions, The secular equation and Collapse: the browser computes what the package does."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

import chromium
import selfdistill as sd
from selfdistill import figures, widgets

NUMERICS = (Path(widgets.__file__).parent / "js" / "numerics.js").read_text("utf-8")
RTOL = 1e-6
X = np.array([0.0, 0.03, 0.11, 0.3, 0.45, 0.5, 0.71, 0.9, 1.0])  # where Green's functions are compared
CLASSES: tuple[type[widgets.StoryWidget], ...] = (widgets.GreenExplorer, widgets.Secular, widgets.Collapse)

PACK = """const pack = (out) => {
    const bytes = new Uint8Array(new Float64Array(out.flat(Infinity)).buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  };
"""
# For each rate and source: g at X, 30 eigenvalues and eigenfunctions at the source, and the sums of 1..30 terms at X.
GREENS = (
    "([key, states, points]) => {\n"
    + PACK
    + """return pack(states.map(([a, s]) => {
    const { modes, g, sum } = expand(key, s, a, 30);
    const sums = modes.map((_, n) => points.map((x) => sum(x, n + 1)));
    return [points.map(g), modes.map(([price, phi]) => [price, phi(s)]), sums];
  }));
}"""
)
# For each epsilon: budget, number of tangents, both brackets, then the tangents.
SECULAR = (
    "([set, epsilons]) => {\n"
    + PACK
    + """return pack(epsilons.map((epsilon) => {
    const { budget, newton } = secular(decode(set.d), decode(set.z), epsilon);
    if (!newton) return [budget, 0];
    const { list, wide, sharp } = newton;
    return [budget, list.length, wide, sharp, list.map((v) => [v.lam, v.psi, v.step, v.low, v.high, v.width])];
  }));
}"""
)
# For each epsilon: N, then r_0 .. r_N, the bounds on N, the usual guarantee, and the usual bound on each r_t.
COLLAPSE = (
    "([set, epsilons]) => {\n"
    + PACK
    + """const d = decode(set.d), z = decode(set.z);
  return pack(epsilons.map((epsilon) => {
    const path = distill(d, z, epsilon), bounds = collapseBounds(d, z, d.length * epsilon), N = path.multipliers.length;
    if (!path.feasible) return -1;
    const size = Math.sqrt(d.length * epsilon);
    const usual = bounds.kappa < 1e12 ? path.z.map((_, t) => bounds.lower(t)) : [];
    return [N, path.z.map((v) => Math.hypot(...v) / size), N ? [bounds.rounds, bounds.usual, usual] : []];
  }));
}"""
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, closed with this module."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


def stops(widget: type[widgets.StoryWidget], name: str) -> list[float]:
    """Every stop of a slider, and the states of all stories."""
    low, high, step = widget.ranges[name]
    places = np.round(np.arange(low, high + step / 2, step), 10)
    told = [state[name] for _, state in widget.stories.values() if name in state]
    return [float(v) for v in (10.0**places if name in widget.logs else places)] + [float(v) for v in told]


class Reader:
    """Takes the browser's figures one after the other."""

    def __init__(self, browser: Browser, source: str, driver: str, argument: object) -> None:
        page = browser.new_page()
        try:
            page.add_script_tag(content=source)
            self.numbers = np.frombuffer(base64.b64decode(page.evaluate(driver, argument)), dtype="<f8")
        finally:
            page.close()
        self.place = 0

    def take(self, *shape: int) -> np.ndarray:
        """The next figures, in this shape."""
        count = int(np.prod(shape))
        self.place += count
        assert self.place <= len(self.numbers), "the browser returned fewer figures than the package"
        return self.numbers[self.place - count : self.place].reshape(shape)

    def end(self) -> None:
        """Nothing may be left over."""
        assert self.place == len(self.numbers), "the browser returned more figures than the package"


# --- golden vectors --------------------------------------------------------------------------------------------------


def compare_greens(browser: Browser, source: str, operator: str, states: list[tuple[float, float]]) -> None:
    """Assert that kernel, modes and partial sums are the package's."""
    reader = Reader(browser, source, GREENS, [operator, states, X.tolist()])
    for a, s in states:
        green = widgets.OPERATORS[operator][3](a)
        values, phi = green.eigenpairs(30)
        where, size = f"{operator}, a = {a}, s = {s}", float(green(s, s))
        at = phi(np.asarray(s))
        np.testing.assert_allclose(reader.take(9), green(X, s), rtol=0, atol=RTOL * size, err_msg=where)
        modes = reader.take(30, 2)
        np.testing.assert_allclose(modes[:, 0], values, rtol=RTOL, err_msg=where)
        np.testing.assert_allclose(modes[:, 1], at, rtol=0, atol=RTOL, err_msg=where)
        sums = np.cumsum((at / values)[:, None] * phi(X), axis=0)
        np.testing.assert_allclose(reader.take(30, 9), sums, rtol=0, atol=RTOL * size, err_msg=where)
    reader.end()


def compare_secular(browser: Browser, source: str, preset: str, epsilons: list[float]) -> int:
    """Assert that brackets, tangents and enclosures are the package's; return how many tangents were compared."""
    packed = next(entry for entry in widgets.Secular().payload["sets"] if entry["key"] == preset)
    reader, compared = Reader(browser, source, SECULAR, [packed, epsilons]), 0
    for epsilon in epsilons:
        where = f"{preset}, epsilon {epsilon}"
        widget = widgets.Secular(preset=preset, epsilon=epsilon)
        budget, count = reader.take(2)
        try:
            rows = widget.newton
        except sd.InfeasibleError:
            assert (budget <= 0, count) == (True, 0), where
            continue
        assert count == len(rows), where
        data = widgets.Secular.presets[preset][1]()
        spec = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), data.x)
        z, on = spec.coordinates(data.y), ~spec.null
        left = len(z) * epsilon - np.sum(z[~on] ** 2)
        np.testing.assert_allclose(budget, left, rtol=RTOL, err_msg=where)
        lam = sd.secular.solve(spec.eigenvalues, z, np.sqrt(len(z) * epsilon))
        if len(rows) == 0:
            assert lam == 0, where
            continue
        d, z = spec.eigenvalues[on], z[on]
        brackets = [
            bound(d, z, np.sqrt(left)) for bound in (sd.bounds.multiplier_bracket, sd.bounds.multiplier_bracket_sharp)
        ]
        np.testing.assert_allclose(reader.take(2, 2), brackets, rtol=RTOL, err_msg=where)
        found = reader.take(len(rows), 6)
        np.testing.assert_allclose(found[:, [0, 3, 4]], rows[:, [0, 2, 3]], rtol=RTOL, err_msg=where)
        np.testing.assert_allclose(found[1:, 2], rows[1:, 1], rtol=RTOL, atol=1e-13, err_msg=where)
        psi = 1 / np.linalg.norm(z / (1 + rows[:, :1] * d), axis=1)
        np.testing.assert_allclose(found[:, 1], psi, rtol=RTOL, err_msg=where)
        np.testing.assert_allclose(found[:, 5], rows[:, 3] / rows[:, 2] - 1, rtol=RTOL, atol=1e-15, err_msg=where)
        np.testing.assert_allclose(found[-1, 3], lam, rtol=1e-11, err_msg=where)
        compared += len(rows)
    reader.end()
    return compared


def compare_collapse(browser: Browser, source: str, preset: str, epsilons: list[float]) -> int:
    """Assert that the ratios and all bounds are the package's; return how many rounds were compared."""
    packed = next(entry for entry in widgets.Collapse().payload["sets"] if entry["key"] == preset)
    reader, compared = Reader(browser, source, COLLAPSE, [packed, epsilons]), 0
    d, z = widgets.Collapse.presets[preset][1]()
    for epsilon in epsilons:
        where, size = f"{preset}, epsilon {epsilon}", np.sqrt(len(d) * epsilon)
        (rounds,) = reader.take(1)
        try:
            ratios = widgets.Collapse(preset=preset, epsilon=epsilon).path
        except sd.InfeasibleError:
            assert rounds == -1, where
            continue
        assert rounds == len(ratios) - 1, where
        np.testing.assert_allclose(reader.take(len(ratios)), ratios, rtol=RTOL, atol=1e-9, err_msg=where)
        if rounds == 0:
            continue
        r0, kappa = float(np.linalg.norm(z) / size), float(d[-1] / d[0]) if d[0] > 0 else np.inf
        limits = sd.bounds.rounds_bounds(r0, float(np.sum(np.abs(z)) / size), kappa)
        assert tuple(reader.take(2)) == limits, where
        assert limits[0] <= rounds <= limits[1], where
        np.testing.assert_allclose(reader.take(1), sd.bounds.rounds_lower_paper(r0, kappa), rtol=RTOL, err_msg=where)
        if kappa < 1e12:
            usual = sd.bounds.ratio_lower_paper(r0, kappa, np.arange(len(ratios)))
            np.testing.assert_allclose(reader.take(len(ratios)), usual, rtol=RTOL, atol=RTOL * r0, err_msg=where)
        compared += len(ratios)
    reader.end()
    return compared


@pytest.mark.claim("green-toy", "green-list", "green-lidstone")
@pytest.mark.parametrize("operator", list(widgets.OPERATORS))
def test_greens_agree_with_the_package_at_every_stop(browser: Browser, operator: str) -> None:
    """Every source and every number of terms; for the operators with a rate also every rate."""
    states = [(5.0, s) for s in stops(widgets.GreenExplorer, "source")]
    if operator in ("dirichlet", "neumann"):
        states += [(a, s) for a in stops(widgets.GreenExplorer, "a") for s in (0.02, 0.3, 0.5, 0.77)]
    compare_greens(browser, NUMERICS, operator, states)


@pytest.mark.claim("newton", "c-bounds", "c-bounds-sharp", "feasible")
@pytest.mark.parametrize("preset", list(widgets.Secular.presets))
def test_secular_agrees_with_the_package_at_every_stop(browser: Browser, preset: str) -> None:
    """Every epsilon; all steps of each are compared."""
    assert compare_secular(browser, NUMERICS, preset, stops(widgets.Secular, "epsilon")) > 200


@pytest.mark.claim("rounds-universal", "norm-lb-paper", "rounds-lb-paper", "kappa1-soft", "toy-bounds")
@pytest.mark.parametrize("preset", list(widgets.Collapse.presets))
def test_collapse_agrees_with_the_package_at_every_stop(browser: Browser, preset: str) -> None:
    """Every epsilon; all rounds of each are compared."""
    assert compare_collapse(browser, NUMERICS, preset, stops(widgets.Collapse, "epsilon")) > 150


def run_all(browser: Browser, source: str) -> None:
    """The three comparisons, on a few states."""
    for operator in widgets.OPERATORS:
        compare_greens(browser, source, operator, [(5.0, 0.3)])
    compare_secular(browser, source, "paper", [0.042, 0.1])
    compare_collapse(browser, source, "interior", [0.01, 0.1])
    compare_collapse(browser, source, "equal", [0.01])


def test_the_short_comparison_holds(browser: Browser) -> None:
    """So that the corruptions below are what it notices."""
    run_all(browser, NUMERICS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("m * (1 - M))", "m * (1 + M))"),
        ("(m) => m, 0.5", "(m) => m, 0"),
        ("(2 * M - m * m - M * M) / 6", "(2 * M - m * m - M * M) / 5"),
        ("(3 * M - m - 2 * m * M)", "(3 * M - m - m * M)"),
        ("m * m * (3 * M - m) / 6", "m * m * (3 * m - M) / 6"),
        ("1 / 42 - u * u / 2", "1 / 42 + u * u / 2"),
        ("(1 / 30 - u * u)", "(1 / 42 - u * u)"),
        ("Math.PI * (n + sign / 2)", "Math.PI * (n + sign / 2 + 1)"),
        ("(n - 1) * Math.PI", "n * Math.PI"),
        ("Math.expm1(-2 * a)", "Math.expm1(-a)"),
        ("phi(s) / price", "phi(s) * price"),
        ("slice(0, n)", "slice(0, n - 1)"),
        ("v * (1 + lam * v) ** -3", "v * (1 + lam * v) ** -2"),
        ("Math.sqrt(1 - 2 * step)", "Math.sqrt(1 - step)"),
        ("1 / (v * v)", "1 / v"),
        ("all[k] > 0 ? sum : sum + v * v", "all[k] > 0 ? sum + v * v : sum"),
        ("-Math.log1p(step) -", "Math.log1p(step) -"),
        ("r * r - 1, l1 - 1, kappa * (r - 1)", "r - 1, l1 - 1, kappa * (r - 1)"),
        ("kappa * (kappa - 1) / u", "kappa * (kappa + 1) / u"),
        ("usual: (r - 1) / kappa", "usual: r / kappa"),
    ],
)
def test_golden_comparison_can_fail(browser: Browser, old: str, new: str) -> None:
    """Each corruption of the browser's numerics is noticed."""
    assert NUMERICS.count(old) == 1
    with pytest.raises((AssertionError, Error)):
        run_all(browser, NUMERICS.replace(old, new))


# --- the pictures in a page ------------------------------------------------------------------------------------------

LINKS = {
    "greens": "operator=dirichlet&source=0.5&terms=4&a=10&show=share",
    "secular": "preset=paper&epsilon=0.05&step=2&show=psi",
    "collapse": "preset=equal&epsilon=0.01&show=rounds",
}


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.script)
def cls(request: pytest.FixtureRequest) -> type[widgets.StoryWidget]:
    """Each of the three."""
    return request.param


@pytest.fixture
def page(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cls: type[widgets.StoryWidget]
) -> Iterator[Page]:
    """A page with one explorable, from the file system and under a policy that forbids eval and foreign hosts."""
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    (tmp_path / "explorables.js").write_text(widgets.static_bundle(), "utf-8")
    (tmp_path / "explorables.css").write_text(widgets.stylesheet(), "utf-8")
    policy = "default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src data:"
    address = tmp_path / "page.html"
    address.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<link rel="stylesheet" href="explorables.css"><script defer src="explorables.js"></script></head><body>'
        f'<p><a id="far" href="#{cls.script}?{LINKS[cls.script]}">text</a>'
        f'<a id="wrong" href="#{cls.script}?{next(iter(cls.ranges))}=-99">text</a></p>{cls().html()}</body></html>',
        "utf-8",
    )
    tab = browser.new_page(viewport={"width": 900, "height": 900})
    messages: list[str] = []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.goto(address.as_uri())
    tab.wait_for_selector(f'[data-sd-widget="{cls.script}"][data-sd-state="live"]')
    yield tab
    expected = [f"[selfdistill] #{cls.script}?{next(iter(cls.ranges))}=-99: there is no {next(iter(cls.ranges))} = -99"]
    assert messages in ([], expected)
    tab.close()


def settle(tab: Page) -> str:
    """The summary after the next two frames."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not re.search("NaN|Infinity|undefined", tab.inner_html(".sdw"))
    return tab.text_content(".sd-summary") or ""


def number(text: str) -> float:
    """The first figure of a text as `figure` of drawing.js writes it."""
    found = re.search(r"(−?[\d.]+)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found is not None, text
    power = (found[2] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(found[1].rstrip(".").replace("−", "-")) * 10.0 ** int(power)


def told(widget: widgets.StoryWidget) -> list[tuple[str, float]]:
    """(words before a figure of the summary, what the package says it is) for the present state."""
    if isinstance(widget, widgets.GreenExplorer):
        own = float(widget.green(widget.source, widget.source))
        series = float(widget.series(widget.source))
        return [("g(s, s) = ", own), ("of the series reach", 100 * series / own)]
    if isinstance(widget, widgets.Secular):
        rows = widget.newton
        return [
            (": c = ", 1 / rows[-1, 2]),
            ("of ", len(rows)),
            *([("reaches λ = ", rows[widget.step - 1, 2])] if widget.step else []),
        ]
    assert isinstance(widget, widgets.Collapse)
    ratios = widget.path
    return [("N = ", len(ratios) - 1), ("r₀ = ", ratios[0]), ("then comes ", ratios[-1])]


def test_summary_tells_the_package_s_figures_for_every_story(page: Page, cls: type[widgets.StoryWidget]) -> None:
    """Each story's button sets its state, is pressed, and the summary gives the package's figures."""
    widget = cls()
    for name, (label, _) in cls.stories.items():
        page.click(f"button:text-is('{label}')" if "'" not in label else f'button:text-is("{label}")')
        summary = settle(page)
        widget.tell(name)
        for words, value in told(widget):
            assert words in summary, summary
            rest = summary.split("Step ")[-1] if words == "of " else summary
            assert number(rest.split(words, 1)[1].lstrip("es ")) == pytest.approx(value, rel=6e-3), (
                name,
                words,
                summary,
            )
        assert page.locator("button[aria-pressed=true]").all_text_contents() == [label]


@pytest.mark.parametrize("width", [900, 390])
def test_sliders_move_curve_and_summary_by_key_and_by_drag(
    page: Page, cls: type[widgets.StoryWidget], width: int
) -> None:
    """Also the slider that only some operators have."""
    page.set_viewport_size({"width": width, "height": 900})
    draw = "() => [...document.querySelectorAll('.sdw svg')].map((svg) => svg.innerHTML).join()"
    for name in cls.ranges:
        page.click("#far")
        settle(page)
        knob = page.locator(f"input[name={name}]")
        told, drawn = settle(page), page.evaluate(draw)
        knob.focus()
        page.keyboard.press("ArrowRight")
        assert settle(page) != told
        assert page.evaluate(draw) != drawn
        told, drawn = settle(page), page.evaluate(draw)
        knob.scroll_into_view_if_needed()
        box = knob.bounding_box()
        assert box is not None and box["height"] >= 44
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=8)
        page.mouse.up()
        assert settle(page) != told
        assert page.evaluate(draw) != drawn
        page.get_by_role("button", name="Reset").click()
        settle(page)
    if width == 390:
        for button in page.locator(".sdw button, .sdw select").all():
            box = button.bounding_box()
            assert box is not None and box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("cls", "panel", "trait"), [(widgets.GreenExplorer, "green", "source"), (widgets.Collapse, "rounds", "epsilon")]
)
def test_the_picture_itself_can_be_dragged(page: Page, cls: type[widgets.StoryWidget], panel: str, trait: str) -> None:
    """A pointer in the picture sets the slider."""
    box = page.locator(f"[data-panel={panel}] svg").first.bounding_box()
    assert box is not None
    values = []
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.mouse.down()
    for part in (0.4, 0.6, 0.8):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        settle(page)
        values.append(float(page.input_value(f"input[name={trait}]")))
    page.mouse.up()
    assert values == sorted(set(values))
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)  # no button pressed
    settle(page)
    assert float(page.input_value(f"input[name={trait}]")) == values[-1]


def test_links_in_the_text_set_the_state_and_mark_a_picture(page: Page, cls: type[widgets.StoryWidget]) -> None:
    """A link sets all traits it names; the link to the view brings the same view back."""
    start = settle(page)
    page.click("#far")
    told = settle(page)
    assert told != start
    marked = LINKS[cls.script].partition("show=")[2]
    assert page.locator(".sdw-marked").evaluate_all("nodes => nodes.map(node => node.dataset.panel)") == [marked]
    page.get_by_role("button", name="Reset").click()
    assert settle(page) == start
    page.click("#far")
    assert settle(page) == told
    state = page.get_attribute(".sdw-tools a", "href") or ""
    page.goto(page.url.partition("#")[0] + "?again" + state)
    page.wait_for_selector('[data-sd-state="live"]')
    assert settle(page) == told
    page.click("#wrong")
    assert settle(page) == told


@pytest.mark.parametrize(("cls", "preset"), [(widgets.Secular, "paper"), (widgets.Collapse, "paper")])
def test_infeasible_and_collapsed_are_said(page: Page, cls: type[widgets.StoryWidget], preset: str) -> None:
    """Below the floor no curve is drawn and no figure given; above the mean square the collapse is told."""
    page.evaluate(f"location.hash = '#{cls.script}?preset={preset}&epsilon=0.03'")
    chromium.wait_until(page, "() => document.querySelector('.sd-summary').textContent.startsWith('Infeasible')")
    floor = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), sd.datasets.paper().x).floor(sd.datasets.paper().y)
    assert f"smallest ε is {floor:.5g}." in settle(page)
    assert page.get_attribute("path.sd-curve", "d") == ""
    page.evaluate(f"location.hash = '#{cls.script}?epsilon=1.9'")
    chromium.wait_until(page, "() => document.querySelector('.sd-summary').textContent.startsWith('Collapsed')")
    settle(page)
    assert page.get_attribute("path.sd-curve", "d")


# --- the Python objects ----------------------------------------------------------------------------------------------


def test_still_pictures_for_every_story(cls: type[widgets.StoryWidget], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every story has a still picture with labelled axes; the HTML of the page stays light."""
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    for name in cls.stories:
        assert figures.svg(cls(story=name).picture(), alt=name)
    bundle, _ = cls()._repr_mimebundle_()
    assert len(bundle["text/html"]) <= 75_000
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    for change in ({"preset": "paper", "epsilon": 0.03}, {"epsilon": 1.9}):  # infeasible, collapsed
        if cls is not widgets.GreenExplorer:
            assert figures.svg(cls(**change).picture(), alt="no fit")


def test_with_a_kernel_traits_follow(cls: type[widgets.StoryWidget], monkeypatch: pytest.MonkeyPatch) -> None:
    """Setting a trait from Python sends it, a callback that raises is not swallowed."""
    monkeypatch.delenv("SELFDISTILL_STATIC", raising=False)
    widget = cls()
    bundle, _ = widget._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png"} <= set(bundle)
    heard: list[object] = []
    trait = next(iter(cls.ranges))
    widget.observe(lambda change: heard.append(change["new"]), names=[trait])
    widget.set_state({trait: widget._story(next(iter(cls.stories)))[trait] * 1.1})
    assert heard == [getattr(widget, trait)]

    def fail(change: object) -> None:
        raise RuntimeError("seen")

    widget.observe(fail, names=[trait])
    with pytest.raises(RuntimeError, match="seen"):
        setattr(widget, trait, widget._story(next(iter(cls.stories)))[trait] * 1.2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: widgets.GreenExplorer(operator="beem"), "operator must be one of 'beam', .*; it is 'beem'"),
        (lambda: widgets.GreenExplorer(source=1.5), "source must lie between 0.02 and 0.98; it is 1.5"),
        (lambda: widgets.GreenExplorer(terms=0), "terms must lie between 1 and 30; it is 0"),
        (lambda: widgets.Secular(preset="news"), "preset must be one of 'interior', 'paper'; it is 'news'"),
        (lambda: widgets.Secular(epsilon=0.0), "epsilon must lie between 0.0001 and 1.995; it is 0.0"),
        (lambda: widgets.Collapse(story="bedtime"), "story must be one of 'example'"),
        (lambda: widgets.Collapse(step=1), "knows no argument 'step'"),
    ],
)
def test_wrong_arguments_are_told(make: Callable[[], object], words: str) -> None:
    """The message names the argument, the value and the range."""
    with pytest.raises(ValueError, match=words):
        make()
