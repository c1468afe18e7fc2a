r"""Green's functions by computation: for an operator and boundary conditions of your own.

`solve` takes L f = Σ_i p_i(x) f^{(i)} and n conditions at the two ends, and finds g(·, s) by Chebyshev collocation
split at s, where g has its kink: on each side of s the function is smooth, so convergence is exponential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike

from ..kernel import Array, as_numbers, inside, whole

Coefficient = float | Callable[[Array], ArrayLike]

__all__ = [
    "BoundaryCondition",
    "NumericalGreensFunction",
    "at",
    "solve",
]

SINGULAR = 1e12  # a condition number above this: L has a non-zero solution of L f = 0, to the digits float64 has
RESOLVED = 1e-7  # relative; an estimated error beyond is a problem that the degree does not resolve
SAMPLES = 2**16  # a feature of the coefficients narrower than this part of the domain can hide between the samples
JUMPS = 32  # the largest jumps that are looked for
OFFSET = 0.3819660112501051  # where the second grid is split: no simple fraction, on which jumps like to lie
ASYMMETRY = 1e-7  # relative; far above the collocation error of any resolved problem, far below a real asymmetry
BATCH = 2**21  # entries of the dense systems that are solved at once: 16 MB


class BoundaryCondition(NamedTuple):
    """Σ_j weights[j] f^{(j)}(point) = 0."""

    point: float
    weights: Mapping[int, float]


def at(point: float, weights: Mapping[int, float]) -> BoundaryCondition:
    """State one boundary condition, Σ_j weights[j] · f^{(j)}(point) = 0.

    ``at(0, {0: 1.0})`` reads f(0) = 0; ``at(1, {2: 1.0})`` reads f''(1) = 0; ``at(1, {1: 1.0, 0: 3.0})`` reads
    f'(1) + 3 f(1) = 0.

    Raises
    ------
    ValueError
        If a derivative is not a non-negative integer, or the weights are not finite or all zero.

    Examples
    --------
    >>> at(1, {1: 1.0, 0: 3.0})
    BoundaryCondition(point=1.0, weights={1: 1.0, 0: 3.0})
    """
    for order, weight in weights.items():
        if not isinstance(order, (int, np.integer)) or order < 0:
            raise ValueError(f"weights must be keyed by orders of derivatives 0, 1, ...; got the key {order!r}")
        if not np.isfinite(weight):
            raise ValueError(f"weights must be finite; the weight of derivative {order} is {weight!r}")
    if not any(weights.values()):
        raise ValueError(f"weights must contain a non-zero entry, got {dict(weights)!r}: that condition says 0 = 0")
    return BoundaryCondition(float(point), dict(weights))


# --------------------------------------------------------------------------------------------- collocation, split at s


def solve(
    coefficients: Sequence[Coefficient],
    boundary_conditions: Sequence[BoundaryCondition],
    *,
    domain: tuple[float, float] = (0.0, 1.0),
    degree: int = 32,
    breakpoints: ArrayLike = (),
    symmetric: bool = True,
) -> NumericalGreensFunction:
    r"""Find the Green's function of a linear differential operator.

    Solves L g(·, s) = δ_s with L f = p_0 f + p_1 f' + ... + p_n f^{(n)} under n boundary conditions: L g = 0 on
    either side of s, g and its first n − 2 derivatives continuous at s, and a jump of 1/p_n(s) in derivative n − 1.

    Parameters
    ----------
    coefficients : sequence of float or callable
        p_0, ..., p_n; a callable takes an array of points and returns an array of the same shape.
    boundary_conditions : sequence of BoundaryCondition
        n of them, each made by `at` at one end of the domain.
    domain : (float, float)
        The interval.
    degree : int
        Degree of the polynomial that stands for g^{(n)} on each piece: each side of s, cut at the breakpoints.
    breakpoints : array_like, optional
        Points inside the domain where a coefficient jumps, or between which it is large. g and its first n − 1
        derivatives are continuous there. (Where p of −(p f')' jumps, p f' is continuous and f' is not: that is another
        problem, and not solved here.)
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
        If the number of conditions is not n, a condition is not at an end or of order >= n, a coefficient is not
        finite, p_n vanishes, a non-zero function solves L f = 0 under the conditions (then there is no Green's
        function), the degree does not resolve the problem (the message names the jumps it has found), or `symmetric` is
        asked of a problem that is not self-adjoint.

    Examples
    --------
    The simply supported beam, f'''' with f = f'' = 0 at both ends:

    >>> ends = [at(end, {j: 1.0}) for end in (0, 1) for j in (0, 2)]
    >>> green = solve([0, 0, 0, 0, 1], ends)
    >>> float(green(0.5, 0.5))  # doctest: +ELLIPSIS
    0.0208333...
    """
    a, b = (float(end) for end in domain)
    if not (np.isfinite(a) and np.isfinite(b) and a < b):
        raise ValueError(f"domain must be a bounded interval (a, b) with a < b, got {domain!r}")
    order = len(coefficients) - 1
    if order < 1:
        raise ValueError(f"coefficients must be p_0, ..., p_n with n >= 1, got {len(coefficients)} of them")
    degree = whole(degree, "degree", least=4)
    breaks = np.unique(as_numbers(breakpoints, "breakpoints"))
    if not np.all((breaks > a) & (breaks < b)):
        raise ValueError(f"breakpoints must lie inside the domain ({a:g}, {b:g}); they are {breaks.tolist()}")
    if len(boundary_conditions) != order:
        raise ValueError(
            f"boundary_conditions must be {order} for an operator of order {order}, got {len(boundary_conditions)}; "
            "list one at(end, {derivative: weight}) for each"
        )
    for condition in boundary_conditions:
        if condition.point not in (a, b):
            raise ValueError(
                f"boundary_conditions contains one at {condition.point!r}; each must stand at an end of {domain!r}"
            )
        if max(condition.weights) >= order:
            raise ValueError(
                f"boundary_conditions contains derivative {max(condition.weights)}; the operator has order {order}, "
                f"so conditions may use derivatives up to {order - 1}"
            )
    green = NumericalGreensFunction(
        tuple(coefficients), tuple(boundary_conditions), (a, b), degree, symmetric, tuple(breaks.tolist())
    )
    green._examine()
    return green


class _Side(NamedTuple):
    """The integration matrices of one side of s, on the Chebyshev points t of [−1, 1]."""

    nodes: Array  # (m,)
    integrals: Array  # (n + 1, m, m): [k] maps values of u to values of its k-fold integral from t = −1
    powers: Array  # (n, m): [k] = (t + 1)^k / k!
    coefficients: Array  # (m, m): values at the nodes to Chebyshev coefficients


def _side(order: int, degree: int) -> _Side:
    nodes = -np.cos(np.pi * np.arange(degree + 1) / degree)
    to_coefficients: Array = np.asarray(np.linalg.inv(chebyshev.chebvander(nodes, degree)), dtype=np.float64)
    integrals = [
        chebyshev.chebvander(nodes, degree + k) @ chebyshev.chebint(np.eye(degree + 1), m=k, lbnd=-1) @ to_coefficients
        for k in range(order + 1)
    ]
    powers = [(nodes + 1.0) ** k / factorial(k) for k in range(order)]
    return _Side(nodes, np.array(integrals), np.array(powers), to_coefficients)


@dataclass(frozen=True, eq=False)
class NumericalGreensFunction:
    r"""A Green's function found by `solve`; call it as ``green(x, s)``.

    How: the domain is scaled to length one. On each side of s the unknowns are the values of u = g^{(n)} at Chebyshev
    points and the n numbers g^{(j)} at the left end of that side. Integrating u gives every lower derivative, so the
    equations L g = 0 (at each node), the boundary conditions and the matching at s are linear in them; and because
    one integrates instead of differentiating, the linear system stays well conditioned.

    Examples
    --------
    >>> green = solve([4, 0, -1], [at(0, {0: 1.0}), at(1, {0: 1.0})])
    >>> green.error_estimate() < 1e-12 and green.asymmetry() < 1e-12
    True
    """

    coefficients: tuple[Coefficient, ...]
    boundary_conditions: tuple[BoundaryCondition, ...]
    domain: tuple[float, float]
    degree: int = 32
    symmetric: bool = True
    breakpoints: tuple[float, ...] = ()

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Evaluate g(x, s), broadcasting. One linear system is solved for each distinct s.

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
        edges = self._edges(sources)[which]
        piece = np.sum(xi[..., None] >= edges[..., 1:-1], axis=-1)
        start, stop = (np.take_along_axis(edges, (piece + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
        length = np.where(stop > start, stop - start, 1.0)
        t = np.clip(2.0 * (xi - start) / length - 1.0, -1.0, 1.0)
        chosen = self._pieces(sources)[piece, which]  # (..., m)
        return np.asarray(chebyshev.chebval(t, np.moveaxis(chosen, -1, 0), tensor=False), dtype=np.float64)

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
        return 2.0 * difference + np.finfo(np.float64).eps * self._condition * size

    def _chebyshev(self, count: int) -> Array:
        a, b = self.domain
        return a + (b - a) * (1.0 - np.cos(np.pi * np.arange(count) / (count - 1.0))) / 2.0

    def _compared(self, grid: Array) -> tuple[float, float]:
        """Return the largest difference to the finer solution on the grid, and the size of g there."""
        coarse, fine = self(grid[:, None], grid), self._refined()(grid[:, None], grid)
        return float(np.max(np.abs(coarse - fine))), float(np.max(np.abs(fine)))

    def asymmetry(self) -> float:
        """Return max |g(x, s) − g(s, x)| / max |g| over a grid: rounding if the problem is self-adjoint."""
        a, b = self.domain
        grid = a + (b - a) * (np.arange(9) + 0.5) / 9.0
        values = replace(self, symmetric=False)(grid[:, None], grid)
        return float(np.max(np.abs(values - values.T)) / np.max(np.abs(values)))

    def _refined(self) -> NumericalGreensFunction:
        a, b = self.domain
        cuts = {*self.breakpoints, *self._jumps, a + (b - a) * OFFSET}
        return replace(self, degree=min(2 * self.degree, self.degree + 32), breakpoints=tuple(sorted(cuts)))

    @cached_property
    def _jumps(self) -> tuple[float, ...]:
        """Where a coefficient jumps between two samples, by bisection to the last digit; none that is named."""
        a, b = self.domain
        x = a + (b - a) * np.arange(SAMPLES + 1) / SAMPLES
        found: list[float] = []
        for coefficient in self.coefficients:
            if not callable(coefficient):
                continue
            values = _values(coefficient, x)
            step = np.abs(np.diff(values))
            named = np.searchsorted(x, self.breakpoints) - 1
            step[np.clip(np.concatenate([named, named + 1]), 0, SAMPLES - 1)] = 0.0
            largest = np.argsort(step)[::-1][:JUMPS]
            largest = largest[step[largest] > 1e-6 * np.max(np.abs(values))]
            low, high = x[largest], x[largest + 1]
            for _ in range(64):  # halves of 1/65,536 of the domain: float64 ends first
                middle = (low + high) / 2.0
                below, inner, above = (_values(coefficient, points) for points in (low, middle, high))
                left = np.abs(inner - below) >= np.abs(above - inner)
                low, high = np.where(left, low, middle), np.where(left, middle, high)
            jump = np.abs(_values(coefficient, high) - _values(coefficient, low)) > 0.1 * step[largest]
            found += [float(min(pair, key=lambda end: len(repr(end)))) for pair in np.stack([low, high], 1)[jump]]
        return tuple(sorted({point for point in found if a < point < b}))

    # -- the linear systems

    @cached_property
    def _matrices(self) -> _Side:
        return _side(len(self.coefficients) - 1, self.degree)

    @cached_property
    def _condition(self) -> float:
        """Condition number of the linear system with s in the middle, its rows and columns scaled to maximum one."""
        matrix = self._systems(np.array([0.5]))[0][0]
        matrix = matrix / np.max(np.abs(matrix), axis=1, keepdims=True)
        return float(np.linalg.cond(matrix / np.max(np.abs(matrix), axis=0)))

    def _edges(self, sigma: Array) -> Array:
        """Return the ends of the pieces of each source, shape (S, P + 1), on the scaled domain."""
        a, b = self.domain
        cuts = (np.array([a, *self.breakpoints, b]) - a) / (b - a)
        return np.sort(np.column_stack([np.tile(cuts, (len(sigma), 1)), sigma]), axis=1)

    def _one_sided(self, xi: Array, start: Array, stop: Array) -> Array:
        """Return nodes of a piece, those on a breakpoint moved into the piece: there a coefficient may jump."""
        a, b = self.domain
        margin = 8.0 * np.finfo(np.float64).eps * max(1.0, abs(a), abs(b)) / min(1.0, b - a)
        inner = np.minimum(margin, (stop - start) / 4.0)
        low, high = (np.where((end > 0.0) & (end < 1.0), inner, 0.0) for end in (start, stop))
        return np.clip(xi, (start + low)[:, None], (stop - high)[:, None])

    def _ratios(self, xi: Array) -> tuple[Array, Array]:
        """Return p_j/p_n for j < n, and p_n, at points of the scaled domain, shapes (n, ...) and (...)."""
        a, b = self.domain
        x = np.clip(a + (b - a) * xi, a, b)
        values = []
        for j, coefficient in enumerate(self.coefficients):
            value = _values(coefficient, x) * (b - a) ** -float(j)  # d/dx = (1/width) d/dξ
            if not np.isfinite(value).all():
                where = float(x[~np.isfinite(value)].flat[0])
                raise ValueError(f"coefficients[{j}] must be finite; at x = {where!r} it is not")
            values.append(value)
        leading = values[-1]
        small = np.abs(leading) <= 1e-13 * np.max(np.abs(leading))
        if small.any() or leading.min() < 0.0 < leading.max():
            where = float(x.flat[int(np.argmin(np.abs(leading)))])
            raise ValueError(
                f"coefficients[{len(values) - 1}], the leading one, vanishes near x = {where:.3g}; there the operator "
                "loses its order, and this solver needs it non-zero on the whole domain"
            )
        return np.array(values[:-1]) / leading, leading

    def _systems(self, sigma: Array) -> tuple[Array, Array]:
        """Return the matrices and right-hand sides for sources sigma (S,): shapes (S, M, M) and (S, M)."""
        a, b = self.domain
        n, side = len(self.coefficients) - 1, self._matrices
        m, edges = len(side.nodes), self._edges(sigma)
        unknowns, count = m + n, edges.shape[1] - 1  # of one piece: u at the nodes, then g^{(j)} at its left end
        matrix = np.zeros((len(sigma), count * unknowns, count * unknowns))
        derivatives = []  # of each piece: (n + 1, S, m, unknowns)
        for k in range(count):
            start, stop = edges[:, k], edges[:, k + 1]
            half = ((stop - start) / 2.0)[:, None]
            rows = np.zeros((n + 1, len(sigma), m, unknowns))
            for j in range(n + 1):
                rows[j, :, :, :m] = half[..., None] ** (n - j) * side.integrals[n - j]
                for i in range(j, n):
                    rows[j, :, :, m + i] = half ** (i - j) * side.powers[i - j]
            derivatives.append(rows)
            ratios, _ = self._ratios(self._one_sided(start[:, None] + half * (side.nodes + 1.0), start, stop))
            equation = rows[n] + np.einsum("jsm,jsmu->smu", ratios, rows[:n])
            matrix[:, k * m : (k + 1) * m, k * unknowns : (k + 1) * unknowns] = equation
        row = count * m
        for condition in self.boundary_conditions:
            scale = max(abs(weight) * (b - a) ** -float(j) for j, weight in condition.weights.items())
            for j, weight in condition.weights.items():
                relative = weight * (b - a) ** -float(j) / scale
                if condition.point == a:
                    matrix[:, row, :unknowns] += relative * derivatives[0][j, :, 0]
                else:
                    matrix[:, row, -unknowns:] += relative * derivatives[-1][j, :, -1]
            row += 1
        for k in range(1, count):  # what g^{(j)} gains from piece k − 1 to piece k
            for j in range(n):
                matrix[:, row, k * unknowns : (k + 1) * unknowns] = derivatives[k][j, :, 0]
                matrix[:, row, (k - 1) * unknowns : k * unknowns] = -derivatives[k - 1][j, :, -1]
                row += 1
        rhs = np.zeros((len(sigma), count * unknowns))
        _, leading = self._ratios(sigma)
        source = np.argmax(edges[:, 1:] >= sigma[:, None], axis=1)  # s is the right end of this piece
        source = np.minimum(source, count - 2)
        last = count * m + n + source * n + n - 1  # the row of derivative n − 1 there
        rhs[np.arange(len(sigma)), last] = 1.0 / (leading * (b - a))  # δ(x − s) = δ(ξ − σ)/width
        return matrix, rhs

    def _pieces(self, sigma: Array) -> Array:
        """Return the Chebyshev coefficients of g(·, s) on the pieces of each source, shape (P, S, m)."""
        n, side = len(self.coefficients) - 1, self._matrices
        m, edges = len(side.nodes), self._edges(sigma)
        unknowns, count = m + n, edges.shape[1] - 1
        pieces = np.empty((count, len(sigma), m))
        size = max(1, BATCH // (count * unknowns) ** 2)
        for first in range(0, len(sigma), size):
            batch = slice(first, first + size)
            matrix, rhs = self._systems(sigma[batch])
            solution = np.linalg.solve(matrix, rhs[..., None])[..., 0]
            for k in range(count):
                own = solution[:, k * unknowns : (k + 1) * unknowns]
                half = ((edges[batch, k + 1] - edges[batch, k]) / 2.0)[:, None]
                values = half**n * (own[:, :m] @ side.integrals[n].T)
                for i in range(n):
                    values += own[:, m + i, None] * half**i * side.powers[i]
                pieces[k, batch] = values @ side.coefficients.T
        return pieces

    # -- the examinations

    def _inside(self, points: ArrayLike, name: str) -> Array:
        return inside(points, self.domain, name, self)

    def _examine(self) -> None:
        """Raise if the operator degenerates, has a null space, is unresolved, or lacks the symmetry it should have."""
        self._ratios(np.linspace(0.0, 1.0, 257))
        if not self._condition < SINGULAR:
            raise ValueError(
                f"boundary_conditions leave the operator singular (condition number {self._condition:.1e}): a non-zero "
                "function satisfies L f = 0 and every condition, so no Green's function exists. Hold the function "
                "somewhere, or add a positive multiple of f to L"
            )
        error, size = self._compared(self._chebyshev(9))
        if not error < RESOLVED * size:
            jumps = [point for point in self._jumps if point not in self.breakpoints]
            remedy = f"Name the jumps of the coefficients: breakpoints={jumps}" if jumps else "Raise degree"
            raise ValueError(
                f"degree = {self.degree} does not resolve this problem: on a finer grid g changes by "
                f"{error / size:.1e} of max |g|. {remedy}"
            )
        if self.symmetric and not (asymmetry := self.asymmetry()) < ASYMMETRY:
            raise ValueError(
                f"coefficients and boundary_conditions are not self-adjoint: g(x, s) and g(s, x) differ by "
                f"{asymmetry:.1e} of max |g|. A regulariser is self-adjoint: write it as an energy, integrate by parts "
                "and expand, e.g. ∫ p (f')² + q f² gives L f = q f − p' f' − p f'', coefficients [q, −p', −p]. "
                "Or pass symmetric=False if you want this g all the same"
            )


def _values(coefficient: Coefficient, x: Array) -> Array:
    """Return a coefficient at the points, of their shape."""
    value = np.asarray(coefficient(x) if callable(coefficient) else coefficient, dtype=np.float64)
    return np.broadcast_to(value, x.shape)
