"""What the theorems promise, as functions of the spectrum, the coordinates and the constraint."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .kernel import Array, as_numbers, number, positive, whole


def norm(z: Array) -> Array:
    """||z|| along the last axis, in units of the largest entry: no square leaves the range of float64."""
    unit = np.max(np.abs(z), axis=-1)
    plain = (unit == 0) | np.isinf(unit)  # then the norm is the largest entry
    scaled = np.where(plain[..., None], 0.0, z) / np.where(plain, 1.0, unit)[..., None]
    return unit * np.where(plain, 1.0, np.linalg.norm(scaled, axis=-1))


def _excess(z: Array, residual: ArrayLike) -> Array:
    """r - 1 = ||z||/residual - 1; ValueError unless positive, for then the fit is zero and has no multiplier."""
    size = as_numbers(residual, "residual")
    if not np.all(size > 0):
        raise ValueError(f"residual = sqrt(K·epsilon) must be positive; its smallest is {np.min(size):.6g}")
    excess = norm(z) / size - 1.0
    if np.any(excess <= 0):
        raise ValueError(
            f"||z|| must exceed the residual sqrt(K·epsilon), or the fit is zero; "
            f"the smallest r is {np.min(excess) + 1.0:.6g}"
        )
    return excess


def _pair(d: ArrayLike, z: ArrayLike) -> tuple[Array, Array]:
    """Eigenvalues and coordinates as finite numbers, the eigenvalues not negative."""
    values, coordinates = as_numbers(d, "d"), as_numbers(z, "z")
    if np.any(values < 0):
        raise ValueError(f"d, the eigenvalues, must not be negative; the smallest is {np.min(values):.6g}")
    return values, coordinates


def _positive(d: ArrayLike) -> Array:
    """Eigenvalues that are finite and positive."""
    values = as_numbers(d, "d")
    if not np.all(values > 0):
        raise ValueError(f"d must be positive eigenvalues, leave the zeros out; the smallest is {np.min(values):.6g}")
    return values


def multiplier_bracket(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> tuple[Array, Array]:
    """d_min/(r - 1) <= c <= d_max/(r - 1), with r = ||z||/residual > 1 and residual = sqrt(K·epsilon).

    Parameters
    ----------
    d, z : array_like, shape (..., K)
        Eigenvalues of the Gram matrix and coordinates of the targets.
    residual : array_like, shape (...)

    Returns
    -------
    lower, upper : ndarray, shape (...)

    Raises
    ------
    ValueError
        If r <= 1.

    Examples
    --------
    >>> low, high = multiplier_bracket([1.0, 2.0], [3.0, 4.0], residual=2.5)
    >>> float(low), float(high)
    (1.0, 2.0)
    """
    d, z = _pair(d, z)
    excess = _excess(z, residual)
    return np.min(d, axis=-1) / excess, np.max(d, axis=-1) / excess


def mean_eigenvalue(d: ArrayLike, z: ArrayLike) -> Array:
    """<d> = sum z_k² d_k / sum z_k²: the eigenvalue the targets see on average, shape (...)."""
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    w = (z / norm(z)[..., None]) ** 2
    return np.sum(w * d, axis=-1)


def multiplier_bracket_sharp(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> tuple[Array, Array]:
    """residual/||D^{-1} z|| <= c <= <d>/(r - 1), with <d> = sum z² d / sum z²; arguments as in `multiplier_bracket`.

    The upper bound is the tangent of the concave 1/||(1 + lam D)^{-1} z|| at lam = 0; the lower one drops the 1. A
    coordinate on a zero eigenvalue makes the lower bound 0.
    """
    d, z = _pair(d, z)
    excess = _excess(z, residual)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(z != 0, np.abs(z) / d, 0.0)
    return np.asarray(residual, dtype=float) / norm(scaled), mean_eigenvalue(d, z) / excess


def multiplier_near_collapse(d: ArrayLike, z: ArrayLike, residual: ArrayLike) -> Array:
    """Leading order of the multiplier as K·epsilon rises to ||z||²: c = 2 <d>/e with e = 1 - K·epsilon/||z||²."""
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    ratio = np.asarray(residual, dtype=float) / norm(z)
    e = (1.0 - ratio) * (1.0 + ratio)
    if not np.all((e >= 0) & (e <= 1)):
        raise ValueError(f"residual = sqrt(K·epsilon) must lie between 0 and ||z||; residual/||z|| is {ratio}")
    return 2.0 * mean_eigenvalue(d, z) / e


# --- how many rounds ------------------------------------------------------------------------------------------------


def ratio_map(r: ArrayLike, kappa: ArrayLike) -> Array:
    """phi(r) = r (r - 1)/(r - 1 + kappa): a round takes r_t at least to phi(r_t), if kappa >= 1 and r_t >= 1."""
    r = np.asarray(r, dtype=float)
    return r * (r - 1.0) / (r - 1.0 + np.asarray(kappa, dtype=float))


def ratio_lower_paper(r0: float, kappa: float, t: ArrayLike) -> Array:
    """The paper's lower bound on r_t = ||y_t||/sqrt(K·epsilon) while no collapse occurs.

    r_t >= a^t r_0 - b (a^t - 1)/(a - 1), with a = ((r_0 - 1)² + kappa (2 r_0 - 1))/(r_0 - 1 + kappa)² and
    b = r_0² kappa/(r_0 - 1 + kappa)². At kappa = 1 the quotient is 0/0; its limit t gives r_0 - t.

    Parameters
    ----------
    r0 : float
        ||y_0||/sqrt(K·epsilon) > 1.
    kappa : float
        Condition number of the Gram matrix, finite and at least 1.
    t : array_like
        Rounds.

    Raises
    ------
    ValueError
        If r0 <= 1, or kappa is below 1 or infinite (a singular Gram matrix, for which the bound says nothing).
    """
    _check_rounds(r0, kappa)
    if not np.isfinite(kappa):
        raise ValueError("kappa is infinite: for a singular Gram matrix this bound says nothing. Use ratio_envelope.")
    t = np.asarray(t, dtype=float)
    log_a = np.log1p(-kappa * (kappa - 1.0) / (r0 - 1.0 + kappa) ** 2)  # a - 1 = kappa (1 - kappa)/(r_0 - 1 + kappa)²
    b = r0**2 * kappa / (r0 - 1.0 + kappa) ** 2
    geometric = np.expm1(t * log_a) / np.expm1(log_a) if kappa > 1.0 else t  # 1 + a + ... + a^(t-1)
    return np.exp(t * log_a) * r0 - b * geometric


def rounds_lower_paper(r0: float, kappa: float) -> float:
    """The paper's lower bound on the number of non-zero fits, N >= (r_0 - 1)/kappa; 0 if kappa is infinite."""
    _check_rounds(r0, kappa)
    return (r0 - 1.0) / kappa


def ratio_envelope(r0: float, t: ArrayLike) -> tuple[Array, Array]:
    """r_0 - t <= r_t <= sqrt(r_0² - t) while no collapse occurs, for every kernel; both are cut at 0.

    Examples
    --------
    >>> ratio_envelope(5.0, [0, 9])
    (array([5., 0.]), array([5., 4.]))
    """
    t = np.asarray(t, dtype=float)
    return np.maximum(r0 - t, 0.0), np.sqrt(np.maximum(r0**2 - t, 0.0))


def group_norms(d: ArrayLike, z: ArrayLike) -> Array:
    """||P_d y|| for each distinct eigenvalue d, zero included, ascending: the norms that no choice of a basis changes.

    Eigenvalues that agree to twelve digits count as one. A tie that rounding has pulled further apart counts as two
    eigenvalues; the sum of the norms is then larger, and a bound by it is still a bound.

    Parameters
    ----------
    d, z : array_like, shape (K,)
        Eigenvalues of the Gram matrix, and coordinates of the targets (norms of the rows for several outputs).
    """
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    order = np.argsort(d)
    d, z = d[order], z[order]
    starts = np.flatnonzero(np.diff(d) > 1e-12 * d[1:]) + 1
    return np.array([norm(part) for part in np.split(z, starts)])


def active_range(d: ArrayLike, z: ArrayLike) -> tuple[float, float]:
    """The smallest and the largest active eigenvalue: d_k > 0 with z_k != 0. The loop sees no others after round 0.

    Raises
    ------
    ValueError
        If none is active: then every fit is zero.
    """
    d, z = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    active = d[(d > 0) & (z != 0)]
    if active.size == 0:
        raise ValueError("no eigenvalue is active: each z_k is zero or belongs to the eigenvalue 0, so every fit is 0")
    return float(np.min(active)), float(np.max(active))


def rounds_bounds(r0: float, groups: float = np.inf, kappa: float = np.inf) -> tuple[int, int]:
    """The universal law for the number N of non-zero fits, and its sharper form by eigenspaces.

    ceil(r_0 - 1) <= N <= ceil(min(r_0² - 1, sum_d ||P_d y||/sqrt(K·epsilon) - 1, kappa (r_0 - 1))).

    Parameters
    ----------
    r0 : float
        ||y_0||/sqrt(K·epsilon) > 1.
    groups : float, optional
        sum_d ||P_d y||/sqrt(K·epsilon), the sum of `group_norms`; any larger number gives a weaker bound.
    kappa : float, optional
        Condition number of the Gram matrix.

    Returns
    -------
    lower, upper : int

    Raises
    ------
    ValueError
        If r0 <= 1, kappa < 1, groups < r0 (no sum of norms of parts is below the norm), or the upper bound exceeds the
        range of float64.

    Examples
    --------
    >>> rounds_bounds(5.0)
    (4, 24)
    """
    r0, groups, kappa = float(r0), float(groups), float(kappa)
    _check_rounds(r0, kappa)
    if not groups >= r0 * (1.0 - 1e-12):
        raise ValueError(
            f"groups = sum ||P_d y||/sqrt(K·epsilon) is at least r0 = {r0!r}, by the triangle inequality; "
            f"it is {groups!r}"
        )
    upper = min(r0 * r0 - 1.0, groups - 1.0, kappa * (r0 - 1.0))
    if not np.isfinite(upper):
        raise ValueError(f"r0² leaves the range of float64 at r0 = {r0!r}; give groups for an upper bound")
    lower = int(np.ceil(r0 - 1.0))
    return lower, max(lower, int(np.ceil(upper)))  # groups may lie below r0 by rounding


def _check_rounds(r0: float, kappa: float) -> None:
    if not (np.isfinite(r0) and r0 > 1.0):
        raise ValueError(
            f"r0 = ||y_0||/sqrt(K·epsilon) must be finite and exceed 1; it is {r0!r}. "
            f"For r0 <= 1 every fit is zero: N = 0."
        )
    if not kappa >= 1.0:
        raise ValueError(f"kappa = d_max/d_min is at least 1; it is {kappa!r}")


# --- which basis functions remain -----------------------------------------------------------------------------------


def pair_ratio_log(d_k: ArrayLike, d_j: ArrayLike, d_min: float, ratios: ArrayLike) -> Array:
    """Logarithm of the lower bound on B_t[k, k]/B_t[j, j] for d_k > d_j > 0.

    The bound is prod_{i <= t} (r_i - 1 + d_min/d_j)/(r_i - 1 + d_min/d_k). With r_i = r_0 in every factor it is the
    paper's; with r_i = sqrt(r_0² - i) it is sharper; any upper bounds on the r_i are allowed.

    Parameters
    ----------
    d_k, d_j : array_like, shape (...)
        The larger and the smaller eigenvalue of each pair.
    d_min : float
        The smallest eigenvalue; 0 makes the bound 1.
    ratios : array_like, shape (t + 1,)
        Upper bounds on r_0, ..., r_t, all above 1.
    """
    u = as_numbers(ratios, "ratios") - 1.0
    if np.any(u < 0):
        raise ValueError(f"ratios must be at least 1, as r_t of a non-zero fit; the smallest is {np.min(u) + 1.0:.6g}")
    d_j = _positive(d_j)
    weak, strong = (d_min / np.asarray(d, dtype=float)[..., None] for d in (d_j, d_k))
    return np.sum(np.log1p((weak - strong) / (u + strong)), axis=-1)


def sparsity_index_log(d: ArrayLike, log_shrinkage: ArrayLike) -> Array:
    """log S(B_t), S(B_t) = min_k B_t[k+1, k+1]/B_t[k, k], over ascending **distinct positive** eigenvalues.

    Parameters
    ----------
    d : array_like, shape (K,)
        Eigenvalues, ascending. Zeros are left out (0/0), as the index does not exist there.
    log_shrinkage : array_like, shape (..., K)

    Raises
    ------
    ValueError
        If fewer than two positive eigenvalues are left. Ties are legal and give log S = 0.
    """
    d, log_b = np.asarray(d, dtype=float), np.asarray(log_shrinkage, dtype=float)
    if np.sum(d > 0) < 2:
        raise ValueError(
            f"the sparsity index compares neighbours: it needs two positive eigenvalues, and there are {np.sum(d > 0)}"
        )
    return np.min(np.diff(log_b[..., d > 0], axis=-1), axis=-1)


def sparsity_bound_log(d: ArrayLike, r0: float, rounds: float) -> float:
    """Logarithm of min_k ((u + d_1/d_k)/(u + d_1/d_{k+1}))^rounds with u = r_0 - 1, for ascending positive d.

    S(B_t) is at least this for rounds = t + 1. At the guaranteed number of rounds put rounds = u (universal) or
    rounds = u/kappa (the paper's); it then falls with epsilon.
    """
    d = _positive(d)
    if not (r0 > 1.0 and rounds >= 0.0):
        raise ValueError(f"r0 must exceed 1 and rounds must not be negative; they are {r0!r} and {rounds!r}")
    inverse = d[0] / d
    return float(rounds * np.min(np.log1p((inverse[:-1] - inverse[1:]) / (r0 - 1.0 + inverse[1:]))))


def sparsity_limit_log(d: ArrayLike) -> float:
    """d_1·min_k (1/d_k - 1/d_{k+1}) for ascending positive d: the guaranteed log S as epsilon -> 0, for p = 1.

    It is at most (1 - 1/kappa)/(K - 1), the mean of its K - 1 terms; times p = 1/kappa it is the usual guarantee.
    """
    inverse = np.min(d) / np.asarray(d, dtype=float)
    return float(np.min(inverse[:-1] - inverse[1:]))


def heat_shrinkage_log(d: ArrayLike, tau: ArrayLike) -> Array:
    """log B in the limit epsilon -> 0: -tau/d, the heat semigroup of G^{-1} at time tau = sum of the multipliers."""
    return -np.asarray(tau, dtype=float)[..., None] / np.asarray(d, dtype=float)


def heat_length(d: ArrayLike, z: ArrayLike) -> float:
    """Length of the curve exp(-tau/D) z, tau from 0 to infinity: int ||D^{-1} exp(-tau/D) z|| dtau, for positive d.

    It is the limit of N·sqrt(K·epsilon) as epsilon -> 0, and lies between ||z|| and ||z||_1. Computed by the
    trapezoidal rule in log tau, which converges exponentially here: the integrand is smooth and decays at both ends.
    """
    d, z = _positive(d), as_numbers(z, "z")
    s = np.linspace(np.log(np.min(d)) - 40.0, np.log(np.max(d)) + 5.0, 6001)
    tau = np.exp(s)
    speed = np.linalg.norm(np.exp(-tau[:, None] / d) * (z / d), axis=1)
    return float(np.sum(speed * tau) * (s[1] - s[0]))


def stopping_time(d: ArrayLike, log_shrinkage: ArrayLike) -> Array:
    """tau(d) = -log(1 - B)/d: the time at which gradient flow, 1 - exp(-tau d), keeps the part B of the eigenvalue d.

    Parameters
    ----------
    d : array_like, shape (...)
        Positive eigenvalues.
    log_shrinkage : array_like, shape (...)
        log B < 0. Between B near 0 and B near 1 the formula for 1 - B that keeps its digits is chosen.
    """
    log_b = np.asarray(log_shrinkage, dtype=float)
    small = np.minimum(log_b, -0.5)
    large = np.maximum(log_b, -0.5)
    lost = np.where(log_b < -0.5, np.log1p(-np.exp(small)), np.log(-np.expm1(large)))
    return -lost / np.asarray(d, dtype=float)


# --- complexity -----------------------------------------------------------------------------------------------------


def rademacher(gram: ArrayLike, radius: float) -> float:
    """Empirical Rademacher complexity of the ball {R(f) <= radius²} is at most radius·sqrt(tr G/K).

    With the Gram matrix G[j, k] = g(x_j, x_k)/K this is (radius/K)·sqrt(sum_k g(x_k, x_k)). Source: Bartlett and
    Mendelson (2002).
    """
    gram = as_numbers(gram, "gram")
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1]:
        raise ValueError(f"gram must be a square matrix; it has shape {gram.shape}")
    if not number(radius, "radius") >= 0.0:
        raise ValueError(f"radius must not be negative; it is {radius!r}")
    return float(radius * np.sqrt(np.trace(gram) / len(gram)))


# --- arithmetic -----------------------------------------------------------------------------------------------------


def normal_equations(size: int, c: float) -> tuple[float, float]:
    """Bracket for the condition number of R + K c S², the normal equations of the beam on the grid of K points.

    16 nu^4 cos^4(pi h/2)/(1 + pi^4 c) <= cond <= 3 + 48 nu^4 with h = 1/(K + 1) and nu^4 = c K (K + 1)³; nu counts the
    points per bandwidth. R = (h/6) tridiag(1, 4, 1) and S = (1/h) tridiag(1, -2, 1). See C. Reinsch (1967).

    Parameters
    ----------
    size : int
        K.
    c : float
        The multiplier, positive.
    """
    size, c = whole(size, "size"), positive(c, "c")
    nu4 = c * size * (size + 1.0) ** 3
    return float(16.0 * nu4 * np.cos(0.5 * np.pi / (size + 1)) ** 4 / (1.0 + np.pi**4 * c)), 3.0 + 48.0 * nu4
