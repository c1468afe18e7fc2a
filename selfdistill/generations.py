r"""The loop with something new in each round: noise, points, or real labels. Biases and variances in closed form.

A round multiplies the coordinate of an eigenvector by a factor A; least squares on p functions has p factors of one.
The multipliers do not depend on the labels. Rounds are counted from zero, as everywhere.

Sources: M. Gerstgrasser and others (2024) for old labels kept; H. He, S. Xu, G. Cheng (2025) for the weight of real
labels; the forms for factors below one, and those for isotropic points, are derived in the book.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .kernel import Array, as_numbers, positive, whole

__all__ = ["Fresh", "accumulated", "best_weight", "mixed", "replaced"]


def replaced(factors: ArrayLike, *, noise: float, rounds: int) -> tuple[Array, Array]:
    """New noise in each round: the labels of round t + 1 are f_t(X) + noise, and the old ones are thrown away.

    Returns
    -------
    kept : ndarray, shape (rounds, K)
        A^{t+1}: the part of a coordinate of the truth that the mean of f_t keeps.
    variance : ndarray, shape (rounds, K)
        noise (A² + A⁴ + ... + A^{2(t+1)}), with `noise` the variance of a label.

    Examples
    --------
    Least squares on three functions: the variance grows without end.

    >>> replaced([1.0, 1.0, 1.0], noise=0.5, rounds=4)[1].sum(axis=1)
    array([1.5, 3. , 4.5, 6. ])
    """
    a, number = _factors(factors), whole(rounds, "rounds", least=1)
    powers = a ** np.arange(1, number + 1)[:, None]
    return powers, _variance(noise) * np.cumsum(powers**2, axis=0)


def accumulated(factors: ArrayLike, *, noise: float, rounds: int) -> tuple[Array, Array]:
    """New noise in each round, and old labels kept: round t fits the mean of the t + 1 vectors of labels so far.

    Returns
    -------
    kept : ndarray, shape (rounds, K)
        A prod_{s=2}^{t+1} (1 - (1 - A)/s).
    variance : ndarray, shape (rounds, K)
        A² v_t, with v_0 = noise and v_t = v_{t-1} (1 - (1 - A)/(t + 1))² + noise/(t + 1)².

    Examples
    --------
    Least squares: noise (1 + 1/4 + 1/9 + ...), never more than π²/6 times the first.

    >>> accumulated([1.0], noise=1.0, rounds=3)[1].ravel().round(4)
    array([1.    , 1.25  , 1.3611])
    """
    a, number, sigma2 = _factors(factors), whole(rounds, "rounds", least=1), _variance(noise)
    kept, variance = [np.ones_like(a)], [np.full_like(a, sigma2)]
    for s in range(2, number + 1):
        step = 1.0 - (1.0 - a) / s
        kept.append(kept[-1] * step)
        variance.append(variance[-1] * step**2 + sigma2 / s**2)
    return a * np.array(kept), a**2 * np.array(variance)


def mixed(factor: ArrayLike, weight: ArrayLike) -> Array:
    """Variance in the long run, over that of a label, if real labels have a weight w in each round, broadcast.

    The targets are w (truth + new noise) + (1 - w) (f_t + new noise). V = A² (w² + u²)/(1 - u² A²), u = 1 - w.

    Raises
    ------
    ValueError
        If a factor does not lie in [0, 1], or a weight not in (0, 1].
    """
    a, w = _factors(factor), as_numbers(weight, "weight")
    if not np.all((w > 0) & (w <= 1)):
        raise ValueError(f"weight must lie in (0, 1]; it is {weight!r}. Without real labels see `replaced`.")
    u = 1.0 - w
    return np.asarray(a**2 * (w**2 + u**2) / (1.0 - u**2 * a**2))


def best_weight(factor: ArrayLike) -> Array:
    """The weight of real labels with the smallest variance in the long run: w = 1 - 2/(2 + A² + sqrt(4 + A⁴)).

    It grows from 1/2 at A = 0 to the inverse of the golden ratio at A = 1.

    Examples
    --------
    >>> best_weight([0.0, 1.0]).round(6)
    array([0.5     , 0.618034])
    """
    a2 = _factors(factor) ** 2
    return np.asarray(1.0 - 2.0 / (2.0 + a2 + np.sqrt(4.0 + a2**2)))


@dataclass(frozen=True)
class Fresh:
    """New points in each round, labelled by the last fit without noise; the points have no preferred direction.

    Fits are linear, beta_{t+1} = M_{t+1} beta_t, with independent random matrices M, distributed like Q M Q^T for all
    orthogonal Q, so that E M = a I and E M^T M = b I.

    Attributes
    ----------
    a, b : float
        E tr M/p and E tr(M^T M)/p.
    start : float
        E |beta_0|² that the noise of the first labels adds.
    """

    a: float
    b: float
    start: float

    @classmethod
    def least_norm(cls, n: int, p: int, *, noise: float) -> Fresh:
        """The interpolant of smallest norm through n < p - 1 standard normal points: M is a projection of rank n.

        a = b = n/p, start = noise n/(p - n - 1).

        Raises
        ------
        ValueError
            If n is not below p - 1: the expectation is not finite.
        """
        n, p = whole(n, "n", least=1), whole(p, "p", least=1)
        if n >= p - 1:
            raise ValueError(f"the norm has no finite mean unless n < p - 1; n is {n} and p is {p}")
        return cls(n / p, n / p, _variance(noise) * n / (p - n - 1))

    @classmethod
    def ridge(cls, n: int, p: int, *, ridge: float, noise: float, rng: np.random.Generator, draws: int = 200) -> Fresh:
        """Ridge fits to n standard normal points: M = (S + ridge)^{-1} S, S = X^T X/n; means over draws of X.

        a = E tr M/p, b = E tr M²/p, start = noise E tr[S (S + ridge)^{-2}]/n.
        """
        n, p, count = whole(n, "n", least=1), whole(p, "p", least=1), whole(draws, "draws", least=1)
        lam = positive(ridge, "ridge")
        spectra = np.array(
            [np.linalg.svd(rng.standard_normal((n, p)), compute_uv=False) ** 2 / n for _ in range(count)]
        )
        kept = spectra / (spectra + lam)
        spread = float(np.sum(kept / (spectra + lam)) / (count * n))
        return cls(float(np.sum(kept) / (count * p)), float(np.sum(kept**2) / (count * p)), _variance(noise) * spread)

    def risk(self, rounds: int, *, strength: float) -> Array:
        """E |beta_t - beta|² = |beta|² (1 - 2 a^{t+1}) + b^t (b |beta|² + start), shape (rounds,), strength |beta|²."""
        t, s = np.arange(whole(rounds, "rounds", least=1)), positive(strength, "strength")
        return np.asarray(s * (1.0 - 2.0 * self.a ** (t + 1)) + self.b**t * (self.b * s + self.start))


def _factors(factors: ArrayLike) -> Array:
    a = as_numbers(factors, "factors")
    if not np.all((a >= 0) & (a <= 1)):
        raise ValueError(f"factors must lie in [0, 1]; they are {factors!r}")
    return a


def _variance(noise: float) -> float:
    value = float(as_numbers(noise, "noise"))
    if value < 0:
        raise ValueError(f"noise, a variance, must not be negative; it is {noise!r}")
    return value
