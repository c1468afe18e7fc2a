"""Smooth kernels by few columns: the factor and what it misses, the loop, and the kernels that are left to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import selfdistill as sd
from selfdistill import gram, greens, lowrank, sites

SMOOTH: list[tuple[Any, int]] = [
    (greens.Gaussian(0.1), 0),
    (greens.Gaussian(0.4), 0),
    (greens.Radial("gaussian", 1.0), 2),
    (greens.Radial("gaussian", 0.8), 2),
]


def points(dimensions: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """In an interval, or in a cube."""
    return rng.uniform(0, 1, (size, dimensions) if dimensions else size)


def labels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sine and a half along the first axis, and noise of standard deviation 0.2."""
    first = x if x.ndim == 1 else x[:, 0]
    return np.sin(2 * np.pi * first) + 0.2 * rng.standard_normal(len(x))


def matrix_of(green: Callable[..., np.ndarray], where: sites.Sites, count: int) -> np.ndarray:
    """The Gram matrix of the sites."""
    return where.weights[:, None] * gram.entries(green, where.points, where.points) * where.weights / count


@pytest.mark.claim("low-rank")
@pytest.mark.parametrize(("green", "dimensions"), SMOOTH, ids=repr)
@pytest.mark.parametrize("kind", ["plain", "repeated", "weighted"])
@pytest.mark.parametrize("first", [3, lowrank.FIRST])
def test_few_columns_are_the_matrix(
    green: Any, dimensions: int, kind: str, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to a matrix no larger than the trace that is left, and the rounding of products of numbers below one."""
    monkeypatch.setattr(lowrank, "FIRST", first)
    rng = np.random.default_rng(3)
    x = points(dimensions, 600, rng)
    x = x[rng.integers(0, 500, 600)] if kind == "repeated" else x
    where = sites.Sites.of(green, x, np.sqrt(rng.uniform(0.2, 3.0, 600)) if kind == "weighted" else None)
    dense = matrix_of(green, where, 600)
    found = lowrank.low_rank(green, where, 600)
    assert found is not None
    u = found.vectors
    np.testing.assert_allclose(u.T @ u, np.eye(u.shape[1]), atol=1e-13)
    assert np.all(np.diff(found.values) <= 0) and u.shape[1] < 98
    error = np.linalg.norm(dense - u * found.values @ u.T, 2)
    assert found.missing <= 1e-14 * np.trace(dense)
    assert error <= found.missing + 1e-14 * found.values[0]
    largest = np.linalg.eigvalsh(dense)[::-1][: u.shape[1]]
    np.testing.assert_allclose(found.values, largest, atol=found.missing + 1e-14 * found.values[0])


@pytest.mark.claim("low-rank")
@pytest.mark.parametrize(("green", "dimensions"), SMOOTH, ids=repr)
@pytest.mark.parametrize("outputs", [0, 3])
@pytest.mark.parametrize("kind", ["plain", "repeated", "weighted"])
def test_the_loop_is_that_of_the_eigenvalues(green: Any, dimensions: int, outputs: int, kind: str) -> None:
    rng = np.random.default_rng(4)
    x = points(dimensions, 600, rng)
    x = x[rng.integers(0, 500, 600)] if kind == "repeated" else x
    y = labels(x, rng) if outputs == 0 else np.stack([labels(x, rng) for _ in range(outputs)], axis=1)
    weights = rng.uniform(0.2, 3.0, 600) if kind == "weighted" else None
    epsilon = 0.12 * max(outputs, 1)
    one, other = (
        sd.distill(green, x, y, epsilon=epsilon, weights=weights, method=method) for method in ("auto", "spectral")
    )
    assert one.method == "lowrank" and "columns" in one.reason
    assert one.collapsed and len(one) == len(other) > 1
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-10)
    np.testing.assert_allclose(one.multipliers, other.multipliers, rtol=1e-9)
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-9 * np.max(np.abs(other.weights)))
    np.testing.assert_allclose(one.conditions, other.conditions, rtol=1e-8)
    grid = points(dimensions, 30, rng)
    np.testing.assert_allclose(one(grid), other(grid), atol=1e-9)


def test_a_fixed_multiplier_of_many_points() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, 300)
    y = labels(x, rng)
    one, other = (
        sd.distill(greens.Gaussian(0.2), x, y, multiplier=1e-2, rounds=3, method=method)
        for method in ("lowrank", "cholesky")
    )
    assert one.method == "lowrank" and not one.collapsed
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-11)


def test_more_points_than_a_matrix_has_room_for() -> None:
    """60,000 points: the matrix would have 3.6e9 entries. Some rows of (c + G) a = y tell whether a fit is right."""
    rng = np.random.default_rng(6)
    x = rng.uniform(0, 1, 60_000)
    y, green = labels(x, rng), greens.Gaussian(0.2)
    path = sd.distill(green, x, y, epsilon=0.045)
    assert path.method == "lowrank" and path.accuracy < 1e-9 and path.collapsed
    some = rng.integers(0, 60_000, 5)
    rows = green(x[some, None], x) / 60_000
    for t, c in enumerate(path.multipliers):
        fitted = path.targets[t + 1, some]
        np.testing.assert_allclose(rows @ path.weights[t], fitted, atol=1e-10)
        np.testing.assert_allclose(path.targets[t, some] - c * path.weights[t, some], fitted, atol=1e-12)
        assert np.mean((path.targets[t] - path.targets[t + 1]) ** 2) == pytest.approx(0.045, rel=1e-10)


# --- kernels that are left to others ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """A kernel that says it is symmetric, whatever it is, and counts how many entries it was asked for."""

    kernel: Callable[[Any, Any], Any]
    asked: list[int]
    symmetric: bool = True

    def __call__(self, x: Any, s: Any) -> np.ndarray:
        values = np.asarray(self.kernel(x, s), dtype=float)
        self.asked.append(values.size)
        return values


def distilled(kernel: Callable[[Any, Any], Any], epsilon: float = 0.1) -> tuple[sd.Distillation, list[int]]:
    """300 points distilled with such a kernel."""
    rng = np.random.default_rng(7)
    x, asked = rng.uniform(0, 1, 300), []  # type: ignore[var-annotated]
    path = sd.distill(Said(kernel, asked), x, labels(x, rng), epsilon=epsilon, rounds=2)
    return path, asked


def test_a_rough_kernel_is_given_up_soon() -> None:
    """A quarter of the columns that it might have taken, and its eigenvalues have not fallen by a tenth of the way."""
    path, asked = distilled(lambda x, s: np.exp(-300.0 * np.abs(x - s)))
    assert path.method == "krylov" and "no few columns" in path.reason
    columns = [size for size in asked if size == 300]
    assert len(columns) == int(0.25 * 4.0 * np.sqrt(300))


def test_a_kernel_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="positive semidefinite"):
        distilled(lambda x, s: np.cos(3 * x) * np.cos(3 * s) - 0.5 * np.sin(3 * x) * np.sin(3 * s) + 0.6 * (x == s))
    with pytest.raises(ValueError, match="positive semidefinite"):
        distilled(lambda x, s: np.exp(np.abs(x - s)))


def test_a_kernel_that_is_not_what_it_says_is_left_to_the_whole_matrix() -> None:
    """Rows of it disagree: it is smooth, and not symmetric. (The whole matrix believes its upper half.)"""
    asked: list[int] = []
    x = np.linspace(0, 1, 300)
    wrong = Said(lambda x, s: np.exp(-((x - s) ** 2)) * (1.0 + 1e-6 * (x > s)), asked)
    assert lowrank.low_rank(wrong, sites.Sites.of(wrong, x), 300) is None


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_kernel_without_numbers_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        distilled(lambda x, s: np.where((x > 0.5) & (s < 0.3) | (s > 0.5) & (x < 0.3), bad, np.exp(-((x - s) ** 2))))


def test_a_kernel_of_finite_rank_has_its_floor() -> None:
    """What no function reaches is told by the path that knows it."""

    class Line:
        symmetric, rank = True, 1

        def __call__(self, x: Any, s: Any) -> Any:
            return x * s

    rng = np.random.default_rng(8)
    x = rng.uniform(0.1, 1, 300)
    y = labels(x, rng)
    with pytest.raises(sd.spectrum.InfeasibleError) as caught:
        sd.distill(Line(), x, y, epsilon=1e-3)
    one, other = (sd.distill(Line(), x, y, epsilon=1.1 * caught.value.floor, method=m) for m in ("auto", "spectral"))
    assert one.method == "lowrank" and "1 columns" in one.reason
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-11)


def test_far_below_the_noise_another_path_steps_in() -> None:
    """There the modes count that the columns do not resolve."""
    x = np.random.default_rng(9).uniform(0, 1, 300)
    y = labels(x, np.random.default_rng(10))
    with pytest.raises(sd.UnresolvedError):
        sd.distill(greens.Gaussian(0.2), x, y, epsilon=1e-6)


def test_room_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lowrank, "MEMORY", 8 * 300 * 20)
    path, _ = distilled(lambda x, s: np.exp(-((x - s) ** 2) / 0.02))
    assert path.method == "krylov"


def test_who_may_not_ask_for_it() -> None:
    x, y = np.linspace(0.1, 0.9, 9), np.ones(9)
    with pytest.raises(ValueError, match="'lowrank' needs a kernel that states symmetric = True"):
        sd.distill(lambda x, s: np.minimum(x, s), x, y, epsilon=0.1, method="lowrank")
    with pytest.raises(ValueError, match="and no null space"):
        sd.distill(greens.Gaussian(0.2), x, y, epsilon=0.1, method="lowrank", null=[np.ones_like])
