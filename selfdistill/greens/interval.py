"""Green's functions on [0, 1] in closed form: one small frozen object for each regulariser.

Every object is called as ``green(x, s)``, broadcasts like a NumPy function, and knows its operator, its boundary
conditions and its eigenpairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, factorial, pi, sqrt
from typing import Literal

import numpy as np

from ..kernel import Array, Generators, positive, whole
from .base import GreensFunction, Modes

__all__ = [
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "ExponentialDirichlet",
    "ExponentialNeumann",
    "Lidstone",
    "PeriodicSobolev",
    "SimplySupportedBeam",
]


def _count(n: int) -> Array:
    """Return 1.0, 2.0, ..., n."""
    return np.arange(1, n + 1, dtype=np.float64)


def _sines(frequencies: Array) -> Callable[[Array], Array]:
    """Return x -> sqrt(2) sin(frequency · x), with one leading axis for the frequencies."""
    return lambda x: sqrt(2.0) * np.sin(np.multiply.outer(frequencies, x))


# ------------------------------------------------------------------------------------------------ second order, [0, 1]


@dataclass(frozen=True)
class BrownianBridge(GreensFunction):
    r"""R(f) = ∫ (f')² with both ends held: g = m(1 − M), the covariance of the Brownian bridge."""

    operator = r"-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f(1)=0"
    formula = r"m(1-M)"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^2"

    def _formula(self, m: Array, M: Array) -> Array:
        return m * (1.0 - M)

    def _generators(self, x: Array) -> Generators:
        return Generators(x[None], 1.0 - x[None])

    def _modes(self, n: int) -> Modes:
        frequencies = pi * _count(n)
        return frequencies**2, _sines(frequencies)


@dataclass(frozen=True)
class BrownianMotion(GreensFunction):
    r"""R(f) = ∫ (f')² held at the left end, free at the right: g = m, the covariance of Brownian motion."""

    operator = r"-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f'(1)=0"
    formula = r"m"
    modes = r"\sqrt2\,\sin (n-\tfrac12)\pi x,\quad ((n-\tfrac12)\pi)^2"

    def _formula(self, m: Array, M: Array) -> Array:
        return m + 0.0 * M  # the sum gives the broadcast shape

    def _generators(self, x: Array) -> Generators:
        return Generators(x[None], np.ones((1, len(x))))

    def _modes(self, n: int) -> Modes:
        frequencies = pi * (_count(n) - 0.5)
        return frequencies**2, _sines(frequencies)


@dataclass(frozen=True)
class ExponentialDirichlet(GreensFunction):
    r"""R(f) = ∫ (f')² + a² f² with both ends held.

    g = sinh(am) sinh(a(1 − M)) / (a sinh a), evaluated without a growing exponential: with E(u) = 1 − e^{−2u},
    g = e^{−a(M − m)} E(am) E(a(1 − M)) / (2a E(a)).

    Parameters
    ----------
    a : float
        Inverse length scale, positive.
    """

    a: float

    operator = r"a^2-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f(1)=0"
    formula = r"\frac{\sinh(am)\,\sinh(a(1-M))}{a\,\sinh a}"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^2+a^2"

    def __post_init__(self) -> None:
        self._settle(a=positive(self.a, "a"))

    def _formula(self, m: Array, M: Array) -> Array:
        a = self.a
        held = np.expm1(-2.0 * a * m) * np.expm1(-2.0 * a * (1.0 - M))
        return np.exp(-a * (M - m)) * held / (-2.0 * a * np.expm1(-2.0 * a))

    def _generators(self, x: Array) -> Generators:
        a = self.a
        right = np.expm1(-2.0 * a * (1.0 - x)) / (-np.expm1(-2.0 * a) * 2.0 * a)
        return Generators(np.expm1(-2.0 * a * x)[None], right[None], rate=a)

    def _modes(self, n: int) -> Modes:
        frequencies = pi * _count(n)
        return frequencies**2 + self.a**2, _sines(frequencies)


@dataclass(frozen=True)
class ExponentialNeumann(GreensFunction):
    r"""R(f) = ∫ (f')² + a² f² with both ends free.

    g = cosh(am) cosh(a(1 − M)) / (a sinh a), evaluated without a growing exponential: with E(u) = 1 − e^{−2u} and
    C(u) = 1 + e^{−2u}, g = e^{−a(M − m)} C(am) C(a(1 − M)) / (2a E(a)).

    Parameters
    ----------
    a : float
        Inverse length scale, positive. (With a = 0 the constants would cost nothing and g would not exist.)
    """

    a: float

    operator = r"a^2-\frac{d^2}{dx^2}"
    boundary_conditions = r"f'(0)=f'(1)=0"
    formula = r"\frac{\cosh(am)\,\cosh(a(1-M))}{a\,\sinh a}"
    modes = r"1,\ \sqrt2\,\cos n\pi x,\quad (n\pi)^2+a^2"

    def __post_init__(self) -> None:
        self._settle(a=positive(self.a, "a"))

    def _formula(self, m: Array, M: Array) -> Array:
        a = self.a
        free = (1.0 + np.exp(-2.0 * a * m)) * (1.0 + np.exp(-2.0 * a * (1.0 - M)))
        return np.exp(-a * (M - m)) * free / -(2.0 * a * np.expm1(-2.0 * a))

    def _generators(self, x: Array) -> Generators:
        a = self.a
        right = (1.0 + np.exp(-2.0 * a * (1.0 - x))) / -(2.0 * a * np.expm1(-2.0 * a))
        return Generators((1.0 + np.exp(-2.0 * a * x))[None], right[None], rate=a)

    def _modes(self, n: int) -> Modes:
        frequencies = pi * (_count(n) - 1.0)
        heights = np.where(frequencies > 0.0, sqrt(2.0), 1.0)

        def phi(x: Array) -> Array:
            return heights.reshape(-1, *[1] * x.ndim) * np.cos(np.multiply.outer(frequencies, x))

        return frequencies**2 + self.a**2, phi


# ------------------------------------------------------------------------------------------------- beams, fourth order


@dataclass(frozen=True)
class SimplySupportedBeam(GreensFunction):
    r"""R(f) = ∫ (f'')² with f and f'' zero at both ends: g = m(1 − M)(2M − m² − M²)/6. The running example."""

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f(1)=f''(0)=f''(1)=0"
    formula = r"\frac{m(1-M)(2M-m^2-M^2)}{6}"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^4"

    def _formula(self, m: Array, M: Array) -> Array:
        return m * (1.0 - M) * (2.0 * M - m**2 - M**2) / 6.0

    def _generators(self, x: Array) -> Generators:
        b = 1.0 - x  # 2M − m² − M² = (1 − b²) − m² with b = 1 − M
        return Generators(np.stack([x, -(x**3)]), np.stack([b * (1.0 - b**2), b]) / 6.0)

    def _modes(self, n: int) -> Modes:
        frequencies = pi * _count(n)
        return frequencies**4, _sines(frequencies)


@dataclass(frozen=True)
class ClampedBeam(GreensFunction):
    r"""R(f) = ∫ (f'')² with f and f' zero at both ends: g = m²(1 − M)²(3M − m − 2mM)/6.

    The eigenvalues are β⁴ with cos β cosh β = 1.
    """

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f(1)=f'(0)=f'(1)=0"
    formula = r"\frac{m^2(1-M)^2(3M-m-2mM)}{6}"
    modes = r"\cos\beta\cosh\beta=1,\quad \beta^4"

    def _formula(self, m: Array, M: Array) -> Array:
        return m**2 * (1.0 - M) ** 2 * (3.0 * M - m - 2.0 * m * M) / 6.0

    def _generators(self, x: Array) -> Generators:
        return Generators(np.stack([x**2, -(x**3)]), (1.0 - x) ** 2 * np.stack([3.0 * x, 1.0 + 2.0 * x]) / 6.0)

    def _modes(self, n: int) -> Modes:
        beta = _bending_roots(pi * (_count(n) + 0.5), sign=+1.0)
        decay = np.exp(-beta)
        lift = 2.0 * (np.cos(beta) - np.sin(beta) - decay) / (1.0 - decay**2 - 2.0 * np.sin(beta) * decay)
        return beta**4, _bending_modes(beta, lift)


@dataclass(frozen=True)
class Cantilever(GreensFunction):
    r"""R(f) = ∫ (f'')² clamped at 0 and free at 1: g = m²(3M − m)/6, the covariance of integrated Brownian motion.

    The eigenvalues are β⁴ with cos β cosh β = −1.
    """

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f'(0)=f''(1)=f'''(1)=0"
    formula = r"\frac{m^2(3M-m)}{6}"
    modes = r"\cos\beta\cosh\beta=-1,\quad \beta^4"

    def _formula(self, m: Array, M: Array) -> Array:
        return m**2 * (3.0 * M - m) / 6.0

    def _generators(self, x: Array) -> Generators:
        return Generators(np.stack([x**2, -(x**3)]), np.stack([3.0 * x, np.ones_like(x)]) / 6.0)

    def _modes(self, n: int) -> Modes:
        beta = _bending_roots(pi * (_count(n) - 0.5), sign=-1.0)
        decay = np.exp(-beta)
        lift = 2.0 * (np.cos(beta) + np.sin(beta) + decay) / (1.0 + decay**2 + 2.0 * np.cos(beta) * decay)
        return beta**4, _bending_modes(beta, lift)


def _bending_roots(start: Array, *, sign: float) -> Array:
    """Solve cos β = sign / cosh β by Newton's method; sech keeps it free of overflow."""
    beta = start
    for _ in range(20):  # quadratic convergence: the slowest root, the cantilever's first, needs five steps
        sech = 2.0 * np.exp(-beta) / (1.0 + np.exp(-2.0 * beta))
        beta = beta + (np.cos(beta) - sign * sech) / (np.sin(beta) - sign * sech * np.tanh(beta))
    return beta


def _bending_modes(beta: Array, lift: Array) -> Callable[[Array], Array]:
    r"""Return x -> cosh βx − cos βx − σ(sinh βx − sin βx) with σ = 1 − lift · e^{−β}, free of growing exponentials.

    cosh βx − σ sinh βx = (1 + σ)/2 · e^{−βx} + lift/2 · e^{−β(1 − x)}. These modes have unit norm in L²(0, 1).
    """

    def phi(x: Array) -> Array:
        b, w = (values.reshape(-1, *[1] * x.ndim) for values in (beta, lift))
        sigma = 1.0 - w * np.exp(-b)
        evanescent = 0.5 * (1.0 + sigma) * np.exp(-b * x) + 0.5 * w * np.exp(-b * (1.0 - x))
        return evanescent - np.cos(b * x) + sigma * np.sin(b * x)

    return phi


# --------------------------------------------------------------------------------------------- any even order, [0, 1]

_DIGITS = "Beyond, float64 cannot tell the eigenvalues of its Gram matrices from zero."


def _bernoulli(order: int, x: Array) -> Array:
    """Return the Bernoulli polynomial B_{2·order}(x), order = 1..4, as a polynomial in u = x(1 − x)."""
    u = x * (1.0 - x)
    coefficients = {
        1: (1.0 / 6.0, -1.0),
        2: (-1.0 / 30.0, 0.0, 1.0),
        3: (1.0 / 42.0, 0.0, -1.0 / 2.0, -1.0),
        4: (-1.0 / 30.0, 0.0, 2.0 / 3.0, 4.0 / 3.0, 1.0),
    }[order]
    return np.asarray(np.polynomial.polynomial.polyval(u, coefficients), dtype=np.float64)


def _bernoulli_polynomial(degree: int, x: Array) -> Array:
    """Return the Bernoulli polynomial B_degree(x) = Σ_j C(degree, j) b_j x^{degree − j}, b the Bernoulli numbers."""
    numbers = (1.0, -1.0 / 2.0, 1.0 / 6.0, 0.0, -1.0 / 30.0, 0.0, 1.0 / 42.0, 0.0, -1.0 / 30.0)
    ascending = [comb(degree, j) * numbers[j] for j in range(degree, -1, -1)]
    return np.asarray(np.polynomial.polynomial.polyval(x, ascending), dtype=np.float64)


@dataclass(frozen=True)
class Lidstone(GreensFunction):
    r"""R(f) = ∫ (f^{(p)})² with all even derivatives below 2p zero at both ends.

    g = (−1)^{p+1} 2^{2p−1}/(2p)! · [B_{2p}(|x − s|/2) − B_{2p}((x + s)/2)], B the Bernoulli polynomials. Order 1 is
    the Brownian bridge, order 2 the simply supported beam.

    Parameters
    ----------
    order : int
        p, from 1 to 4.
    """

    order: int

    operator = r"(-1)^p\frac{d^{2p}}{dx^{2p}}"
    boundary_conditions = r"f^{(2j)}(0)=f^{(2j)}(1)=0,\ j<p"
    formula = (
        r"\frac{(-1)^{p+1}2^{2p-1}}{(2p)!}\left[B_{2p}\left(\tfrac{r}{2}\right)"
        r"-B_{2p}\left(\tfrac{x+s}{2}\right)\right]"
    )
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^{2p}"

    def __post_init__(self) -> None:
        self._settle(order=whole(self.order, "order", most=4, remedy=_DIGITS))

    def _formula(self, m: Array, M: Array) -> Array:
        p = self.order
        scale = (-1.0) ** (p + 1) * 2.0 ** (2 * p - 1) / factorial(2 * p)
        return scale * (_bernoulli(p, (M - m) / 2.0) - _bernoulli(p, (M + m) / 2.0))

    def _generators(self, x: Array) -> Generators:
        # Taylor's formula in m: B_{2p}((M − m)/2) − B_{2p}((M + m)/2) = −2 Σ_{j odd} C(2p, j) B_{2p−j}(M/2) (m/2)^j
        p, odd = self.order, range(1, 2 * self.order, 2)
        scale = (-1.0) ** p * 2.0 ** (2 * p) / factorial(2 * p)
        right = [scale * comb(2 * p, j) * 0.5**j * _bernoulli_polynomial(2 * p - j, x / 2.0) for j in odd]
        return Generators(np.stack([x**j for j in odd]), np.stack(right))

    def _modes(self, n: int) -> Modes:
        frequencies = pi * _count(n)
        return frequencies ** (2 * self.order), _sines(frequencies)


@dataclass(frozen=True)
class PeriodicSobolev(GreensFunction):
    r"""R(f) = ∫ (f^{(p)})² for functions of period 1.

    g = (−1)^{p+1} B_{2p}(|x − s|)/(2p)!, plus 1 if the mean is penalised.

    Parameters
    ----------
    order : int
        p, from 1 to 4.
    mean : {"penalised", "zero"}
        A constant has R = 0, so something must be said about the mean. "penalised" adds (∫f)² to R; "zero" admits only
        functions of mean zero.
    """

    order: int
    mean: Literal["penalised", "zero"] = "penalised"

    operator = r"(-1)^p\frac{d^{2p}}{dx^{2p}}\ \left(+\textstyle\int_0^1\right)"
    boundary_conditions = r"f^{(j)}(0)=f^{(j)}(1),\ j<2p"
    formula = r"\frac{(-1)^{p+1}B_{2p}(r)}{(2p)!}\ (+1)"
    modes = r"(1,)\ \sqrt2\,\cos 2\pi nx,\ \sqrt2\,\sin 2\pi nx,\quad (1,)\ (2\pi n)^{2p}"

    def __post_init__(self) -> None:
        self._settle(order=whole(self.order, "order", most=4, remedy=_DIGITS))
        if self.mean not in ("penalised", "zero"):
            raise ValueError(f'mean must be "penalised" or "zero", got {self.mean!r}')

    def _formula(self, m: Array, M: Array) -> Array:
        p = self.order
        wave = (-1.0) ** (p + 1) * _bernoulli(p, M - m) / factorial(2 * p)
        return wave + 1.0 if self.mean == "penalised" else wave

    def _generators(self, x: Array) -> Generators:
        # B_{2p}(M − m) = Σ_j C(2p, j) B_{2p−j}(M) (−m)^j
        p, powers = self.order, range(2 * self.order + 1)
        scale = (-1.0) ** (p + 1) / factorial(2 * p)
        right = np.stack([scale * comb(2 * p, j) * _bernoulli_polynomial(2 * p - j, x) for j in powers])
        if self.mean == "penalised":
            right[0] += 1.0
        return Generators(np.stack([(-x) ** j for j in powers]), right)

    def _modes(self, n: int) -> Modes:
        # In order: the constant, then for each frequency its cosine and its sine. The constant costs 1, by (∫f)² = 1.
        constant = self.mean == "penalised"
        wave = _count(n) + (0.0 if constant else 1.0)
        frequencies = 2.0 * pi * np.floor(wave / 2.0)
        phases = np.where(wave % 2 == 0, 0.0, -0.5 * pi)  # cos(u − π/2) = sin u
        eigenvalues = frequencies ** (2 * self.order)
        heights = np.full(n, sqrt(2.0))
        if constant:
            eigenvalues[0], heights[0], phases[0] = 1.0, 1.0, 0.0

        def phi(x: Array) -> Array:
            shape = (-1, *[1] * x.ndim)
            return heights.reshape(shape) * np.cos(np.multiply.outer(frequencies, x) + phases.reshape(shape))

        return eigenvalues, phi
