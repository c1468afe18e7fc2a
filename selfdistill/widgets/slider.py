"""A control declared once: trait, reach, check, and what the reader is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray


class _Reach:
    """What sliders share. `low`, `high` and `step` are those of log10 of the value where `log` is true."""

    name: str | None
    low: float
    high: float
    step: float
    label: str
    log: bool

    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return (10.0**self.low, 10.0**self.high) if self.log else (self.low, self.high)

    def stops(self) -> NDArray[np.float64]:
        """The value at every stop of the slider."""
        places = np.round(np.arange(self.low, self.high + self.step / 2, self.step), 10)
        return 10.0**places if self.log else places

    def shipped(self) -> dict[str, Any]:
        """What the browser needs to draw the slider: the attributes of its range input, its label, its scale."""
        whole = isinstance(self, traitlets.Int)
        reach = {"min": self.low, "max": self.high, "step": self.step}
        return {**reach, "label": self.label, "log": self.log, "whole": whole}

    def check(self, owner: object, value: float) -> None:
        """ValueError if the value leaves the slider's reach."""
        low, high = self.ends()
        slack = 1e-12 * (high - low)  # 10**x of the browser may differ by a rounding
        if not low - slack <= value <= high + slack:
            remedy = getattr(owner, "remedy", "")
            raise ValueError(f"{self.name} must lie between {low:.4g} and {high:.4g}; it is {value!r}{remedy}")


class Slider(_Reach, traitlets.Float[float, float]):
    """A trait for a real number, moved by a slider.

    Parameters
    ----------
    default : float
    low, high, step : float
        Ends of the slider and the way between its stops; of log10 of the value if `log`.
    label : str
        What stands over the slider.
    log : bool, optional
        Whether the slider moves the logarithm.
    """

    def __init__(self, default: float, low: float, high: float, step: float, *, label: str, log: bool = False) -> None:
        super().__init__(default)
        self.low, self.high, self.step, self.label, self.log = low, high, step, label, log
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> float:
        """The value, or ValueError if it leaves the slider's reach; TraitError if it is no number."""
        number = float(super().validate(obj, value))
        self.check(obj, number)
        return number


class Whole(_Reach, traitlets.Int[int, int]):
    """A trait for a whole number, moved by a slider in steps of one.

    Parameters
    ----------
    default, low, high : int
    label : str
        What stands over the slider.
    """

    def __init__(self, default: int, low: int, high: int, *, label: str) -> None:
        super().__init__(default)
        self.low, self.high, self.step, self.label, self.log = low, high, 1, label, False
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> int:
        """The value, or ValueError if it leaves the slider's reach; TraitError if it is no whole number."""
        number = int(super().validate(obj, value))
        self.check(obj, number)
        return number


class Choice(traitlets.Unicode):
    """A trait for one of several names, chosen from a list.

    Parameters
    ----------
    default : str
    items : mapping of str to str
        Each name with the words that the reader sees.
    label : str
        What stands before the list.
    """

    def __init__(self, default: str, items: Mapping[str, str], *, label: str) -> None:
        super().__init__(default)
        self.items, self.label = dict(items), label
        self.tag(sync=True)

    def shipped(self) -> dict[str, Any]:
        """What the browser needs to draw the list."""
        return {"label": self.label, "items": list(self.items.items())}

    def validate(self, obj: Any, value: Any) -> str:
        """The name, or ValueError if it is not among the items; TraitError if it is no text."""
        name = str(super().validate(obj, value))
        if name not in self.items:
            known = ", ".join(map(repr, self.items))
            raise ValueError(f"{self.name} must be one of {known}; it is {name!r}")
        return name
