"""What all tests share: the same random cases every time, a browser, and explorables on a page in it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:  # tests that drive no browser need no playwright and no widgets
    from playwright.sync_api import Browser, Page

    import chromium
    from selfdistill import widgets

settings.register_profile("book", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("book")

# Stricter than the site's: the theme needs inline scripts, the explorables do not.
POLICY = "default-src 'none'; script-src file: 'self'; style-src file: 'self' 'unsafe-inline'; img-src data:"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Closed with each module: a running one keeps an event loop that notebooks want."""
    from playwright.sync_api import sync_playwright

    import chromium

    path = chromium.find()
    if path is None:
        named = os.environ.get("CHROMIUM")
        pytest.fail(chromium.MISSING + (f" (CHROMIUM is {named!r}, which is no program)" if named else ""))
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, headless=True, args=list(chromium.FLAGS))
        yield running
        running.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., chromium.Tab]]:
    """``show(cls, ..., known="#...", wrong="#...")``: a tab with explorables in their first state and with links.

    The page comes from the file system, under a policy that forbids `eval` and foreign hosts.
    """
    import chromium
    from selfdistill import widgets

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
            f"<p>{anchors}</p>{''.join(cls().html() for cls in classes)}</body></html>",
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


LEFT_OUT = pytest.StashKey[str]()  # why the browser tests were left out, if they were


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--shuffle SEED``: the tests in a random order, whatever their files."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the random order of this seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle if asked to, and leave the browser tests out where there is no browser, except in CI: there they fail."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)
    needy = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if needy and not os.environ.get("CI"):
        import chromium

        if chromium.find() is None:
            items[:] = [item for item in items if item not in needy]
            config.hook.pytest_deselected(items=needy)
            config.stash[LEFT_OUT] = chromium.MISSING


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say that the browser tests were left out, and how to have them."""
    if LEFT_OUT in config.stash:
        terminalreporter.section("browser tests did not run", sep="=", yellow=True)
        terminalreporter.line(f"{config.stash[LEFT_OUT]}; browser tests did not run.")
