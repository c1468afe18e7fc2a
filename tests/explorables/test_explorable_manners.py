"""What every explorable owes its reader, whatever it shows; a new one is found and held to it by itself."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import chromium
from selfdistill import figures, widgets
from selfdistill.widgets import scripts

ROOT = Path(__file__).parents[2]
CLASSES: list[type[widgets.StoryWidget]] = [
    cls for cls in widgets.StaticWidget.scripts.values() if issubclass(cls, widgets.StoryWidget)
]
Show = Callable[..., chromium.Tab]


@pytest.fixture(params=CLASSES, ids=lambda cls: cls.script)
def cls(request: pytest.FixtureRequest) -> type[widgets.StoryWidget]:
    """Each of them."""
    return request.param


@pytest.mark.parametrize("width", [900, 390])
def test_each_slider_moves_picture_and_summary(show: Show, cls: type[widgets.StoryWidget], width: int) -> None:
    """By an arrow key and by a drag; Reset brings the first state back; what a finger meets is large enough."""
    tab, name = show(cls), cls.script
    tab.page.set_viewport_size({"width": width, "height": 900})
    root, start = tab.root(name), tab.summary(name)
    for trait in cls.sliders():
        slider = chromium.slider(root, trait)
        before = chromium.look(root)
        chromium.key(slider)
        before = chromium.changed(root, before)
        chromium.drag(slider)
        chromium.changed(root, before)
        assert slider.get_attribute("aria-valuetext")
        assert tab.press(name, "Reset") == start
    for control in root.locator("button, select, input:not([type=range])").all():
        assert (control.bounding_box() or {"height": 0})["height"] >= (44 if width == 390 else 36)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.messages == []


def test_each_story_is_pressed_and_linked(show: Show, cls: type[widgets.StoryWidget]) -> None:
    """A story's button, a link with its traits, its name in a link, and the link to the view: all the same state."""
    name, tab = cls.script, show(cls)
    start, panel = tab.summary(name), tab.root(name).locator("[data-panel]").last.get_attribute("data-panel")
    page, bare = tab.page, tab.page.url
    for key, (label, state) in cls.stories.items():
        told = tab.press(name, label)
        assert tab.root(name).locator("button[aria-pressed=true]", has_text=label).count() == 1
        view = tab.root(name).get_by_role("link").get_attribute("href")
        for link in (
            f"#{name}?" + "&".join(f"{trait}={value}" for trait, value in state.items()) + f"&show={panel}",
            f"#{name}?story={key}&show={panel}",
            view,
        ):
            page.evaluate("link => { location.hash = '#'; location.hash = link; }", link)
            assert tab.summary(name) == told
            tab.press(name, "Reset")
            assert tab.summary(name) == start
    page.goto(f"{bare}?{key}{view}")  # a fresh page at this address
    page.wait_for_selector("[data-sd-state=live]")
    assert tab.summary(name) == told
    assert tab.messages == []


@pytest.mark.parametrize("width", [900, 390, 284])  # the book leaves a picture so little on 320 px
def test_no_words_meet(show: Show, cls: type[widgets.StoryWidget], width: int) -> None:
    """In every story, labels and legends of a picture neither overlap nor stick out of it."""
    crowded = """root => [...root.querySelectorAll('svg.sdw-svg')].flatMap(svg => {
      const all = [...svg.querySelectorAll('text:not(.sdw-value)')]
        .map(node => [node.textContent, node.getBoundingClientRect()]);
      const edge = svg.getBoundingClientRect(), told = [];
      all.forEach(([text, a], i) => {
        if (a.left < edge.left - 1 || a.right > edge.right + 1) told.push(`${text} sticks out`);
        for (const [other, b] of all.slice(0, i)) {
          const apart = a.right + 3 < b.left || b.right + 3 < a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
          if (!apart) told.push(`${text} meets ${other}`);
        }
      });
      return told;
    })"""
    tab, name = show(cls), cls.script
    tab.page.evaluate("document.body.style.fontFamily = 'sans-serif'")  # wide letters, as in the book
    tab.page.set_viewport_size({"width": width, "height": 900})
    for label, _ in cls.stories.values():
        tab.press(name, label)
        assert tab.root(name).evaluate(crowded) == [], label


def test_links_mark_a_picture_and_wrong_ones_are_told(show: Show, cls: type[widgets.StoryWidget]) -> None:
    """The same link twice brings its state back; a link out of range changes nothing and is told."""
    name, story = cls.script, list(cls.stories)[-1]
    wrong = f"#{name}?{next(iter(cls.sliders()))}=-99"
    tab = show(cls, known="#", wrong=wrong)
    panel = tab.root(name).locator("[data-panel]").last.get_attribute("data-panel")
    link = f"#{name}?story={story}&show={panel}"
    tab.page.evaluate("link => { document.querySelector('#known').href = link; }", link)
    start = tab.summary(name)
    tab.page.click("#known")
    told = tab.summary(name)
    assert told != start
    marked = tab.root(name).locator(".sdw-marked")
    assert marked.evaluate_all("nodes => nodes.map(node => node.dataset.panel)") == [panel]
    assert tab.press(name, "Reset") == start
    tab.page.click("#known")
    assert tab.summary(name) == told
    assert tab.messages == []
    tab.page.click("#wrong")
    assert tab.summary(name) == told
    words = f"there is no {next(iter(cls.sliders()))} = -99: it lies between"
    assert words in str(tab.root(name).locator(".sdw-error").text_content())
    assert len(tab.messages) == 1 and tab.messages[0].startswith(
        f"[selfdistill] The link {wrong} does not fit: {words}"
    )


def test_a_broken_picture_is_seen_until_it_is_whole(show: Show, cls: type[widgets.StoryWidget]) -> None:
    """An error while drawing is told under the picture and on the console; the next good drawing takes it away."""
    tab = show(cls)
    root = tab.root(cls.script)
    slider = chromium.slider(root, next(iter(cls.sliders())))
    tab.page.evaluate(
        """() => {
          const whole = SVGElement.prototype.setAttribute;
          SVGElement.prototype.setAttribute = () => { throw new Error("out of ink"); };
          window.mend = () => { SVGElement.prototype.setAttribute = whole; };
        }"""
    )
    chromium.key(slider)
    root.locator(".sdw-error").wait_for()
    assert root.locator(".sdw-error").text_content() == "This picture broke: out of ink"
    assert any("out of ink" in message for message in tab.messages)
    tab.page.evaluate("mend()")
    tab.page.set_viewport_size({"width": 600, "height": 900})  # draws again, without a hand on it
    tab.summary(cls.script)
    assert root.locator(".sdw-error").count() == 0


def test_rounds_play_to_the_last_and_rest_at_any_hand(show: Show) -> None:
    """One press walks to the last round; a key, a story, or a window scrolled on ends it; less motion takes it away."""
    tab = show(widgets.DistillIt)
    page, root, name = tab.page, tab.root("distill-it"), "distill-it"
    story = widgets.DistillIt.stories["too-many"][0]  # round 2 of 4
    tab.press(name, story)
    play, rounds = root.get_by_role("button", name="Play rounds"), chromium.slider(root, "round")
    state = "([play, input, pressed, value]) => play.ariaPressed === pressed && (value === '' || input.value === value)"

    def wait(pressed: str, value: str = "") -> None:
        chromium.wait_until(page, state, [play.element_handle(), rounds.element_handle(), pressed, value])

    play.click()
    wait("false", "4")
    assert rounds.get_attribute("max") == "4"
    play.press("Enter")
    wait("true", "0")  # from the first again
    rounds.press("End")
    wait("false", "4")
    play.click()
    wait("true")
    tab.press(name, story)
    wait("false", "2")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"height:3000px\">more</p>')")
    play.click()
    wait("true")
    page.evaluate("scrollTo(0, 2500)")
    wait("false")
    assert play.is_visible()
    page.emulate_media(reduced_motion="reduce")
    assert play.is_hidden()
    assert tab.messages == []


def test_still_pictures_for_every_story_and_the_ends_of_every_range(
    cls: type[widgets.StoryWidget], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A still picture for each, and HTML that stays light."""
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    for name in cls.stories:
        assert figures.svg(cls(story=name).picture(), alt=name)
    for end in (0, 1):
        html = cls(**{key: cls.sliders()[key].stops()[-end].item() for key in cls.sliders()}).html()
        assert '<svg xmlns="http://www.w3.org/2000/svg" class="sd-svg"' in html
        assert len(html) <= 200_000
    bundle, _ = cls()._repr_mimebundle_() or ({}, {})
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    state = re.search(r'<script type="application/json">(.*?)</script>', bundle["text/html"], flags=re.S)
    assert state is not None and set(json.loads(state[1])) == {*cls().state()}


def test_with_a_kernel_traits_follow(cls: type[widgets.StoryWidget], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an anywidget with a picture for the saved notebook; a state from the browser reaches the callbacks."""
    monkeypatch.delenv("SELFDISTILL_STATIC", raising=False)
    widget = cls()
    bundle, _ = widget._repr_mimebundle_() or ({}, {})
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(bundle)
    assert str(widget._esm).count("export default ") == 1
    assert not re.search(r"^import ", str(widget._esm), flags=re.M)
    trait = next(iter(cls.sliders()))
    low, high = cls.sliders()[trait].stops()[[0, -1]].tolist()
    heard: list[object] = []
    widget.observe(lambda change: heard.append(change["new"]), names=[trait])
    widget.set_state({trait: type(getattr(widget, trait))(high)})
    assert heard == [getattr(widget, trait)]

    def fail(change: object) -> None:
        raise RuntimeError("seen")

    sent: list[object] = []
    monkeypatch.setattr(widget, "send", sent.append)
    widget.observe(fail, names=[trait])
    with pytest.raises(RuntimeError, match="seen"):
        setattr(widget, trait, type(getattr(widget, trait))(low))
    assert sent == []  # it was Python that asked, and Python that hears
    with pytest.raises(RuntimeError, match="seen"):
        widget.set_state({trait: type(getattr(widget, trait))(high)})
    assert sent == [{"failed": "RuntimeError: seen"}]


def test_a_template_in_a_template_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minifier would take the spaces of the inner one."""
    whole = scripts.source
    nested = "const told = `${one ? `a; b` : 2}`;"
    monkeypatch.setattr(scripts, "source", lambda name: whole(name) + (nested if name == "host" else ""))
    with pytest.raises(ValueError, match=r"host\.js has a template in a template"):
        widgets.static_bundle()


def test_bundle_is_a_small_classic_script() -> None:
    """No module, no eval; shared code once. In bytes as a page gets them: what is shared, and each explorable's own."""
    script = widgets.static_bundle()
    assert not re.search(r"^(import|export)\b|\beval\(|new Function", script, flags=re.M)
    assert script.count("function solveSecular") == 1
    names = list(widgets.StaticWidget.scripts)
    size = len(script.encode())
    own = {}
    for name in names:
        assert script.count(f'explorables.set("{name}"') == 1
        own[name] = size - len(widgets.bundle.classic(other for other in names if other != name).encode())
    # one brings an eigensolver, a reader of tables and points to move by mouse, finger and key: as much as three others
    limits = {"your-points": 20_000, "distill-it": 9_000}  # whose labels move, too
    assert all(own[name] <= limits.get(name, 7_000) for name in names), own
    own_files = (ROOT / "_ext" / "selfdistill_book" / "static").iterdir()
    others = [ROOT / "_static" / "book.css", *(path for path in own_files if path.suffix in (".css", ".js"))]
    styles = len(widgets.stylesheet().encode()) + sum(len(path.read_bytes()) for path in others)
    assert size - sum(own.values()) + styles <= 54_500
