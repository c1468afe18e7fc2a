"""The page *Ledger*: one row a statement, built when every page has been read."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import NoUri
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from .book import Ledger
from .records import Statement


class ledger_table(nodes.General, nodes.Element):
    """The place of the ledger on its page."""


class LedgerDirective(SphinxDirective):
    """``{ledger}``: the ledger stands here."""

    def run(self) -> list[nodes.Node]:
        """Leave a place, and remember the page."""
        setattr(self.env, "ledger_docname", self.env.docname)  # noqa: B010  (Sphinx's environment takes new attributes)
        return [ledger_table()]


def fill(app: Sphinx, document: nodes.document, docname: str, ledger: Ledger) -> None:
    """Replace the place by the rows."""
    for place in list(document.findall(ledger_table)):
        place.replace_self(_rows(app, docname, ledger))


def _rows(app: Sphinx, docname: str, ledger: Ledger) -> list[nodes.Node]:
    owners = ledger.owners()
    equations = [statement for statement in ledger.statements if statement.kind == "equation"]
    checks = sum(len(statement.checks) for statement in owners)
    tests = {test for statement in owners for test in statement.tests}
    faults = sum(len(statement.faults) for statement in owners)
    rows: list[nodes.Node] = [
        nodes.paragraph(
            text=f"Statements: {len(owners)}, with {len(equations)} labelled equations. "
            f"Checks: {checks}. Tests: {len(tests)}. Faults: {faults}.",
            classes=["sd-ledger-summary"],
        )
    ]
    page = None
    for statement in owners:
        if statement.docname != page:
            page = statement.docname
            rows.append(nodes.rubric("", "", _page_link(app, docname, page), classes=["sd-ledger-page"]))
        rows.append(_row(app, docname, statement, ledger.equations(statement)))
    return rows


def _page_link(app: Sphinx, docname: str, target: str) -> nodes.Node:
    title = app.env.titles[target].astext()
    return make_refnode(app.builder, docname, target, "", nodes.Text(title))


def _row(app: Sphinx, docname: str, statement: Statement, equations: list[Statement]) -> nodes.Node:
    row = nodes.container(classes=["sd-ledger-row"], ids=[statement.id])
    name = f"{statement.kind.capitalize()} {_number(app, statement)}".strip()
    words = f"{name}: {statement.title}" if statement.title else name
    heading = nodes.paragraph(classes=["sd-ledger-title"])
    heading += make_refnode(app.builder, docname, statement.docname, statement.anchor, nodes.strong(text=words))
    heading += [nodes.Text(" "), nodes.literal(text=statement.id, classes=["sd-ledger-id"])]
    row += heading
    fields = nodes.definition_list(classes=["sd-ledger-fields"])
    fields += _field("Checks", [_check(app, docname, check, equations) for check in statement.checks])
    fields += _field("Code", [_code(app, docname, name) for name in statement.code])
    fields += _field("Tests", [_literal(test) for test in statement.tests])
    fields += _field("Faults caught", [nodes.paragraph(text=fault["name"]) for fault in statement.faults])
    row += fields
    return row


def _number(app: Sphinx, statement: Statement) -> str:
    numbers: dict[str, Any] = app.env.toc_fignumbers.get(statement.docname, {})
    for kind in (statement.kind, "theorem"):
        if found := numbers.get(kind, {}).get(statement.anchor):
            return ".".join(map(str, found))
    return ""


def _field(name: str, items: list[nodes.Node]) -> nodes.Node:
    item = nodes.definition_list_item("", nodes.term(text=name))
    definition = nodes.definition()
    if items:
        definition += nodes.bullet_list("", *(nodes.list_item("", entry) for entry in items))
    else:
        definition += nodes.paragraph(text="none")
    item += definition
    return item


def _literal(text: str) -> nodes.Node:
    return nodes.paragraph("", "", nodes.literal(text=text))


def _check(app: Sphinx, docname: str, check: dict[str, Any], equations: list[Statement]) -> nodes.Node:
    figure = f"{_figure(check['measured'])} {check['relation']} {_figure(check['bound'])}"
    line = nodes.paragraph(text=f"{'✓' if check['passed'] else '✗'} {check['text']} · ")
    line += nodes.inline(text=figure, classes=["sd-measured"])
    for equation in equations:
        if equation.id == check.get("equation"):
            link = make_refnode(app.builder, docname, equation.docname, equation.anchor, nodes.Text(equation.title))
            line += [nodes.Text(" (equation: "), link, nodes.Text(")")]
    return line


def _figure(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


def _code(app: Sphinx, docname: str, name: str) -> nodes.Node:
    """The name, as a link to the closest part of it that the API page documents."""
    objects = app.env.get_domain("py").objects  # type: ignore[attr-defined]  # the Python domain has it
    target = name
    while target and target not in objects:
        target = target.rpartition(".")[0]
    literal = nodes.literal(text=name)
    if target:
        entry = objects[target]
        try:
            link = make_refnode(app.builder, docname, entry.docname, entry.node_id, literal)
        except NoUri:
            return nodes.paragraph("", "", literal)
        return nodes.paragraph("", "", link)
    return nodes.paragraph("", "", literal)
