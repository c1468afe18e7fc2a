"""The loop in an eigenbasis of G: one secular equation and one shrinkage a round, O(K) operations each.

Which eigenbasis does not matter: that of the whole Gram matrix, its sine basis on a uniform grid, or the Ritz basis of
a Krylov space. So the loop stands here once, and `selfdistill.distillation` chooses the basis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import secular
from .kernel import Array

ROUNDS_LIMIT = 20_000  # rounds kept in memory without being asked for


@dataclass(frozen=True)
class Rounds:
    """The rounds of the loop in an eigenbasis.

    Attributes
    ----------
    multipliers : ndarray, shape (N,)
        c_t.
    conditions : ndarray, shape (N,)
        Condition number of c_t, see `selfdistill.secular.condition`.
    coordinates : list of ndarray, shape (K,) or (K, m)
        z_0, ..., z_N.
    collapsed : bool
        True if the next fit is the zero function.
    """

    multipliers: Array
    conditions: Array
    coordinates: list[Array]
    collapsed: bool

    @classmethod
    def none(cls) -> Rounds:
        """No round at all."""
        return cls(np.zeros(0), np.zeros(0), [], collapsed=False)


def run(
    d: Array,
    z: Array,
    residual: float,
    *,
    rounds: int | None = None,
    at_floor: bool = False,
    multiplier: float | None = None,
) -> Rounds:
    """Iterate z_{t+1} = D(D + c_t)^{-1} z_t, with c_t from ||z_{t+1} - z_t|| = residual, until ||z_t|| <= residual.

    Parameters
    ----------
    d : ndarray, shape (K,)
        Eigenvalues.
    z : ndarray, shape (K,) or (K, m)
        Coordinates of the labels.
    residual : float
        sqrt(K·epsilon).
    rounds : int, optional
        At most so many; None goes on until the collapse.
    at_floor : bool
        The coordinates on zero eigenvalues use up the whole residual, so that c_0 = 0. The solver would see a budget
        made of rounding errors.
    multiplier : float, optional
        In place of the residual: one c for every round. Then nothing collapses, and `rounds` must be given.

    Raises
    ------
    ValueError
        If `rounds` is None and more than 20,000 rounds are certain to come.
    """
    coordinates, collapsed = [z], False
    lams: list[Array] = []
    conditions: list[Array] = []
    while rounds is None or len(lams) < rounds:
        size = magnitudes(coordinates[-1])
        if multiplier is not None:
            lam, condition = np.array(1.0 / multiplier), np.zeros(())
        else:
            lam = np.array(np.inf) if at_floor and not lams else secular.solve(d, size, residual)
            if lam == 0:
                collapsed = True
                break
            condition = secular.condition(d, size, lam)
        if rounds is None:
            refuse_endless(len(lams) + float(np.linalg.norm(size) / residual) - 1.0)
        coordinates.append((kept(d, lam) * coordinates[-1].T).T)
        lams.append(lam)
        conditions.append(condition)
    if multiplier is None and lams and not collapsed:  # the loop was ended: would the next fit be zero?
        collapsed = bool(secular.solve(d, magnitudes(coordinates[-1]), residual) == 0)
    multipliers = 1.0 / np.array(lams, dtype=float).reshape(-1)
    return Rounds(multipliers, np.array(conditions, dtype=float).reshape(-1), coordinates, collapsed)


def shrinkage(d: Array, lam: Array) -> tuple[Array, Array]:
    """A = lam d/(1 + lam d) = d/(d + c) and its logarithm -log1p(c/d), shape (..., K); for d = 0 they are 0 and -inf.

    The logarithms of many rounds add up where the products would underflow.
    """
    return kept(d, lam), -np.log1p(_relative(d, lam))


def kept(d: Array, lam: Array) -> Array:
    """A = d/(d + c) alone, shape (..., K): what one round keeps of each coordinate."""
    return 1.0 / (1.0 + _relative(d, lam))


def _relative(d: Array, lam: Array) -> Array:
    """c/d, shape (..., K); infinite for d = 0."""
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / (lam[..., None] * np.where(d > 0, d, 1.0))
    inverse[..., d == 0] = np.inf
    return inverse


def magnitudes(z: Array) -> Array:
    """|z_k| for one output, the norms of the rows for several: all that the multiplier depends on."""
    return np.abs(z) if z.ndim == 1 else np.linalg.norm(z, axis=1)


def refuse_endless(rounds: float) -> None:
    """Raise ValueError if more than 20,000 rounds are certain to come.

    Each takes at most sqrt(K·epsilon) off the norm.
    """
    if rounds > ROUNDS_LIMIT:
        raise ValueError(
            f"this epsilon takes more than {rounds:,.0f} rounds until the collapse. Give rounds=, or a larger epsilon."
        )
