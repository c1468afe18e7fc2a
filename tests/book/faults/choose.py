"""Faults of the chapter on choosing."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "gcv-sure-pick",
        "statistics.py",
        "- count * noise + 2.0 * noise * np",
        "- count * noise + noise * np",
        "the correction once and not twice",
    ),
    Fault(
        "gcv-sure-pick",
        "statistics.py",
        "np.mean(out, axis=-1) ** 2",
        "np.mean(out, axis=-1)",
        "the mean in place of its square",
    ),
    Fault(
        "gml",
        "statistics.py",
        "- 0.5 * np.sum(np.log(out), axis=-1)",
        "+ 0.5 * np.sum(np.log(out), axis=-1)",
        "the determinant with the wrong sign",
    ),
    Fault(
        "gml",
        "statistics.py",
        "return np.asarray(lost, dtype=float) @ _power(z) / z.size",
        "return np.asarray(lost, dtype=float) ** 2 @ _power(z) / z.size",
        "the residual for the noise",
    ),
    Fault(
        "quasi",
        "statistics.py",
        "np.sqrt((out * (1.0 - out)) ** 2 @ _power(z))",
        "np.sqrt(out**2 @ _power(z))",
        "the residual in place of the step",
    ),
    Fault(
        "quasi",
        "recursion.py",
        "inverse = 1.0 / (lam[..., None]",
        "inverse = 1.01 / (lam[..., None]",
        "a filter with another multiplier than the constraint's",
    ),
]
