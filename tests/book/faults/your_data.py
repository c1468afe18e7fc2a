"""Faults of the chapter on your own data."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "nullspace",
        "problem.py",
        "needed = [whole - null.basis @",
        "needed = [whole + null.basis @",
        "the null part of a fit with the wrong sign",
    ),
    Fault(
        "nullspace",
        "spectrum.py",
        "inner = inside.T @ gram @ inside",
        "inner = inside.T @ gram @ inside / 2",
        "the projected matrix halved",
    ),
    Fault(
        "nullspace",
        "nullspace.py",
        "self.basis @ (self.basis.T @ y)",
        "0.9 * self.basis @ (self.basis.T @ y)",
        "a part of the null part left in the labels",
    ),
    Fault(
        "nullspace",
        "problem.py",
        "for v in [*needed, whole]",
        "for v in [*needed, 0 * whole]",
        "a collapse to zero, and not to least squares",
    ),
    Fault(
        "weights",
        "kernel.py",
        "return np.sqrt(shares)",
        "return shares",
        "each weight squared",
    ),
    Fault(
        "weights",
        "kernel.py",
        "shares = scaled / np.mean(scaled)",
        "shares = scaled / np.median(scaled)",
        "weights whose median is one, and not their mean",
    ),
    Fault(
        "ridge-chain",
        "estimator.py",
        "rest = labels - mean",
        "rest = labels - 0.999 * mean",
        "a mean that is not taken off whole",
    ),
    Fault(
        "ridge-chain",
        "estimator.py",
        "max(0, self.n_rounds_ - 1)",
        "max(0, self.n_rounds_ - 2)",
        "the round before the last",
    ),
    Fault("one-hot", "estimator.py", "np.eye(len(self.classes_))", "2.0 * np.eye(len(self.classes_))", "labels of two"),
    Fault(
        "one-hot",
        "estimator.py",
        "values[:, 1] - values[:, 0]",
        "values[:, 0] - values[:, 1]",
        "the difference the wrong way round",
    ),
]
