"""The explorable When it helps: the browser's bias, variance, gains and choices are the package's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike
from playwright.sync_api import Browser, Error

import chromium
from selfdistill import statistics, widgets

RTOL = 1e-6
SOURCE = chromium.NUMERICS + widgets.scripts.body("statistics")
# For each state: m, the factors, [bias, variance] a round, the best round, [risk, c] of the single fit, the counts;
# then, with the factors of rounds 2 and 3: the Wiener weights, the gains, and the scores of round 2 in the first draw.
DRIVER = """([packed, states]) => {
  const d = decode(packed.d), draws = decode(packed.draws), K = d.length;
  return states.map(([sigma, decay, c]) => {
    const { m, kept, parts, best, single, chosen } = along(d, draws, { sigma, decay, c }, 15), noise = sigma * sigma;
    const weights = Array.from(m, (v) => wiener(v, noise));
    const gains = Array.from(m, (v, k) => gain(kept[2][k], kept[3][k], v, noise));
    const lost = kept[2].map((v) => 1 - v), power = m.map((v, k) => (v + sigma * draws[k]) ** 2);
    const scores = Object.values(SCORES).map((score) => score(lost, power, noise));
    return [[...m], kept.map((h) => [...h]), parts, best, single, chosen, weights, gains, scores];
  });
}"""


def states() -> list[tuple[float, float, float]]:
    """(noise, decay, c) at every stop of each slider and at every story."""
    noises, decays, ridges = (widgets.WhenItHelps.sliders()[name].stops() for name in ("noise", "decay", "c"))
    found = [(sigma, 3.0, 1e-6) for sigma in noises] + [(0.7, decay, 1e-4) for decay in decays]
    found += [(1.0, 1.0, c) for c in ridges]
    found += [(told["noise"], told["decay"], told["c"]) for _, told in widgets.WhenItHelps.stories.values()]
    return [(float(sigma), float(decay), float(c)) for sigma, decay, c in found]


def compare(browser: Browser, source: str, found: list[tuple[float, float, float]]) -> None:
    """Assert that all that the pictures show is the package's."""
    widget = widgets.WhenItHelps()
    shipped = {key: widget.payload[key] for key in ("d", "draws")}
    reader = chromium.Numbers(browser, source, DRIVER, [shipped, found])
    for sigma, decay, c in found:
        where = f"noise {sigma}, decay {decay}, c {c}"
        widget.noise, widget.decay, widget.c = sigma, decay, c

        def close(*shape: int, to: ArrayLike, words: str, where: str = where, atol: float = 0.0) -> None:
            expected = np.asarray(to, dtype=float)
            np.testing.assert_allclose(reader.take(*shape), expected, rtol=RTOL, atol=atol, err_msg=f"{words}, {where}")

        close(20, to=widget.signal, words="signal")
        close(17, 20, to=widget.kept, words="factors")
        close(16, 2, to=np.transpose(widget.parts), words="bias and variance", atol=1e-15)
        close(1, to=np.argmin(widget.risk), words="best round")
        close(2, to=widget.single, words="best single fit")
        close(3, 16, to=list(widget.chosen.values()), words="rounds chosen")
        m, noise, lost = widget.signal, sigma**2, 1.0 - widget.kept[2]
        close(20, to=statistics.wiener(m, noise), words="Wiener weights")
        gains = statistics.gain(widget.kept[2], widget.kept[3] / widget.kept[2], m, noise)
        close(20, to=gains, words="gains", atol=1e-13 * float(np.max(m**2 + noise)))  # a difference, near balance
        z = m + sigma * widgets.when_it_helps.draws()[0]
        scores = [statistics.ubre(lost, z, noise), statistics.marginal(lost, z), statistics.gcv(lost, z)]
        close(3, to=scores, words="scores", atol=1e-12 * (20 * noise + float(np.sum(z**2))))
    reader.end()


@pytest.mark.claim("bias-variance", "next-round", "sure")
def test_browser_agrees_with_the_package_over_the_sliders(browser: Browser) -> None:
    found = states()
    assert len(found) > 160
    compare(browser, SOURCE, found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("((1 - h[k]) * m[k]) ** 2", "((1 - h[k]) * m[k] * m[k])"),
        ("noise * h[k] ** 2", "noise * h[k]"),
        ("m * m / (m * m + noise)", "m * m / (m + noise)"),
        ("m * m * (2 - b - b2)", "m * m * (1 - b - b2)"),
        ("noise * (1 - 2 * lost[k])", "noise * (1 - lost[k])"),
        ("* Math.log(mean) - logs", "* Math.log(mean) + logs"),
        ("lost[k] * power[k] / lost.length", "lost[k] ** 2 * power[k] / lost.length"),
        ("misfit * lost.length / free ** 2", "misfit * lost.length / free"),
        ("(K - k) ** -decay", "(k + 1) ** -decay"),
        ("Math.sqrt(K) / Math.hypot", "1 / Math.hypot"),
        ("-(t + 1) * Math.log1p", "-t * Math.log1p"),
        ("9 * i / 240 - 9", "9 * i / 240 - 8"),
        ("v + sigma * draws[at + k]", "v + noise * draws[at + k]"),
        ("indexOf(Math.min(...scores))", "indexOf(Math.max(...scores))"),
    ],
)
def test_golden_comparison_can_fail(browser: Browser, old: str, new: str) -> None:
    """Each corruption of the browser's statistics is noticed."""
    with pytest.raises((AssertionError, Error)):
        compare(browser, chromium.corrupt(old, new, SOURCE), [(0.5, 1.5, 1e-4)])


# --- the picture in a page -------------------------------------------------------------------------------------------


@pytest.fixture
def tab(show: Callable[..., chromium.Tab]) -> chromium.Tab:
    """A tab with the explorable."""
    return show(widgets.WhenItHelps)


def test_summary_and_bars_tell_the_package_s_figures_in_every_story(tab: chromium.Tab) -> None:
    for key, (label, _) in widgets.WhenItHelps.stories.items():
        told, widget = tab.press("when-it-helps", label), widgets.WhenItHelps(story=key)
        t, risk, total = widget.round, widget.risk, float(np.sum(widget.gains))
        bias, variance = (part[t] for part in widget.parts)
        assert f"bias {bias:.4f} and variance {variance:.4f}, risk {risk[t]:.4f}" in told
        lowest = ", the lowest" if np.argmin(risk) == t else f" (lowest: {np.min(risk):.4f} at t = {np.argmin(risk)})"
        assert f"a point{lowest}" in told
        helped = int(np.sum(widget.gains > 0))
        assert f"Round {t + 1} helps {helped} of 20 modes; it {'lowers' if total > 0 else 'raises'} the risk by" in told
        assert chromium.number(told.split("the risk by ")[1]) == pytest.approx(abs(total), rel=6e-2)
        assert f"has {widget.single[0]:.4f}." in told
        for rule, counts in widget.chosen.items():
            assert f"{rule} {np.argmax(counts)} ({np.max(counts)} times)" in told
        bars = tab.root("when-it-helps").locator("[data-panel=modes] svg svg rect")
        assert bars.count() == 20
        assert bars.and_(tab.page.locator(".sdw-bar")).count() == helped
    assert tab.messages == []


def test_names_stand_at_the_ends_of_their_own_curves(tab: chromium.Tab) -> None:
    """The line that leads to a name begins where the curve of its mark ends; the names have the order of the curves."""
    box = tab.page.locator("[data-panel=risk] svg.sdw-svg")
    read = """svg => [...svg.querySelectorAll(":scope > g > path[d*=L]")].map(lead => {
      const mark = lead.getAttribute("class").split(" ").find(name => name.startsWith("sdw-"));
      const [own, curve] = [lead, svg.querySelector(`:scope > svg path.${mark}`)].map(node => node.getAttribute("d"));
      const [first, all] = [own, curve].map(d => d.match(/-?[\\d.]+/g).map(Number));
      const name = lead.nextElementSibling;
      return [name.textContent, first[1], /H/.test(curve) ? all[1] : all.at(-1), +name.getAttribute("y")];
    })"""
    for label, _ in widgets.WhenItHelps.stories.values():
        tab.press("when-it-helps", label)
        found = box.evaluate(read)
        assert {name for name, *_ in found} == {"risk", "squared bias", "variance", "best single fit"}
        for name, lead, end, _ in found:
            assert lead == pytest.approx(end, abs=0.1), (label, name)
        heights = [y for *_, y in sorted(found, key=lambda one: one[2])]
        assert min(np.diff(heights)) > 12, label
    tab.page.set_viewport_size({"width": 390, "height": 800})
    assert tab.summary("when-it-helps")
    chromium.wait_until(tab.page, "() => !document.querySelector('[data-panel=risk] svg.sdw-svg > g > path[d*=L]')")
    words = box.locator("> g > text").all_text_contents()
    assert {"risk", "squared bias", "variance", "best single fit", "lowest risk"} <= set(words)


def test_stories_show_what_their_names_say() -> None:
    """What the names of the stories, and the chapter, say of them."""
    helps, enough, under, tuned, rough = (widgets.WhenItHelps(story=key) for key in widgets.WhenItHelps.stories)
    assert np.all(helps.gains > 0)
    assert enough.round == np.argmin(enough.risk)
    assert 0 < np.argmin(enough.risk) < widgets.when_it_helps.LAST
    assert enough.gains[-1] < 0 and np.sum(enough.gains) < 0  # the strongest mode, and the total
    assert enough.c / helps.c == 1.0 and 4.9 < tuned.c / helps.c < 5.1
    assert under.risk[under.round] > under.risk[0]
    assert under.parts[0][under.round] > under.parts[1][under.round]  # the bias has taken over
    assert tuned.round == np.argmin(tuned.risk) == 0
    assert tuned.risk[0] < 1.05 * np.min(enough.risk)  # that well: within five per cent of the best round
    assert np.all(np.diff(rough.risk) > 0)
    assert np.argmax(rough.chosen["marginal"]) == widgets.when_it_helps.LAST  # the rule goes wrong
    assert np.argmax(rough.chosen["SURE"]) == 0


def test_the_risk_can_be_dragged(tab: chromium.Tab) -> None:
    """A pointer in the picture of the risk moves the round."""
    box = tab.page.locator("[data-panel=risk] svg").first.bounding_box()
    assert box is not None
    rounds = []
    tab.page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    tab.page.mouse.down()
    for part in (0.3, 0.6, 0.9):
        tab.page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        tab.summary("when-it-helps")
        rounds.append(int(tab.page.input_value("input[name=round]")))
    tab.page.mouse.up()
    assert rounds == sorted(set(rounds))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: widgets.WhenItHelps(noise=0.0), "noise must lie between 0.1 and 2; it is 0.0"),
        (lambda: widgets.WhenItHelps(decay=-1.0), "decay must lie between 0 and 6; it is -1.0"),
        (lambda: widgets.WhenItHelps(c=1.0), "c must lie between 1e-07 and 0.1; it is 1.0"),
        (lambda: widgets.WhenItHelps(round=16), "round must lie between 0 and 15; it is 16"),
        (lambda: widgets.WhenItHelps(epsilon=0.1), "knows no argument 'epsilon'"),
    ],
)
def test_wrong_arguments_are_told(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
