"""Small repairs of what the theme and the other extensions leave on the page."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from typing import IO, Any

from docutils import nodes
from myst_nb.ext import execution_tables
from sphinx import search
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.search import IndexBuilder
from sphinx.transforms import SphinxTransform

from .prose.check import timed

# The extensions for statements, proofs and exercises give these to every one of them.
REPEATED = frozenset({"proof", "proof-content", "exercise-content", "solution-content"})


class UniqueIds(SphinxTransform):
    """Give every id once on a page.

    The parts of statements, proofs and exercises repeat a few ids. And a heading "Closed form" claims the id of the
    statement ``closed-form``; the statement keeps it, for links lead there.
    """

    default_priority = 850

    def apply(self, **kwargs: Any) -> None:
        """Number the repeated ids and rename those of headings that clash with a statement."""
        labels = {node["label"] for node in self.document.findall(nodes.Admonition) if "realtype" in node}
        for number, node in enumerate(self.document.findall(nodes.Element)):
            heading = isinstance(node, nodes.section)
            for place, name in enumerate(node["ids"]):
                if name in REPEATED:
                    node["ids"][place] = f"{name}-{number}"
                elif heading and name in labels:
                    node["ids"][place] = f"section-{name}"


# Literals, roles, and their like stay as they are.
BAR = re.compile(r"(``.+?``|`[^`]+`)|\|")


def keep_bars(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Let ``|x - s|`` in a docstring be an absolute value; reStructuredText would look for a substitution.

    Displayed formulas (the indented lines below ``.. math::`` or ``::``) and examples are left alone.
    """
    block: int | None = None  # the indentation of the line that opened a block
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if line.strip() and block is not None and indent <= block:
            block = None
        if block is None and not line.lstrip().startswith(">>>"):
            lines[number] = BAR.sub(lambda match: match[1] or "\\|", line)
        if block is None and line.rstrip().endswith("::"):
            block = indent


def keep_colons(app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Let the docstring of a property be a sentence: before a colon in its first line, napoleon would read a type."""
    if what in {"property", "attribute", "data"}:
        lines[:0] = ["..", ""]  # an empty comment


# A statement without a number repeats its id on its title.
TITLE = re.compile(r'(<p class="admonition-title") id="[^"]*"')


def mend_body(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Make the entries of the bibliography items of their list (their role in docutils is deprecated), ids unique."""
    if "body" in context:
        body = context["body"].replace(' role="doc-biblioentry"', ' role="listitem"')
        context["body"] = TITLE.sub(r"\1", body)


def undated(app: Sphinx, config: Config) -> None:
    """Leave dates and times of execution out of a build for publication: the same tree is then the same book."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        for column in ("mtime", "runtime"):
            execution_tables._key2header.pop(column, None)


class Indexer(IndexBuilder):
    """The search index; Sphinx's own forgets the entries of pages that an incremental build does not write."""

    def load(self, stream: IO[str], format: Any) -> None:
        """Read the index of the last build, entries of the index included."""
        text = stream.read()
        super().load(io.StringIO(text), format)
        frozen = (self.formats[format] if isinstance(format, str) else format).load(io.StringIO(text))
        for entry, places in frozen["indexentries"].items():
            for number, target, main in places:
                name = frozen["docnames"][number]
                self._index_entries.setdefault(name, []).append((entry, target, "main" if main else ""))

    def prune(self, docnames: Iterable[str]) -> None:
        """Forget what is gone."""
        kept = set(docnames)
        super().prune(kept)
        self._index_entries = {name: entries for name, entries in self._index_entries.items() if name in kept}


def tell_reading_time(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the measured reading time on the page."""
    source[0] = timed(source[0])


def setup(app: Sphinx) -> None:
    """Connect this part; the accessible names are mended by static/accessibility.js."""
    search.IndexBuilder = Indexer  # type: ignore[misc]  # the builder looks the class up there and takes no other
    app.add_transform(UniqueIds)
    app.connect("config-inited", undated)
    app.connect("source-read", tell_reading_time)
    app.connect("html-page-context", mend_body)
    app.connect("autodoc-process-docstring", keep_colons, priority=100)  # before napoleon
    app.connect("autodoc-process-docstring", keep_bars, priority=900)  # after napoleon
