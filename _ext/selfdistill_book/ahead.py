"""Pages run side by side, before Sphinx reads them one after the other.

myst-nb runs the cells of a page when Sphinx comes to read it: one core works, the others wait. Here the pages that are
not in the execution cache run first, as many at a time as there are cores, by the function that myst-nb calls and with
its timeout. What ran well goes into the cache, where myst-nb finds it. A page that fails is left to myst-nb: it runs
again, alone, and is reported as ever.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import create_nb_reader
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.display import status_iterator

MOST = 4  # kernels at a time: each takes some hundred megabytes


def run_ahead(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the pages that are about to be read and are not in the cache, two of them or more."""
    known: Any = env  # myst-nb keeps its settings there
    config = known.mystnb_config
    if config.execution_mode != "cache" or config.execution_excludepatterns:
        return
    cache = get_cache(config.execution_cache_path)
    todo = {path: notebook for path, notebook in notebooks(known, docnames) if not is_cached(cache, notebook)}
    if len(todo) < 2:
        return
    # It lists the fonts, once for all kernels, which would otherwise all do so at once.
    importlib.import_module("matplotlib.font_manager")
    workers = min(MOST, max(2, os.cpu_count() or 1))
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[Any], Path] = {}
        for path, notebook in sorted(todo.items(), key=lambda one: -sum(len(cell.source) for cell in one[1].cells)):
            future = pool.submit(
                single_nb_execution,
                notebook,
                cwd=str(path.parent),
                allow_errors=config.execution_allow_errors,
                timeout=config.execution_timeout,
            )
            running[future] = path
        for future in status_iterator(
            as_completed(running),
            "running cells side by side... ",
            "purple",
            len(running),
            app.verbosity,
            lambda future: running[future].name,
        ):
            if future.exception() is None and future.result().err is None:
                done = future.result()
                bundle = CacheBundleIn(done.nb, str(running[future]), data={"execution_seconds": done.time})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def notebooks(env: Any, docnames: list[str]) -> Iterator[tuple[Path, Any]]:
    """The pages with cells, and their notebooks, as myst-nb will read them; not those with settings of their own."""
    config = env.mystnb_config
    for docname in docnames:
        path = Path(env.doc2path(docname))
        text = path.read_text("utf8")
        reader = create_nb_reader(str(path), env.myst_config, config, text)
        if reader is not None:
            notebook = reader.read(text)
            if config.metadata_key not in notebook.metadata:
                yield path, notebook


def is_cached(cache: Any, notebook: Any) -> bool:
    """Whether the cache has the outputs of these cells."""
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def setup(app: Sphinx) -> None:
    """Connect this part."""
    app.connect("env-before-read-docs", run_ahead)
