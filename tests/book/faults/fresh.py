"""Faults of the chapter on fresh data."""

from __future__ import annotations

from .fault import Fault

MODULE = "generations.py"

FAULTS = [
    Fault(
        "collapse-replace",
        MODULE,
        "return powers, _variance(noise) * np.cumsum(powers**2, axis=0)",
        "return powers, _variance(noise) * powers**2",
        "the noise of the last round alone",
    ),
    Fault(
        "collapse-replace",
        MODULE,
        "powers = a ** np.arange(1, number + 1)[:, None]",
        "powers = a ** np.arange(number)[:, None]",
        "one round too few",
    ),
    Fault(
        "collapse-accumulate",
        MODULE,
        "variance.append(variance[-1] * step**2 + sigma2 / s**2)",
        "variance.append(variance[-1] * step**2 + sigma2 / s)",
        "new noise divided by the number of label vectors once",
    ),
    Fault(
        "collapse-accumulate",
        MODULE,
        "step = 1.0 - (1.0 - a) / s",
        "step = a + 0.0 * s",
        "old labels thrown away: the mean shrinks by the whole factor",
    ),
    Fault(
        "golden",
        MODULE,
        "a**2 * (w**2 + u**2) / (1.0 - u**2 * a**2)",
        "a**2 * w**2 / (1.0 - u**2 * a**2)",
        "predictions without new noise",
    ),
    Fault(
        "golden",
        MODULE,
        "1.0 - 2.0 / (2.0 + a2 + np.sqrt(4.0 + a2**2))",
        "1.0 - 2.0 / (2.0 + a2 + np.sqrt(4.0 + a2))",
        "A² under the root in the place of A⁴",
    ),
    Fault(
        "fresh",
        MODULE,
        "self.b**t * (self.b * s + self.start)",
        "self.a ** (2 * t) * (self.b * s + self.start)",
        "the square of the mean in the place of the mean of the square",
    ),
    Fault(
        "fresh",
        MODULE,
        "return cls(n / p, n / p, _variance(noise) * n / (p - n - 1))",
        "return cls(n / p, n / p, _variance(noise) * n / (p - n + 9))",
        "too little noise in the first fit",
    ),
]
