"""One fit with lines free against csaps, a smoothing spline of other hands; the unit tests have SciPy's and R's."""

from __future__ import annotations

import numpy as np
import pytest
from csaps import csaps

import selfdistill as sd


@pytest.mark.claim("nullspace")
@pytest.mark.parametrize("c", [1e-3, 1e-5, 1e-7])
def test_csaps_fits_the_same_spline(c: float) -> None:
    """It minimises s·sum w (y - f)² + (1 - s)·∫ (f'')², so that s = 1/(1 + K c); its band has a condition of K c/h³."""
    rng = np.random.default_rng(3)
    x = (np.arange(200) + rng.uniform(0.2, 0.8, 200)) / 200
    y, w = np.sin(8 * x) + 3 * x + 0.3 * rng.standard_normal(200), rng.uniform(0.3, 3, 200)
    w = w / np.mean(w)
    path = sd.distill(sd.greens.FreeSpace(2), x, y, multiplier=c, rounds=1, weights=w)
    inside = np.linspace(x[0], x[-1], 301)
    expected = np.asarray(csaps(x, y, inside, weights=w, smooth=1 / (1 + 200 * c)), dtype=float)
    banded = float(np.finfo(float).eps) * 16 * 200 * c / float(np.min(np.diff(x))) ** 3
    own = 10 * path.accuracy * float(np.linalg.norm(y))
    np.testing.assert_allclose(path.predict(inside, round=0), expected, atol=banded + own)
