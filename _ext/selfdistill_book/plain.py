"""The notebook of a page for those who download it: with its outputs, and text that any notebook program can show.

A source has roles and directives, which only this book's build understands. Here they become plain Markdown: a
reference is what the page says in its place (``Theorem 5.1``, ``(5.2)``, ``Borup and Andersen (2021)``), a theorem a
bold head with its text. Where the site's address is known, references lead there. What is not known here stops the
build.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from jupyter_cache import get_cache
from pybtex.database import Entry, Person, parse_file
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from .site.address import Address

INSTALL = """# Only where the package is missing, on Colab say.
import importlib.util

if importlib.util.find_spec("selfdistill") is None:
    %pip install --quiet "{package}"
"""
FENCE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)\n(?P<body>(?:.*\n)*?)(?P=fence)[ \t]*$", re.M
)
OPTION = re.compile(r"\s*:([\w-]+):[ \t]*(.*)\n")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
TARGET = re.compile(r"(?P<text>.*?)\s*<(?P<target>[^<>]+)>", re.S)
EQUATION = re.compile(r"\$\$\n(?P<body>.+?)\n\$\$ \((?P<label>[\w:-]+)\)", re.S)
DROPPED = re.compile(r"^(?:\([\w:-]+\)=|%.*)\n", re.M)
STATE = re.compile(r'<a class="sd-set"[^>]*>(.*?)</a>', re.S)
RAW = re.compile(r"\{[\w:-]+\}`|^(?:`{3,}|:{3,})\{|^\([\w:-]+\)=", re.M)


class Reader:
    """What the pages show in place of roles and directives, read off the environment of a build."""

    def __init__(self, app: Sphinx) -> None:
        self.env: Any = app.env  # where extensions keep what they know
        cached = app.config.nb_execution_mode == "cache"
        self.cache = Path(app.config.nb_execution_cache_path) if cached else None
        address = Address.read()
        self.site = address.site
        source = f"selfdistill[book] @ git+{address.repository}@{address.branch}" if address.repository else ""
        self.package = source or f"selfdistill[book]=={app.config.release or app.config.version}"
        files = [Path(app.srcdir) / name for name in app.config.bibtex_bibfiles]
        self.sources = {key: entry for file in files for key, entry in parse_file(file).entries.items()}

    def notebook(self, docname: str) -> nbformat.NotebookNode:
        """The notebook of a page."""
        found = jupytext.read(self.env.doc2path(docname))
        if self.cache is not None:
            _, found = get_cache(str(self.cache)).merge_match_into_notebook(found)
        glued = {key: value for cell in found.cells for key, value in _glued(cell)}
        for number, cell in enumerate(found.cells):
            cell["id"] = f"cell-{number}"  # jupytext draws them at random; the same page is the same file
            cell.metadata.pop("execution", None)  # when it ran
            if "answer" in cell.metadata.get("tags", []):  # it computes what an exercise asks; run, it shows the field
                cell.metadata["jupyter"], cell.outputs = {"source_hidden": True}, []
            if cell.cell_type == "markdown":
                cell.source = _Text(self, docname, glued).plain(cell.source)
        install = nbformat.v4.new_code_cell(INSTALL.format(package=self.package), id="cell-install")
        found.cells.insert(1, install)
        return found

    def link(self, text: str, docname: str, anchor: str) -> str:
        """A text that leads to its place on the site, where the site's address is known."""
        place = f"{self.site}{docname}.html" + (f"#{anchor}" if anchor else "")
        return f"[{text}]({place})" if self.site else text

    def number(self, docname: str, kind: str, label: str) -> str:
        """The number that a page shows for one of its equations, theorems or exercises; empty where it shows none."""
        numbers = self.env.toc_fignumbers.get(docname, {}).get(kind, {})
        if label in numbers:
            return ".".join(map(str, numbers[label]))
        equations = self.env.domaindata["math"]["objects"]  # a page outside the numbered chapters counts from 1
        return str(next((number for key, (_, number) in equations.items() if _anchor(key) == label), ""))


def _glued(cell: Any) -> list[tuple[str, str]]:
    """The values that a cell keeps for the text around it."""
    found = []
    for output in cell.get("outputs", []):
        if kept := output.get("metadata", {}).get("scrapbook"):
            found.append((kept["name"], ast.literal_eval(output["data"][kept["mime_prefix"] + "text/plain"])))
    return found


def _people(persons: list[Person]) -> str:
    names = [" ".join(person.prelast_names + person.last_names).replace("{", "").replace("}", "") for person in persons]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


class _Text:
    """The text of one page on its way to plain Markdown."""

    def __init__(self, reader: Reader, docname: str, glued: dict[str, str]) -> None:
        self.reader, self.docname, self.glued = reader, docname, glued
        self.roles: dict[str, Callable[[str, str], str]] = {
            "ref": self.ref,
            "prf:ref": self.statement,
            "eq": self.equation,
            "cite:t": lambda text, key: self.citations(key, "{people} ({year})", "; ", "{}"),
            "cite:p": lambda text, key: self.citations(key, "{people}, {year}", "; ", "({})"),
            "glue:text": lambda text, key: self.glued[key],
            "download": lambda text, key: text,
        }

    def plain(self, source: str) -> str:
        """Markdown without roles and directives."""
        source = DROPPED.sub("", source + "\n")
        source = STATE.sub(r"\1", source)
        while FENCE.search(source):
            source = FENCE.sub(self.directive, source)
        source = EQUATION.sub(self.numbered, source)
        source = ROLE.sub(self.role, source)
        if raw := RAW.search(source):
            raise ExtensionError(f"{self.docname}: {source[raw.start() :][:60]!r} is not plain; see plain.py")
        return source.strip("\n")

    def role(self, found: re.Match[str]) -> str:
        name, content = found.groups()
        if name not in self.roles:
            raise ExtensionError(f"{self.docname}: nobody says what the role {name!r} is in a notebook; see plain.py")
        parts = TARGET.fullmatch(content)
        text, target = (parts["text"], parts["target"]) if parts else ("", content)
        return self.roles[name](text, target)

    def directive(self, found: re.Match[str]) -> str:
        name, title, body = found["name"], found["title"].strip(), found["body"]
        options = {}
        while option := OPTION.match(body):
            options[option[1]] = option[2]
            body = body[option.end() :]
        kind, text = name.removeprefix("prf:"), body.strip("\n")
        if name == "prf:proof":
            return f"**Proof{f' ({title})' if title else ''}.** {text} $\\square$"
        if name.startswith("prf:") or name == "exercise":
            head = f"{kind.capitalize()} {self.reader.number(self.docname, kind, options['label'])}"
            return f"**{head.strip()}{f' ({title})' if title else ''}.** {text}"
        if name in ("solution", "solution-start"):
            return f"**Solution** to {{ref}}`{title}`. {text}"
        if name == "solution-end":
            return "*End of the solution.*"
        if name == "index":
            return ""
        if name in ("eval-rst", "nb-exec-table"):
            return "*What stands here on the page of the book is made by its build.*"
        if name == "include":
            return (Path(self.reader.env.doc2path(self.docname)).parent / title).read_text("utf8")
        if name == "admonition":
            return f"**{title}.** {text}"
        raise ExtensionError(f"{self.docname}: nobody says what {name!r} is in a notebook; see plain.py")

    def numbered(self, found: re.Match[str]) -> str:
        number = self.reader.number(self.docname, "displaymath", _anchor(found["label"]))
        return f"$$\n{found['body']}\n\\tag{{{number}}}\n$$"

    def ref(self, text: str, target: str) -> str:
        exercises = self.reader.env.sphinx_exercise_registry
        if target in exercises:
            docname = exercises[target]["docname"]
            return self.reader.link(f"Exercise {self.reader.number(docname, 'exercise', target)}", docname, target)
        docname, anchor, title = self.reader.env.domaindata["std"]["labels"][target]
        return self.reader.link(text or f"*{title}*", docname, anchor)

    def statement(self, text: str, target: str) -> str:
        known = self.reader.env.proof_list[target]
        kind, docname = known["countertype"], known["docname"]
        name = text or f"{known['realtype'].capitalize()} {self.reader.number(docname, kind, target)}"
        return self.reader.link(name, docname, target)

    def equation(self, text: str, target: str) -> str:
        docname, _ = self.reader.env.domaindata["math"]["objects"][target]
        number = self.reader.number(docname, "displaymath", _anchor(target))
        return self.reader.link(f"({number})", docname, _anchor(target))

    def citations(self, keys: str, form: str, between: str, around: str) -> str:
        return around.format(
            between.join(self.citation(self.reader.sources[key.strip()], form) for key in keys.split(","))
        )

    def citation(self, entry: Entry, form: str) -> str:
        text = form.format(people=_people(entry.persons["author"]), year=entry.fields["year"])
        doi, arxiv = entry.fields.get("doi"), entry.fields.get("eprint")
        address = f"https://doi.org/{doi}" if doi else f"https://arxiv.org/abs/{arxiv}" if arxiv else ""
        return f"[{text}]({address})" if address else text


def _anchor(label: str) -> str:
    return "equation-" + label.replace(":", "-")
