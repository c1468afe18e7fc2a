"""What a call depends on, as a short digest: the code that runs, the values it closes over, its arguments.

Two calls with one digest do the same work. The user's own Python code counts by what it does, so that equal names of
two scripts differ and an edited helper is noticed. Installed libraries, and what a function imports in its own body,
count by name. The other way round nothing is promised: the same work under another version of Python may have another
digest, and is then done again.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

#: Where installed code lies, this package among it.
STANDARD = tuple({str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("stdlib", "platstdlib")})
PACKAGES = {"site-packages", "dist-packages"}
HERE = Path(__file__).resolve().parent
#: Its class has no public name.
MEMOISED = type(functools.lru_cache(len))


def digest(work: Callable[..., object], /, **arguments: object) -> str:
    """The digest of the call ``work(**arguments)``, in hexadecimal.

    Raises
    ------
    ValueError
        If an argument, or a value that `work` closes over or reads, cannot be pickled; the message names it.
    """
    total = hashlib.sha256()
    seen: dict[int, int] = {}
    for where, value in (
        ("the work", work),
        *((f"the argument {name!r}", arguments[name]) for name in sorted(arguments)),
    ):
        for fact in (where, *_facts(value, where, seen)):
            total.update(fact.encode("utf8", "surrogatepass") + b"\0")
    return total.hexdigest()


def _facts(value: Any, where: str, seen: dict[int, int]) -> Iterator[str]:
    """Everything about a value that can change what a call does; `seen` numbers functions and classes met before."""
    if isinstance(value, ModuleType):
        yield f"module {value.__name__}"
        if not _installed(file := getattr(value, "__file__", None)) and file is not None:
            yield hashlib.sha256(Path(file).read_bytes()).hexdigest()
        return
    if isinstance(value, functools.partial):
        yield f"partial of {len(value.args)}"
        for part in (value.func, *value.args, *(item for pair in sorted(value.keywords.items()) for item in pair)):
            yield from _facts(part, where, seen)
        return
    if isinstance(value, MethodType):
        yield from _facts(value.__func__, where, seen)
        yield from _facts(value.__self__, f"the object of the method {value.__qualname__}", seen)
        return
    if isinstance(value, MEMOISED):
        value = value.__wrapped__
    if isinstance(value, FunctionType):
        yield from _function(value, seen)
        return
    if isinstance(value, type):
        yield from _class(value, seen)
        return
    if isinstance(value, dict) and any(map(_deep, value.values())):
        yield "dict"
        for key, item in value.items():
            yield _pickled(key, where)
            yield from _facts(item, where, seen)
        return
    if isinstance(value, list | tuple) and any(map(_deep, value)):
        yield f"{type(value).__name__} of {len(value)}"
        for item in value:
            yield from _facts(item, where, seen)
        return
    if isinstance(value, np.ma.MaskedArray):  # joblib cannot take it whole
        yield _pickled(np.ma.getmaskarray(value), where)
        value = np.ma.getdata(value)
    if not isinstance(value, BuiltinFunctionType):
        yield from _class(type(value), seen)
    yield _pickled(value, where)


def _deep(item: object) -> bool:
    return callable(item) or isinstance(item, list | tuple | dict | np.ma.MaskedArray)


def _pickled(value: object, where: str) -> str:
    import joblib

    try:
        return str(joblib.hash(value))
    except Exception as error:  # pickling runs code of the value's class, which may raise anything
        raise ValueError(
            f"{where} is a {type(value).__qualname__} that cannot be pickled ({type(error).__name__}: {error}), so "
            "nobody can tell whether it is the same next time. Hand in what it is made from instead"
        ) from error


def _function(function: FunctionType, seen: dict[int, int]) -> Iterator[str]:
    name, installed = f"{function.__module__}.{function.__qualname__}", _installed(function.__code__.co_filename)
    yield f"function {name if installed else ''}"
    if installed and function.__closure__ is None and "<" not in name:
        return
    if id(function) in seen:
        yield f"number {seen[id(function)]}"
        return
    seen[id(function)] = len(seen)
    yield from _code(function.__code__)
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield from _facts(default, f"a default of {name}", seen)
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        for value in _contents(cell):
            yield from _facts(value, f"{variable!r}, which {name} closes over,", seen)
    if installed:
        return
    for variable in sorted(_globals_read(function.__code__) & function.__globals__.keys()):
        yield variable
        yield from _facts(function.__globals__[variable], f"the global {variable!r}, which {name} reads,", seen)


def _contents(cell: Any) -> tuple[Any, ...]:
    """What a closure's cell holds: one value, or none yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def _code(code: CodeType) -> Iterator[str]:
    """What a piece of code does, whatever its lines are numbered."""
    yield from (code.co_code.hex(), repr(code.co_names), repr(code.co_varnames), str(code.co_flags))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant)


def _globals_read(code: CodeType) -> set[str]:
    """The names that a piece of code, and the functions in it, look up among the globals."""
    looks_up = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
    names = {str(step.argval) for step in dis.get_instructions(code) if step.opname in looks_up}
    return names.union(*(_globals_read(inner) for inner in code.co_consts if isinstance(inner, CodeType)))


def _class(kind: type, seen: dict[int, int]) -> Iterator[str]:
    """A class by its name, and one of the user's by its methods too."""
    yield f"class {kind.__qualname__}"
    file: str | None
    try:
        file = inspect.getfile(kind)
    except (TypeError, OSError):  # built in, or written in a notebook: the latter's methods are known all the same
        file = None if kind.__module__ == "builtins" else "<notebook>"
    if file is None or _installed(file):
        return
    if id(kind) in seen:
        yield f"number {seen[id(kind)]}"
        return
    seen[id(kind)] = len(seen)
    for name, member in sorted(vars(kind).items()):
        for part in (member, *(getattr(member, side, None) for side in ("__func__", "fget", "fset", "func"))):
            if isinstance(part, FunctionType):
                yield name
                yield from _function(part, seen)
    for base in kind.__bases__:
        yield from _class(base, seen)


def _installed(file: str | None) -> bool:
    """Whether a file of code belongs to Python, to an installed library or to this package."""
    if file is None:
        return False
    place = Path(file).resolve()
    return (
        file.startswith("<frozen")
        or str(place).startswith(STANDARD)
        or bool(PACKAGES.intersection(place.parts))
        or place.is_relative_to(HERE)
    )
