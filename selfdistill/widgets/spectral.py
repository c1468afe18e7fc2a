"""What the explorables of filters share: the nine interior points, and how a filter is drawn and judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from .. import figures, filters
from .base import StoryWidget
from .example import example


class SpectralWidget(StoryWidget):
    """An explorable of filters on the paper's nine interior points."""

    def ship(self) -> Mapping[str, Any]:
        """The spectrum of the example."""
        return {"data": example("interior").packed()}

    @property
    def eigenvalues(self) -> NDArray[np.float64]:
        """The eigenvalues of the Gram matrix, ascending."""
        return example("interior").d

    def error(self, method: filters.Filter) -> float:
        """Mean squared error to the sine, on the 1001 held-out points, of a method with this filter."""
        return example("interior").error(method)

    def draw_kept(self, ax: Axes, method: filters.Filter, label: str, look: tuple[str, str]) -> None:
        """The curve h(d) of a filter; `look` is its colour and its line style."""
        wide = np.geomspace(10**-6.5, 10**-1.5, 121)
        ax.semilogx(wide, method(wide), look[1], color=figures.COLOURS[look[0]], label=label)
        ax.set(xlabel="eigenvalue $d$", ylabel="part that is kept, $h(d)$", ylim=(-0.02, 1.02))
