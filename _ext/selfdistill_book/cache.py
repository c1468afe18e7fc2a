"""Execution cache: keyed on what the cells call, not only on the cells.

jupyter-cache compares the source of the cells alone, so a changed package would leave yesterday's outputs on the page.
The folder of the cache therefore carries a digest of the package and of the numerical libraries. Another digest is
another folder: every page runs again.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from functools import cache as memoize
from importlib.metadata import version
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

PACKAGE = "selfdistill"
KEPT = 4  # caches
LIBRARIES = ("numpy", "scipy", "matplotlib", "anywidget", "ipywidgets", "ipykernel", "sympy", "scikit-learn")


def package_folder(srcdir: str | Path) -> Path:
    """The folder of the package in this repository."""
    return Path(srcdir) / PACKAGE


@memoize
def package_digest(folder: Path) -> str:
    """The SHA-256 digest of every Python and data file of the package; scripts and styles of the browser left out.

    Cells never see those: they reach the page with the site's own files.
    """
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix not in {".pyc", ".js", ".css"}:
            total.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def execution_key(folder: Path) -> str:
    """A short digest of the package, of Python and of the libraries that the pages use."""
    libraries = (f"{name} {version(name)}" for name in LIBRARIES)
    facts = [package_digest(folder), platform.python_version(), *libraries]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def place_cache(app: Sphinx, config: Config) -> None:
    """Name the cache folder after the key, and keep those of the last few keys: undoing an edit runs nothing again.

    ``nb_execution_cache_path`` belongs to the environment: when it changes, Sphinx reads every page again.
    """
    build = Path(app.outdir).parent
    current = build / f"execution-{execution_key(package_folder(app.srcdir))}"
    current.mkdir(parents=True, exist_ok=True)
    current.touch()  # the youngest, also when it is an old one taken up again
    for folder in sorted(build.glob("execution-*"), key=lambda one: one.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(folder)
    config.nb_execution_cache_path = str(current)


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.connect("config-inited", place_cache)
