"""What one step of each slider costs a reader, in Chromium: written to steps.md, or printed alone with ``--print``.

Times are of the processor, not of the clock: those of the thread that runs the page's scripts, from Chromium's own
trace, so that other work on the machine counts little. *Script* is what our code takes; *all* adds style, layout, and
painting of the page around, up to the next frame. Of a few runs the quickest counts. Chromium slows a processor down by
the clock, so there other work does count. The page is that of the built site, with everything that stands on it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("_ext", "tests", "tests/site")]

# E402: these stand in folders that the line above makes known
import chromium  # noqa: E402
from run import machine  # noqa: E402
from selfdistill import widgets  # noqa: E402
from visits import SITE, Visitor, explorables_of, pages_of_the_book, served  # noqa: E402

TABLE = Path(__file__).parent / "steps.md"
RATES = {1: 16, 4: 50}  # how many times slower the processor pretends to be: the milliseconds that a step may take
STEPS, RUNS = 12, 4
TRACE = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
SCRIPT, ALL = "FunctionCall", "RunTask"  # Chromium's names for them
# As many steps as a hand that keeps to the arrow key: each waits for the frame that shows the one before.
WALK = """async ([name, trait, count]) => {
  const range = document.querySelector(`[data-sd-widget='${name}'] input[type=range][name='${trait}']`);
  const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  range.scrollIntoView({ block: 'center', behavior: 'instant' });
  await painted();
  for (let i = 0; i < count; i++) {
    const before = range.value;
    range.stepUp();
    if (range.value === before) range.value = range.min;
    range.dispatchEvent(new Event('input', { bubbles: true }));
    await painted();
  }
}"""


def places() -> Iterator[tuple[str, str]]:
    """(page, explorable): each explorable on the first page that has it."""
    seen = set()
    for name in pages_of_the_book():
        for which in explorables_of(name):
            if which not in seen:
                seen.add(which)
                yield name, which


def step(browser: Browser, page: Page, which: str, trait: str) -> dict[str, float]:
    """Milliseconds of the processor in one step, by Chromium's names of the work."""
    browser.start_tracing(page=page, categories=TRACE)
    page.evaluate(WALK, [which, trait, STEPS])
    events = [one for one in json.loads(browser.stop_tracing())["traceEvents"] if one.get("ph") == "X"]
    threads = Counter((one["pid"], one["tid"]) for one in events if one["name"] == SCRIPT)
    ours = threads.most_common(1)[0][0]
    told: dict[str, float] = defaultdict(float)
    for one in events:
        if (one["pid"], one["tid"]) == ours:
            told[one["name"]] += one.get("tdur", 0) / 1000 / STEPS
    return told


def measure(browser: Browser, page: Page, session: CDPSession, which: str, trait: str) -> list[float]:
    """Script and all of it, in milliseconds a step, at each of `RATES`."""
    told: list[float] = []
    for rate in RATES:
        session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        page.evaluate(WALK, [which, trait, STEPS])  # once for the compilers
        best = min((step(browser, page, which, trait) for _ in range(RUNS)), key=lambda one: one[ALL])
        told += [best[SCRIPT], best[ALL]]
    return told


def table() -> str:
    """The table, with what it was measured on."""
    facts: dict[str, Any] = machine()
    lines = [
        "| explorable, slider | page | script, ms | all, ms | script, slowed 4 × | all, slowed 4 × |",
        "|---|---|---|---|---|---|",
    ]
    most = [0.0] * (2 * len(RATES))
    with sync_playwright() as playwright, served(SITE) as home:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=list(chromium.FLAGS))
        facts["chromium"] = browser.version
        for name, which in places():
            visitor = Visitor(browser)
            visit = visitor.blank(viewport={"width": 1280, "height": 800})
            session = visit.page.context.new_cdp_session(visit.page)
            visitor.go(visit, f"{home}/{name}", home=home)
            cls = widgets.StaticWidget.scripts[which]
            assert issubclass(cls, widgets.StoryWidget)
            for trait in cls.sliders():
                chromium.slider(visit.page.locator(f"[data-sd-widget='{which}']"), trait)
                told = measure(browser, visit.page, session, which, trait)
                most = [max(pair) for pair in zip(most, told, strict=True)]
                lines.append(f"| {which}, {trait} | {name} | " + " | ".join(f"{one:.1f}" for one in told) + " |")
                print(lines[-1], flush=True)
            visitor.close()
        browser.close()
    goals = ", ".join(f"{goal} ms slowed {rate} ×" for rate, goal in RATES.items())
    return "\n".join(
        [
            *lines,
            "",
            f"The largest: script {most[0]:.1f} ms, all {most[1]:.1f} ms; slowed four times {most[2]:.1f} ms, "
            f"{most[3]:.1f} ms (goals for the script: {goals}). Other work on the machine counts in the slowed ones.",
            "",
            "Measured on " + ", ".join(f"{key} {value}" for key, value in sorted(facts.items())) + ".",
            "",
        ]
    )


if __name__ == "__main__":
    if chromium.find() is None:
        sys.exit(chromium.MISSING)
    written = table()
    if "--print" in sys.argv:
        print(written)
    else:
        TABLE.write_text(written, "utf8")
