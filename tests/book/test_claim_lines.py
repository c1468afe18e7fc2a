"""What a claim shows: one line, which unfolds; and beside it, on demand, what a fault does to it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

import selfdistill as sd
from selfdistill.faults import injected


def shown(fill: object) -> BeautifulSoup:
    claim = sd.claim("scale")
    fill(claim)  # type: ignore[operator]  # parametrized: known when it runs
    return BeautifulSoup(claim._repr_mimebundle_()["text/html"], "html.parser")


def three(c: sd.claim) -> None:
    c.close(1.0, 1.0 + 2e-9, rtol=1e-8, text="a")
    c.close(1.0, 1.0 + 3e-7, atol=1e-6, text="b")
    c.equal(1, 1, text="c")


def test_several_checks_fold_into_one_line() -> None:
    page = shown(three)
    assert page.summary and page.summary.get_text() == "✓ 3 checks hold, largest error 3e-07"
    assert page.details and "open" not in page.details.attrs
    assert len(page.select("details li")) == 3


def test_a_single_check_is_its_own_line() -> None:
    page = shown(lambda c: c.equal(1, 1, text="one"))
    assert page.summary is None and page.get_text() == "✓ one 1 = 1"


def test_a_failed_claim_stands_open() -> None:
    def fill(c: sd.claim) -> None:
        three(c)
        c.equal(1, 2, text="d")

    page = shown(fill)
    assert page.summary and page.summary.get_text() == "✗ 1 of 4 checks fail"
    assert page.details and "open" in page.details.attrs
    assert [mark.get_text() for mark in page.select("li .sd-mark")] == ["✓", "✓", "✓", "✗"]


FAULT = ("datasets.py", "import numpy as np\n", "import numpy as np\n\nTWO = 3\n")


def test_a_claim_shows_what_a_fault_does_to_it() -> None:
    """The same check on the faulty package; what holds on the healthy one stays."""

    def fill(c: sd.claim) -> None:
        c.equal(1, 1, text="healthy")
        c.breaks(
            lambda package, trial: trial.equal(hasattr(package.datasets, "TWO"), False, text="whole"), *FAULT, why="w"
        )

    page = shown(fill)
    assert [line.get_text() for line in page.select(".sd-broken li")] == ["✗ whole True = False"]
    assert page.select_one(".sd-whole .passed") and not page.select(".sd-whole .failed")
    assert page.select_one("label.sd-break input[role=switch]")
    assert not hasattr(sd.datasets, "TWO"), "the healthy package is back"


def test_a_fault_that_nobody_notices_fails_the_claim() -> None:
    idle = sd.claim("scale")
    idle.breaks(lambda package, trial: trial.equal(1, 1, text="t"), *FAULT, why="an idle name")
    (check,) = idle.checks
    assert not check.passed and check.text.startswith("the check notices a fault, an idle name")


def test_a_fault_needs_a_text_that_occurs_once() -> None:
    with (
        pytest.raises(ValueError, match=r"datasets\.py holds 'nowhere' 0 times"),
        injected("datasets.py", "nowhere", ""),
    ):
        pass
