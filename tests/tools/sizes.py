"""The sizes that `make check` prints: modules, functions, complexity, long lines. Figures to look at, no gate."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).parents[2]
ROOMS = ("selfdistill", "_ext", "tests", "benchmarks")
WIDTH = 100
COMPLEXITY = re.compile(r"`(.+)` is too complex \((\d+) > 0\)")


def functions(path: Path) -> dict[str, int]:
    """Lines of each function of a file, its name after the file's; docstrings count."""
    tree = ast.parse(path.read_text("utf8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {f"{path.stem}.{node.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1 for node in found}


def complexities(folder: Path) -> dict[str, int]:
    """McCabe's number of each function, as ruff counts it."""
    command = [sys.executable, "-m", "ruff", "check", str(folder), "--isolated", "--select", "C901"]
    command += ["--config", "lint.mccabe.max-complexity=0", "--output-format", "json", "--exit-zero"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = {}
    for entry in json.loads(done.stdout):
        match = COMPLEXITY.match(entry["message"])
        assert match, f"ruff says it in other words: {entry['message']}"
        found[f"{Path(entry['filename']).stem}.{match[1]}"] = int(match[2])
    return found


def largest(sizes: dict[str, int]) -> str:
    """The largest figure and what it belongs to."""
    name = max(sizes, key=lambda key: sizes[key])
    return f"{sizes[name]} ({name.partition(':')[0]})"


def report(room: str) -> str:
    """One room in one paragraph."""
    files = sorted(path for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)
    lines = {str(path.relative_to(ROOT)): path.read_text("utf8").splitlines() for path in files}
    modules = {name: len(text) for name, text in lines.items() if text}
    bodies = {name: size for path in files for name, size in functions(path).items()}
    branches = complexities(ROOT / room)
    every = [line for text in lines.values() for line in text]
    long = sum(len(line) > WIDTH for line in every)
    ninth = sorted(bodies.values())[int(0.9 * len(bodies))]
    return (
        f"{room}: {len(every)} lines, {100 * long / len(every):.1f} % of them beyond {WIDTH} columns\n"
        f"  modules     median {median(modules.values()):.0f}, largest {largest(modules)}\n"
        f"  functions   median {median(bodies.values()):.0f}, 9 in 10 within {ninth}, longest {largest(bodies)}\n"
        f"  complexity  mean {mean(branches.values()):.1f}, highest {largest(branches)}"
    )


if __name__ == "__main__":
    print("\n".join(report(room) for room in ROOMS))
