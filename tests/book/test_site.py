"""What a published site has beside its pages: addresses, redirects; the book as a PDF and as an offline copy."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from docutils.core import publish_doctree
from pikepdf import Array, Dictionary, Name, Pdf, String
from sphinx.errors import ExtensionError

from selfdistill_book.publish import folder, paper, pdf
from selfdistill_book.site import beside, heads
from selfdistill_book.site.address import Address

GITHUB = Address("https://github.com/you/book", "main", "https://you.github.io/book/")


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repository", "site", "expected"),
    [
        ("", "", ""),
        ("https://github.com/You/book/", "", "https://you.github.io/book/"),
        ("https://github.com/you/you.github.io", "", "https://you.github.io/"),
        ("https://gitlab.com/you/book", "", ""),
        ("https://gitlab.com/you/book", "https://example.org/book", "https://example.org/book/"),
        ("https://github.com/you/book", "https://example.org/", "https://example.org/"),
    ],
)
def test_the_address_of_the_site(repository: str, site: str, expected: str) -> None:
    assert Address.read({"BOOK_REPOSITORY_URL": repository, "BOOK_SITE_URL": site}).site == expected


@pytest.mark.parametrize("wrong", ["you/book", "ftp://example.org", "https://"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="BOOK_SITE_URL is"):
        Address.read({"BOOK_SITE_URL": wrong})


def test_mistakes_and_edits_have_their_addresses() -> None:
    """Each host has its own; without a repository there is none, and the foot of the page shows none."""
    assert GITHUB.edit("chapters/a b.md") == "https://github.com/you/book/edit/main/chapters/a%20b.md"
    assert GITHUB.mistake("T", "c.md").startswith("https://github.com/you/book/issues/new?title=Mistake+in+")
    lab = Address("https://gitlab.com/you/book", "dev")
    assert lab.edit("c.md") == "https://gitlab.com/you/book/-/edit/dev/c.md"
    assert "/-/issues/new?issue%5Btitle%5D=" in lab.mistake("T", "c.md")
    assert "issue%5Bdescription%5D=Page" in lab.mistake("T", "c.md")
    assert heads.foot("", GITHUB, "T", "c.md").count("<a ") == 2
    assert "<a " not in heads.foot("", Address(), "T", "c.md")


def test_a_description_needs_no_formula() -> None:
    document = publish_doctree(
        "Short.\n\nWith :math:`x^2` in it, this one is not taken.\n\nThe words of this *paragraph*, with :math:`O(K)`."
    )
    assert heads.description(document) == "The words of this paragraph, with O(K)."
    cut = heads.description(publish_doctree("many words " * 40))
    assert len(cut) <= heads.LONGEST and cut.endswith("words…")
    assert heads.description(publish_doctree("Short.")) == ""


def test_the_last_change_is_that_of_the_history(tmp_path: Path) -> None:
    """Of each file its latest commit; without a history there is none."""

    def git(*words: str, when: int = 0) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        dates = {"GIT_AUTHOR_DATE": f"{when} +0000", "GIT_COMMITTER_DATE": f"{when} +0000", "PATH": "/usr/bin:/bin"}
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, env=dates)

    heads.last_changes.cache_clear()
    assert heads.last_changes(tmp_path) == {}
    (tmp_path / "chapters").mkdir()
    git("init", "-q")
    for when, name in ((1_000_000_000, "old"), (1_100_000_000, "new"), (1_200_000_000, "new")):
        (tmp_path / "chapters" / f"{name}.md").write_text(str(when))
        git("add", ".")
        git("commit", "-q", "-m", "m", when=when)
    heads.last_changes.cache_clear()
    assert heads.last_changes(tmp_path) == {"chapters/old.md": 1_000_000_000, "chapters/new.md": 1_200_000_000}
    assert heads.day(1_000_000_000) == "9 September 2001"


# --- beside the pages ------------------------------------------------------------------------------------------------


def test_a_moved_page_leads_on() -> None:
    """From folder to folder, with the place on the page; a table that leads nowhere is refused."""
    assert beside.moved('"a/old" = "b/new"', {"b/new"}) == {"a/old": "b/new"}
    page = BeautifulSoup(beside.redirect("a/old", "b/new"), "html.parser")
    refresh, link = page.select_one("meta[http-equiv=refresh]"), page.select_one("a")
    assert refresh and refresh["content"] == "0; url=../b/new.html"
    assert link and link["href"] == "../b/new.html"
    assert "location.hash" in str(page.script)
    with pytest.raises(ExtensionError, match="'b/new', which is no page"):
        beside.moved('"a/old" = "b/new"', {"b/other"})
    with pytest.raises(ExtensionError, match="'a/old' is a page still"):
        beside.moved('"a/old" = "b/new"', {"b/new", "a/old"})


def test_a_wrong_address_is_answered_from_the_root() -> None:
    """The host serves the page at any address: its links begin at the root of the site."""
    page = BeautifulSoup(beside.not_found(GITHUB, "chapters/index.html", [("a.html", "A & B")]), "html.parser")
    links = [str(link["href"]) for link in page.select("a")]
    assert links == ["/book/chapters/index.html", "/book/search.html", "/book/a.html"]
    assert "A & B" in page.get_text()


def test_the_sitemap_has_each_page_and_its_day() -> None:
    urls = list(ElementTree.fromstring(beside.sitemap("https://e.org/", {"a&b.html": 1_000_000_000, "c.html": None})))
    assert [[field.text for field in url] for url in urls] == [
        ["https://e.org/a&b.html", "2001-09-09"],
        ["https://e.org/c.html"],
    ]


# --- paper -----------------------------------------------------------------------------------------------------------

PAGE = """<html><head><meta charset="utf-8"><link rel="stylesheet" href="s.css"><script src="theme.js"></script></head>
<body><article class="bd-article"><h1 id="top">{title}<a class="headerlink" href="#top">#</a></h1>{body}</article>
</body></html>"""
ONE = """<p><a href="b/two.html#there">a</a> <a href="#top">b</a> <a href="https://example.org">c</a>
<a href="files/x.zip">d</a> <a href="#toy?w=2">e</a></p>
<div data-sd-widget="toy"><script type="application/json">{}</script><svg><g id="f1-g"/></svg></div>
<details class="hide"><pre>code</pre></details><details><p>solution</p></details>"""


def small_book(site: Path, one: str = ONE) -> paper.Contents:
    (site / "b").mkdir()
    (site / "s.css").write_text("")
    (site / "one.html").write_text(PAGE.format(title="One", body=one))
    (site / "b" / "two.html").write_text(PAGE.format(title="2. Two", body='<h2 id="there">There</h2><p>Here.</p>'))
    return paper.Contents([("one", ""), ("b/two", "Part I")])


def test_all_pages_become_one(tmp_path: Path) -> None:
    """Links lead inward, ids are unique, parts stand above chapters, folds are open, hidden code is gone."""
    page = paper.combine(tmp_path, small_book(tmp_path), "https://e.org/")
    soup = BeautifulSoup(page, "html.parser")
    links = {link.get_text(): link.get("href") for link in soup.select("article a")}
    assert links["a"] == "#b-two--there" and links["b"] == "#one--top" and links["c"] == "https://example.org"
    assert links["d"] is None and links["e"] == "#one--toy"
    assert links["https://e.org/one.html#toy"] == "https://e.org/one.html#toy", "where the live picture is"
    assert paper.headings(page) == [(2, "One"), (1, "Part I"), (2, "2. Two"), (3, "There")]
    assert "code" not in soup.get_text() and soup.select_one("details[open]")
    assert soup.select_one("svg g[id='f1-g']") and not soup.select("script")
    assert [link["href"] for link in soup.select("link")] == [f"{paper.BASE}s.css"]
    assert not paper.dangling(page)


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    page = paper.combine(tmp_path, small_book(tmp_path, '<a href="b/two.html#gone">a</a>'))
    assert paper.dangling(page) == ["#b-two--gone"]


def blank(pages: int, *titles: tuple[str, int]) -> Pdf:
    """A PDF of empty pages, with an outline."""
    made = Pdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(200, 200))
    with made.open_outline() as tree:
        tree.root.extend(pdf.OutlineItem(title, page - 1) for title, page in titles)
    return made


def leaves(file: Path, *pages: int) -> Path:
    """A leaf with links as Chromium prints them."""
    with blank(1) as made:
        links = [Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(URI=f"{paper.BASE}{n}")) for n in pages]
        made.pages[0].obj.Annots = made.make_indirect(Array(links))
        made.save(file)
    return file


def test_the_front_leads_into_the_book(tmp_path: Path) -> None:
    """Its links are places in the file; pages are numbered from the first of the book; twice the same bytes."""
    packed = []
    for name in ("a.pdf", "b.pdf"):
        with blank(3, ("OneOne", 1), ("Two", 3)) as book:
            entries = pdf.rename(book, [(1, "One"), (2, "Two")])
            assert [(one.depth, one.title, one.page) for one in entries] == [(1, "One", 1), (2, "Two", 3)]
            book.Root.MarkInfo = Dictionary(Marked=True)
            front = leaves(tmp_path / "front.pdf", 1, 3)
            pdf.pack(book, front, tmp_path / name, title="T", author="A", time=1_000_000_000)
        packed.append((tmp_path / name).read_bytes())
        assert pdf.problems(tmp_path / name, ["One", "Two"]) == []
    assert packed[0] == packed[1]
    with Pdf.open(tmp_path / "a.pdf") as made:
        goals = [link.Dest[0].objgen for link in made.pages[0].obj.Annots]
        assert goals == [made.pages[1].obj.objgen, made.pages[3].obj.objgen]
        assert [page.label for page in made.pages] == ["i", "1", "2", "3"]
        assert str(made.docinfo["/CreationDate"]) == "D:20010909014640Z"


def test_a_front_that_leads_beyond_the_book_is_refused(tmp_path: Path) -> None:
    with blank(2) as book, pytest.raises(ValueError, match="page 3 of 2"):
        pdf.pack(book, leaves(tmp_path / "f.pdf", 3), tmp_path / "x.pdf", title="T", author="A", time=0)


@pytest.mark.parametrize("headings", [[(1, "One")], [(1, "Another"), (2, "Two")]])
def test_an_outline_of_other_headings_is_refused(headings: list[tuple[int, str]]) -> None:
    with blank(3, ("One", 1), ("Two", 3)) as book, pytest.raises(ValueError, match="heading"):
        pdf.rename(book, headings)


def test_a_broken_pdf_is_told(tmp_path: Path) -> None:
    """Links to nowhere, to the printer's own address, a part that is missing, no tags."""
    file = tmp_path / "broken.pdf"
    with blank(2, ("One", 1)) as made:
        wrong = [
            Dictionary(Type=Name.Annot, Subtype=Name.Link, Dest=String("gone")),
            Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(URI=f"{paper.BASE}x.html")),
        ]
        made.pages[0].obj.Annots = made.make_indirect(Array(wrong))
        made.save(file)
    told = "\n".join(pdf.problems(file, ["One", "Two"]))
    for words in (
        "lacks 'Two'",
        "gone, which is nowhere",
        "x.html, a place that exists while printing only",
        "no tags",
    ):
        assert words in told
    assert told.count("\n") == 3


# --- the folder and the offline copy ---------------------------------------------------------------------------------


def test_the_offline_copy_is_the_same_file_each_time(tmp_path: Path) -> None:
    """Every page tells of the PDF, from its own folder; the zip has one date and the order of the names."""
    built, copy = tmp_path / "html", tmp_path / "copy"
    (built / "b").mkdir(parents=True)
    for name in ("one.html", "b/two.html"):
        (built / name).write_text(f"<p>{heads.FILES}</p>")
    (built / ".buildinfo").write_text("x")
    (tmp_path / "book.pdf").write_bytes(b"%PDF")
    zips = []
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
        folder.fill(built, copy, tmp_path / "book.pdf")
        folder.link(copy, {"PDF": "book.pdf"})
        folder.pack(copy, tmp_path / name / "book.zip", time=1_700_000_000)
        zips.append((tmp_path / name / "book.zip").read_bytes())
    assert zips[0] == zips[1]
    with zipfile.ZipFile(tmp_path / "x" / "book.zip") as packed:
        names = packed.namelist()
        assert names == sorted(names)
        assert {"book/one.html", "book/b/two.html", "book/book.pdf"} < set(names) and "book/.buildinfo" not in names
        assert packed.read("book/b/two.html") == b'<p> <a href="../book.pdf">PDF</a></p>'
