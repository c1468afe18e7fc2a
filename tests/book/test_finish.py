"""Formulas that are set at the build, icons that are styles: what is put in, what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from unicodedata import normalize

import pytest
from sphinx.errors import ExtensionError

from selfdistill_book import finish, formulas, icons

INLINE = r'<span class="math notranslate nohighlight">\(a &lt; \frac{b}{c}\)</span>'
DISPLAY = (
    '<div class="math notranslate nohighlight" id="equation-a">\n<span class="eqno">(1)<a href="#">#</a></span>\\[\n'
    "\\sum_k x_k\n\\]</div>"
)
CODE = '<code>&lt;span class="math notranslate nohighlight"&gt;\\(x\\)&lt;/span&gt;</code>'


@pytest.fixture(scope="module")
def found() -> tuple[dict[formulas.Formula, str], str]:
    """The formulas of a page, set."""
    return formulas.typeset(formulas.formulas_of(INLINE + DISPLAY + CODE), "fonts")


def test_a_page_is_read_and_filled(found: tuple[dict[formulas.Formula, str], str]) -> None:
    """Both kinds of formula, as their source was before HTML quoted it; code that shows a formula is left alone."""
    assert formulas.formulas_of(INLINE + DISPLAY + CODE) == [(r"a < \frac{b}{c}", False), ("\n\\sum_k x_k\n", True)]
    page = formulas.put(INLINE + DISPLAY + CODE, found[0])
    assert page.count("<mjx-container") == 2 and page.endswith(CODE)
    assert "<mfrac><mi>b</mi><mi>c</mi></mfrac>" in page, "MathML for those who listen"
    assert "xmlns" not in page and "data-mjx-texclass" not in page, "what HTML does not need"
    assert '<span class="eqno">(1)' in page and r"\(a" not in page
    assert formulas.put(page, {}) == page, "a page that is finished is left alone"


def pieces(tex: str) -> list[str]:
    """A formula within a line of text, as the pieces that may stand on lines of their own: their glyphs."""
    html = formulas.typeset([(tex, False)], "fonts")[0][tex, False].split("<mjx-assistive-mml")[0]
    glyphs = [re.findall(r"mjx-c([0-9A-F]+)", piece) for piece in html.split('<span class="sd-piece">')[1:]]
    return [normalize("NFKC", "".join(chr(int(code, 16)) for code in piece)) for piece in glyphs]


def test_a_long_formula_may_be_broken_where_a_reader_would() -> None:
    """After a relation, an operator, a comma, before a sum; not after a sign, nor in brackets that are short."""
    assert pieces(r"a(b + 1) = (c - d)^2 + e") == ["a(b+1)=", "(c−d)2+", "e"]
    assert pieces(r"a_0, a_1, \dots, a_{n+1} = -b") == ["a0,", "a1,", "...,", "an+1=", "−b"]
    assert pieces(r"\frac{abcde}{2f}\sum_k a_k b_k c_k") == ["abcde2f", "∑kakbkck"]
    assert pieces(r"R\bigl(abcdef + abcdef\bigr)") == ["R(abcdef+", "abcdef)"]
    assert pieces(r"abcdefghij/(abcdef)") == ["abcdefghij/", "(abcdef)"]
    assert pieces(r"a = b + c") == [], "short formulas stay in one line"


@pytest.mark.parametrize(
    ("before", "after", "kept"), [("(", ").", "({}). "), ("", ",", "{}, "), ("a ", "-th one", "{}-th"), ("", "", "")]
)
def test_no_line_ends_between_a_formula_and_its_comma(before: str, after: str, kept: str) -> None:
    page = f'<p>{before}<span class="math notranslate nohighlight">\\(x\\)</span>{after} <em>end</em></p>'
    done = formulas.put(page, {("x", False): "<mjx-container></mjx-container>"})
    formula = '<span class="math notranslate nohighlight"><mjx-container></mjx-container></span>'
    whole = f'<span class="sd-kept">{kept.strip().format(formula)}</span>' if kept else formula
    assert whole in done and ("sd-kept" in done) == bool(kept)
    assert formulas.put(done, {}) == done


@pytest.mark.parametrize(
    "left", [r'<span class="math notranslate nohighlight">x</span>', r"<div " + DISPLAY[5:].replace("\\[", "$$")]
)
def test_a_formula_in_another_form_is_told(left: str) -> None:
    with pytest.raises(ExtensionError, match="a formula that is not set"):
        formulas.put(left, {})


@pytest.mark.parametrize(
    ("tex", "words"), [(r"\frac{a", "Missing close brace"), (r"\nosuchcommand x", "a command that is not known")]
)
def test_a_wrong_formula_stops_the_build(tex: str, words: str) -> None:
    with pytest.raises(ExtensionError, match=words):
        formulas.typeset([("x", False), (tex, True)], "fonts")


def test_the_style_sheet_has_what_the_glyphs_need(found: tuple[dict[formulas.Formula, str], str]) -> None:
    """The rules of the glyphs that are used, and no others; a brace is a glyph and no end of a rule."""
    glyphs = set(formulas.GLYPH.findall("".join(found[0].values())))
    style = formulas.needed(found[1], glyphs | {"mjx-c7B"})
    assert glyphs <= set(formulas.GLYPH.findall(style)) <= glyphs | {"mjx-c7B"}
    assert re.search(r'mjx-c\.mjx-c7B::before \{[^"]*content: "\{"; \}', style)
    assert (
        style.count("@font-face") == found[1].count("@font-face") and 'url("fonts/MathJax_Main-Regular.woff")' in style
    )
    assert len(style) < len(found[1]) / 4
    whole = style.replace('"{"', "")
    assert whole.count("{") == whole.count("}"), "each rule is whole"


SCRIPT = '{bars:[448,512,["navicon"],"f0c9","M1"],"arrow-up":[384,512,[1,"x"],"f062","M2"]},{bars:[1,2,[],"f0c9","M3"]}'
PAGE = '<script defer src="../_static/scripts/fontawesome.js?digest=1"></script><i class="fa-solid fa-bars fa-lg"></i>'


SEARCH = '<script src="../searchindex.js"></script>'


def test_icons_become_styles() -> None:
    """Those that a page shows, of the solid kind, which the script has last."""
    more = '<span class="fas fa-arrow-up"></span><i class="other"></i>'
    assert icons.names_in(PAGE + more) == {"fa-bars", "fa-arrow-up"}
    style = icons.stylesheet(SCRIPT, {"fa-bars"})
    assert "%3Cpath d='M3'/%3E" in style and ".fa-bars {" in style and "fa-arrow-up" not in style
    with pytest.raises(ExtensionError, match="'fa-gone'"):
        icons.stylesheet(SCRIPT, {"fa-gone"})


def test_captions_are_numbered_once() -> None:
    """With the number of the chapter, where it has one."""
    two = "<figcaption>a.</figcaption><figcaption>b.</figcaption>"
    page = f'<h1>T</h1><h1><span class="section-number">7. </span>T</h1>{two}'
    done = finish.number_captions(page)
    assert [text.split("<")[0] for text in done.split('"sd-number">')[1:]] == ["Figure 7.1.", "Figure 7.2."]
    assert finish.number_captions(done) == done
    assert "Figure 2.</span> b." in finish.number_captions(two)


def test_paths_lose_what_says_nothing() -> None:
    """Spaces around letters and zeros behind the point; numbers stay what they are."""
    page = '<path class="L 1.00" d="M 368.20 60.00\nL -0.50 1.05\nC 1.10 2 3 4.005 10 20.0 z"/>'
    short = '<path class="L 1.00" d="M368.2 60L-0.5 1.05C1.1 2 3 4.005 10 20z"/>'
    assert finish.short_paths(page) == short
    assert finish.short_paths(short) == short


def test_the_pages_of_a_build_are_finished(tmp_path: Path) -> None:
    """Formulas set, the script of the icons gone, styles and fonts written; a second time nothing changes."""
    (tmp_path / "_static" / "scripts").mkdir(parents=True)
    (tmp_path / "_static" / "scripts" / "fontawesome.js").write_text(SCRIPT)
    page = tmp_path / "page.html"
    page.write_text(PAGE + INLINE + SEARCH)
    (tmp_path / "search.html").write_text(SEARCH)
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    contents = []
    for _ in range(2):
        finish.finish(app, None)  # type: ignore[arg-type]  # a stand-in with the few attributes that are read
        contents.append({file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()})
    assert contents[0] == contents[1]
    assert "searchindex" not in page.read_text() and (tmp_path / "search.html").read_text() == SEARCH
    assert "fontawesome" not in page.read_text() and "<mjx-container" in page.read_text()
    own = tmp_path / "_static" / "selfdistill"
    fonts = re.findall(r'url\("fonts/([^"]+)"\)', (own / "formulas.css").read_text())
    assert fonts and all((own / "fonts" / name).is_file() for name in fonts)
