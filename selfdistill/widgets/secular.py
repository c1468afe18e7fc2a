"""The explorable *The secular equation*: the residual against c, Newton's tangents, and what each proves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .. import bounds, figures, secular
from ..spectrum import InfeasibleError
from .base import StoryWidget
from .example import example, packed
from .slider import Choice, Slider, Whole


class Secular(StoryWidget, script="secular"):
    """The secular equation: the residual against c, Newton's tangents on psi, and what each of them proves.

    Parameters
    ----------
    preset : {"interior", "paper"}
        The data: the nine interior points of the running example, or all eleven.
    epsilon : float
        The constraint, between 10^-4 and 2.
    step : int in [0, 20]
        How many tangents are drawn; beyond the last one it stands for the last.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> Secular(preset="paper", epsilon=0.03).newton
    Traceback (most recent call last):
    selfdistill.spectrum.InfeasibleError: epsilon = 0.03 is below the floor ...
    """

    alt = (
        "The secular equation: the norm of the residual against the multiplier c with two brackets; the concave curve "
        "psi with Newton's tangents; and the width of the interval that each step proves"
    )
    presets: ClassVar = {"interior": "nine interior points", "paper": "all eleven points"}
    stories: ClassVar = {
        "first": ("The first tangent is the bracket's end", {"preset": "interior", "epsilon": 0.045, "step": 1}),
        "climb": ("It climbs, and never overshoots", {"preset": "interior", "epsilon": 0.045, "step": 3}),
        "easy": (
            "Near the collapse two tangents prove three digits",
            {"preset": "interior", "epsilon": 0.645, "step": 2},
        ),
        "small": ("Small ε: the lower end is tight", {"preset": "interior", "epsilon": 0.0002, "step": 0}),
        "floor": ("ε just above the floor", {"preset": "paper", "epsilon": 0.042, "step": 2}),
    }

    preset = Choice("interior", presets, label="Data")
    epsilon = Slider(0.045, -4.0, 0.3, 0.02, log=True, label="ε, mean squared residual")
    step = Whole(1, 0, 20, label="Newton step")

    def ship(self) -> Mapping[str, Any]:
        """Eigenvalues and coordinates of each data set."""
        return {"sets": {key: packed(example(key).d, example(key).z) for key in self.presets}}

    @property
    def newton(self) -> NDArray[np.float64]:
        """Newton's iteration of the package, with lam, the relative step and both ends of the enclosure in each row.

        The coordinates on zero eigenvalues and their part of the budget are taken off. Shape (0, 4) when collapsed.

        Raises
        ------
        InfeasibleError
            If epsilon is not above the floor of the present data.
        """
        d, z, budget = self._problem()
        if np.sum(z**2) <= budget:
            return np.empty((0, 4))
        size = float(np.sqrt(budget))
        sharp = bounds.multiplier_bracket_sharp(d, z, size)
        low, least = 1 / sharp[1], 1 / max(sharp[0], bounds.multiplier_bracket(d, z, size)[0])
        rows = [[0.0, np.inf, float(low), float(least)]]
        while rows[-1][1] > secular.STOP:
            lam = rows[-1][2]
            step = max(0.0, float(secular.newton_step(d, z[None] ** 2, np.array([budget]), np.array([lam]))[0]))
            low, high = secular.enclosure(lam, step)
            rows.append([lam, step, float(low), min(float(high), float(least))])
        return np.array(rows)

    def _problem(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Positive eigenvalues, their coordinates, and the budget that is left to them."""
        d, z = example(self.preset).d, example(self.preset).z
        lost = float(np.sum(z[d == 0] ** 2))
        if (budget := len(d) * self.epsilon - lost) <= 0:
            raise InfeasibleError(self.epsilon, lost / len(d))
        return d[d > 0], z[d > 0], budget

    def picture(self) -> Figure:
        """The residual against c, psi with its tangents, and the proved widths, still."""
        d, z = example(self.preset).d, example(self.preset).z
        fig, (left, right) = figures.axes(6.2, 3.0, columns=2)
        c = np.geomspace(1e-8, 1.0, 120)
        left.semilogx(c, np.linalg.norm(z / (1 + d / c[:, None]), axis=1), color=figures.COLOURS["blue"])
        left.axhline(np.sqrt(len(d) * self.epsilon), color=figures.COLOURS["vermilion"], linestyle="--")
        left.set(xlabel="$c$", ylabel="norm of the residual")
        right.set(xlabel="λ = 1/c", ylabel=r"$\psi(\lambda)$")
        left.set_title(f"ε = {self.epsilon:.3g}", loc="left")
        try:
            rows = self.newton
        except InfeasibleError as error:
            left.set_title(f"infeasible: the smallest ε is {error.floor:.5g}", loc="left")
            return fig
        if len(rows) == 0:
            left.set_title(f"ε = {self.epsilon:.3g}: collapsed, the fit is zero", loc="left")
            return fig
        d, z, budget = self._problem()
        left.axvspan(*bounds.multiplier_bracket(d, z, np.sqrt(budget)), color=figures.COLOURS["sky"], alpha=0.2)
        left.axvspan(
            *bounds.multiplier_bracket_sharp(d, z, np.sqrt(budget)), color=figures.COLOURS["orange"], alpha=0.3
        )

        def psi(lam: NDArray[np.float64]) -> NDArray[np.float64]:
            return 1 / np.linalg.norm(z / (1 + lam[:, None] * d), axis=1)

        lam, target = np.linspace(0, 1.3 * rows[-1, 2], 100), budget**-0.5
        right.plot(lam, psi(lam), color=figures.COLOURS["blue"])
        right.axhline(target, color=figures.COLOURS["vermilion"], linestyle="--")
        for at, _, low, _ in rows[: self.step]:
            right.plot(
                [at, low, low],
                [psi(np.array([at]))[0], target, psi(np.array([low]))[0]],
                color=figures.COLOURS["green"],
            )
        return fig
