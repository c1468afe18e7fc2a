"""The multipliers of many problems on the same points at once: for phase diagrams and for many draws of the noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import accuracy, secular
from .kernel import Array, as_numbers
from .recursion import kept
from .spectrum import Spectrum, at_floor


def multipliers(spectrum: Spectrum, y: ArrayLike, *, epsilon: ArrayLike, rounds: int) -> Array:
    """The multipliers c_t of many problems on the same points, all at once: every label vector with every epsilon.

    Parameters
    ----------
    spectrum : Spectrum
        From `selfdistill.spectrum.decompose`.
    y : array_like, shape (K, n)
        One label vector a column, for instance n noise draws.
    epsilon : float or array_like, shape (E,)
        Mean squared residual, or several of them.
    rounds : int
        Number of rounds.

    Returns
    -------
    ndarray, shape (rounds, n) or (rounds, n, E)
        c_t; infinity once a path has collapsed.

    Raises
    ------
    InfeasibleError
        If an epsilon lies below the floor of some column.
    ValueError
        If y does not have K rows or is not finite, or an epsilon is not finite and positive.
    """
    labels, levels = as_numbers(y, "y"), np.asarray(epsilon, dtype=float)
    if labels.ndim != 2 or len(labels) != len(spectrum.eigenvectors):
        raise ValueError(f"y must have shape (K, n) with K = {len(spectrum.eigenvectors)}; it has shape {labels.shape}")
    if levels.ndim > 1 or levels.size == 0 or not np.all(np.isfinite(levels) & (levels > 0)):
        raise ValueError(f"epsilon must be finite and positive, a number or of shape (E,); it is {epsilon!r}")
    z = np.ascontiguousarray(spectrum.coordinates(labels).T)  # one problem a row
    _check_floors(spectrum, z, float(np.min(levels)))
    residuals = np.sqrt(len(labels) * levels.reshape(-1))
    lam = np.zeros((len(z), len(residuals), rounds))
    size = max(1, secular.CHUNK // (8 * len(labels) * len(residuals)))  # a chunk stays in the cache for all its rounds
    for start in range(0, len(z), size):
        part = slice(start, start + size)
        lam[part] = _batch(spectrum.eigenvalues, z[part], residuals, rounds)
    with np.errstate(divide="ignore"):
        c = 1.0 / lam
    return np.moveaxis(c, 2, 0) if levels.ndim else c[:, 0].T


def _check_floors(spectrum: Spectrum, z: Array, epsilon: float) -> None:
    """Raise for an epsilon below the floor of a row of z, or where unresolved eigenvalues use it up."""
    exact, zeros = (np.sum(z[:, which] ** 2, axis=1) / z.shape[1] for which in (spectrum.exact, spectrum.null))
    worst = int(np.argmax(exact))
    at_floor(epsilon, float(exact[worst]), float(np.mean(z[worst] ** 2)), spectrum.cause)
    worst = int(np.argmax(zeros))
    if np.any(spectrum.unresolved) and epsilon <= zeros[worst]:
        d = spectrum.eigenvalues
        least = accuracy.enough(d, z[worst], 0.0, scale=float(d[-1]), unresolved=spectrum.unresolved, count=z.shape[1])
        raise accuracy.UnresolvedError(epsilon, least, "rounding hides some eigenvalues of G")


def _batch(d: Array, z: Array, residuals: Array, rounds: int) -> Array:
    """lam = 1/c_t, shape (n, E, rounds), for coordinates z of shape (n, K), which are overwritten; 0 once collapsed."""
    if len(residuals) > 1:
        z = np.repeat(z, len(residuals), axis=0)
    bounds = np.tile(residuals, len(z) // len(residuals))
    lam = np.zeros((len(z), rounds))
    alive = np.arange(len(z))
    for t in range(rounds):
        lam[alive, t] = secular.solve_rows(d, z, bounds)
        stays = lam[alive, t] > 0
        if not np.all(stays):
            alive, z, bounds = alive[stays], z[stays], bounds[stays]
        if alive.size == 0 or t == rounds - 1:
            break
        z *= kept(d, lam[alive, t])
    return lam.reshape(-1, len(residuals), rounds)
