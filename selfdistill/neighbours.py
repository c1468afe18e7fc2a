r"""Methods next door: students trained by gradient flow, labels replaced while training runs, and a Gaussian process
that uses its labels or its predictions again.

The first two are filters like those of `selfdistill.filters`. The third says of each coordinate what the process
believes, and how wrong it is.

Sources: V. Nagarajan, A. K. Menon, S. Bhojanapalli, H. Mobahi, S. Kumar (2023) for students; B. Dong, J. Hou, Y. Lu, Z.
Zhang (2019) for labels replaced in training; K. Borup and L. N. Andersen (2023) for Gaussian processes. The forms here
are derived in the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from .bounds import stopping_time
from .filters import Filter
from .kernel import Array, as_numbers, positive, whole
from .values import Value

__all__ = ["Belief", "Relabelled", "Students", "believe"]

WAYS = ("labels", "kept", "replaced")


@dataclass(frozen=True)
class Students(Filter):
    """Gradient flow on the predictions of gradient flow, and so on: h(d) = prod_i (1 - exp(-times_i d)).

    One time is a teacher without a student.

    Examples
    --------
    >>> pair = Students((1.0, 2.0))
    >>> pair([1.0]).round(6)
    array([0.546572])
    >>> pair.stop([0.1, 1.0, 10.0]).round(4)  # when a single flow keeps as much
    array([0.174 , 0.7909, 1.    ])
    """

    times: tuple[float, ...] | Array
    name: ClassVar[str] = "gradient flow, taught by gradient flow"
    formula: ClassVar[str] = r"\prod_i \bigl(1 - e^{-\tau_i d}\bigr)"

    def __post_init__(self) -> None:
        self._settle(times=_times(self.times))

    @property
    def qualification(self) -> float:
        return np.inf

    @property
    def decay(self) -> float:
        return float(len(self.times))

    def evaluate(self, d: Array) -> Array:
        return np.exp(self.log_kept(d))

    def log_kept(self, d: ArrayLike) -> Array:
        """log h(d) for d > 0, with all its digits where h is near 0 or near 1."""
        passed = np.array(self.times) * np.asarray(d, dtype=float)[..., None]
        early, late = np.minimum(passed, 0.7), np.maximum(passed, 0.7)
        logs = np.where(passed < 0.7, np.log(-np.expm1(-early)), np.log1p(-np.exp(-late)))
        return np.asarray(np.sum(logs, axis=-1))

    def stop(self, d: ArrayLike) -> Array:
        """s(d) = -log(1 - h(d))/d, d > 0: the time at which one gradient flow keeps as much of the eigenvalue d."""
        passed = np.array(self.times) * np.asarray(d, dtype=float)[..., None]
        # late, 1 - h = sum_i exp(-times_i d) to all digits, and log h underflows
        late = np.min(passed, axis=-1) > 40.0
        stops = stopping_time(d, np.where(late, -1.0, self.log_kept(d)))
        return np.asarray(np.where(late, -logsumexp(-passed, axis=-1) / np.asarray(d, dtype=float), stops))


@dataclass(frozen=True)
class Relabelled(Filter):
    """Gradient descent on targets that are replaced at each step: a share of the labels, the rest the fit itself.

    Step t goes down the error to shares_t·y + (1 - shares_t)·f_t(X). It is a step of the length step·shares_t towards
    the labels, so h(d) = 1 - prod_t (1 - step·shares_t·d).

    Examples
    --------
    >>> Relabelled(step=0.5, shares=(1.0, 1.0))([1.0]), Relabelled(step=0.5, shares=(1.0, 0.5))([1.0])
    (array([0.75]), array([0.625]))
    """

    step: float
    shares: tuple[float, ...] | Array
    name: ClassVar[str] = "gradient descent, targets replaced at each step"
    formula: ClassVar[str] = r"1 - \prod_t (1 - \eta\, \alpha_t d)"

    def __post_init__(self) -> None:
        self._settle(step=positive(self.step, "step"))
        shares = as_numbers(self.shares, "shares")
        if shares.ndim != 1 or shares.size == 0 or not np.all(shares >= 0):
            raise ValueError(f"shares must be a row of numbers that are not negative; they are {self.shares!r}")
        self._settle(shares=tuple(float(share) for share in shares))

    @property
    def qualification(self) -> float:
        return np.inf

    def evaluate(self, d: Array) -> Array:
        largest = self.step * max(self.shares) * np.max(d)
        if largest > 1.0:
            raise ValueError(f"step·share·d_max = {largest:.6g} exceeds 1 for the largest share; take a smaller step")
        with np.errstate(divide="ignore"):
            return -np.expm1(np.sum(np.log1p(-self.step * np.array(self.shares) * d[..., None]), axis=-1))


@dataclass(frozen=True, eq=False)
class Belief(Value):
    """What a Gaussian process says of the coordinates of the truth at the points, and how wrong it is.

    Attributes
    ----------
    kept : ndarray
        h: its mean is h times the coordinate of the labels.
    stated : ndarray
        The variance that it states around that mean.
    error : ndarray
        The mean squared error that it makes, for truths drawn from its prior: (1 - h)² prior + h² noise.
    """

    kept: Array
    stated: Array
    error: Array


def believe(prior: ArrayLike, *, noise: float, times: int, how: str) -> Belief:
    """The posterior of a Gaussian process that used its labels or its predictions `times` times.

    With A = prior/(prior + noise) the first use gives the mean A times the labels, and the variance
    v_1 = prior·noise/(prior + noise). The further uses, `times` - 1 of them, are

    - ``how="labels"``: the labels again, as if they were new. The mean keeps prior/(prior + noise/times), the variance
      is v = prior·noise/(noise + times·prior).
    - ``how="kept"``: the predictions, as further data beside those before. The mean stays, the variance is v.
    - ``how="replaced"``: the predictions in the place of the labels, from the prior anew. The mean keeps A^times, the
      variance is v_1.

    Parameters
    ----------
    prior : array_like
        Prior variances of the coordinates: the eigenvalues K d_k of the matrix g(x_j, x_k) without the factor 1/K.
    noise : float
        Variance of the noise that the process assumes on each label and on each prediction that it takes for one.
    times : int
        At least 1.
    how : {"labels", "kept", "replaced"}

    Examples
    --------
    >>> belief = believe([1.0], noise=1.0, times=3, how="kept")
    >>> belief.kept, belief.stated, belief.error
    (array([0.5]), array([0.25]), array([0.5]))
    """
    p, sigma2, count = as_numbers(prior, "prior"), positive(noise, "noise", "It is a variance."), whole(times, "times")
    if not np.all(p >= 0):
        raise ValueError(f"prior, a row of variances, must not be negative; it is {prior!r}")
    if how not in WAYS:
        raise ValueError(f"how must be one of {', '.join(map(repr, WAYS))}; it is {how!r}")
    once = p / (p + sigma2)
    kept = {"labels": p / (p + sigma2 / count), "kept": once, "replaced": once**count}[how]
    uses = 1 if how == "replaced" else count
    stated = p * sigma2 / (sigma2 + uses * p)
    return Belief(kept=kept, stated=stated, error=(1.0 - kept) ** 2 * p + kept**2 * sigma2)


def _times(values: ArrayLike) -> tuple[float, ...]:
    """Positive times, at least one."""
    times = as_numbers(values, "times")
    if times.ndim != 1 or times.size == 0 or not np.all(times > 0):
        raise ValueError(f"times must be a row of positive numbers; they are {values!r}")
    return tuple(float(time) for time in times)
