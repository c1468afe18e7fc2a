"""The files of a site that are no page of the book: its sitemap, the page for a wrong address, redirects."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from .address import Address
from .heads import last_changes

MOVED = Path(__file__).parent / "moved.toml"
STYLE = (
    ":root{color-scheme:light dark}body{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:15vh auto;"
    "padding:0 1rem}a{color:LinkText}"
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
{head}
</head>
<body><main>
{body}
</main></body>
</html>
"""


def moved(table: str, pages: set[str]) -> dict[str, str]:
    """The table of moved pages, old name to new.

    Raises
    ------
    ExtensionError
        If a new name is no page, or an old one still is.
    """
    found: dict[str, str] = tomllib.loads(table)
    for old, new in found.items():
        if new not in pages:
            raise ExtensionError(f"moved.toml: {old!r} leads to {new!r}, which is no page")
        if old in pages:
            raise ExtensionError(f"moved.toml: {old!r} is a page still; take its line out")
    return found


def redirect(old: str, new: str) -> str:
    """A page at an old address that leads to the new one; a place on the page is kept."""
    target = escape(os.path.relpath(f"{new}.html", PurePosixPath(old).parent).replace(os.sep, "/"))
    head = (
        f'<meta http-equiv="refresh" content="0; url={target}">\n<link rel="canonical" href="{target}">\n'
        f'<script>location.replace("{target}" + location.search + location.hash)</script>'
    )
    body = f'<h1>This page has moved</h1>\n<p>It is now <a href="{target}">here</a>.</p>'
    return PAGE.format(title="This page has moved", style=STYLE, head=head, body=body)


def not_found(address: Address, root: str, entries: list[tuple[str, str]]) -> str:
    """The page for a wrong address. A host serves it anywhere, so its links begin at the site's root."""
    base = urlsplit(address.site).path if address.site else ""
    links = "\n".join(f'<li><a href="{base}{escape(page)}">{escape(title)}</a></li>' for page, title in entries)
    body = (
        "<h1>There is no such page</h1>\n<p>The address may be misspelt, or the page may have gone. The book begins at "
        f'its <a href="{base}{root}">landing page</a>; <a href="{base}search.html">search</a> knows its words.</p>'
        f"\n<ul>\n{links}\n</ul>"
    )
    return PAGE.format(
        title="There is no such page", style=STYLE, head='<meta name="robots" content="noindex">', body=body
    )


def sitemap(site: str, changes: dict[str, int | None]) -> str:
    """Every page, by its path, with the day of its last change if that is known."""
    rows = []
    for page, time in changes.items():
        day = f"<lastmod>{datetime.fromtimestamp(time, UTC):%Y-%m-%d}</lastmod>" if time else ""
        rows.append(f"<url><loc>{escape(site + page)}</loc>{day}</url>")
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return head + "\n".join(rows) + "\n</urlset>\n"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write all of them beside the pages."""
    if error is not None or app.builder.format != "html":
        return
    address, out, uri = Address.read(), Path(app.outdir), app.builder.get_target_uri
    pages = [name for name in app.env.toctree_includes.get(app.config.root_doc, []) if name in app.env.titles]
    entries = [(uri(name), app.env.titles[name].astext()) for name in pages]
    (out / "404.html").write_text(not_found(address, uri(app.config.root_doc), entries), "utf8")
    for old, new in moved(MOVED.read_text("utf8"), app.env.found_docs).items():
        file = out / f"{old}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(redirect(old, new), "utf8")
    if address.site:
        root, times = Path(app.srcdir), last_changes(Path(app.srcdir))
        sources = {name: Path(app.env.doc2path(name)).relative_to(root).as_posix() for name in app.env.found_docs}
        changes = {uri(name): times.get(source) for name, source in sorted(sources.items())}
        (out / "sitemap.xml").write_text(sitemap(address.site, changes), "utf8")


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.connect("build-finished", write)
