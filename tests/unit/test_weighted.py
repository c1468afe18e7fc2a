"""Weighted rounds: labels mixed in (alpha), imitation weights (xi), lists of multipliers."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import selfdistill as sd
from selfdistill.filters import AlphaWeighted, IteratedTikhonov, XiWeighted

BEAM = sd.greens.SimplySupportedBeam()
NINE = sd.datasets.paper_interior()
ELEVEN = sd.datasets.paper()
GRID = np.linspace(0, 1, 41)


def gaussian(x: Any, s: Any) -> Any:
    """A smooth kernel; on many points its eigenvalues fall below what float64 resolves."""
    return np.exp(-30 * (x - s) ** 2)


def by_hand(kernel: Any, x: Any, y: Any, shares: Any, multipliers: Any) -> tuple[Any, Any]:
    """Predictions at the points and on the grid, round after round, by dense solves."""
    K = len(x)
    G, columns = kernel(x[:, None], x[None]) / K, kernel(GRID[:, None], x[None]) / K
    fits, lines, fit = [], [], np.zeros_like(y)
    for share, c in zip(shares, multipliers, strict=True):
        a = np.linalg.solve(c * np.eye(K) + G, share * y + (1 - share) * fit)
        fit = G @ a
        fits.append(fit)
        lines.append(columns @ a)
    return np.array(fits), np.array(lines)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), outputs=st.sampled_from([None, 1, 3]), repeated=st.booleans())
@pytest.mark.claim("borup")
def test_rounds_are_those_of_dense_solves_on_and_off_the_points(seed: int, outputs: int | None, repeated: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.05, 0.95, 7)
    if repeated:
        x[3] = x[1]
    y = rng.standard_normal(7 if outputs is None else (7, outputs))
    shares, c = np.append(1.0, rng.uniform(-0.5, 2.0, 4)), 10.0 ** rng.uniform(-4, -1, 5)
    path = sd.distill_weighted(BEAM, x, y, alpha=shares[1:], multiplier=c)
    fits, lines = by_hand(BEAM, x, y, shares, c)
    size = np.max(np.abs(path.mixtures))  # weights beyond 1 may magnify the labels
    np.testing.assert_allclose(path.targets[1:], fits, atol=1e-11 * size)
    np.testing.assert_allclose(path(GRID), lines, atol=1e-9 * size)  # g_x^T a: a is as large as m/c
    np.testing.assert_allclose(path.predict(GRID, round=2), lines[2], atol=1e-9 * size)
    again = sd.distill_weighted(BEAM, x, y, xi=1 - shares[1:], multiplier=c)
    np.testing.assert_allclose(again.targets, path.targets, atol=1e-12 * size)


@pytest.mark.parametrize("how", [{"epsilon": 0.01}, {"multiplier": 1e-3}])
@pytest.mark.parametrize("labels", [NINE.y, np.column_stack([NINE.y, NINE.y[::-1] ** 2])])
def test_without_labels_it_is_the_plain_loop(how: dict[str, Any], labels: Any) -> None:
    path = sd.distill_weighted(BEAM, NINE.x, labels, alpha=0.0, rounds=25, **how)
    plain = sd.distill(BEAM, NINE.x, labels, rounds=25, **how)
    assert len(path) == len(plain) and path.collapsed == plain.collapsed
    # two ways to the same fit: an eigendecomposition here, a factorisation there, both of condition d_max/c
    np.testing.assert_allclose(path.targets, plain.targets, atol=1e-12)
    np.testing.assert_allclose(path(GRID), plain(GRID), atol=1e-10)
    np.testing.assert_allclose(path.energies, plain.energies, rtol=1e-9)
    np.testing.assert_allclose(np.log(path.factors), plain.log_shrinkage, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), epsilon=st.floats(0.002, 0.2))
def test_each_fit_misses_its_own_target_by_epsilon(seed: int, epsilon: float) -> None:
    rng = np.random.default_rng(seed)
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=rng.uniform(-1, 2, 6), epsilon=epsilon)
    misfit = np.mean((path.mixtures - path.targets[1:]) ** 2, axis=1)
    alive = path.ratios > 1
    np.testing.assert_allclose(misfit[alive], epsilon, rtol=1e-9)
    assert np.all(path.targets[1:][~alive] == 0) and np.all(np.isinf(path.multipliers[~alive]))
    assert np.all(path.weights[~alive] == 0) and np.all(path.energies[~alive] == 0)


@settings(max_examples=30, deadline=None)
@given(alpha=st.floats(0, 1), c=st.floats(1e-4, 1e-1), rounds=st.integers(1, 9))
@pytest.mark.claim("borup")
def test_the_filter_alpha_weighted_is_the_loop(alpha: float, c: float, rounds: int) -> None:
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=alpha, multiplier=c, rounds=rounds)
    d = path.spectrum.eigenvalues
    expected = [AlphaWeighted(c, alpha, t + 1)(d) for t in range(rounds)]
    np.testing.assert_allclose(path.factors, expected, atol=1e-15 * rounds)  # alpha = 1 - xi is known to u
    z = path.targets @ path.spectrum.eigenvectors
    np.testing.assert_allclose(z[1:], path.factors * z[0], atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(weights=st.lists(st.floats(-3, 3), max_size=5), c=st.floats(1e-4, 1e-1))
def test_the_filter_xi_weighted_is_the_loop(weights: list[float], c: float) -> None:
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=weights, multiplier=c)
    expected = XiWeighted(c, tuple(weights))(path.spectrum.eigenvalues)
    size = float(np.prod([1 + 2 * abs(xi) for xi in weights]))  # what the recursion may grow to before it cancels
    np.testing.assert_allclose(path.factors[-1], expected, atol=1e-14 * size)


def test_twicing_is_the_weight_minus_one() -> None:
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=-1.0, multiplier=1e-3, rounds=2)
    np.testing.assert_allclose(path.factors[1], IteratedTikhonov(1e-3, 2)(path.spectrum.eigenvalues), rtol=1e-12)


@pytest.mark.claim("borup")
@pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")  # divergence magnifies errors, too
def test_the_limit_is_one_ridge_wherever_the_rounds_converge() -> None:
    top = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=1.0, multiplier=1e-3, rounds=1).factors[0, -1]
    for alpha in (0.2, 1.0, 1.6, 1 - 0.9 / top, 1 + 0.9 / top):
        path = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=alpha, multiplier=1e-3, rounds=260)
        d = path.spectrum.eigenvalues
        limit = alpha * d / (alpha * d + 1e-3)
        np.testing.assert_allclose(path.factors[-1], limit, atol=1e-10 * np.max(np.abs(limit)))  # 0.9^260 = 1e-12
    for alpha in (1 - 1.1 / top, 1 + 1.1 / top):
        factors = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=alpha, multiplier=1e-3, rounds=90).factors
        assert abs(factors[-1, -1]) > 100  # 1.1^90 = 5,000


@settings(max_examples=20, deadline=None)
@given(alpha=st.floats(0.01, 1), low=st.floats(0.001, 0.9), c=st.floats(0.01, 10))
@pytest.mark.claim("borup-sparsity")
def test_ratios_stay_above_the_first_rise_once_and_fall_once(alpha: float, low: float, c: float) -> None:
    h = np.array([AlphaWeighted(c, alpha, t)([low, 1.0]) for t in range(1, 60)])
    ratios = h[:, 1] / h[:, 0]
    assert np.all(ratios >= ratios[0] * (1 - 1e-12))
    steps = np.diff(ratios)
    up = steps > 1e-12 * ratios[1:]
    down = steps < -1e-12 * ratios[1:]
    assert not np.any(down) or not np.any(up[np.argmax(down) :])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), alpha=st.floats(0.05, 0.95))
@pytest.mark.claim("borup-constraint")
def test_under_the_constraint_fits_fall_to_the_single_fit_with_epsilon_over_alpha_squared(
    seed: int, alpha: float
) -> None:
    y = np.random.default_rng(seed).standard_normal(9)
    epsilon = 0.02 * float(np.mean(y**2))
    path = sd.distill_weighted(BEAM, NINE.x, y, alpha=alpha, epsilon=epsilon, rounds=120)
    z = np.abs(path.targets @ path.spectrum.eigenvectors)
    assert np.all(np.diff(z, axis=0) <= 1e-10 * np.max(z))  # the multiplier is known to 1e-10 or so
    single = sd.distill(BEAM, NINE.x, y, epsilon=epsilon / alpha**2, rounds=1)
    if len(single) == 0:
        assert path.collapsed
    elif alpha > 0.3:  # closer to 1/r_0 = 0.14 the rounds converge too slowly for this test
        np.testing.assert_allclose(path.targets[-1], single.targets[1], atol=1e-6 * np.max(np.abs(y)))
        np.testing.assert_allclose(path.multipliers[-1], alpha * single.multipliers[0], rtol=1e-4)


@pytest.mark.claim("borup-constraint")
def test_shares_up_to_one_over_r0_collapse_and_larger_ones_do_not() -> None:
    r0 = sd.distill(BEAM, NINE.x, NINE.y, epsilon=0.02).ratios[0]
    below = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=0.97 / r0, epsilon=0.02, rounds=300)
    above = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=1.03 / r0, epsilon=0.02, rounds=300)
    assert below.collapsed and len(below) < 300
    assert not above.collapsed and len(above) == 300 and np.all(above.ratios > 1)
    assert np.all(below.predict(GRID, round=299) == 0)


def test_a_fit_may_be_zero_and_the_next_one_not() -> None:
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=[0.01, 0.01, 1.0, 0.01], epsilon=0.3)
    assert np.isinf(path.multipliers).tolist() == [False, True, True, False] and path.collapsed
    assert np.all(path(GRID)[1:3] == 0) and np.any(path(GRID)[3])
    np.testing.assert_array_equal(path.factors[1:3], 0)
    np.testing.assert_allclose(path.targets[4], path.targets[1], atol=1e-13)  # round 3 sees the labels alone
    assert np.all(path.predict(GRID, round=4) == 0)
    with pytest.raises(ValueError, match=r"round = 5 was not asked for: this path has the rounds 0 to 4"):
        path.predict(GRID, round=5)


def test_labels_within_epsilon_or_zero_give_an_empty_path() -> None:
    for y, epsilon in ((NINE.y, 1.0), (np.zeros(9), 0.1), (np.ones(4), 1.0)):
        path = sd.distill_weighted(BEAM, NINE.x[: len(y)], y, alpha=0.5, epsilon=epsilon, rounds=3)
        assert len(path) == 0 and path.collapsed and path(GRID).shape == (0, 41)
        assert path.factors.shape == (0, len(y)) and path.mixtures.shape == (0, len(y))


def test_only_the_share_of_the_labels_counts_for_the_floor() -> None:
    floor = sd.distill(BEAM, ELEVEN.x, ELEVEN.y, epsilon=0.045).spectrum.floor(ELEVEN.y)
    with pytest.raises(sd.InfeasibleError, match="below the floor"):
        sd.distill_weighted(BEAM, ELEVEN.x, ELEVEN.y, alpha=0.5, epsilon=0.9 * floor, rounds=2)
    with pytest.raises(sd.InfeasibleError, match=r"round 1 is fitted to 2 times the labels") as caught:
        sd.distill_weighted(BEAM, ELEVEN.x, ELEVEN.y, alpha=[2.0], epsilon=0.045)
    assert caught.value.floor == pytest.approx(4 * floor, rel=1e-12)
    at = sd.distill_weighted(BEAM, ELEVEN.x, ELEVEN.y, alpha=[2.0], epsilon=caught.value.floor)
    assert at.multipliers[0] > 0 and at.multipliers[1] == 0
    np.testing.assert_allclose(np.mean((at.mixtures[1] - at.targets[2]) ** 2), 4 * floor, rtol=1e-9)
    assert np.all(np.isfinite(at(GRID)))


def test_repeated_points_share_their_fit_and_count_each() -> None:
    x, y = np.repeat(NINE.x, 2), np.repeat(NINE.y, 2) + np.tile([0.1, -0.1], 9)
    path = sd.distill_weighted(BEAM, x, y, alpha=0.3, epsilon=0.05, rounds=4)
    merged = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=[0.3] * 3, multiplier=path.multipliers)
    np.testing.assert_allclose(path.targets[1:, ::2], path.targets[1:, 1::2], atol=1e-13)
    np.testing.assert_allclose(path.targets[1:, ::2], merged.targets[1:], atol=1e-12)  # g/K is halved, and doubled
    np.testing.assert_allclose(path(GRID), merged(GRID), atol=1e-9)


def test_what_rounding_hides_is_refused_with_an_epsilon_that_is_enough() -> None:
    x = np.linspace(0, 1, 40)
    y = np.random.default_rng(3).standard_normal(40)
    with pytest.raises(sd.UnresolvedError) as caught:
        sd.distill_weighted(gaussian, x, y, alpha=0.5, epsilon=1e-3, rounds=2)
    sd.distill_weighted(gaussian, x, y, alpha=0.5, epsilon=caught.value.enough, rounds=2)
    with pytest.raises(ArithmeticError, match=r"no trustworthy weighted rounds.*Take larger multipliers"):
        sd.distill_weighted(gaussian, x, y, alpha=0.5, multiplier=1e-17, rounds=2)


def test_the_accuracy_counts_what_weights_magnify() -> None:
    mild = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=[1.0] * 4, multiplier=1e-3)
    with pytest.warns(sd.AccuracyWarning, match="weighted rounds are accurate to about"):
        wild = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=[-30.0] * 4, multiplier=1e-3)
    assert wild.accuracy > 1e4 * mild.accuracy
    exact = XiWeighted(1e-3, (-30.0,) * 4)(wild.spectrum.eigenvalues)
    off = np.linalg.norm((wild.factors[-1] - exact) * wild.spectrum.coordinates(NINE.y))
    assert off <= wild.accuracy * np.linalg.norm(NINE.y)
    with pytest.raises(ArithmeticError, match="the target of round 2 leaves the range of float64"):
        sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=[-1e200] * 3, multiplier=1e-3)
    with pytest.raises(ArithmeticError, match=r"Take an epsilon larger than 0.01, or weights closer to zero"):
        sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=[1e8, 1e8], epsilon=0.01)


def test_a_weighted_path_is_a_value_and_a_distillation() -> None:
    path = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=0.3, multiplier=1e-3, rounds=3)
    assert isinstance(path, sd.Distillation) and pickle.loads(pickle.dumps(path)) == path
    assert path != sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=[0.3, 0.31], multiplier=1e-3)
    energies = [a @ path.spectrum.gram @ a / 9 for a in path.weights]
    np.testing.assert_allclose(path.energies, energies, rtol=1e-9)
    with pytest.raises(ValueError, match=r"no log_shrinkage.*Use path\.factors"):
        _ = path.log_shrinkage
    with pytest.raises(ValueError, match="no log_shrinkage"):
        _ = sd.equivalent.EquivalentKernel(path, 1).eigenvalues
    with pytest.raises(ValueError, match="no epsilon"):
        _ = path.ratios
    with pytest.raises(ValueError):
        path.imitation[0] = 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"multiplier": 1.0, "rounds": 2}, "give one of alpha and xi"),
        ({"alpha": 0.1, "xi": 0.9, "multiplier": 1.0, "rounds": 2}, "give one of alpha and xi.*0.1.*0.9"),
        ({"alpha": 0.1, "rounds": 2}, "give one of epsilon and multiplier"),
        ({"alpha": 0.1, "epsilon": 0.1, "multiplier": 1.0, "rounds": 2}, "give one of epsilon and multiplier"),
        ({"alpha": 0.1, "epsilon": 0.1}, "how many rounds"),
        ({"alpha": 0.1, "epsilon": -0.1, "rounds": 2}, "epsilon must be finite and positive; it is -0.1"),
        ({"alpha": 0.1, "epsilon": [0.1, 0.2], "rounds": 2}, "epsilon must be finite and positive"),
        ({"alpha": 0.1, "multiplier": 0.0, "rounds": 2}, "multiplier must be finite and positive; it is .*0.0"),
        ({"alpha": 0.1, "multiplier": [1.0, -1.0]}, "multiplier must be finite and positive; it is .*-1.0"),
        ({"alpha": 0.1, "multiplier": [], "rounds": 2}, "multiplier must be a number, or one number a round"),
        ({"alpha": "half", "epsilon": 0.1, "rounds": 2}, "alpha must be a number; it is 'half'"),
        ({"alpha": np.inf, "epsilon": 0.1, "rounds": 2}, "alpha must be finite; it is inf"),
        ({"xi": [1.0, np.nan], "epsilon": 0.1}, r"xi must be finite; xi\[1\] is nan"),
        ({"xi": [[1.0]], "epsilon": 0.1}, r"xi must be a number, or one number a round; it has shape \(1, 1\)"),
        (
            {"alpha": [0.1, 0.2], "multiplier": [1.0, 1.0]},
            "alpha has 2 entries, multiplier has 2 entries: these do not",
        ),
        ({"alpha": [0.1, 0.2], "epsilon": 0.1, "rounds": 2}, "alpha has 2 entries, rounds = 2: these do not fit"),
        ({"alpha": 0.1, "epsilon": 0.1, "rounds": 0}, "rounds must be a whole number, at least 1; it is 0"),
    ],
)
def test_options_that_do_not_fit_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sd.distill_weighted(BEAM, NINE.x, NINE.y, **options)


def test_data_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"y must have shape \(K,\) or \(K, m\) with K = 9"):
        sd.distill_weighted(BEAM, NINE.x, NINE.y[1:], alpha=0.1, epsilon=0.1, rounds=2)
    with pytest.raises(ValueError, match=r"up to 10,000 points; x has 10,001"):
        sd.distill_weighted(BEAM, np.linspace(0, 1, 10_001), np.ones(10_001), alpha=0.1, epsilon=0.1, rounds=2)


def line_by_hand(kernel: Any, x: Any, y: Any, w: Any, shares: Any, multipliers: Any) -> tuple[Any, Any]:
    """Fits with weights and free lines, at the points and on the grid: one dense solve of the whole system a round."""
    K, P, on_grid = len(x), np.stack([np.ones_like(x), x], axis=1), np.stack([np.ones_like(GRID), GRID], axis=1)
    G, columns = kernel(x[:, None], x[None]) / K, kernel(GRID[:, None], x[None]) / K
    fits, lines, fit = [], [], np.zeros_like(y)
    for share, c in zip(shares, multipliers, strict=True):
        system = np.block([[np.diag(c / w) + G, P], [P.T, np.zeros((2, 2))]])
        target = share * y + (1 - share) * fit
        solution = np.linalg.solve(system, np.concatenate([target, np.zeros((2, *y.shape[1:]))]))
        fit = G @ solution[:K] + P @ solution[K:]
        fits.append(fit)
        lines.append(columns @ solution[:K] + on_grid @ solution[K:])
    return np.array(fits), np.array(lines)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), outputs=st.sampled_from([(), (2,)]), free=st.booleans())
@pytest.mark.claim("nullspace", "weights")
def test_weights_and_free_lines_give_the_dense_system_in_each_weighted_round(
    seed: int, outputs: tuple[int, ...], free: bool
) -> None:
    rng = np.random.default_rng(seed)
    x, y, w = np.sort(rng.uniform(0.02, 0.98, 12)), rng.standard_normal((12, *outputs)), rng.uniform(0.2, 3, 12)
    shares, c = np.append(1.0, rng.uniform(-1, 2, 3)), np.exp(rng.uniform(-9, -3, 4))
    w /= w.mean()
    kernel = sd.greens.FreeSpace(order=2) if free else BEAM
    null = None if free else [lambda x: np.ones_like(x), lambda x: x]
    path = sd.distill_weighted(kernel, x, y, alpha=shares[1:], multiplier=c, weights=7 * w, null=null)
    fits, lines = line_by_hand(kernel, x, y, w, shares, c)
    size = np.max(np.abs(path.mixtures))
    # the system has a condition of about d_max/c, at most 0.1/1e-4 here, times what G and P differ by in size
    np.testing.assert_allclose(path.targets[1:], fits, atol=1e-9 * size)
    np.testing.assert_allclose(path(GRID), lines, atol=1e-7 * size)
    np.testing.assert_allclose(path.data_weights, w, rtol=1e-13)


@pytest.mark.parametrize("how", [{"epsilon": 0.05}, {"multiplier": 1e-5}])
def test_with_weights_and_free_lines_and_no_labels_it_is_the_plain_loop(how: dict[str, Any]) -> None:
    w, cubic = 1 + NINE.x, sd.greens.FreeSpace(order=2)
    path = sd.distill_weighted(cubic, NINE.x, NINE.y, alpha=0.0, rounds=20, weights=w, **how)
    plain = sd.distill(cubic, NINE.x, NINE.y, rounds=20, weights=w, **how)
    assert len(path) == len(plain) and path.collapsed == plain.collapsed
    np.testing.assert_allclose(path.targets, plain.targets, atol=1e-11)
    np.testing.assert_allclose(path(GRID), plain(GRID), atol=1e-9)
    np.testing.assert_allclose(path.energies, plain.energies, rtol=1e-7)
    np.testing.assert_allclose(path.null_fit, plain.null_fit, atol=1e-13)
    np.testing.assert_allclose(np.log(path.factors), plain.log_shrinkage, rtol=1e-9)


def test_a_whole_weight_is_that_many_copies_in_weighted_rounds_too() -> None:
    counts = np.array([1, 3, 1, 2, 1, 1, 4, 1, 1])
    weighed = sd.distill_weighted(BEAM, NINE.x, NINE.y, xi=[0.5, -1.0, 1.5], epsilon=0.05, weights=counts)
    copied = sd.distill_weighted(
        BEAM, np.repeat(NINE.x, counts), np.repeat(NINE.y, counts), xi=[0.5, -1.0, 1.5], epsilon=0.05
    )
    np.testing.assert_allclose(weighed.multipliers, copied.multipliers, rtol=1e-9)
    np.testing.assert_allclose(weighed(GRID), copied(GRID), atol=1e-9)
    np.testing.assert_allclose(weighed.ratios, copied.ratios, rtol=1e-10)


def test_weighted_rounds_meet_the_weighted_constraint_and_collapse_to_the_line() -> None:
    w, cubic = 1 + NINE.x**2, sd.greens.FreeSpace(order=2)
    path = sd.distill_weighted(cubic, NINE.x, NINE.y, alpha=0.05, epsilon=0.1, rounds=60, weights=w)
    misfit = np.average((path.mixtures - path.targets[1:]) ** 2, axis=1, weights=w)
    np.testing.assert_allclose(misfit, 0.1, rtol=1e-9)
    assert path.collapsed and np.all(path.ratios > 1)
    line = np.polynomial.Polynomial.fit(NINE.x, NINE.y, 1, w=np.sqrt(w))
    np.testing.assert_allclose(path.predict(GRID, round=59), line(GRID), atol=1e-12)
    single = sd.distill(cubic, NINE.x, NINE.y, epsilon=0.05 / 0.6**2, rounds=1, weights=w)
    mixed = sd.distill_weighted(cubic, NINE.x, NINE.y, alpha=0.6, epsilon=0.05, rounds=60, weights=w)
    np.testing.assert_allclose(mixed.targets[-1], single.targets[1], atol=1e-9)  # 0.4^60 is nothing


def test_labels_that_are_null_functions_leave_no_round() -> None:
    x = np.array([0.2, 0.7])
    path = sd.distill_weighted(sd.greens.FreeSpace(order=2), x, [1.0, 2.0], alpha=0.5, epsilon=0.1, rounds=3)
    assert len(path) == 0 and path.collapsed and path.factors.shape == (0, 0)
    np.testing.assert_allclose(path.predict([0.0, 1.2], round=2), [0.6, 3.0], atol=1e-12)


def test_what_is_no_null_space_or_no_weight_is_refused_in_weighted_rounds() -> None:
    cubic = sd.greens.FreeSpace(order=2)
    with pytest.raises(ValueError, match="the points do not determine the null part"):
        sd.distill_weighted(cubic, [0.5, 0.5], [1.0, 2.0], alpha=0.1, epsilon=0.1, rounds=2)
    with pytest.raises(ValueError, match=r"weights must be positive; weights\[2\] is 0.0"):
        sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=0.1, epsilon=0.1, rounds=2, weights=[1, 1, 0, 1, 1, 1, 1, 1, 1])
    matrix = sd.distill_weighted(BEAM, NINE.x, NINE.y, alpha=0.1, epsilon=0.1, rounds=2, null=np.ones((9, 1)))
    with pytest.raises(ValueError, match="null was given as a matrix"):
        matrix(GRID)


@pytest.mark.claim("borup-alpha")
def test_the_best_share_is_held_out_and_above_one_on_the_training_points() -> None:
    rng = np.random.default_rng(7)
    for _ in range(30):
        h, g = rng.uniform(0.01, 0.99, (2, 6))  # this round, and all rounds before
        z, apart = rng.standard_normal((2, 6))
        assert sd.imitation.best_on_line(h * g * z, h * z, z) > 1
        best = sd.imitation.best_on_line(h * g * z, h * z, apart)
        errors = [np.sum((h * z * (w + (1 - w) * g) - apart) ** 2) for w in (best - 0.1, best, best + 0.1)]
        assert errors[1] < min(errors[0], errors[2])
