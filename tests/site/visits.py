"""Visits to the built site: pages opened with everything but the site itself refused."""

from __future__ import annotations

import functools
import http.server
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, BrowserContext, Page

import chromium

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
# Inline scripts and styles are the theme's. Nothing may be evaluated from text, and nothing comes from elsewhere.
# By default 'self': Firefox fetches the next page ahead, and asks no narrower directive.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; frame-src 'none'; worker-src 'none'; "
    "media-src 'none'; base-uri 'none'; form-action 'self'"
)
PAUSE = 0.4  # seconds between the pieces of a page that comes slowly
PATIENCE = 60_000  # milliseconds; a loaded machine is slow, not wrong


def pages_of_the_book() -> list[str]:
    """Every page of `_toc.yml`, as its address on the site."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    return [f"{name}.html" for name in (toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"]))]


def explorables_of(name: str) -> list[str]:
    """The explorables of a page of the built site, in order. Parsing every page would take longer than many a test."""
    file = SITE / name
    return re.findall(r'<\w+[^<>]* data-sd-widget="([\w-]+)"', file.read_text("utf8")) if file.exists() else []


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files with the policy; some of them in pieces, as a slow line would."""

    def __init__(self, *args: Any, slowly: dict[str, list[bytes]], **options: Any) -> None:
        self.slowly = slowly
        super().__init__(*args, **options)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_GET(self) -> None:
        if self.path not in self.slowly:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        for piece in self.slowly[self.path]:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(PAUSE)


@contextmanager
def served(folder: Path, slowly: dict[str, list[bytes]] | None = None) -> Iterator[str]:
    """The address of a server of a folder, which sends the content security policy with every file."""
    handler = functools.partial(_Handler, directory=str(folder), slowly=slowly or {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Visit:
    """An open page, and what it asked for and complained of."""

    page: Page
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def assert_quiet(self) -> None:
        """No foreign request, no failed request, no warning and no error on the console."""
        assert not self.foreign, f"requests to foreign hosts: {self.foreign}"
        assert not self.failed, f"failed requests: {self.failed}"
        assert not self.complaints, f"console: {self.complaints}"


@dataclass
class Visitor:
    """Opens pages in fresh contexts, with everything but the site itself refused."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, url: str, *, home: str, ready: bool = True, **options: Any) -> Visit:
        """Open a page and wait until mathematics and explorables are there."""
        visit = self.blank(**options)
        self.go(visit, url, home=home, ready=ready)
        return visit

    def blank(self, **options: Any) -> Visit:
        """An empty page in a fresh context, which hears what will be said."""
        context = self.browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        visit = Visit(context.new_page())

        def hear(message: Any) -> None:
            if message.type in ("error", "warning"):
                visit.complaints.append(f"{message.type}: {message.text}")

        def check(response: Any) -> None:
            if response.status >= 400:
                visit.failed.append(f"{response.status} {response.url}")

        visit.page.on("console", hear)
        visit.page.on("pageerror", lambda error: visit.complaints.append(f"exception: {error}"))
        visit.page.on("requestfailed", lambda request: visit.failed.append(request.url))
        visit.page.on("response", check)
        return visit

    def go(self, visit: Visit, url: str, *, home: str, ready: bool = True) -> None:
        """Lead an empty page to an address; everything outside `home` is refused."""

        def decide(route: Any) -> None:
            if route.request.url.startswith((home, "data:", "blob:")):
                route.continue_()
            else:
                visit.foreign.append(route.request.url)
                route.abort()

        visit.page.context.route("**/*", decide)
        visit.page.goto(url, wait_until="load")
        if ready:
            settle(visit.page)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()


def settle(page: Page) -> None:
    """Wait until fonts have come, and every explorable is live or has failed."""
    chromium.within(page, "document.fonts.ready")
    decided = "node => ['live', 'error'].includes(node.dataset.sdState)"
    chromium.wait_until(page, f"() => [...document.querySelectorAll('[data-sd-widget]')].every({decided})")


COLOUR = ("color-contrast", "link-in-text-block")  # axe's rules about colours, which take most of its time


def accessible(page: Page, place: str = "document", colour: bool | None = None) -> None:
    """axe finds nothing in the document, or at a selector, once colours have stopped changing.

    With `colour` by its rules about colours alone, or by the others alone. Its preload would ask for style sheets at
    wrong places.
    """
    chromium.within(page, "Promise.all(document.getAnimations().map(one => one.finished.catch(() => null)))")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf8"))
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
    if colour:
        options["runOnly"] = {"type": "rule", "values": COLOUR}
    elif colour is not None:
        options["rules"] = {rule: {"enabled": False} for rule in COLOUR}
    search = "([place, options]) => axe.run(place === 'document' ? document : place, options)"
    told = [
        f"{one['id']}: {node['target']} {node['html'][:200]}"
        for one in page.evaluate(search, [place, options])["violations"]
        for node in one["nodes"]
    ]
    assert not told, "\n".join(told)
