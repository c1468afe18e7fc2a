"""Every file of the site comes from the site: mathematics, explorables, scripts.

MathJax is copied from the wheel ``sphinx-mathjax-offline``. The package joins the scripts of its explorables into one
classic script, for a browser refuses modules on ``file://``. Thebe, which fetches code from a foreign host, is dropped,
and so are scripts that the theme lists twice.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from selfdistill import widgets

OWN = Path(__file__).parent / "static"
# Of the wheel's 24 MB: the TeX reader with HTML output, and its fonts.
MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2")


def _mathjax_folder() -> Path:
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or not spec.submodule_search_locations:
        raise ExtensionError("sphinx-mathjax-offline is not installed: pip install -r requirements.txt")
    return Path(spec.submodule_search_locations[0]) / "static" / "mathjax"


def gather(app: Sphinx) -> None:
    """Collect the site's own files in the build folder and announce them."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir).parent / "assets"
    shutil.rmtree(target, ignore_errors=True)
    own = target / "selfdistill"
    own.mkdir(parents=True)
    shutil.copy(OWN / "accessibility.js", own)
    app.add_js_file("selfdistill/accessibility.js", loading_method="defer")
    (own / "explorables.js").write_text(widgets.static_bundle(), "utf8")
    app.add_js_file("selfdistill/explorables.js", loading_method="defer")
    (own / "explorables.css").write_text(widgets.stylesheet(), "utf8")
    app.add_css_file("selfdistill/explorables.css")
    source = _mathjax_folder()
    for item in MATHJAX:
        if (source / item).is_dir():
            shutil.copytree(source / item, target / "mathjax" / item)
        else:
            (target / "mathjax" / item).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source / item, target / "mathjax" / item)
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.config.html_static_path.append(str(target))


def prune_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Drop Thebe and every script that stands on the page already."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", None) or {}
        body = attributes.get("body") or ""
        name = str(getattr(script, "filename", script) or "")
        if "thebe" in name or "THEBE_JS_URL" in body or (name, body) in seen:
            continue
        seen.add((name, body))
        kept.append(script)
    context["script_files"][:] = kept
    context["css_files"][:] = [style for style in context.get("css_files", []) if "thebe" not in str(style)]


def setup(app: Sphinx) -> None:
    """Connect this part; late, so that it sees what the other extensions added."""
    app.connect("builder-inited", gather, priority=100)
    app.connect("html-page-context", prune_scripts, priority=900)
