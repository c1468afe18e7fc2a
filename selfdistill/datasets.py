"""Data sets of the book: the eleven points of the paper, its nine interior points, noisy sines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .values import Value

_PAPER_TARGETS = (
    0.38476636465198066,
    1.2333967683416893,
    1.33232242217057,
    0.69201594888895180,
    -0.29756145531871736,
    -0.24189291901377769,
    -0.7964485769175675,
    -0.9616480167034174,
    -0.49672509509916934,
    -0.3469066003991437,
    0.5589512650600734,
)


@dataclass(frozen=True, eq=False)
class Data(Value):
    """Points x, labels y, and the function the labels scatter around.

    Attributes
    ----------
    x, y : ndarray, shape (K,)
    truth : callable
        The noise-free function; known, because the data are synthetic.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    truth: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    def error(self, fits: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean squared error to the truth over the grid, for fits of shape (..., M): the held-out error."""
        return np.mean((fits - self.truth(grid)) ** 2, axis=-1)


def sine(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """sin(2 pi x)."""
    return np.sin(2 * np.pi * x)


def paper() -> Data:
    """The running example: x = 0, 0.1, ..., 1 and y = sin(2 pi x) + noise of standard deviation 0.5, K = 11.

    Source: the illustrative example of Mobahi, Farajtabar and Bartlett (2020). Every function with f(0) = f(1) = 0
    misses the first and the last label, so the smallest feasible epsilon is (y_1² + y_11²)/11 = 0.041861.
    """
    return Data(np.arange(11) / 10, np.array(_PAPER_TARGETS), sine)


def paper_interior() -> Data:
    """The running example without its two end points, K = 9: every assumption of the theory holds."""
    data = paper()
    return Data(data.x[1:-1], data.y[1:-1], data.truth)


def benchmarks() -> dict[str, Any]:
    """What ``make bench`` measured on its machine, named in the result: times of this package beside those of peers."""
    return _stored("benchmarks.json")


def choices() -> dict[str, Any]:
    """What ``python benchmarks/choose.py`` measured: chosen rounds beside chosen single fits, cell by cell."""
    return _stored("choices.json")


def _stored(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files(__package__) / name).read_text("utf8"))
    return content


def noisy_sine(K: int, sigma: float, *, rng: np.random.Generator) -> Data:
    """K points k/(K + 1) inside (0, 1), y = sin(2 pi x) + N(0, sigma²).

    Raises
    ------
    ValueError
        If K < 1 or sigma is negative or not finite.
    """
    if K < 1:
        raise ValueError(f"K must be at least 1; it is {K}")
    if not (np.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma must be finite and non-negative; it is {sigma}")
    x = np.arange(1, K + 1) / (K + 1)
    return Data(x, sine(x) + sigma * rng.standard_normal(K), sine)
