"""Faults of the chapter on imitation weights."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "dang-path",
        "weighted.py",
        "mixture = (1.0 - xi) * z + xi * fit",
        "mixture = (1.0 - xi) * z + 0.9 * xi * fit",
        "a part of the prediction lost on the way",
    ),
    Fault(
        "dang-path",
        "imitation.py",
        "return float((y - a).ravel() @ step / (step @ step))",
        "return float((a - y).ravel() @ step / (step @ step))",
        "the wrong sign of the best weight",
    ),
    Fault(
        "das-xistar",
        "imitation.py",
        "np.sum(omega * q * (level * h - m**2 * (1.0 - h)))",
        "np.sum(omega * q * (level * h - m**2))",
        "the signal counted whole where its lost part belongs",
    ),
    Fault(
        "das-xistar",
        "imitation.py",
        "below = np.sum(omega * q**2 * (m**2 + level))",
        "below = np.sum(omega * q * (m**2 + level))",
        "the step not squared",
    ),
    Fault(
        "xi-poly",
        "filters.py",
        "h * (1.0 - xi + xi * result)",
        "h * (1.0 - xi + result)",
        "the whole prediction beside the share of the labels",
    ),
    Fault(
        "xi-poly",
        "imitation.py",
        "(tails[1:] / tails[:-1])[::-1]",
        "(tails[1:] / tails[:-1])",
        "the weights from last to first",
    ),
    Fault(
        "xi-wiener",
        "imitation.py",
        "table = np.append(1.0, w / h)",
        "table = np.append(1.0, w)",
        "the polynomial through the factors, not through their quotients",
    ),
    Fault(
        "two-eigenvalues",
        "imitation.py",
        "(r1 - c) * (d1 + c) / (c * p1)",
        "(r1 - c) * (d1 + c) / (c * p2)",
        "the weight of the other mode",
    ),
    Fault(
        "two-eigenvalues",
        "imitation.py",
        "r1 * d1 * p2 - r2 * d2 * p1  # a",
        "r1 * d1 * p1 - r2 * d2 * p2  # a",
        "two sums exchanged in the quadratic equation",
    ),
    Fault(
        "two-eigenvalues",
        "imitation.py",
        "    if spread < 0:\n        return ()",
        "    spread = abs(spread)",
        "complex roots taken for real ones",
    ),
    Fault(
        "xi-rgain",
        "statistics.py",
        "axis=-1), noise * np.sum(h**2, axis=-1)",
        "axis=-1), noise * np.mean(h**2, axis=-1)",
        "the mean variance in place of the sum",
    ),
    Fault(
        "xi-rgain",
        "imitation.py",
        "below = np.sum(omega * q**2 * (m**2 + level))",
        "below = np.sum(omega * q * (m**2 + level))",
        "a step that is too short",
    ),
    Fault(
        "xi-ls",
        "imitation.py",
        "y - f[0], rcond=positive",
        "y, rcond=positive",
        "the labels themselves fitted, not what the teacher leaves",
    ),
    Fault(
        "xi-ls",
        "imitation.py",
        "(tails[1:] / tails[:-1])[::-1]",
        "(tails[1:] / tails[:-1])",
        "the weights from last to first",
    ),
    Fault(
        "xi-oneshot",
        "imitation.py",
        "np.sum((1.0 - h) * q * power)",
        "np.sum(q * power)",
        "the labels in place of what the teacher loses of them",
    ),
    Fault(
        "xi-oneshot",
        "imitation.py",
        "above = np.sum((teacher - student) * teacher * power)",
        "above = np.sum((teacher - student) * student * power)",
        "the residual of the student in place of the teacher's",
    ),
]
