"""Which weights are best: along a line, for a polynomial, by least squares, and from the labels alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import selfdistill as sd
from selfdistill import imitation, statistics
from selfdistill.filters import XiWeighted

BEAM = sd.greens.SimplySupportedBeam()
NINE = sd.datasets.paper_interior()
GRID = np.linspace(0, 1, 101)
EPS = np.finfo(float).eps
weights = st.lists(st.floats(-3, 3).filter(lambda xi: abs(xi) > 1e-3), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(xi=weights)
@pytest.mark.claim("xi-poly")
def test_weights_and_coefficients_are_two_names_of_one_filter(xi: list[float]) -> None:
    coefficients = np.zeros(len(xi) + 1)
    given_by = XiWeighted(1.0, tuple(xi)).polynomial.coef[1:]
    coefficients[: len(given_by)] = given_by
    size = float(np.sum(np.abs(coefficients)))
    assert abs(np.sum(coefficients) - 1) <= 8 * len(xi) * EPS * size
    tails = np.abs(np.cumsum(coefficients[::-1])[::-1])
    if np.min(tails) > 1e-10 * size:  # a quotient of tails keeps the digits that the smaller one has
        found = imitation.imitation_weights(coefficients)
        np.testing.assert_allclose(found, xi, rtol=1e-13 * size / np.min(tails))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), r=st.integers(1, 5))
@pytest.mark.claim("xi-wiener")
def test_r_steps_reach_any_factors_on_r_eigenvalues(seed: int, r: int) -> None:
    rng = np.random.default_rng(seed)
    d = np.cumsum(rng.uniform(0.2, 1, r))
    c, w = 10.0 ** rng.uniform(-1, 1), rng.uniform(-1, 2, r)
    h = d / (d + c)
    a = imitation.attain(h, w)
    powers = h[:, None] ** np.arange(1, r + 2)
    np.testing.assert_allclose(powers @ a, w, atol=1e-13 * np.sum(np.abs(a)))
    assert abs(np.sum(a) - 1) <= 1e-13 * np.sum(np.abs(a))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
@pytest.mark.claim("two-eigenvalues")
def test_one_step_serves_two_modes_at_the_roots_and_nowhere_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d, rho = np.sort(10.0 ** rng.uniform(-3, 3, 2)), 10.0 ** rng.uniform(-3, 3, 2)
    found = imitation.one_step_multipliers(d, rho)
    for c, xi in found:
        np.testing.assert_allclose(XiWeighted(c, (xi,))(d), d / (d + rho), atol=1e-11 * (1 + abs(xi)))
    (d1, d2), (r1, r2) = d, rho
    product = (d1 + r1 - d2 - r2) * (1 / d1 + 1 / r1 - 1 / d2 - 1 / r2)
    assert (len(found) == 1) == (product > 0)
    swapped = imitation.one_step_multipliers(d[::-1], rho[::-1])  # the order of the modes does not matter
    np.testing.assert_allclose(swapped, found, rtol=1e-6, atol=1e-12)


@pytest.mark.claim("two-eigenvalues")
def test_a_ridge_that_serves_both_modes_is_found_as_a_double_root() -> None:
    for d1, d2, rho in ((1.0, 2.0, 3.0), (1e-3, 5.0, 0.02), (0.3, 0.31, 40.0)):
        ((c, xi),) = imitation.one_step_multipliers([d1, d2], [rho, rho])
        assert c == pytest.approx(rho, rel=1e-7) and abs(xi) < 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
@pytest.mark.claim("das-xistar")
def test_the_best_step_is_the_lowest_point_of_its_risk(seed: int) -> None:
    rng = np.random.default_rng(seed)
    h, m, noise = rng.uniform(0.01, 0.99, 5), rng.standard_normal(5), float(10.0 ** rng.uniform(-2, 2))
    omega = rng.uniform(0.1, 2, 5)

    def risk(xi: float) -> float:
        kept = h - xi * h * (1 - h)
        return float(np.sum(omega * ((1 - kept) ** 2 * m**2 + noise * kept**2)))

    best = imitation.best_step(h, m, noise, omega)
    assert risk(best) <= min(risk(best - 1e-3), risk(best + 1e-3))
    assert imitation.best_step(h, 0 * m, noise, omega) > 1  # nothing but noise


@pytest.mark.claim("dang-path")
def test_a_round_is_a_tangent_for_any_kernel_and_several_outputs() -> None:
    rng = np.random.default_rng(4)
    kernel = sd.greens.BrownianBridge()
    x, y = rng.uniform(0.05, 0.95, 12), rng.standard_normal((12, 2))
    for c in (1e-3, 1e-2, 1e-1):
        path = sd.distill(kernel, x, y, multiplier=c, rounds=2)(GRID)
        low, high = (sd.distill(kernel, x, y, multiplier=c * (1 + s), rounds=1)(GRID)[0] for s in (-1e-4, 1e-4))
        slope = (high - low) / 2e-4  # by log c; its error is of second order, 1e-8
        np.testing.assert_allclose(path[1] - path[0], slope, atol=1e-6 * np.max(np.abs(slope)))
        truth = rng.standard_normal(path[0].shape)
        best = imitation.best_on_line(path[0], path[1], truth)
        gain = np.mean((path[0] - truth) ** 2) - np.mean((path[0] + best * (path[1] - path[0]) - truth) ** 2)
        rate = (np.mean((high - truth) ** 2) - np.mean((low - truth) ** 2)) / 2e-4
        assert gain == pytest.approx(rate**2 / (4 * np.mean(slope**2)), rel=1e-4)
        assert np.sign(best) == -np.sign(rate)


@pytest.mark.claim("xi-rgain")
def test_gains_with_the_signal_on_the_strongest_mode_for_any_spectrum() -> None:
    rng, noise, many = np.random.default_rng(5), 1e-8, np.geomspace(1e-10, 1e8, 145)
    for r in (2, 5, 9):
        d, m = np.sort(rng.uniform(0.05, 1, r))[::-1], np.eye(r)[0]
        kept = [d / (d + c) for c in many]
        steps = [h - imitation.best_step(h, m, noise) * h * (1 - h) for h in kept]
        ridge, one = (
            min(np.sum(statistics.bias_variance(h, m, noise)) / noise for h in family) for family in (kept, steps)
        )
        assert ridge == pytest.approx(r, rel=1e-4)
        assert one == pytest.approx(np.sum((d / d[0]) ** 2), rel=1e-3)


@pytest.mark.claim("xi-ls")
def test_least_squares_survives_rounds_that_are_nearly_alike() -> None:
    path = sd.distill(BEAM, NINE.x, NINE.y, multiplier=1e-3, rounds=3)(GRID)
    wanted = 0.5 * path[0] + 0.8 * path[1] - 0.3 * path[2]
    np.testing.assert_allclose(imitation.least_squares(path, wanted), [0.5, 0.8, -0.3], rtol=1e-8)
    twin = np.array([path[0], path[1], path[1]])  # two columns of one
    np.testing.assert_allclose(imitation.least_squares(twin, path[1]), [0.0, 0.5, 0.5], atol=1e-10)
    wanted = np.sin(7 * GRID)
    best = imitation.least_squares(path, wanted)
    residual = best @ path - wanted
    assert abs(residual @ (path[1] - path[0])) <= 1e-10 * np.linalg.norm(path[1] - path[0]) * np.linalg.norm(wanted)
    assert np.array_equal(imitation.least_squares(path[:1], wanted), [1.0])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), outputs=st.sampled_from([None, 3]))
@pytest.mark.claim("xi-oneshot")
def test_one_shot_weights_minimise_their_scores(seed: int, outputs: int | None) -> None:
    rng = np.random.default_rng(seed)
    h = rng.uniform(0.05, 0.95, 6)
    z = rng.standard_normal(6 if outputs is None else (6, outputs))
    columns = z.reshape(6, -1)
    noise = float(10.0 ** rng.uniform(-1, 0.5))

    def score(xi: float) -> float:
        return float(statistics.ubre(1 - h + xi * h * (1 - h), z, noise))

    def length(xi: float) -> float:
        lost = (1 - xi) * (1 - h) / np.mean(1 - h) + xi * (1 - h**2) / np.mean(1 - h**2)
        return float(np.sum((lost[:, None] * columns) ** 2))

    for measure, found in ((score, imitation.one_shot(h, z, noise=noise)), (length, imitation.one_shot(h, z))):
        least = minimize_scalar(measure, bracket=(-1.0, 1.0)).fun
        assert measure(found) <= least + 1e-9 * abs(least)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: imitation.best_on_line([1.0], [1.0], [2.0]), "start and end are the same"),
        (lambda: imitation.best_on_line([1.0], [1.0, 2.0], [2.0]), r"one shape; they have \(1,\), \(2,\), \(1,\)"),
        (lambda: imitation.best_step([0.5], [1.0], 0.0), "noise must be finite and positive; it is 0.0"),
        (lambda: imitation.best_step([1.0, 0.0], [1.0, 1.0], 1.0), "keeps all or nothing of each mode"),
        (lambda: imitation.one_step_multipliers([1.0, 0.0], [1.0, 1.0]), "d must be two positive numbers; it is"),
        (lambda: imitation.one_step_multipliers([1.0, 2.0], [1.0]), "ridges must be two positive numbers; it is"),
        (lambda: imitation.imitation_weights([0.5, 0.6]), "coefficients must add up to 1; they add up to .*1.1"),
        (lambda: imitation.imitation_weights([1.0, 1.0, -1.0]), "coefficients from a_1 on add up to zero"),
        (lambda: imitation.imitation_weights([[1.0]]), r"a row of numbers.*\(1, 1\)"),
        (lambda: imitation.attain([0.5, 0.5], [0.1, 0.2]), "distinct numbers between 0 and 1; it is"),
        (lambda: imitation.attain([0.5, 1.0], [0.1, 0.2]), "distinct numbers between 0 and 1; it is"),
        (lambda: imitation.attain([0.5], [0.1, 0.2]), r"one shape \(r,\); they have \(1,\) and \(2,\)"),
        (lambda: imitation.least_squares([[1.0, 2.0]], [1.0]), r"fits must have shape \(k \+ 1, M\)"),
        (lambda: imitation.one_shot([0.5, 0.5], [1.0]), "kept must have shape"),
        (lambda: imitation.one_shot([1.0], [1.0]), "teacher and student are the same"),
        (lambda: imitation.one_shot([0.5], [1.0], noise=-1.0), "noise must be finite and positive; it is -1.0"),
    ],
)
def test_what_has_no_answer_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
