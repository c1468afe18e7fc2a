"""A field under an exercise that says whether a number is right, without showing which one is.

The page holds no answer: it holds digests of the numbers that are accepted, and a script digests what a reader types.
Whoever wants to can try all numbers. The point is not to see the answer by looking.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def script() -> str:
    """What makes the fields work: a script without imports, once a page."""
    return (Path(__file__).parent / "widgets" / "js" / "answers.js").read_text("utf-8")


def digest(text: str) -> str:
    """The 32 bits of FNV-1a over the code points of a text, in hexadecimal; `answers.js` has the same."""
    state = 0x811C9DC5
    for sign in text:
        state = (state ^ ord(sign)) * 0x01000193 & 0xFFFFFFFF
    return f"{state:08x}"


def field(question: str, answer: float, *, digits: int | None = None, hints: Mapping[float, str] | None = None) -> str:
    """The HTML of a field.

    With steps of size s, a number a is accepted for the answer b if round(a/s) and round(b/s) differ by one at most; a
    step is one in the last of the digits of b. A whole number must be the same.

    Parameters
    ----------
    question : str
        What is asked, as plain text.
    answer : float
        The number, computed by the cell that asks.
    digits : int, optional
        How many significant digits are looked at; without it, the answer is a whole number.
    hints : dict, optional
        Other numbers that readers may well find, and what to tell them.

    Raises
    ------
    ValueError
        If the answer is not finite, is not whole where it must be, or is zero where digits of it are wanted; or if
        a hint is for a number that is accepted.
    """
    if not math.isfinite(answer):
        raise ValueError(f"an answer is a finite number; this one to {question!r} is {answer!r}")
    if digits is None and answer != round(answer):
        raise ValueError(f"the answer {answer!r} is not whole: say to how many digits it is wanted")
    if digits is not None and answer == 0:
        raise ValueError(f"zero has no significant digits: ask {question!r} in another way")
    step = 1.0 if digits is None else 10.0 ** (math.floor(math.log10(abs(answer))) - digits + 1)
    middle = round(answer / step)
    accepted = {middle} if digits is None else {middle - 1, middle, middle + 1}
    told: dict[str, str] = {}
    for other, words in (hints or {}).items():
        if (place := round(other / step)) in accepted:
            raise ValueError(f"the hint {words!r} is for {other!r}, which is accepted")
        told |= {digest(f"{question}/{place + shift}"): words for shift in ((0,) if digits is None else (-1, 0, 1))}
    right = {digest(f"{question}/{place}") for place in accepted}
    data = {"question": question, "step": step, "whole": digits is None, "right": sorted(right)}
    data["hints"] = {key: words for key, words in told.items() if key not in right}
    wanted = "a whole number" if digits is None else f"{digits} digits"
    return (
        f'<form class="sd-answer" data-answer="{html.escape(json.dumps(data))}" hidden>'
        f"<label><span>Check your answer. {html.escape(question)} <small>({wanted})</small></span>"
        '<input type="text" inputmode="text" autocomplete="off" spellcheck="false" size="12"></label>'
        '<button type="submit">Check</button><output aria-live="polite"></output></form>'
    )


def ask(question: str, answer: float, *, digits: int | None = None, hints: Mapping[float, str] | None = None) -> None:
    """Show a field under an exercise, on a page and in a notebook; see `field`."""
    from IPython.display import display

    made = field(question, answer, digits=digits, hints=hints)
    if os.environ.get("SELFDISTILL_STATIC") != "1":  # a built page has the script once
        made += f"<script>{script()}</script>"
    display({"text/html": made, "text/plain": f"Check your answer. {question}"}, raw=True)
