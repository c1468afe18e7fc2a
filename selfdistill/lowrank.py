"""Smooth kernels: a Gram matrix of few columns, to rounding, found without computing the rest of it.

The Cholesky factorisation with pivots takes at each step the point whose variance, given the points taken before, is
largest. After r steps G = L L^T + E with r columns in L, and E is positive semidefinite. So its norm is at most its
trace, which is at hand. A kernel whose eigenvalues fall fast costs K·r of its K² entries and O(K r²) operations.

Source: H. Harbrecht, M. Peters, R. Schneider (2012). Derived in the chapter "Distil without a Krylov space".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from .accuracy import CLIP
from .gram import diagonal, entries
from .kernel import Array, Kernel
from .sites import Sites

EFFORT = 4.0  # at most EFFORT·sqrt(K) columns: they cost about as much as a Krylov space with the matrix
STAGES = ((0.25, 0.1), (0.5, 0.4))  # after so large a part of the columns, so large a part of the digits
FIRST = 32  # columns for which there is room at first
MEMORY = 2e9  # bytes of the columns at most
PROBES = 8  # rows that are compared with the kernel
AGREE = 1e-12  # how far they may be off, relative to the largest entry


@dataclass(frozen=True, eq=False)
class LowRank:
    """U diag(d) U^T = G, up to a matrix of norm at most `missing`, for G[i, j] = w_i g(s_i, s_j) w_j/K on n sites.

    Attributes
    ----------
    values : ndarray, shape (r,)
        d, descending; those below 1e-14 of the largest are set to zero.
    vectors : ndarray, shape (n, r)
        U, orthonormal columns.
    missing : float
        The trace of what is left out.
    """

    values: Array
    vectors: Array
    missing: float


def low_rank(green: Kernel, sites: Sites, count: int) -> LowRank | None:
    """G by its largest pivots; None if it takes too many, or if the kernel is not what it says.

    A kernel that is not positive semidefinite, or not symmetric, shows in rows that are not those of L L^T.
    """
    factor = _columns(green, sites, count)
    if factor is None:
        return None
    rows, missing = factor
    q, r = scipy.linalg.qr(rows.T, mode="economic", overwrite_a=True, check_finite=False)
    u, s, _ = scipy.linalg.svd(r, check_finite=False)
    values = np.where(s**2 < CLIP * s[0] ** 2, 0.0, s**2)
    return LowRank(values, q @ u, missing)


def _columns(green: Kernel, sites: Sites, count: int) -> tuple[Array, float] | None:
    """L^T, one column of L a row, and the trace of G − L L^T."""
    points, w = sites.points, sites.weights
    left = diagonal(green, points) * sites.mass / count
    largest, trace = float(np.max(left)), float(np.sum(left))
    limit = min(len(left), int(EFFORT * np.sqrt(len(left))), int(MEMORY / (8 * len(left))))
    stages = {int(part * limit): digits for part, digits in STAGES}
    rows = np.empty((FIRST, len(left)))
    for r in range(limit):
        if r == len(rows):
            rows = np.concatenate([rows, np.empty_like(rows)])
        pivot = int(np.argmax(left))
        rest = float(np.sum(left))
        if rest <= CLIP * trace:
            found = rows[:r]
            return (found, rest) if _agree(green, sites, count, found, AGREE * largest) else None
        if rest > trace * CLIP ** stages.get(r, 0.0):
            return None  # it falls too slowly
        row = entries(green, points[pivot : pivot + 1], points)[0] * (w[pivot] / count)
        row *= w
        row -= rows[:r, pivot] @ rows[:r]
        row /= np.sqrt(left[pivot])
        rows[r] = row
        left -= row**2
        if not np.min(left) >= -AGREE * largest:
            return None
        np.maximum(left, 0.0, out=left)
    return None


def _agree(green: Kernel, sites: Sites, count: int, rows: Array, slack: float) -> bool:
    """Whether some rows of G, evenly spread, are those of L L^T."""
    some = np.unique(np.linspace(0, len(sites.points) - 1, PROBES).astype(int))
    true = entries(green, sites.points[some], sites.points) * (sites.weights[some, None] * sites.weights / count)
    return bool(np.max(np.abs(true - rows[:, some].T @ rows)) <= slack)
