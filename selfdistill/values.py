"""Results are values: their arrays are their own and cannot be written, they compare, hash, copy and pickle."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def own(array: Any) -> Any:
    """The array if nobody can write it, else a copy of it that nobody can write. Other things pass as they are."""
    if not isinstance(array, np.ndarray) or (not array.flags.writeable and array.base is None):
        return array
    return seal(array.copy())


def seal(array: Any) -> Any:
    """The array itself, from now on read-only: for one that was made here and is known to nobody else."""
    array.flags.writeable = False
    return array


class Value:
    """A frozen dataclass (with ``eq=False``) whose fields may be arrays.

    Two are equal if their types and all their fields are: arrays entry by entry, nan equal to nan.
    """

    def __post_init__(self) -> None:
        for name in _names(self):
            object.__setattr__(self, name, own(getattr(self, name)))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, name), getattr(other, name)) for name in _names(self))

    def __hash__(self) -> int:
        arrays = [value for name in _names(self) if isinstance(value := getattr(self, name), np.ndarray)]
        return hash((type(self), *((a.shape, (a + 0).tobytes()) for a in arrays)))  # + 0: -0.0 equals 0.0

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({key: own(value) for key, value in state.items()})


def _names(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.compare]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.shape == other.shape and bool(np.all((one == other) | ((one != one) & (other != other))))
    return bool(one is other or one == other or (one != one and other != other))
