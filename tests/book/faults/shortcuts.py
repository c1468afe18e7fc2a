"""Faults of the chapter on distilling without a Krylov space."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "tridiagonal",
        "tridiagonal.py",
        "variances[:-1] -= ratios**2 * variances[1:]",
        "variances[:-1] -= ratios * variances[1:]",
        "the share of the next value not squared",
    ),
    Fault(
        "tridiagonal",
        "tridiagonal.py",
        "np.negative(self.ratios, out=beside[:-1])",
        "np.negative(self.ratios**2, out=beside[:-1])",
        "wrong entries beside the diagonal",
    ),
    Fault("two-nodes", "tridiagonal.py", "second / first", "one / zero", "the mean of the spectrum for the node"),
    Fault(
        "two-nodes",
        "tridiagonal.py",
        "(zero * two - one**2) / third",
        "0.5 * (zero * two - one**2) / third",
        "half the weight at the end",
    ),
    Fault("low-rank", "lowrank.py", "q @ u, missing", "q @ u.T, missing", "the turn to the eigenvectors transposed"),
    Fault("low-rank", "lowrank.py", "< CLIP * s[0]", "< 1e6 * CLIP * s[0]", "eigenvalues called unresolved too soon"),
    Fault(
        "low-rank", "lowrank.py", "(0.25, 0.1), (0.5, 0.4)", "(0.5, 0.4), (0.9, 0.9)", "a rough kernel given up late"
    ),
]
