"""Faults of the chapter on labels mixed in."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "borup",
        "weighted.py",
        "h = _kept(self.spectrum.eigenvalues, c) * (1.0 - xi + xi * h)",
        "h = _kept(self.spectrum.eigenvalues, c) * (1.0 - xi + xi * h**2)",
        "the factor before, squared",
    ),
    Fault(
        "borup",
        "weighted.py",
        "mixture = (1.0 - xi) * z + xi * fit",
        "mixture = (1.0 - xi) * z + fit",
        "the whole prediction beside the share of the labels",
    ),
    Fault(
        "borup-sparsity",
        "filters.py",
        "h = a * (self.alpha + (1.0 - self.alpha) * h)",
        "h = a * (self.alpha + (1.0 - self.alpha) * (1.0 - h))",
        "the part that is lost fed back in place of what is kept",
    ),
    Fault(
        "borup-sparsity",
        "filters.py",
        "h = a * (self.alpha + (1.0 - self.alpha) * h)",
        "h = a * (self.alpha + (1.0 - self.alpha) * a)",
        "each round starts from the first fit",
    ),
    Fault(
        "borup-constraint",
        "weighted.py",
        "mixture = (1.0 - xi) * z + xi * fit",
        "mixture = (1.0 - xi) * z - xi * fit",
        "predictions with the wrong sign",
    ),
    Fault(
        "borup-constraint",
        "weighted.py",
        "lam = secular.solve(d, magnitudes(mixture), residual)",
        "lam = secular.solve(d, magnitudes(mixture), 0.9 * residual)",
        "a tolerance below what was asked for",
    ),
    Fault(
        "borup-constraint",
        "weighted.py",
        "if lam == 0 and np.all(",
        "if lam < 0 and np.all(",
        "a loop that never ends",
    ),
    Fault(
        "borup-alpha",
        "imitation.py",
        "return float((y - a).ravel() @ step / (step @ step))",
        "return float((y - b).ravel() @ step / (step @ step))",
        "the share counted from the fit to the labels",
    ),
]
