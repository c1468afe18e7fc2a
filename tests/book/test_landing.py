"""The statement of the landing page, and its switch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import selfdistill as sd


@pytest.mark.claim("as-far")
@given(st.integers(0, 10**6), st.sampled_from([sd.greens.SimplySupportedBeam(), sd.greens.BrownianMotion()]))
def test_each_fit_stays_away_from_its_labels_as_far_as_it_may(seed: int, green: sd.greens.GreensFunction) -> None:
    """Any labels, any tolerance below their mean square; when the loop ends, the next fit may be zero."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 12))
    x, y = (np.arange(size) + rng.uniform(0.25, 0.75, size)) / size, rng.standard_normal(size)
    epsilon = float(np.mean(y**2) * rng.uniform(0.02, 0.9))
    path = sd.distill(green, x, y, epsilon=epsilon)
    distances = np.mean(np.diff(path.targets, axis=0) ** 2, axis=1)
    # The multiplier is right to a few eps times its condition, at most 1e6 for points this far apart.
    np.testing.assert_allclose(distances, epsilon, rtol=1e-9)
    assert np.mean(path.targets[-1] ** 2) <= epsilon * (1 + 1e-9)
