"""Every explorable of the built site under the hand: keyboard, mouse, buttons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Locator, Page

import chromium
from visits import SITE, Visitor, pages_of_the_book

# What a reader sees: every drawn shape, and the text summary.
LOOK = """root => [
  [...root.querySelectorAll('svg :is(path, rect, circle, line, text)')].map(node => node.outerHTML).join('\\n'),
  root.querySelector('.sd-summary').textContent,
]"""
# Explorables draw at most once an animation frame.
FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def places() -> list[tuple[str, int]]:
    """(page, number on the page) of every explorable of the built site."""
    found = []
    for name in pages_of_the_book():
        if (SITE / name).exists():
            soup = BeautifulSoup((SITE / name).read_text("utf8"), "html.parser")
            found += [(name, number) for number in range(len(soup.select("[data-sd-widget]")))]
    return found


PLACES = places()


def look(root: Locator) -> tuple[str, str]:
    """The picture and the summary, as text."""
    picture, summary = root.evaluate(LOOK)
    for word in ("NaN", "Infinity", "undefined"):
        assert word not in picture, f"{word} in the picture"
        assert word not in summary, f"{word} in the summary"
    drawn = bool(root.locator("path.sd-curve").first.get_attribute("d"))
    assert drawn != summary.startswith("Infeasible"), f"a curve: {drawn}, but the summary says {summary!r}"
    return picture, summary


def changed(page: Page, root: Locator, before: tuple[str, str]) -> tuple[str, str]:
    """Wait until picture and summary both differ from before."""
    handle = root.element_handle()
    differs = f"([root, p, s]) => {{ const [a, b] = ({LOOK})(root); return a !== p && b !== s; }}"
    chromium.wait_until(page, differs, [handle, *before])
    return look(root)


def test_landing_page_and_chapter_5_have_one(site: Path) -> None:
    """The two places that the book promises."""
    assert {"chapters/index.html", "chapters/paper/loop.html"} <= {name for name, _ in PLACES}


@pytest.mark.parametrize(("name", "number"), PLACES)
def test_sliders_by_keyboard(visitor: Visitor, address: str, name: str, number: int) -> None:
    """Each slider takes the focus, and the arrow keys move picture and summary."""
    visit = visitor.open(f"{address}/{name}", home=address)
    root = visit.page.locator("[data-sd-widget]").nth(number)
    sliders = root.locator("input[type=range]")
    assert sliders.count() > 0
    for index in range(sliders.count()):
        slider = sliders.nth(index)
        slider.focus()
        before, value = look(root), slider.input_value()
        at_the_end = float(value) >= float(slider.get_attribute("max") or "inf")
        visit.page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
        changed(visit.page, root, before)
        assert slider.input_value() != value
        assert slider.get_attribute("aria-valuetext") or slider.get_attribute("aria-valuenow")
    visit.assert_quiet()


@pytest.mark.parametrize(("name", "number"), PLACES)
def test_sliders_by_drag(visitor: Visitor, address: str, name: str, number: int) -> None:
    """Each slider follows the mouse, from one end of its track to the other, and the picture with it."""
    visit = visitor.open(f"{address}/{name}", home=address)
    page, root = visit.page, visit.page.locator("[data-sd-widget]").nth(number)
    for slider in root.locator("input[type=range]").all():
        root.get_by_role("button", name="Reset").click()
        visit.page.evaluate(FRAME)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        value = float(slider.input_value())
        low, high = float(slider.get_attribute("min") or 0), float(slider.get_attribute("max") or 100)
        start, end = (value - low) / (high - low), (0.9 if value < (low + high) / 2 else 0.1)
        before = look(root)
        reach = box["width"] - 22  # the thumb's width stays inside the track
        page.mouse.move(box["x"] + 11 + reach * start, middle)
        page.mouse.down()
        for step in range(1, 11):
            page.mouse.move(box["x"] + 11 + reach * (start + (end - start) * step / 10), middle)
            look(root)
        page.mouse.up()
        changed(page, root, before)
    visit.assert_quiet()


@pytest.mark.parametrize(("name", "number"), PLACES)
def test_every_button_and_choice(visitor: Visitor, address: str, name: str, number: int) -> None:
    """Each story and each data set can be chosen, and shows no broken figure; the summary is a live region."""
    visit = visitor.open(f"{address}/{name}", home=address)
    root = visit.page.locator("[data-sd-widget]").nth(number)
    summary = root.locator(".sd-summary")
    assert summary.get_attribute("aria-live") == "polite"
    seen = set()
    for button in root.locator("button").all():
        button.click()
        visit.page.evaluate(FRAME)
        seen.add(look(root)[1])
    for select in root.locator("select").all():
        for option in select.locator("option").all():
            select.select_option(option.get_attribute("value"))
            visit.page.evaluate(FRAME)
            seen.add(look(root)[1])
    assert len(seen) > 1, "no button changed what is told"
    assert all(re.search(r"\d", text) for text in seen), "a summary without a figure"
    visit.assert_quiet()


@pytest.mark.parametrize("name", sorted({name for name, _ in PLACES}))
def test_links_in_the_text_set_a_state_and_mark_a_picture(visitor: Visitor, address: str, name: str) -> None:
    """Each link of the prose is understood: a picture is marked, and another link gives another state."""
    visit = visitor.open(f"{address}/{name}", home=address)
    page = visit.page
    links = page.locator("a.sd-set")
    assert links.count() >= 1, "the prose of a page with an explorable speaks of its states"
    told: dict[str, set[str]] = {}
    for link in links.all():
        href = str(link.get_attribute("href"))
        explorable, _, query = href.removeprefix("#").partition("?")
        root = page.locator(f"[data-sd-widget='{explorable}']").first
        link.click()
        page.evaluate(FRAME)
        told.setdefault(explorable, set()).add(look(root)[1])
        shown = re.search(r"show=([^&]+)", query)
        assert shown, f"{href} marks nothing"
        assert root.locator(".sdw-marked").get_attribute("data-panel") == shown[1]
    assert all(len(texts) > 1 for texts in told.values()), "the links of an explorable lead to one state"
    visit.assert_quiet()
