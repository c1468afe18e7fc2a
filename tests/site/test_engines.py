"""The pages in Firefox and in WebKit: formulas, explorables, console, width, and in a window every slider by key.

`make test` opens the pages with explorables there; `make engines` opens every page.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import engines
import pytest
from engines import WebKit
from playwright.sync_api import Browser
from selenium.webdriver.remote.webelement import WebElement

import checks
import chromium
from selfdistill import widgets
from visits import Visitor, explorables_of, pages_of_the_book, served

WIDTHS = (1200, 390)
HAS_EXPLORABLE = {name for name in pages_of_the_book() if explorables_of(name)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Pages with explorables, or every page."""
    if "name" in metafunc.fixturenames:
        every = metafunc.config.getoption("--every-page")
        metafunc.parametrize("name", [name for name in pages_of_the_book() if every or name in HAS_EXPLORABLE])


@pytest.fixture(scope="module")
def firefox() -> Iterator[Browser]:
    """Debian's Firefox."""
    path = engines.find_firefox()
    if path is None:
        pytest.fail(engines.NO_FIREFOX)
    with engines.firefox(path) as running:
        yield running


@pytest.fixture(scope="module")
def webkit_programs() -> tuple[str, str]:
    """Debian's WebKitGTK: its driver and its browser."""
    found = engines.find_webkit()
    if found is None:
        pytest.fail(engines.NO_WEBKIT)
    return found


@pytest.fixture(scope="module")
def webkit(webkit_programs: tuple[str, str], site: Path) -> Iterator[WebKit]:
    """A window on the site."""
    with engines.webkit(*webkit_programs, site) as running:
        yield running


@pytest.mark.parametrize("width", WIDTHS)
def test_page_in_firefox(firefox: Browser, address: str, name: str, width: int) -> None:
    """Set, live, quiet, within the window; and each slider moves its picture and its words in the wide one."""
    visitor = Visitor(firefox)
    try:
        visit = visitor.open(f"{address}/{name}", home=address, viewport={"width": width, "height": 844})
        for check in (checks.formulas_are_set, checks.explorables_are_live, checks.what_is_cut_says_so):
            check(visit.page)
        across = visit.page.evaluate("document.documentElement.scrollWidth")
        assert across <= width, f"the page is {across} px wide in a window of {width} px"
        for root in visit.page.locator("[data-sd-widget]").all() if width == WIDTHS[0] else ():
            cls = widgets.StaticWidget.scripts[str(root.get_attribute("data-sd-widget"))]
            assert issubclass(cls, widgets.StoryWidget)
            for trait in cls.sliders():
                chromium.stepped(root, trait)
        visit.assert_quiet()
    finally:
        visitor.close()


def test_a_page_that_comes_in_pieces_is_quiet(firefox: Browser, site: Path) -> None:
    """A slow line cuts a page anywhere: inside a formula, too, whose other half Firefox does not wait for."""
    name = "chapters/paper/early-stopping.html"
    page = (site / name).read_text("utf8")
    cuts = [found.end() for found in re.finditer(r"<(?:msub|mfrac|msup)>", page)][5::50]
    assert len(cuts) > 5
    pieces = [page[start:end].encode() for start, end in itertools.pairwise([0, *cuts, len(page)])]
    visitor = Visitor(firefox)
    with served(site, slowly={f"/{name}": pieces}) as home:
        visit = visitor.open(f"{home}/{name}", home=home)
        checks.formulas_are_set(visit.page)
        assert visit.page.evaluate("getComputedStyle(document.querySelector('mjx-assistive-mml')).display") != "none"
        visit.assert_quiet()
        visitor.close()


def seen(webkit: WebKit, root: WebElement) -> list[str]:
    """Picture and summary of an explorable, both numbers throughout."""
    both = list(webkit.js(f"return ({chromium.LOOK})(arguments[0])", root))
    assert not any(word in text for text in both for word in ("NaN", "Infinity", "undefined"))
    return both


def both_differ(webkit: WebKit, root: WebElement, before: list[str]) -> bool:
    """Whether picture and summary are others than before."""
    return all(now != then for now, then in zip(seen(webkit, root), before, strict=True))


@pytest.mark.parametrize("width", WIDTHS)
def test_page_in_webkit(webkit: WebKit, name: str, width: int) -> None:
    """Set, live, quiet, within the window; and in the wide one each slider that is there moves picture and words."""
    webkit.open(name, width)
    webkit.until(
        lambda: webkit.js("return document.querySelectorAll('article .math:not(:has(mjx-container))').length === 0")
    )
    live = "return [...document.querySelectorAll('[data-sd-widget]')].every(node => node.dataset.sdState === 'live')"
    webkit.until(lambda: webkit.js(live))
    assert webkit.js("return document.querySelectorAll('mjx-merror').length") == 0
    webkit.until(lambda: webkit.js("return document.documentElement.scrollWidth") <= width)
    webkit.until_none(checks.CUT, "cut without a cue")
    for root in webkit.all("[data-sd-widget]") if width == WIDTHS[0] else ():
        for slider in root.find_elements("css selector", "input[type=range]"):
            before = seen(webkit, root)
            webkit.js("arguments[0].scrollIntoView({block: 'center'})", slider)
            webkit.step(slider)
            webkit.until(functools.partial(both_differ, webkit, root, before))
    assert webkit.js("return sdHeard") == []
    assert webkit.missing == []


BROKEN = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>broken</title></head><body>
<script>console.error("planted")</script><script>throw new Error("thrown")</script><img src="missing.png" alt="">
<script src="http://127.0.0.1:9/foreign.js"></script>
<article><pre tabindex="0" style="overflow: auto; width: 9em">wider than its box, and without a mark</pre></article>
</body></html>"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A site whose page complains in each way there is."""
    (tmp_path / "page.html").write_text(BROKEN, "utf8")
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "documentation_options.js").write_text("", "utf8")
    return tmp_path


def test_firefox_is_heard(firefox: Browser, broken: Path) -> None:
    """What the tests above call quiet is not deafness."""
    visitor = Visitor(firefox)
    with served(broken) as home:
        visit = visitor.open(f"{home}/page.html", home=home, ready=False)
        for word in ("planted", "thrown"):
            assert any(word in said for said in visit.complaints), visit.complaints
        assert any("missing.png" in said for said in visit.failed), visit.failed
        assert any("foreign.js" in said for said in [*visit.foreign, *visit.complaints])
        visitor.close()


def test_webkit_is_heard(webkit_programs: tuple[str, str], broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of the window that has no console of its own; and what it shows is looked at."""
    with engines.webkit(*webkit_programs, broken) as window:
        window.open("page.html", 600)
        heard = window.js("return sdHeard")
        for word in ("planted", "thrown", "missing.png", "foreign.js"):
            assert any(word in said for said in heard), heard
        assert window.missing == ["404 /missing.png"]
        monkeypatch.setattr(engines, "PATIENCE", 0.5)
        with pytest.raises(AssertionError, match=r"cut without a cue: .*wider than its box"):
            window.until_none(checks.CUT, "cut without a cue")
