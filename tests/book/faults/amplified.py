"""Faults of chapter 9: amplified regularisation."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault("ddagger", "equivalent.py", "return c0 / np.expm1(s)", "return c0 / np.exp(s)", "1/B in place of 1/B - 1"),
    Fault(
        "ddagger",
        "equivalent.py",
        "np.sqrt(len(data) * self.eigenvalues[keep])",
        "np.sqrt(self.eigenvalues[keep])",
        "the kernel without its factor K",
    ),
    Fault(
        "ddagger",
        "equivalent.py",
        "return eigenvalues(self.path.log_shrinkage[self.round]",
        "return eigenvalues(self.path.log_shrinkage[0]",
        "the kernel of the first round in every round",
    ),
    Fault(
        "ddagger-expansion",
        "equivalent.py",
        "np.poly(-as_numbers(multipliers",
        "np.poly(as_numbers(multipliers",
        "alternating signs",
    ),
    Fault(
        "ddagger-expansion",
        "equivalent.py",
        "return d * np.expm1(np.sum(",
        "return d * np.exp(np.sum(",
        "the 1 of the product counted as a ridge",
    ),
    Fault("ddagger-expansion", "equivalent.py", "return c0 / np.expm1(s)", "return c0 / s", "log 1/B for 1/B - 1"),
    Fault(
        "penalty-form",
        "equivalent.py",
        '"multipliers"))[1:]',
        '"multipliers"))[:-1]',
        "weights shifted by one power",
    ),
    Fault(
        "gen-norm",
        "distillation.py",
        "products = (self.weights * self._penalised[1:])",
        "products = (self.targets[1:] * self._penalised[1:])",
        "energy without the inverse eigenvalues",
    ),
    Fault("gen-norm", "equivalent.py", "return c0 / np.expm1(s)", "return c0 * np.expm1(s)", "1/B - 1 not inverted"),
    Fault(
        "gen-norm",
        "equivalent.py",
        "hump = -np.exp(log_b) * np.expm1(log_b)",
        "hump = np.exp(2.0 * log_b)",
        "B² in place of B (1 - B)",
    ),
    Fault(
        "rademacher",
        "bounds.py",
        "radius * np.sqrt(np.trace(gram) / len(gram))",
        "radius * np.sqrt(np.trace(gram)) / len(gram)",
        "1/K outside the root",
    ),
    Fault(
        "rademacher",
        "gram.py",
        "np.divide(values, size, out",
        "np.divide(values, 1, out",
        "Gram matrix without 1/K",
    ),
    Fault(
        "ntk-offset",
        "paths.py",
        "alpha = (done.coordinates[t].T",
        "alpha = (done.coordinates[0].T",
        "a fit that forgets the rounds before it",
    ),
    Fault(
        "ntk-offset",
        "distillation.py",
        "zero = np.zeros((len(points), *self.targets.shape[2:]))",
        "zero = self._evaluate(grid, slice(len(self) - 1, len(self)))[0]",
        "the last fit repeated after the collapse",
    ),
    Fault(
        "ddagger",
        "equivalent.py",
        "self._features(x), self._features(s))",
        "self._features(x), self._features(s)) + 1e-10 * (x == s)",
        "a jitter on the diagonal, which gives it full rank",
    ),
    Fault("map", "equivalent.py", '"multipliers"))[1:]', '"multipliers"))[:-1]', "weights shifted by one power"),
    Fault(
        "map",
        "recursion.py",
        "secular.solve(d, size, residual)",
        "secular.solve(d, size, 1.01 * residual)",
        "a tolerance one per cent too large",
    ),
]
