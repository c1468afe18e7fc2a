"""The explorable *Distill it*: data, noise, epsilon and the round under the reader's hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from .. import figures
from ..datasets import Data
from ..distillation import Distillation, distill
from ..greens import SimplySupportedBeam
from ..spectrum import InfeasibleError
from .base import StoryWidget, encode
from .example import FINE, PRESETS, example
from .slider import Choice, Slider, Whole


@cache
def shipped(preset: str) -> Mapping[str, Any]:
    """What the browser needs of a preset: the spectrum, the data in its basis, and the map from the basis to a grid.

    The fit of round t is ``map @ z_{t+1}`` on the grid. The beam's fits are cubic splines with knots at the data; the
    grid has two points inside each interval of knots, so four points draw a piece exactly.
    """
    one = example(preset)
    x, y, truth = one.data.x, one.data.y, one.data.truth
    knots = np.unique(np.concatenate([[0.0], x, [1.0]]))
    grid = np.append((knots[:-1, None] + np.diff(knots)[:, None] * np.array([0.0, 1 / 3, 2 / 3])).ravel(), 1.0)
    signal = truth(x)
    arrays = {
        "x": x,
        "signal": signal,
        "residual": y - signal,
        "a": one.spectrum.coordinates(signal),
        "b": one.spectrum.coordinates(y - signal),
        "grid": grid,
        "truth": truth(grid),
        "map": one.map_to(grid),
    }
    return {**one.packed(), **{name: encode(array) for name, array in arrays.items()}}


class DistillIt(StoryWidget, script="distill-it"):
    """Distil it: data, noise, epsilon and the round under the reader's hand.

    Three pictures follow them: the labels, the truth and the fits up to the present round; the diagonal of B_t, mode by
    mode; the held-out mean squared error against the round.

    Parameters
    ----------
    preset : {"paper", "interior", "sine"}
        The data: the paper's eleven points, its nine interior points, forty points of a noisy sine.
    noise : float in [0, 2]
        How much of the noise the labels keep: y = truth + noise·(published y - truth).
    epsilon : float in [0.002, 1.99]
        The constraint. Below the floor the pictures say so, and `path` raises.
    round : int in [0, 99]
        The fit f_t to show; from N on it is the zero function.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> widget = DistillIt(preset="paper", epsilon=0.045)
    >>> len(widget.path)
    4
    >>> widget.round = 1  # moves the picture
    """

    alt = (
        "Self-distillation of noisy data: labels, truth and the fit of the present round; below, how much of each "
        "eigenmode is kept, and the held-out error against the round"
    )

    stories: ClassVar = {
        "noise-gone": (
            "Noise is gone after two rounds",
            {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 1},
        ),
        "too-many": ("One round too many", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 2}),
        "floor": ("ε just above the floor", {"preset": "paper", "noise": 1.0, "epsilon": 0.042, "round": 0}),
        "collapse": ("Collapse", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 4}),
        "small-steps": ("Small ε", {"preset": "sine", "noise": 1.0, "epsilon": 0.005, "round": 8}),
    }
    remedy = ". For anything else call selfdistill.distill."

    preset = Choice("interior", {key: label for key, (label, _) in PRESETS.items()}, label="Data")
    noise = Slider(1.0, 0.0, 2.0, 0.05, label="Noise, × as published")
    epsilon = Slider(0.01, -2.7, 0.3, 0.02, log=True, label="ε, mean squared residual")
    round = Whole(0, 0, 99, label="Round t")

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of each data set, and the maps from its basis to the pictures."""
        return {"sets": {key: shipped(key) for key in PRESETS}}

    @property
    def data(self) -> Data:
        """The labels at the present noise, y = truth + noise·(published y - truth)."""
        full = example(self.preset).data
        signal = full.truth(full.x)
        return Data(full.x, signal + self.noise * (full.y - signal), full.truth)

    @property
    def path(self) -> Distillation:
        """What the package computes for the present state.

        Raises
        ------
        InfeasibleError
            If epsilon is below the floor of the present data.
        """
        data = self.data
        return distill(SimplySupportedBeam(), data.x, data.y, epsilon=self.epsilon)

    def picture(self) -> Figure:
        """The three pictures of the present state, still."""
        data = self.data
        path: Distillation | None = None
        try:
            path = self.path
        except InfeasibleError as error:
            title = f"infeasible: the smallest ε is {error.floor:.5g}"
        else:
            title = f"ε = {self.epsilon:.3g}, round {self.round}, N = {len(path)} non-zero fits"
        fig, ax = figures.axes(6.2, 4.9, mosaic="AA;BC")
        figures.plot_fits(ax["A"], data, path, round=self.round)
        ax["A"].set_title(title, loc="left")
        figures.plot_shrinkage(ax["B"], path, round=self.round)
        zero = float(np.mean(data.truth(FINE) ** 2))
        errors = data.error(path(FINE), FINE) if path is not None and len(path) else np.empty(0)
        figures.plot_errors(ax["C"], np.append(errors, zero), round=min(self.round, len(errors)), zero=zero)
        return fig
