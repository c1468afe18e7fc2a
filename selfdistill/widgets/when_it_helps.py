"""The explorable *When it helps*: bias, variance and risk along the rounds, and the round that each rule chooses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .. import figures, spectrum, statistics
from ..greens import SimplySupportedBeam
from .base import StoryWidget, encode
from .slider import Slider, Whole

LAST = 15  #: the last round that is tried
SINGLE = np.geomspace(1e-9, 1.0, 241)  #: multipliers of the single fits


@cache
def eigenvalues() -> NDArray[np.float64]:
    """Those of the beam's Gram matrix on twenty equally spaced points inside (0, 1), ascending."""
    return spectrum.decompose(SimplySupportedBeam(), np.arange(1, 21) / 21).eigenvalues


@cache
def draws() -> NDArray[np.float64]:
    """Standard normal noise of a hundred draws of the labels, in the eigenbasis, shape (100, 20)."""
    return np.random.default_rng(7).standard_normal((100, 20))


class WhenItHelps(StoryWidget, script="when-it-helps"):
    """When it helps: bias, variance and risk along the rounds, with one multiplier that does not depend on the labels.

    The points are twenty, equally spaced on the beam. Pictures: squared bias, variance and risk at the points against
    the round, beside the best single fit; the modes that gain from the next round, by the theorem on the next round;
    how often SURE, marginal likelihood and generalised cross-validation choose each round in a hundred draws.

    Parameters
    ----------
    noise : float in [0.1, 2]
        Standard deviation of the noise of a label; the signal has mean square 1 at the points.
    decay : float in [0, 6]
        p; the coordinates of the signal are proportional to k^-p, k = 1 the smoothest mode.
    c : float in [1e-7, 0.1]
        The multiplier of every round.
    round : int in [0, 15]
        The round t; t = 0 is a single fit.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> widget = WhenItHelps(noise=1.0, decay=3.0, c=2e-4)
    >>> bool(widget.risk[1] < widget.risk[0])  # the next round helps
    True
    """

    alt = (
        "Squared bias, variance and risk against the round, with the best single fit; below, which modes gain from the "
        "next round, and how often each rule chooses a round"
    )
    stories: ClassVar = {
        "helps": ("A round helps", {"noise": 1.0, "decay": 3.0, "c": 10**-3.7, "round": 0}),
        "enough": ("Enough: strong modes lose", {"noise": 1.0, "decay": 3.0, "c": 10**-3.7, "round": 3}),
        "under-fit": ("Too many: it under-fits", {"noise": 1.0, "decay": 3.0, "c": 10**-3.7, "round": 12}),
        "tuned": ("A tuned fit does as well", {"noise": 1.0, "decay": 3.0, "c": 1e-3, "round": 0}),
        "rough": ("A rough signal: no round helps", {"noise": 0.2, "decay": 0.5, "c": 1e-5, "round": 0}),
    }

    noise = Slider(1.0, 0.1, 2.0, 0.05, label="Noise σ")
    decay = Slider(3.0, 0.0, 6.0, 0.1, label="Decay p of the signal")
    c = Slider(10**-3.7, -7.0, -1.0, 0.1, log=True, label="Multiplier c")
    round = Whole(0, 0, LAST, label="Round t")

    def ship(self) -> Mapping[str, Any]:
        """Eigenvalues and noise."""
        return {"d": encode(eigenvalues()), "draws": encode(draws())}

    @property
    def signal(self) -> NDArray[np.float64]:
        """m, the coordinates of the noise-free labels, shape (20,); their mean square is 1."""
        m = np.arange(20.0, 0.0, -1.0) ** -self.decay
        return np.asarray(m * np.sqrt(len(m) / np.sum(m**2)))

    @property
    def kept(self) -> NDArray[np.float64]:
        """B_t for the rounds 0 to 16, shape (17, 20)."""
        return np.exp(-np.arange(1, LAST + 3)[:, None] * np.log1p(self.c / eigenvalues()))

    @property
    def parts(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Squared bias and variance, means over the points, for the rounds 0 to 15."""
        bias, variance = statistics.bias_variance(self.kept[:-1], self.signal, self.noise**2)
        return bias / 20, variance / 20

    @property
    def risk(self) -> NDArray[np.float64]:
        """Their sum, shape (16,)."""
        return np.add(*self.parts)

    @property
    def gains(self) -> NDArray[np.float64]:
        """What the round after the present one takes off the risk, mode by mode; a mean over points when summed."""
        before, after = self.kept[self.round : self.round + 2]
        return statistics.gain(before, after / before, self.signal, self.noise**2) / 20

    @property
    def single(self) -> tuple[float, float]:
        """The lowest risk of a single fit, over 241 multipliers from 1e-9 to 1, and its multiplier."""
        d = eigenvalues()
        factors = d / (d + SINGLE[:, None])
        risks = np.sum(statistics.bias_variance(factors, self.signal, self.noise**2), axis=0) / 20
        best = int(np.argmin(risks))
        return float(risks[best]), float(SINGLE[best])

    @property
    def chosen(self) -> dict[str, NDArray[np.intp]]:
        """How often each rule chooses each of the rounds 0 to 15 in the draws; SURE knows the noise."""
        lost, noise = 1.0 - self.kept[:-1], self.noise**2
        labels = self.signal + self.noise * draws()
        scores = {
            "SURE": [statistics.ubre(lost, z, noise) for z in labels],
            "marginal": [statistics.marginal(lost, z) for z in labels],
            "GCV": [statistics.gcv(lost, z) for z in labels],
        }
        return {rule: np.bincount(np.argmin(table, axis=1), minlength=LAST + 1) for rule, table in scores.items()}

    def picture(self) -> Figure:
        """Risk along the rounds, and the modes that gain from the next one, still."""
        fig, (left, right) = figures.axes(6.2, 3.2, columns=2)
        t, (bias, variance) = np.arange(LAST + 1), self.parts
        left.plot(t, bias, "--", color=figures.COLOURS["vermilion"], label="squared bias")
        left.plot(t, variance, "-", color=figures.COLOURS["green"], label="variance")
        left.plot(t, self.risk, "o-", color=figures.COLOURS["blue"], markersize=4, label="risk")
        left.axhline(self.single[0], color=figures.COLOURS["black"], linestyle=":", label="best single fit")
        left.plot(self.round, self.risk[self.round], "o", color=figures.COLOURS["vermilion"], markersize=8)
        left.set(xlabel="round $t$", ylabel="mean over the points", ylim=(0, None))
        left.legend(fontsize=8)
        mode, mean = np.arange(20, 0, -1), np.mean(self.kept[self.round : self.round + 2], axis=0)
        for gains, name, words in ((True, "blue", "gains"), (False, "vermilion", "loses")):
            on = (self.gains > 0) == gains
            right.bar(mode[on], mean[on], color=figures.COLOURS[name], label=words)
        weights = statistics.wiener(self.signal, self.noise**2)
        right.plot(mode, weights, "x", color=figures.COLOURS["black"], label="Wiener weight")
        right.set(xlabel="mode, smoothest first", ylabel="mean of old and new factor", ylim=(0, 1.02))
        right.legend(fontsize=8)
        return fig
