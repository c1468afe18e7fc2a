"""Thirty-three boundary-value problems with known solutions, which the solver of `greens.solve` is held to.

Operators, conditions and right-hand sides are those of the public Chebfun examples
(https://github.com/chebfun/examples), in the folder and file named with each; small parameters are chosen so that a
problem stays well conditioned. Solutions are closed forms; where there is none, `scipy.integrate.solve_bvp` finds it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import airy, dawsn, erf, hyp1f1, itairy, jv, yv

from ..kernel import Array
from .conditions import Condition, at, integral, periodic
from .problems import KnownProblem

__all__ = ["known_problems"]


def known_problems() -> list[KnownProblem]:
    """The problems, simple ones first."""
    return [*_constant(), *_layers(), *_variable(), *_unusual()]


def _held(*points: float) -> list[Condition]:
    return [at(point, {0: 1.0}) for point in points]


# a table: one line or a few for each problem
# fmt: off


def _constant() -> list[KnownProblem]:
    """Operators with constant coefficients."""
    begin = [at(0, {0: 1.0}), at(0, {1: 1.0})]
    rates = 10 + np.array([1, -1]) * np.sqrt(99)
    drift = np.linalg.solve(np.exp(np.outer([-1, 1], rates)), [-1, -1])
    return [
        KnownProblem(
            "relaxation", "ode-linear/WikiODE", "u'+3u=2", (3.0, 1.0), _held(0), 2.0, (2.0,), (0.0, 1.0),
            lambda x: 2 / 3 + 4 / 3 * np.exp(-3 * x)),
        KnownProblem(
            "fast decay", "ode-linear/LinExpIVP", "u'+10^4u=0", (1e4, 1.0), _held(0), 0.0, (1.0,), (0.0, 0.005),
            lambda x: np.exp(-1e4 * x), 48),
        KnownProblem(
            "growing wave", "ode-linear/WikiODE", "u''-4u'+5u=0", (5.0, -4.0, 1.0), _held(-1, 1), 0.0,
            (np.exp(-2) * np.cos(1), np.exp(2) * np.cos(1)), exact=lambda x: np.exp(2 * x) * np.cos(x)),
        KnownProblem(
            "oscillator, mixed ends", "ode-linear/WikiODE", r"u''+\pi^2u=0", (np.pi**2, 0.0, 1.0),
            [at(-1, {0: 1.0}), at(1, {1: 1.0})], 0.0, (-1.0, -np.pi),
            exact=lambda x: np.cos(np.pi * x) + np.sin(np.pi * x), symmetric=True),
        KnownProblem(
            "oscillator from rest", "ode-linear/LinearIVP", "u''+u=0", (1.0, 0.0, 1.0), begin, 0.0, (1.0, 0.0),
            (0.0, 100.0), np.cos, 64, (50.0,)),
        KnownProblem(
            "resonance", "ode-linear/ResonantVandal", r"u''+u=1-\cos x", (1.0, 0.0, 1.0), begin,
            lambda x: 1 - np.cos(x), (2.0, 0.0), (0.0, 50.0), lambda x: 1 + np.cos(x) - x * np.sin(x) / 2, 48),
        KnownProblem(
            "above an eigenvalue", "ode-linear/Krylov", "-u''-100u=1", (-100.0, 0.0, -1.0), _held(-1, 1), 1.0,
            exact=lambda x: (np.cos(10 * x) / np.cos(10) - 1) / 100, symmetric=True),
        KnownProblem(
            "strong drift", "ode-linear/Adjoints", "u''-20u'+u=1", (1.0, -20.0, 1.0), _held(-1, 1), 1.0,
            exact=lambda x: 1 + np.exp(np.multiply.outer(x, rates)) @ drift, degree=48),
    ]


def _layers() -> list[KnownProblem]:
    """Operators with a small parameter, whose solutions have layers; breakpoints stand beside the layers."""
    ends, shock = _held(-1, 1), np.sqrt(0.01)

    def outflow(width: float) -> Callable[[Array], Array]:
        return lambda x: np.expm1(-x / width) / np.expm1(-1 / width) - x

    def turning(x: Array) -> Array:
        """Airy functions of x/ε^{1/3}, one at both ends."""
        scale = 0.01 ** (-1 / 3)
        edge = np.array([airy(-scale)[::2], airy(scale)[::2]])
        return np.asarray(np.stack(airy(scale * x)[::2], -1) @ np.linalg.solve(edge, [1, 1]))

    def setting_in(x: Array) -> Array:
        c = 230 / (51 - np.exp(-50))
        right = 11 - x + c * (np.exp(-5 * np.maximum(x, 0)) - np.exp(-50))
        return np.where(x > 0, right, 11 + c * (1 - np.exp(-50)) - (1 + 5 * c) * x - 2.5 * x**2)

    return [
        KnownProblem(
            "boundary layer", "ode-linear/BoundaryLayer", "-0.1u''-u'=1", (0.0, -1.0, -0.1), _held(0, 1), 1.0,
            domain=(0.0, 1.0), exact=outflow(0.1)),
        KnownProblem(
            "thin boundary layer", "ode-linear/Breakpoints", "-0.02u''-u'=1", (0.0, -1.0, -0.02), _held(0, 1), 1.0,
            domain=(0.0, 1.0), exact=outflow(0.02), degree=48, breakpoints=(0.4,)),
        KnownProblem(
            "wind", "ode-linear/AdvDiffJump", "0.2u''+u'=-1", (0.0, 1.0, 0.2), _held(-10, 10), -1.0,
            (1.0, 1.0), (-10.0, 10.0), lambda x: 11 - x - 20 * np.exp(-5 * (x + 10)), 48, (-8.0,)),
        KnownProblem(
            "wind that sets in", "ode-linear/AdvDiffJump", r"0.2u''+1_{x>0}\,u'=-1",
            (0.0, lambda x: np.where(x > 0, 1.0, 0.0), 0.2), _held(-10, 10), -1.0, (1.0, 1.0), (-10.0, 10.0),
            setting_in, 48, (0.0, 2.0)),
        KnownProblem(
            "viscous shock", "ode-linear/LeeGreengardODEs", "0.01u''+2xu'=0", (0.0, lambda x: 2 * x, 0.01), ends, 0.0,
            (-1.0, 1.0), exact=lambda x: erf(x / shock) / erf(1 / shock), degree=48, breakpoints=(-0.4, 0.4)),
        KnownProblem(
            "turning point", "ode-linear/LeeGreengardODEs", "0.01u''-xu=0", (lambda x: -x, 0.0, 0.01), ends, 0.0,
            (1.0, 1.0), exact=turning, degree=48, symmetric=True),
        KnownProblem(
            "potential barrier", "ode-linear/LeeGreengardODEs", r"0.01u''+(x^2-\tfrac14)u=0",
            (lambda x: x**2 - 0.25, 0.0, 0.01), ends, 0.0, (1.0, 2.0), symmetric=True),
        KnownProblem(
            "cusp", "ode-linear/LeeGreengardODEs", r"0.01u''+xu'-\tfrac12u=0", (-0.5, lambda x: x, 0.01), ends, 0.0,
            (1.0, 2.0), degree=48, breakpoints=(0.0,)),
        KnownProblem(
            "interior layer", "ode-linear/Breakpoints", "0.1u''+xu'+xu=0", (lambda x: x, lambda x: x, 0.1),
            _held(-2, 2), 0.0, (-4.0, 2.0), (-2.0, 2.0), degree=48),
        KnownProblem(
            "two layers", "ode-linear/MatchedAsymp", "-0.01u''+(2-x^2)u=1", (lambda x: 2 - x**2, 0.0, -0.01), ends, 1.0,
            degree=48, symmetric=True),
        KnownProblem(
            "nearly not unique", "ode-linear/NearNonuniqueness", "0.1u''-xu'+u=1", (1.0, lambda x: -x, 0.1), ends, 1.0,
            exact=lambda x: 1 - hyp1f1(-0.5, 0.5, 5 * x**2) / hyp1f1(-0.5, 0.5, 5)),
        KnownProblem(
            "nearly without solution", "ode-linear/NearNonuniqueness", "0.1u''+xu'+u=1", (1.0, lambda x: x, 0.1), ends,
            1.0, exact=lambda x: -np.expm1(5 * (1 - x**2))),
    ]


def _variable() -> list[KnownProblem]:
    """Other variable coefficients, smooth, periodic and with a jump."""
    circle = (0.0, 2 * np.pi)

    def bessel(x: Array) -> Array:
        ends = np.array([[jv(4, t), yv(4, t)] for t in (1.0, 30.0)])
        return np.asarray(np.stack([jv(4, x), yv(4, x)], -1) @ np.linalg.solve(ends, [0, 1]))

    return [
        KnownProblem(
            "soft middle", "ode-linear/ParameterODE", "((1+3.6(x^2-x))u')'=1",
            (0.0, lambda x: 3.6 * (2 * x - 1), lambda x: 1 + 3.6 * (x**2 - x)), _held(0, 1), 1.0, domain=(0.0, 1.0),
            exact=lambda x: np.log(1 + 3.6 * (x**2 - x)) / 7.2, degree=48, breakpoints=(0.5,), symmetric=True),
        KnownProblem(
            "spring that turns", "ode-linear/PiecewiseDemo", r"-u''+\operatorname{sign}(x)\,e^xu=1",
            (lambda x: np.sign(x) * np.exp(x), 0.0, -1.0), _held(-1, 1), 1.0, breakpoints=(0.0,), symmetric=True),
        KnownProblem(
            "Bessel, off the origin", "ode-linear/LeeGreengardODEs", "x^2u''+xu'+(x^2-16)u=0",
            (lambda x: x**2 - 16, lambda x: x, lambda x: x**2), _held(1, 30), 0.0, (0.0, 1.0), (1.0, 30.0), bessel, 48,
            (8.0,)),
        KnownProblem(
            "ring, first order", "ode-linear/FourierCollocation", r"u'+(1+\sin\cos 10x)u=e^{\sin x}",
            (lambda x: 1 + np.sin(np.cos(10 * x)), 1.0), periodic(1, circle), lambda x: np.exp(np.sin(x)),
            domain=circle, degree=40, breakpoints=(1.0, 2.1, 3.1, 4.2, 5.2)),
        KnownProblem(
            "ring, second order", "ode-linear/FourierCollocation",
            r"u''+\sin(\cos^2\tfrac x2)u'+\cos(12\sin x)u=e^{\cos 2x}",
            (lambda x: np.cos(12 * np.sin(x)), lambda x: np.sin(np.cos(x / 2) ** 2), 1.0), periodic(2, circle),
            lambda x: np.exp(np.cos(2 * x)), domain=circle, degree=48, breakpoints=(2.0, 4.0)),
    ]


def _unusual() -> list[KnownProblem]:
    """Integral conditions, and conditions inside the domain."""
    square, left = (lambda x: x**2, 0.0, 1.0), at(-1, {0: 1.0})

    def airy_mean(x: Array) -> Array:
        """The combination of Ai and Bi with equal values at −20 and 10, and integral one."""
        areas = [itairy(10.0)[0] + itairy(20.0)[2], itairy(10.0)[1] + itairy(20.0)[3]]  # [2:] are those to the left
        differ = np.subtract(airy(10.0)[::2], airy(-20.0)[::2])
        return np.asarray(np.stack(airy(x)[::2], -1) @ np.linalg.solve([areas, differ], [1, 0]))

    return [
        KnownProblem(
            "mean zero", "ode-linear/NonstandardBCs", "u''+x^2u=1", square, [left, integral()], 1.0, (1.0, 0.0)),
        KnownProblem(
            "orthogonal to a wave", "ode-linear/NonstandardBCs", "u''+x^2u=1", square,
            [left, integral(lambda x: np.sin(4 * np.pi * x))], 1.0, (1.0, 0.0)),
        KnownProblem(
            "value inside", "ode-linear/NonstandardBCs", "u''+x^2u=1", square, _held(-1, 0), 1.0, (1.0, 0.5)),
        KnownProblem(
            "slope inside", "ode-linear/NonstandardBCs", "u''+x^2u=1", square, [left, at(0, {1: 1.0})], 1.0,
            (1.0, 1.0)),
        KnownProblem(
            "Dawson's integral", "ode-linear/DawsonIntegral", "u'+2xu=1", (lambda x: 2 * x, 1.0), _held(0), 1.0,
            domain=(-5.0, 5.0), exact=dawsn, degree=48),
        KnownProblem(
            "thermoelastic rod", "ode-eig/ThermoelasticRod", "u''=1", (0.0, 0.0, 1.0),
            [at(0, {0: 1.0}), at(1, {0: 1.0, 1: 1.0}) - integral(2.0)], 1.0, domain=(0.0, 1.0),
            exact=lambda x: x**2 / 2 - 7 * x / 6),
        KnownProblem(
            "equal ends, unit integral", "ode-linear/SpectralDisc", "u''-xu=0", (lambda x: -x, 0.0, 1.0),
            [integral(), at(-20, {0: 1.0}) - at(10, {0: 1.0})], 0.0, (1.0, 0.0), (-20.0, 10.0), airy_mean, 48,
            (-10.0, 0.0)),
        KnownProblem(
            "integral equals value", "ode-eig/NullSpace", r"0.1u'''+\sin(x)u''+u=1",
            (1.0, 0.0, np.sin, 0.1), [*_held(-1, 1), integral() - at(0, {0: 1.0})], 1.0, degree=48),
    ]
