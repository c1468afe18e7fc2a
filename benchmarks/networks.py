"""Self-distillation of networks on digits with wrong labels: many seeds, kept cell by cell; the chapter shows the sums.

``python benchmarks/networks.py`` runs what is missing and writes ``selfdistill/networks.json``; an interrupted
run goes on where it stopped (cells are kept in ``_build/networks``). On one core it takes about a quarter of an hour.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import selfdistill as sd
from selfdistill import datasets, networks

HERE = Path(__file__).parent
RESULTS = HERE.parent / "selfdistill" / "networks.json"  # the chapter reads it wherever it runs
KEPT = HERE.parent / "_build" / "networks"
SEEDS, ITERATIONS = 5, 150
UNITS = {"dense": 256, "convolutional": 16}

# name: architecture, loss, decay, share of wrong labels, rounds
LOOPS: dict[str, tuple[str, str, float, float, int]] = {
    "dense-squared": ("dense", "squared", 0.0025, 0.4, 12),
    "dense-squared-strong": ("dense", "squared", 0.005, 0.4, 10),
    "dense-entropy": ("dense", "cross-entropy", 0.0015, 0.4, 12),
    "dense-squared-clean": ("dense", "squared", 0.0025, 0.0, 12),
    "convolutional-squared": ("convolutional", "squared", 0.0005, 0.4, 12),
    "convolutional-entropy": ("convolutional", "cross-entropy", 0.0003, 0.4, 12),
}
SHARES, EPSILON = (0.0, 0.2, 0.4, 0.6), 0.02  # of the kernel's loops
EPSILONS = (0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)  # of its single fits
# one fit of a network, for each of these decays
SINGLE: dict[str, tuple[float, ...]] = {
    "squared": (0.00125, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02),
    "cross-entropy": (0.0015, 0.003, 0.004, 0.005, 0.006, 0.008, 0.012),
}


def network(kind: str) -> networks.Network:
    """The network of a loop, for digits of 8 × 8 pixels."""
    if kind == "dense":
        return networks.Network.dense(64, UNITS[kind], 10)
    return networks.Network.convolutional(8, 3, 2, UNITS[kind], 10)


def loop(
    kind: str, loss: str, decay: float, wrong: float, rounds: int, seed: int, iterations: int = ITERATIONS
) -> dict[str, Any]:
    """One seed: held-out accuracy, modes in use and units in use, round by round."""
    data = datasets.digits(wrong=wrong, rng=np.random.default_rng(seed))
    model = network(kind)
    spectrum = sd.spectrum.decompose(networks.NeuralTangent(), data.x)
    accuracy, modes, units = [], [], []
    target = data.y
    for theta in networks.distil(
        model,
        data.x,
        data.y,
        decay=decay,
        rounds=rounds,
        rng=np.random.default_rng(seed),
        loss=loss,
        iterations=iterations,
    ):
        accuracy.append(data.accuracy(model(theta, data.held_out)))
        modes.append(networks.participation(spectrum.coordinates(target)))
        units.append(networks.active(model, theta, data.x))
        target = model(theta, data.x)
        target = target if loss == "squared" else networks.softmax(target)
    return {"accuracy": accuracy, "modes": modes, "units": units}


def kernel_loop(epsilon: float, wrong: float, rounds: int | None, seed: int) -> dict[str, Any]:
    """The same with the kernel of the wide limit; None goes on until the collapse."""
    data = datasets.digits(wrong=wrong, rng=np.random.default_rng(seed))
    path = sd.distill(networks.NeuralTangent(), data.x, data.y, epsilon=epsilon, rounds=rounds)
    modes = [networks.participation(path.spectrum.coordinates(target)) for target in path.targets[:-1]]
    return {"accuracy": data.accuracy(path(data.held_out)), "modes": modes}


def kernel_cells() -> dict[str, Mapping[str, Any]]:
    """The kernel's loops for each share of wrong labels, and its single fits."""
    found: dict[str, Mapping[str, Any]] = {}
    for seed in range(SEEDS):
        for wrong in SHARES:
            found[f"kernel-{wrong}-{seed}"] = {"epsilon": EPSILON, "wrong": wrong, "rounds": None, "seed": seed}
        for epsilon in EPSILONS:
            found[f"single-kernel-{epsilon}-{seed}"] = {"epsilon": epsilon, "wrong": 0.4, "rounds": 1, "seed": seed}
    return found


def cells() -> dict[str, Mapping[str, Any]]:
    """Every loop and every single fit, with every seed."""
    names = ("kind", "loss", "decay", "wrong", "rounds")
    found: dict[str, Mapping[str, Any]] = {
        f"{name}-{seed}": {**dict(zip(names, setting, strict=True)), "seed": seed}
        for name, setting in LOOPS.items()
        for seed in range(SEEDS)
    }
    for loss, decays in SINGLE.items():
        for decay in decays:
            for seed in range(SEEDS):
                setting = {"kind": "dense", "loss": loss, "decay": decay, "wrong": 0.4, "rounds": 1, "seed": seed}
                found[f"single-{loss}-{decay}-{seed}"] = setting
    return found


def main() -> None:
    """Run what is missing, and write the sums."""
    done = sd.sweep(loop, cells(), folder=KEPT, jobs=1)
    done |= sd.sweep(kernel_loop, kernel_cells(), folder=KEPT, jobs=1)

    def gather(prefix: str, key: str) -> list[list[float]]:
        return [np.round(done[f"{prefix}-{seed}"][key], 4).tolist() for seed in range(SEEDS)]

    def shorter(prefix: str, key: str) -> list[list[float]]:
        """Rounds that every seed reached."""
        rows = gather(prefix, key)
        return [row[: min(map(len, rows))] for row in rows]

    def single(prefix: str, settings: tuple[float, ...]) -> list[list[float]]:
        return [[row[0] for row in gather(f"{prefix}-{setting}", "accuracy")] for setting in settings]

    names = ("kind", "loss", "decay", "wrong", "rounds")
    loops = {
        name: dict(zip(names, setting, strict=True))
        | {key: gather(name, key) for key in ("accuracy", "modes", "units")}
        for name, setting in LOOPS.items()
    }
    loops |= {
        f"kernel-{wrong}": {"epsilon": EPSILON, "wrong": wrong}
        | {key: shorter(f"kernel-{wrong}", key) for key in ("accuracy", "modes")}
        for wrong in SHARES
    }
    singles = {
        loss: {"decays": decays, "accuracy": single(f"single-{loss}", decays)} for loss, decays in SINGLE.items()
    } | {"kernel": {"epsilons": EPSILONS, "accuracy": single("single-kernel", EPSILONS)}}
    record = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: version(name) for name in ("numpy", "scipy")},
        "seeds": SEEDS,
        "iterations": ITERATIONS,
        "units": UNITS,
        "loops": loops,
        "single": singles,
    }
    RESULTS.write_text(json.dumps(record) + "\n", "utf-8")


if __name__ == "__main__":
    main()
