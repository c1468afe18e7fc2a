"""The explorable *Green's functions*: an operator, a source, and the series of eigenfunctions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from .. import figures, greens
from ..greens import SimplySupportedBeam
from .base import StoryWidget
from .slider import Choice, Slider, Whole

#: The kernels on the unit interval, each with a label, its operator, its conditions, and an object for a rate.
OPERATORS: dict[str, tuple[str, str, str, Callable[[float], greens.GreensFunction]]] = {
    "beam": (
        "beam, supported at both ends",
        "d⁴/dx⁴",
        "f = f″ = 0 at both ends",
        lambda a: SimplySupportedBeam(),
    ),
    "clamped": (
        "beam, clamped at both ends",
        "d⁴/dx⁴",
        "f = f′ = 0 at both ends",
        lambda a: greens.ClampedBeam(),
    ),
    "cantilever": (
        "beam, clamped left, free right",
        "d⁴/dx⁴",
        "f = f′ = 0 at the left end",
        lambda a: greens.Cantilever(),
    ),
    "bridge": (
        "string, held at both ends",
        "−d²/dx²",
        "f = 0 at both ends",
        lambda a: greens.BrownianBridge(),
    ),
    "motion": (
        "string, held left, free right",
        "−d²/dx²",
        "f = 0 at the left end",
        lambda a: greens.BrownianMotion(),
    ),
    "dirichlet": (
        "string on springs, ends held",
        "a² − d²/dx²",
        "f = 0 at both ends",
        lambda a: greens.ExponentialDirichlet(a=a),
    ),
    "neumann": (
        "string on springs, ends free",
        "a² − d²/dx²",
        "f′ = 0 at both ends",
        lambda a: greens.ExponentialNeumann(a=a),
    ),
    "lidstone": (
        "sixth order",
        "−d⁶/dx⁶",
        "f = f″ = f⁗ = 0 at both ends",
        lambda a: greens.Lidstone(order=3),
    ),
    "periodic": (
        "beam closed to a ring, mean zero",
        "d⁴/dx⁴",
        "period 1 and mean 0",
        lambda a: greens.PeriodicSobolev(order=2, mean="zero"),
    ),
}


class GreenExplorer(StoryWidget, script="greens"):
    """Green's functions: an operator, the source s, and how the sum over eigenfunctions approaches g(., s).

    Three pictures follow the sliders: g(., s) and the sum of its first terms; the last eigenfunction in the sum; how
    much each of the first thirty contributes to g(s, s).

    Parameters
    ----------
    operator : str
        One of `OPERATORS`: the kernels of the catalogue on [0, 1].
    source : float in [0.02, 0.98]
        s.
    terms : int in [1, 30]
        n, how many eigenfunctions are summed.
    a : float in [1, 30]
        The rate of the operator a² − d²/dx²; the others have none.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> widget = GreenExplorer(operator="clamped", source=0.5)
    >>> float(192 * widget.green(0.5, 0.5))
    1.0
    """

    alt = (
        "The Green's function of an operator for a source s, with the sum of its first eigenfunctions; below, the last "
        "eigenfunction of the sum, and what each contributes at the source"
    )
    stories: ClassVar = {
        "arch": ("One mode is almost the beam", {"operator": "beam", "source": 0.3, "terms": 1}),
        "node": ("A source where a mode is silent", {"operator": "beam", "source": 0.5, "terms": 2}),
        "clamped": ("Clamped ends: four times stiffer", {"operator": "clamped", "source": 0.5, "terms": 3}),
        "kink": ("Five modes round off a kink", {"operator": "bridge", "source": 0.3, "terms": 5}),
        "local": (
            "A large rate: only neighbours feel it",
            {"operator": "dirichlet", "source": 0.3, "terms": 8, "a": 20.0},
        ),
    }

    operator = Choice("beam", {key: words[0] for key, words in OPERATORS.items()}, label="Operator")
    source = Slider(0.3, 0.02, 0.98, 0.01, label="Source s")
    terms = Whole(2, 1, 30, label="Terms n of the series")
    a = Slider(5.0, 1.0, 30.0, 0.5, label="Rate a")

    def ship(self) -> Mapping[str, Any]:
        """The operators' names in words; the mathematics is in closed form in numerics.js."""
        rated = {key for key, (*_, make) in OPERATORS.items() if hasattr(make(1.0), "a")}
        return {"operators": [[key, *words, key in rated] for key, (*words, _) in OPERATORS.items()]}

    @property
    def green(self) -> greens.GreensFunction:
        """The package's object for the present operator and rate."""
        return OPERATORS[self.operator][3](self.a)

    def series(self, x: ArrayLike) -> NDArray[np.float64]:
        """The sum of the first `terms` terms phi_n(x) phi_n(s)/lambda_n."""
        values, phi = self.green.eigenpairs(self.terms)
        return np.tensordot(phi(np.asarray(self.source)) / values, phi(np.asarray(x, dtype=float)), axes=1)

    def picture(self) -> Figure:
        """The three pictures of the present state, still."""
        s, n, green = self.source, self.terms, self.green
        x = np.unique(np.append(np.linspace(0.0, 1.0, 121), s))
        fig, ax = figures.axes(6.2, 4.6, mosaic="AA;BC")
        ax["A"].plot(x, green(x, s), color=figures.COLOURS["blue"], linewidth=2.4, label="$g(x, s)$")
        ax["A"].plot(x, self.series(x), "--", color=figures.COLOURS["vermilion"], label=f"sum of {n} terms")
        ax["A"].plot(s, green(s, s), "o", color=figures.COLOURS["black"], markersize=6)
        ax["A"].set(xlabel="$x$", ylabel="$g(x, s)$")
        ax["A"].set_title(f"{OPERATORS[self.operator][0]}, s = {s:g}", loc="left")
        ax["A"].legend(fontsize=9.5)
        values, phi = green.eigenpairs(30)
        ax["B"].plot(x, phi(x)[n - 1], color=figures.COLOURS["blue"])
        ax["B"].set(xlabel="$x$", ylabel=f"eigenfunction {n}")
        share = phi(np.asarray(s)) ** 2 / values / green(s, s)
        shown = np.flatnonzero(share > 1e-10)
        colours = [figures.COLOURS["blue" if k < n else "sky"] for k in shown]
        ax["C"].bar(shown + 1, np.log10(share[shown]) + 10, bottom=-10, color=colours)
        ax["C"].set(xlabel="mode", ylabel="log10, share of $g(s, s)$", ylim=(-10, 0))
        return fig
