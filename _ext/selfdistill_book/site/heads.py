"""What each page says of itself: its address, a description, a picture for previews, its last change, its version.

Addresses are written where the site's is known (see `Address`); a description and the date are always there. The date
is that of the last commit that changed the page, not of the build.
"""

from __future__ import annotations

import base64
import re
import subprocess
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from ..cache import PACKAGE
from ..outputs import outputs_of
from .address import Address

LONGEST = 200  # characters of a description; search engines show fewer
PREVIEWS = "_previews"
DEFAULT = "_static/screenshot.png"
# `publish` puts the links to the PDF and to the offline copy here, once they exist.
FILES = "<!--files of the whole book-->"


def description(document: nodes.document) -> str:
    """The first paragraph of a page that reads without formulas being set, cut at a word; empty if there is none."""
    for paragraph in document.findall(nodes.paragraph):
        inside = isinstance(paragraph.parent, nodes.section | nodes.document)
        plain = all(re.fullmatch(r"[\w() ]+", formula.astext()) for formula in paragraph.findall(nodes.math))
        if inside and plain and len(words := paragraph.astext().split()) > 5:
            text = " ".join(words)
            return text if len(text) <= LONGEST else text[: LONGEST - 1].rpartition(" ")[0].rstrip(",;:") + "…"
    return ""


@cache
def last_changes(root: Path) -> dict[str, int]:
    """The time of the last commit of each file, by its path; empty where there is no history to ask."""
    command = ["git", "-C", str(root), "log", "--format=%x00%ct", "--name-only", "--no-renames", "--", "chapters"]
    try:
        log = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    found: dict[str, int] = {}
    for commit in log.split("\0")[1:]:
        time, *files = commit.split("\n")
        for file in filter(None, files):
            found.setdefault(file, int(time))  # the log begins with the latest
    return found


def day(time: int) -> str:
    """A time in words, the same in every zone."""
    date = datetime.fromtimestamp(time, UTC)
    return f"{date.day} {date:%B %Y}"


def preview(app: Sphinx, pagename: str) -> str:
    """The first figure of a page as a PNG beside the pages: its path, or that of the book's own picture."""
    for output in outputs_of(app, pagename):
        if picture := output.get("image/png"):
            path = Path(PREVIEWS) / f"{pagename.replace('/', '-')}.png"
            (Path(app.outdir) / PREVIEWS).mkdir(exist_ok=True)
            (Path(app.outdir) / path).write_bytes(base64.b64decode(picture))
            return path.as_posix()
    return DEFAULT


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], document: nodes.document | None
) -> None:
    """Add to the head of a page, and set its date; pages that Sphinx makes by itself have neither."""
    context["last_updated"] = None
    if document is None or pagename not in app.env.found_docs:
        return
    address, title = Address.read(), nodes.Text(app.env.titles[pagename].astext()).astext()
    source = Path(app.env.doc2path(pagename)).relative_to(app.srcdir).as_posix()
    if time := last_changes(Path(app.srcdir)).get(source):
        context["last_updated"] = day(time)
    facts = {"og:type": "article", "og:site_name": app.config.html_title or app.config.project, "og:title": title}
    names = {}
    if words := description(document):
        names["description"] = facts["og:description"] = words
    if address.site:
        facts["og:url"] = address.site + app.builder.get_target_uri(pagename)
        facts["og:image"] = address.site + preview(app, pagename)
        names["twitter:card"] = "summary_large_image"
    tags = [f'<meta name="{key}" content="{escape(value)}">' for key, value in names.items()]
    tags += [f'<meta property="{key}" content="{escape(value)}">' for key, value in facts.items()]
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])
    context["theme_extra_footer"] = foot(context.get("theme_extra_footer", ""), address, title, source)


def foot(given: str, address: Address, title: str, source: str) -> str:
    """The foot of a page: the licences, the version, and where a mistake can be told."""
    links = {"Report a mistake on this page": address.mistake(title, source), "Edit this page": address.edit(source)}
    shown = " · ".join(f'<a href="{escape(link)}">{words}</a>' for words, link in links.items() if link)
    told = f'<p class="sd-mistake">{shown}</p>' if shown else ""
    return f"{given}<p>Version {escape(version(PACKAGE))}.{FILES}</p>{told}"


def place(app: Sphinx, config: Config) -> None:
    """Tell Sphinx the site's address; from it comes the canonical address of each page."""
    config.html_baseurl = Address.read().site
    config.version = config.release = version(PACKAGE)


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.connect("config-inited", place)
    app.connect("html-page-context", describe, priority=900)
