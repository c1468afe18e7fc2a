"""The explorable *Weights*: labels mixed in, and imitation weights, at one ridge."""

from __future__ import annotations

from typing import ClassVar

from matplotlib.figure import Figure

from .. import figures, filters
from .slider import Slider, Whole
from .spectral import SpectralWidget


class Weights(SpectralWidget, script="weights"):
    """Weights: labels mixed in, and imitation weights, at one ridge, on the paper's nine interior points.

    Pictures: the filters h(d) of `alpha_weighted`, of `xi_weighted`, of one fit and of the limit of many rounds; the
    held-out error against the round, and against xi.

    Parameters
    ----------
    alpha : float in [0, 1]
        Share of the labels in the target of each round but the first; the rest is the fit of the round before.
    rounds : int in [1, 20]
        Rounds with that share.
    xi : float in [-2, 2]
        Imitation weight of one further step after the first fit: -1 is twicing, 0 one fit, 1 two rounds.
    c : float in [1e-6, 0.01]
        The ridge of every fit.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> import numpy as np
    >>> bool(np.isclose(Weights(alpha=0.25, rounds=2).alpha_weighted(0.1), Weights(xi=0.75).xi_weighted(0.1)))
    True
    """

    alt = (
        "Filters of self-distillation with a share of the labels mixed in, and with an imitation weight; below, the "
        "held-out error against the round, and against the weight"
    )
    stories: ClassVar = {
        "fades": ("α = 0: pure distillation fades", {"alpha": 0.0, "rounds": 12, "xi": 0.0, "c": 10**-3.5}),
        "stays": ("A quarter of the labels is enough to stay", {"alpha": 0.25, "rounds": 12, "xi": 0.0, "c": 10**-3.5}),
        "twicing": ("ξ = −1 is twicing", {"alpha": 0.25, "rounds": 1, "xi": -1.0, "c": 10**-3.5}),
        "one-more": ("ξ = 1 is one more round", {"alpha": 0.0, "rounds": 2, "xi": 1.0, "c": 10**-4.5}),
        "one-family": ("One knob: ξ is 1 − α", {"alpha": 0.25, "rounds": 2, "xi": 0.75, "c": 10**-3.5}),
    }

    alpha = Slider(0.25, 0.0, 1.0, 0.01, label="α, share of the labels")
    rounds = Whole(3, 1, 20, label="Rounds n")
    xi = Slider(-1.0, -2.0, 2.0, 0.05, label="ξ, imitation weight")
    c = Slider(10**-3.5, -6.0, -2.0, 0.1, log=True, label="Ridge c, the same in all fits")

    @property
    def alpha_weighted(self) -> filters.AlphaWeighted:
        """The filter of the rounds with labels mixed in."""
        return filters.AlphaWeighted(self.c, self.alpha, self.rounds)

    @property
    def xi_weighted(self) -> filters.XiWeighted:
        """The filter of one step with the imitation weight."""
        return filters.XiWeighted(self.c, (self.xi,))

    def picture(self) -> Figure:
        """The filters of the present state, still, with their held-out errors."""
        fig, ax = figures.axes(6.2, 3.4)
        for method, label, look in (
            (filters.Ridge(self.c), "one fit", ("black", "-")),
            (self.alpha_weighted, f"α = {self.alpha:.2f}, {self.rounds} rounds", ("blue", "-")),
            (self.xi_weighted, f"ξ = {self.xi:.2f}, one step", ("vermilion", "--")),
        ):
            self.draw_kept(ax, method, f"{label}: error {self.error(method):.3f}", look)
        ax.set_title(f"ridge c = {self.c:.2g}", loc="left")
        ax.legend(fontsize=9, loc="upper left")
        return fig
