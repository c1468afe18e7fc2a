"""Data sets of the book: the points of the paper, noisy sines, digits, real tables; and what the long runs measured.

The tables that are stored in ``selfdistill/data`` are those whose terms allow it.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernel import Array
from .values import Value

_PAPER_TARGETS = (
    0.38476636465198066,
    1.2333967683416893,
    1.33232242217057,
    0.69201594888895180,
    -0.29756145531871736,
    -0.24189291901377769,
    -0.7964485769175675,
    -0.9616480167034174,
    -0.49672509509916934,
    -0.3469066003991437,
    0.5589512650600734,
)


@dataclass(frozen=True, eq=False)
class Data(Value):
    """Points x, labels y, and the function the labels scatter around.

    Attributes
    ----------
    x, y : ndarray, shape (K,)
    truth : callable
        The noise-free function; known, because the data are synthetic.
    """

    x: Array
    y: Array
    truth: Callable[[Array], Array]

    def error(self, fits: Array, grid: Array) -> Array:
        """Mean squared error to the truth over the grid, for fits of shape (..., M): the held-out error."""
        return np.mean((fits - self.truth(grid)) ** 2, axis=-1)


def sine(x: Array) -> Array:
    """sin(2 pi x)."""
    return np.sin(2 * np.pi * x)


def paper() -> Data:
    """The running example: x = 0, 0.1, ..., 1 and y = sin(2 pi x) + noise of standard deviation 0.5, K = 11.

    Source: the illustrative example of Mobahi, Farajtabar and Bartlett (2020). Every function with f(0) = f(1) = 0
    misses the first and the last label, so the smallest feasible epsilon is (y_1² + y_11²)/11 = 0.041861.
    """
    return Data(np.arange(11) / 10, np.array(_PAPER_TARGETS), sine)


def paper_interior() -> Data:
    """The running example without its two end points, K = 9: every assumption of the theory holds."""
    data = paper()
    return Data(data.x[1:-1], data.y[1:-1], data.truth)


def benchmarks() -> dict[str, Any]:
    """What ``make bench`` measured on its machine, named in the result: times of this package beside those of peers."""
    return _stored("benchmarks.json")


def choices() -> dict[str, Any]:
    """What ``python benchmarks/choose.py`` measured: chosen rounds beside chosen single fits, cell by cell."""
    return _stored("choices.json")


def network_runs() -> dict[str, Any]:
    """What ``python benchmarks/networks.py`` measured: networks and their kernel, distilled on digits, seed by seed."""
    return _stored("networks.json")


def literature() -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The map of the literature, 2006 to 2026.

    Returns
    -------
    ideas : dict
        The title of each idea, by its name, in the order of the map.
    works : list of dict
        One a work: ``key`` (that of the bibliography), ``authors``, ``year``, ``idea``, ``setting``, ``target``,
        ``regulariser``, ``result``, ``here`` (a label of the book), and ``derived``, whether its result, or the core of
        it, is derived there.

    Examples
    --------
    >>> ideas, works = literature()
    >>> ideas["loop"], [work["authors"] for work in works if work["idea"] == "loop"]
    ('The loop, exactly', ['Mobahi et al.', 'Borup and Andersen'])
    """
    stored = tomllib.loads((files(__package__) / "literature.toml").read_text("utf8"))
    return {idea["name"]: idea["title"] for idea in stored["idea"]}, stored["work"]


def gcvspl() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """100 points, labels sin(x) + noise of standard deviation 0.5, and the spline that Woltring's program fits to them.

    Reference data for the cubic smoothing spline whose parameter minimises the GCV score, at the points.

    Returns
    -------
    x, y, spline : ndarray, shape (100,)

    Notes
    -----
    Source: the test data of SciPy's `make_smoothing_spline` (scipy/interpolate/tests/data/gcvspl.npz), computed with
    GCVSPL by H. J. Woltring. Terms: the BSD licence of SciPy, which the file repeats.
    """
    text = (files(__package__) / "data" / "gcvspl.csv").read_text("utf8")
    table = np.loadtxt(text.splitlines(), delimiter=",", unpack=True)
    return table[0], table[1], table[2]


def _stored(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files(__package__) / name).read_text("utf8"))
    return content


def noisy_sine(K: int, sigma: float, *, rng: np.random.Generator) -> Data:
    """K points k/(K + 1) inside (0, 1), y = sin(2 pi x) + N(0, sigma²).

    Raises
    ------
    ValueError
        If K < 1 or sigma is negative or not finite.
    """
    if K < 1:
        raise ValueError(f"K must be at least 1; it is {K}")
    if not (np.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma must be finite and non-negative; it is {sigma}")
    x = np.arange(1, K + 1) / (K + 1)
    return Data(x, sine(x) + sigma * rng.standard_normal(K), sine)


@dataclass(frozen=True, eq=False)
class Classes(Value):
    """Points of several classes, some of them labelled wrongly, and held-out points with right labels.

    Attributes
    ----------
    x, held_out : ndarray, shapes (K, p) and (M, p)
        The points to train on, and those held out.
    y : ndarray, shape (K, m)
        One-hot rows of the labels as given, wrong ones included.
    given, right : ndarray of int, shape (K,)
        The labels as given, and the right ones.
    answers : ndarray of int, shape (M,)
        The right labels of the held-out points.
    """

    x: Array
    y: Array
    given: NDArray[np.intp]
    right: NDArray[np.intp]
    held_out: Array
    answers: NDArray[np.intp]

    def accuracy(self, scores: Array) -> Array:
        """Share of the held-out points whose largest score, shape (..., M, m), is that of their class."""
        return np.mean(np.argmax(scores, axis=-1) == self.answers, axis=-1)


def digits(K: int = 600, *, wrong: float = 0.4, rng: np.random.Generator) -> Classes:
    """Handwritten digits, 8 × 8 pixels in [0, 1], K of the 1797 to train on; a share of their labels is made wrong.

    A wrong label is drawn evenly from the nine other classes. The digits come with scikit-learn (`load_digits`), which
    must be installed; nothing is downloaded.

    Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository
    (1998), its test set. See there for the terms of use.

    Raises
    ------
    ValueError
        If K does not lie between 1 and 1796, or `wrong` not between 0 and 1.
    ImportError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: pip install selfdistill[book]"
        ) from error
    images, labels = load_digits(return_X_y=True)
    if not 1 <= K < len(labels):
        raise ValueError(f"K must lie between 1 and {len(labels) - 1}; it is {K!r}")
    if not 0.0 <= wrong <= 1.0:
        raise ValueError(f"wrong is a share between 0 and 1; it is {wrong!r}")
    order = rng.permutation(len(labels))
    train, test = order[:K], order[K:]
    given = labels[train].copy()
    spoiled = rng.permutation(K)[: round(wrong * K)]
    given[spoiled] = (given[spoiled] + rng.integers(1, 10, len(spoiled))) % 10
    return Classes(images[train] / 16.0, np.eye(10)[given], given, labels[train], images[test] / 16.0, labels[test])


@dataclass(frozen=True, eq=False)
class Table(Value):
    """Real data: rows of numbers, where they come from, and on which terms.

    Attributes
    ----------
    x : ndarray, shape (K, p)
    y : ndarray, shape (K,)
    columns : tuple of str
        Names of the columns of x, then that of y, with units.
    groups : ndarray of str, shape (K,)
        The class of each row, if there are classes; empty words if not.
    source, terms : str
        Who published the numbers, and what their distributor says of their use.
    """

    x: Array
    y: Array
    columns: tuple[str, ...]
    groups: NDArray[np.str_]
    source: str
    terms: str


def engel() -> Table:
    """Income of 235 Belgian households of 1857, and what they spent on food, in francs a year; sorted by income.

    Three incomes stand there more than once, two of them with the same expense each time. Rounded to centimes.
    """
    return _table(
        "engel",
        {"income": "income, francs", "foodexp": "food, francs"},
        source="E. Engel (1857); R. Koenker and G. Bassett (1982); as distributed with statsmodels",
        terms="public domain, says statsmodels",
    )


def co2() -> Table:
    """Carbon dioxide at Mauna Loa, 1958 to 2001, parts per million: 521 monthly means; five months are missing.

    x holds the year with its fraction, the middle of the month.
    """
    table = _table(
        "co2",
        {"year": "year", "month": "month", "co2": "CO₂, ppm"},
        source="C. D. Keeling and T. P. Whorf (2004), weekly values as distributed with statsmodels, averaged by month",
        terms="public domain, says statsmodels",
    )
    time = table.x[:, :1] + (table.x[:, 1:] - 0.5) / 12.0
    return replace(table, x=time, columns=("year", table.columns[-1]))


def penguins() -> Table:
    """Bills, flippers and body mass of 342 penguins of three species, which are `groups`; two birds went unmeasured."""
    return _table(
        "penguins",
        {
            "bill_length_mm": "length of the bill, mm",
            "bill_depth_mm": "depth of the bill, mm",
            "flipper_length_mm": "length of the flipper, mm",
            "body_mass_g": "body mass, g",
        },
        groups="species",
        source="K. B. Gorman, T. D. Williams, W. R. Fraser (2014), as distributed with palmerpenguins",
        terms="CC0, says palmerpenguins",
    )


def _table(name: str, columns: dict[str, str], *, source: str, terms: str, groups: str = "") -> Table:
    """A stored table without the rows that lack one of the columns; the last column is y."""
    lines = (files(__package__) / "data" / f"{name}.csv").read_text("utf8").splitlines()
    rows = [row for row in csv.DictReader(lines) if all(row[column] for column in columns)]
    values = np.array([[float(row[column]) for column in columns] for row in rows])
    kinds = np.array([row[groups] if groups else "" for row in rows])
    return Table(values[:, :-1], values[:, -1], tuple(columns.values()), kinds, source, terms)
