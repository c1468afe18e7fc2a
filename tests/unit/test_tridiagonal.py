"""Kernels with one product: the tridiagonal system, the search for the multiplier, and what it cannot do."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import selfdistill as sd
from selfdistill import gram, greens, kernel, semiseparable, sites, tridiagonal

SINGLE = [
    greens.BrownianBridge(),
    greens.BrownianMotion(),
    greens.ExponentialDirichlet(3.0),
    greens.ExponentialNeumann(2.0),
    greens.Matern(1, 7.0),
]


def labels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two sines and noise of standard deviation 0.2."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(5 * np.pi * x) + 0.2 * rng.standard_normal(len(x))


def on_sites(green: kernel.Kernel, x: np.ndarray, roots: np.ndarray | None = None) -> sites.Sites:
    """The ascending sites of some points, those left out where the kernel vanishes."""
    every = sites.Sites.of(green, x, roots, ascending=True)
    return every.without(gram.diagonal(green, every.points) == 0)


def matrix_of(green: Callable[..., np.ndarray], where: sites.Sites, count: int) -> np.ndarray:
    """The Gram matrix of the sites."""
    return where.weights[:, None] * green(where.points[:, None], where.points) * where.weights / count


def test_the_kernels_of_second_order_are_one_product() -> None:
    x = np.linspace(0.1, 0.9, 5)
    assert all(tridiagonal.single(green, x) for green in SINGLE)
    others = [greens.SimplySupportedBeam(), greens.Matern(2, 7.0), greens.Gaussian(0.1), greens.FreeSpace(1)]
    assert not any(tridiagonal.single(green, x) for green in others)
    assert not tridiagonal.single(SINGLE[0], x[:, None])


@pytest.mark.claim("tridiagonal")
@pytest.mark.parametrize("green", SINGLE, ids=repr)
@pytest.mark.parametrize("points", ["random", "repeated", "weighted"])
def test_the_differences_are_uncorrelated(green: greens.GreensFunction, points: str) -> None:
    """Δ G Δ^T = diag(η), and the factor is that of T_c = Δ Δ^T + diag(η)/c; all entries are of order one at most."""
    rng = np.random.default_rng(3)
    x = rng.choice(np.linspace(0, 1, 20), 40) if points == "repeated" else rng.uniform(0, 1, 40)
    roots = np.sqrt(rng.uniform(0.2, 3.0, 40)) if points == "weighted" else None
    where = on_sites(green, x, roots)
    dense = matrix_of(green, where, 40)
    markov = tridiagonal.Markov.of(green, where, 40)
    n = len(dense)
    delta = np.eye(n) - np.diag(markov.ratios, 1)
    np.testing.assert_allclose(delta @ dense @ delta.T / markov.scale, np.diag(markov.variances), atol=1e-13)
    np.testing.assert_allclose([markov.scale, markov.trace], [np.max(dense), np.trace(dense)], rtol=1e-13)
    v = rng.standard_normal((2, n))
    np.testing.assert_allclose(markov.differences(v), v @ delta.T, atol=1e-13)
    np.testing.assert_allclose(markov.transposed(v), v @ delta, atol=1e-13)
    shifted, factor = markov.factor(0.3)
    np.testing.assert_allclose(shifted, markov.variances / 0.3, rtol=1e-14)
    system = np.diag(markov.variances) / 0.3 + delta @ delta.T
    np.testing.assert_allclose(tridiagonal.solve(factor, v.copy()) @ system, v, atol=1e-11)
    np.testing.assert_allclose(markov._room[0], shifted)  # in room that the next factor takes


@pytest.mark.claim("two-nodes")
@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-6, 6))
def test_two_nodes_have_the_moments_and_the_root_is_not_passed(seed: int, exponent: float) -> None:
    """The moments 1, k, k² to rounding; and at 1/(1 + s k)², whose third derivative has the sign of −s, the bound."""
    rng = np.random.default_rng(seed)
    end, size = 10.0 ** rng.uniform(-3, 3), int(rng.integers(2, 30))
    k, p = end * rng.uniform(0, 1, size) ** 3, rng.uniform(0, 1, size) ** 4
    moments = float(np.sum(p)), float(p @ k), float(p @ k**2)
    nodes, weights = tridiagonal.two_nodes(moments, end)
    assert 0 <= nodes[0] <= nodes[1] == end and np.all(weights >= 0)
    found = [weights @ nodes**i for i in range(3)]
    np.testing.assert_allclose(found, moments, rtol=1e-9)
    for s in (10.0**exponent / end, -(1.0 - 10.0 ** -abs(exponent)) / end):
        told, true = weights @ (1.0 + s * nodes) ** -2.0, p @ (1.0 + s * k) ** -2.0
        assert (told - true) * s <= 1e-9 * true * abs(s)


def test_two_nodes_where_all_lies_at_the_end() -> None:
    """There the moments leave nothing for another node; rounding may even leave less than nothing."""
    for moments in ((2.0, 6.0, 18.0), (2.0, 6.0 * (1 + 1e-15), 18.0)):
        nodes, weights = tridiagonal.two_nodes(moments, 3.0)
        assert nodes[1] == 3.0 and weights[0] <= 1e-12 and weights[1] == pytest.approx(2.0)


@pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")
@pytest.mark.claim("tridiagonal")
@pytest.mark.parametrize("green", SINGLE, ids=repr)
@pytest.mark.parametrize("outputs", [0, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_far_below_the_noise(green: greens.GreensFunction, outputs: int, weighted: bool) -> None:
    """A thousandth of the noise variance, where no Krylov space of 300 dimensions is large enough."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 1, 700)
    y = labels(x, rng) if outputs == 0 else np.stack([labels(x, rng) for _ in range(outputs)], axis=1)
    weights = rng.uniform(0.2, 3.0, 700) if weighted else None
    one, other = (
        sd.distill(green, x, y, epsilon=4e-5, rounds=3, weights=weights, method=method)
        for method in ("tridiagonal", "spectral")
    )
    assert one.method == "tridiagonal"
    np.testing.assert_allclose(one.targets, other.targets, atol=max(1e-9, 30 * one.accuracy))
    np.testing.assert_allclose(one.multipliers, other.multipliers, rtol=1e-6)
    np.testing.assert_allclose(one.conditions, other.conditions, rtol=1e-5)
    steps = np.diff(one.targets, axis=0) ** 2
    shares = np.ones(700) if weights is None else weights / np.mean(weights)
    met = np.sum(shares * np.sum(steps.reshape(3, 700, -1), axis=2), axis=1) / 700
    np.testing.assert_allclose(met, 4e-5, rtol=1e-9)


def test_the_accuracy_counts_what_rounding_moves() -> None:
    """The formula of `accuracy.rounding`, with the trace for d_max and one for its last factor, by eigenvalues."""
    rng = np.random.default_rng(13)
    x = np.sort(rng.uniform(0, 1, 150))
    y, green = labels(x, rng), greens.Matern(1, 5.0)
    path = sd.distill(green, x, y, epsilon=1e-6, rounds=3, method="tridiagonal")
    d, u = np.linalg.eigh(green(x[:, None], x) / 150)
    total = 0.0
    for target, c in zip(path.targets, path.multipliers, strict=False):
        z = u.T @ target
        b = c * z / (d + c)
        v = d * b / (d + c)
        grows = 1.0 + np.linalg.norm(b) * np.linalg.norm(v) / (b @ v)
        total += np.sum(d) * np.linalg.norm(z / (d + c)) * grows + np.linalg.norm(z)
    expected = sd.accuracy.RELATIVE * total / np.linalg.norm(y)
    assert expected > 1e-10  # beside that what the fits miss is little, 1e-12 in each round
    assert path.accuracy == pytest.approx(expected, rel=0.1)


def test_many_points_far_below_the_noise() -> None:
    """The equation of each fit, by a product; no dense matrix of 100,000 points is needed, nor a basis."""
    rng = np.random.default_rng(5)
    x = np.sort(rng.uniform(0, 1, 100_000))
    y, green = labels(x, rng), greens.Matern(1, 5.0)
    with pytest.warns(sd.AccuracyWarning, match="tridiagonal"):
        path = sd.distill(green, x, y, epsilon=4e-4, rounds=2)
    assert path.method == "tridiagonal" and 1e-9 < path.accuracy < 1e-4
    product = semiseparable.Line(green, x)
    for t, c in enumerate(path.multipliers):
        fitted = product(path.weights[t]) / len(x)
        np.testing.assert_allclose(path.targets[t + 1], path.targets[t] - c * path.weights[t], atol=1e-14)
        assert np.linalg.norm(fitted - path.targets[t + 1]) <= path.accuracy * np.linalg.norm(y)
        assert np.mean((path.targets[t] - path.targets[t + 1]) ** 2) == pytest.approx(4e-4, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_some_of_many_points_tell_where_the_multipliers_lie(monkeypatch: pytest.MonkeyPatch, weighted: bool) -> None:
    """Also with repeated points and weights; and a guess saves steps, but changes no digit that counts."""
    rng = np.random.default_rng(12)
    x = rng.choice(np.linspace(0, 1, 6001), 8000)
    y, green = labels(x, rng), greens.BrownianMotion()
    weights = rng.uniform(0.2, 3.0, 8000) if weighted else None
    steps: list[float] = []
    factor = tridiagonal.Markov.factor

    def counted(self: tridiagonal.Markov, c: float) -> object:
        steps.append(len(self.variances))
        return factor(self, c)

    monkeypatch.setattr(tridiagonal.Markov, "factor", counted)
    plain = sd.distill(green, x, y, epsilon=0.05, weights=weights)
    most = max(steps)
    without = steps.count(most)
    assert set(steps) == {most}
    found: list[float] = []
    guess = tridiagonal.guesses

    def kept(*arguments: object, **options: object) -> list[float]:
        found.extend(guess(*arguments, **options))  # type: ignore[arg-type]
        return found

    monkeypatch.setattr(tridiagonal, "LONG", 1000)
    monkeypatch.setattr(tridiagonal, "guesses", kept)
    steps.clear()
    guessed = sd.distill(green, x, y, epsilon=0.05, weights=weights)
    assert steps.count(most) < without
    common = min(len(found), len(plain))
    assert common >= len(plain) - 1
    # 400 labels have a variance of their own, within a tenth: the first multiplier may be twice as large or small
    assert np.all(np.abs(np.log(np.array(found[:common]) / plain.multipliers[:common])) < np.log(3))
    np.testing.assert_allclose(guessed.targets, plain.targets, atol=1e-11)
    np.testing.assert_allclose(guessed.multipliers, plain.multipliers, rtol=1e-9)
    for wrong in (1e-4, 1e4):
        monkeypatch.setattr(tridiagonal, "guesses", lambda *a, wrong=wrong, **k: list(wrong * plain.multipliers))
        misled = sd.distill(green, x, y, epsilon=0.05, weights=weights)
        assert misled.method == "tridiagonal"
        np.testing.assert_allclose(misled.targets, plain.targets, atol=1e-11)


def test_some_points_that_tell_nothing_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every sixteenth label is reached by the zero function, or the multiplier is fixed."""
    monkeypatch.setattr(tridiagonal, "LONG", 100)
    x = np.linspace(0.01, 1, 320)
    y, green = np.where(np.arange(320) % 16 == 0, 0.0, np.sin(9 * x)), greens.BrownianMotion()
    where = on_sites(green, x)
    residual = np.sqrt(320 * 0.1)
    assert tridiagonal.guesses(green, where, y[None], residual, lost=0.0) == []
    assert tridiagonal.guesses(green, where, np.sin(9 * x)[None], np.nan, lost=0.0) == []
    assert tridiagonal.guesses(green, where, np.sin(9 * x)[None], residual, lost=4 * residual**2) == []
    assert len(tridiagonal.guesses(green, where, np.sin(9 * x)[None], residual, lost=0.0)) > 1
    path = sd.distill(green, x, y, epsilon=0.1)
    assert path.method == "tridiagonal"
    np.testing.assert_allclose(
        path.targets, sd.distill(green, x, y, epsilon=0.1, method="spectral").targets, atol=1e-11
    )


@pytest.mark.parametrize("multiplier", [1e-5, 1e-2, 1e3])
def test_a_fixed_multiplier(multiplier: float) -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(0, 1, 90)
    y = labels(x, rng)
    one, other = (
        sd.distill(greens.BrownianMotion(), x, y, multiplier=multiplier, rounds=3, method=method)
        for method in ("tridiagonal", "cholesky")
    )
    assert one.method == "tridiagonal" and not one.collapsed
    np.testing.assert_array_equal(one.conditions, np.zeros(3))
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-10)
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-9, atol=1e-9 * np.max(np.abs(other.weights)))


@pytest.mark.parametrize("unit", [1e-150, 1e150])
def test_units_do_not_matter(unit: float) -> None:
    """Labels in another unit, and a kernel in its own."""
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(0, 1, 300))
    y, green = labels(x, rng), greens.Matern(1, 5.0)
    one = sd.distill(green, x, y, epsilon=0.045)
    two = sd.distill(green, x, unit * y, epsilon=0.045 * unit**2 if unit > 1 else 0.045 * unit * unit)
    assert one.method == two.method == "tridiagonal" and one.collapsed and two.collapsed
    np.testing.assert_allclose(two.targets / unit, one.targets, atol=1e-11)
    np.testing.assert_allclose(two.multipliers, one.multipliers, rtol=1e-9)


def test_the_last_round_that_is_asked_for_tells_whether_the_next_is_zero() -> None:
    x = np.linspace(0.05, 0.95, 60)
    y = labels(x, np.random.default_rng(8))
    whole = sd.distill(greens.BrownianMotion(), x, y, epsilon=0.045, method="tridiagonal")
    for rounds in range(1, len(whole) + 2):
        part = sd.distill(greens.BrownianMotion(), x, y, epsilon=0.045, rounds=rounds, method="tridiagonal")
        assert (len(part), part.collapsed) == (min(rounds, len(whole)), rounds >= len(whole))
        np.testing.assert_allclose(part.targets, whole.targets[: len(part) + 1], atol=1e-13)


def test_rounds_without_end_are_refused_before_they_run() -> None:
    """A round takes at most sqrt(K·epsilon) off the norm: 20,001 are certain, and one less is not refused."""
    x = np.linspace(0.05, 0.95, 60)
    y, green = labels(x, np.random.default_rng(8)), greens.BrownianMotion()
    where = on_sites(green, x)
    markov, line = tridiagonal.Markov.of(green, where, 60), semiseparable.line_product(green, where)
    product, norm = gram.by_columns(line), float(np.linalg.norm(y))
    with pytest.raises(ValueError, match="more than 20,001 rounds until the collapse"):
        tridiagonal.run(markov, product, y[None], norm / 20_002, lost=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tridiagonal, "_fit", lambda *_: (_ for _ in ()).throw(tridiagonal.Unsettled("not refused")))
        with pytest.raises(tridiagonal.Unsettled, match="not refused"):
            tridiagonal.run(markov, product, y[None], norm / 20_001, lost=0.0)
    found, collapsed = tridiagonal.run(markov, product, y[None], norm / 20_002, lost=0.0, rounds=2)
    assert len(found) == 2 and not collapsed


# --- where another path steps in --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bent:
    """A kernel of one product that need not be positive: min(x, s) to a power, times what is asked for."""

    power: float = 1.0
    sign: float = 1.0

    def __call__(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return self.sign * np.minimum(x, s) ** self.power

    def generators(self, x: np.ndarray) -> kernel.Generators:
        """P = sign·x^power and Q = 1."""
        return kernel.Generators(self.sign * x[None] ** self.power, np.ones((1, len(x))))


def test_a_kernel_that_is_not_positive_is_refused() -> None:
    """min(x, s)^-1 grows to the left: as a covariance it would need variances below zero."""
    x = np.linspace(0.1, 0.9, 30)
    for bad in (Bent(power=-1.0), Bent(sign=-1.0)):
        with pytest.raises(ValueError, match="positive semidefinite"):
            sd.distill(bad, x, np.sin(9 * x), epsilon=0.1, method="tridiagonal")


def test_a_kernel_without_numbers_is_refused() -> None:
    """Factors whose ratio float64 cannot hold."""

    class Steep(Bent):
        def generators(self, x: np.ndarray) -> kernel.Generators:
            return kernel.Generators(np.array([[1e200, 1e-200]]), np.array([[1e-200, 1e200]]))

    with pytest.raises(tridiagonal.Unsettled, match="no numbers"):
        tridiagonal.Markov.of(Steep(), on_sites(Bent(), np.array([0.2, 0.4])), 2)


@pytest.mark.parametrize(("factor", "off"), [(1.02, 1e-11), (1.3, 1e-7)])
def test_corrections_make_up_for_a_system_that_is_a_little_wrong(
    monkeypatch: pytest.MonkeyPatch, factor: float, off: float
) -> None:
    """As if rounding had taken most digits from it: each correction gains those that are left, and what is missing in
    the end counts in the accuracy."""
    rng = np.random.default_rng(14)
    x = np.sort(rng.uniform(0, 1, 300))
    y, green = labels(x, rng), greens.BrownianMotion()
    right = sd.distill(green, x, y, epsilon=0.045, rounds=1)
    markov = tridiagonal.Markov.of(green, on_sites(green, x), 300)
    monkeypatch.setattr(tridiagonal.Markov, "of", lambda *_: replace(markov, variances=factor * markov.variances))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sd.AccuracyWarning)
        path = sd.distill(green, x, y, epsilon=0.045, rounds=1)
    assert path.method == "tridiagonal"
    error = float(np.linalg.norm(path.targets - right.targets) / np.linalg.norm(y))
    assert error <= min(off, 2.0 * path.accuracy)


def test_a_kernel_of_one_product_of_ones_own_is_served() -> None:
    x = np.linspace(0.1, 0.9, 250)
    y = labels(x, np.random.default_rng(9))
    one, other = (sd.distill(Bent(power=2.0), x, y, epsilon=0.1, method=m) for m in ("auto", "spectral"))
    assert one.method == "tridiagonal"
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-9)


def test_two_sites_are_enough_and_repeated_points_count_in_the_condition() -> None:
    x, y = np.array([0.7, 0.2, 0.7, 0.2]), np.array([1.0, 0.4, 1.3, 0.5])
    one, other = (
        sd.distill(greens.BrownianMotion(), x, y, epsilon=0.1, method=method) for method in ("tridiagonal", "spectral")
    )
    assert one.method == "tridiagonal" and len(one) > 1
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-13)
    np.testing.assert_allclose(one.conditions, other.conditions, rtol=1e-10)


def test_other_kernels_are_refused_by_name() -> None:
    x, y = np.linspace(0.1, 0.9, 9), np.ones(9)
    for green, null in (
        (greens.SimplySupportedBeam(), None),
        (greens.Gaussian(0.2), None),
        (greens.BrownianMotion(), [np.ones_like]),
    ):
        with pytest.raises(ValueError, match="'tridiagonal' needs a kernel on the line with one product"):
            sd.distill(green, x, y, epsilon=0.1, method="tridiagonal", null=null)
    with pytest.raises(ValueError, match="used by the method 'krylov' alone"):
        sd.distill(greens.BrownianMotion(), x, y, epsilon=0.1, method="tridiagonal", product=lambda v: v)


@pytest.mark.parametrize(
    ("x", "y", "epsilon"),
    [
        ([0.5], [1.0], 0.1),  # one site
        ([0.5, 0.5, 0.0], [1.0, 1.2, 0.1], 0.1),  # one site where it does not vanish
        ([0.2, 0.2, 0.7, 0.7], [1.0, -1.0, 2.0, -2.0], 2.6),  # labels of which nothing is reached, nearly at the floor
        ([0.2, 0.2, 0.6, 0.6], [1.0, -1.0, 2.0, 0.0], 1.0),  # at the floor, c = 0
    ],
)
def test_another_path_steps_in(x: list[float], y: list[float], epsilon: float) -> None:
    one, other = (
        sd.distill(greens.BrownianMotion(), x, y, epsilon=epsilon, method=method, rounds=3)
        for method in ("tridiagonal", "spectral")
    )
    assert one.collapsed == other.collapsed
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-12)
    np.testing.assert_allclose(one.multipliers, other.multipliers, rtol=1e-9)
    assert one.method != "tridiagonal"


def test_below_the_floor_is_refused() -> None:
    with pytest.raises(sd.spectrum.InfeasibleError) as caught:
        sd.distill(
            greens.BrownianMotion(), [0.2, 0.2, 0.7], [1.0, -1.0, 3.0], epsilon=0.6, method="tridiagonal", rounds=1
        )
    assert caught.value.floor == pytest.approx(2 / 3)


def test_what_does_not_settle_is_left_to_another_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few steps, a system that rounding makes indefinite, a slope that it hides: each says so in the reason."""
    x = np.sort(np.random.default_rng(10).uniform(0, 1, 300))
    y, green = labels(x, np.random.default_rng(11)), greens.BrownianMotion()
    right = sd.distill(green, x, y, epsilon=0.045, rounds=2)
    assert right.method == "tridiagonal"

    def told(words: str) -> None:
        path = sd.distill(green, x, y, epsilon=0.045, rounds=2)
        assert path.method == "krylov" and f"no tridiagonal system: {words}" in path.reason, path.reason
        np.testing.assert_allclose(path.targets, right.targets, atol=1e-10)

    with monkeypatch.context() as patch:
        patch.setattr(tridiagonal, "CAP", 2)
        told("the multiplier did not settle in 2 steps")
    with monkeypatch.context() as patch:
        patch.setattr(tridiagonal, "dpttrf", lambda d, e, **_: (d, e, 7))
        told("rounding makes the tridiagonal system indefinite")
    with monkeypatch.context() as patch:
        patch.setattr(tridiagonal, "solve", lambda factor, v: -v)
        told("rounding hides how the constraint changes")
    with monkeypatch.context() as patch:
        patch.setattr(sd.accuracy, "HOPELESS", 1e-30)
        with pytest.raises(ArithmeticError, match="epsilon"):
            sd.distill(green, x, y, epsilon=0.045, rounds=2)
    with monkeypatch.context() as patch:
        wrong = replace(tridiagonal.Markov.of(green, on_sites(green, x), 300), variances=np.full(300, 1e-3))
        patch.setattr(tridiagonal.Markov, "of", lambda *_: wrong)
        told("the multiplier is nothing beside the trace of G")
