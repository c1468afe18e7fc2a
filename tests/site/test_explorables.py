"""Every explorable of the built site under the hand: keyboard, mouse, finger, buttons, links, and none of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import chromium
from selfdistill import widgets
from visits import Visitor, accessible, explorables_of, pages_of_the_book

WINDOWS: dict[str, dict[str, Any]] = {"window": {}, "phone": chromium.PHONE}


# (page, number on the page) of every explorable of the built site.
PLACES = [(name, number) for name in pages_of_the_book() for number in range(len(explorables_of(name)))]


def test_landing_page_and_chapter_5_have_one(site: Path) -> None:
    """The two places that the book promises."""
    assert {"chapters/index.html", "chapters/paper/loop.html"} <= {name for name, _ in PLACES}


def test_every_explorable_is_somewhere(site: Path) -> None:
    """Each is shown on a page of the book."""
    shown = {widget for name in pages_of_the_book() for widget in explorables_of(name)}
    assert shown == set(widgets.StaticWidget.scripts)


@pytest.mark.parametrize("window", list(WINDOWS))
@pytest.mark.parametrize(("name", "number"), PLACES)
def test_sliders_by_key_and_by_hand(visitor: Visitor, address: str, name: str, number: int, window: str) -> None:
    """Each slider follows an arrow key, and the mouse or on a phone a finger; axe finds nothing once they have moved.

    `test_pages` runs axe on what they were at first, in both themes and on a phone.
    """
    visit = visitor.open(f"{address}/{name}", home=address, **WINDOWS[window])
    page, root = visit.page, visit.page.locator("[data-sd-widget]").nth(number)
    cls = widgets.StaticWidget.scripts[str(root.get_attribute("data-sd-widget"))]
    assert issubclass(cls, widgets.StoryWidget)
    for trait in cls.sliders():
        slider, before = chromium.stepped(root, trait)
        chromium.drag(slider, touch=window == "phone")
        chromium.changed(root, before)
        assert slider.get_attribute("aria-valuetext")
    if window == "window":
        accessible(page, f"[data-sd-widget='{cls.script}']")
    visit.assert_quiet()


@pytest.mark.parametrize(("name", "number"), PLACES)
def test_address_brings_a_state_back(visitor: Visitor, address: str, name: str, number: int) -> None:
    """The link to a view, opened afresh: the same story, the same words, and the explorable in sight."""
    page = visitor.open(f"{address}/{name}", home=address).page
    root = page.locator("[data-sd-widget]").nth(number)
    start = chromium.look(root)
    root.get_by_role("group", name="Stories").get_by_role("button").last.click()
    told = chromium.changed(root, start)[1]
    story = root.locator("button[aria-pressed=true]").all_text_contents()
    view = root.get_by_role("link", name="Link to this view").get_attribute("href")
    visit = visitor.open(f"{address}/{name}{view}", home=address, reduced_motion="reduce")
    root = visit.page.locator("[data-sd-widget]").nth(number)
    assert chromium.look(root)[1] == told
    assert root.locator("button[aria-pressed=true]").all_text_contents() == story
    top = root.evaluate("node => node.getBoundingClientRect().top")
    assert 0 <= top < 630, f"the explorable begins at {top} px of the window"
    moving = """root => [...root.querySelectorAll('*')].filter(node => {
      const {transitionDuration, animationName} = getComputedStyle(node);
      return transitionDuration !== '0s' || animationName !== 'none';
    }).map(node => node.outerHTML.slice(0, 100))"""
    assert root.evaluate(moving) == [], "this reader asked for less motion"
    visit.assert_quiet()


@pytest.mark.parametrize("name", sorted({name for name, _ in PLACES}))
def test_without_javascript_and_on_paper_there_is_a_picture(visitor: Visitor, address: str, name: str) -> None:
    """Without scripts a still picture, and a word why it is still; on paper the live picture with its summary."""
    still = visitor.open(f"{address}/{name}", home=address, ready=False, java_script_enabled=False).page
    for root in still.locator("[data-sd-widget]").all():
        box = root.locator(".sdw-still svg").bounding_box()
        assert box is not None and box["width"] > 300 and box["height"] > 150
        assert root.locator("noscript p", has_text="With JavaScript this picture moves").is_visible()
    page = visitor.open(f"{address}/{name}", home=address).page
    page.emulate_media(media="print")
    for root in page.locator("[data-sd-widget]").all():
        assert root.locator(".sdw-still").is_hidden()
        assert root.locator("path.sd-curve").first.is_visible()
        assert root.locator(".sd-summary").is_visible()
        assert not root.locator("button, input, select, a").filter(visible=True).all()


@pytest.mark.parametrize(("name", "number"), PLACES)
def test_every_button_and_choice(visitor: Visitor, address: str, name: str, number: int) -> None:
    """Each story and each data set can be chosen, and shows no broken figure; the summary is a live region."""
    visit = visitor.open(f"{address}/{name}", home=address)
    root = visit.page.locator("[data-sd-widget]").nth(number)
    summary = root.locator(".sd-summary")
    assert summary.get_attribute("aria-live") == "polite"
    seen = set()
    for button in root.locator("button:not(.sdw-quiet)").all():  # a label's handle is for keys until it is chosen
        button.click()
        seen.add(chromium.look(root)[1])
    for select in root.locator("select").all():
        for option in select.locator("option").all():
            select.select_option(option.get_attribute("value"))
            seen.add(chromium.look(root)[1])
    assert len(seen) > 1, "no button changed what is told"
    assert all(re.search(r"\d", text) for text in seen), "a summary without a figure"
    visit.assert_quiet()


# The part of a node's height that the window shows below the site's bar; of the room there, where the node is higher.
SEEN = """node => {
  const bar = document.querySelector('.bd-header-article')?.getBoundingClientRect().bottom ?? 0;
  const { top, bottom, height } = node.getBoundingClientRect();
  return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, bar)) / Math.min(height, innerHeight - bar);
}"""
HEIGHTS: dict[str, dict[str, Any]] = {"laptop": {"viewport": {"width": 1366, "height": 657}}, "phone": chromium.PHONE}


@pytest.mark.parametrize("window", list(HEIGHTS))
@pytest.mark.parametrize("name", sorted({name for name, _ in PLACES}))
def test_links_in_the_text_set_a_state_and_show_a_picture(
    visitor: Visitor, address: str, name: str, window: str
) -> None:
    """Each link of the prose is understood: its picture is marked and in view, and another link gives another state."""
    visit = visitor.open(f"{address}/{name}", home=address, **HEIGHTS[window])
    page = visit.page
    links = page.locator("a.sd-set")
    assert links.count() >= 1, "the prose of a page with an explorable speaks of its states"
    told: dict[str, set[str]] = {}
    for link in links.all():
        href = str(link.get_attribute("href"))
        explorable, _, query = href.removeprefix("#").partition("?")
        root = page.locator(f"[data-sd-widget='{explorable}']").first
        link.click()
        told.setdefault(explorable, set()).add(chromium.look(root)[1])
        shown = re.search(r"show=([^&]+)", query)
        assert shown, f"{href} marks nothing"
        marked = root.locator(".sdw-marked")
        assert marked.get_attribute("data-panel") == shown[1]
        assert marked.evaluate(SEEN) >= 0.95, f"{href} leaves its picture out of view"
    assert all(len(texts) > 1 for texts in told.values()), "the links of an explorable lead to one state"
    visit.assert_quiet()
