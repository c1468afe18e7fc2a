"""The loop with a share of the labels mixed in (alpha), or with imitation weights (xi): one family, alpha = 1 - xi.

`distill` keeps promises that a mixture breaks: its multipliers grow, its factors are products between 0 and 1, and once
a fit is zero it stays zero. So the mixed loop is a call of its own; it returns a `Distillation` all the same, which
predicts like any other. Which weights are best is asked in `selfdistill.imitation`.

Sources: K. Borup and L. N. Andersen (2021) for alpha; R. Das and S. Sanghavi (2023), D. Pareek, S. S. Du and S. Oh
(2024), H. Dang, P. Patil and A. Rinaldo (2026) for xi.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import accuracy, secular
from .distillation import AccuracyWarning, Distillation
from .kernel import Array, Kernel, as_kernel, as_numbers, as_points, number, positive, whole
from .problem import DENSE, Problem, Solution, whole_fits
from .recursion import Rounds, kept, magnitudes
from .spectrum import Spectrum, at_floor, reduced
from .values import seal

__all__ = ["WeightedDistillation", "distill_weighted"]


@dataclass(frozen=True, eq=False)
class WeightedDistillation(Distillation):
    """All rounds of a weighted loop, as `distill_weighted` returns them.

    It is a `Distillation`: ``path(grid)``, ``predict``, ``energies``, ``spectrum`` mean the same. Three things differ.
    A fit may be zero although a later one is not, for its target brings the labels back; such a fit counts as a round,
    with the multiplier infinity. The factors of the labels may have any sign, so there is no `log_shrinkage` but
    `factors`. And nothing is known of rounds beyond those asked for.

    Attributes
    ----------
    targets : ndarray, shape (N + 1, K) or (N + 1, K, m)
        The labels y_0, then the predictions f_0(X), ..., f_{N-1}(X).
    imitation : ndarray, shape (rounds,)
        xi_t, the weight of the predictions in what round t is fitted to, for the rounds asked for; xi_0 = 0. The share
        of the labels is alpha_t = 1 - xi_t.
    collapsed : bool
        True if the path is shorter than asked for, because all the fits left are zero.
    """

    imitation: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def mixtures(self) -> Array:
        """What each round was fitted to, (1 - xi_t) y_0 + xi_t f_{t-1}(X), shape (N, K) or (N, K, m)."""
        labels, fits = self.targets[0], self.targets[:-1]
        xi = self.imitation[: len(self)].reshape(-1, *[1] * labels.ndim)
        return np.asarray((1.0 - xi) * labels + xi * fits)

    @property
    def factors(self) -> Array:
        """h_t(d_k) = A_t (1 - xi_t + xi_t h_{t-1}) with A_t = d/(d + c_t): f_t keeps h_t z_0; shape (N, K).

        With a null space of dimension q there are K - q, and z_0 has no null part.
        """
        h, rows = np.zeros(len(self.spectrum.eigenvalues)), []
        for xi, c in zip(self.imitation, self.multipliers, strict=False):
            h = _kept(self.spectrum.eigenvalues, c) * (1.0 - xi + xi * h)
            rows.append(h)
        return np.array(rows).reshape(len(self), len(self.spectrum.eigenvalues))

    @property
    def log_shrinkage(self) -> Array:
        """Raises ValueError: the factors of weighted rounds may be negative; see `factors`."""
        raise ValueError("weighted rounds have no log_shrinkage: their factors may have any sign. Use path.factors.")

    @property
    def ratios(self) -> Array:
        """||m_t||/sqrt(K·epsilon) of the mixtures m_t, shape (N,); f_t is non-zero exactly if it exceeds 1.

        In general ||W^{1/2}(m_t - null_fit)||/sqrt(K·epsilon), as in `Distillation`.
        """
        if np.isnan(self.epsilon):
            raise ValueError("the multiplier of this path was fixed, so there is no epsilon to compare with")
        rest = (self.mixtures - self.null_fit).reshape(len(self), len(self.x), -1)
        norms = np.sqrt(np.sum(self.data_weights[:, None] * rest**2, axis=(1, 2)))
        return np.asarray(norms / np.sqrt(len(self.x) * self.epsilon))

    def predict(self, grid: ArrayLike, *, round: int) -> Array:
        """The fit of one round, as in `Distillation`; ValueError beyond the rounds asked for."""
        if whole(round, "round", least=0) >= len(self.imitation):
            raise ValueError(
                f"round = {round} was not asked for: this path has the rounds 0 to {len(self.imitation) - 1}. "
                f"Its further weights are unknown; distil with more rounds."
            )
        return super().predict(grid, round=round)


def distill_weighted(
    green: Kernel,
    x: ArrayLike,
    y: ArrayLike,
    *,
    alpha: ArrayLike | None = None,
    xi: ArrayLike | None = None,
    epsilon: float | None = None,
    multiplier: ArrayLike | None = None,
    rounds: int | None = None,
    weights: ArrayLike | None = None,
    null: Any = None,
) -> WeightedDistillation:
    """Self-distillation with mixed targets: round t is fitted to alpha_t y_0 + (1 - alpha_t) f_{t-1}(X).

    Round 0 is fitted to the labels. One round more turns the filter h into A_t (alpha_t + (1 - alpha_t) h), with
    A_t = D(D + c_t)^{-1}. Imitation weights are the same with alpha_t = 1 - xi_t.

    Parameters
    ----------
    green, x, y
        As for `distill`; up to 10,000 points, for it takes one eigendecomposition.
    alpha : float or array_like, shape (rounds - 1,)
        Share of the labels, any real number: one for all rounds after the first, or one each. 0 is `distill`.
    xi : float or array_like, shape (rounds - 1,)
        In place of alpha, the imitation weight 1 - alpha: 1 is `distill`, 0 repeats the single fit, and -1 after one
        fit is twicing.
    epsilon : float
        Mean squared residual of each round *to its own target*.
    multiplier : float or array_like, shape (rounds,)
        In place of epsilon, the multipliers c > 0: one for all rounds, or one each.
    rounds : int, optional
        How many rounds; may be left out if a list above tells.
    weights, null : optional
        How much each point counts, and functions that cost nothing, as for `distill`. The null part of the labels is
        that of all fits, whatever the weights alpha or xi.

    Returns
    -------
    WeightedDistillation

    Raises
    ------
    InfeasibleError
        If epsilon lies below the floor alpha_t² ||P_0 y||²/K of some round (below ||P_0 y||²/K in round 0).
    ValueError
        For data or options that are no finite numbers, of lengths that do not fit, or of more than 10,000 points; and
        for weights and null functions that `distill` refuses.
    ArithmeticError
        If float64 cannot find the fits to two digits, as for `distill`, or weights so large that they overflow.

    Warns
    -----
    AccuracyWarning
        If the targets are less accurate than nine digits of the labels. Weights beyond [-1, 1] magnify errors.

    Examples
    --------
    >>> import numpy as np, selfdistill as sd
    >>> data = sd.datasets.paper_interior()
    >>> path = sd.distill_weighted(sd.greens.SimplySupportedBeam(), data.x, data.y, alpha=0.25, epsilon=0.01, rounds=60)
    >>> single = sd.distill(sd.greens.SimplySupportedBeam(), data.x, data.y, epsilon=0.01 / 0.25**2, rounds=1)
    >>> bool(np.allclose(path.targets[-1], single.targets[1]))  # where the rounds go to
    True
    """
    points = as_points(x, green=as_kernel(green))
    labels = as_numbers(y, "y")
    if labels.ndim not in (1, 2) or len(labels) != len(points) or labels.size == 0:
        raise ValueError(
            f"y must have shape (K,) or (K, m) with K = {len(points)} as in x; it has shape {labels.shape}"
        )
    if len(points) > DENSE:
        raise ValueError(
            f"weighted rounds take an eigendecomposition of G, up to {DENSE:,} points; x has {len(points):,}. "
            f"Take a part of the points, or distill() without weights."
        )
    if epsilon is not None:
        epsilon = positive(epsilon, "epsilon", "It is a mean squared residual, in the units of y squared.")
    shares, multipliers = _schedule(alpha, xi, epsilon, multiplier, rounds)
    problem = Problem(as_kernel(green), points, labels, epsilon).posed(weights, null)
    spectrum = reduced(problem.green, points, problem.roots, problem.null)
    done = _run(spectrum, problem, shares, multipliers)
    error = _error(spectrum, problem, done, shares)
    if error > accuracy.PROMISE:
        warnings.warn(
            f"the targets of the weighted rounds are accurate to about {error:.1g} of the norm of the labels",
            AccuracyWarning,
            stacklevel=2,
        )
    d, u, fits, parts = spectrum.eigenvalues, spectrum.eigenvectors, [problem.y], [np.zeros((0, *labels.shape))]
    for mixture, c in zip(done.coordinates, done.multipliers, strict=True):
        live = ~spectrum.exact & (d + c > 0)  # beside exact zeros a_t = (D + c)^{-1} m_t; at c = 0 where d > 0
        inverse = np.divide(1.0, d + c, out=np.zeros_like(d), where=live)
        fits.append(u @ (_kept(d, c) * mixture.T).T)
        with np.errstate(over="ignore", invalid="ignore"):
            parts.append((u @ (inverse * mixture.T).T)[None])
        accuracy.check_weights(parts[-1], mixture, np.array([c]))
    reason = "weighted rounds: one eigendecomposition"
    solution = Solution(done, np.stack(fits), np.concatenate(parts), "spectral", reason, error, spectrum)
    targets, coefficients, part = whole_fits(problem, labels, solution)
    return WeightedDistillation(
        green=problem.green,
        x=seal(points),
        epsilon=float("nan") if epsilon is None else epsilon,
        multipliers=seal(done.multipliers),
        targets=seal(targets),
        weights=seal(coefficients),
        collapsed=done.collapsed,
        conditions=seal(done.conditions),
        method=solution.method,
        reason=reason,
        accuracy=error,
        _roots=problem.roots,
        _null=part,
        _spectrum=spectrum,
        imitation=seal(shares),
    )


def _schedule(
    alpha: ArrayLike | None, xi: ArrayLike | None, epsilon: float | None, multiplier: ArrayLike | None, rounds: Any
) -> tuple[Array, Array | None]:
    """Imitation weights xi_0 = 0, xi_1, ... and the multipliers, one for each round; None under the constraint."""
    if (alpha is None) == (xi is None):
        raise ValueError(f"give one of alpha and xi = 1 - alpha; got alpha = {alpha!r}, xi = {xi!r}")
    if (epsilon is None) == (multiplier is None):
        raise ValueError(f"give one of epsilon and multiplier; got epsilon = {epsilon!r}, multiplier = {multiplier!r}")
    name, given = ("alpha", alpha) if xi is None else ("xi", xi)
    shares, listed = _row(given, name), np.ndim(given) == 1  # type: ignore[arg-type]  # one of them is not None
    c = np.zeros(0) if multiplier is None else _row(multiplier, "multiplier")
    several = multiplier is not None and np.ndim(multiplier) == 1
    for value in c:
        positive(value, "multiplier")
    known = {f"{name} has {len(shares)} entries": len(shares) + 1} if listed else {}
    known |= {f"multiplier has {len(c)} entries": len(c)} if several else {}
    known |= {f"rounds = {rounds!r}": whole(rounds, "rounds")} if rounds is not None else {}
    if not known:
        raise ValueError(f"how many rounds? Give rounds=, or lists of {name} (one less) or of multipliers")
    if len(set(known.values())) > 1:
        raise ValueError(
            f"{', '.join(known)}: these do not fit. For n rounds {name} has n - 1 entries, for the first round is "
            f"fitted to the labels, and multiplier has n."
        )
    (count,) = set(known.values())
    later = shares if listed else np.full(count - 1, shares[0])
    weights = np.concatenate([[0.0], 1.0 - later if name == "alpha" else later])
    return weights, None if multiplier is None else c if several else np.full(count, c[0])


def _row(value: ArrayLike, name: str) -> Array:
    """A number, or a row of numbers, as a row."""
    if np.ndim(value) == 0:
        if not np.isfinite(number(value, name)):
            raise ValueError(f"{name} must be finite; it is {value!r}")
        return np.array([number(value, name)])
    row = as_numbers(value, name)
    if row.ndim != 1 or (name == "multiplier" and row.size == 0):
        raise ValueError(f"{name} must be a number, or one number a round; it has shape {row.shape}")
    return row


def _run(spectrum: Spectrum, problem: Problem, weights: Array, multipliers: Array | None) -> Rounds:
    """The rounds in the eigenbasis; `coordinates` are those of the mixtures m_t."""
    d, labels, epsilon = spectrum.eigenvalues, problem.y, problem.epsilon
    z, residual = spectrum.eigenvectors.T @ labels, problem.residual
    floor, cause = float(np.sum(z[spectrum.exact] ** 2)) / len(labels), spectrum.cause
    mixtures, found, conditions, fit, collapsed = [], [], [], np.zeros_like(z), False
    for t, xi in enumerate(weights):
        with np.errstate(over="ignore", invalid="ignore"):
            mixture = (1.0 - xi) * z + xi * fit
        if not np.all(np.isfinite(mixture)):
            raise ArithmeticError(f"the target of round {t} leaves the range of float64. Take smaller weights.")
        if epsilon is not None:
            share = (1.0 - xi) ** 2  # of the floor of the labels: a fit has no part on exact zeros
            words = cause if t == 0 else f"{cause} (round {t} is fitted to {1.0 - xi:g} times the labels)"
            if np.linalg.norm(labels if t == 0 else mixture) <= residual:  # at equality rotated labels may round up
                lam = np.array(0.0)
            elif at_floor(epsilon, share * floor, share * problem.mean_square, words):
                lam = np.array(np.inf)
            else:
                _refuse_unresolved(spectrum, problem, mixture, epsilon)
                lam = secular.solve(d, magnitudes(mixture), residual)
            conditions.append(secular.condition(d, magnitudes(mixture), lam) if lam > 0 else np.inf)
        else:
            assert multipliers is not None  # `_schedule` saw to it
            lam = np.array(1.0 / multipliers[t])
            conditions.append(0.0)
        with np.errstate(divide="ignore"):
            found.append(float(1.0 / lam))
        mixtures.append(mixture)
        fit = (_kept(d, found[-1]) * mixture.T).T
        if lam == 0 and np.all(np.abs(1.0 - weights[t + 1 :]) * np.linalg.norm(labels) <= residual):
            collapsed = True  # the targets left, (1 - xi) y_0, give zero, too
            break
    if collapsed:  # as in `distill`, the zero fit is no round
        mixtures, found, conditions = mixtures[:-1], found[:-1], conditions[:-1]
    return Rounds(np.array(found, dtype=float), np.array(conditions, dtype=float), mixtures, collapsed)


def _refuse_unresolved(spectrum: Spectrum, problem: Problem, mixture: Array, epsilon: float) -> None:
    """Raise UnresolvedError where eigenvalues that rounding hides use up the constraint."""
    if np.any(spectrum.unresolved) and np.sum(mixture[spectrum.null] ** 2) >= len(problem.x) * epsilon:
        d, unresolved, count = spectrum.eigenvalues, spectrum.unresolved, len(problem.x)
        scale = float(np.max(d, initial=problem.null_scale))
        least = accuracy.enough(d, mixture, 0.0, scale=scale, unresolved=unresolved, count=count)
        raise accuracy.UnresolvedError(epsilon, least, "rounding hides some eigenvalues of G")


def _error(spectrum: Spectrum, problem: Problem, done: Rounds, weights: Array) -> float:
    """Estimate of the largest error of a target, relative to the labels.

    A weight magnifies the error before it, and a fixed multiplier shrinks that by its largest factor at least.
    """
    d, unit = spectrum.eigenvalues, float(np.linalg.norm(done.coordinates[0])) if done.coordinates else 0.0
    scale, epsilon = float(np.max(d, initial=problem.null_scale)), problem.epsilon
    total = largest = 0.0
    for mixture, c, xi in zip(done.coordinates, done.multipliers, weights, strict=False):
        own = 0.0
        if np.isfinite(c) and unit > 0:
            one = Rounds(np.array([c]), np.zeros(1), [mixture], collapsed=False)
            own = accuracy.rounding(d, one, scale=scale, unresolved=spectrum.unresolved, fixed=epsilon is None) * float(
                np.linalg.norm(mixture) / unit
            )
        total = own + abs(xi) * total * (float(_kept(d[-1:], c)[0]) if epsilon is None else 1.0)
        largest = max(largest, total)
    if not largest <= accuracy.HOPELESS:
        remedy = "larger multipliers" if epsilon is None else f"an epsilon larger than {epsilon!r}"
        raise ArithmeticError(
            f"no trustworthy weighted rounds: rounding moves the targets by {largest:.1g} of the labels. Take {remedy}"
            f", or weights closer to zero."
        )
    return largest


def _kept(d: Array, c: float) -> Array:
    """d/(d + c): 0 for c infinite, and on zero eigenvalues."""
    with np.errstate(divide="ignore"):
        return kept(d, 1.0 / np.array(c))
