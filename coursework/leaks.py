"""No answer, hidden check, rubric or mutant stands in what students can see."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

from .notebooks import text_of
from .source import BEGIN, END, Cell, ProblemSet

SHORT = 24  # characters; a shorter line gives nothing away that the text does not say
SEEN = {".html", ".ipynb", ".md", ".txt", ".js", ".json"}


def secrets(whole: ProblemSet) -> set[str]:
    """The lines that students must not see, squeezed, without those that they are meant to see as well."""
    told = {squeezed(line) for cell in whole.cells for line in _shown(cell).splitlines()}
    kept = {squeezed(line) for cell in whole.cells for line in _kept(cell).splitlines()}
    shown = "\n".join(told)
    return {line for line in kept - told if len(line) >= SHORT and line not in shown}


def _shown(cell: Cell) -> str:
    return "" if cell.kind in ("mutant", "rubric") else text_of(cell, False)


def _kept(cell: Cell) -> str:
    if cell.kind in ("mutant", "rubric") or (cell.kind == "check" and cell.hidden):
        return cell.source
    if cell.kind in ("answer", "written"):
        return cell.source.partition(BEGIN)[2].partition(END)[0]
    return ""


def squeezed(text: str) -> str:
    """The text without space, marks of emphasis and escapes, which formats add and drop."""
    return re.sub(r"[\s*`\\]", "", html.unescape(text))


def leaks(files: Iterable[Path], sets: Iterable[ProblemSet]) -> list[str]:
    """One line for each secret found in a file."""
    secret = {line: whole.name for whole in sets for line in secrets(whole)}
    found = []
    for file in files:
        text = readable(file)
        found += [f"{file}: a line of the set {name}: {line[:60]}" for line, name in secret.items() if line in text]
    return found


def readable(file: Path) -> str:
    """The words of a file: tags of a page and quotes of JSON do not stand between them."""
    text = file.read_text("utf8", errors="replace")
    if file.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        parts = [cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"]) for cell in cells]
        return squeezed("\n".join(parts))
    if file.suffix == ".html":
        text = re.sub(r"<[^>]*>", "", text)
    if file.suffix in (".json", ".js"):
        text = text.replace('\\"', '"').replace("\\n", "\n")
    return squeezed(text)


def published(folder: Path) -> list[Path]:
    """The files of a built site that may hold words."""
    return sorted(file for file in folder.rglob("*") if file.suffix in SEEN and file.is_file())
