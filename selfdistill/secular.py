"""The multiplier from the constraint: Newton's method on a concave function, stopped by a proved enclosure.

The multiplier c of the mean squared residual solves the secular equation sum_k z_k² (c/(c + d_k))² = K·epsilon. In
lam = 1/c the left side is phi(lam) = ||(1 + lam D)^{-1} z||², and psi = phi^{-1/2} is increasing and **concave**: it is
the power mean, of exponent -2, of the affine functions (1 + lam d_k)/|z_k|. So every tangent lies above it, Newton's
method from the left never overshoots, and it needs no bracket and no safeguard.

Sources: C. Reinsch (1971), M. D. Hebden (1973), J. J. Moré and D. C. Sorensen (1983) for the iteration; the enclosure
is derived in the chapter on the multiplier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

STOP = 5e-7  # relative step at which the enclosure is 1.5·STOP² = 4e-13 wide
CAP = 200  # evaluations; 20,000 random problems needed at most 15
CHUNK = 450_000  # bytes of one working array: it stays in the second-level cache


def newton_step(
    d: NDArray[np.float64], w: NDArray[np.float64], budget: NDArray[np.float64], lam: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Relative Newton step s for psi(lam) = budget^{-1/2}: the next iterate is lam·(1 + s).

    s = phi·(sqrt(phi/budget) - 1)/(lam·S) with phi = sum w a², S = sum w d a³, a = 1/(1 + lam d).

    Parameters
    ----------
    d : ndarray, shape (K,)
        Positive eigenvalues.
    w : ndarray, shape (..., K)
        Squared coordinates z².
    budget, lam : ndarray, shape (...)
        The value phi must take, and the current iterate.

    Returns
    -------
    ndarray, shape (...)
        Positive left of the root, zero at it.
    """
    # 1 + lam d as a product of matrices: a broadcast sum is slower for short rows
    factors = np.ones((*lam.shape, 2))
    factors[..., 1] = lam
    a = factors @ np.array((np.ones(len(d)), d))
    np.reciprocal(a, out=a)
    p = w * a
    p *= a
    phi = p @ np.ones(len(d))  # a product sums short rows faster than a sum does
    p *= a
    slope = p @ d
    return phi * (np.sqrt(phi / budget) - 1.0) / (slope * lam)


def enclosure(lam: ArrayLike, step: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What one evaluation proves about the root: lam·(1 + s) <= root <= lam·(1 - 2s)^{-1/2}, for 0 <= s < 1/2.

    The left bound is the tangent of the concave psi. The right one integrates psi'(xi) >= psi'(lam)·(lam/xi)³, which
    follows from -3 < lam·psi''/psi' <= 0. For s >= 1/2 nothing bounds the root from above: infinity.
    """
    mu, s = np.asarray(lam, dtype=float), np.asarray(step, dtype=float)
    upper = np.where(s < 0.5, mu / np.sqrt(np.maximum(1.0 - 2.0 * s, np.finfo(float).tiny)), np.inf)
    return mu * (1.0 + s), upper


def condition(d: ArrayLike, z: ArrayLike, lam: ArrayLike) -> NDArray[np.float64]:
    """Condition number of c: its relative change for a relative change of epsilon, |d log c/d log epsilon|.

    It is phi/(2 lam S) with phi = ||(1 + lam D)^{-1} z||² = K·epsilon and S = sum w d a³, a = 1/(1 + lam d), hence
    sum w a²/(2 sum w a² u) with u = lam d a in [0, 1): at least 1/2, and large where most of the residual lies on
    eigenvalues far below c. Rounding errors reach c magnified by this number, and the fit by at most the square root
    of half of it.

    Parameters
    ----------
    d : array_like, shape (K,)
    z : array_like, shape (..., K)
    lam : array_like, shape (...)
        1/c.

    Returns
    -------
    ndarray, shape (...)
        Infinity at c = 0, where the residual lies on zero eigenvalues alone; nan if z is zero.
    """
    d, z, lam = np.asarray(d, dtype=float), np.asarray(z, dtype=float), np.asarray(lam, dtype=float)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        x = np.where(d > 0, lam[..., None] * d, 0.0)
        a = 1.0 / (1.0 + x)
        p = (z / np.max(np.abs(z), axis=-1, keepdims=True) * a) ** 2
        return np.sum(p, axis=-1) / (2.0 * np.sum(p * np.where(d > 0, 1.0 - a, 0.0), axis=-1))


def solve(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> NDArray[np.float64]:
    """lam = 1/c such that sum_k (z_k/(1 + lam d_k))² = residual², for many problems at once.

    Parameters
    ----------
    d : array_like, shape (K,)
        Eigenvalues of the Gram matrix, ascending or not; zeros are exact zeros.
    z : array_like, shape (..., K)
        Coordinates of the targets; for several outputs with one multiplier, the norms of the rows of U^T Y.
    residual : array_like, shape (...) or scalar
        sqrt(K·epsilon) > 0.

    Returns
    -------
    ndarray, shape (...)
        lam; 0 where ||z|| <= residual (the fit is the zero function), infinity where the coordinates on zero
        eigenvalues use up the whole budget (at the floor c = 0; below it nothing is feasible).

    Raises
    ------
    ValueError
        If d, z or residual is not finite, d is negative, or residual is not positive.
    """
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    delta = np.broadcast_to(np.asarray(residual, dtype=float), z.shape[:-1])
    if not (np.all(np.isfinite(d)) and np.all(d >= 0)):
        raise ValueError(f"eigenvalues must be finite and non-negative; the smallest is {np.min(d)}")
    if not np.all(np.isfinite(z)):
        raise ValueError("coordinates z must be finite")
    if not (np.all(np.isfinite(delta)) and np.all(delta > 0)):
        raise ValueError(f"residual = sqrt(K·epsilon) must be finite and positive; the smallest is {np.min(delta)}")
    rows = z.reshape(-1, z.shape[-1])
    lam = np.empty(len(rows))
    size = max(1, CHUNK // (8 * z.shape[-1]))
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        lam[part] = solve_rows(d, rows[part], delta.reshape(-1)[part])
    return lam.reshape(delta.shape)


def solve_rows(d: NDArray[np.float64], z: NDArray[np.float64], delta: NDArray[np.float64]) -> NDArray[np.float64]:
    """`solve` for z of shape (rows, K), unchecked, in units of max|z| and d_max: no square leaves float64's range."""
    unit = np.max(np.abs(z), axis=1)
    unit = np.where(unit > 0, unit, 1.0)
    largest = np.max(d)
    w = z / unit[:, None]
    w *= w
    budget = (delta / unit) ** 2
    positive = d > 0
    if not np.all(positive):
        budget -= w[:, ~positive].sum(axis=1)
        d, w = d[positive], w[:, positive]
    energy = w @ np.ones(len(d))
    lam = np.zeros(len(z))
    lam[budget <= 0] = np.inf
    todo = np.flatnonzero((budget > 0) & (energy > budget))
    if todo.size == 0:
        return lam
    d = d / largest
    if todo.size < len(w):
        w, energy, budget = w[todo], energy[todo], budget[todo]
    # Newton's first step, from lam = 0; sqrt(energy/budget) - 1 without cancellation near the collapse
    excess = (energy - budget) / (np.sqrt(budget) * (np.sqrt(energy) + np.sqrt(budget)))
    mu = excess * energy / (w @ d)
    for _ in range(CAP):
        # left of the root the step is positive: a negative one is rounding
        step = np.maximum(newton_step(d, w, budget, mu), 0.0)
        mu = mu * (1.0 + step)
        moving = step > STOP
        left = np.count_nonzero(moving)
        if left <= 0.6 * len(mu):  # drop the rows that have settled, once it pays
            lam[todo[~moving]] = mu[~moving] / largest
            if left == 0:
                return lam
            stay = np.flatnonzero(moving)
            todo, w, budget, mu = todo[stay], w.take(stay, axis=0), budget[stay], mu[stay]
    raise ArithmeticError(
        f"the multiplier did not settle in {CAP} Newton steps (largest relative step left: {np.max(step):.3g}); "
        f"the eigenvalues span {np.min(d):.3g} to 1 "
        f"and the residual is {np.min(np.sqrt(budget / np.sum(w, axis=1))):.3g} of the norm"
    )
