"""Wrong labels: blocks against explicit matrices, the number of fits against the loop itself, and what is refused."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

import selfdistill as sd
from selfdistill.labels import Blocks, fits_until_right, gap, one_hot, smoothed, takeover


def matrix(blocks: Blocks) -> Any:
    """G entry by entry."""
    classes = [i for i, size in enumerate(blocks.sizes) for _ in range(size)]
    count = len(classes)
    return (
        np.array(
            [
                [1.0 if j == k else blocks.within if classes[j] == classes[k] else blocks.between for k in range(count)]
                for j in range(count)
            ]
        )
        / count
    )


def loop(G: Any, y: Any, multipliers: Any) -> Any:
    """The targets of each round after the first, by dense solves."""
    targets = [y]
    for c in multipliers:
        targets.append(G @ np.linalg.solve(G + c * np.eye(len(G)), targets[-1]))
    return np.array(targets[1:])


@st.composite
def blocks_of(draw: Any, *, even: bool) -> Blocks:
    classes = draw(st.integers(2, 5))
    sizes = (draw(st.integers(3, 12)),) * classes if even else tuple(draw(st.integers(1, 12)) for _ in range(classes))
    within = draw(st.floats(0.05, 0.95))
    return Blocks(sizes, within, draw(st.floats(0.0, 0.9)) * within)


def spoiled(blocks: Blocks, seed: int) -> Any:
    """Labels of which some are wrong, each given equally often: class i gets the label i + s as often for each i."""
    m, n = len(blocks.sizes), blocks.sizes[0]
    rng = np.random.default_rng(seed)
    right = rng.integers(n // m + 1, n + 1)
    shifts = np.concatenate([np.zeros(right, dtype=int), rng.integers(1, m, n - right)])
    return (blocks.classes + np.tile(shifts, m)) % m


@pytest.mark.claim("label-avg")
@given(blocks_of(even=False))
def test_a_block_kernel_is_the_matrix_of_its_entries(blocks: Blocks) -> None:
    np.testing.assert_array_equal(sd.spectrum.gram_matrix(blocks, blocks.points), matrix(blocks))


@pytest.mark.claim("label-avg")
@given(blocks_of(even=False), st.integers(0, 10**6), st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=6))
def test_deviations_from_class_means_fade_at_least_as_fast_as_stated(blocks: Blocks, seed: int, c: list[float]) -> None:
    y = np.random.default_rng(seed).standard_normal((len(blocks.classes), 3))
    kept = blocks.factors(c)
    for t, target in enumerate(loop(matrix(blocks), y, c)):
        away = target - blocks.average(target)
        # solves with a matrix of condition up to (d_1 + c)/(d_w + c), which is below 2e2 / 0.05 here
        np.testing.assert_allclose(away, kept[t, 0] * (y - blocks.average(y)), atol=1e-10)
        bound = kept[t, 0] / kept[t, 1] * np.linalg.norm(y - blocks.average(y)) / np.linalg.norm(blocks.average(y))
        assert np.linalg.norm(away) <= bound * np.linalg.norm(blocks.average(target)) + 1e-10


@pytest.mark.claim("label-rounds")
@given(blocks_of(even=True), st.integers(0, 10**6), st.lists(st.floats(1e-4, 10.0), min_size=1, max_size=6))
def test_scores_are_those_of_the_loop_whatever_the_labels(blocks: Blocks, seed: int, c: list[float]) -> None:
    said = np.random.default_rng(seed).integers(0, len(blocks.sizes), len(blocks.classes))
    y = one_hot(said, len(blocks.sizes))
    np.testing.assert_allclose(blocks.scores(said, c), loop(matrix(blocks), y, c), atol=1e-11)


@pytest.mark.claim("label-rounds")
@given(blocks_of(even=True), st.integers(0, 10**6), st.lists(st.floats(1e-3, 10.0), min_size=1, max_size=5))
def test_scores_of_new_points_are_those_of_the_fits(blocks: Blocks, seed: int, c: list[float]) -> None:
    m, G = len(blocks.sizes), matrix(blocks)
    said = np.random.default_rng(seed).integers(0, m, len(G))
    y = one_hot(said, m)
    columns = np.where(np.arange(m)[:, None] == blocks.classes, blocks.within, blocks.between) / len(G)
    targets = [y, *loop(G, y, c)]
    fits = [
        columns @ np.linalg.solve(G + one * np.eye(len(G)), target) for one, target in zip(c, targets, strict=False)
    ]
    np.testing.assert_allclose(blocks.scores(said, c, new=True), fits, atol=1e-11)


@pytest.mark.claim("label-rounds")
@given(blocks_of(even=True), st.integers(0, 10**6), st.floats(1e-3, 10.0))
def test_the_number_of_fits_is_that_of_the_loop(blocks: Blocks, seed: int, times: float) -> None:
    said, c = spoiled(blocks, seed), times * blocks.levels[0]
    lead = gap(blocks.classes, said)
    assume(np.isfinite(lead) and lead > 0)
    exact = np.log1p(1 / lead) / np.log(np.divide(*(blocks.levels[[1, 0]] / (blocks.levels[[1, 0]] + c))))
    assume(abs(exact - round(exact)) > 1e-6)  # at a tie rounding decides
    assume(exact < 60)
    fits = fits_until_right(blocks, lead, multiplier=c)
    apart, between, shared = blocks.factors([c] * (fits + 2)).T
    # what decides must stand out of the rounding of the part that all classes share
    assume(np.min(np.abs(between * lead - apart * (1 + lead)) / shared) > 1e-10)
    seen = loop(matrix(blocks), one_hot(said, len(blocks.sizes)), [c] * (fits + 2))
    right = [bool(np.all(np.argmax(scores, axis=1) == blocks.classes)) for scores in seen]
    assert right == [False] * (fits - 1) + [True] * 3


@pytest.mark.claim("label-rounds")
@given(blocks_of(even=True), st.integers(0, 10**6), st.floats(0.01, 0.9))
def test_growing_multipliers_stay_between_the_bounds(blocks: Blocks, seed: int, share: float) -> None:
    said = spoiled(blocks, seed)
    lead = gap(blocks.classes, said)
    assume(np.isfinite(lead) and lead > 0)
    y = one_hot(said, len(blocks.sizes))
    path = sd.distill(blocks, blocks.points, y, epsilon=share**2 * np.mean(np.sum(y**2, axis=1)), rounds=200)
    right = [bool(np.all(np.argmax(target, axis=1) == blocks.classes)) for target in path.targets[1:]]
    if any(right):
        first = right.index(True) + 1
        slack = 1 - 1e-9, 1 + 1e-9  # of the gap: at a tie rounding decides
        assert fits_until_right(blocks, lead * slack[1], multiplier=np.inf) <= first
        assert first <= fits_until_right(blocks, lead * slack[0], multiplier=path.multipliers[0])


@pytest.mark.claim("label-rounds")
def test_without_a_wrong_label_the_first_fit_is_right() -> None:
    blocks = Blocks((3, 3), 0.5, 0.1)
    assert gap(blocks.classes, blocks.classes) == np.inf
    assert fits_until_right(blocks, np.inf, multiplier=1e-9) == 1


@pytest.mark.claim("label-end")
@given(st.integers(0, 10**6), st.floats(0.03, 3.0))
def test_after_the_stated_number_of_fits_one_class_has_all_points(seed: int, times: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 1, (12, 2)), np.eye(3)[rng.integers(0, 3, 12)]
    spectrum = sd.spectrum.decompose(sd.greens.Radial("matern32", 1.0), x)
    c = times * spectrum.eigenvalues[-2]
    found = takeover(spectrum, y, multiplier=c)
    assume(found.fits < 2000)
    d, u = np.linalg.eigh(spectrum.gram)
    for fits in (found.fits, 2 * found.fits):
        kept = np.exp(fits * (np.log(d / (d + c)) - np.log(d[-1] / (d[-1] + c))))  # scaled: no underflow of all scores
        assert set(np.argmax(u @ (kept[:, None] * (u.T @ y)), axis=1)) == {found.winner}


@pytest.mark.claim("label-end")
def test_the_frequent_label_need_not_win_where_points_crowd() -> None:
    x = np.concatenate([np.full(4, 0.5) + 1e-3 * np.arange(4), [10.0, 20.0, 30.0, 40.0, 50.0]])[:, None]
    y = one_hot([1, 1, 1, 1, 0, 0, 0, 0, 0], 2)  # five zeros apart, four ones together
    spectrum = sd.spectrum.decompose(sd.greens.Radial("matern32", 5.0), x)
    assert takeover(spectrum, y, multiplier=0.1).winner == 1


@pytest.mark.claim("label-end")
def test_where_only_one_mode_is_left_the_first_fit_decides() -> None:
    spectrum = sd.spectrum.decompose(lambda x, s: np.ones(np.broadcast_shapes(x.shape, s.shape)), [0.0, 1.0, 2.0])
    assert takeover(spectrum, one_hot([1, 0, 1], 2), multiplier=0.5)[:2] == (1, 1)


@pytest.mark.claim("smoothing")
@given(st.integers(0, 10**6), st.floats(0.0, 0.95), st.floats(1e-3, 1.0))
def test_smoothing_keeps_every_decision_of_every_round(seed: int, strength: float, c: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((15, 2)), np.eye(4)[rng.integers(0, 4, 15)]
    kernel, new = sd.greens.Radial("gaussian", 1.0), rng.standard_normal((30, 2))
    plain, smooth = (sd.distill(kernel, x, rows, multiplier=c, rounds=4)(new) for rows in (y, smoothed(y, strength)))
    ordered = np.sort(plain, axis=2)
    clear = ordered[:, :, -1] - ordered[:, :, -2] > 1e-9  # closer scores are ties to rounding
    assert np.array_equal(np.argmax(plain, axis=2)[clear], np.argmax(smooth, axis=2)[clear])


@pytest.mark.claim("smoothing")
def test_smoothed_labels_still_add_up_to_one() -> None:
    np.testing.assert_allclose(smoothed(np.eye(5), 0.3).sum(axis=1), np.ones(5), rtol=1e-15)


BLOCKS = Blocks((2, 2), 0.5, 0.1)
GRAM = sd.spectrum.decompose(BLOCKS, BLOCKS.points)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Blocks((3,), 0.5, 0.1), r"two classes or more; it is \(3,\)"),
        (lambda: Blocks((3, 0), 0.5, 0.1), "sizes must be a whole number, at least 1; it is 0"),
        (lambda: Blocks((3, 3), 1.0, 0.5), "take 0 <= between < within < 1; between is 0.5, within 1.0"),
        (lambda: Blocks((3, 3), 0.1, 0.5), "take 0 <= between < within < 1; between is 0.5, within 0.1"),
        (lambda: BLOCKS.means([1.0, 2.0]), r"y must have shape \(K, m\) with K = 4; it has shape \(2,\)"),
        (lambda: Blocks((2, 3), 0.5, 0.1).scores([0, 0, 1, 1, 1], [1.0]), r"classes of one size; the sizes are \(2, 3"),
        (lambda: one_hot([0, 2], 2), "class numbers from 0 to 1; it is"),
        (lambda: one_hot([0, 0.5], 2), "class numbers from 0 to 1; it is"),
        (lambda: gap([0, 1], [0]), r"one shape \(K,\); they have \(2,\) and \(1,\)"),
        (lambda: fits_until_right(BLOCKS, 0.0, multiplier=1.0), "the right one leads in its class; the gap is 0.0"),
        (lambda: fits_until_right(BLOCKS, 0.5, multiplier=0.0), "multiplier must be positive; it is 0.0"),
        (lambda: fits_until_right(Blocks((2, 3), 0.5, 0.1), 0.5, multiplier=1.0), "classes of one size"),
        (lambda: smoothed([1.0, 0.0], 0.1), r"shape \(K, m\), one column a class; it has shape \(2,\)"),
        (lambda: smoothed([[1.0, 0.0]], 1.0), r"strength must lie in \[0, 1\); it is 1.0"),
        (lambda: takeover(GRAM, [[1.0, 0.0]] * 3, multiplier=1.0), r"K = 4, both 2 at least; it has shape \(3, 2\)"),
        (lambda: takeover(GRAM, [[1.0, 0.0], [0.0, 1.0]] * 2, multiplier=1.0), "two classes tie"),
        (lambda: takeover(GRAM, [[1.0, 0.0]] * 4, multiplier=-1.0), "multiplier must be finite and positive; it is -1"),
        (
            lambda: takeover(
                sd.spectrum.decompose(lambda x, s: np.cos(3 * (x - s)), [0.0, 1.0]), [[1.0, 0.0]] * 2, multiplier=1.0
            ),
            "must be positive; it has an entry",
        ),
    ],
)
def test_what_has_no_answer_is_refused(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
