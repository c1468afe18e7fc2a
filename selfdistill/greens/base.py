"""The abstract Green's function in closed form: broadcasting, the domain check, printing, and what a kernel states.

A regulariser R(f) = ∫ f · L f is made of a linear operator L and boundary conditions. Its Green's function g solves
L g(·, s) = δ_s under those conditions. A closed form is one formula in terms of m = min(x, s) and M = max(x, s). So
g(x, s) = g(s, x) holds to the last bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array, Generators, inside, whole

Modes = tuple[Array, Callable[[Array], Array]]


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
            rf"$\displaystyle L = {self.operator},\quad {self.boundary_conditions},"
            rf"\quad g(x,s) = {self.formula}{named}$"
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
