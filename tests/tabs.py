"""Fixtures of the tests that drive a browser: the browser, and explorables on a page in it.

The conftests of ``tests/coursework``, ``tests/explorables`` and ``tests/site`` import them; no other
test imports Playwright.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import chromium
from selfdistill import widgets

# Stricter than the site's: the theme needs inline scripts, the explorables do not.
POLICY = "default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src data:"
# Each frame comes a tenth of a second late, as on a busy machine: what reads a picture before it is drawn fails.
LATE = """(() => {
  const draw = requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (call) => draw(() => setTimeout(() => draw(call), 100));
})()"""


def late(browser: Browser) -> None:
    """Make frames late on all pages that this browser opens."""
    new_context = browser.new_context

    def context(**options: Any) -> BrowserContext:
        opened = new_context(**options)
        opened.add_init_script(LATE)
        return opened

    def page(**options: Any) -> Page:
        alone = context(**options)
        opened = alone.new_page()
        opened.on("close", lambda _: alone.close())
        return opened

    browser.new_context, browser.new_page = context, page  # type: ignore[method-assign]  # on this one browser


@pytest.fixture(scope="module")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A headless Chromium. Closed with each module: a running one keeps an event loop that notebooks want."""
    path = chromium.find()
    if path is None:
        named = os.environ.get("CHROMIUM")
        pytest.fail(chromium.MISSING + (f" (CHROMIUM is {named!r}, which is no program)" if named else ""))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, headless=True, args=list(chromium.FLAGS))
        if pytestconfig.getoption("--late-frames"):
            late(running)
        yield running
        running.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., chromium.Tab]]:
    """``show(cls, ..., known="#...", wrong="#...")``: a tab with explorables in their first state and with links.

    The page comes from the file system, under a policy that forbids `eval` and foreign hosts.
    """
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    opened: list[Page] = []

    def open_tab(*classes: type[widgets.StoryWidget], **links: str) -> chromium.Tab:
        (tmp_path / "explorables.js").write_text(widgets.static_bundle(), "utf-8")
        (tmp_path / "explorables.css").write_text(widgets.stylesheet(), "utf-8")
        anchors = "".join(f'<a id="{key}" href="{href}">text</a> ' for key, href in links.items())
        (tmp_path / "page.html").write_text(
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>test</title>'
            f'<meta name="viewport" content="width=device-width">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
            f'<link rel="stylesheet" href="explorables.css"><script defer src="explorables.js"></script></head><body>'
            f"<p id='prose'>{anchors}</p>{''.join(cls().html() for cls in classes)}</body></html>",
            "utf-8",
        )
        tab = chromium.Tab(browser.new_page(viewport={"width": 900, "height": 900}))
        opened.append(tab.page)
        tab.page.on("console", lambda message: tab.messages.append(message.text))
        tab.page.on("pageerror", lambda error: tab.messages.append(str(error)))
        tab.page.goto((tmp_path / "page.html").as_uri())
        live = "count => document.querySelectorAll('[data-sd-state=live]').length === count"
        chromium.wait_until(tab.page, live, len(classes))
        return tab

    yield open_tab
    for page in opened:
        page.close()
