"""Where coefficients jump: by sampling and bisection."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..kernel import Array
from .conditions import Coefficient, values

SAMPLES = 2**16  # a feature of the coefficients narrower than this part of the domain can hide between the samples
JUMPS = 32  # the largest jumps that are looked for


def find_jumps(
    coefficients: Iterable[Coefficient], domain: tuple[float, float], named: Iterable[float]
) -> tuple[float, ...]:
    """Where one of the coefficients jumps between two samples, to the last digit; none that is named."""
    a, b = domain
    found = [jump for f in coefficients if callable(f) for jump in _jumps_of(f, domain, np.array([*named]))]
    return tuple(sorted({point for point in found if a < point < b}))


def _jumps_of(coefficient: Coefficient, domain: tuple[float, float], named: Array) -> list[float]:
    a, b = domain
    x = a + (b - a) * np.arange(SAMPLES + 1) / SAMPLES
    sampled = values(coefficient, x)
    step = np.abs(np.diff(sampled))
    before = np.searchsorted(x, named) - 1
    step[np.clip(np.concatenate([before, before + 1]), 0, SAMPLES - 1)] = 0.0
    largest = np.argsort(step)[::-1][:JUMPS]
    largest = largest[step[largest] > 1e-6 * np.max(np.abs(sampled))]
    low, high = x[largest], x[largest + 1]
    for _ in range(64):  # halves of 1/65,536 of the domain: float64 ends first
        middle = (low + high) / 2.0
        below, inner, above = (values(coefficient, points) for points in (low, middle, high))
        left = np.abs(inner - below) >= np.abs(above - inner)
        low, high = np.where(left, low, middle), np.where(left, middle, high)
    jump = np.abs(values(coefficient, high) - values(coefficient, low)) > 0.1 * step[largest]
    # of the two neighbours in float64 the one that is written with fewer digits: 0.3 and not 0.30000000000000004
    return [float(min(pair, key=lambda end: len(repr(end)))) for pair in np.stack([low, high], 1)[jump]]
