"""Functions that cost nothing, and points that count more: fits against dense saddle points, repetition and splines."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.interpolate import make_smoothing_spline
from scipy.optimize import minimize_scalar

import selfdistill as sd
from selfdistill import greens

Array = np.ndarray
GRID = np.linspace(-0.2, 1.2, 29)
LINES = [np.ones_like, lambda x: x]
METHODS = ["spectral", "krylov", "cholesky"]
PERIODIC = greens.PeriodicSobolev(2, "zero")


def bare(x: Array, s: Array) -> Array:
    """The kernel of the cubic smoothing spline, which does not say what it takes to cost nothing."""
    return np.abs(x - s) ** 3 / 12


class Yearly:
    """A kernel of period one on the whole line."""

    period = 1.0

    def __call__(self, x: Array, s: Array) -> Array:
        return PERIODIC(np.mod(x, 1.0), np.mod(s, 1.0))


def saddle(
    green: Any, x: Array, y: Array, c: float, null: list, weights: Array | None = None
) -> Callable[[Array], Array]:
    """The fit from the equations (c W^{-1} + G) a + P beta = y, P^T a = 0 themselves, by one dense solve."""
    size = len(x)
    shares = np.ones(size) if weights is None else weights / np.mean(weights)

    def values(t: Array) -> Array:
        return np.stack([function(t) for function in null], axis=-1)

    gram, columns = green(x[:, None], x) / size, values(x)
    q = columns.shape[1]
    top = np.hstack([gram + np.diag(c / shares), columns])
    whole = np.vstack([top, np.hstack([columns.T, np.zeros((q, q))])])
    solution = np.linalg.solve(whole, np.concatenate([y, np.zeros((q, *y.shape[1:]))]))
    return lambda t: green(t[:, None], x) / size @ solution[:size] + values(t) @ solution[size:]


def least_squares(x: Array, y: Array, null: list, weights: Array) -> Callable[[Array], Array]:
    columns, root = np.stack([f(x) for f in null], axis=-1), np.sqrt(weights)
    beta = np.linalg.lstsq((columns.T * root).T, (y.T * root).T, rcond=None)[0]
    return lambda t: np.stack([f(t) for f in null], axis=-1) @ beta


@pytest.mark.claim("nullspace")
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([6, 15, 40]), st.booleans(), st.booleans())
def test_every_round_solves_the_saddle_point_and_the_collapse_is_to_least_squares(
    seed: int, order: int, size: int, weighted: bool, outputs: bool
) -> None:
    """Multipliers above 1e-4 of the entries: the dense system then has a condition below 1e7."""
    rng = np.random.default_rng(seed)
    x = rng.choice(np.linspace(0, 1, 2 * size), size)  # some coincide
    x[: order + 1] = np.linspace(0, 1, order + 1)
    y = 5 - 3 * x + np.sin(7 * x) + 0.3 * rng.standard_normal(size)
    y = np.stack([y, y**2], axis=-1) if outputs else y
    weights = rng.uniform(0.2, 3, size) if weighted else np.ones(size)
    green, null = greens.FreeSpace(order), [lambda t, i=i: t**i for i in range(order)]
    rest = ((y - least_squares(x, y, null, weights)(x)).T ** 2 * weights / np.mean(weights)).T
    epsilon = 0.6 * float(np.sum(rest)) / size
    floor = sd.distill(green, x, y, multiplier=1.0, rounds=1, weights=weights, method="spectral").spectrum.floor(y)
    path = sd.distill(green, x, y, epsilon=max(epsilon, 1.2 * floor), weights=weights if weighted else None)
    assert path.collapsed and np.all(np.diff(path.multipliers) > 0)
    gaps = np.diff(path.targets, axis=0).reshape(len(path), size, -1) ** 2
    met = np.sum(gaps * weights[:, None], axis=(1, 2)) / np.sum(weights)
    np.testing.assert_allclose(met, path.epsilon, rtol=1e-9)
    for t, c in enumerate(path.multipliers):
        fit = saddle(green, x, path.targets[t], float(c), null, weights)
        np.testing.assert_allclose(path.targets[t + 1], fit(x), atol=1e-8)
        np.testing.assert_allclose(path.predict(GRID, round=t), fit(GRID), atol=1e-7)
    left = least_squares(x, y, null, weights)
    np.testing.assert_allclose(path.predict(GRID, round=len(path) + 3), left(GRID), atol=1e-10)
    np.testing.assert_allclose(path.null_fit, left(x), atol=1e-11)
    assert path.ratios[-1] <= 1 < np.min(path.ratios[:-1], initial=np.inf)
    columns = np.vander(x, order)
    for a in path.weights:
        assert np.max(np.abs(columns.T @ a)) <= 1e-10 * np.sum(np.abs(a))


@pytest.mark.claim("nullspace")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize(
    ("green", "null"),
    [
        (bare, LINES),
        (bare, lambda x: np.vander(x, 2)),
        (greens.FreeSpace(1), None),
        (greens.FreeSpace(2), [lambda x: x**2]),
        (greens.Gaussian(0.2), LINES),
        (greens.SimplySupportedBeam(), [lambda x: 2.0]),  # vanishes at the ends, where the constant does not
        (greens.Matern(2, 5.0), LINES),
        (Yearly(), LINES),  # the kernel takes for one what the lines hold apart
    ],
    ids=["bare", "one callable", "free", "free and more", "gaussian", "beam", "matern", "trend and season"],
)
def test_every_path_finds_the_fits_of_the_saddle_point(green: Any, null: Any, weighted: bool, method: str) -> None:
    """Multiplier 1e-3: the dense system has a condition below 1e6."""
    rng = np.random.default_rng(5)
    x = np.linspace(0, 1, 9) if isinstance(green, greens.SimplySupportedBeam) else np.arange(40) / 10
    y, weights = 2 + x + np.sin(6 * x) + 0.2 * rng.standard_normal(len(x)), rng.uniform(0.5, 2, len(x))
    own = {greens.FreeSpace(1): 1, greens.FreeSpace(2): 2}.get(green, 0)
    given_ = null if isinstance(null, list) else [lambda t: t, np.ones_like] if null else []
    every = [*(lambda t, i=i: t**i for i in range(own)), *given_]
    every = [(lambda t, f=f: np.broadcast_to(f(t), t.shape)) for f in every]
    options: dict[str, Any] = {"weights": weights} if weighted else {}
    path = sd.distill(green, x, y, multiplier=1e-3, rounds=3, null=null, method=method, **options)
    assert path.method == method
    for t in range(3):
        fit = saddle(green, x, path.targets[t], 1e-3, every, weights if weighted else None)
        np.testing.assert_allclose(path.targets[t + 1], fit(x), atol=1e-9)
        np.testing.assert_allclose(path(x / 2)[t], fit(x / 2), atol=1e-8)
    if method != "cholesky":
        floor = path.spectrum.floor(y)
        loop = sd.distill(green, x, y, epsilon=floor + 0.05, null=null, method=method, **options)
        other = sd.distill(green, x, y, epsilon=floor + 0.05, null=null, **options)
        np.testing.assert_allclose(loop.targets, other.targets, atol=1e-9)
        u = path.spectrum.eigenvectors
        np.testing.assert_allclose(u.T @ u, np.eye(u.shape[1]), atol=1e-12)
        scale = path.spectrum.eigenvalues[-1]
        np.testing.assert_allclose((u * path.spectrum.eigenvalues) @ u.T, path.spectrum.gram, atol=1e-12 * scale)
        kept = np.exp(path.log_shrinkage[-1]) * path.spectrum.coordinates(y).T
        root = np.sqrt(path.data_weights)
        np.testing.assert_allclose(root * (path.targets[-1] - path.null_fit), u @ kept, atol=1e-9)


@pytest.mark.claim("weights")
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([*METHODS, "auto"]), st.integers(0, 3))
def test_a_whole_weight_is_a_repetition(seed: int, method: str, number: int) -> None:
    rng = np.random.default_rng(seed)
    green = [greens.BrownianBridge(), greens.Matern(1, 3.0), greens.FreeSpace(2), greens.Matern(2, 4.0)][number]
    x = rng.choice(np.linspace(0.05, 0.95, 40), 15)
    w = rng.integers(1, 5, 15)
    y = rng.standard_normal((15, 2)) if method != "krylov" else rng.standard_normal(15)
    many_x, many_y = np.repeat(x, w), np.repeat(y, w, axis=0)
    options: dict[str, Any] = {"multiplier": 1e-2, "rounds": 3}
    if method != "cholesky":
        once = sd.distill(green, many_x, many_y, multiplier=1.0, rounds=1, method="spectral")
        floor = once.spectrum.floor(many_y)
        rest = float(np.sum((many_y - once.null_fit) ** 2)) / len(many_x)
        options = {"epsilon": floor + 0.3 * (rest - floor)}
    one = sd.distill(green, x, y, weights=7.5 * w, method=method, **options)
    many = sd.distill(green, many_x, many_y, method=method, **options)
    assert len(one) == len(many) and one.collapsed == many.collapsed
    np.testing.assert_allclose(one.multipliers, many.multipliers, rtol=1e-8)
    np.testing.assert_allclose(one.energies, many.energies, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(np.repeat(one.targets, w, axis=1), many.targets, atol=1e-9)
    inside = np.linspace(0.05, 0.95, 20)
    np.testing.assert_allclose(one(inside), many(inside), atol=1e-7)
    if method != "cholesky":
        np.testing.assert_allclose(one.ratios, many.ratios, rtol=1e-9)


def test_equal_weights_are_none() -> None:
    x, y = [0.1, 0.3, 0.8], [1.0, -1.0, 2.0]
    plain = sd.distill(greens.BrownianBridge(), x, y, epsilon=0.2)
    assert sd.distill(greens.BrownianBridge(), x, y, epsilon=0.2, weights=[3, 3, 3]) == plain
    np.testing.assert_array_equal(plain.data_weights, np.ones(3))
    np.testing.assert_array_equal(plain.null_fit, np.zeros(3))


def test_the_weighted_floor_is_the_weighted_scatter() -> None:
    """Two labels at one point, of weights 1 and 3: their mean is missed by a weighted mean square of 3/16·gap²."""
    x, y, w = [0.5, 0.5, 0.2], [0.0, 4.0, 1.0], [1.0, 3.0, 4.0]
    for method in ("spectral", "krylov"):
        with pytest.raises(sd.InfeasibleError, match="coincide") as caught:
            sd.distill(greens.BrownianBridge(), x, y, epsilon=0.1, weights=w, method=method)
        assert caught.value.floor == pytest.approx(3 / 16 * 16 * 4 / 8, rel=1e-14)


def test_a_floor_beside_a_null_space_is_known_exactly() -> None:
    """The beam vanishes at both ends; a constant meets the mean of the two labels there, and half their gap is left."""
    x = np.linspace(0, 1, 11)
    y = 3 + x + np.sin(9 * x)
    gap = y[-1] - y[0]
    for method in ("spectral", "krylov"):
        with pytest.raises(sd.InfeasibleError, match="every function that costs something vanishes") as caught:
            sd.distill(greens.SimplySupportedBeam(), x, y, epsilon=1e-3, null=[np.ones_like], method=method)
        assert caught.value.floor == pytest.approx(gap**2 / 2 / 11, rel=1e-13)


@pytest.mark.claim("nullspace")
@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([-1e6, 0.0, 1e6]), st.sampled_from([1e-6, 1.0, 1e6])
)
def test_a_null_function_added_to_the_labels_is_added_to_every_fit(
    seed: int, order: int, shift: float, unit: float
) -> None:
    """Moved and stretched x: multipliers change with the unit alone, by unit^(2p-1), as g does."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 1, 20))
    y, line = np.sin(9 * x) + 0.2 * rng.standard_normal(20), np.polyval(10 * rng.standard_normal(order), x)
    green = greens.FreeSpace(order)
    plain, moved = sd.distill(green, x, y, epsilon=0.05), sd.distill(green, unit * x + shift, y + line, epsilon=0.05)
    assert len(plain) == len(moved)
    lost = 1e-9 + 1e-15 * abs(shift) / unit  # the points themselves are rounded
    if lost < 1e-4:
        np.testing.assert_allclose(moved.targets - line, plain.targets, atol=100 * lost * 10)
        np.testing.assert_allclose(moved.multipliers / unit ** (2 * order - 1), plain.multipliers, rtol=1e4 * lost)


# ------------------------------------------------------------------------------------------------- smoothing splines


def reinsch(x: Array, y: Array, w: Array, lam: float, digits: int = 50) -> Array:
    """The natural cubic smoothing spline at the points, to so many digits, by the banded system for its curvatures.

    With h the steps, Q^T y second divided differences and R the Gram matrix of hat functions, (R + lam Q^T W^{-1} Q) u
    = Q^T y, and the fit is y - lam W^{-1} Q u. Nothing here knows of a Green's function.
    """
    mp = mpmath.mp.clone()
    mp.dps = digits
    h = [mp.mpf(float(b)) - mp.mpf(float(a)) for a, b in pairwise(x)]
    n = len(x) - 2
    q = [(1 / h[j], -1 / h[j] - 1 / h[j + 1], 1 / h[j + 1]) for j in range(n)]
    inverse = [1 / mp.mpf(float(v)) for v in w]
    bands = [[mp.mpf(0)] * n for _ in range(3)]
    for j in range(n):
        for i in range(j, min(n, j + 3)):
            bands[i - j][j] = lam * sum(q[j][k - j] * q[i][k - i] * inverse[k] for k in range(max(i, j), min(i, j) + 3))
        bands[0][j] += (h[j] + h[j + 1]) / 3
        if j + 1 < n:
            bands[1][j] += h[j + 1] / 6
    u = [sum(q[j][k] * mp.mpf(float(y[j + k])) for k in range(3)) for j in range(n)]
    for j in range(n):  # Cholesky without roots, in the band
        for k in (1, 2):
            if j + k < n:
                factor = bands[k][j] / bands[0][j]
                u[j + k] -= factor * u[j]
                bands[0][j + k] -= factor * bands[k][j]
                if k == 1 and j + 2 < n:
                    bands[1][j + 1] -= factor * bands[2][j]
    for j in reversed(range(n)):
        u[j] = (u[j] - sum(bands[k][j] * u[j + k] for k in (1, 2) if j + k < n)) / bands[0][j]
    moved = [mp.mpf(0)] * len(x)
    for j in range(n):
        for k in range(3):
            moved[j + k] += q[j][k] * u[j]
    return np.array([float(mp.mpf(float(v)) - lam * inverse[k] * moved[k]) for k, v in enumerate(y)])


@pytest.mark.claim("nullspace")
@pytest.mark.parametrize("size", [5, 50, 500])
@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
def test_one_fit_is_the_cubic_smoothing_spline(size: int, weighted: bool) -> None:
    """SciPy's spline at lam = K·c, and where the two differ, 50 digits decide: ours is not the one that is off.

    The banded system of SciPy has the condition lam/h³; ours d_max/c. So each is good where the other is not.
    """
    rng = np.random.default_rng(size)
    x = np.sort(rng.uniform(0, 1, size))
    y, w = np.sin(8 * x) + 3 * x + 0.3 * rng.standard_normal(size), rng.uniform(0.3, 3, size)
    w = w / np.mean(w) if weighted else np.ones(size)
    for c in (1e-2, 1e-4, 1e-6, 1e-8):
        path = sd.distill(greens.FreeSpace(2), x, y, multiplier=c, rounds=1, weights=w if weighted else None)
        exact = reinsch(x, y, w, size * c)
        ours = float(np.max(np.abs(path.targets[1] - exact)))
        assert ours <= max(10 * path.accuracy, 1e-13) * np.linalg.norm(y)
        spline = make_smoothing_spline(x, y, lam=size * c, w=w)
        gap = float(np.max(np.abs(path.targets[1] - spline(x))))
        theirs = float(np.max(np.abs(spline(x) - exact)))
        assert gap <= theirs + ours + 1e-15
        if size < 500 or c < 1e-5:  # SciPy's banded system is solvable
            assert gap <= 1e-6
            inside = np.linspace(x[0], x[-1], 101)
            np.testing.assert_allclose(path.predict(inside, round=0), spline(inside), atol=1e-6)


@pytest.mark.claim("nullspace")
@pytest.mark.parametrize(
    ("lam", "freedom", "misfit", "gcv"),
    [(9.672776e-05, 8.494168, 3.59204, 0.7155391), (3.911187e-06, 15.259, 0.4973656, 1.191602)],
)
def test_the_figures_of_smooth_spline_in_r(lam: float, freedom: float, misfit: float, gcv: float) -> None:
    """Labels and printed figures: the example y18 of R's smooth.spline, tests/Examples/stats-Ex.Rout.save of R.

    R integrates squares of second derivatives with 0.3330 for a third (src/library/stats/src/sgram.f). The exact
    energy gives its figures to 5e-3. With its own energy, a semi-norm with the same null space, whose kernel is the
    pseudo-inverse of a matrix, all its printed digits come.
    """
    y = np.array([1, 2, 3, 5, 4, 7, 6, 5, 4, 3, 4, 6, 8, 10, 10, 10, 10, 10], dtype=float)
    x, index = np.linspace(0, 1, 18), np.arange(18)
    second = 17 * (np.eye(18)[:-2] - 2 * np.eye(18)[1:-1] + np.eye(18)[2:]).T  # divided differences on steps of 1/17
    hat = (np.eye(16) * 4 + np.eye(16, k=1) + np.eye(16, k=-1)) / (6 * 17)  # Gram matrix of hat functions
    rounded = (np.eye(16) * 2 * 0.333 + (np.eye(16, k=1) + np.eye(16, k=-1)) * (0.5 - 0.333)) / 17
    curve = np.linalg.solve(hat, second.T)
    kernel = np.linalg.pinv(curve.T @ rounded @ curve, hermitian=True)
    exact = sd.distill(greens.FreeSpace(2), x, y, multiplier=lam / 18, rounds=1, method="spectral")
    theirs = sd.distill(
        lambda i, j: kernel[i.astype(int), j.astype(int)],
        index,
        y,
        multiplier=lam / 18,
        rounds=1,
        method="spectral",
        null=[np.ones_like, lambda i: i],
    )
    for path, rtol in ((exact, 5e-3), (theirs, 1e-6)):  # half a unit of the last digit, theirs and that of lam
        d = path.spectrum.eigenvalues
        trace, squares = 2 + float(np.sum(d / (d + lam / 18))), float(np.sum((y - path.targets[1]) ** 2))
        found = [trace, squares, squares / 18 / (1 - trace / 18) ** 2]
        np.testing.assert_allclose(found, [freedom, misfit, gcv], rtol=rtol)


@pytest.mark.claim("nullspace", "semiseparable")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_spline_through_many_points_costs_a_few_short_sums(order: int) -> None:
    """Far from zero, where powers of x alone would lose all digits; against a dense factorisation."""
    rng = np.random.default_rng(order)
    x = 1000 + np.sort(rng.uniform(0, 3, 1200))
    y = x + np.sin(4 * x) + 0.3 * rng.standard_normal(1200)
    fast = sd.distill(greens.FreeSpace(order), x, y, multiplier=1e-4, rounds=2)
    dense = sd.distill(greens.FreeSpace(order), x, y, multiplier=1e-4, rounds=2, method="cholesky")
    assert "O(K) a product" in fast.reason
    scale, around = float(np.linalg.norm(y - dense.null_fit)), np.linspace(999, 1004, 40)
    np.testing.assert_allclose(fast.targets, dense.targets, atol=10 * (fast.accuracy + dense.accuracy) * scale)
    np.testing.assert_allclose(fast(around), dense(around), atol=1e-8)
    one = sd.distill(greens.FreeSpace(order), x[:5], y[:5], multiplier=1e-4, rounds=1, method="krylov")
    other = sd.distill(greens.FreeSpace(order), x[:5], y[:5], multiplier=1e-4, rounds=1, method="spectral")
    np.testing.assert_allclose(one.targets, other.targets, atol=1e-10)


def test_outside_the_points_the_fit_is_a_straight_line() -> None:
    """SciPy's spline goes on with its last cubic; the function of least energy is linear there."""
    x = np.linspace(0, 1, 12)
    path = sd.distill(greens.FreeSpace(2), x, np.sin(9 * x), multiplier=1e-5, rounds=2)
    outside = path(np.linspace(1, 3, 9))
    assert np.max(np.abs(np.diff(outside, 2, axis=1))) <= 1e-9 < np.max(np.abs(np.diff(path(x), 2, axis=1)))


@pytest.mark.claim("nullspace")
def test_the_spline_by_cross_validation_is_that_of_gcvspl() -> None:
    """To the tolerance of SciPy's own test, 1e-4: two searches for the smallest GCV score do not end at one point."""
    x, y, expected = sd.datasets.gcvspl()
    spectrum = sd.distill(greens.FreeSpace(2), x, y, multiplier=1.0, rounds=1, method="spectral").spectrum
    d, z = spectrum.eigenvalues, spectrum.coordinates(y)
    found = minimize_scalar(
        lambda s: float(sd.statistics.gcv(1 / (1 + d / 10.0**s), z)), bounds=(-8, 0), method="bounded"
    )
    path = sd.distill(greens.FreeSpace(2), x, y, multiplier=10.0**found.x, rounds=1)
    np.testing.assert_allclose(path.targets[1], expected, atol=1e-4, rtol=1e-4)
    choice = sd.choose(greens.FreeSpace(2), x, y, rule="gcv", rounds=False)
    assert abs(np.log10(choice.multiplier) - found.x) <= 1 / 8  # the grid of choose has eight a decade


# ---------------------------------------------------------------------------------------------- choices and refusals


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
def test_choose_scores_what_the_dense_smoother_scores(weighted: bool) -> None:
    """GCV and leave-one-out from the smoother S of the saddle point, marginal likelihood from contrasts."""
    rng = np.random.default_rng(8)
    size, green = 25, greens.FreeSpace(2)
    x = np.sort(rng.uniform(0, 1, size))
    y, w = np.sin(8 * x) + x + 0.3 * rng.standard_normal(size), rng.uniform(0.5, 2, size)
    w = w / np.mean(w) if weighted else np.ones(size)
    options: dict[str, Any] = {"weights": w} if weighted else {}
    root, eye = np.sqrt(w), np.eye(size)
    found = {
        rule: sd.choose(green, x, y, rule=rule, rounds=False, **options) for rule in ("gcv", "cv", "marginal", "sure")
    }
    columns = root[:, None] * np.stack([np.ones(size), x], axis=-1)
    contrasts = np.linalg.svd(columns.T)[2][2:].T
    gram = contrasts.T @ (root[:, None] * green(x[:, None], x) * root / size) @ contrasts
    dense: dict[str, list[float]] = {rule: [] for rule in found}
    tried = found["gcv"].multipliers[24::8]
    for c in tried:
        smoother = saddle(green, x, eye, float(c), LINES, w)(x)
        smoother = root[:, None] * smoother / root
        left = root * y - smoother @ (root * y)
        dense["gcv"].append(np.mean(left**2) / np.mean(1 - np.diag(smoother)) ** 2 * (size - 2) / size)
        dense["cv"].append(np.mean((left / (1 - np.diag(smoother))) ** 2))
        dense["sure"].append(left @ left + 2 * found["sure"].noise * (np.trace(smoother) - 2 - (size - 2) / 2))
        ratio, z = gram / c + np.eye(size - 2), contrasts.T @ (root * y)
        level = z @ np.linalg.solve(ratio, z) / (size - 2)
        dense["marginal"].append((size - 2) / 2 * np.log(level) + np.linalg.slogdet(ratio)[1] / 2)
    for rule, choice in found.items():
        np.testing.assert_allclose(choice.scores[0, 24::8], dense[rule], rtol=1e-6, err_msg=rule)


def test_choose_says_when_nothing_is_left_and_when_a_point_cannot_be_left_out() -> None:
    x = np.linspace(0, 1, 8)
    with pytest.raises(ValueError, match="the labels are null functions"):
        sd.choose(greens.FreeSpace(2), x, 3 - x)
    with pytest.raises(ValueError, match="determined by point 7 alone"):
        sd.choose(greens.FreeSpace(1), x, np.sin(9 * x), null=[lambda t: np.where(t == 1.0, 1.0, 0.0)])


@pytest.mark.parametrize(
    ("null", "words"),
    [
        ([], "null must be functions, or their values"),
        ([np.ones_like, 3], "functions alone"),
        ("lines", "null must be real numbers"),
        (np.ones(4), r"shape \(K, q\) with K = 4"),
        (np.ones((3, 1)), r"shape \(K, q\) with K = 4"),
        ([lambda x: np.ones(3)], r"null\[0\]\(x\) must have shape \(4,\)"),
        ([lambda x: np.full(4, np.nan)], r"null\[0\]\(x\) must be finite"),
        ([np.ones_like, np.ones_like], "2 functions have rank 1 on the 4 distinct points"),
        ([np.zeros_like], "1 functions have rank 0"),
    ],
)
def test_a_null_space_that_cannot_be_is_refused(null: Any, words: str) -> None:
    x, y = np.array([0.1, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, -1.0, 0.5])
    either: list[dict[str, Any]] = [{"epsilon": 0.1}, {"multiplier": 0.1, "rounds": 1}]
    for options in either:
        with pytest.raises(ValueError, match=words):
            sd.distill(greens.BrownianBridge(), x, y, null=null, **options)
    with pytest.raises(ValueError, match=words):
        sd.choose(greens.BrownianBridge(), x, y, null=null)


def test_points_that_do_not_determine_the_null_part_are_refused() -> None:
    with pytest.raises(ValueError, match="3 functions have rank 2 on the 2 distinct points"):
        sd.distill(greens.FreeSpace(3), [0.0, 1.0, 1.0], [0.0, 1.0, 2.0], epsilon=0.1)
    with pytest.raises(ValueError, match="the kernel knows functions of its own"):
        sd.distill(greens.FreeSpace(2), np.linspace(0, 1, 9), np.ones(9), epsilon=0.1, null=LINES)
    exact = sd.distill(greens.FreeSpace(3), [0.0, 1.0, 2.0], [0.0, 1.0, 1.0], epsilon=0.1)  # as many as functions
    assert len(exact) == 0 and exact.collapsed
    np.testing.assert_allclose(exact.predict([3.0], round=0), [0.0], atol=1e-14)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 2, 3], r"shape \(K,\) with K = 4"),
        (1.0, r"shape \(K,\) with K = 4"),
        ([1, 0, 1, 1], r"positive; weights\[1\] is 0.0. Leave a point that does not count out"),
        ([1, 1, -2.5, 1], r"weights\[2\] is -2.5"),
        ([1, 1, np.nan, 1], r"weights\[2\] is nan"),
        ([1, 1, np.inf, 1], r"weights\[2\] is inf"),
        ([1e-320, 1, 1, 1], "ratios that float64 can hold"),
        ("abcd", "weights must be real numbers"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights: Any, words: str) -> None:
    x, y = np.array([0.1, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, -1.0, 0.5])
    either: list[dict[str, Any]] = [{"epsilon": 0.1}, {"multiplier": 0.1, "rounds": 1}]
    for options in either:
        with pytest.raises(ValueError, match=words):
            sd.distill(greens.BrownianBridge(), x, y, weights=weights, **options)
    with pytest.raises(ValueError, match=words):
        sd.choose(greens.BrownianBridge(), x, y, weights=weights)


def test_what_knows_neither_weights_nor_a_null_space_says_so() -> None:
    x = np.arange(1, 9) / 9
    y = np.sin(9 * x)
    beam = greens.SimplySupportedBeam()
    either: list[dict[str, Any]] = [{"weights": x}, {"null": LINES}]
    for options in either:
        with pytest.raises(ValueError, match="knows neither weights nor a null space"):
            sd.distill(beam, x, y, epsilon=0.1, method="sine", **options)
        path = sd.distill(beam, x, y, epsilon=0.01, **options)
        assert path.method == "spectral" and len(path) > 0 and not path.plain
        for refused in (
            lambda path=path: sd.equivalent.EquivalentKernel(path, 0),
            lambda path=path: sd.statistics.basis_functions(beam, x, x, path.spectrum),
            lambda path=path: sd.statistics.discrepancy(path.spectrum, y, 0.1),
        ):
            with pytest.raises(ValueError, match="knows neither weights nor a null space"):
                refused()
        many = sd.distillation.multipliers(path.spectrum, y[:, None], epsilon=0.01, rounds=len(path))
        np.testing.assert_allclose(many[:, 0], path.multipliers, rtol=1e-10)


def test_many_points_of_a_long_sum_take_weights_and_lines() -> None:
    """5,000 points, O(K) a product: the same as the plain problem on repeated points."""
    rng = np.random.default_rng(6)
    x, w = np.sort(rng.uniform(0, 1, 5000)), rng.integers(1, 3, 5000)
    y = 1 + x + np.sin(9 * x) + 0.3 * rng.standard_normal(5000)
    green = greens.Matern(2, 5.0)
    one = sd.distill(green, x, y, multiplier=1e-5, rounds=2, weights=w, null=LINES)
    many = sd.distill(green, np.repeat(x, w), np.repeat(y, w), multiplier=1e-5, rounds=2, null=LINES)
    assert one.method == many.method == "krylov"
    np.testing.assert_allclose(np.repeat(one.targets, w, axis=1), many.targets, atol=1e-9)
    np.testing.assert_allclose(one(GRID), many(GRID), atol=1e-8)


def test_a_product_of_the_readers_own_is_the_plain_one() -> None:
    rng = np.random.default_rng(7)
    x, w = np.sort(rng.uniform(0, 1, 60)), rng.uniform(0.5, 2, 60)
    y = x + np.sin(9 * x) + 0.2 * rng.standard_normal(60)
    gram = bare(x[:, None], x) / 60
    given_ = sd.distill(bare, x, y, epsilon=0.05, weights=w, null=LINES, product=lambda v: gram @ v)
    plain = sd.distill(greens.FreeSpace(2), x, y, epsilon=0.05, weights=w)
    np.testing.assert_allclose(given_.targets, plain.targets, atol=1e-9)
    np.testing.assert_allclose(given_(GRID), plain(GRID), atol=1e-7)


def test_a_matrix_gives_the_fits_at_the_points_alone() -> None:
    x = np.linspace(0, 1, 12)
    y = 2 - x + np.sin(9 * x)
    known = sd.distill(greens.Gaussian(0.2), x, y, epsilon=0.01, null=LINES)
    matrix = sd.distill(greens.Gaussian(0.2), x, y, epsilon=0.01, null=np.stack([np.ones(12), x], axis=-1))
    np.testing.assert_allclose(matrix.targets, known.targets, atol=1e-12)
    for ask in (lambda: matrix(x), lambda: matrix.predict(x, round=0), lambda: matrix.predict(x, round=10**6)):
        with pytest.raises(ValueError, match="given as a matrix at the points"):
            ask()


def test_a_path_with_weights_and_lines_is_a_value() -> None:
    x, w = np.linspace(0, 1, 12), np.linspace(1, 2, 12)
    path = sd.distill(greens.FreeSpace(2), x, np.sin(9 * x), epsilon=0.01, weights=w)
    again = pickle.loads(pickle.dumps(path))
    assert again == path and hash(again) == hash(path)
    np.testing.assert_array_equal(again(x), path(x))
    assert path != sd.distill(greens.FreeSpace(2), x, np.sin(9 * x), epsilon=0.01)
    for array in (path.data_weights, path.null_fit, path.targets, path.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize("method", [*METHODS, "auto"])
def test_labels_that_are_null_functions_are_met_and_stay(method: str) -> None:
    """Also as many points as null functions, where no penalised coordinate is left."""
    for x in (np.linspace(0, 1, 300), np.array([0.0, 1.0])):
        y = 3 - 2 * x
        path = sd.distill(greens.FreeSpace(2), x, y, multiplier=0.1, rounds=2, method=method)
        np.testing.assert_allclose(path.targets, np.stack([y] * 3), atol=1e-13)
        np.testing.assert_allclose(path(GRID), np.stack([3 - 2 * GRID] * 2), atol=1e-12)
        np.testing.assert_allclose(path.energies, 0.0, atol=1e-25)
        assert path.log_shrinkage.shape == (2, len(x) - 2)
        if method != "cholesky":
            loop = sd.distill(greens.FreeSpace(2), x, y, epsilon=1e-3, method=method)
            assert len(loop) == 0 and loop.collapsed and loop.weights.shape == (0, len(x))
            np.testing.assert_allclose(loop.predict(GRID, round=5), 3 - 2 * GRID, atol=1e-12)
