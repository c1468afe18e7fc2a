"""Bias, variance, degrees of freedom and scores, each against dense algebra, differences, or draws."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.linalg
from hypothesis import assume, given, settings
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

import selfdistill as sd
from selfdistill import statistics
from strategies import Problem, problems

Array = NDArray[np.float64]
BEAM = sd.greens.SimplySupportedBeam()
EPS = np.finfo(float).eps
seeds = st.integers(0, 2**32 - 1)
factors = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def instance(seed: int, size: int = 7) -> tuple[Array, Array, Array, Array]:
    """A Gram matrix with eigenvalues between 1e-3 and 1, its decomposition, and a vector."""
    rng = np.random.default_rng(seed)
    u, _ = np.linalg.qr(rng.standard_normal((size, size)))
    d = np.sort(10.0 ** rng.uniform(-3, 0, size))
    return (u * d) @ u.T, d, u, rng.standard_normal(size)


def dense_smoother(gram: Array, multipliers: Array) -> Array:
    """The product of G (c_i + G)^{-1} over the rounds, by dense solves."""
    smoother = np.eye(len(gram))
    for c in multipliers:
        smoother = np.linalg.solve(c * np.eye(len(gram)) + gram, gram) @ smoother
    return smoother


# --- bias and variance ---------------------------------------------------------------------------------------------


@pytest.mark.claim("bias-variance")
@given(seeds, st.integers(1, 5), st.floats(1e-3, 10))
@settings(max_examples=100)
def test_bias_and_variance_are_those_of_the_dense_smoother(seed: int, rounds: int, noise: float) -> None:
    gram, d, u, mu = instance(seed)
    c = 10.0 ** np.random.default_rng(seed + 1).uniform(-3, 0, rounds)
    smoother = dense_smoother(gram, c)
    kept = np.prod(d / (d + c[:, None]), axis=0)
    bias, variance = statistics.bias_variance(kept, u.T @ mu, noise)
    # a dense solve loses up to (c + d_max)/(c + d_min) <= 1e3 units a round
    np.testing.assert_allclose(bias, np.sum((mu - smoother @ mu) ** 2), rtol=1e5 * EPS, atol=1e5 * EPS * np.sum(mu**2))
    np.testing.assert_allclose(variance, noise * np.sum(smoother**2), rtol=1e6 * EPS)


@pytest.mark.claim("bias-variance")
def test_bias_and_variance_off_the_points_are_those_of_the_weights() -> None:
    data, grid = sd.datasets.paper(), np.linspace(0, 1, 50)  # with two null modes
    spectrum = sd.spectrum.decompose(BEAM, data.x)
    c, noise = 1e-4, 0.25
    basis = statistics.basis_functions(BEAM, grid, data.x, spectrum)
    kept = (spectrum.eigenvalues / (spectrum.eigenvalues + c)) ** 2
    mu, f = data.truth(data.x), data.truth(grid)
    # the weights of the labels in f_1(x), by two dense solves
    gram, columns = spectrum.gram, sd.spectrum.cross(BEAM, grid, data.x)
    ridge = c * np.eye(len(gram)) + gram
    weights = columns @ np.linalg.solve(ridge, np.linalg.solve(ridge, gram))
    bias, variance = statistics.bias_variance_at(basis, kept, spectrum.coordinates(mu), f, noise)
    np.testing.assert_allclose(bias, weights @ mu - f, atol=1e-10)  # (d_max/c)² = 1e4 units of rounding
    np.testing.assert_allclose(variance, noise * np.sum(weights**2, axis=1), atol=1e-10)
    form, linear, rest = statistics.risk_form(basis, spectrum.coordinates(mu), f, noise)
    total = kept @ form @ kept - 2 * linear @ kept + rest
    np.testing.assert_allclose(total, np.mean(bias**2 + variance), rtol=1e-9)


@pytest.mark.claim("bias-variance")
@given(st.floats(0, 1e3), st.floats(1e-3, 1e3), st.floats(0, 1))
def test_the_wiener_weight_is_the_best_factor(signal: float, noise: float, other: float) -> None:
    def risk(h: float) -> float:
        return float(sum(statistics.bias_variance([h], [signal], noise)))

    best = float(statistics.wiener(signal, noise))
    assert risk(best) <= risk(other) * (1 + 8 * EPS)


# --- the next round ------------------------------------------------------------------------------------------------


@pytest.mark.claim("next-round")
@given(st.floats(0, 1), st.floats(0, 1), st.floats(-10, 10), st.floats(1e-3, 100))
@settings(max_examples=500)
def test_the_gain_is_the_difference_of_two_risks_and_its_sign_that_of_the_mean_factor(
    kept: float, factor: float, signal: float, noise: float
) -> None:
    before = sum(statistics.bias_variance([kept], [signal], noise))
    after = sum(statistics.bias_variance([kept * factor], [signal], noise))
    found = float(statistics.gain([kept], [factor], [signal], noise)[0])
    assert found == pytest.approx(before - after, abs=16 * EPS * (signal**2 + noise))
    mean, weight = kept * (1 + factor) / 2, float(statistics.wiener(signal, noise))
    if kept > 1e-6 and factor < 1 - 1e-6 and abs(mean - weight) > 1e-9:
        assert (found > 0) == (mean > weight)


@pytest.mark.claim("next-round")
@given(seeds, st.floats(1e-2, 10))
@settings(max_examples=50)
def test_off_the_points_the_gain_is_the_difference_of_two_mean_risks(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    basis, m, f = rng.standard_normal((30, 6)), rng.standard_normal(6), rng.standard_normal(30)
    kept, factor = rng.uniform(0, 1, (2, 6))
    form, linear, _ = statistics.risk_form(basis, m, f, noise)
    risks = []
    for h in (kept, kept * factor):
        bias, variance = statistics.bias_variance_at(basis, h, m, f, noise)
        risks.append(np.mean(bias**2 + variance))
    found = statistics.gain_of_form(form, linear, kept, factor)
    assert found == pytest.approx(risks[0] - risks[1], abs=1e3 * EPS * sum(risks))


# --- degrees of freedom --------------------------------------------------------------------------------------------


def loop(d: Array, z: Array, residual: float, rounds: int) -> tuple[Array, Array]:
    """Multipliers and last coordinates of the loop on a diagonal Gram matrix."""
    spectrum = sd.Spectrum(np.diag(d), d, np.eye(len(d)))
    c = sd.distillation.multipliers(spectrum, z[:, None], epsilon=residual**2 / len(d), rounds=rounds)[:, 0]
    c = c[np.isfinite(c)]
    return c, z * np.prod(d / (d + c[:, None]), axis=0)


def dense_jacobian(d: Array, z: Array, multipliers: Array) -> Array:
    """J <- A J + (dA z/dc) (grad c)^T J with a K x K matrix, term by term from the implicit function theorem."""
    jacobian, current = np.eye(len(d)), z
    for c in multipliers:
        from_c = 2 * np.sum(current**2 * c * d / (c + d) ** 3)
        grad = -2 * current * c**2 / (c + d) ** 2 / from_c
        jacobian = np.diag(d / (d + c)) @ jacobian + np.outer(-d * current / (c + d) ** 2, grad @ jacobian)
        current = d / (d + c) * current
    return jacobian


@pytest.mark.claim("dof-eps")
@given(problems(scaled=False, largest_r=100))
@settings(max_examples=200)
def test_one_round_adds_a_weighted_mean_of_the_lost_parts(problem: Problem) -> None:
    c, _ = loop(problem.d, problem.z, problem.residual, 1)
    assume(len(c) == 1 and c[0] > 0)
    extra = statistics.extra_degrees(problem.d, problem.z, float(c[0]))
    assert 0 <= extra <= 1
    total = statistics.divergence(problem.d, problem.z, c)[0]
    assert total == pytest.approx(np.sum(problem.d / (problem.d + c[0])) + extra, abs=1e3 * EPS * len(problem.d))


@pytest.mark.claim("extra-df")
@given(seeds)
@settings(max_examples=25)
def test_the_divergence_is_that_of_finite_differences(seed: int) -> None:
    _, d, _, z = instance(seed, 5)
    residual = float(np.linalg.norm(z) / np.random.default_rng(seed).uniform(2.5, 6))
    c, _ = loop(d, z, residual, 6)
    found = statistics.divergence(d, z, c)
    for rounds in {1, 2, len(c) - 1}:  # the last round may end within the step of the difference
        step = 1e-5
        total = 0.0
        for k in range(len(z)):
            ends = [loop(d, z + sign * step * np.eye(len(z))[k], residual, rounds)[1][k] for sign in (1, -1)]
            total += (ends[0] - ends[1]) / (2 * step)
        assert found[rounds - 1] == pytest.approx(total, abs=1e-5)  # third derivatives times step², and 4e-13/step


@pytest.mark.claim("extra-df")
@given(problems(scaled=False, zeros=False, largest_r=30))
@settings(max_examples=100)
def test_the_jacobian_has_signs_that_do_not_cancel_and_every_round_the_eigenvalue_one(problem: Problem) -> None:
    c, _ = loop(problem.d, problem.z, problem.residual, 8)
    assume(len(c) > 0 and np.max(c) < 1e8 * np.max(problem.d))
    d, z = problem.d, problem.z / np.max(np.abs(problem.z))
    signs = np.where(z < 0, -1.0, 1.0)
    current = z
    for t in range(len(c)):
        one = dense_jacobian(d, current, c[t : t + 1])
        conjugated = signs[:, None] * one * signs
        assert np.min(conjugated) >= 0
        left = c[t] / (d + c[t]) * current  # the residual of the round
        # w spans c/d to the power three: the quotient of sums is accurate to a few units for each mode
        np.testing.assert_allclose(left @ one, left, atol=1e4 * EPS * np.max(np.abs(left)))
        assert np.max(np.abs(np.linalg.eigvals(conjugated))) == pytest.approx(1.0, abs=1e-7)
        current = d / (d + c[t]) * current
    total = dense_jacobian(d, z, c)
    found = statistics.divergence(d, problem.z, c)
    assert found[-1] == pytest.approx(np.trace(total), abs=1e4 * EPS * len(d))
    extras = found - np.sum(np.exp(np.cumsum(-np.log1p(c[:, None] / d), axis=0)), axis=1)
    assert np.min(extras) >= -64 * EPS * len(d)


@pytest.mark.claim("dof-eps-multi")
@given(problems(scaled=False, zeros=False, largest_r=30))
@settings(max_examples=150)
def test_what_is_added_never_seen_above_one_and_the_divergence_never_seen_to_rise(problem: Problem) -> None:
    c, _ = loop(problem.d, problem.z, problem.residual, 8)
    assume(len(c) > 0)
    found = statistics.divergence(problem.d, problem.z, c)
    kept = np.sum(np.exp(np.cumsum(-np.log1p(c[:, None] / problem.d), axis=0)), axis=1)
    assert np.max(found - kept) <= 1 + 1e4 * EPS * len(problem.d)
    assert np.all(np.diff(found) <= 1e4 * EPS * len(problem.d))


@pytest.mark.claim("dof-eps-multi")
def test_several_outputs_are_the_loop_on_stacked_coordinates() -> None:
    """With one multiplier for two outputs, the eigenvalues count twice."""
    _, d, _, _ = instance(5, 4)
    z = np.random.default_rng(5).standard_normal((4, 2))
    c, _ = loop(np.tile(d, 2), z.T.ravel(), float(np.linalg.norm(z) / 3), 3)
    np.testing.assert_allclose(
        statistics.divergence(d, z, c), statistics.divergence(np.tile(d, 2), z.T.ravel(), c), rtol=1e-13
    )


# --- scores --------------------------------------------------------------------------------------------------------


@pytest.mark.claim("sure")
@pytest.mark.parametrize("points", ["interior", "with ends, where G is singular"])
def test_the_estimate_of_the_risk_is_unbiased_under_the_constraint(points: str) -> None:
    data = sd.datasets.paper_interior() if points == "interior" else sd.datasets.paper()
    spectrum = sd.spectrum.decompose(BEAM, data.x)
    d, K, noise = spectrum.eigenvalues, len(data.x), 0.04
    m = spectrum.coordinates(data.truth(data.x))
    epsilon = 3 * noise if points == "interior" else 8 * noise  # feasible: the null part has mean 2/11·noise
    rng, draws, rounds = np.random.default_rng(11), 2000, 3
    z = m[:, None] + np.sqrt(noise) * rng.standard_normal((K, draws))
    assert np.max(np.sum(z[spectrum.null] ** 2, axis=0)) < K * epsilon
    c = sd.distillation.multipliers(sd.Spectrum(np.diag(d), d, np.eye(K)), z, epsilon=epsilon, rounds=rounds)
    kept = np.cumprod(d[:, None] / (d[:, None] + c[:, None, :]), axis=0)
    for t in range(rounds):
        gaps = np.empty(draws)
        for j in range(draws):
            alive = c[: t + 1, j][np.isfinite(c[: t + 1, j])]
            degrees = statistics.divergence(d, z[:, j], alive)[-1] if len(alive) == t + 1 else 0.0
            fit = kept[t, :, j] * z[:, j]
            gaps[j] = statistics.sure(np.sum((z[:, j] - fit) ** 2), degrees, noise, K) - np.sum((fit - m) ** 2)
        # five standard errors: one in two million
        assert abs(np.mean(gaps)) < 5 * np.std(gaps) / np.sqrt(draws), f"round {t}"


@pytest.mark.claim("gcv-sure-pick")
@given(seeds, st.integers(1, 4))
@settings(max_examples=50)
def test_the_scores_are_those_of_the_dense_smoother(seed: int, rounds: int) -> None:
    gram, d, u, y = instance(seed)
    K, c = len(y), 0.05
    smoother = dense_smoother(gram, np.full(rounds, c))
    lost = 1 - (d / (d + c)) ** rounds
    misfit, trace = np.sum((y - smoother @ y) ** 2), np.trace(smoother)
    assert statistics.gcv(lost, u.T @ y) == pytest.approx(misfit / K / (1 - trace / K) ** 2, rel=1e-10)
    assert statistics.ubre(lost, u.T @ y, 0.3) == pytest.approx(misfit + 0.6 * trace - 0.3 * K, rel=1e-10, abs=1e-10)
    found = statistics.leave_one_out(u, lost, u.T @ y)
    np.testing.assert_allclose(found, (y - smoother @ y) / (1 - np.diag(smoother)), rtol=1e-9, atol=1e-9)


@pytest.mark.claim("gml")
@given(seeds, st.integers(1, 4))
@settings(max_examples=50)
def test_the_marginal_likelihood_is_that_of_the_equivalent_kernel(seed: int, rounds: int) -> None:
    """Differences between candidates, each with its best scale, of the density that SciPy gives to the labels."""
    _, d, u, y = instance(seed)
    K = len(y)

    def by_scipy(c: Array) -> float:
        kept = np.prod(d / (d + c[:, None]), axis=0)
        dagger = c[0] * kept / (1 - kept)
        covariance = (u * (dagger + c[0])) @ u.T
        scale = y @ np.linalg.solve(covariance, y) / K
        return -float(multivariate_normal(np.zeros(K), scale * (covariance + covariance.T) / 2).logpdf(y))

    multipliers = 10.0 ** np.random.default_rng(seed).uniform(-2, 0, (2, rounds))
    ours = [statistics.marginal(1 - np.prod(d / (d + c[:, None]), axis=0), u.T @ y) for c in multipliers]
    theirs = [by_scipy(c) for c in multipliers]
    assert ours[0] - ours[1] == pytest.approx(theirs[0] - theirs[1], abs=1e-8)


@pytest.mark.claim("loo-fail")
@given(seeds)
@settings(max_examples=30)
def test_the_shortcut_is_deletion_for_one_fit_and_not_for_two(seed: int) -> None:
    gram, d, u, y = instance(seed)
    K, c = len(y), 0.05
    for rounds in (1, 2):
        deleted = np.empty(K)
        for i in range(K):
            rest = np.arange(K) != i
            ridge = c * np.eye(K - 1) + gram[np.ix_(rest, rest)]
            target = y[rest]
            for _ in range(rounds):
                weights = np.linalg.solve(ridge, target)
                target = gram[np.ix_(rest, rest)] @ weights
            deleted[i] = y[i] - gram[i, rest] @ weights
        found = statistics.leave_one_out(u, 1 - (d / (d + c)) ** rounds, u.T @ y)
        gap = np.max(np.abs(found - deleted)) / np.max(np.abs(deleted))
        assert gap < 1e-11 if rounds == 1 else gap > 1e-8


@given(seeds)
@settings(max_examples=20)
def test_leave_one_out_of_several_outputs_is_that_of_each(seed: int) -> None:
    _, d, u, _ = instance(seed)
    y = np.random.default_rng(seed).standard_normal((len(d), 3))
    lost = 1 - d / (d + np.array([[0.1], [0.5]]))
    both = statistics.leave_one_out(u, lost, u.T @ y)
    for j in range(3):
        np.testing.assert_allclose(both[:, :, j], statistics.leave_one_out(u, lost, u.T @ y[:, j]), rtol=1e-11)


@pytest.mark.claim("quasi")
@given(seeds, st.floats(-2, 1))
@settings(max_examples=50)
def test_the_derivative_along_the_path_of_single_fits_is_the_step_to_the_student(seed: int, log_c: float) -> None:
    gram, d, u, y = instance(seed)
    c, K = 10.0**log_c, len(y)

    def fit(c: float) -> Array:
        return scipy.linalg.solve(c * np.eye(K) + gram, gram @ y, assume_a="pos")

    student = scipy.linalg.solve(c * np.eye(K) + gram, gram @ fit(c), assume_a="pos")
    found = statistics.path_step(c / (d + c), u.T @ y)
    assert found == pytest.approx(np.linalg.norm(student - fit(c)), rel=1e-9)
    step = 1e-4  # error of the central difference: step²/6 of the third derivative in log c, at most 1 in size
    slope = (fit(c * np.exp(step)) - fit(c * np.exp(-step))) / (2 * step)
    assert found == pytest.approx(np.linalg.norm(slope), abs=1e-7 * float(np.linalg.norm(y)))


@given(seeds)
@settings(max_examples=30)
def test_the_discrepancy_principle_leaves_the_noise(seed: int) -> None:
    gram, d, u, y = instance(seed)
    spectrum = sd.Spectrum(gram, d, u)
    noise = 0.3 * float(np.mean(y**2))
    c = statistics.discrepancy(spectrum, y, noise)
    assert np.mean((y - dense_smoother(gram, np.array([c])) @ y) ** 2) == pytest.approx(noise, rel=1e-9)
    assert statistics.discrepancy(spectrum, y, 2 * float(np.mean(y**2))) == np.inf


def test_the_curvature_of_the_l_curve_is_that_of_the_circle_through_three_neighbours() -> None:
    _, d, _, z = instance(3)
    c = np.geomspace(1e-4, 1, 2001)
    u, v, curvature = statistics.l_curve(d, z, c)
    a, b, e = (np.stack([u, v])[:, shift : len(c) - 2 + shift] for shift in (0, 1, 2))
    cross = (b[0] - a[0]) * (e[1] - b[1]) - (b[1] - a[1]) * (e[0] - b[0])
    sides = [np.hypot(*(p - q)) for p, q in ((a, b), (b, e), (e, a))]
    np.testing.assert_allclose(curvature[2:-2], (2 * cross / np.prod(sides, axis=0))[1:-1], atol=1e-4)
