"""How the time grows with the number of points and of problems, and the floor that the memory sets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import numpy as np

import peers
import selfdistill as sd
from rows import BEAM, CUBE, EPSILON, Array, cube, labels, problem, solves

EXPONENTIAL = sd.greens.Matern(1, 5.0)
GAUSSIAN = sd.greens.Radial("gaussian", 0.25)


def uniform(size: int) -> tuple[Array, Array]:
    """The grid of the sine path, with labels; the size is moved to the next 2^k - 1, where its transform is fast."""
    size = 2 ** int(np.ceil(np.log2(size))) - 1
    x = np.arange(1, size + 1) / (size + 1)
    return x, labels(x, np.random.default_rng(9))


def scattered(size: int) -> tuple[Array, Array]:
    """Random points and labels."""
    return problem(size, 9)


def by(green: sd.greens.GreensFunction, method: str) -> Callable[[Array, Array], None]:
    """The whole trajectory by a method of the package."""
    return lambda x, y: void(sd.distill(green, x, y, epsilon=EPSILON, method=method))


def void(_: object) -> None:
    """Only the time is wanted."""


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Stream the Gram matrix at every size."""
    kept, sd.gram.KEPT = sd.gram.KEPT, 0
    try:
        yield
    finally:
        sd.gram.KEPT = kept


def dense(x: Array, y: Array) -> None:
    """A kernel of the distance, which states no generators."""
    sd.distill(GAUSSIAN, x[:, None], y, epsilon=EPSILON, method="krylov")


def without_matrix(x: Array, y: Array) -> None:
    """The same, and no matrix is kept."""
    with nothing_kept():
        dense(x, y)


@cache
def one_fit() -> tuple[float, int]:
    """The first multiplier of a problem, and how many fits brentq needs for three rounds."""
    x, y = scattered(1000)
    return float(sd.distill(BEAM, x, y, epsilon=EPSILON, rounds=1).multipliers[0]), solves(rounds=3)


@dataclass(frozen=True)
class Curve:
    """What is timed for each size from `least` to `largest`, and how often its time counts."""

    work: Callable[[Array, Array], object]
    largest: int = 10**7
    least: int = 100
    make: Callable[[int], tuple[Array, Array]] = scattered
    calls: Callable[[], int] = lambda: 1


CURVES = {
    "spectral": Curve(by(BEAM, "spectral"), 3_000),
    "dense, kept": Curve(dense, 10_000),
    "dense, streamed": Curve(without_matrix, 30_000, 1_000),
    "beam": Curve(by(BEAM, "krylov")),
    "Matérn 3/2": Curve(by(sd.greens.Matern(2, 5.0), "krylov")),
    "exponential": Curve(by(EXPONENTIAL, "tridiagonal")),
    "sine": Curve(by(BEAM, "sine"), make=uniform),
    "KernelRidge": Curve(lambda x, y: peers.kernel_ridge(x, y, EPSILON, 1.0 / (2.0 * 0.25**2), 1.0, x[:1]), 3_000),
    "celerite2": Curve(lambda x, y: peers.celerite(x, y, EPSILON, 5.0)),
    "csaps": Curve(lambda x, y: peers.csaps_fit(x, y, one_fit()[0]), 10**6, calls=lambda: one_fit()[1]),
}


def curves(
    sizes: list[int], names: tuple[str, ...] = tuple(CURVES), runs: int = 3
) -> dict[str, list[dict[str, float]]]:
    """Seconds for the whole trajectory, by each curve at each size: the median of some runs, in turns.

    What takes more than five seconds runs once.
    """
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for size in sizes:
        inside = [name for name in names if CURVES[name].least <= size <= CURVES[name].largest]
        data = {name: CURVES[name].make(size) for name in inside}
        times: dict[str, list[float]] = {name: [] for name in inside}
        for run in range(runs):
            for name in inside:
                if run and times[name][0] > 5.0:
                    continue
                start = time.perf_counter()
                CURVES[name].work(*data[name])
                times[name].append(time.perf_counter() - start)
        for name in inside:
            seconds = median(times[name]) * CURVES[name].calls()
            found[name].append({"K": len(data[name][0]), "seconds": seconds, "runs": len(times[name])})
    return found


def batches(sizes: tuple[int, ...], numbers: tuple[int, ...], rounds: int = 5, runs: int = 3) -> list[dict[str, float]]:
    """Seconds for many problems on the same points, one decomposition included: the median of some runs."""
    found = []
    for size in sizes:
        x = np.arange(1, size + 1) / (size + 1)
        for number in numbers:
            rng, times = np.random.default_rng(8), []
            y = np.column_stack([labels(x, rng) for _ in range(number)])
            for _ in range(runs):
                start = time.perf_counter()
                spectrum = sd.spectrum.decompose(BEAM, x)
                sd.distillation.multipliers(spectrum, y, epsilon=EPSILON, rounds=rounds)
                times.append(time.perf_counter() - start)
            found.append({"K": size, "problems": number, "seconds": median(times), "rounds": rounds})
    return found


def on_all_cores(size: int = 10_000, runs: int = 7) -> dict[str, Any]:
    """One product without a matrix, on one core and on all, in turns: how many times faster, and by how much apart.

    Only where a process can be kept to some cores, as on Linux.
    """
    if not hasattr(os, "sched_setaffinity"):
        return {}
    x, y, _ = cube(size, 1, 12)
    mine = os.sched_getaffinity(0)
    ratios, gap = [], 0.0
    with nothing_kept():
        product = sd.gram.gram_product(CUBE, x)
    try:
        for _ in range(runs):
            times, images = [], []
            for allowed in ({min(mine)}, set(range(os.cpu_count() or 1))):
                os.sched_setaffinity(0, allowed)
                start = time.perf_counter()
                images.append(product(y))
                times.append(time.perf_counter() - start)
            ratios.append(times[0] / times[1])
            gap = max(gap, float(np.max(np.abs(images[0] - images[1]))))
    finally:
        os.sched_setaffinity(0, mine)
    measured = {"lowest": min(ratios), "median": median(ratios), "runs": runs, "difference": gap}
    return {"K": size, "cores": os.cpu_count(), **measured}


def without_a_matrix(size: int = 50_000) -> dict[str, Any]:
    """One run with a dense kernel whose matrix fits in no memory here."""
    x, y, _ = cube(size, 1, 12)
    start = time.perf_counter()
    path = sd.distill(CUBE, x, y, epsilon=2 * 0.04)
    seconds = time.perf_counter() - start
    met = np.abs(np.mean(np.diff(path.targets, axis=0) ** 2, axis=1) / (2 * 0.04) - 1)
    return {
        "K": size,
        "gigabytes": 8e-9 * size**2,
        "seconds": seconds,
        "reason": path.reason,
        "rounds": len(path),
        "accuracy": path.accuracy,
        "constraint": float(np.max(met)),
    }


def bandwidth(megabytes: int = 800, runs: int = 5) -> float:
    """Bytes a second that one core moves: copying an array far larger than the cache, the best of some runs."""
    source = np.ones(megabytes * 10**6 // 8)
    target = np.empty_like(source)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - start)
    return 2 * source.nbytes / min(times)


def bytes_a_point(products: int, rounds: int, terms: int = 2) -> int:
    """Bytes a point that the Krylov path with sums cannot avoid to move, if every array is read or written once a step.

    Step j reads the vector and 2·terms generators and writes the image; it reads j basis vectors twice (their products
    with the image, then their sum) and writes one. At the end all basis vectors are read and the targets written.
    """
    steps = sum(2 + 2 * terms + 2 * j + 1 for j in range(1, products + 1))
    return 8 * (steps + products + rounds)


def large(size: int = 10**7) -> dict[str, Any]:
    """One run with ten million random points."""
    x, y = problem(size, 10)
    start = time.perf_counter()
    path = sd.distill(BEAM, x, y, epsilon=EPSILON)
    seconds = time.perf_counter() - start
    met = np.abs(np.mean(np.diff(path.targets, axis=0) ** 2, axis=1) / EPSILON - 1)
    return {
        "K": size,
        "microseconds": seconds / size * 1e6,
        "reason": path.reason,
        "rounds": len(path),
        "accuracy": path.accuracy,
        "constraint": float(np.max(met)),
    }


def against_sines(size: int = 2**20 - 1) -> dict[str, Any]:
    """The Krylov path on a uniform grid of a million points, against the exact spectrum: all rounds."""
    x, y = uniform(size)
    exact, path = (sd.distill(BEAM, x, y, epsilon=EPSILON, method=method) for method in ("sine", "krylov"))
    return {
        "K": len(x),
        "fits": float(np.max(np.abs(exact.targets - path.targets))),
        "multipliers": float(np.max(np.abs(exact.multipliers / path.multipliers - 1))),
    }
