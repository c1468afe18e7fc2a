"""The explorables Green's functions, The secular equation and Collapse: the browser computes what the package does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Error

import chromium
import selfdistill as sd
from selfdistill import figures, widgets

RTOL = 1e-6
X = np.array([0.0, 0.03, 0.11, 0.3, 0.45, 0.5, 0.71, 0.9, 1.0])  # where Green's functions are compared
CLASSES: tuple[type[widgets.StoryWidget], ...] = (widgets.GreenExplorer, widgets.Secular, widgets.Collapse)

# For each rate and source: g at X, 30 eigenvalues and eigenfunctions at the source, and the sums of 1..30 terms at X.
GREENS = """([key, states, points]) => states.map(([a, s]) => {
  const { modes, g, sum } = expand(key, s, a, 30);
  const sums = modes.map((_, n) => points.map((x) => sum(x, n + 1)));
  return [points.map(g), modes.map(([price, phi]) => [price, phi(s)]), sums];
})"""
# For each epsilon: budget, number of tangents, both brackets, then the tangents.
SECULAR = """([set, epsilons]) => epsilons.map((epsilon) => {
  const { budget, newton } = secular(decode(set.d), decode(set.z), epsilon);
  if (!newton) return [budget, 0];
  const { list, wide, sharp } = newton;
  return [budget, list.length, wide, sharp, list.map((v) => [v.lam, v.psi, v.step, v.low, v.high, v.width])];
})"""
# For each epsilon: N, then r_0 .. r_N, the bounds on N, the usual guarantee, and the usual bound on each r_t.
COLLAPSE = """([set, epsilons]) => epsilons.map((epsilon) => {
  const d = decode(set.d), z = decode(set.z);
  const path = distill(d, z, epsilon), bounds = collapseBounds(d, z, d.length * epsilon), N = path.multipliers.length;
  if (!path.feasible) return -1;
  const size = Math.sqrt(d.length * epsilon);
  const usual = bounds.kappa < 1e12 ? path.z.map((_, t) => bounds.lower(t)) : [];
  return [N, path.z.map((v) => Math.hypot(...v) / size), N ? [bounds.rounds, bounds.usual, usual] : []];
})"""


def states(widget: type[widgets.StoryWidget], name: str) -> list[float]:
    """The values of a trait at every stop of its slider, and in all stories."""
    told = [float(state[name]) for _, state in widget.stories.values() if name in state]
    return widget.sliders()[name].stops().tolist() + told


# --- golden vectors --------------------------------------------------------------------------------------------------


def compare_greens(browser: Browser, source: str, operator: str, states: list[tuple[float, float]]) -> None:
    """Assert that kernel, modes and partial sums are the package's."""
    reader = chromium.Numbers(browser, source, GREENS, [operator, states, X.tolist()])
    for a, s in states:
        green = widgets.greens.OPERATORS[operator][3](a)
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
    packed = widgets.Secular().payload["sets"][preset]
    reader, compared = chromium.Numbers(browser, source, SECULAR, [packed, epsilons]), 0
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
        data = widgets.example.PRESETS[preset][1]()
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
    packed = widgets.Collapse().payload["sets"][preset]
    reader, compared = chromium.Numbers(browser, source, COLLAPSE, [packed, epsilons]), 0
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
@pytest.mark.parametrize("operator", list(widgets.greens.OPERATORS))
def test_greens_agree_with_the_package_at_every_stop(browser: Browser, operator: str) -> None:
    """Every source and every number of terms; for the operators with a rate also every rate."""
    places = [(5.0, s) for s in states(widgets.GreenExplorer, "source")]
    if operator in ("dirichlet", "neumann"):
        places += [(a, s) for a in states(widgets.GreenExplorer, "a") for s in (0.02, 0.3, 0.5, 0.77)]
    compare_greens(browser, chromium.NUMERICS, operator, places)


@pytest.mark.claim("newton", "c-bounds", "c-bounds-sharp", "feasible")
@pytest.mark.parametrize("preset", list(widgets.Secular.presets))
def test_secular_agrees_with_the_package_at_every_stop(browser: Browser, preset: str) -> None:
    """Every epsilon; all steps of each are compared."""
    assert compare_secular(browser, chromium.NUMERICS, preset, states(widgets.Secular, "epsilon")) > 200


@pytest.mark.claim("rounds-universal", "norm-lb-paper", "rounds-lb-paper", "kappa1-soft", "toy-bounds")
@pytest.mark.parametrize("preset", list(widgets.Collapse.presets))
def test_collapse_agrees_with_the_package_at_every_stop(browser: Browser, preset: str) -> None:
    """Every epsilon; all rounds of each are compared."""
    assert compare_collapse(browser, chromium.NUMERICS, preset, states(widgets.Collapse, "epsilon")) > 150


def run_all(browser: Browser, source: str) -> None:
    """The three comparisons, on a few states."""
    for operator in widgets.greens.OPERATORS:
        compare_greens(browser, source, operator, [(5.0, 0.3)])
    compare_secular(browser, source, "paper", [0.042, 0.1])
    compare_collapse(browser, source, "interior", [0.01, 0.1])
    compare_collapse(browser, source, "equal", [0.01])


def test_the_short_comparison_holds(browser: Browser) -> None:
    """So that the corruptions below are what it notices."""
    run_all(browser, chromium.NUMERICS)


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
    source = chromium.corrupt(old, new)
    with pytest.raises((AssertionError, Error)):
        run_all(browser, source)


# --- the pictures in a page ------------------------------------------------------------------------------------------


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.script)
def cls(request: pytest.FixtureRequest) -> type[widgets.StoryWidget]:
    """Each of the three."""
    return request.param


@pytest.fixture
def tab(show: Callable[..., chromium.Tab], cls: type[widgets.StoryWidget]) -> Iterator[chromium.Tab]:
    """A tab with one of them; nothing may be said on its console."""
    tab = show(cls)
    yield tab
    assert tab.messages == []


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


def test_summary_tells_the_package_s_figures_for_every_story(tab: chromium.Tab, cls: type[widgets.StoryWidget]) -> None:
    """Each story's button sets its state, and the summary gives the package's figures."""
    widget = cls()
    for name, (label, _) in cls.stories.items():
        summary = tab.press(cls.script, label)
        widget.tell(name)
        for words, value in told(widget):
            assert words in summary, summary
            rest = summary.split("Step ")[-1] if words == "of " else summary
            given = chromium.number(rest.split(words, 1)[1].lstrip("es "))
            assert given == pytest.approx(value, rel=6e-3), (name, words, summary)


@pytest.mark.parametrize(
    ("cls", "panel", "trait"), [(widgets.GreenExplorer, "green", "source"), (widgets.Collapse, "rounds", "epsilon")]
)
def test_the_picture_itself_can_be_dragged(
    tab: chromium.Tab, cls: type[widgets.StoryWidget], panel: str, trait: str
) -> None:
    """A pointer in the picture sets the slider."""
    page = tab.page
    box = page.locator(f"[data-panel={panel}] svg").first.bounding_box()
    assert box is not None
    values = []
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.mouse.down()
    for part in (0.4, 0.6, 0.8):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        tab.summary(cls.script)
        values.append(float(page.input_value(f"input[name={trait}]")))
    page.mouse.up()
    assert values == sorted(set(values))
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)  # no button pressed
    tab.summary(cls.script)
    assert float(page.input_value(f"input[name={trait}]")) == values[-1]


@pytest.mark.parametrize(("cls", "preset"), [(widgets.Secular, "paper"), (widgets.Collapse, "paper")])
def test_infeasible_and_collapsed_are_said(tab: chromium.Tab, cls: type[widgets.StoryWidget], preset: str) -> None:
    """Below the floor no curve is drawn and no figure given; above the mean square the collapse is told."""
    tab.page.evaluate(f"location.hash = '#{cls.script}?preset={preset}&epsilon=0.03'")
    chromium.wait_until(tab.page, "() => document.querySelector('.sd-summary').textContent.startsWith('Infeasible')")
    floor = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), sd.datasets.paper().x).floor(sd.datasets.paper().y)
    assert f"smallest ε is {floor:.5g}." in tab.summary(cls.script)
    assert tab.page.get_attribute("path.sd-curve", "d") == ""
    tab.page.evaluate(f"location.hash = '#{cls.script}?epsilon=1.9'")
    chromium.wait_until(tab.page, "() => document.querySelector('.sd-summary').textContent.startsWith('Collapsed')")
    tab.summary(cls.script)
    assert tab.page.get_attribute("path.sd-curve", "d")


# --- the Python objects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [widgets.Secular, widgets.Collapse])
def test_still_pictures_without_a_fit(cls: type[widgets.StoryWidget]) -> None:
    """Infeasible and collapsed states have a still picture, too."""
    for change in ({"preset": "paper", "epsilon": 0.03}, {"epsilon": 1.9}):
        assert figures.svg(cls(**change).picture(), alt="no fit")


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
