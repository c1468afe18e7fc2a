"""What float64 cannot tell is said: exact zeros, unresolved eigenvalues, and an accuracy that holds in 60 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings

import selfdistill as sd
from selfdistill import accuracy

G = sd.greens
quiet = pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")
HALF = mp.mpf("0.5")
EXACT: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {  # the kernel, and its formula in m and M for any digits
    "bridge": (G.BrownianBridge(), lambda m, M: m * (1 - M)),
    "motion": (G.BrownianMotion(), lambda m, M: m),
    "cantilever": (G.Cantilever(), lambda m, M: m * m * (3 * M - m) / 6),
    "gaussian": (G.Gaussian(0.5), lambda m, M: mp.exp(-(((M - m) / HALF) ** 2) / 2) / (mp.sqrt(2 * mp.pi) * HALF)),
}


def in_sixty_digits(name: str, x: np.ndarray, y: np.ndarray, epsilon: float) -> tuple[float, np.ndarray]:
    """The first multiplier and the first targets, by 60-digit arithmetic and Newton's method from the left."""
    with mp.workdps(60):
        points, formula, size = [mp.mpf(float(v)) for v in x], EXACT[name][1], len(x)
        gram = mp.matrix(size, size)
        for j, k in np.ndindex(size, size):
            gram[j, k] = formula(min(points[j], points[k]), max(points[j], points[k])) / size
        d, u = mp.eigsy(gram)
        z = u.T * mp.matrix([mp.mpf(float(v)) for v in y])
        budget, lam = mp.mpf(epsilon) * size, mp.mpf(0)
        while True:
            a = [1 / (1 + lam * e) for e in d]
            phi = sum((v * w) ** 2 for v, w in zip(z, a, strict=True))
            slope = sum(v**2 * w**3 * e for v, w, e in zip(z, a, d, strict=True))
            step = phi * (mp.sqrt(phi / budget) - 1) / slope
            lam += step
            if step < lam * mp.mpf(10) ** -40:
                break
        fit = u * mp.matrix([v * lam * e / (1 + lam * e) for v, e in zip(z, d, strict=True)])
        return float(1 / lam), np.array([float(v) for v in fit])


@st.composite
def draws(draw: st.DrawFn) -> tuple[str, np.ndarray, np.ndarray, float]:
    """Few points, close together or not, labels rough or smooth, any epsilon."""
    rng, size = np.random.default_rng(draw(st.integers(0, 2**32 - 1))), draw(st.integers(2, 7))
    x = {
        "corner": lambda: rng.uniform(0.9, 0.95, size),
        "anywhere": lambda: rng.uniform(0.01, 0.99, size),
        "cluster": lambda: 0.5 + 10.0 ** rng.uniform(-9, -2) * rng.standard_normal(size),
    }[draw(st.sampled_from(["corner", "anywhere", "cluster"]))]()
    y = draw(st.sampled_from([rng.standard_normal(size), np.sin(6 * x), (-1.0) ** np.arange(size) + np.sin(6 * x)]))
    return draw(st.sampled_from(sorted(EXACT))), x, y, float(np.mean(y**2)) * 10 ** draw(st.floats(-10, -0.05))


@quiet
@settings(max_examples=25, deadline=None)
@given(draws(), st.sampled_from(["spectral", "krylov"]))
def test_accuracy_is_honest_to_a_factor_of_ten(draw: tuple[str, np.ndarray, np.ndarray, float], method: str) -> None:
    """And where no accuracy is to be had, the advice of the refusal is followed to nine digits."""
    name, x, y, epsilon = draw
    try:
        path = sd.distill(EXACT[name][0], x, y, epsilon=epsilon, rounds=1, method=method)
    except sd.UnresolvedError as refusal:
        epsilon = refusal.enough
        path = sd.distill(EXACT[name][0], x, y, epsilon=epsilon, rounds=1, method=method)
        assert path.accuracy <= 1e-9
    if len(path) == 0:
        assert epsilon >= np.mean(y**2) * (1 - 1e-12)
        return
    _, fit = in_sixty_digits(name, x, y, epsilon)
    assert np.linalg.norm(path.targets[1] - fit) <= 10 * path.accuracy * np.linalg.norm(y)


X = np.arange(1, 13) / 13
Y = (-1.0) ** np.arange(1, 13) + np.sin(6 * np.arange(1, 13))


def test_a_clipped_eigenvalue_makes_no_floor() -> None:
    """Twelve points of a Gaussian: nothing coincides, nothing vanishes, the floor is 0, float64 cannot find the fit."""
    green = G.Gaussian(0.5)
    assert sd.spectrum.decompose(green, X).floor(Y) == 0.0
    for method in ("spectral", "krylov"):
        with pytest.raises(
            sd.UnresolvedError, match=r"no trustworthy fit for epsilon = 1e-09.*Take epsilon >= "
        ) as caught:
            sd.distill(green, X, Y, epsilon=1e-9, rounds=1, method=method)
        assert "coincide" not in str(caught.value) and "vanish" not in str(caught.value)
        path = sd.distill(green, X, Y, epsilon=caught.value.enough, rounds=1, method=method)
        c, fit = in_sixty_digits("gaussian", X, Y, caught.value.enough)
        assert path.accuracy <= 1e-9
        np.testing.assert_allclose(path.targets[1], fit, atol=1e-9)
        assert path.multipliers[0] == pytest.approx(c, rel=1e-6)


@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_near_coincident_points_are_refused_alike(method: str) -> None:
    """d_min is 6e-16 d_max: its digits were lost in the entries of G, on whatever path."""
    with pytest.raises(sd.UnresolvedError):
        sd.distill(G.BrownianBridge(), [0.5, 0.5 + 1e-15], [1, -1], epsilon=0.5, method=method)


@pytest.mark.parametrize(
    ("green", "x", "cause"),
    [
        (G.BrownianBridge(), [0.2, 0.5, 0.5], "points coincide"),
        (G.BrownianBridge(), [0.2, 0.5, 1.0], r"every admissible function vanishes at x = 1\.0"),
        (G.PeriodicSobolev(2), [0.0, 0.3, 1.0], "period 1, so that 0 and 1 are one point"),
    ],
)
@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_the_true_cause_of_a_floor_is_named(green: Any, x: list[float], cause: str, method: str) -> None:
    with pytest.raises(sd.InfeasibleError, match=cause) as caught:
        sd.distill(green, x, [1.0, 2.0, 0.5], epsilon=1e-3, method=method)
    at_floor = sd.distill(green, x, [1.0, 2.0, 0.5], epsilon=caught.value.floor, rounds=1, method=method)
    assert at_floor.multipliers[0] == 0.0


def test_many_points_in_a_corner_are_refused_or_right() -> None:
    """233 points of the cantilever in [0.9, 0.95]: half of the eigenvalues lie below rounding."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0.9, 0.95, 233))
    y = np.sin(6 * x) + 0.3 * rng.standard_normal(233)
    with pytest.raises(sd.UnresolvedError) as caught:
        sd.distill(G.Cantilever(), x, y, epsilon=0.01, rounds=1)
    found = [
        sd.distill(G.Cantilever(), x, y, epsilon=caught.value.enough, rounds=1, method=method)
        for method in ("spectral", "krylov")
    ]
    assert all(path.accuracy <= 1e-8 for path in found)
    np.testing.assert_allclose(found[0].targets, found[1].targets, atol=1e-8)


def test_a_stated_rank_that_the_matrix_exceeds_is_refused() -> None:
    class Wrong(G.BrownianBridge):
        rank = 2

    with pytest.raises(ValueError, match=r"states the rank 2, and its Gram matrix on 3 sites has 3"):
        sd.distill(Wrong(), [0.2, 0.5, 0.7], [1.0, 2.0, 3.0], epsilon=0.1)


def test_where_the_constraint_sets_c_its_movement_counts() -> None:
    """Errors of 1e-7 put into G by hand: near the collapse c gives way, and moves the fit more than G itself does."""
    d, z, residual = np.array([1e-3, 1.0]), np.array([1.0, 0.1]), 0.9999
    done, rng, moved = sd.recursion.run(d, z, residual, rounds=1), np.random.default_rng(0), 0.0
    for _ in range(200):
        error = rng.standard_normal((2, 2))
        error += error.T
        values, vectors = np.linalg.eigh(np.diag(d) + 1e-7 * error / np.linalg.norm(error, 2))
        other = sd.recursion.run(values, vectors.T @ z, residual, rounds=1)
        fits = vectors @ other.coordinates[1], done.coordinates[1]
        moved = max(moved, float(np.linalg.norm(fits[0] - fits[1]) / np.linalg.norm(z)))
    free, kept = (
        accuracy.rounding(d, done, scale=1.0, unresolved=d < 0, relative=1e-7, fixed=fixed) for fixed in (False, True)
    )
    assert 0.1 * free <= moved <= free
    assert moved > 2 * kept, "this problem would not notice a c that stays"


def test_the_advice_is_the_smallest_epsilon_that_keeps_the_promise() -> None:
    """To its three digits, and with the movement of c, which doubles the estimate of this problem."""
    d, z, none = np.array([1e-6, 1.0]), np.array([1.0, 1.0]), np.zeros(2, dtype=bool)
    epsilon = accuracy.enough(d, z, 0.0, scale=1.0, unresolved=none, count=2)
    here, below = (
        accuracy.rounding(
            d, sd.recursion.run(d, z, np.sqrt(2 * part * epsilon), rounds=1), scale=1.0, unresolved=none, fixed=False
        )
        for part in (1.0, 0.99)
    )
    assert here <= accuracy.PROMISE / 10 < below


def test_zeros_of_a_kernel_that_vanishes_are_exact() -> None:
    """No rounding hides an eigenvalue of the matrix of zeros."""
    spectrum = sd.spectrum.decompose(lambda x, s: 0.0 * (x + s), [0.1, 0.2, 0.3])
    assert np.all(spectrum.exact) and not np.any(spectrum.unresolved)


def test_a_stated_rank_explains_no_more_zeros_than_it_makes() -> None:
    """Rank two on four points makes two zeros. A third is a mode that float64 cannot resolve, and all are mixed."""

    class Two:
        rank = 2

        def __init__(self, weak: float) -> None:
            self.weak = weak

        def __call__(self, x: Any, s: Any) -> Any:
            return 1.0 + self.weak * x * s

    x = [0.1, 0.2, 0.5, 0.9]
    clear, mixed = (sd.spectrum.decompose(Two(weak), x) for weak in (1.0, 1e-20))
    assert np.count_nonzero(clear.exact) == 2 and not np.any(clear.unresolved)
    assert np.count_nonzero(mixed.unresolved) == 3 and not np.any(mixed.exact)


def test_many_problems_and_one_give_the_same_advice() -> None:
    """`multipliers` refuses what float64 cannot tell as `distill` does, with the same epsilon."""
    green, small = G.Gaussian(0.5), 1e-3 * Y
    with pytest.raises(sd.UnresolvedError) as one:
        sd.distill(green, X, small, epsilon=1e-15, rounds=1, method="spectral")
    labels = np.column_stack([1e-3 * np.ones(12), small])
    with pytest.raises(sd.UnresolvedError) as many:
        sd.distillation.multipliers(sd.spectrum.decompose(green, X), labels, epsilon=1e-15, rounds=1)
    assert many.value.enough == pytest.approx(one.value.enough, rel=2e-2)  # both are rounded up to three digits


@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_the_advice_does_not_depend_on_the_unit_of_the_kernel(method: str) -> None:
    found = []
    for unit in (1.0, 2.0**-30, 2.0**30):
        with pytest.raises(sd.UnresolvedError) as caught:
            sd.distill(lambda x, s, u=unit: u * G.Gaussian(0.5)(x, s), X, Y, epsilon=1e-9, rounds=1, method=method)
        found.append(caught.value.enough)
    np.testing.assert_allclose(found, found[0], rtol=2e-2)  # each is rounded up to three digits


@pytest.mark.parametrize("unit", [1e-160, 1e-100, 1e100, 1e150])
def test_the_estimate_is_the_same_in_any_unit_of_the_kernel(unit: float) -> None:
    bridge, x, y = sd.greens.BrownianBridge(), np.array([0.1, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, -1.0, 0.5])
    plain = sd.distill(bridge, x, y, epsilon=0.3)
    scaled = sd.distill(lambda t, s: unit * bridge(t, s), x, y, epsilon=0.3)
    assert 0.3 < scaled.accuracy / plain.accuracy < 3.0  # the factor of the unit itself is rounded


@given(st.integers(2, 8), st.floats(1.5, 30), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_the_amplification_is_that_of_a_change_of_the_labels(size: int, r0: float, seed: int) -> None:
    """S as the derivative, by central differences, of the fit as c follows labels that move along the residual."""
    rng = np.random.default_rng(seed)
    d, z = np.sort(10.0 ** rng.uniform(-3, 0, size)), rng.uniform(0.2, 1.0, size)
    epsilon = float(z @ z) / r0**2 / size
    spectrum = sd.Spectrum(np.diag(d), d, np.eye(size))

    def root(labels: np.ndarray) -> float:
        return float(sd.distillation.multipliers(spectrum, labels[:, None], epsilon=epsilon, rounds=1)[0, 0])

    c = root(z)
    residual = c * z / (d + c)
    direction, step = residual / np.linalg.norm(residual), 1e-6 * np.linalg.norm(z)
    # the fit to the old labels with the multipliers of the moved ones: what moves through c alone
    moved = [d / (d + root(z + sign * step * direction)) * z for sign in (1, -1)]
    seen = np.linalg.norm(moved[0] - moved[1]) / (2 * step)
    share = np.sum(residual**2 * c / (d + c)) / np.sum(residual**2)
    assert seen == pytest.approx(share * accuracy._amplification(d, z, c), rel=1e-5)
