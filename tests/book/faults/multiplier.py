"""Faults of chapter 4: the multiplier."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "c-bounds",
        "bounds.py",
        "return np.min(d, axis=-1) / excess, np.max(d, axis=-1) / excess",
        "return np.max(d, axis=-1) / excess, np.min(d, axis=-1) / excess",
        "ends exchanged",
    ),
    Fault(
        "c-bounds",
        "bounds.py",
        "norm(z) / size - 1.0",
        "norm(z) / size + 1.0",
        "r + 1 in place of r - 1",
    ),
    Fault(
        "c-bounds-sharp",
        "bounds.py",
        "(z / norm(z)[..., None]) ** 2",
        "np.abs(z) / np.sum(np.abs(z), axis=-1, keepdims=True)",
        "weights |z| in place of z²",
    ),
    Fault("c-bounds-sharp", "bounds.py", "np.abs(z) / d, 0.0)", "np.abs(z) * d, 0.0)", "D in place of its inverse"),
    Fault(
        "c-bounds-sharp",
        "bounds.py",
        "mean_eigenvalue(d, z) / excess",
        "mean_eigenvalue(d, z) / (excess + 1.0)",
        "r in place of r - 1",
    ),
    Fault("newton", "secular.py", "return phi * (np.sqrt", "return 0.5 * phi * (np.sqrt", "half a step"),
    Fault(
        "newton",
        "secular.py",
        "mu / np.sqrt(np.maximum(1.0 - 2.0 * s, np.finfo(float).tiny))",
        "mu * (1.0 + s + 1e-3 * s**2)",
        "upper end too low",
    ),
    Fault(
        "newton",
        "secular.py",
        "return mu * (1.0 + s), upper",
        "return mu * (1.0 + 2.0 * s), upper",
        "lower end too high",
    ),
    Fault("newton", "secular.py", "STOP = 5e-7", "STOP = 5e-2", "stops too early"),
    Fault("newton-naive", "secular.py", "STOP = 5e-7", "STOP = 5e-2", "stops too early"),
]
