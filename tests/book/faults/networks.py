"""Faults of the chapter on networks."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault(
        "ntk-relu",
        "networks.py",
        "return size * (np.sin(omega) + 2.0 * (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)",
        "return size * (np.sin(omega) + (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)",
        "the gradient of the hidden layer left out of the tangent kernel",
    ),
    Fault(
        "ntk-relu",
        "networks.py",
        "return size * (np.sin(omega) + (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)",
        "return size * (np.sin(omega) + omega * np.cos(omega)) / (2.0 * np.pi)",
        "the angle in place of its supplement in the covariance of the untrained network",
    ),
    Fault(
        "ntk-relu",
        "networks.py",
        "self.scale * (pooled.T @ slope).ravel()",
        "(pooled.T @ slope).ravel()",
        "the gradient of the readout without the scale",
    ),
    Fault(
        "ensemble",
        "networks.py",
        "return size * (np.sin(omega) + (np.pi - omega) * np.cos(omega)) / (2.0 * np.pi)",
        "return size * (np.sin(omega) + (np.pi - omega) * np.cos(omega)) / np.pi",
        "twice the covariance of the untrained network",
    ),
    Fault(
        "ensemble",
        "networks.py",
        "return self.scale * pooled @ readout, pooled",
        "return self.scale * pooled @ np.abs(readout), pooled",
        "the readout without its signs: initial functions above zero on the mean",
    ),
]
