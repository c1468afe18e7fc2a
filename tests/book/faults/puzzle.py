"""Faults of chapter 1: the puzzle."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault("toy-numbers", "datasets.py", "np.arange(11) / 10", "np.arange(11) / 10.01", "points a thousandth off"),
    Fault("toy-numbers", "datasets.py", "np.sin(2 * np.pi * x)", "np.sin(np.pi * x)", "wrong truth"),
]
