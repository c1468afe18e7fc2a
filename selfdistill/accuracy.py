"""What float64 can tell: how far the fits may be off, and from which epsilon on they can be trusted.

LAPACK's eigenvalues, Ritz values and the entries of G carry errors of a small multiple of u·d_max, u = 2.2e-16. So an
eigenvalue below 1e-14·d_max cannot be told from zero. It is **unresolved**: set to zero, counted in the accuracy, and
no reason to call an epsilon infeasible. An **exact** zero is known without arithmetic (`selfdistill.sites`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .kernel import Array
from .recursion import Rounds, magnitudes

CLIP = 1e-14  # eigenvalues below CLIP·d_max are unresolved
RELATIVE = 8 * float(np.finfo(float).eps)  # error of G and of its decomposition, relative to d_max
PROMISE = 1e-9  # accuracy without a warning
HOPELESS = 1e-2  # accuracy beyond which no result is given


class UnresolvedError(ArithmeticError):
    """The fit exists, but float64 cannot find it: it hangs on eigenvalues that rounding hides.

    Attributes
    ----------
    epsilon : float
        What was asked for.
    enough : float
        An epsilon from which on the fits are accurate to nine digits.
    """

    def __init__(self, epsilon: float, enough: float, words: str) -> None:
        self.epsilon, self.enough, self.words = epsilon, enough, words
        super().__init__(
            f"no trustworthy fit for epsilon = {epsilon!r}: {words}. Take epsilon >= {enough!r}, from which on the "
            "targets are accurate to nine digits."
        )

    def __reduce__(self) -> tuple[type[UnresolvedError], tuple[float, float, str]]:
        return type(self), (self.epsilon, self.enough, self.words)


def rounding(
    d: Array,
    done: Rounds,
    *,
    scale: float,
    unresolved: NDArray[np.bool_],
    fixed: bool,
    relative: float = RELATIVE,
) -> float:
    """Estimate of the error of the targets, relative to the norm of the labels, added over the rounds.

    An error E of G, of norm eta·d_max, moves the residual r = c (c + G)^{-1} z by -c (c + G)^{-1} E (c + G)^{-1} z, of
    norm at most eta·d_max·||z/(d + c)||·max_k c/(d_k + c). On an unresolved mode, d in [0, tau] with tau = 1e-14·d_max,
    the fit is off by at most z tau/(tau + c). Where the constraint sets c, ||r|| must not change: c gives way, and the
    two together are longer by a factor of at most 1 + S, where
    S = ||r|| ||v||/<r, v>, v = G (c + G)^{-2} z the derivative of r by c.
    """
    total, live = 0.0, d > 0
    unit = float(np.max(np.abs(done.coordinates[0]), initial=np.finfo(float).tiny)) if done.coordinates else 1.0
    for z, c in zip(done.coordinates, done.multipliers, strict=False):
        size = magnitudes(z) / unit
        moved = relative * np.linalg.norm(size[live] * (scale / (d[live] + c)))  # in any unit of the kernel
        moved *= c / (np.min(d[live], initial=np.inf) + c) if c > 0 else 0.0
        tau = CLIP * scale
        moved = np.hypot(moved, np.linalg.norm(size[unresolved]) * tau / (tau + c))
        moved *= 1.0 if fixed else 1.0 + _amplification(d, size, float(c))
        total += float(moved + relative * np.linalg.norm(size))  # and the products with U
    norm = float(np.linalg.norm(done.coordinates[0] / unit)) if done.coordinates else 0.0
    return total / norm if norm > 0 else 0.0


def _amplification(d: Array, size: Array, c: float) -> float:
    """S = ||r|| ||v||/<r, v> of `rounding`; 0 at c = 0, where c cannot move the fit."""
    if c == 0:
        return 0.0
    kept = d / (d + c)
    p = (size * c / (d + c)) ** 2
    slope = float(np.sum(p * kept))
    return float(np.sqrt(np.sum(p) * np.sum(p * kept**2))) / slope if slope > 0 else 0.0


def enough(
    d: Array,
    z: Array,
    null: float,
    *,
    scale: float,
    unresolved: NDArray[np.bool_],
    count: int,
    left_out: Callable[[Array], float] = lambda alpha: 0.0,
) -> float:
    """An epsilon, to three digits and rounded up, from which on `rounding` of the first round is below 1e-10.

    By bisection in c: epsilon = (null + sum_k z_k² (c/(c + d_k))²)/K increases with it, and the error falls. `null` is
    the energy on exact zeros that z leaves out; `left_out`, of z/(d + c), what a Krylov space does not hold.
    """
    size = magnitudes(z)
    low, high = np.log(CLIP * scale), np.log(scale) + 40.0
    for _ in range(60):
        middle = (low + high) / 2
        c = float(np.exp(middle))
        once = Rounds(np.array([c]), np.zeros(1), [size], collapsed=False)
        missing = left_out((z.T / (d + c)).T) / float(np.linalg.norm(z))
        if missing + rounding(d, once, scale=scale, unresolved=unresolved, fixed=False) <= PROMISE / 10:
            high = middle
        else:
            low = middle
    c = float(np.exp(high))
    epsilon = (null + float(np.sum((size * c / (c + d)) ** 2))) / count
    step = 10.0 ** (np.floor(np.log10(epsilon)) - 2) if epsilon > 0 else 1.0
    return float(np.format_float_scientific((np.floor(epsilon / step) + 1) * step, precision=3))


def check_weights(weights: Array, labels: Array, multipliers: Array) -> None:
    """OverflowError for weights a_t = (c_t I + G)^{-1} y_t that are no numbers of float64."""
    if not np.all(np.isfinite(weights)):
        raise OverflowError(
            f"the weights a_t = (c_t I + G)^-1 y_t are too large for float64: the labels reach "
            f"{np.max(np.abs(labels)):.2g}, and the multipliers begin at {multipliers[0]:.2g}. Give the labels or the "
            "kernel in another unit: s times the kernel has s times the multipliers, and the same fits."
        )
