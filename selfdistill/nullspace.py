"""Functions that cost nothing: the null space of a regulariser, taken out of a problem before it is solved.

R may be zero on some functions p_1, ..., p_q, and its kernel g be positive only on coefficients that annihilate them.
They are fitted without a penalty, by least squares, and the rest of the labels is distilled. With weights all happens
in the coordinates W^{1/2} y: `basis` spans the columns of W^{1/2} P, P[k, i] = p_i(x_k).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from .kernel import Array, Kernel, as_numbers
from .sites import Sites

Functions = Callable[[Array], Any]

APART = 1e-12  # sine of an angle below which a direction lies in a space, to rounding


@dataclass(frozen=True, eq=False)
class NullSpace:
    """The null space at the points.

    Attributes
    ----------
    basis : ndarray, shape (K, q)
        B, orthonormal columns.
    triangle : ndarray, shape (q, q)
        R, upper triangular: W^{1/2} P = B R.
    functions : tuple of callable, or None
        They give the columns of P at any points, one after the other; None if P was given as a matrix.
    """

    basis: Array
    triangle: Array
    functions: tuple[Functions, ...] | None

    @classmethod
    def of(cls, green: Kernel, null: Any, x: Array, roots: Array | None) -> NullSpace | None:
        """That of the kernel and of the option `null` together, at the points; None if there is neither.

        Raises
        ------
        ValueError
            If `null` is nothing of what `selfdistill.distill` allows, if its values are no finite numbers of the right
            shape, or if the points do not determine the null part: P has linearly dependent columns.
        """
        own = getattr(green, "null_functions", None)
        functions: tuple[Functions, ...] = (own(x),) if own is not None else ()
        matrix = np.zeros((len(x), 0))
        if null is not None:
            given = _functions(null)
            functions += given
            if not given:
                matrix = _matrix(null, x)
        if not functions and not matrix.size:
            return None
        values = np.hstack([evaluate(functions, x), matrix])
        _check_unisolvent(values, x, own is not None and null is not None)
        basis, triangle = scipy.linalg.qr(values if roots is None else roots[:, None] * values, mode="economic")
        return cls(basis, triangle, None if matrix.size else functions)

    def part(self, y: Array) -> Array:
        """B B^T y, the least-squares fit of the null space, shape of y."""
        return np.asarray(self.basis @ (self.basis.T @ y))

    def without(self, y: Array) -> Array:
        """y - B B^T y; twice, so that a large null part leaves nothing but rounding of the small rest."""
        rest = y - self.part(y)
        return np.asarray(rest - self.part(rest))

    def project(self, gram: Array, image: Array) -> Array:
        """(I - B B^T) G (I - B B^T), symmetric to the last bit, from G and G B."""
        half = self.basis @ (image - self.basis @ (self.basis.T @ image) / 2).T
        return gram - half - half.T

    def coefficients(self, values: Array) -> Array:
        """beta with P beta = values for values W^{1/2} P beta of shape (K, ...); shape (q, ...)."""
        flat = self.basis.T @ values.reshape(len(values), -1)
        return scipy.linalg.solve_triangular(self.triangle, flat).reshape(-1, *values.shape[1:])


def evaluate(functions: Sequence[Functions], x: Array) -> Array:
    """The functions at points, shape (len(x), q); a function may give one column, several, or one number."""
    columns = []
    for number, function in enumerate(functions):
        values = as_numbers(function(x), f"null[{number}](x)")
        if values.ndim == 0:
            values = np.full(len(x), float(values))
        if values.ndim not in (1, 2) or len(values) != len(x):
            raise ValueError(
                f"null[{number}](x) must have shape ({len(x)},) or ({len(x)}, q) for {len(x)} points; it has shape "
                f"{values.shape}"
            )
        columns.append(values.reshape(len(x), -1))
    return np.hstack([np.zeros((len(x), 0)), *columns])


def _functions(null: Any) -> tuple[Functions, ...]:
    """The option as functions; empty if it is none of them."""
    if callable(null):
        return (null,)
    if isinstance(null, (list, tuple)) and null and all(callable(one) for one in null):
        return tuple(null)
    return ()


def _matrix(null: Any, x: Array) -> Array:
    if isinstance(null, (list, tuple)) and any(callable(one) for one in null):
        raise ValueError(f"null must hold functions alone, or be a matrix; it is {null!r}")
    matrix = as_numbers(null, "null")
    if matrix.ndim != 2 or len(matrix) != len(x) or matrix.shape[1] == 0:
        raise ValueError(
            f"null must be functions, or their values at the points, of shape (K, q) with K = {len(x)} as in x; it has "
            f"shape {matrix.shape}"
        )
    return matrix


def _check_unisolvent(values: Array, x: Array, both: bool) -> None:
    """Raise ValueError unless the columns are linearly independent beyond rounding."""
    sizes = np.linalg.norm(values, axis=0)
    scaled = values / np.where(sizes > 0, sizes, 1.0)
    singular = np.linalg.svd(scaled, compute_uv=False)
    rank = int(np.sum(singular > 16 * np.finfo(float).eps * len(x) * np.max(singular, initial=0.0)))
    if rank < values.shape[1]:
        known = " (the kernel knows functions of its own: give only what is missing in `null`)" if both else ""
        raise ValueError(
            f"the points do not determine the null part: its {values.shape[1]} functions have rank {rank} on the "
            f"{len(np.unique(x, axis=0))} distinct points, so that some combination of them vanishes at every point, "
            f"and could be added to a fit at no cost. Give more points, or fewer functions{known}."
        )


# ---------------------------------------------------------------------------------------------------- beside the sites


@dataclass(frozen=True, eq=False)
class Projection:
    """The vectors on which a kernel with a null space acts: orthogonal to the null space and to exact zeros.

    With the orthonormal columns S of the sites, vectors v with S^T v = 0 are exact zeros of S G S^T. The projection on
    the complement of B keeps those that are orthogonal to B as well. So of all directions beside the sites, what is
    left is the range of `beside` alone, those which B needs.

    Attributes
    ----------
    sites : Sites
    null : NullSpace
    beside : ndarray, shape (K, r)
        An orthonormal basis of the range of B - S S^T B; r = 0 if null functions are equal on coinciding points.
    """

    sites: Sites
    null: NullSpace
    beside: Array

    @classmethod
    def of(cls, sites: Sites, null: NullSpace) -> Projection:
        """The projection for these sites and this null space."""
        if sites.place is None:
            return cls(sites, null, np.zeros((len(null.basis), 0)))
        u, singular, _ = np.linalg.svd(null.basis - sites.unfold(sites.fold(null.basis)), full_matrices=False)
        return cls(sites, null, u[:, singular > APART])

    def exact(self, y: Array) -> Array:
        """The part of labels, orthogonal to B already, on exact zeros."""
        if self.sites.place is None:
            return np.zeros_like(y)
        out = y - self.sites.unfold(self.sites.fold(y))
        return np.asarray(out - self.beside @ (self.beside.T @ out))

    def fold(self, y: Array) -> Array:
        """What a fit can reach of the labels, at the points."""
        return self.null.without(y - self.exact(y))

    def unfold(self, v: Array) -> Array:
        """Values at the points: they are that already."""
        return v

    def lost(self, y: Array) -> float:
        """The energy of the labels on exact zeros."""
        return float(np.sum(self.exact(y) ** 2))

    def product(self, product: Callable[[Array], Array]) -> Callable[[Array], Array]:
        """v -> (I - B B^T) S G S^T (I - B B^T) v, from the product with G on the sites."""
        fold, unfold, without = self.sites.fold, self.sites.unfold, self.null.without
        return lambda v: without(unfold(product(fold(without(v)))))

    def basis(self) -> tuple[Array, Array]:
        """Q in coordinates of the sites and of `beside`, shapes (n, m) and (r, m): what is orthogonal to B."""
        count = len(self.sites.mass)
        b = np.vstack([self.sites.fold(self.null.basis), self.beside.T @ self.null.basis])
        q = complement(b)
        return q[:count], q[count:]

    def null_basis(self) -> Array:
        """An orthonormal basis of the exact zeros, at the points."""
        zeros = self.sites.null_basis()
        return np.asarray(zeros @ complement(zeros.T @ self.beside))


def complement(columns: Array) -> Array:
    """An orthonormal basis of what is orthogonal to linearly independent columns, shape (n, n - q)."""
    if columns.shape[1] == 0:
        return np.eye(len(columns))
    return np.asarray(scipy.linalg.qr(columns)[0][:, columns.shape[1] :])


@dataclass(frozen=True, eq=False)
class NullPart:
    """What a fit adds to its penalised part: p(x)^T beta_t.

    Attributes
    ----------
    functions : tuple of callable, or None
        See `NullSpace`.
    coefficients : ndarray, shape (N + 1, q, ...)
        beta_0, ..., beta_{N-1}, and those of the least-squares fit, which is what is left after the collapse.
    values : ndarray, shape (K, ...)
        The least-squares fit at the points.
    space : NullSpace
    """

    functions: tuple[Functions, ...] | None
    coefficients: Array
    values: Array
    space: NullSpace

    def __call__(self, grid: Array, rounds: slice) -> Array:
        """The null part of some rounds on a grid, shape (n, M, ...)."""
        if self.functions is None:
            raise ValueError(
                "null was given as a matrix at the points, so its functions are not known elsewhere. Give them as "
                "functions, null=[lambda x: ...]; the values at the points are in `targets`."
            )
        return np.moveaxis(np.tensordot(evaluate(self.functions, grid), self.coefficients[rounds], (1, 1)), 1, 0)
