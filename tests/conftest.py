"""What all tests share: the same random cases every time, a random order on demand, a word where no browser is."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import settings

settings.register_profile("book", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("book")

LEFT_OUT = pytest.StashKey[str]()  # why the browser tests were left out, if they were


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--shuffle SEED``: the tests in a random order, whatever their files."""
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in the random order of this seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shuffle if asked to, and leave the browser tests out where there is no browser, except in CI: there they fail."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        random.Random(seed).shuffle(items)
    needy = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    if needy and not os.environ.get("CI"):
        import chromium  # the other tests need no Playwright

        if chromium.find() is None:
            items[:] = [item for item in items if item not in needy]
            config.hook.pytest_deselected(items=needy)
            config.stash[LEFT_OUT] = chromium.MISSING


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say that the browser tests were left out, and how to have them."""
    if LEFT_OUT in config.stash:
        terminalreporter.section("browser tests did not run", sep="=", yellow=True)
        terminalreporter.line(f"{config.stash[LEFT_OUT]}; browser tests did not run.")
