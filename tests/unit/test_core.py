"""Properties and oracles of the spectrum, the secular equation and the loop, statement by statement."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.interpolate import make_smoothing_spline
from scipy.optimize import brentq

import selfdistill as sd
from strategies import Problem, problems

BEAM = sd.greens.SimplySupportedBeam()
GRID = np.linspace(0, 1, 501)


def constraint(problem: Problem, lam: float) -> float:
    """||(1 + lam D)^{-1} z||/residual, without squaring anything large or small."""
    return float(np.linalg.norm(problem.z / problem.residual / (1 + lam * problem.d)))


def brent(d: np.ndarray, z: np.ndarray, residual: float) -> float:
    """The multiplier by Brent's method in log c."""
    return float(
        np.exp(
            brentq(
                lambda s: np.log(np.linalg.norm(z / (1 + d * np.exp(-s))) / residual), -90, 90, xtol=1e-13, maxiter=500
            )
        )
    )


@st.composite
def beam_data(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float]:
    """Distinct interior points, labels, and an epsilon between a hundredth and nine tenths of mean y²."""
    size = draw(st.integers(2, 9))
    cells = draw(st.lists(st.integers(1, 39), min_size=size, max_size=size, unique=True))
    x = np.array(sorted(cells)) / 40
    y = np.array(draw(st.lists(st.floats(-2, 2), min_size=size, max_size=size)))
    assume(np.mean(y**2) > 1e-3)
    return x, y, float(np.mean(y**2)) * draw(st.floats(0.01, 0.9))


# --- one fit -----------------------------------------------------------------------------------------------------


@pytest.mark.claim("closed-form")
@given(beam_data())
@settings(max_examples=25)
def test_the_fit_is_a_ridge_regression_on_sines(data: tuple[np.ndarray, np.ndarray, float]) -> None:
    x, y, epsilon = data
    n = np.arange(1, 1201)
    scale = np.sqrt(2) / (np.pi * n) ** 2
    modes, kernel = np.sin(np.pi * np.outer(x, n)) * scale, len(x) * np.eye(len(x))

    def residual(log_c: float) -> np.ndarray:
        c = np.exp(log_c)
        return c * len(x) * np.linalg.solve(modes @ modes.T + c * kernel, y)

    c = np.exp(brentq(lambda s: np.mean(residual(s) ** 2) - epsilon, -40, 10, xtol=1e-13))
    b = modes.T @ np.linalg.solve(modes @ modes.T + c * kernel, y)
    path = sd.distill(BEAM, x, y, epsilon=epsilon, rounds=1)
    expected = np.sin(np.pi * np.outer(GRID, n)) * scale @ b
    np.testing.assert_allclose(
        path(GRID)[0], expected, atol=2e-4 * np.abs(expected).max()
    )  # 1200 modes leave out 1e-11 of g


@pytest.mark.claim("closed-form")
def test_the_natural_cubic_spline_with_pinned_ends_is_the_same_fit() -> None:
    """SciPy's smoothing spline, with two heavy points of value 0 at the ends, solves the same problem for lam = K·c."""
    data = sd.datasets.noisy_sine(20, 0.3, rng=np.random.default_rng(1))
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.09, rounds=1)
    x, y = np.r_[0.0, data.x, 1.0], np.r_[0.0, data.y, 0.0]
    weights = np.r_[1e8, np.ones(20), 1e8]
    spline = make_smoothing_spline(x, y, w=weights, lam=20 * path.multipliers[0])
    np.testing.assert_allclose(path(GRID)[0], spline(GRID), atol=1e-6)


@pytest.mark.claim("closed-form")
@given(beam_data(), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_no_feasible_competitor_is_smoother(data: tuple[np.ndarray, np.ndarray, float], seed: int) -> None:
    x, y, epsilon = data
    path = sd.distill(BEAM, x, y, epsilon=epsilon, rounds=1)
    gram, size = path.spectrum.gram, len(x)
    heights = np.linalg.solve(path.multipliers[0] * np.eye(size) + gram, y)
    rng = np.random.default_rng(seed)
    for scale in (1e-6, 1e-3, 1.0):
        rivals = heights + scale * np.linalg.norm(heights) * rng.standard_normal((200, size))
        feasible = np.mean((rivals @ gram - y) ** 2, axis=1) <= epsilon
        energy = np.einsum("ij,jk,ik->i", rivals, gram, rivals)[feasible] / size
        assert np.all(energy >= path.energies[0] * (1 - 1e-9))


@pytest.mark.claim("r-value")
@given(beam_data())
@settings(max_examples=25)
def test_energy_is_the_integral_of_the_squared_second_derivative(data: tuple[np.ndarray, np.ndarray, float]) -> None:
    x, y, epsilon = data
    path = sd.distill(BEAM, x, y, epsilon=epsilon, rounds=4)
    knots = np.r_[0.0, x, 1.0]
    nodes, weights = np.polynomial.legendre.leggauss(3)
    points = (knots[:-1, None] + np.diff(knots)[:, None] * (nodes + 1) / 2).ravel()
    steps = (np.diff(knots)[:, None] * weights / 2).ravel()
    for t in range(len(path)):
        a = np.linalg.solve(path.multipliers[t] * np.eye(len(x)) + path.spectrum.gram, path.targets[t])
        second = -sd.greens.BrownianBridge()(points[:, None], x) @ a / len(x)
        assert path.energies[t] == pytest.approx(steps @ second**2, rel=1e-7)


@pytest.mark.claim("collapse")
@given(problems(zeros=False), st.floats(1e-12, 1e-3))
def test_zero_exactly_when_the_labels_are_small(problem: Problem, e: float) -> None:
    norm = float(np.linalg.norm(problem.z))
    assert sd.secular.solve(problem.d, problem.z, norm * (1 + e)) == 0
    assert (
        sd.secular.solve(problem.d, problem.z, norm) * sd.bounds.mean_eigenvalue(problem.d, problem.z) < 1e-14
    )  # zero up to the rounding of the norm
    assert sd.secular.solve(problem.d, problem.z, norm * (1 - e)) > 0


@pytest.mark.claim("collapse")
@pytest.mark.parametrize("e", [1e-3, 1e-6, 1e-9])
def test_multiplier_near_the_collapse_to_leading_order(e: float) -> None:
    rng = np.random.default_rng(2)
    d, z = rng.uniform(0.1, 1, 8), rng.standard_normal(8)
    residual = np.linalg.norm(z) * np.sqrt(1 - e)
    c = 1 / sd.secular.solve(d, z, residual)
    assert c == pytest.approx(sd.bounds.multiplier_near_collapse(d, z, residual), rel=5 * e + 1e-6)


@pytest.mark.claim("feasible")
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_floor_of_repeated_points_is_the_scatter_within_groups(copies: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sites = np.sort(rng.choice(np.arange(1, 20), 4, replace=False)) / 20
    x, y = np.tile(sites, copies), rng.standard_normal(4 * copies)
    groups = y.reshape(copies, 4)
    scatter = float(np.sum((groups - groups.mean(axis=0)) ** 2)) / len(y)
    floor = sd.spectrum.decompose(BEAM, x).floor(y)
    assert floor == pytest.approx(scatter, abs=1e-11)
    if scatter > 1e-3:
        with pytest.raises(sd.InfeasibleError) as caught:
            sd.distill(BEAM, x, y, epsilon=0.999 * scatter)
        assert caught.value.floor == floor and f"{floor:.6g}" in str(caught.value)
        at_floor = sd.distill(BEAM, x, y, epsilon=floor, rounds=1)
        np.testing.assert_allclose(at_floor.predict(sites, round=0), groups.mean(axis=0), atol=1e-7)


@pytest.mark.claim("feasible")
def test_every_point_where_functions_vanish_adds_its_label_to_the_floor() -> None:
    x, y = np.array([0.0, 0.3, 0.6, 1.0]), np.array([0.5, 1.0, -1.0, 0.25])
    assert sd.spectrum.decompose(BEAM, x).floor(y) == pytest.approx((0.5**2 + 0.25**2) / 4, rel=1e-14)
    with pytest.raises(sd.InfeasibleError):
        sd.distill(BEAM, [0.0, 1.0], [1.0, 1.0], epsilon=0.5)  # G = 0: nothing at all can be fitted


@pytest.mark.claim("scale")
@given(problems(zeros=False, scaled=False, largest_r=50), st.integers(-150, 150), st.integers(-150, 150))
@settings(max_examples=200)
def test_units_change_the_multiplier_and_nothing_else(problem: Problem, a: int, b: int) -> None:
    lam = sd.secular.solve(problem.d, problem.z, problem.residual)
    scaled = sd.secular.solve(10.0**a * problem.d, 10.0**b * problem.z, 10.0**b * problem.residual)
    assume(lam > 0 and np.isfinite(lam) and np.isfinite(scaled) and scaled > 0)
    before, after = (
        sd.distillation.shrinkage(d, value)[0] for d, value in ((problem.d, lam), (10.0**a * problem.d, scaled))
    )
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-12)


# --- the multiplier ----------------------------------------------------------------------------------------------


@pytest.mark.claim("newton")
@given(problems())
@settings(max_examples=500)
def test_the_root_meets_the_constraint(problem: Problem) -> None:
    lam = sd.secular.solve(problem.d, problem.z, problem.residual)
    assert lam > 0
    if np.isfinite(lam):
        assert constraint(problem, float(lam)) == pytest.approx(1, rel=1e-9)


@pytest.mark.claim("newton")
def test_many_problems_at_once_are_the_same_problems() -> None:
    rng = np.random.default_rng(3)
    d = np.sort(10.0 ** rng.uniform(-6, 0, 40))
    z, residual = rng.standard_normal((700, 40)), rng.uniform(0.5, 8, 700)
    together = sd.secular.solve(d, z, residual)
    apart = [float(sd.secular.solve(d, row, value)) for row, value in zip(z, residual, strict=True)]
    np.testing.assert_allclose(together, apart, rtol=1e-12)
    np.testing.assert_allclose(
        sd.secular.solve(d, z.reshape(7, 100, 40), residual.reshape(7, 100)), together.reshape(7, 100), rtol=1e-12
    )
    some = [0, 5, 9]
    np.testing.assert_allclose([brent(d, z[i], residual[i]) * together[i] for i in some], 1, rtol=1e-9)


@pytest.mark.claim("newton")
@given(problems(zeros=False, scaled=False), st.floats(1e-6, 0.999999))
@settings(max_examples=300)
def test_one_evaluation_encloses_the_root(problem: Problem, fraction: float) -> None:
    lam = float(sd.secular.solve(problem.d, problem.z, problem.residual))
    start = np.array([fraction * lam])
    step = sd.secular.newton_step(problem.d, problem.z[None] ** 2, np.array([problem.residual**2]), start)
    low, high = sd.secular.enclosure(start, step)
    assert low[0] * (1 - 1e-9) <= lam <= high[0] * (1 + 1e-9)


@pytest.mark.claim("newton-naive")
def test_newton_in_c_fails_where_newton_in_its_inverse_does_not() -> None:
    rng = np.random.default_rng(4)
    failed = solved = 0
    for _ in range(400):
        d, z = 10.0 ** -rng.uniform(0, 8, 10), rng.standard_normal(10)
        residual = np.linalg.norm(z) / (1 + 10.0 ** rng.uniform(-3, 1))
        c = np.max(d) / (np.linalg.norm(z) / residual - 1)
        for _ in range(100):
            a = c / (c + d)
            c -= (np.sum((z * a) ** 2) - residual**2) / (2 * np.sum(z**2 * a * d / (c + d) ** 2))
            if not (np.isfinite(c) and c > 0):
                break
        with np.errstate(invalid="ignore"):
            failed += not (c > 0 and abs(np.linalg.norm(z * c / (c + d)) / residual - 1) < 1e-8)
        lam = sd.secular.solve(d, z, residual)
        solved += abs(np.linalg.norm(z / (1 + lam * d)) / residual - 1) < 1e-10
    assert failed > 200 and solved == 400


@pytest.mark.claim("c-bounds", "c-bounds-sharp")
@given(problems())
@settings(max_examples=500)
def test_both_brackets_hold(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6)
    c = 1 / sd.secular.solve(problem.d, problem.z, problem.residual)
    low, high = sd.bounds.multiplier_bracket(problem.d, problem.z, problem.residual)
    sharp_low, sharp_high = sd.bounds.multiplier_bracket_sharp(problem.d, problem.z, problem.residual)
    slack = 1e-8
    assert low * (1 - slack) <= c <= high * (1 + slack)
    assert sharp_low * (1 - slack) <= c <= sharp_high * (1 + slack)
    assert sharp_high <= high * (1 + slack)


# --- the loop ----------------------------------------------------------------------------------------------------


@pytest.mark.claim("recursion", "basis", "logb")
@given(beam_data())
@settings(max_examples=25)
def test_every_round_is_a_dense_refit(data: tuple[np.ndarray, np.ndarray, float]) -> None:
    x, y, epsilon = data
    path = sd.distill(BEAM, x, y, epsilon=epsilon, rounds=6)
    gram, size = path.spectrum.gram, len(x)
    labels = y
    for t in range(len(path)):
        c = path.multipliers[t]
        a = np.linalg.solve(c * np.eye(size) + gram, labels)
        assert np.mean((c * a) ** 2) == pytest.approx(epsilon, rel=1e-6)
        scale = np.abs(y).max()
        np.testing.assert_allclose(path.predict(GRID, round=t), BEAM(GRID[:, None], x) / size @ a, atol=1e-6 * scale)
        labels = gram @ a
        np.testing.assert_allclose(path.targets[t + 1], labels, atol=1e-7 * scale)
        product = path.spectrum.eigenvectors.T @ labels
        expected = np.exp(path.log_shrinkage[t]) * (path.spectrum.eigenvectors.T @ y)
        np.testing.assert_allclose(product, expected, atol=1e-7 * scale)
    assert np.all(path.ratios[: len(path)] > 1)
    assert path.collapsed == (path.ratios[-1] <= 1)


@pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")
@pytest.mark.claim("recursion")
@given(problems(largest_r=30))
@settings(max_examples=200)
def test_each_round_moves_the_labels_by_the_tolerance(problem: Problem) -> None:
    green = _diagonal(problem.d)
    assume(sd.spectrum.decompose(green, np.arange(len(problem.d))).floor(problem.z) <= problem.epsilon)
    path = sd.distill(green, np.arange(len(problem.d)), problem.z, epsilon=problem.epsilon, rounds=8)
    steps = np.linalg.norm(np.diff(path.targets, axis=0) / problem.residual, axis=1)
    np.testing.assert_allclose(steps, 1, rtol=1e-7)


@pytest.mark.claim("c-monotone")
@given(problems(scaled=False, largest_r=30))
@settings(max_examples=300)
def test_the_multiplier_grows(problem: Problem) -> None:
    c = sd.distillation.multipliers(problem.spectrum, problem.z[:, None], epsilon=problem.epsilon, rounds=30)[:, 0]
    alive = np.isfinite(c)
    assert np.all(np.diff(c[alive]) > 0)


@pytest.mark.claim("c-monotone")
@given(beam_data())
@settings(max_examples=20)
def test_the_multiplier_of_refits_by_brent_grows_too(data: tuple[np.ndarray, np.ndarray, float]) -> None:
    x, y, epsilon = data
    path = sd.distill(BEAM, x, y, epsilon=epsilon, rounds=5)
    z = path.spectrum.coordinates(path.targets[: len(path)].T).T
    roots = [brent(path.spectrum.eigenvalues, row, np.sqrt(len(x) * epsilon)) for row in z]
    np.testing.assert_allclose(path.multipliers, roots, rtol=1e-5)
    assert np.all(np.diff(roots) > 0)


@pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")
@pytest.mark.claim("logb")
@given(problems(zeros=False, largest_r=200))
@settings(max_examples=50)
def test_log_shrinkage_matches_fifty_digit_products(problem: Problem) -> None:
    assume(not np.any(problem.d) or np.max(np.abs(problem.z)) / np.min(problem.d[problem.d > 0]) < 1e307)
    path = sd.distill(_diagonal(problem.d), np.arange(len(problem.d)), problem.z, epsilon=problem.epsilon, rounds=25)
    assume(not np.any(path.spectrum.null))
    with localcontext() as context:
        context.prec = 50
        for d, log in zip(path.spectrum.eigenvalues, path.log_shrinkage[-1], strict=True):
            exact = sum(((1 + Decimal(float(c)) / Decimal(float(d))).ln() for c in path.multipliers), Decimal(0))
            assert math.isclose(-log, float(exact), rel_tol=1e-12)


@pytest.mark.claim("closed-form")
@pytest.mark.parametrize("how", [{"epsilon": 1e298}, {"multiplier": 1e-165, "rounds": 1, "method": "cholesky"}])
def test_weights_beyond_float64_are_refused(how: dict[str, Any]) -> None:
    """Labels of 1e150 over eigenvalues of 1e-162: the targets are numbers, a_t would be infinity."""
    d, y = np.array([1e-162, 1e-160]), np.array([1e150, 2e150])
    with pytest.raises(OverflowError, match=r"weights .* too large .* labels reach 2e\+150.*another unit"):
        sd.distill(_diagonal(d), np.arange(2), y, **how)
    with pytest.raises(OverflowError, match=r"weights .* too large"):
        sd.distill_weighted(_diagonal(d), np.arange(2), y, alpha=0.1, rounds=2, epsilon=1e298)
    scaled = sd.distill(_diagonal(1e100 * d), np.arange(2), y, epsilon=1e298)
    assert np.all(np.isfinite(scaled.weights))


@pytest.mark.claim("fixed-c")
@given(problems(zeros=False, scaled=False), st.floats(1e-3, 1e3))
def test_a_fixed_multiplier_decays_geometrically_for_ever(problem: Problem, c: float) -> None:
    shrink, log_shrink = sd.distillation.shrinkage(problem.d, np.array(1 / c))
    np.testing.assert_allclose(shrink, problem.d / (problem.d + c), rtol=1e-13)
    np.testing.assert_allclose(log_shrink, np.log(shrink), rtol=1e-9, atol=1e-13)
    assert shrink.max() < 1 and np.all(np.isfinite(1e6 * log_shrink)), "a million rounds leave a positive number"
    assert np.all(np.argsort(shrink, kind="stable") == np.arange(len(shrink))), "the top eigenvalue decays slowest"


@pytest.mark.claim("multiout")
@given(beam_data(), st.integers(2, 4), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_several_outputs_are_one_problem_on_copies_of_the_points(
    data: tuple[np.ndarray, np.ndarray, float], outputs: int, seed: int
) -> None:
    """With the block-diagonal kernel g ⊗ I the outputs become labels of one long problem with K·m points."""
    x, y, epsilon = data
    labels = np.random.default_rng(seed).standard_normal((len(x), outputs)) * np.abs(y).max()
    epsilon = float(np.sum(labels**2)) / len(x) * 0.3
    together = sd.distill(BEAM, x, labels, epsilon=epsilon, rounds=4)
    copies = np.column_stack([np.tile(x, outputs), np.repeat(np.arange(outputs), len(x))])

    def block(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return (
            outputs * BEAM(p[..., 0], q[..., 0]) * (p[..., 1] == q[..., 1])
        )  # times m: its Gram matrix divides by K·m

    long = sd.distill(block, copies, labels.T.ravel(), epsilon=epsilon / outputs, rounds=4)
    np.testing.assert_allclose(together.multipliers, long.multipliers, rtol=1e-6)
    np.testing.assert_allclose(together.targets[-1].T.ravel(), long.targets[-1], atol=1e-7 * np.abs(labels).max())
    one = sd.distill(BEAM, x, labels[:, :1], epsilon=float(np.mean(labels[:, 0] ** 2)) / 2, rounds=2)
    alone = sd.distill(BEAM, x, labels[:, 0], epsilon=float(np.mean(labels[:, 0] ** 2)) / 2, rounds=2)
    np.testing.assert_allclose(one(GRID)[..., 0], alone(GRID), atol=1e-12)


# --- the running example -----------------------------------------------------------------------------------------


@pytest.mark.claim("toy-numbers")
def test_the_eleven_points() -> None:
    data = sd.datasets.paper()
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.045)
    grid = np.linspace(0, 1, 1001)
    assert len(path) == 4 and path.collapsed
    np.testing.assert_allclose(path.multipliers, [2.70525e-06, 8.76276e-05, 2.73755e-04, 7.90018e-04], rtol=1e-5)
    np.testing.assert_allclose(data.error(path(grid), grid), [0.1541, 0.0688, 0.1214, 0.3071], atol=5e-5)
    np.testing.assert_allclose(np.exp(path.log_shrinkage).sum(axis=1), [7.04, 2.92, 1.76, 1.16], atol=5e-3)
    assert [len(sd.distill(BEAM, data.x, data.y, epsilon=e)) for e in (0.06, 0.1, 0.0419)] == [3, 2, 5]
    floor = path.spectrum.floor(data.y)
    assert all(len(sd.distill(BEAM, data.x, data.y, epsilon=floor * (1 + gap))) == 5 for gap in (0.0, 1e-9, 1e-4, 0.01))
    with pytest.raises(sd.InfeasibleError, match=r"0\.0418") as caught:
        sd.distill(BEAM, data.x, data.y, epsilon=0.0418)
    assert caught.value.floor == pytest.approx(0.041861, abs=5e-7)


INTERIOR = {
    0.005: [
        0.1507,
        0.1224,
        0.0939,
        0.0722,
        0.0612,
        0.0634,
        0.0799,
        0.1104,
        0.1534,
        0.2072,
        0.2705,
        0.3429,
        0.4235,
        0.4950,
    ],
    0.01: [0.1377, 0.0959, 0.0676, 0.0632, 0.0870, 0.1379, 0.2117, 0.3047, 0.4150, 0.4981],
    0.02: [0.1162, 0.0696, 0.0709, 0.1280, 0.2325, 0.3750, 0.4994],
    0.045: [0.0835, 0.0797, 0.1965, 0.4059],
    0.1: [0.0696, 0.2213],
}


@pytest.mark.claim("toy-interior")
@pytest.mark.parametrize(("epsilon", "errors"), INTERIOR.items())
def test_the_nine_interior_points(epsilon: float, errors: list[float]) -> None:
    data = sd.datasets.paper_interior()
    path = sd.distill(BEAM, data.x, data.y, epsilon=epsilon)
    grid = np.linspace(0, 1, 1001)
    assert len(path) == len(errors)
    np.testing.assert_allclose(data.error(path(grid), grid), errors, atol=5.1e-5)
    assert path.spectrum.condition == pytest.approx(4470.7, abs=0.05)


# --- what users may give, and what they may not ------------------------------------------------------------------

X, Y = np.array([0.2, 0.5, 0.8]), np.array([1.0, -1.0, 0.5])


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        ([], [], {}, "shape"),
        ([0.2, np.nan], [1, 1], {}, r"x\[1\] is nan"),
        ([0.2, 0.4], [1, np.inf], {}, r"y\[1\] is inf"),
        ([0.2, 0.4], [1, 2, 3], {}, r"K = 2.*\(3,\)"),
        ([[[0.2]]], [1], {}, "shape"),
        ([0.2, 1.4], [1, 1], {}, "1.4.*domain"),
        (X, Y, {"epsilon": 0.0}, "positive.*0.0"),
        (X, Y, {"epsilon": -1.0}, "positive.*-1.0"),
        (X, Y, {"epsilon": np.nan}, "finite.*nan"),
        (X, Y, {"epsilon": np.inf}, "finite.*inf"),
        (X, Y, {"rounds": 0}, "rounds.*0"),
        (X, Y, {"rounds": 2.5}, "rounds.*2.5"),
        (X, Y, {"epsilon": 1e-14}, "rounds until the collapse"),
    ],
)
def test_bad_data_and_options_are_named(x: list, y: list, options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sd.distill(BEAM, x, y, **{"epsilon": 0.01, **options})


@pytest.mark.parametrize(
    ("green", "words"),
    [
        (lambda x, s: x - s, "symmetric"),
        (lambda x, s: -np.minimum(x, s), "positive semidefinite"),
        (lambda x, s: np.abs(x - s) ** 3 / 12, "positive semidefinite"),
        (lambda x, s: np.where(x == s, np.inf, 0.0), "finite"),
        (lambda x, s: (x * s).ravel(), "shape"),
    ],
)
def test_bad_kernels_are_named(green: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sd.distill(green, X, Y, epsilon=0.01)  # type: ignore[arg-type]


def test_legal_corners() -> None:
    empty = sd.distill(BEAM, X, Y, epsilon=float(np.mean(Y**2)))
    assert len(empty) == 0 and empty.collapsed and empty(GRID).shape == (0, 501) and empty.targets.shape == (1, 3)
    assert not empty.predict(GRID, round=0).any()
    zero = sd.distill(BEAM, X, np.zeros(3), epsilon=0.1)
    assert len(zero) == 0 and zero.collapsed
    constant = sd.distill(BEAM, X, np.ones(3), epsilon=0.1)
    assert len(constant) >= 1 and constant.collapsed
    one = sd.distill(BEAM, [0.5], [2.0], epsilon=1.0)
    assert one.targets[1] == pytest.approx([1.0])  # the residual is exactly sqrt(epsilon)
    assert len(sd.distill(BEAM, X, Y, epsilon=0.01, rounds=2)) == 2
    part = sd.distill(BEAM, X, Y, epsilon=0.01, rounds=2)
    assert not part.collapsed
    with pytest.raises(ValueError, match="round = 2 was not computed"):
        part.predict(GRID, round=2)
    with pytest.raises(ValueError, match=r"whole number.*0\.5"):
        part.predict(GRID, round=0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"round must be a whole number.*-1"):
        part.predict(GRID, round=-1)
    with pytest.raises(ValueError, match="domain"):
        part(np.array([1.5]))
    with pytest.raises(ValueError, match=r"must have shape \(K,\).*\(3, 2\)"):
        part(np.zeros((3, 2)))


def test_the_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(sd.InfeasibleError(0.01, 0.02)))
    assert (error.epsilon, error.floor) == (0.01, 0.02) and "0.02" in str(error)


def test_inputs_are_never_changed() -> None:
    x, y = X.copy(), Y.copy()
    path = sd.distill(BEAM, x, y, epsilon=0.01)
    path(GRID)
    y[0] = 7.0
    assert np.array_equal(x, X) and path.targets[0][0] == 1.0


def test_points_in_two_dimensions_with_the_users_kernel() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(0, 1, (25, 2)), rng.standard_normal(25)

    def bump(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.exp(-np.sum((p - q) ** 2, axis=-1) / 0.08)

    path = sd.distill(bump, x, y, epsilon=0.2, rounds=2)
    gram = np.array([[bump(a, b) for b in x] for a in x]) / 25
    np.testing.assert_allclose(path.spectrum.gram, gram, atol=1e-15)
    a = np.linalg.solve(path.multipliers[0] * np.eye(25) + gram, y)
    np.testing.assert_allclose(path.targets[1], gram @ a, atol=1e-9)
    assert path(rng.uniform(0, 1, (7, 2))).shape == (2, 7)


def test_multipliers_of_many_draws_are_those_of_single_paths() -> None:
    rng = np.random.default_rng(6)
    data = sd.datasets.paper_interior()
    spectrum = sd.spectrum.decompose(BEAM, data.x)
    draws = data.truth(data.x)[:, None] + 0.5 * rng.standard_normal((9, 40))
    c = sd.distillation.multipliers(spectrum, draws, epsilon=0.1, rounds=6)
    for column, labels in zip(c.T, draws.T, strict=True):
        path = sd.distill(BEAM, data.x, labels, epsilon=0.1, rounds=6)
        np.testing.assert_allclose(column[: len(path)], path.multipliers, rtol=1e-9)
        assert np.all(np.isinf(column[len(path) :]))
    with pytest.raises(ValueError, match="shape"):
        sd.distillation.multipliers(spectrum, draws.T, epsilon=0.1, rounds=2)
    with pytest.raises(sd.InfeasibleError):
        full = sd.datasets.paper()
        sd.distillation.multipliers(sd.spectrum.decompose(BEAM, full.x), full.y[:, None], epsilon=0.04, rounds=2)


def _diagonal(d: np.ndarray) -> Callable[..., np.ndarray]:
    """The kernel on the points 0, 1, ..., K - 1 whose Gram matrix is diag(d)."""

    def green(x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return np.where(x == s, len(d) * d[np.asarray(x, dtype=int)], 0.0)

    return green
