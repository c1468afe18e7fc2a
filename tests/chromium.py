"""Where the browser is that the tests drive, and how to wait in it."""

from __future__ import annotations

import os
import shutil
from typing import Any

from playwright.sync_api import Page

MISSING = "no Chromium: install Debian's chromium or set CHROMIUM"


def find() -> str | None:
    """The browser named by CHROMIUM, or the first on the path; None where there is none."""
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if (path := shutil.which(name))), None)


def wait_until(page: Page, condition: str, argument: Any = None, *, milliseconds: int = 60_000) -> None:
    """Wait until ``condition(argument)``, the source of a JavaScript function, is true; it is asked once a frame.

    Playwright's own `wait_for_function` evaluates its text anew at each frame, which a content security policy forbids
    from the second time on.
    """
    loop = """async ([argument, limit]) => {
      const holds = CONDITION, start = performance.now();
      while (!holds(argument)) {
        if (performance.now() - start > limit) throw new Error("waited in vain");
        await new Promise(requestAnimationFrame);
      }
    }"""
    page.evaluate(loop.replace("CONDITION", condition), [argument, milliseconds])
