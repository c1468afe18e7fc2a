"""The whole trajectory in one Krylov space, from products with the Gram matrix alone.

Every target is a polynomial in G times the labels, y_t = p_t(G) y_0: so all rounds, and all trial multipliers of each,
live in the space spanned by y_0, G y_0, G² y_0, ... Lanczos' method builds an orthonormal basis Q of its first m
dimensions, in which G is the tridiagonal matrix T = Q^T G Q. The loop runs in the eigenbasis of T (the Ritz basis), and
what it leaves out in a round is known exactly: with (T + c) alpha = Q^T y_t, the vector (G + c) Q alpha - y_t has norm
beta_m |alpha_m|. Because c_t grows, the first round needs the largest space.

Source: C. Lanczos (1950), C. C. Paige and M. A. Saunders (1975) for the residual; the chapter on scale derives it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from scipy.linalg.blas import daxpy, dgemv

from .accuracy import CLIP
from .gram import SLACK, checked, indefinite
from .kernel import Array, blocks

FIRST = 8  # dimensions before the first look
LONG = 100_000  # a product with a vector of so many numbers costs more than a look, so each dimension gets one
ROWS = 8  # basis vectors in one array
PART = 2**19  # bytes of the parts of vectors that are combined at once, so that they stay in the cache
EXHAUSTED = 1e-14  # beta below this part of the largest entry of T is rounding: the space is closed


@dataclass(frozen=True)
class Space:
    """A Krylov space of dimension m and its Ritz basis, Q^T G Q = T = V diag(d) V^T.

    Attributes
    ----------
    values : ndarray, shape (m,)
        Ritz values d, ascending; those below 1e-14 of the largest are set to exact zeros.
    vectors : ndarray, shape (m, m)
        V, one eigenvector of T a column.
    norm : float
        ||y||; the labels are norm times the first vector of the basis.
    beta : float
        The entry of T that the next dimension would add.
    closed : bool
        True if no dimension can be added: the space holds G times itself, to rounding.
    last : bool
        True if no larger space follows, because this one is closed or has the largest dimension.
    """

    values: Array
    vectors: Array
    norm: float
    beta: float
    closed: bool
    last: bool
    _basis: list[Array]

    @property
    def coordinates(self) -> Array:
        """z_0, the labels in the Ritz basis, shape (m,)."""
        return self.norm * self.vectors[0]

    def left_out(self, alpha: Array) -> Array:
        """beta_m |alpha_m|: norm of (G + c) Q V alpha - y_t if (d + c) alpha = z_t; alpha of shape (m,) or (m, n)."""
        return self.beta * np.abs(self.vectors[-1] @ alpha)

    def lift(self, z: Array) -> Array:
        """Vectors in the Ritz basis, shape (n, m), as vectors at the points, shape (n, K)."""
        weights = z @ self.vectors.T
        out = np.zeros((len(z), self._basis[0].shape[1]))
        for part in blocks(out.shape[1], len(z) + ROWS, PART):
            for start, block in zip(range(0, len(self.values), ROWS), self._basis, strict=False):
                some = weights[:, start : start + ROWS]
                out[:, part] += some @ block[: some.shape[1], part]
        return out


@dataclass(frozen=True)
class SideBySide:
    """Spaces side by side, one for each output: a problem with one multiplier for all of them.

    Attributes
    ----------
    parts : list of Space or None
        None for an output whose labels are zero.
    """

    parts: list[Space | None]
    _size: int

    @property
    def _spaces(self) -> list[Space]:
        return [space for space in self.parts if space is not None]

    @property
    def values(self) -> Array:
        """Ritz values of all spaces, one after the other."""
        return np.concatenate([np.empty(0), *(space.values for space in self._spaces)])

    @property
    def coordinates(self) -> Array:
        """z_0 of all spaces, one after the other."""
        return np.concatenate([np.empty(0), *(space.coordinates for space in self._spaces)])

    @property
    def products(self) -> int:
        """How many products they took."""
        return sum(len(space.values) for space in self._spaces)

    @property
    def closed(self) -> bool:
        """True if all are closed."""
        return all(space.closed for space in self._spaces)

    @property
    def last(self) -> bool:
        """True if none will grow."""
        return all(space.last for space in self._spaces)

    def left_out(self, alpha: Array) -> float:
        """The sum of what the spaces leave out: a bound on the norm over all outputs."""
        return float(sum(space.left_out(part) for space, part in zip(self._spaces, self._split(alpha), strict=True)))

    def lift(self, z: Array) -> Array:
        """Coordinates, shape (n, m), as vectors at the points, shape (n, K, outputs)."""
        parts = iter(self._split(z))
        zero = np.zeros((len(z), self._size))
        columns = [zero if space is None else space.lift(next(parts)) for space in self.parts]
        return columns[0][:, :, None] if len(columns) == 1 else np.stack(columns, axis=-1)

    def _split(self, z: Array) -> list[Array]:
        ends = np.cumsum([len(space.values) for space in self._spaces])[:-1]
        return np.split(z, ends, axis=-1) if self._spaces else []


def side_by_side(
    product: Callable[[Array], Array], columns: list[Array], *, largest: int, scale: float = 0.0
) -> Iterator[SideBySide]:
    """Krylov spaces of several vectors of labels, grown together; one that can grow no more stays as it is.

    They grow by one dimension at a time, so that one product with several vectors, of shape (K, n), serves them all.
    """
    lanes = {i: _lane(y, largest=largest, scale=scale) for i, y in enumerate(columns) if np.any(y)}
    latest: list[Space | None] = [None] * len(columns)
    while lanes:
        vectors = [next(lane) for lane in lanes.values()]
        images = [product(vectors[0])] if len(lanes) == 1 else list(product(np.stack(vectors).T).T)
        grown = {i: lane.send(image) for (i, lane), image in zip(lanes.items(), images, strict=True)}
        for i, space in grown.items():
            latest[i] = space or latest[i]
            if space is not None and space.last:
                del lanes[i]
        if all(grown.values()):  # all look at the same dimensions, except where a space closes
            yield SideBySide(list(latest), len(columns[0]))
    if not any(latest):
        yield SideBySide(latest, len(columns[0]))


def spaces(product: Callable[[Array], Array], y: Array, *, largest: int, scale: float = 0.0) -> Iterator[Space]:
    """Krylov spaces of growing dimension, each holding the one before; the last is closed or has dimension `largest`.

    Each new vector is orthogonalised against its two neighbours and then once against all: the first step leaves only
    what rounding put into the space, the second removes that.

    Parameters
    ----------
    product : callable
        v -> G v, symmetric and positive semidefinite.
    y : ndarray, shape (K,)
        The labels, not zero.
    largest : int
        Largest dimension.
    scale : float
        A known lower bound of the largest eigenvalue of G. Labels that hardly touch its eigenvector cannot show it, and
        rounding is measured by it.

    Raises
    ------
    ValueError
        If a product is not finite, or if the operator turns out not to be symmetric or not positive semidefinite.
    """
    for found in side_by_side(product, [y], largest=largest, scale=scale):
        yield from found._spaces


def _lane(y: Array, *, largest: int, scale: float) -> Generator[Any, Array, None]:
    """One of the spaces: it yields a vector, is sent its image, and yields the space, or None between two looks."""
    norm = float(np.linalg.norm(y))
    alphas: list[float] = []
    betas: list[float] = []
    basis: list[Array] = []
    image, look = y, FIRST
    while True:
        m = len(alphas)
        if m % ROWS == 0:
            basis.append(np.empty((ROWS, len(y))))
        vector = np.divide(image, betas[-1] if m else norm, out=basis[-1][m % ROWS])
        image = checked((yield vector), len(y))
        size = float(np.linalg.norm(image))
        alphas.append(float(vector @ image))
        image = daxpy(vector, image, a=-alphas[-1])  # in place, as all that follows: memory is what limits long vectors
        if m:
            image = daxpy(basis[(m - 1) // ROWS][(m - 1) % ROWS], image, a=-betas[-1])
        stray = 0.0
        for start, block in zip(range(0, m + 1, ROWS), basis, strict=True):
            known = block[: m + 1 - start]
            inside = known @ image
            stray = max(stray, float(np.max(np.abs(inside))))
            image = dgemv(-1.0, known.T, inside, beta=1.0, y=image, overwrite_y=1)
        if stray > 1e-8 * max(size, max(alphas)):
            raise ValueError(
                f"the product must be symmetric; in step {m + 1} it moves a vector by {stray / size:.1g} of its length "
                "along earlier ones. Does it return G v with g(x, s) = g(s, x)?"
            )
        betas.append(float(np.linalg.norm(image)))
        closed = betas[-1] <= EXHAUSTED * max(scale, np.max(np.abs(alphas)), max(betas)) or m + 1 == len(y)
        found = None
        if closed or m + 1 >= min(look, largest):
            d, v = scipy.linalg.eigh_tridiagonal(alphas, betas[:-1])
            if d[0] < -SLACK * max(scale, d[-1], -d[0]):
                raise indefinite("the product", float(d[0]), float(d[-1]))
            last = closed or m + 1 >= largest
            found = Space(np.where(d < CLIP * max(scale, d[-1]), 0.0, d), v, norm, betas[-1], closed, last, basis)
            look = m + 1 + (1 if len(y) >= LONG else max(2, (m + 1) // 5))
        yield found
