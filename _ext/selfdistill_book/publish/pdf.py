"""The printed book as a file: a title page and contents in front, page labels, an outline, the same bytes each time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf

from .paper import BASE

FRONT_STYLE = """
@page { size: A4; margin: 22mm 24mm }
body { font: 10.5pt/1.5 Georgia, "DejaVu Serif", serif }
a { color: inherit; text-decoration: none }
header { height: 225mm; display: flex; flex-direction: column; justify-content: center; text-align: center }
h1 { font-size: 2.4em; line-height: 1.2 }
h2 { font-size: 1.5em; break-before: page }
ol { list-style: none; margin: 0; padding: 0 }
li { break-inside: avoid }
li a { display: flex; gap: .6em; align-items: baseline }
li i { flex: 1; border-bottom: 1px dotted #888 }
.d1 { font-weight: bold; margin-top: 1em; break-after: avoid }
.d2 { padding-left: 1em }
"""


@dataclass(frozen=True)
class Entry:
    """An entry of the outline: how deep it stands, its title, and its page, counted from one."""

    depth: int
    title: str
    page: int


def outline(pdf: Pdf) -> list[Entry]:
    """The outline of a PDF in reading order."""
    numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
    names = _names(pdf)
    found: list[Entry] = []
    with pdf.open_outline() as tree:
        for depth, item in _below(tree.root, 0):
            goal = item.destination if item.destination is not None else getattr(item.action, "D", None)
            if isinstance(goal, (str, pikepdf.String, pikepdf.Name)):
                goal = names.get(str(goal))
            page = numbers.get(goal[0].objgen, 0) if isinstance(goal, Array) else 0
            found.append(Entry(depth, str(item.title), page))
    return found


def _below(items: Iterable[OutlineItem], depth: int) -> Iterator[tuple[int, OutlineItem]]:
    """Items of the outline and those below them, each with its depth."""
    for item in items:
        yield depth, item
        yield from _below(item.children, depth + 1)


def _names(pdf: Pdf) -> dict[str, pikepdf.Object]:
    """The named places of a PDF."""
    if Name.Dests in pdf.Root:
        return {str(name): goal for name, goal in pdf.Root.Dests.items()}
    if Name.Names in pdf.Root and Name.Dests in pdf.Root.Names:
        return {str(name): goal for name, goal in pikepdf.NameTree(pdf.Root.Names.Dests).items()}
    return {}


def rename(pdf: Pdf, headings: list[tuple[int, str]]) -> list[Entry]:
    """Give the entries of the outline the words of their headings; returned with the headings' levels as depths.

    Chromium repeats a heading that it has moved to the next page, and joins the lines of one that it has broken. So the
    first letters are compared.

    Raises
    ------
    ValueError
        If the entries are not those of the headings, one by one.
    """
    entries = outline(pdf)
    if len(entries) != len(headings):
        raise ValueError(f"the page has {len(headings)} headings and the outline {len(entries)} entries")
    with pdf.open_outline() as tree:
        for (_, item), (_, words) in zip(_below(tree.root, 0), headings, strict=True):
            if not _plain(str(item.title)).startswith(_plain(words)[:8]):
                raise ValueError(f"the heading {words!r} is called {str(item.title)!r} in the outline")
            item.title = words
    return [Entry(level, words, entry.page) for (level, words), entry in zip(headings, entries, strict=True)]


def front(title: str, lines: list[str], entries: list[Entry]) -> str:
    """The title page and the contents as HTML, each entry with its page; `pack` turns its links inward."""
    rows = "\n".join(
        f'<li class="d{one.depth}"><a href="{BASE}{one.page}">{escape(one.title)}<i></i>{one.page}</a></li>'
        for one in entries
        if one.depth <= 2  # parts and chapters
    )
    words = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{FRONT_STYLE}</style></head><body><header><h1>{escape(title)}</h1>{words}</header>"
        f"<h2>Contents</h2><ol>{rows}</ol></body></html>"
    )


def pack(book: Pdf, leaves: Path, target: Path, *, title: str, author: str, time: int) -> None:
    """Put the leaves of the front before the printed book, label the pages, and write the same bytes each time."""
    with Pdf.open(leaves) as before:
        count = len(before.pages)
        pages = [page.obj for page in book.pages]
        for number, page in enumerate(before.pages):
            _turn_in(page, pages)
            if Name.StructParents in page:
                del page[Name.StructParents]  # the tags of the front stay behind
            book.pages.insert(number, page)
        for page in book.pages[:count]:  # links into the book, now that both are one file
            for link in page.get(Name.Annots, []):
                link.Dest = Array([pages[int(link.SDPage) - 1], Name.Fit])
                del link.SDPage
        decimal = Dictionary(S=Name.D, St=1)
        book.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r), count, decimal]))
        book.Root.PageMode = Name.UseOutlines
        book.Root.Lang = pikepdf.String("en")
        book.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        date = f"D:{datetime.fromtimestamp(time, UTC):%Y%m%d%H%M%S}Z"
        for key, value in {"Title": title, "Author": author, "CreationDate": date, "ModDate": date}.items():
            book.docinfo[f"/{key}"] = value
        book.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)


def _turn_in(page: pikepdf.Page, pages: Sequence[pikepdf.Object]) -> None:
    """Mark each link of a leaf with the page it leads to, and take its address of the web away."""
    for link in page.obj.get(Name.Annots, []):
        number = int(re.sub(r"\D", "", str(link.A.URI).removeprefix(BASE)))
        if not 1 <= number <= len(pages):
            raise ValueError(f"the contents lead to page {number} of {len(pages)}")
        del link[Name.A]
        link.SDPage = number


def problems(file: Path, titles: list[str]) -> list[str]:
    """What is wrong with a finished PDF: entries that are missing or lead nowhere, links that lead nowhere.

    Parameters
    ----------
    file : Path
        The PDF.
    titles : list of str
        The entries that its outline must have, in this order.
    """
    found = []
    with Pdf.open(file) as pdf:
        entries = outline(pdf)
        told = iter(_plain(one.title) for one in entries)
        found += [f"the outline lacks {title!r}, or has it too early" for title in titles if _plain(title) not in told]
        found += [f"the outline's {one.title!r} leads nowhere" for one in entries if one.page == 0]
        names = _names(pdf)
        for number, page in enumerate(pdf.pages, start=1):
            for link in page.get(Name.Annots, []):
                if link.get(Name.Subtype) != Name.Link:
                    continue
                action = link.get(Name.A, Dictionary())
                goal = link.get(Name.Dest, action.get(Name.D))
                if goal is None and str(action.get(Name.URI, "")).startswith(BASE):
                    found.append(f"page {number}: a link to {action.URI}, a place that exists while printing only")
                if isinstance(goal, (pikepdf.String, pikepdf.Name)) and str(goal) not in names:
                    found.append(f"page {number}: a link to {goal}, which is nowhere")
        if Name.MarkInfo not in pdf.Root:
            found.append("it has no tags: a screen reader cannot tell a heading from a line")
    return found


def _plain(title: str) -> str:
    """A title without spaces: Chromium and Sphinx put them at different places."""
    return re.sub(r"\s+", "", title)
