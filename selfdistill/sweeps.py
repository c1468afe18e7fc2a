"""Many cells of a simulation, in parallel and resumable: kernels, point sets, sizes.

Inside a cell, draws and epsilons share one eigendecomposition and run as one vectorised batch
(`selfdistill.distillation.multipliers`): that is faster than any scheduler. Across cells `sweep` hands them to joblib,
and so to every backend that joblib knows: processes on this machine by default, a cluster by

>>> with joblib.parallel_config(backend="dask"):  # doctest: +SKIP
...     sweep(work, cells)

It needs joblib and tqdm: ``pip install selfdistill[sweep]``.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sweep(
    work: Callable[..., Mapping[str, Any]],
    cells: Mapping[str, Mapping[str, Any]],
    *,
    folder: str | os.PathLike[str] | None = None,
    jobs: int = -1,
    progress: bool = True,
) -> dict[str, dict[str, Array]]:
    """Call ``work(**cells[name])`` for each name, in parallel; with a folder, never the same cell twice.

    Parameters
    ----------
    work : callable
        Returns a mapping from names to arrays. It must be importable by name where it runs.
    cells : mapping of str to mapping
        The keyword arguments of each cell: anything that can be pickled.
    folder : path, optional
        Keeps every cell as soon as it is finished, as ``NAME-DIGEST.npz``. Interrupt the sweep and call it again:
        finished cells are read, the others computed. The digest covers the arguments and the name of `work`; if you
        change what `work` does, name another folder.
    jobs : int
        Parallel jobs, as joblib's ``n_jobs``; -1 takes all cores, or all workers of a cluster.
    progress : bool
        Show a bar on the standard error.

    Returns
    -------
    dict
        For each name, in the order of `cells`, the arrays that `work` returned.

    Raises
    ------
    ValueError
        If a name cannot be part of a file name, or the arguments of a cell cannot be pickled.
    RuntimeError
        If a cell fails: the error names it. Cells that were finished before are kept.
    """
    import joblib
    from tqdm.auto import tqdm

    files = {name: _file(work, name, cell, folder) for name, cell in cells.items()}
    done = {name: _read(file) for name, file in files.items() if file is not None and file.exists()}
    todo = [name for name in cells if name not in done]
    with tqdm(total=len(cells), initial=len(done), disable=not progress, unit="cell") as bar:
        if todo:
            parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
            for name, result in parallel(joblib.delayed(_call)(work, name, dict(cells[name])) for name in todo):
                done[name] = result
                if (file := files[name]) is not None:
                    _write(file, result)
                bar.update()
    return {name: done[name] for name in cells}


def _call(work: Callable[..., Mapping[str, Any]], name: str, cell: dict[str, Any]) -> tuple[str, dict[str, Array]]:
    try:
        result = work(**cell)
    except Exception as error:
        raise RuntimeError(f"the cell {name!r} failed: {type(error).__name__}: {error}") from error
    if not isinstance(result, Mapping):
        raise RuntimeError(f"the cell {name!r} returned {type(result).__name__}; return a mapping of names to arrays")
    return name, {key: np.asarray(value) for key, value in result.items()}


def _file(
    work: Callable[..., Any], name: str, cell: Mapping[str, Any], folder: str | os.PathLike[str] | None
) -> Path | None:
    """Where a cell is kept; its name holds a digest of what the cell depends on."""
    import joblib

    if folder is None:
        return None
    if not name or Path(name).name != name:
        raise ValueError(f"the name of a cell becomes part of a file name; it is {name!r}. Leave out slashes.")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    try:
        digest = joblib.hash((f"{work.__module__}.{work.__qualname__}", dict(cell)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:  # what pickle raises
        raise ValueError(
            f"the cell {name!r} cannot be pickled, so it cannot be kept or sent to another process: {error}"
        ) from error
    return place / f"{name}-{digest[:16]}.npz"


def _read(file: Path) -> dict[str, Array]:
    with np.load(file, allow_pickle=False) as kept:
        return {key: kept[key] for key in kept.files}


def _write(file: Path, result: Mapping[str, Array]) -> None:
    """Write beside, then rename: an interruption leaves a whole file or none."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    with partial.open("wb") as out:
        np.savez(out, allow_pickle=False, **result)
    partial.replace(file)
