r"""Green's functions in closed form: one small frozen object for each regulariser.

A regulariser R(f) = ∫ f · L f is made of a linear operator L and boundary conditions. Its Green's function g solves
L g(·, s) = δ_s under those conditions. Every object here is called as ``green(x, s)``, broadcasts like a NumPy
function, and knows its operator, its boundary conditions, its domain and its eigenpairs (or, on the line, its Fourier
symbol).

A class states one formula, in terms of m = min(x, s) and M = max(x, s). So g(x, s) = g(s, x) holds to the last bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import comb, factorial, inf, pi, sqrt
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array, Generators, inside

Modes = tuple[Array, Callable[[Array], Array]]

__all__ = [
    "BrownianBridge",
    "BrownianMotion",
    "Cantilever",
    "ClampedBeam",
    "ExponentialDirichlet",
    "ExponentialNeumann",
    "FreeSpace",
    "Gaussian",
    "Generators",
    "GreensFunction",
    "Lidstone",
    "Matern",
    "PeriodicSobolev",
    "SimplySupportedBeam",
]


@dataclass(frozen=True)
class GreensFunction(ABC):
    r"""What all Green's functions of the catalogue share: broadcasting, the domain check, printing.

    A subclass supplies the class attributes below and `_formula`, and either `_modes` (bounded domain) or `_symbol`
    (the line).

    Attributes
    ----------
    operator : str
        LaTeX of L.
    boundary_conditions : str
        LaTeX of the boundary conditions.
    domain : tuple of float
        The interval (a, b); (-inf, inf) for the line.
    formula : str
        LaTeX of g(x, s), with m = min(x, s), M = max(x, s), r = |x - s|.
    modes : str
        LaTeX of the eigenfunctions and eigenvalues of L, or of its Fourier symbol.
    symmetric : bool
        True: g(x, s) = g(s, x) to the last bit, so that half a Gram matrix need be computed.
    """

    operator: ClassVar[str]
    boundary_conditions: ClassVar[str]
    formula: ClassVar[str]
    modes: ClassVar[str]
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    symmetric: ClassVar[bool] = True

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Evaluate g(x, s).

        Parameters
        ----------
        x, s : array_like
            Points of the domain; their shapes broadcast.

        Returns
        -------
        ndarray of float64
            g(x, s), of the broadcast shape.

        Raises
        ------
        ValueError
            If a point is not finite or lies outside the domain, or if the shapes do not broadcast.
        """
        x, s = self._inside(x, "x"), self._inside(s, "s")
        return self._formula(np.minimum(x, s), np.maximum(x, s))

    def eigenpairs(self, n: int) -> tuple[Array, Callable[[ArrayLike], Array]]:
        r"""Return the n smallest eigenvalues of L and its eigenfunctions, orthonormal in L².

        They satisfy L φ_k = λ_k φ_k under the boundary conditions, and g(x, s) = Σ_k φ_k(x) φ_k(s) / λ_k.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        eigenvalues : ndarray, shape (n,)
            Ascending.
        phi : callable
            ``phi(x)`` has shape (n, ...) for x of shape (...).

        Raises
        ------
        ValueError
            If n is not a positive integer, or if the domain is the line, where the spectrum is continuous.
        """
        eigenvalues, phi = self._modes(_integer("n", n))
        return eigenvalues, lambda x: phi(self._inside(x, "x"))

    def symbol(self, omega: ArrayLike) -> Array:
        r"""Return the Fourier symbol of L on the line: L e^{iωx} = symbol(ω) e^{iωx}.

        Then g(x, s) = (1/2π) ∫ e^{iω(x-s)} / symbol(ω) dω.

        Raises
        ------
        ValueError
            If the domain is bounded: then L has eigenpairs.
        """
        return self._symbol(np.asarray(omega, dtype=np.float64))

    def generators(self, x: ArrayLike) -> Generators | None:
        """Return the kernel as a short sum of products at the points x, shape (K,); None if it is no such sum.

        Raises
        ------
        ValueError
            If a point is not finite or lies outside the domain.
        """
        return self._generators(self._inside(x, "x"))

    def _repr_latex_(self) -> str:
        values = [f"{field.name} = {getattr(self, field.name)}" for field in fields(self)]
        named = r",\quad \text{" + ", ".join(values) + "}" if values else ""
        return (
            rf"$\displaystyle L = {self.operator},\quad {self.boundary_conditions},"
            rf"\quad g(x,s) = {self.formula}{named}$"
        )

    @abstractmethod
    def _formula(self, m: Array, M: Array) -> Array:
        """Return g at a pair of points with m <= M, elementwise."""

    def _modes(self, n: int) -> Modes:
        raise ValueError(
            f"{self!r} lives on the whole line, where L has a continuous spectrum and no eigenpairs; "
            "use symbol(omega) instead"
        )

    def _generators(self, x: Array) -> Generators | None:
        return None

    def _symbol(self, omega: Array) -> Array:
        raise ValueError(
            f"{self!r} lives on the bounded domain {self.domain}, where L has eigenpairs and no continuous symbol; "
            "use eigenpairs(n) instead"
        )

    def _inside(self, points: ArrayLike, name: str) -> Array:
        """Return the points as float64, or say which of them lies outside the domain."""
        return inside(points, self.domain, name, self)


def _integer(name: str, value: int, largest: int | None = None, reason: str = "") -> int:
    """Return value if it is an integer in 1..largest, or raise a ValueError that names it."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    if largest is not None and value > largest:
        raise ValueError(f"{name} must be at most {largest}, got {value!r}: {reason}")
    return int(value)


def _positive(name: str, value: float) -> None:
    """Raise a ValueError unless value is a finite positive number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ValueError(f"{name} must be a number, got {value!r}")
    if not 0.0 < value < inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")


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
        _positive("a", self.a)

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
        _positive("a", self.a)

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

_DIGITS = "in float64 the Bernoulli polynomials of higher degree lose the digits that tell the kernel from zero"


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
        _integer("order", self.order, 4, _DIGITS)

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
        _integer("order", self.order, 4, _DIGITS)
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


# ------------------------------------------------------------------------------------------------------------ the line

_LINE = (-inf, inf)


@dataclass(frozen=True)
class Matern(GreensFunction):
    r"""The Matérn kernel of smoothness ν = p − ½: L = (a² − d²/dx²)^p on the line.

    g = e^{−z} θ_{p−1}(z) / (2^p (p − 1)! a^{2p−1}), z = a|x − s|, with the reverse Bessel polynomials θ_0 = 1,
    θ_1 = 1 + z, θ_n = (2n − 1)θ_{n−1} + z² θ_{n−2}. For p = 1, 2, 3 this is e^{−z}/(2a), (1 + z)e^{−z}/(4a³),
    (3 + 3z + z²)e^{−z}/(16a⁵).

    Parameters
    ----------
    order : int
        p, from 1 to 32.
    a : float
        Inverse length scale, positive.
    """

    order: int
    a: float

    domain = _LINE
    operator = r"\left(a^2-\frac{d^2}{dx^2}\right)^p"
    boundary_conditions = r"f\to0\ \text{at}\ \pm\infty"
    formula = r"\frac{e^{-ar}\,\theta_{p-1}(ar)}{2^p(p-1)!\,a^{2p-1}}"
    modes = r"\text{symbol}\ (a^2+\omega^2)^p"

    def __post_init__(self) -> None:
        _integer("order", self.order, 32, "within about one per cent that is a Gaussian; use Gaussian(sigma)")
        _positive("a", self.a)
        with np.errstate(over="ignore", divide="ignore"):
            height = 1.0 / self._unit()
        if not 0.0 < height < inf:
            raise ValueError(f"a = {self.a!r} puts g(x, x) outside float64 at order {self.order}; rescale x")

    def _unit(self) -> np.float64:
        p = self.order
        return np.float64(2.0) ** p * factorial(p - 1) * np.float64(self.a) ** (2 * p - 1)

    def _formula(self, m: Array, M: Array) -> Array:
        z = np.minimum(self.a * (M - m), 1e4)  # e^{-1e4} is zero in float64; beyond, the polynomial overflows
        previous, theta = np.zeros_like(z), np.ones_like(z)
        for n in range(1, self.order):
            previous, theta = theta, (2 * n - 1) * theta + (z**2 * previous if n > 1 else z)
        return np.exp(-z) * theta / self._unit()

    def _generators(self, x: Array) -> Generators:
        previous, theta = np.zeros(1), np.ones(1)
        for n in range(1, self.order):
            power = 2 if n > 1 else 1
            previous, theta = (
                theta,
                np.polynomial.polynomial.polyadd(
                    theta * (2 * n - 1), np.append(np.zeros(power), previous if n > 1 else 1.0)
                ),
            )
        weights = tuple(float(factorial(n) * value / self._unit()) for n, value in enumerate(theta))
        one = np.ones((1, len(x)))
        return Generators(one, one, rate=self.a, weights=weights)

    def _symbol(self, omega: Array) -> Array:
        return (self.a**2 + omega**2) ** self.order


@dataclass(frozen=True)
class Gaussian(GreensFunction):
    r"""The Gaussian kernel: L = exp(−(σ²/2) d²/dx²), of infinite order, on the line.

    g = e^{−r²/(2σ²)} / (σ√(2π)), r = |x − s|. It is the limit of the Green's functions of (1 − σ²/(2p) d²/dx²)^p.

    Parameters
    ----------
    sigma : float
        Width, positive.
    """

    sigma: float

    domain = _LINE
    operator = r"\exp\left(-\frac{\sigma^2}{2}\frac{d^2}{dx^2}\right)"
    boundary_conditions = r"f\to0\ \text{at}\ \pm\infty"
    formula = r"\frac{e^{-r^2/(2\sigma^2)}}{\sqrt{2\pi}\,\sigma}"
    modes = r"\text{symbol}\ e^{\sigma^2\omega^2/2}"

    def __post_init__(self) -> None:
        _positive("sigma", self.sigma)

    def _formula(self, m: Array, M: Array) -> Array:
        return np.exp(-0.5 * ((M - m) / self.sigma) ** 2) / (sqrt(2.0 * pi) * self.sigma)

    def _symbol(self, omega: Array) -> Array:
        with np.errstate(over="ignore"):  # the symbol grows beyond float64; infinity is the right answer there
            return np.exp(0.5 * (self.sigma * omega) ** 2)


@dataclass(frozen=True)
class FreeSpace(GreensFunction):
    r"""A fundamental solution of (−1)^p d^{2p}/dx^{2p} on the line: g = (−1)^p r^{2p−1} / (2(2p − 1)!).

    It is **not** a positive definite kernel. It is conditionally positive definite of order p: Σ v_j v_k g(x_j, x_k)
    >= 0 for weights v that annihilate the polynomials of degree below p (Σ v_k x_k^i = 0 for i < p). R(f) = ∫(f^{(p)})²
    is zero on those polynomials, and the problem that `selfdistill.distill` solves asks that R vanish only at f = 0.
    So do not pass this object to `distill`: it will reject the Gram matrix as indefinite.

    Parameters
    ----------
    order : int
        p = 1, 2 or 3.
    """

    order: int

    domain = _LINE
    operator = r"(-1)^p\frac{d^{2p}}{dx^{2p}}"
    boundary_conditions = r"\text{none; polynomials of degree}<p\ \text{cost nothing}"
    formula = r"\frac{(-1)^p\,r^{2p-1}}{2\,(2p-1)!}"
    modes = r"\text{symbol}\ \omega^{2p}"

    def __post_init__(self) -> None:
        _integer("order", self.order, 3, "the catalogue holds the orders whose signs it tests")

    def _formula(self, m: Array, M: Array) -> Array:
        p = self.order
        return (-1.0) ** p * (M - m) ** (2 * p - 1) / (2.0 * factorial(2 * p - 1))

    def _symbol(self, omega: Array) -> Array:
        return omega ** (2 * self.order)
