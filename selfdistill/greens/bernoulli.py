"""Green's functions on [0, 1] of any even order, by Bernoulli polynomials: Lidstone's and the periodic ones.

A Lidstone kernel is right to a few units in its own last place, near both ends too; a periodic one, which changes sign,
to a few units of g(x, x).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, factorial, pi, sqrt
from typing import ClassVar, Literal

import numpy as np

from ..kernel import Array, Generators, whole
from .base import ENOUGH, GreensFunction, Mirrored, Modes, count, sines

__all__ = ["Lidstone", "PeriodicSobolev"]

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
class Lidstone(Mirrored):
    r"""R(f) = ∫ (f^{(p)})² with all even derivatives below 2p zero at both ends.

    g = (−1)^{p+1} 2^{2p−1}/(2p)! · [B_{2p}(|x − s|/2) − B_{2p}((x + s)/2)], B the Bernoulli polynomials. Order 1 is
    the Brownian bridge, order 2 the simply supported beam.

    Near the ends the two Bernoulli polynomials agree in their leading digits. So for m + M <= 1 Taylor's formula in m
    is evaluated, g = Σ_{j<p} (−1)^j m^{2j+1}/(2j + 1)! · Λ_{p−j}(M). Here −Λ_k'' = Λ_{k−1}, Λ_1 = 1 − M, and Λ_k is
    zero at both ends for k > 1: with b = 1 − M and u = M(1 + b), Λ_2 = b u/6, Λ_3 = b u (4 + 3u)/360,
    Λ_4 = b u (16 + 12u + 3u²)/15120.

    Parameters
    ----------
    order : int
        p, from 1 to 4.

    Examples
    --------
    Near an end, where the Bernoulli polynomials agree in all digits but the last few:

    >>> bool(np.isclose(Lidstone(order=2)(1e-9, 2e-9), 2e-18 / 3, rtol=1e-8))
    True
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
        lower = m + M <= 1.0
        near = np.where(lower, m, 1.0 - M)
        far, b = np.where(lower, M, 1.0 - m), np.where(lower, 1.0 - M, m)
        return np.asarray(np.sum(self._near(near) * self._far(far, b), axis=0), dtype=np.float64)

    def _near(self, x: Array) -> Array:
        return np.stack([(-1.0) ** j * x ** (2 * j + 1) / factorial(2 * j + 1) for j in range(self.order)])

    def _far(self, x: Array, b: Array) -> Array:
        u = x * (1.0 + b)
        slopes = [b, b * u / 6.0, b * u * (4.0 + 3.0 * u) / 360.0, b * u * (16.0 + u * (12.0 + 3.0 * u)) / 15120.0]
        return np.stack(slopes[self.order - 1 :: -1])

    def _modes(self, n: int) -> Modes:
        frequencies = pi * count(n)
        return frequencies ** (2 * self.order), sines(frequencies)


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

    Examples
    --------
    0 and 1 are one point:

    >>> wave = PeriodicSobolev(order=2)
    >>> bool(wave(0, 0.3) == wave(1, 0.3)), wave.period
    (True, 1.0)
    """

    order: int
    mean: Literal["penalised", "zero"] = "penalised"
    period: ClassVar[float] = 1.0

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
        left, right = self._about(0.5, x)
        if np.max(np.sum(np.abs(left * right), axis=0), initial=0.0) <= ENOUGH * np.abs(self._formula(x[:1], x[:1])):
            return Generators(left, right)
        # the farther the points lie from the centre, the more cancels: twice as many products, a centre in each half
        (low, low_right), (high, high_right) = self._about(0.25, x), self._about(0.75, x)
        left = np.concatenate([np.where(x <= 0.5, low, 0.0), np.where(x <= 0.5, 0.0, high)])
        return Generators(left, np.concatenate([low_right, high_right]))

    def _about(self, centre: float, x: Array) -> tuple[Array, Array]:
        """Return the products of B_{2p}(M − m) = Σ_j C(2p, j) B_{2p−j}(M − c) (c − m)^j, and the mean."""
        p, powers = self.order, range(2 * self.order + 1)
        scale = (-1.0) ** (p + 1) / factorial(2 * p)
        right = np.stack([scale * comb(2 * p, j) * _bernoulli_polynomial(2 * p - j, x - centre) for j in powers])
        if self.mean == "penalised":
            right[0] += 1.0
        return np.stack([(centre - x) ** j for j in powers]), right

    def _modes(self, n: int) -> Modes:
        # In order: the constant, then for each frequency its cosine and its sine. The constant costs 1, by (∫f)² = 1.
        constant = self.mean == "penalised"
        wave = count(n) + (0.0 if constant else 1.0)
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
