"""The scripts of ``js/`` as modules: what each imports and exports, and how several become one.

The files are modules with real imports, so that a type checker follows them. Neither host loads them as such: a page
opened from ``file://`` may load no module, and anywidget takes a single one. So they are joined, each after those it
imports, with ``import`` and ``export`` left out. Only the forms that `body` knows may stand in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', flags=re.M)
DEFAULT = re.compile(r"^export default (.*);\s*$", flags=re.M)
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", flags=re.M)


def source(name: str) -> str:
    """The text of ``js/<name>.js``."""
    return (HERE / f"{name}.js").read_text("utf-8")


def body(name: str, default: str = "") -> str:
    r"""A module without its imports, what it exports declared only, and its default export written as `default`.

    In `default`, ``\1`` stands for what is exported. ValueError for any other way to import or to export.
    """
    text = IMPORT.sub("", source(name))
    if len(DEFAULT.findall(text)) != (default != ""):
        raise ValueError(f"{name}.js must have {'exactly one' if default else 'no'} line 'export default ...;'")
    text = DEFAULT.sub(default, text)
    text = re.sub(r"^export (?=(async )?(function|class|const|let) )", "", text, flags=re.M)
    odd = re.search(r"^(import\b|export\b(?! default aloud)).*", text, flags=re.M)
    if odd:
        raise ValueError(
            f"{name}.js: {odd[0]!r} is neither 'import {{ ... }} from \"./other.js\";' nor an exported declaration"
        )
    return text


def chain(names: Iterable[str]) -> list[str]:
    """The modules and all that they import, each after those it imports."""
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...] = ()) -> None:
        if name in above:
            raise ValueError(f"scripts import each other in a ring: {' -> '.join((*above, name))}")
        if name not in order:
            for other in IMPORT.findall(source(name)):
                visit(other, (*above, name))
            order.append(name)

    for name in names:
        visit(name)
    return order


def assert_apart(names: Iterable[str]) -> None:
    """ValueError if two of the modules, which will share one scope, declare the same name."""
    counts = Counter(word for name in names for word in DECLARED.findall(source(name)))
    if twice := sorted(word for word, count in counts.items() if count > 1):
        raise ValueError(f"scripts that share a scope declare these names twice: {', '.join(twice)}")
