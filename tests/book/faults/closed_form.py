"""Faults of chapter 3: the closed form."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "closed-form",
        "gram.py",
        "np.divide(values, size, out",
        "np.divide(values, 1, out",
        "Gram matrix without 1/K",
    ),
    Fault(
        "closed-form",
        "paths.py",
        "np.divide(1.0, d + c, out",
        "np.divide(1.0, d**0, out",
        "weights without (D + c)^{-1}",
    ),
    Fault(
        "closed-form",
        "recursion.py",
        "inverse = 1.0 / (lam[..., None]",
        "inverse = 2.0 / (lam[..., None]",
        "filter d/(d + 2c)",
    ),
    Fault(
        "closed-form",
        "problem.py",
        "np.sqrt(len(self.x) * self.epsilon)",
        "np.sqrt(self.epsilon)",
        "sum of squares in place of the mean",
    ),
    Fault(
        "closed-form",
        "recursion.py",
        "multipliers = 1.0 / np.array",
        "multipliers = np.array",
        "the multiplier in place of its inverse",
    ),
    Fault(
        "r-value",
        "distillation.py",
        "np.sum(products, axis=1) / len(self.x)",
        "np.sum(products, axis=1)",
        "energy without 1/K",
    ),
    Fault(
        "collapse",
        "distillation.py",
        "np.linalg.norm(problem.y) <= problem.residual",
        "np.linalg.norm(problem.y) < problem.residual",
        "strict collapse",
    ),
    Fault("collapse", "bounds.py", "np.sum(w * d, axis=-1)", "np.mean(d, axis=-1)", "unweighted mean eigenvalue"),
    Fault(
        "collapse",
        "bounds.py",
        "e = (1.0 - ratio) * (1.0 + ratio)",
        "e = 2.0 * (1.0 - ratio)",
        "1 - K·epsilon/||y||² to first order only",
    ),
    Fault(
        "feasible",
        "spectrum.py",
        "return float(np.sum(z**2)) / len(self.eigenvectors)",
        "return float(np.mean(z**2))",
        "floor without 1/K",
    ),
    # a tiny c and no exact zero: leaving c to the solver would hang on the last bit of the floor
    Fault(
        "feasible", "recursion.py", "np.array(np.inf) if at_floor", "np.array(1e9) if at_floor", "no c = 0 at the floor"
    ),
    Fault("scale", "spectrum.py", "d * (scale if scale > 0 else 1.0)", "d", "eigenvalues without their unit"),
]
