"""Links from the prose: the marked panel is seen, Back returns, a wrong value is told; swipes change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

import chromium
from selfdistill import widgets

Show = Callable[..., chromium.Tab]
WINDOWS = {"laptop": (1366, 657), "phone": (390, 844), "low": (844, 390), "tall": (1280, 1400)}
CLASSES = [cls for cls in widgets.StaticWidget.scripts.values() if issubclass(cls, widgets.StoryWidget)]
# The part of a node's height that the window shows, below a bar of 56 px as the site has one. One that is higher than
# the window begins at its scroll margin of 72 px.
SEEN = """node => {
  const { top, bottom, height } = node.getBoundingClientRect();
  const room = Math.min(height, innerHeight - 72);
  return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 56)) / room;
}"""


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.script)
def cls(request: pytest.FixtureRequest) -> type[widgets.StoryWidget]:
    """Each of them."""
    return request.param


def between_text(page: Page) -> None:
    """Text above and below the explorable: the links stand in the middle of a long page."""
    page.evaluate(
        """() => {
          const links = document.querySelector("#prose"), root = document.querySelector("[data-sd-widget]");
          const long = () => Object.assign(document.createElement("div"), { style: "height: 1500px" });
          links.before(long());
          root.after(links);
          links.after(long());
          scrollTo({ top: links.offsetTop - 200, behavior: "instant" });
        }"""
    )


def marked(root: Locator) -> Locator:
    """The panel that a link has marked."""
    return root.locator(".sdw-marked")


@pytest.mark.parametrize("window", list(WINDOWS))
def test_a_link_brings_the_marked_panel_into_view(show: Show, cls: type[widgets.StoryWidget], window: str) -> None:
    """Each panel, from a sentence below, in windows of every height: 97 % of it, or of the room, is seen."""
    name, stories = cls.script, list(cls.stories)
    tab = show(cls)
    width, height = WINDOWS[window]
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.summary(name)
    panels = tab.root(name).locator("[data-panel]").evaluate_all("nodes => nodes.map(node => node.dataset.panel)")
    between_text(tab.page)
    for number, panel in enumerate(panels):
        link = f"#{name}?story={stories[number % len(stories)]}&show={panel}"
        tab.page.evaluate(
            """link => {
              document.querySelector("#prose").innerHTML = `<a id="go" href="${link}">text</a>`;
              scrollTo({ top: document.querySelector("#prose").offsetTop - 200, behavior: "instant" });
            }""",
            link,
        )
        tab.page.click("#go")
        tab.summary(name)
        assert marked(tab.root(name)).get_attribute("data-panel") == panel
        assert marked(tab.root(name)).evaluate(SEEN) >= 0.97, panel
    assert tab.messages == []


def test_back_returns_to_the_sentence_and_to_the_state(show: Show, cls: type[widgets.StoryWidget]) -> None:
    """Two links after each other, then Back twice and Forward: each time the state, the mark and the place of then."""
    name, (_, first, *_, last) = cls.script, list(cls.stories)  # the first may be the state of the start
    tab = show(cls, one=f"#{name}?story={first}", two="#")
    page, root = tab.page, tab.root(name)
    panel = root.locator("[data-panel]").first.get_attribute("data-panel")
    page.evaluate("link => { document.querySelector('#two').href = link; }", f"#{name}?story={last}&show={panel}")
    between_text(page)
    start, places = tab.summary(name), [page.evaluate("scrollY")]
    page.click("#one")
    told = [start, tab.summary(name)]
    page.evaluate("scrollTo({ top: document.querySelector('#prose').offsetTop - 300, behavior: 'instant' })")
    places.append(page.evaluate("scrollY"))
    page.click("#two")
    told.append(tab.summary(name))
    assert len(set(told)) == 3
    assert marked(root).count() == 1
    for number in (1, 0):
        page.go_back()
        assert tab.summary(name) == told[number]
        chromium.wait_until(page, "place => Math.abs(scrollY - place) <= 2", places[number])
        assert marked(root).count() == 0
        assert page.locator("#one").evaluate(SEEN) == 1
    page.go_forward()
    assert tab.summary(name) == told[1]
    assert tab.messages == []


def test_a_way_back_to_a_sentence_out_of_sight(show: Show) -> None:
    """On a phone the sentence leaves the window; a button in the marked panel brings it back, with the focus."""
    tab = show(widgets.DistillIt, go="#distill-it?story=too-many&show=fit")
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.summary("distill-it")
    between_text(tab.page)
    tab.page.click("#go")
    told = tab.summary("distill-it")
    back = marked(tab.root("distill-it")).get_by_role("button", name="Back to the text")
    assert tab.page.locator("#go").evaluate(SEEN) == 0
    back.click()
    assert tab.page.locator("#go").evaluate(SEEN) == 1
    assert tab.page.evaluate("document.activeElement.id") == "go"
    assert tab.summary("distill-it") == told
    assert back.count() == 0


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("#collapse?epsilon=7", "there is no epsilon = 7: it lies between 0.001 and 1.995"),
        ("#collapse?preset=news", "there is no preset = news"),
        ("#collapse?story=example&show=nothing", "there is no picture nothing"),
        ("#collapse?speed=3", "there is no speed = 3"),
    ],
)
def test_a_wrong_value_in_an_address_is_told(show: Show, link: str, words: str) -> None:
    """On the page, in sight, and the state stays; the next good link takes the words away."""
    tab = show(widgets.Collapse, good="#collapse?story=small&show=ratio")
    root, start = tab.root("collapse"), tab.summary("collapse")
    between_text(tab.page)
    tab.page.evaluate("link => { location.hash = link; }", link)
    error = root.locator(".sdw-error")
    error.wait_for()
    assert words in str(error.text_content())
    assert error.evaluate(SEEN) == 1
    if "story" not in link:
        assert tab.summary("collapse") == start
    tab.page.click("#good")
    tab.summary("collapse")
    assert error.count() == 0


def touch(page: Page) -> Callable[..., None]:
    """``send(kind, (x, y), ...)``: a finger on the glass."""
    session = page.context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    return send


@pytest.fixture
def phone(show: Show, browser: Browser) -> Callable[..., tuple[Page, Locator]]:
    """``phone(cls)``: a page with one explorable on a phone."""

    def open_on_phone(cls: type[widgets.StoryWidget]) -> tuple[Page, Locator]:
        url = show(cls).page.url
        options: dict[str, Any] = chromium.PHONE
        page = browser.new_page(**options)
        page.goto(url)
        page.wait_for_selector("[data-sd-state=live]")
        page.evaluate("document.body.style.paddingBottom = '2000px'")
        return page, page.locator("[data-sd-widget]")

    return open_on_phone


def test_a_vertical_swipe_changes_no_state(
    phone: Callable[..., tuple[Page, Locator]], cls: type[widgets.StoryWidget]
) -> None:
    """A finger that lands on a picture or a slider and goes up or down scrolls the page, and that is all."""
    page, root = phone(cls)
    start = chromium.look(root)
    send = touch(page)
    for target in [*root.locator("svg.sdw-svg").all(), *root.locator("input[type=range]").all()]:
        for part in (0.25, 0.8):
            target.evaluate("node => scrollTo(0, scrollY + node.getBoundingClientRect().top - 450)")
            box, before = target.bounding_box(), page.evaluate("scrollY")
            assert box is not None
            x, y = box["x"] + box["width"] * part, box["y"] + box["height"] / 2
            send("touchStart", (x, y))
            for step in range(1, 9):
                send("touchMove", (x + step, y - 30 * step))
            send("touchEnd")
            chromium.wait_until(page, "before => scrollY > before + 50", before)  # the page scrolls, in its own time
            assert chromium.look(root)[1] == start[1], (target, part)
    page.close()


LANDED = """(range) => {
  const say = (type) => range.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerType: "touch"}));
  say("pointerdown");
  range.value = range.max;
  range.dispatchEvent(new Event("input", {bubbles: true}));
  return () => say("pointercancel");
}"""


def test_a_swipe_that_moved_a_slider_first_gives_its_very_value_back(
    phone: Callable[..., tuple[Page, Locator]], cls: type[widgets.StoryWidget]
) -> None:
    """The browser may hear of the press before it knows that the page scrolls; and a state lies between two stops."""
    page, root = phone(cls)
    start = chromium.look(root)
    for trait in cls.sliders():
        range_ = root.locator(f"input[type=range][name={trait}]")
        if range_.count() == 1:
            cancel = range_.evaluate_handle(LANDED)
            chromium.changed(root, start)
            cancel.evaluate("cancel => cancel()")
            assert chromium.look(root)[1] == start[1], trait
    page.close()


@pytest.mark.parametrize(
    ("cls", "panel"), [(widgets.DistillIt, "error"), (widgets.GreenExplorer, "green"), (widgets.Collapse, "rounds")]
)
def test_a_finger_drags_sideways_and_taps(
    phone: Callable[..., tuple[Page, Locator]], cls: type[widgets.StoryWidget], panel: str
) -> None:
    """What a finger can do in a picture: drag along the axis, or tap on a place."""
    page, root = phone(cls)
    picture = root.locator(f"[data-panel={panel}] svg.sdw-svg").first
    picture.evaluate("node => scrollTo(0, scrollY + node.getBoundingClientRect().top - 300)")
    box, before, send = picture.bounding_box(), chromium.look(root), touch(page)
    assert box is not None
    y = box["y"] + box["height"] / 2
    send("touchStart", (box["x"] + box["width"] * 0.3, y))
    for step in range(1, 9):
        send("touchMove", (box["x"] + box["width"] * (0.3 + 0.05 * step), y + step))
    send("touchEnd")
    dragged = chromium.changed(root, before)
    send("touchStart", (box["x"] + box["width"] * 0.4, y))
    send("touchEnd")
    chromium.changed(root, dragged)
    page.close()
