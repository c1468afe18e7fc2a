"""The scikit-learn estimators, the kernels of the distance, and the command line: thin, and held to what they wrap."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process.kernels import RBF, Matern
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import selfdistill as sd
from selfdistill import __main__ as command
from selfdistill.estimator import SelfDistillationClassifier, SelfDistillationRegressor
from selfdistill.greens import Radial, median_distance

EPS = np.finfo(float).eps


def table(seed: int = 1, count: int = 40, outputs: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, labels (with a mean far from zero), and other points."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((count, 3)), rng.standard_normal((count, outputs) if outputs else count) + 5.0
    return x, y, rng.standard_normal((7, 3))


# --- scikit-learn's own checks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "estimator",
    [
        SelfDistillationRegressor(),
        SelfDistillationRegressor("matern52", length_scale=2.0, multiplier=1e-4, rounds=3),
        SelfDistillationClassifier(),
    ],
    ids=str,
)
def test_scikit_learn_finds_nothing_to_complain_of(
    estimator: SelfDistillationRegressor | SelfDistillationClassifier,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of choices without signal or noise, and of a check that needs SCIPY_ARRAY_API
        results = check_estimator(estimator)
    left_out = {result["check_name"] for result in results if result["status"] != "passed"}
    assert left_out <= {"check_array_api_input"} and len(results) > 50


# --- what the regressor computes -------------------------------------------------------------------------------------


@pytest.mark.claim("ridge-chain")
@pytest.mark.parametrize("outputs", [0, 2])
@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_the_regressor_is_a_chain_of_kernel_ridge_fits(rounds: int, outputs: int) -> None:
    x, y, other = table(outputs=outputs)
    model = SelfDistillationRegressor("gaussian", length_scale=1.5, multiplier=0.01, rounds=rounds).fit(x, y)
    mean, target = np.mean(y, axis=0), y - np.mean(y, axis=0)
    ridge = KernelRidge(kernel="rbf", gamma=1 / (2 * 1.5**2), alpha=len(x) * 0.01)
    stages = list(model.staged_predict(other))
    for stage in stages:
        said = ridge.fit(x, target).predict(other)
        target = ridge.predict(x)
        # both solve systems of condition at most 1 + 1/c (the kernel's height is one), once a round
        assert stage == pytest.approx(mean + said, rel=0, abs=100 * rounds * EPS / 0.01 * np.max(np.abs(y)))
    assert len(stages) == model.n_rounds_ == rounds
    assert model.predict(other) == pytest.approx(stages[-1], rel=0, abs=100 * EPS / 0.01 * np.max(np.abs(y)))


@pytest.mark.parametrize("rule", ["marginal", "cv"])
@pytest.mark.parametrize("rounds", [None, 1, 4])
def test_the_regressor_takes_what_choose_chooses(rule: str, rounds: int | None) -> None:
    x, y, other = table(2)
    y = y + 3 * np.sin(x[:, 0])
    model = SelfDistillationRegressor(length_scale=1.5, rule=rule, rounds=rounds, fit_intercept=False).fit(x, y)
    choice = sd.choose(Radial("gaussian", 1.5), x, y, rule=rule)
    best = choice.by_round[choice.round if rounds is None else rounds - 1]
    assert (model.multiplier_, model.n_rounds_) == (best.multiplier, best.round + 1)
    path = sd.distill(Radial("gaussian", 1.5), x, y, multiplier=best.multiplier, rounds=best.round + 1)
    assert np.array_equal(model.predict(other), path.predict(other, round=best.round))
    assert model.choice_ is not None and model.choice_.single == choice.single


def test_with_an_epsilon_the_regressor_ends_at_the_mean() -> None:
    x, y, other = table(3)
    path = sd.distill(Radial("matern32", 1.0), x, y - np.mean(y), epsilon=0.3)
    for rounds in (1, len(path), len(path) + 1):
        model = SelfDistillationRegressor("matern32", length_scale=1.0, epsilon=0.3, rounds=rounds).fit(x, y)
        assert np.array_equal(model.predict(other), path.predict(other, round=rounds - 1) + np.mean(y))
        c = path.multipliers[rounds - 1] if rounds <= len(path) else np.inf
        assert model.multiplier_ == pytest.approx(c, rel=1e-12)
    *_, last = model.staged_predict(other)
    assert last.tolist() == [np.mean(y)] * 7


@pytest.mark.parametrize("intercept", [True, False])
def test_constant_labels_are_their_own_fit(intercept: bool) -> None:
    """Also where the mean of equal numbers is not that number, to the last bit."""
    x, _, other = table(4)
    y = np.full(len(x), 0.1 if intercept else 0.0)
    model = SelfDistillationRegressor(fit_intercept=intercept).fit(x, y)
    assert model.predict(other) == pytest.approx(y[:7], rel=4 * EPS, abs=0)
    assert (model.n_rounds_, model.multiplier_, model.choice_) == (0, np.inf, None)


@pytest.mark.parametrize("options", [{"multiplier": 0.01, "rounds": 2}, {}, {"epsilon": 2.0, "rounds": 9}], ids=str)
def test_a_precomputed_matrix_is_the_kernel_that_it_holds(options: dict[str, Any]) -> None:
    x, y, other = table(5)
    y, green = y + 3 * np.sin(x[:, 0]), Radial("matern12", 2.0)
    known = SelfDistillationRegressor(green, **options).fit(x, y)
    model = SelfDistillationRegressor("precomputed", **options).fit(green(x[:, None], x), y)
    assert model.predict(green(other[:, None], x)) == pytest.approx(known.predict(other), rel=1e-9)
    stages = zip(model.staged_predict(green(other[:, None], x)), known.staged_predict(other), strict=True)
    assert all(one == pytest.approx(two, rel=1e-9) for one, two in stages)
    assert model.n_rounds_ == known.n_rounds_ and model.multiplier_ == pytest.approx(known.multiplier_, rel=1e-9)


WEIGHED = [
    {"multiplier": 0.01, "rounds": 3},
    {"epsilon": 0.5, "rounds": 2},
    {},
    {"rule": "sure"},
    {"rule": "gcv", "rounds": 1},
]


@pytest.mark.parametrize("options", WEIGHED, ids=str)
def test_a_row_of_whole_weight_is_a_row_given_so_often(options: dict[str, Any]) -> None:
    """Weight zero leaves it out."""
    x, y, other = table(18)
    y = y + 3 * np.sin(x[:, 0])
    weights = np.random.default_rng(19).integers(0, 4, len(x))
    green = Radial("matern32", 2.0)
    rows = np.repeat(np.arange(len(x)), weights)
    copied = SelfDistillationRegressor(green, **options).fit(x[rows], y[rows])
    model = SelfDistillationRegressor(green, **options).fit(x, y, sample_weight=weights)
    # a multiplier of at least 1e-4 of the largest eigenvalue is chosen: it costs four digits
    assert model.multiplier_ > 1e-4 * copied.path_.spectrum.eigenvalues[-1]
    assert model.predict(other) == pytest.approx(copied.predict(other), rel=1e-10)
    assert model.n_rounds_ == copied.n_rounds_ and model.intercept_ == pytest.approx(copied.intercept_, rel=1e-13)
    matrix = SelfDistillationRegressor("precomputed", **options).fit(green(x[:, None], x), y, sample_weight=weights)
    assert matrix.predict(green(other[:, None], x)) == pytest.approx(copied.predict(other), rel=1e-10)
    if model.choice_ is not None and copied.choice_ is not None:
        assert model.choice_.noise == pytest.approx(copied.choice_.noise, rel=1e-10)
        assert model.choice_.score == pytest.approx(copied.choice_.score, rel=1e-8)


def test_of_other_weights_only_the_ratios_matter() -> None:
    x, y, other = table(20)
    y = y + 3 * np.sin(x[:, 0])
    weights = np.random.default_rng(21).uniform(0.5, 2.0, len(x))
    one, two = (SelfDistillationRegressor().fit(x, y, sample_weight=unit * weights) for unit in (1.0, 1e-6))
    assert two.predict(other) == pytest.approx(one.predict(other), rel=1e-10)
    plain = SelfDistillationRegressor().fit(x, y)
    assert not np.allclose(plain.predict(other), one.predict(other), rtol=1e-3)


def test_copies_of_rows_do_not_pass_for_evidence_that_there_is_no_noise() -> None:
    x, y, other = table(22)
    y = y + 3 * np.sin(x[:, 0])
    alone, thrice = (SelfDistillationRegressor().fit(np.tile(x, (n, 1)), np.tile(y, n)) for n in (1, 3))
    assert thrice.rows_.tolist() == list(range(40)) and thrice.choice_ is not None and alone.choice_ is not None
    assert thrice.choice_.noise == pytest.approx(alone.choice_.noise, rel=1e-10)
    assert thrice.predict(other) == pytest.approx(alone.predict(other), rel=1e-10)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0] * 38 + [-1.0, 1.0], r"sample_weight must not be negative; sample_weight\[38\] is -1.0"),
        ([0.0] * 38 + [1.0, 1.0], "2 rows have a positive sample_weight; at least 3 are needed"),
        ([np.nan] * 40, "NaN"),
        ([1.0] * 39, "shape"),
    ],
)
def test_weights_that_are_none_are_refused(weights: list[float], message: str) -> None:
    x, y, _ = table(23)
    with pytest.raises(ValueError, match=message):
        SelfDistillationRegressor().fit(x, y, sample_weight=weights)


def test_a_kernel_of_the_line_takes_a_table_of_one_column() -> None:
    data = sd.datasets.noisy_sine(20, 0.3, rng=np.random.default_rng(6))
    beam = sd.greens.SimplySupportedBeam()
    model = SelfDistillationRegressor(beam, multiplier=1e-3, rounds=2, fit_intercept=False).fit(data.x[:, None], data.y)
    path = sd.distill(beam, data.x, data.y, multiplier=1e-3, rounds=2)
    assert np.array_equal(model.predict([[0.3]]), path.predict([0.3], round=1))


# --- classes ---------------------------------------------------------------------------------------------------------


@pytest.mark.claim("one-hot")
def test_classes_are_decided_by_independent_loops_with_one_multiplier() -> None:
    x, _, other = table(7, count=60)
    names = np.array(["ant", "bee", "cat"])
    y = names[np.argmax(x + 0.5 * np.random.default_rng(8).standard_normal(x.shape), axis=1)]
    model = SelfDistillationClassifier("matern52", length_scale=2.0, multiplier=0.02, rounds=3).fit(x, y)
    alone = [SelfDistillationRegressor("matern52", length_scale=2.0, multiplier=0.02, rounds=3) for _ in names]
    scores = [one.fit(x, (y == name).astype(float)).predict(other) for one, name in zip(alone, names, strict=True)]
    assert model.scores(other) == pytest.approx(np.transpose(scores), abs=1e3 * EPS / 0.02)
    assert model.predict(other).tolist() == names[np.argmax(scores, axis=0)].tolist()
    *_, last = model.staged_predict(other)
    assert last.tolist() == model.predict(other).tolist()
    assert np.sum(model.scores(other), axis=1) == pytest.approx(np.ones(7), abs=1e3 * EPS / 0.02)


@pytest.mark.claim("one-hot")
def test_two_classes_are_the_signs_of_one_regression() -> None:
    x, _, other = table(9)
    y = np.where(x[:, 0] + x[:, 1] ** 2 > 0.5, "yes", "no")
    model = SelfDistillationClassifier(length_scale=2.0, multiplier=0.02, rounds=2).fit(x, y)
    signs = SelfDistillationRegressor(length_scale=2.0, multiplier=0.02, rounds=2).fit(
        x, np.where(y == "yes", 1.0, -1.0)
    )
    assert model.decision_function(other) == pytest.approx(signs.predict(other), abs=1e3 * EPS / 0.02)
    assert model.predict(other).tolist() == ["yes" if value > 0 else "no" for value in signs.predict(other)]


def test_one_class_alone_is_the_answer() -> None:
    x, _, other = table(10)
    assert SelfDistillationClassifier().fit(x, np.full(len(x), 3)).predict(other).tolist() == [3] * 7


# --- among other estimators ------------------------------------------------------------------------------------------


def test_it_works_in_a_pipeline_and_a_grid_search_and_is_cloned_and_pickled() -> None:
    x, _, other = table(11, count=45)
    y = np.sin(x[:, 0])
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SelfDistillationRegressor("matern32", multiplier=0.1, rounds=1)),
        {"selfdistillationregressor__multiplier": [1e-4, 10.0], "selfdistillationregressor__rounds": [1, 3]},
        cv=3,
    ).fit(x, y)
    assert search.best_params_ == {
        "selfdistillationregressor__multiplier": 1e-4,
        "selfdistillationregressor__rounds": 1,
    }
    again = pickle.loads(pickle.dumps(search))
    assert np.array_equal(again.predict(other), search.predict(other))
    green = sd.greens.Matern(2, 1.0)
    assert clone(SelfDistillationRegressor(green, rule="cv")).get_params()["kernel"] == green


def test_folds_of_a_precomputed_matrix_are_cut_from_rows_and_columns() -> None:
    x, y, _ = table(12, count=30)
    green = Radial("gaussian", 1.0)
    one = {"multiplier": [0.01, 0.1], "rounds": [2]}
    whole = GridSearchCV(SelfDistillationRegressor(green), one, cv=3).fit(x, y)
    matrix = GridSearchCV(SelfDistillationRegressor("precomputed"), one, cv=3).fit(green(x[:, None], x), y)
    assert matrix.cv_results_["mean_test_score"] == pytest.approx(whole.cv_results_["mean_test_score"], rel=1e-9)


def test_the_package_works_without_scikit_learn_and_says_what_is_missing() -> None:
    script = """
import sys
import selfdistill as sd, selfdistill.__main__
assert not any(name.split(".")[0] == "sklearn" for name in sys.modules)
sys.modules["sklearn"] = None
try:
    sd.estimator
except ImportError as error:
    assert "pip install 'selfdistill[sklearn]'" in str(error), error
else:
    raise SystemExit("no error")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


# --- refusals --------------------------------------------------------------------------------------------------------

REFUSED = [
    ({"kernel": "cubic"}, "profile must be one of gaussian, matern12, matern32, matern52; it is 'cubic'"),
    ({"kernel": sd.greens.BrownianBridge}, r"it is the class BrownianBridge. Make one: BrownianBridge\(...\)"),
    ({"kernel": sd.greens.Matern(1, 1.0), "length_scale": 2.0}, "length_scale = 2.0 belongs to a kernel by name"),
    ({"kernel": "precomputed"}, r"needs the square matrix .* X has shape \(40, 3\)"),
    ({"length_scale": -1.0}, "length_scale must be finite and positive; it is -1.0"),
    ({"rule": "best"}, "rule must be one of marginal, sure, cv, gcv; it is 'best'"),
    ({"rule": "cv", "multiplier": 0.1, "rounds": 1}, "rule = 'cv' chooses a multiplier, .* multiplier = 0.1"),
    ({"multiplier": 0.1}, "rounds = None lets a rule choose, .*: give rounds= beside a multiplier"),
    ({"epsilon": 0.1}, "rounds = None lets a rule choose"),
    ({"multiplier": 0.1, "epsilon": 0.1, "rounds": 1}, "give one of epsilon and multiplier"),
    ({"rounds": 17}, "rounds must be a whole number, at least 1 and at most 16; it is 17. Or give multiplier=."),
    ({"rounds": 0}, "rounds must be a whole number, at least 1"),
    ({"multiplier": 0.1, "rounds": 0}, "rounds must be a whole number, at least 1; it is 0"),
    ({"epsilon": -1.0, "rounds": 1}, "epsilon must be finite and positive; it is -1.0"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED, ids=[str(options) for options, _ in REFUSED])
def test_what_contradicts_itself_is_refused(options: dict[str, Any], message: str) -> None:
    x, y, _ = table(13)
    with pytest.raises(ValueError, match=message):
        SelfDistillationRegressor(**options).fit(x, y)


def test_before_a_fit_there_are_no_predictions() -> None:
    for model in (SelfDistillationRegressor(), SelfDistillationClassifier()):
        with pytest.raises(NotFittedError):
            model.predict(np.zeros((1, 3)))
    with pytest.raises(NotFittedError):
        next(SelfDistillationRegressor().staged_predict(np.zeros((1, 3))))


# --- kernels of the distance -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["gaussian", "matern12", "matern32", "matern52"])
def test_kernels_of_the_distance_are_those_of_gaussian_processes(profile: str) -> None:
    x, _, other = table(14)
    peer = RBF(0.7) if profile == "gaussian" else Matern(0.7, nu=int(profile[-2]) / 2)
    green = Radial(profile, 0.7)
    assert green(other[:, None], x) == pytest.approx(peer(other, x), rel=0, abs=50 * EPS)
    assert np.array_equal(green(x[:, None], x), green(x[:, None], x).T) and np.all(green(x, x) == 1.0)
    assert green([[1e300]], [[-1e300]]).tolist() == [0.0]
    with pytest.raises(ValueError, match="length must be finite and positive; it is 0"):
        Radial(profile, 0)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12), st.randoms())
@settings(max_examples=30)
def test_the_median_distance_asks_neither_for_the_order_of_points_nor_for_copies(
    points: list[tuple[int, int]], random: object
) -> None:
    x = np.array(points, dtype=float)
    rng = np.random.default_rng(len(points))
    again = np.concatenate([x, x[rng.integers(0, len(x), 5)]])[rng.permutation(len(x) + 5)]
    assert median_distance(again) == median_distance(x) > 0


def test_of_many_points_some_are_measured() -> None:
    x = np.random.default_rng(15).standard_normal((3000, 2))
    whole = median_distance(x[:1000])  # about 1e6 dependent pairs of both: a per cent or two
    assert median_distance(x) == pytest.approx(whole, rel=0.1)


# --- from a file to a plot -------------------------------------------------------------------------------------------


def test_a_file_becomes_a_choice_and_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, picture = tmp_path / "table.csv", tmp_path / "fit.svg"
    data = sd.datasets.noisy_sine(30, 0.2, rng=np.random.default_rng(16))
    rows = [f"{x},{y}" for x, y in zip(data.x, data.y, strict=True)]
    file.write_text("\n".join(["time,height", *rows, "0.5,"]), "utf-8")
    command.main([str(file), "--kernel", "matern52", "--length", "0.3", "--plot", str(picture)])
    choice = sd.choose(Radial("matern52", 0.3), data.x[:, None], data.y - np.mean(data.y))
    told = capsys.readouterr().out
    assert "30 rows (1 incomplete, left out): height from time" in told
    assert f"single fit         multiplier {choice.single.multiplier:.4g}" in told
    assert f"round {choice.round}, chosen    multiplier {choice.multiplier:.4g}" in told
    assert picture.read_text("utf-8").rstrip().endswith("</svg>")


def test_several_columns_are_scaled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y, _ = table(17)
    said = []
    for unit in (1.0, 1024.0):  # a power of two scales without rounding, which could decide between equal rounds
        file = tmp_path / "table.csv"
        file.write_text("\n".join(["a,b,c,y", *(f"{unit * p},{q},{r},{v}" for (p, q, r), v in zip(x, y, strict=True))]))
        command.main([str(file), "--plot", str(tmp_path / "fit.png")])
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and "note: no signal is seen in the labels" in said[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,y\n1,2\n3,x\n", "row 3, column 'y': 'x' is no number"),
        ("a,y\n1,2,3\n", "row 2: 3 fields, and 2 names"),
        ("y\n1\n", "needs two columns at least"),
        ("a,y\n1,nan\n1,2\n1,3\n", "must be finite"),
        ("a,y\n1,2\n", "must have shape"),
        ("", "needs two columns at least, .* it has 0"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "table.csv"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(SystemExit, match=message):
        command.main([str(file)])


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "shape"), [("engel", (235, 1)), ("co2", (521, 1)), ("penguins", (342, 3))])
def test_stored_tables_are_whole_and_name_their_source_and_terms(name: str, shape: tuple[int, int]) -> None:
    data = getattr(sd.datasets, name)()
    assert data.x.shape == shape and data.y.shape == data.groups.shape == shape[:1]
    assert len(data.columns) == shape[1] + 1 and data.source and data.terms
    assert np.all(np.isfinite(data.x)) and np.all(data.y > 0)
    assert pickle.loads(pickle.dumps(data)) == data


def test_the_months_of_the_carbon_dioxide_lie_in_their_years() -> None:
    data = sd.datasets.co2()
    steps = np.round(12 * np.diff(data.x[:, 0]))
    assert data.x[0, 0] == pytest.approx(1958 + 2.5 / 12) and data.x[-1, 0] == pytest.approx(2001 + 11.5 / 12)
    assert sorted(set(steps)) == [1, 2, 4] and np.sum(steps - 1) == 5  # gaps of one month, twice, and of three


def test_penguins_come_with_their_species() -> None:
    data = sd.datasets.penguins()
    assert set(data.groups) == {"Adelie", "Chinstrap", "Gentoo"}


# --- functions that cost nothing -------------------------------------------------------------------------------------


def plane(x: Any) -> Any:
    """The columns and a constant."""
    return np.column_stack([x, np.ones(len(x))])


@pytest.mark.parametrize("options", [{"multiplier": 0.01, "rounds": 3}, {"epsilon": 0.3, "rounds": 2}, {}])
@pytest.mark.parametrize("outputs", [0, 2])
@pytest.mark.filterwarnings("ignore::selfdistill.ChoiceWarning")  # beside the plane the labels are noise
@pytest.mark.claim("nullspace")
def test_free_functions_are_those_of_distill(options: dict[str, Any], outputs: int) -> None:
    x, y, other = table(outputs=outputs)
    y = y + 3 * x[:, :1] if outputs else y + 3 * x[:, 0]
    model = SelfDistillationRegressor("matern52", length_scale=2.0, null=plane, **options).fit(x, y)
    kernel, mean = Radial("matern52", 2.0), y.mean(axis=0)
    if not options:
        choice = sd.choose(kernel, x, y - mean, null=plane)
        options = {"multiplier": choice.multiplier, "rounds": choice.round + 1}
    path = sd.distill(kernel, x, y - mean, null=plane, **options)
    np.testing.assert_array_equal(model.predict(other), path.predict(other, round=options["rounds"] - 1) + mean)


def test_a_free_plane_continues_where_the_mean_does_not() -> None:
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 1, (60, 2))
    y = 4 * x[:, 0] - x[:, 1] + 0.1 * rng.standard_normal(60)
    far = np.array([[50.0, 0.0]])  # where the kernel is zero, to rounding
    mean, free = (SelfDistillationRegressor("gaussian", null=null).fit(x, y).predict(far)[0] for null in (None, plane))
    line = np.linalg.lstsq(plane(x), y, rcond=None)[0]
    assert mean == pytest.approx(y.mean(), abs=1e-9)
    assert free == pytest.approx((plane(far) @ line)[0], rel=0.2)
    copied = clone(SelfDistillationRegressor("gaussian", null=[plane])).fit(x, y)
    assert pickle.loads(pickle.dumps(copied)).predict(far)[0] == pytest.approx(free, rel=1e-12)


def test_scores_of_classes_with_free_functions_add_up_to_one() -> None:
    x, _, other = table()
    model = SelfDistillationClassifier("matern32", multiplier=0.01, rounds=2, null=plane).fit(x, np.arange(40) % 3)
    np.testing.assert_allclose(model.scores(other).sum(axis=1), np.ones(7), atol=1e-11)


@pytest.mark.parametrize("null", [[], np.ones((40, 1)), [plane, 3]])
def test_free_functions_that_are_none_are_named(null: Any) -> None:
    x, y, _ = table()
    with pytest.raises(ValueError, match="null must be a function of the rows, or several"):
        SelfDistillationRegressor(null=null).fit(x, y)


def test_free_functions_need_rows() -> None:
    _, y, _ = table()
    with pytest.raises(ValueError, match="with kernel='precomputed' there are no rows"):
        SelfDistillationRegressor("precomputed", null=plane).fit(np.eye(40), y)
