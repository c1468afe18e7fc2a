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
    """A short digest of the package, of the benchmark's results, of Python and of the libraries that the pages use."""
    results = folder.parent / "benchmarks" / "results.json"  # drawn by the chapter on scale
    measured = hashlib.sha256(results.read_bytes()).hexdigest() if results.exists() else "nothing measured"
    libraries = (f"{name} {version(name)}" for name in LIBRARIES)
    facts = [package_digest(folder), measured, platform.python_version(), *libraries]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def place_cache(app: Sphinx, config: Config) -> None:
    """Name the cache folder after the key, and drop those of older keys.

    ``nb_execution_cache_path`` belongs to the environment: when it changes, Sphinx reads every page again.
    """
    build = Path(app.outdir).parent
    current = build / f"execution-{execution_key(package_folder(app.srcdir))}"
    for folder in build.glob("execution-*"):
        if folder != current:
            shutil.rmtree(folder)
    config.nb_execution_cache_path = str(current)


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.connect("config-inited", place_cache)
