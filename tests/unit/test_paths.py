"""Every path of `distill` against every other, and against dense algebra: the same fits, whatever computed them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from math import factorial

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import selfdistill as sd
from selfdistill import gram, greens, krylov, paths, recursion, semiseparable, sine, sites, tridiagonal

BEAM = greens.SimplySupportedBeam()
SEMISEPARABLE = [
    greens.BrownianBridge(),
    greens.BrownianMotion(),
    greens.ExponentialDirichlet(3.0),
    greens.ExponentialDirichlet(900.0),
    greens.ExponentialNeumann(2.0),
    BEAM,
    greens.ClampedBeam(),
    greens.Cantilever(),
    *(greens.Lidstone(p) for p in (1, 2, 3, 4)),
    *(greens.PeriodicSobolev(p, mean) for p in (1, 2, 3) for mean in ("penalised", "zero")),
    *(greens.Matern(p, 7.0) for p in (1, 2, 3, 5)),
    *(greens.FreeSpace(p) for p in (1, 2, 3)),
]
KERNELS = [
    BEAM,
    greens.BrownianMotion(),
    greens.Matern(1, 5.0),
    greens.Matern(2, 5.0),
    greens.ExponentialNeumann(3.0),
    greens.Gaussian(0.2),
]
GRID = np.linspace(0, 1, 101)
quiet = pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")


def labels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two sines and noise of standard deviation 0.2."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(5 * np.pi * x) + 0.2 * rng.standard_normal(len(x))


@st.composite
def data(draw: st.DrawFn) -> tuple[object, np.ndarray, np.ndarray, float]:
    """Kernel, points, labels, epsilon: repeated, clustered, unsorted points, ends of the interval, any epsilon."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.sampled_from([1, 2, 3, 7, 30, 80]))
    x = {
        "random": lambda: rng.uniform(0, 1, size),
        "sorted": lambda: np.sort(rng.uniform(0, 1, size)),
        "grid": lambda: np.arange(1, size + 1) / (size + 1),
        "repeated": lambda: rng.choice(np.linspace(0.05, 0.95, 1 + size // 2), size),
        "clustered": lambda: np.clip(rng.choice([0.2, 0.6, 0.9], size) + 1e-4 * rng.standard_normal(size), 0, 1),
        "ends": lambda: np.concatenate([[0.0, 1.0], rng.uniform(0, 1, size)]),
    }[draw(st.sampled_from(["random", "sorted", "grid", "repeated", "clustered", "ends"]))]()
    green = draw(st.sampled_from(KERNELS))
    y = labels(x, rng) * 10.0 ** draw(st.sampled_from([-60, 0, 60]))
    floor, mean = sd.spectrum.decompose(green, x).floor(y), float(np.mean(y**2))
    part = draw(st.one_of(st.floats(-3, -0.01).map(lambda e: 10.0**e), st.floats(0.5, 0.999)))
    return green, x, y, floor + part * (mean - floor)


@quiet
@pytest.mark.claim("krylov-space", "krylov-residual", "semiseparable", "sine-grid", "c-condition", "tridiagonal")
@settings(max_examples=300, deadline=None)
@given(data())
def test_all_paths_find_the_same_fits(problem: tuple[Callable[..., np.ndarray], np.ndarray, np.ndarray, float]) -> None:
    green, x, y, epsilon = problem
    scale = np.max(np.abs(y))
    methods = ["spectral", "krylov", *(["sine"] if sine.applies(green, x) else [])]
    methods += ["tridiagonal"] if tridiagonal.single(green, x) else []
    try:
        found = [sd.distill(green, x, y, epsilon=epsilon, rounds=5, method=method) for method in methods]
    except sd.UnresolvedError as refusal:  # float64 cannot: then the advice is followed
        assert refusal.enough > epsilon
        epsilon = refusal.enough
        found = [sd.distill(green, x, y, epsilon=epsilon, rounds=5, method=method) for method in methods]
        assert all(path.accuracy <= 1e-8 for path in found)
    one = found[0]
    for path in found:
        assert len(path) == len(one)
        assert path.collapsed == one.collapsed
        slack = max(1e-9, 30 * path.accuracy, 30 * one.accuracy)
        np.testing.assert_allclose(path.targets, one.targets, rtol=0, atol=slack * scale)
        met = np.mean(np.diff(path.targets, axis=0) ** 2, axis=1)
        np.testing.assert_allclose(met, epsilon, rtol=max(1e-9, 30 * path.accuracy * scale / np.sqrt(epsilon)))
        error = np.abs(np.log(path.multipliers / one.multipliers))
        assert np.all(error <= 1e-9 + one.conditions * slack * 10 * scale / np.sqrt(epsilon)), error
        if slack == 1e-9:
            # weights (y_t - y_{t+1})/c_t carry the error of the targets magnified by d_max/c_t at worst
            largest = one.spectrum.eigenvalues[-1]
            loose = 1e-9 + 1e-13 * largest / np.min(one.multipliers, initial=largest)
            np.testing.assert_allclose(path(GRID), one(GRID), rtol=0, atol=10 * loose * scale)


@pytest.mark.claim("semiseparable")
@pytest.mark.parametrize("green", SEMISEPARABLE, ids=repr)
@pytest.mark.parametrize("points", ["random", "repeated"])
def test_semiseparable_sums_are_the_dense_product(green: greens.GreensFunction, points: str) -> None:
    rng = np.random.default_rng(3)
    x = np.sort(rng.uniform(0, 1, 60) if points == "random" else rng.choice(np.linspace(0, 1, 20), 60))
    v = rng.standard_normal(60)
    dense = green(x[:, None], x) @ v
    np.testing.assert_allclose(semiseparable.Line(green, x)(v), dense, atol=2e-12 * np.max(np.abs(dense)))
    parts = green.generators(x)
    assert parts is not None
    m, M = np.minimum.outer(range(60), range(60)), np.maximum.outer(range(60), range(60))
    r = parts.rate * (x[M] - x[m])
    series = sum(theta * r**n / factorial(n) for n, theta in enumerate(parts.weights))
    stated = np.exp(-r) * series * np.sum(parts.left[:, m] * parts.right[:, M], axis=0)
    np.testing.assert_allclose(stated, green(x[:, None], x), atol=1e-12 * np.max(np.abs(stated)))


@pytest.mark.claim("semiseparable")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_long_domains_do_not_overflow(order: int) -> None:
    """At a span of 10,000 length scales e^{am} is far outside float64."""
    green, rng = greens.Matern(order, 40.0), np.random.default_rng(4)
    x = np.sort(rng.uniform(-125, 125, 500))
    v = rng.standard_normal(500)
    np.testing.assert_allclose(semiseparable.Line(green, x)(v), green(x[:, None], x) @ v, rtol=1e-11, atol=1e-17)


@pytest.mark.claim("semiseparable")
@pytest.mark.parametrize("green", [BEAM, greens.Matern(1, 3.0), greens.Matern(3, 3.0), greens.Lidstone(3)], ids=repr)
@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 32, 100])
def test_sums_in_blocks_are_the_sums_at_every_length(
    green: greens.GreensFunction, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one part and in parts of one block; with gaps that leave a block its points or take them apart."""
    rng = np.random.default_rng(size)
    v = rng.standard_normal(size)
    for power, chunk in ((1.0, semiseparable.CHUNK), (1.0, 1), (6.0, 1)):
        monkeypatch.setattr(semiseparable, "CHUNK", chunk)
        x = np.sort(rng.uniform(0, 1, size) ** power)
        entries = green(x[:, None], x).astype(np.longdouble)
        slack = 1e-12 * np.max(np.abs(entries) @ np.abs(v))
        line = semiseparable.Line(green, x)
        np.testing.assert_allclose(line(v), (entries @ v).astype(float), rtol=0, atol=slack)
        line.scale(1.0 + x)
        scaled = (1.0 + x) * (entries @ ((1.0 + x) * v)).astype(float)
        np.testing.assert_allclose(line(v), scaled, rtol=0, atol=4 * slack)


@pytest.mark.claim("semiseparable")
def test_blocks_are_as_short_as_the_length_scale_asks() -> None:
    rng = np.random.default_rng(23)
    widths = []
    for a in (0.01, 5.0, 20.0, 80.0, 1e4):
        x = np.sort(rng.uniform(0, 1, 400))
        line = semiseparable.Line(greens.Matern(2, a), x)
        widths.append(line.width)
        spans = [a * (block[-1] - block[0]) for block in np.split(x, range(line.width, 400, line.width))]
        assert max(spans) <= semiseparable.NEAR
    assert widths[0] == semiseparable.WIDTH and widths[-1] == 1 and widths == sorted(widths, reverse=True)


@pytest.mark.claim("semiseparable", "feasible")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_condensed_points_keep_the_problem(seed: int, size: int) -> None:
    """Repeated and vanishing points: energies, floor and fits of the condensed problem are those of the whole one."""
    rng = np.random.default_rng(seed)
    x = rng.choice(np.linspace(0, 1, 12), size)
    y = rng.standard_normal(size)
    every = sites.Sites.of(BEAM, x, ascending=True)
    left = every.without(gram.diagonal(BEAM, every.points) == 0)
    product, condensed, lost = semiseparable.line_product(BEAM, left), left.fold(y), left.lost(y)
    assert lost + np.sum(condensed**2) == pytest.approx(np.sum(y**2), rel=1e-13)
    spectrum = sd.spectrum.decompose(BEAM, x)
    assert lost / size == pytest.approx(spectrum.floor(y), rel=1e-12, abs=1e-15)
    if len(condensed):
        np.testing.assert_allclose(left.unfold(product(condensed)), spectrum.gram @ y, atol=1e-15)
        assert np.all(np.diff(left.points) > 0)
        assert 0 < left.points[0] <= left.points[-1] < 1


@pytest.mark.claim("sine-grid")
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_sines_diagonalise_the_beam_on_a_uniform_grid(size: int) -> None:
    x = np.arange(1, size + 1) / (size + 1)
    gram = BEAM(x[:, None], x) / size
    d, basis = sine.eigenvalues(size, size), sine.transform(np.eye(size))
    np.testing.assert_allclose(basis @ np.diag(d) @ basis, gram, atol=1e-15)
    np.testing.assert_allclose(basis @ basis, np.eye(size), atol=1e-13)
    assert np.all(np.diff(d) < 0) and np.all(d > 0)


def test_generators_that_contradict_the_kernel_are_named() -> None:
    class Wrong(greens.BrownianBridge):
        def _generators(self, x: np.ndarray) -> greens.Generators:
            return greens.Generators(x[None], 1.0 + x[None])

    rng = np.random.default_rng(16)
    x = rng.uniform(0, 1, 300)
    with pytest.raises(ValueError, match=r"generators of .*Wrong.* disagree with g: g\("):
        sd.distill(Wrong(), x, labels(x, rng), epsilon=0.1)


# --- which path, and what it says of itself --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("green", "size", "outputs", "method", "words"),
    [
        (BEAM, 11, 1, "spectral", "up to 200"),
        (BEAM, 400, 1, "krylov", "semiseparable"),
        (greens.Gaussian(0.1), 400, 1, "lowrank", " columns"),
        (greens.Gaussian(0.003), 400, 1, "krylov", "cost less than its eigendecomposition"),
        (BEAM, 400, 3, "krylov", "semiseparable"),
        (greens.BrownianMotion(), 400, 1, "tridiagonal", "of second order"),
        (greens.Matern(1, 5.0), 400, 11, "tridiagonal", "of second order"),
        (greens.Gaussian(0.1), 400, 11, "lowrank", " columns"),
        (greens.Gaussian(0.003), 400, 11, "spectral", "no few columns that tell the rest: 11 outputs share"),
        (BEAM, 400, 11, "spectral", "400 points: 11 outputs share"),
    ],
)
def test_the_rule_that_chooses(green: greens.GreensFunction, size: int, outputs: int, method: str, words: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, size)
    y = np.stack([labels(x, rng) for _ in range(outputs)], axis=1)
    path = sd.distill(green, x, y, epsilon=0.3 * outputs, rounds=3)
    assert path.method == method
    assert words in path.reason
    other = sd.distill(green, x, y, epsilon=0.3 * outputs, rounds=3, method="spectral")
    np.testing.assert_allclose(path.targets, other.targets, atol=1e-10)
    np.testing.assert_allclose(path(GRID), other(GRID), atol=1e-9)
    np.testing.assert_allclose(path.energies, other.energies, rtol=1e-9)
    np.testing.assert_allclose(path.ratios, other.ratios, rtol=1e-10)
    np.testing.assert_allclose(path.conditions, other.conditions, rtol=1e-6)


def test_a_uniform_grid_is_recognised() -> None:
    x = np.linspace(0, 1, 402)[1:-1]
    y = labels(x, np.random.default_rng(6))
    path = sd.distill(BEAM, x, y, epsilon=0.045)
    assert (path.method, path.collapsed) == ("sine", True)
    assert "uniform grid" in path.reason
    assert not sine.applies(BEAM, x * (1 + 1e-12))
    assert not sine.applies(greens.ClampedBeam(), x)
    spectral = sd.distill(BEAM, x, y, epsilon=0.045, method="spectral")
    np.testing.assert_allclose(path.log_shrinkage[:, -3:], spectral.log_shrinkage[:, -3:], rtol=1e-9)
    many = sd.distill(BEAM, x, np.stack([y, -2 * y], axis=1), epsilon=0.3, method="sine")
    np.testing.assert_allclose(many.targets[:, :, 1], -2 * many.targets[:, :, 0], atol=1e-13)


@quiet
@pytest.mark.claim("krylov-residual")
def test_a_space_that_does_not_converge_falls_back_and_says_so() -> None:
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(0, 1, 450))
    y = labels(x, rng)
    path = sd.distill(greens.BrownianMotion(), x, y, epsilon=1e-6, rounds=2, method="krylov")
    assert path.method == "spectral"
    assert "did not converge" in path.reason
    assert "products leave out" in path.reason


def test_beyond_the_dense_path_a_hopeless_epsilon_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sd.problem, "DENSE", 400)
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(0, 1, 450))
    y = labels(x, rng)
    with pytest.raises(
        ArithmeticError, match=r"epsilon = 1e-08: .* products leave out .*Take epsilon >= 0.0"
    ) as caught:
        sd.distill(greens.BrownianMotion(), x, y, epsilon=1e-8, rounds=2, method="krylov")
    assert isinstance(caught.value, sd.UnresolvedError)
    followed = sd.distill(greens.BrownianMotion(), x, y, epsilon=caught.value.enough, rounds=2, method="krylov")
    assert followed.accuracy <= 1e-9


def test_the_reached_accuracy_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between six and nine digits the result comes with a warning that gives its accuracy, and keeps it."""
    monkeypatch.setattr(sd.problem, "DENSE", 400)
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(0, 1, 450))
    y = labels(x, rng)
    for epsilon in np.geomspace(1e-2, 1e-4, 41):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            path = sd.distill(greens.BrownianMotion(), x, y, epsilon=float(epsilon), rounds=1)
        assert bool(heard) == (path.accuracy > 1e-9)
        if heard:
            break
    assert issubclass(heard[0].category, sd.AccuracyWarning)
    assert f"accurate to about {path.accuracy:.1g}" in str(heard[0].message)
    assert heard[0].filename == __file__
    exact = sd.distill(greens.BrownianMotion(), x, y, epsilon=float(epsilon), rounds=1, method="spectral")
    difference = np.linalg.norm(path.targets - exact.targets) / np.linalg.norm(y)
    assert difference <= path.accuracy * (1 + np.max(np.sqrt(2 * exact.conditions)))


def test_epsilon_below_the_floor_is_refused_on_every_path() -> None:
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.uniform(0, 1, 300), [0.0, 0.0, 1.0], np.full(20, 0.5)])
    y = labels(x, rng) + 1.0
    floor = (np.sum(y[300:303] ** 2) + 20 * np.var(y[303:])) / len(x)
    for method in ("spectral", "krylov"):  # exact zeros are known without rounding
        with pytest.raises(sd.InfeasibleError) as caught:
            sd.distill(BEAM, x, y, epsilon=0.5 * floor, method=method)
        assert caught.value.floor == pytest.approx(floor, rel=1e-12)


class Straight:
    """Straight lines: a kernel of rank two."""

    rank = 2

    def __call__(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return 1 + x * s


@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_a_stated_rank_makes_exact_zeros(method: str) -> None:
    """The floor is the residual of the straight line by least squares; without the rank float64 cannot know."""
    rng = np.random.default_rng(8)
    x = rng.uniform(0, 1, 30)
    y = labels(x, rng)
    line = np.polynomial.Polynomial.fit(x, y, 1)
    floor = float(np.mean((y - line(x)) ** 2))
    with pytest.raises(sd.InfeasibleError, match="the kernel has rank 2") as caught:
        sd.distill(Straight(), x, y, epsilon=0.9 * floor, method=method)
    assert caught.value.floor == pytest.approx(floor, rel=1e-12)
    with pytest.raises(sd.UnresolvedError, match="rank of the kernel") as unknown:
        sd.distill(lambda p, q: 1 + p * q, x, y, epsilon=0.9 * floor, method=method)
    assert floor < unknown.value.enough
    path = sd.distill(Straight(), x, y, epsilon=caught.value.floor, rounds=1)
    np.testing.assert_allclose(path.targets[1], line(x), atol=1e-12)


def test_a_million_points_against_the_exact_spectrum() -> None:
    size = 2**20 - 1
    x = np.arange(1, size + 1) / (size + 1)
    y = labels(x, np.random.default_rng(9))
    exact = sd.distill(BEAM, x, y, epsilon=0.045)
    path = sd.distill(BEAM, x, y, epsilon=0.045, method="krylov")
    assert (exact.method, path.method) == ("sine", "krylov")
    np.testing.assert_allclose(path.targets, exact.targets, atol=1e-10)
    np.testing.assert_allclose(path.multipliers, exact.multipliers, rtol=1e-8)
    np.testing.assert_allclose(path(x[::1000]), exact.targets[1:, ::1000], atol=1e-9)
    with pytest.raises(ValueError, match="1,048,575 points needs 8,796 GB"):
        _ = path.spectrum


def test_fits_between_the_points_are_natural_cubic_splines() -> None:
    """SciPy's spline through the fitted values is the beam's fit: an independent evaluation."""
    from scipy.interpolate import CubicSpline

    rng = np.random.default_rng(10)
    x = rng.permutation(np.sort(rng.uniform(0, 1, 500)))
    path = sd.distill(BEAM, x, labels(x, rng), epsilon=0.045)
    order = np.argsort(x)
    for t in range(len(path)):
        values = np.concatenate([[0.0], path.targets[t + 1][order], [0.0]])
        spline = CubicSpline(np.concatenate([[0.0], x[order], [1.0]]), values, bc_type="natural")
        np.testing.assert_allclose(path.predict(GRID, round=t), spline(GRID), atol=1e-8)


def test_blocks_of_rows_give_the_same_product(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(11)
    x, v = rng.uniform(0, 1, (150, 2)), rng.standard_normal(150)

    def green(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.exp(-np.sum((p - q) ** 2, axis=-1))

    kept = gram.gram_product(green, x)(v)
    monkeypatch.setattr(gram, "KEPT", 0)
    monkeypatch.setattr(gram, "BLOCK", 8 * 150 * 7)
    np.testing.assert_allclose(gram.gram_product(green, x)(v), kept, rtol=1e-13)
    y = labels(x[:, 0], rng)
    path = sd.distill(green, x, y, epsilon=0.2, method="krylov")
    whole = sd.distill(green, x, y, epsilon=0.2, method="spectral")
    np.testing.assert_allclose(path.targets, whole.targets, atol=1e-10)
    np.testing.assert_allclose(path(x[:9]), whole(x[:9]), atol=1e-8)


@pytest.mark.parametrize("outputs", [(), (4,)])
def test_the_number_of_cores_leaves_no_trace(outputs: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the entries, in blocks on any number of cores: the same bits, and to rounding the product with G."""
    rng = np.random.default_rng(14)
    x, v = rng.uniform(0, 1, (150, 3)), rng.standard_normal((150, *outputs))
    green = greens.Radial("matern32", 0.4)
    monkeypatch.setattr(gram, "KEPT", 0)
    monkeypatch.setattr(gram, "BLOCK", 8 * 150 * 7)
    found = []
    for workers in (1, 2, 3):
        monkeypatch.setattr(gram, "cores", lambda workers=workers: workers)
        found.append(gram.gram_product(green, x, 300)(v))
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    np.testing.assert_allclose(found[0], gram.gram_matrix(green, x, 300) @ v, rtol=1e-12, atol=1e-14)
    assert gram.cores() >= 1


def test_the_diagonal_is_that_of_the_matrix() -> None:
    """Also of a kernel that makes matrices only, with a domain and without: none is asked for pairs that cannot."""
    x = np.random.default_rng(18).uniform(0, 1, 150)

    class Outer:
        domain = (0.0, 1.0)

        def __call__(self, p: np.ndarray, q: np.ndarray) -> np.ndarray:
            return np.exp(-np.abs(np.subtract.outer(p.ravel(), q.ravel()))) * (1.0 + p.reshape(-1, 1))

    def matrices(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.minimum(p, q) if p.ndim == 2 else np.zeros(len(p))

    for green, true in ((Outer(), 1.0 + x), (matrices, x), (greens.Matern(2, 3.0), None), (greens.Gaussian(0.3), None)):
        expected = np.diag(gram.entries(green, x, x)) if true is None else true
        np.testing.assert_allclose(gram.diagonal(green, x), expected, rtol=1e-15)


def test_a_kept_matrix_is_the_same_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only its upper half is asked for, once; an entry that is not finite is named by its points."""
    x = np.random.default_rng(16).uniform(0, 1, (150, 2))
    monkeypatch.setattr(gram, "CACHE", 8 * 150 * 7)
    whole = gram.gram_matrix(greens.Radial("gaussian", 0.5), x)
    assert np.array_equal(whole, whole.T)
    for shared, workers in ((10**9, 1), (1, 2), (1, 3)):
        monkeypatch.setattr(gram, "SHARED", shared)
        monkeypatch.setattr(gram, "cores", lambda workers=workers: workers)
        green = Counted()
        upper = gram._upper_half(green, x, 150)
        assert np.array_equal(np.triu(upper), np.triu(whole)) and upper[-1, 0] == 0.0
        assert sum(green.entries) <= 150 * (150 + 7) / 2

        def broken(p: np.ndarray, q: np.ndarray) -> np.ndarray:
            return np.where(np.all((p == x[90]) & (q == x[120]), axis=-1), np.inf, 1.0)

        words = re.escape(f"must be finite; g({x[90]}, {x[120]}) is inf")
        with pytest.raises(ValueError, match=words):
            gram._upper_half(broken, x, 150)
    with np.errstate(over="ignore"):  # a sum that overflows says nothing of the entries
        assert np.all(gram._upper_half(lambda p, q: np.full((len(p), q.shape[1]), 1e308), x, 1)[0] == 1e308)
        assert np.all(gram.checked(np.full(3, 1e200), 3) == 1e200)


class Counted:
    """A symmetric kernel that counts its entries, and raises what it is told to raise from some entry on."""

    symmetric = True

    def __init__(self, error: BaseException | None = None, after: float = np.inf) -> None:
        self.error, self.after, self.entries = error, after, list[int]()

    def __call__(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        values = greens.Radial("gaussian", 0.5)(x, s)
        self.entries.append(values.size)
        if self.error is not None and sum(self.entries) > self.after:
            raise self.error
        return values


@pytest.mark.parametrize("error", [ZeroDivisionError("mine"), KeyboardInterrupt()])
def test_what_a_kernel_raises_in_a_thread_comes_out(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gram, "BLOCK", 8 * 150)
    monkeypatch.setattr(gram, "KEPT", 0)
    monkeypatch.setattr(gram, "cores", lambda: 3)
    x = np.random.default_rng(15).uniform(0, 1, (150, 2))
    with pytest.raises(type(error)) as caught:
        gram.gram_product(Counted(error, after=5000.0), x)(x[:, 0])
    assert caught.value is error


def test_threads_keep_the_state_of_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller says of overflow holds in the threads too."""
    monkeypatch.setattr(gram, "cores", lambda: 2)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        list(gram.in_order(lambda part: np.full(2, 1e300) ** 2, [slice(0, 1)]))
    with np.errstate(over="ignore"):
        assert len(list(gram.in_order(lambda part: np.full(2, 1e300) ** 2, [slice(0, 1)] * 3))) == 3


def test_outputs_share_the_passes_over_a_matrix_that_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four outputs ask for as many entries as the one that needs the largest space, half a matrix a product."""
    rng = np.random.default_rng(16)
    x = rng.uniform(0, 1, (260, 2))
    y = np.stack([labels(x[:, 0] * (1 + i), rng) for i in range(4)], axis=1)
    whole = sd.distill(greens.Radial("gaussian", 0.5), x, y, epsilon=2.5, method="spectral")
    monkeypatch.setattr(gram, "KEPT", 0)
    monkeypatch.setattr(gram, "BLOCK", 8 * 260)  # a row a block: exactly half
    green = Counted()
    path = sd.distill(green, x, y, epsilon=2.5, method="krylov")
    products = int(path.reason.split("; ")[1].split()[0])
    half, entries = 260 * 261 // 2, sum(green.entries)
    assert products % 4 == 0  # the spaces have one dimension
    assert 0 <= entries - products // 4 * half < half  # beside it a few entries for the diagonal
    np.testing.assert_allclose(path.targets, whole.targets, atol=1e-9)


# --- Lanczos by itself -----------------------------------------------------------------------------------------------


@pytest.mark.claim("krylov-space", "krylov-residual", "krylov-shift")
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.floats(-8, 0), st.floats(-6, 1))
def test_residual_and_basis_of_a_space(seed: int, size: int, decay: float, log_c: float) -> None:
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.standard_normal((size, size)))[0]
    gram = (u * 10.0 ** (decay * rng.uniform(0, 1, size))) @ u.T
    y, c = rng.standard_normal(size), 10.0**log_c
    for space in krylov.spaces(lambda v: gram @ v, y, largest=size):
        basis = space.lift(np.eye(len(space.values)))
        np.testing.assert_allclose(basis @ basis.T, np.eye(len(space.values)), atol=1e-12)
        np.testing.assert_allclose(space.coordinates, basis @ y, atol=1e-12 * space.norm)
        alpha = space.coordinates / (space.values + c)
        residual = gram @ (alpha @ basis) + c * (alpha @ basis) - y
        tolerance = 1e-13 * (1 + 1 / c) * space.norm
        np.testing.assert_allclose(space.left_out(alpha), np.linalg.norm(residual), atol=tolerance, rtol=1e-6)
        beta = np.append(np.diag(basis_of_t(space), 1), space.beta)
        product = space.norm * np.exp(np.sum(np.log(np.maximum(beta, 1e-300)) - np.log(space.values + c)))
        np.testing.assert_allclose(space.left_out(alpha), product, atol=tolerance, rtol=1e-6)


def test_spaces_grow_side_by_side() -> None:
    """One closes early, one has no labels, two go on: each is what it is alone, and a product serves all that grow."""
    rng = np.random.default_rng(17)
    d, widths = np.geomspace(1e-3, 1.0, 40), []
    columns = [rng.standard_normal(40), np.repeat([0.0, 1.0], [37, 3]), np.zeros(40), rng.standard_normal(40)]

    def product(v: np.ndarray) -> np.ndarray:
        widths.append(v.shape)
        return (d * v.T).T

    found = list(krylov.side_by_side(product, columns, largest=12))
    assert widths == [(40, 3)] * 3 + [(40, 2)] * 9
    assert [one.products for one in found] == [8 + 3 + 8, 10 + 3 + 10, 12 + 3 + 12]
    assert [one.last for one in found] == [False, False, True] and found[0].parts[2] is None
    for i in (0, 1, 3):
        alone = list(krylov.spaces(lambda v: d * v, columns[i], largest=12))[-1]
        space = found[-1].parts[i]
        assert space is not None and space.closed == alone.closed == (i == 1)
        np.testing.assert_allclose(space.values, alone.values, rtol=1e-10)
        np.testing.assert_allclose(space.lift(space.coordinates[None])[0], columns[i], atol=1e-12)
    nothing = list(krylov.side_by_side(product, [np.zeros(40)], largest=12))
    assert len(nothing) == 1 and nothing[0].parts == [None] and nothing[0].last


def test_the_last_space_has_the_largest_dimension() -> None:
    """Wherever the looks before it fall."""
    d, y = np.geomspace(1e-6, 1.0, 60), np.ones(60)
    for largest in range(1, 41):
        *before, last = krylov.spaces(lambda v: d * v, y, largest=largest)
        assert last.last and len(last.values) == largest
        assert not any(space.last or len(space.values) >= largest for space in before)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_a_product_may_be_negative_by_rounding_in_any_unit(unit: float) -> None:
    """Beside its largest eigenvalue."""
    for negative, refused in ((-1e-12, False), (-1e-3, True)):
        d = unit * np.array([1.0, 0.5, negative])
        found = krylov.spaces(d.__mul__, np.ones(3), largest=3)
        if refused:
            with pytest.raises(ValueError, match="the product must be positive semidefinite"):
                list(found)
        else:
            assert list(found)[-1].values[0] == 0.0


def basis_of_t(space: krylov.Space) -> np.ndarray:
    """The tridiagonal matrix T = V diag(theta) V^T of a space."""
    return (space.vectors * space.values) @ space.vectors.T


@pytest.mark.claim("normal-equations")
@settings(max_examples=60, deadline=None)
@given(st.integers(2, 80), st.floats(-9, 2))
def test_condition_of_the_normal_equations(size: int, log_c: float) -> None:
    """The two-sided law against the singular values of the dense matrix."""
    c, h = 10.0**log_c, 1 / (size + 1)
    second = (np.eye(size, k=1) - 2 * np.eye(size) + np.eye(size, k=-1)) / h
    matrix = h / 6 * (np.eye(size, k=1) + 4 * np.eye(size) + np.eye(size, k=-1)) + size * c * second @ second
    low, high = sd.bounds.normal_equations(size, c)
    assert low * (1 - 1e-6) <= np.linalg.cond(matrix) <= high * (1 + 1e-6)


@pytest.mark.claim("curvature")
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 8), st.floats(-4, 4))
def test_curvature_by_differences_of_the_step(seed: int, spread: float, log_lam: float) -> None:
    rng = np.random.default_rng(seed)
    d, w = 10.0 ** (-spread * rng.uniform(0, 1, 8)), rng.standard_normal(8) ** 2 + 1e-3
    lam, budget = 10.0**log_lam, np.array([1e-4 * np.sum(w / (1 + 10.0**log_lam * d) ** 2)])
    h = 1e-3
    near = lam * (1 + h * np.arange(-2, 3))
    step = np.array([sd.secular.newton_step(d, w[None], budget, np.array([value]))[0] for value in near])
    curvature = -(1 + (near * step) @ [1, -8, 0, 8, -1] / (12 * h * lam)) / step[2]
    a = 1 / (1 + lam * d)
    u, weight = lam * d * a, w * a**2 / np.sum(w * a**2)
    assert curvature == pytest.approx(3 * (weight @ u - weight @ u**2 / (weight @ u)), abs=1e-6)
    assert -3 < curvature <= 1e-6


@pytest.mark.parametrize(
    ("product", "words"),
    [
        (lambda v: np.roll(v, 1) * np.arange(1, 301), "disagrees with g"),
        (lambda v: -v, r"disagrees with g: g\("),
        (lambda v: v[:-1], r"300 finite numbers.*\(299,\)"),
        (lambda v: v * np.nan, "not finite"),
    ],
)
def test_bad_products_are_named(product: Callable[[np.ndarray], np.ndarray], words: str) -> None:
    rng = np.random.default_rng(12)
    x = np.sort(rng.uniform(0, 1, 300))
    with pytest.raises(ValueError, match=words):
        sd.distill(BEAM, x, labels(x, rng), epsilon=0.1, product=product)


@pytest.mark.parametrize(
    ("product", "words"),
    [(lambda v: np.roll(v, 1) * np.arange(1, 301), "symmetric"), (lambda v: -v, "positive semidefinite")],
)
def test_bad_products_are_named_by_the_krylov_space(product: Callable[[np.ndarray], np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        for _ in krylov.spaces(product, np.linspace(1, 2, 300) ** 3, largest=100):
            pass


def test_a_product_of_the_user_is_used() -> None:
    rng = np.random.default_rng(13)
    x = np.sort(rng.uniform(0, 1, 300))
    y, gram, calls = labels(x, rng), BEAM(x[:, None], x) / 300, []

    def product(v: np.ndarray) -> np.ndarray:
        calls.append(len(v))
        return gram @ v

    path = sd.distill(BEAM, x, y, epsilon=0.05, product=product)
    assert path.method == "krylov" and "of your own" in path.reason
    assert 0 < len(calls) < 60
    np.testing.assert_allclose(path.targets, sd.distill(BEAM, x, y, epsilon=0.05, method="spectral").targets, atol=1e-9)
    with pytest.raises(ValueError, match="Leave one out"):
        sd.distill(BEAM, x, y, epsilon=0.05, product=product, method="spectral")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"epsilon": 0.1, "method": "magic"},
            "'sine', 'tridiagonal', 'lowrank', 'cholesky'; it is 'magic'",
        ),
        ({"epsilon": 0.1, "method": "sine"}, "needs SimplySupportedBeam"),
        ({}, "one of epsilon and multiplier"),
        ({"epsilon": 0.1, "multiplier": 0.1}, "one of epsilon and multiplier"),
        ({"multiplier": 0.0, "rounds": 2}, "positive; it is 0.0"),
        ({"multiplier": 0.1}, "give rounds="),
    ],
)
def test_options_that_contradict_are_named(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sd.distill(BEAM, [0.2, 0.5, 0.7], [1.0, -1.0, 0.5], **options)


# --- a fixed multiplier, and many problems at once -------------------------------------------------------------------


@pytest.mark.claim("fixed-c")
def test_a_fixed_multiplier_needs_one_factorisation() -> None:
    rng = np.random.default_rng(14)
    x = np.concatenate([rng.uniform(0, 1, 40), [0.0, 0.5, 0.5]])
    y = labels(x, rng)
    path = sd.distill(BEAM, x, y, multiplier=1e-4, rounds=6)
    gram, target = BEAM(x[:, None], x) / len(x), y
    for t in range(6):
        weights = np.linalg.solve(gram + 1e-4 * np.eye(len(x)), target)
        target = gram @ weights
        np.testing.assert_allclose(path.targets[t + 1], target, atol=1e-12)
        np.testing.assert_allclose(path.predict(GRID, round=t), BEAM(GRID[:, None], x) @ weights / len(x), atol=1e-10)
    assert (path.method, path.collapsed, len(path)) == ("cholesky", False, 6)
    np.testing.assert_allclose(np.exp(path.log_shrinkage[2]) * path.spectrum.coordinates(y),
                               path.spectrum.coordinates(path.targets[3]), atol=1e-12)  # fmt: skip
    with pytest.raises(ValueError, match="no epsilon"):
        _ = path.ratios
    with pytest.raises(ValueError, match=r"c = 1e-30"):
        sd.distill(BEAM, x, y, multiplier=1e-30, rounds=2)


@pytest.mark.claim("newton")
def test_the_batch_is_every_single_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draws times epsilons times rounds, in chunks of any size."""
    rng = np.random.default_rng(15)
    data = sd.datasets.paper_interior()
    spectrum = sd.spectrum.decompose(BEAM, data.x)
    draws = data.truth(data.x)[:, None] + 0.5 * rng.standard_normal((9, 7))
    levels = [0.02, 0.1, 0.4]
    whole = sd.distillation.multipliers(spectrum, draws, epsilon=levels, rounds=12)
    assert whole.shape == (12, 7, 3)
    few = sd.distillation.multipliers(spectrum, draws, epsilon=levels, rounds=2)
    np.testing.assert_allclose(few, whole[:2], rtol=1e-11)
    alone = sd.distillation.multipliers(spectrum, draws[:, :1], epsilon=levels[0], rounds=12)
    np.testing.assert_allclose(alone[:, 0], whole[:, 0, 0], rtol=1e-11)
    monkeypatch.setattr(sd.secular, "CHUNK", 8 * 9 * 6)
    chunked = sd.distillation.multipliers(spectrum, draws, epsilon=levels, rounds=12)
    np.testing.assert_allclose(chunked, whole, rtol=1e-11)
    for j in range(7):
        for e, level in enumerate(levels):
            path = sd.distill(BEAM, data.x, draws[:, j], epsilon=level, rounds=12)
            np.testing.assert_allclose(whole[: len(path), j, e], path.multipliers, rtol=1e-9)
            assert np.all(np.isinf(whole[len(path) :, j, e]))
    for bad in ([], [0.1, -1.0], [[0.1]], np.nan):
        with pytest.raises(ValueError, match="epsilon must be finite and positive"):
            sd.distillation.multipliers(spectrum, draws, epsilon=bad, rounds=2)


@pytest.mark.claim("c-condition")
@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-3, -0.05), st.floats(0, 8))
def test_condition_number_is_the_derivative(seed: int, part: float, spread: float) -> None:
    """|d log c/d log epsilon| by differences; and the fit moves by at most the square root of half of it."""
    rng = np.random.default_rng(seed)
    d, z = 10.0 ** (-spread * rng.uniform(0, 1, 8)), rng.standard_normal(8)
    residual = float(np.linalg.norm(z)) * np.sqrt(10.0**part)
    lam = sd.secular.solve(d, z, residual)
    h = 1e-4
    up, down = (sd.secular.solve(d, z, residual * np.sqrt(1 + s)) for s in (h, -h))
    kappa = float(sd.secular.condition(d, z, lam))
    assert kappa >= 0.5
    assert np.log(down / up) / (2 * h) == pytest.approx(kappa, rel=1e-3)
    moved = np.linalg.norm(z * recursion.shrinkage(d, up)[0] - z * recursion.shrinkage(d, down)[0]) / (2 * h)
    assert moved / residual <= np.sqrt(kappa / 2) * (1 + 1e-3)


def test_condition_number_at_the_corners() -> None:
    assert np.isinf(sd.secular.condition([0.0, 1.0], [1.0, 1.0], np.inf))
    several = sd.secular.condition([1.0, 2.0], np.ones((3, 2)), np.array([0.5, 1.0, 2.0]))
    assert several.shape == (3,)
    assert np.all(np.diff(several) < 0)


class TwiceTheMotion:
    """2 min(x, s), stated as one product with the weight 2."""

    def __call__(self, x: np.ndarray, s: np.ndarray) -> np.ndarray:
        return 2.0 * np.minimum(x, s)

    def generators(self, x: np.ndarray) -> sd.kernel.Generators:
        return sd.kernel.Generators(x[None], np.ones((1, len(x))), weights=(2.0,))


def test_the_weight_of_a_single_product_counts() -> None:
    x = np.linspace(0.05, 1.0, 20)
    y = np.sin(6 * x)
    one, other = (
        sd.distill(TwiceTheMotion(), x, y, epsilon=0.05, rounds=2, method=method) for method in ("spectral", "krylov")
    )
    np.testing.assert_allclose(other.targets, one.targets, atol=1e-9)
    np.testing.assert_allclose(other.multipliers, one.multipliers, rtol=1e-9)


@pytest.mark.parametrize(
    ("green", "size", "outputs", "method", "words"),
    [
        (BEAM, 200, 1, "cholesky", "200 points: one factorisation"),
        (BEAM, 400, 1, "krylov", "semiseparable"),
        (BEAM, 400, 11, "cholesky", "one factorisation"),
        (greens.Gaussian(0.1), 200, 1, "cholesky", "200 points: one factorisation"),
        (greens.Gaussian(0.1), 400, 1, "lowrank", " columns"),
        (greens.Gaussian(0.1), 400, 11, "lowrank", " columns"),
        (greens.Gaussian(0.003), 400, 1, "cholesky", "no few columns that tell the rest: one factorisation"),
        (greens.BrownianMotion(), 400, 1, "tridiagonal", "of second order"),
    ],
)
def test_the_rule_for_a_fixed_multiplier(
    green: greens.GreensFunction, size: int, outputs: int, method: str, words: str
) -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(0, 1, size)
    y = np.stack([labels(x, rng) for _ in range(outputs)], axis=1)
    path = sd.distill(green, x, y, multiplier=1e-3, rounds=3)
    assert path.method == method
    assert words in path.reason
    other = sd.distill(green, x, y, multiplier=1e-3, rounds=3, method="cholesky")
    np.testing.assert_allclose(path.targets, other.targets, atol=1e-10)
    np.testing.assert_allclose(path(GRID), other(GRID), atol=1e-8)


def test_two_hundred_points_are_few() -> None:
    """The last number that is decomposed or, with a fixed multiplier, factorised without being asked for is 200."""
    few, many = (200, "spectral", "cholesky"), (201, "krylov", "krylov")
    for green, (size, without, fixed) in (
        (greens.Cantilever(), few),
        (greens.Cantilever(), many),
        (greens.BrownianMotion(), few),
        (greens.BrownianMotion(), (201, "tridiagonal", "tridiagonal")),
    ):
        x = np.sort(np.random.default_rng(size).uniform(0, 1, size))
        y = np.sin(6 * x)
        assert sd.distill(green, x, y, epsilon=0.05, rounds=1).method == without
        assert sd.distill(green, x, y, multiplier=0.1, rounds=1).method == fixed


def test_long_vectors_are_looked_at_in_each_dimension(monkeypatch: pytest.MonkeyPatch) -> None:
    """So their space is never larger than it must be; that of short vectors may be, by two or by a fifth."""
    rng = np.random.default_rng(17)
    x = np.sort(rng.uniform(0, 1, 2000))
    y, green = labels(x, rng), greens.Matern(1, 5.0)
    sizes = []
    for long in (krylov.LONG, 1):
        monkeypatch.setattr(krylov, "LONG", long)
        path = sd.distill(green, x, y, epsilon=0.045, rounds=1, method="krylov")
        sizes.append(int(path.reason.split()[-2]))
    assert sizes[1] <= sizes[0] <= 1.2 * sizes[1] + 2
    product = semiseparable.line_product(green, sites.Sites.of(green, x))
    smaller = list(krylov.spaces(product, y, largest=sizes[1] - 1))[-1]
    alpha = smaller.coordinates / (smaller.values + float(path.multipliers[0]))
    assert smaller.left_out(alpha) > 0.5 * paths.TOLERANCE * smaller.norm
