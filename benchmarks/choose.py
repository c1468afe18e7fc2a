"""Does a chosen round beat a chosen ridge? Twelve real data sets and seven synthetic problems, split after split.

``python benchmarks/choose.py`` measures, and writes ``selfdistill/choices.json``, which the chapter on choosing
draws. It keeps each finished cell (one problem under one condition) in ``_build/choose``, so it can be interrupted and
called again; ``--minutes 3`` stops by itself. It needs ``pip install selfdistill[bench,sweep]``.

Both sides are chosen by the same rule, from the same labels: the best single fit, and the best pair of multiplier and
round. Their errors on the test points are paired, split by split. The control fits residuals instead of predictions:
it has a second parameter too, but it is not distillation. No data are stored here: each loader names where they come
from and on which terms.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import selfdistill as sd
from selfdistill import statistics
from selfdistill.choice import RULES, lost_parts, scorer

Array = NDArray[np.float64]
HERE = Path(__file__).parent
RESULTS, CELLS = HERE.parent / "selfdistill" / "choices.json", HERE.parent / "_build" / "choose"
SPLITS, TRAIN, TEST = 100, 100, 200
CONTROL = ("sure", "cv")  # marginal likelihood flees from many fits to residuals: -log(1 - h) grows with their number
TEXTBOOK = ("five folds", "discrepancy", "quasi-optimality", "L-curve")  # rules for the single fit alone

# --- kernels -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Radial:
    """A kernel of the distance in p dimensions: Matérn of order two, (1 + r) e^{-r}, or Gaussian, e^{-r²/2}."""

    length: float
    gaussian: bool = False

    def __call__(self, x: Array, s: Array) -> Array:
        r = np.sqrt(np.sum((x - s) ** 2, axis=-1)) / self.length
        return np.exp(-(r**2) / 2) if self.gaussian else (1 + r) * np.exp(-r)


def linear(x: Array, s: Array) -> Array:
    """The inner product."""
    return np.sum(x * s, axis=-1)


# --- problems ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """Real data: inputs (n, p), labels (n,) or (n, m), where they come from, and on which terms."""

    x: Array
    y: Array
    source: str


def _one_hot(classes: Any) -> Array:
    names = sorted(set(classes))
    return np.array([[float(name == other) for other in names] for name in classes])


def _uci(name: str) -> Table:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    source = f"scikit-learn load_{name}; from the UCI repository, see its page there for the terms"
    if name == "iris":  # the width of the petal from the other three lengths
        return Table(bunch.data[:, :3], bunch.data[:, 3], source)
    y = bunch.target.astype(float) if name == "breast_cancer" else _one_hot(bunch.target.tolist())
    return Table(bunch.data, y, source)


def _diabetes() -> Table:
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes()
    return Table(bunch.data, bunch.target, "scikit-learn load_diabetes; Efron and others (2004), no terms stated")


def _statsmodels(name: str) -> Table:
    """Sets that statsmodels marks as public domain."""
    from importlib import import_module

    frame = import_module(f"statsmodels.datasets.{name}").load_pandas().data
    source = f"statsmodels {name}; public domain"
    if name == "co2":
        frame = frame.dropna()
        return Table(np.arange(len(frame))[:, None] / 52.0, frame["co2"].to_numpy(float), source)
    if name == "elnino":  # temperature of the sea, by year and month
        months = frame.columns[1:]
        year, month = np.repeat(frame["YEAR"].to_numpy(float), len(months)), np.tile(np.arange(12), len(frame))
        x = np.column_stack([year / 10.0, np.cos(np.pi * month / 6), np.sin(np.pi * month / 6)])
        return Table(x, frame[months].to_numpy(float).ravel(), source)
    columns = {
        "sunspots": ("YEAR", "SUNACTIVITY"),
        "nile": ("year", "volume"),
        "engel": ("income", "foodexp"),
        "macrodata": ("year", "infl"),
    }
    first, second = columns[name]
    x = frame[first].to_numpy(float)
    if name == "macrodata":
        x = x + frame["quarter"].to_numpy(float) / 4
    return Table(x[:, None], frame[second].to_numpy(float), source)


def _penguins() -> Table:
    from palmerpenguins import load_penguins

    frame = load_penguins().dropna()
    x = frame[["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]].to_numpy(float)
    return Table(x, frame["body_mass_g"].to_numpy(float), "palmerpenguins; Gorman, Williams and Fraser (2014), CC0")


REAL: dict[str, Callable[[], Table]] = {
    "diabetes": _diabetes,
    **{name: partial(_uci, name) for name in ("digits", "wine", "breast_cancer", "iris")},
    **{name: partial(_statsmodels, name) for name in ("co2", "sunspots", "nile", "engel", "elnino", "macrodata")},
    "penguins": _penguins,
}
CONDITIONS = ("as they are", "noise added", "second kernel")


@cache
def table(name: str) -> Table:
    """A real data set, loaded once."""
    return REAL[name]()


@dataclass(frozen=True)
class Split:
    """One draw: kernel, training points and labels, test points and what a fit is compared with there."""

    kernel: Callable[[Array, Array], Array]
    x: Array
    y: Array
    grid: Array
    target: Array


def real_split(name: str, condition: str, rng: np.random.Generator) -> Split:
    """At most 100 training points, columns scaled on them, labels centred on them; the rest, at most 200, for the test.

    "noise added" adds noise of the labels' own standard deviation to the training labels alone.
    """
    data = table(name)
    order = rng.permutation(len(data.x))
    size = min(TRAIN, (2 * len(data.x)) // 3)
    train, test = order[:size], order[size : size + TEST]
    centre, scale = data.x[train].mean(axis=0), data.x[train].std(axis=0)
    x = (data.x - centre) / np.where(scale > 0, scale, 1.0)
    level, spread = data.y[train].mean(axis=0), data.y[train].std()
    labels = (data.y - level) / spread
    y = labels[train]
    if condition == "noise added":
        y = y + rng.standard_normal(y.shape)
    distances = np.linalg.norm(x[train][:, None] - x[train], axis=-1)
    length = float(np.median(distances[np.triu_indices(size, 1)])) / 2
    return Split(Radial(length, condition == "second kernel"), x[train], y, x[test], labels[test])


def _on_a_line(truth: Callable[[Array], Array], sigma: float, rng: np.random.Generator) -> Split:
    x, grid = np.sort(rng.uniform(0.005, 0.995, TRAIN)), np.linspace(0, 1, 201)
    y = truth(x) + sigma * rng.standard_normal(TRAIN)
    return Split(sd.greens.SimplySupportedBeam(), x, y, grid, truth(grid))


def _sine(x: Array) -> Array:
    return np.sin(2 * np.pi * x)


def _smooth(x: Array) -> Array:
    return np.sin(np.pi * x)


def _modes(x: Array) -> Array:
    return np.sum(np.sin(np.pi * np.arange(1, 9) * x[..., None]), axis=-1) / 2


def _steps(x: Array) -> Array:
    heights, edges = (0.0, 1.0, -0.5, 0.7, 0.0), (0.15, 0.4, 0.65, 0.85)
    return np.array(heights)[np.searchsorted(edges, x)]


def _doppler(x: Array) -> Array:
    return 2 * np.sqrt(x * (1 - x)) * np.sin(2.1 * np.pi / (x + 0.05))


def _spike(rng: np.random.Generator) -> Split:
    """Sixty inputs, one of them five times as large as the others and the only one that counts; a linear kernel."""
    x = rng.standard_normal((TRAIN + TEST, 60))
    x[:, 0] *= 5
    clean = x[:, 0] / 5
    y = clean[:TRAIN] + rng.standard_normal(TRAIN)
    return Split(linear, x[:TRAIN], y, x[TRAIN:], clean[TRAIN:])


def _friedman(rng: np.random.Generator) -> Split:
    """Friedman's first function of five inputs among ten, noise of variance one."""
    x = rng.uniform(0, 1, (TRAIN + TEST, 10))
    clean = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = clean[:TRAIN] + rng.standard_normal(TRAIN)
    return Split(Radial(1.2), x[:TRAIN], y - y.mean(), x[TRAIN:], clean[TRAIN:] - y.mean())


SYNTHETIC: dict[str, Callable[[np.random.Generator], Split]] = {
    "sine": lambda rng: _on_a_line(_sine, 0.5, rng),
    "very smooth": lambda rng: _on_a_line(_smooth, 0.5, rng),
    "eight equal modes": lambda rng: _on_a_line(_modes, 0.5, rng),
    "steps": lambda rng: _on_a_line(_steps, 0.3, rng),
    "doppler": lambda rng: _on_a_line(_doppler, 0.3, rng),
    "spike": _spike,
    "Friedman": _friedman,
}

# --- one split -----------------------------------------------------------------------------------------------------


class Fits:
    """All candidates of one split: their lost parts, and their errors on the test points."""

    def __init__(self, split: Split) -> None:
        self.split, self.spectrum = split, sd.spectrum.decompose(split.kernel, split.x)
        self.d, self.z = self.spectrum.eigenvalues, self.spectrum.coordinates(split.y)
        self.columns = sd.spectrum.cross(split.kernel, split.grid, split.x) @ self.spectrum.eigenvectors

    def errors(self, lost: Array) -> Array:
        """Mean squared error on the test points for each row of lost parts, shape (C,)."""
        keep = ~self.spectrum.null
        weights = (1.0 - lost[:, keep]) / self.d[keep]
        z, target = self.z[keep].reshape(sum(keep), -1), self.split.target.reshape(len(self.split.grid), -1)
        gaps = [(weights * z[:, j]) @ self.columns[:, keep].T - target[:, j] for j in range(z.shape[1])]
        return np.mean(np.sum(np.square(gaps), axis=0), axis=1)

    def residual_parts(self, multipliers: Array, count: int) -> Array:
        """What fitting the residuals `count` times loses, (c/(d + c))^count."""
        return np.exp(-count * np.log1p(self.d / multipliers[:, None]))


def five_folds(fits: Fits, multipliers: Array, rng: np.random.Generator) -> Array:
    """Mean squared error of single fits by five folds, at a fixed ridge K·c."""
    split, K = fits.split, len(fits.d)
    total = np.zeros(len(multipliers))
    for fold in np.array_split(rng.permutation(K), 5):
        rest = np.setdiff1d(np.arange(K), fold)
        part = Fits(Split(split.kernel, split.x[rest], split.y[rest], split.x[fold], split.y[fold]))
        total += len(fold) * part.errors(next(lost_parts(part.d, multipliers * K / len(rest), 1)))
    return total / K


def lowest_dip(score: Array, where: NDArray[np.bool_]) -> int:
    """The smallest local minimum inside a range; the strongest regularisation in it if there is none."""
    inner = np.flatnonzero(where)[1:-1]
    dips = inner[(score[inner] < score[inner - 1]) & (score[inner] <= score[inner + 1])]
    return int(dips[np.argmin(score[dips])]) if dips.size else int(np.flatnonzero(where)[-1])


def one_split(split: Split, rng: np.random.Generator) -> dict[str, float]:
    """Test errors of everything that is compared, and the rounds chosen."""
    fits, found = Fits(split), dict[str, float]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sd.ChoiceWarning)
        choices = {rule: sd.choose(split.kernel, split.x, split.y, rule=rule) for rule in RULES}
    found["warned"] = float(any("disagree" in note for note in choices["marginal"].notes))
    multipliers, noise = choices["marginal"].multipliers, choices["marginal"].noise
    rounds = range(len(choices["marginal"].by_round))
    lost = list(lost_parts(fits.d, multipliers, len(rounds)))
    errors = np.array([fits.errors(row) for row in lost])
    found["oracle single"], found["oracle"] = float(np.min(errors[0])), float(np.min(errors))

    def error(c: float, t: int) -> float:
        return float(errors[t, int(np.argmin(np.abs(np.log(multipliers / c))))])

    for rule, choice in choices.items():
        found[f"{rule} single"] = error(choice.single.multiplier, 0)
        found[f"{rule} distilled"] = error(choice.multiplier, choice.round)
        found[f"{rule} round"] = float(choice.round)
    residual = np.array([fits.residual_parts(multipliers, t + 1) for t in rounds]).reshape(-1, len(fits.d))
    for rule in CONTROL:
        best = np.argmin(scorer(rule, fits.spectrum, fits.z, noise)(residual))
        found[f"{rule} residual"] = float(fits.errors(residual[[best]])[0])
    tuned = choices["marginal"].single.multiplier
    found["one more"] = error(tuned, 1)
    rough = int(np.argmin(np.abs(np.log(multipliers * 20 / tuned))))
    found["rough single"], found["rough best"] = float(errors[0, rough]), float(np.min(errors[:, rough]))
    degrees = np.sum(1.0 - lost[0], axis=1)
    sane = (degrees > 1) & (degrees < 0.9 * len(fits.d))  # both rules below have trivial solutions at the ends
    level = statistics.discrepancy(fits.spectrum, split.y, noise)
    picks = {
        "five folds": int(np.argmin(five_folds(fits, multipliers, rng))),
        "discrepancy": int(np.argmin(np.abs(np.log(multipliers / np.clip(level, *multipliers[[0, -1]]))))),
        "quasi-optimality": lowest_dip(statistics.path_step(lost[0], fits.z), sane),
        "L-curve": int(np.argmax(np.where(sane, statistics.l_curve(fits.d, fits.z, multipliers)[2], -np.inf))),
    }
    return found | {f"{name} single": float(errors[0, pick]) for name, pick in picks.items()}


# --- all splits ----------------------------------------------------------------------------------------------------


def cells(splits: int) -> dict[str, dict[str, Any]]:
    """Every problem under every condition."""
    real = {f"{name}, {how}": {"name": name, "condition": how} for name in REAL for how in CONDITIONS}
    made = {name: {"name": name, "condition": "synthetic"} for name in SYNTHETIC}
    return {name: {**cell, "splits": splits} for name, cell in (made | real).items()}


def draw(name: str, condition: str, number: int) -> tuple[Split, np.random.Generator]:
    """Split `number` of a cell; its randomness depends on the number alone."""
    rng = np.random.default_rng([2020, number])
    return SYNTHETIC[name](rng) if condition == "synthetic" else real_split(name, condition, rng), rng


def measure(name: str, condition: str, splits: int) -> dict[str, Array]:
    """A cell: each quantity for all its splits."""
    found = [one_split(*draw(name, condition, number)) for number in range(splits)]
    return {key: np.array([one[key] for one in found]) for key in found[0]}


def compare(ours: Array, theirs: Array) -> list[float]:
    """How much larger one mean error is than another, in per cent, and its paired standard error."""
    difference = ours - theirs
    scale = 100 / np.mean(theirs)
    error = np.std(difference, ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else 0.0
    return [round(float(scale * np.mean(difference)), 3), round(float(scale * error), 3)]


def _when_warned(found: Mapping[str, Array]) -> list[float]:
    """Where the choice warned: excess of the single fits by marginal likelihood and by leave-one-out, in per cent."""
    warned = found["warned"] > 0
    if not np.any(warned):
        return []
    best = np.mean(found["oracle single"][warned])
    return [round(float(100 * np.mean(found[f"{rule} single"][warned]) / best - 100), 1) for rule in ("marginal", "cv")]


def summary(cell: Mapping[str, Any], found: Mapping[str, Array]) -> dict[str, Any]:
    """What is kept of a cell."""
    return {
        "problem": cell["name"],
        "condition": cell["condition"],
        "splits": len(found["oracle"]),
        "distilled": {rule: compare(found[f"{rule} distilled"], found[f"{rule} single"]) for rule in RULES},
        "round": {rule: round(float(np.mean(found[f"{rule} round"])), 2) for rule in RULES},
        "residual": {rule: compare(found[f"{rule} residual"], found[f"{rule} single"]) for rule in CONTROL},
        "excess": {rule: compare(found[f"{rule} single"], found["oracle single"]) for rule in (*RULES, *TEXTBOOK)},
        "warned": round(float(np.mean(found["warned"])), 3),
        "warned excess": _when_warned(found),
        "oracle": compare(found["oracle"], found["oracle single"]),
        "one more": compare(found["one more"], found["marginal single"]),
        "rough": compare(found["rough best"], found["rough single"]),
        "first": [float(f"{found[key][0]:.10g}") for key in ("marginal single", "marginal distilled")],
    }


def main() -> None:
    """Measure what is missing, and write the results when nothing is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after so many; call again to go on")
    options = parser.parse_args()
    start, todo = time.monotonic(), cells(options.splits)
    found: dict[str, Mapping[str, Array]] = {}
    names = list(todo)
    for first in range(0, len(names), 6):
        if time.monotonic() - start > 60 * options.minutes:
            print(f"{first} of {len(names)} cells are there; call again to go on")
            return
        part = {name: todo[name] for name in names[first : first + 6]}
        found |= sd.sweep(measure, part, folder=CELLS, jobs=options.jobs)
    results = {
        "splits": options.splits,
        "sources": {name: table(name).source for name in REAL},
        "cells": [summary(todo[name], found[name]) for name in names],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf8")
    print(f"wrote {RESULTS.name}")


if __name__ == "__main__":
    main()
