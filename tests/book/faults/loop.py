"""Faults of chapter 5: the loop."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "recursion",
        "recursion.py",
        "coordinates.append((kept(d, lam) * coordinates",
        "coordinates.append((kept(d, lam) ** 2 * coordinates",
        "each round counted twice",
    ),
    Fault(
        "recursion",
        "recursion.py",
        "secular.solve(d, size, residual)",
        "secular.solve(d, size, 1.01 * residual)",
        "a tolerance one per cent too large",
    ),
    Fault(
        "logb",
        "distillation.py",
        "np.cumsum(logs, axis=0)",
        "logs",
        "B_t without the earlier rounds",
    ),
    Fault(
        "basis",
        "paths.py",
        "alpha = (done.coordinates[t].T",
        "alpha = (done.coordinates[max(t - 1, 0)].T",
        "B_{t-1} in place of B_t",
    ),
    Fault(
        "c-monotone",
        "batch.py",
        "z *= kept(d, lam[alive, t])",
        "pass",
        "labels never replaced",
    ),
    Fault("c-monotone", "batch.py", "c = 1.0 / lam", "c = lam", "multipliers not inverted"),
    Fault(
        "fixed-c",
        "recursion.py",
        "return 1.0 / (1.0 + _relative(d, lam))",
        "return 1.0 / (1.0 + 0.5 * _relative(d, lam))",
        "filter d/(d + c/2)",
    ),
    Fault(
        "fixed-c",
        "distillation.py",
        "zero = np.zeros((len(points), *self.targets.shape[2:]))",
        "zero = self._evaluate(grid, slice(len(self) - 1, len(self)))[0]",
        "the last fit repeated after the collapse",
    ),
    Fault(
        "logb",
        "recursion.py",
        "-np.log1p(_relative(d, lam))",
        "-np.log(_relative(d, lam))",
        "log(c/d) in place of log(1 + c/d)",
    ),
    Fault(
        "logb",
        "recursion.py",
        "inverse[..., d == 0] = np.inf",
        "inverse[..., d == 0] = 0.0",
        "zero eigenvalues keep everything",
    ),
    Fault(
        "toy-interior",
        "datasets.py",
        "Data(data.x[1:-1], data.y[1:-1], data.truth)",
        "Data(data.x[1:-1], data.y[2:], data.truth)",
        "labels shifted by one point",
    ),
    Fault(
        "multiout",
        "recursion.py",
        "np.linalg.norm(z, axis=1)",
        "np.max(np.abs(z), axis=1)",
        "largest output in place of the row norm",
    ),
    Fault("u-shape", "batch.py", "z *= kept(d, lam[alive, t])", "pass", "labels never replaced"),
]
