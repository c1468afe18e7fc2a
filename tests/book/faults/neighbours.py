"""Faults of the chapter on the neighbours."""

from __future__ import annotations

from .fault import Fault

MODULE = "neighbours.py"

FAULTS = [
    Fault(
        "nagarajan",
        MODULE,
        "return np.asarray(np.sum(logs, axis=-1))",
        "return np.asarray(np.min(logs, axis=-1))",
        "the slower of teacher and student alone",
    ),
    Fault(
        "nagarajan",
        MODULE,
        "passed = np.array(self.times) * np.asarray(d, dtype=float)[..., None]\n        early",
        "passed = np.array(self.times) / np.asarray(d, dtype=float)[..., None]\n        early",
        "eigenvalues turned upside down",
    ),
    Fault(
        "nagarajan-multi",
        MODULE,
        "np.log1p(-np.exp(-late)))",
        "-np.exp(-late / 2))",
        "stages that are late half as late",
    ),
    Fault(
        "nagarajan-multi",
        MODULE,
        "stops = stopping_time(d, np.where(late, -1.0, self.log_kept(d)))",
        "stops = stopping_time(np.asarray(d) ** 2, np.where(late, -1.0, self.log_kept(d)))",
        "the square of the eigenvalue below",
    ),
    Fault(
        "nagarajan-multi",
        "filters.py",
        "np.expm1(self.steps * np.log1p",
        "np.expm1((self.steps + 1) * np.log1p",
        "one step of gradient descent too many",
    ),
    Fault(
        "dong",
        MODULE,
        "np.log1p(-self.step * np.array(self.shares) * d[..., None])",
        "np.log1p(-self.step * np.array(self.shares) ** 2 * d[..., None])",
        "the square of each share",
    ),
    Fault(
        "dong",
        MODULE,
        "return -np.expm1(np.sum(np.log1p(-self.step",
        "return -np.expm1(2.0 * np.sum(np.log1p(-self.step",
        "each step twice",
    ),
    Fault(
        "dong",
        MODULE,
        "np.array(self.shares) * d[..., None]), axis=-1))",
        "np.array(self.shares) * d[..., None] ** 2), axis=-1))",
        "the square of the eigenvalue",
    ),
    Fault(
        "round-or-residual",
        "weighted.py",
        "mixture = (1.0 - xi) * z + xi * fit",
        "mixture = (1.0 - xi) * z + 2.0 * xi * fit",
        "predictions that count twice",
    ),
    Fault(
        "round-or-residual",
        "weighted.py",
        "mixture = (1.0 - xi) * z + xi * fit",
        "mixture = (1.0 - xi) * z + abs(xi) * fit",
        "imitation weights without their sign",
    ),
    Fault(
        "ridgeless",
        "filters.py",
        "np.where(d >= self.c, 1.0, 0.0)",
        "np.where(d >= self.c, 0.9, 0.0)",
        "a cut-off that does not keep all",
    ),
    Fault(
        "ridgeless",
        "filters.py",
        "np.log1p(np.array(self.multipliers) / d",
        "np.log1p(2.0 * np.array(self.multipliers) / d",
        "twice the multiplier",
    ),
    Fault(
        "fidelity",
        "recursion.py",
        "return 1.0 / (1.0 + _relative(d, lam))",
        "return 1.0 / (1.0 + 0.5 * _relative(d, lam))",
        "a fit that is shrunk half as much as it should be",
    ),
    Fault(
        "gp-reuse",
        MODULE,
        '"labels": p / (p + sigma2 / count)',
        '"labels": p / (p + sigma2 * count)',
        "a larger ridge in place of a smaller one",
    ),
    Fault(
        "gp-reuse",
        MODULE,
        '"kept": once, "replaced": once**count}',
        '"kept": once**count, "replaced": once}',
        "predictions beside the data and in their place exchanged",
    ),
    Fault(
        "gp-reuse",
        MODULE,
        "stated = p * sigma2 / (sigma2 + uses * p)",
        "stated = p * sigma2 / (sigma2 + p)",
        "a variance that no use changes",
    ),
    Fault(
        "gp-reuse",
        MODULE,
        "error=(1.0 - kept) ** 2 * p + kept**2 * sigma2)",
        "error=(1.0 - kept) ** 2 * p)",
        "an error without the noise",
    ),
]
