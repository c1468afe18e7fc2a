"""Conditions that a function must meet: derivatives at ends and at points between, integrals, and sums of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..kernel import Array

__all__ = ["Condition", "at", "integral", "periodic"]

Coefficient = float | Callable[[Array], ArrayLike]
Side = Literal["left", "right"]


class Term(NamedTuple):
    """weight · f^{(derivative)}(point), taken from one side if one is named."""

    point: float
    derivative: int
    weight: float
    side: Side | None = None


@dataclass(frozen=True)
class Condition:
    """A linear condition ℓ(f) = 0. Make one by `at` or `integral`; conditions can be added and subtracted.

    Attributes
    ----------
    terms : tuple of Term
        Derivatives at points.
    densities : tuple of float or callable
        w for each integral ∫ w f over the domain.

    Examples
    --------
    >>> at(1, {1: 1.0, 0: 3.0})
    f'(1) + 3 f(1) = 0
    >>> integral() - at(0, {0: 1.0})
    ∫ f - f(0) = 0
    """

    terms: tuple[Term, ...] = ()
    densities: tuple[Coefficient, ...] = ()

    def __add__(self, other: Condition) -> Condition:
        """The condition ℓ(f) + k(f) = 0."""
        return Condition(self.terms + other.terms, self.densities + other.densities)

    def __sub__(self, other: Condition) -> Condition:
        """The condition ℓ(f) − k(f) = 0."""
        return self + -other

    def __neg__(self) -> Condition:
        """The condition −ℓ(f) = 0."""
        turned = tuple(term._replace(weight=-term.weight) for term in self.terms)
        return Condition(turned, tuple(_minus(w) for w in self.densities))

    def __repr__(self) -> str:
        parts = [(1.0, "∫ w f") if callable(w) else (w, "∫ f") for w in self.densities]
        marks = {"left": "-", "right": "+", None: ""}
        for point, order, weight, side in self.terms:
            prime = "'" * order if order < 4 else f"^({order})"
            parts.append((weight, f"f{prime}({point:g}{marks[side]})"))
        words = [f"{'-' if w < 0 else '+'} {'' if abs(w) == 1 else f'{abs(w):g} '}{text}" for w, text in parts]
        return " ".join(words).removeprefix("+ ") + " = 0"


def at(point: float, weights: Mapping[int, float], *, side: Side | None = None) -> Condition:
    """State a condition at one point, Σ_j weights[j] · f^{(j)}(point) = 0.

    ``at(0, {0: 1.0})`` reads f(0) = 0; ``at(1, {2: 1.0})`` reads f''(1) = 0; ``at(1, {1: 1.0, 0: 3.0})`` reads
    f'(1) + 3 f(1) = 0; ``at(0, {1: 1.0}) - at(1, {1: 1.0})`` reads f'(0) − f'(1) = 0.

    Parameters
    ----------
    point : float
        An end of the domain, or a point inside.
    weights : mapping
        From the order of a derivative to its weight.
    side : {"left", "right"}, optional
        From where to take a derivative that jumps at the point.

    Raises
    ------
    ValueError
        If a derivative is not a non-negative integer, the weights are not finite or all zero, or the side is another
        word.
    """
    for order, weight in weights.items():
        if not isinstance(order, (int, np.integer)) or order < 0:
            raise ValueError(f"weights must be keyed by orders of derivatives 0, 1, ...; got the key {order!r}")
        if not np.isfinite(weight):
            raise ValueError(f"weights must be finite; the weight of derivative {order} is {weight!r}")
    if not any(weights.values()):
        raise ValueError(f"weights must contain a non-zero entry, got {dict(weights)!r}: that condition says 0 = 0")
    if side not in (None, "left", "right"):
        raise ValueError(f'side must be "left", "right" or None, got {side!r}')
    return Condition(tuple(Term(float(point), int(j), float(weight), side) for j, weight in weights.items()))


def integral(density: Coefficient = 1.0) -> Condition:
    """State the condition ∫ density(x) f(x) dx = 0 over the domain.

    Raises
    ------
    ValueError
        If the density is a number that is zero or not finite.
    """
    if not callable(density) and not (np.isfinite(density) and density):
        raise ValueError(f"density must be a function or a finite number other than zero, got {density!r}")
    return Condition(densities=(density,))


def periodic(order: int, domain: tuple[float, float] = (0.0, 1.0)) -> list[Condition]:
    """State that f and its first order − 1 derivatives agree at both ends of the domain.

    Examples
    --------
    >>> periodic(2)
    [f(0) - f(1) = 0, f'(0) - f'(1) = 0]
    """
    a, b = domain
    return [at(a, {j: 1.0}) - at(b, {j: 1.0}) for j in range(order)]


def values(coefficient: Coefficient, x: Array) -> Array:
    """A coefficient at the points, of their shape."""
    value = np.asarray(coefficient(x) if callable(coefficient) else coefficient, dtype=np.float64)
    return np.broadcast_to(value, x.shape)


def _minus(density: Coefficient) -> Coefficient:
    return (lambda x: -np.asarray(density(x))) if callable(density) else -density
