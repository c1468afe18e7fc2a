"""The whole trajectory in one Krylov space, from products with the Gram matrix alone.

Every target is a polynomial in G times the labels, y_t = p_t(G) y_0: so all rounds, and all trial multipliers of each,
live in the space spanned by y_0, G y_0, G² y_0, ... Lanczos' method builds an orthonormal basis Q of its first m
dimensions, in which G is the tridiagonal matrix T = Q^T G Q. The loop runs in the eigenbasis of T (the Ritz basis), and
what it leaves out in a round is known exactly: with (T + c) alpha = Q^T y_t, the vector (G + c) Q alpha - y_t has norm
beta_m |alpha_m|. Because c_t grows, the first round needs the largest space.

Source: C. Lanczos (1950), C. C. Paige and M. A. Saunders (1975) for the residual; the chapter on scale derives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIRST = 8  # dimensions before the first look
ROWS = 8  # basis vectors in one array
EXHAUSTED = 4 * np.finfo(float).eps  # beta below this part of the largest entry of T is rounding: the space is closed


@dataclass(frozen=True)
class Space:
    """A Krylov space of dimension m and its Ritz basis, Q^T G Q = T = V diag(d) V^T.

    Attributes
    ----------
    values : ndarray, shape (m,)
        Ritz values d, ascending; those below 1e-14 of the largest are set to exact zeros.
    vectors : ndarray, shape (m, m)
        V, one eigenvector of T a column.
    norm : float
        ||y||; the labels are norm times the first vector of the basis.
    beta : float
        The entry of T that the next dimension would add.
    closed : bool
        True if no dimension can be added: the space holds G times itself, to rounding.
    """

    values: Array
    vectors: Array
    norm: float
    beta: float
    closed: bool
    _basis: list[Array]

    @property
    def coordinates(self) -> Array:
        """z_0, the labels in the Ritz basis, shape (m,)."""
        return self.norm * self.vectors[0]

    def left_out(self, alpha: Array) -> Array:
        """beta_m |alpha_m|: norm of (G + c) Q V alpha - y_t if (d + c) alpha = z_t; alpha of shape (m,) or (m, n)."""
        return self.beta * np.abs(self.vectors[-1] @ alpha)

    def lift(self, z: Array) -> Array:
        """Vectors in the Ritz basis, shape (n, m), as vectors at the points, shape (n, K)."""
        weights = z @ self.vectors.T
        out = np.zeros((len(z), self._basis[0].shape[1]))
        for start, block in zip(range(0, len(self.values), ROWS), self._basis, strict=False):
            part = weights[:, start : start + ROWS]
            out += part @ block[: part.shape[1]]
        return out


def spaces(product: Callable[[Array], Array], y: Array, *, largest: int) -> Iterator[Space]:
    """Krylov spaces of growing dimension, each holding the one before; the last is closed or has dimension `largest`.

    Each new vector is orthogonalised against its two neighbours and then once against all: the first step leaves only
    what rounding put into the space, the second removes that.

    Parameters
    ----------
    product : callable
        v -> G v, symmetric and positive semidefinite.
    y : ndarray, shape (K,)
        The labels, not zero.
    largest : int
        Largest dimension.

    Raises
    ------
    ValueError
        If a product is not finite, or if the operator turns out not to be symmetric or not positive semidefinite.
    """
    norm = float(np.linalg.norm(y))
    alphas: list[float] = []
    betas: list[float] = []
    basis: list[Array] = []
    vector, look = y / norm, FIRST
    while True:
        m = len(alphas)
        if m % ROWS == 0:
            basis.append(np.empty((ROWS, len(y))))
        basis[-1][m % ROWS] = vector
        image = np.array(product(vector), dtype=float)
        if image.shape != y.shape or not np.all(np.isfinite(image)):
            raise ValueError(
                f"the product must return {len(y)} finite numbers for a vector of as many; it returned an array of "
                f"shape {image.shape}" + ("" if image.shape != y.shape else " with an entry that is not finite")
            )
        size = float(np.linalg.norm(image))
        alphas.append(float(vector @ image))
        image -= alphas[-1] * vector
        if m:
            image -= betas[-1] * basis[(m - 1) // ROWS][(m - 1) % ROWS]
        stray = 0.0
        for start, block in zip(range(0, m + 1, ROWS), basis, strict=True):
            known = block[: m + 1 - start]
            inside = known @ image
            stray = max(stray, float(np.max(np.abs(inside))))
            image -= inside @ known
        if stray > 1e-8 * max(size, max(alphas)):
            raise ValueError(
                f"the product must be symmetric; in step {m + 1} it moves a vector by {stray / size:.1g} of its length "
                "along earlier ones. Does it return G v with g(x, s) = g(s, x)?"
            )
        betas.append(float(np.linalg.norm(image)))
        closed = betas[-1] <= EXHAUSTED * max(np.max(np.abs(alphas)), max(betas)) or m + 1 == len(y)
        if closed or m + 1 >= min(look, largest):
            d, v = scipy.linalg.eigh_tridiagonal(alphas, betas[:-1])
            if d[0] < -1e-10 * max(d[-1], -d[0]):
                raise ValueError(
                    f"the product must be positive semidefinite; it has the Ritz value {d[0]:.3g} beside the largest "
                    f"{d[-1]:.3g}. A conditionally positive definite kernel needs its null space handled separately."
                )
            yield Space(np.where(d < 1e-14 * d[-1], 0.0, d), v, norm, betas[-1], closed, basis)
            if closed or m + 1 >= largest:
                return
            look = m + 1 + max(2, (m + 1) // 5)
        vector = image / betas[-1]
