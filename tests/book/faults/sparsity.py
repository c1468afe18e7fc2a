"""Faults of chapter 7: fewer and fewer basis functions."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "pair-ratio", "bounds.py", "(weak - strong) / (u + strong)", "(weak - strong) / u", "weak mode left out below"
    ),
    Fault(
        "pair-ratio", "recursion.py", "-np.log1p(_relative(d, lam))", "-_relative(d, lam)", "log(1 + x) replaced by x"
    ),
    Fault(
        "pair-ratio-sharp",
        "bounds.py",
        "(weak - strong) / (u + strong)",
        "(weak - strong) / u",
        "weak mode left out below",
    ),
    Fault("sparsity", "bounds.py", "np.min(np.diff(log_b[", "np.max(np.diff(log_b[", "largest ratio for the smallest"),
    Fault(
        "sparsity",
        "bounds.py",
        "(inverse[:-1] - inverse[1:]) / (r0 - 1.0 + inverse[1:])",
        "(inverse[:-1] - inverse[1:]) / (r0 + 1.0 + inverse[1:])",
        "r_0 + 1 for r_0 - 1",
    ),
    Fault("sparsity", "bounds.py", "inverse = d[0] / d", "inverse = d / d[0]", "quotients upside down"),
    Fault("sparsity-nonmono-eps", "bounds.py", "return float(rounds * np.min", "return float(np.min", "one round only"),
    Fault(
        "sparsity-ties", "bounds.py", "log_b[..., d > 0], axis=-1)", "log_b, axis=-1)", "zero eigenvalues not left out"
    ),
    Fault(
        "near-interp-rate",
        "secular.py",
        "lam[todo[~moving]] = mu[~moving] / largest",
        "lam[todo[~moving]] = mu[~moving]",
        "multiplier without the unit of d",
    ),
    Fault(
        "near-interp",
        "bounds.py",
        "return -np.asarray(tau, dtype=float)[..., None] / np",
        "return -2 * np.asarray(tau, dtype=float)[..., None] / np",
        "twice the time",
    ),
    Fault(
        "near-interp",
        "bounds.py",
        "np.exp(-tau[:, None] / d) * (z / d)",
        "np.exp(-tau[:, None] / d) * z",
        "speed without D^-1",
    ),
    Fault(
        "near-interp",
        "bounds.py",
        "return -np.asarray(tau, dtype=float)[..., None] / np",
        "return -0.5 * np.asarray(tau, dtype=float)[..., None] / np",
        "half the time: above the loop, not below",
    ),
    Fault("sparsity-cap", "bounds.py", "inverse = np.min(d) / np", "inverse = np.max(d) / np", "d_K for d_1"),
    Fault(
        "sparsity-cap",
        "bounds.py",
        "np.min(inverse[:-1] - inverse[1:]))\n\n\ndef heat",
        "np.max(inverse[:-1] - inverse[1:]))\n\n\ndef heat",
        "the largest gap for the smallest",
    ),
    Fault(
        "near-interp-rate",
        "secular.py",
        "return phi * (np.sqrt",
        "return 0.5 * phi * (np.sqrt",
        "half a step",
    ),
]
