"""Sweeps: in parallel, on a cluster, and resumable without losing a finished cell."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import selfdistill as sd
from selfdistill.digest import digest


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


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"it is 3 \(int\): use str"):
        sd.sweep(leave_a_mark, {3: {"place": "x"}}, progress=False)  # type: ignore[dict-item]


def test_an_argument_that_cannot_be_pickled_is_refused_before_the_work(tmp_path: Path) -> None:
    words = r"the cell 'a' cannot be kept: the argument 'x' is a lock that cannot be pickled .*Hand in what it is made"
    with pytest.raises(ValueError, match=words):
        sd.sweep(name_of, {"a": {"x": threading.Lock()}}, folder=tmp_path, jobs=1, progress=False)


def test_a_cell_must_return_a_mapping(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="'a' returned float; return a mapping"):
        sd.sweep(abs_value, {"a": {"x": -1.0}}, jobs=1, progress=False)  # type: ignore[arg-type]  # no mapping is the point


def abs_value(x: float) -> float:
    """No mapping."""
    return abs(x)


def name_of(x: object) -> dict[str, str]:
    """The type of its argument."""
    return {"type": type(x).__name__}


# --- what a cell depends on ------------------------------------------------------------------------------------------


class Study:
    """Work that is a method: what it does hangs on its object."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def cell(self, x: float) -> dict[str, float]:
        return {"value": self.factor * x}

    __call__ = cell


def times(factor: float) -> Callable[[float], dict[str, float]]:
    """A closure."""
    return lambda x: {"value": factor * x}


def product_of(factor: float, x: float) -> dict[str, float]:
    return {"value": factor * x}


def script(factor: float) -> Callable[[float], dict[str, float]]:
    """The function `work` of a script of its own, which reads a global and calls a helper."""
    names: dict[str, Any] = {"__name__": "__main__"}
    code = (
        f"FACTOR = {factor}\ndef helper(x):\n    return FACTOR * x\ndef work(x):\n    return {{'value': helper(x)}}\n"
    )
    exec(compile(code, "script.py", "exec"), names)
    work: Callable[[float], dict[str, float]] = names["work"]
    return work


KINDS: dict[str, Callable[[float], Callable[..., Any]]] = {
    "bound method": lambda factor: Study(factor).cell,
    "object": Study,
    "closure": times,
    "partial": lambda factor: functools.partial(product_of, factor),
    "partial of a closure": lambda factor: functools.partial(times(factor), 1.0),
    "lambda": lambda factor: [lambda x: {"value": 2.0 * x}, lambda x: {"value": 20.0 * x}][factor > 5],
    "default": lambda factor: lambda x, by=factor: {"value": by * x},
    "script": script,
    "memoised": lambda factor: functools.lru_cache(script(factor)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_work_closes_over_and_calls_tells_cells_apart(kind: str, tmp_path: Path) -> None:
    """Two works that differ never share a kept cell; a work made afresh finds its own."""
    cells = {"a": {} if kind == "partial of a closure" else {"x": 1.0}}
    for factor in (2.0, 20.0, 2.0):
        found = sd.sweep(KINDS[kind](factor), cells, folder=tmp_path, jobs=1, progress=False)
        assert float(found["a"]["value"]) == factor
    assert len(list(tmp_path.glob("*.npz"))) == 2, "the third sweep read what the first had kept"


def test_functions_among_the_arguments_count_by_their_code(tmp_path: Path) -> None:
    """In lists and dictionaries too."""
    one, two = ({"x": [{"kernel": made(factor)}, 0.5]} for made, factor in ((times, 1.0), (times, 2.0)))
    assert digest(name_of, **one) != digest(name_of, **two)
    assert digest(name_of, **one) == digest(name_of, x=[{"kernel": times(1.0)}, 0.5])


def test_the_order_of_functions_counts() -> None:
    """Also of those met before, and of what a partial holds by place or by name."""
    one, two = times(1.0), times(2.0)
    assert digest(name_of, x=[one, two, one]) != digest(name_of, x=[one, two, two])
    assert digest(functools.partial(dict, 1, x=2)) != digest(functools.partial(dict, 1, "x", 2))


def test_the_digest_is_that_of_another_process(tmp_path: Path) -> None:
    """Hash seeds and addresses do not enter: an interrupted sweep goes on in a new process."""
    (tmp_path / "job.py").write_text(
        "import sys\nimport numpy as np\nimport selfdistill as sd\nfrom selfdistill.digest import digest\n"
        "WORDS = {'b', 'a', 'c', 'long', 'words'}\n"
        "class Base:\n    def f(self, x):\n        return x in {'u', 'v', 'w'} or x in WORDS\n"
        "class Study(Base):\n    def __init__(self):\n        self.a = np.arange(3.0)\n"
        "    def cell(self, green, f):\n        return {'v': [g(1) for g in (f, np.sqrt, lambda t: self.f(t))]}\n"
        "cell = {'green': sd.greens.SimplySupportedBeam(), 'f': lambda s, k={'a', 'bb'}: np.sin(s)}\n"
        "print(digest(Study().cell, **cell))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, str(tmp_path / "job.py")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1 and len(said.pop()) == 65


def test_what_cannot_be_known_is_refused_with_the_remedy(tmp_path: Path) -> None:
    lock = threading.Lock()
    with pytest.raises(ValueError, match=r"'lock', which .* closes over, is a lock that cannot be pickled.*Hand in"):
        sd.sweep(lambda x: {"v": lock.locked()}, {"a": {"x": 1}}, folder=tmp_path, jobs=1, progress=False)


# --- what a cell returns ---------------------------------------------------------------------------------------------


def give(result: Any) -> Any:
    """Return what it was given."""
    return result


def test_any_printable_name_is_kept(tmp_path: Path) -> None:
    """Among them the one that `numpy.savez` has for itself."""
    result = {
        "file": np.arange(3.0),
        "a.npy": 1,
        "a": 2,
        "": "text",
        "x/../y": np.float32(2),
        "λ": np.eye(2, order="F"),
    }
    for _ in range(2):
        found = sd.sweep(give, {"a": {"result": result}}, folder=tmp_path, jobs=1, progress=False)["a"]
        assert list(found) == list(result)
        for name, value in result.items():
            np.testing.assert_array_equal(found[name], value)
            assert found[name].dtype == np.asarray(value).dtype
    (file,) = tmp_path.iterdir()
    with np.load(file) as kept:
        np.testing.assert_array_equal(kept["file"], np.arange(3.0))


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({1: 2.0}, "the cell 'bad' returned a value under the name 1; names must be printable text"),
        ({"a\0b": 2.0}, "under the name 'a.x00b'"),
        ({"c": None}, "the cell 'bad' returned a NoneType under 'c'"),
        ({"c": [1.0, None]}, "returned a list under 'c', which is not made of numbers"),
        ({"c": [[1.0], [1.0, 2.0]]}, "returned no array under 'c'"),
        ({"c": np.ma.array([1.0, 2.0], mask=[False, True])}, r"masked entries under 'c', the first at index \(1,\)"),
        ({"c": [np.ma.array([1.0]), np.ma.array([1.0], mask=[True])]}, r"masked entries .* index \(1, 0\)"),
        ({"c": np.ma.masked}, r"masked entries under 'c', the first at index \(\)"),
    ],
)
def test_what_cannot_be_kept_is_named_and_takes_nothing_with_it(
    result: object, words: str, folder: bool, tmp_path: Path
) -> None:
    cells: dict[str, dict[str, object]] = {"bad": {"result": result}, "good": {"result": {"v": 1.0}}}
    with pytest.raises(RuntimeError, match=words):
        sd.sweep(give, cells, folder=tmp_path if folder else None, jobs=1, progress=False)
    assert [file.name[:5] for file in tmp_path.iterdir()] == ["good-"] * folder


def test_a_mask_that_hides_nothing_is_no_matter() -> None:
    cells = {"a": {"result": {"v": np.ma.array([1.0, 2.0], mask=[False, False])}}}
    np.testing.assert_array_equal(sd.sweep(give, cells, jobs=1, progress=False)["a"]["v"], [1.0, 2.0])


# --- what is kept ----------------------------------------------------------------------------------------------------


def fail_early(number: int) -> dict[str, int]:
    """The first cells fail at once; the others take their time."""
    if number < 2:
        raise KeyError(number)
    time.sleep(0.1)
    return {"number": number}


def test_other_cells_are_kept_when_some_fail_in_parallel(tmp_path: Path) -> None:
    """Those that run beside them, and those after."""
    cells = {str(number): {"number": number} for number in range(6)}
    with pytest.raises(
        RuntimeError, match="2 of 6 cells failed:\nthe cell '0' failed: KeyError: 0\nthe cell '1'"
    ) as told:
        sd.sweep(fail_early, cells, folder=tmp_path, jobs=2, progress=False)
    assert "raise KeyError(number)" in "".join(told.value.__notes__)
    assert sorted(file.name[0] for file in tmp_path.iterdir()) == ["2", "3", "4", "5"]


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_file_is_named_and_its_cell_computed_again(place: int, change: int) -> None:
    """Whatever byte of it: either it does not matter, or it is told."""
    with tempfile.TemporaryDirectory() as name:
        folder, cells = Path(name), {"a": {"result": {"v": np.arange(4.0), "w": "text"}}}
        sd.sweep(give, cells, folder=folder, jobs=1, progress=False)
        (file,) = folder.iterdir()
        content = bytearray(file.read_bytes())
        content[place % len(content)] ^= change
        file.write_bytes(content)
        for again in (False, True):
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                found = sd.sweep(give, cells, folder=folder, jobs=1, progress=False)["a"]
            np.testing.assert_array_equal(found["v"], np.arange(4.0))
            assert list(found) == ["v", "w"] and found["w"] == "text"
            assert not told or not again, "the damaged file was replaced"
            assert all(str(file) in str(one.message) and "is damaged" in str(one.message) for one in told)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_a_file_that_was_cut_off_is_computed_again(content: bytes, tmp_path: Path) -> None:
    cells = {"a": {"result": {"v": 1.0}}}
    sd.sweep(give, cells, folder=tmp_path, jobs=1, progress=False)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.warns(UserWarning, match=f"{re.escape(str(file))} is damaged"):
        assert sd.sweep(give, cells, folder=tmp_path, jobs=1, progress=False)["a"]["v"] == 1.0


def test_what_a_killed_sweep_left_half_written_is_removed(tmp_path: Path) -> None:
    """After an hour; until then another process may be writing it. Files of other names stay."""
    old, young, foreign = (tmp_path / name for name in (".a-12.npz.77", ".b-34.npz.78", ".gitignore"))
    for file in (old, young, foreign):
        file.write_bytes(b"half")
    for file in (old, foreign):
        os.utime(file, (time.time() - 4000,) * 2)
    sd.sweep(give, {"a": {"result": {"v": 1.0}}}, folder=tmp_path, jobs=1, progress=False)
    assert not old.exists() and young.exists() and foreign.exists()


@pytest.mark.parametrize("name", ["x" * 5000, "𝛆" * 100, "a/b", "../up", "", ".", "what: 1?*|\\", "nul\0", "\ud800"])
def test_any_name_can_be_kept(name: str, tmp_path: Path) -> None:
    """Long ones, and those that no file can have."""
    for _ in range(2):
        found = sd.sweep(give, {name: {"result": {"v": 1.0}}}, folder=tmp_path / "kept", jobs=1, progress=False)
        assert found[name]["v"] == 1.0
    assert len(list((tmp_path / "kept").iterdir())) == len(list(tmp_path.rglob("*.npz"))) == 1
