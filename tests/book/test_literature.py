"""The map of the literature is that of the book: keys, years and labels exist, and no method of Part III is missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import selfdistill as sd

CHAPTERS = Path(__file__).parents[2] / "chapters"
ENTRY = re.compile(r"^@\w+\{([\w-]+),(.*?)^\}", re.MULTILINE | re.DOTALL)
CITED = re.compile(r"\{cite:[tp]\}`([\w,\s-]+)`")
LABELS = re.compile(r"^(?:\(([\w-]+)\)=|:label: ([\w-]+))$", re.MULTILINE)

# What Part III cites beside works on distillation and on loops of models: textbooks, tools, what is older or elsewhere.
BACKGROUND = {"birnbaum1966", "borup2021code", "horn2013", "rasmussen2006", "tukey1977"}
ATLAS = "atlas"  # cites works on kernels, not on distillation


def pages() -> str:
    """The text of the chapters."""
    return "\n".join(page.read_text("utf8") for page in sorted(CHAPTERS.rglob("*.md")))


def years() -> dict[str, int]:
    """The year of each entry of the bibliography."""
    entries = ENTRY.findall((CHAPTERS / "references.bib").read_text("utf8"))
    return {key: int(found[1]) for key, body in entries if (found := re.search(r"year = \{(\d{4})\}", body))}


@pytest.mark.parametrize("work", sd.datasets.literature()[1], ids=lambda work: work["key"])
def test_a_work_of_the_map_stands_in_the_bibliography_and_in_the_book(work: dict[str, Any]) -> None:
    ideas, _ = sd.datasets.literature()
    columns = {"key", "authors", "year", "idea", "setting", "target", "regulariser", "result", "here", "derived"}
    assert set(work) == columns and all(str(value).strip() for value in work.values())
    assert years()[work["key"]] == work["year"]
    assert work["idea"] in ideas
    assert work["here"] in {label for found in LABELS.findall(pages()) for label in found if label}


def test_no_work_stands_twice_and_each_idea_has_one() -> None:
    ideas, works = sd.datasets.literature()
    assert len({work["key"] for work in works}) == len(works) >= 20
    assert {work["idea"] for work in works} == set(ideas)


def test_each_method_that_part_three_cites_is_in_the_map() -> None:
    text = "\n".join(page.read_text("utf8") for page in sorted((CHAPTERS / "after").glob("*.md")) if page.stem != ATLAS)
    cited = {key.strip() for keys in CITED.findall(text) for key in keys.split(",")}
    assert {"borup2021", "das2023"} <= cited, "the pattern finds citations"
    missing = cited - {work["key"] for work in sd.datasets.literature()[1]} - BACKGROUND
    assert not missing, f"cited in Part III and in neither the map nor the background: {sorted(missing)}"
    assert cited >= BACKGROUND, "the background names what is not cited"


def test_what_is_said_to_be_derived_has_its_statement() -> None:
    statements = {label for _, label in LABELS.findall(pages()) if label}
    for work in sd.datasets.literature()[1]:
        if work["derived"] and not work["here"].startswith("chapter-"):
            assert work["here"] in statements, work
