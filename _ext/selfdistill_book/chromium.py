"""The browser that prints the book and drives its tests: where it is, and how it is started."""

from __future__ import annotations

import os
import shutil

MISSING = "no Chromium: install Debian's chromium or set CHROMIUM"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The browser named by CHROMIUM, or the first on the path; None where there is none."""
    named = os.environ.get("CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if (path := shutil.which(name))), None)
