"""Strings, exponential kernels and beams on [0, 1] in closed form: one small frozen object for each regulariser.

Every object is called as ``green(x, s)``, broadcasts like a NumPy function, and knows its operator, its boundary
conditions and its eigenpairs. Each formula is written as a sum of terms of one sign in m, M, 1 − m, 1 − M and M − m,
numbers that float64 knows to the last digit near both ends. So g(x, s) is right to a few units in its own last place,
however close to an end the points are (where an exponential e^{−ar} is involved, to a·r units).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array, Generators, positive
from .base import GreensFunction, Mirrored, Modes, count, sines

__all__ = [
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "ExponentialDirichlet",
    "ExponentialNeumann",
    "SimplySupportedBeam",
]


def _falling(u: ArrayLike) -> Array:
    """Return φ(u) = (1 − e^{−u})/u for u >= 0, which is 1 at 0."""
    u = np.asarray(u, dtype=np.float64)
    divisor = np.where(u > 0.0, u, 1.0)
    return np.where(u > 0.0, -np.expm1(-u) / divisor, 1.0)


# ------------------------------------------------------------------------------------------------ second order, [0, 1]


@dataclass(frozen=True)
class BrownianBridge(GreensFunction):
    r"""R(f) = ∫ (f')² with both ends held: g = m(1 − M), the covariance of the Brownian bridge.

    Examples
    --------
    >>> float(BrownianBridge()(0.25, 0.5))
    0.125
    """

    operator = r"-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f(1)=0"
    formula = r"m(1-M)"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^2"

    def _formula(self, m: Array, M: Array) -> Array:
        return m * (1.0 - M)

    def _generators(self, x: Array) -> Generators:
        return Generators(x[None], 1.0 - x[None])

    def _modes(self, n: int) -> Modes:
        frequencies = pi * count(n)
        return frequencies**2, sines(frequencies)


@dataclass(frozen=True)
class BrownianMotion(GreensFunction):
    r"""R(f) = ∫ (f')² held at the left end, free at the right: g = m, the covariance of Brownian motion.

    Examples
    --------
    >>> BrownianMotion()([0.25, 0.75], 0.5)
    array([0.25, 0.5 ])
    """

    operator = r"-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f'(1)=0"
    formula = r"m"
    modes = r"\sqrt2\,\sin (n-\tfrac12)\pi x,\quad ((n-\tfrac12)\pi)^2"

    def _formula(self, m: Array, M: Array) -> Array:
        return m + 0.0 * M  # the sum gives the broadcast shape

    def _generators(self, x: Array) -> Generators:
        return Generators(x[None], np.ones((1, len(x))))

    def _modes(self, n: int) -> Modes:
        frequencies = pi * (count(n) - 0.5)
        return frequencies**2, sines(frequencies)


@dataclass(frozen=True)
class ExponentialDirichlet(GreensFunction):
    r"""R(f) = ∫ (f')² + a² f² with both ends held.

    g = sinh(am) sinh(a(1 − M)) / (a sinh a), evaluated without a growing exponential and without a cancellation: with
    φ(u) = (1 − e^{−u})/u, g = e^{−a(M − m)} m φ(2am) (1 − M) φ(2a(1 − M)) / φ(2a).

    Parameters
    ----------
    a : float
        Inverse length scale, positive.

    Examples
    --------
    >>> round(float(ExponentialDirichlet(a=3)(0.5, 0.5)), 12)
    0.150858042274
    """

    a: float

    operator = r"a^2-\frac{d^2}{dx^2}"
    boundary_conditions = r"f(0)=f(1)=0"
    formula = r"\frac{\sinh(am)\,\sinh(a(1-M))}{a\,\sinh a}"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^2+a^2"

    def __post_init__(self) -> None:
        self._settle(a=positive(self.a, "a"))
        if not self.a < 1e150:
            raise ValueError(f"a = {self.a!r} puts g(x, x) outside float64; rescale x")

    def _formula(self, m: Array, M: Array) -> Array:
        a, b = self.a, 1.0 - M
        held = m * _falling(2.0 * a * m) * b * _falling(2.0 * a * b)
        return np.exp(-a * (M - m)) * held / _falling(2.0 * a)

    def _generators(self, x: Array) -> Generators:
        a, b = self.a, 1.0 - x
        right = b * _falling(2.0 * a * b) / _falling(2.0 * a)
        return Generators((x * _falling(2.0 * a * x))[None], right[None], rate=a)

    def _modes(self, n: int) -> Modes:
        frequencies = pi * count(n)
        return frequencies**2 + self.a**2, sines(frequencies)


@dataclass(frozen=True)
class ExponentialNeumann(GreensFunction):
    r"""R(f) = ∫ (f')² + a² f² with both ends free.

    g = cosh(am) cosh(a(1 − M)) / (a sinh a), evaluated without a growing exponential: with E(u) = 1 − e^{−2u} and
    C(u) = 1 + e^{−2u}, g = e^{−a(M − m)} C(am) C(a(1 − M)) / (2a E(a)).

    Parameters
    ----------
    a : float
        Inverse length scale, positive. (With a = 0 the constants would cost nothing and g would not exist.)

    Examples
    --------
    >>> round(float(ExponentialNeumann(a=3)(0.5, 0.5)), 12)
    0.18413189883
    """

    a: float

    operator = r"a^2-\frac{d^2}{dx^2}"
    boundary_conditions = r"f'(0)=f'(1)=0"
    formula = r"\frac{\cosh(am)\,\cosh(a(1-M))}{a\,\sinh a}"
    modes = r"1,\ \sqrt2\,\cos n\pi x,\quad (n\pi)^2+a^2"

    def __post_init__(self) -> None:
        self._settle(a=positive(self.a, "a"))
        if not 1e-150 < self.a < 1e150:
            raise ValueError(f"a = {self.a!r} puts g(x, x) outside float64; rescale x")

    def _formula(self, m: Array, M: Array) -> Array:
        a = self.a
        free = (1.0 + np.exp(-2.0 * a * m)) * (1.0 + np.exp(-2.0 * a * (1.0 - M)))
        return np.exp(-a * (M - m)) * free / -(2.0 * a * np.expm1(-2.0 * a))

    def _generators(self, x: Array) -> Generators:
        a = self.a
        right = (1.0 + np.exp(-2.0 * a * (1.0 - x))) / -(2.0 * a * np.expm1(-2.0 * a))
        return Generators((1.0 + np.exp(-2.0 * a * x))[None], right[None], rate=a)

    def _modes(self, n: int) -> Modes:
        frequencies = pi * (count(n) - 1.0)
        heights = np.where(frequencies > 0.0, sqrt(2.0), 1.0)

        def phi(x: Array) -> Array:
            return heights.reshape(-1, *[1] * x.ndim) * np.cos(np.multiply.outer(frequencies, x))

        return frequencies**2 + self.a**2, phi


# ------------------------------------------------------------------------------------------------- beams, fourth order


@dataclass(frozen=True)
class SimplySupportedBeam(Mirrored):
    r"""R(f) = ∫ (f'')² with f and f'' zero at both ends: g = m(1 − M)(2M − m² − M²)/6. The running example.

    It is evaluated with 2M − m² − M² = M(1 − M) + m(1 − m) + (M − m), in which nothing cancels.

    Examples
    --------
    >>> beam = SimplySupportedBeam()
    >>> 48 * float(beam(0.5, 0.5))
    1.0
    >>> eigenvalues, phi = beam.eigenpairs(3)
    >>> (eigenvalues / np.pi**4).round(9)
    array([ 1., 16., 81.])
    """

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f(1)=f''(0)=f''(1)=0"
    formula = r"\frac{m(1-M)(2M-m^2-M^2)}{6}"
    modes = r"\sqrt2\,\sin n\pi x,\quad (n\pi)^4"

    def _formula(self, m: Array, M: Array) -> Array:
        b = 1.0 - M
        return m * b * (M * b + m * (1.0 - m) + (M - m)) / 6.0

    def _near(self, x: Array) -> Array:
        return np.stack([x, -(x**3)])

    def _far(self, x: Array, b: Array) -> Array:
        return np.stack([b * x * (1.0 + b), b]) / 6.0  # 2M − m² − M² = M(1 + b) − m²

    def _modes(self, n: int) -> Modes:
        frequencies = pi * count(n)
        return frequencies**4, sines(frequencies)


@dataclass(frozen=True)
class ClampedBeam(Mirrored):
    r"""R(f) = ∫ (f'')² with f and f' zero at both ends: g = m²(1 − M)²(3M − m − 2mM)/6.

    It is evaluated with 3M − m − 2mM = 2M(1 − m) + (M − m), in which nothing cancels. The eigenvalues are β⁴ with
    cos β cosh β = 1.

    Examples
    --------
    >>> 192 * float(ClampedBeam()(0.5, 0.5))
    1.0
    """

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f(1)=f'(0)=f'(1)=0"
    formula = r"\frac{m^2(1-M)^2(3M-m-2mM)}{6}"
    modes = r"\cos\beta\cosh\beta=1,\quad \beta^4"

    def _formula(self, m: Array, M: Array) -> Array:
        return m**2 * (1.0 - M) ** 2 * (2.0 * M * (1.0 - m) + (M - m)) / 6.0

    def _near(self, x: Array) -> Array:
        return np.stack([x**2, -(x**3)])

    def _far(self, x: Array, b: Array) -> Array:
        return b**2 * np.stack([3.0 * x, 1.0 + 2.0 * x]) / 6.0

    def _modes(self, n: int) -> Modes:
        beta = _bending_roots(pi * (count(n) + 0.5), sign=+1.0)
        decay = np.exp(-beta)
        lift = 2.0 * (np.cos(beta) - np.sin(beta) - decay) / (1.0 - decay**2 - 2.0 * np.sin(beta) * decay)
        return beta**4, _bending_modes(beta, lift)


@dataclass(frozen=True)
class Cantilever(GreensFunction):
    r"""R(f) = ∫ (f'')² clamped at 0 and free at 1: g = m²(3M − m)/6, the covariance of integrated Brownian motion.

    The eigenvalues are β⁴ with cos β cosh β = −1.

    Examples
    --------
    >>> 3 * float(Cantilever()(1, 1))
    1.0
    """

    operator = r"\frac{d^4}{dx^4}"
    boundary_conditions = r"f(0)=f'(0)=f''(1)=f'''(1)=0"
    formula = r"\frac{m^2(3M-m)}{6}"
    modes = r"\cos\beta\cosh\beta=-1,\quad \beta^4"

    def _formula(self, m: Array, M: Array) -> Array:
        return m**2 * (2.0 * M + (M - m)) / 6.0

    def _generators(self, x: Array) -> Generators:
        return Generators(np.stack([x**2, -(x**3)]), np.stack([3.0 * x, np.ones_like(x)]) / 6.0)

    def _modes(self, n: int) -> Modes:
        beta = _bending_roots(pi * (count(n) - 0.5), sign=-1.0)
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
