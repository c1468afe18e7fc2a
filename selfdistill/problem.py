"""What a path is asked, and what it answers: they need to know of no path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .gram import Product, cross_product
from .kernel import Array, Kernel, generators, weight_roots
from .nullspace import NullPart, NullSpace
from .recursion import Rounds, run
from .semiseparable import line_values
from .spectrum import Spectrum
from .tridiagonal import single
from .values import seal

SMALL = 200  # points up to which one eigendecomposition is as fast as anything
DENSE = 10_000  # points up to which a decomposition of G is tried


@dataclass(frozen=True)
class Problem:
    """What `selfdistill.distill` was asked for, checked: one of epsilon and multiplier is a number.

    With weights w, of mean one, `roots` is sqrt(w), y is W^{1/2} times the labels, and G below is W^{1/2} G W^{1/2}.
    With a null space y is what the least-squares fit of the null functions leaves, and G is projected as y is.
    """

    green: Kernel
    x: Array
    y: Array
    epsilon: float | None
    multiplier: float | None = None
    rounds: int | None = None
    product: Product | None = None
    roots: Array | None = None
    null: NullSpace | None = None

    def posed(self, weights: ArrayLike | None, null: Any) -> Problem:
        """This problem, whose y are the labels, with weights and null functions: y as said above.

        Raises
        ------
        ValueError
            For what `selfdistill.distill` refuses as weights or null functions.
        """
        roots = None if weights is None else weight_roots(weights, len(self.x))
        space = NullSpace.of(self.green, null, self.x, roots)
        posed = replace(self, roots=roots, null=space)
        rest = posed.weighted(self.y)
        return replace(posed, y=rest if space is None else space.without(rest))

    @property
    def residual(self) -> float:
        """sqrt(K·epsilon); nan for a fixed multiplier."""
        return float(np.sqrt(len(self.x) * self.epsilon)) if self.epsilon is not None else float("nan")

    @property
    def mean_square(self) -> float:
        """||y||²/K."""
        return float(np.linalg.norm(self.y)) ** 2 / len(self.x)

    @property
    def plain(self) -> bool:
        """Whether there are no weights and no null space."""
        return self.roots is None and self.null is None

    @cached_property
    def on_a_line(self) -> bool:
        """Whether the kernel states its generators."""
        return generators(self.green, self.x[:1]) is not None

    @cached_property
    def single(self) -> bool:
        """Whether the kernel is one product on the line, and nothing but its Gram matrix is asked for."""
        return self.null is None and self.product is None and self.on_a_line and single(self.green, self.x[:1])

    @property
    def columns_tell(self) -> bool:
        """Whether some columns of the Gram matrix tell the rest if they are few: the kernel must be symmetric."""
        return self.null is None and self.product is None and bool(getattr(self.green, "symmetric", False))

    @property
    def few(self) -> bool:
        """Whether one eigendecomposition is as fast as anything."""
        return len(self.x) <= SMALL

    @property
    def dense(self) -> bool:
        """Whether a decomposition of G is tried."""
        return len(self.x) <= DENSE

    @property
    def has_other_path(self) -> bool:
        """Whether a decomposition of G can step in for a Krylov space."""
        return self.dense and self.product is None

    def weighted(self, v: Array) -> Array:
        """W^{1/2} v, shape (K,) or (K, m)."""
        return v if self.roots is None else np.asarray((v.T * self.roots).T)

    def values(self, grid: Array, weights: Array) -> Array:
        """sum_k g(x, x_k) weights_k/K on a grid, by short sums where the kernel allows; weights of shape (K, n)."""
        sums = not self.few and self.on_a_line
        return (line_values if sums else cross_product)(self.green, grid, self.x, weights)

    @cached_property
    def null_image(self) -> Array:
        """G B for the basis B of the null space, shape (K, q): G before it is projected."""
        assert self.null is not None
        columns = self.weighted(self.null.basis)
        if self.product is None:
            return self.weighted(self.values(self.x, columns))
        return self.weighted(np.stack([self.product(column) for column in columns.T], axis=-1))

    @property
    def null_scale(self) -> float:
        """||G B||: with the largest eigenvalue of what is left, it bounds the entries that are rounded."""
        return 0.0 if self.null is None else float(np.linalg.norm(self.null_image))

    def loop(self, d: Array, z: Array, *, rounds: int | None = None, floor: bool = False) -> Rounds:
        """The rounds in an eigenbasis."""
        return run(d, z, self.residual, rounds=rounds or self.rounds, at_floor=floor, multiplier=self.multiplier)


@dataclass(frozen=True)
class Solution:
    """What a path returns.

    Attributes
    ----------
    rounds : Rounds
        Multipliers, their conditions, and whether the loop ended by itself.
    targets : ndarray, shape (N + 1, K) or (N + 1, K, m)
        y_0, ..., y_N.
    weights : ndarray, shape (N, K) or (N, K, m)
        a_t = (c_t + G)^{-1} y_t, up to a part that G takes to zero: f_t(x) = g_x^T a_t.
    method, reason : str
        The account: which path, and why, in one line.
    accuracy : float
        Estimate of the error of the targets relative to the norm of the labels.
    spectrum : Spectrum or None
        Where the path computed it.
    """

    rounds: Rounds
    targets: Array
    weights: Array
    method: str
    reason: str
    accuracy: float
    spectrum: Spectrum | None = None


def whole_fits(problem: Problem, labels: Array, solution: Solution) -> tuple[Array, Array, NullPart | None]:
    """Targets, weights a_t, and the null part of the fits, from the solution of a problem."""
    null, roots, weights = problem.null, problem.roots, solution.weights
    if problem.plain:
        return solution.targets, weights, None
    wide = (np.ones(len(labels)) if roots is None else roots).reshape(-1, *([1] * (labels.ndim - 1)))
    shared, part = np.zeros_like(labels), None
    if null is not None:
        # rounding leaves a_t a part that g does not take to what it should between the points: P^T a_t = 0 again
        weights = np.stack([null.without(a) for a in weights]) if len(weights) else weights
        whole = problem.weighted(labels)
        shared = null.part(whole)
        # the null part of the values is B B^T (labels); what g_x^T a_t gives of it already, P beta_t need not
        needed = [whole - null.basis @ np.tensordot(problem.null_image, a, (0, 0)) for a in weights]
        coefficients = np.stack([null.coefficients(v) for v in [*needed, whole]])
        part = NullPart(null.functions, seal(coefficients), seal(shared / wide), null)
    targets = (solution.targets + shared) / wide
    targets[0] = labels
    return targets, weights * wide, part
