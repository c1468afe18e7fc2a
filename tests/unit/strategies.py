"""Random problems for the property tests: adversarial spectra, ties, zeros, scales from 1e-150 to 1e150."""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np
from numpy.typing import NDArray

import selfdistill as sd


@dataclass(frozen=True)
class Problem:
    """Eigenvalues d (K,), coordinates z (K,), and residual = sqrt(K epsilon) with r = ||z||/residual > 1."""

    d: NDArray[np.float64]
    z: NDArray[np.float64]
    residual: float

    @property
    def epsilon(self) -> float:
        return self.residual**2 / len(self.d)

    @property
    def r(self) -> float:
        return float(np.linalg.norm(self.z) / self.residual)

    @property
    def spectrum(self) -> sd.Spectrum:
        """A problem whose Gram matrix is diagonal, so that z are the labels themselves."""
        return sd.Spectrum(np.diag(self.d), self.d, np.eye(len(self.d)))


@st.composite
def problems(draw: st.DrawFn, *, zeros: bool = True, scaled: bool = True, largest_r: float = 1e6) -> Problem:
    """Feasible problems: K from 1 to 12, kappa up to 1e12, ties, zero eigenvalues, zero coordinates, any unit."""
    size = draw(st.integers(1, 12))
    exponents = draw(st.lists(st.floats(-12, 0), min_size=size, max_size=size))
    if draw(st.booleans()):  # ties
        exponents = [round(e / 3) * 3.0 for e in exponents]
    d = np.sort(10.0 ** np.array(exponents))
    z = np.array(
        draw(st.lists(st.floats(-1, 1).filter(lambda v: v == 0 or abs(v) > 1e-6), min_size=size, max_size=size))
    )
    if zeros and size > 1:
        d[: draw(st.integers(0, size - 1))] = 0.0
    if not np.any(z[d > 0]):
        z[-1] = 1.0
    null = float(np.sum(z[d == 0] ** 2))
    free = float(np.sum(z[d > 0] ** 2))
    share = 1 / (1 + 10.0 ** draw(st.floats(-6, np.log10(largest_r)))) ** 2  # of the energy that can be fitted
    residual = np.sqrt(null + share * free)
    unit_d, unit_z = (
        (10.0 ** draw(st.integers(-150, 150)), 10.0 ** draw(st.integers(-150, 150))) if scaled else (1.0, 1.0)
    )
    return Problem(d * unit_d, z * unit_z, float(residual * unit_z))
