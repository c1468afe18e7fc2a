"""Faults of chapter 2: Green's functions."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "green-toy",
        "greens/interval.py",
        "(M * b + m * (1.0 - m) + (M - m)) / 6.0",
        "(M * b - m * (1.0 - m) + (M - m)) / 6.0",
        "a sign in the beam",
    ),
    Fault(
        "green-toy",
        "greens/interval.py",
        "return frequencies**4, sines",
        "return frequencies**3, sines",
        "the beam's eigenvalues with the wrong power",
    ),
    Fault(
        "green-list",
        "greens/interval.py",
        "m**2 * (2.0 * M + (M - m)) / 6.0",
        "m**2 * (2.0 * M + (M + m)) / 6.0",
        "a sign in the cantilever",
    ),
    Fault(
        "green-list",
        "greens/interval.py",
        "(count(n) + 0.5), sign=+1.0",
        "(count(n) + 0.5), sign=-1.0",
        "the clamped beam's frequencies from the cantilever's equation",
    ),
    Fault(
        "green-list",
        "greens/interval.py",
        "heights = np.where(frequencies > 0.0, sqrt(2.0), 1.0)",
        "heights = np.where(frequencies > 0.0, sqrt(2.0), sqrt(2.0))",
        "the constant mode not normalised",
    ),
    Fault(
        "green-list",
        "greens/interval.py",
        "held / _falling(2.0 * a)",
        "held / _falling(a)",
        "a for 2a in the exponential kernel",
    ),
    Fault(
        "green-list",
        "greens/bernoulli.py",
        "-1.0 / 30.0, 0.0, 1.0)",
        "-1.0 / 30.0, 0.0, 2.0)",
        "a wrong coefficient in B_4",
    ),
    Fault(
        "green-dim",
        "greens/interval.py",
        "pi * count(n)\n        return frequencies**2, sines",
        "pi * count(n)\n        return frequencies**3, sines",
        "the string's eigenvalues grow too fast",
    ),
]
