"""The fields under the exercises of Part I, on the built pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from visits import ROOT, Visitor

CHAPTERS = sorted((ROOT / "chapters" / "paper").glob("*.md"))


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_each_question_of_a_chapter_has_its_field(chapter: Path, site: Path) -> None:
    asked = chapter.read_text("utf8").count("sd.answers.ask(")
    page = (site / "chapters" / "paper" / f"{chapter.stem}.html").read_text("utf8")
    assert len(re.findall(r'<form class="sd-answer" data-answer="[^"]+"', page)) == asked >= 1


def test_a_field_of_a_page_judges_what_is_typed(visitor: Visitor, address: str) -> None:
    visit = visitor.open(f"{address}/chapters/paper/closed-form.html", home=address)
    field = visit.page.locator("form.sd-answer", has_text="Let d = 0.5, y = 2, ε = 0.25. What is c?")
    field.get_by_role("textbox").fill("1/6")
    field.get_by_role("button", name="Check").click()
    assert field.locator("output").text_content() == "Right."
    visit.assert_quiet()
