"""Methods next door: students, targets replaced in training, processes that learn from themselves; what is refused."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given
from mpmath import mp, mpf

import selfdistill as sd
from selfdistill.filters import Filter, GradientFlow, IteratedTikhonov, Landweber, SelfDistillation, SpectralCutoff
from selfdistill.neighbours import Relabelled, Students, believe

positive = st.floats(1e-3, 1e3)
chain = st.lists(st.floats(1e-2, 1e2), min_size=2, max_size=6)


def exact_stop(times: list[float], d: float) -> float:
    """s(d) with 400 digits."""
    with mp.workdps(400):
        product = mpf(1)
        for time in times:
            product *= 1 - mp.exp(-mpf(time) * mpf(d))
        return float(-mp.log(1 - product) / mpf(d))


# --- students ----------------------------------------------------------------------------------------------------


@pytest.mark.claim("nagarajan-multi")
@given(chain, st.floats(1e-4, 5.0))
def test_the_stopping_time_has_its_digits_from_the_weakest_mode_to_the_strongest(times: list[float], d: float) -> None:
    # some 20 roundings; at 40 mean lives 1 - h is a sum of exponentials, whose exponents are large
    np.testing.assert_allclose(Students(tuple(times)).stop(d), exact_stop(times, d), rtol=1e-13)


@pytest.mark.claim("nagarajan", "nagarajan-multi")
@given(chain, st.floats(1e-3, 10.0), st.floats(1.01, 100.0))
def test_the_stopping_time_grows_with_the_eigenvalue_and_stays_below_each_time(
    times: list[float], d: float, factor: float
) -> None:
    low, high = Students(tuple(times)).stop([d, d * factor])
    # they may agree to rounding where all but the slowest stage are over
    assert 0 < low <= high * (1 + 1e-13) and high <= min(times) * (1 + 1e-13)
    if d * factor * min(times) < 5 and len(set(times)) == 1:
        assert low < high


@pytest.mark.claim("nagarajan")
@given(positive, positive)
def test_a_student_keeps_less_than_its_teacher_and_the_order_does_not_matter(time: float, other: float) -> None:
    d = np.geomspace(1e-3, 1e3, 50)
    kept = Students((time, other))(d)
    for teacher in (time, other):
        assert np.all(kept <= GradientFlow(teacher)(d) * (1 + 1e-14))
    np.testing.assert_allclose(kept, Students((other, time))(d), rtol=1e-14)
    np.testing.assert_allclose(Students((time,))(d), GradientFlow(time)(d), rtol=1e-13)


@pytest.mark.parametrize(
    "make", [lambda c: Students((1 / c, 2 / c, 3 / c)), lambda c: Relabelled(1.0, 0.9999 ** np.arange(round(1 / c)))]
)
@pytest.mark.parametrize("p", [1, 3])
def test_their_qualification_has_no_limit_and_their_decay_is_declared(make: Any, p: int) -> None:
    lattice = np.geomspace(1e-7, 1, 2001)
    small, large = (np.max(lattice**p * np.abs(1 - make(c)(lattice))) for c in (1e-3, 1e-2))
    # the slope of a supremum over a finite range of c: the shares of Relabelled are not quite one
    assert np.log10(large / small) == pytest.approx(p, abs=0.06 * p)
    method: Filter = make(0.1)
    kept = method(np.array([1e-6, 1e-5]))
    assert np.log10(kept[1] / kept[0]) == pytest.approx(method.decay, abs=1e-3)
    assert method.qualification == np.inf


# --- targets replaced ----------------------------------------------------------------------------------------------


@pytest.mark.claim("dong")
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.floats(1e-3, 0.9), st.integers(0, 1000))
def test_replaced_targets_are_shorter_steps(shares: list[float], step: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    d, y = rng.uniform(0.01, 1.0, 5), rng.standard_normal(5)
    gram, fit = rotation * d @ rotation.T, np.zeros(5)
    for share in shares:
        fit = fit + step * gram @ (share * y + (1 - share) * fit - fit)
    kept = Relabelled(step, tuple(shares))(d)
    np.testing.assert_allclose(rotation @ (kept * (rotation.T @ y)), fit, atol=1e-13 * len(shares))


@pytest.mark.claim("dong")
@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40), st.floats(1e-3, 0.5))
def test_it_stops_between_two_times_of_gradient_flow_and_under_the_ceiling(shares: list[float], step: float) -> None:
    d, a = np.linspace(0.05, 1.0, 20), np.array(shares)
    kept, x = Relabelled(step, tuple(shares))(d), step * np.linspace(0.05, 1.0, 20)
    least = step * a.sum() * d
    assert np.all(kept >= -np.expm1(-least) - 1e-14)
    assert np.all(kept <= -np.expm1(-least - x**2 * np.sum(a**2) / (2 * (1 - x * a.max()))) + 1e-14)
    assert np.all(np.diff(kept / d) <= 1e-13 * kept[0] / d[0])


# --- a round or a residual -----------------------------------------------------------------------------------------


@pytest.mark.claim("round-or-residual")
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3))
def test_twicing_and_a_round_are_mirror_images_about_the_fit(seed: int, c: float) -> None:
    rng = np.random.default_rng(seed)
    d, z, wanted, weight = rng.uniform(1e-3, 1e3, 6), *rng.standard_normal((2, 6)), rng.uniform(0, 1, 6)
    once, plus, minus = (h(d) for h in (SelfDistillation((c,)), SelfDistillation((c, c)), IteratedTikhonov(c, 2)))
    np.testing.assert_allclose(minus - once, once - plus, atol=1e-14)
    before, after, mirrored = (float(np.sum(weight * (h * z - wanted) ** 2)) for h in (once, plus, minus))
    moved = float(np.sum(weight * ((plus - once) * z) ** 2))
    assert (after + mirrored) / 2 == pytest.approx(before + moved, rel=1e-12)


# --- interpolation, fidelity ---------------------------------------------------------------------------------------


@pytest.mark.claim("ridgeless")
@given(positive, positive, st.integers(1, 50))
def test_near_interpolation_a_round_changes_at_most_c_over_d(d: float, c: float, t: int) -> None:
    change = float(SelfDistillation((c,))(d) - SelfDistillation((c,) * (t + 1))(d))
    assert -1e-14 <= change <= t * min(c / d, 0.25) + 1e-14


@pytest.mark.claim("ridgeless")
def test_least_squares_nearest_neighbours_and_interpolants_are_at_rest() -> None:
    rng = np.random.default_rng(5)
    x, y = np.arange(8.0), rng.standard_normal(8)
    basis = np.vander(x, 3)
    hat = basis @ np.linalg.pinv(basis)
    np.testing.assert_allclose(hat @ (hat @ y), hat @ y, atol=1e-12)
    kept = SpectralCutoff(0.5)(np.linalg.eigvalsh(hat).clip(0))
    assert sorted(set(kept)) == [0.0, 1.0] and kept.sum() == 3
    data = sd.datasets.paper()  # two points that no function reaches: at the floor the fit interpolates the others
    beam = sd.greens.SimplySupportedBeam()
    floor = sd.spectrum.decompose(beam, data.x).floor(data.y)
    fit = sd.distill(beam, data.x, data.y, epsilon=floor, rounds=1)(data.x)[0]
    np.testing.assert_allclose(fit[1:-1], data.y[1:-1], atol=1e-9)


@pytest.mark.claim("fidelity")
@given(st.integers(0, 10_000), st.floats(0.01, 0.5))
def test_students_leave_the_first_teacher_between_a_root_and_a_line(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.linspace(0.1, 0.9, 6), rng.standard_normal(6)
    epsilon = share * float(np.mean(y**2))
    path = sd.distill(sd.greens.BrownianBridge(), x, y, epsilon=epsilon)
    assume(len(path) > 1)
    t = np.arange(1, len(path))
    moved = np.linalg.norm(path.targets[2:] - path.targets[1], axis=1) / np.sqrt(6 * epsilon)
    assert np.all(moved >= np.sqrt(t) * (1 - 1e-9)) and np.all(moved <= t * (1 + 1e-9))
    np.testing.assert_allclose(np.mean(np.diff(path.targets, axis=0) ** 2, axis=1), epsilon, rtol=1e-9)


# --- Gaussian processes --------------------------------------------------------------------------------------------


@pytest.mark.claim("gp-reuse")
@given(positive, positive, st.integers(2, 1000), st.sampled_from(["labels", "kept", "replaced"]))
def test_a_process_that_uses_its_data_again_is_too_sure(p: float, noise: float, times: int, how: str) -> None:
    once, again = (believe([p], noise=noise, times=n, how=how) for n in (1, times))
    assert once.stated == pytest.approx(once.error, rel=1e-12)
    assert again.stated <= again.error * (1 + 1e-12) and again.error >= once.error * (1 - 1e-12)
    if 1e-2 < p / noise < 1e2:
        assert again.stated < again.error


@pytest.mark.claim("gp-reuse")
@given(positive, positive, st.integers(1, 20))
def test_uses_of_the_labels_are_a_smaller_noise(p: float, noise: float, times: int) -> None:
    many = believe([p], noise=noise, times=times, how="labels")
    single = believe([p], noise=noise / times, times=1, how="labels")
    np.testing.assert_allclose([many.kept, many.stated], [single.kept, single.stated], rtol=1e-13)


def test_a_mode_without_variance_is_known_and_kept_at_zero() -> None:
    for how in ("labels", "kept", "replaced"):
        belief = believe([0.0, 1.0], noise=0.1, times=3, how=how)
        assert belief.kept[0] == belief.stated[0] == belief.error[0] == 0.0


@pytest.mark.claim("dong")
def test_labels_alone_are_gradient_descent() -> None:
    d = np.linspace(0.1, 1.0, 5)
    np.testing.assert_allclose(Relabelled(0.5, (1.0,) * 7)(d), Landweber(0.5, 7)(d), rtol=1e-14)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Students(()), r"times must be a row of positive numbers; they are \(\)"),
        (lambda: Students((1.0, 0.0)), r"times must be a row of positive numbers; they are \(1.0, 0.0\)"),
        (lambda: Relabelled(0.0, (1.0,)), "step must be finite and positive"),
        (
            lambda: Relabelled(1.0, (-0.5,)),
            r"shares must be a row of numbers that are not neg.*; they are \(-0.5,\)",
        ),
        (lambda: Relabelled(1.0, (0.5, 2.0))([0.4, 0.9]), "step·share·d_max = 1.8 exceeds 1 for the largest share"),
        (lambda: believe([1.0], noise=0.0, times=1, how="kept"), "noise must be finite and positive"),
        (lambda: believe([-1.0], noise=1.0, times=1, how="kept"), r"prior, .*must not be negative; it is \[-1.0\]"),
        (lambda: believe([1.0], noise=1.0, times=0, how="kept"), "times must be a whole number, at least 1; it is 0"),
        (lambda: believe([1.0], noise=1.0, times=1, how="twice"), "how must be one of 'labels', 'kept', 'replaced'"),
    ],
)
def test_what_has_no_answer_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
