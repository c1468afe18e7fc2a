"""Many cells of a simulation, in parallel and resumable: kernels, point sets, sizes.

Inside a cell, draws and epsilons share one eigendecomposition and run as one vectorised batch
(`selfdistill.distillation.multipliers`): that is faster than any scheduler. Across cells `sweep` hands them to joblib,
and so to every backend that joblib knows: processes on this machine by default, a cluster by

>>> with joblib.parallel_config(backend="dask"):  # doctest: +SKIP
...     sweep(work, cells)

It needs joblib and tqdm: ``pip install selfdistill[sweep]``.
"""

from __future__ import annotations

import io
import os
import re
import struct
import time
import traceback
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .digest import digest
from .kernel import Array

Outcome = tuple[str, dict[str, Array], Exception | None]

#: What reading a damaged file can raise.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ValueError,
    EOFError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
STALE = 3600.0  # seconds after which a file that was begun and not finished is nobody's


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
        Returns a mapping from names to arrays of numbers or text. It must reach the other processes: joblib sends
        functions of modules by name, those of a script or notebook, lambdas and closures by value.
    cells : mapping of str to mapping
        The keyword arguments of each cell: anything that can be pickled, and functions.
    folder : path, optional
        Keeps every cell as soon as it is finished, as ``NAME-DIGEST.npz``. Interrupt the sweep and call it again:
        finished cells are read, the others computed. The digest covers the arguments, the code of `work` and of the
        functions and classes of yours that it calls, and the values they close over or read as globals; not
        installed libraries (this package among them), files, or what is imported inside a function. If one of these
        changes, name another folder.
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
        If a name is no text; with a folder, also if an argument, or a value that `work` closes over or reads, cannot
        be pickled.
    RuntimeError
        If cells fail: the error names each. With a folder all other cells are computed and kept first; without one
        the sweep ends at the first failure. A result fails if a name in it is no printable text, or a value is masked
        or is not made of numbers or text (None, say).

    Warns
    -----
    UserWarning
        If a kept file is damaged; its cell is computed again and the file replaced.
    """
    import joblib
    from tqdm.auto import tqdm

    if folder is not None:
        _clear(Path(folder).glob(".*.npz.*"))
    files = {name: _file(work, name, cell, folder) for name, cell in cells.items()}
    done = {name: kept for name, file in files.items() if file is not None and (kept := _read(file)) is not None}
    todo = [name for name in cells if name not in done]
    failures: dict[str, Exception] = {}
    with tqdm(total=len(cells), initial=len(done), disable=not progress, unit="cell") as bar:
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
        for name, result, error in parallel(joblib.delayed(_call)(work, name, dict(cells[name])) for name in todo):
            if error is not None and folder is None:
                raise error
            if error is not None:
                failures[name] = error
                continue
            done[name] = result
            if (file := files[name]) is not None:
                _write(file, result)
            bar.update()
    if failures:
        raise _joined([failures[name] for name in cells if name in failures], len(cells))
    return {name: done[name] for name in cells}


def _call(work: Callable[..., Mapping[str, Any]], name: str, cell: dict[str, Any]) -> Outcome:
    """One cell where it runs. An error is handed back, not raised: raised, it would end the cells that still run."""
    try:
        result = work(**cell)
    except (Exception, SystemExit) as error:
        failure = RuntimeError(f"the cell {name!r} failed: {type(error).__name__}: {error}")
        failure.add_note("".join(traceback.format_exception(error)))  # the error itself may not survive the way back
        return name, {}, failure
    try:
        return name, _arrays(result), None
    except TypeError as error:
        return name, {}, RuntimeError(f"the cell {name!r} returned {error}")


def _joined(failures: list[Exception], total: int) -> Exception:
    """One error for all that failed."""
    if len(failures) == 1:
        return failures[0]
    joined = RuntimeError("\n".join([f"{len(failures)} of {total} cells failed:", *map(str, failures)]))
    for note in [note for failure in failures for note in getattr(failure, "__notes__", [])]:
        joined.add_note(note)
    return joined


def _arrays(result: Any) -> dict[str, Array]:
    """What a cell returned, as arrays that can be kept.

    Raises
    ------
    TypeError
        If something in it cannot; the words complete the sentence "the cell returned ...".
    """
    if not isinstance(result, Mapping):
        raise TypeError(f"{type(result).__name__}; return a mapping of names to arrays")
    arrays = {}
    for key, value in result.items():
        if not isinstance(key, str) or not key.isprintable():
            raise TypeError(f"a value under the name {key!r}; names must be printable text: use str")
        if (place := _first_masked(value)) is not None:
            raise TypeError(
                f"masked entries under {key!r}, the first at index {place}: a kept array has no mask. "
                "Return the entries that are there, or NaN for the others (filled(np.nan))"
            )
        try:
            array = np.asarray(value)
        except ValueError as error:  # rows of different lengths
            raise TypeError(f"no array under {key!r}: {error}") from None
        if array.dtype.hasobject:
            raise TypeError(
                f"a {type(value).__name__} under {key!r}, which is not made of numbers or text; return arrays, or "
                "leave the name out where there is no value"
            )
        arrays[key] = array
    return arrays


def _first_masked(value: Any) -> tuple[int, ...] | None:
    """The index of the first masked entry of an array, or of arrays in lists; None where nothing is masked."""
    if isinstance(value, list | tuple):
        found = ((number, _first_masked(item)) for number, item in enumerate(value))
        return next(((number, *place) for number, place in found if place is not None), None)
    masked = np.argwhere(np.ma.getmask(value))
    return tuple(map(int, masked[0])) if len(masked) else None


def _file(
    work: Callable[..., Any], name: str, cell: Mapping[str, Any], folder: str | os.PathLike[str] | None
) -> Path | None:
    """Where a cell is kept. The digest tells cells apart; the name before it is for people."""
    if not isinstance(name, str):
        raise ValueError(f"the name of a cell is text; it is {name!r} ({type(name).__name__}): use str")
    if folder is None:
        return None
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    try:
        mark = digest(work, **cell)
    except ValueError as error:
        raise ValueError(f"the cell {name!r} cannot be kept: {error}") from error
    readable = re.sub(r"[^\w.=+-]", "_", name)[:40].lstrip(".")  # with four bytes a letter it fits into a file name
    return place / f"{readable}-{mark[:32]}.npz"


def _read(file: Path) -> dict[str, Array] | None:
    """The arrays of a kept cell; None if it is not there, or damaged. Every byte of it is checked."""
    if not file.exists():
        return None
    content = file.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as kept:
            return {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(kept.read(name)), allow_pickle=False)
                for name in kept.namelist()
            }
    except DAMAGE as error:
        warnings.warn(f"{file} is damaged ({error}); its cell is computed again", stacklevel=3)
        return None


def _clear(partial: Iterable[Path]) -> None:
    """Remove what an earlier sweep began to write, and was killed before it was whole."""
    for file in partial:
        if time.time() - file.stat().st_mtime > STALE:
            file.unlink(missing_ok=True)


def _write(file: Path, result: Mapping[str, Array]) -> None:
    """Write beside, then rename: an interruption leaves a whole file or none. `np.load` reads it.

    `np.savez` would take the names as arguments, and has one of its own: ``file``.
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(partial, "w") as out:
            for name, array in result.items():
                with out.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
