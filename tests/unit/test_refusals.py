"""What the inner rooms refuse, with the offending value in the words: nothing wrong passes on in silence."""

from __future__ import annotations

import numpy as np
import pytest

import selfdistill as sd
from selfdistill import secular


@pytest.mark.parametrize(
    ("d", "z", "residual", "words"),
    [
        ([-1.0, 2.0], [1.0, 1.0], 0.5, "eigenvalues must be finite and non-negative; the smallest is -1.0"),
        ([np.inf, 2.0], [1.0, 1.0], 0.5, "eigenvalues must be finite"),
        ([np.nan, 2.0], [1.0, 1.0], 0.5, "eigenvalues must be finite"),
        ([1.0, 2.0], [1.0, np.nan], 0.5, "coordinates z must be finite"),
        ([1.0, 2.0], [1.0, 1.0], 0.0, "residual = .* must be finite and positive; the smallest is 0.0"),
        ([1.0, 2.0], [1.0, 1.0], np.inf, "residual = .* must be finite and positive"),
    ],
)
def test_the_secular_equation_names_what_is_wrong(d: list[float], z: list[float], residual: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        secular.solve(d, z, residual)


def test_a_root_that_does_not_settle_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of Newton's method is too few for eigenvalues that span ten orders."""
    monkeypatch.setattr(secular, "CAP", 1)
    with pytest.raises(ArithmeticError, match=r"did not settle in 1 Newton steps .* the eigenvalues span 1e-10 to 1"):
        secular.solve([1e-10, 1.0], [1.0, 1.0], 1e-3)


@pytest.mark.parametrize(
    ("size", "sigma", "words"),
    [
        (0, 0.1, "K must be at least 1; it is 0"),
        (5, -0.1, "sigma must be finite and non-negative; it is -0.1"),
        (5, np.nan, "sigma must be finite"),
    ],
)
def test_a_draw_of_the_sine_names_what_is_wrong(size: int, sigma: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sd.datasets.noisy_sine(size, sigma, rng=np.random.default_rng(0))


def test_a_draw_of_the_sine_is_the_sine_and_its_noise() -> None:
    """Without noise the labels are the sine; the noise is that of the generator, times sigma."""
    still, moved = (sd.datasets.noisy_sine(4, sigma, rng=np.random.default_rng(7)) for sigma in (0.0, 0.5))
    np.testing.assert_allclose(still.x, [0.2, 0.4, 0.6, 0.8], rtol=1e-15)
    np.testing.assert_allclose(still.y, np.sin(2 * np.pi * still.x), rtol=1e-14)
    noise = np.random.default_rng(7).standard_normal(4)
    np.testing.assert_allclose(moved.y - still.y, 0.5 * noise, atol=4 * np.finfo(float).eps)
