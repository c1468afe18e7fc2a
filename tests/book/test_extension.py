"""The Sphinx extension of the book: the ledger's records, and small books built, broken and built again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from selfdistill_book import cache
from selfdistill_book.cache import execution_key, package_digest
from selfdistill_book.ledger import records
from selfdistill_book.ledger.book import join
from selfdistill_book.ledger.records import Page, Statement, faulted_code
from selfdistill_book.repairs import keep_bars

ROOT = Path(__file__).parents[2]
CHECK: dict[str, Any] = {"text": "a", "measured": 1, "relation": "=", "bound": 1, "passed": True}


def page(*ids: str, claims: list[dict[str, Any]] | None = None) -> Page:
    """A page with statements, and equations where the id has a colon."""
    statements = [Statement(id, "equation" if ":" in id else "theorem", id, "page", id) for id in ids]
    return Page(statements, claims or [])


def problems(tmp_path: Path, **pages: Page) -> list[str]:
    """What the ledger says of these pages."""
    return [words for _, words in join(pages, package=tmp_path, tests=tmp_path).problems]


def test_a_statement_with_its_claim_is_in_order(tmp_path: Path) -> None:
    """The claim may stand on another page, and an equation on another page than its statement."""
    claim = {"id": "one", "checks": [{**CHECK, "equation": "one:sum"}]}
    assert problems(tmp_path, a=page("one"), b=page("one:sum", claims=[claim])) == []


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ({"a": page("one")}, "no claim checks the statement 'one'"),
        ({"a": page(claims=[{"id": "one", "checks": [CHECK]}])}, "the claim 'one' has no statement"),
        ({"a": page("one", "one:sum", claims=[{"id": "one", "checks": [CHECK]}])}, "checks the equation 'one:sum'"),
        ({"a": page("sum:one")}, "belongs to no statement"),
        (
            {"a": page("one", claims=[{"id": "one", "checks": [{**CHECK, "equation": "one:sum"}]}])},
            "names the equation 'one:sum'",
        ),
        (
            {"a": page("one", claims=[{"id": "one", "checks": [CHECK]}]), "b": page("one")},
            "the label 'one' stands twice",
        ),
    ],
)
def test_an_orphan_is_reported(tmp_path: Path, pages: dict[str, Page], words: str) -> None:
    """In either direction, and once."""
    (found,) = problems(tmp_path, **pages)
    assert words in found


def test_marks_are_read_from_the_source(tmp_path: Path) -> None:
    """Functions, classes, parameters and modules carry marks; other decorators and plain functions do not."""
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.claim('all')]\n"
        "@pytest.mark.claim('one', 'two')\ndef test_f(): ...\n"
        "@pytest.mark.claim('one')\nclass TestC:\n    @pytest.mark.claim('three')\n    def test_m(self): ...\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.claim('four'))])\ndef test_p(x): ...\n"
        "@pytest.mark.claim('five')\ndef helper(): ...\n"
    )
    name = f"{tmp_path.name}/test_a.py"
    found = records.tests_by_claim(tmp_path)
    assert found["one"] == [f"{name}::test_f", f"{name}::TestC::test_m"]
    assert found["two"] == [f"{name}::test_f"]
    assert found["three"] == [f"{name}::TestC::test_m"]
    assert found["four"] == [f"{name}::test_p"]
    assert "five" not in found
    assert len(found["all"]) == 3


def test_faulted_code_is_the_innermost_definition(tmp_path: Path) -> None:
    """A fault names the method it stands in; one outside every definition names the module."""
    package = tmp_path / "package"
    (package / "sub").mkdir(parents=True)
    source = (
        "LIMIT = 10\n\n\nclass C:\n    @property\n    def f(self):\n        def inner():\n            return 1 + 2\n"
    )
    (package / "sub" / "m.py").write_text(source)
    (package / "sub" / "__init__.py").write_text("X = 3\n")
    assert faulted_code(package, "sub/m.py", "1 + 2") == "package.sub.m.C.f.inner"
    assert faulted_code(package, "sub/m.py", "@property") == "package.sub.m.C.f"
    assert faulted_code(package, "sub/m.py", "LIMIT = 10") == "package.sub.m"
    assert faulted_code(package, "sub/__init__.py", "X = 3") == "package.sub"
    assert faulted_code(package, "sub/m.py", "absent") is None
    assert faulted_code(package, "gone.py", "X") is None


def test_the_execution_key_follows_the_package_but_not_its_browser_scripts(tmp_path: Path) -> None:
    """Another line of Python is another key; another line of JavaScript is not."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    first = execution_key(folder)
    (folder / "b.js").write_text("let x;\n")
    package_digest.cache_clear()
    assert execution_key(folder) == first
    (folder / "a.py").write_text("x = 2\n")
    package_digest.cache_clear()
    assert execution_key(folder) != first


def test_bars_of_a_docstring_are_kept() -> None:
    """Absolute values in prose are escaped; literals, displayed formulas and examples are not touched."""
    lines = [
        "|x - s| and ``|a|`` and `|b|`",
        "",
        ".. math:: ",
        "",
        "    |c|",
        "",
        ">>> |d|",
        "|e|",
        ".. math::",
        "   |f|",
    ]
    keep_bars(None, "", "", None, None, lines)  # type: ignore[arg-type]  # the hook looks at the lines only
    assert lines[0] == "\\|x - s\\| and ``|a|`` and `|b|`"
    assert lines[4] == "    |c|"
    assert lines[6] == ">>> |d|"
    assert lines[7] == "\\|e\\|"
    assert lines[9] == "   |f|"


HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
STATED = """
# Stated

```{prf:theorem} A sum
:label: toy
One and one make two.
```

```{index} toys
```

```{code-cell} ipython3
import selfdistill as sd
from selfdistill.extra import TWO
with sd.claim("toy") as claim:
    claim.equal(TWO, 2, text="the package's two")
```
"""


class SmallBook:
    """A book of three pages, with its own copy of the package and of the extension."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("_ext", "_static", "selfdistill"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "_config.yml", folder)
        (folder / "chapters").mkdir()
        (folder / "chapters" / "references.bib").write_text("")
        (folder / "tests").mkdir()
        chapters = "".join(f"  - file: chapters/{name}\n" for name in ("stated", "other", "ledger"))
        self.write("_toc.yml", f"format: jb-book\nroot: chapters/index\nchapters:\n{chapters}")
        self.write("chapters/index.md", "# Index\n")
        self.write("chapters/other.md", "# Other\n")
        self.write("chapters/ledger.md", "# Ledger\n\n```{ledger}\n```\n")
        self.write("chapters/stated.md", HEAD + STATED)
        self.write("selfdistill/extra.py", "TWO = 2\n")
        # what another environment's Jupyter may have left: a kernel of the same name that runs nothing
        foreign = folder / "foreign" / "kernels" / "python3"
        foreign.mkdir(parents=True)
        (foreign / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))

    def write(self, name: str, text: str) -> None:
        """Write one file of the book."""
        (self.folder / name).write_text(text, "utf8")

    def build(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Build it as `make book` does."""
        program = Path(sys.executable).with_name("jupyter-book")
        paths = {"PYTHONPATH": str(self.folder), "JUPYTER_PATH": str(self.folder / "foreign")}
        environment = {**os.environ, **paths, **variables}
        command = [str(program), "build", ".", "-W", "-n"]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)

    def search_index(self) -> dict[str, Any]:
        """What the search knows."""
        text = (self.folder / "_build/html/searchindex.js").read_text("utf8")
        index: dict[str, Any] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
        return index

    def ledger(self) -> list[dict[str, Any]]:
        """The statements of ledger.json."""
        statements: list[dict[str, Any]] = json.loads((self.folder / "_build/html/ledger.json").read_text())[
            "statements"
        ]
        return statements


def test_a_small_book_is_built_broken_and_mended(tmp_path: Path) -> None:
    """The ledger survives rebuilds; a change of the package runs the page again; what is false or orphaned fails."""
    book = SmallBook(tmp_path)
    built = book.build()
    assert built.returncode == 0, built.stdout + built.stderr
    assert "without encryption" not in built.stdout + built.stderr
    assert [one["id"] for one in book.ledger()] == ["toy"]
    index = book.search_index()["indexentries"]
    assert list(index) == ["toys"]
    page = (tmp_path / "_build/html/chapters/stated.html").read_text()
    assert re.search(r'href="\.\./_notebooks/chapters/stated\.ipynb" download="stated\.ipynb"', page)
    assert "ledger.html#toy" in (tmp_path / "_build/html/chapters/stated.html").read_text()

    # Another page changes: the claim comes from the environment, and the ledger's page lists a new test.
    book.write("chapters/other.md", "# Other\n\nMore.\n")
    book.write("tests/test_toy.py", "import pytest\n@pytest.mark.claim('toy')\ndef test_two(): ...\n")
    assert book.build().returncode == 0
    assert book.search_index()["indexentries"] == index, "the search knows the pages that were not written again"
    assert book.ledger()[0]["checks"][0]["text"] == "the package's two"
    assert book.ledger()[0]["tests"] == ["tests/test_toy.py::test_two"]
    assert "tests/test_toy.py::test_two" in (tmp_path / "_build/html/chapters/ledger.html").read_text()

    # The page is read again, with its outputs from the cache.
    book.write("chapters/stated.md", HEAD + STATED + "\nA closing line.\n")
    assert book.build().returncode == 0
    assert len(book.ledger()[0]["checks"]) == 1

    # The package changes and the page does not: its cells run again, and the claim is false now.
    book.write("selfdistill/extra.py", "TWO = 3\n")
    broken = book.build()
    assert broken.returncode != 0
    assert "the claim 'toy' fails" in broken.stdout + broken.stderr

    # The package is right again, and nothing runs: the outputs of its last version were kept.
    book.write("selfdistill/extra.py", "TWO = 2\n")
    undone = book.build()
    assert undone.returncode == 0
    assert "Executing notebook" not in undone.stdout + undone.stderr
    assert "Executing notebook" in built.stdout + built.stderr

    # The statement has lost its claim; then the claim its statement.
    book.write("chapters/stated.md", STATED.partition("```{code-cell}")[0])
    orphaned = book.build()
    assert orphaned.returncode != 0
    assert "no claim checks the statement 'toy'" in orphaned.stdout + orphaned.stderr
    book.write("chapters/stated.md", HEAD + STATED.replace(":label: toy", ":label: toys"))
    orphaned = book.build()
    assert orphaned.returncode != 0
    assert "the claim 'toy' has no statement" in orphaned.stdout + orphaned.stderr


DOCUMENTED = "```{eval-rst}\n.. automodule:: selfdistill.colon\n   :members:\n```\n"
PROPERTY = '''"""A module."""


class Toy:
    """A toy."""

    @property
    def size(self) -> int:
        """The size, a number: two."""
        return 2
'''


WAITING = """
```{code-cell} ipython3
import os, time
from pathlib import Path
Path("../MINE").touch()
for _ in range(int(os.environ["PATIENCE"])):
    if Path("../OTHERS").exists():
        Path("../met-MINE").touch()
        break
    time.sleep(0.1)
print("done")
```
"""


def test_two_builds_of_one_tree_are_one_book(tmp_path: Path) -> None:
    """Under SOURCE_DATE_EPOCH, byte for byte: in another folder, at another time, with other hash seeds.

    One runs its pages side by side, so that each finds the other at work; the other runs them one after the other.
    """
    contents = []
    for name, seed, patience in (("here", "1", "900"), ("elsewhere", "2", "0")):
        (tmp_path / name).mkdir()
        book = SmallBook(tmp_path / name)
        waiting = WAITING.replace("MINE", "first").replace("OTHERS", "second")
        book.write("chapters/stated.md", HEAD + STATED + waiting)
        waiting = WAITING.replace("MINE", "second").replace("OTHERS", "first")
        book.write("chapters/other.md", f"{HEAD}# Other\n{waiting}\n```{{nb-exec-table}}\n```\n\n{DOCUMENTED}")
        book.write("selfdistill/colon.py", PROPERTY)
        if name == "elsewhere":
            alone = (
                (ROOT / "_ext/selfdistill_book/ahead.py").read_text("utf8").replace("len(todo) < 2", "len(todo) < 9")
            )
            book.write("_ext/selfdistill_book/ahead.py", alone)
        built = book.build(SOURCE_DATE_EPOCH="1700000000", PYTHONHASHSEED=seed, PATIENCE=patience)
        assert built.returncode == 0, built.stdout + built.stderr
        assert ("Executing notebook" in built.stdout + built.stderr) == (name == "elsewhere")
        assert len(list((tmp_path / name).glob("met-*"))) == (2 if name == "here" else 0)
        site = tmp_path / name / "_build/html"
        contents.append({file.relative_to(site): file.read_bytes() for file in site.rglob("*") if file.is_file()})
    one, other = contents
    assert not [str(name) for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    table = one[Path("chapters/other.html")].decode()
    assert "The size, a number: two." in table, "a colon in the docstring of a property names no type"
    assert "Status" in table and "Run Time" not in table and "Modified" not in table


def test_the_last_few_caches_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one in use among them, however old it is."""
    names = [f"execution-{number}" for number in range(6)]
    for number, name in enumerate(names):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (number, number))
    monkeypatch.setattr(cache, "execution_key", lambda folder: "0")
    app, config = SimpleNamespace(outdir=tmp_path / "html", srcdir=tmp_path), SimpleNamespace()
    cache.place_cache(app, config)  # type: ignore[arg-type]  # a stand-in with the few attributes that are read
    assert config.nb_execution_cache_path == str(tmp_path / "execution-0")
    assert sorted(one.name for one in tmp_path.iterdir()) == [names[0], *names[3:]]
