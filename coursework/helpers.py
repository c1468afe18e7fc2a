"""What the checks of a problem set use: your own numbers, and comparisons that say what is wrong."""

import hashlib

import numpy as np

SALT = ""  # the course's own word: other words, other numbers


class CheckFailed(AssertionError):
    """An answer is not what was asked for; the message says in what respect."""


def variant(student, name):
    """A random generator that belongs to one student and one question: the same numbers every time."""
    digest = hashlib.sha256(f"{SALT}/{name}/{student}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def numbers(got, shape, text):
    """The answer as finite float64 numbers of a shape; CheckFailed if it is anything else."""
    try:
        array = np.asarray(got, dtype=float)
    except (TypeError, ValueError):
        raise CheckFailed(f"{text}: numbers of shape {shape} are wanted, not {str(got)[:60]}") from None
    if array.shape != tuple(shape):
        raise CheckFailed(f"{text}: the shape should be {tuple(shape)}; it is {array.shape}")
    if not np.all(np.isfinite(array)):
        raise CheckFailed(f"{text}: every number should be finite")
    return array


def close(got, want, text, rtol=1e-6, atol=0.0):
    """CheckFailed unless each number is the wanted one, within rtol·|wanted| + atol."""
    want = np.asarray(want, dtype=float)
    got = numbers(got, want.shape, text)
    wrong = np.abs(got - want) > rtol * np.abs(want) + atol
    if np.any(wrong):
        first = np.argwhere(wrong)[0]
        place = f" at index {tuple(int(i) for i in first)}" if want.ndim else ""
        raise CheckFailed(f"{text}: {got[tuple(first)]:.6g} is not what is wanted{place}")


def holds(condition, text):
    """CheckFailed unless the condition is true."""
    if not condition:
        raise CheckFailed(text)
