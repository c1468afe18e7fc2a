"""The loop: fit under the constraint, feed the predictions back as targets, fit again, until nothing is left."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import secular
from .spectrum import GreensFunction, InfeasibleError, Spectrum, as_points, cross, decompose, finite

ROUNDS_LIMIT = 20_000  # rounds kept in memory without being asked for


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
        The constraint: every fit has mean squared residual epsilon to its own targets.
    spectrum : Spectrum
        The Gram matrix and its eigendecomposition.
    multipliers : ndarray, shape (N,)
        c_t, the inverse multiplier of the mean squared residual in round t; increasing.
    targets : ndarray, shape (N + 1, K) or (N + 1, K, m)
        y_0 (the labels), ..., y_N; y_{t+1} = f_t at the points.
    log_shrinkage : ndarray, shape (N, K)
        The logarithm of the diagonal of B_t = prod_{i <= t} D(D + c_i)^{-1}; -inf on zero eigenvalues.
    collapsed : bool
        True if the next fit is the zero function, because ||y_N||² <= K·epsilon; False if `rounds` ended the loop.
    """

    green: GreensFunction = field(repr=False)
    x: NDArray[np.float64] = field(repr=False)
    epsilon: float
    spectrum: Spectrum = field(repr=False)
    multipliers: NDArray[np.float64]
    targets: NDArray[np.float64] = field(repr=False)
    log_shrinkage: NDArray[np.float64] = field(repr=False)
    collapsed: bool

    def __len__(self) -> int:
        """N, the number of non-zero fits."""
        return len(self.multipliers)

    def __call__(self, grid: ArrayLike) -> NDArray[np.float64]:
        """All fits on a grid of M points: f_t(x) = g_x^T U D^+ B_t U^T y_0, shape (N, M) or (N, M, m)."""
        return self._evaluate(grid, np.arange(len(self)))

    def predict(self, grid: ArrayLike, *, round: int) -> NDArray[np.float64]:
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
            cross(self.green, points, self.x)  # the same checks as for any other round
            return np.zeros((len(points), *self.targets.shape[2:]))
        return self._evaluate(grid, np.array([round]))[0]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """r_t = ||y_t||/sqrt(K·epsilon), shape (N + 1,); f_t is non-zero exactly while r_t > 1."""
        flat = self.targets.reshape(len(self.targets), -1)
        return np.linalg.norm(flat, axis=1) / np.sqrt(len(self.x) * self.epsilon)

    @property
    def energies(self) -> NDArray[np.float64]:
        """R(f_t) = (1/K) sum_{d_k > 0} z_{t+1,k}²/d_k with z_{t+1} = B_t U^T y_0, shape (N,)."""
        d, keep = self.spectrum.eigenvalues, ~self.spectrum.null
        z = _magnitudes(self.spectrum.coordinates(self.targets[0]))[keep] * np.exp(self.log_shrinkage[:, keep])
        return np.sum(z**2 / d[keep], axis=1) / len(d)

    def _evaluate(self, grid: ArrayLike, rounds: NDArray[np.intp]) -> NDArray[np.float64]:
        d, keep = self.spectrum.eigenvalues, ~self.spectrum.null
        u = self.spectrum.eigenvectors[:, keep]
        z = self.spectrum.coordinates(self.targets[0])[keep].reshape(len(d[keep]), -1)
        weights = np.exp(self.log_shrinkage[rounds][:, keep]) / d[keep]
        # one matrix product for all rounds and outputs: (M, K) times (K, rounds·m)
        coefficients = u @ (weights[:, :, None] * z).transpose(1, 0, 2).reshape(len(z), -1)
        points = as_points(grid, "grid")
        values = cross(self.green, points, self.x) @ coefficients
        fits = values.reshape(len(points), len(rounds), z.shape[1]).transpose(1, 0, 2)
        return fits if self.targets.ndim == 3 else fits[:, :, 0]


def distill(
    green: GreensFunction, x: ArrayLike, y: ArrayLike, *, epsilon: float, rounds: int | None = None
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
    rounds : int, optional
        At most so many fits; None goes on until the collapse.

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

    Notes
    -----
    Source: H. Mobahi, M. Farajtabar, P. Bartlett, "Self-Distillation Amplifies Regularization in Hilbert Space" (2020).
    One eigendecomposition, O(K³); then O(K) a round.
    """
    points = as_points(x)
    labels = np.array(y, dtype=float)
    if labels.ndim not in (1, 2) or len(labels) != len(points) or labels.size == 0:
        raise ValueError(
            f"y must have shape (K,) or (K, m) with K = {len(points)} as in x; it has shape {labels.shape}"
        )
    finite(labels, "y")
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise ValueError(
            f"epsilon must be finite and positive; it is {epsilon!r}. "
            f"It is a mean squared residual, in the units of y squared."
        )
    if rounds is not None and (rounds < 1 or rounds != int(rounds)):
        raise ValueError(
            f"rounds must be a whole number, at least 1, or None to go on until the collapse; it is {rounds!r}"
        )
    spectrum = decompose(green, points)
    floor = spectrum.floor(labels)
    if epsilon < floor:
        raise InfeasibleError(float(epsilon), floor)

    residual = np.sqrt(len(points) * epsilon)
    z = [spectrum.coordinates(labels)]
    lams: list[NDArray[np.float64]] = []
    logs: list[NDArray[np.float64]] = []
    # ||y||² <= K·epsilon is asked of the labels themselves: at equality a rotated y may round to the other side
    collapsed = bool(np.linalg.norm(labels) <= residual)
    while not collapsed and (rounds is None or len(lams) < rounds):
        size = _magnitudes(z[-1])
        # at the floor c = 0 exactly; the solver would see a budget of rounding errors
        at_floor = not lams and epsilon == floor
        lam = np.array(np.inf) if at_floor else secular.solve(spectrum.eigenvalues, size, residual)
        if lam == 0:
            collapsed = True
            break
        if rounds is None:
            _refuse_endless(len(lams) + float(np.linalg.norm(size) / residual) - 1.0, epsilon)
        shrink, log_shrink = shrinkage(spectrum.eigenvalues, lam)
        z.append((shrink * z[-1].T).T)
        lams.append(lam)
        logs.append(log_shrink)
    shape = (len(lams), len(points))
    return Distillation(
        green=green,
        x=points,
        epsilon=float(epsilon),
        spectrum=spectrum,
        multipliers=1.0 / np.array(lams, dtype=float).reshape(-1),
        targets=np.stack([labels, *(spectrum.eigenvectors @ coordinates for coordinates in z[1:])]),
        log_shrinkage=np.cumsum(np.reshape(logs, shape), axis=0),
        collapsed=collapsed,
    )


def multipliers(spectrum: Spectrum, y: ArrayLike, *, epsilon: float, rounds: int) -> NDArray[np.float64]:
    """The multipliers c_t of many label vectors on the same points, all at once; each vector has its own constraint.

    Parameters
    ----------
    spectrum : Spectrum
        From `selfdistill.spectrum.decompose`.
    y : array_like, shape (K, n)
        One label vector a column, for instance n noise draws.
    epsilon : float
        Mean squared residual.
    rounds : int
        Number of rounds.

    Returns
    -------
    ndarray, shape (rounds, n)
        c_t; infinity once a path has collapsed.

    Raises
    ------
    InfeasibleError
        If epsilon lies below the floor of some column.
    ValueError
        If y does not have K rows or is not finite.
    """
    labels = np.asarray(y, dtype=float)
    if labels.ndim != 2 or len(labels) != len(spectrum.eigenvalues):
        raise ValueError(f"y must have shape (K, n) with K = {len(spectrum.eigenvalues)}; it has shape {labels.shape}")
    finite(labels, "y")
    z = np.ascontiguousarray(spectrum.coordinates(labels).T)
    floor = float(np.max(np.sum(z[:, spectrum.null] ** 2, axis=1))) / len(labels)
    if epsilon < floor:
        raise InfeasibleError(float(epsilon), floor)
    lam = np.zeros((rounds, labels.shape[1]))
    for t in range(rounds):
        alive = np.flatnonzero(lam[t - 1] > 0) if t else np.arange(labels.shape[1])
        if alive.size == 0:
            break
        lam[t, alive] = secular.solve(spectrum.eigenvalues, z[alive], np.sqrt(len(labels) * epsilon))
        z[alive] *= shrinkage(spectrum.eigenvalues, lam[t, alive])[0]
    with np.errstate(divide="ignore"):
        return 1.0 / lam


def shrinkage(d: NDArray[np.float64], lam: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A = lam d/(1 + lam d) = d/(d + c) and its logarithm -log1p(c/d), shape (..., K); for d = 0 they are 0 and -inf.

    The logarithms of many rounds add up where the products would underflow.
    """
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / (lam[..., None] * np.where(d > 0, d, 1.0))  # c/d
        inverse = np.where(d > 0, inverse, np.inf)
        return 1.0 / (1.0 + inverse), -np.log1p(inverse)


def _magnitudes(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """|z_k| for one output, the norms of the rows for several: all that the multiplier depends on."""
    return np.abs(z) if z.ndim == 1 else np.linalg.norm(z, axis=1)


def _refuse_endless(rounds: float, epsilon: float) -> None:
    """Each round takes at most sqrt(K·epsilon) off the norm, so t + r_t - 1 rounds are certain to come."""
    if rounds > ROUNDS_LIMIT:
        raise ValueError(
            f"epsilon = {epsilon!r} takes more than {rounds:,.0f} rounds until the collapse. "
            f"Give rounds=, or a larger epsilon."
        )
