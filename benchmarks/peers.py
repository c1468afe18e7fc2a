"""What people use today, brought to do the same work: each peer in its usual form, with a root finder around it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import celerite2
import numpy as np
import scipy.linalg
from celerite2 import terms
from csaps import csaps
from scipy.interpolate import make_smoothing_spline
from scipy.optimize import brentq
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

import selfdistill as sd

Array = np.ndarray


def constrained_rounds(y: Array, epsilon: float, residual: Callable[[Array, float], Array], low: float, high: float,
                       rounds: int = 20) -> Array:  # fmt: skip
    """The loop with the constraint, for a peer that knows only `residual(targets, c)`: brentq in log c in each round.

    Returns y_0, y_1, ..., until the collapse.
    """
    targets = [y]
    while len(targets) <= rounds and np.mean(targets[-1] ** 2) > epsilon:

        def excess(log_c: float) -> float:
            return float(np.log(np.mean(residual(targets[-1], np.exp(log_c)) ** 2) / epsilon))

        log_c = brentq(excess, np.log(low), np.log(high), xtol=1e-10, rtol=1e-10)
        targets.append(targets[-1] - residual(targets[-1], np.exp(log_c)))
    return np.array(targets)


def cholesky(gram: Array, y: Array, epsilon: float) -> Array:
    """A Cholesky factorisation of G + c for each trial c; the Gram matrix is kept."""

    def residual(targets: Array, c: float) -> Array:
        shifted = gram.copy(order="F")
        shifted.flat[:: len(y) + 1] += c
        factor = scipy.linalg.cho_factor(shifted, lower=True, overwrite_a=True, check_finite=False)
        return c * scipy.linalg.cho_solve(factor, targets, check_finite=False)

    return constrained_rounds(y, epsilon, residual, 1e-9, 1e3)


def eigenvalues(gram: Array, y: Array, epsilon: float) -> Array:
    """One eigendecomposition by LAPACK's fastest driver, then Newton's method in the eigenbasis, as in the package."""
    d, u = scipy.linalg.eigh(gram, driver="evd", check_finite=False)
    done = sd.recursion.run(np.maximum(d, 0.0), u.T @ y, float(np.sqrt(len(y) * epsilon)))
    return np.stack([y, *(u @ z for z in done.coordinates[1:])])


def ridge_rounds(x: Array, y: Array, epsilon: float, fit: Callable[[Array, float], Any], grid: Array) -> Array:
    """The loop with the constraint for a scikit-learn model, `fit(targets, alpha)`; all fits on a grid.

    Labels of shape (K, m) are m outputs with one alpha, and the sum of their mean squared residuals is epsilon.
    """
    fits, targets = [], y
    while np.sum(targets**2) > epsilon * len(y):

        def excess(log_c: float, targets: Array = targets) -> float:
            left = targets - fit(targets, len(y) * np.exp(log_c)).predict(x)
            return float(np.log(np.sum(left**2) / len(y) / epsilon))

        log_c = brentq(excess, np.log(1e-9), np.log(1e3), xtol=1e-10, rtol=1e-10)
        model = fit(targets, len(y) * np.exp(log_c))
        fits.append(model.predict(grid))
        targets = model.predict(x)
    return np.array(fits)


def kernel_ridge(x: Array, y: Array, epsilon: float, gamma: float, height: float, grid: Array) -> Array:
    """scikit-learn's KernelRidge for each trial c; all fits on a grid. Our kernel is `height` times its."""
    x, grid = x.reshape(len(x), -1), grid.reshape(len(grid), -1)

    def fit(targets: Array, alpha: float) -> KernelRidge:
        return KernelRidge(alpha=alpha / height, kernel="rbf", gamma=gamma).fit(x, targets)

    return ridge_rounds(x, y, epsilon, fit, grid)


def nystroem(x: Array, y: Array, epsilon: float, gamma: float, rank: int, grid: Array) -> Array:
    """scikit-learn's Nystroem features, made once, and a Ridge on them for each trial c; all fits on a grid."""
    features = Nystroem(kernel="rbf", gamma=gamma, n_components=rank, random_state=0).fit(x)
    on_points, on_grid = features.transform(x), features.transform(grid)

    def fit(targets: Array, alpha: float) -> Ridge:
        return Ridge(alpha=alpha, fit_intercept=False).fit(on_points, targets)

    return ridge_rounds(on_points, y, epsilon, fit, on_grid)


def kernel_ridge_fixed(x: Array, y: Array, c: float, rounds: int, gamma: float, grid: Array) -> Array:
    """scikit-learn's KernelRidge, a new one for each round, with the same ridge."""
    fits = []
    for _ in range(rounds):
        model = KernelRidge(alpha=len(y) * c, kernel="rbf", gamma=gamma).fit(x[:, None], y)
        fits.append(model.predict(grid[:, None]))
        y = model.predict(x[:, None])
    return np.array(fits)


def csaps_fit(x: Array, y: Array, c: float) -> Array:
    """The smoothing spline of csaps; it minimises p·sum of squares + (1 - p)·energy, so (1 - p)/p = K c."""
    return np.asarray(csaps(x, y, smooth=1.0 / (1.0 + len(x) * c))(x))


def scipy_fit(x: Array, y: Array, c: float) -> Array:
    """SciPy's smoothing spline with lam = K c."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may call its own system ill-conditioned, which is the point of the row
        return np.asarray(make_smoothing_spline(x, y, lam=len(x) * c)(x))


def celerite(x: Array, y: Array, epsilon: float, rate: float) -> Array:
    """celerite2 with the exponential kernel e^{-a r}/(2a): the model of Matern(1, a), one factorisation a trial."""
    process = celerite2.GaussianProcess(terms.RealTerm(a=1.0 / (2.0 * rate), c=rate))

    def residual(targets: Array, c: float) -> Array:
        process.compute(x, diag=np.full(len(x), len(x) * c), quiet=True)
        return len(x) * c * process.apply_inverse(targets)

    return constrained_rounds(y, epsilon, residual, 1e-9, 1e3)


def loop_in_eigenbasis(d: Array, z: Array, epsilon: float, rounds: int) -> Array:
    """Multipliers of many problems, one after the other: brentq in log c from the bracket of the paper, z of (n, K)."""
    residual = float(np.sqrt(len(d) * epsilon))
    result = np.full((rounds, len(z)), np.inf)
    for j, coordinates in enumerate(z):
        for t in range(rounds):
            if np.linalg.norm(coordinates) <= residual:
                break
            low, high = sd.bounds.multiplier_bracket(d, coordinates, residual)

            def excess(log_c: float, w: Array = coordinates**2) -> float:
                return float(np.sum(w / (1 + d * np.exp(-log_c)) ** 2)) - residual**2

            result[t, j] = np.exp(brentq(excess, np.log(low), np.log(high), xtol=1e-10, rtol=1e-10))
            coordinates = coordinates * d / (d + result[t, j])
    return result


def loop_of_factorisations(gram: Array, labels: Array, epsilon: float, rounds: int, lean: bool) -> Array:
    """Multipliers of many problems, one after the other: a Cholesky factorisation a trial c, labels of (n, K).

    As one writes it with SciPy; or lean, without checks and with one copy, which no manual shows.
    """
    identity, result = np.eye(len(gram)), np.full((rounds, len(labels)), np.inf)

    def solve(y: Array, c: float) -> Array:
        if lean:
            shifted = gram.copy(order="F")
            shifted.flat[:: len(y) + 1] += c
            factor = scipy.linalg.cho_factor(shifted, lower=True, overwrite_a=True, check_finite=False)
            return c * scipy.linalg.cho_solve(factor, y, check_finite=False)
        return c * scipy.linalg.cho_solve(scipy.linalg.cho_factor(gram + c * identity), y)

    for j, y in enumerate(labels):
        for t in range(rounds):
            if np.mean(y**2) <= epsilon:
                break

            def excess(log_c: float, y: Array = y) -> float:
                return float(np.log(np.mean(solve(y, np.exp(log_c)) ** 2) / epsilon))

            result[t, j] = np.exp(brentq(excess, np.log(1e-9), np.log(1e3), xtol=1e-10, rtol=1e-10))
            y = y - solve(y, result[t, j])
    return result
