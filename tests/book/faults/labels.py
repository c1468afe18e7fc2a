"""Faults of the chapter on wrong labels."""

from __future__ import annotations

from .fault import Fault

MODULE = "labels.py"

FAULTS = [
    Fault(
        "label-avg",
        MODULE,
        "apart = (1.0 - a) / count",
        "apart = (1.0 - b) / count",
        "the kernel between classes in the place of that within",
    ),
    Fault(
        "label-avg",
        MODULE,
        "min(self.sizes) * (a - b) / count",
        "max(self.sizes) * (a - b) / count",
        "the size of the largest class",
    ),
    Fault(
        "label-rounds",
        MODULE,
        "kept[:, 0] * (rows - own)",
        "kept[:, 0] * (rows - overall)",
        "the own label against the mean of all",
    ),
    Fault(
        "label-rounds",
        MODULE,
        "(1.0 - apart / differing) * kept[:, 1]",
        "kept[:, 1]",
        "a new point as if it were one of the points",
    ),
    Fault(
        "label-rounds",
        MODULE,
        "leads += list((own - counts[said != i]) / np.sum(counts))",
        "leads += list((own - 0.5 * counts[said != i]) / np.sum(counts))",
        "half of the wrong labels counted",
    ),
    Fault(
        "label-rounds",
        MODULE,
        "return int(np.log1p(1.0 / value) / gained) + 1",
        "return int(np.log1p(1.0 / value) / gained)",
        "one fit too few",
    ),
    Fault(
        "label-rounds",
        MODULE,
        "gained = np.log(differing / apart)",
        "gained = 0.5 * np.log(differing / apart)",
        "half of what a large multiplier gains",
    ),
    Fault("label-end", MODULE, "votes = top @ rows", "votes = rows.sum(axis=0)", "labels counted without weights"),
    Fault(
        "label-end",
        MODULE,
        "return Takeover(winner, fits, seal(votes))",
        "return Takeover((winner + 1) % len(votes), fits, seal(votes))",
        "another class",
    ),
    Fault(
        "label-end",
        MODULE,
        "/ np.log(first / second)) + 1, 1)",
        "/ np.log(second / first)) + 1, 1)",
        "the ratio of the factors upside down",
    ),
    Fault(
        "smoothing",
        MODULE,
        "(1.0 - s) * rows + s / rows.shape[1]",
        "(1.0 - s) * rows + s * rows.mean(axis=0)",
        "smoothing towards the frequency of each label",
    ),
    Fault(
        "smoothing",
        MODULE,
        "return (1.0 - s) * rows",
        "return (1.0 - s**2) * rows",
        "labels shrunk too little",
    ),
]
