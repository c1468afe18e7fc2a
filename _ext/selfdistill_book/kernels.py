"""The kernel that runs the cells: this environment's, whatever kernel the reader's Jupyter calls ``python3``.

Jupyter looks through ``JUPYTER_PATH`` first, and a kernel found there would run the book with another NumPy, or without
the package. So a specification of this very interpreter is written beside the build and goes before all others.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config


def prefer_this_environment(folder: Path) -> None:
    """Write the specification of the kernel ``python3`` under `folder`, and name that folder first in JUPYTER_PATH.

    Only errors are logged: ipykernel warns of each kernel that its connection is not encrypted, and this one listens on
    the loopback of the machine that builds, and for a few seconds.
    """
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
    place = folder / "kernels" / "python3" / "kernel.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}), "utf8")
    others = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path and path != str(folder)]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), *others])


def before_execution(app: Sphinx, config: Config) -> None:
    """Beside the build's other folders, which no reader publishes."""
    prefer_this_environment(Path(app.outdir).resolve().parent / "jupyter")


def setup(app: Sphinx) -> None:
    """Connect this part.

    The number of BLAS threads changes last digits of what a page prints; with one, the same tree is the same book.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app.connect("config-inited", before_execution)
