"""Explorables: pictures under the reader's fingers, one object for JupyterLab and for the static page.

An explorable is one subclass of `StaticWidget` here and one file ``js/<name>.js`` that ends in
``export default { render };``. With a kernel it is an anywidget. While the book is built (the environment variable
``SELFDISTILL_STATIC`` is 1) it opens no channel to a browser, and renders itself as HTML that holds its data and a
still picture; the script of `static_bundle` brings that alive, with the same code and no kernel. It computes in the
browser from the spectrum that Python shipped; ``tests/test_explorable.py`` holds ``js/numerics.js`` to the package.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from . import datasets, figures, spectrum
from .datasets import Data
from .distillation import Distillation, distill
from .greens import SimplySupportedBeam
from .spectrum import InfeasibleError

_HERE = Path(__file__).parent / "js"
_EXPORT = "export default "


def static_mode() -> bool:
    """True while the book is built: no kernel will answer."""
    return os.environ.get("SELFDISTILL_STATIC") == "1"


def encode(values: ArrayLike) -> str:
    """Base64 of the values as little-endian float64, row by row; ``decode`` in numerics.js undoes it."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _source(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


class StaticWidget(anywidget.AnyWidget):
    """An anywidget that also renders itself as HTML which needs no kernel.

    A subclass names its script (``class DistillIt(StaticWidget, script="distill-it")``), says what it shows in `alt`,
    and draws one still picture of its state in `picture`.
    """

    scripts: ClassVar[dict[str, type[StaticWidget]]] = {}
    script: ClassVar[str] = ""
    alt: ClassVar[str] = ""

    payload = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, *, script: str | None = None, **options: Any) -> None:
        if script is not None:  # None: traitlets derives a class for each object
            cls.script = script
            cls.scripts[script] = cls
            cls._esm = "\n".join(_source(name) for name in ("numerics.js", "drawing.js", f"{script}.js"))
            cls._css = stylesheet()
        super().__init_subclass__(**options)

    def picture(self) -> Figure:
        """A still picture of the present state, for print and for readers without JavaScript."""
        raise NotImplementedError(f"{type(self).__name__} draws no still picture: give it a method picture()")

    def state(self) -> dict[str, Any]:
        """The traits this class adds to an anywidget: what its script reads."""
        inherited = set(anywidget.AnyWidget.class_traits())
        own = (name for name in self.traits(sync=True) if name not in inherited and not name.startswith("_"))
        return {name: getattr(self, name) for name in own}

    def open(self) -> None:
        """Open the channel to the browser, unless nobody would answer."""
        if not static_mode():
            super().open()

    def html(self) -> str:
        """The explorable as HTML: its state as JSON and a still picture, to be brought alive by `static_bundle`."""
        state = json.dumps(self.state(), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        return (
            f'<div data-sd-widget="{self.script}" role="group" aria-label="{escape(self.alt, quote=True)}">'
            f'<script type="application/json">{state}</script>'
            f'<figure class="sd-figure sdw-still">{figures.svg(self.picture(), alt=self.alt)}'
            f"<noscript><p>With JavaScript this picture moves under your hand.</p></noscript></figure></div>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        still = {
            "text/plain": f"<{type(self).__name__}: {self.alt}>",
            "image/png": figures.png(self.picture(), dpi=110),
        }
        if static_mode():
            return {**still, "text/html": self.html()}, {}
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        return {**bundle[0], **still}, bundle[1]


class StoryWidget(StaticWidget):
    """A `StaticWidget` whose numbers have ranges and whose states have stories; ``stage`` in drawing.js is its twin.

    A subclass gives `ranges` (name of a trait: lowest, highest, step of its slider; of log10 for the traits in `logs`),
    `stories` (key: label and the traits it sets), `ship` (what its script needs beside), and validates with `in_range`.
    """

    ranges: ClassVar[Mapping[str, tuple[float, float, float]]] = {}
    logs: ClassVar[frozenset[str]] = frozenset()
    stories: ClassVar[Mapping[str, tuple[str, Mapping[str, Any]]]] = {}

    def __init__(self, *, story: str | None = None, **state: Any) -> None:
        known = {name for name in self.state() if name != "payload"}
        if unknown := set(state) - known - {"layout"}:
            raise ValueError(
                f"{type(self).__name__} knows no argument {min(unknown)!r}; it takes {', '.join(sorted(known))} and story"
            )
        super().__init__(**{**(self._story(story) if story is not None else {}), **state})
        self.payload = {
            **self.ship(),
            "stories": [{"key": key, "label": label, "state": values} for key, (label, values) in self.stories.items()],
            "start": {name: getattr(self, name) for name in self.state() if name != "payload"},
            "ranges": self.ranges,
        }

    def ship(self) -> Mapping[str, Any]:
        """What the script needs beside stories, ranges and the first state."""
        return {}

    def tell(self, story: str) -> None:
        """Set the state of one of `stories`; ValueError for any other name."""
        with self.hold_sync():
            for name, value in self._story(story).items():
                setattr(self, name, value)

    @classmethod
    def _story(cls, name: str) -> Mapping[str, Any]:
        if name not in cls.stories:
            raise ValueError(f"story must be one of {', '.join(map(repr, cls.stories))}; it is {name!r}")
        return cls.stories[name][1]

    @classmethod
    def in_range(cls, proposal: Mapping[str, Any]) -> Any:
        """For `traitlets.validate`: the proposed value, or ValueError if it leaves the slider's range."""
        name, value = proposal["trait"].name, proposal["value"]
        low, high = (10.0**end if name in cls.logs else end for end in cls.ranges[name][:2])
        slack = 1e-12 * (high - low)  # 10**x of the browser may differ by a rounding
        if not low - slack <= value <= high + slack:
            raise ValueError(f"{name} must lie between {low:.4g} and {high:.4g}; it is {value!r}")
        return value


@cache
def static_bundle() -> str:
    """One classic script with every explorable, for a page without a kernel.

    Modules are refused on file:// and `eval` by a content security policy, so each ``export default X`` becomes a
    registration with the static host, and the shared code stands once. Indentation and comments are left out.
    """
    parts = [_source(name) for name in ("numerics.js", "drawing.js", "host.js")]
    for name in StaticWidget.scripts:
        source = _source(f"{name}.js")
        if source.count(_EXPORT) != 1 or re.search(r"^import ", source, flags=re.M):
            raise ValueError(f"{name}.js must have exactly one '{_EXPORT}...;' and no import")
        body = re.sub(rf"{_EXPORT}(.*);\s*$", rf'explorables.set("{name}", \1);', source)
        parts.append(f"(() => {{\n{body}\n}})();")
    code = "\n".join(parts)
    code = re.sub(r"^\s*/\*.*?\*/|^\s+|\s+//[^\n'\"`]*$", "", code, flags=re.S | re.M)
    return f'(() => {{\n"use strict";\n{code}\n}})();\n'


@cache
def stylesheet() -> str:
    """The style sheet of figures and explorables, in both hosts."""
    return _source("widgets.css")


# ---------------------------------------------------------------------------------------------------------------------
# Distill it
# ---------------------------------------------------------------------------------------------------------------------

#: What the sliders of `DistillIt` reach: noise from 0 to 2, log10 of epsilon, rounds.
LIMITS: dict[str, Any] = {"noise": 2.0, "noiseStep": 0.05, "epsilon": (-2.7, 0.3), "epsilonStep": 0.02, "round": 99}


def _sine_40() -> Data:
    return datasets.noisy_sine(40, 0.5, rng=np.random.default_rng(1))


PRESETS: dict[str, tuple[str, Callable[[], Data]]] = {
    "paper": ("the paper's eleven points", datasets.paper),
    "interior": ("its nine interior points", datasets.paper_interior),
    "sine": ("forty points of a noisy sine", _sine_40),
}

STORIES: dict[str, tuple[str, dict[str, Any]]] = {
    "noise-gone": ("Noise is gone after two rounds", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 1}),
    "too-many": ("One round too many", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 2}),
    "floor": ("ε just above the floor", {"preset": "paper", "noise": 1.0, "epsilon": 0.042, "round": 0}),
    "collapse": ("Collapse", {"preset": "paper", "noise": 1.0, "epsilon": 0.045, "round": 4}),
    "small-steps": ("Small ε", {"preset": "sine", "noise": 1.0, "epsilon": 0.005, "round": 8}),
}

_FINE = np.linspace(0.0, 1.0, 1001)  # the held-out points


@cache
def _ship(preset: str) -> Mapping[str, Any]:
    """What the browser needs of a preset: the spectrum, the data in its basis, and the map from the basis to a grid.

    With z = U^T y the fit of round t is ``map @ z_{t+1}`` on the grid, and its mean squared error to the truth on the
    1001 held-out points is ``z'Qz - 2q'z + s``. The beam's fits are cubic splines with knots at the data; the grid has
    two points inside each interval of knots, so four points draw a piece exactly.
    """
    label, make = PRESETS[preset]
    data, green = make(), SimplySupportedBeam()
    spec = spectrum.decompose(green, data.x)
    positive = ~spec.null
    inverse = np.divide(1.0, spec.eigenvalues, out=np.zeros_like(spec.eigenvalues), where=positive)
    knots = np.unique(np.concatenate([[0.0], data.x, [1.0]]))
    grid = np.append((knots[:-1, None] + np.diff(knots)[:, None] * np.array([0.0, 1 / 3, 2 / 3])).ravel(), 1.0)
    on_grid, on_fine = (spectrum.cross(green, at, data.x) @ spec.eigenvectors * inverse for at in (grid, _FINE))
    signal, target = data.truth(data.x), data.truth(_FINE)
    arrays = {
        "x": data.x,
        "signal": signal,
        "residual": data.y - signal,
        "d": spec.eigenvalues,
        "a": spec.coordinates(signal),
        "b": spec.coordinates(data.y - signal),
        "grid": grid,
        "truth": data.truth(grid),
        "map": on_grid,
        "Q": on_fine.T @ on_fine / len(_FINE),
        "q": on_fine.T @ target / len(_FINE),
    }
    packed = {name: encode(array) for name, array in arrays.items()}
    return {"key": preset, "label": label, "s": float(np.mean(target**2)), **packed}


class DistillIt(StaticWidget, script="distill-it"):
    """Distil it: data, noise, epsilon and the round under the reader's hand.

    Three pictures follow them: the labels, the truth and the fits up to the present round; the diagonal of B_t, mode by
    mode; the held-out mean squared error against the round.

    Parameters
    ----------
    preset : {"paper", "interior", "sine"}
        The data: the paper's eleven points, its nine interior points, forty points of a noisy sine.
    noise : float in [0, 2]
        How much of the noise the labels keep: y = truth + noise·(published y - truth).
    epsilon : float in [0.002, 1.99]
        The constraint. Below the floor the pictures say so, and `path` raises.
    round : int in [0, 99]
        The fit f_t to show; from N on it is the zero function.
    story : str, optional
        Start from one of `STORIES` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> widget = DistillIt(preset="paper", epsilon=0.045)
    >>> len(widget.path)
    4
    >>> widget.round = 1  # moves the picture
    """

    alt = (
        "Self-distillation of noisy data: labels, truth and the fit of the present round; below, how much of each "
        "eigenmode is kept, and the held-out error against the round"
    )

    preset = traitlets.Unicode("interior").tag(sync=True)
    noise = traitlets.Float(1.0).tag(sync=True)
    epsilon = traitlets.Float(0.01).tag(sync=True)
    round = traitlets.Int(0).tag(sync=True)

    def __init__(self, *, story: str | None = None, **state: Any) -> None:
        known = {"preset", "noise", "epsilon", "round"}
        if unknown := set(state) - known - {"layout"}:
            raise ValueError(
                f"DistillIt knows no argument {min(unknown)!r}; it takes {', '.join(sorted(known))} and story"
            )
        chosen = {**(self._story(story) if story is not None else {}), **state}
        super().__init__(**chosen)
        start = {name: getattr(self, name) for name in ("preset", "noise", "epsilon", "round")}
        stories = [{"key": key, "label": label, "state": values} for key, (label, values) in STORIES.items()]
        self.payload = {"sets": [_ship(key) for key in PRESETS], "stories": stories, "start": start, "limits": LIMITS}

    @staticmethod
    def _story(name: str) -> dict[str, Any]:
        if name not in STORIES:
            raise ValueError(f"story must be one of {', '.join(map(repr, STORIES))}; it is {name!r}")
        return STORIES[name][1]

    def tell(self, story: str) -> None:
        """Set the state of one of `STORIES`; ValueError for any other name."""
        with self.hold_sync():
            for name, value in self._story(story).items():
                setattr(self, name, value)

    @property
    def data(self) -> Data:
        """The labels at the present noise, y = truth + noise·(published y - truth)."""
        full = PRESETS[self.preset][1]()
        signal = full.truth(full.x)
        return Data(full.x, signal + self.noise * (full.y - signal), full.truth)

    @property
    def path(self) -> Distillation:
        """What the package computes for the present state.

        Raises
        ------
        InfeasibleError
            If epsilon is below the floor of the present data.
        """
        data = self.data
        return distill(SimplySupportedBeam(), data.x, data.y, epsilon=self.epsilon)

    def picture(self) -> Figure:
        """The three pictures of the present state, still."""
        data = self.data
        path: Distillation | None = None
        try:
            path = self.path
        except InfeasibleError as error:
            title = f"infeasible: the smallest ε is {error.floor:.5g}"
        else:
            title = f"ε = {self.epsilon:.3g}, round {self.round}, N = {len(path)} non-zero fits"
        fig, ax = figures.axes(6.2, 4.9, mosaic="AA;BC")
        figures.plot_fits(ax["A"], data, path, round=self.round)
        ax["A"].set_title(title, loc="left")
        figures.plot_shrinkage(ax["B"], path, round=self.round)
        zero = float(np.mean(data.truth(_FINE) ** 2))
        errors = data.error(path(_FINE), _FINE) if path is not None and len(path) else np.empty(0)
        figures.plot_errors(ax["C"], np.append(errors, zero), round=min(self.round, len(errors)), zero=zero)
        return fig

    @traitlets.validate("preset")
    def _check_preset(self, proposal: Mapping[str, Any]) -> str:
        if proposal["value"] not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(map(repr, PRESETS))}; it is {proposal['value']!r}")
        return str(proposal["value"])

    @traitlets.validate("noise")
    def _check_noise(self, proposal: Mapping[str, Any]) -> float:
        return self._within("noise", float(proposal["value"]), 0.0, LIMITS["noise"])

    @traitlets.validate("epsilon")
    def _check_epsilon(self, proposal: Mapping[str, Any]) -> float:
        low, high = (10.0**power for power in LIMITS["epsilon"])
        return self._within("epsilon", float(proposal["value"]), low, high)

    @traitlets.validate("round")
    def _check_round(self, proposal: Mapping[str, Any]) -> int:
        return int(self._within("round", proposal["value"], 0, LIMITS["round"]))

    @staticmethod
    def _within(name: str, value: float, low: float, high: float) -> float:
        if not low * (1 - 1e-12) <= value <= high * (1 + 1e-12):
            raise ValueError(
                f"{name} must lie between {low:.4g} and {high:.4g}; it is {value!r}. "
                "For anything else call selfdistill.distill."
            )
        return value
