"""What readers see: figures as inline SVG that follows the page's theme, in colours everybody can tell apart."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
from bisect import bisect_right
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from .datasets import Data
from .distillation import Distillation

#: The palette of M. Okabe and K. Ito (2008), distinguishable with every common kind of colour blindness. Black stands
#: for the text colour of the page; on a dark page the others are lightened by the style sheet, hue for hue.
COLOURS = {
    "black": "#000000",
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
}
WIDE = 6.5  # inches; a figure beyond the text column is not shrunk below legibility
#: The colours of the rounds, the same in every picture: on white each is darker than the one before, on a dark page
#: (`widgets.css`) lighter, so that they keep their order for every eye. They serve words too: 4.5 : 1 at least.
ROUNDS = ("#af630f", "#be2132", "#9d0572", "#710392", "#1a2284", "#05173f")
_FIRST = (0, 1, 2, 3, 5, 10)  # the first round of each
CYCLE = ("blue", "vermilion", "green", "purple", "orange", "sky")  # yellow is too faint on white for a line


def axes(
    width: float = 6.2,
    height: float = 3.0,
    *,
    rows: int = 1,
    columns: int = 1,
    mosaic: str | None = None,
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, Any]:
    """A figure in the book's style, outside pyplot's global state.

    Parameters
    ----------
    width, height : float
        Size in inches; 6.2 fills the text column.
    rows, columns : int
        Grid of axes.
    mosaic : str, optional
        A layout of named axes instead of the grid, as in ``Figure.subplot_mosaic``: ``"AA;BC"``.
    sharex, sharey : bool
        Share limits and ticks between all axes; only the outer ones are labelled then.

    Returns
    -------
    fig : Figure
    ax : Axes, or ndarray of Axes of shape (columns,), (rows,) or (rows, columns), or dict of Axes for a mosaic
    """
    fig = Figure(figsize=(width, height), layout="constrained")
    if mosaic is not None:
        named = fig.subplot_mosaic(mosaic, sharex=sharex, sharey=sharey)
        for ax in named.values():
            style(ax)
        return fig, named
    grid = fig.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
    for ax in grid.flat:
        style(ax)
    return fig, (grid[0, 0] if grid.size == 1 else grid.squeeze())


def style(ax: Axes) -> None:
    """Give axes the book's look: Okabe-Ito cycle, no box, faint grid, ticks in the text colour."""
    ax.set_prop_cycle(cycler(color=[COLOURS[name] for name in CYCLE]))
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_alpha(0.6)
    ax.tick_params(labelsize=10, length=3)
    ax.grid(True, color=COLOURS["black"], alpha=0.12, linewidth=0.8)
    ax.set_axisbelow(True)
    for label in (ax.xaxis.label, ax.yaxis.label, ax.title):
        label.set_fontsize(10.5)


def round_colour(t: int) -> str:
    """The colour of round t, one of `ROUNDS`: rounds 0 to 2 have their own, then they share: 3-4, 5-9, 10 and later."""
    return ROUNDS[bisect_right(_FIRST, t) - 1]


def label_ends(ax: Axes) -> None:
    """Write the label of each line at its right end, in its colour, instead of a legend; where ends lie apart."""
    low, high = sorted(ax.get_ylim())
    for line in ax.lines:
        x, y = (np.asarray(one, dtype=float) for one in line.get_data())
        inside = np.flatnonzero((low <= y) & (y <= high))
        if str(line.get_label()).startswith("_") or not inside.size:
            continue
        end = (x[inside[-1]], y[inside[-1]])
        ax.annotate(
            str(line.get_label()),
            end,
            xytext=(7, 0),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
            fontsize=9,
        )


def show(fig: Figure, *, alt: str, caption: str = "", decorative: bool = False) -> None:
    """Display a figure as inline SVG that follows the theme, with a PNG beside it for print and plain viewers.

    Text and black lines take the colour of the surrounding text, the palette's colours become CSS variables (lightened
    in dark mode), the background is transparent. The same figure always gives the same SVG; its ids belong to it alone.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        From `axes`, or any other; it is closed if pyplot knows it.
    alt : str
        What the figure shows, in a sentence or two, for readers who do not see it.
    caption : str
        Words to stand below it; the book numbers them.
    decorative : bool
        Waive the axis labels, for a picture whose axes carry no quantity.

    Raises
    ------
    ValueError
        If alt is empty, or axes with data lack a label on x or y.
    """
    from IPython.display import display

    # side-by-side panels would be illegible on a phone: there the figure scrolls, by touch or by keyboard
    place = 'class="sd-figure sd-wide" tabindex="0"' if fig.get_figwidth() > WIDE else 'class="sd-figure"'
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    bundle = {
        "text/plain": f"<Figure: {alt}>",
        "text/html": f"<figure {place}>{svg(fig, alt=alt, decorative=decorative)}{below}</figure>",
        "image/png": png(fig),
    }
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:  # or the inline backend would show it a second time
        pyplot.close(fig)
    display(bundle, raw=True)


def glue(**numbers: str) -> None:
    """Hand numbers to the text of the page, where ``{glue:text}`name``` prints them; the cell shows nothing.

    What MyST-NB's ``glue(name, value, display=False)`` sends, without the need to install MyST-NB.

    Parameters
    ----------
    **numbers : str
        Each number as the text is to print it, under its name.

    Raises
    ------
    TypeError
        If one is not a string: the text would show as many digits as the float has.
    """
    from IPython.display import display

    prefix = "application/papermill.record/"
    for name, number in numbers.items():
        if not isinstance(number, str):
            raise TypeError(f"{name} must be a string, printed as the text is to show it; it is {number!r}")
        bundle = {prefix + "text/plain": repr(number)}
        display(bundle, raw=True, metadata={"scrapbook": {"name": name, "mime_prefix": prefix}})


def svg(fig: Figure, *, alt: str, decorative: bool = False) -> str:
    """The figure as one ``<svg role="img">`` element for inlining in HTML; see `show`."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(
            f"alt must say what the figure shows; it is {alt!r}. Write a sentence for readers who do not see it."
        )
    if not decorative:
        _require_labels(fig)
    _finish(fig)
    stream = io.StringIO()
    # text as paths looks the same whatever fonts a reader has; the salt makes matplotlib's ids repeatable
    with mpl.rc_context({"svg.hashsalt": "selfdistill", "svg.fonttype": "path"}):
        fig.savefig(stream, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    return _inline(stream.getvalue(), alt)


def png(fig: Figure, *, dpi: int = 150) -> str:
    """The figure as base64 of a PNG on white."""
    _finish(fig)
    stream = io.BytesIO()
    box: Any = "tight"
    if fig.get_layout_engine() is None:  # then nothing moves, and the box is found without drawing all twice
        box = fig.get_tightbbox().padded(mpl.rcParams["savefig.pad_inches"])
    fig.savefig(stream, format="png", dpi=dpi, bbox_inches=box, facecolor="white", metadata={"Software": None})
    return base64.b64encode(stream.getvalue()).decode()


def _require_labels(fig: Figure) -> None:
    for number, ax in enumerate(fig.axes):
        if not (ax.axison and ax.has_data()):
            continue
        has_x = any(peer.get_xlabel() for peer in ax.get_shared_x_axes().get_siblings(ax)) or bool(fig.get_supxlabel())
        has_y = any(peer.get_ylabel() for peer in ax.get_shared_y_axes().get_siblings(ax)) or bool(fig.get_supylabel())
        if ax.get_label() == "<colorbar>":  # one quantity, hence one label
            has_x = has_y = has_x or has_y
        missing = [name for name, there in (("x", has_x), ("y", has_y)) if not there]
        if missing:
            raise ValueError(
                f"axes {number} of the figure show data without a label on {' and '.join(missing)}: call "
                f"ax.set({', '.join(f'{name}label=...' for name in missing)}), "
                "or pass decorative=True if they carry no quantity."
            )


def _finish(fig: Figure) -> None:
    """Mathematics with serifs, as in the text, and no boxes behind legends."""
    for text in fig.findobj(Text):
        text.set_math_fontfamily("dejavuserif")
    for legend in fig.findobj(Legend):
        legend.get_frame().set_alpha(0)


def _inline(document: str, alt: str) -> str:
    """Turn matplotlib's SVG document into an element that can stand in a page among others of its kind."""
    body = document[document.index("<svg") :]
    # a style rule "*{...}" would reach the whole page: its two properties move to the root
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.S)
    prefix = "f" + hashlib.sha256(f"{alt}\0{body}".encode()).hexdigest()[:10]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", body).replace("xlink:href", "href")
    for name, colour in COLOURS.items():
        body = body.replace(colour, "currentColor" if name == "black" else f"var(--sd-{name},{colour})")
    for place, colour in enumerate(ROUNDS):
        body = body.replace(colour, f"var(--sd-round{place},{colour})")
    body = body.replace("#ffffff", "var(--sd-paper,#fff)")
    # two decimals of a point are a fiftieth of a pixel; six double the size of the page
    body = re.sub(r' d="[^"]*"', lambda path: re.sub(r"\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}", path[0]), body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    head, _, rest = body.partition(">")
    found = re.search(r'viewBox="([^"]+)"', head)
    assert found is not None, "matplotlib wrote an SVG without a viewBox"
    box = [float(number) for number in found[1].split()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sd-svg" viewBox="{found[1]}" role="img" '
        f'aria-label="{escape(alt, quote=True)}" fill="currentColor" stroke-linejoin="round" stroke-linecap="butt" '
        f'style="width:100%;max-width:{box[2] * 4 / 3:.0f}px;height:auto">{rest.strip()}'
    )


# ---------------------------------------------------------------------------------------------------------------------
# Pictures that several pages share
# ---------------------------------------------------------------------------------------------------------------------


def plot_fits(ax: Axes, data: Data, path: Distillation | None, *, round: int | None = None, points: int = 401) -> None:
    """Labels, truth and fits over [0, 1]: one round and, thinner, those before it, or all rounds.

    Parameters
    ----------
    ax : Axes
    data : Data
    path : Distillation or None
        None draws the data alone.
    round : int, optional
        The round to stress; after the collapse it is the zero function. Without it every fit has a colour.
    points : int
        Length of the grid.
    """
    grid = np.linspace(0.0, 1.0, points)
    ax.plot(grid, data.truth(grid), color=COLOURS["black"], alpha=0.6, linestyle="--", linewidth=1.4, label="truth")
    ax.plot(data.x, data.y, "o", color=COLOURS["black"], markersize=4.5, alpha=0.75, label="labels")
    if path is not None:
        fits = path(grid)
        if round is None:
            for t, fit in enumerate(fits):
                ax.plot(grid, fit, color=round_colour(t), linewidth=1.8, label=f"$f_{{{t}}}$")
        else:
            for t, fit in enumerate(fits[:round]):
                ax.plot(grid, fit, color=round_colour(t), linewidth=1.1, alpha=0.6)
            current = path.predict(grid, round=round)
            ax.plot(grid, current, color=round_colour(round), linewidth=2.4, label=f"fit $f_{{{round}}}$")
    ax.set(xlabel="$x$", ylabel="label, fit", xlim=(-0.02, 1.02))
    ax.legend(fontsize=9.5, loc="upper right", handlelength=1.6)


def plot_shrinkage(ax: Axes, path: Distillation | None, *, round: int) -> None:
    """Bars of the diagonal of B_t, smoothest mode first; a cross marks a mode that no function reaches."""
    if path is not None:
        shrinkage = np.exp(path.log_shrinkage[round]) if round < len(path) else np.zeros(len(path.spectrum.eigenvalues))
        place = np.arange(len(shrinkage), 0, -1)
        reached = ~path.spectrum.null
        ax.bar(place[reached], shrinkage[reached], width=0.75, color=round_colour(round))
        ax.plot(place[~reached], np.full(np.sum(~reached), 0.02), "x", color=COLOURS["vermilion"], markersize=6)
    ax.set(xlabel="eigenmode, smoothest first", ylabel=f"$B_{{{round}}}$ (diagonal)", ylim=(0, 1.04))
    ax.grid(False, axis="x")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def plot_errors(ax: Axes, errors: NDArray[np.float64], *, round: int | None = None, zero: float | None = None) -> None:
    """Held-out mean squared error against the round, one round stressed, the zero function's error dotted."""
    t = np.arange(len(errors))
    if zero is not None:
        ax.axhline(zero, color=COLOURS["black"], linestyle=":", linewidth=1.2)
    ax.plot(t, errors, "o-", color=COLOURS["blue"], markersize=4, linewidth=1.4)
    if round is not None and round < len(errors):
        ax.plot(round, errors[round], "o", color=COLOURS["vermilion"], markersize=8)
    ax.set(xlabel="round $t$", ylabel="held-out error", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
