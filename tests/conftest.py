"""What all tests share: hypothesis draws the same cases every time, and the browser tests say when they cannot run."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

import chromium

settings.register_profile("book", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("book")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser tests out where there is no browser, except in CI, where they then fail."""
    if chromium.find() is None and not os.environ.get("CI"):
        needy = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in needy]
        config.hook.pytest_deselected(items=needy)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say that the browser tests were left out, and how to have them."""
    if chromium.find() is None and not os.environ.get("CI"):
        terminalreporter.section("browser tests did not run", sep="=", yellow=True)
        terminalreporter.line(f"{chromium.MISSING}; browser tests did not run.")
