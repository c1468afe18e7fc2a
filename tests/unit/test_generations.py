"""The loop with something new in each round: against the loop itself, limits, and what is refused."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from selfdistill.generations import Fresh, accumulated, best_weight, mixed, replaced

factor = st.floats(0.0, 1.0)


def exact(a: float, rounds: int, *, keep: bool) -> tuple[list[float], list[float]]:
    """What f_t keeps of the truth, and its variance, from its weights on every draw of noise, one by one."""
    kept, variance = [], []
    truth, noises = [1.0], [np.eye(rounds + 1)[0]]  # of each vector of labels: its part of the truth, of each noise
    for t in range(rounds):
        seen = slice(None) if keep else slice(-1, None)
        mean, weights = a * float(np.mean(truth[seen])), a * np.mean(noises[seen], axis=0)
        kept.append(mean)
        variance.append(float(weights @ weights))
        truth.append(mean)
        noises.append(weights + np.eye(rounds + 1)[t + 1])
    return kept, variance


@pytest.mark.claim("collapse-replace", "collapse-accumulate")
@pytest.mark.parametrize("keep", [False, True])
@given(factor, st.integers(1, 12), st.floats(0.0, 1e6))
def test_mean_and_variance_are_those_of_the_weights_on_each_noise(
    keep: bool, a: float, rounds: int, noise: float
) -> None:
    found = (accumulated if keep else replaced)([a], noise=noise, rounds=rounds)
    for values, stated in zip(found, exact(a, rounds, keep=keep), strict=True):
        scale = noise if values is found[1] else 1.0
        # sums of at most 13 positive terms; below 1e-300 a power may underflow on one side first
        np.testing.assert_allclose(values[:, 0], scale * np.array(stated), rtol=1e-13, atol=1e-290)


@pytest.mark.claim("golden")
@given(st.floats(1e-3, 1.0), st.floats(1e-6, 1.0))
def test_no_weight_has_a_smaller_variance_than_the_best(a: float, weight: float) -> None:
    assert mixed(a, best_weight(a)) <= mixed(a, weight) * (1 + 1e-14)


@pytest.mark.claim("golden")
def test_real_labels_alone_are_one_fit() -> None:
    assert np.array_equal(mixed([0.2, 1.0], 1.0), np.array([0.2, 1.0]) ** 2)


@pytest.mark.claim("fresh")
@given(st.integers(1, 50), st.integers(2, 50), st.floats(0.0, 10.0))
def test_the_least_norm_risk_is_monotone_in_the_direction_that_the_noise_decides(
    n: int, more: int, noise: float
) -> None:
    fresh = Fresh.least_norm(n, n + more, noise=noise)
    steps = np.diff(fresh.risk(6, strength=1.0))
    if abs(fresh.a - fresh.start) > 1e-9:
        # beyond the rounding of the risk itself, which is of the order of 1 + start
        moved = steps[np.abs(steps) > 1e-13 * (1 + fresh.start)]
        assert np.all(np.sign(moved) == np.sign(fresh.a - fresh.start))


@pytest.mark.claim("fresh")
def test_a_tiny_ridge_with_many_points_keeps_everything() -> None:
    fresh = Fresh.ridge(400, 3, ridge=1e-9, noise=0.0, rng=np.random.default_rng(0), draws=5)
    np.testing.assert_allclose(fresh.risk(5, strength=2.0), 0.0, atol=1e-7)


@pytest.mark.claim("fresh")
def test_one_draw_of_one_point_in_one_dimension_is_a_fit() -> None:
    fresh = Fresh.ridge(1, 1, ridge=0.5, noise=2.0, rng=np.random.default_rng(4), draws=1)
    s = np.random.default_rng(4).standard_normal() ** 2
    np.testing.assert_allclose([fresh.a, fresh.b], [s / (s + 0.5), (s / (s + 0.5)) ** 2], rtol=1e-12)
    np.testing.assert_allclose(fresh.start, 2.0 * s / (s + 0.5) ** 2, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: replaced([1.5], noise=1.0, rounds=2), r"factors must lie in \[0, 1\]; they are \[1.5\]"),
        (lambda: replaced([0.5], noise=-1.0, rounds=2), "noise, a variance, must not be negative; it is -1.0"),
        (lambda: accumulated([0.5], noise=1.0, rounds=0), "rounds must be a whole number, at least 1; it is 0"),
        (lambda: mixed(0.5, 0.0), "weight must lie in .* Without real labels see"),
        (lambda: Fresh.least_norm(5, 6, noise=1.0), "no finite mean unless n < p - 1; n is 5 and p is 6"),
        (lambda: Fresh.ridge(5, 5, ridge=0.0, noise=1.0, rng=np.random.default_rng(0)), "ridge must be finite and pos"),
    ],
)
def test_what_has_no_answer_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
