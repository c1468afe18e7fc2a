"""The solver's conditions: known problems, supports, integrals, rings, layered strings, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import selfdistill as sd
from selfdistill import greens
from selfdistill.greens import Condition, at, integral, periodic, solve
from selfdistill.greens.collection import known_problems
from selfdistill.greens.problems import KnownProblem

UNIT = np.linspace(0.0, 1.0, 13)
INSIDE = st.floats(0.05, 0.95)


def held(*points: float) -> list[Condition]:
    return [at(point, {0: 1.0}) for point in points]


SUPPORTED = [at(end, {j: 1.0}) for end in (0, 1) for j in (0, 2)]
FREE = [at(end, {j: 1.0}) for end in (0, 1) for j in (2, 3)]


def gram(green: Any, x: np.ndarray = UNIT) -> np.ndarray:
    return np.asarray(green(x[:, None], x))


# ------------------------------------------------------------------------------------------------------- known problems


@pytest.mark.claim("green-conditions")
@pytest.mark.parametrize("problem", known_problems(), ids=lambda problem: problem.name)
def test_known_problems_are_solved(problem: KnownProblem) -> None:
    a, b = problem.domain
    just_right_of_them = np.array(problem.breakpoints) + 0.01 * (b - a)  # a closed form may change there
    x = np.sort([*(a + (b - a) * np.array([0.03, 0.29, 0.81])), *just_right_of_them])
    exact = problem.reference(x)
    # solve() promises g to 1e-7 of its maximum; SciPy's solver is asked for 1e-9, its Airy integrals have nine digits
    assert_allclose(problem.solution(x), exact, atol=1e-8 * np.max(np.abs(exact)))


@pytest.mark.claim("green-conditions")
def test_closed_forms_of_known_problems_agree_with_a_solver_of_another_kind() -> None:
    """Where SciPy's solver can follow: so that a closed form and g cannot be wrong in the same way."""
    names = {"relaxation", "growing wave", "oscillator, mixed ends", "above an eigenvalue", "boundary layer"}
    names |= {"turning point", "nearly not unique", "soft middle", "Dawson's integral", "thermoelastic rod"}
    few = [problem for problem in known_problems() if problem.name in names and problem.exact is not None]
    assert len(few) == len(names)
    for problem in few:
        a, b = problem.domain
        x = a + (b - a) * np.array([0.1, 0.5, 0.9])
        exact = problem.reference(x)
        assert_allclose(problem._solve_bvp(x), exact, atol=1e-6 * np.max(np.abs(exact)), err_msg=problem.name)


@pytest.mark.claim("green-conditions")
def test_the_collection_is_what_it_says() -> None:
    problems = known_problems()
    assert len({p.name for p in problems}) == len(problems) == 33
    assert sum(p.exact is None for p in problems) == 12
    assert {len(p.coefficients) - 1 for p in problems} == {1, 2, 3}
    for problem in problems:
        assert re.fullmatch(r"ode-(linear|eig)/\w+", problem.source)
        assert len(problem.targets) in (0, len(problem.conditions))


# ----------------------------------------------------------------------------------------------- supports and integrals


@pytest.mark.claim("green-support")
@given(point=INSIDE)
@settings(max_examples=8)
def test_a_support_takes_away_one_function(point: float) -> None:
    for kernel, coefficients, ends, kept in (
        (greens.BrownianBridge(), [0, 0, -1], held(0, 1), [0]),
        (greens.SimplySupportedBeam(), [0, 0, 0, 0, 1], SUPPORTED, [0, 1, 2]),
    ):
        green = solve(coefficients, [*ends, *held(point)], breakpoints={point: kept})
        x = np.append(UNIT, point)
        pressed = kernel(x, point)
        exact = gram(kernel, x) - np.outer(pressed, pressed) / kernel(point, point)
        assert_allclose(gram(green, x), exact, atol=1e-12 * exact.max())


@pytest.mark.claim("green-support")
@given(frequency=st.floats(0.0, 6.0), phase=st.floats(0.0, 3.0))
@settings(max_examples=8)
def test_a_held_integral_takes_away_one_function(frequency: float, phase: float) -> None:
    def weight(x: np.ndarray) -> np.ndarray:
        return 1.5 + np.cos(frequency * x + phase)

    beam = greens.SimplySupportedBeam()
    green = solve([0, 0, 0, 0, 1], SUPPORTED, orthogonal_to=[weight])
    t, w = np.polynomial.legendre.leggauss(24)  # on either side of the kink of g, and of products that have none

    def pressed(x: np.ndarray) -> np.ndarray:
        pieces = [(0 * x, x), (x, 0 * x + 1)]
        return sum(
            (high - low) / 2 * (weight(s) * beam(x, s) * w[:, None]).sum(axis=0)
            for low, high in pieces
            for s in [low + (high - low) * (t[:, None] + 1) / 2]
        )

    nodes, areas = (t + 1) / 2, w / 2
    k, strength = pressed(UNIT), (areas * weight(nodes)) @ pressed(nodes)
    exact = gram(beam) - np.outer(k, k) / strength
    assert_allclose(gram(green), exact, atol=1e-12 * gram(beam).max())


@pytest.mark.claim("green-modified")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_ring_of_mean_zero_is_the_periodic_kernel(order: int) -> None:
    kernel = greens.PeriodicSobolev(order, mean="zero")
    green = solve([0] * (2 * order) + [(-1.0) ** order], periodic(2 * order), orthogonal_to=[1.0])
    assert_allclose(gram(green), gram(kernel), atol=1e-12 * gram(kernel).max())
    assert green.period == 1.0 and solve([0, 0, -1], held(0, 1)).period is None
    x, y = np.array([0.0, 0.2, 0.6, 1.0]), np.array([1.0, -1.0, 0.5, 0.8])  # 0 and 1 are one point
    epsilon = 0.05
    assert_allclose(
        sd.distill(green, x, y, epsilon=epsilon).targets, sd.distill(kernel, x, y, epsilon=epsilon).targets, atol=1e-8
    )


@pytest.mark.claim("green-conditions")
@given(a=st.floats(0.5, 20.0), start=st.floats(-5, 5), width=st.floats(0.5, 3.0))
@settings(max_examples=8)
def test_a_ring_on_springs(a: float, start: float, width: float) -> None:
    """−f'' + a² f on a ring: cosh(a(width/2 − r)) / (2a sinh(a width/2)), by images of the exponential kernel."""
    domain = (start, start + width)
    green = solve([a * a, 0, -1], periodic(2, domain), domain=domain, degree=64)
    x = start + width * UNIT
    r = np.abs(x[:, None] - x)
    exact = np.cosh(a * (width / 2 - r)) / (2 * a * np.sinh(a * width / 2))
    assert_allclose(gram(green, x), exact, atol=1e-10 * exact.max())
    assert green.period == pytest.approx(width)


@pytest.mark.claim("green-modified")
def test_modified_greens_functions() -> None:
    """Where constants or lines cost nothing, g is orthogonal to them and solves L g = δ_s − projector."""
    m, M = np.minimum(UNIT[:, None], UNIT), np.maximum(UNIT[:, None], UNIT)
    string = solve([0, 0, -1], [at(0, {1: 1.0}), at(1, {1: 1.0})], orthogonal_to=[1.0])
    assert_allclose(gram(string), (m**2 + M**2) / 2 - M + 1 / 3, atol=1e-13)
    n = np.arange(1, 20001)
    waves = np.sqrt(2) * np.cos(np.pi * np.outer(UNIT, n)) / (np.pi * n)
    assert_allclose(gram(string), waves @ waves.T, atol=2 / (np.pi**2 * 20000))  # the tail of the series
    beam = solve([0, 0, 0, 0, 1], FREE, orthogonal_to=[1.0, lambda x: x])
    other = solve([0, 0, 0, 0, 1], FREE, orthogonal_to=[lambda x: 1 - x, lambda x: 2 + x])  # another basis of the lines
    assert_allclose(gram(beam), gram(other), atol=1e-12)
    data = sd.datasets.paper()
    lines = [np.ones_like, lambda x: x]
    own = sd.distill(beam, data.x, data.y, epsilon=0.01, null=lines)
    spline = sd.distill(greens.FreeSpace(2), data.x, data.y, epsilon=0.01)
    assert len(own) == len(spline) > 3
    assert_allclose(own.targets, spline.targets, atol=1e-9)


@pytest.mark.claim("green-interface")
@given(cut=INSIDE, left=st.floats(0.1, 10.0), right=st.floats(0.1, 10.0))
@settings(max_examples=12)
def test_a_string_of_two_materials(cut: float, left: float, right: float) -> None:
    def stretched(x: np.ndarray) -> np.ndarray:
        return np.minimum(x, cut) / left + np.maximum(x - cut, 0.0) / right

    flux = at(cut, {1: right}, side="right") - at(cut, {1: left}, side="left")
    green = solve([0, 0, lambda x: -np.where(x <= cut, left, right)], [*held(0, 1), flux], breakpoints={cut: [0]})
    x = np.append(UNIT, cut)
    P, whole = stretched(x), stretched(np.array(1.0))
    exact = np.minimum(P[:, None], P) * (whole - np.maximum(P[:, None], P)) / whole
    assert_allclose(gram(green, x), exact, atol=1e-12 * exact.max())


@pytest.mark.claim("green-interface")
def test_a_joint_that_gives_way_lets_the_function_jump() -> None:
    """f jumps by ρ f': the joint counts as ρ more length of string. At the joint g is the limit from the left."""
    cut, rho = 0.4, 0.5
    one = {1: 1.0}
    conditions = [
        *held(0, 1),
        at(cut, one, side="right") - at(cut, one, side="left"),
        at(cut, {0: 1.0, 1: -rho}, side="right") - at(cut, {0: 1.0}, side="left"),
    ]
    green = solve([0, 0, -1], conditions, breakpoints={cut: []})
    x = np.append(UNIT, cut)
    P = x + rho * (x > cut)
    exact = np.minimum(P[:, None], P) * (1 + rho - np.maximum(P[:, None], P)) / (1 + rho)
    assert_allclose(gram(green, x), exact, atol=1e-13)


# --------------------------------------------------------------------------------------------------- words and refusals


def test_conditions_read_as_they_are_written() -> None:
    for condition, words in (
        (at(0, {0: 1.0}), "f(0) = 0"),
        (at(1, {1: 1.0, 0: 3.0}), "f'(1) + 3 f(1) = 0"),
        (at(0.5, {1: 2.0}, side="right") - at(0.5, {1: 1.0}, side="left"), "2 f'(0.5+) - f'(0.5-) = 0"),
        (integral() - at(0, {0: 1.0}), "∫ f - f(0) = 0"),
        (at(0, {0: 1.0}) - integral(2.0), "- 2 ∫ f + f(0) = 0"),
        (integral(np.cos), "∫ w f = 0"),
        (at(0, {5: -1.0}), "- f^(5)(0) = 0"),
    ):
        assert repr(condition) == words
    turned = (-integral(np.cos)).densities[0]
    assert callable(turned) and turned(np.array(0.3)) == -np.cos(0.3)


@pytest.mark.claim("green-conditions")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve([0, 0, -1], periodic(2)), "singular .* orthogonal_to"),
        (lambda: solve([0, 0, -1], [at(0, {1: 1.0}), at(1, {1: 1.0})]), "singular"),
        (lambda: solve([0, 0, 0, 0, 1], FREE, orthogonal_to=[1.0]), "singular"),
        (lambda: solve([0, 0, -1], held(0, 1), orthogonal_to=[1.0, 2.0]), "singular"),
        (lambda: solve([0, 0, -1], held(0, 0.5)), r"not self-adjoint.* condition at \[0.5\] is a support"),
        (lambda: solve([0, 0, -1], [*held(0), integral()]), "not self-adjoint"),
        (lambda: solve([0, 0, -1], held(0, 0.5, 1)), "must be 2 .* got 3"),
        (lambda: solve([0, 0, -1], held(0, 1), breakpoints={0.5: [0]}), "must be 3 .* 1 derivatives set free"),
        (lambda: solve([0, 0, -1], held(0, 1), breakpoints={0.5: [0, 2]}), r"at 0.5 they name \[0, 2\]"),
        (lambda: solve([0, 0, -1], held(0, 1), breakpoints={1.5: [0, 1]}), "inside"),
        (lambda: solve([0, 0, -1], held(0, 1.5)), "1.5, which lies outside"),
        (lambda: solve([0, 0, -1], [*held(0), (1.0, {0: 1.0})]), "made by at"),  # type: ignore[list-item]
        (lambda: solve([0, 0, -1], [*held(0, 1), at(0.5, {1: 1.0})], breakpoints={0.5: [0]}), "from which side"),
        (lambda: solve([0, 0, -1], [*held(0), integral(lambda x: x / x)], symmetric=False), "finite on the domain"),
        (lambda: integral(0.0), "density .* got 0.0"),
        (lambda: integral(np.nan), "density .* got nan"),
        (lambda: at(0, {0: 1.0}, side="middle"), "side .* got 'middle'"),  # type: ignore[arg-type]
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_conditions_without_sense_are_named(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.claim("green-conditions")
def test_a_weight_that_jumps_is_refused_until_its_jump_is_named() -> None:
    half = [*held(0), integral(lambda x: np.where(x < 0.3, 1.0, 0.0))]
    with pytest.raises(ValueError, match=r"breakpoints=\[0.3\]"):
        solve([0, 0, -1], half, symmetric=False)
    green = solve([0, 0, -1], half, breakpoints=[0.3], symmetric=False)
    # −f'' = 1, f(0) = 0, no area up to 0.3: f = −x²/2 + c x with c = 0.1
    assert_allclose(green.apply(1.0, UNIT), 0.1 * UNIT - UNIT**2 / 2, atol=1e-13)


@pytest.mark.claim("green-conditions")
def test_applying_a_kernel_solves_the_equation() -> None:
    green = solve([0, 0, 0, 0, 1], SUPPORTED)
    assert_allclose(green.apply(24.0, UNIT), UNIT**4 - 2 * UNIT**3 + UNIT, atol=1e-14)
    assert green.apply(np.sin, np.array([[0.2], [0.4]])).shape == (2, 1) and green.apply(1.0, 0.5).shape == ()
    with pytest.raises(ValueError, match="domain"):
        green.apply(1.0, 1.5)
