"""What a field under an exercise holds: digests of the numbers that are accepted, and no number."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import selfdistill as sd
from selfdistill import answers

SEVERAL: list[tuple[float, int]] = [(0.1666666, 3), (-41.7, 2), (6.02e23, 4), (1.0, 1), (9.996, 3), (3.2e-7, 5)]


def held(made: str) -> dict[str, Any]:
    """The data of a field."""
    found = re.search(r'data-answer="([^"]*)"', made)
    assert found
    data: dict[str, Any] = json.loads(html.unescape(found[1]))
    return data


def accepts(data: dict[str, Any], number: float) -> bool:
    """What the script asks."""
    return answers.digest(f"{data['question']}/{round(number / data['step'])}") in data["right"]


@pytest.mark.parametrize(("text", "wanted"), [("", "811c9dc5"), ("a", "e40c292c"), ("foobar", "bf9cf968")])
def test_the_digest_is_that_of_its_authors(text: str, wanted: str) -> None:
    """Known vectors of FNV-1a with 32 bits."""
    assert answers.digest(text) == wanted


@pytest.mark.parametrize(("answer", "digits"), SEVERAL)
def test_a_number_with_the_wanted_digits_is_accepted_and_another_is_not(answer: float, digits: int) -> None:
    data = held(answers.field("What is it?", answer, digits=digits))
    unit = 10.0 ** (np.floor(np.log10(abs(answer))) - digits + 1)
    for near in (answer, float(f"{answer:.{digits - 1}e}"), answer + 0.99 * unit, answer - 0.99 * unit):
        assert accepts(data, near), near
    for far in (answer + 2.01 * unit, answer - 2.01 * unit, -answer, 10 * answer):
        assert not accepts(data, far), far


def test_a_whole_number_is_that_one_alone() -> None:
    data = held(answers.field("How many?", 7))
    assert [number for number in range(-20, 21) if accepts(data, number)] == [7]
    assert accepts(held(answers.field("How many?", 0)), 0)


def test_a_field_shows_no_answer() -> None:
    made = answers.field("What is c?", 0.16666, digits=3, hints={0.0714: "The size is √ε."})
    rest = made.replace(html.escape(json.dumps("√ε")), "")
    assert "666" not in rest and "0.167" not in rest and "0714" not in rest
    assert set(held(made)) == {"question", "step", "whole", "right", "hints"}


def test_a_hint_belongs_to_its_number_and_never_hides_the_answer() -> None:
    data = held(answers.field("What is c?", 0.5, digits=2, hints={0.6: "Twice.", 0.52: "Near."}))
    place = {number: answers.digest(f"What is c?/{round(number / data['step'])}") for number in (0.6, 0.52, 0.51)}
    assert (data["hints"][place[0.6]], data["hints"][place[0.52]]) == ("Twice.", "Near.")
    assert place[0.51] not in data["hints"] and place[0.51] in data["right"]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: answers.field("How many?", 2.5), "2.5 is not whole"),
        (lambda: answers.field("How much?", 0.0, digits=3), "zero has no significant digits"),
        (lambda: answers.field("How much?", float("nan"), digits=3), "finite number"),
        (lambda: answers.field("How much?", 2.0, digits=2, hints={2.04: "no"}), "'no' is for 2.04"),
    ],
    ids=["not whole", "zero", "nan", "hint"],
)
def test_a_question_that_cannot_be_answered_is_refused(made: Callable[[], str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        made()


@pytest.mark.parametrize("static", [True, False])
def test_a_notebook_gets_the_script_and_a_page_does_not(
    static: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    monkeypatch.setenv("SELFDISTILL_STATIC", "1" if static else "0")
    sd.answers.ask("How many <b>?", 3)
    (bundle,) = shown
    assert ("<script>" in bundle["text/html"]) is not static
    assert bundle["text/plain"] == "Check your answer. How many <b>?" and "<b>" not in bundle["text/html"]
