"""Join the records into one ledger, and say what does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .records import Page, Statement, faulted_code, faults_of, tests_by_claim


@dataclass
class Ledger:
    """The statements of the book in reading order, each with its checks, code, tests and faults."""

    statements: list[Statement]
    problems: list[tuple[str, str]] = field(default_factory=list)

    def __contains__(self, id: str) -> bool:
        return any(statement.id == id for statement in self.statements)

    def owners(self) -> list[Statement]:
        """The statements, without their equations."""
        return [statement for statement in self.statements if statement.kind != "equation"]

    def equations(self, owner: Statement) -> list[Statement]:
        """The equations of one statement."""
        return [found for found in self.statements if found.kind == "equation" and found.owner == owner.id]

    def as_json(self, version: str, digest: str, uri: dict[str, str]) -> dict[str, Any]:
        """The ledger as the file ``ledger.json`` holds it; `uri` gives the address of each page."""
        return {
            "package": {"version": version, "digest": digest},
            "statements": [
                {
                    "id": statement.id,
                    "kind": statement.kind,
                    "title": statement.title,
                    "page": uri[statement.docname],
                    "anchor": statement.anchor,
                    "checks": statement.checks,
                    "code": statement.code,
                    "tests": statement.tests,
                    "faults": statement.faults,
                }
                for statement in self.statements
            ],
        }


def join(pages: dict[str, Page], *, package: Path, tests: Path) -> Ledger:
    """Join what the pages (in reading order) and the tests bring.

    A statement without a check, an equation without a statement or without a check, a claim or a check without its
    statement or equation: each is a problem, as (page, words).
    """
    ledger = Ledger([])
    known: dict[str, Statement] = {}
    for docname, page in pages.items():
        for statement in page.statements:
            if statement.id in known:
                ledger.problems.append((docname, f"the label {statement.id!r} stands twice in the book"))
                continue
            # A fresh record: the page's own is pickled with the environment and must not grow from build to build.
            known[statement.id] = Statement(
                statement.id, statement.kind, statement.title, statement.docname, statement.anchor
            )
            ledger.statements.append(known[statement.id])
    for docname, page in pages.items():
        for claim in page.claims:
            ledger.problems += [(docname, words) for words in _enter(claim, known)]
    marked = tests_by_claim(tests)
    for fault in faults_of(tests / "book" / "faults"):
        if owner := known.get(fault.claim):
            owner.faults.append(
                {"name": fault.name, "why": fault.why, "file": fault.module, "old": fault.old, "new": fault.new}
            )
            code = faulted_code(package, fault.module, fault.old)
            if code is not None and code not in owner.code:
                owner.code.append(code)
    for statement in ledger.statements:
        owner = known.get(statement.owner)
        statement.tests = list(marked.get(statement.owner, []))
        if statement.kind == "equation":
            if owner is None or owner.kind == "equation" or statement.id == statement.owner:
                words = f"the equation {statement.id!r} belongs to no statement: label it statement-id:name"
                ledger.problems.append((statement.docname, words))
                continue
            statement.faults, statement.code = list(owner.faults), list(owner.code)
        if not statement.checks:
            what = "equation" if statement.kind == "equation" else "statement"
            ledger.problems.append((statement.docname, f"no claim checks the {what} {statement.id!r}"))
    return ledger


def _enter(claim: dict[str, Any], known: dict[str, Statement]) -> Iterator[str]:
    """Enter a claim's checks under its statement and their equations; yield what does not fit."""
    owner = known.get(claim["id"])
    if owner is None or owner.kind == "equation":
        yield f"the claim {claim['id']!r} has no statement of that label"
        return
    for check in claim["checks"]:
        owner.checks.append(check)
        if (label := check.get("equation")) is None:
            continue
        equation = known.get(label)
        if equation is None or equation.owner != owner.id:
            yield f"the claim {claim['id']!r} names the equation {label!r}, which its statement does not have"
        else:
            equation.checks.append(check)
