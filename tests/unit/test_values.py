"""What is given is neither changed nor kept nor misread; what is returned is a value."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest

import selfdistill as sd
from selfdistill.kernel import as_points, inside
from selfdistill.sites import Sites

G = sd.greens
BRIDGE = G.BrownianBridge()
X, Y = np.array([0.1, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, -1.0, 0.5])


def path() -> sd.Distillation:
    return sd.distill(BRIDGE, X, Y, epsilon=0.3)


def test_a_path_keeps_no_view_of_what_was_given() -> None:
    x, y = X.copy(), Y.copy()
    found = sd.distill(BRIDGE, x, y, epsilon=0.3)
    before = found.predict([0.2], round=0)[0]
    assert before == pytest.approx(0.9705, abs=5e-5)
    x[:], y[:] = [0.2, 0.4, 0.6, 0.9], 7.0
    assert found.predict([0.2], round=0)[0] == before
    spectrum_of = np.eye(2)
    spectrum = sd.Spectrum(spectrum_of, np.ones(2), np.eye(2))
    spectrum_of[0, 0] = 5.0
    assert spectrum.gram[0, 0] == 1.0 and spectrum_of.flags.writeable


@pytest.mark.parametrize(
    "result", [path(), path().spectrum, sd.datasets.paper()], ids=lambda value: type(value).__name__
)
def test_results_are_values(result: object) -> None:
    for other in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert other == result and hash(other) == hash(result)
        arrays = [value for value in vars(other).values() if isinstance(value, np.ndarray)]
        assert arrays and not any(array.flags.writeable for array in arrays)
    assert result != 1 and result != sd.Spectrum(np.eye(1), np.ones(1), np.eye(1))
    assert len({result, copy.copy(result)}) == 1


def test_unequal_results_are_unequal() -> None:
    assert path() != sd.distill(BRIDGE, X, 2 * Y, epsilon=0.3)
    assert path() != sd.distill(BRIDGE, X, Y, epsilon=0.31)
    assert path() == sd.distill(BRIDGE, X, Y, epsilon=0.3)
    fixed = sd.distill(BRIDGE, X, Y, multiplier=0.3, rounds=1)
    assert fixed == copy.copy(fixed), "an epsilon of nan equals itself"


@pytest.mark.parametrize(
    "error",
    [
        sd.InfeasibleError(0.01, 0.02, "points coincide"),
        sd.UnresolvedError(0.01, 0.02, "words"),
        sd.ClaimFailed("id", []),
        sd.paths.NotConverged("words", ValueError("x")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_survives_the_way_between_processes(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error)


MASKED = np.ma.masked_array([0.1, 0.2, 0.5, 0.8], mask=[False, True, False, False])
DATES = np.array(["2026-01-01", "NaT", "2026-01-03", "2026-01-04"], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (MASKED, r"\[1\] is masked"),
        (DATES, r"\[0\] is a date.*days"),
        (DATES - DATES[0], r"\[0\] is a time span.*days"),
        (np.array([0.1, 0.2, 0.5, 0.8]) + 1j, r"\[0\] is complex"),
        ([0.1, "b", 0.5, 0.8], r"\[1\] is no number"),
        ([0.1, 0.2, None, 0.8], r"\[2\] is"),
        ([0.1, 0.2, 0.5, np.nan], r"\[3\] is nan"),
    ],
    ids=["masked", "dates", "spans", "complex", "text", "none", "nan"],
)
def test_what_is_no_number_is_refused_by_name_and_index(values: object, words: str) -> None:
    for name, call in {
        "x": lambda: sd.distill(BRIDGE, values, Y, epsilon=0.3),  # type: ignore[arg-type]
        "y": lambda: sd.distill(BRIDGE, X, values, epsilon=0.3),  # type: ignore[arg-type]
        "grid": lambda: path()(values),  # type: ignore[arg-type]
    }.items():
        with pytest.raises(ValueError, match=f"{name}.*{words}"):
            call()


def test_a_mask_that_hides_nothing_is_no_mask() -> None:
    assert sd.distill(BRIDGE, np.ma.masked_array(X), Y, epsilon=0.3) == path()


def test_what_a_kernel_hides_is_refused() -> None:
    def masked(x: np.ndarray, s: np.ndarray) -> np.ma.MaskedArray:
        return np.ma.masked_greater(np.minimum(x, s), 0.4)

    for multiplier, epsilon in ((None, 0.3), (0.3, None)):
        with pytest.raises(ValueError, match="is masked"):
            sd.distill(masked, X, Y, epsilon=epsilon, multiplier=multiplier, rounds=1)
        with pytest.raises(ValueError, match=r"must be float64.*float32"):
            sd.distill(
                lambda x, s: np.minimum(x, s).astype(np.float32), X, Y, epsilon=epsilon, multiplier=multiplier, rounds=1
            )


@pytest.mark.parametrize("method", ["spectral", "krylov"])
def test_a_column_of_points_is_points_on_the_line(method: str) -> None:
    column = sd.distill(BRIDGE, X[:, None], Y, epsilon=0.3, method=method)
    flat = sd.distill(BRIDGE, X, Y, epsilon=0.3, method=method)
    assert column == flat
    grid = np.linspace(0, 1, 5)
    np.testing.assert_array_equal(column(grid[:, None]), flat(grid))
    np.testing.assert_array_equal(column.predict(grid[:, None], round=99), np.zeros(5))
    with pytest.raises(ValueError, match=r"lives on the line.*\(4, 2\)"):
        sd.distill(BRIDGE, np.stack([X, X], axis=1), Y, epsilon=0.3)


def test_points_within_roundings_of_an_end_are_the_end() -> None:
    over = np.nextafter(1.0, 2.0)
    assert sd.distill(BRIDGE, [0.3, over], [1.0, 0.1], epsilon=0.1).x[1] == 1.0
    assert path()([over, -1e-16]).tolist() == path()([1.0, 0.0]).tolist()
    assert BRIDGE(over, 0.5) == 0.0
    with pytest.raises(ValueError, match=r"x contains 1.000000001.*domain \[0, 1\].*rescale"):
        sd.distill(BRIDGE, [0.3, 1.000000001], [1.0, 0.1], epsilon=0.1)
    assert inside([5.0], (-np.inf, np.inf), "x", None) == 5.0
    assert as_points([[0.5]], green=BRIDGE).shape == (1,)


def test_an_empty_grid_gives_empty_fits() -> None:
    found = path()
    assert found([]).shape == (len(found), 0) and found.predict([], round=0).shape == (0,)
    plane = sd.distill(lambda p, q: np.exp(-np.sum((p - q) ** 2, axis=-1)), np.eye(3), [1.0, 0, 0], epsilon=0.1)
    assert plane.predict([], round=0).shape == (0,)


def test_sites_do_not_change() -> None:
    """They are made once for a problem, and its solvers share them."""
    sites = Sites.of(sd.greens.BrownianBridge(), np.array([0.2, 0.2, 0.7]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        sites.points = np.array([0.5])  # type: ignore[misc]
