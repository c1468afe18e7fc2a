"""Which weights are best: along a line, for a polynomial, by least squares, and from the labels alone.

A student with one multiplier keeps a polynomial of its teacher's factors h = d/(d + c): after k steps with imitation
weights xi it keeps sum_i a_i h^{i+1} with a_0 + ... + a_k = 1. So the weights are sought as coefficients first, in
which every squared error is quadratic, and turned into imitation weights afterwards.

Sources: K. Borup and L. N. Andersen (2021); R. Das and S. Sanghavi (2023); D. Pareek, S. S. Du and S. Oh (2024); H.
Dang, P. Patil and A. Rinaldo (2026).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .kernel import Array, as_numbers, positive


def best_on_line(start: ArrayLike, end: ArrayLike, wanted: ArrayLike) -> float:
    """The weight w for which start + w (end - start) comes closest to what is wanted: <wanted - start, e>/|e|².

    Here e = end - start. A prediction is affine in one weight, so this is the best share alpha, between the fit without
    labels (start) and the fit to the labels alone (end), on points kept apart; and the best xi, between the teacher
    (start) and the pure student (end).

    Raises
    ------
    ValueError
        If the shapes differ, or start and end are the same: then every weight is as good.

    Examples
    --------
    >>> best_on_line([0.0, 0.0], [1.0, 1.0], [3.0, 1.0])
    2.0
    """
    a, b, y = as_numbers(start, "start"), as_numbers(end, "end"), as_numbers(wanted, "wanted")
    if not a.shape == b.shape == y.shape or a.size == 0:
        raise ValueError(f"start, end and wanted must have one shape; they have {a.shape}, {b.shape}, {y.shape}")
    step = (b - a).ravel()
    if not np.any(step):
        raise ValueError("start and end are the same, so every weight is as good. Take fits that differ.")
    return float((y - a).ravel() @ step / (step @ step))


def best_step(kept: ArrayLike, signal: ArrayLike, noise: float, importance: ArrayLike = 1.0) -> float:
    """The weight xi of one step that minimises sum_k omega_k [(1 - h'_k)² m_k² + noise·h'_k²], h' = h - xi h (1 - h).

    xi = sum omega q (noise·h - m² (1 - h))/sum omega q² (m² + noise), q = h (1 - h). With omega = 1 it is the risk at
    the points; with omega = 1/d, up to a constant, that of the parameters of a linear model.

    Parameters
    ----------
    kept : array_like, shape (K,)
        h, the factors of the teacher.
    signal : array_like, shape (K,)
        m, coordinates of the noise-free labels.
    noise : float
        Variance of the noise at each point.
    importance : array_like, shape (K,)
        omega.

    Examples
    --------
    >>> best_step([0.5], [1.0], noise=1.0)  # h is the Wiener weight: nothing to gain
    0.0
    """
    h, m, omega = as_numbers(kept, "kept"), as_numbers(signal, "signal"), as_numbers(importance, "importance")
    level = positive(noise, "noise", "It is a variance.")
    q = h * (1.0 - h)
    below = np.sum(omega * q**2 * (m**2 + level))
    if not below > 0:
        raise ValueError("the teacher keeps all or nothing of each mode, so a step changes nothing. Change its ridge.")
    return float(np.sum(omega * q * (level * h - m**2 * (1.0 - h))) / below)


def one_step_multipliers(d: ArrayLike, ridges: ArrayLike) -> tuple[tuple[float, float], ...]:
    """Where one step serves two modes: pairs (c, xi) with h - xi h (1 - h) = d/(d + rho) on both, h = d/(d + c).

    The positive roots of (rho_1 - c)(d_1 + c)(d_2 + rho_2) = (rho_2 - c)(d_2 + c)(d_1 + rho_1), a quadratic equation,
    with xi = (rho_1 - c)(d_1 + c)/(c (d_1 + rho_1)). There may be two, one, or none.

    Parameters
    ----------
    d : array_like, shape (2,)
        Two eigenvalues.
    ridges : array_like, shape (2,)
        rho > 0, the best ridge of each mode alone: d/(d + rho) is its Wiener weight.

    Examples
    --------
    >>> ((c, xi),) = one_step_multipliers([1.0, 2.0], [3.0, 3.0])  # one ridge serves both already
    >>> round(c, 12), round(xi, 12) + 0.0
    (3.0, 0.0)
    """
    (d1, d2), (r1, r2) = _pair(d, "d"), _pair(ridges, "ridges")
    p1, p2 = d1 + r1, d2 + r2
    a, b, e = p1 - p2, (r1 - d1) * p2 - (r2 - d2) * p1, r1 * d1 * p2 - r2 * d2 * p1  # a c² + b c + e = 0
    spread = b**2 - 4.0 * a * e
    size = (abs(r1 - d1) * p2 + abs(r2 - d2) * p1) ** 2 + 4.0 * abs(a) * (r1 * d1 * p2 + r2 * d2 * p1)
    if abs(spread) <= 16.0 * np.finfo(float).eps * size:  # a double root, as far as float64 can tell
        spread = 0.0
    if spread < 0:
        return ()
    far = -(b + np.copysign(np.sqrt(spread), b)) / 2.0  # no cancellation: the roots are far/a and e/far
    fractions = ((far, a), (e, far))[: 1 if spread == 0 and a != 0 else 2]
    found = {top / bottom for top, bottom in fractions if bottom != 0}
    return tuple((float(c), float((r1 - c) * (d1 + c) / (c * p1))) for c in sorted(found) if c > 0)


def imitation_weights(coefficients: ArrayLike) -> Array:
    """The weights xi_1, ..., xi_k of the filter sum_i a_i h^{i+1}, a_0 + ... + a_k = 1.

    With the tails tau_i = a_i + ... + a_k the weights are xi_{k-i+1} = tau_i/tau_{i-1}. The inverse of
    `XiWeighted.polynomial`.

    Raises
    ------
    ValueError
        If the coefficients do not add up to 1, or one of tau_1, ..., tau_{k-1} is zero: then no weights give them.

    Examples
    --------
    >>> imitation_weights([0.0, 3.0, -2.0])
    array([-2.,  1.])
    """
    a = as_numbers(coefficients, "coefficients")
    if a.ndim != 1 or a.size == 0:
        raise ValueError(f"coefficients must be a row of numbers, shape (k + 1,); it has shape {a.shape}")
    rounding = 8 * a.size * np.finfo(float).eps * np.sum(np.abs(a))
    if abs(np.sum(a) - 1.0) > rounding:
        raise ValueError(f"coefficients must add up to 1; they add up to {np.sum(a)!r}. Divide by the sum.")
    tails = np.cumsum(a[::-1])[::-1]
    tails[0] = 1.0
    dead = np.flatnonzero(np.abs(tails[1:-1]) <= rounding)
    if dead.size:
        raise ValueError(
            f"the coefficients from a_{dead[0] + 1} on add up to zero, so no weights give this filter: from there on "
            f"nothing is imitated. Drop them if they are zero; else change the ridge."
        )
    return np.asarray((tails[1:] / tails[:-1])[::-1])


def attain(kept: ArrayLike, wanted: ArrayLike) -> Array:
    """Coefficients a_0, ..., a_r, of sum 1, with sum_i a_i h_j^{i+1} = w_j at r given factors h_j of one ridge.

    The polynomial q = sum a_i h^i of degree r with q(1) = 1 and q(h_j) = w_j/h_j, by Newton's divided differences.
    r steps of weighted rounds do it, see `imitation_weights`. Where factors lie close together it loses digits.

    Parameters
    ----------
    kept : array_like, shape (r,)
        h_j, distinct, in (0, 1).
    wanted : array_like, shape (r,)
        w_j.

    Examples
    --------
    >>> attain([0.5], [0.5]).round(12) + 0.0  # the ridge itself
    array([1., 0.])
    """
    h, w = as_numbers(kept, "kept"), as_numbers(wanted, "wanted")
    if h.ndim != 1 or h.shape != w.shape or h.size == 0:
        raise ValueError(f"kept and wanted must have one shape (r,); they have {h.shape} and {w.shape}")
    nodes = np.append(1.0, h)
    if not np.all((h > 0) & (h < 1)) or len(np.unique(nodes)) < len(nodes):
        raise ValueError(f"kept must be distinct numbers between 0 and 1; it is {h}. Join modes of one eigenvalue.")
    table = np.append(1.0, w / h)
    for order in range(1, len(nodes)):  # divided differences, in place
        table[order:] = (table[order:] - table[order - 1 : -1]) / (nodes[order:] - nodes[:-order])
    q = np.zeros(1)
    for node, value in zip(nodes[::-1], table[::-1], strict=True):  # q <- value + (h - node) q
        q = np.append(0.0, q) - np.append(node * q, 0.0)
        q[0] += value
    return q[:-1]


def least_squares(fits: ArrayLike, wanted: ArrayLike, *, rcond: float = 1e-10) -> Array:
    """Coefficients a_0, ..., a_k, of sum 1, for which sum_i a_i fits_i comes closest to labels of points kept apart.

    Least squares of wanted - fits_0 on the columns fits_i - fits_0, by a singular value decomposition that drops values
    below rcond of the largest: where eigenvalues cluster the columns are nearly dependent, and weights would explode.

    Parameters
    ----------
    fits : array_like, shape (k + 1, M)
        Predictions of the rounds 0, ..., k of pure self-distillation with one multiplier.
    wanted : array_like, shape (M,)
    rcond : float

    Returns
    -------
    ndarray, shape (k + 1,)
        For `imitation_weights`.
    """
    f, y = as_numbers(fits, "fits"), as_numbers(wanted, "wanted")
    if f.ndim != 2 or y.shape != f.shape[1:] or 0 in f.shape:
        raise ValueError(f"fits must have shape (k + 1, M) and wanted (M,); they have {f.shape} and {y.shape}")
    later = np.linalg.lstsq((f[1:] - f[0]).T, y - f[0], rcond=positive(rcond, "rcond"))[0]
    return np.append(1.0 - np.sum(later), later)


def one_shot(kept: ArrayLike, z: ArrayLike, *, noise: float | None = None) -> float:
    """The weight xi of one step from the labels alone, without a grid and without points kept apart.

    With a noise variance it minimises the unbiased risk estimate: xi = (noise·sum q - sum (1-h) q z²)/sum q² z² with
    q = h (1 - h). Without it, it minimises |(1 - xi) u_0 + xi u_1|², the residuals of teacher and pure student, each
    divided by 1 - tr/K as in generalised cross-validation: xi = (a - b)/(a + e - 2 b) with a = |u_0|², e = |u_1|²,
    b = <u_0, u_1>.

    Parameters
    ----------
    kept : array_like, shape (K,)
        h, the factors of the teacher.
    z : array_like, shape (K,) or (K, m)
        Coordinates of the labels.
    noise : float, optional
        Variance of the noise.
    """
    h, z = as_numbers(kept, "kept"), as_numbers(z, "z")
    if h.ndim != 1 or len(h) != len(z) or h.size == 0:
        raise ValueError(f"kept must have shape (K,) with K = {len(z)} as in z; it has shape {h.shape}")
    power = z**2 if z.ndim == 1 else np.sum(z**2, axis=1)
    q, outputs = h * (1.0 - h), z.size // len(z)
    if noise is not None:
        below = float(np.sum(q**2 * power))
        above = outputs * positive(noise, "noise", "It is a variance.") * np.sum(q) - np.sum((1.0 - h) * q * power)
    else:
        teacher, student = ((1.0 - part) / max(1.0 - np.mean(part), np.finfo(float).tiny) for part in (h, h**2))
        below = float(np.sum((teacher - student) ** 2 * power))
        above = np.sum((teacher - student) * teacher * power)
    if not below > 0:
        raise ValueError("teacher and student are the same here, so every weight is as good. Change the ridge.")
    return float(above / below)


def _pair(values: ArrayLike, name: str) -> tuple[float, float]:
    pair = as_numbers(values, name)
    if pair.shape != (2,) or not np.all(pair > 0):
        raise ValueError(f"{name} must be two positive numbers; it is {pair}")
    return float(pair[0]), float(pair[1])
