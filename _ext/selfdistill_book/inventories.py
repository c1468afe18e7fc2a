"""Links to the documentation of Python, NumPy and SciPy, without asking their hosts while building.

Sphinx fetches an inventory from each host it links to. A build without a network cannot. These few lines name the
objects that the package's docstrings and signatures speak of; a missing one shows as a warning of the build.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

PYTHON = "https://docs.python.org/3/"
NUMPY = "https://numpy.org/doc/stable/"
SCIPY = "https://docs.scipy.org/doc/scipy/"

# Address -> (name, type, page); "$" stands for the name.
OBJECTS: dict[str, list[tuple[str, str, str]]] = {
    PYTHON: [
        *(
            (name, "py:class", "library/functions.html#$")
            for name in ("int", "float", "bool", "str", "tuple", "list", "dict", "type", "object")
        ),
        *((name, "py:class", "library/stdtypes.html#$") for name in ("set",)),
        *(
            (name, "py:exception", "library/exceptions.html#$")
            for name in (
                "Exception",
                "BaseException",
                "ValueError",
                "TypeError",
                "AssertionError",
                "ArithmeticError",
                "RuntimeError",
            )
        ),
        *((name, "py:class", "library/exceptions.html#$") for name in ("Exception", "BaseException", "ValueError")),
        *((name, "py:data", "library/constants.html#$") for name in ("None", "True", "False")),
        ("None", "py:obj", "library/constants.html#None"),
        ("None", "py:class", "library/constants.html#None"),
        *((name, "py:data", "library/typing.html#$") for name in ("typing.Any", "typing.Literal")),
        *((name, "py:class", "library/typing.html#$") for name in ("typing.Protocol", "typing.NamedTuple")),
        *(
            (f"collections.abc.{name}", "py:class", "library/collections.abc.html#$")
            for name in ("Callable", "Iterable", "Iterator", "Mapping", "Sequence")
        ),
        ("types.TracebackType", "py:class", "library/types.html#$"),
        ("pathlib.Path", "py:class", "library/pathlib.html#$"),
        ("fractions.Fraction", "py:class", "library/fractions.html#$"),
    ],
    NUMPY: [
        *(
            (f"numpy.{name}", "py:class", "reference/generated/$.html")
            for name in ("ndarray", "dtype", "polynomial.polynomial.Polynomial", "polynomial.legendre.Legendre")
        ),
        ("numpy.random.Generator", "py:class", "reference/random/generator.html#$"),
        ("numpy.float64", "py:class", "reference/arrays.scalars.html#$"),
        ("numpy.integer", "py:class", "reference/arrays.scalars.html#$"),
        ("numpy.bool", "py:class", "reference/arrays.scalars.html#$"),
        ("numpy.random.default_rng", "py:function", "reference/random/generator.html#$"),
        ("numpy.typing.ArrayLike", "py:data", "reference/typing.html#$"),
        ("numpy.typing.NDArray", "py:data", "reference/typing.html#$"),
        *((f"numpy.linalg.{name}", "py:function", "reference/generated/$.html") for name in ("eigh", "svd", "solve")),
    ],
    SCIPY: [
        ("scipy.linalg.eigh", "py:function", "reference/generated/$.html"),
        ("scipy.optimize.brentq", "py:function", "reference/generated/$.html"),
        ("scipy.interpolate.make_smoothing_spline", "py:function", "reference/generated/$.html"),
        ("scipy.sparse.linalg.LinearOperator", "py:class", "reference/generated/$.html"),
    ],
}


def write_inventories(app: Sphinx, config: Config) -> None:
    """Write the inventories in Sphinx's own format (version 2) and point intersphinx to the files."""
    folder = Path(app.outdir).parent / "inventories"
    folder.mkdir(parents=True, exist_ok=True)
    mapping = {}
    for address, objects in OBJECTS.items():
        name = address.split("/")[2].split(".")[-2]
        head = (
            "# Sphinx inventory version 2\n"
            f"# Project: {name}\n# Version: 0\n# The remainder of this file is compressed using zlib.\n"
        )
        lines = "".join(f"{label} {kind} 1 {page.replace('$', label)} -\n" for label, kind, page in objects)
        file = folder / f"{name}.inv"
        content = head.encode() + zlib.compress(lines.encode())
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)
        mapping[name] = (address, str(file))
    config.intersphinx_mapping = {**mapping, **config.intersphinx_mapping}


def setup(app: Sphinx) -> None:
    """Connect this part, before intersphinx checks its mapping (priority 800)."""
    app.connect("config-inited", write_inventories, priority=100)
