"""Green's functions on the whole line in closed form: one small frozen object for each regulariser.

Every object is called as ``green(x, s)``, broadcasts like a NumPy function, and knows its operator and its Fourier
symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, factorial, inf, pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array, Generators, positive, whole
from .base import Stationary

__all__ = ["FreeSpace", "Gaussian", "Matern"]

_LINE = (-inf, inf)
_ALMOST_GAUSSIAN = "Beyond, it is a Gaussian within about one per cent: use Gaussian(sigma)."
_SIGNS = "The catalogue holds the orders whose signs it tests."


@dataclass(frozen=True)
class Matern(Stationary):
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

    Examples
    --------
    >>> 2 * float(Matern(order=1, a=1)(5, 5))
    1.0
    """

    order: int
    a: float

    domain = _LINE
    operator = r"\left(a^2-\frac{d^2}{dx^2}\right)^p"
    boundary_conditions = r"f\to0\ \text{at}\ \pm\infty"
    formula = r"\frac{e^{-ar}\,\theta_{p-1}(ar)}{2^p(p-1)!\,a^{2p-1}}"
    modes = r"\text{symbol}\ (a^2+\omega^2)^p"

    def __post_init__(self) -> None:
        self._settle(
            order=whole(
                self.order, "order", most=32, remedy="within about one per cent that is a Gaussian; use Gaussian(sigma)"
            )
        )
        self._settle(a=positive(self.a, "a"))
        with np.errstate(over="ignore", divide="ignore"):
            height = 1.0 / self._unit()
        if not 0.0 < height < inf:
            raise ValueError(f"a = {self.a!r} puts g(x, x) outside float64 at order {self.order}; rescale x")

    def _unit(self) -> np.float64:
        p = self.order
        return np.float64(2.0) ** p * factorial(p - 1) * np.float64(self.a) ** (2 * p - 1)

    def _profile(self, r: Array) -> Array:
        with np.errstate(over="ignore"):
            z = np.minimum(self.a * r, 1e4)  # e^{-1e4} is zero in float64; beyond, the polynomial overflows
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
class Gaussian(Stationary):
    r"""The Gaussian kernel: L = exp(−(σ²/2) d²/dx²), of infinite order, on the line.

    g = e^{−r²/(2σ²)} / (σ√(2π)), r = |x − s|. It is the limit of the Green's functions of (1 − σ²/(2p) d²/dx²)^p.

    Parameters
    ----------
    sigma : float
        Width, positive.

    Examples
    --------
    >>> round(float(Gaussian(sigma=1)(0, 0)), 12)
    0.398942280401
    """

    sigma: float

    domain = _LINE
    operator = r"\exp\left(-\frac{\sigma^2}{2}\frac{d^2}{dx^2}\right)"
    boundary_conditions = r"f\to0\ \text{at}\ \pm\infty"
    formula = r"\frac{e^{-r^2/(2\sigma^2)}}{\sqrt{2\pi}\,\sigma}"
    modes = r"\text{symbol}\ e^{\sigma^2\omega^2/2}"

    def __post_init__(self) -> None:
        self._settle(sigma=positive(self.sigma, "sigma"))
        if not 1e-300 < self.sigma < 1e300:
            raise ValueError(f"sigma = {self.sigma!r} puts g(x, x) outside float64; rescale x")

    def _profile(self, r: Array) -> Array:
        with np.errstate(over="ignore"):  # beyond 1e154 widths the square is infinite, and g is zero, as it should be
            r *= 1.0 / self.sigma
            r *= r
        r *= -0.5
        np.exp(r, out=r)
        r *= 1.0 / (sqrt(2.0 * pi) * self.sigma)
        return r

    def _symbol(self, omega: Array) -> Array:
        with np.errstate(over="ignore"):  # the symbol grows beyond float64; infinity is the right answer there
            return np.exp(0.5 * (self.sigma * omega) ** 2)


@dataclass(frozen=True)
class Polynomials:
    """The powers 0 to p − 1 of (x − centre)/unit, called with points of shape (M,): shape (M, p)."""

    order: int
    centre: float
    unit: float

    def __call__(self, x: ArrayLike) -> Array:
        """Evaluate them."""
        scaled = (np.asarray(x, dtype=np.float64) - self.centre) / self.unit
        return scaled[:, None] ** np.arange(self.order)


@dataclass(frozen=True)
class FreeSpace(Stationary):
    r"""A fundamental solution of (−1)^p d^{2p}/dx^{2p} on the line: g = (−1)^p r^{2p−1} / (2(2p − 1)!).

    It is **not** a positive definite kernel. It is conditionally positive definite of order p: Σ v_j v_k g(x_j, x_k)
    >= 0 for weights v that annihilate the polynomials of degree below p (Σ v_k x_k^i = 0 for i < p). R(f) = ∫(f^{(p)})²
    is zero on those polynomials. The kernel knows them (`null_functions`), and `selfdistill.distill` fits them without
    a penalty: its fits are smoothing splines of degree 2p − 1, for p = 2 the natural cubic ones.

    Parameters
    ----------
    order : int
        p = 1, 2 or 3.

    Examples
    --------
    >>> 12 * float(FreeSpace(order=2)(0, 1))
    1.0
    """

    order: int

    domain = _LINE
    operator = r"(-1)^p\frac{d^{2p}}{dx^{2p}}"
    boundary_conditions = r"\text{none; polynomials of degree}<p\ \text{cost nothing}"
    formula = r"\frac{(-1)^p\,r^{2p-1}}{2\,(2p-1)!}"
    modes = r"\text{symbol}\ \omega^{2p}"

    def __post_init__(self) -> None:
        self._settle(
            order=whole(self.order, "order", most=3, remedy="the catalogue holds the orders whose signs it tests")
        )

    def null_functions(self, x: Array) -> Polynomials:
        """Return the polynomials of degree below p, in a basis for points x of shape (K,)."""
        low, high = (float(np.min(x)), float(np.max(x))) if len(x) else (0.0, 0.0)
        return Polynomials(self.order, (low + high) / 2, (high - low) / 2 or 1.0)

    def _profile(self, r: Array) -> Array:
        p = self.order
        return (-1.0) ** p * r ** (2 * p - 1) / (2.0 * factorial(2 * p - 1))

    def _generators(self, x: Array) -> Generators:
        # (M - m)^n by the binomial theorem, of points moved to [-1, 1]: there no term exceeds the largest |g| by much
        n, own = 2 * self.order - 1, self.null_functions(x)
        t = (x - own.centre) / own.unit
        unit = (-1.0) ** self.order * own.unit**n / (2.0 * factorial(n))
        return Generators(
            np.stack([unit * comb(n, i) * (-t) ** i for i in range(n + 1)]),
            np.stack([t ** (n - i) for i in range(n + 1)]),
        )

    def _symbol(self, omega: Array) -> Array:
        return omega ** (2 * self.order)
