"""The Gram matrix G[j, k] = g(x_j, x_k)/K: its entries, its symmetry, and its product with a vector.

`gram_product` keeps the matrix, or builds it anew a block of rows at a time where it would not fit in memory: on all
cores, one half of it, and once for several vectors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from .kernel import Array, Kernel, as_points, blocks, generators

Product = Callable[[Array], Array]

LARGEST = 32_768  # points whose Gram matrix is built: 8.6 GB
KEPT = 2**31  # bytes of the largest Gram matrix that is kept for its products: 16,384 points
BLOCK = 2**24  # bytes of a block of rows where it is not kept
CACHE = 2**19  # bytes of a block of rows that is filled at once
SHARED = 4096  # points from which on all cores fill a matrix that is kept
DIAGONAL = 64  # rows of the square blocks that the diagonal is read from
SLACK = 1e-10  # of the largest entry or eigenvalue: what a kernel may miss symmetry or positivity by, as rounding
AGREE = 1e-6  # of the largest entry: by how much a product of the user may miss the kernel


def entries(green: Kernel, x: Array, s: Array) -> Array:
    """g(x_j, s_k), shape (len(x), len(s)), in one call; what is no float64 matrix of that shape is refused."""
    values: Any = green(x[:, None], s[None, :])
    if isinstance(values, np.ma.MaskedArray):
        if np.any(np.ma.getmaskarray(values)):
            j, k = np.argwhere(np.ma.getmaskarray(values))[0]
            raise ValueError(f"g(x, s) must be numbers; g({x[j]}, {s[k]}) is masked. Fill what is missing.")
        values = values.data
    values = np.asarray(values)
    if values.dtype.kind == "c" or values.dtype in (np.float32, np.float16):
        raise ValueError(
            f"g(x, s) must be float64; {green!r} returns {values.dtype}. Its rounding would pass for negative "
            "eigenvalues, its imaginary part for nothing: make it compute in float64."
        )
    if values.shape != (len(x), len(s)):
        raise ValueError(
            f"green(x[:, None], s[None, :]) must have shape {(len(x), len(s))}; it has shape {values.shape}. "
            "Write g(x, s) so that it broadcasts (for points in p dimensions, reduce the last axis)."
        )
    return np.asarray(values, dtype=np.float64)


def cross(green: Kernel, x: Array, s: Array) -> Array:
    """The matrix g(x_j, s_k)/len(s), shape (len(x), len(s)): row j is the paper's g_x^T at x = x_j if s are the data.

    `green` is called with x[:, None] and s[None, :] (points in p dimensions keep their last axis), a block of rows at a
    time, so that what it computes on the way stays in the cache.
    """
    x, s = as_points(x, "x", green, least=0), as_points(s, "s", green)
    one_space(x, s)
    out = np.empty((len(x), len(s)))
    _fill(out, green, x, s, len(s))
    return out


def one_space(x: Array, s: Array) -> None:
    """Raise ValueError if points have other dimensions than others."""
    if x.ndim != s.ndim or x.shape[1:] != s.shape[1:]:
        raise ValueError(f"points of shapes {x.shape} and {s.shape} do not live in one space")


def _fill(out: Array, green: Kernel, x: Array, s: Array, size: int) -> None:
    """Write g(x_j, s_k)/size into out."""
    for part in blocks(len(x), len(s), CACHE):
        values = entries(green, x[part], s)
        np.divide(values, size, out=out[part])


def diagonal(green: Kernel, x: Array) -> Array:
    """g(x_j, x_j), shape (K,), without the matrix."""
    on_the_line = x.ndim == 1 and getattr(green, "domain", None) is not None
    if on_the_line or generators(green, x[:1]) is not None:  # such a kernel works pair by pair
        values = np.asarray(green(x, x), dtype=np.float64)
        if values.shape == x.shape:
            return values
    out = np.empty(len(x))
    for start in range(0, len(x), DIAGONAL):
        part = x[start : start + DIAGONAL]
        out[start : start + DIAGONAL] = np.diag(entries(green, part, part))
    return out


def gram_matrix(green: Kernel, points: Array, size: int | None = None) -> Array:
    """G[j, k] = g(x_j, x_k)/K, shape (K, K), symmetric to the last bit; another number than K may divide.

    Raises
    ------
    ValueError
        If K > 32,768, an entry is not finite, or the matrix not symmetric beyond rounding.
    """
    size = size or len(points)
    if len(points) > LARGEST:
        raise ValueError(
            f"the Gram matrix of {len(points):,} points needs {8e-9 * len(points) ** 2:,.0f} GB; the limit is "
            f"{LARGEST:,} points. Distil with method='krylov', which needs no matrix, or take fewer points."
        )
    if getattr(green, "symmetric", False):
        gram = _upper_half(green, points, size)
        for part in blocks(len(points), len(points), CACHE):
            gram[part.stop :, part] = gram[part, part.stop :].T
        return gram
    gram = np.empty((len(points), len(points)))
    _fill(gram, green, points, points, size)
    _check_finite(gram, points, points, size)
    return gram if np.array_equal(gram, gram.T) else _symmetrised(gram, points, size)


def _upper_half(green: Kernel, points: Array, size: int) -> Array:
    """An array with the upper half of G, for a kernel that states its symmetry: a large one is filled on all cores."""
    gram = np.zeros((len(points), len(points)))  # memory that nothing touches costs nothing

    def fill(part: slice) -> None:
        rows = gram[part, part.start :]
        _fill(rows, green, points[part], points[part.start :], size)
        _check_finite(rows, points[part], points[part.start :], size)

    parts = blocks(len(points), len(points), CACHE)
    for _ in in_order(fill, parts) if len(points) >= SHARED else map(fill, parts):
        pass
    return gram


def _check_finite(some: Array, x: Array, s: Array, size: int) -> None:
    if not np.isfinite(np.sum(some)) and not np.all(np.isfinite(some)):  # the sum is one quick pass
        j, k = np.argwhere(~np.isfinite(some))[0]
        raise ValueError(
            f"g(x, s) must be finite; g({x[j]}, {s[k]}) is {some[j, k] * size}: point evaluation is not bounded there"
        )


def _symmetrised(gram: Array, points: Array, size: int) -> Array:
    gap = gram - gram.T
    if float(np.max(gap)) > SLACK * float(np.max(np.abs(gram))):
        j, k = np.unravel_index(np.argmax(gap), gap.shape)
        raise ValueError(
            f"g must be symmetric; g({points[j]}, {points[k]}) and g({points[k]}, {points[j]}) "
            f"differ by {gap[j, k] * size:.3g}. "
            "Is the operator self-adjoint under its boundary conditions?"
        )
    return np.asarray((gram + gram.T) / 2)


def indefinite(what: str, negative: float, largest: float) -> ValueError:
    """The error for a kernel (or a product) with a negative eigenvalue."""
    return ValueError(
        f"{what} must be positive semidefinite; it has the eigenvalue {negative:.3g} beside the largest "
        f"{largest:.3g}. If it is positive only on weights that annihilate some functions (conditionally), those "
        "functions cost nothing: name them by the option null of distill, or take a kernel that knows them."
    )


def check_semidefinite(gram: Array, norm: float = 0.0) -> None:
    """Raise ValueError unless G is positive semidefinite to rounding: G + 1e-10·||G|| then has a Cholesky factor.

    A larger norm may be given, that of a matrix whose rounding G carries.
    """
    norm = max(norm, float(np.max(np.sum(np.abs(gram), axis=1))))
    shifted = gram.copy()
    shifted.flat[:: len(gram) + 1] += max(SLACK * norm, np.finfo(float).tiny)
    try:
        scipy.linalg.cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        d = scipy.linalg.eigvalsh(gram, check_finite=False)
        raise indefinite("g", float(d[0]), float(d[-1])) from None


def check_zeros(green: Kernel, x: Array, diagonal: Array) -> None:
    """Raise ValueError if g(x, x) < 0, or if g(x, x) = 0 and another entry of the row is not zero."""
    if len(x) == 0:
        return
    worst = int(np.argmin(diagonal))
    if diagonal[worst] < 0:
        raise indefinite("g", float(diagonal[worst]), float(np.max(np.abs(diagonal))))
    dead = x[diagonal == 0][:8]
    rows = entries(green, dead, x[_some(len(x))]) if len(dead) else np.zeros((0, 0))
    if np.any(rows != 0):
        raise ValueError(
            f"g must be positive semidefinite; g(x, x) is 0 at x = {dead[np.argwhere(rows != 0)[0][0]]}, but g(x, s) "
            "is not 0 for every s. Conditionally positive definite kernels are like that: they are no positive "
            "semidefinite kernel unless the functions that cost nothing are named, by the option null of distill."
        )


def vanishing(green: Kernel, x: Array, diagonal: Array) -> NDArray[np.bool_]:
    """Where g(x, s) = 0 for all s, as far as a few s tell; g(x, x) = 0 does not say it of a conditional kernel."""
    dead = diagonal == 0
    if np.any(dead):
        dead[dead] = ~np.any(entries(green, x[dead], x[_some(len(x))]), axis=1)
    return dead


def _some(count: int) -> NDArray[np.intp]:
    """A few indices from 0 to count - 1."""
    return np.unique(np.linspace(0, count - 1, 5).astype(np.intp))


# ------------------------------------------------------------------------------------------------------------ products


def gram_product(green: Kernel, x: Array, size: int | None = None) -> Product:
    """v -> G v for any kernel, O(K²) operations; memory O(K²) up to 16,384 points, a block of rows a core beyond.

    Vectors have shape (K,), or (K, n) for several. Where the matrix is not kept, one pass over its entries serves all
    of them, and a kernel that states its symmetry is asked for half of them, on all cores that this process may use.

    Raises
    ------
    ValueError
        As `gram_matrix`; a matrix that is not kept is checked by its blocks, but not for symmetry.
    """
    size = size or len(x)
    stated = getattr(green, "symmetric", False)
    if 8 * len(x) ** 2 <= KEPT:
        return by_columns(symmetric(_upper_half(green, x, size) if stated else gram_matrix(green, x, size)))
    if stated:
        return lambda v: _by_halves(green, x, v, size)
    return lambda v: cross_product(green, x, x, v) * (len(x) / size)


def by_columns(product: Product) -> Product:
    """The product with several vectors, shape (K, n), one after the other; that with one stays as it is."""
    return lambda v: product(v) if v.ndim == 1 else np.stack([product(column) for column in v.T]).T


def _by_halves(green: Kernel, x: Array, v: Array, size: int) -> Array:
    """G v for a symmetric kernel: a block of rows, from its diagonal on, serves the rows below it as well."""

    def block(rows: slice) -> tuple[Array, Array]:
        part = np.empty((rows.stop - rows.start, len(x) - rows.start))
        _fill(part, green, x[rows], x[rows.start :], size)
        return part @ v[rows.start :], part[:, len(part) :].T @ v[rows]

    out, parts = np.zeros(v.shape), blocks(len(x), len(x), BLOCK)
    for rows, (here, below) in zip(parts, in_order(block, parts), strict=True):
        out[rows] += here
        out[rows.stop :] += below
    return out


def in_order(work: Callable[[slice], Any], parts: list[slice]) -> Iterator[Any]:
    """work(part) for part after part, as many at a time as this process has cores: NumPy lets threads run side by side.

    What comes out, and in which order, does not depend on their number. An error, or an interrupt, ends what waits.
    """
    context = copy_context()  # of np.errstate, which a thread does not inherit
    pool = ThreadPoolExecutor(cores())
    try:
        yield from pool.map(lambda part: context.copy().run(work, part), parts)
    finally:
        pool.shutdown(cancel_futures=True)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def symmetric(gram: Array) -> Product:
    """v -> G v for a symmetric matrix, of which the upper half is read: memory holds ``G @ v`` back twice as long."""
    columns = np.asarray(gram, dtype=float).T  # in the order BLAS wants, without a copy
    return lambda v: np.asarray(scipy.linalg.blas.dsymv(1.0, columns, v, lower=1))


def cross_product(green: Kernel, grid: Array, x: Array, weights: Array) -> Array:
    """sum_k g(x, x_k) weights_k/K on a grid of M points, weights of shape (K,) or (K, n), in blocks of rows."""
    out = np.empty((len(grid), *weights.shape[1:]))
    for part in blocks(len(grid), len(x), BLOCK):
        out[part] = cross(green, grid[part], x) @ weights
    return out


def product_error(product: Product, green: Kernel, x: Array) -> float:
    """By how much v -> G v misses g(x_j, x_k)/K on a few columns, relative to the largest entry.

    Raises
    ------
    ValueError
        If it is more than 1e-6, or if the product does not return K finite numbers.
    """
    rows = _some(len(x))
    true = entries(green, x[rows], x[rows]) / len(x)
    given = np.empty_like(true)
    for column, k in enumerate(rows):
        unit = np.zeros(len(x))
        unit[k] = 1.0
        given[:, column] = checked(product(unit), len(x))[rows]
    gap = np.abs(given - true)
    largest = float(np.max(np.abs(true)))
    if not np.all(gap <= AGREE * largest):
        j, k = np.unravel_index(np.argmax(gap), gap.shape)
        raise ValueError(
            f"the product disagrees with g: g({x[rows[j]]}, {x[rows[k]]})/K is {true[j, k]:.6g}, and the product with "
            f"a unit vector gives {given[j, k]:.6g}. It must be v -> G v with G[j, k] = g(x_j, x_k)/K, 1/K included."
        )
    return float(np.max(gap)) / largest if largest > 0 else 0.0


def checked(image: Any, size: int) -> Array:
    """What a product returned, as an own array; ValueError unless it is so many finite numbers."""
    image = np.array(image, dtype=float)
    # a sum of squares is finite only if all are, and it is found without an array of answers
    if image.shape != (size,) or not (np.isfinite(np.dot(image, image)) or np.all(np.isfinite(image))):
        raise ValueError(
            f"the product must return {size} finite numbers for a vector of as many; it returned an array of "
            f"shape {image.shape}" + ("" if image.shape != (size,) else " with an entry that is not finite")
        )
    return image
