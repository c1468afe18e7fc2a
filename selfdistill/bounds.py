"""What the theorems promise, as functions of the spectrum, the coordinates and the constraint."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def norm(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """||z|| along the last axis, in units of the largest entry: no square leaves the range of float64."""
    unit = np.max(np.abs(z), axis=-1)
    plain = (unit == 0) | np.isinf(unit)  # then the norm is the largest entry
    scaled = np.where(plain[..., None], 0.0, z) / np.where(plain, 1.0, unit)[..., None]
    return unit * np.where(plain, 1.0, np.linalg.norm(scaled, axis=-1))


def _excess(z: NDArray[np.float64], residual: ArrayLike) -> NDArray[np.float64]:
    """r - 1 = ||z||/residual - 1; ValueError unless positive, for then the fit is zero and has no multiplier."""
    excess = norm(z) / np.asarray(residual, dtype=float) - 1.0
    if np.any(excess <= 0):
        raise ValueError(f"||z|| must exceed the residual sqrt(K·epsilon), or the fit is zero; the smallest r is {np.min(excess) + 1.0:.6g}")
    return excess


def multiplier_bracket(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """d_min/(r - 1) <= c <= d_max/(r - 1), with r = ||z||/residual > 1 and residual = sqrt(K·epsilon).

    Parameters
    ----------
    d, z : array_like, shape (..., K)
        Eigenvalues of the Gram matrix and coordinates of the targets.
    residual : array_like, shape (...)

    Returns
    -------
    lower, upper : ndarray, shape (...)

    Raises
    ------
    ValueError
        If r <= 1.
    """
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    excess = _excess(z, residual)
    return np.min(d, axis=-1) / excess, np.max(d, axis=-1) / excess


def mean_eigenvalue(d: ArrayLike, z: ArrayLike) -> NDArray[np.float64]:
    """<d> = sum z_k² d_k / sum z_k²: the eigenvalue the targets see on average, shape (...)."""
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    w = (z / norm(z)[..., None]) ** 2
    return np.sum(w * d, axis=-1)


def multiplier_bracket_sharp(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """residual/||D^{-1} z|| <= c <= <d>/(r - 1), with <d> = sum z² d / sum z²; arguments as in `multiplier_bracket`.

    The upper bound is the tangent of the concave 1/||(1 + lam D)^{-1} z|| at lam = 0; the lower one drops the 1. A
    coordinate on a zero eigenvalue makes the lower bound 0.
    """
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    excess = _excess(z, residual)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(z != 0, np.abs(z) / d, 0.0)
    return np.asarray(residual, dtype=float) / norm(scaled), mean_eigenvalue(d, z) / excess


def multiplier_near_collapse(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> NDArray[np.float64]:
    """Leading order of the multiplier as K·epsilon rises to ||z||²: c = 2 <d>/e with e = 1 - K·epsilon/||z||²."""
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    ratio = np.asarray(residual, dtype=float) / norm(z)
    e = (1.0 - ratio) * (1.0 + ratio)
    return 2.0 * mean_eigenvalue(d, z) / e
