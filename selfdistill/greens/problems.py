"""A boundary-value problem whose solution is known, solved in two ways: by its Green's function, and without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.integrate import solve_bvp

from ..kernel import Array
from .conditions import Coefficient, Condition, values
from .numerical import NumericalGreensFunction, solve

__all__ = ["KnownProblem"]


@dataclass(frozen=True, eq=False)
class KnownProblem:
    """L u = load under conditions ℓ_i(u) = targets[i].

    Attributes
    ----------
    name, source, equation : str
        What it is, its file among the Chebfun examples, and L u = load in LaTeX.
    coefficients, conditions, domain, degree, breakpoints, symmetric
        As in `selfdistill.greens.solve`.
    load : float or callable
        The right-hand side.
    targets : tuple of float
        The right-hand sides of the conditions; zeros if left out.
    exact : callable, optional
        The solution, where it has a closed form.
    """

    name: str
    source: str
    equation: str
    coefficients: tuple[Coefficient, ...]
    conditions: Sequence[Condition]
    load: Coefficient
    targets: tuple[float, ...] = ()
    domain: tuple[float, float] = (-1.0, 1.0)
    exact: Callable[[Array], ArrayLike] | None = None
    degree: int = 32
    breakpoints: Mapping[float, Sequence[int]] | Sequence[float] = field(default_factory=tuple)
    symmetric: bool = False

    def green(self) -> NumericalGreensFunction:
        """The Green's function of L under the conditions with zeros on the right."""
        return solve(
            self.coefficients,
            self.conditions,
            domain=self.domain,
            degree=self.degree,
            breakpoints=self.breakpoints,
            symmetric=self.symmetric,
        )

    def solution(self, x: ArrayLike) -> Array:
        """u from the Green's function: u = ψ + ∫ g(x, s) (load − Lψ)(s) ds, with a polynomial ψ that meets the targets.

        The integral knows nothing of collocation: a wrong g gives a wrong u.
        """
        lift = self._lift()

        def rest(s: Array) -> Array:
            applied = [values(p, s) * lift.deriv(j)(s) for j, p in enumerate(self.coefficients)]
            return values(self.load, s) - np.sum(applied, axis=0)

        points = np.asarray(x, dtype=np.float64)
        return np.asarray(lift(points) + self.green().apply(rest, points))

    def reference(self, x: ArrayLike) -> Array:
        """u by its closed form, or by SciPy's solver of boundary-value problems."""
        points = np.asarray(x, dtype=np.float64)
        return np.asarray(self._solve_bvp(points) if self.exact is None else self.exact(points), dtype=np.float64)

    def _lift(self) -> Chebyshev:
        """The smallest polynomial of degree below 2n that meets the targets."""
        order = len(self.coefficients) - 1
        targets = np.array(self.targets or np.zeros(order))
        basis = [Chebyshev.basis(k, domain=self.domain) for k in range(2 * order)]
        matrix = np.array([[_functional(condition, f, self.domain) for f in basis] for condition in self.conditions])
        return Chebyshev(np.linalg.lstsq(matrix, targets)[0], domain=self.domain)

    def _solve_bvp(self, x: Array) -> Array:
        """By `scipy.integrate.solve_bvp`, for a problem whose solution is smooth at its breakpoints.

        The pieces between the cuts are solved side by side on [0, 1]; each integral of a condition is one more unknown.
        """
        order, (a, b) = len(self.coefficients) - 1, self.domain
        inner = {t.point for c in self.conditions for t in c.terms} | set(self.breakpoints)
        cuts = sorted(inner | {a, b})
        densities = [w for condition in self.conditions for w in condition.densities]
        count, size = len(cuts) - 1, order + len(densities)

        def slope(t: Array, state: Array) -> Array:
            out = []
            for (low, high), u in zip(pairwise(cuts), state.reshape(count, size, -1), strict=True):
                s = low + (high - low) * np.clip(t, 1e-14, 1 - 1e-14)  # a coefficient may jump at a cut
                bent = values(self.load, s) - sum(values(p, s) * u[j] for j, p in enumerate(self.coefficients[:-1]))
                inside = [
                    *u[1:order],
                    bent / values(self.coefficients[-1], s),
                    *(values(w, s) * u[0] for w in densities),
                ]
                out.append((high - low) * np.array(inside))
            return np.concatenate(out)

        def residual(left: Array, right: Array) -> Array:
            starts, ends = left.reshape(count, size), right.reshape(count, size)
            joins = [(starts[1:] - ends[:-1]).ravel(), starts[0, order:]]
            held, total = [], iter(ends[-1, order:])
            for condition, target in zip(self.conditions, self.targets or [0.0] * order, strict=True):
                point = [w * (starts[0, j] if c == a else ends[cuts.index(c) - 1, j]) for c, j, w, _ in condition.terms]
                held.append(sum(point) + sum(next(total) for _ in condition.densities) - target)
            return np.concatenate([*joins, held])

        t = np.linspace(0.0, 1.0, 201)
        found = solve_bvp(slope, residual, t, np.zeros((count * size, len(t))), tol=1e-9, max_nodes=100_000)
        if not found.success:
            raise ArithmeticError(f"scipy.integrate.solve_bvp on {self.name!r}: {found.message}")
        piece = np.clip(np.searchsorted(cuts, x) - 1, 0, count - 1)
        start, stop = np.array(cuts)[piece], np.array(cuts)[piece + 1]
        return np.array([found.sol(v)[k * size] for v, k in zip((x - start) / (stop - start), piece, strict=True)])


def _functional(condition: Condition, f: Chebyshev, domain: tuple[float, float]) -> float:
    """ℓ(f) of a polynomial."""
    (a, b), total = domain, sum(weight * f.deriv(j)(point) for point, j, weight, _ in condition.terms)
    for density in condition.densities:
        t, w = np.polynomial.legendre.leggauss(200)
        s = a + (b - a) * (t + 1.0) / 2.0
        total += np.sum(w * values(density, s) * f(s)) * (b - a) / 2.0
    return float(total)
