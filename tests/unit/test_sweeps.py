"""Sweeps: in parallel, on a cluster, and resumable without losing a finished cell."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import joblib
import numpy as np
import pytest

import selfdistill as sd


def draws(green: Callable[..., np.ndarray], size: int, count: int, epsilons: list[float]) -> dict[str, np.ndarray]:
    """Multipliers of noise draws on `size` random points."""
    rng = np.random.default_rng(size)
    x = np.sort(rng.uniform(0, 1, size))
    y = np.sin(2 * np.pi * x)[:, None] + 0.3 * rng.standard_normal((size, count))
    spectrum = sd.spectrum.decompose(green, x)
    return {"multipliers": sd.distillation.multipliers(spectrum, y, epsilon=epsilons, rounds=4), "x": x}


def leave_a_mark(place: str, fail: bool = False) -> dict[str, float]:
    """Count the calls by a file each; fail on demand."""
    here = Path(place)
    here.mkdir(exist_ok=True)
    (here / str(len(list(here.iterdir())))).touch()
    if fail:
        raise ZeroDivisionError("no such thing")
    return {"value": 1.5}


CELLS: dict[str, dict[str, Any]] = {
    f"{name}-{size}": {"green": green, "size": size, "count": 5, "epsilons": [0.1, 0.3]}
    for name, green in (("beam", sd.greens.SimplySupportedBeam()), ("motion", sd.greens.BrownianMotion()))
    for size in (12, 20)
}


@pytest.fixture
def cluster() -> Iterator[object]:
    """A real Dask cluster on this machine: a scheduler and two workers, each a process."""
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as running,
        distributed.Client(running) as client,
    ):
        yield client


def test_a_sweep_is_the_loop_over_its_cells() -> None:
    found = sd.sweep(draws, CELLS, jobs=2, progress=False)
    assert list(found) == list(CELLS)
    for name, cell in CELLS.items():
        expected = draws(**cell)
        assert set(found[name]) == set(expected)
        np.testing.assert_array_equal(found[name]["multipliers"], expected["multipliers"])


def test_the_same_sweep_runs_on_a_dask_cluster(cluster: object, tmp_path: Path) -> None:
    """`joblib.parallel_config` carries it there unchanged; the workers, not this process, do the work."""
    with joblib.parallel_config(backend="dask"):
        found = sd.sweep(where_it_runs, {str(n): {"n": n} for n in range(6)}, folder=tmp_path, progress=False)
    pids = {int(result["pid"]) for result in found.values()}
    workers = set(cluster.run(process_id).values())  # type: ignore[attr-defined]
    assert pids <= workers
    assert [float(found[str(n)]["square"]) for n in range(6)] == [n * n for n in range(6)]
    assert len(list(tmp_path.glob("*.npz"))) == 6


def where_it_runs(n: int) -> dict[str, int]:
    """A cell that tells which process computed it."""
    return {"pid": process_id(), "square": n * n}


def process_id() -> int:
    """The process that asks."""
    return os.getpid()


def test_an_interrupted_sweep_loses_no_finished_cell(tmp_path: Path) -> None:
    marks, kept = tmp_path / "marks", tmp_path / "kept"
    cells = {name: {"place": str(marks / name)} for name in ("a", "b", "c")}
    marks.mkdir()
    broken: dict[str, dict[str, Any]] = {**cells, "c": {**cells["c"], "fail": True}}
    with pytest.raises(RuntimeError, match="the cell 'c' failed: ZeroDivisionError: no such thing"):
        sd.sweep(leave_a_mark, broken, folder=kept, jobs=1, progress=False)
    assert {file.name.split("-")[0] for file in kept.glob("*.npz")} == {"a", "b"}
    again = sd.sweep(leave_a_mark, cells, folder=kept, jobs=1, progress=False)
    assert {name: float(result["value"]) for name, result in again.items()} == {"a": 1.5, "b": 1.5, "c": 1.5}
    assert [len(list((marks / name).iterdir())) for name in "abc"] == [1, 1, 2], "a and b were not computed again"
    sd.sweep(leave_a_mark, {"a": {"place": str(marks / "z")}}, folder=kept, jobs=1, progress=False)
    assert (marks / "z").exists(), "other arguments are another cell"
    assert not list(kept.glob(".*")), "no half-written file is left"


def test_progress_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    cells = {"one": {"place": str(tmp_path / "m")}}
    sd.sweep(leave_a_mark, cells, jobs=1)
    assert "1/1" in capsys.readouterr().err
    sd.sweep(leave_a_mark, cells, jobs=1, progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"a/b": {"place": "x"}}, "'a/b'. Leave out slashes"),
        ({"": {"place": "x"}}, "Leave out slashes"),
        ({"a": {"place": lambda: 0}}, "'a' cannot be pickled"),
    ],
)
def test_bad_cells_are_named(cells: dict, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        sd.sweep(leave_a_mark, cells, folder=tmp_path, progress=False)


def test_a_cell_must_return_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="'a' returned float; return a mapping"):
        sd.sweep(abs_value, {"a": {"x": -1.0}}, jobs=1, progress=False)  # type: ignore[arg-type]  # no mapping is the point


def abs_value(x: float) -> float:
    """No mapping."""
    return abs(x)
