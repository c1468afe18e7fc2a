"""Every page of the built site, in a browser without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import checks
import chromium
from visits import ROOT, Visit, Visitor, accessible, pages_of_the_book

PAGES = pages_of_the_book()


@pytest.fixture(scope="module", params=PAGES)
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Visit]:
    """One page of the book in a large window, opened once for all the tests that only look at it."""
    visitor = Visitor(browser)
    yield visitor.open(f"{address}/{request.param}", home=address)
    visitor.close()


def test_page_is_complete(visit: Visit) -> None:
    """Every formula is set, every explorable is live, no markup is left raw, and no icon costs a font."""
    for check in (
        checks.formulas_are_set,
        checks.no_markup_is_raw,
        checks.explorables_are_live,
        checks.icons_need_no_font,
    ):
        check(visit.page)


def test_page_is_quiet(visit: Visit) -> None:
    """Nothing foreign, nothing failed, nothing said, from top to bottom of the page."""
    visit.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    visit.assert_quiet()


# The thousands of nodes inside the formulas, which have their colour from around them, are looked at once a page.
EMPTIED = "document.querySelectorAll('mjx-container > *').forEach(node => node.replaceChildren())"


def test_page_is_accessible(visit: Visit) -> None:
    """axe finds nothing."""
    accessible(visit.page)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_in_the_dark(visitor: Visitor, address: str, name: str) -> None:
    """Nor in the dark theme, which differs in colours alone."""
    visit = visitor.open(f"{address}/{name}", home=address, color_scheme="dark")
    visit.page.wait_for_selector("html[data-theme=dark]")
    visit.page.evaluate(EMPTIED)
    accessible(visit.page, colour=True)


@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone(visitor: Visitor, address: str, name: str) -> None:
    """On 390 pixels no formula is torn, nothing sticks out, what is cut says so, axe finds nothing beside colours."""
    visit = visitor.open(f"{address}/{name}", home=address, **chromium.PHONE)
    checks.formulas_are_whole(visit.page)
    checks.fits_the_screen(visit.page)
    checks.what_is_cut_says_so(visit.page)
    visit.page.evaluate(EMPTIED)
    accessible(visit.page, colour=False)
    visit.assert_quiet()


def test_page_fits_every_window(visit: Visit) -> None:
    """From the smallest phone to a laptop, as a reader changes it; Chromium's emulated screen has the window's size."""
    before = visit.page.viewport_size
    assert before is not None
    try:
        for width in (320, 640, 768, 1024, 1366):
            visit.page.set_viewport_size({"width": width, "height": 800})
            checks.what_is_cut_says_so(visit.page)  # after the next two frames
            checks.fits_the_screen(visit.page)
            checks.formulas_are_whole(visit.page)
    finally:
        visit.page.set_viewport_size(before)


def test_paper_has_no_controls_and_hides_no_check(visit: Visit) -> None:
    """In print, no button and no slider is left in the article; a still or live picture is, and every check."""
    checks.paper_has_no_controls(visit.page)
    checks.paper_shows_every_check(visit.page)


def test_site_works_from_a_file(visitor: Visitor, site: Path) -> None:
    """The landing page opened as a file: formulas set, explorable live, nothing foreign, nothing said."""
    home = site.as_uri()
    visit = visitor.open(f"{home}/{PAGES[0]}", home=home)
    assert visit.page.locator("[data-sd-state=live]").count() > 0
    chapter = visitor.open(f"{home}/chapters/paper/closed-form.html", home=home)
    assert chapter.page.locator("article mjx-container").count() > 0
    for one in (visit, chapter):
        one.assert_quiet()


def test_front_door_leads_to_the_landing_page(visitor: Visitor, address: str) -> None:
    """The bare address of the site ends on the landing page."""
    page = visitor.open(f"{address}/index.html", home=address, ready=False).page
    page.wait_for_url(f"**/{PAGES[0]}")


def test_search_finds(visitor: Visitor, address: str) -> None:
    """The site's own search answers, under the content security policy."""
    visit = visitor.open(f"{address}/search.html?q=multiplier", home=address)
    visit.page.wait_for_selector("#search-results li a")
    visit.assert_quiet()


def test_claim_leads_to_its_row_and_back(visitor: Visitor, address: str, site: Path) -> None:
    """From a claim's line to its row in the ledger, and from the row to the statement."""
    statements = json.loads((site / "ledger.json").read_text("utf8"))["statements"]
    statement = next(one for one in statements if one["id"] == "closed-form")
    page = visitor.open(f"{address}/{statement['page']}", home=address).page
    page.locator(".sd-ledger-link[href$='#closed-form']").click()
    page.wait_for_url("**/reference/ledger.html#closed-form")
    row = page.locator("[id='closed-form']")
    assert row.locator("li").count() >= len(statement["checks"])
    row.locator(".sd-ledger-title a").first.click()
    page.wait_for_url(f"**/{statement['page']}#{statement['anchor']}")
    assert page.locator(f"[id='{statement['anchor']}']").is_visible()


def test_no_page_is_left_out() -> None:
    """Every chapter file stands in the table of contents."""
    written = {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in (ROOT / "chapters").rglob("*.md")}
    assert written == set(PAGES)
