"""How the time grows with the number of points, and the floor that the memory sets."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import selfdistill as sd
from rows import BEAM, EPSILON, Array, labels, problem

GAUSSIAN = sd.greens.Gaussian(sigma=0.25)


def uniform(size: int) -> tuple[Array, Array]:
    """The grid of the sine path, with labels; the size is moved to the next 2^k - 1, where its transform is fast."""
    size = 2 ** int(np.ceil(np.log2(size))) - 1
    x = np.arange(1, size + 1) / (size + 1)
    return x, labels(x, np.random.default_rng(9))


#: Path -> (kernel, how to make a problem of a size, largest size).
PATHS: dict[str, tuple[sd.greens.GreensFunction, Callable[[int], tuple[Array, Array]], int]] = {
    "spectral": (BEAM, lambda size: problem(size, 9), 3_000),
    "krylov, dense": (GAUSSIAN, lambda size: problem(size, 9), 10_000),
    "krylov, sums": (BEAM, lambda size: problem(size, 9), 10**7),
    "sine": (BEAM, uniform, 10**7),
}


def curve(path: str, sizes: list[int], runs: int = 3) -> list[dict[str, float]]:
    """Microseconds a point of the whole trajectory, the median of some runs, for each size."""
    green, make, largest = PATHS[path]
    found = []
    for size in sizes:
        if size > largest:
            break
        x, y = make(size)
        times = []
        for _ in range(runs if size < 10**6 else 1):
            start = time.perf_counter()
            done = sd.distill(green, x, y, epsilon=EPSILON, method=path.split(",")[0])
            times.append(time.perf_counter() - start)
        found.append({"K": len(x), "microseconds": float(np.median(times)) / len(x) * 1e6, "rounds": len(done)})
    return found


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


def large(size: int = 10**7) -> dict[str, object]:
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


def against_sines(size: int = 2**20 - 1) -> dict[str, object]:
    """The Krylov path on a uniform grid of a million points, against the exact spectrum: all rounds."""
    x, y = uniform(size)
    exact, path = (sd.distill(BEAM, x, y, epsilon=EPSILON, method=method) for method in ("sine", "krylov"))
    return {
        "K": len(x),
        "fits": float(np.max(np.abs(exact.targets - path.targets))),
        "multipliers": float(np.max(np.abs(exact.multipliers / path.multipliers - 1))),
    }
