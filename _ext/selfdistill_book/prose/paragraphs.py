"""A page of MyST Markdown as paragraphs, each with its place: what a reader reads, without code, statements, proofs.

Statements and proofs are left out because claims test them; exercises because a reader works them. The alternative
texts of figures are read from the syntax tree of the cells: a number that the cell computes is no longer a digit there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

COMPUTED = "⟨computed⟩"  # stands for what a cell puts in
NUMBER = re.compile(r"\s*-?(\d*\.\d+|\d[\d,{}]+)\s*")  # a formula that is one number; single digits are constants
RESULT = re.compile(r"\d*\.0*[1-9]\d{2,}|\d{2,}\.\d+")  # three digits or more behind the point, or a long decimal
FENCE = re.compile(r"^(`{3,}|:{3,})\s*(\{([\w:.-]+)\})?")
TESTED = (
    "prf:",
    "exercise",
    "math",
    "ledger",
    "bibliography",
    "toctree",
    "include",
    "eval-rst",
    "auto",
    "currentmodule",
)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, a list item, a table row, or the alternative text of a figure (then ``caption`` is true)."""

    line: int
    section: str
    text: str
    caption: bool = False
    table: bool = False


def paragraphs(source: str) -> Iterator[Paragraph]:
    """Paragraphs of a page in reading order, then the alternative texts of its figures."""
    lines = source.splitlines()
    section, start = "", 0
    gathered: list[str] = []
    captions: list[Paragraph] = []
    number = _after_front_matter(lines)
    hidden = False  # inside a solution, which opens and closes by directives of its own
    while number < len(lines):
        line = lines[number]
        fence = FENCE.match(line)
        breaks = (
            not line.strip()
            or fence
            or line.startswith(("#", "$$", "|", "- ", "(", "+++"))
            or bool(re.match(r"\d+\. ", line))
        )
        if breaks and gathered:
            yield Paragraph(start + 1, section, " ".join(gathered))
            gathered = []
        if fence:
            mark, name = fence[1], fence[3] or ""
            end = _closing(lines, number, mark)
            if name.startswith("solution"):
                hidden = name.endswith("start")
            elif name == "code-cell":
                captions += [] if hidden else _captions("\n".join(lines[number + 1 : end]), number + 1, section)
            elif name.startswith("admonition") or name in ("note", "warning", "tip"):
                for inner in paragraphs("\n".join(_without_options(lines[number + 1 : end]))):
                    yield Paragraph(number + 1 + inner.line, section, inner.text, table=inner.table)
            number = end + 1
            continue
        if line.startswith("$$"):
            number = _after_formula(lines, number)
            continue
        if line.startswith("#"):
            section = line.lstrip("# ").strip() if line.startswith("##") else section
        elif line.startswith("|") and not hidden:
            yield Paragraph(number + 1, section, line, table=True)
        elif line.strip() and not hidden and not re.match(r"\([\w-]+\)=$", line):
            start = start if gathered else number
            gathered.append(line.strip())
        number += 1
    if gathered:
        yield Paragraph(start + 1, section, " ".join(gathered))
    yield from captions


def claimed(source: str) -> str:
    """The code of the cells that check a claim."""
    cells = re.findall(r"^`{3}\{code-cell\}.*?^`{3}$", source, re.S | re.M)
    return "\n".join(cell for cell in cells if "sd.claim(" in cell)


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; a full stop ends one where a capital, a link or a formula follows."""
    text = re.sub(r"^(\*\*)?\d+\. ", r"\1", text)  # the number of a list item
    return [part.strip() for part in re.split(r"(?<=[.?!:;])\s+(?=[A-Z*<{$\[(])", text) if part.strip()]


def words(text: str) -> str:
    """What a reader reads of a paragraph: no code, roles, addresses, tags; a formula only where it is a number."""
    text = re.sub(r"\{glue[:\w]*\}`[^`]*`", COMPUTED, text)
    text = re.sub(r"\{[\w:.-]+\}`([^`<]*)(<[^>]*>)?`", " ", text)
    text = re.sub(r"`[^`]*`", " ", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"</?[a-zA-Z][^>]*>", "", text)
    return re.sub(r"\$([^$]*)\$", lambda formula: " ".join(_numbers(formula[1])), text)


def _numbers(formula: str) -> list[str]:
    """What in a formula looks like a result: the formula itself if it is one number, else long decimals."""
    return [formula] if NUMBER.fullmatch(formula) else [f" {found} " for found in RESULT.findall(formula)]


def minutes(source: str) -> int:
    """Reading time: 150 words a minute, half a minute for a displayed formula or a picture, in steps of five minutes.

    Statements and proofs count, cells and folded solutions do not: they are for another kind of reading.
    """
    text = re.sub(
        r"\A---\n.*?\n---\n|^`{3,}\{code-cell\}.*?^`{3,}$|^`{4,}\{solution-start\}.*?\{solution-end\}",
        "",
        source,
        flags=re.S | re.M,
    )
    formulas = len(re.findall(r"^\$\$", text, re.M)) // 2
    pictures = len(re.findall(r"sd\.figures\.show|sd\.widgets\.", source))
    read = len(re.findall(r"[A-Za-z]{2,}|\$[^$]+\$", re.sub(r"\$\$.*?\$\$", "", text, flags=re.S)))
    return max(5, 5 * round((read / 150 + (formulas + pictures) / 2) / 5))


def _after_front_matter(lines: list[str]) -> int:
    if lines and lines[0] == "---" and "---" in lines[1:]:
        return lines.index("---", 1) + 1
    return 0


def _closing(lines: list[str], opened: int, mark: str) -> int:
    for number in range(opened + 1, len(lines)):
        if lines[number].strip() == mark:
            return number
    return len(lines) - 1


def _after_formula(lines: list[str], number: int) -> int:
    if len(lines[number].strip()) > 2 and lines[number].rstrip().endswith("$$"):
        return number + 1
    for end in range(number + 1, len(lines)):
        if lines[end].startswith("$$"):
            return end + 1
    return len(lines)


def _without_options(lines: list[str]) -> list[str]:
    return ["" if re.match(r":[\w-]+:", line) else line for line in lines]


def _captions(cell: str, offset: int, section: str) -> Iterator[Paragraph]:
    """The strings given as ``alt=`` or ``caption=`` in a cell, with `COMPUTED` for what a format string computes."""
    body = re.sub(
        r"\A(:[\w-]+:.*\n)+|\A---\n.*?\n---\n",
        lambda option: "\n" * option[0].count("\n"),
        cell,
        flags=re.S if cell.startswith("---") else 0,
    )
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.keyword) and node.arg in ("alt", "caption"):
            yield Paragraph(offset + node.value.lineno, section, _literal(node.value), caption=True)


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _literal(node.left) + _literal(node.right)
    return COMPUTED
