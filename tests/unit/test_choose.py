"""The choice of multiplier and round: the smallest of a table that dense algebra repeats, in any unit."""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import selfdistill as sd
from selfdistill import choice, statistics
from selfdistill.choice import ChoiceWarning, choose

BEAM, BRIDGE = sd.greens.SimplySupportedBeam(), sd.greens.BrownianBridge()
RULES = choice.RULES


@dataclass(frozen=True)
class Scaled:
    """The bridge in another unit."""

    unit: float

    def __call__(self, x: NDArray[np.float64], s: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.unit * BRIDGE(x, s)


def sample(seed: int = 3, K: int = 30, sigma: float = 0.5) -> sd.datasets.Data:
    return sd.datasets.noisy_sine(K, sigma, rng=np.random.default_rng(seed))


def dense_scores(rule: str, gram: NDArray[np.float64], y: NDArray[np.float64], c: float, rounds: int) -> float:
    """The rule with a dense smoother, for one candidate."""
    K = len(y)
    one = np.linalg.solve(c * np.eye(K) + gram, gram)
    smoother = np.linalg.matrix_power(one, rounds)
    residual = y - smoother @ y
    if rule == "cv":
        return float(np.mean((residual / (1 - np.diag(smoother))) ** 2))
    if rule == "gcv":
        return float(np.mean(residual**2) / (1 - np.trace(smoother) / K) ** 2)
    if rule == "sure":
        return float(np.sum(residual**2) - 0.2 * K + 0.4 * np.trace(smoother))
    lost = np.eye(K) - smoother
    return float(K / 2 * np.log(y @ lost @ y / K) - np.linalg.slogdet(lost)[1] / 2)


@pytest.mark.parametrize("rule", RULES)
def test_the_choice_is_the_smallest_of_a_table_that_dense_algebra_repeats(rule: str) -> None:
    data = sample()
    found = choose(BRIDGE, data.x, data.y, rule=rule, noise=0.2)
    gram = sd.spectrum.decompose(BRIDGE, data.x).gram
    middle = np.flatnonzero((found.multipliers > 1e-6) & (found.multipliers < 1))[::5]
    for t in (0, 1, 4):
        dense = [dense_scores(rule, gram, data.y, found.multipliers[j], t + 1) for j in middle]
        # dense solves with d_max/c up to 1e5 lose that many units of rounding in 1 - diag(S)
        np.testing.assert_allclose(found.scores[t, middle], dense, rtol=1e-7)
    assert found.score == np.min(found.scores)
    where = np.argwhere(found.scores == found.score)[0]
    assert (found.round, found.multiplier) == (where[0], found.multipliers[where[1]])
    assert found.single.score == np.min(found.scores[0]) and found.single.round == 0
    assert [candidate.round for candidate in found.by_round] == list(range(choice.ROUNDS))


@pytest.mark.parametrize("rule", RULES)
def test_units_of_labels_and_kernel_do_not_matter(rule: str) -> None:
    data = sample()
    plain = choose(BRIDGE, data.x, data.y, rule=rule)
    for unit in (1e-120, 1e120):
        scaled = choose(BRIDGE, data.x, data.y * unit, rule=rule)
        assert (scaled.round, scaled.multiplier) == (plain.round, plain.multiplier)
        assert scaled.noise == pytest.approx(plain.noise * unit**2, rel=1e-9)
        assert np.all(np.isfinite(scaled.scores))
        kernel = choose(Scaled(unit), data.x, data.y, rule=rule)
        assert kernel.round == plain.round
        assert kernel.multiplier == pytest.approx(plain.multiplier * unit, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_the_same_labels_twice_are_chosen_for_as_once(rule: str) -> None:
    data = sample()
    once = choose(BRIDGE, data.x, data.y, rule=rule)
    twice = choose(BRIDGE, data.x, np.column_stack([data.y, data.y]), rule=rule)
    assert (twice.round, twice.multiplier) == (once.round, once.multiplier)
    assert twice.noise == pytest.approx(once.noise, rel=1e-12)


def test_without_rounds_the_choice_is_the_single_fit() -> None:
    data = sample()
    found = choose(BEAM, data.x, data.y, rounds=False)
    assert found.round == 0 and found.scores.shape[0] == 1
    assert found.single == choose(BEAM, data.x, data.y).single
    assert (found.single.multiplier, found.single.score) == (found.multiplier, found.score)


def test_the_choice_can_be_distilled_and_pickled() -> None:
    data = sample()
    found = choose(BEAM, data.x, data.y, rule="sure")
    path = sd.distill(BEAM, data.x, data.y, multiplier=found.multiplier, rounds=found.round + 1)
    assert len(path) == found.round + 1
    misfit = np.sum((path.targets[-1] - data.y) ** 2)
    degrees = np.sum(np.exp(path.log_shrinkage[-1]))
    assert found.score == pytest.approx(statistics.sure(misfit, degrees, found.noise, 30), rel=1e-9)
    assert pickle.loads(pickle.dumps(found)).single == found.single


def test_a_singular_gram_matrix_and_several_dimensions_are_legal() -> None:
    eleven = sd.datasets.paper()
    assert np.all(np.isfinite(choose(BEAM, eleven.x, eleven.y).scores))
    rng = np.random.default_rng(8)
    x = rng.standard_normal((40, 3))

    def kernel(x: NDArray[np.float64], s: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(-np.sum((x - s) ** 2, axis=-1) / 8)

    found = choose(kernel, x, np.sin(x[:, 0]) + 0.3 * rng.standard_normal(40), rule="cv")
    assert 0.02 < found.noise < 0.4


def test_a_second_opinion_warns_beyond_a_tenth_and_two_standard_errors() -> None:
    """Of the difference of leave-one-out errors, point by point; by the standard library."""
    rng, said = np.random.default_rng(0), 0
    for _ in range(300):
        u = np.linalg.qr(rng.standard_normal((4, 4)))[0]
        z, lost = rng.standard_normal(4), rng.uniform(0.01, 1, (2, 4))
        errors = [((u * out) @ z / (u**2 @ out)) ** 2 for out in lost]
        chosen = int(np.mean(errors[1]) > np.mean(errors[0]))  # the worse of the two: cross-validation takes the other
        gaps = (errors[chosen] - errors[1 - chosen]).tolist()
        expected = fmean(gaps) > max(0.1 * float(np.mean(errors[1 - chosen])), 2 * stdev(gaps) / 2)
        spectrum = sd.spectrum.Spectrum(np.eye(4), np.arange(1.0, 5.0), u)
        assert bool(choice._disagreement(spectrum, z, lost, chosen)) == expected
        said += expected
    assert 30 < said < 270


def test_labels_without_noise_or_without_signal_are_said_to_be_so() -> None:
    x = np.arange(1, 31) / 31
    for rule in RULES:
        with pytest.warns(ChoiceWarning, match=r"no signal is seen"):
            found = choose(BRIDGE, x, (-1.0) ** np.arange(30), rule=rule)
        assert found.noise == pytest.approx(1.0, abs=0.01) and len(found.notes) == 1
    with pytest.warns(ChoiceWarning, match=r"no noise is seen"):
        choose(lambda x, s: np.exp(-np.abs(x - s)), x, np.cumsum(np.ones(30)) ** 0.5, rule="gcv", rounds=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "aic"}, r"rule must be one of marginal, sure, cv, gcv; it is 'aic'"),
        ({"rounds": 3}, r"rounds is True .* it is 3"),
        ({"noise": -1.0}, r"noise is a variance, finite and positive; it is -1.0"),
        ({"noise": float("nan")}, r"noise is a variance.*nan"),
        ({"y": np.zeros(30)}, r"all labels are zero"),
        ({"y": np.full(30, np.nan)}, r"y must be finite"),
        ({"y": np.ones(29)}, r"K = 30 as in x; it has shape \(29,\)"),
        ({"x": [0.2, 0.4], "y": [1.0, 2.0]}, r"K >= 3; it has shape \(2,\)"),
        ({"x": [0.0, 1.0, 0.0], "y": [1.0, 2.0, 3.0]}, r"the kernel vanishes at all points"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(change: dict[str, Any], message: str) -> None:
    data = sample()
    arguments: dict[str, Any] = {"x": data.x, "y": data.y, **change}
    with pytest.raises(ValueError, match=message):
        choose(BEAM, **arguments)


def test_a_choice_prints_its_figures_and_not_its_tables() -> None:
    data = sample()
    printed = repr(sd.choose(BRIDGE, data.x, data.y))
    assert "multiplier=" in printed and "noise=" in printed
    assert not {"by_round=", "multipliers=", "scores="} & set(re.findall(r"\w+=", printed))
