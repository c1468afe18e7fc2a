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

    Point k counts w_k times (once, if nothing is said), and a site as often as its points together: its mass. With P
    the K × n matrix of orthonormal columns that holds sqrt(w_k/mass) where a point belongs to a site, the matrix
    sqrt(w_j) g(x_j, x_k) sqrt(w_k)/K of the points is P G P^T, with G[i, j] = sqrt(mass_i) g(s_i, s_j) sqrt(mass_j)/K.

    Attributes
    ----------
    points : ndarray, shape (n,) or (n, p)
        The sites.
    mass : ndarray, shape (n,)
        How much the points of each count together.
    place : ndarray of int, shape (K,), or None
        The site of each point, -1 for none; None if the points are the sites, in their order.
    causes : tuple of str
        Why G is singular, as far as its points tell.
    roots : ndarray, shape (K,), or None
        sqrt(w_k); None if each point counts once.
    """

    points: Array
    mass: Array
    place: NDArray[np.intp] | None
    causes: tuple[str, ...] = ()
    roots: Array | None = None

    @classmethod
    def of(cls, green: Kernel, x: Array, roots: Array | None = None, *, ascending: bool = False) -> Sites:
        """Equal points as one site; in ascending order if asked for, or if points coincide."""
        period, low = getattr(green, "period", None), getattr(green, "domain", (0.0,))[0]
        at = x if period is None else low + np.mod(x - low, period)
        alone: Array = np.ones(len(x)) if roots is None else roots**2
        if x.ndim == 1 and np.all(at[1:] > at[:-1]):
            return cls(at, alone, None, roots=roots)
        sites, place = np.unique(at, axis=0, return_inverse=True)
        if len(sites) == len(x) and not ascending:
            return cls(at, alone, None, roots=roots)
        place = place.reshape(len(x))
        causes = [] if len(sites) == len(x) else ["points coincide"]
        if period is not None and len(sites) < len(np.unique(x)):
            causes.append(f"the kernel has period {period:g}, so that {low:g} and {low + period:g} are one point")
        return cls(sites, np.bincount(place, alone).astype(np.float64), place, tuple(causes), roots)

    def without(self, dead: NDArray[np.bool_], what: str = "every admissible function") -> Sites:
        """These sites without some, where every function vanishes."""
        if not np.any(dead):
            return self
        number = np.where(dead, -1, np.cumsum(~dead) - 1)
        place = number if self.place is None else number[self.place]
        causes = (*self.causes, f"{what} vanishes at x = {self.points[dead][0]}")
        return replace(self, points=self.points[~dead], mass=self.mass[~dead], place=place, causes=causes)

    @property
    def weights(self) -> Array:
        """sqrt(mass), shape (n,)."""
        return np.sqrt(self.mass)

    @property
    def plain(self) -> bool:
        """Whether the points are the sites, and each counts once: then G is their Gram matrix as it stands."""
        return self.place is None and self.roots is None

    def fold(self, y: Array) -> Array:
        """P^T y, shape (n,) or (n, m); for labels that each count once, sqrt(mass) times the mean of a site's."""
        if self.place is None:
            return y
        shares = y if self.roots is None else (y.T * self.roots).T
        columns = [np.bincount(self.place + 1, column, len(self.mass) + 1)[1:] for column in np.atleast_2d(shares.T)]
        out = np.stack(columns, axis=-1) / self.weights[:, None]
        return out if y.ndim == 2 else out[:, 0]

    def unfold(self, v: Array) -> Array:
        """P v, shape (K,) or (K, m): values at the sites, over sqrt(mass), as sqrt(w_k) times values at the points."""
        if self.place is None:
            return v
        values = (v.T / self.weights).T
        out = np.concatenate([np.zeros((1, *v.shape[1:])), values])[self.place + 1]
        return out if self.roots is None else np.asarray((out.T * self.roots).T)

    def lost(self, y: Array) -> float:
        """||y - P P^T y||², the energy of the labels that no function reaches: the scatter within sites, and beside."""
        return 0.0 if self.place is None else float(np.sum((y - self.unfold(self.fold(y))) ** 2))

    def null_basis(self) -> Array:
        """An orthonormal basis of the vectors that P^T takes to zero, shape (K, K - n).

        Unit vectors for points of no site, and for the points 0, 1, ..., m - 1 of a site the contrasts of point j with
        the mean of those before it.
        """
        place = self.place
        if place is None:
            return np.zeros((len(self.mass), 0))
        roots = np.ones(len(place)) if self.roots is None else self.roots
        columns = [np.eye(1, len(place), int(k))[0] for k in np.flatnonzero(place < 0)]
        order = np.argsort(place, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
            if place[group[0]] >= 0:
                for j in range(1, len(group)):
                    contrast = np.zeros(len(place))
                    last, before = roots[group[j]], float(np.sum(roots[group[:j]] ** 2))
                    contrast[group[:j]], contrast[group[j]] = roots[group[:j]] * last, -before
                    columns.append(contrast / np.sqrt(before * (before + last**2)))
        return np.stack(columns, axis=-1) if columns else np.zeros((len(place), 0))
