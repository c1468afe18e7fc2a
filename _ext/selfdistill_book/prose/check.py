"""What the prose check finds.

Universal words without a link, digits that nothing computes, reading times off by more than five minutes, and
exceptions that cover nothing any more.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .paragraphs import COMPUTED, Paragraph, claimed, minutes, paragraphs, sentences, words

UNIVERSAL = re.compile(r"\b(always|never|no|none|nothing|every|only|cannot|all|any)\b", re.I)
DIGITS = re.compile(r"(?<![\w^])[\d.,]*\d")
NAMED = re.compile(r"\b(steps?|assumptions?|orders?) \d( (to|and|or) \d)?", re.I)  # numbered by the page itself
PROOF = re.compile(r"\{prf:ref\}`|\{eq\}`|<page-ledger>`|\{ref\}`page-ledger`|ledger\.html")
WHOLE_PAGES = ("index.md", "map.md", "questions.md")
PLACES = ("", "The question", "In one paragraph", "What it means, and what it does not")
OPENINGS = ("**In words.**", "**What it does not say.**")
SAID = re.compile(r"^\*Reading time\*: (\d+) minutes", re.M)
KINDS = ("idiom", "universal", "number")


@dataclass
class Entry:
    """One exception. An idiom holds in every page; the others in the page that they name."""

    kind: str
    says: str
    reason: str
    page: str = ""
    used: bool = False

    def covers(self, page: str, sentence: str) -> bool:
        """Whether the sentence holds the words of this exception."""
        return self.says in sentence and page.endswith(self.page)


@dataclass
class Allowed:
    """The exceptions of ``allowed.toml``."""

    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Allowed:
        """Read the exceptions.

        Raises
        ------
        ValueError
            If one lacks its words, its reason or, unless it is an idiom, its page.
        """
        return cls.parse(file.read_text("utf8"))

    @classmethod
    def parse(cls, text: str) -> Allowed:
        """The exceptions in a TOML document; see `read`."""
        entries = []
        for kind, rows in tomllib.loads(text).items():
            for row in rows:
                needed = {"says", "reason"} | (set() if kind == "idiom" else {"page"})
                if kind not in KINDS or set(row) != needed or not all(row.values()):
                    raise ValueError(f"an exception needs {sorted(needed)}, none of them empty: [[{kind}]] {row}")
                entries.append(Entry(kind, **row))
        return cls(entries)

    def hides(self, page: str, sentence: str, kind: str) -> bool:
        """Whether an exception of this kind covers the sentence; it counts as used then."""
        found = [entry for entry in self.entries if entry.kind == kind and entry.covers(page, sentence)]
        for entry in found:
            entry.used = True
        return bool(found)

    def without_idioms(self, sentence: str) -> str:
        """The sentence without the idioms that hold a universal word and mean none."""
        for entry in self.entries:
            if entry.kind == "idiom" and entry.says.lower() in sentence.lower():
                entry.used = True
                sentence = re.sub(rf"\b{re.escape(entry.says)}\b", " ", sentence, flags=re.I)
        return sentence


def problems(pages: Mapping[str, str], allowed: Allowed) -> list[str]:
    """One line for each problem, the exceptions that cover nothing last."""
    found = [line for page, source in pages.items() for line in _of_page(page, source, allowed)]
    stale = [
        f"the exception for {entry.says!r} in {entry.page or 'all pages'} covers nothing any more"
        for entry in allowed.entries
        if not entry.used
    ]
    times = [line for page, source in pages.items() for line in _reading_time(page, source)]
    return found + times + stale


def timed(source: str) -> str:
    """The page with its reading time as it is measured, whatever was typed."""
    return SAID.sub(f"*Reading time*: {minutes(source)} minutes", source)


def _reading_time(page: str, source: str) -> Iterator[str]:
    """A reading time that is off by more than one step of five minutes."""
    said = SAID.search(source)
    measured = minutes(source)
    if said and abs(int(said[1]) - measured) > 5:
        yield f"{page}: says {said[1]} minutes of reading; its words, formulas and pictures take about {measured}"


def _of_page(page: str, source: str, allowed: Allowed) -> Iterator[str]:
    checks = claimed(source)
    for paragraph in paragraphs(source):
        if _makes_claims(page, paragraph) and not PROOF.search(paragraph.text):
            yield from _universal(page, paragraph, allowed)
        if not SAID.search(paragraph.text):
            yield from _digits(page, paragraph, checks, allowed)


def _makes_claims(page: str, paragraph: Paragraph) -> bool:
    """Whether the paragraph stands where the book tells results in words."""
    return (
        page.endswith(WHOLE_PAGES)
        or paragraph.caption
        or paragraph.section in PLACES
        or paragraph.text.startswith(OPENINGS)
    )


def _universal(page: str, paragraph: Paragraph, allowed: Allowed) -> Iterator[str]:
    for sentence in sentences(paragraph.text):
        plain = allowed.without_idioms(words(sentence))
        if sentence.endswith("?"):  # it asks
            continue
        if (word := UNIVERSAL.search(plain)) and not allowed.hides(page, sentence, "universal"):
            yield f"{page}:{paragraph.line}: {word[0]!r} without a link to what proves it: {sentence}"


def _digits(page: str, paragraph: Paragraph, checks: str, allowed: Allowed) -> Iterator[str]:
    for sentence in sentences(paragraph.text):
        plain = NAMED.sub(" ", words(sentence).replace(COMPUTED, " "))
        loose = [found for found in DIGITS.findall(plain) if not _repeated(found, checks)]
        if loose and not allowed.hides(page, sentence, "number"):
            yield f"{page}:{paragraph.line}: {loose[0]!r} is not computed: {sentence}"


def _repeated(number: str, checks: str) -> bool:
    """Whether a claim of the page holds the same number; one of less than three digits would agree by chance."""
    digits = number.strip(".,").replace(",", "")
    return len(digits.replace(".", "")) >= 3 and bool(
        re.search(rf"(?<![\d.]){re.escape(digits)}(?![\d.])", checks.replace("_", ""))
    )
