"""The fields under exercises, in a browser: what is accepted, what is not, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from selfdistill import answers
from tabs import POLICY

COUNT = answers.field("How many fits?", 7, hints={8: "The last of these is zero."})
SIZE = answers.field("What is ξ?", -0.1666666, digits=3, hints={-0.0714: "Not ε, but √ε."})


@pytest.fixture
def fields(browser: Browser, tmp_path: Path) -> list[Locator]:
    """Both fields, on a page from the file system, where a browser offers no cryptography and no foreign script."""
    (tmp_path / "answers.js").write_text(answers.script(), "utf-8")
    (tmp_path / "page.html").write_text(
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<script defer src="answers.js"></script><body>{COUNT}{SIZE}',
        "utf-8",
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    return page.locator("form.sd-answer").all()


def said(field: Locator, typed: str) -> str:
    """What a field says to what is typed, by keyboard alone."""
    field.get_by_label("Check your answer").fill(typed)
    field.get_by_label("Check your answer").press("Enter")
    return str(field.locator("output").text_content())


def test_right_answers_are_accepted_and_wrong_ones_are_not(fields: list[Locator]) -> None:
    count, size = fields
    assert all(field.is_visible() for field in fields)
    table = {
        "7": "Right.",
        " 7.0 ": "Right.",
        "14/2": "Right.",
        "8": "Not yet. The last of these is zero.",
        "-7": "Not yet. The size is right, the sign is not.",
        "6": "Not yet.",
        "6.9": "The answer is a whole number.",
        "seven": "Type a number, such as 0.25, 1/4 or 2.5e-1.",
        "": "Type a number, such as 0.25, 1/4 or 2.5e-1.",
        "7/0": "Type a number, such as 0.25, 1/4 or 2.5e-1.",
    }
    assert {typed: said(count, typed) for typed in table} == table
    table = {
        "-0.167": "Right.",
        "−0,1667": "Right.",
        "-1/6": "Right.",
        "-1.67e-1": "Right.",
        "-0.17": "Not yet.",
        "1/6": "Not yet. The size is right, the sign is not.",
        "-6": "Not yet. It is one over this number.",
        "-0.0714": "Not yet. Not ε, but √ε.",
    }
    assert {typed: said(size, typed) for typed in table} == table
    assert size.get_attribute("data-verdict") == "wrong" and count.get_attribute("data-verdict") == ""
    size.page.close()


def test_two_scripts_on_a_page_judge_once(browser: Browser, tmp_path: Path) -> None:
    """As in a notebook, where each field brings the script along."""
    page = browser.new_page()
    page.set_content(f"{COUNT}<script>{answers.script()}</script>{SIZE}<script>{answers.script()}</script>")
    assert [said(field, "7") for field in page.locator("form.sd-answer").all()] == ["Right.", "Not yet."]
    page.close()
