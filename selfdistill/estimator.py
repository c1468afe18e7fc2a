"""Self-distillation as scikit-learn estimators: a regressor and a classifier for tables of numbers.

They need scikit-learn (``pip install selfdistill[sklearn]``); nothing else in the package imports it. Both are thin:
the fit is `distill`, the choice is `choose`, and what is added stands here: a kernel by name, a mean that is taken off
the labels, and one-hot labels for classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .choice import ROUNDS, RULES, Choice, choose
from .distillation import Distillation, distill
from .greens import Radial, median_distance
from .kernel import Array, Kernel, as_kernel, positive, whole

__all__ = ["SelfDistillationClassifier", "SelfDistillationRegressor"]

CONSTANT = 8 * np.finfo(float).eps  # of the largest label: what rounding leaves of constant ones, less their mean


@dataclass(frozen=True, eq=False)
class Lookup:
    """A matrix k(x_j, x_k) as a kernel of the numbers of the points: g(j, k)."""

    matrix: Array

    def __call__(self, x: Array, s: Array) -> Array:
        """Entries of the matrix, for numbers of points as float64."""
        return np.asarray(self.matrix[x.astype(int), s.astype(int)])


class _SelfDistillation(BaseEstimator):
    """What both estimators share: parameters, kernel, choice, path and its values."""

    multiplier_: float
    n_rounds_: int
    choice_: Choice | None
    path_: Distillation

    def __init__(
        self,
        kernel: str | Kernel = "gaussian",
        *,
        length_scale: float | None = None,
        multiplier: float | None = None,
        epsilon: float | None = None,
        rounds: int | None = None,
        rule: str = "marginal",
        fit_intercept: bool = True,
        null: Any = None,
    ) -> None:
        self.kernel = kernel
        self.length_scale = length_scale
        self.multiplier = multiplier
        self.epsilon = epsilon
        self.rounds = rounds
        self.rule = rule
        self.fit_intercept = fit_intercept
        self.null = null

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self._precomputed
        return tags

    @property
    def _precomputed(self) -> bool:
        return isinstance(self.kernel, str) and self.kernel == "precomputed"

    @property
    def _chooses(self) -> bool:
        return self.multiplier is None and self.epsilon is None

    def _distil(self, x: Array, labels: Array, sample_weight: ArrayLike | None) -> None:
        """Everything that is fitted, from checked arrays of shapes (n, p) and (n,) or (n, m)."""
        self._check_options()
        self.rows_, weights = self._distinct(x, labels, sample_weight)
        labels = labels[self.rows_]
        self.kernel_ = self._kernel(x)
        points = self.rows_.astype(float) if self._precomputed else x[self.rows_]
        mean = np.average(labels, axis=0, weights=weights) if self.fit_intercept else np.zeros(labels.shape[1:])
        rest = labels - mean
        self.intercept_ = mean if labels.ndim == 2 else float(mean)
        self.choice_ = None
        multiplier, epsilon, fits = self.multiplier, self.epsilon, self.rounds
        if np.max(np.abs(rest)) <= CONSTANT * np.max(np.abs(labels)):  # nothing to fit: the path that is empty at once
            rest, multiplier, epsilon, fits = np.zeros_like(rest), None, 1.0, 0
        elif self._chooses:
            multiplier, fits = self._choose(points, rest, weights)
        self.n_rounds_ = fits = whole(fits, "rounds", least=int(np.any(rest)))
        self.path_ = distill(
            self.kernel_,
            points,
            rest,
            multiplier=multiplier,
            epsilon=epsilon,
            rounds=fits or None,
            weights=weights,
            null=self.null,
        )
        self.multiplier_ = float(self.path_.multipliers[fits - 1]) if 0 < fits <= len(self.path_) else np.inf

    def _check_options(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"rule must be one of {', '.join(RULES)}; it is {self.rule!r}")
        functions = self.null if isinstance(self.null, (list, tuple)) else [self.null]
        if self.null is not None and (self._precomputed or not functions or not all(map(callable, functions))):
            raise ValueError(
                f"null must be a function of the rows, or several, for predictions need their values elsewhere; with "
                f"kernel='precomputed' there are no rows. null is {self.null!r}, the kernel {self.kernel!r}."
            )
        if not self._chooses and self.rule != "marginal":
            raise ValueError(
                f"rule = {self.rule!r} chooses a multiplier, and one follows from multiplier = {self.multiplier!r}, "
                f"epsilon = {self.epsilon!r}. Give the rule alone, or leave it out."
            )
        if not self._chooses and self.rounds is None:
            raise ValueError(
                "rounds = None lets a rule choose, which chooses the multiplier too: give rounds= beside a multiplier "
                "or an epsilon, or none of the three"
            )

    def _distinct(self, x: Array, labels: Array, sample_weight: ArrayLike | None) -> tuple[NDArray[np.intp], Array]:
        """Rows to fit and their weights: those with a positive weight, and one for all that are equal, label included.

        For the fit a weight is the same as copies. For a choice it is not: equal labels at one point look like a proof
        that there is no noise.
        """
        weights = np.asarray(_check_sample_weight(sample_weight, x), dtype=float)
        if np.any(weights < 0):
            k = int(np.argmax(weights < 0))
            raise ValueError(f"sample_weight must not be negative; sample_weight[{k}] is {weights[k]}")
        counted = np.flatnonzero(weights)
        if len(counted) < self._fewest:
            raise ValueError(f"{len(counted)} rows have a positive sample_weight; at least {self._fewest} are needed")
        whole_rows = np.column_stack([x, labels])[counted]
        _, first, place = np.unique(whole_rows, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        return counted[first[order]], np.asarray(np.bincount(place.ravel(), weights[counted])[order], dtype=float)

    def _kernel(self, x: Array) -> Kernel:
        """The kernel itself; `length_scale_` is set where it has one."""
        self.length_scale_ = None
        if isinstance(self.kernel, str) and not self._precomputed:
            given = self.length_scale
            self.length_scale_ = median_distance(x[self.rows_]) if given is None else positive(given, "length_scale")
            return Radial(self.kernel, self.length_scale_)
        if self.length_scale is not None:
            raise ValueError(
                f"length_scale = {self.length_scale!r} belongs to a kernel by name; this one is "
                f"{self.kernel!r}. Build the length into the kernel."
            )
        if not self._precomputed:
            return as_kernel(self.kernel)
        if x.shape[0] != x.shape[1]:
            raise ValueError(
                f"with kernel='precomputed' fit needs the square matrix k(x_j, x_k) of the training points; "
                f"X has shape {x.shape}"
            )
        return Lookup(x)

    def _choose(self, points: Array, labels: Array, weights: Array) -> tuple[float, int]:
        """The multiplier and the number of fits."""
        fits = None if self.rounds is None else whole(self.rounds, "rounds", most=ROUNDS, remedy="Or give multiplier=.")
        self.choice_ = choice = choose(
            self.kernel_, points, labels, rule=self.rule, rounds=fits != 1, weights=weights, null=self.null
        )
        best = choice if fits is None else choice.by_round[fits - 1]
        return best.multiplier, best.round + 1

    def _asked(self, x: ArrayLike) -> Array:
        check_is_fitted(self)
        return np.asarray(validate_data(self, x, reset=False), dtype=float)

    def _value(self, points: Array, t: int) -> Array:
        """The mean and f_t, at checked points; f_t is zero after the collapse."""
        path = self.path_
        if not self._precomputed:
            return path.predict(points, round=t) + self.intercept_
        weights = path.weights[t] if t < len(path) else np.zeros(path.targets.shape[1:])
        return np.asarray(points[:, self.rows_] @ weights / len(path.x) + self.intercept_)

    def _last(self, x: ArrayLike) -> Array:
        points = self._asked(x)
        return self._value(points, max(0, self.n_rounds_ - 1))

    def _stages(self, x: ArrayLike) -> Iterator[Array]:
        """All rounds, one after the other, from one matrix of the kernel."""
        points = self._asked(x)
        known = () if self._precomputed else self.path_(points)
        for t in range(self.n_rounds_):
            yield known[t] + self.intercept_ if t < len(known) else self._value(points, t)

    @property
    def _fewest(self) -> int:
        return 3 if self._chooses else 1


class SelfDistillationRegressor(RegressorMixin, _SelfDistillation):
    """Regression by self-distillation.

    With x_j the rows of X, K of them, it distils y less its mean, and predicts with one round t:
    f(x) = mean + f_t(x), where f_t(x) = (1/K) sum_k g(x, x_k) a_{t,k} is that of `selfdistill.distill`.

    Parameters
    ----------
    kernel : str or callable
        "gaussian", "matern12", "matern32" or "matern52", see `selfdistill.greens.Radial`; a kernel g(x, s) as for
        `distill`, which for points without a stated domain gets rows, also of one column; or "precomputed": then X is
        the matrix k(x_j, x_k), shape (K, K), without 1/K, and for M other points the matrix of shape (M, K).
    length_scale : float, optional
        Of a kernel by name; None takes the median distance between different rows. The columns of X are taken as they
        are: put a scaler before.
    multiplier, epsilon : float, optional
        c of every round, or the mean squared residual of every round, as in `distill`; then `rounds` must be given.
        With neither, `selfdistill.choose` chooses.
    rounds : int, optional
        Number of fits, so 1 is a kernel ridge regression. None lets the rule choose it, from 1 to 16.
    rule : {"marginal", "sure", "cv", "gcv"}
        How to choose; see `selfdistill.choose`.
    fit_intercept : bool
        Take the mean off the labels before, and add it after. Then rounds shrink towards the mean and not towards zero.
    null : callable or sequence of callables, optional
        Functions that cost nothing, as for `distill`: each takes points as the kernel gets them, rows of shape (M, p),
        to values of shape (M,) or (M, q). The rounds then shrink towards their least-squares fit.

    Attributes
    ----------
    path_ : Distillation
        All rounds, of the labels without their mean.
    n_rounds_ : int
        Number of fits n; the prediction is that of round n - 1. 0 for constant labels.
    multiplier_ : float
        c of the last of them; inf where it is zero, after the collapse or with constant labels.
    choice_ : Choice or None
        What `choose` found, with the best single fit beside it.
    kernel_ : callable
    length_scale_ : float or None
    intercept_ : float or ndarray, shape (m,)
        The mean that was taken off.
    rows_ : ndarray of int
        Rows of X that are fitted: those with a positive weight, and the first of those that are equal.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from selfdistill.estimator import SelfDistillationRegressor
    >>> rng = np.random.default_rng(1)
    >>> X = rng.uniform(-2, 2, (80, 2))
    >>> y = X[:, 0] * X[:, 1] + 0.2 * rng.standard_normal(80)
    >>> model = SelfDistillationRegressor("matern52").fit(X, y)
    >>> model.n_rounds_ == model.choice_.round + 1
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> SelfDistillationRegressor:
        """Choose what is not given, and distil.

        Parameters
        ----------
        X : array_like, shape (K, p) or (K, K) if precomputed
        y : array_like, shape (K,) or (K, m)
            With m outputs one multiplier is shared.
        sample_weight : array_like, shape (K,), optional
            How much each row counts, not negative; a row of weight zero is left out. A row of weight two is a row given
            twice, and only the ratios matter: equal rows, the label included, are taken as one row whose weights are
            added up. For noise of known variances take 1/variance.

        Raises
        ------
        ValueError
            For options that contradict each other, and whatever `choose` and `distill` refuse.
        """
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, ensure_min_samples=self._fewest)
        self._distil(np.asarray(X, dtype=float), np.asarray(y, dtype=float), sample_weight)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """The last of the fits, shape (M,) or (M, m)."""
        return self._last(X)

    def staged_predict(self, X: ArrayLike) -> Iterator[Array]:
        """The fits one after the other, from round 0."""
        yield from self._stages(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class SelfDistillationClassifier(ClassifierMixin, _SelfDistillation):
    """Classification by self-distillation of one-hot labels: the class whose score is largest.

    The label of class i is the unit vector e_i. The m outputs are distilled with one shared multiplier, after the mean
    (the share of each class) is taken off; the loop knows nothing of classes.

    Parameters, and attributes beside the following, are those of `SelfDistillationRegressor`.

    Attributes
    ----------
    classes_ : ndarray, shape (m,)
        The classes, sorted.

    Examples
    --------
    >>> import numpy as np
    >>> from selfdistill.estimator import SelfDistillationClassifier
    >>> X = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> model = SelfDistillationClassifier(multiplier=0.1, rounds=2).fit(X, ["no", "no", "yes", "yes"])
    >>> model.predict([[0.2]]).tolist()
    ['no']
    """

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> SelfDistillationClassifier:
        """Choose what is not given, and distil.

        Parameters
        ----------
        X : array_like, shape (K, p) or (K, K) if precomputed
        y : array_like, shape (K,)
            A class for each row.
        sample_weight : array_like, shape (K,), optional
            As for `SelfDistillationRegressor`.

        Raises
        ------
        ValueError
            As `SelfDistillationRegressor.fit`; also for labels that are no classes.
        """
        X, y = validate_data(self, X, y, ensure_min_samples=self._fewest)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self._distil(np.asarray(X, dtype=float), np.eye(len(self.classes_))[codes], sample_weight)
        return self

    def scores(self, X: ArrayLike) -> Array:
        """The score of each class, shape (M, m): about the share of labels of that class near a point.

        They add up to one, but may leave [0, 1].
        """
        return self._last(X)

    def decision_function(self, X: ArrayLike) -> Array:
        """The scores, shape (M, m); with two classes the second less the first, shape (M,)."""
        values = self.scores(X)
        return values[:, 1] - values[:, 0] if len(self.classes_) == 2 else values

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The class with the largest score, shape (M,)."""
        return self._named(self.scores(X))

    def staged_predict(self, X: ArrayLike) -> Iterator[NDArray[Any]]:
        """The classes by each round, one after the other, from round 0."""
        yield from map(self._named, self._stages(X))

    def _named(self, scores: Array) -> NDArray[Any]:
        return np.asarray(self.classes_[np.argmax(scores, axis=1)])
