"""The loop: fit under the constraint, feed the predictions back as targets, fit again, until nothing is left."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import accuracy, paths
from .batch import multipliers
from .gram import Product, cross_product, entries, one_space
from .kernel import Array, Kernel, as_kernel, as_numbers, as_points, generators, positive, whole
from .nullspace import NullPart
from .problem import SMALL, Problem, whole_fits
from .recursion import refuse_endless, shrinkage
from .semiseparable import line_values
from .spectrum import Spectrum, reduced
from .values import Value, seal

__all__ = ["AccuracyWarning", "Distillation", "distill", "multipliers", "shrinkage"]


class AccuracyWarning(UserWarning):
    """The result is less accurate than the package promises; the message and `Distillation.accuracy` say how much."""


@dataclass(frozen=True, eq=False)
class Distillation(Value):
    """All rounds of a self-distillation, as `distill` returns them: a value, whose arrays cannot be written.

    With a null space a fit has two parts, f_t(x) = g_x^T a_t + p(x)^T beta_t. Where it says zero below, read: the
    least-squares fit of the null functions to the labels, `null_fit` at the points.

    Attributes
    ----------
    green : callable
        The Green's function g(x, s) of the regulariser.
    x : ndarray, shape (K,) or (K, p)
        The points.
    epsilon : float
        The constraint: every fit has (weighted) mean squared residual epsilon to its own targets; nan if the multiplier
        is fixed.
    multipliers : ndarray, shape (N,)
        c_t, the inverse multiplier of the mean squared residual in round t; increasing.
    targets : ndarray, shape (N + 1, K) or (N + 1, K, m)
        y_0 (the labels), ..., y_N; y_{t+1} = f_t at the points.
    weights : ndarray, shape (N, K) or (N, K, m)
        a_t = (c_t + G)^{-1} y_t, up to a part that G takes to zero: f_t(x) = g_x^T a_t. They are no weights of the
        points, see `data_weights`. In general (c_t W^{-1} + G) a_t + P beta_t = y_t and P^T a_t = 0, with W the
        diagonal matrix of the weights and P the null functions at the points.
    collapsed : bool
        True if the next fit is the zero function, because ||y_N||² <= K·epsilon (in general: because the weighted
        squares of y_N - `null_fit` add up to no more); False if `rounds` ended the loop
        before. A fixed multiplier never collapses.
    conditions : ndarray, shape (N,)
        Condition number of c_t: its relative change for a relative change of epsilon. The fit is moved by at most the
        square root of half of it. Zero for a fixed multiplier. It does not count the errors of the eigenvalues: where
        c_t is small beside them, c_t follows the relative error of those that carry the residual, about
        2e-15·d_max/d_k, whatever the condition is; `accuracy` counts them.
    method, reason : str
        The algorithm that ran, and why, in one line.
    accuracy : float
        Estimate of the error of the targets, relative to the norm of the labels, from the rounding of G and of its
        eigenvalues (8 u·d_max), from eigenvalues that float64 cannot tell from zero, and from the multipliers that
        follow; added over the rounds. Errors of the labels and of x do not count. With weights the norm is weighted,
        ||W^{1/2} y||; with a null space it is that of the labels without `null_fit`.
    """

    green: Kernel = field(repr=False)
    x: Array = field(repr=False)
    epsilon: float
    multipliers: Array
    targets: Array = field(repr=False)
    weights: Array = field(repr=False)
    collapsed: bool
    conditions: Array = field(repr=False)
    method: str
    reason: str
    accuracy: float
    _roots: Array | None = field(default=None, repr=False)
    _null: NullPart | None = field(default=None, repr=False, compare=False)
    _spectrum: Spectrum | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        """N, the number of non-zero fits: of those with a penalised part."""
        return len(self.multipliers)

    def __call__(self, grid: ArrayLike) -> Array:
        """All fits on a grid of M points, f_t(x) = g_x^T (c_t + G)^{-1} y_t, shape (N, M) or (N, M, m).

        With a null space the fits are g_x^T a_t + p(x)^T beta_t.

        Raises
        ------
        ValueError
            If the null space was given as a matrix: then its functions are known at the points alone.
        """
        return self._evaluate(grid, slice(0, len(self)))

    def predict(self, grid: ArrayLike, *, round: int) -> Array:
        """The fit of one round on a grid of M points, shape (M,) or (M, m); zero after the collapse.

        With a null space the fits after the collapse are the least-squares fit of the null functions.

        Raises
        ------
        ValueError
            If the round is no whole number or negative, or was not computed because `rounds` ended the loop before; or
            if the null space was given as a matrix.
        """
        index = whole(round, "round", least=0)
        if index >= len(self) and not self.collapsed:
            raise ValueError(
                f"round = {round} was not computed: this path holds the rounds 0 to {len(self) - 1}. "
                f"Distil with more rounds."
            )
        if index >= len(self):
            points = self._points(grid)
            zero = np.zeros((len(points), *self.targets.shape[2:]))
            return zero if self._null is None else self._null(points, slice(-1, None))[0]
        return self._evaluate(grid, slice(index, index + 1))[0]

    @cached_property
    def spectrum(self) -> Spectrum:
        """The Gram matrix and its eigendecomposition, O(K³) at first use unless the path went through it.

        With weights or a null space it is that of the matrix which then stands for G, see `Spectrum`.
        """
        null = None if self._null is None else self._null.space
        return self._spectrum or reduced(self.green, self.x, self._roots, null)

    @cached_property
    def log_shrinkage(self) -> Array:
        """The logarithm of the diagonal of B_t = prod_{i <= t} D(D + c_i)^{-1}, shape (N, K); -inf on zero eigenvalues.

        It needs the spectrum, see there.
        """
        with np.errstate(divide="ignore"):  # c = 0 at the floor
            logs = shrinkage(self.spectrum.eigenvalues, 1.0 / self.multipliers)[1]
        total: Array = seal(np.cumsum(logs, axis=0))
        return total

    @property
    def data_weights(self) -> Array:
        """w_k, of mean one: how much each point counts in the constraint, shape (K,)."""
        weights: Array = seal(np.ones(len(self.x)) if self._roots is None else self._roots**2)
        return weights

    @property
    def null_fit(self) -> Array:
        """The least-squares fit of the null functions to the labels, at the points, shape (K,) or (K, m).

        It is a part of all targets, and zero without a null space.
        """
        values: Array = seal(np.zeros_like(self.targets[0])) if self._null is None else self._null.values
        return values

    @property
    def _penalised(self) -> Array:
        """The targets without their null part."""
        return self.targets if self._null is None else self.targets - self.null_fit

    @property
    def plain(self) -> bool:
        """Whether there are no weights and no null space."""
        return self._roots is None and self._null is None

    @property
    def ratios(self) -> Array:
        """r_t = ||y_t||/sqrt(K·epsilon), shape (N + 1,); f_t is non-zero exactly while r_t > 1.

        In general r_t = ||W^{1/2}(y_t - null_fit)||/sqrt(K·epsilon).

        Raises
        ------
        ValueError
            If the multiplier was fixed: then there is no epsilon.
        """
        if np.isnan(self.epsilon):
            raise ValueError("the multiplier of this path was fixed, so there is no epsilon to compare ||y_t|| with")
        flat = self._penalised.reshape(*self.targets.shape[:2], -1)
        if self._roots is not None:
            flat = flat * self._roots[:, None]
        return np.linalg.norm(flat, axis=(1, 2)) / np.sqrt(len(self.x) * self.epsilon)

    @property
    def energies(self) -> Array:
        """R(f_t) = a_t^T G a_t/K = <a_t, y_{t+1}>/K, shape (N,).

        In the eigenbasis it is (1/K) sum_{d_k > 0} z_{t+1,k}²/d_k with z_{t+1} = B_t U^T y_0. Null functions cost
        nothing.
        """
        products = (self.weights * self._penalised[1:]).reshape(len(self), -1)
        return np.sum(products, axis=1) / len(self.x)

    def _points(self, grid: ArrayLike) -> Array:
        points = as_points(grid, "grid", self.green, least=0)
        if points.ndim == 1 and points.size == 0:  # [] says nothing of its dimension
            points = points.reshape(0, *self.x.shape[1:])
        one_space(points, self.x)
        if len(points):
            entries(self.green, points[:1], self.x[:1])
        return points

    def _evaluate(self, grid: ArrayLike, rounds: slice) -> Array:
        points, weights = self._points(grid), self.weights[rounds]
        null = None if self._null is None else self._null(points, slice(rounds.start, rounds.stop))
        columns = np.moveaxis(weights, 1, 0).reshape(len(self.x), -1)  # one product for all rounds and outputs
        sums = len(self.x) > SMALL and generators(self.green, self.x[:1]) is not None
        values = (line_values if sums else cross_product)(self.green, points, self.x, columns)
        fits = np.moveaxis(values.reshape(len(points), len(weights), *weights.shape[2:]), 1, 0)
        return fits if null is None else fits + null


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
    weights: ArrayLike | None = None,
    null: Any = None,
) -> Distillation:
    """Self-distillation in the Hilbert space of a regulariser.

    Round t minimises R(f) subject to (1/K) sum_k w_k (f(x_k) - y_{t,k})² <= epsilon, with w_k = 1 if no weights are
    given; its solution is then f_t(x) = g_x^T (c_t I + G)^{-1} y_t, and the next targets are y_{t+1} = f_t(x_1), ...,
    f_t(x_K). If some functions cost nothing, R(p_i) = 0, the solution is f_t(x) = g_x^T a_t + sum_i beta_{t,i} p_i(x).

    Parameters
    ----------
    green : callable
        g(x, s), the Green's function of the operator L with R(f) = <f, L f>; see `selfdistill.greens`. Any positive
        semidefinite kernel that broadcasts works; `selfdistill.kernel.Kernel` lists what it may state of itself.
    x : array_like, shape (K,) or (K, p)
        The points; (K, 1) is taken as (K,) by a kernel with an interval as its domain, and points within four roundings
        of its end are that end.
    y : array_like, shape (K,) or (K, m)
        The labels y_0. With m outputs one multiplier is shared, and the constraint is on the sum over outputs:
        (1/K) ||F - Y||_F² <= epsilon.
    epsilon : float
        Mean squared residual, the same in each round.
    multiplier : float, optional
        In place of epsilon: one multiplier c > 0 for every round. Then nothing collapses, and `rounds` must be given.
    rounds : int, optional
        At most so many fits; None goes on until the collapse.
    method : {"auto", "spectral", "krylov", "sine", "tridiagonal", "lowrank", "cholesky"}
        How to compute it; the result is the same to rounding. "auto" takes one eigendecomposition up to 200 points;
        sines for the simply supported beam on the grid j/(K + 1); tridiagonal systems, O(K) each, if the kernel states
        `generators` with one product and nothing is null; a few columns of G if the kernel states that it is
        `symmetric`, without generators and null space, and they are few; else a Krylov space, with products that cost
        O(K) if the kernel states its generators, and O(K²) if not. Up to 10,000 points, more than 10 outputs share one
        eigendecomposition instead of Krylov spaces. Where a tridiagonal system is of no use, a Krylov space steps in;
        where that does not converge, up to 10,000 points go through the eigendecomposition. "cholesky" is for a fixed
        multiplier, which "auto" gives one factorisation up to 200 points, and up to 10,000 without generators, or with
        more than 10 outputs, if columns are not few. `Distillation.method` and `reason` tell.
    product : callable, optional
        v -> G v with G[j, k] = g(x_j, x_k)/K, if you know a faster one; used by the Krylov space. A few of its entries
        are compared with green. It is the plain G also with weights and with a null space.
    weights : array_like, shape (K,), optional
        How much each point counts, finite and positive. Only their ratios matter: they are divided by their mean, so
        that the constraint is on the weighted mean sum_k w_k (f(x_k) - y_k)²/sum_k w_k. A point of weight two is a
        point that is given twice. For labels with noise of known variances take w_k = 1/variance.
    null : optional
        Functions that cost nothing: a sequence of callables x -> values of shape (K,); one callable x -> values of
        shape (K,) or (K, q); or a matrix (K, q) of their values at the points (then the fits are known there alone).
        The kernel need be positive only on coefficients that annihilate them. They join those that the kernel states
        itself, such as the polynomials of `greens.FreeSpace`. They are fitted by least squares, the rest of the labels
        is distilled, and the collapse is to that least-squares fit.

    Returns
    -------
    Distillation

    Raises
    ------
    InfeasibleError
        If epsilon lies below the floor ||P_0 y||²/K; its attribute `floor` is the smallest feasible epsilon.
    ValueError
        For data or options that are no finite numbers or not of the shape above, points outside the domain of `green`,
        a kernel that is not symmetric or not positive semidefinite, or an epsilon so small that more than 20,000 rounds
        come before the collapse (ask for `rounds` then); for weights that are not positive, for null functions that the
        points do not determine, because a combination of them vanishes at every point; and for method "sine" with
        either.
    OverflowError
        If the weights (c_t I + G)^{-1} y_t are too large for float64, in extreme units.
    UnresolvedError
        An ArithmeticError: a fit exists, but float64 cannot find it to two digits. Its attribute `enough` is an epsilon
        from which on it can, to nine.

    Warns
    -----
    AccuracyWarning
        If the targets are less accurate than nine digits.

    Notes
    -----
    Source: H. Mobahi, M. Farajtabar, P. Bartlett, "Self-Distillation Amplifies Regularization in Hilbert Space" (2020).
    """
    problem, labels = _asked(green, x, y, epsilon, multiplier, rounds, product, weights, null)
    # ||y||² <= K·epsilon is asked of the labels themselves: at equality rotated ones may round to the other side
    collapsed = bool(np.linalg.norm(problem.y) <= problem.residual)
    solution = paths.solve(replace(problem, rounds=0) if collapsed else problem, method)
    if solution.accuracy > accuracy.PROMISE:
        warnings.warn(
            f"the targets are accurate to about {solution.accuracy:.1g} of the norm of the labels "
            f"({solution.method}: {solution.reason}); the multipliers are at the limit of float64",
            AccuracyWarning,
            stacklevel=2,
        )
    targets, weights_of, part = whole_fits(problem, labels, solution)
    return Distillation(
        green=problem.green,
        x=seal(problem.x),
        epsilon=float("nan") if problem.epsilon is None else problem.epsilon,
        multipliers=seal(solution.rounds.multipliers),
        targets=seal(targets),
        weights=seal(weights_of),
        collapsed=collapsed or solution.rounds.collapsed,
        conditions=seal(solution.rounds.conditions),
        method=solution.method,
        reason=solution.reason,
        accuracy=solution.accuracy,
        _roots=problem.roots,
        _null=part,
        _spectrum=solution.spectrum,
    )


def _asked(
    green: Kernel,
    x: ArrayLike,
    y: ArrayLike,
    epsilon: float | None,
    multiplier: float | None,
    rounds: int | None,
    product: Product | None,
    weights: ArrayLike | None,
    null: Any,
) -> tuple[Problem, Array]:
    """Every argument of `distill`, checked, before anything is computed: the problem, and the labels as given."""
    points = as_points(x, green=as_kernel(green))
    labels = as_numbers(y, "y")
    if labels.ndim not in (1, 2) or len(labels) != len(points) or labels.size == 0:
        raise ValueError(
            f"y must have shape (K,) or (K, m) with K = {len(points)} as in x; it has shape {labels.shape}"
        )
    if rounds is not None:
        rounds = whole(rounds, "rounds", remedy="None goes on until the collapse.")
    if (epsilon is None) == (multiplier is None):
        raise ValueError(f"give one of epsilon and multiplier; got epsilon = {epsilon!r}, multiplier = {multiplier!r}")
    if product is not None and not callable(product):
        raise ValueError(f"product must be a callable v -> G v; it is {product!r}")
    if epsilon is not None:
        epsilon = positive(epsilon, "epsilon", "It is a mean squared residual, in the units of y squared.")
    if multiplier is not None:
        multiplier = positive(multiplier, "multiplier")
        if rounds is None:
            raise ValueError("with a fixed multiplier no round is the last: give rounds=")
    plain = Problem(as_kernel(green), points, labels, epsilon, multiplier, rounds, product)
    problem = plain.posed(weights, null)
    if rounds is None:
        refuse_endless(float(np.linalg.norm(problem.y)) / problem.residual - 1.0)
    return problem, labels
