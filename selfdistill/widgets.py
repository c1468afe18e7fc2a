"""Explorables: pictures under the reader's fingers, one object for JupyterLab and for the static page.

An explorable is one subclass of `StaticWidget` here and one file ``js/<name>.js`` that ends in
``export default { render };``. With a kernel it is an anywidget. While the book is built (the environment variable
``SELFDISTILL_STATIC`` is 1) it opens no channel to a browser, and renders itself as HTML that holds its data and a
still picture; the script of `static_bundle` brings that alive, with the same code and no kernel. It computes in the
browser from the spectrum that Python shipped; ``tests/explorables`` holds ``js/numerics.js`` to the package.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from . import bounds, datasets, figures, filters, greens, secular, spectrum
from .datasets import Data
from .distillation import Distillation, distill, multipliers
from .greens import SimplySupportedBeam
from .spectrum import InfeasibleError, Spectrum

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


def _exported(script: str, pattern: str) -> str:
    r"""The source of a script with its export written as `pattern`, where ``\1`` stands for what is exported."""
    source = _source(f"{script}.js")
    if source.count(_EXPORT) != 1 or re.search(r"^import ", source, flags=re.M):
        raise ValueError(f"{script}.js must have exactly one '{_EXPORT}...;' and no import")
    return re.sub(rf"{_EXPORT}(.*);\s*$", pattern, source)


class StaticWidget(anywidget.AnyWidget):
    """An anywidget that also renders itself as HTML which needs no kernel.

    A subclass names its script (``class DistillIt(StoryWidget, script="distill-it")``), says what it shows in `alt`,
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
            own = _exported(script, r"export default aloud(\1);")
            cls._esm = "\n".join([_source("numerics.js"), _source("drawing.js"), own])
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

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a state from the browser. What a callback raises is told under the picture, and raised again.

        Jupyter shows the traceback in its log alone, which few readers have open.
        """
        try:
            super().set_state(sync_data)
        except Exception as error:
            self.send({"failed": f"{type(error).__name__}: {error}"})
            raise

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
    remedy: ClassVar[str] = ""

    def __init__(self, *, story: str | None = None, **state: Any) -> None:
        known = {name for name in self.state() if name != "payload"}
        if unknown := set(state) - known - {"layout"}:
            takes = ", ".join(sorted(known))
            raise ValueError(f"{type(self).__name__} knows no argument {min(unknown)!r}; it takes {takes} and story")
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

    @staticmethod
    def in_list(proposal: Mapping[str, Any], known: Collection[str]) -> str:
        """For `traitlets.validate`: the proposed name, or ValueError if it is not a known one."""
        if proposal["value"] not in known:
            raise ValueError(
                f"{proposal['trait'].name} must be one of {', '.join(map(repr, known))}; it is {proposal['value']!r}"
            )
        return str(proposal["value"])

    @classmethod
    def in_range(cls, proposal: Mapping[str, Any]) -> Any:
        """For `traitlets.validate`: the proposed value, or ValueError if it leaves the slider's range."""
        name, value = proposal["trait"].name, proposal["value"]
        low, high = (10.0**end if name in cls.logs else end for end in cls.ranges[name][:2])
        slack = 1e-12 * (high - low)  # 10**x of the browser may differ by a rounding
        if not low - slack <= value <= high + slack:
            raise ValueError(f"{name} must lie between {low:.4g} and {high:.4g}; it is {value!r}{cls.remedy}")
        return value


@cache
def static_bundle() -> str:
    """One classic script with every explorable, for a page without a kernel.

    Modules are refused on file:// and `eval` by a content security policy, so each ``export default X`` becomes a
    registration with the static host, and the shared code stands once. Comments and needless space are left out.
    """
    import rjsmin  # needed where the site is built, and nowhere else

    shared = ("numerics.js", "drawing.js", "host.js")
    for name in (*shared, *(f"{name}.js" for name in StaticWidget.scripts)):
        if nested := re.search(r"\$\{[^`}]*`[^`]*`", _source(name)):
            raise ValueError(f"{name} has a template in a template, {nested[0]!r}: the minifier would take its spaces")
    parts = [_source(name) for name in shared]
    for name in StaticWidget.scripts:
        body = _exported(name, rf'explorables.set("{name}", \1);')
        parts.append(f"(() => {{\n{body}\n}})();")
    code = "\n".join(parts)
    return str(rjsmin.jsmin(f'(() => {{\n"use strict";\n{code}\n}})();\n'))


@cache
def stylesheet() -> str:
    """The style sheet of figures and explorables, in both hosts."""
    return re.sub(r"/\*.*?\*/\s*", "", _source("widgets.css"), flags=re.S)


# ---------------------------------------------------------------------------------------------------------------------
# Distill it
# ---------------------------------------------------------------------------------------------------------------------


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


class DistillIt(StoryWidget, script="distill-it"):
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

    ranges: ClassVar = {"noise": (0.0, 2.0, 0.05), "epsilon": (-2.7, 0.3, 0.02), "round": (0, 99, 1)}
    logs: ClassVar = frozenset({"epsilon"})
    stories: ClassVar = STORIES
    remedy = ". For anything else call selfdistill.distill."

    preset = traitlets.Unicode("interior").tag(sync=True)
    noise = traitlets.Float(1.0).tag(sync=True)
    epsilon = traitlets.Float(0.01).tag(sync=True)
    round = traitlets.Int(0).tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of each data set, and the maps from its basis to the pictures."""
        return {"sets": [_ship(key) for key in PRESETS]}

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
        return self.in_list(proposal, PRESETS)

    @traitlets.validate("noise", "epsilon", "round")
    def _check_number(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)


# ---------------------------------------------------------------------------------------------------------------------
# Filters, and Weights
# ---------------------------------------------------------------------------------------------------------------------

#: The methods of `Filters`: what the reader is told, the filter with regularisation c and n fits, its look in print.
METHODS: dict[str, tuple[str, Callable[[float, int], filters.Filter], tuple[str, str]]] = {
    "distillation": ("self-distillation", lambda c, n: filters.SelfDistillation((c,) * n), ("blue", "-")),
    "ridge": ("one fit", lambda c, n: filters.Ridge(c), ("black", "-")),
    "flow": ("early stopping", lambda c, n: filters.GradientFlow(1 / c), ("green", "--")),
    "residuals": ("fitting residuals", filters.IteratedTikhonov, ("orange", "--")),
    "heat": ("many small rounds", lambda c, n: filters.HeatLimit(c), ("vermilion", ":")),
    "cutoff": ("cut-off", lambda c, n: filters.SpectralCutoff(c), ("purple", "-")),
}


def _spectral_example() -> dict[str, Any]:
    """The nine interior points in the eigenbasis: what two filters' pictures need of them, packed for the browser."""
    shipped = _ship("interior")
    spec = spectrum.decompose(SimplySupportedBeam(), datasets.paper_interior().x)
    z = spec.coordinates(datasets.paper_interior().y)
    return {"d": shipped["d"], "z": encode(z), "Q": shipped["Q"], "q": shipped["q"], "s": shipped["s"]}


class _SpectralWidget(StoryWidget):
    """An explorable of filters on the paper's nine interior points."""

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """The eigenvalues of the Gram matrix, ascending."""
        return spectrum.decompose(SimplySupportedBeam(), datasets.paper_interior().x).eigenvalues

    def error(self, method: filters.Filter) -> float:
        """Mean squared error to the sine, on the 1001 held-out points, of a method with this filter."""
        data, green = datasets.paper_interior(), SimplySupportedBeam()
        spec = spectrum.decompose(green, data.x)
        weights = spec.eigenvectors @ (method(spec.eigenvalues) / spec.eigenvalues * spec.coordinates(data.y))
        return float(data.error(spectrum.cross(green, _FINE, data.x) @ weights, _FINE))

    def _draw_kept(self, ax: Axes, method: filters.Filter, label: str, look: tuple[str, str]) -> None:
        wide = np.geomspace(10**-6.5, 10**-1.5, 121)
        ax.semilogx(wide, method(wide), look[1], color=figures.COLOURS[look[0]], label=label)
        ax.set(xlabel="eigenvalue $d$", ylabel="part that is kept, $h(d)$", ylim=(-0.02, 1.02))


class Filters(_SpectralWidget, script="filters"):
    """Filters: methods with the same degrees of freedom, on the paper's nine interior points.

    Every method shown gets the regularisation c at which the sum of h over the eigenvalues is `freedom`; a cut-off
    keeps the nearest whole number of modes. Pictures: h(d); h(d)/h(d_max) under the ceiling d/d_max of a single fit;
    the held-out error against the degrees of freedom.

    Parameters
    ----------
    freedom : float in [1, 8]
        Degrees of freedom, the trace of the map from labels to values.
    n : int in [1, 20]
        Rounds of self-distillation, and fits of the residuals; one c for all of them.
    shown : str
        The methods shown beside self-distillation: keys of `METHODS` with commas between.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, or a method unknown, at construction or when a trait is set.

    Examples
    --------
    >>> widget = Filters(freedom=2.0, n=3, shown="ridge")
    >>> widget.methods["ridge"].c > widget.methods["distillation"].multipliers[0]
    True
    """

    alt = (
        "Filters of self-distillation and other methods with the same degrees of freedom; below, their curves under "
        "the ceiling of a single fit, and the held-out error against the degrees of freedom"
    )
    ranges: ClassVar = {"freedom": (1.0, 8.0, 0.1), "n": (1, 20, 1)}
    stories: ClassVar = {
        "rounds-win": ("Three rounds beat one fit", {"freedom": 2.0, "n": 3, "shown": "ridge"}),
        "stopping-wins": ("Half a degree more: early stopping wins", {"freedom": 2.5, "n": 3, "shown": "ridge,flow"}),
        "ceiling": ("Ten rounds dive under the ceiling", {"freedom": 2.0, "n": 10, "shown": "ridge,flow"}),
        "heat": ("Many rounds have a limit", {"freedom": 2.0, "n": 20, "shown": "heat"}),
        "mirror": ("Fitting residuals becomes early stopping", {"freedom": 3.0, "n": 20, "shown": "flow,residuals"}),
    }

    freedom = traitlets.Float(2.0).tag(sync=True)
    n = traitlets.Int(3).tag(sync=True)
    shown = traitlets.Unicode("ridge,flow,residuals").tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of the example and the names of the methods."""
        return {"data": _spectral_example(), "labels": {key: label for key, (label, _, _) in METHODS.items()}}

    @property
    def methods(self) -> dict[str, filters.Filter]:
        """The filter of each method shown, matched to the degrees of freedom."""
        names = ["distillation", *(key for key in METHODS if key in self.shown.split(","))]
        return {name: self._matched(name) for name in names}

    def _matched(self, name: str) -> filters.Filter:
        d, build = self.eigenvalues, METHODS[name][1]
        if name == "cutoff":
            first = len(d) - int(self.freedom + 0.5)
            return build(float(np.sqrt(d[first] * (d[first - 1] if first else d[0] / 4))), self.n)

        def excess(log_c: float) -> float:
            return float(np.sum(build(float(np.exp(log_c)), self.n)(d))) - self.freedom

        return build(float(np.exp(brentq(excess, np.log(d[0]) - 30, np.log(d[-1]) + 10, xtol=1e-13))), self.n)

    def picture(self) -> Figure:
        """h(d) of the methods shown, still, with their held-out errors."""
        fig, ax = figures.axes(6.2, 3.4)
        for name, method in self.methods.items():
            label, _, look = METHODS[name]
            self._draw_kept(ax, method, f"{label}: error {self.error(method):.3f}", look)
        d = self.eigenvalues
        ax.plot(d, self._matched("distillation")(d), "o", color=figures.COLOURS["blue"], markersize=5)
        ax.set_title(f"{self.freedom:.1f} degrees of freedom, n = {self.n}", loc="left")
        ax.legend(fontsize=9, loc="upper left")
        return fig

    @traitlets.validate("freedom", "n")
    def _check(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)

    @traitlets.validate("shown")
    def _check_shown(self, proposal: Mapping[str, Any]) -> str:
        known = set(METHODS) - {"distillation"}
        if unknown := {key for key in proposal["value"].split(",") if key} - known:
            raise ValueError(
                f"shown must name methods among {', '.join(sorted(known))}, with commas; it has {min(unknown)!r}"
            )
        return str(proposal["value"])


class Weights(_SpectralWidget, script="weights"):
    """Weights: labels mixed in, and imitation weights, at one ridge, on the paper's nine interior points.

    Pictures: the filters h(d) of `alpha_weighted`, of `xi_weighted`, of one fit and of the limit of many rounds; the
    held-out error against the round, and against xi.

    Parameters
    ----------
    alpha : float in [0, 1]
        Share of the labels in the target of each round but the first; the rest is the fit of the round before.
    rounds : int in [1, 20]
        Rounds with that share.
    xi : float in [-2, 2]
        Imitation weight of one further step after the first fit: -1 is twicing, 0 one fit, 1 two rounds.
    c : float in [1e-6, 0.01]
        The ridge of every fit.
    story : str, optional
        Start from one of `stories` instead; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> bool(np.isclose(Weights(alpha=0.25, rounds=2).alpha_weighted(0.1), Weights(xi=0.75).xi_weighted(0.1)))
    True
    """

    alt = (
        "Filters of self-distillation with a share of the labels mixed in, and with an imitation weight; below, the "
        "held-out error against the round, and against the weight"
    )
    ranges: ClassVar = {
        "alpha": (0.0, 1.0, 0.01),
        "rounds": (1, 20, 1),
        "xi": (-2.0, 2.0, 0.05),
        "c": (-6.0, -2.0, 0.1),
    }
    logs: ClassVar = frozenset({"c"})
    stories: ClassVar = {
        "fades": ("α = 0: pure distillation fades", {"alpha": 0.0, "rounds": 12, "xi": 0.0, "c": 10**-3.5}),
        "stays": ("A quarter of the labels is enough to stay", {"alpha": 0.25, "rounds": 12, "xi": 0.0, "c": 10**-3.5}),
        "twicing": ("ξ = −1 is twicing", {"alpha": 0.25, "rounds": 1, "xi": -1.0, "c": 10**-3.5}),
        "one-more": ("ξ = 1 is one more round", {"alpha": 0.0, "rounds": 2, "xi": 1.0, "c": 10**-4.5}),
        "one-family": ("One knob: ξ is 1 − α", {"alpha": 0.25, "rounds": 2, "xi": 0.75, "c": 10**-3.5}),
    }

    alpha = traitlets.Float(0.25).tag(sync=True)
    rounds = traitlets.Int(5).tag(sync=True)
    xi = traitlets.Float(-1.0).tag(sync=True)
    c = traitlets.Float(10**-3.5).tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of the example."""
        return {"data": _spectral_example()}

    @property
    def alpha_weighted(self) -> filters.AlphaWeighted:
        """The filter of the rounds with labels mixed in."""
        return filters.AlphaWeighted(self.c, self.alpha, self.rounds)

    @property
    def xi_weighted(self) -> filters.XiWeighted:
        """The filter of one step with the imitation weight."""
        return filters.XiWeighted(self.c, (self.xi,))

    def picture(self) -> Figure:
        """The filters of the present state, still, with their held-out errors."""
        fig, ax = figures.axes(6.2, 3.4)
        for method, label, look in (
            (filters.Ridge(self.c), "one fit", ("black", "-")),
            (self.alpha_weighted, f"α = {self.alpha:.2f}, {self.rounds} rounds", ("blue", "-")),
            (self.xi_weighted, f"ξ = {self.xi:.2f}, one step", ("vermilion", "--")),
        ):
            self._draw_kept(ax, method, f"{label}: error {self.error(method):.3f}", look)
        ax.set_title(f"ridge c = {self.c:.2g}", loc="left")
        ax.legend(fontsize=9, loc="upper left")
        return fig

    @traitlets.validate("alpha", "rounds", "xi", "c")
    def _check(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)


# ---------------------------------------------------------------------------------------------------------------------
# Green's functions
# ---------------------------------------------------------------------------------------------------------------------

#: The kernels on the unit interval, each with a label, its operator, its conditions, and an object for a rate.
OPERATORS: dict[str, tuple[str, str, str, Callable[[float], greens.GreensFunction]]] = {
    "beam": (
        "beam, supported at both ends",
        "d⁴/dx⁴",
        "f = f″ = 0 at both ends",
        lambda a: SimplySupportedBeam(),
    ),
    "clamped": (
        "beam, clamped at both ends",
        "d⁴/dx⁴",
        "f = f′ = 0 at both ends",
        lambda a: greens.ClampedBeam(),
    ),
    "cantilever": (
        "beam, clamped left, free right",
        "d⁴/dx⁴",
        "f = f′ = 0 at the left end",
        lambda a: greens.Cantilever(),
    ),
    "bridge": (
        "string, held at both ends",
        "−d²/dx²",
        "f = 0 at both ends",
        lambda a: greens.BrownianBridge(),
    ),
    "motion": (
        "string, held left, free right",
        "−d²/dx²",
        "f = 0 at the left end",
        lambda a: greens.BrownianMotion(),
    ),
    "dirichlet": (
        "string on springs, ends held",
        "a² − d²/dx²",
        "f = 0 at both ends",
        lambda a: greens.ExponentialDirichlet(a=a),
    ),
    "neumann": (
        "string on springs, ends free",
        "a² − d²/dx²",
        "f′ = 0 at both ends",
        lambda a: greens.ExponentialNeumann(a=a),
    ),
    "lidstone": (
        "sixth order",
        "−d⁶/dx⁶",
        "f = f″ = f⁗ = 0 at both ends",
        lambda a: greens.Lidstone(order=3),
    ),
    "periodic": (
        "beam closed to a ring, mean zero",
        "d⁴/dx⁴",
        "period 1 and mean 0",
        lambda a: greens.PeriodicSobolev(order=2, mean="zero"),
    ),
}


class GreenExplorer(StoryWidget, script="greens"):
    """Green's functions: an operator, the source s, and how the sum over eigenfunctions approaches g(., s).

    Three pictures follow the sliders: g(., s) and the sum of its first terms; the last eigenfunction in the sum; how
    much each of the first thirty contributes to g(s, s).

    Parameters
    ----------
    operator : str
        One of `OPERATORS`: the kernels of the catalogue on [0, 1].
    source : float in [0.02, 0.98]
        s.
    terms : int in [1, 30]
        n, how many eigenfunctions are summed.
    a : float in [1, 30]
        The rate of the operator a² − d²/dx²; the others have none.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> widget = GreenExplorer(operator="clamped", source=0.5)
    >>> float(192 * widget.green(0.5, 0.5))
    1.0
    """

    alt = (
        "The Green's function of an operator for a source s, with the sum of its first eigenfunctions; below, the last "
        "eigenfunction of the sum, and what each contributes at the source"
    )
    ranges: ClassVar = {"source": (0.02, 0.98, 0.01), "terms": (1, 30, 1), "a": (1.0, 30.0, 0.5)}
    stories: ClassVar = {
        "arch": ("One mode is almost the beam", {"operator": "beam", "source": 0.3, "terms": 1}),
        "node": ("A source where a mode is silent", {"operator": "beam", "source": 0.5, "terms": 2}),
        "clamped": ("Clamped ends: four times stiffer", {"operator": "clamped", "source": 0.5, "terms": 3}),
        "kink": ("Five modes round off a kink", {"operator": "bridge", "source": 0.3, "terms": 5}),
        "local": (
            "A large rate: only neighbours feel it",
            {"operator": "dirichlet", "source": 0.3, "terms": 8, "a": 20.0},
        ),
    }

    operator = traitlets.Unicode("beam").tag(sync=True)
    source = traitlets.Float(0.3).tag(sync=True)
    terms = traitlets.Int(2).tag(sync=True)
    a = traitlets.Float(5.0).tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """The operators' names in words; the mathematics is in closed form in numerics.js."""
        rated = {key for key, (*_, make) in OPERATORS.items() if hasattr(make(1.0), "a")}
        return {"operators": [[key, *words, key in rated] for key, (*words, _) in OPERATORS.items()]}

    @property
    def green(self) -> greens.GreensFunction:
        """The package's object for the present operator and rate."""
        return OPERATORS[self.operator][3](self.a)

    def series(self, x: ArrayLike) -> NDArray[np.float64]:
        """The sum of the first `terms` terms phi_n(x) phi_n(s)/lambda_n."""
        values, phi = self.green.eigenpairs(self.terms)
        return np.tensordot(phi(np.asarray(self.source)) / values, phi(np.asarray(x, dtype=float)), axes=1)

    def picture(self) -> Figure:
        """The three pictures of the present state, still."""
        s, n, green = self.source, self.terms, self.green
        x = np.unique(np.append(np.linspace(0.0, 1.0, 121), s))
        fig, ax = figures.axes(6.2, 4.6, mosaic="AA;BC")
        ax["A"].plot(x, green(x, s), color=figures.COLOURS["blue"], linewidth=2.4, label="$g(x, s)$")
        ax["A"].plot(x, self.series(x), "--", color=figures.COLOURS["vermilion"], label=f"sum of {n} terms")
        ax["A"].plot(s, green(s, s), "o", color=figures.COLOURS["black"], markersize=6)
        ax["A"].set(xlabel="$x$", ylabel="$g(x, s)$")
        ax["A"].set_title(f"{OPERATORS[self.operator][0]}, s = {s:g}", loc="left")
        ax["A"].legend(fontsize=9.5)
        values, phi = green.eigenpairs(30)
        ax["B"].plot(x, phi(x)[n - 1], color=figures.COLOURS["blue"])
        ax["B"].set(xlabel="$x$", ylabel=f"eigenfunction {n}")
        share = phi(np.asarray(s)) ** 2 / values / green(s, s)
        shown = np.flatnonzero(share > 1e-10)
        colours = [figures.COLOURS["blue" if k < n else "sky"] for k in shown]
        ax["C"].bar(shown + 1, np.log10(share[shown]) + 10, bottom=-10, color=colours)
        ax["C"].set(xlabel="mode", ylabel="log10, share of $g(s, s)$", ylim=(-10, 0))
        return fig

    @traitlets.validate("operator")
    def _check_operator(self, proposal: Mapping[str, Any]) -> str:
        return self.in_list(proposal, OPERATORS)

    @traitlets.validate("source", "terms", "a")
    def _check_number(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)


# ---------------------------------------------------------------------------------------------------------------------
# The secular equation
# ---------------------------------------------------------------------------------------------------------------------


def _coordinates(make: Callable[[], Data]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues and coordinates of the labels, for the simply supported beam."""
    data = make()
    spec = spectrum.decompose(SimplySupportedBeam(), data.x)
    return spec.eigenvalues, spec.coordinates(data.y)


class Secular(StoryWidget, script="secular"):
    """The secular equation: the residual against c, Newton's tangents on psi, and what each of them proves.

    Parameters
    ----------
    preset : {"interior", "paper"}
        The data: the nine interior points of the running example, or all eleven.
    epsilon : float
        The constraint, between 10^-4 and 2.
    step : int in [0, 20]
        How many tangents are drawn; beyond the last one it stands for the last.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> Secular(preset="paper", epsilon=0.03).newton
    Traceback (most recent call last):
    selfdistill.spectrum.InfeasibleError: epsilon = 0.03 is below the floor ...
    """

    alt = (
        "The secular equation: the norm of the residual against the multiplier c with two brackets; the concave curve "
        "psi with Newton's tangents; and the width of the interval that each step proves"
    )
    ranges: ClassVar = {"epsilon": (-4.0, 0.3, 0.02), "step": (0, 20, 1)}
    logs: ClassVar = frozenset({"epsilon"})
    presets: ClassVar = {
        "interior": ("nine interior points", datasets.paper_interior),
        "paper": ("all eleven points", datasets.paper),
    }
    stories: ClassVar = {
        "first": ("The first tangent is the bracket's end", {"preset": "interior", "epsilon": 0.045, "step": 1}),
        "climb": ("It climbs, and never overshoots", {"preset": "interior", "epsilon": 0.045, "step": 3}),
        "easy": ("Near the collapse one tangent is enough", {"preset": "interior", "epsilon": 0.64, "step": 1}),
        "small": ("Small ε: the lower end is tight", {"preset": "interior", "epsilon": 0.0002, "step": 0}),
        "floor": ("ε just above the floor", {"preset": "paper", "epsilon": 0.042, "step": 2}),
    }

    preset = traitlets.Unicode("interior").tag(sync=True)
    epsilon = traitlets.Float(0.045).tag(sync=True)
    step = traitlets.Int(1).tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """Eigenvalues and coordinates of each data set."""
        return {"sets": [_packed(key, label, *_coordinates(make)) for key, (label, make) in self.presets.items()]}

    @property
    def newton(self) -> NDArray[np.float64]:
        """Newton's iteration of the package, with lam, the relative step and both ends of the enclosure in each row.

        The coordinates on zero eigenvalues and their part of the budget are taken off. Shape (0, 4) when collapsed.

        Raises
        ------
        InfeasibleError
            If epsilon is not above the floor of the present data.
        """
        d, z, budget = self._problem()
        if np.sum(z**2) <= budget:
            return np.empty((0, 4))
        (least, low) = 1 / np.array(bounds.multiplier_bracket_sharp(d, z, np.sqrt(budget)))
        rows = [[0.0, np.inf, float(low), float(least)]]
        while rows[-1][1] > secular.STOP:
            lam = rows[-1][2]
            step = max(0.0, float(secular.newton_step(d, z[None] ** 2, np.array([budget]), np.array([lam]))[0]))
            low, high = secular.enclosure(lam, step)
            rows.append([lam, step, float(low), min(float(high), float(least))])
        return np.array(rows)

    def _problem(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Positive eigenvalues, their coordinates, and the budget that is left to them."""
        d, z = _coordinates(self.presets[self.preset][1])
        lost = float(np.sum(z[d == 0] ** 2))
        if (budget := len(d) * self.epsilon - lost) <= 0:
            raise InfeasibleError(self.epsilon, lost / len(d))
        return d[d > 0], z[d > 0], budget

    def picture(self) -> Figure:
        """The residual against c, psi with its tangents, and the proved widths, still."""
        d, z = _coordinates(self.presets[self.preset][1])
        fig, (left, right) = figures.axes(6.2, 3.0, columns=2)
        c = np.geomspace(1e-8, 1.0, 120)
        left.semilogx(c, np.linalg.norm(z / (1 + d / c[:, None]), axis=1), color=figures.COLOURS["blue"])
        left.axhline(np.sqrt(len(d) * self.epsilon), color=figures.COLOURS["vermilion"], linestyle="--")
        left.set(xlabel="$c$", ylabel="norm of the residual")
        right.set(xlabel="λ = 1/c", ylabel=r"$\psi(\lambda)$")
        left.set_title(f"ε = {self.epsilon:.3g}", loc="left")
        try:
            rows = self.newton
        except InfeasibleError as error:
            left.set_title(f"infeasible: the smallest ε is {error.floor:.5g}", loc="left")
            return fig
        if len(rows) == 0:
            left.set_title(f"ε = {self.epsilon:.3g}: collapsed, the fit is zero", loc="left")
            return fig
        d, z, budget = self._problem()
        left.axvspan(*bounds.multiplier_bracket(d, z, np.sqrt(budget)), color=figures.COLOURS["sky"], alpha=0.2)
        left.axvspan(
            *bounds.multiplier_bracket_sharp(d, z, np.sqrt(budget)), color=figures.COLOURS["orange"], alpha=0.3
        )

        def psi(lam: NDArray[np.float64]) -> NDArray[np.float64]:
            return 1 / np.linalg.norm(z / (1 + lam[:, None] * d), axis=1)

        lam, target = np.linspace(0, 1.3 * rows[-1, 2], 100), budget**-0.5
        right.plot(lam, psi(lam), color=figures.COLOURS["blue"])
        right.axhline(target, color=figures.COLOURS["vermilion"], linestyle="--")
        for at, _, low, _ in rows[: self.step]:
            right.plot(
                [at, low, low],
                [psi(np.array([at]))[0], target, psi(np.array([low]))[0]],
                color=figures.COLOURS["green"],
            )
        return fig

    @traitlets.validate("preset")
    def _check_preset(self, proposal: Mapping[str, Any]) -> str:
        return self.in_list(proposal, self.presets)

    @traitlets.validate("epsilon", "step")
    def _check_number(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)


def _packed(key: str, label: str, d: NDArray[np.float64], z: NDArray[np.float64]) -> dict[str, str]:
    return {"key": key, "label": label, "d": encode(d), "z": encode(z)}


# ---------------------------------------------------------------------------------------------------------------------
# Collapse
# ---------------------------------------------------------------------------------------------------------------------


def _equal() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    d, z = _coordinates(datasets.paper_interior)
    return np.full_like(d, np.mean(d)), z


def _apart() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return 10.0 ** np.linspace(-60, 0, 12), np.full(12, 1.05)


class Collapse(StoryWidget, script="collapse"):
    """Collapse: the norms r_t of a loop between their bounds, and the number N of fits against epsilon.

    Parameters
    ----------
    preset : {"interior", "paper", "equal", "apart"}
        The spectrum: the running example's nine interior points or all eleven; the nine points' labels with equal
        eigenvalues; twelve equal coordinates on eigenvalues from 1e-60 to 1.
    epsilon : float
        The constraint, between 10^-3 and 2.
    story : str, optional
        Start from one of the stories; the other arguments, where given, override it.

    Raises
    ------
    ValueError
        If a value is out of its range, at construction or when a trait is set.

    Examples
    --------
    >>> len(Collapse(preset="paper", epsilon=0.045).path) - 1
    4
    """

    alt = (
        "The norm of the labels in units of the step, round by round, between the universal bounds and above the usual "
        "one; and the number of fits against epsilon, between its bounds"
    )
    ranges: ClassVar = {"epsilon": (-3.0, 0.3, 0.02)}
    logs: ClassVar = frozenset({"epsilon"})
    presets: ClassVar = {
        "interior": ("nine interior points", lambda: _coordinates(datasets.paper_interior)),
        "paper": ("all eleven points", lambda: _coordinates(datasets.paper)),
        "equal": ("equal eigenvalues", _equal),
        "apart": ("eigenvalues far apart", _apart),
    }
    stories: ClassVar = {
        "example": ("The example: between 3 and 8, it is 4", {"preset": "paper", "epsilon": 0.045}),
        "small": ("Small ε: close to the lower bound", {"preset": "interior", "epsilon": 0.001}),
        "straight": ("Equal eigenvalues: a straight walk", {"preset": "equal", "epsilon": 0.005}),
        "apart": ("Far apart: one coordinate a round", {"preset": "apart", "epsilon": 0.0919}),
        "edge": ("Almost collapsed: one fit is left", {"preset": "interior", "epsilon": 0.4}),
    }

    preset = traitlets.Unicode("interior").tag(sync=True)
    epsilon = traitlets.Float(0.02).tag(sync=True)

    def ship(self) -> Mapping[str, Any]:
        """Eigenvalues and coordinates of each spectrum."""
        return {"sets": [_packed(key, label, *make()) for key, (label, make) in self.presets.items()]}

    @property
    def path(self) -> NDArray[np.float64]:
        """r_0 .. r_N, as the package computes them.

        Raises
        ------
        InfeasibleError
            If epsilon is below the floor of the present spectrum.
        """
        d, z = self.presets[self.preset][1]()
        K, size = len(d), np.sqrt(len(d) * self.epsilon)
        most = max(1, int(np.sum(np.abs(z)) / size))  # N stays below the sum norm
        c = multipliers(Spectrum(np.diag(d), d, np.eye(K)), z[:, None], epsilon=self.epsilon, rounds=most + 1)[:, 0]
        kept = np.cumprod(d / (d + c[np.isfinite(c), None]), axis=0)
        return np.linalg.norm(np.concatenate([z[None], kept * z]), axis=1) / size

    def picture(self) -> Figure:
        """r_t between its bounds, still."""
        d, _ = self.presets[self.preset][1]()
        fig, ax = figures.axes(6.2, 3.2)
        ax.set(xlabel="round $t$", ylabel="$r_t$")
        try:
            r = self.path
        except InfeasibleError as error:
            ax.set_title(f"infeasible: the smallest ε is {error.floor:.5g}", loc="left")
            return fig
        t = np.arange(len(r))
        fine = np.linspace(0, len(r), 100)
        ax.fill_between(
            fine, *bounds.ratio_envelope(float(r[0]), fine), color=figures.COLOURS["sky"], alpha=0.3, linewidth=0
        )
        if d[0] > 1e-12 * d[-1] and r[0] > 1:
            usual = bounds.ratio_lower_paper(float(r[0]), float(d[-1] / d[0]), t)
            ax.plot(t, np.maximum(usual, 0), "--", color=figures.COLOURS["vermilion"], label="usual lower bound")
        ax.axhline(1.0, color=figures.COLOURS["black"], linestyle=":")
        ax.plot(t, r, "o-", color=figures.COLOURS["blue"], label="$r_t$")
        ax.set_title(f"{self.presets[self.preset][0]}, ε = {self.epsilon:.3g}, N = {len(r) - 1}", loc="left")
        ax.legend(fontsize=9.5)
        return fig

    @traitlets.validate("preset")
    def _check_preset(self, proposal: Mapping[str, Any]) -> str:
        return self.in_list(proposal, self.presets)

    @traitlets.validate("epsilon")
    def _check_number(self, proposal: Mapping[str, Any]) -> Any:
        return self.in_range(proposal)
