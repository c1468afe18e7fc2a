"""The abstract Green's function in closed form: broadcasting, the domain check, printing, and what a kernel states.

A regulariser R(f) = ∫ f · L f is made of a linear operator L and boundary conditions. Its Green's function g solves
L g(·, s) = δ_s under those conditions. A closed form is one formula in terms of m = min(x, s) and M = max(x, s). So
g(x, s) = g(s, x) holds to the last bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array, Generators, inside, whole

Modes = tuple[Array, Callable[[Array], Array]]
ENOUGH = 8.0  # a sum of products whose terms exceed max g by no more loses a digit at most


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
            If n is not a whole number, at least 1, or if the domain is the line, where the spectrum is continuous.
        """
        eigenvalues, phi = self._modes(whole(n, "n"))
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
            rf"$\begin{{array}}{{l}}\displaystyle L = {self.operator},\quad {self.boundary_conditions},\\[2ex]"
            rf"\displaystyle g(x,s) = {self.formula}{named}\end{{array}}$"
        )

    def _settle(self, **values: float) -> None:
        """Store parameters as the numbers they were read as (3.0 is the order 3, a fraction is a float)."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

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


class Stationary(GreensFunction):
    """A kernel of the distance r = |x − s| alone: which of the points is the smaller one need not be found out."""

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Evaluate g(x, s), as `GreensFunction` does."""
        with np.errstate(over="ignore"):  # points of both signs near the end of float64 are infinitely far apart
            r = np.asarray(self._inside(x, "x") - self._inside(s, "s"))
        return self._profile(np.abs(r, out=r))

    @abstractmethod
    def _profile(self, r: Array) -> Array:
        """Return g at distances r, an own array that may be overwritten, elementwise."""

    def _formula(self, m: Array, M: Array) -> Array:
        return self._profile(np.asarray(M - m))


class Mirrored(GreensFunction):
    """A kernel that stays the same when the interval is turned round, as a sum of products accurate near 0.

    P_i(m) Q_i(M) loses no digits while m + M <= 1. For the other pairs 1 − M and 1 − m take the places of m and M.
    """

    @abstractmethod
    def _near(self, x: Array) -> Array:
        """Return P_i at x, the shape of x after a leading axis."""

    @abstractmethod
    def _far(self, x: Array, b: Array) -> Array:
        """Return Q_i at x, of which b = 1 − x is the distance to the right end."""

    def _generators(self, x: Array) -> Generators:
        # near 0 exact, near 1 left with the difference of two larger numbers; the mirrored sum is the other way round
        b, largest = 1.0 - x, np.max(self._formula(x, x), initial=0.0)
        ways = [(self._near(x), self._far(x, b)), (self._far(b, x), self._near(b))]
        for left, right in ways:
            if np.max(np.sum(np.abs(left * right), axis=0), initial=0.0) <= ENOUGH * largest:
                return Generators(left, right)
        # clusters at both ends and little between: twice as many products, each pair by the sum that is exact for it
        (near, far), (mirrored_near, mirrored_far) = ways
        lower = x <= 0.5
        left = np.concatenate([np.where(lower, near, 0.0), np.where(lower, 0.0, mirrored_near)])
        return Generators(left, np.concatenate([far, mirrored_far]))


def count(n: int) -> Array:
    """Return 1.0, 2.0, ..., n."""
    return np.arange(1, n + 1, dtype=np.float64)


def sines(frequencies: Array) -> Callable[[Array], Array]:
    """Return x -> sqrt(2) sin(frequency · x), with one leading axis for the frequencies."""
    return lambda x: sqrt(2.0) * np.sin(np.multiply.outer(frequencies, x))
