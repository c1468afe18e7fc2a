"""What a fit costs and what it gains, and the scores that estimate it from the labels alone.

A linear method is seen here through its factors in the eigenbasis of the Gram matrix: it **keeps** h(d_k) of the
coordinate z_k of the labels, and **loses** 1 - h(d_k). After t + 1 rounds h = B_t. The scores that choose among
methods are functions of the lost part, because it is the lost part that goes to zero where a method follows the labels,
and there 1 - h would be a difference of equal numbers: pass ``-expm1(log_shrinkage)``.

Labels are y = f_*(X) + noise, of variance `noise` at each point; the truth f_* has coordinates m = U^T f_*(X).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from . import secular
from .kernel import Array, Kernel, as_points
from .recursion import shrinkage
from .spectrum import Spectrum, cross, refuse_unless_plain

# --- risk, for multipliers that do not depend on the noise ---------------------------------------------------------


def bias_variance(kept: ArrayLike, signal: ArrayLike, noise: float) -> tuple[Array, Array]:
    """Squared bias and variance at the points, sum_k (1 - h_k)² m_k² and noise·sum_k h_k²; their sum is the risk.

    Parameters
    ----------
    kept : array_like, shape (..., K)
        Factors h, fixed before the labels were seen.
    signal : array_like, shape (K,)
        m = U^T f_*(X), the coordinates of the noise-free labels.
    noise : float
        Variance of the noise at each point.

    Returns
    -------
    bias, variance : ndarray, shape (...)
        Sums over the K points; divide by K for the mean.

    Examples
    --------
    >>> bias, variance = bias_variance([1.0, 0.5], [2.0, 2.0], noise=0.5)
    >>> float(bias), float(variance)
    (1.0, 0.625)
    """
    h, m = np.asarray(kept, dtype=float), np.asarray(signal, dtype=float)
    return np.sum(((1.0 - h) * m) ** 2, axis=-1), noise * np.sum(h**2, axis=-1)


def wiener(signal: ArrayLike, noise: float) -> Array:
    """The best factor of each mode, w_k = m_k²/(m_k² + noise): it minimises (1 - h)² m_k² + noise·h².

    >>> wiener([1.0, 2.0], noise=1.0)
    array([0.5, 0.8])
    """
    power = np.asarray(signal, dtype=float) ** 2
    return power / (power + noise)


def gain(kept: ArrayLike, factor: ArrayLike, signal: ArrayLike, noise: float) -> Array:
    """What one more round does to the risk at the points, mode by mode: risk before minus risk after.

    B_k (1 - A_k) [noise·B_k (1 + A_k) - m_k² (2 - B_k (1 + A_k))]. It is positive exactly if B_k (1 + A_k)/2, the mean
    of the old and the new factor, exceeds the Wiener weight. The sum over k is the change of the total.

    Parameters
    ----------
    kept : array_like, shape (..., K)
        B_k, the factors so far.
    factor : array_like, shape (..., K)
        A_k, what the next round keeps.
    signal, noise
        As in `bias_variance`.

    Returns
    -------
    ndarray, shape (..., K)

    Examples
    --------
    >>> gain([0.9], [0.5], [0.0], noise=1.0).round(4)  # a mode without signal gains whatever it loses
    array([0.6075])
    """
    b, a, m = (np.asarray(value, dtype=float) for value in (kept, factor, signal))
    total = b * (1.0 + a)
    return b * (1.0 - a) * (noise * total - m**2 * (2.0 - total))


def basis_functions(green: Kernel, grid: ArrayLike, x: ArrayLike, spectrum: Spectrum) -> Array:
    """phi_k(x) = (U^T g_x)_k/d_k on a grid: a method's function is sum_k h_k z_k phi_k(x).

    Parameters
    ----------
    green : callable
        The kernel of the spectrum.
    grid : array_like, shape (M,) or (M, p)
    x : array_like, shape (K,) or (K, p)
        The points of the spectrum.
    spectrum : Spectrum

    Returns
    -------
    ndarray, shape (M, K)
        Zero where d_k = 0: no function of finite energy has a part there.
    """
    refuse_unless_plain(spectrum.plain, "basis_functions")
    d, keep = spectrum.eigenvalues, ~spectrum.null
    columns = cross(green, as_points(grid, "grid"), as_points(x)) @ spectrum.eigenvectors
    return np.where(keep, columns / np.where(keep, d, 1.0), 0.0)


def bias_variance_at(
    basis: ArrayLike, kept: ArrayLike, signal: ArrayLike, truth: ArrayLike, noise: float
) -> tuple[Array, Array]:
    """Bias and variance of the function on a grid, sum_k phi_k(x) h_k m_k - f_*(x) and noise·sum_k phi_k(x)² h_k².

    Parameters
    ----------
    basis : array_like, shape (M, K)
        From `basis_functions`.
    kept : array_like, shape (..., K)
    signal : array_like, shape (K,)
    truth : array_like, shape (M,)
        f_* on the grid.
    noise : float

    Returns
    -------
    bias, variance : ndarray, shape (..., M)
        The bias with its sign.
    """
    phi, h, m = (np.asarray(value, dtype=float) for value in (basis, kept, signal))
    return (h * m) @ phi.T - np.asarray(truth, dtype=float), noise * (h**2 @ (phi**2).T)


def risk_form(basis: ArrayLike, signal: ArrayLike, truth: ArrayLike, noise: float) -> tuple[Array, Array, float]:
    """The mean risk on a grid as a quadratic form of the factors, h^T Phi h - 2 p^T h + s.

    Phi[j, k] = mean(phi_j phi_k) m_j m_k + noise·[j = k]·mean(phi_k²), p_k = m_k mean(phi_k f_*), s = mean(f_*²),
    means over the grid. At the data points themselves Phi = diag(m² + noise)/K and p = m²/K.

    Returns
    -------
    Phi : ndarray, shape (K, K)
    p : ndarray, shape (K,)
    s : float
    """
    phi, m, f = (np.asarray(value, dtype=float) for value in (basis, signal, truth))
    overlap = phi.T @ phi / len(phi)
    form = overlap * np.outer(m, m) + noise * np.diag(np.diag(overlap))
    return form, m * (phi.T @ f) / len(phi), float(np.mean(f**2))


def gain_of_form(form: ArrayLike, linear: ArrayLike, kept: ArrayLike, factor: ArrayLike) -> float:
    """What one more round does to h^T Phi h - 2 p^T h: (b - b')^T [Phi (b + b') - 2 p] for b = B and b' = A B.

    Parameters
    ----------
    form, linear : array_like, shape (K, K) and (K,)
        Phi and p, from `risk_form`.
    kept, factor : array_like, shape (K,)
        B and A.
    """
    before = np.asarray(kept, dtype=float)
    after = before * np.asarray(factor, dtype=float)
    middle = np.asarray(form, dtype=float) @ (before + after) - 2.0 * np.asarray(linear, dtype=float)
    return float((before - after) @ middle)


# --- degrees of freedom, for multipliers found from the labels -----------------------------------------------------


def extra_degrees(d: ArrayLike, z: ArrayLike, multiplier: float) -> float:
    """What the choice of c from the labels adds to tr A in one round: sum omega a / sum omega, between 0 and 1.

    a = c/(d + c) and omega = z² d/(d + c)³, with z² summed over outputs.

    Parameters
    ----------
    d : array_like, shape (K,)
    z : array_like, shape (K,) or (K, m)
        Coordinates of the targets of the round.
    multiplier : float
        The c of the constraint for z.

    Examples
    --------
    >>> extra_degrees([1.0, 1.0], [3.0, 4.0], 0.25)  # equal eigenvalues: 1 - A
    0.2
    """
    kept, lost = _factors(d, multiplier)
    weights = (_power(z) / np.max(_power(z))) * lost**2 * kept
    return float(np.sum(weights * lost) / np.sum(weights))


def jacobians(d: ArrayLike, z: ArrayLike, multipliers: ArrayLike) -> Iterator[tuple[Array, Array, Array]]:
    """The derivative of the fitted coordinates by those of the labels, round after round, multipliers included.

    J <- A J + (dz/dlog c)(dlog c/dz)^T J from the identity, with

        (dz/dlog c)_k = -z_k A_k a_k,    (dlog c/dz)_k = -z_k a_k²/sum_j z_j² a_j² A_j,    a = 1 - A.

    It stays a diagonal plus one product of two vectors a round, so t + 1 rounds cost O(K t²) operations and no K x K
    matrix.

    Parameters
    ----------
    d : array_like, shape (K,)
        Eigenvalues of the Gram matrix.
    z : array_like, shape (K,) or (K, m)
        Coordinates of the labels; several outputs share the multipliers.
    multipliers : array_like, shape (N,)
        c_t that the constraint gives for these labels.

    Yields
    ------
    diagonal : ndarray, shape (K,)
        B_t.
    left, right : ndarray, shape (t + 1, K, m)
        J = diag(B_t) + sum_i left_i right_i^T, on coordinates and outputs together.
    """
    d, current = np.asarray(d, dtype=float), np.asarray(z, dtype=float)
    current = current.reshape(len(current), -1) / np.max(np.abs(current))
    diagonal = np.ones(len(d))
    left, right = np.empty((0, *current.shape)), np.empty((0, *current.shape))
    for c in np.asarray(multipliers, dtype=float):
        kept, lost = _factors(d, c)
        slope = np.sum(current**2 * (lost**2 * kept)[:, None])
        grad = -current * (lost**2)[:, None] / slope if slope > 0 else np.zeros_like(current)
        moved = np.tensordot(left, grad, axes=2)  # the gradient seen through the rounds before
        pulled = diagonal[:, None] * grad + np.tensordot(moved, right, axes=1)
        left = np.concatenate([kept[:, None] * left, -current[None] * (kept * lost)[:, None]])
        right = np.concatenate([right, pulled[None]])
        diagonal, current = kept * diagonal, kept[:, None] * current
        yield diagonal, left, right


def divergence(d: ArrayLike, z: ArrayLike, multipliers: ArrayLike) -> Array:
    """Degrees of freedom of the loop under the constraint: the traces of its `jacobians`, shape (N,).

    tr(B_t), once for each output, plus what the choice of the multipliers adds.

    Examples
    --------
    >>> divergence([1.0, 1.0], [3.0, 4.0], [0.25]).round(12)  # equal eigenvalues: 2 A + 1 - A
    array([1.8])
    """
    outputs = np.asarray(z).size // len(np.asarray(z))
    traces = [outputs * np.sum(b) + np.sum(left * right) for b, left, right in jacobians(d, z, multipliers)]
    return np.array(traces, dtype=float)


# --- scores from the labels alone ----------------------------------------------------------------------------------


def sure(misfit: ArrayLike, degrees: ArrayLike, noise: float, count: int) -> Array:
    """Stein's unbiased estimate of the risk at the points: |y - fit|² - count·noise + 2·noise·degrees.

    Parameters
    ----------
    misfit : array_like
        |y - fit|², summed over points and outputs.
    degrees : array_like
        The divergence of the fit: `divergence` under the constraint, tr(B_t) for fixed multipliers.
    noise : float
        Variance of the noise.
    count : int
        Number of labels, K times the number of outputs.
    """
    return np.asarray(misfit, dtype=float) - count * noise + 2.0 * noise * np.asarray(degrees, dtype=float)


def ubre(lost: ArrayLike, z: ArrayLike, noise: float) -> Array:
    """`sure` for fixed factors, the unbiased risk estimate: sum (1-h)² z² - K·noise + 2·noise·sum h."""
    out, z = np.asarray(lost, dtype=float), np.asarray(z, dtype=float)
    outputs = z.size // len(z)
    return sure(out**2 @ _power(z), outputs * np.sum(1.0 - out, axis=-1), noise, z.size)


def gcv(lost: ArrayLike, z: ArrayLike) -> Array:
    """Generalised cross-validation: mean((1-h)² z²)/(mean(1-h))², to be minimised; no noise level needed.

    Parameters
    ----------
    lost : array_like, shape (..., K)
        1 - h.
    z : array_like, shape (K,) or (K, m)
        Coordinates of the labels.

    Returns
    -------
    ndarray, shape (...)
    """
    out, z = np.asarray(lost, dtype=float), np.asarray(z, dtype=float)
    return out**2 @ _power(z) / z.size / np.mean(out, axis=-1) ** 2


def noise_level(lost: ArrayLike, z: ArrayLike) -> Array:
    """The variance of the noise that maximises the marginal likelihood of the factors: mean((1-h) z²)."""
    z = np.asarray(z, dtype=float)
    return np.asarray(lost, dtype=float) @ _power(z) / z.size


def marginal(lost: ArrayLike, z: ArrayLike) -> Array:
    """Negative log marginal likelihood of the factors, per output, its scale profiled out; to be minimised.

    (K/2) log(mean((1-h) z²)) - (1/2) sum log(1-h): the labels are Gaussian with covariance proportional to c_0 + G†,
    whose eigenvalues are c_0/(1 - B_t) after any rounds, so c_0 cancels. Constants are left out.

    Parameters
    ----------
    lost : array_like, shape (..., K)
        1 - h > 0.
    z : array_like, shape (K,) or (K, m)
        Coordinates of the labels.

    Returns
    -------
    ndarray, shape (...)
    """
    out = np.asarray(lost, dtype=float)
    return 0.5 * out.shape[-1] * np.log(noise_level(out, z)) - 0.5 * np.sum(np.log(out), axis=-1)


def leave_one_out(eigenvectors: ArrayLike, lost: ArrayLike, z: ArrayLike) -> Array:
    """The shortcut (y - fit)_i/(1 - S_ii) for the error at point i of the fit without point i, S = U diag(h) U^T.

    **Exact for one fit** at a fixed ridge K·c; an approximation after more rounds.

    Parameters
    ----------
    eigenvectors : array_like, shape (K, K)
        U.
    lost : array_like, shape (..., K)
        1 - h.
    z : array_like, shape (K,) or (K, m)

    Returns
    -------
    ndarray, shape (..., K) or (..., K, m)
    """
    u, out, z = (np.asarray(value, dtype=float) for value in (eigenvectors, lost, z))
    leverage = out @ (u**2).T
    if z.ndim == 1:
        return (out * z) @ u.T / leverage
    return np.einsum("ik,...k,km->...im", u, out, z, optimize=True) / leverage[..., None]


def path_step(lost: ArrayLike, z: ArrayLike) -> Array:
    """The quasi-optimality score of one fit: |c·df/dc| = |A f - f| = |h (1-h) z|, f = h z; to be minimised.

    The derivative along the path of single fits is minus the step to the student with the same multiplier.
    """
    out = np.asarray(lost, dtype=float)
    return np.sqrt((out * (1.0 - out)) ** 2 @ _power(z))


def discrepancy(spectrum: Spectrum, y: ArrayLike, noise: float) -> float:
    """The multiplier of the discrepancy principle: the single fit with mean squared residual equal to the noise.

    Returns
    -------
    float
        Infinity if the labels are no larger than the noise (the fit is zero); 0 if their part on zero eigenvalues
        alone is larger (no fit comes so close).
    """
    refuse_unless_plain(spectrum.plain, "discrepancy")
    z = spectrum.coordinates(y)
    lam = float(secular.solve(spectrum.eigenvalues, np.sqrt(_power(z)), np.sqrt(z.size * noise)))
    return 1.0 / lam if lam > 0 else np.inf


def l_curve(d: ArrayLike, z: ArrayLike, multipliers: ArrayLike) -> tuple[Array, Array, Array]:
    """The L-curve of single fits: (log |y - f|², log R(f)) along the multipliers, and its curvature.

    The rule takes the multiplier of largest curvature. R(f) is meant up to the factor K.

    Parameters
    ----------
    d : array_like, shape (K,)
    z : array_like, shape (K,) or (K, m)
    multipliers : array_like, shape (C,)
        Equally spaced in log c, at least three; the curvature is found by differences.

    Returns
    -------
    misfit, energy, curvature : ndarray, shape (C,)
    """
    d, c, power = np.asarray(d, dtype=float), np.asarray(multipliers, dtype=float), _power(z)
    kept, lost = _factors(d, c)
    misfit = np.log(lost**2 @ power)
    energy = np.log(np.where(d > 0, kept**2 / np.where(d > 0, d, 1.0), 0.0) @ power)
    step = np.log(c)
    u, v = np.gradient(misfit, step), np.gradient(energy, step)
    with np.errstate(divide="ignore", invalid="ignore"):
        curvature = (np.gradient(u, step) * v - u * np.gradient(v, step)) / (u**2 + v**2) ** 1.5
    return misfit, energy, np.nan_to_num(-curvature, nan=-np.inf)


def _factors(d: ArrayLike, multiplier: ArrayLike) -> tuple[Array, Array]:
    """A = d/(d + c) and 1 - A, shape (..., K), each to full relative accuracy."""
    with np.errstate(divide="ignore"):  # c = 0 at the floor: A = 1 where d > 0
        kept, log = shrinkage(np.asarray(d, dtype=float), 1.0 / np.asarray(multiplier, dtype=float))
    return kept, -np.expm1(log)


def _power(z: ArrayLike) -> Array:
    """z_k², summed over outputs, shape (K,)."""
    z = np.asarray(z, dtype=float)
    return z**2 if z.ndim == 1 else np.sum(z**2, axis=1)
