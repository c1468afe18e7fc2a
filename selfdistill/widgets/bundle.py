"""The scripts of the explorables joined for two hosts: one module for anywidget, one classic script for a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from . import scripts


@cache
def module(script: str) -> str:
    """One module with an explorable and all that it needs, for anywidget."""
    names = scripts.chain([script, "stage"])
    scripts.assert_apart(names)
    parts = [scripts.body(name) for name in names if name != script]
    return "\n".join([*parts, scripts.body(script, r"export default aloud(\1);")])


def classic(explorables: Iterable[str]) -> str:
    """One classic script with these explorables, for a page without a kernel.

    Modules are refused on ``file://`` and ``eval`` by a content security policy, so each ``export default X`` becomes a
    registration with the static host, and the shared code stands once. Comments and needless space are left out.

    Raises
    ------
    ValueError
        If a template literal stands inside another: the minifier would take the spaces of the inner one.
    """
    import rjsmin  # needed where the site is built, and nowhere else

    explorables = list(explorables)
    names = scripts.chain([*explorables, "host"])
    shared = [name for name in names if name not in explorables]
    scripts.assert_apart(shared)
    for name in names:
        if nested := re.search(r"\$\{[^`}]*`[^`]*`", scripts.source(name)):
            raise ValueError(f"{name}.js has a template in a template, {nested[0]!r}")
    parts = [scripts.body(name) for name in shared]
    for name in explorables:
        registered = scripts.body(name, rf'explorables.set("{name}", \1);')
        parts.append(f"(() => {{\n{registered}\n}})();")
    code = "\n".join(parts)
    return str(rjsmin.jsmin(f'(() => {{\n"use strict";\n{code}\n}})();\n'))


@cache
def stylesheet() -> str:
    """The style sheet of figures and explorables, in both hosts."""
    return re.sub(r"/\*.*?\*/\s*", "", (scripts.HERE / "widgets.css").read_text("utf-8"), flags=re.S)
