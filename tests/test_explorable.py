"""The explorable Distill it: the browser computes what the package computes, and the pictures obey the reader."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Error, sync_playwright

import chromium
import selfdistill as sd
from selfdistill import figures, widgets

PACKAGE = Path(widgets.__file__).parent
NUMERICS = (PACKAGE / "js" / "numerics.js").read_text("utf-8")
RTOL = 1e-6
RANGES = widgets.DistillIt.ranges
NOISES = np.round(np.arange(0, RANGES["noise"][1] + 1e-9, RANGES["noise"][2]), 10)  # every stop of the noise slider
POWERS = np.round(np.arange(RANGES["epsilon"][0], RANGES["epsilon"][1] + 1e-9, RANGES["epsilon"][2]), 10)
EPSILONS = 10.0**POWERS  # every stop of the epsilon slider
FINE = np.linspace(0.0, 1.0, 1001)

# Runs the loop for each state [noise, epsilon] and returns all figures as one long array of float64.
DRIVER = """([set, states]) => {
  const [d, a, b, map, Q, q] = ["d", "a", "b", "map", "Q", "q"].map((key) => decode(set[key]));
  const out = [];
  for (const [noise, epsilon] of states) {
    const path = distill(d, a.map((v, k) => v + noise * b[k]), epsilon), N = path.multipliers.length;
    out.push(path.feasible ? 1 : 0, path.floor, N);
    if (!path.feasible) continue;
    const zero = new Float64Array(d.length);
    out.push(...path.multipliers);
    for (let t = 0; t < N; t++) out.push(...path.logB[t].map((v) => Math.exp(v)), ...evaluate(map, path.z[t + 1]));
    for (let t = 0; t <= N; t++) out.push(heldOut(Q, q, set.s, t < N ? path.z[t + 1] : zero));
  }
  const bytes = new Uint8Array(new Float64Array(out).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}"""


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, closed with this module: a running one keeps an event loop that notebooks want."""
    path = chromium.find()
    if path is None:
        pytest.fail(chromium.MISSING)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


def states() -> list[tuple[float, float]]:
    """Every epsilon stop at four noises and every noise stop at five epsilons; all rounds of each are compared."""
    across = [(noise, epsilon) for noise in (0.0, 0.5, 1.0, 2.0) for epsilon in EPSILONS]
    along = [(noise, epsilon) for noise in NOISES for epsilon in (0.005, 0.02, 0.045, 0.2, 0.6)]
    return [(float(noise), float(epsilon)) for noise, epsilon in across + along]


def javascript(browser, source: str, preset: str, pairs: list[tuple[float, float]]) -> np.ndarray:
    """What `source` computes in the browser for a preset and pairs (noise, epsilon)."""
    page = browser.new_page()
    try:
        page.add_script_tag(content=source)
        packed = next(dict(entry) for entry in sd.widgets.DistillIt().payload["sets"] if entry["key"] == preset)
        parts = [page.evaluate(DRIVER, [packed, pairs[start : start + 100]]) for start in range(0, len(pairs), 100)]
    finally:
        page.close()
    return np.concatenate([np.frombuffer(base64.b64decode(part), dtype="<f8") for part in parts])


def compare(numbers: np.ndarray, preset: str, pairs: list[tuple[float, float]]) -> int:
    """Assert that the browser's figures are the package's, to RTOL; return how many fits were compared."""

    place = 0

    def take(count: int) -> np.ndarray:
        nonlocal place
        place += count
        return numbers[place - count : place]

    full = widgets.PRESETS[preset][1]()
    signal = full.truth(full.x)
    knots = np.unique(np.concatenate([[0.0], full.x, [1.0]]))
    grid = np.interp(np.arange(3 * len(knots) - 2) / 3, np.arange(len(knots)), knots)
    green, zero, fits = sd.greens.SimplySupportedBeam(), np.mean(full.truth(FINE) ** 2), 0
    floor = sd.spectrum.decompose(green, full.x).floor
    for noise, epsilon in pairs:
        y = signal + noise * (full.y - signal)
        where = f"{preset}, noise {noise}, epsilon {epsilon}"
        feasible, lowest, rounds = take(3)
        np.testing.assert_allclose(lowest, floor(y), rtol=RTOL, atol=1e-15, err_msg=where)
        try:
            path = sd.distill(green, full.x, y, epsilon=epsilon)
        except sd.InfeasibleError:
            assert (feasible, rounds) == (0, 0), where
            continue
        assert (feasible, rounds) == (1, len(path)), where
        np.testing.assert_allclose(take(len(path)), path.multipliers, rtol=RTOL, err_msg=f"multipliers, {where}")
        values, K = path(grid), len(full.x)
        for t in range(len(path)):
            np.testing.assert_allclose(
                take(K), np.exp(path.log_shrinkage[t]), rtol=RTOL, atol=1e-300, err_msg=f"B_{t}, {where}"
            )
            size = np.max(np.abs(values[t]))
            np.testing.assert_allclose(
                take(len(grid)), values[t], rtol=0, atol=RTOL * size, err_msg=f"fit {t}, {where}"
            )
        errors = np.append(full.error(path(FINE), FINE), zero)
        np.testing.assert_allclose(take(len(errors)), errors, rtol=RTOL, atol=1e-13, err_msg=f"errors, {where}")
        fits += len(path)
    assert place == len(numbers), "the browser returned another number of figures than the package"
    return fits


@pytest.mark.claim("newton", "recursion", "logb", "basis", "collapse", "feasible")
@pytest.mark.parametrize("preset", list(widgets.PRESETS))
def test_browser_agrees_with_the_package_over_the_sliders(browser, preset):
    pairs = states() + [(s["noise"], s["epsilon"]) for _, s in widgets.STORIES.values()]
    assert compare(javascript(browser, NUMERICS, preset, pairs), preset, pairs) > 1000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("p = z[k] * z[k] * a * a", "p = z[k] * z[k] * a"),
        ("budget -= z[k] * z[k]", "budget += z[k] * z[k]"),
        ("c / d[k]", "d[k] / c"),
        ("Keps = K * epsilon", "Keps = epsilon"),
        ("-2 * q[j]", "2 * q[j]"),
        ("other += E[at + 1]", "other += E[at]"),
        ("step <= 5e-7", "step <= 5e-2"),
        ("Math.exp(logB[k]) * z0[k]", "Math.exp(logB[k]) * path.z.at(-1)[k]"),
    ],
)
def test_golden_comparison_can_fail(browser, old, new):
    """Each corruption of the browser's numerics is noticed: the comparison above is no formality."""
    assert NUMERICS.count(old) == 1
    pairs = [(noise, epsilon) for noise in (0.5, 1.0) for epsilon in (0.03, 0.045, 0.1)]
    with pytest.raises((AssertionError, Error)):
        for preset in ("paper", "sine"):
            compare(javascript(browser, NUMERICS.replace(old, new), preset, pairs), preset, pairs)


def test_drawn_curve_is_the_cubic_spline(browser):
    """The path of Bézier pieces passes through the package's fit between the shipped grid points, too."""
    widget = sd.widgets.DistillIt(preset="sine", epsilon=0.005)
    knots = np.concatenate([[0.0], widget.data.x, [1.0]])
    grid = np.interp(np.arange(3 * len(knots) - 2) / 3, np.arange(len(knots)), knots)
    page = browser.new_page()
    page.add_script_tag(content=(PACKAGE / "js" / "drawing.js").read_text("utf-8"))
    d = page.evaluate(
        "([x, y]) => cubicPath(x, y, (v) => 1e6 * v, (v) => 1e6 * v)", [grid.tolist(), widget.path(grid)[0].tolist()]
    )
    page.close()
    numbers = np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2) / 1e6
    start, pieces = numbers[:1], numbers[1:].reshape(-1, 3, 2)
    left = np.concatenate([start, pieces[:-1, 2]])
    for s in (0.2, 0.5, 0.8):
        weights = np.array([(1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s), s**3])
        points = weights[0] * left + np.tensordot(pieces, weights[1:], axes=(1, 0))
        np.testing.assert_allclose(points[:, 1], widget.path(points[:, 0])[0], atol=1e-6)


# --- the picture in a page -------------------------------------------------------------------------------------------


@pytest.fixture
def page(browser, tmp_path, monkeypatch):
    """A page with one explorable, from the file system and under a policy that forbids eval and foreign hosts."""
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    (tmp_path / "explorables.js").write_text(sd.widgets.static_bundle(), "utf-8")
    (tmp_path / "explorables.css").write_text(sd.widgets.stylesheet(), "utf-8")
    policy = "default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src data:"
    html = sd.widgets.DistillIt().html()
    address = tmp_path / "page.html"
    address.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<link rel="stylesheet" href="explorables.css"><script defer src="explorables.js"></script></head><body>'
        f'<p><a id="far" href="#distill-it?preset=interior&epsilon=0.02&noise=1&round=3&show=error">text</a>'
        f'<a id="wrong" href="#distill-it?round=-1">text</a></p>{html}</body></html>',
        "utf-8",
    )
    tab = browser.new_page(viewport={"width": 900, "height": 900})
    tab.messages = []
    tab.on("console", lambda message: tab.messages.append(message.text))
    tab.on("pageerror", lambda error: tab.messages.append(str(error)))
    tab.goto(address.as_uri())
    tab.wait_for_selector('[data-sd-widget="distill-it"][data-sd-state="live"]')
    yield tab
    tab.close()


def settle(tab) -> str:
    """The summary after the next two frames."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return tab.text_content(".sd-summary")


def test_summary_tells_the_package_s_figures_for_every_story(page):
    widget = sd.widgets.DistillIt()
    for name, (label, state) in widgets.STORIES.items():
        page.click(f"button:text-is('{label}')")
        summary = settle(page)
        widget.tell(name)
        path, t = widget.path, state["round"]
        fit = path.predict(FINE, round=t)
        assert f"N = {len(path)} " in summary
        assert f"squared error {np.mean((fit - widget.data.truth(FINE)) ** 2):.4f}" in summary
        if t < len(path):
            assert f"= {np.sum(np.exp(path.log_shrinkage[t])):.2f} of {len(widget.data.x)}" in summary
        else:
            assert "collapsed" in summary
        assert page.get_attribute(f"button:text-is('{label}')", "aria-pressed") == "true"
        assert not re.search("NaN|Infinity|undefined", page.inner_html(".sdw"))
    assert page.messages == []


@pytest.mark.parametrize("width", [900, 390])
def test_sliders_move_curve_and_summary_by_key_and_by_drag(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("epsilon", "noise", "round"):
        knob, curve = page.locator(f"input[name={name}]"), page.locator("path.sd-curve")
        before, told = curve.get_attribute("d"), settle(page)
        knob.focus()
        page.keyboard.press("ArrowRight")
        assert settle(page) != told
        assert curve.get_attribute("d") != before
        before = curve.get_attribute("d")
        knob.scroll_into_view_if_needed()
        box = knob.bounding_box()
        assert box["height"] >= 44
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=8)
        page.mouse.up()
        settle(page)
        assert curve.get_attribute("d") != before
        page.get_by_role("button", name="Reset").click()
        settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.messages == []


def test_dragging_redraws_once_a_frame(page):
    redraws, frames = page.evaluate(
        """async () => {
          let redraws = 0, frames = 0;
          new MutationObserver(() => redraws++).observe(document.querySelector(".sd-summary"), { childList: true });
          const knob = document.querySelector("input[name=epsilon]");
          for (; frames < 20; frames++) {
            for (let i = 0; i < 5; i++) {
              knob.value = -1 + 0.02 * (frames + i);
              knob.dispatchEvent(new Event("input"));
            }
            await new Promise(requestAnimationFrame);
          }
          return [redraws, frames];
        }"""
    )
    assert 10 <= redraws <= frames + 1


def test_infeasible_epsilon_is_said_and_no_figure_given(page):
    page.evaluate("location.hash = '#distill-it?preset=paper&epsilon=0.03'")
    chromium.wait_until(page, "() => document.querySelector('.sd-summary').textContent.startsWith('Infeasible')")
    floor = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), sd.datasets.paper().x).floor(sd.datasets.paper().y)
    assert f"smallest ε is {floor:.5g}." in page.text_content(".sd-summary")
    assert page.get_attribute("path.sd-curve", "d") == ""
    assert page.locator("rect.sdw-bar, text.sdw-value").count() == 0
    page.evaluate("location.hash = '#distill-it?epsilon=1.9'")
    chromium.wait_until(page, "() => document.querySelector('.sd-summary').textContent.startsWith('Collapsed at once')")
    assert page.messages == []


def test_links_in_the_text_set_the_state_and_mark_a_picture(page):
    page.click("#far")
    assert settle(page).startswith("Round t = 3; N = 7 ")
    assert "sdw-marked" in page.get_attribute("[data-panel=error]", "class")
    told = page.text_content(".sd-summary")
    page.get_by_role("button", name="Reset").click()
    assert settle(page) != told
    page.click("#far")  # the same address once more
    assert settle(page) == told
    state = page.get_attribute(".sdw-tools a", "href")
    page.goto(page.url.partition("#")[0] + "?again" + state)
    page.wait_for_selector('[data-sd-state="live"]')
    assert settle(page) == told
    assert page.messages == []
    page.click("#wrong")
    settle(page)
    assert page.messages == ["[selfdistill] #distill-it?round=-1: there is no round = -1"]


def test_errors_are_seen(page):
    """A broken state leaves neither a blank page nor a silent console."""
    address = Path(page.url.removeprefix("file://"))
    html = address.read_text("utf-8")
    assert html.count('"Q":') == 3
    address.write_text(html.replace('"Q":', '"lost":'), "utf-8")
    page.goto(address.as_uri() + "?broken")
    page.wait_for_selector('[data-sd-state="error"] .sdw-error')
    assert "This picture broke" in page.text_content(".sdw-error")
    assert page.is_visible(".sdw-still svg")
    assert any("[selfdistill]" in message for message in page.messages)


# --- the Python object -----------------------------------------------------------------------------------------------


def test_python_object_computes_with_the_package():
    widget = sd.widgets.DistillIt(preset="interior", epsilon=0.02)
    assert len(widget.path) == 7
    widget.noise = 0.0
    np.testing.assert_allclose(widget.data.y, np.sin(2 * np.pi * widget.data.x))
    widget.tell("too-many")
    assert (widget.preset, widget.epsilon, widget.round, widget.noise) == ("paper", 0.045, 2, 1.0)
    widget.epsilon = 0.03
    with pytest.raises(sd.InfeasibleError):
        _ = widget.path
    assert figures.svg(widget.picture(), alt="infeasible")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"preset": "newspaper"}, "'paper', 'interior', 'sine'; it is 'newspaper'"),
        ({"noise": -0.5}, "noise must lie between 0 and 2; it is -0.5"),
        ({"noise": float("nan")}, "noise must lie between"),
        ({"epsilon": 0.0}, "epsilon must lie between .* call selfdistill.distill"),
        ({"round": -1}, "round must lie between 0 and 99; it is -1"),
        ({"story": "bedtime"}, "story must be one of 'noise-gone'"),
        ({"lamda": 1.0}, "no argument 'lamda'"),
    ],
)
def test_wrong_arguments_are_told_with_the_remedy(arguments, words):
    with pytest.raises(ValueError, match=words):
        sd.widgets.DistillIt(**arguments)


def test_wrong_traits_are_refused_and_leave_the_state():
    widget = sd.widgets.DistillIt()
    for name, value in {"preset": "x", "noise": 3.0, "epsilon": 9.0, "round": 1000}.items():
        before = getattr(widget, name)
        with pytest.raises(ValueError, match=name):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
    with pytest.raises(ValueError, match="'bedtime'"):
        widget.tell("bedtime")


def test_static_html_holds_data_and_a_still_picture(monkeypatch):
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    bundle, _ = sd.widgets.DistillIt(story="small-steps")._repr_mimebundle_()
    html = bundle["text/html"]
    state = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, flags=re.S)[1])
    assert (state["preset"], state["epsilon"], state["round"]) == ("sine", 0.005, 8)
    assert [entry["key"] for entry in state["payload"]["sets"]] == list(widgets.PRESETS)
    shipped = next(entry for entry in state["payload"]["sets"] if entry["key"] == "paper")
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(shipped["x"])), sd.datasets.paper().x)
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="sd-svg"' in html
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" not in bundle
    assert len(json.dumps(state)) <= 150_000


def test_with_a_kernel_it_is_an_anywidget_with_a_picture_for_the_saved_notebook(monkeypatch):
    monkeypatch.delenv("SELFDISTILL_STATIC", raising=False)
    widget = sd.widgets.DistillIt()
    bundle, _ = widget._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(bundle)
    assert widget._esm.count("export default ") == 1
    assert "import " not in widget._esm.replace("no imports", "")


def test_bundle_is_a_small_classic_script():
    script = sd.widgets.static_bundle()
    assert not re.search(r"^(import|export)\b|\beval\(|new Function", script, flags=re.M)
    assert script.count("function solveSecular") == 1
    for name in sd.widgets.StaticWidget.scripts:
        assert script.count(f'explorables.set("{name}"') == 1
    root = PACKAGE.parent
    others = [root / "_static" / "book.css", *(root / "_ext" / "selfdistill_book" / "static").iterdir()]
    own = len(script.encode()) + len(sd.widgets.stylesheet().encode()) + sum(len(path.read_bytes()) for path in others)
    assert own <= 60_000  # bytes of the book's own JavaScript and CSS, as a page gets them, uncompressed
