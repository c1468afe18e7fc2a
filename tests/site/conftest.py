"""The built site behind a small server, and a browser that may talk to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tabs import browser
from visits import SITE, Visitor, served

__all__ = ["browser"]


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "ledger.json").exists():
        pytest.fail("the book is not built: run `make book` (or: jupyter-book build . -W -n) first")
    return SITE


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address of a server of the site, which sends the content security policy with every file."""
    with served(site) as home:
        yield home


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Opens pages; what it opened is closed after the test."""
    opened = Visitor(browser)
    yield opened
    opened.close()
