"""Figures: accessible, repeatable, and at home in any theme."""

from __future__ import annotations

import re
import xml.etree.ElementTree as tree
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
