"""Green's functions: the catalogue against series, quadrature and SymPy; the solver against the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import quad
from sympy.parsing.sympy_parser import (
    convert_xor,
    implicit_multiplication_application,
    parse_expr,
    standard_transformations,
)

import selfdistill as sd
from selfdistill import greens
from selfdistill.greens import at, finite_differences, hermite_cubic, solve
from selfdistill.greens.jumps import find_jumps

RATES = st.floats(1e-3, 1e3)
UNIT = st.floats(0.0, 1.0)

# kernel, p_0 ... p_n of L, derivatives held at 0, derivatives held at 1
ON_INTERVAL = [
    (greens.BrownianBridge(), [0, 0, -1], [0], [0]),
    (greens.BrownianMotion(), [0, 0, -1], [0], [1]),
    (greens.ExponentialDirichlet(a=3.0), [9, 0, -1], [0], [0]),
    (greens.ExponentialNeumann(a=3.0), [9, 0, -1], [1], [1]),
    (greens.SimplySupportedBeam(), [0, 0, 0, 0, 1], [0, 2], [0, 2]),
    (greens.ClampedBeam(), [0, 0, 0, 0, 1], [0, 1], [0, 1]),
    (greens.Cantilever(), [0, 0, 0, 0, 1], [0, 1], [2, 3]),
    (greens.Lidstone(order=1), [0, 0, -1], [0], [0]),
    (greens.Lidstone(order=2), [0, 0, 0, 0, 1], [0, 2], [0, 2]),
    (greens.Lidstone(order=3), [0] * 6 + [-1], [0, 2, 4], [0, 2, 4]),
    (greens.Lidstone(order=4), [0] * 8 + [1], [0, 2, 4, 6], [0, 2, 4, 6]),
]
PERIODIC = [greens.PeriodicSobolev(order=p, mean=mean) for p in (1, 2, 3, 4) for mean in ("penalised", "zero")]
BOUNDED = [row[0] for row in ON_INTERVAL] + PERIODIC
ON_LINE = [*(greens.Matern(order=p, a=2.5) for p in (1, 2, 3, 5, 9)), greens.Gaussian(sigma=0.3)]
EVERY = [*BOUNDED, *ON_LINE, *(greens.FreeSpace(order=p) for p in (1, 2, 3))]


def ends(left: list[int], right: list[int]) -> list[greens.Condition]:
    """The named derivatives vanish at 0 and at 1."""
    return [at(0, {j: 1.0}) for j in left] + [at(1, {j: 1.0}) for j in right]


def order_of(kernel: greens.GreensFunction) -> int:
    return next(len(c) - 1 for k, c, _, _ in ON_INTERVAL if k == kernel)


# ------------------------------------------------------------------------------------------------------- the catalogue


@pytest.mark.claim("green-toy")
@given(x=UNIT, s=UNIT)
def test_beam_equals_the_form_with_a_truncated_power(x: float, s: float) -> None:
    truncated = max((x - s) ** 3, 0.0) / 6 - x * (1 - s) * (x**2 - 2 * s + s**2) / 6
    assert_allclose(greens.SimplySupportedBeam()(x, s), truncated, atol=1e-16)


@pytest.mark.claim("green-toy")
def test_beam_solves_the_equation_symbolically() -> None:
    x, s = sympy.symbols("x s", positive=True)
    formula = greens.SimplySupportedBeam()._formula  # the package's own code, on symbols
    left, right = sympy.nsimplify(formula(x, s)), sympy.nsimplify(formula(s, x))
    assert sympy.expand(sympy.diff(left, x, 4)) == 0 and sympy.expand(sympy.diff(right, x, 4)) == 0
    jumps = [sympy.expand(sympy.diff(right - left, x, j).subs(x, s)) for j in range(4)]
    assert jumps == [0, 0, 0, 1]
    for branch, end in ((left, 0), (right, 1)):
        assert [sympy.expand(sympy.diff(branch, x, j).subs(x, end)) for j in (0, 2)] == [0, 0]


@pytest.mark.claim("green-toy")
def test_beam_agrees_with_4000_sines() -> None:
    x = np.linspace(0, 1, 41)
    n = np.arange(1, 4001)
    sines = np.sin(np.pi * np.outer(x, n)) * np.sqrt(2) / (np.pi * n) ** 2
    assert_allclose(greens.SimplySupportedBeam()(x[:, None], x), sines @ sines.T, atol=1e-11)


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("kernel", EVERY, ids=repr)
@given(data=st.data())
def test_symmetric_to_the_last_bit_and_broadcasts(kernel: greens.GreensFunction, data: st.DataObject) -> None:
    x = np.array(data.draw(st.lists(UNIT, min_size=1, max_size=6)))
    values = kernel(x[:, None], x)
    assert values.shape == (len(x), len(x)) and values.dtype == np.float64
    assert_array_equal(values, values.T)
    # NumPy rounds the powers of scalars and of arrays differently
    assert_allclose(kernel(x[0], x[-1]), values[0, -1], rtol=1e-14, atol=1e-16)


@pytest.mark.claim("green-list", "green-lidstone", "green-matern")
@pytest.mark.parametrize("kernel", [*BOUNDED, *ON_LINE], ids=repr)
def test_gram_matrices_are_positive_semidefinite(kernel: greens.GreensFunction) -> None:
    rng = np.random.default_rng(11)
    for _ in range(50):
        x = rng.uniform(0, 1, rng.integers(2, 15))
        spectrum = np.linalg.eigvalsh(kernel(x[:, None], x))
        assert spectrum[0] >= -1e-14 * spectrum[-1]


@pytest.mark.claim("green-list", "green-lidstone")
@pytest.mark.parametrize("kernel", BOUNDED, ids=repr)
def test_spectral_expansion(kernel: greens.GreensFunction) -> None:
    x = np.random.default_rng(12).uniform(0, 1, 9)
    eigenvalues, phi = kernel.eigenpairs(4001)
    assert np.all(np.diff(eigenvalues) >= 0)
    tail = 2.0 * np.sum(1.0 / np.arange(2000, 10**6) ** 2.0) / np.pi**2  # of the slowest series, order 2
    second = eigenvalues[-1] < 2e9
    exact = kernel(x[:, None], x)
    assert_allclose(
        np.einsum("nj,nk,n->jk", phi(x), phi(x), 1 / eigenvalues), exact, atol=tail if second else 1e-10 * exact.max()
    )


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("kernel", BOUNDED, ids=repr)
def test_eigenfunctions_are_orthonormal(kernel: greens.GreensFunction) -> None:
    t, w = np.polynomial.legendre.leggauss(300)
    _, phi = kernel.eigenpairs(60)
    values = phi((t + 1) / 2)
    assert_allclose((values * w / 2) @ values.T, np.eye(60), atol=1e-12)
    assert phi(np.zeros((2, 3))).shape == (60, 2, 3)


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("row", ON_INTERVAL, ids=lambda row: repr(row[0]))
def test_eigenfunctions_satisfy_equation_and_conditions(row: tuple) -> None:
    kernel, coefficients, left, right = row
    size, n = 26, len(coefficients) - 1
    t = -np.cos(np.pi * (np.arange(size) + 0.5) / size)
    eigenvalues, phi = kernel.eigenpairs(3)
    values = phi((1 + t) / 2)
    polynomial = np.polynomial.chebyshev.chebfit(t, values.T, size - 1)

    def derivative(j: int, where: np.ndarray | float) -> np.ndarray:
        return np.polynomial.chebyshev.chebval(where, np.polynomial.chebyshev.chebder(polynomial, j, scl=2.0))

    applied = sum(c * derivative(j, t) for j, c in enumerate(coefficients))
    noise = 1e-8 * (1.0 if n < 4 else 1e2 if n == 4 else 1e4 if n == 6 else 1e6)  # differentiation loses digits
    assert_allclose(applied, eigenvalues[:, None] * values, atol=noise * eigenvalues[-1])
    for j, end in [(j, -1.0) for j in left] + [(j, 1.0) for j in right]:
        assert_allclose(derivative(j, end), 0.0, atol=noise * eigenvalues[-1] ** (max(j, 1) / n))


@pytest.mark.claim("green-list")
@given(a=RATES, x=UNIT, s=UNIT)
def test_exponential_kernels_equal_their_hyperbolic_forms(a: float, x: float, s: float) -> None:
    mp = mpmath.mp
    with mp.workdps(50):
        m, M, A = mp.mpf(min(x, s)), mp.mpf(max(x, s)), mp.mpf(a)
        dirichlet = float(mp.sinh(A * m) * mp.sinh(A * (1 - M)) / (A * mp.sinh(A)))
        neumann = float(mp.cosh(A * m) * mp.cosh(A * (1 - M)) / (A * mp.sinh(A)))
    # exp(-u) in float64 has a relative error of u units in the last place
    assert_allclose(greens.ExponentialDirichlet(a=a)(x, s), dirichlet, rtol=1e-12, atol=1e-300)
    assert_allclose(greens.ExponentialNeumann(a=a)(x, s), neumann, rtol=1e-12, atol=1e-300)


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("kernel", [greens.ClampedBeam(), greens.Cantilever()], ids=repr)
def test_high_beam_modes_do_not_overflow(kernel: greens.GreensFunction) -> None:
    eigenvalues, phi = kernel.eigenpairs(2000)
    assert np.isfinite(phi(np.linspace(0, 1, 33))).all()
    assert_allclose(phi(0.0), 0.0, atol=1e-9)  # cos(βx) loses β units in the last place
    beta = eigenvalues[:4] ** 0.25
    sign = 1.0 if isinstance(kernel, greens.ClampedBeam) else -1.0
    assert_allclose(np.cos(beta) * np.cosh(beta), sign, atol=1e-9)


@pytest.mark.claim("green-list")
def test_printed_formulas_are_the_evaluated_ones() -> None:
    """What `formula` prints is what `__call__` computes: SymPy reads the LaTeX."""
    names = dict(zip(["m", "M", "r", "a", "p", "sigma"], sympy.symbols("m M r a p sigma", positive=True), strict=True))
    readable = [k for k in EVERY if "theta" not in k.formula and "B_" not in k.formula]
    assert len({type(k) for k in readable}) == 9
    for kernel in readable:
        text = kernel.formula.replace(r"\,", " ").replace(r"\sigma", " sigma ")
        text = re.sub(r"\\sqrt\{([^{}]*)\}", r" sqrt(\1) ", text).replace("(2p-1)!", " factorial(2p-1) ")
        text = re.sub(r"\\(sinh|cosh) a$|\\(sinh|cosh) a\}", r"\1\2(a)}", text).replace("\\pi", " pi ")
        text = re.sub(r"\\(sinh|cosh)", r" \1", text).replace("(am)", "(a m)")
        text = re.sub(r"e\^\{([^{}]*)\}", r" exp(\1) ", text)
        text = re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text)
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(\1)/(\2)", text)
        spaced = re.sub(r"(?<![a-zA-Z])([amMrp]{2})(?![a-zA-Z])", lambda pair: " ".join(pair[1]), text)
        expression = parse_expr(
            spaced,
            local_dict=names,
            transformations=(*standard_transformations, convert_xor, implicit_multiplication_application),
        )
        low, high = 0.31, 0.82
        values = {"m": low, "M": high, "r": high - low, "a": getattr(kernel, "a", 0)}
        values |= {"p": getattr(kernel, "order", 0), "sigma": getattr(kernel, "sigma", 0)}
        printed = float(expression.subs({names[k]: v for k, v in values.items()}))
        assert_allclose(kernel(low, high), printed, rtol=1e-13, err_msg=repr(kernel))


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("kernel", EVERY, ids=repr)
def test_objects_describe_themselves(kernel: greens.GreensFunction) -> None:
    latex = kernel._repr_latex_()
    assert latex.startswith("$") and kernel.operator in latex and kernel.boundary_conditions in latex
    assert eval(repr(kernel), vars(greens)) == kernel
    if np.isfinite(kernel.domain[0]):
        with pytest.raises(ValueError, match="eigenpairs"):
            kernel.symbol(1.0)
        with pytest.raises(ValueError, match="n must be a whole number, at least 1; it is 0"):
            kernel.eigenpairs(0)
        for outside in (-1e-9, 1.5, np.nan, np.inf):
            with pytest.raises(ValueError, match=re.escape(repr(outside))):
                kernel([0.5, outside], 0.2)
            with pytest.raises(ValueError, match=re.escape(repr(outside))):
                kernel.eigenpairs(2)[1](outside)
    else:
        with pytest.raises(ValueError, match="symbol"):
            kernel.eigenpairs(3)
        for bad in (np.nan, -np.inf):
            with pytest.raises(ValueError, match="domain"):
                kernel(0.5, bad)


@pytest.mark.claim("green-list")
@pytest.mark.parametrize("a", [0.0, -1.0, np.nan, np.inf, "one", True])
def test_parameters_must_be_positive_numbers(a: Any) -> None:
    for build in (
        lambda: greens.ExponentialDirichlet(a=a),
        lambda: greens.ExponentialNeumann(a=a),
        lambda: greens.Matern(order=1, a=a),
        lambda: greens.Gaussian(sigma=a),
    ):
        with pytest.raises(ValueError, match=re.escape(repr(a))):
            build()


@pytest.mark.claim("green-lidstone", "green-free", "green-matern")
@pytest.mark.parametrize(
    ("build", "largest"),
    [
        (lambda p: greens.Lidstone(order=p), 4),
        (lambda p: greens.PeriodicSobolev(order=p), 4),
        (lambda p: greens.FreeSpace(order=p), 3),
        (lambda p: greens.Matern(order=p, a=1.0), 32),
    ],
)
def test_orders_have_stated_limits(build: Callable[..., object], largest: int) -> None:
    build(largest)
    for order in (0, -1, 1.5, True, largest + 1):
        with pytest.raises(ValueError, match=f"order must be .*{re.escape(repr(order))}"):
            build(order)
    with pytest.raises(ValueError, match="mean must be"):
        greens.PeriodicSobolev(order=1, mean="free")  # type: ignore[arg-type]  # the wrong word is the point


@pytest.mark.claim("green-lidstone")
@given(x=UNIT, s=UNIT, order=st.integers(2, 4))
def test_lidstone_of_order_p_integrates_the_one_below(x: float, s: float, order: int) -> None:
    """L_p = L_1 L_{p-1}, so g_p(x, s) = ∫ g_1(x, u) g_{p-1}(u, s) du: exact by Gauss between the kinks."""
    t, w = np.polynomial.legendre.leggauss(8)
    knots = np.array([0.0, min(x, s), max(x, s), 1.0])
    points = knots[:-1, None] + np.diff(knots)[:, None] * (t + 1) / 2
    weights = np.diff(knots)[:, None] * w / 2
    composed = np.sum(weights * greens.BrownianBridge()(x, points) * greens.Lidstone(order=order - 1)(points, s))
    assert_allclose(greens.Lidstone(order=order)(x, s), composed, atol=1e-17)


@pytest.mark.claim("green-matern")
@given(order=st.integers(1, 12), a=st.floats(0.5, 20.0), r=st.floats(0.01, 3.0))
def test_matern_is_the_fourier_integral_of_its_symbol(order: int, a: float, r: float) -> None:
    kernel = greens.Matern(order=order, a=a)
    height = float(kernel(0.0, 0.0))
    integral = quad(lambda w: 1 / (height * np.pi * kernel.symbol(w)), 0, np.inf, weight="cos", wvar=r, epsabs=1e-10)[0]
    assert_allclose(kernel(0.0, r) / height, integral, atol=1e-6)


@pytest.mark.claim("green-matern")
@given(a=st.floats(1e-2, 1e2), r=st.floats(0, 1e3), order=st.integers(1, 32))
def test_matern_equals_the_modified_bessel_form(a: float, r: float, order: int) -> None:
    with mpmath.workdps(40):
        z, nu = mpmath.mpf(a) * mpmath.mpf(r), mpmath.mpf(order) - mpmath.mpf(1) / 2
        ratio = float((z**nu * mpmath.besselk(nu, z)) / (2 ** (nu - 1) * mpmath.gamma(nu))) if z > 0 else 1.0
    kernel = greens.Matern(order=order, a=a)
    height = float(kernel(0.0, 0.0))
    assert_allclose(kernel(0.0, r) / height, ratio, rtol=1e-11, atol=1e-300 / height)  # below 1e-308 digits are lost


@pytest.mark.claim("green-matern")
def test_matern_tends_to_the_gaussian_like_one_over_p() -> None:
    r, sigma = np.linspace(0, 3, 100), 0.7
    limit = greens.Gaussian(sigma=sigma)(0, r)
    gaps = []
    for p in (4, 8, 16, 32):
        a = np.sqrt(2 * p) / sigma
        gaps.append(np.max(np.abs(a ** (2 * p) * greens.Matern(order=p, a=a)(0, r) - limit)))
    ratios = np.array(gaps[:-1]) / gaps[1:]
    assert np.all(np.abs(ratios - 2.0) < 0.2) and abs(ratios[-1] - 2) < abs(ratios[0] - 2)


@pytest.mark.claim("green-matern")
def test_kernels_of_the_line_at_extreme_distances_and_scales() -> None:
    with np.errstate(all="raise", under="ignore"):
        assert greens.Matern(order=32, a=3.0)(0.0, 1e200) == 0.0
        assert greens.Gaussian(sigma=1e-3)(0.0, 1e100) == 0.0
    assert greens.Gaussian(sigma=1.0).symbol(100.0) == np.inf
    with pytest.raises(ValueError, match="outside float64"):
        greens.Matern(order=30, a=1e-20)
    with pytest.raises(ValueError, match="outside float64"):
        greens.Matern(order=2, a=1e300)


@pytest.mark.claim("green-free")
@pytest.mark.parametrize("order", [1, 2, 3])
@given(data=st.data())
def test_free_space_is_conditionally_positive_definite(order: int, data: st.DataObject) -> None:
    x = np.array(sorted(data.draw(st.sets(st.integers(-50, 50), min_size=order + 2, max_size=9)))) / 50.0
    kernel = greens.FreeSpace(order=order)
    gram = kernel(x[:, None], x)
    blind = np.linalg.svd(np.vander(x, order, increasing=True).T)[2][order:].T
    projected = np.linalg.eigvalsh(blind.T @ gram @ blind)
    assert projected[0] > -1e-14 * np.max(np.abs(gram)) and projected[-1] > 0
    assert np.linalg.eigvalsh(gram)[0] < 0
    with pytest.raises(ValueError, match="positive semidefinite"):
        sd.distill(lambda t, s: kernel(t, s), x, np.cos(3 * x) + 2, epsilon=0.01)  # not told of the polynomials


@pytest.mark.claim("green-free")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_free_space_is_a_fundamental_solution(order: int) -> None:
    """Against a test function h of compact support: ∫ g(x, s) (−1)^p h^{(2p)}(x) dx = h(s)."""
    x = sympy.symbols("x")
    h = (1 - x**2) ** 10  # zero to high order at ±1
    applied = sympy.Poly(sympy.expand((-1) ** order * sympy.diff(h, x, 2 * order)), x)
    applied = np.polynomial.Polynomial([float(c) for c in reversed(applied.all_coeffs())])
    t, w = np.polynomial.legendre.leggauss(20)
    s, total = 0.3, 0.0
    for low, high in ((-1.0, s), (s, 1.0)):
        u = low + (high - low) * (t + 1) / 2
        total += (high - low) / 2 * np.sum(w * greens.FreeSpace(order=order)(u, s) * applied(u))
    assert_allclose(total, float(h.subs(x, s)), rtol=1e-9)
    assert_allclose(greens.FreeSpace(order=order).symbol(1.7), 1.7 ** (2 * order))


@pytest.mark.claim("green-dim")
@given(x=st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8)))
def test_the_plane_diverges_logarithmically_and_the_plate_does_not(x: tuple[float, float]) -> None:
    eigenvalues, phi = greens.BrownianBridge().eigenpairs(640)
    first, second = phi(x[0]) ** 2, phi(x[1]) ** 2
    summed = [first[:n] @ (1 / (eigenvalues[:n, None] + eigenvalues[:n])) @ second[:n] for n in (40, 160, 640)]
    assert_allclose(np.diff(summed), np.log(4) / (2 * np.pi), atol=0.02)
    plate = [first[:n] @ (eigenvalues[:n, None] + eigenvalues[:n]) ** -2.0 @ second[:n] for n in (40, 640)]
    assert_allclose(plate[0], plate[1], rtol=0.01)


# ----------------------------------------------------------------------------------------------------------- the solver


@pytest.mark.claim("green-collocation")
@pytest.mark.parametrize("row", ON_INTERVAL, ids=lambda row: repr(row[0]))
def test_collocation_finds_the_catalogue(row: tuple) -> None:
    kernel, coefficients, left, right = row
    green = solve(coefficients, ends(left, right))
    x = np.concatenate([[0.0, 1.0], np.random.default_rng(13).uniform(0, 1, 25)])
    exact = kernel(x[:, None], x)
    values = green(x[:, None], x)
    assert_allclose(values, exact, atol=1e-12 * exact.max())
    assert_array_equal(values, values.T)
    assert np.max(np.abs(values - exact)) <= green.error_estimate(x) + 1e-13 * exact.max()


@pytest.mark.claim("green-collocation")
@given(a=st.floats(0.5, 40.0), degree=st.integers(4, 40))
@settings(max_examples=25)
def test_error_estimate_bounds_the_error(a: float, degree: int) -> None:
    green = greens.NumericalGreensFunction((a * a, 0.0, -1.0), tuple(ends([0], [1])), (0.0, 1.0), degree)
    x = np.linspace(0, 1, 15)
    m, M = np.minimum(x[:, None], x), np.maximum(x[:, None], x)
    exact = np.sinh(a * m) * np.cosh(a * (1 - M)) / (a * np.cosh(a))
    error, estimate = np.max(np.abs(green(x[:, None], x) - exact)), green.error_estimate(x)
    assert error <= estimate + 1e-14
    assert estimate <= 10 * error + 1e-12  # and is no alarmist


@pytest.mark.claim("green-collocation")
def test_error_falls_exponentially_for_variable_coefficients() -> None:
    x = np.linspace(0, 1, 21)
    P = 1 - np.exp(-x)  # ∫ 1/p for p = e^x
    exact = np.minimum(P[:, None], P) * (P[-1] - np.maximum(P[:, None], P)) / P[-1]
    errors = []
    for degree in (4, 6, 8, 10):
        green = greens.NumericalGreensFunction(
            (0.0, lambda u: -np.exp(u), lambda u: -np.exp(u)), tuple(ends([0], [0])), (0.0, 1.0), degree
        )
        errors.append(np.max(np.abs(green(x[:, None], x) - exact)))
    assert np.all(np.array(errors[1:]) < 1e-2 * np.array(errors[:-1]))


@pytest.mark.claim("green-collocation")
def test_a_fourth_order_operator_with_variable_coefficients() -> None:
    """(p f'')'' with p = 1/(1 + x), simply supported: g(x, s) = ∫ b(x, u) b(u, s)/p(u) du, b the string."""

    def p(u: np.ndarray) -> np.ndarray:
        return 1 / (1 + u)

    green = solve(
        [0, 0, lambda u: 2 / (1 + u) ** 3, lambda u: -2 / (1 + u) ** 2, p],  # p'' f'' + 2 p' f''' + p f''''
        ends([0, 2], [0, 2]),
    )
    bridge = greens.BrownianBridge()
    t, w = np.polynomial.legendre.leggauss(8)
    for x, s in np.random.default_rng(14).uniform(0, 1, (20, 2)):
        knots = np.array([0.0, min(x, s), max(x, s), 1.0])
        u = knots[:-1, None] + np.diff(knots)[:, None] * (t + 1) / 2
        exact = np.sum(np.diff(knots)[:, None] * w / 2 * bridge(x, u) * bridge(u, s) / p(u))
        assert_allclose(green(x, s), exact, atol=1e-15)


@pytest.mark.claim("green-collocation")
@given(a=st.floats(0.3, 4.0), start=st.floats(-100, 100), width=st.floats(0.01, 20.0))
@settings(max_examples=12)
def test_any_interval_and_robin_conditions(a: float, start: float, width: float) -> None:
    stop = start + width
    absorbing = [at(start, {0: a, 1: -1.0}), at(stop, {0: a, 1: 1.0})]  # the ends behave like the infinite line
    green = solve([a * a, 0, -1], absorbing, domain=(start, stop), degree=64)
    x = start + width * np.linspace(0.01, 0.99, 9)
    assert_allclose(green(x[:, None], x), greens.Matern(order=1, a=a)(x[:, None], x), rtol=1e-9, atol=1e-12 / a)


@pytest.mark.claim("green-collocation")
def test_an_operator_that_is_not_self_adjoint_is_refused_or_solved_as_it_is() -> None:
    with pytest.raises(ValueError, match="not self-adjoint") as refusal:
        solve([0, 5.0, -1], ends([0], [0]))
    assert "symmetric=False" in str(refusal.value)
    green = solve([0, 5.0, -1], ends([0], [0]), symmetric=False)
    assert green.asymmetry() > 0.1
    s, x = 0.4, np.array([0.1, 0.4, 0.8])  # -f'' + 5 f' = δ_s by hand: constants and e^{5x} on each side
    left, right = np.expm1(5 * x), np.expm1(5 * (x - 1))
    up, down = np.expm1(5 * s), np.expm1(5 * (s - 1))
    k = 1 / (5 * np.exp(5 * s) * (1 - up / down * np.exp(-5)))
    assert_allclose(green(x, s), np.where(x <= s, k * left, k * up / down * right), rtol=1e-12)
    with pytest.raises(ValueError, match="symmetric"):
        sd.distill(green, [0.2, 0.5, 0.7], [1.0, 2.0, 1.0], epsilon=0.1)


@pytest.mark.claim("green-collocation")
def test_a_numerical_kernel_distills_like_its_closed_form() -> None:
    data = sd.datasets.paper_interior()
    own = sd.distill(solve([0, 0, 0, 0, 1], ends([0, 2], [0, 2])), data.x, data.y, epsilon=0.045)
    closed = sd.distill(greens.SimplySupportedBeam(), data.x, data.y, epsilon=0.045)
    assert_allclose(own.multipliers, closed.multipliers, rtol=1e-8)


@pytest.mark.claim("green-collocation")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(coefficients=[0, 0, -1], conditions=ends([1], [1])), "singular"),
        (dict(coefficients=[-(np.pi**2), 0, -1], conditions=ends([0], [0])), "singular"),
        (dict(coefficients=[0, 0, 0, 0, 1], conditions=ends([2, 3], [2, 3])), "singular"),
        (dict(coefficients=[0, 0, -1], conditions=ends([0, 0], [])), "singular"),
        (dict(coefficients=[0, 0, -1], conditions=ends([0], [])), "must be 2"),
        (dict(coefficients=[0, 0, -1], conditions=ends([2], [0])), "derivative 2"),
        (dict(coefficients=[0, 0, -1], conditions=[at(1.5, {0: 1}), at(1, {0: 1})]), "1.5"),
        (dict(coefficients=[1.0], conditions=[]), "n >= 1"),
        (dict(coefficients=[0, 0, lambda x: x - 0.5], conditions=ends([0], [0])), "vanishes near x = 0.5"),
        (dict(coefficients=[0, 0, 0], conditions=ends([0], [0])), "vanishes"),
        (dict(coefficients=[lambda x: 1 / x, 0, -1], conditions=ends([0], [0])), r"coefficients\[0\] .* 0.0"),
        (dict(coefficients=[np.nan, 0, -1], conditions=ends([0], [0])), "must be finite"),
        (dict(coefficients=[0, 0, -1], conditions=ends([0], [0]), domain=(1, 0)), "domain"),
        (dict(coefficients=[0, 0, -1], conditions=ends([0], [0]), domain=(0, np.inf)), "domain"),
        (dict(coefficients=[0, 0, -1], conditions=ends([0], [0]), degree=2), "degree"),
        (dict(coefficients=[3600, 0, -1], conditions=ends([0], [0]), degree=12), "Raise degree"),
    ],
)
def test_problems_without_an_answer_are_named(arguments: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        solve(**arguments)


@pytest.mark.claim("green-collocation")
def test_conditions_and_points_are_checked() -> None:
    for weights, words in (({-1: 1.0}, "-1"), ({0: np.nan}, "finite"), ({0: 0.0}, "0 = 0"), ({}, "non-zero")):
        with pytest.raises(ValueError, match=words):
            at(0, weights)
    green = solve([0, 0, -1], ends([0], [0]))
    for bad in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match=re.escape(repr(bad))):
            green(bad, 0.5)


def step(x: np.ndarray) -> np.ndarray:
    """10 on [.3, .7], zero elsewhere."""
    return np.where((x >= 0.3) & (x <= 0.7), 10.0, 0.0)


def spike(x: np.ndarray) -> np.ndarray:
    """1e8 on a fifty-thousandth of the interval."""
    return np.where((x >= 0.3711) & (x <= 0.37112), 1e8, 0.0)


def near_an_end(x: np.ndarray) -> np.ndarray:
    """1e4 on [.04, .06]."""
    return np.where((x >= 0.04) & (x <= 0.06), 1e4, 0.0)


@pytest.mark.claim("green-collocation")
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("degree", [5, 17, 32, 100])
def test_a_coefficient_that_jumps_is_refused_until_its_jumps_are_named(degree: int, symmetric: bool) -> None:
    for coefficient, jumps in ((step, "[0.3, 0.7]"), (spike, "[0.3711, 0.37112]")):
        with pytest.raises(ValueError, match="does not resolve") as refusal:
            solve([coefficient, 0, -1], ends([0], [0]), degree=degree, symmetric=symmetric)
        assert f"breakpoints={jumps}" in str(refusal.value)


@pytest.mark.parametrize("nodes", [[], [1.0], [[0.0, 1.0], [0.0, 1.0]], [0.1, 1.0], [0.0, 0.9], [0.0, 0.5, 0.5, 1.0]])
def test_nodes_that_do_not_ascend_from_end_to_end_are_refused(nodes: list[Any]) -> None:
    with pytest.raises(ValueError, match="nodes must ascend strictly from 0 to 1"):
        hermite_cubic(nodes, held_left=(0,), held_right=(0,))


@pytest.mark.parametrize("domain", [(0.0, 1.0), (-1.0, 3.0), (2.0, 2.5)])
def test_jumps_are_looked_for_inside_the_domain(domain: tuple[float, float]) -> None:
    """From end to end; a coefficient may be without a value beyond."""
    asked, (a, b) = [], domain
    place = a + 0.3 * (b - a)

    def root(x: np.ndarray) -> np.ndarray:
        asked.append(x)
        return np.where(x < place, 1.0, 2.0) + np.sqrt((x - a) * (b - x))

    (found,) = find_jumps([root], domain, [])
    assert abs(found - place) <= np.spacing(place)
    assert min(map(np.min, asked)) == a and max(map(np.max, asked)) == b


@pytest.mark.claim("green-collocation")
def test_named_jumps_give_all_digits() -> None:
    """Against solutions put together by hand: straight lines outside, hyperbolic functions on the interval."""
    three = ((step, 0.3, 0.7, 10.0), (near_an_end, 0.04, 0.06, 1e4), (spike, 0.3711, 0.37112, 1e8))
    for coefficient, low, high, q in three:
        green = solve([coefficient, 0, -1], ends([0], [0]), breakpoints=[low, high])
        k = np.sqrt(q)

        def from_left(x: float, low: float = low, high: float = high, k: float = k) -> tuple[float, float]:
            """The solution with u(0) = 0, u'(0) = 1 at x > high: its value and its slope."""
            width = high - low
            u, slope = low, 1.0
            u, slope = (
                u * np.cosh(k * width) + slope * np.sinh(k * width) / k,
                (u * k * np.sinh(k * width) + slope * np.cosh(k * width)),
            )
            return u + slope * (x - high), slope

        s = 0.8  # the load lies to the right of the interval: u(x) (1 − s) / W on the left, W the Wronskian
        u, slope = from_left(s)
        wronskian = slope * (1 - s) + u
        assert_allclose(green(low / 2, s), low / 2 * (1 - s) / wronskian, rtol=1e-9)
        assert_allclose(green(0.9, s), u * 0.1 / wronskian, rtol=1e-9)
        assert green.error_estimate() < 1e-9 * float(green(s, s))
    assert_allclose(green(0.37, 0.61), 3.06e-4, rtol=2e-3)


@pytest.mark.claim("green-collocation")
def test_the_estimate_sees_a_spike_that_no_node_sees() -> None:
    blind = greens.NumericalGreensFunction((spike, 0.0, -1.0), tuple(ends([0], [0])), (0.0, 1.0))
    true = solve([spike, 0, -1], ends([0], [0]), breakpoints=[0.3711, 0.37112])
    error = abs(float(blind(0.37, 0.61) - true(0.37, 0.61)))
    assert error > 0.1 and blind.error_estimate() > error


@pytest.mark.claim("green-collocation")
def test_a_thin_layer_is_called_unresolved_and_resolved_by_the_degree() -> None:
    with pytest.raises(ValueError, match=r"degree = 32 does not resolve .* Raise degree"):
        solve([9e4, 0, -1], ends([0], [0]))
    green = solve([9e4, 0, -1], ends([0], [0]), degree=128)
    x = np.array([0.2, 0.5, 0.503])
    assert_allclose(green(x, 0.5), greens.ExponentialDirichlet(a=300.0)(x, 0.5), atol=1e-9 / 600)
    for bad, words in (([0.0], "inside"), ([1.5], "inside"), ([np.nan], "breakpoints")):
        with pytest.raises(ValueError, match=words):
            solve([1, 0, -1], ends([0], [0]), breakpoints=bad)


# ------------------------------------------------------------------------------------------------------- nodal methods


def relative_error(kernel: greens.NodalGreensFunction, exact: greens.GreensFunction) -> float:
    x = kernel.nodes
    values = exact(x[:, None], x)
    return float(np.max(np.abs(kernel(x[:, None], x) - values)) / values.max())


@pytest.mark.claim("green-fd")
@given(cells=st.integers(2, 120))
def test_differences_are_exact_for_the_string_between_nodes_too_if_one_is_a_node(cells: int) -> None:
    kernel = finite_differences(cells)
    assert relative_error(kernel, greens.BrownianBridge()) < 1e-12
    x = np.linspace(0, 1, 17)[:, None]  # g(., s) is linear on each side of a node s, as is the interpolation
    assert_allclose(kernel(x, kernel.nodes), greens.BrownianBridge()(x, kernel.nodes), atol=1e-12)


@pytest.mark.claim("green-fd")
def test_differences_are_of_second_order() -> None:
    beam, stiff = [], []
    for cells in (20, 40, 80, 160):
        beam.append(relative_error(finite_differences(cells, power=2), greens.SimplySupportedBeam()))
        kernel = finite_differences(cells, conductivity=lambda x: (1 + x) ** 2)
        x = kernel.nodes
        P = x / (1 + x)  # ∫ 1/p
        exact = np.minimum(P[:, None], P) * (P[-1] - np.maximum(P[:, None], P)) / P[-1]
        stiff.append(np.max(np.abs(kernel(x[:, None], x) - exact)))
    for errors in (beam, stiff):
        assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2.0, atol=0.02)
    assert_allclose([beam[0], beam[-1]], [5.0e-3, 7.8e-5], rtol=0.01)


@pytest.mark.claim("green-fem")
@pytest.mark.parametrize(
    ("exact", "left", "right"),
    [
        (greens.SimplySupportedBeam(), (0,), (0,)),
        (greens.ClampedBeam(), (0, 1), (0, 1)),
        (greens.Cantilever(), (0, 1), ()),
    ],
    ids=repr,
)
@given(steps=st.lists(st.integers(1, 9), min_size=1, max_size=15), x=UNIT)
def test_hermite_cubics_are_exact_at_nodes(
    exact: greens.GreensFunction, left: tuple, right: tuple, steps: list[int], x: float
) -> None:
    nodes = np.concatenate([[0.0], np.cumsum(steps) / sum(steps)])
    kernel = hermite_cubic(nodes, held_left=left, held_right=right)
    assert_allclose(kernel(x, nodes), exact(x, nodes), atol=1e-9 * float(exact(nodes, nodes).max() + 1e-3))
    assert_allclose(kernel(nodes, x), kernel(x, nodes), atol=1e-12)


@pytest.mark.claim("green-fem")
@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-15])
def test_nodes_that_nearly_coincide_cost_no_digits(gap: float) -> None:
    """The element of length h bends in proportion to h: nothing is divided by it."""
    nodes = np.array([0.0, gap, 0.5, 0.5 + gap, 1.0 - gap, 1.0])
    x = np.linspace(0, 1, 9)[:, None]
    for exact, left, right in (
        (greens.SimplySupportedBeam(), (0,), (0,)),
        (greens.ClampedBeam(), (0, 1), (0, 1)),
        (greens.Cantilever(), (0, 1), ()),
    ):
        kernel = hermite_cubic(nodes, held_left=left, held_right=right)
        # sums of the clamped-free beam, of size 1/3, of which the others are a part: a few dozen roundings of 1/3
        assert_allclose(kernel(x, nodes), exact(x, nodes), atol=1e-14)
        assert_allclose(kernel(nodes, nodes), exact(nodes, nodes), atol=1e-14)


@pytest.mark.claim("green-fem")
def test_the_inverse_stiffness_is_the_inverse_of_the_assembled_matrix() -> None:
    nodes = np.array([0.0, 0.2, 0.5, 0.6, 1.0])
    size, t, w = 2 * len(nodes), *np.polynomial.legendre.leggauss(3)
    stiffness = np.zeros((size, size))
    for e, h in enumerate(np.diff(nodes)):
        u = (t + 1) / 2  # second derivatives of the four Hermite cubics of the element
        bent = np.stack([12 * u - 6, h * (6 * u - 4), 6 - 12 * u, h * (6 * u - 2)]) / h**2
        stiffness[2 * e : 2 * e + 4, 2 * e : 2 * e + 4] += (bent * w * h / 2) @ bent.T
    for left, right in (((0,), (0,)), ((0, 1), (0, 1)), ((0, 1), ()), ((1,), (0,)), ((), (0, 1)), ((0,), (0, 1))):
        free = np.setdiff1d(np.arange(size), [*left, *(size - 2 + j for j in right)])
        own = hermite_cubic(nodes, held_left=left, held_right=right).matrix
        product = stiffness[np.ix_(free, free)] @ own
        assert_allclose(product, np.eye(len(free)), atol=1e-9, err_msg=f"{left}, {right}")


@pytest.mark.claim("green-fem")
def test_hermite_cubics_between_nodes_lose_energy_at_third_order() -> None:
    """Minimising over fewer functions gives a stiffer beam: g_h(x, x) <= g(x, x), short by O(h³)."""
    short = []
    for n in (10, 20, 40):
        x = (np.arange(n) + 0.5) / n
        gap = greens.SimplySupportedBeam()(x, x) - hermite_cubic(np.arange(n + 1) / n)(x, x)
        assert np.all(gap > 0)
        short.append(gap.max())
    assert_allclose(np.log2(np.array(short[:-1]) / short[1:]), 3.0, atol=0.01)


@pytest.mark.claim("green-fd", "green-fem")
def test_nodal_methods_give_positive_kernels_and_refuse_nonsense() -> None:
    x = np.random.default_rng(15).uniform(0, 1, 12)
    for kernel in (finite_differences(9), finite_differences(9, power=2), hermite_cubic(np.linspace(0, 1, 6))):
        values = kernel(x[:, None], x)
        assert_allclose(values, values.T, rtol=1e-12)
        assert np.linalg.eigvalsh(values)[0] > -1e-14 * values.max()
        with pytest.raises(ValueError, match=r"x contains 1\.2.*\[0, 1\]"):
            kernel(1.2, 0.5)
    for call, words in (
        (lambda: finite_differences(1), "cells"),
        (lambda: finite_differences(5, power=3), "power"),
        (lambda: finite_differences(5, conductivity=lambda u: u - 0.5), "conductivity"),
        (lambda: hermite_cubic([0.0, 0.5, 0.5, 1.0]), "ascend"),
        (lambda: hermite_cubic([0.0, 0.5]), "ascend"),
        (lambda: hermite_cubic([0, 1], held_left=(2,)), "held_left"),
        (lambda: hermite_cubic([0, 1], held_right=()), "straight line"),
        (lambda: hermite_cubic([0, 1], held_left=(1,), held_right=(1,)), "straight line"),
    ):
        with pytest.raises(ValueError, match=words):
            call()


@pytest.mark.parametrize("green", [greens.Gaussian(1.0), greens.Matern(1, 2.0), greens.Matern(3, 2.0)])
def test_points_infinitely_far_apart_have_no_covariance_and_no_warning(green: greens.GreensFunction) -> None:
    """Their distance overflows; pytest makes an error of a warning here."""
    with np.errstate(over="raise"):
        assert green(-1.7e308, 1.7e308) == 0.0
        assert np.array_equal(green(np.array([-1.7e308, 0.0])[:, None], np.array([1.7e308]))[:, 0], [0.0, 0.0])
