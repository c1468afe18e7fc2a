"""Faults of chapter 6: how many rounds."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault("norm-lb-paper", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * r / (r - 1.0 + np", "φ with r for r - 1"),
    Fault("norm-lb-paper", "bounds.py", "b = r0**2 * kappa / (r0", "b = r0 * kappa / (r0", "b with r_0 for r_0²"),
    Fault("norm-lb-paper", "bounds.py", "if kappa > 1.0 else t", "if kappa > 1.0 else 0 * t", "wrong limit at κ = 1"),
    Fault(
        "rounds-lb-paper",
        "bounds.py",
        "return (r0 - 1.0) / kappa",
        "return r0 - 1.0 / kappa",
        "guarantee without a bracket",
    ),
    Fault(
        "rounds-lb-paper", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * (r - 2.0) / (r - 1.0 + np", "φ too low"
    ),
    Fault(
        "rounds-universal", "bounds.py", "np.maximum(r0 - t, 0.0)", "np.maximum(r0 - 0.9 * t, 0.0)", "stride too short"
    ),
    Fault(
        "rounds-universal",
        "bounds.py",
        "np.sqrt(np.maximum(r0**2 - t, 0.0))",
        "np.sqrt(np.maximum(r0**2 - t**2, 0.0))",
        "t²",
    ),
    Fault(
        "rounds-universal",
        "bounds.py",
        "int(np.ceil(r0 - 1.0)), int(",
        "int(np.ceil(r0)), int(",
        "one round too many promised",
    ),
    Fault(
        "rounds-universal", "bounds.py", "min(r0**2 - 1.0, l1 - 1.0,", "min(r0 - 1.0, l1 - 1.0,", "r_0 for r_0² above"
    ),
    Fault(
        "rounds-domination", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * r / (r - 1.0 + np", "φ with r for r - 1"
    ),
    Fault("rounds-domination", "bounds.py", "b = r0**2 * kappa / (r0", "b = r0 * kappa / (r0", "b with r_0 for r_0²"),
    Fault(
        "kappa1-soft",
        "recursion.py",
        "inverse = 1.0 / (lam[..., None]",
        "inverse = 1.01 / (lam[..., None]",
        "filter with a multiplier one per cent off",
    ),
    Fault("toy-bounds", "bounds.py", "int(np.ceil(r0 - 1.0)), int(", "int(np.floor(r0 - 1.0)), int(", "rounded down"),
]
