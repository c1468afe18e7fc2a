"""Plates: what they measure, against eigenpairs, quadrature and many draws; and that they say what they show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from selfdistill import figures, greens, plates
from selfdistill.greens import at, solve

ON_INTERVAL = [
    (greens.BrownianBridge(), 2),
    (greens.BrownianMotion(), 2),
    (greens.ExponentialNeumann(a=3.0), 2),
    (greens.SimplySupportedBeam(), 4),
    (greens.ClampedBeam(), 4),
    (greens.Cantilever(), 4),
    (greens.Lidstone(order=3), 6),
]


@pytest.mark.claim("green-mercer")
@pytest.mark.parametrize(("kernel", "order"), ON_INTERVAL, ids=repr)
def test_modes_of_a_plate_are_those_of_the_operator(kernel: greens.GreensFunction, order: int) -> None:
    errors = []
    for points in (80, 160):
        plate = plates.measure(kernel, points=points)
        eigenvalues, phi = kernel.eigenpairs(4)
        errors.append(np.max(np.abs(plate.eigenvalues[:4] * eigenvalues - 1)))
        exact = phi(plate.x)
        signs = np.sign(np.sum(exact * plate.modes[:4], axis=1))[:, None]
        assert_allclose(plate.modes[:4], signs * exact, atol=0.05)
    # a kink in derivative order − 1 costs Gauss-Legendre sums M^{−order}
    assert errors[1] < 0.4 * errors[0] + 1e-12 and errors[1] < 0.01


@pytest.mark.claim("green-mercer")
@pytest.mark.parametrize(("kernel", "order"), ON_INTERVAL, ids=repr)
def test_eigenvalues_fall_with_the_order_of_the_operator(kernel: greens.GreensFunction, order: int) -> None:
    assert abs(plates.measure(kernel).decay - order) < 0.4


@pytest.mark.claim("green-mercer")
def test_draws_have_the_kernel_as_their_covariance() -> None:
    kernel = greens.Matern(order=2, a=5.0)
    plate = plates.measure(kernel, points=40, draws=40_000)
    exact = kernel(plate.x[:, None], plate.x)
    error = np.sqrt((exact**2 + np.outer(np.diag(exact), np.diag(exact))) / 40_000)  # of a sample covariance
    assert np.max(np.abs(plate.draws.T @ plate.draws / 40_000 - exact) / error) < 5.5
    assert_allclose(plate.draws[:3], plates.measure(kernel, points=40, draws=40_000).draws[:3], rtol=0)


@pytest.mark.claim("green-modified", "green-mercer")
def test_free_space_without_lines_is_the_free_beam() -> None:
    conditions = [at(end, {j: 1.0}) for end in (0, 1) for j in (2, 3)]
    beam = solve([0, 0, 0, 0, 1], conditions, orthogonal_to=[1.0, lambda x: x])
    own, free = plates.measure(beam), plates.measure(greens.FreeSpace(order=2))
    assert_allclose(own.eigenvalues[:6], free.eigenvalues[:6], rtol=1e-5)
    # the frequencies of a free beam: cos β cosh β = 1
    beta = own.eigenvalues[:3] ** -0.25
    assert_allclose(np.cos(beta) * np.cosh(beta), 1.0, atol=2e-2)
    assert_allclose(beta, [4.7300407, 7.8532046, 10.9956078], rtol=1e-5)


def test_plates_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(figures, "show", lambda fig, **words: said.append({"fig": fig, **words}))
    plates.draw(greens.SimplySupportedBeam(), "A beam")
    plates.draw(greens.FreeSpace(order=2), "Free space")
    beam, free = said
    assert beam["caption"].startswith("A beam. From mode 6 to 12 the eigenvalues fall like n to the power −4.0.")
    assert "The loop has 4 fits" in beam["caption"] and beam["caption"] in beam["alt"]
    assert len(beam["fig"].axes) == len(free["fig"].axes) == 5
    assert figures.svg(free["fig"], alt=free["alt"]).startswith("<svg")  # labels on all axes, or it would refuse


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="points must be a whole number, at least 32; it is 8"):
        plates.measure(greens.SimplySupportedBeam(), points=8)
