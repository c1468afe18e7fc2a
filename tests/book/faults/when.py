"""Faults of the chapter on when a round helps."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "bias-variance",
        "statistics.py",
        "np.sum(((1.0 - h) * m) ** 2, axis=-1)",
        "np.sum((h * m) ** 2, axis=-1)",
        "h for 1 - h",
    ),
    Fault("bias-variance", "statistics.py", "noise * np.sum(h**2, axis=-1)", "noise * np.sum(h, axis=-1)", "h for h²"),
    Fault(
        "bias-variance",
        "statistics.py",
        "(h * m) @ phi.T - np.asarray(truth",
        "(h * m) @ phi.T + np.asarray(truth",
        "the truth added",
    ),
    Fault(
        "bias-variance",
        "statistics.py",
        "noise * (h**2 @ (phi**2).T)",
        "noise * (h @ (phi**2).T)",
        "h for h² off the points",
    ),
    Fault(
        "bias-variance",
        "statistics.py",
        "return power / (power + noise)",
        "return power / (power + 2 * noise)",
        "twice the noise in the weight",
    ),
    Fault(
        "next-round",
        "statistics.py",
        "total = b * (1.0 + a)",
        "total = b * (1.0 - a)",
        "the difference of the factors for their sum",
    ),
    Fault(
        "next-round",
        "statistics.py",
        "return power / (power + noise)",
        "return power / (power + 2 * noise)",
        "the criterion with another weight",
    ),
    Fault(
        "next-round",
        "statistics.py",
        "form, dtype=float) @ (before + after) - 2.0",
        "form, dtype=float) @ (before + after) - 1.0",
        "half of the linear part",
    ),
    Fault(
        "next-round",
        "statistics.py",
        "noise * np.diag(np.diag(overlap))",
        "noise * np.eye(len(overlap))",
        "the noise of the points off the points",
    ),
    Fault(
        "dof-eps",
        "statistics.py",
        "weights = (_power(z) / np.max(_power(z))) * lost**2 * kept",
        "weights = (_power(z) / np.max(_power(z))) * lost**2",
        "w without d",
    ),
    Fault(
        "dof-eps",
        "statistics.py",
        "np.sum(weights * lost) / np.sum(weights)",
        "np.sum(weights * kept) / np.sum(weights)",
        "the kept part for the lost one",
    ),
    Fault(
        "extra-df", "statistics.py", "(kept * lost)[:, None]", "(lost * lost)[:, None]", "dz/dlog c with a wrong factor"
    ),
    Fault(
        "extra-df",
        "statistics.py",
        "moved = np.tensordot(left, grad, axes=2)",
        "moved = -np.tensordot(left, grad, axes=2)",
        "earlier rounds with the wrong sign",
    ),
    Fault(
        "extra-df",
        "statistics.py",
        "grad = -current * (lost**2)",
        "grad = current * (lost**2)",
        "the multiplier grows with the labels",
    ),
    Fault(
        "dof-eps-multi",
        "statistics.py",
        "grad = -current * (lost**2)",
        "grad = -3 * current * (lost**2)",
        "a gradient three times too large",
    ),
    Fault(
        "dof-eps-multi",
        "statistics.py",
        "outputs * np.sum(b) + np.sum(left * right)",
        "outputs * np.sum(b) - np.sum(left * right) + 2 * len(left)",
        "two degrees added a round",
    ),
    Fault(
        "sure",
        "statistics.py",
        "- count * noise + 2.0 * noise * np",
        "- count * noise + noise * np",
        "the correction once and not twice",
    ),
    Fault(
        "sure",
        "statistics.py",
        "outputs * np.sum(b) + np.sum(left * right)",
        "outputs * np.sum(b)",
        "the trace for the divergence",
    ),
    Fault(
        "loo-fail",
        "statistics.py",
        "leverage = out @ (u**2).T",
        "leverage = np.mean(out, axis=-1, keepdims=True)",
        "the mean leverage for that of the point",
    ),
]
