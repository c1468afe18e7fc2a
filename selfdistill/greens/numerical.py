r"""Green's functions by computation: for an operator and conditions of your own.

`solve` takes L f = Σ_i p_i(x) f^{(i)} and n conditions, and finds g(·, s) by Chebyshev collocation split at s, where
g has its kink: on each side of s the function is smooth, so convergence is exponential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from ..kernel import Array, as_numbers, inside, whole
from .collocation import Collocation
from .conditions import Coefficient, Condition, periodic, values
from .jumps import find_jumps

__all__ = ["NumericalGreensFunction", "solve"]

SINGULAR = 1e12  # a condition number above this: L has a non-zero solution of L f = 0, to the digits float64 has
RESOLVED = 1e-7  # relative; an estimated error beyond is a problem that the degree does not resolve
OFFSET = 0.3819660112501051  # where the second grid is split: no simple fraction, on which jumps like to lie
ASYMMETRY = 1e-7  # relative; far above the collocation error of any resolved problem, far below a real asymmetry


def solve(
    coefficients: Sequence[Coefficient],
    conditions: Sequence[Condition],
    *,
    domain: tuple[float, float] = (0.0, 1.0),
    degree: int = 32,
    breakpoints: ArrayLike | Mapping[float, Sequence[int]] = (),
    orthogonal_to: Sequence[Coefficient] = (),
    symmetric: bool = True,
) -> NumericalGreensFunction:
    r"""Find the Green's function of a linear differential operator.

    Solves L g(·, s) = δ_s with L f = p_0 f + p_1 f' + ... + p_n f^{(n)} under n conditions: L g = 0 on either side of
    s, g and its first n − 2 derivatives continuous at s, and a jump of 1/p_n(s) in derivative n − 1.

    Parameters
    ----------
    coefficients : sequence of float or callable
        p_0, ..., p_n; a callable takes an array of points and returns an array of the same shape.
    conditions : sequence of Condition
        n of them, made by `at` (at an end, or at a point inside), `integral` and `periodic`, and one more for each
        derivative that `breakpoints` sets free.
    domain : (float, float)
        The interval.
    degree : int
        Degree of the polynomial that stands for g^{(n)} on each piece: each side of s, cut at the breakpoints.
    breakpoints : array_like or mapping, optional
        Points inside the domain where a coefficient jumps, or between which it is large. g and its first n − 1
        derivatives are continuous there. A mapping names for each point the derivatives that are: ``{0.5: [0, 1, 2]}``
        sets the third one free, as a support does to a beam, and asks for one more condition, the support's
        ``at(0.5, {0: 1.0})``. Where p of −(p f')' jumps from p₋ to p₊, ``{0.5: [0]}`` goes with
        ``at(0.5, {1: p₊}, side="right") - at(0.5, {1: p₋}, side="left")``.
    orthogonal_to : sequence of float or callable, optional
        Functions w_i that g(·, s) must be orthogonal to, ∫ w_i g = 0. Each adds its reaction to the equation,
        L g(·, s) = δ_s − Σ_i μ_i w_i. With a basis of the functions that cost nothing this is the modified Green's
        function, which exists where g does not.
    symmetric : bool
        Whether the problem is self-adjoint, so that g(x, s) = g(s, x). It is checked, and the result is then symmetric
        to the last bit. Distillation needs it. With False any operator is accepted.

    Returns
    -------
    NumericalGreensFunction
        Called as ``green(x, s)``, like the objects of the catalogue.

    Raises
    ------
    ValueError
        If the number of conditions is wrong, a condition lies outside the domain or has order >= n, a coefficient is
        not finite, p_n vanishes, a non-zero function solves L f = 0 under the conditions (then there is no Green's
        function), the degree does not resolve the problem (the message names the jumps it has found), or `symmetric` is
        asked of a problem that is not self-adjoint.

    Examples
    --------
    The simply supported beam, f'''' with f = f'' = 0 at both ends:

    >>> from selfdistill.greens import at, periodic
    >>> ends = [at(end, {j: 1.0}) for end in (0, 1) for j in (0, 2)]
    >>> green = solve([0, 0, 0, 0, 1], ends)
    >>> float(green(0.5, 0.5))  # doctest: +ELLIPSIS
    0.0208333...

    A third support in the middle, where nothing moves any more:

    >>> green = solve([0, 0, 0, 0, 1], [*ends, at(0.5, {0: 1.0})], breakpoints={0.5: [0, 1, 2]})
    >>> abs(float(green(0.5, 0.25))) < 1e-15
    True

    A ring, on functions of mean zero:

    >>> ring = solve([0, 0, -1], periodic(2), orthogonal_to=[1.0])
    >>> round(12 * float(ring(0.3, 0.3)), 12)
    1.0
    """
    a, b = (float(end) for end in domain)
    if not (np.isfinite(a) and np.isfinite(b) and a < b):
        raise ValueError(f"domain must be a bounded interval (a, b) with a < b, got {domain!r}")
    order = len(coefficients) - 1
    if order < 1:
        raise ValueError(f"coefficients must be p_0, ..., p_n with n >= 1, got {len(coefficients)} of them")
    degree = whole(degree, "degree", least=4)
    breaks = _breakpoints(breakpoints, order, (a, b))
    _check(conditions, breaks, order, (a, b))
    green = NumericalGreensFunction(
        tuple(coefficients), tuple(conditions), (a, b), degree, symmetric, breaks, tuple(orthogonal_to)
    )
    green._examine()
    return green


def _breakpoints(
    given: ArrayLike | Mapping[float, Sequence[int]], order: int, domain: tuple[float, float]
) -> dict[float, tuple[int, ...]]:
    """The breakpoints, ascending, each with the derivatives that are continuous there."""
    everything = tuple(range(order))
    points = as_numbers(list(given) if isinstance(given, Mapping) else given, "breakpoints")
    if not np.all((points > domain[0]) & (points < domain[1])):
        raise ValueError(
            f"breakpoints must lie inside the domain ({domain[0]:g}, {domain[1]:g}); they are {points.tolist()}"
        )
    if not isinstance(given, Mapping):
        return dict.fromkeys(np.unique(points).tolist(), everything)
    for point, continuous in given.items():
        if not set(continuous) <= set(everything):
            raise ValueError(
                f"breakpoints must name derivatives from 0 to {order - 1} as continuous; at {point!r} they name "
                f"{list(continuous)}"
            )
    return {float(point): tuple(sorted(set(given[point]))) for point in sorted(given)}


def _check(
    conditions: Sequence[Condition],
    breaks: Mapping[float, tuple[int, ...]],
    order: int,
    domain: tuple[float, float],
) -> None:
    """Raise if the conditions are too many or too few, lie outside the domain, or ask for what the operator lacks."""
    freed = sum(order - len(continuous) for continuous in breaks.values())
    if len(conditions) != order + freed:
        more = f" and {freed} derivatives set free at breakpoints" if freed else ""
        raise ValueError(
            f"conditions must be {order + freed} for an operator of order {order}{more}, got {len(conditions)}; "
            "list one at(point, {derivative: weight}), integral(...) or difference of such for each"
        )
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise ValueError(f"conditions must be made by at, integral or periodic; one is {condition!r}")
        for term in condition.terms:
            if not domain[0] <= term.point <= domain[1]:
                raise ValueError(f"conditions contain one at {term.point!r}, which lies outside the domain {domain!r}")
            if term.derivative >= order:
                raise ValueError(
                    f"conditions contain derivative {term.derivative}; the operator has order {order}, so they may use "
                    f"derivatives up to {order - 1}"
                )
            if term.side is None and term.derivative not in breaks.get(term.point, range(order)):
                raise ValueError(
                    f"conditions contain derivative {term.derivative} at {term.point!r}, where it may jump: say from "
                    'which side, at(..., side="left") or side="right"'
                )


@dataclass(frozen=True, eq=False)
class NumericalGreensFunction:
    r"""A Green's function found by `solve`; call it as ``green(x, s)``.

    The linear systems behind it are those of `selfdistill.greens.collocation`.

    Examples
    --------
    >>> from selfdistill.greens import at
    >>> green = solve([4, 0, -1], [at(0, {0: 1.0}), at(1, {0: 1.0})])
    >>> green.error_estimate() < 1e-12 and green.asymmetry() < 1e-12
    True
    """

    coefficients: tuple[Coefficient, ...]
    conditions: tuple[Condition, ...]
    domain: tuple[float, float]
    degree: int = 32
    symmetric: bool = True
    breakpoints: Mapping[float, tuple[int, ...]] = field(default_factory=dict)
    orthogonal_to: tuple[Coefficient, ...] = ()

    @property
    def period(self) -> float | None:
        """The length of the domain if the conditions are those of `periodic`: then its ends are one point."""
        ring = periodic(len(self.coefficients) - 1, self.domain)
        return self.domain[1] - self.domain[0] if set(ring) == set(self.conditions) else None

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Evaluate g(x, s), broadcasting. One linear system is solved for each distinct s.

        Where g jumps, it is the limit from the left.

        Raises
        ------
        ValueError
            If a point is not finite or lies outside the domain.
        """
        a, b = self.domain
        xi, sigma = np.broadcast_arrays((self._inside(x, "x") - a) / (b - a), (self._inside(s, "s") - a) / (b - a))
        if self.symmetric:  # the same pair, whatever its order, is evaluated in the same way
            xi, sigma = np.maximum(xi, sigma), np.minimum(xi, sigma)
        sources, which = np.unique(sigma, return_inverse=True)
        which = which.reshape(sigma.shape)
        edges = self._problem.edges(sources)[which]
        piece = np.sum(xi[..., None] > edges[..., 1:-1], axis=-1)
        start, stop = (np.take_along_axis(edges, (piece + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
        length = np.where(stop > start, stop - start, 1.0)
        t = np.clip(2.0 * (xi - start) / length - 1.0, -1.0, 1.0)
        chosen = self._problem.solutions(sources)[piece, which]  # (..., m)
        return np.asarray(chebyshev.chebval(t, np.moveaxis(chosen, -1, 0), tensor=False), dtype=np.float64)

    def apply(self, load: Coefficient, x: ArrayLike) -> Array:
        """Return ∫ g(x, s) load(s) ds, the solution of L f = load under the conditions, at points of any shape.

        By Gauss quadrature with degree + 1 nodes between x, the ends and the breakpoints.

        Raises
        ------
        ValueError
            If a point is not finite or lies outside the domain.
        """
        points, (a, b) = self._inside(x, "x"), self.domain
        t, weights = np.polynomial.legendre.leggauss(self.degree + 1)
        edges = self._problem.edges((points.ravel() - a) / (b - a)) * (b - a) + a
        half = np.diff(edges)[..., None] / 2.0
        s = edges[:, :-1, None] + half * (t + 1.0)
        pushed = self(points.reshape(-1, 1, 1), s) * values(load, s)
        return np.asarray(np.sum(half * weights * pushed, axis=(1, 2))).reshape(points.shape)

    def error_estimate(self, points: ArrayLike | None = None) -> float:
        r"""Estimate max |g − exact| over all pairs of the points.

        Twice the largest difference to a solution of twice the degree (32 more at most) on another grid, plus the
        rounding of a linear system of this condition number. The other grid is cut once more, and where a coefficient
        jumps between 65,536 samples: so a step, or a spike wider than that, is seen although no node falls on it.
        Collocation converges exponentially on each piece, so the finer solution is far closer to the truth, and the
        factor two covers its own error.

        Parameters
        ----------
        points : array_like, optional
            Where to compare; 17 Chebyshev points of the domain if left out.
        """
        grid = self._chebyshev(17) if points is None else np.ravel(np.asarray(points, dtype=np.float64))
        difference, size = self._compared(grid)
        return 2.0 * difference + np.finfo(np.float64).eps * self._problem.condition_number * size

    def asymmetry(self) -> float:
        """Return max |g(x, s) − g(s, x)| / max |g| over a grid: rounding if the problem is self-adjoint."""
        a, b = self.domain
        grid = a + (b - a) * (np.arange(9) + 0.5) / 9.0
        gram = replace(self, symmetric=False)(grid[:, None], grid)
        return float(np.max(np.abs(gram - gram.T)) / np.max(np.abs(gram)))

    @cached_property
    def _problem(self) -> Collocation:
        return Collocation(
            self.coefficients, self.conditions, self.domain, self.degree, self.breakpoints, self.orthogonal_to
        )

    def _inside(self, points: ArrayLike, name: str) -> Array:
        return inside(points, self.domain, name, self)

    def _chebyshev(self, count: int) -> Array:
        a, b = self.domain
        return a + (b - a) * (1.0 - np.cos(np.pi * np.arange(count) / (count - 1.0))) / 2.0

    def _compared(self, grid: Array) -> tuple[float, float]:
        """Return the largest difference to the finer solution on the grid, and the size of g there."""
        coarse, fine = self(grid[:, None], grid), self._refined()(grid[:, None], grid)
        return float(np.max(np.abs(coarse - fine))), float(np.max(np.abs(fine)))

    def _refined(self) -> NumericalGreensFunction:
        a, b = self.domain
        smooth = tuple(range(len(self.coefficients) - 1))
        cuts = dict.fromkeys((*self._jumps, a + (b - a) * OFFSET), smooth) | dict(self.breakpoints)
        return replace(self, degree=min(2 * self.degree, self.degree + 32), breakpoints=cuts)

    @cached_property
    def _jumps(self) -> tuple[float, ...]:
        return find_jumps([*self.coefficients, *self._weights], self.domain, self._problem.cuts)

    @property
    def _weights(self) -> list[Coefficient]:
        """What stands under the integrals."""
        return [*self.orthogonal_to, *(w for condition in self.conditions for w in condition.densities)]

    def _examine(self) -> None:
        """Raise if the operator degenerates, has a null space, is unresolved, or lacks the symmetry it should have."""
        self._problem.ratios(np.linspace(0.0, 1.0, 257))
        for weight in self._weights:
            if not np.isfinite(values(weight, self._chebyshev(257))).all():
                raise ValueError(
                    "the weights of integral(...) and orthogonal_to must be finite on the domain; one is not"
                )
        if not (condition_number := self._problem.condition_number) < SINGULAR:
            raise ValueError(
                f"conditions leave the operator singular (condition number {condition_number:.1e}): a non-zero "
                "function satisfies L f = 0 and every condition, so no Green's function exists. Hold the function "
                "somewhere, add a positive multiple of f to L, or name the functions that cost nothing in orthogonal_to"
            )
        error, size = self._compared(self._chebyshev(9))
        if not error < RESOLVED * size:
            remedy = f"Name the jumps of the coefficients: breakpoints={list(self._jumps)}"
            raise ValueError(
                f"degree = {self.degree} does not resolve this problem: on a finer grid g changes by "
                f"{error / size:.1e} of max |g|. {remedy if self._jumps else 'Raise degree'}"
            )
        if self.symmetric and not (asymmetry := self.asymmetry()) < ASYMMETRY:
            inner = sorted(set(self._problem.cuts) - set(self.breakpoints))
            support = f". A condition at {inner[:1]} is a support if derivative n - 1 is free there: see breakpoints"
            raise ValueError(
                f"coefficients and conditions are not self-adjoint: g(x, s) and g(s, x) differ by "
                f"{asymmetry:.1e} of max |g|. A regulariser is self-adjoint: write it as an energy, integrate by parts "
                "and expand, e.g. ∫ p (f')² + q f² gives L f = q f − p' f' − p f'', coefficients [q, −p', −p]. "
                f"Or pass symmetric=False if you want this g all the same{support if inner else ''}"
            )
