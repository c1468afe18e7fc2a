"""The sites of a problem: each point once, and none where every function of the space vanishes.

Points that coincide (repeated, or images of each other for a periodic kernel) and points where g(x, x) = 0 make zeros
among the eigenvalues of G, exactly and whatever the labels are. Their eigenvectors are known without arithmetic. So
they are taken out before anything is computed: what is left has no null space that coincidence or vanishing made, and
the energy that no fit reaches is a scatter within groups, to the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .kernel import Array, Kernel


@dataclass(frozen=True, eq=False)
class Sites:
    """A partition of K points into n sites, and points that belong to none.

    With P the K × n matrix of orthonormal columns that holds 1/sqrt(count) where a point belongs to a site, the Gram
    matrix of the points is P G P^T, with G[i, j] = sqrt(count_i) g(s_i, s_j) sqrt(count_j)/K.

    Attributes
    ----------
    points : ndarray, shape (n,) or (n, p)
        The sites.
    counts : ndarray, shape (n,)
        How many points belong to each.
    place : ndarray of int, shape (K,), or None
        The site of each point, -1 for none; None if the points are the sites, in their order.
    causes : tuple of str
        Why G is singular, as far as its points tell.
    """

    points: Array
    counts: NDArray[np.intp]
    place: NDArray[np.intp] | None
    causes: tuple[str, ...] = ()

    @classmethod
    def of(cls, green: Kernel, x: Array, *, ascending: bool = False) -> Sites:
        """Equal points as one site; in ascending order if asked for, or if points coincide."""
        period, low = getattr(green, "period", None), getattr(green, "domain", (0.0,))[0]
        at = x if period is None else low + np.mod(x - low, period)
        alone = np.ones(len(x), dtype=np.intp)
        if x.ndim == 1 and np.all(at[1:] > at[:-1]):
            return cls(at, alone, None)
        sites, place, counts = np.unique(at, axis=0, return_inverse=True, return_counts=True)
        if len(sites) == len(x) and not ascending:
            return cls(at, alone, None)
        causes = [] if len(sites) == len(x) else ["points coincide"]
        if period is not None and len(sites) < len(np.unique(x)):
            causes.append(f"the kernel has period {period:g}, so that {low:g} and {low + period:g} are one point")
        return cls(sites, counts, place.reshape(len(x)), tuple(causes))

    def without(self, dead: NDArray[np.bool_]) -> Sites:
        """These sites without some, where every function vanishes."""
        if not np.any(dead):
            return self
        number = np.where(dead, -1, np.cumsum(~dead) - 1)
        place = number if self.place is None else number[self.place]
        causes = (*self.causes, f"every admissible function vanishes at x = {self.points[dead][0]}")
        return replace(self, points=self.points[~dead], counts=self.counts[~dead], place=place, causes=causes)

    @property
    def weights(self) -> Array:
        """sqrt(count), shape (n,)."""
        return np.sqrt(self.counts)

    def fold(self, y: Array) -> Array:
        """P^T y, shape (n,) or (n, m): for each site the mean of its labels times sqrt(count)."""
        if self.place is None:
            return y
        columns = [np.bincount(self.place + 1, column, len(self.counts) + 1)[1:] for column in np.atleast_2d(y.T)]
        out = np.stack(columns, axis=-1) / self.weights[:, None]
        return out if y.ndim == 2 else out[:, 0]

    def unfold(self, v: Array) -> Array:
        """P v, shape (K,) or (K, m): values at the sites, over sqrt(count), as values at the points."""
        if self.place is None:
            return v
        values = (v.T / self.weights).T
        return np.concatenate([np.zeros((1, *v.shape[1:])), values])[self.place + 1]

    def lost(self, y: Array) -> float:
        """||y - P P^T y||², the energy of the labels that no function reaches: the scatter within sites, and beside."""
        return 0.0 if self.place is None else float(np.sum((y - self.unfold(self.fold(y))) ** 2))

    def null_basis(self) -> Array:
        """An orthonormal basis of the vectors that P^T takes to zero, shape (K, K - n).

        Unit vectors for points of no site, and for the points 0, 1, ..., m - 1 of a site the contrasts of point j with
        the mean of those before it.
        """
        size, place = int(np.sum(self.counts)), self.place
        if place is None:
            return np.zeros((size, 0))
        columns = [np.eye(1, len(place), int(k))[0] for k in np.flatnonzero(place < 0)]
        order = np.argsort(place, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
            if place[group[0]] >= 0:
                for j in range(1, len(group)):
                    contrast = np.zeros(len(place))
                    contrast[group[:j]], contrast[group[j]] = 1.0, -float(j)
                    columns.append(contrast / np.sqrt(j * (j + 1.0)))
        return np.stack(columns, axis=-1) if columns else np.zeros((len(place), 0))
