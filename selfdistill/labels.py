r"""Wrong labels: on blocks of alike points rounds average the labels, and set them right; how many it takes.

Labels are one-hot rows, 1 for the label of a point and 0 for the other classes. A point gets the class with the largest
score. Fits are counted from one, rounds from zero: n fits are the rounds 0 to n - 1.

Sources: H. Jeong and H. W. Chung (2025) for label averaging; C. Szegedy and others (2016) for label smoothing. The
forms for kernel fits under squared loss are derived in the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernel import Array, as_numbers, number, positive, whole
from .spectrum import Spectrum
from .values import seal

__all__ = ["Blocks", "Takeover", "fits_until_right", "gap", "one_hot", "smoothed", "takeover"]


@dataclass(frozen=True)
class Blocks:
    """A kernel on points of several classes: 1 for a point and itself, `within` in a class, `between` across classes.

    A point is a pair (class, number). Two points of one class with different numbers are alike, and not the same.

    Attributes
    ----------
    sizes : tuple of int
        How many of the K points each class has.
    within, between : float
        a and b, with 0 <= b < a < 1.

    Examples
    --------
    >>> blocks = Blocks((2, 2), within=0.5, between=0.1)
    >>> blocks(blocks.points[:, None], blocks.points)[0]
    array([1. , 0.5, 0.1, 0.1])
    """

    sizes: tuple[int, ...]
    within: float
    between: float
    symmetric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        sizes = tuple(whole(size, "sizes", least=1) for size in self.sizes)
        if len(sizes) < 2:
            raise ValueError(f"sizes must have two classes or more; it is {self.sizes!r}")
        a, b = number(self.within, "within"), number(self.between, "between")
        if not 0 <= b < a < 1:
            raise ValueError(f"take 0 <= between < within < 1; between is {self.between!r}, within {self.within!r}")
        for name, value in (("sizes", sizes), ("within", a), ("between", b)):
            object.__setattr__(self, name, value)

    def __call__(self, x: Any, s: Any) -> Any:
        """The kernel: 1, within or between, of the shape that the points broadcast to."""
        alike, same = x[..., 0] == s[..., 0], np.all(x == s, axis=-1)
        return np.where(same, 1.0, np.where(alike, self.within, self.between))

    @property
    def classes(self) -> NDArray[np.intp]:
        """The right class of each point, shape (K,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def points(self) -> Array:
        """The points, class by class, shape (K, 2)."""
        return np.column_stack([self.classes, np.arange(len(self.classes))]).astype(float)

    def means(self, y: ArrayLike) -> Array:
        """The mean of the rows of y over each class, shape (number of classes, m)."""
        rows, classes = as_numbers(y, "y"), self.classes
        if rows.ndim != 2 or len(rows) != len(classes):
            raise ValueError(f"y must have shape (K, m) with K = {len(classes)}; it has shape {rows.shape}")
        return np.array([rows[classes == i].mean(axis=0) for i in range(len(self.sizes))])

    def average(self, y: ArrayLike) -> Array:
        """P y: each row replaced by the mean over its class, shape (K, m)."""
        return np.asarray(self.means(y)[self.classes])

    @property
    def levels(self) -> Array:
        """d_w, d_b, d_1: eigenvalues of G on differences within a class, on those between classes, and on constants.

        d_w = (1 - a)/K, d_b = (1 - a + n (a - b))/K with n the smallest size, d_1 = d_b + b. In classes of one size
        there are no others. In general d_w is one, and all others are d_b at least.
        """
        a, b, count = self.within, self.between, len(self.classes)
        apart = (1.0 - a) / count
        differing = apart + min(self.sizes) * (a - b) / count
        return np.array([apart, differing, differing + b])

    def factors(self, multipliers: ArrayLike) -> Array:
        """H_w, H_b, H_1: what rounds with the multipliers c_0, ..., c_t keep on each level, shape (t + 1, 3)."""
        c = as_numbers(multipliers, "multipliers")[:, None]
        return np.asarray(np.cumprod(self.levels / (self.levels + c), axis=0))

    def scores(self, given: ArrayLike, multipliers: ArrayLike, *, new: bool = False) -> Array:
        """Scores after each round, for classes of one size, from the shares p_ij of label j in class i.

        A point of class i with the label l has H_1 q_j + H_b (p_ij - q_j) + H_w ([l = j] - p_ij), with q_j the share
        of label j among all points. A new point of class i has H_1 (1 - d_w/d_1) q_j + H_b (1 - d_w/d_b)(p_ij - q_j).

        Parameters
        ----------
        given : array_like of int, shape (K,)
            The labels as given.
        multipliers : array_like, shape (N,)
        new : bool
            Whether to give the scores of a new point of each class, and not those of the points.

        Returns
        -------
        ndarray, shape (N, K, m) or, for new points, (N, m, m)
        """
        self._even()
        rows, kept = one_hot(given, len(self.sizes)), self.factors(multipliers)[:, :, None, None]
        overall, own = rows.mean(axis=0), self.means(rows)
        if new:
            apart, differing, constant = self.levels
            common, differences = (1.0 - apart / constant) * kept[:, 2], (1.0 - apart / differing) * kept[:, 1]
            return np.asarray(common * overall + differences * (own - overall))
        own = own[self.classes]
        return np.asarray(kept[:, 2] * overall + kept[:, 1] * (own - overall) + kept[:, 0] * (rows - own))

    def _even(self) -> None:
        if len(set(self.sizes)) > 1:
            raise ValueError(f"the formula is for classes of one size; the sizes are {self.sizes}")


def one_hot(given: ArrayLike, classes: int) -> Array:
    """Rows with a 1 at the label of each point, shape (K, m)."""
    labels = as_numbers(given, "given")
    if labels.ndim != 1 or labels.size == 0 or not np.all(np.isin(labels, np.arange(classes))):
        raise ValueError(f"given must be a row of class numbers from 0 to {classes - 1}; it is {given!r}")
    return np.eye(classes)[labels.astype(int)]


def gap(right: ArrayLike, given: ArrayLike) -> float:
    """The lead of the right label in its class over a wrong one: the smallest p_ii - p_ij with p_ij > 0 and j != i.

    Here p_ij is the share of the points of class i that carry the label j. Infinity if no label is wrong.

    Examples
    --------
    >>> gap([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 0])
    0.5
    """
    truth, labels = np.asarray(right), np.asarray(given)
    if truth.ndim != 1 or truth.shape != labels.shape or truth.size == 0:
        raise ValueError(f"right and given must have one shape (K,); they have {truth.shape} and {labels.shape}")
    leads = [np.inf]
    for i in np.unique(truth):
        said, counts = np.unique(labels[truth == i], return_counts=True)
        own = np.sum(counts[said == i])
        leads += list((own - counts[said != i]) / np.sum(counts))
    return float(min(leads))


def fits_until_right(blocks: Blocks, lead: float, *, multiplier: float) -> int:
    """How many fits until all labels of the points are right: floor(log((1 + gap)/gap)/log(h_b/h_w)) + 1.

    h = d/(d + c) with one multiplier c for all rounds. Exact for classes of one size and labels that are given equally
    often. Multipliers that grow need no more fits than the first of them alone, and no fewer than c = infinity.

    Parameters
    ----------
    blocks : Blocks
    lead : float
        From `gap`.
    multiplier : float
        c > 0; infinity is allowed.

    Raises
    ------
    ValueError
        If the gap is not positive: then some class holds a wrong label as often as the right one, and the averages are
        wrong. Also for classes of several sizes.
    """
    blocks._even()
    value, c = number(lead, "gap"), number(multiplier, "multiplier")
    if not value > 0:
        raise ValueError(f"rounds set labels right only if the right one leads in its class; the gap is {lead!r}")
    if not c > 0:
        raise ValueError(f"multiplier must be positive; it is {multiplier!r}")
    apart, differing, _ = blocks.levels
    gained = np.log(differing / apart)
    if np.isfinite(c):
        gained = np.log1p(c / apart) - np.log1p(c / differing)
    return int(np.log1p(1.0 / value) / gained) + 1


def smoothed(y: ArrayLike, strength: float) -> Array:
    """Label smoothing: (1 - s) Y + s/m, shape (K, m), with 0 <= s < 1.

    Examples
    --------
    >>> smoothed([[1.0, 0.0]], 0.2)
    array([[0.9, 0.1]])
    """
    rows, s = as_numbers(y, "y"), number(strength, "strength")
    if rows.ndim != 2:
        raise ValueError(f"y must have shape (K, m), one column a class; it has shape {rows.shape}")
    if not 0 <= s < 1:
        raise ValueError(f"strength must lie in [0, 1); it is {strength!r}")
    return (1.0 - s) * rows + s / rows.shape[1]


class Takeover(NamedTuple):
    """The class that every point gets in the end.

    Attributes
    ----------
    winner : int
        The class J with the most votes.
    fits : int
        A number of fits after which all points have it, by the bound of `takeover`.
    votes : ndarray, shape (m,)
        v_j = u^T y_j, the labels of each class counted with the weights of the eigenvector u of the largest eigenvalue.
    """

    winner: int
    fits: int
    votes: Array


def takeover(spectrum: Spectrum, y: ArrayLike, *, multiplier: float) -> Takeover:
    """Which class takes over, and when at the latest, if each round has the same multiplier c, or a larger one.

    Let h_1 > h_2 be the two largest factors d/(d + c), and u > 0 the eigenvector of the first. All points have the
    class J once n fits exceed log(sqrt(1 - u_k²) |y_j - y_J|/(u_k (v_J - v_j)))/log(h_1/h_2) for all k and j.

    Raises
    ------
    ValueError
        If u is not positive at all points, as it is for a kernel with positive values; or if two classes tie.

    Examples
    --------
    >>> import selfdistill as sd
    >>> blocks = Blocks((3, 2), within=0.5, between=0.1)
    >>> takeover(sd.spectrum.decompose(blocks, blocks.points), one_hot([0, 0, 0, 1, 1], 2), multiplier=0.1).winner
    0
    """
    rows, c, count = as_numbers(y, "y"), positive(multiplier, "multiplier"), len(spectrum.eigenvectors)
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] < 2 or count < 2:
        raise ValueError(f"y must have shape (K, m) with K = {count}, both 2 at least; it has shape {rows.shape}")
    top = spectrum.eigenvectors[:, -1] * np.sign(np.sum(spectrum.eigenvectors[:, -1]))
    least = float(np.min(top))
    if not least > 0:
        raise ValueError(
            f"the eigenvector of the largest eigenvalue must be positive; it has an entry {least:.3g}. Take a kernel "
            f"with positive values."
        )
    votes = top @ rows
    winner = int(np.argmax(votes))
    leads = np.delete(votes[winner] - votes, winner)
    if np.min(leads) <= 1e-12 * np.max(np.abs(votes)):
        raise ValueError(f"two classes tie for the most votes, so none takes over; the votes are {votes}")
    apart = np.linalg.norm(np.delete(rows, winner, axis=1) - rows[:, [winner]], axis=0)
    second, first = spectrum.eigenvalues[-2:] / (spectrum.eigenvalues[-2:] + c)
    needed = float(np.max(np.sqrt(max(1.0 - least**2, 0.0)) * apart / (least * leads)))
    fits = 1 if second == 0 else max(int(np.log(needed) / np.log(first / second)) + 1, 1)
    return Takeover(winner, fits, seal(votes))
