"""The explorables Filters and Weights: the browser's filters are the package's, at every stop of every slider."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from playwright.sync_api import Browser, Error
from scipy.optimize import brentq

import chromium
import selfdistill as sd
from selfdistill import filters, widgets

RTOL = 1e-6
DATA = sd.datasets.paper_interior()
SPECTRUM = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), DATA.x)
D, Z = SPECTRUM.eigenvalues, SPECTRUM.coordinates(DATA.y)
FINE = np.linspace(0.0, 1.0, 1001)
MODES = sd.spectrum.cross(sd.greens.SimplySupportedBeam(), FINE, DATA.x) @ SPECTRUM.eigenvectors / D
LATTICE = np.geomspace(10**-6.5, 10**-1.5, 26)  # along the curves, between and beyond the eigenvalues
BUILD = {
    "distillation": lambda c, n: filters.SelfDistillation((c,) * n),
    "ridge": lambda c, n: filters.Ridge(c),
    "flow": lambda c, n: filters.GradientFlow(1 / c),
    "residuals": lambda c, n: filters.IteratedTikhonov(c, n),
    "heat": lambda c, n: filters.HeatLimit(c),
    "cutoff": lambda c, n: filters.SpectralCutoff(c),
}
# Unpacks the shipped spectrum, then one of the two loops over states.
UNPACK = """([data, lattice, states]) => {
  const { d, loss } = spectral(data);
"""
MATCH = (
    UNPACK
    + """return states.map(([method, freedom, n]) => {
    const c = matchFreedom(method, d, freedom, n), h = (v) => FILTERS[method](v, c, n);
    return [c, loss(h), ...d.map(h), ...lattice.map(h)];
  });
}"""
)
IMITATE = (
    UNPACK
    + """return states.map(([c, xi, steps]) => {
    const h = (v) => imitate(v, c, xi, steps);
    return [loss(h), ...d.map(h), ...lattice.map(h)];
  });
}"""
)


def javascript(browser: Browser, source: str, driver: str, states: Sequence[tuple[object, ...]]) -> np.ndarray:
    """One row of numbers for each state, from `source` in the browser."""
    argument = [widgets.Filters().payload["data"], LATTICE.tolist(), states]
    return chromium.Numbers(browser, source, driver, argument).all.reshape(len(states), -1)


def error(h: np.ndarray) -> float:
    """Mean squared error to the sine on 1001 points, from the fit itself."""
    return float(np.mean((MODES @ (h * Z) - np.sin(2 * np.pi * FINE)) ** 2))


def matched(method: str, freedom: float, n: int) -> filters.Filter:
    """The filter with these degrees of freedom, by scipy's root finder; a cut-off keeps whole modes."""
    build = BUILD[method]
    if method == "cutoff":
        whole = int(np.floor(freedom + 0.5))
        return build(float(D[-whole] * (1 - 1e-9)), n)
    root = brentq(lambda s: np.sum(build(np.exp(s), n)(D)) - freedom, -45, 6, xtol=1e-14, rtol=1e-14)
    return build(float(np.exp(root)), n)


def matching_states() -> list[tuple[str, float, int]]:
    """Every degree of freedom and every n, for the methods that count fits; and every story."""
    freedoms, counts = widgets.Filters.sliders()["freedom"].stops(), widgets.Filters.sliders()["n"].stops()
    states = [
        (method, float(freedom), int(n))
        for method in BUILD
        for freedom, n in itertools.product(freedoms, counts if method in ("distillation", "residuals") else [1])
    ]
    for _, told in widgets.Filters.stories.values():
        states += [(method, told["freedom"], told["n"]) for method in BUILD]
    return states


def compare_matching(numbers: np.ndarray, states: list[tuple[str, float, int]]) -> None:
    """Assert that c, the errors, and the filters on modes and on the curve are the package's."""
    expected = []
    for c, (method, freedom, n) in zip(numbers[:, 0], states, strict=True):
        h = matched(method, freedom, n)
        if method == "cutoff":  # any threshold between two eigenvalues will do
            assert np.sum(c <= D) == np.floor(freedom + 0.5), f"{method}, {freedom} degrees of freedom"
            h = filters.SpectralCutoff(c)
        strength = {
            filters.SelfDistillation: lambda h: h.multipliers[0],
            filters.GradientFlow: lambda h: 1 / h.time,
            filters.HeatLimit: lambda h: h.time,
        }.get(type(h), lambda h: h.c)(h)
        expected.append([strength, error(h(D)), *h(D), *h(LATTICE)])
    np.testing.assert_allclose(numbers, expected, rtol=RTOL, atol=1e-290)


def weight_states() -> list[tuple[float, float, int]]:
    """(c, xi, steps) at every stop of each slider of Weights and at every story; alpha is xi = 1 - alpha."""
    sliders = widgets.Weights.sliders()
    alphas, counts, weights, ridges = (sliders[name].stops() for name in ("alpha", "rounds", "xi", "c"))
    states = [(10**-3.5, 1 - a, int(t) - 1) for a, t in itertools.product(alphas, counts)]
    states += [(c, 1 - a, int(t) - 1) for c, a, t in itertools.product(ridges, (0.0, 0.25, 1.0), counts)]
    states += [(c, xi, 1) for c, xi in itertools.product(ridges, weights)]
    for _, told in widgets.Weights.stories.values():
        states += [(told["c"], 1 - told["alpha"], told["rounds"] - 1), (told["c"], told["xi"], 1)]
    return [(float(c), float(xi), steps) for c, xi, steps in states]


def compare_weights(numbers: np.ndarray, states: list[tuple[float, float, int]]) -> None:
    """Assert that weighted filters and their errors are the package's; xi in [0, 1] is checked as alpha = 1 - xi."""
    expected = []
    for c, xi, steps in states:
        h = filters.AlphaWeighted(c, 1 - xi, steps + 1) if 0 <= xi <= 1 else filters.XiWeighted(c, (xi,) * steps)
        expected.append([error(h(D)), *h(D), *h(LATTICE)])
    np.testing.assert_allclose(numbers, expected, rtol=RTOL, atol=1e-14)


@pytest.mark.claim("earlystop", "filter-duality", "qualification")
def test_matched_filters_agree_over_both_sliders(browser: Browser) -> None:
    states = matching_states()
    assert len(states) > 3000
    compare_matching(javascript(browser, chromium.NUMERICS, MATCH, states), states)


@pytest.mark.claim("filter-duality")
def test_weighted_filters_agree_over_every_slider(browser: Browser) -> None:
    states = weight_states()
    assert len(states) > 7_000
    compare_weights(javascript(browser, chromium.NUMERICS, IMITATE, states), states)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Math.exp(-n * Math.log1p(c / d))", "Math.exp(-(n + 1) * Math.log1p(c / d))"),
        ("ridge: (d, c) => d / (d + c)", "ridge: (d, c) => d / (d + 2 * c)"),
        ("-Math.expm1(-d / c)", "-Math.expm1(-c / d)"),
        ("Math.log1p(d / c)", "Math.log1p(c / d)"),
        ("Math.exp(-c / d)", "Math.exp(-c * c / d)"),
        ("d >= c ? 1 : 0", "d >= c ? 1 : 0.5"),
        ("d.length - Math.round(freedom)", "d.length - Math.floor(freedom)"),
        ("> freedom) low", "> freedom + 1e-4) low"),
        ("i < 60", "i < 20"),
    ],
)
def test_corrupt_matching_is_noticed(browser: Browser, old: str, new: str) -> None:
    source = chromium.corrupt(old, new)
    states = [(method, freedom, 3) for method in BUILD for freedom in (1.0, 2.6, 8.0)]
    with pytest.raises((AssertionError, Error)):
        compare_matching(javascript(browser, source, MATCH, states), states)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 - xi + xi * h", "1 - xi + xi * h * h"),
        ("i < steps", "i <= steps"),
        ("const a = d / (d + c);", "const a = d / (d + 1.0001 * c);"),
    ],
)
def test_corrupt_weights_are_noticed(browser: Browser, old: str, new: str) -> None:
    source = chromium.corrupt(old, new)
    states = [(1e-3, 0.5, 3), (1e-3, -1.0, 1)]
    with pytest.raises((AssertionError, Error)):
        compare_weights(javascript(browser, source, IMITATE, states), states)


# --- the pictures in a page ------------------------------------------------------------------------------------------


@pytest.fixture
def tab(show: Callable[..., chromium.Tab]) -> chromium.Tab:
    """A tab with both explorables."""
    return show(
        widgets.Filters,
        widgets.Weights,
        known="#filters?freedom=2.5&n=7&shown=heat,cutoff&show=ratio",
        wrong="#filters?shown=magic",
    )


def test_filters_tell_the_package_s_figures_in_every_story(tab: chromium.Tab) -> None:
    for key, (label, _) in widgets.Filters.stories.items():
        told, widget = tab.press("filters", label), sd.widgets.Filters(story=key)
        assert f"{widget.freedom:.1f} degrees of freedom of 9, n = {widget.n}." in told
        for name, method in widget.methods.items():
            assert f"{widgets.filters.METHODS[name][0]} {error(method(D)):.4f}" in told
            assert widget.error(method) == pytest.approx(error(method(D)), rel=1e-9)
        loop = widget.methods["distillation"]
        under = D[0] / D[-1] * float(loop(D[-1]) / loop(D[0]))
        assert ("times below the ceiling" in told) == (under > 1.0001)
        (strongest,) = re.findall(r"strongest, (?:at )?(.*) times", told)
        number = chromium.number(strongest)
        assert number == pytest.approx(max(under, 1 / under), rel=5e-3)
    assert tab.messages == []


def test_weights_tell_the_package_s_figures_in_every_story(tab: chromium.Tab) -> None:
    for key, (label, _) in widgets.Weights.stories.items():
        told, widget = tab.press("weights", label), sd.widgets.Weights(story=key)
        one, mixed, step = (error(h(D)) for h in (filters.Ridge(widget.c), widget.alpha_weighted, widget.xi_weighted))
        assert f"squared error {one:.4f}." in told
        assert f"with α = {widget.alpha:.2f}: {mixed:.4f} " in told
        assert f"ξ = {widget.xi:.2f}: {step:.4f} ".replace("-", "−") in told
        course = [error(filters.AlphaWeighted(widget.c, widget.alpha, t)(D)) for t in range(1, 21)]
        assert f"at n = {np.argmin(course) + 1};" in told
        limit = filters.Ridge(widget.c / widget.alpha)(D) if widget.alpha > 0 else np.zeros(9)
        assert f"in the limit {error(limit):.4f})" in told
        fine = np.linspace(-20, 20, 40_001)
        best = fine[np.argmin([error(filters.XiWeighted(widget.c, (xi,))(D)) for xi in fine[::100]]) * 100]
        (weight,) = re.findall(r"best weight: ([−\d.]+)\)", told)
        assert float(weight.replace("−", "-")) == pytest.approx(best, abs=0.06)
        assert ("the same filter" in told) == (key in ("one-more", "one-family"))
    assert tab.messages == []


def test_stories_show_what_their_names_say() -> None:
    """The order of the errors that the names of the stories promise."""

    def errors(story: str) -> dict[str, float]:
        widget = sd.widgets.Filters(story=story)
        return {name: widget.error(method) for name, method in widget.methods.items()}

    assert errors("rounds-win")["distillation"] < 0.7 * errors("rounds-win")["ridge"]
    assert errors("stopping-wins")["flow"] < 0.8 * errors("stopping-wins")["distillation"]
    near = errors("mirror")
    assert near["residuals"] == pytest.approx(near["flow"], rel=0.02)
    near = errors("heat")
    assert near["distillation"] == pytest.approx(near["heat"], rel=0.05)
    weights = sd.widgets.Weights(story="fades")
    assert np.max(weights.alpha_weighted(D)) < 0.8 and weights.error(weights.alpha_weighted) > 0.48
    weights = sd.widgets.Weights(story="stays")
    assert weights.error(weights.alpha_weighted) < 0.25
    weights = sd.widgets.Weights(story="twicing")
    np.testing.assert_allclose(weights.xi_weighted(D), filters.IteratedTikhonov(weights.c, 2)(D), rtol=1e-12)
    for story in ("one-more", "one-family"):
        weights = sd.widgets.Weights(story=story)
        np.testing.assert_allclose(weights.xi_weighted(D), weights.alpha_weighted(D), rtol=1e-12)


def test_switches_links_and_wrong_links(tab: chromium.Tab) -> None:
    assert "many small rounds" not in tab.summary("filters")
    tab.page.click("#known")
    told = tab.summary("filters")
    assert "n = 7." in told
    assert "many small rounds" in told
    assert "cut-off (3 whole modes)" in told
    assert "one fit " not in told
    assert "sdw-marked" in str(tab.page.get_attribute("[data-panel=ratio]", "class"))
    switch = tab.page.locator(".sdw-keys button", has_text="cut-off")
    assert switch.get_attribute("aria-pressed") == "true"
    switch.press("Enter")
    assert "cut-off" not in tab.summary("filters")
    assert switch.get_attribute("aria-pressed") == "false"
    assert tab.messages == []
    tab.page.click("#wrong")
    tab.summary("filters")
    assert tab.messages == ["[selfdistill] The link #filters?shown=magic does not fit: there is no shown = magic."]


# --- the Python objects ----------------------------------------------------------------------------------------------


def test_methods_have_the_degrees_of_freedom() -> None:
    widget = sd.widgets.Filters(freedom=3.3, n=4, shown="ridge,flow,residuals,heat,cutoff")
    for name, method in widget.methods.items():
        assert np.sum(method(D)) == pytest.approx(3.0 if name == "cutoff" else 3.3, abs=1e-9)
    widget.tell("mirror")
    assert list(widget.methods) == ["distillation", "flow", "residuals"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: sd.widgets.Filters(freedom=9.5), "freedom must lie between 1 and 8; it is 9.5"),
        (lambda: sd.widgets.Filters(n=0), "n must lie between 1 and 20; it is 0"),
        (lambda: sd.widgets.Filters(shown="ridge,magic"), "cutoff, flow, heat, .* it has 'magic'"),
        (lambda: sd.widgets.Filters(colour="red"), "Filters knows no argument 'colour'; it takes freedom, n, shown"),
        (lambda: sd.widgets.Filters(story="bedtime"), "story must be one of 'rounds-win'"),
        (lambda: sd.widgets.Weights(alpha=1.5), "alpha must lie between 0 and 1; it is 1.5"),
        (lambda: sd.widgets.Weights(xi=float("nan")), "xi must lie between -2 and 2"),
        (lambda: sd.widgets.Weights(c=1.0), "c must lie between 1e-06 and 0.01; it is 1.0"),
        (lambda: sd.widgets.Weights().tell("bedtime"), "story must be one of 'fades'"),
    ],
)
def test_wrong_arguments_are_told_with_the_remedy(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()  # type: ignore[operator]
