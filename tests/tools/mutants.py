"""`make mutants`: small changes of the numerics, drawn at random with a fixed seed; how many do the tests notice?

A mutant is the package with one token changed: an operator, a comparison, a number, a truth value. Each runs in a copy
of the repository, up to the first failure: first the unit tests that reach its line, the quickest first, then the
claims of the book. A run of all unit tests under coverage says before which tests those are. The survivors are named at
the end. A mutant that computes the same (an equivalent one) cannot be noticed: `equivalent_mutants.toml` lists those
that were drawn, with their reasons. Any other asks for a test.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
import tomllib
import xml.etree.ElementTree as tree
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import coverage

ROOT = Path(__file__).parents[2]
SEED, COUNT = 20261125, 100
LIMIT, SLOWER = 300.0, 5  # a stage without an end: it takes so many seconds, and so many times as long as its tests did
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
QUIET = {"PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
# Drawn, said or shown to people: other tests look at them.
NOT_NUMERICS = ("answers.py", "figures.py", "widgets", "datasets.py", "claims.py", "faults.py", "__init__.py")
OPERATORS = {
    **{"+": "-", "-": "+", "*": "/", "/": "*", "//": "/", "%": "//", "**": "*", "@": "*"},
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "and": "or", "or": "and"},
    **{"&": "|", "|": "&", "is": "==", "in": "not in"},
}
TYPES = ("tuple", "list", "dict", "Callable", "NDArray")
CLAIMS = "import fault_harness as h; assert not any(h.run_claim(id) for id in h.claim_cells())"


@dataclass(frozen=True)
class Mutant:
    """One token of one file, and what stands in its place."""

    file: str
    line: int
    column: int
    old: str
    new: str
    text: str

    @property
    def change(self) -> str:
        return f"`{self.old}` -> `{self.new}`"

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}:{self.column + 1}: {self.change}"

    def source(self, text: str) -> str:
        """The file with the token changed."""
        lines = text.splitlines(keepends=True)
        here = lines[self.line - 1]
        lines[self.line - 1] = here[: self.column] + self.new + here[self.column + len(self.old) :]
        return "".join(lines)


def places(code: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Expressions that compute, with the kind of what may change in them; no annotations, messages, or strings."""
    annotations = [getattr(code, name, None) for name in ("returns", "annotation")]
    for node in ast.iter_child_nodes(code):
        if isinstance(node, ast.Raise | ast.JoinedStr) or node in annotations:
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "warnings.warn":
            continue
        if isinstance(node, ast.arg) or (isinstance(node, ast.Subscript) and ast.unparse(node.value) in TYPES):
            continue
        if isinstance(node, ast.BinOp | ast.Compare | ast.BoolOp):
            yield node, "operator"
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
            yield node, "constant"
        yield from places(node)


def gaps(node: ast.expr) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the operators of an expression stand: between its operands."""
    match node:
        case ast.BinOp(left=left, right=right):
            operands = [left, right]
        case ast.Compare(left=left, comparators=rest):
            operands = [left, *rest]
        case ast.BoolOp(values=operands):
            pass
        case _:
            operands = []
    for left, right in pairwise(operands):
        yield (left.end_lineno or 0, left.end_col_offset or 0), (right.lineno, right.col_offset)


def constant(token: str) -> str:
    """Another number or truth value: one more for a count and for zero, half as much again for a measure."""
    if token in ("True", "False"):
        return str(token != "True")
    if float(token) == 0:
        return f"{token[:-1]}1"
    return str(int(token) + 1) if token.isdigit() else f"(1.5*{token})"


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a file that still compiles, in the order of the file."""
    text = path.read_text("utf8")
    name = path.relative_to(ROOT).as_posix()
    spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
    constants: set[tuple[int, int]] = set()
    for node, kind in places(ast.parse(text)):
        spans += gaps(node)
        if kind == "constant":
            constants.add((node.lineno, node.col_offset))
    lines = text.splitlines()
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        start = (row, len(lines[row - 1][:column].encode()) if row <= len(lines) else 0)  # ast counts bytes
        if token.string in OPERATORS and any(left <= start < right for left, right in spans):
            new = OPERATORS[token.string]
        elif start in constants and (token.type == tokenize.NUMBER or token.string in ("True", "False")):
            new = constant(token.string)
        else:
            continue
        mutant = Mutant(name, row, column, token.string, new, lines[row - 1].strip())
        try:
            compile(mutant.source(text), name, "exec")
        except SyntaxError:
            continue
        found[token.start] = mutant
    return list(found.values())


def drawn(count: int, seed: int) -> list[Mutant]:
    """A random choice among the mutants of all modules of the numerics."""
    package = ROOT / "selfdistill"
    files = sorted(package.rglob("*.py"))
    kept = [file for file in files if not set(file.relative_to(package).parts) & set(NOT_NUMERICS)]
    every = [mutant for file in kept for mutant in mutants_of(file)]
    return sorted(random.Random(seed).sample(every, count), key=lambda m: (m.file, m.line, m.column))


def equivalent() -> dict[tuple[str, str, str], str]:
    """The reasons of the mutants that compute the same, by file, line and change."""
    listed = tomllib.loads(Path(__file__).with_name("equivalent_mutants.toml").read_text("utf8"))["mutant"]
    return {(one["file"], one["line"], one["change"]): one["reason"] for one in listed}


class Reach:
    """Which unit tests reach a line of the package, the quickest first."""

    def __init__(self, folder: Path) -> None:
        self.data = coverage.CoverageData(str(folder / ".coverage"))
        self.data.read()
        cases = tree.parse(folder / "times.xml").iter("testcase")
        self.seconds = {
            f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}": float(case.get("time", 0))
            for case in cases
        }

    @classmethod
    def measured(cls, copy: Path, environment: dict[str, str]) -> Reach:
        """Run all unit tests once under coverage; the parts of one draw share what was found."""
        files = sorted(path for name in ("selfdistill", "tests/unit") for path in (copy / name).rglob("*.py"))
        key = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
        folder = ROOT / "_build" / f"mutants-{key}"
        if not (folder / "times.xml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = [*PYTEST, "tests/unit", "--cov", "--cov-context=test", "--cov-report="]
            found = {"COVERAGE_FILE": str(folder / ".coverage")}
            subprocess.run(
                [*command, f"--junitxml={copy / 'times.xml'}"], cwd=copy, env={**environment, **found}, check=True
            )
            shutil.copy(copy / "times.xml", folder)
        return cls(folder)

    def tests(self, mutant: Mutant) -> list[str]:
        """Node ids. A line that runs at import is reached by none of them in particular: then all tests are meant."""
        contexts = self.data.contexts_by_lineno(mutant.file).get(mutant.line, [])
        found = {context.partition("|")[0] for context in contexts} - {""}
        return sorted(found, key=lambda name: self.seconds.get(name, 1.0)) or ["tests/unit"]


def stages(reach: Reach, mutant: Mutant) -> Iterator[tuple[str, list[str], float]]:
    """Commands that notice a mutant by failing, the likeliest first, and the seconds after which they have no end."""
    tests = reach.tests(mutant)
    took = sum(reach.seconds.get(name, 0.0) for name in tests) or sum(reach.seconds.values())
    yield f"{len(tests)} unit tests", [*PYTEST, "-x", *tests], max(LIMIT, SLOWER * took)
    yield "claims of the book", [sys.executable, "-c", CLAIMS], LIMIT


def noticed_by(copy: Path, reach: Reach, mutant: Mutant, environment: dict[str, str]) -> str | None:
    """The first stage that fails on a mutant; None if it survives all."""
    target = copy / mutant.file
    healthy = target.read_text("utf8")
    target.write_text(mutant.source(healthy), "utf8")
    try:
        for name, command, limit in stages(reach, mutant):
            try:
                done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit)
            except subprocess.TimeoutExpired:
                return f"{name}: no end"
            if done.returncode != 0:
                return f"{name}: {first_failure(done.stdout.decode())}"
        return None
    finally:
        target.write_text(healthy, "utf8")


def first_failure(output: str) -> str:
    """The test that failed, if pytest got so far."""
    lines = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0].split(" - ")[0] if lines else "stops"


def main() -> int:
    """Draw, run, report; the exit code says whether fewer than 95 % were noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--part", default="1/1", help="the k-th of n parts of the draw, written k/n")
    parser.add_argument("--list", action="store_true", help="print the mutants and run none")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/"))
    chosen = drawn(options.count, options.seed)[part - 1 :: parts]
    if options.list:
        print("\n".join(mutant.name for mutant in chosen))
        return 0
    survivors, reasons, same = [], equivalent(), 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / "copy"
        skip = shutil.ignore_patterns("_build", ".venv", ".git", "__pycache__", "dist", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=skip)
        paths = [copy, copy / "_ext", copy / "tests", copy / "tests" / "book"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **QUIET}
        reach = Reach.measured(copy, environment)
        for number, mutant in enumerate(chosen, 1):
            reason = reasons.get((mutant.file, mutant.text, mutant.change))
            if reason is not None:
                print(f"{number:3}/{len(chosen)}  {mutant.name}  computes the same: {reason}", flush=True)
                same += 1
                continue
            began = time.monotonic()
            stage = noticed_by(copy, reach, mutant, environment)
            took = f"{time.monotonic() - began:.0f} s"
            print(f"{number:3}/{len(chosen)}  {mutant.name}  {stage or 'SURVIVES'}  ({took})", flush=True)
            survivors += [mutant] * (stage is None)
    real = len(chosen) - same
    share = 1 - len(survivors) / real
    print(
        f"\n{len(chosen)} mutants, {same} of them equivalent; {real - len(survivors)} of {real} noticed ({share:.0%})"
    )
    print("\n".join(f"survives: {mutant.name}" for mutant in survivors))
    return int(share < 0.95)


if __name__ == "__main__":
    sys.exit(main())
