"""Which algorithm runs the loop, and the rooms behind that door.

Every path runs the same loop (`selfdistill.recursion`) in some eigenbasis of the Gram matrix:

- ``spectral``: the eigendecomposition of G, O(K³). Best for few points, and for many outputs.
- ``krylov``: the Ritz basis of one Krylov space, a few dozen products with G: O(K²) each, O(K) for the one-dimensional
  kernels that state their generators, or whatever the user's own product costs.
- ``sine``: the sine transform, for the simply supported beam on a uniform grid, O(K log K).
- ``cholesky``: a fixed multiplier needs no eigenbasis, one factorisation serves every round.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from . import krylov, sine
from .kernel import Array, Kernel, generators
from .products import Plain, Product, Semiseparable, gram_product
from .recursion import Rounds, run
from .spectrum import InfeasibleError, Spectrum, decompose, gram_matrix

SMALL = 200  # points up to which one eigendecomposition is as fast as anything
MANY = 10  # outputs from which one eigendecomposition serves better than a Krylov space each
DENSE = 10_000  # points up to which an eigendecomposition is tried when another path fails
TOLERANCE = 1e-12  # what a Krylov space may leave out, relative to the norm of the labels
LOOSE = 1e-6  # accuracy below which a result is refused where there is no other path
MEMORY = 6e9  # bytes of the largest basis
METHODS = ("auto", "spectral", "krylov", "sine")


class AccuracyWarning(UserWarning):
    """The result is less accurate than the package promises; the message and `Distillation.accuracy` say how much."""


@dataclass(frozen=True)
class Problem:
    """What `selfdistill.distill` was asked for, checked."""

    green: Kernel
    x: Array
    y: Array
    epsilon: float
    rounds: int | None
    product: Product | None = None

    @property
    def residual(self) -> float:
        """sqrt(K·epsilon)."""
        return float(np.sqrt(len(self.x) * self.epsilon))

    @property
    def has_other_path(self) -> bool:
        """Whether an eigendecomposition can step in for a Krylov space."""
        return len(self.x) <= DENSE and self.product is None


@dataclass(frozen=True)
class Solution:
    """What a path returns: the rounds, the targets at the points, and an account of how they were found."""

    rounds: Rounds
    targets: Array
    method: str
    reason: str
    accuracy: float
    spectrum: Spectrum | None = None


def choose(problem: Problem, method: str) -> tuple[str, str]:
    """The method and the reason for it, in one line."""
    green, x, outputs = problem.green, problem.x, problem.y[0].size
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; it is {method!r}")
    count = f"{len(x):,} points"
    if problem.product is not None:
        if method not in ("auto", "krylov"):
            raise ValueError(f"a product is used by the method 'krylov' alone; method is {method!r}. Leave one out.")
        return "krylov", f"{count} and a product of your own"
    if method == "sine" and not sine.applies(green, x):
        raise ValueError(
            f"method 'sine' needs SimplySupportedBeam() on the points j/(K + 1), ascending; got {green!r} on "
            f"{len(x)} points from {np.min(x):.6g} to {np.max(x):.6g}. Use method='auto'."
        )
    if method != "auto":
        return method, f"asked for, with {count}"
    if len(x) <= SMALL:
        return "spectral", f"{count}: up to {SMALL} one eigendecomposition is as fast as anything"
    if sine.applies(green, x):
        return "sine", f"{count} on a uniform grid, where sines diagonalise the beam"
    if outputs > MANY and len(x) <= DENSE:
        return "spectral", f"{outputs} outputs share one eigendecomposition"
    if generators(green, x[:1]) is not None:
        return "krylov", f"{count} of a semiseparable kernel: O(K) a product"
    return "krylov", f"{count}: a few dozen products with G cost less than its eigendecomposition"


def solve(problem: Problem, method: str) -> Solution:
    """Run the loop on the path that `choose` names, or on the spectral one where a Krylov space does not converge."""
    name, reason = choose(problem, method)
    if name == "spectral":
        return spectral(problem, reason)
    if name == "sine":
        return by_sines(problem, reason)
    try:
        return by_krylov(problem, reason)
    except NotConverged as failure:
        if not problem.has_other_path:
            raise failure.final(problem) from None
        return spectral(problem, f"the Krylov space did not converge: {failure}")


def spectral(problem: Problem, reason: str) -> Solution:
    """The eigendecomposition of the Gram matrix."""
    spectrum = decompose(problem.green, problem.x)
    d, floor = spectrum.eigenvalues, spectrum.floor(problem.y)
    if problem.epsilon < floor:
        raise InfeasibleError(problem.epsilon, floor)
    z, at_floor = spectrum.coordinates(problem.y), problem.epsilon == floor
    done = run(d, z, problem.residual, rounds=problem.rounds, at_floor=at_floor)
    targets = np.stack([problem.y, *(spectrum.eigenvectors @ z for z in done.coordinates[1:])])
    return announce(Solution(done, targets, "spectral", reason, rounding(d, done), spectrum))


def by_sines(problem: Problem, reason: str) -> Solution:
    """The sine transform. Every eigenvalue has full relative accuracy, so nothing is clipped and no floor is left."""
    size = len(problem.x)
    done = run(sine.eigenvalues(size, size), sine.transform(problem.y.T).T, problem.residual, rounds=problem.rounds)
    targets = np.stack([problem.y, *(sine.transform(z.T).T for z in done.coordinates[1:])])
    return Solution(done, targets, "sine", reason, float(np.finfo(float).eps * np.log2(size + 1)))


class NotConverged(Exception):
    """A Krylov space of the largest dimension leaves out too much; the message says how much.

    Attributes
    ----------
    floor : float or None
        The smallest feasible epsilon, if the space is closed and epsilon lies below it.
    """

    def __init__(self, words: str, floor: float | None = None) -> None:
        self.floor = floor
        super().__init__(words)

    def final(self, problem: Problem) -> Exception:
        """The error for a reader who has no other path."""
        if self.floor is not None:
            return InfeasibleError(problem.epsilon, self.floor)
        return ArithmeticError(
            f"no trustworthy fit for epsilon = {problem.epsilon!r} on {len(problem.x):,} points: {self}. Such a "
            "small epsilon lies far below the noise, or close to the smallest feasible one. Take a larger epsilon."
        )


def by_krylov(problem: Problem, reason: str) -> Solution:
    """One Krylov space (one for each output), grown until it leaves out at most 1e-12 of the norm of the labels.

    Raises
    ------
    NotConverged
        If it still leaves out more at the largest dimension.
    """
    x, y = problem.x, problem.y
    points: Semiseparable | Plain
    if problem.product is None and generators(problem.green, x[:1]) is not None:
        points, longest_sum = Semiseparable(problem.green, x), len(x)
    else:
        points, longest_sum = Plain(problem.product or gram_product(problem.green, x)), 1
    columns = [points.condense(column) for column in y.reshape(len(x), -1).T]
    null = sum(lost for _, lost in columns)  # the energy of what no function reaches
    if null > len(x) * problem.epsilon:
        raise InfeasibleError(problem.epsilon, null / len(x))
    if problem.rounds == 0:
        nothing = run(np.zeros(1), np.zeros(1), problem.residual, rounds=0)
        return Solution(nothing, y[None], "krylov", reason, 0.0)
    words, norm = "no space", float(np.linalg.norm(y))
    for spaces in krylov.side_by_side(points, [labels for labels, _ in columns], largest=_largest(columns)):
        # one more coordinate, on a zero eigenvalue, holds what no function reaches
        d, z = np.append(spaces.values, 0.0), np.append(spaces.coordinates, np.sqrt(null))
        lost = float(np.sum(z[d == 0] ** 2))
        if lost >= problem.residual**2:
            words = f"{spaces.products} products reach no fit as close as epsilon"
            if spaces.closed:
                raise NotConverged(words, lost / len(x))
            continue
        done = run(d, z, problem.residual, rounds=1)  # the first round needs the largest space
        if spaces.last or _left_out(spaces, d, done) <= TOLERANCE * norm:
            done = run(d, z, problem.residual, rounds=problem.rounds)
        out = _left_out(spaces, d, done) / norm
        words = f"{spaces.products} products leave out {out:.1g} of the norm of the labels"
        if out <= TOLERANCE or (spaces.last and out <= LOOSE and not problem.has_other_path):
            fits = [spaces.lift(z[:-1]) for z in done.coordinates[1:]]
            targets = [y, *(np.stack([points.expand(v) for v in fit], axis=-1).reshape(y.shape) for fit in fits)]
            accuracy = out + np.sqrt(longest_sum) * rounding(d, done)
            account = f"{reason}; {spaces.products} products"
            return announce(Solution(done, np.stack(targets), "krylov", account, accuracy))
    raise NotConverged(words)


def _left_out(spaces: krylov.Sum, d: Array, done: Rounds) -> float:
    """The sum over the rounds of what the spaces leave out."""
    steps = zip(done.coordinates, done.multipliers, strict=False)
    return sum(spaces.left_out(z[:-1] / (d[:-1] + c)) for z, c in steps)


def _largest(columns: list[tuple[Array, float]]) -> int:
    """Dimension at which a Krylov space is given up: it costs more than another path, or does not fit in memory."""
    size = len(columns[0][0])
    fits = int(MEMORY / (8 * max(1, size) * len(columns)))
    return min(size, max(100, size // 4), 300, max(2, fits))


def rounding(d: Array, done: Rounds) -> float:
    """Estimate of the rounding errors in the targets, relative to the labels, added over the rounds.

    An error of u·d_max in the eigenvalues, u = 2.2e-16, moves d/(d + c) by u·d_max c/(d + c)². Exact zeros stay.
    """
    total, largest, keep = 0.0, float(np.max(d)), d > 0
    unit = float(np.max(np.abs(done.coordinates[0]), initial=np.finfo(float).tiny))
    norm = float(np.linalg.norm(done.coordinates[0] / unit))
    for z, c in zip(done.coordinates, done.multipliers, strict=False):
        moved = ((z[keep] / unit).T * (largest / (d[keep] + c)) * (c / (d[keep] + c))).T
        total += float(np.finfo(float).eps * np.linalg.norm(moved)) / norm
    return total


def announce(solution: Solution) -> Solution:
    """Warn where the promise of nine digits is not kept."""
    if solution.accuracy > 1e-9:
        warnings.warn(
            f"the targets are accurate to about {solution.accuracy:.1g} of the norm of the labels "
            f"({solution.method}: {solution.reason}); epsilon asks for multipliers at the limit of float64",
            AccuracyWarning,
            stacklevel=5,
        )
    return solution


def fixed(green: Kernel, x: Array, y: Array, multiplier: float, rounds: int) -> Solution:
    """The loop with one multiplier for all rounds: (c + G) a_t = y_t, y_{t+1} = y_t - c a_t, by one factorisation."""
    gram = gram_matrix(green, x)
    trace = float(np.trace(gram))
    lost = float(np.finfo(float).eps) * trace / multiplier
    if lost > 1.0:  # adding c to G then changes nothing
        raise ValueError(
            f"the multiplier c = {multiplier!r} is lost to rounding beside the trace {trace:.3g} of G. "
            "Take a larger multiplier."
        )
    gram.flat[:: len(x) + 1] += multiplier
    try:
        factor = scipy.linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"c + G is not positive definite for the multiplier c = {multiplier!r}: g is not positive semidefinite"
        ) from None
    targets = [y]
    for _ in range(rounds):
        targets.append(targets[-1] - multiplier * scipy.linalg.cho_solve(factor, targets[-1], check_finite=False))
    done = Rounds(np.full(rounds, multiplier), np.zeros(rounds), [], collapsed=False)
    return announce(Solution(done, np.stack(targets), "cholesky", "the multiplier is fixed: one factorisation", lost))
