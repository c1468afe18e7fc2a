"""The explorable *Distill it*: data, noise, epsilon and the round under the reader's hand."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure

from .. import figures
from ..datasets import Data
from ..distillation import Distillation, distill
from ..greens import SimplySupportedBeam
from ..spectrum import InfeasibleError
from .base import StoryWidget, encode
from .example import FINE, PRESETS, example
from .slider import Choice, Slider, Whole

FARTHEST = 2  #: that a label can be moved


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
        "U": one.spectrum.eigenvectors,
        "a": one.spectrum.coordinates(signal),
        "b": one.spectrum.coordinates(y - signal),
        "grid": grid,
        "truth": truth(grid),
        "map": one.map_to(grid),
    }
    return {**one.packed(), **{name: encode(array) for name, array in arrays.items()}}


class Moves(traitlets.Unicode[str, str]):
    """Labels moved by hand, as text: ``"k,shift;k,shift"``, counted from 0; no data set needs to have them all."""

    def validate(self, obj: Any, value: Any) -> str:
        """The text, or ValueError if it names no labels with finite shifts."""
        text = str(super().validate(obj, value))
        try:
            moves = [(int(k), float(shift)) for k, shift in (one.split(",") for one in text.split(";") if text)]
        except ValueError as error:
            raise ValueError(f"{self.name} must be as in '0,0.5;3,-0.25'; it is {text!r}") from error
        if wrong := [one for one in moves if one[0] < 0 or not abs(one[1]) <= FARTHEST]:
            raise ValueError(f"{self.name}: a label is 0 or more, its shift at most {FARTHEST}; one is {wrong[0]}")
        return text


class DistillIt(StoryWidget, script="distill-it"):
    """Distil it: data, noise, epsilon and the round under the reader's hand.

    The labels can be dragged, too. Three pictures follow: the labels, the truth and the fits up to the present round;
    the diagonal of B_t, mode by mode; the held-out mean squared error against the round.

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
    moves : str
        How far labels are moved, ``"k,shift;k,shift"``; in the picture they are dragged.
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
            {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 1, "moves": ""},
        ),
        "too-many": (
            "One round too many",
            {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 2, "moves": ""},
        ),
        "floor": (
            "ε just above the floor",
            {"preset": "paper", "noise": 1.0, "epsilon": 0.042, "round": 0, "moves": ""},
        ),
        "collapse": ("Collapse", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 4, "moves": ""}),
        "small-steps": ("Small ε", {"preset": "sine", "noise": 1.0, "epsilon": 0.005, "round": 8, "moves": ""}),
    }
    remedy = ". For anything else call selfdistill.distill."

    preset = Choice("interior", {key: label for key, (label, _) in PRESETS.items()}, label="Data")
    noise = Slider(1.0, 0.0, 2.0, 0.05, label="Noise, × as published")
    epsilon = Slider(0.01, -2.7, 0.3, 0.02, log=True, label="ε, mean squared residual")
    round = Whole(0, 0, 99, label="Round t")
    moves = Moves("").tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of each data set, and the maps from its basis to the pictures."""
        return {"sets": {key: shipped(key) for key in PRESETS}}

    @property
    def data(self) -> Data:
        """The labels at the present noise, y = truth + noise·(published y - truth), and those that are moved."""
        full = example(self.preset).data
        signal = full.truth(full.x)
        y = signal + self.noise * (full.y - signal)
        for k, shift in (one.split(",") for one in self.moves.split(";") if one):
            if int(k) < len(y):
                y[int(k)] += float(shift)
        return Data(full.x, y, full.truth)

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
