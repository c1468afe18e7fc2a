"""What a kernel is, and what may be given as points, numbers and options: the ground everything else stands on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ULPS = 4  # roundings by which a point may miss the end of the domain: a scaling to [0, 1] makes one or two
_LARGEST = np.finfo(np.float64).max


class Kernel(Protocol):
    """A kernel g(x, s): symmetric, positive semidefinite, broadcasting x against s.

    Any callable is one. `distill` calls it with arrays of points, x[:, None] and s[None, :]; points in p dimensions
    keep their last axis, which the kernel reduces. What a kernel knows of itself it may state in attributes:

    - ``domain``: (a, b). It lives on this interval of the line, and points of shape (K, 1) are taken as (K,).
    - ``symmetric``: True if g(x, s) = g(s, x) to the last bit, so that half a Gram matrix need be computed; or a few of
      its columns, if they tell the rest (`selfdistill.lowrank`: a few rows are compared with the kernel). From
      4,096 points on, several threads call such a kernel at once: it must write to nothing that they share.
    - ``period``: points that differ by a multiple of it are one point (0 and 1 for a periodic kernel on [0, 1]).
    - ``rank``: the dimension of the space of functions, if it is finite. It tells a zero eigenvalue from a small one.
    - ``null_functions(x)``: functions that cost nothing, as a callable that gives their values at any points, shape
      (M, q), in a basis that is well conditioned on the points x. The kernel need then be positive only on
      coefficients that annihilate them (conditionally positive definite).
    - ``generators(x)``: the kernel as a short sum of products at points x, see `Generators`; None if it is none. With
      one product each fit is a tridiagonal system (`selfdistill.tridiagonal`).
    """

    def __call__(self, x: Any, s: Any, /) -> Any:
        """g(x, s), of the broadcast shape."""


@dataclass(frozen=True, eq=False)
class Generators:
    r"""A kernel on the line as a short sum of products, from which G v costs O(K) operations.

    g(x, s) = e^{−a(M − m)} Σ_n θ_n (a(M − m))^n/n! · Σ_i P_i(m) Q_i(M), with m = min(x, s), M = max(x, s). Such a
    kernel is called semiseparable. With a = 0 and one θ it is Σ_i P_i(m) Q_i(M).

    Attributes
    ----------
    left, right : ndarray, shape (r, K)
        P_i and Q_i at the points.
    rate : float
        a >= 0. The exponential stands apart, because e^{am} by itself overflows.
    weights : tuple of float
        θ_0, θ_1, ...
    """

    left: Array
    right: Array
    rate: float = 0.0
    weights: tuple[float, ...] = (1.0,)


def as_kernel(green: Any) -> Kernel:
    """The kernel itself; ValueError for a class without its brackets, or for what cannot be called."""
    if isinstance(green, type):
        raise ValueError(f"green must be a kernel; it is the class {green.__name__}. Make one: {green.__name__}(...).")
    if not callable(green):
        raise ValueError(f"green must be a callable g(x, s); it is {green!r}")
    return cast(Kernel, green)


def generators(green: Kernel, x: Array) -> Generators | None:
    """The generators of a kernel at points of shape (K,); None if it has none, or the points have another shape."""
    state: Callable[[Array], Generators | None] | None = getattr(green, "generators", None)
    return state(x) if state is not None and x.ndim == 1 else None


# ------------------------------------------------------------------------------------------------------ points, arrays


def as_numbers(values: ArrayLike, name: str) -> Array:
    """An own copy of the values as finite float64 numbers.

    Raises
    ------
    ValueError
        For text, dates, complex and missing values (masks, NaT, None) and for what is not finite, naming the argument
        and the first index.
    """
    given = values if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if isinstance(given, np.ma.MaskedArray):
        _refuse(np.ma.getmaskarray(given), name, "is masked", "Drop that entry or fill it.")
        given = given.data
    if given.dtype.kind in "mM":
        kind = "a date" if given.dtype.kind == "M" else "a time span"
        unit = "(t - t[0]) / np.timedelta64(1, 'D')" if kind == "a date" else "t / np.timedelta64(1, 'D')"
        raise ValueError(
            f"{name} must be numbers; {name}{[0] * given.ndim} is {kind}, {given.flat[:1]}. Say in which unit and "
            f"since when: {unit} gives days."
        )
    if given.dtype.kind == "c":
        _refuse(np.ones(given.shape, dtype=bool), name, "is complex", "Give its real part, or two real outputs.")
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        _refuse(np.vectorize(_no_number, otypes=[bool])(given), name, "is no number", "Drop that entry or mend it.")
        raise
    finite(numbers, name)
    return numbers


def finite(values: Array, name: str) -> None:
    """Raise ValueError naming the first entry that is not finite."""
    if not np.all(np.isfinite(values)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
        raise ValueError(f"{name} must be finite; {name}{list(where)} is {values[where]}. Drop that point or mend it.")


def as_points(x: ArrayLike, name: str = "x", green: Kernel | None = None, *, least: int = 1) -> Array:
    """Points as an own array of float64, shape (K,) or (K, p).

    For a kernel that states its domain, an interval of the line, (K, 1) is taken as (K,), and points within four
    roundings of an end are that end.

    Raises
    ------
    ValueError
        For fewer points than `least`, points that are not finite numbers, of another shape, or outside the domain.
    """
    points = as_numbers(x, name)
    domain = getattr(green, "domain", None)
    if domain is not None and points.ndim == 2 and points.shape[1] == 1:
        points = points[:, 0]
    if points.ndim not in (1, 2) or len(points) < least or 0 in points.shape[1:]:
        raise ValueError(f"{name} must have shape (K,) or (K, p) with K >= {least}; it has shape {points.shape}")
    if domain is None:
        return points
    if points.ndim == 2:
        raise ValueError(
            f"{name} must have shape (K,), because {green!r} lives on the line; it has shape {points.shape}"
        )
    return inside(points, domain, name, green)


def inside(points: ArrayLike, domain: tuple[float, float], name: str, green: object) -> Array:
    """The points as float64, of any shape; those within four roundings of an end of the domain are that end.

    Raises
    ------
    ValueError
        If a point is not finite or lies farther outside: the message names the argument, the point and the domain.
    """
    values = np.asarray(points, dtype=np.float64)
    low, high = domain
    if values.size == 0 or (max(low, -_LARGEST) <= np.min(values) and np.max(values) <= min(high, _LARGEST)):
        return values  # the usual case, quickly; NaN is on neither side
    slack = ULPS * np.finfo(float).eps * max((abs(end) for end in domain if math.isfinite(end)), default=0.0)
    outside = ~((values >= low - slack) & (values <= high + slack) & np.isfinite(values))  # NaN counts as outside
    if outside.any():
        raise ValueError(
            f"{name} contains {float(values[outside].flat[0])!r}, which is not a point of the domain "
            f"[{low:g}, {high:g}] of {green!r}; rescale the data to the domain or choose another kernel"
        )
    return np.clip(values, low, high)


def blocks(count: int, columns: int, limit: int) -> list[slice]:
    """Slices of `count` rows of `columns` numbers, so that a block takes at most `limit` bytes (one row at least)."""
    size = max(1, limit // (8 * max(1, columns)))
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def _refuse(bad: NDArray[np.bool_], name: str, what: str, remedy: str) -> None:
    if np.any(bad):
        where = [int(i) for i in np.argwhere(bad)[0]]
        raise ValueError(f"{name} must be real numbers; {name}{where} {what}. {remedy}")


def _no_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return True
    return False


# ------------------------------------------------------------------------------------------------------------- options


def number(value: Any, name: str) -> float:
    """An option as a float: any real number, Decimal and Fraction included; no text, truth value, array or nan.

    Raises
    ------
    ValueError
        Naming the option and its value.
    """
    bad = isinstance(value, (bool, np.bool_, str, bytes, np.datetime64, np.timedelta64)) or value is np.ma.masked
    try:
        result = math.nan if bad or np.ndim(value) else float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if math.isnan(result):
        raise ValueError(f"{name} must be a number; it is {value!r}")
    return result


def positive(value: Any, name: str, remedy: str = "") -> float:
    """An option that is finite and positive, as a float; ValueError with its name, its value and the remedy if not."""
    try:
        result = number(value, name)
    except ValueError:
        result = math.nan
    if not 0.0 < result < math.inf:
        raise ValueError(f"{name} must be finite and positive; it is {value!r}. {remedy}".rstrip())
    return result


def whole(value: Any, name: str, *, least: int = 1, most: float = math.inf, remedy: str = "") -> int:
    """An option that is a whole number from `least` to `most`, as an int (3.0 is 3, True is none); else ValueError."""
    try:
        result = number(value, name)
    except ValueError:
        result = math.nan
    if not (least <= result <= most and result.is_integer()):
        top = "" if most == math.inf else f" and at most {most:,.0f}"
        raise ValueError(f"{name} must be a whole number, at least {least}{top}; it is {value!r}. {remedy}".rstrip())
    return int(value)


def weight_roots(weights: ArrayLike, count: int) -> Array | None:
    """sqrt(w), the weights divided by their mean; None if they are all equal."""
    given = as_numbers(weights, "weights")
    if given.shape != (count,):
        raise ValueError(f"weights must have shape (K,) with K = {count} as in x; it has shape {given.shape}")
    if not np.all(given > 0):
        k = int(np.argmin(given > 0))
        raise ValueError(
            f"weights must be positive; weights[{k}] is {float(given[k])!r}. Leave a point that does not count out of "
            "x, and predict there."
        )
    if np.all(given == given[0]):
        return None
    scaled = given / np.max(given)  # so that the sum neither overflows nor vanishes
    shares = scaled / np.mean(scaled)
    if np.min(shares) < np.finfo(float).tiny:
        raise ValueError(
            f"weights must have ratios that float64 can hold; they go from {np.min(given):.6g} to {np.max(given):.6g}. "
            "Leave the points that hardly count out of x."
        )
    return np.sqrt(shares)
