"""Choose the multiplier and the round from the labels alone, with the best single fit beside them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import statistics
from .kernel import Array, Kernel, as_kernel, as_numbers, as_points, weight_roots
from .nullspace import NullSpace
from .recursion import shrinkage
from .spectrum import Spectrum, reduced

ROUNDS = 16  # fits tried with each multiplier
DECADES = (-8.0, 2.0)  # multipliers tried, in units of d_max; below, half of the digits of a fit are gone
PER_DECADE = 8
RULES = ("marginal", "sure", "cv", "gcv")
DISAGREE = 0.1  # of the cross-validation error, and two standard errors
NOTHING = 0.05  # a fit that keeps less than this of the strongest mode has found no signal


class ChoiceWarning(UserWarning):
    """A choice that should not be trusted as it is; `Choice.notes` says why."""


@dataclass(frozen=True)
class Candidate:
    """One multiplier, the same in every round, and one round, with its score."""

    multiplier: float
    round: int
    score: float


@dataclass(frozen=True)
class Choice:
    """What `choose` found.

    Attributes
    ----------
    rule : str
        The score that was minimised.
    multiplier : float
        c of every round.
    round : int
        The best round t; t = 0 is a single fit. Distil with ``multiplier=c, rounds=t + 1``.
    score : float
        Its score; smaller is better.
    by_round : tuple of Candidate
        The best multiplier of each round.
    noise : float
        Variance of the noise: as given, or that of the single fit with the largest marginal likelihood.
    notes : tuple of str
        Why the choice should not be trusted as it is; empty if nothing was seen.
    multipliers : ndarray, shape (C,)
        The multipliers tried, equally spaced in log c.
    scores : ndarray, shape (R, C)
        The table of scores: row t is round t.
    """

    rule: str
    multiplier: float
    round: int
    score: float
    by_round: tuple[Candidate, ...] = field(repr=False)
    noise: float
    notes: tuple[str, ...]
    multipliers: Array = field(repr=False)
    scores: Array = field(repr=False)

    @property
    def single(self) -> Candidate:
        """The best single fit by the same rule, to compare with before you distil."""
        return self.by_round[0]


def choose(
    green: Kernel,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rule: str = "marginal",
    rounds: bool = True,
    noise: float | None = None,
    weights: ArrayLike | None = None,
    null: Any = None,
) -> Choice:
    """Choose the multiplier c and the round t of self-distillation with one multiplier, without test data.

    It tries 81 multipliers from 1e-8 to 100 times the largest eigenvalue, in rounds 0 to 15, on one
    eigendecomposition.

    Parameters
    ----------
    green : callable
        g(x, s), as for `distill`.
    x : array_like, shape (K,) or (K, p)
    y : array_like, shape (K,) or (K, m)
        Labels; several outputs share the multiplier and the round, and their scores are added.
    rule : {"marginal", "sure", "cv", "gcv"}
        The score, see `selfdistill.statistics`: negative log marginal likelihood; unbiased risk estimate with `noise`;
        mean squared leave-one-out error, by a shortcut that is exact for round 0 only; generalised cross-validation. A
        candidate costs O(K) operations, with "cv" O(K²).
    rounds : bool
        False: single fits alone.
    noise : float, optional
        Variance of the noise, for "sure"; without it, that of the single fit with the largest marginal likelihood. With
        weights, that of a label of the mean weight, noise/w_k being the variance of label k.
    weights, null : optional
        As for `distill`, and to be given to it with the choice. The scores are those of the labels W^{1/2} y without
        their null part, in K - q coordinates; errors of left-out points are weighted.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        For an unknown rule, fewer than three points, labels that are all zero (or nothing but null functions), a kernel
        that vanishes at all points, a noise that is not positive, a point that alone determines a null function and so
        cannot be left out, or data that `distill` would refuse.

    Warns
    -----
    ChoiceWarning
        If marginal likelihood and cross-validation disagree by much about the single fit: the leave-one-out error of
        the one's choice exceeds that of the other's by 10 % and by two standard errors. Then the kernel says something
        about the labels that the labels do not confirm; prefer rule="cv". Also if the choice sees no
        noise in the labels, or no signal.

    Notes
    -----
    Measured on many data sets, the chosen round hardly beats the chosen single fit; see the chapter on choosing.

    Examples
    --------
    >>> import numpy as np, selfdistill as sd
    >>> data = sd.datasets.noisy_sine(40, 0.5, rng=np.random.default_rng(1))
    >>> choice = sd.choose(sd.greens.BrownianBridge(), data.x, data.y)
    >>> path = sd.distill(
    ...     sd.greens.BrownianBridge(), data.x, data.y, multiplier=choice.multiplier, rounds=choice.round + 1
    ... )
    >>> len(path) == choice.round + 1
    True
    """
    if rule not in RULES:
        raise ValueError(f"rule must be one of {', '.join(RULES)}; it is {rule!r}")
    if not isinstance(rounds, bool):
        raise ValueError(f"rounds is True (try the rounds 0 to {ROUNDS - 1}) or False (single fits); it is {rounds!r}")
    if noise is not None and not (np.isfinite(noise) and noise > 0):
        raise ValueError(f"noise is a variance, finite and positive; it is {noise!r}")
    points = as_points(x, green=green, least=3)
    labels = _labels(points, y)
    roots = None if weights is None else weight_roots(weights, len(points))
    space = NullSpace.of(as_kernel(green), null, points, roots)
    spectrum = reduced(as_kernel(green), points, roots, space)
    if space is not None:
        labels = _rest(space, labels, roots)
    if np.max(spectrum.eigenvalues, initial=0.0) == 0:
        raise ValueError("the kernel vanishes at all points: there is nothing to choose. Move the points.")
    unit = float(np.max(np.abs(labels)))
    z = spectrum.coordinates(labels / unit)  # labels of any size: scores of their squares stay in range
    multipliers = spectrum.eigenvalues[-1] * grid()
    (single,) = lost_parts(spectrum.eigenvalues, multipliers, 1)
    likeliest = int(np.argmin(statistics.marginal(single, z)))
    level = noise / unit**2 if noise is not None else float(statistics.noise_level(single[likeliest], z))
    score = scorer(rule, spectrum, z, level)
    tried = lost_parts(spectrum.eigenvalues, multipliers, ROUNDS if rounds else 1)
    scores = np.array([score(lost) for lost in tried])
    notes = [_disagreement(spectrum, z, single, likeliest)]
    scores = scores + len(z) * np.log(unit) if rule == "marginal" else scores * unit**2
    columns = np.argmin(scores, axis=1)
    by_round = tuple(Candidate(float(multipliers[j]), t, float(scores[t, j])) for t, j in enumerate(columns.tolist()))
    best = min(by_round, key=lambda candidate: candidate.score)
    notes.append(_extreme(best, multipliers, spectrum.eigenvalues[-1]))
    found = tuple(note for note in notes if note)
    for note in found:
        warnings.warn(note, ChoiceWarning, stacklevel=2)
    return Choice(rule, best.multiplier, best.round, best.score, by_round, level * unit**2, found, multipliers, scores)


def grid() -> Array:
    """The multipliers tried, in units of the largest eigenvalue, shape (C,)."""
    low, high = DECADES
    return 10.0 ** np.linspace(low, high, round((high - low) * PER_DECADE) + 1)


def lost_parts(d: ArrayLike, multipliers: ArrayLike, rounds: int) -> Iterator[Array]:
    """1 - (d/(d + c))^{t+1} for each multiplier, shape (C, K), for the rounds t = 0, 1, ... one after the other.

    What a round loses, with c in every round.
    """
    log_kept = shrinkage(np.asarray(d, dtype=float), 1.0 / np.asarray(multipliers, dtype=float))[1]
    for t in range(rounds):
        yield -np.expm1((t + 1) * log_kept)


def scorer(rule: str, spectrum: Spectrum, z: Array, noise: float) -> Callable[[Array], Array]:
    """The rule as a function from lost parts, shape (C, K), to scores, shape (C,)."""
    if rule == "marginal":
        return lambda lost: statistics.marginal(lost, z)
    if rule == "sure":
        return lambda lost: statistics.ubre(lost, z, noise)
    if rule == "gcv":
        return lambda lost: statistics.gcv(lost, z)
    return lambda lost: np.mean(
        statistics.leave_one_out(spectrum.eigenvectors, lost, z).reshape(len(lost), -1) ** 2, axis=1
    )


def _rest(space: NullSpace, labels: Array, roots: Array | None) -> Array:
    """The labels without their null part; ValueError if nothing is left, or if a point cannot be left out."""
    leverage = np.sum(space.basis**2, axis=1)
    if np.max(leverage) > 1.0 - 1e-10:
        raise ValueError(
            f"a null function is determined by point {int(np.argmax(leverage))} alone: without it there is no fit, and "
            "nothing to compare. Drop the point, or that function."
        )
    wide = np.ones(len(labels)) if roots is None else roots
    rest = space.without((labels.T * wide).T)
    if np.linalg.norm(rest) <= 1e-13 * np.linalg.norm(labels):
        raise ValueError("the labels are null functions, to rounding: the least-squares fit meets them all")
    return np.asarray((rest.T / wide).T)


def _labels(points: Array, y: ArrayLike) -> Array:
    labels = as_numbers(y, "y")
    if labels.ndim not in (1, 2) or len(labels) != len(points) or labels.size == 0:
        raise ValueError(
            f"y must have shape (K,) or (K, m) with K = {len(points)} as in x; it has shape {labels.shape}"
        )
    if not np.any(labels):
        raise ValueError("all labels are zero: every fit is zero, and there is nothing to choose")
    return labels


def _disagreement(spectrum: Spectrum, z: Array, single: Array, likeliest: int) -> str:
    """Compare the single fits that marginal likelihood and leave-one-out choose, by their leave-one-out errors."""
    errors = statistics.leave_one_out(spectrum.eigenvectors, single, z) ** 2
    errors = errors.reshape(*errors.shape[:2], -1).sum(axis=2)  # (C, K), summed over outputs
    means = errors.mean(axis=1)
    validated = int(np.argmin(means))
    difference = errors[likeliest] - errors[validated]
    if np.mean(difference) <= DISAGREE * means[validated]:
        return ""
    if np.mean(difference) <= 2.0 * np.std(difference, ddof=1) / np.sqrt(len(difference)):
        return ""
    return (
        f"marginal likelihood and cross-validation disagree: the single fit that the one chooses has a leave-one-out "
        f"error {means[likeliest] / means[validated] - 1:.0%} above that of the other's. The kernel may not suit the "
        f"labels; try another, or rule='cv'."
    )


def _extreme(best: Candidate, multipliers: Array, largest: float) -> str:
    """Labels in which no noise, or no signal, is seen."""
    if best.multiplier == multipliers[0]:
        return (
            f"no noise is seen in the labels: the best multiplier is the smallest one tried, {best.multiplier:.3g}, "
            f"and the fit interpolates."
        )
    strongest = (largest / (largest + best.multiplier)) ** (best.round + 1)
    if strongest < NOTHING:
        return (
            f"no signal is seen in the labels: the fit keeps {strongest:.1%} of the strongest mode, "
            f"and less of all others."
        )
    return ""
