"""Every option passes the same door: the method, the product and the multiplier check what epsilon checks."""

from __future__ import annotations

import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import selfdistill as sd
from selfdistill.gram import check_semidefinite, cross, entries, gram_matrix
from selfdistill.kernel import number

G = sd.greens
BRIDGE = G.BrownianBridge()
X, Y = np.array([0.1, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, -1.0, 0.5])
EITHER = [{"epsilon": 0.3}, {"multiplier": 0.3}]


def bare(x: np.ndarray, s: np.ndarray) -> Any:
    """The kernel of the cubic smoothing spline, without a word of the lines that it takes to cost nothing."""
    return np.abs(x - s) ** 3 / 12


def line(x: np.ndarray, s: np.ndarray) -> Any:
    return -np.minimum(x, s)


@pytest.mark.parametrize("options", EITHER, ids=["epsilon", "multiplier"])
@pytest.mark.parametrize(
    ("green", "more", "words"),
    [
        (BRIDGE, {"method": "nonsense"}, "method must be one of"),
        (BRIDGE, {"method": "sine"}, "needs SimplySupportedBeam"),
        (BRIDGE, {"product": 3}, "product must be a callable"),
        (BRIDGE, {"product": lambda v: BRIDGE(X[:, None], X) @ v}, "1/K included"),
        (BRIDGE, {"product": lambda v: v, "method": "spectral"}, "Leave one out"),
        (line, {}, "positive semidefinite"),
        (line, {"method": "krylov"}, "positive semidefinite"),
        (bare, {}, "positive semidefinite.*the option null"),
        (bare, {"method": "krylov"}, "positive semidefinite.*the option null"),
        (lambda x, s: 1 - 4 * (x - s) ** 2, {}, "positive semidefinite"),
        (G.BrownianBridge, {}, r"the class BrownianBridge.*BrownianBridge\(\.\.\.\)"),
        ("kernel", {}, "callable"),
        (BRIDGE, {"rounds": np.inf}, "rounds must be a whole number.*inf"),
        (BRIDGE, {"rounds": np.nan}, "rounds must be a whole number.*nan"),
        (BRIDGE, {"rounds": True}, "rounds must be a whole number.*True"),
        (BRIDGE, {"rounds": "2"}, "rounds must be a whole number.*'2'"),
    ],
)
def test_what_epsilon_refuses_a_fixed_multiplier_refuses(green: Any, more: dict, words: str, options: dict) -> None:
    with pytest.raises(ValueError, match=words):
        sd.distill(green, X, Y, **{"rounds": 2, **options, **more})


@pytest.mark.parametrize("value", ["0.3", b"0.3", True, np.nan, np.inf, 0, -1.0, 1j, [0.3], np.ma.masked, "text"])
@pytest.mark.parametrize("name", ["epsilon", "multiplier"])
def test_what_is_no_positive_number_is_refused_with_its_value(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be finite and positive; it is "):
        sd.distill(BRIDGE, X, Y, **{name: value, "rounds": 1})


@pytest.mark.parametrize("value", [Decimal("0.25"), Fraction(1, 4), np.float32(0.25), np.array(0.25)])
def test_other_kinds_of_numbers_are_numbers(value: Any) -> None:
    assert sd.distill(BRIDGE, X, Y, epsilon=value) == sd.distill(BRIDGE, X, Y, epsilon=0.25)


def test_a_round_is_a_whole_number() -> None:
    path = sd.distill(BRIDGE, X, Y, epsilon=0.3)
    for bad in (True, 0.5, "0", np.nan, np.inf, -1, None):
        with pytest.raises(ValueError, match="round must be a whole number"):
            path.predict([0.2], round=bad)  # type: ignore[arg-type]
    np.testing.assert_array_equal(path.predict([0.2], round=int(np.int64(0))), path.predict([0.2], round=0))


@pytest.mark.parametrize("method", ["cholesky", "spectral", "krylov", "sine"])
@pytest.mark.parametrize("green", [G.SimplySupportedBeam(), G.Gaussian(0.2)], ids=repr)
def test_a_fixed_multiplier_is_the_same_on_every_path(green: Any, method: str) -> None:
    """Dense solves, to the errors that float64 has at c = 1e-3 (condition of c + G at most 1e3)."""
    x = np.arange(1, 31) / 31
    y = np.sin(7 * x) + np.cos(40 * x)
    if method == "sine" and not isinstance(green, G.SimplySupportedBeam):
        with pytest.raises(ValueError, match="needs SimplySupportedBeam"):
            sd.distill(green, x, y, multiplier=1e-3, rounds=4, method=method)
        return
    path = sd.distill(green, x, y, multiplier=1e-3, rounds=4, method=method)
    assert (path.method, path.collapsed, len(path)) == (method, False, 4)
    gram, target = green(x[:, None], x) / 30, y
    for t in range(4):
        weights = np.linalg.solve(gram + 1e-3 * np.eye(30), target)
        target = gram @ weights
        np.testing.assert_allclose(path.targets[t + 1], target, atol=1e-11)
        np.testing.assert_allclose(path.predict([0.25], round=t), green(0.25, x) @ weights / 30, atol=1e-11)
        assert path.energies[t] == pytest.approx(weights @ gram @ weights / 30, rel=1e-9)


@pytest.mark.parametrize("method", ["tridiagonal", "krylov"])
def test_many_points_with_a_fixed_multiplier_cost_a_few_products(method: str) -> None:
    x = np.linspace(0, 1, 40_002)[1:-1] ** 1.1
    y = np.sin(9 * x)
    path = sd.distill(BRIDGE, x, y, multiplier=1e-3, rounds=3, method="auto" if method == "tridiagonal" else method)
    # the sums of each round lose a few last digits of smooth labels
    assert path.method == method and 3 * np.finfo(float).eps * np.sqrt(len(x)) < path.accuracy < 1e-9
    half = np.diff(np.diff(path.targets[1:, ::400], axis=0), axis=0)
    assert np.all(np.isfinite(half)) and np.all(np.diff(np.linalg.norm(path.targets, axis=1)) < 0)


def test_a_product_that_is_a_little_off_counts_in_the_accuracy() -> None:
    x = np.linspace(0.1, 0.9, 300) ** 1.2
    gram, y = BRIDGE(x[:, None], x) / 300, np.sin(9 * x) + 0.3 * np.cos(80 * x)
    off = gram * (1 + 1e-8 * np.cos(np.arange(300))[:, None] * np.cos(np.arange(300)))
    exact = sd.distill(BRIDGE, x, y, epsilon=0.05, rounds=2)
    with pytest.warns(sd.AccuracyWarning):
        near = sd.distill(BRIDGE, x, y, epsilon=0.05, rounds=2, product=lambda v: off @ v)
    error = np.max(np.linalg.norm(near.targets - exact.targets, axis=1)) / np.linalg.norm(y)
    assert 1e-11 < error <= 10 * near.accuracy


def test_a_product_may_miss_the_kernel_by_a_millionth_of_its_largest_entry() -> None:
    x = np.linspace(0.1, 0.9, 300) ** 1.2
    gram, y = BRIDGE(x[:, None], x) / 300, np.sin(9 * x)
    with pytest.warns(sd.AccuracyWarning):
        sd.distill(BRIDGE, x, y, epsilon=0.05, rounds=1, product=lambda v: 1.0000009 * (gram @ v))
    with pytest.raises(ValueError, match="disagrees with g"):
        sd.distill(BRIDGE, x, y, epsilon=0.05, rounds=1, product=lambda v: 1.0000012 * (gram @ v))


@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_the_full_number_of_rounds_is_collapsed(method: str) -> None:
    whole = sd.distill(BRIDGE, X, Y, epsilon=0.3, method=method)
    assert whole.collapsed
    for rounds in range(1, len(whole) + 2):
        part = sd.distill(BRIDGE, X, Y, epsilon=0.3, rounds=rounds, method=method)
        assert part.collapsed == (rounds >= len(whole))
        assert part.collapsed == (part.ratios[-1] <= 1)
    assert sd.distill(BRIDGE, X, Y, epsilon=0.3, rounds=len(whole)).predict([0.2], round=len(whole)) == [0.0]


def test_too_many_rounds_are_refused_before_any_work() -> None:
    def never(x: Any, s: Any) -> Any:
        raise AssertionError("the kernel was called")

    with pytest.raises(ValueError, match=r"more than 27,7.. rounds until the collapse"):
        sd.distill(never, X, Y, epsilon=np.mean(Y**2) / 27_800**2)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")

    monkeypatch.setattr(sd, "import_module", missing)
    with pytest.raises(ImportError, match=r"needs matplotlib.*pip install 'selfdistill\[book\]'"):
        sd.__getattr__("figures")


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_a_kernel_may_miss_symmetry_by_rounding_beside_its_largest_entry(unit: float) -> None:
    """By 1e-10 of it, in any unit of the kernel; what is built is symmetric then."""
    x = np.array([0.2, 0.5, 0.9])

    def leaning(by: float) -> np.ndarray:
        return gram_matrix(lambda x, s: unit * (np.minimum(x, s) + 0.9 * by * (x < s)), x)

    near = leaning(0.9e-10)
    np.testing.assert_array_equal(near, near.T)
    with pytest.raises(ValueError, match="g must be symmetric"):
        leaning(1.2e-10)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_a_matrix_may_be_negative_by_rounding_beside_its_norm(unit: float) -> None:
    """The shift by 1e-10 of the largest sum of a row is above -1e-11 and below -1e-9, in any unit."""
    for negative, refused in ((-1e-11, False), (-1e-9, True)):
        gram = unit * np.diag([1.0, 0.5, negative])
        if refused:
            with pytest.raises(ValueError, match="must be positive semidefinite"):
                check_semidefinite(gram)
        else:
            check_semidefinite(gram)


def test_points_of_other_dimensions_are_no_points_of_one_space() -> None:
    """Two and three coordinates, and one on the line."""
    for s in (np.zeros((2, 3)), np.zeros(2)):
        with pytest.raises(ValueError, match="do not live in one space"):
            cross(G.Radial("gaussian", 1.0), np.zeros((4, 2)), s)


def test_the_masked_entry_of_a_kernel_is_named() -> None:
    def with_a_hole(x: np.ndarray, s: np.ndarray) -> Any:
        return np.ma.array(x + s, mask=(x == 0.3) & (s == 0.5))

    with pytest.raises(ValueError, match=r"g\(0\.3, 0\.5\) is masked"):
        entries(with_a_hole, X, X)


def test_a_masked_number_is_refused_and_not_converted() -> None:
    """NumPy would make it NaN, with a warning of its own."""
    with warnings.catch_warnings(), pytest.raises(ValueError, match="epsilon"):
        warnings.simplefilter("error")
        number(np.ma.masked, "epsilon")
