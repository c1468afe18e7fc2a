"""Every check of the site is seen failing: on a small page broken on purpose; a good page passes them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page

import checks
import chromium
from visits import Visit, Visitor, accessible, served

GOOD = {
    "head": '<title>A page</title><meta name="description" content="What this page is about, in a sentence.">',
    "formula": '<div class="math"><mjx-container>x</mjx-container></div>',
    "prose": "<p>A number, 3.</p><code>$HOME</code>",
    "widget": '<div data-sd-widget="toy" data-sd-state="live"><svg viewBox="0 0 9 9" width="99" role="img"'
    ' aria-label="a dot"><text x="0" y="4" font-size="2">a</text><text x="0" y="8" font-size="2">b</text></svg></div>',
    "wide": '<pre tabindex="0" class="more">a line</pre>',
    "claim": '<div class="sd-claim"><details><summary>1 check</summary><ul><li>✓ one</li></ul></details>'
    '<a class="sd-ledger-link" href="#claim">ledger</a></div>',
    "controls": '<p class="tools"><button>Reset</button></p>',
    "foot": '<div class="extra_footer">Version 1.2.3.</div>',
    "links": '<p id="claim"><a href="other.html#there">There</a> <img src="dot.svg" alt="A dot"></p>',
}
STYLE = """<style>
  pre { width: 200px; overflow-x: auto } .more { mask-image: linear-gradient(to right, #000 80%, transparent) }
  @media print { button { display: none } details::details-content { content-visibility: visible; height: auto } }
</style>"""


def write(folder: Path, **parts: str) -> Path:
    """The good page, with some of its parts replaced."""
    page = {**GOOD, **parts}
    head, body = page.pop("head"), "\n".join(page.values())
    (folder / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (folder / "other.html").write_text('<p id="there">Here.</p>')
    file = folder / "page.html"
    file.write_text(
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="dot.svg">{head}{STYLE}</head>'
        f"<body><main><h1>A page</h1><article>{body}</article></main></body></html>",
        "utf8",
    )
    return file


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """The address of a server of the small page, with the site's own policy."""
    with served(tmp_path) as address:
        yield address


Check = Callable[[Page], None]


def in_colour(page: Page) -> None:
    accessible(page, colour=True)


def beside_colour(page: Page) -> None:
    accessible(page, colour=False)


IN_A_BROWSER: list[tuple[Check, dict[str, str], str]] = [
    (checks.formulas_are_set, {"formula": '<div class="math">x</div>'}, "not set"),
    (
        checks.formulas_are_set,
        {"formula": '<div class="math"><mjx-container><mjx-merror>what?</mjx-merror></mjx-container></div>'},
        "what?",
    ),
    (
        checks.formulas_are_whole,
        {"formula": '<p style="width: 5em; white-space: nowrap">a <span class="math">= b + c + d</span></p>'},
        "cut at the edge: ['= b + c + d']",
    ),
    *(
        (checks.no_markup_is_raw, {"prose": f"<p>about {raw} here</p>"}, "raw '")
        for raw in ("$x$", "\\(x\\)", "\\[x\\]", "\\begin{a}", "{eq}", "{ref}", "{prf:ref}", "```", "NaN")
    ),
    (checks.explorables_are_live, {"widget": '<div data-sd-widget="toy" data-sd-state="error"></div>'}, "not live"),
    (
        checks.icons_need_no_font,
        {
            "prose": "<style>@font-face { font-family: 'Font Awesome 6 Free'; src: url('gone.woff2') } "
            "em::before { font-family: 'Font Awesome 6 Free'; content: '!' }</style><p><em>glyph</em></p>"
        },
        "a font is fetched for icons: ['Font Awesome 6 Free']",
    ),
    (
        checks.fits_the_screen,
        {"wide": '<code style="white-space: pre">' + "long " * 40 + "</code>"},
        "wide on a screen",
    ),
    (checks.what_is_cut_says_so, {"wide": '<pre tabindex="0">' + "long " * 40 + "</pre>"}, "cut without a cue"),
    (
        checks.what_is_cut_says_so,
        {"wide": '<pre class="more" tabindex="-1">' + "long " * 40 + "</pre>"},
        "without a cue",
    ),
    (checks.words_keep_apart, {"widget": GOOD["widget"].replace('y="8"', 'y="4"')}, "b meets a"),
    (checks.words_keep_apart, {"widget": GOOD["widget"].replace('x="0"', 'x="8.9"')}, "a sticks out"),
    (checks.paper_has_no_controls, {"controls": "<input>"}, "controls on paper"),
    (
        checks.paper_has_no_controls,
        {"widget": GOOD["widget"].replace("<svg", '<svg style="display: none"')},
        "without a picture on paper",
    ),
    (
        checks.paper_shows_every_check,
        {"claim": GOOD["claim"].replace("<ul>", '<ul style="display: none">')},
        "paper hides: ['✓ one']",
    ),
    (accessible, {"prose": '<p style="color: #ddd">pale</p>'}, "color-contrast"),
    (in_colour, {"prose": '<p style="color: #ddd">pale</p>'}, "color-contrast"),
    (beside_colour, {"prose": "<button></button>"}, "button-name"),
    (accessible, {"head": ""}, "document-title"),
]
UNQUIET = [
    ("<img src='https://example.org/x.png' alt='far'>", "failed requests: ['https://example.org/x.png"),
    ("<script>fetch('https://example.org/x')</script>", "Content Security Policy"),
    ("<img src='gone.svg' alt='gone'>", "failed requests: ['404"),
    ("<script>console.error('broken')</script>", "console: ['error: broken"),
    ("<script>console.warn('careful')</script>", "console: ['warning: careful"),
    ("<script>setTimeout(() => { throw new Error('thrown'); })</script>", "thrown"),
    ("<script>Promise.reject(new Error('unheard'))</script>", "unheard"),
    ("<script>eval('1')</script>", "Content Security Policy"),
]


def named(case: tuple[Any, ...]) -> str:
    return f"{case[0].__name__}: {case[2]}" if callable(case[0]) else str(case[1])


@pytest.mark.parametrize(("check", "parts", "words"), IN_A_BROWSER, ids=map(named, IN_A_BROWSER))
def test_a_broken_page_is_told(
    visitor: Visitor, home: str, tmp_path: Path, check: Check, parts: dict[str, str], words: str
) -> None:
    """On a phone, where the window grows with what is in it."""
    write(tmp_path, **parts)
    page = visitor.open(f"{home}/page.html", home=home, **chromium.PHONE).page
    with pytest.raises(AssertionError) as told:
        check(page)
    assert words in str(told.value)


@pytest.mark.parametrize("window", [{}, chromium.PHONE], ids=["window", "phone"])
def test_the_good_page_passes_every_check(visitor: Visitor, home: str, tmp_path: Path, window: dict[str, Any]) -> None:
    file = write(tmp_path)
    visit = visitor.open(f"{home}/page.html", home=home, **window)
    for check in {case[0] for case in IN_A_BROWSER}:
        check(visit.page)
    checks.links_resolve(file, BeautifulSoup(file.read_text("utf8"), "html.parser"), {})
    for look in {case[0] for case in IN_FILES}:
        look(BeautifulSoup(file.read_text("utf8"), "html.parser"))
    visit.assert_quiet()


@pytest.mark.parametrize(("part", "words"), UNQUIET, ids=map(named, UNQUIET))
def test_an_unquiet_page_is_told(visitor: Visitor, home: str, tmp_path: Path, part: str, words: str) -> None:
    write(tmp_path, prose=part)
    visit = visitor.open(f"{home}/page.html", home=home)
    visit.page.evaluate("() => new Promise(done => setTimeout(done, 100))")
    with pytest.raises(AssertionError) as told:
        visit.assert_quiet()
    assert words in str(told.value)


def test_a_foreign_request_from_a_file_is_told(visitor: Visitor, tmp_path: Path) -> None:
    """No policy stands before it there."""
    file = write(tmp_path, prose="<img src='https://example.org/x.png' alt='far'>")
    visit = visitor.open(file.as_uri(), home=tmp_path.as_uri())
    with pytest.raises(AssertionError, match=r"foreign hosts: \['https://example.org/x.png'\]"):
        visit.assert_quiet()


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ('<a href="gone.html">x</a>', "gone.html: no such file"),
        ('<a href="other.html#gone">x</a>', "other.html#gone: no such place"),
        ('<a href="#gone?round=3">x</a>', "#gone?round=3: no such place"),
        ('<script src="https://example.org/x.js"></script>', "foreign resource https://example.org/x.js"),
    ],
)
def test_a_dead_link_is_told(tmp_path: Path, link: str, words: str) -> None:
    file = write(tmp_path, links=link)
    with pytest.raises(AssertionError) as told:
        checks.links_resolve(file, BeautifulSoup(file.read_text("utf8"), "html.parser"), {})
    assert words in str(told.value)


IN_FILES: list[tuple[Callable[[BeautifulSoup], None], dict[str, str], str]] = [
    (checks.ids_are_unique, {"links": '<p id="a"></p><p id="a"></p>'}, "{'a': 2}"),
    (checks.pictures_have_words, {"links": '<img src="dot.svg">'}, "without words"),
    (checks.pictures_have_words, {"widget": '<svg role="img"></svg>'}, "without words"),
    (checks.captions_are_numbered, {"links": "<figure><figcaption>a</figcaption></figure>"}, "numbered caption"),
    (
        checks.captions_are_numbered,
        {"links": '<figure><figcaption><span class="sd-number">Figure 3.2.</span></figcaption></figure>'},
        "are [2]",
    ),
    (checks.describes_itself, {"head": '<meta name="description" content="A page">'}, "no description: 'A page'"),
    (checks.describes_itself, {"head": ""}, "no description: ''"),
    (checks.describes_itself, {"foot": '<div class="extra_footer">CC BY</div>'}, "no version in 'CC BY'"),
    (checks.claims_are_linked, {"claim": '<div class="sd-claim"><ul></ul></div>'}, "without its link"),
    (checks.claims_are_linked, {"claim": "<!--ledger:toy-->"}, "mark of the ledger"),
    (checks.claims_are_linked, {"claim": GOOD["claim"].replace("<li>", '<li class="failed">')}, "claims that fail"),
    (checks.claims_are_linked, {"claim": '<div class="sd-broken"><li class="passed">✓</li></div>'}, "yet it holds"),
]


@pytest.mark.parametrize(("check", "parts", "words"), IN_FILES, ids=map(named, IN_FILES))
def test_a_broken_file_is_told(
    tmp_path: Path, check: Callable[[BeautifulSoup], None], parts: dict[str, str], words: str
) -> None:
    with pytest.raises(AssertionError) as told:
        check(BeautifulSoup(write(tmp_path, **parts).read_text("utf8"), "html.parser"))
    assert words in str(told.value)


def test_every_check_is_among_those_seen_failing() -> None:
    """So that a new one is not forgotten here."""
    written = {name for name, value in vars(checks).items() if getattr(value, "__module__", None) == checks.__name__}
    seen = {case[0].__name__ for case in (*IN_A_BROWSER, *IN_FILES)} | {"links_resolve", "text_is_plain"}
    assert written - {"places"} <= seen


def test_a_visit_waits_for_what_has_not_begun(visitor: Visitor, home: str, tmp_path: Path) -> None:
    """An explorable that starts late is waited for."""
    late = "<script>setTimeout(() => { document.querySelector('#late').dataset.sdState = 'live'; }, 300)</script>"
    write(
        tmp_path, widget=f'<div id="late" data-sd-widget="toy"><svg width="9" role="img" aria-label="x"/></div>{late}'
    )
    visit: Visit = visitor.open(f"{home}/page.html", home=home)
    checks.explorables_are_live(visit.page)


@pytest.mark.parametrize(
    "raw",
    [
        "see {prf:ref}`loop`",
        "```{exercise} One\n```",
        "(label)=\n# Head",
        "$$\nx\n$$ (loop:x)",
        "<a class='sd-set'>x</a>",
    ],
)
def test_text_that_is_not_plain_is_told(raw: str) -> None:
    """What jupytext alone would hand on."""
    checks.text_is_plain(["# Head\n\nWords, `code {ref}`, and (x)=1:\n\n$$\nx\n\\tag{1}\n$$"])
    with pytest.raises(AssertionError, match="not plain"):
        checks.text_is_plain(["Words.", raw])
