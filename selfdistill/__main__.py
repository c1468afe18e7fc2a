"""From a file to a plot: ``python -m selfdistill table.csv --kernel matern52 --plot fit.svg``.

The file has a line of names and then rows of numbers; its last column holds the labels. Rows with an empty field are
left out. Several columns are scaled to unit standard deviation. The rule chooses the multiplier and the round.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from pathlib import Path

import numpy as np

from . import ChoiceWarning, Distillation, choose, distill
from .choice import RULES
from .greens import Radial, median_distance
from .kernel import Array


def read(path: Path) -> tuple[list[str], Array, int]:
    """Names of the columns, the complete rows, and the number of those left out; ValueError for what is no number."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        names, *rows = [row for row in csv.reader(file) if row] or [[]]
    whole = [(line, row) for line, row in enumerate(rows, 2) if all(field.strip() for field in row)]
    values = np.empty((len(whole), len(names)))
    for k, (line, row) in enumerate(whole):
        if len(row) != len(names):
            raise ValueError(f"{path}, row {line}: {len(row)} fields, and {len(names)} names in the first row")
        for j, field in enumerate(row):
            try:
                values[k, j] = float(field)
            except ValueError:
                raise ValueError(f"{path}, row {line}, column {names[j]!r}: {field!r} is no number") from None
    if len(names) < 2:
        raise ValueError(f"{path} needs two columns at least, the last one with the labels; it has {len(names)}")
    return names, values, len(rows) - len(whole)


def draw(target: Path, x: Array, y: Array, mean: float, names: list[str], paths: dict[str, Distillation]) -> None:
    """The fits over the one column, or against the labels if there are several columns."""
    from . import figures

    fig, ax = figures.axes()
    line = x.shape[1] == 1
    grid = np.linspace(x.min(), x.max(), 500)[:, None] if line else x
    if line:
        ax.plot(x[:, 0], y, ".", color=figures.COLOURS["black"], label="labels")
    for name, path in paths.items():
        ax.plot(grid[:, 0] if line else y, path(grid)[-1] + mean, "-" if line else ".", label=name)
    ax.set(xlabel=names[0] if line else names[-1], ylabel=names[-1] if line else "fit")
    ax.legend()
    fig.savefig(target)


def main(arguments: list[str] | None = None) -> None:
    """Read, choose, distil, tell, draw."""
    parser = argparse.ArgumentParser(prog="python -m selfdistill", description=__doc__.split("\n\n")[1])
    parser.add_argument("file", type=Path)
    parser.add_argument("--kernel", default="gaussian", help="gaussian, matern12, matern32 or matern52")
    parser.add_argument("--length", type=float, help="length scale; without it, the median distance between rows")
    parser.add_argument("--rule", default="marginal", choices=RULES)
    parser.add_argument("--plot", type=Path, help="a picture to write, .svg, .png or .pdf")
    asked = parser.parse_args(arguments)
    try:
        names, values, left_out = read(asked.file)
        x, y = values[:, :-1], values[:, -1]
        x = x / np.where(np.std(x, axis=0) > 0, np.std(x, axis=0), 1.0) if x.shape[1] > 1 else x
        green = Radial(asked.kernel, median_distance(x) if asked.length is None else asked.length)
        mean = float(np.mean(y))
        with warnings.catch_warnings(action="ignore", category=ChoiceWarning):  # the notes are printed below
            choice = choose(green, x, y - mean, rule=asked.rule)
        pairs = {"single fit": choice.single, f"round {choice.round}, chosen": choice.by_round[choice.round]}
        paths = {
            name: distill(green, x, y - mean, multiplier=p.multiplier, rounds=p.round + 1) for name, p in pairs.items()
        }
    except (OSError, ValueError) as refusal:
        sys.exit(f"{parser.prog}: {refusal}")
    print(f"{len(x)} rows ({left_out} incomplete, left out): {names[-1]} from {', '.join(names[:-1])}")
    print(f"kernel {green.profile}, length scale {green.length:.4g}; rule {choice.rule}")
    for name, pair in pairs.items():
        print(f"{name:18} multiplier {pair.multiplier:.4g}   score {pair.score:.6g}")
    for note in choice.notes:
        print(f"note: {note}")
    if asked.plot:
        draw(asked.plot, x, y, mean, names, paths)


if __name__ == "__main__":
    main()
