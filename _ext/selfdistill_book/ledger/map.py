"""The paper-to-book map: for each thing the paper states, where it stands here, in which code, under which tests."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from .book import Ledger
from .records import Statement

LOGGER = logging.getLogger(__name__)
COLUMNS = {"Statement": 30, "Chapter": 25, "Code": 31, "Tests": 7, "Faults": 7}  # and widths in per cent


class ledger_map(nodes.General, nodes.Element):
    """The place of the map on its page."""


class LedgerMapDirective(SphinxDirective):
    """``{ledger-map}``: a heading and a table for each line of its content, ``what the paper has | id, id, ...``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Leave a place that knows its rows, and remember the page."""
        rows = [line.split("|") for line in self.content if line.strip()]
        if bad := [row for row in rows if len(row) != 2]:
            raise self.error(f"write each line as 'words | id, id'; this one has no single bar: {bad[0]}")
        setattr(self.env, "ledger_map_docname", self.env.docname)  # noqa: B010  (Sphinx's environment takes new attributes)
        return [ledger_map(rows=[(words.strip(), ids.replace(",", " ").split()) for words, ids in rows])]


def fill_map(app: Sphinx, document: nodes.document, docname: str, ledger: Ledger) -> None:
    """Replace the place by the tables; a statement that the map forgets, or invents, is a warning."""
    for place in list(document.findall(ledger_map)):
        mapped = [id for _, ids in place["rows"] for id in ids]
        known = {statement.id: statement for statement in ledger.owners()}
        for id in sorted(known.keys() ^ set(mapped)):
            where = "is not in the map" if id in known else "is in the map but not in the book"
            LOGGER.warning("ledger: the statement %r %s", id, where, location=docname, type="ledger")
        drawn: list[nodes.Node] = []
        for words, ids in place["rows"]:
            drawn.append(nodes.rubric("", words))
            drawn.append(_table(app, docname, [known[id] for id in ids if id in known]))
        place.replace_self(drawn)


def _table(app: Sphinx, docname: str, statements: list[Statement]) -> nodes.table:
    group = nodes.tgroup(cols=len(COLUMNS))
    group += [nodes.colspec(colwidth=width) for width in COLUMNS.values()]
    group += nodes.thead("", _row([nodes.paragraph(text=name) for name in COLUMNS]))
    body = nodes.tbody()
    for statement in statements:
        chapter = app.env.titles[statement.docname].astext()
        links = [
            nodes.paragraph("", "", make_refnode(app.builder, docname, statement.docname, anchor, nodes.Text(text)))
            for anchor, text in ((statement.anchor, statement.title), ("", chapter))
        ]
        names = [name.removeprefix("selfdistill.") for name in statement.code]
        code = [nodes.paragraph("", "", nodes.literal(text=name)) for name in names]
        counts = [nodes.paragraph(text=str(len(found))) for found in (statement.tests, statement.faults)]
        body += _row([*links, code, *counts])
    group += body
    return nodes.table("", group, classes=["sd-ledger-map"])


def _row(cells: Sequence[nodes.Node | list[nodes.Node]]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", *(cell if isinstance(cell, list) else [cell])) for cell in cells))
