"""`make pages`: what each page of the built site costs a reader, in a table.

Requests, bytes as a server without compression sends them, time of scripts; the layout shift that a reader sees (the
sum of what Chromium reports while the page loads and is read from top to bottom), in a window and on a phone; and the
places where axe finds something.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("_ext", "tests", "tests/site")]

import chromium  # noqa: E402
from visits import SITE, Visitor, accessible, pages_of_the_book, served  # noqa: E402

BYTES, SHIFT = 2_000_000, 0.05  # what a page may have
WINDOW: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
WATCH = """window.shifted = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) shifted += one.value; })
  .observe({ type: 'layout-shift', buffered: true });"""
SIZES = (
    """['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(one => one.encodedBodySize)"""
)
READ = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) { scrollTo(0, y); await frame(); }
  await frame(); await frame();
  return shifted;
}"""


@dataclass
class Cost:
    """What one page costs."""

    name: str
    requests: int = 0
    bytes: int = 0
    script: float = 0.0
    shift: float = 0.0
    shift_phone: float = 0.0
    axe: int = 0

    def row(self) -> str:
        """A row of the table."""
        return (
            f"| {self.name} | {self.requests} | {self.bytes / 1e6:.2f} | {1000 * self.script:.0f} | "
            f"{self.shift:.3f} | {self.shift_phone:.3f} | {self.axe} |"
        )


def measure(browser: Browser, home: str, name: str) -> Cost:
    """Open a page of the site twice, in a window and on a phone."""
    cost = Cost(name)
    for phone in (False, True):
        visitor = Visitor(browser)
        visit = visitor.blank(**(chromium.PHONE if phone else WINDOW))
        page = visit.page
        page.add_init_script(WATCH)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        visitor.go(visit, f"{home}/{name}", home=home)
        shift = page.evaluate(READ)
        if phone:
            cost.shift_phone = shift
        else:
            metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
            sizes = page.evaluate(SIZES)
            cost.requests, cost.bytes, cost.script, cost.shift = (
                len(sizes),
                sum(sizes),
                metrics["ScriptDuration"],
                shift,
            )
            try:
                accessible(page)
            except AssertionError as told:
                cost.axe = len(str(told).splitlines())
        visitor.close()
    return cost


def main(names: list[str]) -> int:
    """Measure the pages and print them; 1 if one costs too much."""
    path = chromium.find()
    if path is None:
        sys.exit(chromium.MISSING)
    print("| page | requests | MB | scripts, ms | shift | shift, phone | axe |\n|---|---|---|---|---|---|---|")
    dear = []
    with sync_playwright() as playwright, served(SITE) as home:
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        for name in names or pages_of_the_book():
            cost = measure(browser, home, name)
            print(cost.row(), flush=True)
            if cost.bytes > BYTES or max(cost.shift, cost.shift_phone) > SHIFT or cost.axe:
                dear.append(name)
        browser.close()
    print(f"\nat most {BYTES / 1e6:.0f} MB and a shift of {SHIFT}: " + (f"not {', '.join(dear)}" if dear else "all"))
    return 1 if dear else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
