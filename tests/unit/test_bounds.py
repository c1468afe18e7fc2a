"""What the theorems promise, held against the loop on adversarial problems."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.integrate import quad

import selfdistill as sd
from strategies import Problem, problems

SLACK = 1e-8


def loop(problem: Problem, rounds: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """c_t (N,), r_t (N + 1,) and log B_t (N, K) of a problem, by multiplying factors one after the other."""
    labels = problem.z[:, None]
    c = sd.distillation.multipliers(problem.spectrum, labels, epsilon=problem.epsilon, rounds=rounds)[:, 0]
    c = c[np.isfinite(c)]
    assert len(c) < rounds, "the universal law allows fewer rounds than that"
    z, ratios, logs = problem.z.copy(), [problem.r], []
    for value in c:
        z = z * problem.d / (problem.d + value)
        ratios.append(float(np.linalg.norm(z / problem.residual)))
        with np.errstate(divide="ignore"):
            logs.append(np.log(problem.d / (problem.d + value)))
    return c, np.array(ratios), np.cumsum(np.reshape(logs, (len(c), len(problem.d))), axis=0)


@pytest.mark.claim("norm-lb-paper", "rounds-lb-paper", "rounds-domination")
@given(problems(zeros=False, scaled=False, largest_r=30))
@settings(max_examples=200)
def test_the_usual_bounds_hold_and_are_dominated(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6)
    c, r, _ = loop(problem)
    kappa = problem.spectrum.condition
    t = np.arange(len(c) + 1)
    bound = sd.bounds.ratio_lower_paper(problem.r, kappa, t)
    assert np.all(r >= bound * (1 - SLACK) - SLACK)
    assert len(c) >= sd.bounds.rounds_lower_paper(problem.r, kappa) - SLACK
    inside = t <= problem.r
    assert np.all(bound[inside] <= problem.r - t[inside] + SLACK * problem.r)
    assert np.all(r[1:] >= sd.bounds.ratio_map(r[:-1], kappa) * (1 - 1e-6))


@pytest.mark.claim("rounds-universal")
@given(problems(scaled=False, largest_r=30))
@settings(max_examples=300)
def test_the_universal_law(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6)
    c, r, _ = loop(problem)
    low, high = sd.bounds.ratio_envelope(problem.r, np.arange(len(c) + 1))
    assert np.all(r >= low - SLACK * problem.r) and np.all(r**2 <= high**2 + SLACK * problem.r**2)
    # an r_0 within rounding of an integer may fall on either side of it
    fewest, _ = sd.bounds.rounds_bounds(problem.r * (1 - 1e-9) if problem.r > 1.1 else problem.r)
    _, most = sd.bounds.rounds_bounds(problem.r * (1 + 1e-9), kappa=problem.spectrum.condition)
    assert fewest <= len(c) <= most


@pytest.mark.claim("rounds-grouped")
@given(problems(scaled=False, largest_r=30))
@settings(max_examples=300)
def test_the_sum_over_eigenspaces_bounds_the_rounds(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6)
    c, _, _ = loop(problem)
    groups = sd.bounds.group_norms(problem.d, problem.z)
    assert np.sum(groups) <= np.sqrt(np.sum(groups > 0)) * np.linalg.norm(problem.z) * (1 + 1e-12)
    assert len(c) <= sd.bounds.rounds_bounds(problem.r, float(np.sum(groups)) / problem.residual * (1 + 1e-9))[1]


@pytest.mark.claim("rounds-grouped")
@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 2**32 - 1), st.integers(-100, 100))
def test_group_norms_do_not_depend_on_the_basis(levels: list[int], seed: int, exponent: int) -> None:
    rng = np.random.default_rng(seed)
    d = np.array([0.0, 0.1, 0.11, 1.0])[levels] * 10.0**exponent
    z = rng.standard_normal(len(d)) * 10.0**-exponent
    turned = z.copy()
    for value in np.unique(d):
        same = d == value
        turned[same] = np.linalg.qr(rng.standard_normal((same.sum(), same.sum())))[0] @ z[same]
    expected = [float(np.linalg.norm(z[d == value])) for value in np.unique(d)]
    np.testing.assert_allclose(sd.bounds.group_norms(d, z), expected, rtol=1e-13)
    np.testing.assert_allclose(sd.bounds.group_norms(d, turned), expected, rtol=1e-12)


@pytest.mark.claim("kappa-active")
@given(problems(scaled=False, largest_r=30))
@settings(max_examples=200)
def test_brackets_hold_with_active_eigenvalues_from_round_one_on(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6)
    c, r, _ = loop(problem)
    small, large = sd.bounds.active_range(problem.d, problem.z)
    first = 0 if not np.any(problem.z[problem.d == 0]) else 1
    excess = r[first : len(c)] - 1
    # near the collapse r - 1 is a difference of two nearly equal numbers
    slack = SLACK + 1e-13 / np.maximum(excess, 1e-300)
    assert np.all(c[first:] * excess >= small * (1 - slack)) and np.all(c[first:] * excess <= large * (1 + slack))
    if len(c) > first and excess[0] > 1e-6:
        kappa = large / small
        assert first + excess[0] / kappa - SLACK <= len(c) <= first + np.ceil(kappa * excess[0] * (1 + 1e-9))


@pytest.mark.claim("kappa-active")
def test_no_active_eigenvalue_is_refused() -> None:
    with pytest.raises(ValueError, match="no eigenvalue is active"):
        sd.bounds.active_range([0.0, 1.0], [2.0, 0.0])


@pytest.mark.claim("comparison")
@given(problems(scaled=False, largest_r=30), st.floats(1.0, 3.0), st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_more_label_or_less_tolerance_means_more_rounds(problem: Problem, looser: float, seed: int) -> None:
    share = np.where(problem.d > 0, np.random.default_rng(seed).uniform(0, 1, len(problem.d)), 1.0)
    less = Problem(problem.d, problem.z * share, problem.residual * looser)
    assume(less.r > 1 + 1e-6 and problem.r > 1 + 1e-6)
    c, _, log_b = loop(less)
    c_more, _, log_b_more = loop(problem)
    assert len(c) <= len(c_more)
    n = len(c)
    assert np.all(c >= c_more[:n] * (1 - 1e-6)) and np.all(log_b <= log_b_more[:n] + 1e-6)


@pytest.mark.claim("rounds-universal")
def test_the_bounds_refuse_what_has_no_rounds() -> None:
    with pytest.raises(ValueError, match=r"exceed 1; it is 1\.0.*N = 0"):
        sd.bounds.rounds_bounds(1.0)
    with pytest.raises(ValueError, match=r"groups.*at least r0 = 5\.0.*it is 0\.5"):
        sd.bounds.rounds_bounds(5.0, 0.5)
    with pytest.raises(ValueError, match="give groups"):
        sd.bounds.rounds_bounds(1e200)
    assert sd.bounds.rounds_bounds(1e200, 1e200)[1] >= sd.bounds.rounds_bounds(1e200, 1e200)[0]
    with pytest.raises(ValueError, match="kappa"):
        sd.bounds.rounds_lower_paper(2.0, 0.5)
    with pytest.raises(ValueError, match="singular"):
        sd.bounds.ratio_lower_paper(2.0, np.inf, 1)
    with pytest.raises(ValueError, match="the fit is zero"):
        sd.bounds.multiplier_bracket([1.0], [1.0], 2.0)


@pytest.mark.claim("kappa1-soft")
@given(st.integers(1, 8), st.floats(1.01, 40), st.floats(-8, 8), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_equal_eigenvalues_threshold_softly(size: int, r0: float, exponent: float, seed: int) -> None:
    assume(abs(r0 - round(r0)) > 1e-6)
    z = np.random.default_rng(seed).standard_normal(size)
    z *= r0 / np.linalg.norm(z)
    value = 10.0**exponent
    path = sd.distill(lambda x, s: np.where(x == s, value, 0.0), np.arange(size), z, epsilon=1 / size)
    assert len(path) == np.ceil(r0 - 1)
    np.testing.assert_allclose(
        path.targets, np.maximum(1 - np.arange(len(path) + 1) / r0, 0)[:, None] * z, atol=1e-9 * r0
    )


@pytest.mark.claim("toy-bounds")
def test_the_running_example_between_its_bounds() -> None:
    data, green = sd.datasets.paper(), sd.greens.SimplySupportedBeam()
    for epsilon in (0.042, 0.045, 0.06, 0.1, 0.3):
        path = sd.distill(green, data.x, data.y, epsilon=epsilon)
        norms = sd.bounds.group_norms(path.spectrum.eigenvalues, path.spectrum.coordinates(data.y))
        groups = float(np.sum(norms)) / np.sqrt(11 * epsilon)
        low, high = sd.bounds.rounds_bounds(float(path.ratios[0]), groups, path.spectrum.condition)
        assert low <= len(path) <= high


@pytest.mark.claim("pair-ratio", "pair-ratio-sharp", "sparsity")
@given(problems(zeros=False, scaled=False, largest_r=20))
@settings(max_examples=200)
def test_ratios_and_sparsity_grow_at_least_as_promised(problem: Problem) -> None:
    assume(problem.r > 1 + 1e-6 and len(problem.d) > 1)
    c, _, log_b = loop(problem)
    d, t = problem.d, len(c) - 1
    j, k = np.triu_indices(len(d), 1)
    actual = log_b[t, k] - log_b[t, j]
    plain = sd.bounds.pair_ratio_log(d[k], d[j], d[0], np.full(t + 1, problem.r))
    sharp = sd.bounds.pair_ratio_log(d[k], d[j], d[0], sd.bounds.ratio_envelope(problem.r, np.arange(t + 1))[1])
    slack = SLACK * (1 + np.abs(actual))
    assert np.all(plain <= actual + slack) and np.all(sharp <= actual + slack) and np.all(plain <= sharp + slack)
    index = sd.bounds.sparsity_index_log(d, log_b)
    assert np.all(np.diff(index) >= -SLACK * (1 + np.abs(index[1:])))
    assert index[t] >= sd.bounds.sparsity_bound_log(d, problem.r, t + 1) - SLACK * (1 + abs(index[t]))


@pytest.mark.claim("sparsity-ties")
@given(st.lists(st.floats(1e-3, 1.0), min_size=2, max_size=6), st.integers(0, 3))
def test_ties_freeze_the_index_and_zeros_are_left_out(values: list[float], zeros: int) -> None:
    d = np.sort(np.array([*values, values[0]]))
    log_b = -np.log1p(0.3 / d) * 5
    assert sd.bounds.sparsity_index_log(d, log_b) == 0
    padded = np.concatenate([np.zeros(zeros), d])
    assert sd.bounds.sparsity_index_log(padded, np.concatenate([np.full(zeros, -np.inf), log_b])) == 0


@pytest.mark.claim("sparsity-cap")
@given(st.lists(st.floats(1e-6, 1.0), min_size=2, max_size=12, unique=True), st.floats(-100, 100))
def test_the_guarantee_stays_below_its_cap(values: list[float], exponent: float) -> None:
    d = np.sort(np.array(values)) * 10.0**exponent
    limit = sd.bounds.sparsity_limit_log(d)
    assert 0 <= limit <= (1 - d[0] / d[-1]) / (len(d) - 1) * (1 + 1e-9)
    assert sd.bounds.sparsity_bound_log(d, 1e8, 1e8) <= limit * (1 + 1e-7) + 1e-15


@pytest.mark.claim("sparsity-nonmono-eps")
@given(st.lists(st.floats(1e-4, 1.0), min_size=2, max_size=8, unique=True), st.floats(1.01, 1e4), st.floats(1.001, 10))
def test_the_guarantee_rises_when_epsilon_falls(values: list[float], r0: float, factor: float) -> None:
    d = np.sort(np.array(values))
    less, more = (sd.bounds.sparsity_bound_log(d, r, r - 1) for r in (r0, 1 + (r0 - 1) * factor))
    limit = d[0] * np.min(1 / d[:-1] - 1 / d[1:])
    assert less <= more * (1 + 1e-9) and more <= limit * (1 + 1e-9)


@pytest.mark.claim("sparsity-nonmono-eps")
def test_the_index_at_the_last_fit_is_not_monotone() -> None:
    d, z, values = np.array([0.05, 0.3, 1.0]), np.array([1.0, -0.7, 0.4]), []
    for tolerance in np.geomspace(0.3, 0.01, 25):
        problem = Problem(d, z, float(np.sqrt(tolerance)))
        values.append(float(sd.bounds.sparsity_index_log(d, loop(problem)[2][-1])))
    change = np.diff(values)
    assert np.any(change < 0) and np.any(change > 0)


@pytest.mark.claim("near-interp", "near-interp-rate")
@given(st.lists(st.floats(-2, 0), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_small_tolerances_follow_the_heat_flow(exponents: list[float], seed: int) -> None:
    d = np.sort(10.0 ** np.array(exponents))
    z = np.random.default_rng(seed).standard_normal(len(d))
    assume(np.min(np.abs(z)) > 0.05)
    length = sd.bounds.heat_length(d, z)
    assert np.linalg.norm(z) * (1 - 1e-9) <= length <= np.sum(np.abs(z)) * (1 + 1e-9)
    speed, _ = quad(lambda s: np.exp(s) * np.linalg.norm(np.exp(-np.exp(s) / d) * z / d), -35, 7, limit=400)
    assert length == pytest.approx(speed, rel=1e-6)
    errors = []
    for residual in (1e-2, 1e-3):
        problem = Problem(d, z, residual * float(np.linalg.norm(z)))
        c, _, log_b = loop(problem, rounds=8000)
        gap = np.abs(np.exp(log_b) - np.exp(sd.bounds.heat_shrinkage_log(d, np.cumsum(c))))
        errors.append(
            (
                abs(len(c) * problem.residual / length - 1),
                gap.max(),
                abs(c[0] * np.linalg.norm(z / d) / problem.residual - 1),
            )
        )
    assert errors[1][0] < 0.02 and errors[1][1] < 0.1 and errors[1][1] <= errors[0][1] and errors[1][2] <= errors[0][2]


@pytest.mark.claim("u-shape")
@given(st.floats(-8, 8), st.floats(-8, 8), st.permutations([0, 1, 2]))
@settings(max_examples=40)
def test_the_error_may_fall_rise_and_fall_again_in_any_unit(unit_d: float, unit_z: float, order: list[int]) -> None:
    d = np.array([1e-4, 1e-2, 1.0])[order] * 10.0**unit_d
    z, truth = np.full(3, 3.0) * 10.0**unit_z, np.array([0.0, 3.2, 0.0])[order] * 10.0**unit_z
    _, _, log_b = loop(Problem(d, z, 10.0**unit_z))
    turns = np.sign(np.diff(np.sum((np.exp(log_b) * z - truth) ** 2, axis=1)))
    assert turns.tolist() == [-1, -1, 1, 1, -1, -1, -1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sd.bounds.multiplier_bracket([-1.0, 1.0], [1.0, 1.0], 0.5), "d, the eigenvalues, .* smallest is -1"),
        (lambda: sd.bounds.multiplier_bracket([1.0], [np.nan], 0.5), r"z\[0\] is nan"),
        (lambda: sd.bounds.multiplier_bracket_sharp([1.0], [1.0], -0.5), "residual .* smallest is -0.5"),
        (lambda: sd.bounds.multiplier_near_collapse([1.0], [1.0], 2.0), "between 0 and"),
        (lambda: sd.bounds.pair_ratio_log(2.0, 1.0, 1.0, [0.5]), "ratios must be at least 1"),
        (lambda: sd.bounds.sparsity_bound_log([0.0, 1.0], 2.0, 1), "leave the zeros out"),
        (lambda: sd.bounds.sparsity_bound_log([0.5, 1.0], 0.5, 1), "r0 must exceed 1"),
        (lambda: sd.bounds.heat_length([0.0, 1.0], [1.0, 1.0]), "leave the zeros out"),
        (lambda: sd.bounds.rademacher([1.0, 2.0], 1.0), r"square matrix; it has shape \(2,\)"),
        (lambda: sd.bounds.rademacher([[1.0]], -1.0), "radius must not be negative; it is -1.0"),
        (lambda: sd.bounds.normal_equations(0, 1.0), "size must be a whole number"),
        (lambda: sd.bounds.normal_equations(5, -1.0), "c must be finite and positive"),
        (lambda: sd.equivalent.eigenvalues([0.5], 1.0), "log B, must not be positive; its largest is 0.5"),
        (lambda: sd.equivalent.eigenvalues([-0.5], 0.0), "c0 must be finite and positive"),
        (lambda: sd.equivalent.effective_multiplier(0.0, [1.0]), "d must be positive"),
        (lambda: sd.equivalent.penalty_weights([1.0, np.inf]), r"multipliers\[1\] is inf"),
    ],
)
def test_arguments_that_no_spectrum_has_are_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
