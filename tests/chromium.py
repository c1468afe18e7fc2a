"""The browser that the tests drive: where it is, how to wait in it, how to run our scripts and move our sliders."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page

from selfdistill.widgets import scripts
from selfdistill_book.chromium import FLAGS, MISSING, find

__all__ = ["FLAGS", "MISSING", "find"]

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
NUMERICS = scripts.body("numerics")
# What a reader sees of an explorable: every drawn shape, and the text summary.
LOOK = """root => [
  [...root.querySelectorAll('svg :is(path, rect, circle, line, text)')].map(node => node.outerHTML).join('\\n'),
  root.querySelector('.sd-summary').textContent,
]"""


def wait_until(page: Page, condition: str, argument: Any = None, *, milliseconds: int = 60_000) -> None:
    """Wait until ``condition(argument)``, the source of a JavaScript function, is true; it is asked once a frame.

    Or each second, where no frame comes: nothing here may wait without a limit, for `evaluate` has none.

    Playwright's own `wait_for_function` evaluates its text anew at each frame, which a content security policy forbids
    from the second time on.
    """
    loop = """async ([argument, limit]) => {
      const holds = CONDITION, start = performance.now();
      while (!holds(argument)) {
        if (performance.now() - start > limit) throw new Error("waited in vain");
        await new Promise(next => { requestAnimationFrame(next); setTimeout(next, 1000); });
      }
    }"""
    page.evaluate(loop.replace("CONDITION", condition), [argument, milliseconds])


# --- our scripts -----------------------------------------------------------------------------------------------------


class Numbers:
    """What a driver, the source of a JavaScript function, returns for an argument, with `source` on the page.

    The driver's numbers may stand in arrays of arrays. They are taken one after the other.
    """

    def __init__(self, browser: Browser, source: str, driver: str, argument: Any) -> None:
        packed = """(argument) => {
          const bytes = new Uint8Array(new Float64Array((DRIVER)(argument).flat(Infinity)).buffer);
          let text = "";
          for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
          return btoa(text);
        }"""
        page = browser.new_page()
        try:
            page.add_script_tag(content=source)
            text = page.evaluate(packed.replace("DRIVER", driver), argument)
        finally:
            page.close()
        self.all: NDArray[np.float64] = np.frombuffer(base64.b64decode(text), dtype="<f8")
        self.place = 0

    def take(self, *shape: int) -> NDArray[np.float64]:
        """The next numbers, in this shape."""
        count = int(np.prod(shape))
        self.place += count
        assert self.place <= len(self.all), "the browser returned fewer numbers than the package"
        return self.all[self.place - count : self.place].reshape(shape)

    def end(self) -> None:
        """Nothing may be left over."""
        assert self.place == len(self.all), "the browser returned more numbers than the package"


def corrupt(old: str, new: str, source: str = NUMERICS) -> str:
    """The numerics, or other scripts, with one piece replaced, which must stand there exactly once."""
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in the scripts"
    return source.replace(old, new)


def number(text: str) -> float:
    """The first number of a text as `figure` of panel.js writes it."""
    found = re.search(r"(−?[\d.]+)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?", text)
    assert found is not None, text
    power = (found[2] or "⁰").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return float(found[1].rstrip(".").replace("−", "-")) * 10.0 ** int(power)


# --- our sliders -----------------------------------------------------------------------------------------------------


def within(page: Page, promise: str, seconds: float = 60) -> None:
    """Wait for a promise in the page. `evaluate` itself has no limit: a frame that never comes would hang the suite."""
    late = f"new Promise((_, no) => setTimeout(no, {1000 * seconds:.0f}, new Error('waited {seconds:.0f} s in vain')))"
    page.evaluate(f"() => Promise.race([{promise}, {late}])")


def look(root: Locator) -> tuple[str, str]:
    """Picture and summary of one explorable after the next two frames, as text; it draws at most once a frame."""
    within(root.page, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    picture, summary = root.evaluate(LOOK)
    for word in ("NaN", "Infinity", "undefined"):
        assert word not in picture, f"{word} in the picture"
        assert word not in summary, f"{word} in the summary"
    assert not re.search(r"\w[;:,][^\W\d]", summary), f"a space is missing in {summary!r}"
    drawn = bool(root.locator("path.sd-curve").first.get_attribute("d"))
    assert drawn != summary.startswith("Infeasible"), f"a curve: {drawn}, but the summary says {summary!r}"
    return picture, summary


def changed(root: Locator, before: tuple[str, str]) -> tuple[str, str]:
    """Wait until picture and summary both differ from before."""
    differs = f"([root, p, s]) => {{ const [a, b] = ({LOOK})(root); return a !== p && b !== s; }}"
    wait_until(root.page, differs, [root.element_handle(), *before])
    return look(root)


def slider(root: Locator, name: str) -> Locator:
    """The slider of a trait, after choosing something that has it: some are there for some choices only."""
    found = root.locator(f"input[type=range][name={name}]")
    for select in root.locator("select").all():
        for option in select.locator("option").all():
            if found.count() == 0:
                select.select_option(option.get_attribute("value"))
                look(root)
    assert found.count() == 1, f"no slider moves {name}"
    return found


def key(slider: Locator) -> None:
    """One step with an arrow key, to the right where there is room. The step must come about."""
    value = slider.input_value()
    at_the_end = float(value) >= float(slider.get_attribute("max") or 100)
    slider.press("ArrowLeft" if at_the_end else "ArrowRight")
    assert slider.input_value() != value, "the arrow key did not move the slider"


def stepped(root: Locator, name: str) -> tuple[Locator, tuple[str, str]]:
    """One step of a slider by key, after a reset: picture and words both change. The slider, and what is seen then."""
    root.get_by_role("button", name="Reset").click()
    moved = slider(root, name)
    before = look(root)
    key(moved)
    return moved, changed(root, before)


def track(slider: Locator) -> tuple[float, float, float, float]:
    """Of a slider on the screen: where its thumb is, the height of its middle, and where the thumb is at both ends."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "a finger needs 44 px"
    low, high = float(slider.get_attribute("min") or 0), float(slider.get_attribute("max") or 100)
    left, right = box["x"] + 11, box["x"] + box["width"] - 11  # the thumb's width stays inside the track
    part = (float(slider.input_value()) - low) / (high - low)
    return left + (right - left) * part, box["y"] + box["height"] / 2, left, right


def drag(slider: Locator, *, touch: bool = False) -> None:
    """Drag the thumb with the mouse, or a finger, into the other half of the track."""
    start, middle, left, right = track(slider)
    end = left + (right - left) * (0.9 if start < (left + right) / 2 else 0.1)
    way = [start + (end - start) * step / 8 for step in range(9)]
    mouse = slider.page.mouse
    if touch:
        session = slider.page.context.new_cdp_session(slider.page)

        def send(kind: str, *points: float) -> None:
            at = [{"x": x, "y": middle} for x in points]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

        send("touchStart", start)
        for x in way[1:]:
            send("touchMove", x)
        send("touchEnd")
        session.detach()
    else:
        mouse.move(start, middle)
        mouse.down()
        for x in way[1:]:
            mouse.move(x, middle)
        mouse.up()


@dataclass
class Tab:
    """A page with explorables and nothing else, and what its console said."""

    page: Page
    messages: list[str] = field(default_factory=list)

    def root(self, name: str) -> Locator:
        """One explorable."""
        return self.page.locator(f"[data-sd-widget='{name}']")

    def summary(self, name: str) -> str:
        """What one explorable tells after the next two frames."""
        return look(self.root(name))[1]

    def press(self, name: str, label: str) -> str:
        """Press one of the buttons of an explorable, and hear what it tells."""
        self.root(name).get_by_role("button", name=label, exact=True).click()
        return self.summary(name)
