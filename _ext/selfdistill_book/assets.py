"""Every script of the site comes from the site, and only those that its pages need.

The package joins the scripts of its explorables into one classic script, for a browser refuses modules on ``file://``.
Thebe, which fetches code from a foreign host, is dropped; so is MathJax, for formulas are set at the build
(`formulas`), and so are scripts that the theme lists twice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import rjsmin
from docutils import nodes
from sphinx.application import Sphinx

from selfdistill import answers, widgets

OWN = Path(__file__).parent / "static"
# Firefox complains of each formula whose MathML is half there when it lays the page out. On a slow line that happens:
# book.css keeps MathML out of the layout while this mark stands.
LOADING = (
    "document.documentElement.dataset.sdLoading = ''; "
    "addEventListener('DOMContentLoaded', () => delete document.documentElement.dataset.sdLoading);"
)


def gather(app: Sphinx) -> None:
    """Collect the site's own files in the build folder and announce them."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir).parent / "assets"
    shutil.rmtree(target, ignore_errors=True)
    own = target / "selfdistill"
    own.mkdir(parents=True)
    shutil.copy(OWN / "accessibility.js", own)
    app.add_js_file(None, body=LOADING, priority=100)
    app.add_js_file("selfdistill/accessibility.js", loading_method="defer")
    (own / "explorables.js").write_text(widgets.static_bundle() + rjsmin.jsmin(answers.script()), "utf8")
    app.add_js_file("selfdistill/explorables.js", loading_method="defer")
    (own / "explorables.css").write_text(widgets.stylesheet(), "utf8")
    app.add_css_file("selfdistill/explorables.css")
    app.config.html_static_path.append(str(target))


def prune_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop Thebe, MathJax, and every script that stands on the page already."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", None) or {}
        body = attributes.get("body") or ""
        name = str(getattr(script, "filename", script) or "")
        foreign = any(word in name.lower() for word in ("thebe", "mathjax"))
        if foreign or "THEBE_JS_URL" in body or "window.MathJax" in body or (name, body) in seen:
            continue
        seen.add((name, body))
        kept.append(script)
    context["script_files"][:] = kept
    context["css_files"][:] = [style for style in context.get("css_files", []) if "thebe" not in str(style)]


def setup(app: Sphinx) -> None:
    """Connect this part; late, so that it sees what the other extensions added."""
    app.connect("builder-inited", gather, priority=100)
    app.connect("html-page-context", prune_scripts, priority=900)
