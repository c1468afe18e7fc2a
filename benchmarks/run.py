"""Ratios of running times against named peers: the same work, in turns, several times; median and lowest ratio.

Run with ``make bench``. Absolute times depend on the machine and are not printed; ratios hold better. Each row also
says how far apart the two answers are, because a fast wrong answer is no answer. One time stands by itself, in ms: what
the browser computes for one state of the explorable Distill it.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import scipy.linalg
from scipy.optimize import brentq

import selfdistill as sd


@dataclass(frozen=True)
class Row:
    """One comparison: `ours` and `peer` do the same work, and `difference` compares their answers."""

    name: str
    peer_name: str
    ours: Callable[[], Any]
    peer: Callable[[], Any]
    difference: Callable[[Any, Any], float]
    fairness: str
    runs: int = 7


def measure(row: Row) -> str:
    """Run both in turns (ours, peer, ours, peer, ...) after one warm-up each, and format the ratios peer/ours."""
    difference = row.difference(row.ours(), row.peer())
    ratios = []
    for _ in range(row.runs):
        start = time.perf_counter()
        row.ours()
        middle = time.perf_counter()
        row.peer()
        ratios.append((time.perf_counter() - middle) / (middle - start))
    figures = f"{statistics.median(ratios):.1f} | {min(ratios):.1f} | {difference:.1e}"
    return f"| {row.name} | {row.peer_name} | {figures} | {row.fairness} |"


def log_root(excess: Callable[[float], float], low: float, high: float) -> float:
    """The multiplier by Brent's method in log c, to the accuracy of ours."""
    return float(np.exp(brentq(excess, low, high, xtol=1e-12, rtol=1e-12)))


def labels(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two sines and noise of standard deviation 0.2."""
    return np.sin(2 * np.pi * x) + 0.5 * np.sin(5 * np.pi * x) + 0.2 * rng.standard_normal(len(x))


def trajectory(K: int) -> Row:
    """All rounds for one label vector: one eigendecomposition against a Cholesky factorisation for every trial c."""
    rng = np.random.default_rng(1)
    green, x, epsilon = sd.greens.SimplySupportedBeam(), np.sort(rng.uniform(0, 1, K)), 0.045
    y = labels(x, rng)

    def refit() -> np.ndarray:
        gram = sd.spectrum.cross(green, x, x)  # built once and kept
        targets, identity = [y], np.eye(K)
        while np.sum(targets[-1] ** 2) > K * epsilon:

            def residual(log_c: float) -> np.ndarray:
                c = np.exp(log_c)
                factor = scipy.linalg.cho_factor(gram + c * identity, overwrite_a=True, check_finite=False)
                return c * scipy.linalg.cho_solve(factor, targets[-1], check_finite=False)

            c = log_root(lambda s: np.mean(residual(s) ** 2) - epsilon, np.log(1e-9), np.log(1e3))
            targets.append(targets[-1] - residual(np.log(c)))
        return np.array(targets)

    return Row(
        f"one trajectory, K = {K}",
        "Cholesky refit with kept Gram matrix + brentq",
        lambda: sd.distill(green, x, y, epsilon=epsilon).targets,
        refit,
        lambda a, b: float(np.max(np.abs(a - b))),
        "both build the Gram matrix once; brentq starts from [1e-9, 1e3]",
    )


def draws(K: int, count: int) -> Row:
    """Multipliers of the first rounds for many noise draws: one vectorised batch against a Python loop of brentq."""
    rng = np.random.default_rng(2)
    x, epsilon, rounds = np.arange(1, K + 1) / (K + 1), 0.045, 3
    spectrum = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), x)
    y = np.column_stack([labels(x, rng) for _ in range(count)])
    d, residual = spectrum.eigenvalues, np.sqrt(K * epsilon)

    def loop() -> np.ndarray:
        result = np.full((rounds, count), np.inf)
        for j, z in enumerate((spectrum.eigenvectors.T @ y).T):
            for t in range(rounds):
                if np.linalg.norm(z) <= residual:
                    break
                low, high = sd.bounds.multiplier_bracket(d, z, residual)
                w = z**2
                c = log_root(
                    lambda s, w=w: float(np.sum(w / (1 + d * np.exp(-s)) ** 2)) - residual**2, np.log(low), np.log(high)
                )  # type: ignore[misc]
                result[t, j] = c
                z = z * d / (d + c)
        return result

    def compare(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.max(np.abs(1 / a - 1 / b)) / np.max(1 / b))

    return Row(
        f"{count:,} noise draws, K = {K}, {rounds} rounds",
        "Python loop of brentq in the eigenbasis",
        lambda: sd.distillation.multipliers(spectrum, y, epsilon=epsilon, rounds=rounds),
        loop,
        compare,
        "both use the same eigendecomposition, made before; brentq gets the bracket of the paper",
        runs=3,
    )


#: One state of Distill it: the loop, the fits on the grid that are drawn, and the held-out errors; times in ms.
NODE = """
const { s, epsilon, ...arrays } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const [d, z, E, Q, q] = ["d", "z", "E", "Q", "q"].map((key) => Float64Array.from(arrays[key]));
const times = [];
let N = 0;
for (let run = 0; run < 300; run++) {
  const start = performance.now(), path = distill(d, z, epsilon);
  N = path.multipliers.length;
  for (let t = 0; t < N; t++) evaluate(E, path.z[t + 1]);
  for (let t = 0; t < N; t++) heldOut(Q, q, s, path.z[t + 1]);
  if (run >= 100) times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(JSON.stringify([N, times[times.length >> 1], times[Math.floor(0.95 * times.length)]]));
"""


def browser_numerics(K: int = 50, points: int = 300, rounds: int = 20) -> str:
    """The numerics of the explorable Distill it in Node, if there is one: median and 95th percentile in ms."""
    node = shutil.which("node")
    if node is None:
        return "Distill it in JavaScript: not measured, no node on the path."
    rng = np.random.default_rng(3)
    green, x, grid = sd.greens.SimplySupportedBeam(), np.arange(1, K + 1) / (K + 1), np.linspace(0, 1, points)
    y, spectrum = labels(x, rng), sd.spectrum.decompose(green, x)
    log_epsilon = brentq(  # the largest epsilon with so many rounds
        lambda s: len(sd.distill(green, x, y, epsilon=float(np.exp(s)))) - rounds + 0.5, np.log(1e-5), np.log(0.5)
    )
    epsilon = float(np.exp(log_epsilon))
    while len(sd.distill(green, x, y, epsilon=epsilon)) < rounds:
        epsilon *= 0.999
    on_grid = sd.spectrum.cross(green, grid, x) @ spectrum.eigenvectors / spectrum.eigenvalues
    truth = np.sin(2 * np.pi * grid)
    problem = {
        "d": spectrum.eigenvalues.tolist(),
        "z": spectrum.coordinates(y).tolist(),
        "E": on_grid.ravel().tolist(),
        "Q": (on_grid.T @ on_grid / points).ravel().tolist(),
        "q": (on_grid.T @ truth / points).tolist(),
        "s": float(np.mean(truth**2)),
        "epsilon": epsilon,
    }
    source = files("selfdistill").joinpath("js/numerics.js").read_text("utf-8") + NODE
    done = subprocess.run(
        [node, "-e", source], input=json.dumps(problem), capture_output=True, text=True, check=True, timeout=120
    )
    count, median, late = json.loads(done.stdout)
    return (
        f"Distill it in JavaScript (Node), K = {K}, {points} grid points, {count} rounds: "
        f"median {median:.3f} ms, 95 % within {late:.3f} ms (goal: median at most 0.5 ms)."
    )


def main() -> None:
    """Print the table, then the one time that is a goal by itself."""
    print("| work | peer | median ratio | lowest ratio | difference | fairness |\n|---|---|---|---|---|---|")
    for row in (trajectory(300), draws(50, 10_000)):
        print(measure(row), flush=True)
    print(browser_numerics())


if __name__ == "__main__":
    main()
