"""The benchmark compares the same work, and its table is that of its results. No test asserts a time."""

from __future__ import annotations

import json

import numpy as np
import pytest

import run
import scaling
import selfdistill as sd
from rows import ROWS


@pytest.mark.parametrize("name", list(ROWS))
def test_both_sides_of_a_row_find_the_same(name: str) -> None:
    """At a small size; and the comparison would notice an answer that is off by five per cent."""
    row = ROWS[name][1]()
    ours, theirs = row.ours(), row.peer()
    assert row.difference(ours, theirs) <= row.tolerance
    assert row.difference(ours, 1.05 * theirs) > row.tolerance
    assert row.fairness and row.peer_name and row.target > 0 and row.runs >= 2 and row.calls >= 1


def test_a_measurement_has_all_its_figures() -> None:
    found = run.measure(ROWS["draws"][1]())
    assert 0 < found["lowest"] <= found["median"]
    assert found["difference"] <= 1e-7


@pytest.mark.parametrize(("takes", "calls"), [(0.0625, 4), (0.125, 2), (5.0, 1)])
def test_short_works_are_repeated_and_their_mean_counts(
    takes: float, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that only the work moves: as often as a fifth of a second asks for."""
    clock, made = [100.0], list[int]()
    monkeypatch.setattr(run.time, "perf_counter", lambda: clock[0])

    def work() -> int:
        clock[0] += takes
        made.append(len(made))
        return made[-1]

    assert run.seconds(work) == (takes, calls - 1)
    assert len(made) == calls


def test_the_published_table_is_that_of_the_published_results() -> None:
    results = json.loads(run.RESULTS.read_text("utf8"))
    assert set(results["rows"]) == set(ROWS), "run `make bench`: rows were added or taken away"
    assert set(run.OTHERS) <= set(results)
    assert run.TABLE.read_text("utf8") == run.table(results), "run `make bench`: the table is not that of the results"
    for name, (full, small) in ROWS.items():
        assert results["rows"][name]["peer"] == small().peer_name, name
        assert full is not small


def test_the_curves_have_the_sizes_that_were_asked_for() -> None:
    """The least and the largest sizes of a curve hold; and the floor counts bytes as the formula says, written out."""
    found = scaling.curves([100, 300], runs=2)
    assert set(found) == set(scaling.CURVES)
    for name, entries in found.items():
        sizes = {"dense, streamed": [], "sine": [127, 511]}.get(name, [100, 300])
        assert [entry["K"] for entry in entries] == sizes
        assert all(entry["seconds"] > 0 and entry["runs"] == 2 for entry in entries)
    assert scaling.curves([10**7], ("spectral", "csaps")) == {"spectral": [], "csaps": []}
    [entry] = scaling.batches((10,), (3,), runs=1)
    assert entry["seconds"] > 0 and (entry["K"], entry["problems"]) == (10, 3)
    x, y = scaling.uniform(1000)
    assert len(x) == len(y) == 1023 and np.allclose(np.diff(x), x[0])
    # two products: 2 + 4 + 2·1 + 1 and 2 + 4 + 2·2 + 1 numbers, then two vectors read and three targets written
    assert scaling.bytes_a_point(2, 3) == 8 * (9 + 11 + 2 + 3)


def test_large_kernels_are_measured_as_small_ones() -> None:
    """Without a matrix and on all cores; nothing stays changed, and the table says what was measured where."""
    before = sd.gram.KEPT, sd.gram.cores()
    dense = run.stamped(lambda: scaling.without_a_matrix(300))()
    cores = scaling.on_all_cores(300, runs=2)
    assert before == (sd.gram.KEPT, sd.gram.cores())
    assert dense["constraint"] < 1e-9 and dense["gigabytes"] == pytest.approx(7.2e-4)
    assert cores["difference"] == 0.0 and 0 < cores["lowest"] <= cores["median"]
    words = run.table({"rows": {}, "dense": dense, "cores": {**cores, "measured": dense["measured"]}})
    assert words.count("Measured on") == 1 and ": cores, dense." in words


def test_the_redraw_is_measured_where_there_is_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    assert run.browser_numerics() == {}
    assert "Distill it" not in run.table({"rows": {}, "javascript": {}})
