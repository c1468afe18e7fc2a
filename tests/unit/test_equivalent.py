"""The equivalent kernel, the penalties, the norms, the complexity and the offset: wider than the chapter's claims."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import prod

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

import selfdistill as sd
from selfdistill.equivalent import EquivalentKernel, effective_multiplier, eigenvalues, penalty_weights
from strategies import Problem, problems

BEAM, STRING = sd.greens.SimplySupportedBeam(), sd.greens.BrownianBridge()
GRID = np.linspace(0, 1, 101)
schedules = st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=8)


@st.composite
def runs(draw: st.DrawFn, *, ends: bool = True) -> sd.Distillation:
    """Up to five rounds of the string or the beam, with or without points where every function vanishes."""
    cells = draw(st.lists(st.integers(0 if ends else 1, 20 if ends else 19), min_size=3, max_size=9, unique=True))
    x = np.array(sorted(cells)) / 20
    y = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).standard_normal(len(x))
    green = draw(st.sampled_from([BEAM, STRING]))
    floor = sd.spectrum.decompose(green, x).floor(y)
    assume(floor < 0.9 * np.mean(y**2))
    share = draw(st.floats(0.02, 0.9))
    return sd.distill(green, x, y, epsilon=float(floor + share * (np.mean(y**2) - floor)), rounds=5)


# --- the kernel --------------------------------------------------------------------------------------------------


@pytest.mark.claim("ddagger")
@given(runs(), st.data())
@settings(max_examples=100)
def test_one_fit_with_the_equivalent_kernel_is_the_round(path: sd.Distillation, data: st.DataObject) -> None:
    t = data.draw(st.integers(0, len(path) - 1))
    kernel, size, c0 = EquivalentKernel(path, t), len(path.x), path.multipliers[0]
    heights = np.linalg.solve(c0 * np.eye(size) + kernel(path.x[:, None], path.x) / size, path.targets[0])
    expected = path.predict(GRID, round=t)
    np.testing.assert_allclose(
        kernel(GRID[:, None], path.x) / size @ heights, expected, atol=1e-8 * np.abs(path.targets[0]).max()
    )


@pytest.mark.claim("ddagger")
@given(runs())
@settings(max_examples=50)
def test_the_equivalent_kernel_is_symmetric_positive_and_falls(path: sd.Distillation) -> None:
    kernels = [EquivalentKernel(path, t) for t in range(len(path))]
    for kernel in kernels:
        wide = kernel(GRID[:, None], GRID)
        np.testing.assert_allclose(wide, wide.T, atol=1e-14 * np.abs(wide).max())
        assert np.linalg.eigvalsh(wide)[0] >= -1e-12 * np.abs(wide).max()
        np.testing.assert_allclose(kernel(path.x[:, None], path.x) / len(path.x), kernel.gram, atol=1e-12)
    levels = np.array([kernel.eigenvalues for kernel in kernels])
    positive = path.spectrum.eigenvalues > 0
    np.testing.assert_allclose(levels[0], path.spectrum.eigenvalues, rtol=1e-9)
    assert np.all(np.diff(levels[:, positive], axis=0) < 0) and np.all(levels[:, ~positive] == 0)


@pytest.mark.claim("ddagger")
def test_in_round_zero_the_kernel_is_interpolated_from_the_data_points() -> None:
    """g†_0 equals g where one argument is a data point, and is the finite-rank projection elsewhere."""
    x = np.array([0.2, 0.45, 0.7])
    kernel = EquivalentKernel(sd.distill(STRING, x, [1.0, -1.0, 0.5], epsilon=0.1), 0)
    np.testing.assert_allclose(kernel(GRID[:, None], x), STRING(GRID[:, None], x), atol=1e-14)
    assert np.all(kernel(GRID, GRID) <= STRING(GRID, GRID) + 1e-14) and kernel(0.9, 0.9) < STRING(0.9, 0.9)


@pytest.mark.claim("ddagger")
@given(problems())
@settings(max_examples=200)
def test_equivalent_eigenvalues_solve_their_equation_at_any_scale(problem: Problem) -> None:
    c = sd.distillation.multipliers(problem.spectrum, problem.z[:, None], epsilon=problem.epsilon, rounds=6)[:, 0]
    c = c[np.isfinite(c)]
    d = problem.d[problem.d > 0]
    log_b = -np.cumsum(np.log1p(c[:, None] / d), axis=0)
    level = eigenvalues(log_b, c[0])
    np.testing.assert_allclose(level / (c[0] + level), np.exp(log_b), rtol=1e-9, atol=1e-300)


def test_the_kernel_goes_through_the_loop_like_any_other() -> None:
    data = sd.datasets.paper_interior()
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.045)
    for t in range(len(path)):
        tolerance = float(np.mean((path.targets[t + 1] - data.y) ** 2))
        once = sd.distill(EquivalentKernel(path, t), data.x, data.y, epsilon=tolerance, rounds=1)
        assert once.multipliers[0] == pytest.approx(path.multipliers[0], rel=1e-9)
        np.testing.assert_allclose(once.predict(GRID, round=0), path.predict(GRID, round=t), atol=1e-11)
    with pytest.raises(ValueError, match="domain"):
        once.predict([1.5], round=0)
    assert repr(EquivalentKernel(path, 2)) == "EquivalentKernel(round=2)"


def test_points_in_the_plane_and_several_outputs() -> None:
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0, 1, (8, 2)), rng.standard_normal((8, 3))

    def bump(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.exp(-np.sum((p - q) ** 2, axis=-1) / 0.1)

    path = sd.distill(bump, x, y, epsilon=0.2, rounds=3)
    kernel, places = EquivalentKernel(path, 2), rng.uniform(0, 1, (5, 2))
    assert kernel.domain is None
    heights = np.linalg.solve(path.multipliers[0] * np.eye(8) + kernel.gram, y)
    np.testing.assert_allclose(
        kernel(places[:, None], x[None]) / 8 @ heights, path.predict(places, round=2), atol=1e-12
    )
    assert kernel.energy == pytest.approx(np.trace(heights.T @ kernel.gram @ heights) / 8, rel=1e-12)


@pytest.mark.parametrize("round", [-1, 4])
def test_a_round_without_a_fit_has_no_kernel(round: int) -> None:
    data = sd.datasets.paper_interior()
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.045)
    with pytest.raises(ValueError, match=rf"round must be .* at most 3; it is {round}"):
        EquivalentKernel(path, round)
    collapsed = sd.distill(BEAM, data.x, data.y, epsilon=10.0)
    with pytest.raises(ValueError, match="collapsed at once"):
        EquivalentKernel(collapsed, 0)


def test_at_the_floor_no_kernel_is_equivalent() -> None:
    data = sd.datasets.paper()
    floor = sd.spectrum.decompose(BEAM, data.x).floor(data.y)
    with pytest.raises(ValueError, match="floor, where c_0 = 0"):
        EquivalentKernel(sd.distill(BEAM, data.x, data.y, epsilon=floor, rounds=2), 1)


# --- the effective ridge and the penalties -----------------------------------------------------------------------


@pytest.mark.claim("ddagger-expansion")
@given(schedules, st.floats(1e-4, 1e4))
@settings(max_examples=300)
def test_the_effective_ridge_is_the_series_in_exact_fractions(c: list[float], d: float) -> None:
    exact = [Fraction(value) for value in c]
    e = [sum(prod(chosen) for chosen in combinations(exact, m)) for m in range(1, len(c) + 1)]
    series = sum(e_m / Fraction(d) ** m for m, e_m in enumerate(e))
    np.testing.assert_allclose(penalty_weights(c), np.array(e, dtype=float), rtol=1e-12)
    assert float(effective_multiplier(d, c)) == pytest.approx(float(series), rel=1e-12)
    level = eigenvalues(-np.sum(np.log1p(np.array(c) / d)), c[0])
    assert float(level) == pytest.approx(float(exact[0] * Fraction(d) / series), rel=1e-11)


@pytest.mark.claim("ddagger-expansion")
@given(st.lists(st.floats(1e-2, 1e2), min_size=2, max_size=8))
def test_weak_modes_see_the_larger_ridge(c: list[float]) -> None:
    ridge = effective_multiplier(np.geomspace(1e-2, 1e6, 200), c)
    assert np.all(np.diff(ridge) < 0)
    assert ridge[-1] == pytest.approx(sum(c), rel=1e-2)


@pytest.mark.claim("penalty-form")
@given(st.lists(st.floats(1e-2, 1e2), min_size=1, max_size=5), st.integers(0, 10_000))
@settings(max_examples=100)
def test_the_rounds_solve_one_problem_with_all_penalties(c: list[float], seed: int) -> None:
    """The gradient of the sum of squares and penalties vanishes at the result of refits with multipliers c."""
    rng = np.random.default_rng(seed)
    u, _ = np.linalg.qr(rng.standard_normal((5, 5)))
    gram = (u * rng.uniform(0.3, 3, 5)) @ u.T
    y = h = rng.standard_normal(5)
    for value in c:
        h = gram @ np.linalg.solve(value * np.eye(5) + gram, h)
    forces = [e * np.linalg.matrix_power(np.linalg.inv(gram), m) @ h for m, e in enumerate(penalty_weights(c), start=1)]
    np.testing.assert_allclose(y - h, sum(forces), atol=1e-10)


# --- norms and complexity ----------------------------------------------------------------------------------------


@pytest.mark.claim("gen-norm")
@given(runs())
@settings(max_examples=100)
def test_both_norms_are_quadratic_forms_of_dense_heights(path: sd.Distillation) -> None:
    size = len(path.x)
    for t in range(len(path)):
        gram = EquivalentKernel(path, t).gram
        heights = np.linalg.solve(path.multipliers[0] * np.eye(size) + gram, path.targets[0])
        assert EquivalentKernel(path, t).energy == pytest.approx(heights @ gram @ heights / size, rel=1e-6)
    assert EquivalentKernel(path, 0).energy == pytest.approx(path.energies[0], rel=1e-9)


@pytest.mark.claim("gen-norm")
@given(problems(scaled=False, largest_r=100))
@settings(max_examples=300)
def test_energy_and_trace_fall_with_every_round(problem: Problem) -> None:
    c = sd.distillation.multipliers(problem.spectrum, problem.z[:, None], epsilon=problem.epsilon, rounds=20)[:, 0]
    c = c[np.isfinite(c)]
    keep = problem.d > 0
    log_b = -np.cumsum(np.log1p(c[:, None] / problem.d[keep]), axis=0)
    energy = np.sum((np.exp(log_b) * problem.z[keep]) ** 2 / problem.d[keep], axis=1)
    assert np.all(np.diff(energy) < 0)
    assert np.all(np.diff(eigenvalues(log_b, c[0]).sum(axis=1)) < 0)


@pytest.mark.claim("rademacher")
@given(runs(ends=False), st.floats(1e-3, 1e3))
@settings(max_examples=50)
def test_the_bound_holds_for_the_mean_over_all_signs(path: sd.Distillation, radius: float) -> None:
    size = len(path.x)
    signs = np.array(list(product([-1.0, 1.0], repeat=size)))
    best = np.linalg.cholesky(path.spectrum.gram * size).T @ signs.T  # any square root of (g(x_j, x_k)) will do
    mean = radius / size * np.mean(np.linalg.norm(best, axis=0))
    bound = sd.bounds.rademacher(path.spectrum.gram, radius)
    assert bound / np.sqrt(2) * (1 - 1e-9) <= mean <= bound * (1 + 1e-9)


# --- linearised networks -----------------------------------------------------------------------------------------


@pytest.mark.claim("ntk-offset")
@given(st.integers(0, 10_000), st.floats(0.02, 0.8))
@settings(max_examples=50)
def test_rounds_of_a_model_with_an_offset_collapse_to_it(seed: int, share: float) -> None:
    """Random features with a random offset, trained in the parameters: least squares with penalty rows."""
    rng = np.random.default_rng(seed)
    features, offset, labels = rng.standard_normal((6, 15)), rng.standard_normal(6), rng.standard_normal(6)
    places = np.arange(6)
    kernel_values = features @ features.T

    def kernel(x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return kernel_values[x.astype(int), s.astype(int)]

    epsilon = share * float(np.mean((labels - offset) ** 2))
    path = sd.distill(kernel, places, labels - offset, epsilon=epsilon)
    targets = labels
    for t, c in enumerate(path.multipliers):
        rows = np.vstack([features / np.sqrt(6), np.sqrt(c) * np.eye(15)])
        step = np.linalg.lstsq(rows, np.concatenate([(targets - offset) / np.sqrt(6), np.zeros(15)]), rcond=None)[0]
        predictions = offset + features @ step
        np.testing.assert_allclose(predictions, offset + path.predict(places, round=t), atol=1e-8)
        assert np.mean((predictions - targets) ** 2) == pytest.approx(epsilon, rel=1e-7)
        targets = predictions
    assert np.mean((targets - offset) ** 2) <= epsilon * (1 + 1e-7), "standing still is feasible now"
    assert not path.predict(places, round=len(path)).any()


@pytest.mark.claim("map")
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 7))
@settings(max_examples=60)
def test_the_targets_are_the_posterior_mean_of_a_normal_prior(seed: int, rounds: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    d, u = np.sort(10.0 ** rng.uniform(-1.5, 0, size)), np.linalg.qr(rng.standard_normal((size, size)))[0]
    c, y = 10.0 ** rng.uniform(-1.5, 0.5, rounds), rng.standard_normal(size)
    inverse = (u / d) @ u.T
    precision = sum(e * np.linalg.matrix_power(inverse, m + 1) for m, e in enumerate(sd.equivalent.penalty_weights(c)))
    targets = y
    for value in c:
        targets = u @ (d / (d + value) * (u.T @ targets))
    covariance = np.linalg.inv(precision)
    mean = covariance @ np.linalg.solve(covariance + np.eye(size), y)
    # the precision has a condition number up to 30^rounds
    assert np.linalg.norm(mean - targets) <= 1e-14 * np.linalg.cond(precision) * np.linalg.norm(y)
