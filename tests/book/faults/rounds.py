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
        "lower = int(np.ceil(r0 - 1.0))",
        "lower = int(np.ceil(r0))",
        "one round too many promised",
    ),
    Fault("rounds-universal", "bounds.py", "upper = min(r0 * r0 - 1.0,", "upper = min(r0 - 1.0,", "r_0 for r_0² above"),
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
    Fault(
        "toy-bounds", "bounds.py", "lower = int(np.ceil(r0 - 1.0))", "lower = int(np.floor(r0 - 1.0))", "rounded down"
    ),
    Fault(
        "rounds-grouped",
        "bounds.py",
        "np.diff(d) > 1e-12 * d[1:]",
        "np.diff(d) >= 0",
        "each coordinate alone: the sum norm, which depends on the basis",
    ),
    Fault(
        "rounds-grouped",
        "bounds.py",
        "for part in np.split(z, starts)]",
        "for part in np.split(np.where(d > 0, z, 0.0), starts)]",
        "the null space left out",
    ),
    Fault("rounds-grouped", "bounds.py", "groups - 1.0, kappa", "groups - 2.0, kappa", "one round too few allowed"),
    Fault("kappa-active", "bounds.py", "d[(d > 0) & (z != 0)]", "d[d > 0]", "eigenvalues without labels count"),
    Fault("kappa-active", "bounds.py", "d[(d > 0) & (z != 0)]", "d[z != 0]", "the eigenvalue zero counts"),
    Fault(
        "kappa-active",
        "bounds.py",
        "np.min(d, axis=-1) / excess, np.max(d, axis=-1) / excess",
        "np.min(d, axis=-1) / excess, np.min(d, axis=-1) / excess",
        "an upper end from the smallest eigenvalue",
    ),
    Fault("comparison", "batch.py", "c = 1.0 / lam", "c = lam", "multipliers not inverted"),
    Fault(
        "comparison",
        "distillation.py",
        "products = (self.weights * self._penalised[1:])",
        "products = (self.weights / self._penalised[1:])",
        "energies with 1/y for y",
    ),
]
