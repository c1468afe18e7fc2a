"""Closed forms keep their digits near the ends of the domain: each against the textbook formula in 140 digits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import selfdistill as sd
from selfdistill import greens
from selfdistill.greens import GreensFunction

EPS = float(np.finfo(float).eps)
mpf = mpmath.mpf

# Both ends of [0, 1], from where the distance to an end is a few roundings of one; and points anywhere.
NEAR = st.floats(1e-15, 0.5)
ANYWHERE = st.one_of(NEAR, NEAR.map(lambda u: 1.0 - u), st.floats(1e-30, 1.0), st.sampled_from([0.0, 0.5, 1.0]))
POINTS = st.lists(ANYWHERE, min_size=2, max_size=7, unique=True)


def _bernoulli(degree: int, u: Any) -> Any:
    return mpmath.bernpoly(degree, u) / mpmath.factorial(degree)


EXACT: dict[type, Callable[[Any, Any, Any], Any]] = {
    greens.BrownianBridge: lambda k, m, M: m * (1 - M),
    greens.BrownianMotion: lambda k, m, M: m,
    greens.ExponentialDirichlet: lambda k, m, M: (
        mpmath.sinh(mpf(k.a) * m) * mpmath.sinh(mpf(k.a) * (1 - M)) / (mpf(k.a) * mpmath.sinh(k.a))
    ),
    greens.ExponentialNeumann: lambda k, m, M: (
        mpmath.cosh(mpf(k.a) * m) * mpmath.cosh(mpf(k.a) * (1 - M)) / (mpf(k.a) * mpmath.sinh(k.a))
    ),
    greens.SimplySupportedBeam: lambda k, m, M: m * (1 - M) * (2 * M - m**2 - M**2) / 6,
    greens.ClampedBeam: lambda k, m, M: m**2 * (1 - M) ** 2 * (3 * M - m - 2 * m * M) / 6,
    greens.Cantilever: lambda k, m, M: m**2 * (3 * M - m) / 6,
    greens.Lidstone: lambda k, m, M: (
        (-1) ** (k.order + 1)
        * mpf(2) ** (2 * k.order - 1)
        * (_bernoulli(2 * k.order, (M - m) / 2) - _bernoulli(2 * k.order, (M + m) / 2))
    ),
    greens.PeriodicSobolev: lambda k, m, M: (
        (-1) ** (k.order + 1) * _bernoulli(2 * k.order, M - m) + int(k.mean == "penalised")
    ),
    greens.Matern: lambda k, m, M: (
        (M - m) ** (mpf(k.order) - 0.5)
        * mpmath.besselk(mpf(k.order) - 0.5, mpf(k.a) * (M - m))
        / (mpmath.sqrt(mpmath.pi) * mpmath.factorial(k.order - 1) * (2 * mpf(k.a)) ** (mpf(k.order) - 0.5))
        if m < M
        else mpmath.gamma(mpf(k.order) - 0.5)
        / (2 * mpmath.sqrt(mpmath.pi) * mpmath.factorial(k.order - 1) * mpf(k.a) ** (2 * k.order - 1))
    ),
    greens.Gaussian: lambda k, m, M: (
        mpmath.exp(-(((M - m) / mpf(k.sigma)) ** 2) / 2) / (mpmath.sqrt(2 * mpmath.pi) * mpf(k.sigma))
    ),
    greens.FreeSpace: lambda k, m, M: (
        (-1) ** k.order * (M - m) ** (2 * k.order - 1) / (2 * mpmath.factorial(2 * k.order - 1))
    ),
}

# Kernels whose own last digits are right everywhere.
RELATIVE = [
    greens.BrownianBridge(),
    greens.BrownianMotion(),
    greens.SimplySupportedBeam(),
    greens.ClampedBeam(),
    greens.Cantilever(),
    *(greens.Lidstone(order=p) for p in (1, 2, 3, 4)),
    *(greens.FreeSpace(order=p) for p in (1, 2, 3)),
]
# An exponential or a change of sign: right in units of g(x, x). e^{−z} has z roundings, but e^{−z} z < 1.
ABSOLUTE = [
    *(greens.ExponentialDirichlet(a=a) for a in (1e-200, 1e-9, 3.0, 200.0)),
    *(greens.ExponentialNeumann(a=a) for a in (0.1, 3.0, 200.0)),
    *(greens.PeriodicSobolev(order=p, mean=mean) for p in (1, 2, 3, 4) for mean in ("penalised", "zero")),
    *(greens.Matern(order=p, a=2.5) for p in (1, 2, 3, 9)),
    greens.Gaussian(sigma=0.3),
]
WITH_GENERATORS = [k for k in [*RELATIVE, *ABSOLUTE] if k.generators(np.array([0.5])) is not None]


def exact(kernel: GreensFunction, x: float, s: float) -> Any:
    """g(x, s) in 140 digits, of which the textbook formulas lose up to 120."""
    return EXACT[type(kernel)](kernel, mpf(min(x, s)), mpf(max(x, s)))


@pytest.mark.claim("green-list", "green-lidstone", "green-free")
@pytest.mark.parametrize("kernel", RELATIVE, ids=repr)
@given(x=ANYWHERE, s=ANYWHERE)
@settings(max_examples=150)
def test_values_are_right_to_their_own_last_digits(kernel: GreensFunction, x: float, s: float) -> None:
    with mpmath.workdps(140):
        true = exact(kernel, x, s)
        # at most fifteen roundings a formula, none of them enlarged by a difference
        assert abs(mpf(float(kernel(x, s))) - true) <= 16 * EPS * abs(true)


@pytest.mark.claim("green-list", "green-matern")
@pytest.mark.parametrize("kernel", ABSOLUTE, ids=repr)
@given(x=ANYWHERE, s=ANYWHERE)
@settings(max_examples=60)
def test_values_are_right_in_units_of_the_diagonal(kernel: GreensFunction, x: float, s: float) -> None:
    with mpmath.workdps(140):
        unit = mpmath.sqrt(exact(kernel, x, x) * exact(kernel, s, s))
        assert abs(mpf(float(kernel(x, s))) - exact(kernel, x, s)) <= 16 * EPS * unit


def products(kernel: GreensFunction, x: np.ndarray) -> np.ndarray:
    """The upper triangle of the kernel at ascending points, from its generators."""
    parts = kernel.generators(x)
    assert parts is not None
    r = parts.rate * (x - x[:, None])
    decay = np.exp(-np.triu(r)) * np.polynomial.polynomial.polyval(
        np.triu(r), [w / float(sympy.factorial(n)) for n, w in enumerate(parts.weights)]
    )
    return np.triu(decay * (parts.left.T @ parts.right))


@pytest.mark.claim("semiseparable")
@pytest.mark.parametrize("kernel", WITH_GENERATORS, ids=repr)
@given(points=POINTS)
@settings(max_examples=60)
def test_generators_lose_at_most_a_digit(kernel: GreensFunction, points: list[float]) -> None:
    """Relative to the largest entry: near 0, near 1, near both at once; two digits where the mean is zero."""
    x = np.sort(points)
    values = np.triu(kernel(x[:, None], x))
    digits = 256 if getattr(kernel, "mean", None) == "zero" else 32
    assert np.max(np.abs(products(kernel, x) - values)) <= digits * EPS * np.max(np.abs(values))


@pytest.mark.claim("semiseparable")
@pytest.mark.parametrize("kernel", [greens.SimplySupportedBeam(), greens.ClampedBeam(), greens.Lidstone(4)], ids=repr)
def test_twice_the_generators_only_for_clusters_at_both_ends(kernel: GreensFunction) -> None:
    def count(x: np.ndarray) -> int:
        parts = kernel.generators(x)
        assert parts is not None and parts.left.shape == parts.right.shape
        return len(parts.left)

    few, near = count(np.linspace(0, 1, 50)), np.array([1.0, 2.0, 3.0]) * 1e-6
    assert count(near) == count(1 - near) == count(np.array([])) == few
    assert count(np.concatenate([near, 1 - near])) == 2 * few


@pytest.mark.claim("green-lidstone")
def test_slopes_of_lidstone_kernels_are_the_polynomials_that_sympy_integrates() -> None:
    M = sympy.symbols("M")
    slope: Any = 1 - M
    for order in (1, 2, 3, 4):
        if order > 1:  # −Λ_k'' = Λ_{k−1}, zero at both ends
            bent = -sympy.integrate(sympy.integrate(slope, M), M)
            slope = sympy.expand(bent - bent.subs(M, 0) * (1 - M) - bent.subs(M, 1) * M)
        at = sympy.Rational(3, 8)
        own = greens.Lidstone(order)._far(np.array(0.375), np.array(0.625))[0]
        np.testing.assert_allclose(own, float(slope.subs(M, at)), rtol=4 * EPS)


@pytest.mark.claim("green-lidstone", "green-list")
@pytest.mark.parametrize("turn", [False, True], ids=["left", "right"])
@pytest.mark.parametrize("kernel", RELATIVE[:9], ids=repr)
@pytest.mark.parametrize("scale", [1e-4, 1e-6, 1e-7, 1e-9])
def test_clusters_at_an_end_have_no_negative_eigenvalue_beyond_rounding(
    kernel: GreensFunction, turn: bool, scale: float
) -> None:
    x = np.arange(1, 6) * scale
    gram = kernel(1 - x[:, None], 1 - x) if turn else kernel(x[:, None], x)
    spectrum = np.linalg.eigvalsh(gram / gram.max())
    assert spectrum[0] >= -16 * EPS * spectrum[-1]


@pytest.mark.claim("green-lidstone")
@pytest.mark.filterwarnings("ignore::selfdistill.AccuracyWarning")
@pytest.mark.parametrize("scale", [1e-3, 1e-4, 1e-5, 1e-6])
def test_the_beam_distils_alike_by_both_names_and_at_both_ends(scale: float) -> None:
    x, y = np.array([1.0, 2.0, 3.0]) * scale, np.array([1.0, -2.0, 1.5])
    beam, lidstone = greens.SimplySupportedBeam(), greens.Lidstone(order=2)
    kept = [
        sd.distill(kernel, points, y, epsilon=0.5).targets
        for kernel, points in [(beam, x), (lidstone, x), (beam, 1 - x), (lidstone, 1 - x)]
    ]
    # the second eigenvalue is about scale² of the first: so much are roundings of the matrix enlarged
    for other, sharp in zip(kept[1:], [True, False, False], strict=True):
        points_too = 0.0 if sharp else EPS / scale  # 1 − x is a neighbour of the mirrored point
        np.testing.assert_allclose(other, kept[0], atol=200 * EPS / scale**2 + 10 * points_too)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: greens.ExponentialNeumann(a=1e-160), "a = 1e-160 puts g"),
        (lambda: greens.ExponentialDirichlet(a=1e200), r"a = 1e\+200 puts g"),
        (lambda: greens.Gaussian(sigma=1e-305), "sigma = 1e-305 puts g"),
    ],
)
def test_parameters_beyond_the_range_of_float64_are_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_parameters_are_kept_as_the_numbers_they_were_read_as() -> None:
    numbers: list[Any] = [2.0, Fraction(5, 2), np.int64(3)]
    assert greens.Matern(order=numbers[0], a=numbers[1]) == greens.Matern(order=2, a=2.5)
    assert greens.Lidstone(order=numbers[2]) == greens.Lidstone(order=3)


def test_the_line_has_no_largest_distance() -> None:
    with np.errstate(all="raise", under="ignore"):
        assert greens.Gaussian(sigma=1e-3)(0.0, 1e300) == 0.0 == greens.Matern(order=3, a=1e10)(0.0, 1e300)
