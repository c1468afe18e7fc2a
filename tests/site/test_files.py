"""The built site as files: links, downloads, the ledger. No browser needed."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jupytext
import nbformat
import pytest
from bs4 import BeautifulSoup

from visits import ROOT, pages_of_the_book

PAGES = pages_of_the_book()
HELPERS = ["index.html", "search.html", "genindex.html"]


@functools.cache
def soup(file: Path) -> BeautifulSoup:
    """A page, parsed once."""
    return BeautifulSoup(file.read_text("utf8"), "html.parser")


@functools.cache
def anchors(file: Path) -> frozenset[str]:
    """Every place of a page that a link can name."""
    page = soup(file)
    return frozenset(
        [
            *(str(node["id"]) for node in page.select("[id]")),
            *(str(node["name"]) for node in page.select("a[name]")),
            *(str(node["data-sd-widget"]) for node in page.select("[data-sd-widget]")),
        ]
    )


@pytest.mark.parametrize("name", PAGES + HELPERS)
def test_links_and_anchors_resolve(site: Path, name: str) -> None:
    """Every link inside the book leads to a file that is there, and to a place that is on it."""
    file, dead = site / name, []
    for node in soup(file).select("[href], [src]"):
        target = str(node.get("href") or node.get("src"))
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            if node.name != "a" and parts.scheme != "data" and node.get("rel") not in (["canonical"], ["license"]):
                dead.append(f"foreign resource {target}")
            continue
        goal = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not goal.is_file():
            dead.append(f"{target}: no such file")
            continue
        place = unquote(parts.fragment).partition("?")[0]  # "#distill-it?round=3" is a state of that explorable
        if place and goal.suffix == ".html" and place not in anchors(goal):
            dead.append(f"{target}: no such place on the page")
    assert not dead, "\n".join(dead)


@pytest.mark.parametrize("name", PAGES)
def test_ids_are_unique(site: Path, name: str) -> None:
    """A link to an id can mean one place only; pictures keep their inner ids apart too."""
    counts = Counter(node["id"] for node in soup(site / name).select("[id]"))
    assert not {key: count for key, count in counts.items() if count > 1}


@pytest.mark.parametrize("name", PAGES)
def test_images_have_words(site: Path, name: str) -> None:
    """Every picture of the article says what it shows."""
    article = soup(site / name).select_one("article")
    assert article is not None
    silent = [str(image)[:120] for image in article.select("img") if not image.get("alt")]
    silent += [
        str(svg)[:120]
        for svg in article.select("svg")
        if not (svg.get("aria-label") or svg.get("aria-labelledby") or svg.find_parent(attrs={"aria-hidden": "true"}))
        and svg.get("role") == "img"
    ]
    assert not silent


@pytest.mark.parametrize("name", PAGES)
def test_notebook_download(site: Path, name: str) -> None:
    """A page with code offers itself as a notebook, valid and with the same cells; other pages do not."""
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
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in jupytext.read(source).cells]
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", PAGES)
def test_no_dead_buttons(site: Path, name: str) -> None:
    """Without the repository's address there is no launch, source or issue button; with it there is."""
    page = soup(site / name)
    found = page.select(".dropdown-launch-buttons, .dropdown-source-buttons, [href*='mybinder.org']")
    assert bool(found) == bool(os.environ.get("BOOK_REPOSITORY_URL"))


@pytest.mark.parametrize("name", PAGES)
def test_claims_are_linked(site: Path, name: str) -> None:
    """No mark of the ledger is left on a page, and each claim has its link."""
    text = (site / name).read_text("utf8")
    assert "<!--ledger:" not in text
    page = soup(site / name)
    assert len(page.select(".sd-claim")) == len(page.select(".sd-claim .sd-ledger-link"))
    assert not page.select(".sd-claim .failed")


def test_ledger_page_has_every_statement(site: Path) -> None:
    """The page shows the rows of ledger.json, in the same order, and stands in reading order."""
    statements = json.loads((site / "ledger.json").read_text("utf8"))["statements"]
    owners = [one for one in statements if one["kind"] != "equation"]
    rows = soup(site / "chapters/reference/ledger.html").select(".sd-ledger-row")
    assert [row["id"] for row in rows] == [one["id"] for one in owners]
    places = [PAGES.index(one["page"]) for one in statements]
    assert places == sorted(places)
