"""Pictures show what their words and legends say: curves apart, marks alike, intervals proved; forced colours too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator

import chromium
from selfdistill import bounds, widgets

Show = Callable[..., chromium.Tab]
# [shape, classes] of the mark before each entry of a panel's legend.
LEGEND = """box => [...box.querySelectorAll('svg.sdw-svg > g > text')]
  .filter(text => text.previousElementSibling?.matches(':is(path, rect, circle)[class*=sdw-]') &&
    !text.previousElementSibling.matches('.sdw-axis'))
  .map(text => [text.textContent, text.previousElementSibling.outerHTML])"""


def panel(tab: chromium.Tab, name: str, which: str) -> Locator:
    """One picture of one explorable."""
    return tab.root(name).locator(f"[data-panel={which}]")


def legend(box: Locator) -> dict[str, str]:
    """The mark of each entry of a legend, as HTML."""
    return dict(box.evaluate(LEGEND))


def test_the_first_view_of_weights_has_four_curves_to_see(show: Show) -> None:
    """The text names the dotted and the dashed curve: no curve lies on another along its whole way."""
    tab = show(widgets.Weights)
    curves = panel(tab, "weights", "kept").locator("svg svg path").all()
    paths = [str(curve.get_attribute("d")).lstrip("M").split("L") for curve in curves]
    heights = np.array([[float(point.split()[1]) for point in path] for path in paths])
    assert len(heights) == 4
    for i in range(4):
        for j in range(i):
            assert np.max(np.abs(heights[i] - heights[j])) > 8, "two curves are less than 8 px apart"


def test_a_cross_is_a_cross_in_the_legend(show: Show) -> None:
    """What is out of reach, and what is silent, has the same mark in the picture and beside its name."""
    tab = show(widgets.DistillIt, widgets.GreenExplorer)
    tab.press("distill-it", widgets.DistillIt.stories["noise-gone"][0])
    tab.press("greens", widgets.GreenExplorer.stories["kink"][0])
    told = {**legend(panel(tab, "distill-it", "shrinkage")), **legend(panel(tab, "greens", "share"))}
    for words in ("out of reach", "silent"):
        assert "sdw-cross" in told[words]
        assert told[words].count("l") >= 2 and "circle" not in told[words]
    assert panel(tab, "distill-it", "shrinkage").locator("svg svg .sdw-cross").count() == 2


def test_a_silent_mode_and_the_mode_of_the_slider_differ_in_colour(show: Show) -> None:
    """The two entries of one legend have marks of two colours."""
    tab = show(widgets.GreenExplorer)
    tab.press("greens", widgets.GreenExplorer.stories["kink"][0])
    box = panel(tab, "greens", "share")
    colour = "node => { const s = getComputedStyle(node); return s.fill === 'none' ? s.stroke : s.fill; }"
    here, silent = (box.locator(f"svg.sdw-svg > g > .{mark}").evaluate(colour) for mark in ("sdw-here", "sdw-silent"))
    assert here != silent


def test_the_lowest_error_has_a_mark_of_its_own(show: Show) -> None:
    """A ring, also around the round of the slider, and not a dot that is a little larger."""
    tab = show(widgets.DistillIt)
    box = panel(tab, "distill-it", "error")
    for story in ("noise-gone", "too-many"):
        tab.press("distill-it", widgets.DistillIt.stories[story][0])
        ring = box.locator("svg svg .sdw-ring")
        assert ring.count() == 1
        assert "sdw-ring" in legend(box)["lowest"]
        dots = box.locator("svg svg circle:not(.sdw-ring, .sdw-here)")
        assert len({dot.get_attribute("r") for dot in dots.all()}) == 1
        lowest = min(float(str(dot.get_attribute("cy"))) * -1 for dot in dots.all())
        assert float(str(ring.get_attribute("cy"))) == -lowest


def test_what_is_proved_before_the_first_tangent_is_what_both_brackets_share() -> None:
    """In every story, in Python; the golden vectors hold the browser to it."""
    for story in widgets.Secular.stories:
        widget = widgets.Secular(story=story)
        d, z, budget = widget._problem()
        size = float(np.sqrt(budget))
        ends = np.array([bounds.multiplier_bracket(d, z, size), bounds.multiplier_bracket_sharp(d, z, size)])
        lower, upper = ends[:, 0].max(), ends[:, 1].min()
        np.testing.assert_allclose(widget.newton[0, 2:], [1 / upper, 1 / lower], rtol=1e-12)


def test_the_story_near_the_collapse_says_what_is_proved(show: Show) -> None:
    """Two tangents, three digits: the proved interval is narrower than a thousandth."""
    label, state = widgets.Secular.stories["easy"]
    assert label == "Near the collapse two tangents prove three digits"
    row = widgets.Secular(story="easy").newton[state["step"] - 1]
    assert state["step"] == 2
    assert row[3] / row[2] - 1 < 1e-3
    tab = show(widgets.Secular)
    told = tab.press("secular", label)
    assert chromium.number(told.split("relative width ")[1]) < 1e-3


def test_forced_colours_keep_tracks_and_pressed_buttons(show: Show) -> None:
    """The track of a slider has an edge, and a pressed button looks pressed, where the reader forces the colours."""
    tab = show(widgets.DistillIt)
    tab.page.emulate_media(forced_colors="active")
    tab.press("distill-it", widgets.DistillIt.stories["collapse"][0])
    root = tab.root("distill-it")
    background = "node => getComputedStyle(node).backgroundColor"
    pressed, other = (root.locator(f"button[aria-pressed={on}]").first.evaluate(background) for on in ("true", "false"))
    assert pressed != other
    box = root.locator("input[name=noise]").bounding_box()
    assert box is not None
    x, y = round(box["x"]) + 20, round(box["y"] + box["height"] / 2) - 8
    seen, bare = (tab.page.screenshot(clip={"x": x, "y": top, "width": 30, "height": 16}) for top in (y, y - 14))
    assert seen != bare, "the track is as plain as the space above it"
