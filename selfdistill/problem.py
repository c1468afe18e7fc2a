"""What a path is asked, and what it answers: they need to know of no path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .gram import Product, cross_product
from .kernel import Array, Kernel, generators
from .nullspace import NullSpace
from .recursion import Rounds, run
from .semiseparable import line_values
from .spectrum import Spectrum

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
