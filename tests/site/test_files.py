"""The built site as files: links, downloads, the ledger. No browser needed."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup

import checks
from selfdistill_book.site import Address
from visits import ROOT, pages_of_the_book

PAGES = pages_of_the_book()
HELPERS = ["index.html", "search.html", "genindex.html"]


@functools.cache
def soup(file: Path) -> BeautifulSoup:
    """A page, parsed once."""
    return BeautifulSoup(file.read_text("utf8"), "html.parser")


KNOWN: dict[Path, set[str]] = {}


@pytest.mark.parametrize("name", PAGES + HELPERS)
def test_links_and_anchors_resolve(site: Path, name: str) -> None:
    """Every link inside the book leads to a file that is there, and to a place that is on it."""
    checks.links_resolve(site / name, soup(site / name), KNOWN)


@pytest.mark.parametrize(
    "check",
    [checks.ids_are_unique, checks.pictures_have_words, checks.captions_are_numbered, checks.claims_are_linked],
)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_in_order(site: Path, name: str, check: Callable[[BeautifulSoup], None]) -> None:
    """Ids, words of pictures, captions, claims."""
    check(soup(site / name))


@pytest.mark.parametrize("name", PAGES)
def test_notebook_download(site: Path, name: str) -> None:
    """A page with code offers itself as a notebook: the same code, an install cell before it, outputs, plain text."""
    source = ROOT / Path(name).with_suffix(".md")
    page = soup(site / name)
    links = [str(link["href"]) for link in page.select("a[href$='.ipynb']")]
    if "\nkernelspec:" not in source.read_text("utf8")[:600]:
        assert not links
        return
    assert links, "no link to the notebook"
    file = (site / name).parent / links[0]
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    code, text = ([cell for cell in notebook.cells if cell.cell_type == kind] for kind in ("code", "markdown"))
    written = [cell.source for cell in jupytext.read(source).cells if cell.cell_type == "code"]
    assert [cell.source for cell in code[1:]] == written and "%pip install" in code[0].source
    checks.text_is_plain([cell.source for cell in text])
    if "sd.claim(" in source.read_text("utf8"):
        assert any("sd-claim" in str(cell.outputs) for cell in code), "a page with claims and no outcome of one"


@pytest.mark.parametrize("name", PAGES)
def test_page_says_what_it_is(site: Path, name: str) -> None:
    """A description and the version; its address and a picture where the site's address is known, else none."""
    page, address = soup(site / name), Address.read()
    checks.describes_itself(page)
    canonical, image = page.select("link[rel=canonical]"), page.select("meta[property='og:image']")
    assert [link["href"] for link in canonical] == ([address.site + name] if address.site else [])
    assert [(site / str(one["content"]).removeprefix(address.site)).is_file() for one in image] == (
        [True] if address.site else []
    )


def test_a_wrong_address_leads_to_pages(site: Path) -> None:
    """The links of 404.html begin at the root of the site; each is there."""
    links = [
        str(link["href"]).removeprefix(urlsplit(Address.read().site).path)
        for link in soup(site / "404.html").select("a")
    ]
    assert len(links) > 2 and all((site / link).is_file() for link in links), links


@pytest.mark.parametrize("name", PAGES)
def test_no_dead_buttons(site: Path, name: str) -> None:
    """Without the repository's address there is no launch, source or issue button; with it there is."""
    page = soup(site / name)
    found = page.select(".dropdown-launch-buttons, .dropdown-source-buttons, [href*='mybinder.org'], .sd-mistake a")
    assert bool(found) == bool(os.environ.get("BOOK_REPOSITORY_URL"))


def test_ledger_page_has_every_statement(site: Path) -> None:
    """The page shows the rows of ledger.json, in the same order, and stands in reading order."""
    statements = json.loads((site / "ledger.json").read_text("utf8"))["statements"]
    owners = [one for one in statements if one["kind"] != "equation"]
    rows = soup(site / "chapters/reference/ledger.html").select(".sd-ledger-row")
    assert [row["id"] for row in rows] == [one["id"] for one in owners]
    places = [PAGES.index(one["page"]) for one in statements]
    assert places == sorted(places)
