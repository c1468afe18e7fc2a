"""A headless Chromium that prints a page; every file it asks for comes from a folder, and nothing from a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

from .. import chromium
from .paper import BASE

PATIENCE = 600_000  # milliseconds; a loaded machine is slow, not wrong
FOOT = '<div style="font-size: 8px; width: 100%; text-align: center"><span class="pageNumber"></span></div>'
# Formulas are set, fonts are there.
READY = "() => Promise.resolve(window.MathJax?.startup?.promise).then(() => document.fonts.ready).then(() => null)"


@contextmanager
def running() -> Iterator[Browser]:
    """A headless Chromium; ValueError where there is none."""
    path = chromium.find()
    if path is None:
        raise ValueError(f"{chromium.MISSING}: it prints the book")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        browser.close()


def print_page(browser: Browser, page: str, files: Path, target: Path, *, numbered: bool = True) -> None:
    """Print a page of HTML, with an outline, tags, and page numbers at the foot if `numbered`.

    Raises
    ------
    ValueError
        If a file is missing from `files`, the console complains, or a formula is not set.
    """
    problems: list[str] = []

    def answer(route: Route) -> None:
        name = unquote(urlsplit(route.request.url).path).lstrip("/")
        if name == "print.html":
            route.fulfill(body=page, content_type="text/html; charset=utf-8")
        elif route.request.url.startswith(BASE) and (files / name).is_file():
            route.fulfill(path=files / name)
        else:
            problems.append(f"asked for {route.request.url}")
            route.abort()

    tab = browser.new_page()
    try:
        tab.set_default_timeout(PATIENCE)
        tab.route("**/*", answer)
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
        tab.emulate_media(media="print")
        tab.goto(f"{BASE}print.html", wait_until="load")
        tab.evaluate(READY)
        problems += _unset(tab)
        if problems:
            raise ValueError("the page cannot be printed:\n" + "\n".join(problems[:20]))
        tab.pdf(
            path=target,
            outline=True,
            tagged=True,
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=numbered,
            header_template="<span></span>",
            footer_template=FOOT,
        )
    finally:
        tab.close()


def _unset(tab: Page) -> list[str]:
    """Formulas that stand there as source, or as an error."""
    broken: list[str] = tab.eval_on_selector_all("mjx-merror", "nodes => nodes.map(node => node.textContent)")
    raw = tab.locator(".math:not(:has(mjx-container))").count()
    return [f"a formula is wrong: {text}" for text in broken] + ([f"{raw} formulas are not set"] if raw else [])
