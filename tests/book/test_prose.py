"""Prose that cannot drift: the check is seen finding what it is for, and the chapters pass it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selfdistill_book.prose import __main__ as command
from selfdistill_book.prose.check import Allowed, problems, timed
from selfdistill_book.prose.paragraphs import COMPUTED, minutes, paragraphs, words

ROOT = Path(__file__).parents[2]
PAGE = "chapters/paper/page.md"


def found(text: str, page: str = PAGE, allowed: str = "") -> list[str]:
    """What the check says of one page."""
    return problems({page: text}, Allowed.parse(allowed))


def test_the_chapters_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """What ``make check`` runs."""
    status = command.main()
    assert status == 0, capsys.readouterr().out


def test_a_third_of_the_exercises_asks_for_a_pencil() -> None:
    """They are marked; their solutions may hold a cell that checks the answer."""
    pages = [page.read_text("utf8") for page in (ROOT / "chapters").rglob("*.md")]
    asked = [text for page in pages for text in re.findall(r"^`{3,}\{exercise\}.*?^`{3,}$", page, re.M | re.S)]
    marked = [text for text in asked if re.search(r"^\*Pencil only\.\* ", text, re.M)]
    assert len(marked) >= len(asked) / 3, f"{len(marked)} of {len(asked)} exercises"
    assert not [text for text in asked if "On paper" in text], "marked by other words"


@pytest.mark.parametrize("word", ["always", "never", "no", "none", "nothing", "every", "only", "cannot", "all", "any"])
@pytest.mark.parametrize(
    "place",
    [
        "# Title\n\nThe fits {word} fall.\n",
        "# Title\n\n## The question\n\nThe fits {word} fall.\n",
        "# Title\n\n## A section\n\n**In words.** The fits\n{word} fall.\n",
        "# Title\n\n## In one paragraph\n\nThe fits {word} fall.\n",
        '# Title\n\n## A section\n\n```{{code-cell}} ipython3\nshow(fig, alt="The fits " "{word} fall.")\n```\n',
    ],
)
def test_a_universal_word_without_a_link_is_found(word: str, place: str) -> None:
    """In introductions, in words, in summaries, in captions."""
    assert [word in line for line in found(place.format(word=word))] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nThe fits always fall ({prf:ref}`one`).\n",
        "# Title\n\nThe fits always fall. This is {eq}`one:sum`.\n",
        "# Title\n\nThe {ref}`ledger <page-ledger>` lists every fit.\n",
        "# Title\n\nDo the fits always fall?\n",
        "# Title\n\nThe fits `always` fall.\n",
        "# Title\n\n## A derivation\n\nThe sum is over all modes.\n",
        "# Title\n\n```{prf:theorem} One\n:label: one\n\nThe fits always fall.\n```\n",
        "# Title\n\nAfter\n\n```{code-cell} ipython3\nlen(all)  # every fit\n```\n\nfits.\n",
    ],
)
def test_a_linked_word_a_question_and_a_statement_pass(text: str) -> None:
    """Statements are held by their claims."""
    assert found(text) == []


def test_a_link_in_the_next_paragraph_does_not_help() -> None:
    """The statement that proves a sentence stands beside it."""
    assert len(found("# Title\n\nThe fits always fall.\n\nSee {prf:ref}`one`.\n")) == 1


def test_questions_map_and_landing_page_are_read_whole() -> None:
    """Elsewhere a derivation may say "all" of its own terms."""
    text = "# Title\n\n## A section\n\nThe fits always fall.\n"
    pages = ("index.md", "reference/map.md", "reference/questions.md")
    assert [len(found(text, page)) for page in ("other.md", *pages)] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "sentence",
    [
        "There are 14 fits.",
        "It falls to $0.0797$.",
        "The share is 7 %.",
        "Then $a/b = 0.0412$.",
        "<a href='#9'>Round 4</a> is best.",
    ],
)
def test_a_number_in_running_text_is_found(sentence: str) -> None:
    """Outside formulas, and where a formula is a number."""
    assert len(found(f"# Title\n\n## A section\n\n{sentence}\n")) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "There are {glue:text}`fits` fits.",
        r"For $d_1 = 2$ and $\varepsilon = 0.045$ see `round=14`.",
        "By {cite:t}`mobahi2020`, and step 1 of [this](page14.md).",
    ],
)
def test_a_computed_number_a_formula_and_an_address_pass(sentence: str) -> None:
    """A formula defines; what it says of an outcome is held by a claim."""
    assert found(f"# Title\n\n## A section\n\n{sentence}\n") == []


def test_a_number_that_a_claim_repeats_passes() -> None:
    """The same digits in a cell that checks a claim; short numbers would agree by chance."""
    cell = "\n```{code-cell} ipython3\nwith sd.claim('one') as claim:\n    claim.close(x, [4470.7, 12], atol=1)\n```\n"
    assert found(f"# Title\n\n## A section\n\nIt is 4470.7.\n{cell}") == []
    assert len(found(f"# Title\n\n## A section\n\nIt is 12.\n{cell}")) == 1
    assert len(found("# Title\n\n## A section\n\nIt is 4470.7.\n" + cell.replace("sd.claim", "sd.other"))) == 1


def test_the_number_that_a_caption_computes_is_no_digit() -> None:
    """A digit beside it is one."""
    cell = '```{code-cell} ipython3\n:tags: [figure]\n\nshow(fig, alt=f"From {low:.2f} to " f"{high}" %s)\n```\n'
    assert found("# Title\n\n" + cell % "") == []
    assert len(found("# Title\n\n" + cell % '" in 14 steps."')) == 1


def test_exceptions_hold_where_they_say_and_nowhere_else() -> None:
    """An idiom holds everywhere, a sentence on its page; one that covers nothing is reported."""
    text = "# Title\n\nAfter all, the fits always fall.\n"
    idiom = '[[idiom]]\nsays = "after all"\nreason = "no quantity"\n'
    sentence = '[[universal]]\npage = "page.md"\nsays = "always fall"\nreason = "proved above"\n'
    assert len(found(text, allowed=idiom)) == 1
    assert found(text, allowed=idiom + sentence) == []
    assert [("covers nothing" in line) for line in found(text, "other.md", idiom + sentence)] == [False, True]


@pytest.mark.parametrize(
    "row", ['says = "a"\nreason = ""\npage = "b"', 'says = "a"\npage = "b"', 'says = "a"\nreason = "b"']
)
def test_an_exception_without_reason_or_page_is_refused(row: str) -> None:
    """Each exception says why."""
    with pytest.raises(ValueError, match="an exception needs"):
        Allowed.parse(f"[[universal]]\n{row}\n")


def test_reading_time_follows_the_words() -> None:
    """150 words a minute, half a minute a formula or picture, steps of five; cells and solutions do not count."""
    page = "# Title\n\n" + 1500 * "word " + "\n\n" + 20 * "$$\na\n$$\n\n"
    assert minutes(page) == 20
    assert minutes(page + "```{code-cell} ipython3\n" + 3000 * "word " + "\n```\n") == 20
    said = page + "*Reading time*: {} minutes.\n"
    assert timed(said.format(5)) == timed(said.format(45)) == said.format(20)
    assert [len(found(said.format(n))) for n in (10, 15, 20, 25, 30)] == [1, 0, 0, 0, 1]


def test_lines_are_those_of_the_file() -> None:
    """Under a front matter, in an admonition, in a cell."""
    note = "```{admonition} Note\n:class: note\n\nSecond.\n```\n"
    text = f"---\na: 1\n---\n\n# Title\n\nFirst\nparagraph.\n\n{note}\n| row | cell |\n"
    assert [(p.line, p.text, p.table) for p in paragraphs(text)] == [
        (7, "First paragraph.", False),
        (13, "Second.", False),
        (16, "| row | cell |", True),
    ]
    assert words("a {glue:text}`x:.2f` [b](c1) <a href='2'>d</a> `e3` {ref}`f4` $g_5$").split() == [
        "a",
        COMPUTED,
        "[b]",
        "d",
    ]
