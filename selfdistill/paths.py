"""The one door: which algorithm runs the loop, and the rooms behind it.

Every path takes a `Problem` and returns a `Solution`. They run the same loop (`selfdistill.recursion`), with the
multiplier from the constraint or a fixed one, in some eigenbasis of the Gram matrix:

- ``spectral``: the eigendecomposition of G, O(K³). Best for few points, and for many outputs.
- ``krylov``: the Ritz basis of one Krylov space, a few dozen products with G: O(K²) each, O(K) for the one-dimensional
  kernels that state their generators, or whatever the user's own product costs.
- ``tridiagonal``: for a kernel on the line with one product, which needs no eigenbasis: O(K) a step towards c_t.
- ``lowrank``: for a smooth kernel whose matrix is, to rounding, one of few columns: O(K r²) for r of them.
- ``sine``: the sine transform, for the simply supported beam on a uniform grid, O(K log K).
- ``cholesky``: for a fixed multiplier, which needs no eigenbasis: one factorisation serves every round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from . import accuracy, krylov, lowrank, sine, tridiagonal
from .gram import (
    Product,
    by_columns,
    check_semidefinite,
    check_zeros,
    diagonal,
    gram_matrix,
    gram_product,
    product_error,
    vanishing,
)
from .kernel import Array
from .nullspace import Projection
from .problem import SMALL, Problem, Solution
from .recursion import Rounds
from .semiseparable import line_product
from .sites import Sites
from .spectrum import InfeasibleError, at_floor, reduced

MANY = 10  # outputs from which one eigendecomposition serves better than a Krylov space each
TOLERANCE = 1e-12  # what a Krylov space may leave out, relative to the norm of the labels
LOOSE = 1e-6  # what it may leave out where there is no other path
MEMORY = 6e9  # bytes of the largest basis
METHODS = ("auto", "spectral", "krylov", "sine", "tridiagonal", "lowrank", "cholesky")


# ---------------------------------------------------------------------------------------------------- which path it is


def choose(problem: Problem, method: str) -> tuple[str, str]:
    """The method and the reason for it, in one line; ValueError for a method that does not fit the problem."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; it is {method!r}")
    count = f"{len(problem.x):,} points"
    if problem.product is not None:
        if method not in ("auto", "krylov"):
            raise ValueError(f"a product is used by the method 'krylov' alone; method is {method!r}. Leave one out.")
        return "krylov", f"{count} and a product of your own"
    if method == "sine" and not problem.plain:
        raise ValueError("method 'sine' knows neither weights nor a null space; use method='auto'.")
    if method == "sine" and not sine.applies(problem.green, problem.x):
        raise ValueError(
            f"method 'sine' needs SimplySupportedBeam() on the points j/(K + 1), ascending; got {problem.green!r} on "
            f"{len(problem.x)} points from {np.min(problem.x):.6g} to {np.max(problem.x):.6g}. Use method='auto'."
        )
    if method == "tridiagonal" and not problem.single:
        raise ValueError(
            "method 'tridiagonal' needs a kernel on the line with one product, a Green's function of second order, and "
            f"no null space; got {problem.green!r} on points of shape {problem.x.shape}. Use method='auto'."
        )
    if method == "lowrank" and not problem.columns_tell:
        raise ValueError(
            f"method 'lowrank' needs a kernel that states symmetric = True, and no null space; got {problem.green!r}. "
            "Use method='auto'."
        )
    if method == "cholesky" and problem.multiplier is None:
        raise ValueError("method 'cholesky' needs a fixed multiplier; give multiplier=, or use method='auto'.")
    return (method, f"asked for, with {count}") if method != "auto" else _best(problem, count)


def _best(problem: Problem, count: str) -> tuple[str, str]:
    if problem.few and problem.multiplier is None:
        return "spectral", f"{count}: up to {SMALL} one eigendecomposition is as fast as anything"
    if problem.few:
        return _dense(problem, count)
    if problem.plain and sine.applies(problem.green, problem.x):
        return "sine", f"{count} on a uniform grid, where sines diagonalise the beam"
    if problem.single:
        return "tridiagonal", f"{count} of a kernel of second order: O(K) a fit"
    if problem.on_a_line and problem.y[0].size <= MANY:
        return "krylov", f"{count} of a semiseparable kernel: O(K) a product"
    if problem.columns_tell and not problem.on_a_line:
        return "lowrank", f"{count} of a smooth kernel"
    return _dense(problem, count)


def _dense(problem: Problem, count: str) -> tuple[str, str]:
    """On the matrix, as far as it is decomposed or factorised; else by products."""
    outputs = problem.y[0].size
    if problem.dense and problem.multiplier is not None:
        return "cholesky", f"{count}: one factorisation, for the multiplier is fixed"
    if problem.dense and outputs > MANY:
        return "spectral", f"{count}: {outputs} outputs share one eigendecomposition"
    if problem.on_a_line:
        return "krylov", f"{count} of a semiseparable kernel: O(K) a product"
    return "krylov", f"{count}: a few dozen products with G cost less than its eigendecomposition"


def solve(problem: Problem, method: str) -> Solution:
    """Run the loop on the path that `choose` names; OverflowError where float64 has no number for its weights."""
    with np.errstate(over="ignore", invalid="ignore"):
        solution = _run(problem, method)
    accuracy.check_weights(solution.weights, problem.y, solution.rounds.multipliers)
    return solution


def _run(problem: Problem, method: str) -> Solution:
    """In a Krylov space where a tridiagonal system is no help, on a dense path where that does not converge."""
    name, reason = choose(problem, method)
    if name == "tridiagonal":
        try:
            return by_tridiagonal(problem, reason)
        except tridiagonal.Unsettled as failure:
            name, reason = "krylov", f"no tridiagonal system: {failure}"
    if name == "lowrank":
        done = by_low_rank(problem, reason)
        if done is not None:
            return done
        name, reason = _dense(problem, f"{len(problem.x):,} points, and no few columns that tell the rest")
    if name != "krylov":
        return PATHS[name](problem, reason)
    try:
        return by_krylov(problem, reason)
    except NotConverged as failure:
        if not problem.has_other_path:
            raise failure.error from None
        other = "spectral" if problem.multiplier is None else "cholesky"
        return PATHS[other](problem, f"the Krylov space did not converge: {failure}")


# --------------------------------------------------------------------------------------------------- in an eigenbasis


def in_basis(
    problem: Problem,
    d: Array,
    done: Rounds,
    lift: Callable[[Array], Array],
    exact: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Targets and weights at the points, from coordinates in an eigenbasis; `lift` takes (n, m, ...) to (n, K, ...).

    The weights are U (D + c_t)^{-1} z_t beside the exact zeros: right also where c_t = 0. At the points an
    unresolved eigenvalue is nothing beside c_t, but its mode counts between them.
    """
    shape, alphas = problem.y.shape, []
    for t, c in enumerate(done.multipliers):
        live = ~exact & (d + c > 0)
        alpha = (done.coordinates[t].T * np.divide(1.0, d + c, out=np.zeros_like(d), where=live)).T
        alphas.append(alpha)
    if not alphas:
        return problem.y[None], np.zeros((0, *shape))
    both = lift(np.concatenate([done.coordinates[1:], alphas]))  # at once: a basis of long vectors is slow to read
    targets, weights = both.reshape(2, -1, *shape)
    return np.concatenate([problem.y[None], targets]), weights


def spectral(problem: Problem, reason: str) -> Solution:
    """The eigendecomposition of the Gram matrix."""
    spectrum = reduced(problem.green, problem.x, problem.roots, problem.null)
    d, z = spectrum.eigenvalues, spectrum.eigenvectors.T @ problem.y
    scale = float(np.max(d, initial=problem.null_scale))
    unresolved, fixed = spectrum.unresolved, problem.multiplier is not None
    floor = False
    if problem.epsilon is not None:
        lost = float(np.sum(z[spectrum.exact] ** 2)) / len(problem.x)
        floor = at_floor(problem.epsilon, lost, problem.mean_square, spectrum.cause)
        reached = float(np.sum(z[spectrum.null] ** 2))
        if np.any(unresolved) and reached >= problem.residual**2:
            words = (
                f"{np.count_nonzero(unresolved)} eigenvalues of G lie below {accuracy.CLIP * scale:.1g}, where "
                f"rounding hides them, and with them {reached / len(problem.x):.3g} of the mean square of y. (If the "
                "functions form a space of finite dimension, they are zeros: say so by an attribute rank of the kernel)"
            )
            raise _unresolved(problem, d, z, unresolved, words)
    done = problem.loop(d, z, floor=floor)
    error = accuracy.rounding(d, done, scale=scale, unresolved=unresolved, fixed=fixed)
    if error > accuracy.HOPELESS:
        words = f"the multiplier {done.multipliers[0]:.2g} is too small beside the largest eigenvalue {scale:.2g} of G"
        raise _unresolved(problem, d, z, unresolved, words)

    def lift(z: Array) -> Array:
        return np.stack([spectrum.eigenvectors @ one for one in z])

    targets, weights = in_basis(problem, d, done, lift, spectrum.exact)
    return Solution(done, targets, weights, "spectral", reason, error, spectrum)


def by_sines(problem: Problem, reason: str) -> Solution:
    """The sine transform. Every eigenvalue has full relative accuracy, so nothing is clipped and no floor is left."""
    size = len(problem.x)
    d = sine.eigenvalues(size, size)
    done = problem.loop(d, sine.transform(problem.y.T).T)

    def lift(z: Array) -> Array:
        return np.stack([sine.transform(one.T).T for one in z])

    targets, weights = in_basis(problem, d, done, lift, np.zeros(size, dtype=bool))
    error = float(np.finfo(float).eps * np.log2(size + 1))
    return Solution(done, targets, weights, "sine", reason, error)


def _unresolved(
    problem: Problem,
    d: Array,
    z: Array,
    unresolved: NDArray[np.bool_],
    words: str,
    *,
    null: float = 0.0,
    scale: float = 0.0,
    left_out: Callable[[Array], float] = lambda alpha: 0.0,
) -> ArithmeticError:
    """The error for a problem that float64 cannot solve, with an epsilon that it can."""
    if problem.epsilon is None:
        return ArithmeticError(
            f"no trustworthy fit for the multiplier {problem.multiplier!r}: {words}. Take a larger multiplier."
        )
    scale, count = max(scale, float(np.max(d, initial=0.0))), len(problem.x)
    least = accuracy.enough(d, z, null, scale=scale, unresolved=unresolved, count=count, left_out=left_out)
    return accuracy.UnresolvedError(problem.epsilon, least, words)


# ---------------------------------------------------------------------------------------------------- in a Krylov space


class NotConverged(Exception):
    """A Krylov space of the largest dimension leaves out too much; the message says how much.

    Attributes
    ----------
    error : Exception
        For a reader who has no other path.
    """

    def __init__(self, words: str, error: Exception) -> None:
        self.error = error
        super().__init__(words, error)

    def __str__(self) -> str:
        return str(self.args[0])


class OnSites(NamedTuple):
    """A problem on its sites: the product with their Gram matrix, and what it misses G by, relative to d_max.

    `sums` is what one product adds to the error of smooth labels beside.
    """

    sites: Sites | Projection
    product: Product
    scale: float
    relative: float
    sums: float = 0.0
    causes: tuple[str, ...] = ()
    distinct: int = 0


def on_sites(problem: Problem) -> OnSites:
    """The sites of a problem and the product with their Gram matrix, checked against the kernel."""
    semiseparable = problem.product is None and problem.on_a_line
    sites, scale = _alive(problem, semiseparable)
    product, relative, sums = _product(problem, sites, semiseparable)
    frame: Sites | Projection = sites
    if problem.null is not None:
        frame = Projection.of(sites, problem.null)
        product = frame.product(product)
    return OnSites(frame, product, max(scale, problem.null_scale), relative, sums, sites.causes, len(sites.mass))


def _alive(problem: Problem, ascending: bool) -> tuple[Sites, float]:
    """The sites where the kernel does not vanish, and the largest diagonal entry of their Gram matrix."""
    green, x = problem.green, problem.x
    every = Sites.of(green, x, problem.roots, ascending=ascending)
    variance = diagonal(green, every.points)
    if problem.null is None:
        check_zeros(green, every.points, variance)
        dead, what = variance == 0, "every admissible function"
    else:
        dead, what = vanishing(green, every.points, variance), "every function that costs something"
    sites = every.without(dead, what)
    return sites, float(np.max(variance[~dead] * sites.mass, initial=0.0)) / len(x)


def _product(problem: Problem, sites: Sites, semiseparable: bool) -> tuple[Product, float, float]:
    """The product with G on the sites, what it misses G by, and what it adds to smooth labels beside.

    It takes vectors of shape (n,) or, several at once, (n, m).
    """
    green, x, w = problem.green, problem.x, sites.weights
    if semiseparable:
        # the errors of long sums are random: smooth labels gather them, the weak modes of a fit do not
        sums = by_columns(line_product(green, sites))
        return sums, accuracy.RELATIVE, float(np.finfo(float).eps) * np.sqrt(len(x))
    if problem.product is not None:
        given, weighted = by_columns(problem.product), problem.weighted
        gap = product_error(given, green, x)
        return lambda v: sites.fold(weighted(given(weighted(sites.unfold(v))))), max(gap, accuracy.RELATIVE), 0.0
    plain = gram_product(green, sites.points, len(x))
    return plain if sites.plain else lambda v: (w * plain((w * v.T).T).T).T, accuracy.RELATIVE, 0.0


def by_krylov(problem: Problem, reason: str) -> Solution:
    """One Krylov space (one for each output), grown until it leaves out at most 1e-12 of the norm of the labels.

    Raises
    ------
    NotConverged
        If it still leaves out more at the largest dimension.
    """
    here, y = on_sites(problem), problem.y
    null, size = here.sites.lost(y), len(y)
    if problem.epsilon is not None:
        at_floor(problem.epsilon, null / size, problem.mean_square, "; ".join(here.causes))
    if problem.rounds == 0:
        return Solution(Rounds.none(), y[None], np.zeros((0, *y.shape)), "krylov", reason, 0.0)
    columns = list(here.sites.fold(y.reshape(size, -1)).T)
    for spaces in krylov.side_by_side(here.product, columns, largest=_largest(columns), scale=here.scale):
        done, out = _in_spaces(problem, here, spaces, null)
        if out <= TOLERANCE or (spaces.last and out <= LOOSE and not problem.has_other_path):
            break
    else:
        raise _not_converged(problem, here, spaces, null, out)
    d = np.append(spaces.values, 0.0)

    def lift(z: Array) -> Array:
        rows = spaces.lift(z[:, :-1])
        wide = here.sites.unfold(np.moveaxis(rows, 0, -1).reshape(rows.shape[1], -1))
        return np.moveaxis(wide.reshape(len(wide), rows.shape[2], -1), -1, 0)

    targets, weights = in_basis(problem, d, done, lift, np.arange(len(d)) == len(d) - 1)
    error = out + _error(problem, here, d, done) + here.sums * len(done.multipliers)
    if error > accuracy.HOPELESS:
        raise _not_converged(problem, here, spaces, null, error)
    return Solution(done, targets, weights, "krylov", f"{reason}; {spaces.products} products", error)


def by_tridiagonal(problem: Problem, reason: str) -> Solution:
    """Every fit by the tridiagonal system of a kernel with one product, corrected by products with G.

    Raises
    ------
    tridiagonal.Unsettled
        If it does not settle, or where its fits cannot be trusted.
    """
    here, y = on_sites(problem), problem.y
    sites, size = here.sites, len(y)
    assert isinstance(sites, Sites)  # `choose` saw to it that there is no null space
    null = sites.lost(y)
    if problem.epsilon is not None:
        at_floor(problem.epsilon, null / size, problem.mean_square, "; ".join(here.causes))
    markov = tridiagonal.Markov.of(problem.green, sites, size)
    labels = np.ascontiguousarray(sites.fold(y.reshape(size, -1)).T)
    if not np.any(labels):
        raise tridiagonal.Unsettled("no function reaches the labels")
    rounds, residual = problem.rounds, problem.residual
    guesses = tridiagonal.guesses(problem.green, sites, labels, residual, lost=null, rounds=rounds)
    found, collapsed = tridiagonal.run(
        markov,
        here.product,
        labels,
        residual,
        lost=null,
        rounds=rounds,
        multiplier=problem.multiplier,
        guesses=guesses,
    )
    targets, weights = np.empty((len(found) + 1, *y.shape)), np.empty((len(found), *y.shape))
    targets[0], before = y, labels
    norm, error = float(np.linalg.norm(y)), here.sums * len(found)
    for t, fit in enumerate(found):
        moved = markov.trace / fit.multiplier * float(np.linalg.norm(fit.residuals)) * (1.0 + fit.amplification)
        error += fit.missing + here.relative * (moved + float(np.linalg.norm(before))) / norm
        before = before - fit.residuals
        targets[t + 1] = sites.unfold(before.T).reshape(y.shape)
        np.divide(sites.unfold(fit.residuals.T).reshape(y.shape), fit.multiplier, out=weights[t])
    if error > accuracy.HOPELESS:
        raise tridiagonal.Unsettled(f"it leaves the targets accurate to {error:.1g}")
    conditions = np.array([fit.condition for fit in found])
    done = Rounds(np.array([fit.multiplier for fit in found]), conditions, [], collapsed)
    return Solution(done, targets, weights, "tridiagonal", reason, float(error))


def by_low_rank(problem: Problem, reason: str) -> Solution | None:
    """Few columns of the matrix of a smooth kernel; None if they are not few, or not accurate enough."""
    y, size = problem.y, len(problem.y)
    sites, scale = _alive(problem, False)
    null = sites.lost(y)
    if problem.epsilon is not None:
        at_floor(problem.epsilon, null / size, problem.mean_square, "; ".join(sites.causes))
    found = lowrank.low_rank(problem.green, sites, size)
    if found is None:
        return None
    labels = sites.fold(y.reshape(size, -1))
    inside = found.vectors.T @ labels
    beside, rest = np.linalg.qr(labels - found.vectors @ inside)  # labels that only unresolved modes reach
    outputs = labels.shape[1]
    d = np.concatenate([found.values, np.zeros(outputs + 1)])
    z = np.concatenate([inside, rest, np.full((1, outputs), np.sqrt(null / outputs))]).reshape(-1, *y.shape[1:])
    exact = np.arange(len(d)) == len(d) - 1
    if problem.epsilon is not None and float(np.sum(z[d == 0] ** 2)) >= problem.residual**2:
        return None
    done = problem.loop(d, z)

    def lift(z: Array) -> Array:
        rows = z.reshape(*z.shape[:2], -1)
        return np.stack(
            [
                sites.unfold(found.vectors @ row[: len(found.values)] + beside @ row[len(found.values) : -1]).reshape(
                    y.shape
                )
                for row in rows
            ]
        )

    targets, weights = in_basis(problem, d, done, lift, exact)
    largest = float(found.values[0])
    error = accuracy.rounding(
        d,
        done,
        scale=max(scale, largest),
        unresolved=(d == 0) & ~exact,
        relative=accuracy.RELATIVE + found.missing / largest,
        fixed=problem.multiplier is not None,
    )
    if error > accuracy.PROMISE:
        return None
    return Solution(done, targets, weights, "lowrank", f"{reason}; {len(found.values)} columns", error)


def _in_spaces(problem: Problem, here: OnSites, spaces: krylov.SideBySide, null: float) -> tuple[Rounds, float]:
    """The rounds in the Ritz basis, and the sum of what they leave out, relative to the labels; inf if none is found.

    One more coordinate, on a zero eigenvalue, holds what no function reaches. All rounds are run only once the space is
    large enough for the first, which needs the largest.
    """
    d, z = np.append(spaces.values, 0.0), np.append(spaces.coordinates, np.sqrt(null))
    if float(np.sum(z[d == 0] ** 2)) >= problem.residual**2:
        return Rounds.none(), np.inf
    norm = float(np.linalg.norm(problem.y)) or 1.0
    done = problem.loop(d, z, rounds=1)
    if spaces.last or _left_out(spaces, d, done) <= TOLERANCE * norm:
        done = problem.loop(d, z)
    return done, _left_out(spaces, d, done) / norm


def _left_out(spaces: krylov.SideBySide, d: Array, done: Rounds) -> float:
    """The sum over the rounds of what the spaces leave out."""
    steps = zip(done.coordinates, done.multipliers, strict=False)
    return sum(spaces.left_out(z[:-1] / (d[:-1] + c)) for z, c in steps)


def _error(problem: Problem, here: OnSites, d: Array, done: Rounds) -> float:
    return accuracy.rounding(
        d,
        done,
        scale=max(here.scale, float(np.max(d))),
        unresolved=(d == 0) & (np.arange(len(d)) < len(d) - 1),  # all but the last, which is exact
        relative=here.relative,
        fixed=problem.multiplier is not None,
    )


def _not_converged(problem: Problem, here: OnSites, spaces: krylov.SideBySide, null: float, out: float) -> NotConverged:
    d, z, size = spaces.values, spaces.coordinates, len(problem.x)
    words = f"{spaces.products} products leave out {out:.1g} of the norm of the labels"
    zero = d == 0
    if np.isinf(out):
        words = f"{spaces.products} products reach no fit as close as epsilon"
    rank = getattr(problem.green, "rank", np.inf)
    if np.isinf(out) and spaces.closed and rank < here.distinct and problem.epsilon is not None:
        floor = (null + float(np.sum(z[zero] ** 2))) / size
        return NotConverged(words, InfeasibleError(problem.epsilon, floor, f"the kernel has rank {rank}"))
    error = _unresolved(problem, d, z, zero, words, null=null, scale=here.scale, left_out=spaces.left_out)
    return NotConverged(words, error)


def _largest(columns: list[Array]) -> int:
    """Dimension at which a Krylov space is given up: it costs more than another path, or does not fit in memory."""
    size = len(columns[0])
    fits = int(MEMORY / (8 * max(1, size) * len(columns)))
    return min(size, max(100, size // 4), 300, max(2, fits))


# ------------------------------------------------------------------------------------------------- a fixed multiplier


def by_cholesky(problem: Problem, reason: str) -> Solution:
    """One multiplier for all rounds: (c + G) a_t = y_t, y_{t+1} = y_t - c a_t, by one factorisation."""
    c, rounds, green = problem.multiplier, problem.rounds, problem.green
    assert c is not None and rounds is not None  # `choose` and `distill` saw to it
    gram = gram_matrix(green, problem.x)
    if problem.null is None:
        check_zeros(green, problem.x, np.diag(gram))
    if problem.roots is not None:
        gram = problem.roots[:, None] * gram * problem.roots
    if problem.null is not None:
        gram = problem.null.project(gram, problem.null_image)
    check_semidefinite(gram, problem.null_scale)
    trace = max(float(np.trace(gram)), problem.null_scale)
    if np.finfo(float).eps * trace > c:  # adding c to G then changes nothing
        raise ValueError(
            f"the multiplier c = {c!r} is lost to rounding beside the trace {trace:.3g} of G. Take a larger multiplier."
        )
    gram.flat[:: len(gram) + 1] += c
    factor = scipy.linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    targets, weights = [problem.y], []
    for _ in range(rounds):
        weights.append(scipy.linalg.cho_solve(factor, targets[-1], check_finite=False))
        targets.append(targets[-1] - c * weights[-1])
    done = Rounds(np.full(rounds, c), np.zeros(rounds), [], collapsed=False)
    # an error E of G moves round t by c (c + G)^{-1} E a_t
    moved = accuracy.RELATIVE * trace * sum(float(np.linalg.norm(a)) for a in weights)
    error = moved / (float(np.linalg.norm(problem.y)) or 1.0)
    if error > accuracy.HOPELESS:
        raise ArithmeticError(
            f"no trustworthy fit for the multiplier {c!r}: beside the trace {trace:.3g} of G rounding moves the "
            f"targets by {error:.1g} of the labels. Take a larger multiplier."
        )
    return Solution(done, np.stack(targets), np.stack(weights), "cholesky", reason, error)


PATHS: dict[str, Callable[[Problem, str], Solution]] = {
    "spectral": spectral,
    "krylov": by_krylov,
    "sine": by_sines,
    "cholesky": by_cholesky,
}
