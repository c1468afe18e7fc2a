"""The comparison that the chapter on choosing draws: whole, of this package, and with the right arithmetic."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import choose as benchmark
from selfdistill.choice import RULES


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return json.loads(benchmark.RESULTS.read_text("utf8"))


def test_every_problem_under_every_condition_is_there_with_a_hundred_splits(stored: dict[str, Any]) -> None:
    kept = {(cell["problem"], cell["condition"]) for cell in stored["cells"]}
    wanted = {(cell["name"], cell["condition"]) for cell in benchmark.cells(100).values()}
    assert kept == wanted
    assert all(cell["splits"] >= 100 for cell in stored["cells"])
    assert len(benchmark.REAL) >= 8 and len(benchmark.SYNTHETIC) >= 6
    assert set(stored["sources"]) == set(benchmark.REAL)
    for cell in stored["cells"]:
        assert set(cell["distilled"]) == set(RULES)
        assert set(cell["excess"]) == {*RULES, *benchmark.TEXTBOOK}


@pytest.mark.parametrize(
    ("name", "condition"), [("sine", "synthetic"), ("spike", "synthetic"), ("diabetes", "as they are")]
)
def test_the_first_split_gives_the_errors_that_are_stored(name: str, condition: str, stored: dict[str, Any]) -> None:
    (cell,) = (cell for cell in stored["cells"] if (cell["problem"], cell["condition"]) == (name, condition))
    found = benchmark.one_split(*benchmark.draw(name, condition, 0))
    # the scores are flat: with other rounding the choice may be a neighbour in the table, a few per cent away
    for key, kept in zip(("marginal single", "marginal distilled"), cell["first"], strict=True):
        assert found[key] == pytest.approx(kept, rel=0.05)


def test_hindsight_is_never_worse_than_a_rule() -> None:
    found = benchmark.one_split(*benchmark.draw("eight equal modes", "synthetic", 3))
    assert found["oracle"] <= found["oracle single"]
    for key, value in found.items():
        if key.endswith("single") and not key.startswith("rough"):
            assert value >= found["oracle single"] * (1 - 1e-12), key
    assert found["rough best"] <= found["rough single"]


def test_the_errors_of_the_candidates_are_those_of_dense_fits() -> None:
    split, _ = benchmark.draw("Friedman", "synthetic", 1)
    fits = benchmark.Fits(split)
    gram, columns = fits.spectrum.gram, split.kernel(split.grid[:, None], split.x[None]) / len(split.y)
    for c, rounds in ((1e-3, 1), (1e-2, 3)):
        target = split.y
        for _ in range(rounds):
            weights = np.linalg.solve(c * np.eye(len(gram)) + gram, target)
            target = gram @ weights
        lost = 1 - (fits.d / (fits.d + c)) ** rounds
        assert fits.errors(lost[None])[0] == pytest.approx(np.mean((columns @ weights - split.target) ** 2), rel=1e-9)
    twice = (c / (fits.d + c)) ** 2
    np.testing.assert_allclose(fits.residual_parts(np.array([c]), 2)[0], twice, rtol=1e-12)


def test_a_change_is_paired_and_in_per_cent() -> None:
    theirs = np.array([1.0, 2.0, 3.0])
    assert benchmark.compare(1.1 * theirs, theirs)[0] == pytest.approx(10.0)
    assert benchmark.compare(theirs + 0.2, theirs) == [10.0, 0.0]


def test_the_lowest_dip_lies_inside_the_range() -> None:
    score, everywhere = np.array([0.0, 3.0, 2.0, 5.0, 1.0, 4.0, 0.0]), np.ones(7, dtype=bool)
    assert benchmark.lowest_dip(score, everywhere) == 4
    assert benchmark.lowest_dip(score, np.arange(7) < 4) == 2
    assert benchmark.lowest_dip(np.arange(7.0), everywhere) == 6
