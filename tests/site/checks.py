"""What is asserted of a page of the site: functions that take an open page, each seen failing in test_checks.py."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup
from playwright.sync_api import Page

import chromium

# Text of the page that is neither code nor set mathematics nor a picture.
PROSE = """() => {
  const copy = document.querySelector('article').cloneNode(true);
  copy.querySelectorAll('pre, code, script, style, svg, mjx-container').forEach(node => node.remove());
  return copy.textContent;
}"""
RAW = ("$", "\\(", "\\[", "\\begin", "{eq}", "{ref}", "{prf:ref}", "```", "NaN")
# Texts of one picture that lie on each other or stick out of it.
CROWDED = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const edge = svg.getBoundingClientRect(), told = [];
  const all = [...svg.querySelectorAll('text:not(.sdw-value)')]
    .map(node => [node.textContent, node.getBoundingClientRect()]).filter(([text, box]) => box.width > 0);
  all.forEach(([text, a], i) => {
    if (a.left < edge.left - 1 || a.right > edge.right + 1) told.push(`${text} sticks out`);
    for (const [other, b] of all.slice(0, i)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
      if (!apart) told.push(`${text} meets ${other}`);
    }
  });
  return told;
})"""
# What is wider than its box and cut there: it needs a mark, and a place among the stops of the Tab key.
CUT = """() => [...document.querySelectorAll('article :is(div.math, mjx-container, pre, table, .sd-wide)')]
  .filter(node => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible')
  .filter(node => !node.closest('mjx-assistive-mml, svg, details:not([open])'))
  .filter(node => getComputedStyle(node).maskImage === 'none' || node.tabIndex !== 0)
  .map(node => node.textContent.trim().slice(0, 80) || node.outerHTML.slice(0, 80))"""
# The innermost elements that end beyond the screen, those left out that scroll in a box of theirs.
BEYOND = """() => [...document.querySelectorAll('body *')].filter(node => {
  for (let box = node.parentElement; box; box = box.parentElement)
    if (box !== document.body && getComputedStyle(box).overflowX !== 'visible') return false;
  return node.children.length === 0 && node.getBoundingClientRect().right > screen.width + 1;
}).map(node => node.outerHTML.slice(0, 100)).slice(0, 5)"""

# Formulas within a line of text that go on beyond their paragraph: nobody scrolls there.
TORN = """() => {
const folds = [...document.querySelectorAll('details:not([open])')];
folds.forEach(fold => { fold.open = true; });
const torn = [...document.querySelectorAll('article span.math')].filter(formula => {
  if (!formula.getClientRects().length || formula.closest('[data-sd-widget]')) return false;
  let box = formula.parentElement;
  while (getComputedStyle(box).display.startsWith('inline')) box = box.parentElement;
  const parts = [formula, ...formula.querySelectorAll('mjx-math, .sd-piece')];
  const ends = parts.flatMap(part => [...part.getClientRects()]).map(line => line.right);
  return Math.max(...ends) > box.getBoundingClientRect().right + 1;
}).map(formula => formula.querySelector('math')?.textContent ?? formula.textContent);
folds.forEach(fold => { fold.open = false; });
return torn; }"""


def formulas_are_set(page: Page) -> None:
    """Every formula is typeset, and none is an error."""
    formulas = page.locator("article .math")
    assert formulas.count() == page.locator("article .math:has(mjx-container)").count(), "a formula is not set"
    assert page.locator("mjx-merror").count() == 0, page.locator("mjx-merror").all_text_contents()


def formulas_are_whole(page: Page) -> None:
    """No formula in a line of text is cut at the edge: where a line is too short, it goes on in the next one."""
    assert not (torn := page.evaluate(TORN)), f"cut at the edge: {torn}"


def no_markup_is_raw(page: Page) -> None:
    """No word of the source's own language is left in the prose."""
    prose = page.evaluate(PROSE)
    for raw in RAW:
        assert raw not in prose, f"raw {raw!r} in {prose[max(0, prose.index(raw) - 60) : prose.index(raw) + 60]!r}"


def explorables_are_live(page: Page) -> None:
    """Every explorable of the page has begun."""
    states = page.eval_on_selector_all("[data-sd-widget]", "nodes => nodes.map(node => node.dataset.sdState)")
    assert all(state == "live" for state in states), f"explorables are not live: {states}"


def icons_need_no_font(page: Page) -> None:
    """No glyph of Font Awesome is shown: a browser fetches a font only for a glyph of it."""
    fetched = page.evaluate("[...document.fonts].filter(f => f.status !== 'unloaded').map(f => f.family)")
    assert not (icons := [family for family in fetched if "Awesome" in family]), f"a font is fetched for icons: {icons}"


def fits_the_screen(page: Page) -> None:
    """Nothing makes the page wider than the screen (a phone widens its window until all fits: do not ask that)."""
    width, screen = page.evaluate("[document.documentElement.scrollWidth, screen.width]")
    assert width <= screen, f"the page is {width} px wide on a screen of {screen} px: {page.evaluate(BEYOND)}"


def what_is_cut_says_so(page: Page) -> None:
    """A box that scrolls sideways fades where it goes on, and the keyboard reaches it."""
    chromium.within(page, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    for _ in range(20):  # the theme moves its bars some time after the window has changed
        if not (cut := page.evaluate(CUT)):
            return
        page.wait_for_timeout(150)
    raise AssertionError(f"cut without a cue: {cut}")


def words_keep_apart(page: Page) -> None:
    """Texts of a picture neither lie on each other nor stick out of it."""
    assert not (told := page.evaluate(CROWDED)), f"crowded: {told}"


def paper_has_no_controls(page: Page) -> None:
    """In print the article has no button and no field, and each explorable a picture."""
    page.emulate_media(media="print")
    try:
        controls = page.locator("article :is(button, input, select)").filter(visible=True)
        told = controls.evaluate_all("nodes => nodes.map(node => node.outerHTML.slice(0, 150))")
        assert not told, f"controls on paper: {told}"
        for widget in page.locator("[data-sd-widget]").all():
            assert widget.locator("svg").filter(visible=True).count() > 0, "an explorable without a picture on paper"
    finally:
        page.emulate_media(media="null")


def paper_shows_every_check(page: Page) -> None:
    """What a claim folds on the screen is open on paper, and no fold's triangle is printed."""
    page.emulate_media(media="print")
    try:
        hidden = page.locator(".sd-claim li").filter(visible=False)
        assert hidden.count() == 0, f"checks that paper hides: {hidden.all_text_contents()}"
    finally:
        page.emulate_media(media="null")


# --- files -----------------------------------------------------------------------------------------------------------


def places(page: BeautifulSoup) -> set[str]:
    """Every place of a page that a link can name."""
    return {
        *(str(node["id"]) for node in page.select("[id]")),
        *(str(node["name"]) for node in page.select("a[name]")),
        *(str(node["data-sd-widget"]) for node in page.select("[data-sd-widget]")),
    }


def links_resolve(file: Path, page: BeautifulSoup, known: dict[Path, set[str]]) -> None:
    """Every link inside the book leads to a file that is there, and to a place on it; `known` keeps the places read."""

    def places_of(goal: Path) -> set[str]:
        if goal not in known:
            known[goal] = places(BeautifulSoup(goal.read_text("utf8"), "html.parser"))
        return known[goal]

    dead = []
    for node in page.select("[href], [src]"):
        target = str(node.get("href") or node.get("src"))
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            if node.name != "a" and parts.scheme != "data" and node.get("rel") not in (["canonical"], ["license"]):
                dead.append(f"foreign resource {target}")
            continue
        goal = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        if not goal.is_file():
            dead.append(f"{target}: no such file")
            continue
        place = unquote(parts.fragment).partition("?")[0]  # "#distill-it?round=3" is a state of that explorable
        if place and goal.suffix == ".html" and place not in places_of(goal):
            dead.append(f"{target}: no such place on the page")
    assert not dead, "\n".join(dead)


def ids_are_unique(page: BeautifulSoup) -> None:
    """A link to an id can mean one place only; pictures keep their inner ids apart too."""
    counts = Counter(node["id"] for node in page.select("[id]"))
    twice = {key: count for key, count in counts.items() if count > 1}
    assert not twice, f"ids that stand more than once: {twice}"


def pictures_have_words(page: BeautifulSoup) -> None:
    """Every picture of the article says what it shows."""
    silent = [str(image)[:120] for image in page.select("article img") if not image.get("alt")]
    silent += [
        str(svg)[:120]
        for svg in page.select("article svg")
        if not (svg.get("aria-label") or svg.get("aria-labelledby") or svg.find_parent(attrs={"aria-hidden": "true"}))
        and svg.get("role") == "img"
    ]
    assert not silent, f"pictures without words: {silent}"


def captions_are_numbered(page: BeautifulSoup) -> None:
    """Every figure has a caption, and the captions have numbers, one after the other."""
    figures = [one for one in page.select("article figure") if one.find_parent("figure") is None]
    told = [one.select_one("figcaption .sd-number") for one in figures]
    bare = [str(one)[:120] for one, number in zip(figures, told, strict=True) if number is None]
    drawn = page.select("article .cell_output svg.sd-svg")
    bare += [str(svg)[:120] for svg in drawn if svg.find_parent("figure") is None]
    assert not bare, f"figures without a numbered caption: {bare}"
    counts = [int(number.text.rstrip(".").split()[-1].split(".")[-1]) for number in told if number is not None]
    assert counts == [*range(1, len(told) + 1)], f"the numbers of the figures are {counts}"


def claims_are_linked(page: BeautifulSoup) -> None:
    """No mark of the ledger is left, each claim has its link, and none fails but the one broken on purpose."""
    assert not re.search('ledger:[^"]*-->', str(page)), "a mark of the ledger is left"
    claims = page.select(".sd-claim")
    assert len(claims) == len(page.select(".sd-claim .sd-ledger-link")), "a claim without its link"
    failed = [node.get_text() for node in page.select(".sd-claim .failed") if not node.find_parent(class_="sd-broken")]
    assert not failed, f"claims that fail: {failed}"
    unbroken = [node.get_text() for node in page.select(".sd-broken") if not node.select(".failed")]
    assert not unbroken, f"broken on purpose, and yet it holds: {unbroken}"


def text_is_plain(cells: list[str]) -> None:
    """The text of a downloaded notebook has nothing in it that only the book's own build understands."""
    raw = r"\{[\w:-]+\}`[^`]+`|^(?:`{3,}|:{3,})\{.*|^\([\w:-]+\)=|<a class=.sd-set.*?>|\$\$ \([\w:-]+\)"
    left = [found[0] for cell in cells for found in re.finditer(raw, cell, re.M)]
    assert not left, f"not plain: {left}"


def describes_itself(page: BeautifulSoup) -> None:
    """The page has a description of a sentence's length, and says at its foot which version of the book it is."""
    words = " ".join(str(node["content"]) for node in page.select("meta[name=description]"))
    assert len(words.split()) > 5 and "\\" not in words, f"no description: {words!r}"
    feet = " ".join(node.get_text() for node in page.select(".extra_footer"))
    assert re.search(r"Version \d+\.\d+\.\d+\b", feet), f"no version in {feet!r}"
