"""One printable page from all pages of the built book: ids made unique, links turned inward, parts above chapters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag

BASE = "http://book.invalid/"  # where the pages stand while they are printed; nothing there is ever asked for
# What paper has no use for: marks to copy a link, folded code, scripts, lists of pages.
GONE = "a.headerlink, details.hide, script, noscript, .toctree-wrapper, .sd-break, .sd-ledger-link"
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
STYLE = """
@page { size: A4; margin: 18mm 16mm }
:not(#_) { box-shadow: none !important; text-shadow: none !important }
body { font-size: 10pt; display: block !important }
h1.part { break-before: page; margin-top: 40vh; text-align: center; font-size: 2.2em }
article { break-before: page }
article:first-child { break-before: auto }
h2, h3, h4, h5, h6, p.admonition-title { break-after: avoid }
svg, img, .sd-address, tr { break-inside: avoid }
.sd-claim { display: block !important }
.sd-wide { overflow: visible !important }
.sd-wide svg { min-width: 0 !important; width: 100% !important }
.sd-address { font-size: 0.85em; margin-top: 0; overflow-wrap: anywhere }
div.math, mjx-container[display="true"] { overflow: visible !important; mask-image: none !important }
.bd-content { display: block !important; max-width: none !important }
"""


@dataclass(frozen=True)
class Contents:
    """The pages of the book in reading order, each with the part that it opens, if it opens one."""

    pages: list[tuple[str, str]]

    @classmethod
    def read(cls, toc: Path) -> Contents:
        """The table of contents, `_toc.yml`."""
        table = yaml.safe_load(toc.read_text("utf8"))
        pages = [(str(table["root"]), "")]
        for part in table["parts"]:
            for number, chapter in enumerate(part["chapters"]):
                pages.append((str(chapter["file"]), "" if number else str(part["caption"])))
        return cls(pages)


def combine(site: Path, contents: Contents, address: str = "") -> str:
    """One page of HTML with all pages of the book, for `printer`.

    Parameters
    ----------
    site : Path
        The folder of the built pages.
    contents : Contents
        Which pages, in which order.
    address : str
        Where the live site will stand; it is printed under the still picture of each explorable.
    """
    names = {name for name, _ in contents.pages}
    head, body = "", []
    for name, part in contents.pages:
        soup = BeautifulSoup((site / f"{name}.html").read_text("utf8"), "html.parser")
        article = soup.select_one("article.bd-article")
        if article is None:
            raise ValueError(f"{name}.html has no article: is the book built, and does _toc.yml name it?")
        head = head or _head(soup, name)
        for gone in article.select(GONE):
            gone.decompose()
        for folded in article.find_all("details"):
            folded["open"] = ""
        _settle_explorables(soup, article, name, address)
        for node in article.find_all(True):
            _move_in(node, name, names)
        for level in range(5, 0, -1):  # parts are h1, chapters h2, ...: the outline follows
            for node in article.find_all(f"h{level}"):
                node.name = f"h{level + 1}"
        opening = f'<h1 class="part">{part}</h1>' if part else ""
        body.append(f'{opening}<article class="bd-article" id="{slug(name)}">{article.decode_contents()}</article>')
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light">{head}'
        f'<body><main class="bd-content">{"".join(body)}</main></body></html>'
    )


def slug(name: str) -> str:
    """The id of a page inside the printed one."""
    return name.replace("/", "-")


def _settle_explorables(soup: BeautifulSoup, article: Tag, name: str, address: str) -> None:
    """Leave of each explorable its still picture, and say below it where the live one is."""
    for node in article.select("[data-sd-widget]"):
        key = str(node["data-sd-widget"])  # links name it so
        if article.find(id=key) is None:
            node["id"] = key
        place = f"{name}.html#{key}"
        line = soup.new_tag("p", attrs={"class": "sd-address"})
        line.append("This picture moves under your hand: ")
        if address:
            link = soup.new_tag("a", href=address + place)
            link.string = address + place
            line.append(link)
        else:
            line.append(f"open {place} of the site.")
        node.append(line)


def _move_in(node: Tag, name: str, names: set[str]) -> None:
    """Give an element a place of its own on the one page: its id, what it refers to, where it leads."""
    if node.find_parent("svg") is None and node.name != "svg":  # ids inside our pictures are hashes, unique already
        for key in ("id", *REFERRING):
            if node.get(key):
                node[key] = " ".join(f"{slug(name)}--{one}" for one in str(node[key]).split())
    if node.get("src"):
        node["src"] = urljoin(BASE + name, str(node["src"]))
    if node.name != "a" or not node.get("href"):
        return
    full = urljoin(f"{BASE}{name}.html", str(node["href"]))
    url = urlsplit(full)
    target = url.path.removeprefix("/").removesuffix(".html")
    if not full.startswith(BASE):
        if not url.netloc:  # Sphinx leaves file:// behind
            del node["href"]
    elif target in names:
        place = url.fragment.split("?")[0]  # "#distill-it?noise=1" sets a state of that explorable
        node["href"] = f"#{slug(target)}" + (f"--{place}" if place else "")
    else:
        del node["href"]  # downloads and indexes are no part of the print


def _head(soup: BeautifulSoup, name: str) -> str:
    """The styles of the site and what sets its formulas; the theme's own scripts need the theme's own page."""
    assert soup.head is not None, "a page of the site has a head"
    for node in soup.head.find_all(["link", "script", "meta", "noscript"]):
        for key in ("href", "src"):
            if node.get(key):
                node[key] = urljoin(BASE + name, str(node[key]))
        style = node.name == "link" and node.get("rel") == ["stylesheet"]
        formulas = node.name == "script" and "mathjax" in str(node).lower()
        if not (style or formulas or node.get("charset")):
            node.decompose()
    own = soup.new_tag("style")
    own.string = STYLE
    soup.head.append(own)
    return str(soup.head)


def headings(page: str) -> list[tuple[int, str]]:
    """The headings of the printable page in order: level and words."""
    soup = BeautifulSoup(page, "html.parser")
    found = soup.find_all([f"h{level}" for level in range(1, 7)])
    words = [re.sub(r"\\[()]", "", node.get_text()) for node in found]  # a formula stays as its source
    return [(int(node.name[1]), " ".join(text.split())) for node, text in zip(found, words, strict=True)]


def dangling(page: str) -> list[str]:
    """The links of the printable page that lead to no place on it."""
    soup = BeautifulSoup(page, "html.parser")
    places = {str(node["id"]) for node in soup.select("[id]")} | {str(node["name"]) for node in soup.select("a[name]")}
    links = {str(node["href"]) for node in soup.select("a[href^='#']")}
    return sorted(link for link in links if link[1:] not in places)
