"""What the ledger is made of: statements and checks from the pages, tests and faults from the tests.

Nothing is executed here. Checks come from the outputs of the executed (or cached) notebooks, tests from the syntax
trees of the test files, and faults from the list in ``tests/book/faults``.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes

MIME = "application/vnd.selfdistill.claim+json"


@dataclass
class Statement:
    """A labelled ``prf:`` directive, or a labelled equation ``statement-id:name`` that belongs to one."""

    id: str
    kind: str
    title: str
    docname: str
    anchor: str
    checks: list[dict[str, Any]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """The id of the statement that an equation belongs to; a statement owns itself."""
        return self.id.partition(":")[0]


@dataclass
class Page:
    """What one page brings: its statements in reading order, and the claims of its executed cells."""

    statements: list[Statement] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)


def statements_of(document: nodes.document, docname: str) -> list[Statement]:
    """The labelled statements and equations of a page, in reading order."""
    found = []
    for node in document.findall(lambda node: isinstance(node, nodes.Admonition | nodes.math_block)):
        if isinstance(node, nodes.math_block):
            label = node.get("label")
            if label:
                name = str(label).partition(":")[2].replace("-", " ").replace("_", " ")
                found.append(Statement(label, "equation", name, docname, nodes.make_id(f"equation-{label}")))
        elif "realtype" in node and not _numbered(node["label"], node["realtype"]):
            title = next(iter(node.findall(nodes.title)), None)
            words = title.astext().strip().removeprefix("(").removesuffix(")") if title is not None else ""
            found.append(Statement(node["label"], node["realtype"], words, docname, node["ids"][0]))
    return found


def _numbered(label: str, kind: str) -> bool:
    """Whether sphinx-proof made the label up, for a statement that has none."""
    return label.startswith(f"{kind}-") and label.removeprefix(f"{kind}-").isdigit()


def claims_of(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The claim bundles among the outputs of a page."""
    return [output[MIME] for output in outputs if MIME in output]


def tests_by_claim(folder: Path) -> dict[str, list[str]]:
    """For each id, the tests marked ``pytest.mark.claim(id)``: on a function, a class, a parameter or a module."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text("utf8"), str(file))
        module_ids = [
            id
            for node in tree.body
            if isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
            for id in _marked(node.value)
        ]
        _collect(tree.body, f"{folder.name}/{file.relative_to(folder).as_posix()}", module_ids, found)
    return found


def _collect(body: list[ast.stmt], prefix: str, inherited: list[str], found: dict[str, list[str]]) -> None:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        ids = [*inherited, *(id for decorator in node.decorator_list for id in _marked(decorator))]
        name = f"{prefix}::{node.name}"
        if isinstance(node, ast.ClassDef):
            if node.name.startswith("Test"):
                _collect(node.body, name, ids, found)
        elif node.name.startswith("test"):
            for id in dict.fromkeys(ids):
                found.setdefault(id, []).append(name)


def _marked(expression: ast.expr) -> list[str]:
    """The ids in every ``...mark.claim("id", ...)`` inside an expression."""
    return [
        argument.value
        for node in ast.walk(expression)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "claim"
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "mark"
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def faults_of(folder: Path) -> list[Any]:
    """The list ``FAULTS`` of the package ``tests/book/faults``; empty where there is none."""
    file = folder / "__init__.py"
    if not file.exists():
        return []
    name = "_faults_of_the_ledger"
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        return []
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
        return list(module.FAULTS)
    finally:
        for key in [key for key in sys.modules if key.split(".")[0] == name]:
            del sys.modules[key]


def faulted_code(package: Path, module: str, old: str) -> str | None:
    """The function or class of the package that a fault mutates, as a dotted name.

    Breaking that code breaks the claim: this is the code that the claim exercises.
    """
    source, body = _parsed(package / module)
    if old not in source:
        return None
    line = source[: source.index(old)].count("\n") + 1
    parts = [package.name, *Path(module).with_suffix("").parts]
    if parts[-1] == "__init__":
        parts.pop()
    while True:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                if first <= line <= (node.end_lineno or first):
                    parts.append(node.name)
                    body = node.body
                    break
        else:
            return ".".join(parts)


@cache
def _parsed(file: Path) -> tuple[str, list[ast.stmt]]:
    """The text and the statements of a module; nothing if there is no such file."""
    source = file.read_text("utf8") if file.exists() else ""
    return source, ast.parse(source).body
