"""What all tests share: the same random cases every time, a random order on demand, a word where no browser is."""

from __future__ import annotations

import os
import random
from importlib import import_module

import pytest
from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("book")

LEFT_OUT = pytest.StashKey[list[str]]()  # why browser tests were left out, if they were
# The fixtures that need a browser: the module that finds it, how, and what it says where it is missing.
BROWSERS = {
    "browser": ("chromium", "find", "MISSING"),
    "firefox": ("engines", "find_firefox", "NO_FIREFOX"),
    "webkit_programs": ("engines", "find_webkit", "NO_WEBKIT"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Three ways to run the tests otherwise."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the random order of this seed")
    parser.addoption("--every-page", action="store_true", help="every page in Firefox and WebKit, not a few")
    parser.addoption("--late-frames", action="store_true", help="Chromium draws late: what reads too early fails")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle if asked to, and leave the browser tests out where there is no browser, except in CI: there they fail."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)
    if os.environ.get("CI"):
        return
    for fixture, (module, find, missing) in BROWSERS.items():
        needy = [item for item in items if fixture in getattr(item, "fixturenames", ())]
        if needy:
            drives = import_module(module)  # the other tests need no Playwright
            if getattr(drives, find)() is None:
                items[:] = [item for item in items if item not in needy]
                config.hook.pytest_deselected(items=needy)
                config.stash.setdefault(LEFT_OUT, []).append(getattr(drives, missing))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say that the browser tests were left out, and how to have them."""
    if LEFT_OUT in config.stash:
        terminalreporter.section("browser tests did not run", sep="=", yellow=True)
        for reason in config.stash[LEFT_OUT]:
            terminalreporter.line(f"{reason}; its tests did not run.")
