"""The loop: fit under the constraint, feed the predictions back as targets, fit again, until nothing is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import paths, secular
from .kernel import Array, Kernel, as_points, finite, generators
from .paths import AccuracyWarning
from .products import Product, cross_product, line_values
from .recursion import kept, magnitudes, shrinkage
from .spectrum import InfeasibleError, Spectrum, cross, decompose

__all__ = ["AccuracyWarning", "Distillation", "distill", "multipliers", "shrinkage"]


@dataclass(frozen=True)
class Distillation:
    """All rounds of a self-distillation, as `distill` returns them.

    Attributes
    ----------
    green : callable
        The Green's function g(x, s) of the regulariser.
    x : ndarray, shape (K,) or (K, p)
        The points.
    epsilon : float
        The constraint: every fit has mean squared residual epsilon to its own targets; nan if the multiplier is fixed.
    multipliers : ndarray, shape (N,)
        c_t, the inverse multiplier of the mean squared residual in round t; increasing.
    targets : ndarray, shape (N + 1, K) or (N + 1, K, m)
        y_0 (the labels), ..., y_N; y_{t+1} = f_t at the points.
    collapsed : bool
        True if the next fit is the zero function, because ||y_N||² <= K·epsilon; False if `rounds` ended the loop.
    conditions : ndarray, shape (N,)
        Condition number of c_t: its relative change for a relative change of epsilon. The fit is moved by at most the
        square root of half of it. Zero for a fixed multiplier.
    method, reason : str
        The algorithm that ran, and why, in one line.
    accuracy : float
        Estimate of the error of the targets for the multipliers as they are, relative to the norm of the labels.
    """

    green: Kernel = field(repr=False)
    x: Array = field(repr=False)
    epsilon: float
    multipliers: Array
    targets: Array = field(repr=False)
    collapsed: bool
    conditions: Array = field(repr=False)
    method: str
    reason: str
    accuracy: float
    _spectrum: Spectrum | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """N, the number of non-zero fits."""
        return len(self.multipliers)

    def __call__(self, grid: ArrayLike) -> Array:
        """All fits on a grid of M points, f_t(x) = g_x^T (c_t + G)^{-1} y_t, shape (N, M) or (N, M, m)."""
        return self._evaluate(grid, np.arange(len(self)))

    def predict(self, grid: ArrayLike, *, round: int) -> Array:
        """The fit of one round on a grid of M points, shape (M,) or (M, m); zero after the collapse.

        Raises
        ------
        ValueError
            If the round is negative, or was not computed because `rounds` ended the loop before.
        """
        if round != int(round):
            raise ValueError(f"round must be a whole number; it is {round!r}")
        if round < 0 or (round >= len(self) and not self.collapsed):
            raise ValueError(
                f"round = {round} was not computed: this path holds the rounds 0 to {len(self) - 1}. "
                f"Distil with more rounds."
            )
        if round >= len(self):
            points = as_points(grid, "grid")
            cross(self.green, points, self.x[:1])  # the same checks as for any other round
            return np.zeros((len(points), *self.targets.shape[2:]))
        return self._evaluate(grid, np.array([round]))[0]

    @cached_property
    def spectrum(self) -> Spectrum:
        """The Gram matrix and its eigendecomposition, O(K³) at first use unless the path went through it."""
        return self._spectrum if self._spectrum is not None else decompose(self.green, self.x)

    @cached_property
    def log_shrinkage(self) -> Array:
        """The logarithm of the diagonal of B_t = prod_{i <= t} D(D + c_i)^{-1}, shape (N, K); -inf on zero eigenvalues.

        It needs the spectrum, see there.
        """
        with np.errstate(divide="ignore"):  # c = 0 at the floor
            logs = shrinkage(self.spectrum.eigenvalues, 1.0 / self.multipliers)[1]
        return np.cumsum(logs, axis=0)

    @property
    def ratios(self) -> Array:
        """r_t = ||y_t||/sqrt(K·epsilon), shape (N + 1,); f_t is non-zero exactly while r_t > 1.

        Raises
        ------
        ValueError
            If the multiplier was fixed: then there is no epsilon.
        """
        if np.isnan(self.epsilon):
            raise ValueError("the multiplier of this path was fixed, so there is no epsilon to compare ||y_t|| with")
        flat = self.targets.reshape(len(self.targets), -1)
        return np.linalg.norm(flat, axis=1) / np.sqrt(len(self.x) * self.epsilon)

    @property
    def energies(self) -> Array:
        """R(f_t) = (1/K) sum_{d_k > 0} z_{t+1,k}²/d_k with z_{t+1} = B_t U^T y_0, shape (N,).

        Without a spectrum in hand, the same number as <y_t - y_{t+1}, y_{t+1}>/(K c_t).
        """
        if self._spectrum is None:
            flat = self.targets.reshape(len(self.targets), -1)
            steps, fits = flat[:-1] - flat[1:], flat[1:]
            return np.sum(steps * fits, axis=1) / (len(self.x) * self.multipliers)
        d, keep = self.spectrum.eigenvalues, ~self.spectrum.null
        z = magnitudes(self.spectrum.coordinates(self.targets[0]))[keep] * np.exp(self.log_shrinkage[:, keep])
        return np.sum(z**2 / d[keep], axis=1) / len(d)

    def _evaluate(self, grid: ArrayLike, rounds: NDArray[np.intp]) -> Array:
        points = as_points(grid, "grid")
        cross(self.green, points[:1], self.x[:1])  # one space
        weights = self._weights(rounds)  # one matrix product for all rounds and outputs
        values = (
            line_values(self.green, points, self.x, weights)
            if self._spectrum is None and generators(self.green, self.x[:1]) is not None
            else cross_product(self.green, points, self.x, weights)
        )
        outputs = self.targets.shape[2:] or (1,)
        fits = values.reshape(len(points), len(rounds), *outputs).transpose(1, 0, 2)
        return fits if self.targets.ndim == 3 else fits[:, :, 0]

    def _weights(self, rounds: NDArray[np.intp]) -> Array:
        """(c_t + G)^{-1} y_t for each round and output, shape (K, rounds·m): the weights of g(x, x_k)/K in f_t."""
        if self._spectrum is None:
            steps = (self.targets[rounds] - self.targets[rounds + 1]).T / self.multipliers[rounds]  # (m, K, rounds)
            return np.moveaxis(steps, 0, -1).reshape(len(self.x), -1) if steps.ndim == 3 else steps
        # U D^+ B_t U^T y_0: exact also where c_t = 0, and after any number of rounds
        d, keep = self.spectrum.eigenvalues, ~self.spectrum.null
        z = self.spectrum.coordinates(self.targets[0])[keep].reshape(len(d[keep]), 1, -1)
        weights = np.exp(self.log_shrinkage[rounds][:, keep]) / d[keep]
        scaled = weights.T[:, :, None] * z
        return self.spectrum.eigenvectors[:, keep] @ scaled.reshape(len(z), weights.shape[0] * z.shape[2])


def distill(
    green: Kernel,
    x: ArrayLike,
    y: ArrayLike,
    *,
    epsilon: float | None = None,
    multiplier: float | None = None,
    rounds: int | None = None,
    method: str = "auto",
    product: Product | None = None,
) -> Distillation:
    """Self-distillation in the Hilbert space of a regulariser.

    Round t minimises R(f) subject to (1/K) sum_k (f(x_k) - y_{t,k})² <= epsilon; its solution is
    f_t(x) = g_x^T (c_t I + G)^{-1} y_t, and the next targets are y_{t+1} = f_t(x_1), ..., f_t(x_K).

    Parameters
    ----------
    green : callable
        g(x, s), the Green's function of the operator L with R(f) = <f, L f>; see `selfdistill.greens`. Any positive
        semidefinite kernel that broadcasts works.
    x : array_like, shape (K,) or (K, p)
        The points.
    y : array_like, shape (K,) or (K, m)
        The labels y_0. With m outputs one multiplier is shared, and the constraint is on the sum over outputs:
        (1/K) ||F - Y||_F² <= epsilon.
    epsilon : float
        Mean squared residual, the same in each round.
    multiplier : float, optional
        In place of epsilon: one multiplier c > 0 for every round. Then nothing collapses, and `rounds` must be given.
    rounds : int, optional
        At most so many fits; None goes on until the collapse.
    method : {"auto", "spectral", "krylov", "sine"}
        How to compute it; the result is the same to rounding. "auto" takes one eigendecomposition up to 200 points, and
        for more than 10 outputs; sines for the simply supported beam on the grid j/(K + 1); else a Krylov space, with
        products that cost O(K) if the kernel states its `generators`, and O(K²) if not. Where the Krylov space does
        not converge, up to 10,000 points go through the eigendecomposition. `Distillation.method` and `reason` tell.
    product : callable, optional
        v -> G v with G[j, k] = g(x_j, x_k)/K, if you know a faster one; used by the Krylov space.

    Returns
    -------
    Distillation

    Raises
    ------
    InfeasibleError
        If epsilon lies below the floor ||P_0 y||²/K; its attribute `floor` is the smallest feasible epsilon.
    ValueError
        For data or options that are not finite or not of the shape above, points outside the domain of `green`, a
        kernel that is not symmetric or not positive semidefinite, or an epsilon so small that more than 20,000 rounds
        come before the collapse (ask for `rounds` then).
    ArithmeticError
        If no path reaches six digits: beyond 10,000 points, for an epsilon far below the noise.

    Warns
    -----
    AccuracyWarning
        If the targets are less accurate than nine digits.

    Notes
    -----
    Source: H. Mobahi, M. Farajtabar, P. Bartlett, "Self-Distillation Amplifies Regularization in Hilbert Space" (2020).
    """
    points = as_points(x)
    labels = np.array(y, dtype=float)
    if labels.ndim not in (1, 2) or len(labels) != len(points) or labels.size == 0:
        raise ValueError(
            f"y must have shape (K,) or (K, m) with K = {len(points)} as in x; it has shape {labels.shape}"
        )
    finite(labels, "y")
    if rounds is not None and (rounds < 1 or rounds != int(rounds)):
        raise ValueError(
            f"rounds must be a whole number, at least 1, or None to go on until the collapse; it is {rounds!r}"
        )
    if (epsilon is None) == (multiplier is None):
        raise ValueError(f"give one of epsilon and multiplier; got epsilon = {epsilon!r}, multiplier = {multiplier!r}")
    if multiplier is not None:
        return _fixed(green, points, labels, multiplier, rounds)
    if epsilon is None or not (np.isfinite(epsilon) and epsilon > 0):
        raise ValueError(
            f"epsilon must be finite and positive; it is {epsilon!r}. "
            f"It is a mean squared residual, in the units of y squared."
        )
    problem = paths.Problem(green, points, labels, float(epsilon), rounds, product)
    # ||y||² <= K·epsilon is asked of the labels themselves: at equality rotated ones may round to the other side
    collapsed = bool(np.linalg.norm(labels) <= problem.residual)
    solution = paths.solve(replace(problem, rounds=0) if collapsed else problem, method)
    return _result(green, points, float(epsilon), solution, collapsed)


def _result(green: Kernel, x: Array, epsilon: float, solution: paths.Solution, collapsed: bool = False) -> Distillation:
    return Distillation(
        green=green,
        x=x,
        epsilon=epsilon,
        multipliers=solution.rounds.multipliers,
        targets=solution.targets,
        collapsed=collapsed or solution.rounds.collapsed,
        conditions=solution.rounds.conditions,
        method=solution.method,
        reason=solution.reason,
        accuracy=solution.accuracy,
        _spectrum=solution.spectrum,
    )


def _fixed(green: Kernel, x: Array, y: Array, multiplier: float, rounds: int | None) -> Distillation:
    if not (np.isfinite(multiplier) and multiplier > 0):
        raise ValueError(f"multiplier must be finite and positive; it is {multiplier!r}")
    if rounds is None:
        raise ValueError("with a fixed multiplier no round is the last: give rounds=")
    return _result(green, x, float("nan"), paths.fixed(green, x, y, float(multiplier), int(rounds)))


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
    labels, levels = np.asarray(y, dtype=float), np.asarray(epsilon, dtype=float)
    if labels.ndim != 2 or len(labels) != len(spectrum.eigenvalues):
        raise ValueError(f"y must have shape (K, n) with K = {len(spectrum.eigenvalues)}; it has shape {labels.shape}")
    finite(labels, "y")
    if levels.ndim > 1 or levels.size == 0 or not np.all(np.isfinite(levels) & (levels > 0)):
        raise ValueError(f"epsilon must be finite and positive, a number or of shape (E,); it is {epsilon!r}")
    z = np.ascontiguousarray(spectrum.coordinates(labels).T)
    floor = float(np.max(np.sum(z[:, spectrum.null] ** 2, axis=1))) / len(labels)
    if np.min(levels) < floor:
        raise InfeasibleError(float(np.min(levels)), floor)
    residuals = np.sqrt(len(labels) * levels.reshape(-1))
    lam = np.zeros((len(z), len(residuals), rounds))
    size = max(1, secular.CHUNK // (8 * len(labels) * len(residuals)))  # a chunk stays in the cache for all its rounds
    for start in range(0, len(z), size):
        part = slice(start, start + size)
        lam[part] = _batch(spectrum.eigenvalues, z[part], residuals, rounds)
    with np.errstate(divide="ignore"):
        c = 1.0 / lam
    return np.moveaxis(c, 2, 0) if levels.ndim else c[:, 0].T


def _batch(d: Array, z: Array, residuals: Array, rounds: int) -> Array:
    """lam = 1/c_t, shape (n, E, rounds), for coordinates z of shape (n, K); 0 once a path has collapsed."""
    z = np.repeat(z, len(residuals), axis=0)
    bounds = np.tile(residuals, len(z) // len(residuals))
    lam = np.zeros((len(z), rounds))
    alive = np.arange(len(z))
    for t in range(rounds):
        lam[alive, t] = secular.solve(d, z, bounds)
        stays = lam[alive, t] > 0
        alive, z, bounds = alive[stays], z[stays], bounds[stays]
        if alive.size == 0:
            break
        z *= kept(d, lam[alive, t])
    return lam.reshape(-1, len(residuals), rounds)
