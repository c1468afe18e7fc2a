"""The ledger: which code, tests and faults stand behind each statement of the book.

`records` reads, `book` joins, `page` and `map` draw; this module connects them to the build. The pages' records live in
Sphinx's environment, so a rebuild of one page keeps those of the others. Tests and faults are read again at every
build, and the ledger's page is written again at every build: it depends on all of them.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from ..cache import PACKAGE, package_digest, package_folder
from ..outputs import outputs_of
from .book import Ledger, join
from .map import LedgerMapDirective, fill_map, ledger_map
from .page import LedgerDirective, fill, ledger_table
from .records import Page, claims_of, statements_of

LOGGER = logging.getLogger(__name__)
MARK = re.compile(r"<!--ledger:([\w:.-]+)-->")


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """The records of every page, kept in the environment."""
    if not hasattr(env, "ledger_pages"):
        env.ledger_pages = {}  # type: ignore[attr-defined]  # Sphinx's objects take new attributes
    found: dict[str, Page] = env.ledger_pages  # type: ignore[attr-defined]  # Sphinx's objects take new attributes
    return found


def read_page(app: Sphinx, document: nodes.document) -> None:
    """Record the statements of a page that has been read, and the claims of its executed notebook."""
    docname = app.env.docname
    pages(app.env)[docname] = Page(statements_of(document, docname), claims_of(outputs_of(app, docname)))


def forget_page(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a page that is about to be read again, or is gone."""
    pages(env).pop(docname, None)


def _reading_order(env: BuildEnvironment, root: str) -> list[str]:
    order: dict[str, None] = {}

    def visit(docname: str) -> None:
        if docname not in order:
            order[docname] = None
            for child in env.toctree_includes.get(docname, []):
                visit(child)

    visit(root)
    return [*order, *sorted(env.found_docs - order.keys())]


def close_books(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Join the records, warn of what does not fit, and have the ledger's page written again."""
    found = pages(env)
    ordered = {name: found[name] for name in _reading_order(env, app.config.root_doc) if name in found}
    ledger = join(ordered, package=package_folder(app.srcdir), tests=Path(app.srcdir) / "tests")
    for docname, problem in ledger.problems:
        LOGGER.warning("ledger: %s", problem, location=docname, type="ledger")
    app.ledger = ledger  # type: ignore[attr-defined]  # Sphinx's objects take new attributes
    homes = [getattr(env, name, None) for name in ("ledger_docname", "ledger_map_docname")]
    return [home for home in homes if home in env.found_docs]


def _ledger(app: Sphinx) -> Ledger:
    ledger: Ledger = app.ledger  # type: ignore[attr-defined]  # Sphinx's objects take new attributes
    return ledger


def draw(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Draw the ledger and the map on their pages."""
    fill(app, document, docname, _ledger(app))
    fill_map(app, document, docname, _ledger(app))


def link_claims(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Turn the mark ``<!--ledger:ID-->`` of a claim's output into a link to its row."""
    home = getattr(app.env, "ledger_docname", None)
    if "body" not in context or home is None:
        return
    address = app.builder.get_relative_uri(pagename, home)

    def link(match: re.Match[str]) -> str:
        name = match.group(1)
        return f'<a class="sd-ledger-link" href="{address}#{name}" aria-label="ledger: {name}">ledger</a>'

    context["body"] = MARK.sub(link, context["body"])


def write_json(app: Sphinx, error: Exception | None) -> None:
    """Write ``ledger.json`` beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    folder = package_folder(app.srcdir)
    uri = {docname: app.builder.get_target_uri(docname) for docname in app.env.found_docs}
    content = _ledger(app).as_json(version(PACKAGE), package_digest(folder), uri)
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    (Path(app.outdir) / "ledger.json").write_text(text, "utf8")


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.add_node(ledger_table)
    app.add_directive("ledger", LedgerDirective)
    app.add_node(ledger_map)
    app.add_directive("ledger-map", LedgerMapDirective)
    app.connect("doctree-read", read_page, priority=900)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-updated", close_books)
    app.connect("doctree-resolved", draw)
    app.connect("html-page-context", link_claims)
    app.connect("build-finished", write_json)
