"""The explorable *Filters*: methods with the same degrees of freedom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import traitlets
from matplotlib.figure import Figure
from scipy.optimize import brentq

from .. import figures, filters
from .slider import Slider, Whole
from .spectral import SpectralWidget

#: The methods of `Filters`: what the reader is told, the filter with regularisation c and n fits, its look in print.
METHODS: dict[str, tuple[str, Callable[[float, int], filters.Filter], tuple[str, str]]] = {
    "distillation": ("self-distillation", lambda c, n: filters.SelfDistillation((c,) * n), ("blue", "-")),
    "ridge": ("one fit", lambda c, n: filters.Ridge(c), ("black", "-")),
    "flow": ("early stopping", lambda c, n: filters.GradientFlow(1 / c), ("green", "--")),
    "residuals": ("fitting residuals", filters.IteratedTikhonov, ("orange", "--")),
    "heat": ("many small rounds", lambda c, n: filters.HeatLimit(c), ("vermilion", ":")),
    "cutoff": ("cut-off", lambda c, n: filters.SpectralCutoff(c), ("purple", "-")),
}


class Filters(SpectralWidget, script="filters"):
    """Filters: methods with the same degrees of freedom, on the paper's nine interior points.

    Every method shown gets the regularisation c at which the sum of h over the eigenvalues is `freedom`; a cut-off
    keeps the nearest whole number of modes. Pictures: h(d); h(d)/h(d_max) under the ceiling d/d_max of a single fit;
    the held-out error against the degrees of freedom.

    Parameters
    ----------
    freedom : float in [1, 8]
        Degrees of freedom, the trace of the map from labels to values.
    n : int in [1, 20]
        Rounds of self-distillation, and fits of the residuals; one c for all of them.
    shown : str
        The methods shown beside self-distillation: keys of `METHODS` with commas between.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, or a method unknown, at construction or when a trait is set.

    Examples
    --------
    >>> widget = Filters(freedom=2.0, n=3, shown="ridge")
    >>> widget.methods["ridge"].c > widget.methods["distillation"].multipliers[0]
    True
    """

    alt = (
        "Filters of self-distillation and other methods with the same degrees of freedom; below, their curves under "
        "the ceiling of a single fit, and the held-out error against the degrees of freedom"
    )
    stories: ClassVar = {
        "rounds-win": ("Three rounds beat one fit", {"freedom": 2.0, "n": 3, "shown": "ridge"}),
        "stopping-wins": ("Half a degree more: early stopping wins", {"freedom": 2.5, "n": 3, "shown": "ridge,flow"}),
        "ceiling": ("Ten rounds dive under the ceiling", {"freedom": 2.0, "n": 10, "shown": "ridge,flow"}),
        "heat": ("Many rounds have a limit", {"freedom": 2.0, "n": 20, "shown": "heat"}),
        "mirror": ("Fitting residuals becomes early stopping", {"freedom": 3.0, "n": 20, "shown": "flow,residuals"}),
    }

    freedom = Slider(2.0, 1.0, 8.0, 0.1, label="Degrees of freedom, Σ h(dₖ)")
    n = Whole(3, 1, 20, label="Rounds or fits, n")
    shown = traitlets.Unicode("ridge,flow,residuals").tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of the example and the names of the methods."""
        return {**super().ship(), "labels": {key: label for key, (label, _, _) in METHODS.items()}}

    @property
    def methods(self) -> dict[str, filters.Filter]:
        """The filter of each method shown, matched to the degrees of freedom."""
        names = ["distillation", *(key for key in METHODS if key in self.shown.split(","))]
        return {name: self._matched(name) for name in names}

    def _matched(self, name: str) -> filters.Filter:
        d, build = self.eigenvalues, METHODS[name][1]
        if name == "cutoff":
            first = len(d) - int(self.freedom + 0.5)
            return build(float(np.sqrt(d[first] * (d[first - 1] if first else d[0] / 4))), self.n)

        def excess(log_c: float) -> float:
            return float(np.sum(build(float(np.exp(log_c)), self.n)(d))) - self.freedom

        return build(float(np.exp(brentq(excess, np.log(d[0]) - 30, np.log(d[-1]) + 10, xtol=1e-13))), self.n)

    def picture(self) -> Figure:
        """h(d) of the methods shown, still, with their held-out errors."""
        fig, ax = figures.axes(6.2, 3.4)
        for name, method in self.methods.items():
            label, _, look = METHODS[name]
            self.draw_kept(ax, method, f"{label}: error {self.error(method):.3f}", look)
        d = self.eigenvalues
        ax.plot(d, self._matched("distillation")(d), "o", color=figures.COLOURS["blue"], markersize=5)
        ax.set_title(f"{self.freedom:.1f} degrees of freedom, n = {self.n}", loc="left")
        ax.legend(fontsize=9, loc="upper left")
        return fig

    @traitlets.validate("shown")
    def _check_shown(self, proposal: Mapping[str, Any]) -> str:
        known = set(METHODS) - {"distillation"}
        if unknown := {key for key in proposal["value"].split(",") if key} - known:
            raise ValueError(
                f"shown must name methods among {', '.join(sorted(known))}, with commas; it has {min(unknown)!r}"
            )
        return str(proposal["value"])
