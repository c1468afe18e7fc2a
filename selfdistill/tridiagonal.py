"""Kernels on the line with one product: one fit is a tridiagonal system, O(K) for every multiplier.

Green's functions of second order are of this kind: g(x, s) = P(m) Q(M) with m = min(x, s) and M = max(x, s), perhaps
times e^{−a(M − m)}. A Gaussian process with such a covariance is Markov: its value at one point, given that at the
next, depends on none beyond. So with ρ_j = G[j, j+1]/G[j+1, j+1] the differences f_j − ρ_j f_{j+1} are uncorrelated. In
matrices, with Δ that takes these differences,

    Δ G Δ^T = diag(η) and Δ (G + c) Δ^T = c T_c, with the tridiagonal T_c = Δ Δ^T + diag(η)/c.

No eigenbasis is needed: a step towards the multiplier takes two solutions of one tridiagonal system. That system is
ill-conditioned, the more so the more points there are. So solutions are corrected by what a product with G says that
they miss, as in iterative refinement: they end as accurate as the product.

Source: J. H. Wilkinson (1963) for the refinement, G. H. Golub and G. Meurant (2010) for rules in place of a spectrum.
The chapter "Distil without a Krylov space" derives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeGuard

import numpy as np
from scipy.linalg.lapack import dpttrf, dpttrs

from . import secular
from .gram import SLACK, Product, by_columns
from .kernel import Array, Generators, Kernel, blocks, generators
from .recursion import refuse_endless
from .semiseparable import Line
from .sites import Sites

LONG, EVERY = 100_000, 16  # of so many sites every so many-th is asked first where the multipliers lie
NEAR = 0.05  # relative step of c from which on solutions are corrected instead of made anew
SETTLED = 2e-5  # relative step of c after which none is left: its third power is rounding
MISSING = 1e-12  # what a fit may miss of its equation, relative to the norm of the labels
POLISH = 4  # corrections once the multiplier has settled: more change nothing but rounding
PART = 2**19  # bytes of the parts of vectors that are combined at once, so that they stay in the cache
CAP = 100  # steps; most multipliers take three or four, and twelve if they are far below the noise


class Unsettled(Exception):
    """This path cannot tell the multiplier: the system is too ill-conditioned, or the multiplier is zero."""


class Fit(NamedTuple):
    """One round on the sites: c, the residuals c (c + G)^{-1} y, of shape (m, n), and what is known of them.

    `condition` is that of c, `amplification` is S of `selfdistill.accuracy.rounding`, and the residuals have an error
    of norm `missing`, relative to the first labels.
    """

    multiplier: float
    residuals: Array
    condition: float
    amplification: float
    missing: float


@dataclass(frozen=True, eq=False)
class Markov:
    """Δ and η with Δ G Δ^T = scale·diag(η), for G[i, j] = w_i g(s_i, s_j) w_j/K on ascending sites.

    Attributes
    ----------
    ratios : ndarray, shape (n − 1,)
        ρ_j = G[j, j+1]/G[j+1, j+1].
    variances : ndarray, shape (n,)
        η_j: what is left of the variance at a site if the value at the next is given, in units of the scale.
    scale, trace : float
        The largest entry of G, and its trace.
    """

    ratios: Array
    variances: Array
    scale: float
    trace: float

    @cached_property
    def _room(self) -> Array:
        return np.empty((3, len(self.variances)))  # asked for once: new memory is slow

    @classmethod
    def of(cls, green: Kernel, sites: Sites, count: float) -> Markov:
        """From the generators.

        Raises
        ------
        Unsettled
            For fewer than two sites, a kernel that is not one product, ratios that are no numbers, or η negative beyond
            rounding.
        """
        parts = generators(green, sites.points)
        if not _is_one(parts) or len(sites.points) < 2:
            raise Unsettled("it takes a kernel with one product and two points where it does not vanish")
        left, right = parts.left[0] * sites.weights, parts.right[0] * sites.weights
        entries = parts.weights[0] * left * right / count
        scale, trace = float(np.max(entries)), float(np.sum(entries))
        with np.errstate(all="ignore"):
            ratios = left[:-1] / left[1:] * np.exp(-parts.rate * np.diff(sites.points))
            variances = entries / scale
            variances[:-1] -= ratios**2 * variances[1:]
        if not np.all(np.isfinite(variances)):
            raise Unsettled("neighbouring entries of G have ratios that are no numbers")
        if np.min(variances) < -SLACK:
            raise Unsettled("the kernel is not positive semidefinite")
        return cls(ratios, np.maximum(variances, 0.0, out=variances), scale, trace)

    def differences(self, v: Array) -> Array:
        """Δ v for vectors v in rows."""
        out = np.empty_like(v)
        out[:, -1] = v[:, -1]
        self._subtract(v[:, :-1], v[:, 1:], out[:, :-1])
        return out

    def transposed(self, u: Array) -> Array:
        """Δ^T u for vectors u in rows."""
        out = np.empty_like(u)
        out[:, 0] = u[:, 0]
        self._subtract(u[:, 1:], u[:, :-1], out[:, 1:])
        return out

    def _subtract(self, here: Array, beside: Array, out: Array) -> None:
        """here − ρ·beside, in parts that stay in the cache."""
        for part in blocks(len(self.ratios), 3 * len(out), PART):
            np.multiply(self.ratios[part], beside[:, part], out=out[:, part])
            np.subtract(here[:, part], out[:, part], out=out[:, part])

    def factor(self, c: float) -> tuple[Array, tuple[Array, Array]]:
        """diag(η)/c, and LAPACK's factors of T_c; both are overwritten by the next call.

        Raises
        ------
        Unsettled
            If rounding makes the matrix indefinite.
        """
        shifted, diagonal, beside = self._room
        for part in blocks(len(diagonal), 4, PART):
            np.divide(self.variances[part], c, out=shifted[part])
            np.add(shifted[part], 1.0, out=diagonal[part])
            diagonal[:-1][part] += self.ratios[part] ** 2
        np.negative(self.ratios, out=beside[:-1])
        d, e, failed = dpttrf(diagonal, beside[:-1], overwrite_d=1, overwrite_e=1)
        if failed:
            raise Unsettled("rounding makes the tridiagonal system indefinite")
        return shifted, (d, e)


def single(green: Kernel, x: Array) -> bool:
    """Whether a kernel is one product."""
    return _is_one(generators(green, x))


def _is_one(parts: Generators | None) -> TypeGuard[Generators]:
    return parts is not None and len(parts.left) == len(parts.weights) == 1


def solve(factor: tuple[Array, Array], v: Array) -> Array:
    """T_c^{-1} v for vectors v in rows, in their place."""
    return np.asarray(dpttrs(*factor, v.T, overwrite_b=1)[0].T)


def two_nodes(moments: tuple[float, float, float], end: float) -> tuple[Array, Array]:
    """Nodes and weights of the Gauss-Radau rule for a measure on [0, end] with one node at the end.

    The rule has the moments of the measure, its integrals of 1, k and k². Where the third derivative of a function is
    negative, the rule gives too little.
    """
    zero, one, two = moments
    first, second, third = end * zero - one, end * one - two, end**2 * zero - 2.0 * end * one + two
    if not (first > 0 and third > 0):  # all of it at the end, to rounding
        return np.array([0.0, end]), np.array([0.0, zero])
    node = min(max(second / first, 0.0), end)
    weight = min(max((zero * two - one**2) / third, 0.0), zero)
    return np.array([node, end]), np.array([zero - weight, weight])


def guesses(
    green: Kernel, sites: Sites, y: Array, residual: float, *, lost: float, rounds: int | None = None
) -> list[float]:
    """About what multipliers to expect, from every sixteenth of at least 100,000 sites; none if that tells nothing.

    The arguments are those of `run`.
    """
    if len(sites.mass) < LONG or not np.isfinite(residual):
        return []
    some = replace(sites, points=sites.points[::EVERY], mass=sites.mass[::EVERY], place=None)
    share, count = float(np.sum(some.mass) / np.sum(sites.mass)), float(np.sum(some.mass))
    line = Line(green, some.points)
    line.scale(some.weights / np.sqrt(count))
    columns = np.ascontiguousarray(y[:, ::EVERY])
    if not np.any(columns):
        return []
    try:
        markov = Markov.of(green, some, count)
        found, _ = run(markov, by_columns(line), columns, residual * np.sqrt(share), lost=lost * share, rounds=rounds)
    except (Unsettled, ValueError):
        return []
    return [fit.multiplier for fit in found]


def run(
    markov: Markov,
    product: Product,
    y: Array,
    residual: float,
    *,
    lost: float,
    rounds: int | None = None,
    multiplier: float | None = None,
    guesses: Sequence[float] = (),
) -> tuple[list[Fit], bool]:
    """The fits of the loop, and whether the next one is zero.

    Parameters
    ----------
    markov : Markov
    product : callable
        v -> G v, a new array, for v of shape (n,) or (n, m).
    y : ndarray, shape (m, n)
        The labels, not zero.
    residual : float
        sqrt(K·epsilon).
    lost : float
        Energy of the labels beside y, which no function reaches.
    rounds : int, optional
        At most so many; None goes on until the next fit is zero.
    multiplier : float, optional
        In place of the residual: then no fit is zero, and `rounds` must be given.
    guesses : sequence of float
        Multipliers of the first rounds, more or less: good ones save steps, bad ones cost some.

    Raises
    ------
    Unsettled
        If a multiplier does not settle, or is zero.
    ValueError
        If `rounds` is None and more than 20,000 rounds are certain to come.
    """
    unit, scale = float(np.linalg.norm(y)), markov.scale

    def image(v: Array, c: float) -> Array:
        out = product(v[0])[None] if len(v) == 1 else product(v.T).T
        return np.asarray(np.divide(out, c * scale, out=out))

    target, beside, bound = y / unit, lost / unit**2, residual / unit
    found: list[Fit] = []
    while rounds is None or len(found) < rounds:
        energy = float(np.vdot(target, target))
        norm = np.sqrt(energy + beside)
        if norm <= bound:
            return found, True
        if rounds is None:
            refuse_endless(len(found) + norm / bound - 1.0)
        if multiplier is not None:
            fit = _fit(markov, image, target, multiplier / scale, None, 0.0)
        elif (budget := bound**2 - beside) <= 0:
            raise Unsettled("the multiplier is zero")
        else:
            if len(found) < len(guesses):
                first = guesses[len(found)] / scale
            else:
                moved = image(target, 1.0)
                moments = energy, float(np.vdot(target, moved)), float(np.vdot(moved, moved))
                first = _root(*two_nodes(moments, markov.trace / scale), budget)
            fit = _fit(markov, image, target, first, budget, beside)
        target, beside = target - fit.residuals, 0.0
        np.multiply(fit.residuals, unit, out=fit.residuals)
        found.append(fit._replace(multiplier=fit.multiplier * scale))
    return found, float(np.linalg.norm(target)) <= bound


def _fit(
    markov: Markov, image: Callable[[Array, float], Array], y: Array, c: float, budget: float | None, beside: float
) -> Fit:
    """One round in units of the labels and of the largest entry of G, from a first c; fixed if there is no budget.

    The residuals are b = Δ^T w with w = T_c^{-1} Δ y. What they miss, as a product with G says, is the right side of
    the next correction.
    """
    warm = settled = False
    polished, missing = 0, 0.0
    w = b = y  # of the first step
    energy = slope = square = 1.0
    for _ in range(CAP):
        rest = y
        if warm:
            rest = image(b, c)
            rest += b
            np.subtract(y, rest, out=rest)
            if settled and (missing := float(np.linalg.norm(rest))) <= MISSING:
                break
        shifted, factor = markov.factor(c)
        more = solve(factor, markov.differences(rest))
        change = markov.transposed(more)
        if warm:
            w += more
            b += change
        else:
            w, b = more, change
        if settled:
            missing, polished = float(np.linalg.norm(change)), polished + 1
            if missing <= MISSING or polished == POLISH:
                break
        if budget is None:
            warm = settled = True
            continue
        now, (energy, slope, square) = _towards(markov, shifted, factor, w, b, c, budget)
        step = abs(c / now - 1.0)
        settled = settled or (warm and step <= SETTLED)
        warm, c = warm or step <= NEAR, now
    else:
        raise Unsettled(f"the multiplier did not settle in {CAP} steps")
    if budget is None:
        return Fit(c, b, 0.0, 0.0, missing)
    return Fit(c, b, (energy + beside) / (2.0 * slope), float(np.sqrt(energy * square)) / slope, missing)


def _towards(
    markov: Markov, shifted: Array, factor: tuple[Array, Array], w: Array, b: Array, c: float, budget: float
) -> tuple[float, tuple[float, float, float]]:
    """The next multiplier, to which w and b are moved to first order, and three moments at this one.

    With s = T_c^{-1} diag(η) w/c the derivative of b by log c is v = Δ^T s = G (c + G)^{-1} b, and that of w is s. So
    <b, b>, <b, v> and <v, v> are moments in d/(d + c): those of the squares of b in an eigenbasis of G. The next c
    meets the constraint for `two_nodes`. That rule gives too little at smaller c and too much at larger ones, so c does
    not pass the root, and its error is cubed.
    """
    s = solve(factor, shifted * w)
    v = markov.transposed(s)
    energy, slope, square = (float(np.vdot(*pair)) for pair in ((b, b), (b, v), (v, v)))
    if not slope > 0:
        raise Unsettled("rounding hides how the constraint changes with the multiplier")
    end = markov.trace / (markov.trace + c * markov.scale)
    now = _root(*_from_here(two_nodes((energy, slope, square), end), c), budget)
    for state, derivative in ((b, v), (w, s)):
        derivative *= np.log(now / c)
        state += derivative
    return now, (energy, slope, square)


def _from_here(rule: tuple[Array, Array], c: float) -> tuple[Array, Array]:
    """Nodes and weights of z² in d, from those of (z c/(d + c))² in d/(d + c)."""
    nodes, weights = rule
    if not nodes[-1] < 1.0:
        raise Unsettled("the multiplier is nothing beside the trace of G")
    return c * nodes / (1.0 - nodes), weights / (1.0 - nodes) ** 2


def _root(d: Array, weights: Array, budget: float) -> float:
    """The c that meets the constraint if the squared labels have these weights on these eigenvalues."""
    lam = float(secular.solve(d, np.sqrt(weights), np.sqrt(budget)))
    if not 0 < lam < np.inf:
        raise Unsettled("rounding hides the root of the constraint")
    return 1.0 / lam
