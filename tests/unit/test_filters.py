"""Filters: each formula against the method it stands for, and what separates the loop from single fits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from inspect import isabstract
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.linalg
from hypothesis import assume, given, settings

import selfdistill as sd
from selfdistill.filters import (
    AlphaWeighted,
    Filter,
    GradientFlow,
    HeatLimit,
    IteratedTikhonov,
    Landweber,
    Ridge,
    SelfDistillation,
    SpectralCutoff,
    XiWeighted,
    catalogue,
)
from strategies import Problem, problems

BEAM = sd.greens.SimplySupportedBeam()
positive = st.floats(1e-6, 1e6)
rounds = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8)


def gram(seed: int, size: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A random Gram matrix with eigenvalues in (0, 1), its decomposition and labels."""
    rng = np.random.default_rng(seed)
    u, _ = np.linalg.qr(rng.standard_normal((size, size)))
    d = 10.0 ** rng.uniform(-3, 0, size)
    return (u * d) @ u.T, d, u, rng.standard_normal(size)


# --- not one fit, and not early stopping -------------------------------------------------------------------------


@pytest.mark.claim("earlystop")
@given(st.floats(1e-9, 1.0), st.floats(1e-9, 1.0), positive, st.floats(1e-3, 1.0), st.integers(1, 10_000))
@settings(max_examples=500)
def test_single_fits_and_stopping_times_stay_below_the_ceiling(
    a: float, b: float, c: float, step: float, steps: int
) -> None:
    weak, strong = sorted((a, b))
    for h in (Ridge(c), GradientFlow(c), Landweber(step, steps), IteratedTikhonov(c, 1 + steps % 9)):
        assert h(strong) * weak <= h(weak) * strong * (1 + 1e-9), h


@pytest.mark.claim("earlystop")
@given(problems(largest_r=30))
@settings(max_examples=200)
def test_the_ratio_of_two_factors_multiplies_up_and_tends_to_a_power(problem: Problem) -> None:
    """Ratios grow with every round, and for huge multipliers reach (d_k/d_j)^(t + 1)."""
    c = sd.distillation.multipliers(problem.spectrum, problem.z[:, None], epsilon=problem.epsilon, rounds=5)[:, 0]
    c = c[np.isfinite(c)]
    assume(len(c) > 0)  # r = 1 but for rounding: no round at all
    d = problem.d[problem.d > 0]
    kept = np.array([SelfDistillation(tuple(c[: t + 1]))(d) for t in range(len(c))])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(kept[:, :-1] > 0, kept[:, 1:] / kept[:, :-1], np.inf)
        assert np.all(ratios >= 1 - 1e-12)
        grows = ratios[1:] >= ratios[:-1] * (1 - 1e-12)
    assert np.all(grows)
    unit = d / d[-1]
    near = unit > 1e-4
    huge = SelfDistillation((1e12, 3e12))(unit[near])
    np.testing.assert_allclose(huge / huge[-1], unit[near] ** 2, rtol=1e-7)


@pytest.mark.claim("earlystop")
@pytest.mark.parametrize("seed", range(5))
def test_filters_are_what_the_methods_do(seed: int) -> None:
    g, d, u, y = gram(seed)
    z = u.T @ y
    np.testing.assert_allclose(u @ (Ridge(0.03)(d) * z), np.linalg.solve(0.03 * np.eye(6) + g, g @ y), atol=1e-12)
    np.testing.assert_allclose(u @ (GradientFlow(7.0)(d) * z), y - scipy.linalg.expm(-7.0 * g) @ y, atol=1e-12)
    descent = np.zeros(6)
    for _ in range(40):
        descent = descent + 0.8 * g @ (y - descent)
    np.testing.assert_allclose(u @ (Landweber(0.8, 40)(d) * z), descent, atol=1e-12)


def test_the_loop_is_the_filter_of_its_multipliers() -> None:
    data = sd.datasets.paper()
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.045)
    h = SelfDistillation(tuple(path.multipliers))(path.spectrum.eigenvalues)
    np.testing.assert_allclose(h, np.exp(path.log_shrinkage[-1]), rtol=1e-13)
    assert h[:2].tolist() == [0.0, 0.0]


# --- the matched ridge -------------------------------------------------------------------------------------------


@pytest.mark.claim("sd-vs-ridge-match")
@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=7), st.integers(1, 10**6), st.integers(2, 1000))
@settings(max_examples=300)
def test_below_the_match_the_loop_keeps_less_and_above_it_more(c: list[int], match: int, factor: int) -> None:
    """In exact fractions; the package's matched multiplier is held to the exact one."""

    def kept(d: Fraction) -> Fraction:
        product = Fraction(1)
        for value in c:
            product *= d / (d + value)
        return product

    d = Fraction(match)
    exact = d * (1 / kept(d) - 1)
    ridge = Ridge.matching(SelfDistillation(tuple(float(value) for value in c)), float(match))
    # 1/h - 1 loses the digits that h shares with 1
    assert ridge.c == pytest.approx(float(exact), rel=1e-15 / float(1 - kept(d)) + 1e-12)
    lower, higher = d / factor, d * factor
    assert kept(lower) < lower / (lower + exact)
    assert kept(higher) > higher / (higher + exact)


def test_a_filter_takes_the_multipliers_of_a_path_as_they_are() -> None:
    data = sd.datasets.paper_interior()
    path = sd.distill(BEAM, data.x, data.y, epsilon=0.045)
    own = SelfDistillation(path.multipliers)
    assert own == SelfDistillation(tuple(path.multipliers)) and hash(own) == hash(SelfDistillation(own.multipliers))
    assert XiWeighted(0.1, np.array([-0.5, -2.0])) == XiWeighted(0.1, (-0.5, -2.0))


def test_no_ridge_matches_a_cut_off() -> None:
    with pytest.raises(ValueError, match=r"strictly between 0 and 1.*1\.0"):
        Ridge.matching(SpectralCutoff(0.5), 0.7)


# --- the mirror image --------------------------------------------------------------------------------------------


@pytest.mark.claim("filter-duality")
@given(positive, positive, st.integers(1, 30))
def test_exchanging_d_and_c_exchanges_kept_and_lost(d: float, c: float, n: int) -> None:
    kept, lost = SelfDistillation((d,) * n)(c), 1 - IteratedTikhonov(c, n)(d)
    np.testing.assert_allclose(kept, lost, atol=1e-14)


@pytest.mark.claim("filter-duality")
@given(st.integers(0, 10_000), st.floats(1e-3, 10), st.integers(1, 8))
@settings(max_examples=100)
def test_boosting_and_distilling_by_hand(seed: int, c: float, n: int) -> None:
    g, d, u, y = gram(seed)
    boosted, distilled = np.zeros(6), y
    for _ in range(n):
        boosted = boosted + np.linalg.solve(c * np.eye(6) + g, g @ (y - boosted))
        distilled = np.linalg.solve(c * np.eye(6) + g, g @ distilled)
    z = u.T @ y
    np.testing.assert_allclose(u @ (IteratedTikhonov(c, n)(d) * z), boosted, atol=1e-11)
    np.testing.assert_allclose(u @ (SelfDistillation((c,) * n)(d) * z), distilled, atol=1e-11)
    np.testing.assert_allclose(XiWeighted(c, (1.0,) * (n - 1))(d), SelfDistillation((c,) * n)(d), rtol=1e-11)
    np.testing.assert_allclose(XiWeighted(c, (-1.0,))(d), IteratedTikhonov(c, 2)(d), rtol=1e-11)


# --- qualification -----------------------------------------------------------------------------------------------


@pytest.mark.claim("qualification")
@given(rounds, positive)
@settings(max_examples=500)
def test_losses_of_rounds_add_up_and_never_cancel(c: list[float], d: float) -> None:
    lost = 1 - SelfDistillation(tuple(c))(d)
    parts = np.array(c) / (d + np.array(c))
    assert parts.max() - 1e-14 <= lost <= parts.sum() + 1e-14


@pytest.mark.claim("qualification")
@given(st.floats(1e-4, 1.0), st.integers(1, 6), st.floats(0.1, 8.0), st.floats(1e-6, 1.0))
@settings(max_examples=500)
def test_residual_fitting_loses_at_most_its_power_of_c(c: float, n: int, p: float, d: float) -> None:
    assert d**p * (1 - IteratedTikhonov(c, n)(d)) <= c ** min(p, n) * (1 + 1e-9) + 1e-15 * d**p


@pytest.mark.claim("qualification")
@pytest.mark.parametrize("number", range(len(catalogue(0.5))), ids=lambda number: type(catalogue(0.5)[number]).__name__)
@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, 4.0])
def test_the_measured_slope_is_the_declared_qualification(number: int, p: float) -> None:
    lattice = np.geomspace(1e-7, 1, 4001)
    small, large = (np.max(lattice**p * np.abs(1 - catalogue(c)[number](lattice))) for c in (1e-4, 1e-3))
    assert np.log10(large / small) == pytest.approx(min(p, catalogue(0.5)[number].qualification), abs=0.02)


@pytest.mark.claim("qualification")
@pytest.mark.parametrize(
    "h",
    [
        *catalogue(0.3),
        SelfDistillation((0.1, 0.2, 5.0, 7.0)),
        AlphaWeighted(0.2, 0.0, 4),
        AlphaWeighted(0.2, 1.0, 4),
        XiWeighted(0.2, (1.0, 1.0)),
        XiWeighted(0.2, ()),
        XiWeighted(0.2, (-0.5, -2.0)),
    ],
    ids=str,
)
def test_the_measured_decay_is_the_declared_one(h: Filter) -> None:
    weak = np.array([1e-5, 1.01e-5])
    kept = h(weak)
    slope = np.diff(np.log(kept))[0] / np.log(1.01) if np.all(kept > 0) else np.inf
    assert slope == pytest.approx(h.decay, abs=1e-2) if np.isfinite(h.decay) else slope > 1e3


@pytest.mark.claim("qualification")
@pytest.mark.parametrize("steps", [1, 10, 48, 60, 300])
def test_many_weights_one_still_have_qualification_one(steps: int) -> None:
    """1 − h^n has a simple zero at h = 1, whose coefficient is tiny beside the largest of the polynomial."""
    h = XiWeighted(1.0, (1.0,) * steps)
    assert (h.qualification, h.decay) == (1.0, steps + 1.0)
    d = np.geomspace(1e-2, 1e2, 9)
    np.testing.assert_allclose(h(d), SelfDistillation((1.0,) * (steps + 1))(d), rtol=1e-12)


@pytest.mark.claim("qualification")
@given(st.integers(1, 12), st.lists(st.floats(-3, 3), max_size=4))
def test_the_weights_of_residual_fitting_reach_the_full_qualification(n: int, before: list[float]) -> None:
    """h(1 − ξ + ξ h_{k−1}) with ξ_k = −k/(n − k): 1 − (1 − h)^n, though −1/3 is no float."""
    weights = tuple(-k / (n - k) for k in range(1, n))
    assert XiWeighted(1.0, weights).qualification == n
    # a last weight 0 forgets all steps but the first fit
    assert XiWeighted(1.0, (*before, 0.0)).qualification == 1


# --- the objects -------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_every_filter_once() -> None:
    own = {kind for kind in Filter.__subclasses__() if kind.__module__ == Filter.__module__ and not isabstract(kind)}
    assert {type(h) for h in catalogue(0.1)} == own
    assert len({h.name for h in catalogue(0.1)}) == len({h.formula for h in catalogue(0.1)}) == len(catalogue(0.1))
    assert all(h._repr_latex_().startswith("$h(d) = ") for h in catalogue(0.1))


@pytest.mark.parametrize("h", catalogue(0.05), ids=lambda h: type(h).__name__)
def test_zero_eigenvalues_are_legal_beside_any_others(h: Filter) -> None:
    d = np.array([0.0, 1e-300, 0.2, 0.9])
    np.testing.assert_array_equal(h(d)[1:], h(d[1:]))
    assert h(d)[0] == h(0.0) == 0.0 and h(np.zeros((2, 3))).shape == (2, 3)
    assert h(d.reshape(2, 2)).shape == (2, 2)


def test_a_zero_eigenvalue_does_not_make_a_large_step_too_large() -> None:
    np.testing.assert_allclose(Landweber(10.0, 2)([0.0, 0.05]), [0.0, 0.75])


def test_mixing_with_the_labels_tends_to_one_ridge() -> None:
    d = np.geomspace(1e-3, 1, 20)
    np.testing.assert_allclose(AlphaWeighted(0.1, 0.25, 200)(d), Ridge(0.1 / 0.25)(d), rtol=1e-9)
    np.testing.assert_allclose(AlphaWeighted(0.1, 0.0, 3)(d), SelfDistillation((0.1,) * 3)(d), rtol=1e-13)


def given_as(value: Any) -> Any:
    """A value of a type that the annotations forbid."""
    return value


def test_many_small_rounds_tend_to_the_heat_filter() -> None:
    d = np.geomspace(0.05, 1, 20)
    errors = [np.max(np.abs(SelfDistillation((0.1 / n,) * n)(d) - HeatLimit(0.1)(d))) for n in (10, 100, 1000)]
    assert all(late < early / 8 for early, late in pairwise(errors))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ridge(0.0), "c must be finite and positive; it is 0.0"),
        (lambda: Ridge(np.inf), "c must be finite"),
        (lambda: GradientFlow(-1.0), "time.*-1.0"),
        (lambda: Landweber(0.5, 0), "steps.*0"),
        (lambda: Landweber(2.0, 3)([0.1, 1.0]), r"step·d_max = 2 exceeds 1.*step <= 1/d_max = 1"),
        (lambda: IteratedTikhonov(1.0, 0), "n must be a whole number"),
        (lambda: SelfDistillation(()), "at least one multiplier"),
        (lambda: SelfDistillation((1.0, -2.0)), r"multipliers\[1\].*-2.0"),
        (lambda: HeatLimit(np.nan), "time.*nan"),
        (lambda: AlphaWeighted(1.0, 1.5, 2), r"alpha must lie in \[0, 1\]; it is 1.5"),
        (lambda: XiWeighted(1.0, (np.nan,)), "weights must be finite"),
        (lambda: XiWeighted(1.0, given_as(((1.0, 2.0),))), r"weights must be a row of numbers.*\(1, 2\)"),
        (lambda: SelfDistillation(np.ones((2, 2))), r"multipliers must be a row"),
        (lambda: SelfDistillation(given_as(("one",))), r"multipliers\[0\] is no number"),
        (lambda: AlphaWeighted(1.0, given_as("half"), 2), "alpha must be a number; it is 'half'"),
        (lambda: IteratedTikhonov(1.0, True), "n must be a whole number.*True"),
        (lambda: Ridge.matching(Ridge(1.0), given_as([0.1, 0.2])), "d must be finite and positive"),
        (lambda: Ridge(1.0)([0.1, np.nan]), r"eigenvalues\[1\] is nan"),
        (lambda: SpectralCutoff(-1.0), "c must be finite and positive"),
        (lambda: Ridge(1.0)([-0.1, 1.0]), "non-negative"),
        (lambda: Ridge(1.0)([]), "at least one"),
        (lambda: catalogue(2.0), "must not exceed 1.*2.0"),
    ],
)
def test_bad_parameters_are_named(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.claim("flow-match")
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=10), st.floats(-6, 6))
@settings(max_examples=200)
def test_the_time_at_which_flow_matches_rounds_rises_once_and_falls_once(exponents: list[float], unit: float) -> None:
    c = 10.0 ** np.array(exponents)
    d = np.geomspace(1e-3 * c.min(), 1e3 * c.max(), 500)
    log_b = -np.sum(np.log1p(c[:, None] / d), axis=0)
    tau = sd.bounds.stopping_time(d, log_b)
    np.testing.assert_allclose(sd.bounds.stopping_time(d * 10.0**unit, log_b), tau / 10.0**unit, rtol=1e-12)
    steps = np.diff(np.log(tau))  # 1e-9: what rounding leaves of a difference at the top
    rising, falling = np.flatnonzero(steps > 1e-9), np.flatnonzero(steps < -1e-9)
    assert len(rising) and len(falling) and rising[-1] < falling[0]


@pytest.mark.claim("flow-match")
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=8), st.floats(-2, 2), st.floats(-2, 2))
def test_a_ridge_up_to_a_factor_meets_rounds_at_most_twice(
    exponents: list[float], log_c: float, log_factor: float
) -> None:
    c, ridge, factor = 10.0 ** np.array(exponents), 10.0**log_c, 10.0**log_factor
    d = np.geomspace(1e-6, 1e6, 4000)
    gap = -np.sum(np.log1p(c[:, None] / d), axis=0) + np.log1p(ridge / d) - np.log(factor)
    signs = np.sign(gap[np.abs(gap) > 1e-9])
    assert np.sum(signs[1:] != signs[:-1]) <= 2
