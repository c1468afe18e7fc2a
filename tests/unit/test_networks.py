"""Networks of one hidden layer and their tangent kernel: gradients, limits, and what counts as in use."""

from __future__ import annotations

import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
from hypothesis import given

import selfdistill as sd
from selfdistill.networks import LOSSES, Network, NeuralTangent, active, distil, participation, softmax

KERNEL = NeuralTangent()
CONVOLUTIONAL = Network.convolutional(4, 2, 3, 5, 3)
NETWORKS = {
    "dense": Network.dense(16, 7, 3),
    "convolutional": CONVOLUTIONAL,
    "scaled": Network.dense(16, 7, 3, scale=0.3),
}


def exact(x: list[float], s: list[float]) -> float:
    """The kernel in forty digits."""
    with mpmath.workdps(40):
        u, v = (mpmath.matrix([*map(mpmath.mpf, point), 1]) for point in (x, s))
        size = mpmath.norm(u) * mpmath.norm(v)
        cosine = (u.T * v)[0] / size
        omega = mpmath.acos(min(cosine, mpmath.mpf(1)))
        return float(size * (mpmath.sin(omega) + 2 * (mpmath.pi - omega) * cosine) / (2 * mpmath.pi))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_slope_of_a_loss_is_its_difference_quotient(loss: str) -> None:
    """Also for targets that do not sum to one."""
    rng = np.random.default_rng(5)
    out, y, step = rng.standard_normal((4, 3)), rng.uniform(0.1, 1, (4, 3)), 1e-6
    slope = LOSSES[loss](out, y)[1]
    for j, k in np.ndindex(out.shape):
        moved = step * np.eye(12)[3 * j + k].reshape(4, 3)
        quotient = (LOSSES[loss](out + moved, y)[0] - LOSSES[loss](out - moved, y)[0]) / (2 * step)
        assert slope[j, k] == pytest.approx(quotient, abs=1e-8)  # eps/step, and step² times a third derivative


@pytest.mark.parametrize("network", [Network.dense(40, 200, 150), Network.convolutional(8, 3, 3, 300, 40)])
def test_parameters_begin_with_the_variances_that_the_text_gives(network: Network) -> None:
    """2/(q + 1) in the hidden layer, 1/F in the readout; of n normal numbers the sample's deviates by sqrt(2/n)."""
    (rows, units), (features, outputs) = network.shapes
    start = network.start(np.random.default_rng(3))
    hidden, readout = start[: rows * units], start[rows * units :]
    assert len(readout) == features * outputs
    for part, variance in ((hidden, 2 / rows), (readout, 1 / features)):
        assert abs(np.mean(part**2) / variance - 1) < 5 * np.sqrt(2 / len(part))


coordinate = st.floats(-10, 10)


@pytest.mark.claim("ntk-relu")
@given(
    st.tuples(coordinate, coordinate), st.tuples(coordinate, coordinate), st.sampled_from([0.0, 1e-12, 1e-8, 1e-4, 1.0])
)
def test_the_tangent_kernel_keeps_its_digits_however_close_the_points(
    x: tuple[float, float], step: tuple[float, float], size: float
) -> None:
    s = [a + size * b for a, b in zip(x, step, strict=True)]
    # g is |x̃||s̃| times a function of the angle with bounded slope, and the angle is right to a few roundings
    scale = np.sqrt((1 + x[0] ** 2 + x[1] ** 2) * (1 + s[0] ** 2 + s[1] ** 2))
    assert abs(KERNEL(list(x), s) - exact(list(x), s)) <= 20 * np.finfo(float).eps * scale
    assert abs(KERNEL(list(x), s) - KERNEL(s, list(x))) <= 20 * np.finfo(float).eps * scale


@pytest.mark.claim("ntk-relu")
def test_the_tangent_kernel_is_positive_definite_on_distinct_points() -> None:
    x = np.random.default_rng(1).standard_normal((30, 4))
    spectrum = sd.spectrum.decompose(KERNEL, x)
    assert np.min(spectrum.eigenvalues) > 1e-6 * np.max(spectrum.eigenvalues)


@pytest.mark.claim("ntk-relu", "ensemble")
def test_networks_have_the_covariance_and_the_tangents_that_the_kernel_states() -> None:
    """Means over 400 networks of 50 units: both expectations hold at every width, so only sampling errors are left."""
    x = np.array([[0.2, -1.0], [1.5, 0.3], [-0.4, 0.1]])
    model, rng = Network.dense(2, 50, 1, scale=50**-0.5), np.random.default_rng(3)
    products, tangents = [], []
    for _ in range(400):
        theta = rng.standard_normal(sum(a * b for a, b in model.shapes))
        out, back = model.pullback(theta, x)
        gradients = np.array([back(unit[:, None]) for unit in np.eye(3)])
        products.append(np.outer(out, out))
        tangents.append(gradients @ gradients.T)
    for samples, form in ((products, KERNEL.initial), (tangents, KERNEL)):
        error = np.std(samples, axis=0) / 20
        assert np.all(np.abs(np.mean(samples, axis=0) - form(x[:, None], x)) <= 5 * error)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_that_of_the_loss(kind: str, loss: str) -> None:
    model, rng = NETWORKS[kind], np.random.default_rng(5)
    x, y = rng.standard_normal((6, 16)), softmax(rng.standard_normal((6, 3)))
    theta, direction = model.start(rng), rng.standard_normal(sum(a * b for a, b in model.shapes))
    out, back = model.pullback(theta, x)
    slope = back(LOSSES[loss](out, y)[1]) @ direction
    step = 1e-6  # the rectifiers make the loss piecewise smooth: no kink lies within the step for this draw
    ends = [LOSSES[loss](model(theta + sign * step * direction, x), y)[0] for sign in (1, -1)]
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-6)


def test_a_window_as_large_as_the_image_is_a_dense_network() -> None:
    rng, x = np.random.default_rng(7), np.random.default_rng(8).standard_normal((5, 9))
    dense, whole = Network.dense(9, 4, 2), Network.convolutional(3, 3, 1, 4, 2)
    theta = dense.start(rng)
    assert np.array_equal(dense(theta, x), whole(theta, x))


def test_pooling_averages_the_windows_of_a_block() -> None:
    """Shifting an image by a pixel inside a block of windows that covers all of them changes nothing at the middle."""
    model = Network.convolutional(4, 1, 4, 3, 2)  # one block of sixteen single pixels: the order cannot matter
    theta, x = model.start(np.random.default_rng(9)), np.random.default_rng(10).standard_normal((3, 16))
    assert model(theta, x[:, ::-1]) == pytest.approx(model(theta, x), rel=1e-12)
    blocks = Network.convolutional(4, 1, 2, 3, 2)
    assert blocks.views[:, :, 0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]


def test_windows_that_form_no_whole_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"have 6 places a side.*blocks of 4; change window or pool"):
        Network.convolutional(8, 3, 4, 5, 2)


def test_fit_refuses_what_it_does_not_know() -> None:
    model, x = Network.dense(2, 3, 1), np.zeros((2, 2))
    theta = model.start(np.random.default_rng(0))
    with pytest.raises(ValueError, match="loss must be one of 'squared', 'cross-entropy'; it is 'hinge'"):
        model.fit(theta, x, np.zeros((2, 1)), decay=0.1, loss="hinge")
    with pytest.raises(ValueError, match="decay must be finite and not negative; it is -1"):
        model.fit(theta, x, np.zeros((2, 1)), decay=-1)


@pytest.mark.parametrize("loss", LOSSES)
def test_no_point_near_a_fit_is_better_and_nor_are_its_start_and_zero(loss: str) -> None:
    model, rng = NETWORKS["dense"], np.random.default_rng(11)
    x, y = rng.standard_normal((20, 16)), softmax(rng.standard_normal((20, 3)))
    start = model.start(rng)
    theta = model.fit(start, x, y, decay=0.01, loss=loss, iterations=400)

    def objective(theta: np.ndarray) -> float:
        return LOSSES[loss](model(theta, x), y)[0] + 0.01 * float(theta @ theta)

    # Steps as long as the tenth part of theta: what L-BFGS leaves undone at a kink of the rectifiers is far smaller.
    near = theta + 0.1 * np.linalg.norm(theta) * np.array(
        [u / np.linalg.norm(u) for u in rng.normal(size=(50, len(theta)))]
    )
    assert objective(theta) < min(map(objective, [start, 0 * theta, *near]))


@pytest.mark.parametrize("loss", LOSSES)
def test_each_round_fits_what_the_round_before_said_from_the_same_start(loss: str) -> None:
    model, x = NETWORKS["dense"], np.random.default_rng(12).standard_normal((10, 16))
    y = np.eye(3)[np.arange(10) % 3]
    first, second = distil(model, x, y, rounds=2, rng=np.random.default_rng(13), decay=0.02, loss=loss, iterations=30)
    start = model.start(np.random.default_rng(13))
    said = model(first, x) if loss == "squared" else softmax(model(first, x))
    assert np.array_equal(first, model.fit(start, x, y, decay=0.02, loss=loss, iterations=30))
    assert np.array_equal(second, model.fit(start, x, said, decay=0.02, loss=loss, iterations=30))


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20))
def test_the_participation_ratio_lies_between_one_and_the_number_of_modes(z: list[float]) -> None:
    assert 1 - 1e-12 <= participation(z) <= len(z) * (1 + 1e-12)
    assert participation(np.array(z)[:, None] * np.ones((1, 3))) == pytest.approx(participation(z))


def test_a_unit_without_readout_is_not_in_use() -> None:
    model, x = Network.dense(2, 4, 1), np.random.default_rng(14).standard_normal((6, 2))
    theta = np.ones(sum(a * b for a, b in model.shapes))
    assert active(model, theta, x) == pytest.approx(4)
    theta[-1] = 0.0
    assert active(model, theta, x) == pytest.approx(3)
