"""Ratios of running times against named peers: the same work, in turns, several times; median and lowest ratio.

Run with ``make bench``. Absolute times depend on the machine and are not printed; ratios hold better. Each row also
says how far apart the two answers are, because a fast wrong answer is no answer.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
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


def main() -> None:
    """Print the table."""
    print("| work | peer | median ratio | lowest ratio | difference | fairness |\n|---|---|---|---|---|---|")
    for row in (trajectory(300), draws(50, 10_000)):
        print(measure(row), flush=True)


if __name__ == "__main__":
    main()
