"""The equivalent kernel g†: one ordinary fit with it gives what many rounds of self-distillation give with g."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .distillation import Distillation
from .kernel import Array, as_numbers, positive, whole
from .spectrum import refuse_unless_plain


def eigenvalues(log_shrinkage: ArrayLike, c0: float) -> Array:
    """d†_k = c_0/(1/B_t[k, k] - 1) = c_0/expm1(S), with S = -log B_t[k, k]; 0 where B_t is 0, infinite where it is 1.

    It solves d†/(c_0 + d†) = B_t. Below the smallest float it is 0.
    """
    s = -np.asarray(log_shrinkage, dtype=float)
    if not np.all(s >= 0):
        raise ValueError(f"log_shrinkage, log B, must not be positive; its largest is {-np.min(s):.6g}")
    c0 = positive(c0, "c0")
    with np.errstate(divide="ignore", over="ignore"):
        return c0 / np.expm1(s)


def penalty_weights(multipliers: ArrayLike) -> Array:
    """e_1(c), ..., e_n(c), shape (n,): the elementary symmetric polynomials of n multipliers.

    prod_i (1 + c_i s) = 1 + sum_m e_m s^m. After n rounds the targets minimise
    ||h - y_0||² + h^T (sum_m e_m G^{-m}) h, for an invertible G.

    Examples
    --------
    >>> penalty_weights([1.0, 2.0])
    array([3., 2.])
    """
    return np.asarray(np.poly(-as_numbers(multipliers, "multipliers"))[1:], dtype=float)


def effective_multiplier(d: ArrayLike, multipliers: ArrayLike) -> Array:
    """c_eff(d) = d (prod(1 + c_i/d) - 1) = sum_m e_m(c) d^{1-m}: the one ridge that does to d what the rounds did.

    prod d/(d + c_i) = d/(d + c_eff(d)), for d > 0. From two rounds on it decreases in d: weak modes see the larger
    ridge.

    Examples
    --------
    Two rounds with c = 1 are the ridge 2 + 1/d:

    >>> effective_multiplier([1.0, 2.0], [1.0, 1.0]).round(12)
    array([3. , 2.5])
    """
    d = as_numbers(d, "d")
    if not np.all(d > 0):
        raise ValueError(f"d must be positive eigenvalues; the smallest is {np.min(d):.6g}")
    return d * np.expm1(np.sum(np.log1p(np.asarray(multipliers, dtype=float) / d[..., None]), axis=-1))


@dataclass(frozen=True)
class EquivalentKernel:
    """g†(x, s) = K g_x^T G^+ G† G^+ g_s, with G† = U diag(d†) U^T: a kernel of finite rank, usable like any other.

    One fit with g†, multiplier c_0 and the labels y_0 equals f_t, at the points and off them. Like any kernel it can be
    given to `distill`. It depends on the labels of the path, through the multipliers.

    Attributes
    ----------
    path : Distillation
        The rounds.
    round : int
        The round t it stands for.

    Raises
    ------
    ValueError
        If the path has no non-zero fit of that round, or c_0 = 0 (epsilon at its floor), where no kernel is equivalent;
        or if it has weights or a null space.

    Examples
    --------
    >>> import selfdistill as sd
    >>> data = sd.datasets.paper_interior()
    >>> path = sd.distill(sd.greens.SimplySupportedBeam(), data.x, data.y, epsilon=0.045)
    >>> kernel = EquivalentKernel(path, round=1)
    >>> again = sd.distill(kernel, data.x, data.y, multiplier=path.multipliers[0], rounds=1)
    >>> bool(np.allclose(again.targets[1], path.targets[2]))
    True
    """

    path: Distillation = field(repr=False)
    round: int

    def __post_init__(self) -> None:
        refuse_unless_plain(self.path.plain, "the equivalent kernel")
        if len(self.path) == 0:
            raise ValueError("the path collapsed at once: it has no non-zero fit, and no kernel is equivalent to zero")
        most = len(self.path) - 1
        number = whole(self.round, "round", least=0, most=most, remedy="The path has no other non-zero fit.")
        object.__setattr__(self, "round", number)
        if self.path.multipliers[0] == 0:
            raise ValueError(
                f"epsilon = {self.path.epsilon!r} is the floor, where c_0 = 0 and g† does not exist; take a larger one"
            )

    @property
    def domain(self) -> Any:
        """That of g, or None where g declares none."""
        return getattr(self.path.green, "domain", None)

    @property
    def period(self) -> float | None:
        """That of g, or None where g declares none."""
        return getattr(self.path.green, "period", None)

    @property
    def eigenvalues(self) -> Array:
        """d†, shape (K,), in the order of the eigenvalues of G."""
        return eigenvalues(self.path.log_shrinkage[self.round], self.path.multipliers[0])

    @property
    def gram(self) -> Array:
        """G† = U diag(d†) U^T, shape (K, K)."""
        u = self.path.spectrum.eigenvectors
        return (u * self.eigenvalues) @ u.T

    @property
    def energy(self) -> float:
        """The squared norm of f_t in the space of g†, summed over outputs.

        R†(f_t) = (1/K) sum_k B_t² z_0²/d† = (1/(K c_0)) sum_k B_t (1 - B_t) z_0².
        """
        z = self.path.spectrum.coordinates(self.path.targets[0])
        log_b = self.path.log_shrinkage[self.round]
        hump = -np.exp(log_b) * np.expm1(log_b)  # B (1 - B)
        return float(np.sum(hump @ z**2)) / (len(z) * float(self.path.multipliers[0]))

    def __call__(self, x: ArrayLike, s: ArrayLike) -> Array:
        """g†(x, s), broadcasting x against s; points in p dimensions keep their last axis."""
        return np.einsum("...k,...k->...", self._features(x), self._features(s))

    def _features(self, x: ArrayLike) -> Array:
        """sqrt(K d†_k)·(U^T g_x)_k/d_k, shape (..., K)."""
        points, data, spectrum = np.asarray(x, dtype=float), self.path.x, self.path.spectrum
        points = points[..., None] if data.ndim == 1 else points[..., None, :]
        g_x = np.asarray(self.path.green(points, data), dtype=float) / len(data)
        keep = ~spectrum.null
        scale = np.sqrt(len(data) * self.eigenvalues[keep]) / spectrum.eigenvalues[keep]
        return g_x @ spectrum.eigenvectors[:, keep] * scale
