r"""Networks small enough for a chapter: one hidden layer, dense or convolutional, and the kernel of its wide limit.

Linearised around its initial parameters, a network is a kernel method: `NeuralTangent` is that kernel for one hidden
layer of infinite width. `Network` is the real thing at finite width, with a gradient written out by hand and a fit by
L-BFGS, so that a chapter can distil networks while it runs and needs no other library for it.

Sources: A. Jacot, F. Gabriel, C. Hongler (2018) for the kernel; Y. Cho, L. Saul (2009) for its expectations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.optimize
from numpy.typing import ArrayLike, NDArray

from .kernel import Array

__all__ = ["Network", "NeuralTangent", "active", "distil", "participation", "softmax"]


@dataclass(frozen=True)
class NeuralTangent:
    r"""The neural tangent kernel of one hidden layer of rectifiers, in the limit of infinite width.

    The network is f(x) = F^{-1/2} Σ_j v_j max(w_j^T x̃, 0) with F units, x̃ = (x, 1), and v_j and w_j drawn
    independently from the standard normal distribution. As F grows, ∇f(x)·∇f(s) tends to

    g(x, s) = |x̃| |s̃| (sin ω + 2(π − ω) cos ω)/(2π),

    where ω is the angle between x̃ and s̃.

    Examples
    --------
    >>> round(float(NeuralTangent()([3.0, 0.0], [3.0, 0.0])), 12)  # ω = 0: |x̃|² = 10
    10.0
    """

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """g(x, s) for points of shapes (..., p), which broadcast except for the last axis."""
        size, omega = _angle(x, s)
        return size * (np.sin(omega) + 2.0 * (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)

    def initial(self, x: ArrayLike, s: ArrayLike) -> Array:
        """Covariance of the untrained network, E f(x) f(s) = |x̃| |s̃| (sin ω + (π − ω) cos ω)/(2π), at every width."""
        size, omega = _angle(x, s)
        return size * (np.sin(omega) + (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)


def _angle(x: ArrayLike, s: ArrayLike) -> tuple[Array, Array]:
    """|x̃| |s̃|, and the angle between x̃ and s̃."""
    (u, long), (v, wide) = _direction(x), _direction(s)
    # From the diagonals of the rhombus: exact at ω = 0, where an arc cosine loses half the digits.
    return long * wide, 2.0 * np.arctan2(_norm(u - v), _norm(u + v))


def _direction(x: ArrayLike) -> tuple[Array, Array]:
    """x̃ = (x, 1) as a unit vector, and its length."""
    values = np.asarray(x, dtype=float)
    whole = np.concatenate([values, np.ones((*values.shape[:-1], 1))], axis=-1)
    length = _norm(whole)
    return whole / length[..., None], length


def _norm(x: Array) -> Array:
    return np.sqrt(np.sum(x * x, axis=-1))


@dataclass(frozen=True)
class Network:
    r"""One hidden layer of F rectifiers that look at parts of the input, and a linear readout.

    Each unit sees *views*, tuples of q entries of the input with a 1 appended: max(w^T view + b, 0). A dense network
    has one view, the whole input. A convolutional one has a view for each window of an image, and its units are
    averaged over blocks of windows (mean pooling) before they are read out:
    f(x) = scale · Σ_{g, j} V_{gj} · mean_b max(w_j^T view_{gb}(x) + b_j, 0).

    Attributes
    ----------
    views : ndarray of int, shape (groups, windows, q)
        Which entries of the input each view holds; windows of one group are averaged.
    units : int
        F.
    outputs : int
        m.
    scale : float
        F^{-1/2} gives the parametrisation of `NeuralTangent`.
    """

    views: NDArray[np.intp]
    units: int
    outputs: int
    scale: float = 1.0

    @classmethod
    def dense(cls, inputs: int, units: int, outputs: int, *, scale: float = 1.0) -> Network:
        """Every unit sees the whole input.

        Examples
        --------
        >>> Network.dense(64, 256, 10).shapes
        ((65, 256), (256, 10))
        """
        return cls(np.arange(inputs)[None, None], units, outputs, scale)

    @classmethod
    def convolutional(cls, side: int, window: int, pool: int, units: int, outputs: int) -> Network:
        """Units see the window × window parts of a square image, averaged over pool × pool blocks of windows.

        Raises
        ------
        ValueError
            If the windows do not form whole blocks.
        """
        places = side - window + 1
        if places < 1 or places % pool:
            raise ValueError(
                f"windows of {window} in an image of {side} have {places} places a side, which are no whole "
                f"number of blocks of {pool}; change window or pool"
            )
        corner = np.add.outer(side * np.arange(places), np.arange(places))  # entry at the corner of each window
        part = np.add.outer(side * np.arange(window), np.arange(window)).ravel()
        blocks = corner.reshape(places // pool, pool, places // pool, pool).swapaxes(1, 2).reshape(-1, pool * pool)
        return cls(blocks[:, :, None] + part, units, outputs)

    @property
    def shapes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Shapes of the two matrices of parameters, hidden layer (last row: b) and readout."""
        groups, _, q = self.views.shape
        return (q + 1, self.units), (groups * self.units, self.outputs)

    def start(self, rng: np.random.Generator) -> Array:
        """Initial parameters in one vector: normal, variances 2/(q + 1) in the hidden layer, 1/F in the readout."""
        hidden, readout = self.shapes
        w = rng.standard_normal(hidden) * np.sqrt(2.0 / hidden[0])
        v = rng.standard_normal(readout) / np.sqrt(readout[0])
        return np.concatenate([w.ravel(), v.ravel()])

    def __call__(self, theta: Array, x: Array) -> Array:
        """f(x) for inputs of shape (K, p), shape (K, m)."""
        return self._forward(theta, x)[0]

    def hidden(self, theta: Array, x: Array) -> Array:
        """What the units say before the readout, averaged over the windows of a group, shape (K, groups·F)."""
        return self._forward(theta, x)[1]

    def pullback(self, theta: Array, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        """f(x), and the map that takes ∂L/∂f of shape (K, m) to ∂L/∂θ: the chain rule backwards, written out."""
        out, pooled, views, before = self._forward(theta, x)
        _, readout = self._split(theta)

        def back(slope: Array) -> Array:
            groups, windows, _ = self.views.shape
            inner = self.scale * (slope @ readout.T).reshape(len(x), groups, 1, self.units) / windows
            inner = np.where(before > 0, inner, 0.0).reshape(-1, self.units)
            to_hidden = views.reshape(-1, views.shape[-1]).T @ inner
            return np.concatenate([to_hidden.ravel(), self.scale * (pooled.T @ slope).ravel()])

        return out, back

    def _split(self, theta: Array) -> tuple[Array, Array]:
        hidden, readout = self.shapes
        cut = hidden[0] * hidden[1]
        return theta[:cut].reshape(hidden), theta[cut:].reshape(readout)

    def _forward(self, theta: Array, x: Array) -> tuple[Array, Array, Array, Array]:
        hidden, readout = self._split(theta)
        views = np.concatenate([x[:, self.views], np.ones((len(x), *self.views.shape[:2], 1))], axis=-1)
        before = views @ hidden
        pooled = np.maximum(before, 0.0).mean(axis=2).reshape(len(x), -1)
        return self.scale * pooled @ readout, pooled, views, before

    def fit(
        self, theta: Array, x: Array, y: Array, *, decay: float, loss: str = "squared", iterations: int = 200
    ) -> Array:
        r"""Parameters that (nearly) minimise the loss with weight decay, by L-BFGS from `theta`.

        (1/K) Σ_k ℓ(f(x_k), y_k) + decay·|θ|², with ℓ(f, y) = |f − y|² ("squared") or −Σ_i y_i log softmax(f)_i
        ("cross-entropy"; the rows of y are then distributions over the classes).

        Parameters
        ----------
        theta : ndarray
            Where to begin, see `start`.
        x : ndarray, shape (K, p)
        y : ndarray, shape (K, m)
        decay : float
            Weight of |θ|², not negative.
        loss : {"squared", "cross-entropy"}
        iterations : int
            At most so many steps of L-BFGS. The problem is not convex: more steps may end elsewhere.

        Raises
        ------
        ValueError
            If the loss is unknown, or decay is negative or not finite.
        """
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}; it is {loss!r}")
        if not (np.isfinite(decay) and decay >= 0):
            raise ValueError(f"decay must be finite and not negative; it is {decay!r}")

        def objective(theta: Array) -> tuple[float, Array]:
            out, back = self.pullback(theta, x)
            value, slope = LOSSES[loss](out, y)
            return value + decay * float(theta @ theta), back(slope) + 2.0 * decay * theta

        options = {"maxiter": iterations, "maxcor": 20}
        return np.asarray(scipy.optimize.minimize(objective, theta, jac=True, method="L-BFGS-B", options=options).x)


def softmax(out: Array) -> Array:
    """exp(f_i)/Σ exp(f_j) along the last axis."""
    powers = np.exp(out - out.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _squared(out: Array, y: Array) -> tuple[float, Array]:
    """(1/K) Σ |f − y|² and its derivative."""
    residual = out - y
    return float(np.sum(residual**2)) / len(y), 2.0 * residual / len(y)


def _cross_entropy(out: Array, y: Array) -> tuple[float, Array]:
    """−(1/K) Σ y·log softmax(f) and its derivative."""
    shifted = out - out.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -float(np.sum(y * logs)) / len(y), (np.exp(logs) * y.sum(axis=1, keepdims=True) - y) / len(y)


LOSSES: dict[str, Callable[[Array, Array], tuple[float, Array]]] = {
    "squared": _squared,
    "cross-entropy": _cross_entropy,
}


def distil(
    network: Network,
    x: Array,
    y: Array,
    *,
    decay: float,
    rounds: int,
    rng: np.random.Generator,
    loss: str = "squared",
    iterations: int = 200,
) -> Iterator[Array]:
    """Parameters of each round: fit, predict at the points, fit those predictions from the same start, and so on.

    The next targets are the outputs of the squared loss, the probabilities of the cross-entropy. See `Network.fit`
    for the arguments.
    """
    start, target = network.start(rng), y
    for _ in range(rounds):
        theta = network.fit(start, x, target, decay=decay, loss=loss, iterations=iterations)
        yield theta
        target = network(theta, x) if loss == "squared" else softmax(network(theta, x))


def participation(z: ArrayLike) -> float:
    """Participation ratio (Σ e_k)²/Σ e_k² of the energies e_k of coordinates z, shape (K,) or (K, m): modes in use.

    It is n if n modes share the energy equally, and 1 if one has it all. Over several outputs e_k is the squared norm
    of row k.

    Examples
    --------
    >>> participation([1.0, 1.0, 1.0, 0.0])
    3.0
    """
    rows = np.asarray(z, dtype=float).reshape(len(np.asarray(z)), -1)
    energy = np.sum(rows**2, axis=1)
    return float(np.sum(energy) ** 2 / np.sum(energy**2))


def active(network: Network, theta: Array, x: Array) -> float:
    """Units in use: participation ratio of what each unit adds to the outputs over the points.

    Its weight is the root mean square of its activity times the norm of its readout: a unit that decay has put to
    sleep counts nothing, however often its rectifier is open.
    """
    _, readout = network._split(theta)
    size = np.sqrt(np.mean(network.hidden(theta, x) ** 2, axis=0)) * np.linalg.norm(readout, axis=1)
    return participation(size.reshape(-1, network.units).sum(axis=0))
