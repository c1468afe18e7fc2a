"""Faults of the chapter on scale."""

from __future__ import annotations

from .fault import Fault

FAULTS = [
    Fault("krylov-space", "krylov.py", "EXHAUSTED = 1e-14", "EXHAUSTED = 0.0", "a closed space is not recognised"),
    Fault(
        "krylov-space",
        "krylov.py",
        "self.norm * self.vectors[0]",
        "self.norm * self.vectors[-1]",
        "coordinates from the last row of V",
    ),
    Fault("krylov-space", "krylov.py", "z @ self.vectors.T", "z @ self.vectors", "V transposed in the way back"),
    Fault(
        "krylov-residual",
        "krylov.py",
        "np.abs(self.vectors[-1] @ alpha)",
        "np.abs(self.vectors[0] @ alpha)",
        "the first component in place of the last",
    ),
    Fault(
        "krylov-residual",
        "krylov.py",
        "return self.beta * np.abs",
        "return 0.01 * self.beta * np.abs",
        "a hundredth of what is left out",
    ),
    Fault(
        "krylov-shift",
        "krylov.py",
        "return self.beta * np.abs",
        "return self.norm * np.abs",
        "the norm of the labels for the last beta",
    ),
    Fault(
        "semiseparable",
        "semiseparable.py",
        "self.moved = np.exp(-steps)",
        "self.moved = np.exp(-0.9 * steps)",
        "blocks that lie too near each other",
    ),
    Fault(
        "semiseparable",
        "greens/line.py",
        "float(factorial(n) * value",
        "float(value",
        "the Matérn kernel's powers without n!",
    ),
    Fault(
        "semiseparable", "semiseparable.py", "out[k - 1] * s / k", "out[k - 1] * s", "powers without their factorials"
    ),
    Fault(
        "semiseparable", "semiseparable.py", "return upto - whole,", "return 0 * whole,", "blocks that hand on nothing"
    ),
    Fault(
        "semiseparable",
        "semiseparable.py",
        "line.scale(sites.weights /",
        "line.scale(sites.weights**0 /",
        "repeated labels without their weight",
    ),
    Fault("sine-grid", "sine.py", "(1.0 - 2.0 * s / 3.0)", "(1.0 - s / 3.0)", "1/3 for 2/3"),
    Fault("sine-grid", "sine.py", "(16.0 * s**2 * size)", "(16.0 * s**2)", "eigenvalues without 1/K"),
    Fault(
        "normal-equations",
        "bounds.py",
        "nu4 = c * size * (size + 1.0) ** 3",
        "nu4 = c * size * (size + 1.0) ** 2",
        "the wrong power of the points per bandwidth",
    ),
    Fault("normal-equations", "bounds.py", "3.0 + 48.0 * nu4", "3.0 + 15.0 * nu4", "an upper end too low"),
    Fault(
        "c-condition",
        "secular.py",
        "(2.0 * np.sum(p * np.where",
        "(4.0 * np.sum(p * np.where",
        "half the condition number",
    ),
    Fault(
        "curvature",
        "secular.py",
        "return phi * (np.sqrt",
        "return 0.5 * phi * (np.sqrt",
        "half a step",
    ),
    Fault("c-condition", "secular.py", "STOP = 5e-7", "STOP = 5e-2", "stops too early"),
    Fault("normal-equations", "bounds.py", "3.0 + 48.0 * nu4", "2.0 + 48.0 * nu4", "an upper end too low for small c"),
]
