"""The explorable *Collapse*: the norms of a loop between their bounds, and the number of fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .. import bounds, figures
from ..distillation import multipliers
from ..spectrum import InfeasibleError, Spectrum
from .base import StoryWidget
from .example import example, packed
from .slider import Choice, Slider


def _coordinates(preset: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues and coordinates of the labels."""
    return example(preset).d, example(preset).z


def _equal() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    d, z = _coordinates("interior")
    return np.full_like(d, np.mean(d)), z


def _apart() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return 10.0 ** np.linspace(-60, 0, 12), np.full(12, 1.05)


class Collapse(StoryWidget, script="collapse"):
    """Collapse: the norms r_t of a loop between their bounds, and the number N of fits against epsilon.

    Parameters
    ----------
    preset : {"interior", "paper", "equal", "apart"}
        The spectrum: the running example's nine interior points or all eleven; the nine points' labels with equal
        eigenvalues; twelve equal coordinates on eigenvalues from 1e-60 to 1.
    epsilon : float
        The constraint, between 10^-3 and 2.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> len(Collapse(preset="paper", epsilon=0.045).path) - 1
    4
    """

    alt = (
        "The norm of the labels in units of the step, round by round, between the universal bounds and above the usual "
        "one; and the number of fits against epsilon, between its bounds"
    )
    presets: ClassVar = {
        "interior": ("nine interior points", lambda: _coordinates("interior")),
        "paper": ("all eleven points", lambda: _coordinates("paper")),
        "equal": ("equal eigenvalues", _equal),
        "apart": ("eigenvalues far apart", _apart),
    }
    stories: ClassVar = {
        "example": ("The example: between 3 and 8, it is 4", {"preset": "paper", "epsilon": 0.045}),
        "small": ("Small ε: close to the lower bound", {"preset": "interior", "epsilon": 0.001}),
        "straight": ("Equal eigenvalues: a straight walk", {"preset": "equal", "epsilon": 0.005}),
        "apart": ("Far apart: one coordinate a round", {"preset": "apart", "epsilon": 0.0919}),
        "edge": ("Almost collapsed: one fit is left", {"preset": "interior", "epsilon": 0.4}),
    }

    preset = Choice("interior", {key: label for key, (label, _) in presets.items()}, label="Spectrum")
    epsilon = Slider(0.02, -3.0, 0.3, 0.02, log=True, label="ε, mean squared residual")

    def ship(self) -> Mapping[str, Any]:
        """Eigenvalues and coordinates of each spectrum."""
        return {"sets": {key: packed(*make()) for key, (_, make) in self.presets.items()}}

    @property
    def path(self) -> NDArray[np.float64]:
        """r_0 .. r_N, as the package computes them.

        Raises
        ------
        InfeasibleError
            If epsilon is below the floor of the present spectrum.
        """
        d, z = self.presets[self.preset][1]()
        K, size = len(d), np.sqrt(len(d) * self.epsilon)
        most = max(1, int(np.sum(np.abs(z)) / size))  # N stays below the sum norm
        c = multipliers(Spectrum(np.diag(d), d, np.eye(K)), z[:, None], epsilon=self.epsilon, rounds=most + 1)[:, 0]
        kept = np.cumprod(d / (d + c[np.isfinite(c), None]), axis=0)
        return np.linalg.norm(np.concatenate([z[None], kept * z]), axis=1) / size

    def picture(self) -> Figure:
        """r_t between its bounds, still."""
        d, _ = self.presets[self.preset][1]()
        fig, ax = figures.axes(6.2, 3.2)
        ax.set(xlabel="round $t$", ylabel="$r_t$")
        try:
            r = self.path
        except InfeasibleError as error:
            ax.set_title(f"infeasible: the smallest ε is {error.floor:.5g}", loc="left")
            return fig
        t = np.arange(len(r))
        fine = np.linspace(0, len(r), 100)
        ax.fill_between(
            fine, *bounds.ratio_envelope(float(r[0]), fine), color=figures.COLOURS["sky"], alpha=0.3, linewidth=0
        )
        if d[0] > 1e-12 * d[-1] and r[0] > 1:
            usual = bounds.ratio_lower_paper(float(r[0]), float(d[-1] / d[0]), t)
            ax.plot(t, np.maximum(usual, 0), "--", color=figures.COLOURS["vermilion"], label="usual lower bound")
        ax.axhline(1.0, color=figures.COLOURS["black"], linestyle=":")
        ax.plot(t, r, "o-", color=figures.COLOURS["blue"], label="$r_t$")
        ax.set_title(f"{self.presets[self.preset][0]}, ε = {self.epsilon:.3g}, N = {len(r) - 1}", loc="left")
        ax.legend(fontsize=9.5)
        return fig
