"""The running example in the eigenbasis of the simply supported beam: computed once, for every explorable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import datasets, filters, spectrum
from ..datasets import Data
from ..greens import SimplySupportedBeam
from ..spectrum import Spectrum
from .base import encode

FINE = np.linspace(0.0, 1.0, 1001)  #: the held-out points


@dataclass(frozen=True)
class Example:
    """A data set, its spectrum, and what a picture needs of both."""

    label: str
    data: Data
    spectrum: Spectrum

    @property
    def d(self) -> NDArray[np.float64]:
        """The eigenvalues, ascending."""
        return self.spectrum.eigenvalues

    @cached_property
    def z(self) -> NDArray[np.float64]:
        """The coordinates of the labels."""
        return self.spectrum.coordinates(self.data.y)

    @cached_property
    def on_fine(self) -> NDArray[np.float64]:
        """The map from coordinates to values at the held-out points, shape (1001, K)."""
        return self.map_to(FINE)

    def map_to(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The map from coordinates z of targets to the values at x of the function of least energy through them.

        Zero on the modes that no function reaches. Shape (len(x), K).
        """
        inverse = np.divide(1.0, self.d, out=np.zeros_like(self.d), where=~self.spectrum.null)
        return spectrum.cross(SimplySupportedBeam(), x, self.data.x) @ self.spectrum.eigenvectors * inverse

    def error(self, method: filters.Filter) -> float:
        """Mean squared error to the truth, on the held-out points, of a method with this filter."""
        return float(self.data.error(self.on_fine @ (method(self.d) * self.z), FINE))

    def packed(self) -> dict[str, Any]:
        """Eigenvalues, coordinates, and the moments of the held-out error, for the browser.

        The error of targets with coordinates z is ``z'Qz - 2q'z + s``.
        """
        target, points = self.data.truth(FINE), len(FINE)
        arrays = {"Q": self.on_fine.T @ self.on_fine / points, "q": self.on_fine.T @ target / points}
        return {
            **packed(self.d, self.z),
            **{name: encode(one) for name, one in arrays.items()},
            "s": float(np.mean(target**2)),
        }


def packed(d: NDArray[np.float64], z: NDArray[np.float64]) -> dict[str, str]:
    """Eigenvalues and coordinates, for the browser."""
    return {"d": encode(d), "z": encode(z)}


def _sine_40() -> Data:
    return datasets.noisy_sine(40, 0.5, rng=np.random.default_rng(1))


#: The data sets, each with words and with the function that makes it.
PRESETS: Mapping[str, tuple[str, Callable[[], Data]]] = {
    "paper": ("the paper's eleven points", datasets.paper),
    "interior": ("its nine interior points", datasets.paper_interior),
    "sine": ("forty points of a noisy sine", _sine_40),
}


@cache
def example(preset: str) -> Example:
    """One of `PRESETS`, decomposed."""
    label, make = PRESETS[preset]
    data = make()
    return Example(label, data, spectrum.decompose(SimplySupportedBeam(), data.x))
