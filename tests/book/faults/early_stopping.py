"""Faults of chapter 8: early stopping."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "earlystop",
        "filters.py",
        "return -np.expm1(-self.time * d)",
        "return np.expm1(self.time * np.minimum(d, 1e-2))",
        "gradient flow uphill",
    ),
    Fault(
        "earlystop",
        "filters.py",
        "np.log1p(np.array(self.multipliers) / d",
        "np.log1p(np.array(self.multipliers[:1]) / d",
        "only the first round counts",
    ),
    Fault(
        "earlystop",
        "filters.py",
        "np.expm1(self.steps * np.log1p",
        "np.expm1((self.steps + 1) * np.log1p",
        "one step of gradient descent too many",
    ),
    Fault(
        "sd-vs-ridge-match",
        "filters.py",
        "return cls(float(d * (1.0 / h - 1.0)))",
        "return cls(float(d / h))",
        "a ridge that keeps less than it should at the match",
    ),
    Fault(
        "sd-vs-ridge-match",
        "filters.py",
        "np.exp(-np.sum(np.log1p(",
        "np.exp(-np.max(np.log1p(",
        "the last round in place of all rounds",
    ),
    Fault(
        "filter-duality",
        "filters.py",
        "np.expm1(-self.n * np.log1p",
        "np.expm1(-(self.n + 1) * np.log1p",
        "one fit to the residuals too many",
    ),
    Fault(
        "filter-duality",
        "filters.py",
        "h * (1.0 - xi + xi * result)",
        "h * (1.0 + xi - xi * result)",
        "imitation weights with the wrong sign",
    ),
    Fault(
        "qualification",
        "filters.py",
        "np.expm1(-self.n * np.log1p",
        "np.expm1(-(self.n + 1) * np.log1p",
        "a qualification one higher than declared",
    ),
    Fault(
        "qualification",
        "filters.py",
        "np.exp(-np.sum(np.log1p(",
        "np.exp(-np.mean(np.log1p(",
        "losses averaged in place of added up",
    ),
    Fault(
        "qualification",
        "filters.py",
        "return np.exp(-self.time / d)",
        "return np.exp(-np.sqrt(self.time / d))",
        "the square root of the heat flow's exponent",
    ),
    Fault(
        "qualification",
        "filters.py",
        "xi * (distance - np.roll(distance, 1))",
        "xi * distance",
        "the factor 1 - e left out of the distance from one",
    ),
    Fault(
        "earlystop",
        "filters.py",
        "np.exp(-np.sum(np.log1p(",
        "np.exp(-np.mean(np.log1p(",
        "losses averaged in place of added up",
    ),
    Fault(
        "flow-match",
        "bounds.py",
        "return -lost / np.asarray(d, dtype=float)",
        "return -lost * np.asarray(d, dtype=float)",
        "times the eigenvalue in place of divided by it",
    ),
    Fault("flow-match", "filters.py", "return d / (d + self.c)", "return d / (d + 2.0 * self.c)", "a ridge of 2c"),
    Fault(
        "flow-match",
        "filters.py",
        "return -np.expm1(-self.time * d)",
        "return -np.expm1(-2.0 * self.time * d)",
        "gradient flow at twice the time",
    ),
    Fault(
        "flow-match",
        "bounds.py",
        "np.log1p(-np.exp(small)), np.log(-np.expm1(large)))",
        "np.log1p(-np.exp(small)), np.expm1(large))",
        "B - 1 in place of log(1 - B) where much is kept",
    ),
]
