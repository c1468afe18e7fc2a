"""A small book printed by Chromium, from its pages to the finished PDF; what cannot be printed is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from pikepdf import Pdf
from playwright.sync_api import Browser

from selfdistill_book.publish import paper, pdf, printer

LONG = '<p>A line.</p><div style="height: 240mm"></div><h2 id="late">Late</h2><p>On the next page.</p>'
PAGE = (
    "<html><head><meta charset='utf-8'></head><body><article class='bd-article'><h1 id='top'>{}</h1>{}"
    "<p><a href='two.html#late'>late</a></p></article></body></html>"
)


def test_a_book_becomes_a_pdf(browser: Browser, tmp_path: Path) -> None:
    """Parts and chapters in the outline with their pages, links that lead there, contents in front."""
    (tmp_path / "one.html").write_text(PAGE.format("One", "<p>Begin.</p>"))
    (tmp_path / "two.html").write_text(PAGE.format("Two", LONG))
    page = paper.combine(tmp_path, paper.Contents([("one", ""), ("two", "Part I")]))
    printer.print_page(browser, page, tmp_path, tmp_path / "book.pdf")
    with Pdf.open(tmp_path / "book.pdf") as book:
        entries = pdf.rename(book, paper.headings(page))
        assert [(one.depth, one.title, one.page) for one in entries] == [
            (2, "One", 1),
            (1, "Part I", 2),
            (2, "Two", 3),
            (3, "Late", 4),
        ]
        leaves = pdf.front("A book", ["Version 1"], entries)
        printer.print_page(browser, leaves, tmp_path, tmp_path / "front.pdf", numbered=False)
        pdf.pack(book, tmp_path / "front.pdf", tmp_path / "a.pdf", title="A book", author="A", time=0)
    assert pdf.problems(tmp_path / "a.pdf", ["One", "Part I", "Two"]) == []
    with Pdf.open(tmp_path / "a.pdf") as made:
        assert [page.label for page in made.pages] == ["i", "ii", "1", "2", "3", "4"]
        assert len(made.pages[1].obj.Annots) >= 3, "the contents are links"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<img src='http://book.invalid/gone.png'>", r"asked for http://book\.invalid/gone\.png"),
        ("<img src='https://example.org/x.png'>", r"asked for https://example\.org/x\.png"),
        ("<p class='math'>\\(x\\)</p>", "1 formulas are not set"),
        ("<p class='math'><mjx-container><mjx-merror>what?</mjx-merror></mjx-container></p>", "wrong: what"),
        ("<script>throw new Error('thrown')</script>", "thrown"),
    ],
)
def test_what_cannot_be_printed_is_told(browser: Browser, tmp_path: Path, body: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        printer.print_page(browser, f"<!DOCTYPE html><html><body>{body}</body></html>", tmp_path, tmp_path / "x.pdf")
