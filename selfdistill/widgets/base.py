"""What every explorable is: an anywidget that needs no kernel; its numbers have ranges, its states have stories."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from html import escape
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from .. import figures
from . import bundle
from .slider import Choice, Slider, Whole


def static_mode() -> bool:
    """True while the book is built: no kernel will answer."""
    return os.environ.get("SELFDISTILL_STATIC") == "1"


def encode(values: ArrayLike) -> str:
    """Base64 of the values as little-endian float64, row by row; ``decode`` in numerics.js undoes it."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


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
            cls._esm = bundle.module(script)
            cls._css = bundle.stylesheet()
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
        """The explorable as HTML: its state as JSON and a still picture, to be brought alive by `bundle.classic`."""
        state = json.dumps(self.state(), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
        return (
            f'<figure class="sd-figure"><div data-sd-widget="{self.script}" role="group" '
            f'aria-label="{escape(self.alt, quote=True)}">'
            f'<script type="application/json">{state}</script>'
            f'<div class="sd-figure sdw-still">{figures.svg(self.picture(), alt=self.alt)}'
            f"<noscript><p>With JavaScript this picture moves under your hand.</p></noscript></div></div>"
            f"<figcaption>{escape(self.alt)}.</figcaption></figure>"
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
    """A `StaticWidget` whose numbers have ranges and whose states have stories; ``stage`` in stage.js is its twin.

    A subclass declares each of its controls once, as a trait (`Slider`, `Whole`, `Choice`), and gives `stories` (key:
    label and the traits it sets) and `ship` (what its script needs beside).
    """

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
            "sliders": {name: one.shipped() for name, one in self.sliders().items()},
            "choices": {name: one.shipped() for name, one in self.choices().items()},
            "stories": [{"key": key, "label": label, "state": values} for key, (label, values) in self.stories.items()],
            "start": {name: getattr(self, name) for name in self.state() if name != "payload"},
        }

    @classmethod
    def sliders(cls) -> dict[str, Slider | Whole]:
        """The sliders by the names of their traits, in the order in which the class declares them."""
        return {name: one for name, one in cls._declared().items() if isinstance(one, (Slider, Whole))}

    @classmethod
    def choices(cls) -> dict[str, Choice]:
        """The lists to choose from, by the names of their traits."""
        return {name: one for name, one in cls._declared().items() if isinstance(one, Choice)}

    @classmethod
    def _declared(cls) -> dict[str, Any]:
        """Class attributes in the order of their declaration; `class_traits` has the order of the alphabet."""
        return {name: value for one in reversed(cls.__mro__) for name, value in vars(one).items()}

    def ship(self) -> Mapping[str, Any]:
        """What the script needs beside controls, stories and the first state."""
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
