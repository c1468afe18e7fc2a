"""Regularisation methods as spectral filters h(d): the sample map is U h(D) U^T, the function g_x^T U (h(D)/D) U^T y.

Two numbers describe a filter. Its **qualification** is the largest p such that sup_d d^p |1 - h(d)| falls like c^p as
its regularisation c tends to zero (infinity: no limit): how much smoothness of the truth it can use. Its **decay** is
the exponent of h(d) for small d: how sharply it cuts weak modes off (infinity: faster than any power).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from .kernel import Array, as_numbers, number, positive, whole


class Filter(ABC):
    """A spectral filter: call it with eigenvalues d >= 0 to get h(d) of the same shape.

    Attributes
    ----------
    name : str
        What the method is called.
    formula : str
        h(d) as LaTeX.
    """

    name: ClassVar[str]
    formula: ClassVar[str]

    @property
    def qualification(self) -> float:
        """The largest p with sup d^p |1 - h(d)| of the order c^p; a ridge has 1."""
        return 1.0

    @property
    def decay(self) -> float:
        """The exponent of h(d) for small d; a ridge has 1."""
        return 1.0

    def __call__(self, d: ArrayLike) -> Array:
        """h(d), with h(0) = 0.

        Raises
        ------
        ValueError
            If there is no eigenvalue, or one is negative or not finite.
        """
        eigenvalues = as_numbers(d, "eigenvalues")
        if eigenvalues.size == 0 or not np.all(eigenvalues >= 0):
            raise ValueError(f"eigenvalues must be non-negative, and at least one; they are {eigenvalues}")
        largest = np.max(eigenvalues)
        if largest == 0:
            return np.zeros(eigenvalues.shape)
        positive = eigenvalues > 0
        # the formulas divide by d: where it is zero they get a value that is harmless to all of them
        return np.where(positive, self.evaluate(np.where(positive, eigenvalues, largest)), 0.0)

    @abstractmethod
    def evaluate(self, d: Array) -> Array:
        """h(d) for positive d: the formula, and nothing else."""

    def _settle(self, **values: Any) -> None:
        """Store parameters as the numbers they were read as."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _repr_latex_(self) -> str:
        return f"$h(d) = {self.formula}$"


@dataclass(frozen=True)
class Ridge(Filter):
    """One fit: h(d) = d/(d + c).

    Examples
    --------
    >>> Ridge(1.0)([1.0, 3.0])
    array([0.5 , 0.75])
    """

    c: float
    name: ClassVar[str] = "one fit (ridge)"
    formula: ClassVar[str] = r"\frac{d}{d + c}"

    def __post_init__(self) -> None:
        self._settle(c=positive(self.c, "c"))

    @classmethod
    def matching(cls, other: Filter, d: float) -> Ridge:
        """The ridge with the same value as another filter at one eigenvalue: c = d (1/h(d) - 1).

        Raises
        ------
        ValueError
            If the other filter is 0 or 1 there, or outside [0, 1]: no ridge is.
        """
        d = positive(d, "d")
        h = float(other(d))
        if not 0.0 < h < 1.0:
            raise ValueError(f"a ridge lies strictly between 0 and 1; the other filter is {h!r} at d = {d!r}")
        return cls(float(d * (1.0 / h - 1.0)))

    def evaluate(self, d: Array) -> Array:
        return d / (d + self.c)


@dataclass(frozen=True)
class GradientFlow(Filter):
    """Gradient flow from zero, stopped at a time: h(d) = 1 - exp(-time·d). Its regularisation is c = 1/time.

    Examples
    --------
    >>> GradientFlow(time=1.0)([1.0]).round(6)
    array([0.632121])
    """

    time: float
    name: ClassVar[str] = "gradient flow, stopped at τ"
    formula: ClassVar[str] = r"1 - e^{-\tau d}"

    def __post_init__(self) -> None:
        self._settle(time=positive(self.time, "time"))

    @property
    def qualification(self) -> float:
        return np.inf

    def evaluate(self, d: Array) -> Array:
        return -np.expm1(-self.time * d)


@dataclass(frozen=True)
class Landweber(Filter):
    """Gradient descent from zero: h(d) = 1 - (1 - step·d)^steps, for step·d_max <= 1; c = 1/(step·steps).

    Examples
    --------
    >>> Landweber(step=0.5, steps=2)([1.0])
    array([0.75])
    """

    step: float
    steps: int
    name: ClassVar[str] = "gradient descent, t steps of η"
    formula: ClassVar[str] = r"1 - (1 - \eta d)^t"

    def __post_init__(self) -> None:
        self._settle(step=positive(self.step, "step"))
        self._settle(steps=whole(self.steps, "steps"))

    @property
    def qualification(self) -> float:
        return np.inf

    def evaluate(self, d: Array) -> Array:
        if self.step * np.max(d) > 1.0:
            raise ValueError(
                f"step·d_max = {self.step * np.max(d):.6g} exceeds 1; take step <= 1/d_max = {1 / np.max(d):.6g}"
            )
        with np.errstate(divide="ignore"):
            return -np.expm1(self.steps * np.log1p(-self.step * d))


@dataclass(frozen=True)
class IteratedTikhonov(Filter):
    """Fit, then fit the residuals, n fits in all: h(d) = 1 - (c/(d + c))^n. Twicing is n = 2, L2-boosting any n.

    Examples
    --------
    >>> IteratedTikhonov(c=1.0, n=2)([1.0])
    array([0.75])
    """

    c: float
    n: int
    name: ClassVar[str] = "fitting the residuals, n fits"
    formula: ClassVar[str] = r"1 - \Bigl(\frac{c}{d + c}\Bigr)^n"

    def __post_init__(self) -> None:
        self._settle(c=positive(self.c, "c"))
        self._settle(n=whole(self.n, "n"))

    @property
    def qualification(self) -> float:
        return float(self.n)

    def evaluate(self, d: Array) -> Array:
        return -np.expm1(-self.n * np.log1p(d / self.c))


@dataclass(frozen=True)
class SelfDistillation(Filter):
    """Fit, then fit the predictions: h(d) = prod_i d/(d + c_i), one multiplier a fit (equal ones: the fixed ridge).

    Examples
    --------
    >>> SelfDistillation((1.0, 3.0))([1.0])
    array([0.125])
    """

    multipliers: tuple[float, ...] | Array
    name: ClassVar[str] = "self-distillation"
    formula: ClassVar[str] = r"\prod_i \frac{d}{d + c_i}"

    def __post_init__(self) -> None:
        self._settle(multipliers=_tuple(self.multipliers, "multipliers"))
        if not self.multipliers:
            raise ValueError("give at least one multiplier")
        for i, c in enumerate(self.multipliers):
            positive(c, f"multipliers[{i}]")

    @property
    def decay(self) -> float:
        return float(len(self.multipliers))

    def evaluate(self, d: Array) -> Array:
        with np.errstate(over="ignore"):  # c/d beyond the range of float64: h is 0
            return np.exp(-np.sum(np.log1p(np.array(self.multipliers) / d[..., None]), axis=-1))


@dataclass(frozen=True)
class HeatLimit(Filter):
    """The limit of many small rounds: h(d) = exp(-time/d).

    Examples
    --------
    >>> HeatLimit(time=1.0)([1.0]).round(6)
    array([0.367879])
    """

    time: float
    name: ClassVar[str] = "self-distillation, many small rounds"
    formula: ClassVar[str] = r"e^{-\tau/d}"

    def __post_init__(self) -> None:
        self._settle(time=positive(self.time, "time"))

    @property
    def decay(self) -> float:
        return np.inf

    def evaluate(self, d: Array) -> Array:
        return np.exp(-self.time / d)


@dataclass(frozen=True)
class AlphaWeighted(Filter):
    """Targets mixed with the labels, alpha·y + (1 - alpha)·y_t, at a fixed ridge, A = d/(d + c).

    h(d) = alpha sum_{i=1}^{rounds-1} (1 - alpha)^{i-1} A^i + (1 - alpha)^{rounds-1} A^rounds; the limit of many rounds
    is d/(d + c/alpha). Source: Borup and Andersen (2021).

    Examples
    --------
    >>> AlphaWeighted(c=1.0, alpha=0.5, rounds=2)([1.0])
    array([0.375])
    """

    c: float
    alpha: float
    rounds: int
    name: ClassVar[str] = "self-distillation, mixed with the labels"
    formula: ClassVar[str] = r"\alpha \sum_{i<\tau} (1-\alpha)^{i-1} A^i + (1-\alpha)^{\tau-1} A^\tau"

    def __post_init__(self) -> None:
        self._settle(c=positive(self.c, "c"))
        self._settle(rounds=whole(self.rounds, "rounds"))
        self._settle(alpha=number(self.alpha, "alpha"))
        if not 0.0 <= self.alpha <= 1.0:
            raise ValueError(f"alpha must lie in [0, 1]; it is {self.alpha!r}")

    @property
    def decay(self) -> float:
        return 1.0 if self.alpha > 0 else float(self.rounds)

    def evaluate(self, d: Array) -> Array:
        a = d / (d + self.c)
        h = a
        for _ in range(self.rounds - 1):
            h = a * (self.alpha + (1.0 - self.alpha) * h)
        return h


@dataclass(frozen=True)
class XiWeighted(Filter):
    """Imitation weights at a fixed ridge: h_k = h (1 - xi_k + xi_k h_{k-1}), h_0 = h = d/(d + c), one weight a step.

    A polynomial in h with value 1 at h = 1. All weights +1 give self-distillation, one weight -1 gives twicing. Source:
    Pareek, Du and Oh (2024).

    Examples
    --------
    >>> twicing = XiWeighted(c=1.0, weights=(-1.0,))
    >>> float(twicing(1.0)), twicing.qualification
    (0.75, 2.0)
    """

    c: float
    weights: tuple[float, ...] | Array
    name: ClassVar[str] = "self-distillation, imitation weights"
    formula: ClassVar[str] = r"h_k = h\,(1 - \xi_k + \xi_k h_{k-1})"

    def __post_init__(self) -> None:
        self._settle(c=positive(self.c, "c"))
        self._settle(weights=_tuple(self.weights, "weights"))

    @property
    def polynomial(self) -> Polynomial:
        """The filter as a polynomial in h."""
        return self._unfold(Polynomial([0.0, 1.0]))

    @property
    def qualification(self) -> float:
        """The order of the zero of 1 - h_k at h = 1, between 1 and the number of steps plus one."""
        # 1 − h_k in powers of e = 1 − h: δ_k = e + ξ (1 − e) δ_{k−1}. A coefficient no larger than the roundings of the
        # terms it is the sum of, whose absolute values are summed beside it, is zero.
        powers = len(self.weights) + 2
        distance = np.zeros(powers)
        distance[1] = 1.0
        size = distance.copy()
        for xi in self.weights:
            distance = xi * (distance - np.roll(distance, 1))
            size = abs(xi) * (size + np.roll(size, 1))
            distance[1] += 1.0
            size[1] += 1.0
        return float(np.argmax(np.abs(distance) > 4 * powers * np.finfo(float).eps * size))

    @property
    def decay(self) -> float:
        """One more than the number of weights 1 at the end, for h_k = h (1 − ξ_k) + ξ_k h h_{k−1}."""
        last = [xi == 1.0 for xi in reversed(self.weights)]
        return 1.0 + (last.index(False) if False in last else len(last))

    def evaluate(self, d: Array) -> Array:
        return self._unfold(d / (d + self.c))

    def _unfold(self, h: Any) -> Any:
        """Return h_k, from the ridge h to the last step."""
        result = h
        for xi in self.weights:
            result = h * (1.0 - xi + xi * result)
        return result


def _tuple(values: Any, name: str) -> tuple[float, ...]:
    """A row of finite numbers as a tuple of floats."""
    row = as_numbers(values, name)
    if row.ndim != 1:
        raise ValueError(f"{name} must be a row of numbers, shape (n,); it has shape {row.shape}")
    return tuple(float(value) for value in row)


@dataclass(frozen=True)
class SpectralCutoff(Filter):
    """Keep what is strong, drop the rest: h(d) = 1 for d >= c, else 0.

    Examples
    --------
    >>> SpectralCutoff(c=0.5)([0.4, 0.6])
    array([0., 1.])
    """

    c: float
    name: ClassVar[str] = "spectral cut-off"
    formula: ClassVar[str] = r"\mathbf 1[d \ge c]"

    def __post_init__(self) -> None:
        self._settle(c=positive(self.c, "c"))

    @property
    def qualification(self) -> float:
        return np.inf

    @property
    def decay(self) -> float:
        return np.inf

    def evaluate(self, d: Array) -> Array:
        return np.where(d >= self.c, 1.0, 0.0)


def catalogue(c: float) -> tuple[Filter, ...]:
    """One of each filter, all with the regularisation c in (0, 1], for eigenvalues up to 1.

    Three fits where the method counts them. Gradient flow and gradient descent run for the time 1/c, the limit of many
    small rounds for the time c. The imitation weights (-2, 1) give 3h² - 2h³, with qualification 2 and decay 2.
    """
    c = positive(c, "c")
    if c > 1.0:
        raise ValueError(f"c must not exceed 1, the largest eigenvalue meant here; it is {c!r}")
    return (
        Ridge(c),
        GradientFlow(1.0 / c),
        Landweber(1.0, round(1.0 / c)),
        IteratedTikhonov(c, 3),
        SelfDistillation((c, c, c)),
        HeatLimit(c),
        AlphaWeighted(c, 0.5, 3),
        XiWeighted(c, (-2.0, 1.0)),
        SpectralCutoff(c),
    )
