"""Figures: accessible, repeatable, and at home in any theme."""

from __future__ import annotations

import re
import xml.etree.ElementTree as tree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import selfdistill as sd
from selfdistill import figures


def example(slope: float = 1.0) -> Figure:
    fig, ax = figures.axes()
    ax.plot([0, 1], [0, slope], label=r"$f_0$")
    ax.plot([0, 1], [slope, 0], color=figures.COLOURS["black"])
    ax.set(xlabel="$x$", ylabel="fit")
    ax.legend()
    return fig


def ids(svg: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', svg)


def test_svg_is_well_formed_named_and_follows_the_theme() -> None:
    svg = figures.svg(example(), alt='A line < another "line"')
    root = tree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == 'A line < another "line"'
    assert "currentColor" in svg
    assert "var(--sd-blue,#0072b2)" in svg
    assert "#000000" not in svg
    assert "<style" not in svg  # a rule inside would reach the whole page


def test_same_figure_gives_the_same_svg_and_another_figure_other_ids() -> None:
    one, again, other = (figures.svg(example(s), alt="a line") for s in (1.0, 1.0, 2.0))
    assert one == again
    assert ids(one)
    assert len(ids(one)) == len(set(ids(one)))
    assert not set(ids(one)) & set(ids(other))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', one))
    assert used == set(ids(one))


@pytest.mark.parametrize("alt", ["", "   ", None])
def test_a_figure_needs_an_alternative_text(alt: str) -> None:
    with pytest.raises(ValueError, match="alt must say what the figure shows"):
        figures.svg(example(), alt=alt)


@pytest.mark.parametrize(("axis", "labels"), [("x", {"ylabel": "y"}), ("y", {"xlabel": "x"})])
def test_a_figure_needs_axis_labels(axis: str, labels: dict[str, Any]) -> None:
    fig, ax = figures.axes()
    ax.plot([0, 1])
    ax.set(**labels)
    with pytest.raises(ValueError, match=f"axes 0 .* without a label on {axis}"):
        figures.svg(fig, alt="a line")
    assert figures.svg(fig, alt="a line", decorative=True)


def test_shared_axes_are_labelled_once() -> None:
    fig, (left, right) = figures.axes(columns=2, sharey=True)
    left.plot([0, 1])
    right.plot([0, 1])
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="x")
    assert figures.svg(fig, alt="two lines")


def test_show_offers_svg_and_png(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    figures.show(example(), alt="a line")
    (bundle,) = shown
    assert bundle["text/html"].startswith('<figure class="sd-figure"><svg ')
    assert bundle["image/png"]
    assert bundle["text/plain"] == "<Figure: a line>"
    figures.show(example(), alt="a line", caption="a < b")
    assert shown[-1]["text/html"].endswith("</svg><figcaption>a &lt; b</figcaption></figure>")


def test_glue_sends_what_myst_nb_prints_and_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle of ``myst_nb.glue(name, value, display=False)``; a float would print with all its digits."""
    sent: list[tuple[Any, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: sent.append((data, metadata)))
    figures.glue(error="0.154", rounds="4")
    assert [data["application/papermill.record/text/plain"] for data, _ in sent] == ["'0.154'", "'4'"]
    assert [metadata["scrapbook"]["name"] for _, metadata in sent] == ["error", "rounds"]
    assert all(kind.startswith("application/papermill.record/") for data, _ in sent for kind in data)
    with pytest.raises(TypeError, match=r"error must be a string.*0\.154"):
        figures.glue(error=0.154)  # type: ignore[arg-type]


def test_shared_pictures_draw_what_the_package_computes() -> None:
    data = sd.datasets.paper()
    path = sd.distill(sd.greens.SimplySupportedBeam(), data.x, data.y, epsilon=0.045)
    grid = np.linspace(0, 1, 401)
    fig, ax = figures.axes(columns=3)
    figures.plot_fits(ax[0], data, path)
    np.testing.assert_allclose([line.get_ydata() for line in ax[0].lines[2:]], path(grid))
    figures.plot_shrinkage(ax[1], path, round=1)
    heights = [bar.get_height() for bar in ax[1].patches]
    np.testing.assert_allclose(heights, np.exp(path.log_shrinkage[1])[~path.spectrum.null])
    errors = data.error(path(grid), grid)
    figures.plot_errors(ax[2], errors, round=1)
    np.testing.assert_allclose(ax[2].lines[0].get_ydata(), errors)
    assert figures.svg(fig, alt="three pictures")


def test_palette_is_okabe_ito() -> None:
    assert set(figures.COLOURS.values()) == {
        "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"
    }  # fmt: skip


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_the_colours_of_the_rounds_are_in_order_and_can_be_read() -> None:
    """Each is darker than the one before, on a dark page lighter: so every eye sees the order; 4.5 : 1 for words."""
    styles = (Path(figures.__file__).parent / "widgets" / "js" / "widgets.css").read_text("utf8")
    named = re.findall(r"--sd-round(\d):(#\w{6})", styles)
    assert [int(place) for place, _ in named] == [*range(6)] * 3
    light, dark, forced = ([colour for _, colour in named[i : i + 6]] for i in (0, 6, 12))
    assert tuple(light) == figures.ROUNDS
    assert forced == dark
    for colours, page, sign in ((light, "#ffffff", -1), (dark, "#121212", 1)):
        shades = np.array([luminance(colour) for colour in colours])
        assert np.all(sign * np.diff(shades) > 0)
        ends = np.sort([shades + 0.05, np.full(6, luminance(page) + 0.05)], axis=0)
        assert np.all(ends[1] / ends[0] >= 4.5)
    assert [figures.ROUNDS.index(figures.round_colour(t)) for t in range(12)] == [0, 1, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5]


def test_labels_stand_at_the_ends_of_lines_inside_the_picture() -> None:
    _, ax = figures.axes()
    ax.plot([0, 1, 2], [0, 1, 9], label="leaves")
    ax.plot([0, 1, 2], [3, 2, 1], label="stays")
    ax.plot([0, 1], [1, 1])
    ax.set(xlabel="x", ylabel="y", ylim=(0, 4))
    figures.label_ends(ax)
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("leaves", (1, 1)), ("stays", (2, 1))]
