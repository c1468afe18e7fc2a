"""The explorable *Your own points*: anybody's points under the hand, decomposed and distilled in the browser."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .. import figures, greens
from ..accuracy import UnresolvedError
from ..datasets import paper
from ..distillation import AccuracyWarning, Distillation, distill
from ..spectrum import InfeasibleError
from .base import StoryWidget
from .slider import Choice, Slider, Whole

MOST = 200  #: points that the picture takes
RATE = 3.0  #: of the string on springs

KERNELS: dict[str, tuple[str, greens.GreensFunction]] = {
    "beam": ("beam, supported at both ends", greens.SimplySupportedBeam()),
    "bridge": ("string, held at both ends", greens.BrownianBridge()),
    "neumann": ("string on springs, ends free", greens.ExponentialNeumann(a=RATE)),
    "cantilever": ("beam, clamped left, free right", greens.Cantilever()),
    "periodic": ("beam closed to a ring, mean zero", greens.PeriodicSobolev(order=2, mean="zero")),
}


class Points(traitlets.Unicode):
    """Points as text, ``"x,y;x,y"``; pairs of numbers are taken, too."""

    def __init__(self, default: str, *, most: int = MOST) -> None:
        super().__init__(default)
        self.most = most
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> str:
        """The text, or ValueError if it is no such list of finite numbers, or too long."""
        rows = [] if isinstance(value, str) and not value else value
        try:
            if isinstance(value, str) and value:
                rows = [[float(cell) for cell in one.split(",")] for one in value.split(";")]
            pairs = np.asarray(rows, dtype=float).reshape(len(rows), 2)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self.name} must be pairs of numbers, as in '0.1,0.5;0.2,0.7'; it is {value!r}"
            ) from error
        if not np.all(np.abs(pairs) <= 1e100):
            raise ValueError(f"{self.name} must be finite numbers, up to 1e100; it is {value!r}")
        if len(pairs) > self.most:
            raise ValueError(f"{self.name}: {len(pairs)} points, and the picture takes {self.most}. Call distill.")
        return value if isinstance(value, str) else _written(pairs)


class Ends(Points):
    """An interval as text, ``"low,high"``."""

    def validate(self, obj: Any, value: Any) -> str:
        """The text, or ValueError if it does not name two finite numbers, the lower one first."""
        text = super().validate(obj, value)
        low, high = [float(cell) for cell in text.split(",")] if text.count(",") == 1 else [0.0, 0.0]
        if not low < high:
            raise ValueError(f"{self.name} must be two numbers with the lower one first, as in '0,1'; it is {value!r}")
        return text


def _written(pairs: NDArray[np.float64]) -> str:
    return ";".join(",".join(repr(v).removesuffix(".0").replace("+", "") for v in pair) for pair in pairs.tolist())


def _season() -> str:
    """Monthly labels of two years, with noise: a period of one year on 1990 to 1992."""
    x = 1990 + np.arange(24) / 12
    noise = np.random.default_rng(5).standard_normal(24)
    return _written(np.column_stack([x.round(3), (12 + 8 * np.sin(2 * np.pi * x) + 2 * noise).round(2)]))


def _example() -> str:
    data = paper()
    return _written(np.column_stack([data.x, data.y.round(3)]))


_INNER = ";".join(_example().split(";")[1:-1])
_LEVEL = float(np.mean(paper().y[1:-1] ** 2))


class YourPoints(StoryWidget, script="your-points"):
    """Your own points: click, drag, type, paste or drop them, and distil them; nothing leaves the page.

    The kernel lives on the interval `ends`, widened to all points and scaled to [0, 1]. Pictures: the labels and the
    fits up to the present round; the diagonal of B_t; the eigenvalues of the Gram matrix, computed in the browser.
    There, points that coincide and points where every function vanishes make exact zeros; eigenvalues below 1e-14 of
    the largest are unresolved.

    Parameters
    ----------
    points : str or array_like, shape (K, 2)
        ``"x,y;x,y"``, or the pairs themselves; at most 200.
    ends : str
        ``"low,high"``, the interval of the kernel.
    kernel : {"beam", "bridge", "neumann", "cantilever", "periodic"}
        The Green's function.
    centre : {"zero", "mean"}
        Whether the fits pull towards zero, or the mean of the labels is taken off first and added to the fits.
    share : float in [0.001, 1]
        epsilon, as a part of the mean square of the labels (less their mean, if that is taken off).
    round : int in [0, 99]
        The fit f_t to show; from N on it is the zero function, or the mean.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, or points are no pairs of numbers, at construction or when a trait is set.

    Examples
    --------
    >>> widget = YourPoints(points=[(0.2, 1.0), (0.5, -0.5), (0.8, 0.7)], share=0.1)
    >>> widget.points
    '0.2,1;0.5,-0.5;0.8,0.7'
    >>> len(widget.path)
    3
    """

    alt = (
        "Labels that you can move, and the fits of the loop through them; below, how much of each eigenmode is kept, "
        "and the eigenvalues of the Gram matrix"
    )
    stories: ClassVar = {
        "example": (
            "The example's inner points",
            {"points": _INNER, "ends": "0,1", "kernel": "beam", "centre": "zero", "share": 10**-1.7, "round": 3},
        ),
        "ends": (
            "All eleven: the ends are out of reach",
            {"points": _example(), "ends": "0,1", "kernel": "beam", "centre": "zero", "share": 10**-1.1, "round": 1},
        ),
        "twins": (
            "Two labels at one place",
            {
                "points": f"{_INNER};0.4,0.8",
                "ends": "0,1",
                "kernel": "beam",
                "centre": "zero",
                "share": 10**-0.7,
                "round": 1,
            },
        ),
        "close": (
            "Almost at one place: digits are lost",
            {
                "points": f"{_INNER};0.4001,0.9",
                "ends": "0,1",
                "kernel": "beam",
                "centre": "zero",
                "share": 0.01,
                "round": 0,
            },
        ),
        "season": (
            "A season, around its mean",
            {
                "points": _season(),
                "ends": "1990,1992",
                "kernel": "periodic",
                "centre": "mean",
                "share": 10**-1.3,
                "round": 1,
            },
        ),
    }

    points = Points(_INNER)
    ends = Ends("0,1")
    kernel = Choice("beam", {key: words for key, (words, _) in KERNELS.items()}, label="Kernel")
    centre = Choice("zero", {"zero": "labels as they are", "mean": "labels minus their mean"}, label="Fit")
    share = Slider(10**-1.7, -3.0, 0.0, 0.05, log=True, label="ε, part of the mean square")
    round = Whole(0, 0, 99, label="Round t")

    def ship(self) -> Mapping[str, Any]:
        """The rate of the string on springs."""
        return {"rate": RATE}

    @property
    def table(self) -> NDArray[np.float64]:
        """The points as numbers, shape (K, 2)."""
        rows = [one.split(",") for one in self.points.split(";")] if self.points else []
        return np.array(rows, dtype=float).reshape(len(rows), 2)

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the kernel: `ends`, widened to all points."""
        low, high = (float(cell) for cell in self.ends.split(","))
        x = self.table[:, 0]
        return min([low, *x]), max([high, *x])

    @property
    def mean(self) -> float:
        """What is taken off the labels."""
        return float(np.mean(self.table[:, 1])) if self.centre == "mean" and self.points else 0.0

    @property
    def data(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The points in [0, 1], and the labels less their mean if that is taken off: what is distilled."""
        low, high = self.interval
        x, y = self.table.T
        return (x - low) / (high - low), y - self.mean

    @property
    def epsilon(self) -> float:
        """The mean squared residual of each round."""
        return self.share * float(np.mean(self.data[1] ** 2))

    @property
    def path(self) -> Distillation:
        """What the package computes for the present state.

        Raises
        ------
        InfeasibleError
            If epsilon is below the floor.
        UnresolvedError
            If the fit hangs on eigenvalues that rounding hides.
        ValueError
            If there are no points, or all labels are zero.
        """
        x, y = self.data
        return distill(KERNELS[self.kernel][1], x, y, epsilon=self.epsilon, method="spectral")

    def picture(self) -> Figure:
        """The labels and the fits up to the present round, still."""
        fig, ax = figures.axes(6.2, 3.4)
        low, high = self.interval
        grid, title = np.linspace(0, 1, 301), "no points"
        ax.set(xlabel="x", ylabel="label, fit", xlim=(low, high))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AccuracyWarning)  # a picture shows three digits
                fits = self.path(grid) if self.points and np.any(self.data[1]) else np.empty((0, 301))
            title = (
                f"ε = {self.epsilon:.3g}, round {self.round}, N = {len(fits)} non-zero fits" if self.points else title
            )
            now = fits[self.round] if self.round < len(fits) else np.zeros(301)
            for t, fit in enumerate([*fits[: self.round], now]):
                look = {"linewidth": 1.0, "alpha": 0.6} if t < self.round else {"linewidth": 2.4}
                ax.plot(low + grid * (high - low), self.mean + fit, color=figures.round_colour(t), **look)
        except InfeasibleError as error:
            title = f"infeasible: the smallest ε is {error.floor:.5g}"
        except UnresolvedError:
            title = "the fit hangs on eigenvalues that rounding hides"
        ax.plot(*self.table.T, "o", color=figures.COLOURS["black"])
        if self.points:  # the labels fill the picture, whatever a fit does between them
            least, most = min([self.mean, *self.table[:, 1]]), max([self.mean, *self.table[:, 1]])
            room = 0.18 * (most - least) or 1.0
            ax.set_ylim(least - room, most + room)
        ax.set_title(title, loc="left")
        return fig
