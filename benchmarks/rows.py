"""The rows of the table: the same work done by the package and by a named peer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import numpy as np

import peers
import selfdistill as sd

Array = np.ndarray
BEAM = sd.greens.SimplySupportedBeam()
EPSILON = 0.045  # the noise has variance 0.04
GRID = np.linspace(0.0, 1.0, 300)
AMPLE = 0.08  # an epsilon of twice that variance, for each output
CUBE = sd.greens.Radial("gaussian", 0.3)
GAMMA = 1.0 / (2.0 * 0.3**2)  # the same kernel for scikit-learn


@dataclass(frozen=True)
class Row:
    """One comparison. `ours` and `peer` do the same work; `difference` compares what they return.

    Where `calls` is not 1, `peer` does one of so many equal steps of that work, and its time counts so often. A row
    that takes minutes needs no run that is not counted (`warm_up`).
    """

    name: str
    peer_name: str
    ours: Callable[[], Any]
    peer: Callable[[], Any]
    difference: Callable[[Any, Any], float]
    tolerance: float
    fairness: str
    target: float
    runs: int = 5
    calls: int = 1
    warm_up: bool = True


def labels(x: Array, rng: np.random.Generator) -> Array:
    """Two sines and noise of standard deviation 0.2."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(5 * np.pi * x) + 0.2 * rng.standard_normal(len(x))


def problem(size: int, seed: int) -> tuple[Array, Array]:
    """Random points, ascending, and labels."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 1, size))
    return x, labels(x, rng)


def largest_gap(a: Array, b: Array) -> float:
    """Largest difference between two sets of fits; infinite if they have not the same number of rounds."""
    return float(np.max(np.abs(a - b))) if a.shape == b.shape else float("inf")


def cube(size: int, outputs: int, seed: int) -> tuple[Array, Array, Array]:
    """Random points in a cube, labels of several outputs with the noise of `labels`, and points to evaluate at."""
    rng = np.random.default_rng(seed)
    x, phase = rng.uniform(0, 1, (size, 3)), np.arange(outputs)
    signal = np.sin(2 * np.pi * x[:, :1] + phase) + 0.5 * np.cos(np.pi * (x[:, 1:2] + x[:, 2:]) + 2 * phase)
    y = signal + 0.2 * rng.standard_normal((size, outputs))
    return x, y[:, 0] if outputs == 1 else y, rng.uniform(0, 1, (100, 3))


def dense_cholesky(size: int) -> Row:
    """One trajectory with a kept Gram matrix, against a factorisation for each trial multiplier."""
    x, y = problem(size, 1)
    gram = sd.spectrum.gram_matrix(BEAM, x)
    return Row(
        f"one trajectory, dense, K = {size:,}",
        "Cholesky refit + brentq",
        lambda: sd.distill(BEAM, x, y, epsilon=EPSILON, product=sd.gram.symmetric(gram)).targets,
        lambda: peers.cholesky(gram, y, EPSILON),
        largest_gap,
        1e-8,
        "Both keep the Gram matrix; brentq searches log c in [1e-9, 1e3]. "
        "A proved bracket saves it a third of its fits.",
        100.0,
        runs=3,
    )


def dense_eigenvalues(size: int, target: float) -> Row:
    """One trajectory with a kept Gram matrix, against one eigendecomposition."""
    x, y = problem(size, 2)
    gram = sd.spectrum.gram_matrix(BEAM, x)
    return Row(
        f"one trajectory, dense, K = {size:,}",
        "SciPy's eigh (evd) + Newton",
        lambda: sd.distill(BEAM, x, y, epsilon=EPSILON, product=sd.gram.symmetric(gram)).targets,
        lambda: peers.eigenvalues(gram, y, EPSILON),
        largest_gap,
        1e-8,
        "Both keep the Gram matrix, and the peer uses our own Newton method in its eigenbasis.",
        target,
        runs=3 if size < 5000 else 2,
    )


def kernel_ridge(size: int) -> Row:
    """The constraint with a Gaussian kernel, from points to fits on a grid, against scikit-learn."""
    x, y = problem(size, 3)
    green = sd.greens.Gaussian(sigma=0.25)
    gamma, height = 1.0 / (2.0 * 0.25**2), float(green(0.0, 0.0))  # scikit-learn's kernel has height 1
    return Row(
        f"from points to fits on a grid, Gaussian kernel, K = {size:,}",
        "scikit-learn's KernelRidge + brentq",
        lambda: sd.distill(green, x, y, epsilon=EPSILON)(GRID),
        lambda: peers.kernel_ridge(x, y, EPSILON, gamma, height, GRID),
        largest_gap,
        1e-6,
        "KernelRidge builds its kernel matrix anew for each trial, because its interface does; none offers the "
        "constraint, so brentq searches log c in [1e-9, 1e3].",
        150.0,
    )


def several_outputs(size: int, number: int) -> Row:
    """Several outputs with one multiplier, Gaussian kernel in three dimensions, against scikit-learn."""
    x, y, grid = cube(size, number, 11)
    return Row(
        f"{number} outputs in a cube, Gaussian kernel, K = {size:,}",
        "scikit-learn's KernelRidge + brentq",
        lambda: sd.distill(CUBE, x, y, epsilon=AMPLE * number)(grid),
        lambda: peers.kernel_ridge(x, y, AMPLE * number, GAMMA, 1.0, grid),
        largest_gap,
        1e-6,
        "One multiplier serves all outputs on both sides: the constraint is that of the sum over the outputs. "
        "KernelRidge solves for all of them with one factorisation a trial.",
        50.0,
        runs=2,
    )


def streamed(size: int, number: int, rank: int) -> Row:
    """A matrix that is not kept, Gaussian kernel in three dimensions, against scikit-learn's Nyström features."""
    x, y, grid = cube(size, number, 12)
    green, wanted = CUBE, "one output" if number == 1 else f"{number} outputs"
    return Row(
        f"{wanted} in a cube, Gaussian kernel, K = {size:,}",
        f"scikit-learn's Nystroem({rank}) + Ridge + brentq",
        lambda: sd.distill(green, x, y, epsilon=AMPLE * number)(grid),
        lambda: peers.nystroem(x, y, AMPLE * number, GAMMA, rank, grid),
        largest_gap,
        3e-2,  # what the features cannot say
        f"The peer solves a smaller problem: {rank} features in place of the kernel, and the difference is its error. "
        f"Ours builds the entries of the matrix anew in each product and keeps none. KernelRidge was not run: it "
        f"would keep the matrix, {8e-9 * size**2:.1f} GB, and a factor of it, and spend {size**3 / 3:.0e} operations "
        "on each trial.",
        0.1,
        runs=2,
        warm_up=False,
    )


def fixed_ridge(size: int, rounds: int = 10) -> Row:
    """A fixed multiplier, from points to fits on a grid, against scikit-learn."""
    x, y = problem(size, 4)
    green, c = sd.greens.Gaussian(sigma=0.25), 1e-5
    height = float(green(0.0, 0.0))
    return Row(
        f"fixed multiplier, {rounds} rounds, Gaussian kernel, K = {size:,}",
        "scikit-learn's KernelRidge, one a round",
        lambda: sd.distill(green, x, y, multiplier=c * height, rounds=rounds)(GRID),
        lambda: peers.kernel_ridge_fixed(x, y, c, rounds, 1.0 / (2.0 * 0.25**2), GRID),
        largest_gap,
        1e-6,
        "Both start from the points. The peer builds and factors its matrix in each round, because its interface does; "
        "ours takes a few of its columns.",
        50.0,
        runs=9,
    )


def solves(rounds: int, size: int = 1000) -> int:
    """How many fits brentq needs for so many rounds, if each fit is exact: counted on a problem of moderate size."""
    x, y = problem(size, 6)
    spectrum = sd.spectrum.decompose(BEAM, x)
    counter = count()

    def residual(targets: Array, c: float) -> Array:
        next(counter)
        return spectrum.eigenvectors @ (c / (spectrum.eigenvalues + c) * spectrum.coordinates(targets))

    peers.constrained_rounds(y, EPSILON, residual, 1e-9, 1.0, rounds)
    return next(counter)


def smoothing_spline(size: int, name: str, fit: Callable[[Array, Array, float], Array], target: float) -> Row:
    """Three rounds on a long line, against a smoothing spline for each trial multiplier."""
    x, y = problem(size, 5)
    needed = solves(rounds=3)
    c = float(sd.distill(BEAM, x, y, epsilon=EPSILON, rounds=1).multipliers[0])
    inner = (x > 0.25) & (x < 0.75)

    def compare(ours: sd.Distillation, theirs: Array) -> float:
        return float(np.max(np.abs(ours.targets[1] - theirs)[inner]))

    return Row(
        f"three rounds on a line, K = {size:,}",
        name,
        lambda: sd.distill(BEAM, x, y, epsilon=EPSILON, rounds=3),
        partial(fit, x, y, c),
        compare,
        2e-2,  # at the ends the models differ, and a little of that reaches the middle
        f"The peer's time is that of one fit, times the {needed} fits that brentq needs for three rounds when the "
        "answers are exact: at a million points the peer's residual is so far off that brentq finds no root. The "
        "models differ at the ends (natural spline, no f(0) = f(1) = 0), so the difference is that of the first fit "
        "between 0.25 and 0.75. It is the peer's error: ours is held to the exact spectrum below.",
        target,
        runs=5,
        calls=needed,
    )


def exponential(size: int) -> Row:
    """The exponential kernel on a long line, against celerite2."""
    x, y = problem(size, 7)
    green = sd.greens.Matern(1, 5.0)
    return Row(
        f"exponential kernel on a line, K = {size:,}",
        "celerite2 + brentq",
        lambda: sd.distill(green, x, y, epsilon=EPSILON).targets,
        lambda: peers.celerite(x, y, EPSILON, 5.0),
        largest_gap,
        1e-7,
        "The same model. celerite2 factors in O(K) for each trial; brentq searches log c in [1e-9, 1e3].",
        1.0,
        runs=3,
    )


def draws(size: int, number: int, cholesky: str = "", rounds: int = 3) -> Row:
    """Multipliers of many noise draws on one set of points."""
    rng = np.random.default_rng(8)
    x = np.arange(1, size + 1) / (size + 1)
    spectrum = sd.spectrum.decompose(BEAM, x)
    y = np.column_stack([labels(x, rng) for _ in range(number)])

    def compare(a: Array, b: Array) -> float:
        return float(np.max(np.abs(1 / a - 1 / b)) / np.max(1 / b))

    if cholesky:
        lean = cholesky == "lean"
        name, runs = f"Python loop of {'lean ' if lean else ''}Cholesky refits + brentq", 2
        target = 150.0 if lean else 300.0
        fairness = "Both keep the Gram matrix; brentq searches log c in [1e-9, 1e3]. " + (
            "Without SciPy's checks, and with one copy a trial."
            if lean
            else "With SciPy's cho_factor as its manual has it."
        )
        peer = partial(peers.loop_of_factorisations, spectrum.gram, y.T, EPSILON, rounds, lean)
    else:
        name, runs, target = "Python loop of brentq in the eigenbasis", 3, 25.0
        fairness = "Both use the same eigendecomposition, made before; brentq gets the bracket of the paper."
        peer = partial(peers.loop_in_eigenbasis, spectrum.eigenvalues, spectrum.coordinates(y).T, EPSILON, rounds)
    return Row(
        f"{number:,} noise draws, {rounds} rounds, K = {size}",
        name,
        lambda: sd.distillation.multipliers(spectrum, y, epsilon=EPSILON, rounds=rounds),
        peer,
        compare,
        1e-7,
        fairness,
        target,
        runs=runs,
    )


#: Name -> how to build the row, at full size and at a size for the tests. Built one at a time: some hold gigabytes.
ROWS: dict[str, tuple[Callable[[], Row], Callable[[], Row]]] = {
    "cholesky": (partial(dense_cholesky, 2000), partial(dense_cholesky, 220)),
    "eigh-4000": (partial(dense_eigenvalues, 4000, 50.0), partial(dense_eigenvalues, 220, 50.0)),
    "eigh-8000": (partial(dense_eigenvalues, 8000, 100.0), partial(dense_eigenvalues, 250, 100.0)),
    "kernel-ridge": (partial(kernel_ridge, 1000), partial(kernel_ridge, 210)),
    **{
        f"outputs-{number}": (partial(several_outputs, 2000, number), partial(several_outputs, 210, number))
        for number in (2, 5, 10)
    },
    **{
        f"nystroem-{number}-{rank}": (
            partial(streamed, 20_000, number, rank),
            partial(streamed, rank + 110, number, rank),
        )
        for number, rank in ((1, 100), (1, 300), (10, 300))
    },
    "fixed": (partial(fixed_ridge, 1000), partial(fixed_ridge, 80)),
    "csaps": (
        partial(smoothing_spline, 10**6, "csaps + brentq", peers.csaps_fit, 25.0),
        partial(smoothing_spline, 1000, "csaps + brentq", peers.csaps_fit, 25.0),
    ),
    "scipy-spline": (
        partial(smoothing_spline, 10**6, "SciPy's smoothing spline + brentq", peers.scipy_fit, 250.0),
        partial(smoothing_spline, 1000, "SciPy's smoothing spline + brentq", peers.scipy_fit, 250.0),
    ),
    "celerite": (partial(exponential, 10**6), partial(exponential, 500)),
    "draws": (partial(draws, 50, 10_000), partial(draws, 20, 30)),
    "draws-cholesky": (partial(draws, 50, 10_000, "plain"), partial(draws, 20, 5, "plain")),
    "draws-lean": (partial(draws, 50, 10_000, "lean"), partial(draws, 20, 5, "lean")),
}
