"""`make compat`: the unit tests with the oldest versions that `pyproject.toml` allows, and with the newest.

The wheel is installed with its extra `test` into an environment of its own for each Python: the lower bounds as pins on
the oldest Python that is allowed, whatever the index offers on every one. An interpreter is taken from the arguments,
or from the path (``python3.11`` and later); what is not there is said. With ``--book`` the notebooks of the built site
are run, too: from an empty folder, with the extra `book` and nothing else of this repository.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
NAMES = [f"python3.{minor}" for minor in range(11, 15)]
VERSION = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
NOTEBOOKS = ROOT / "_build" / "html" / "_notebooks"
RUN = """
import sys, nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    NotebookClient(nbformat.read(path, as_version=4), timeout=300).execute()
    print(path.rpartition("_notebooks/")[2], "runs", flush=True)
"""


def version_of(python: str) -> str | None:
    """The version of an interpreter; None where there is none behind the name (a shim may have nothing to run)."""
    if shutil.which(python) is None:
        return None
    found = subprocess.run([python, "-c", VERSION], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else None


def lower_bounds() -> list[str]:
    """The dependencies of the package and of its tests, each pinned to the oldest version that is allowed."""
    pins = []
    for wanted in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]:
        found = re.fullmatch(r"([\w-]+)>=([\d.]+)(?:,.*)?", wanted)
        if found is None:
            raise SystemExit(f"pyproject.toml: {wanted!r} has no lower bound; write it as name>=version")
        pins.append(f"{found[1]}=={found[2]}")
    return pins


class Environment:
    """A fresh environment of one Python in a folder."""

    def __init__(self, python: str, folder: Path) -> None:
        subprocess.run([python, "-m", "venv", folder], check=True)
        self.python, self.folder = folder / "bin" / "python", folder

    def install(self, *wanted: str) -> None:
        """Install with pip."""
        command = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
        subprocess.run(command, check=True)

    def versions(self) -> str:
        """What the numerics stand on here."""
        code = "import numpy, scipy; print(f'NumPy {numpy.__version__}, SciPy {scipy.__version__}')"
        return subprocess.run([self.python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()

    def passes(self, *command: str | Path, cwd: Path) -> bool:
        """Whether a command of this environment's Python succeeds; the path to the repository is not handed on."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run([self.python, *command], cwd=cwd, env=environment).returncode == 0


def unit_tests(environment: Environment) -> bool:
    """Run a copy of tests/unit that sees the installed package and no other."""
    place = environment.folder / "place"
    for name in ("tests/unit", "tests/tools"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "tests/conftest.py", "CITATION.cff", "CHANGELOG.md", "requirements.txt", "setup.py"):
        shutil.copy(ROOT / name, place / name)
    return environment.passes("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit", cwd=place)


def main() -> int:
    """Each environment in turn; the number of those that fail."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="*", help="interpreters; by default those of the path")
    parser.add_argument("--book", action="store_true", help="run the notebooks of the built site, and no unit test")
    options = parser.parse_args()
    found: dict[str, str] = {}
    for python in options.pythons or NAMES:
        version = version_of(python)
        print(f"{python}: {version or 'LEFT OUT, it is not here'}", flush=True)
        if version is not None:
            found.setdefault(version, python)
    oldest = PROJECT["requires-python"].removeprefix(">=")
    cases = [(version, "newest") for version in found]
    if not options.book:
        cases = [(version, "oldest") for version in found if version == oldest] + cases
    failed = []
    for version, kind in cases:
        name = f"Python {version}, {kind} versions"
        with tempfile.TemporaryDirectory() as folder:
            environment = Environment(found[version], Path(folder).resolve() / "environment")
            pins = lower_bounds() if kind == "oldest" else []
            wanted = [f"{ROOT}[book]", "nbclient"] if options.book else [f"{ROOT}[test]", *pins]
            environment.install(*wanted)
            print(f"\n=== {name}: {environment.versions()} ===", flush=True)
            if options.book:
                empty = Path(folder) / "empty"
                empty.mkdir()
                good = environment.passes("-c", RUN, *sorted(NOTEBOOKS.rglob("*.ipynb")), cwd=empty)
            else:
                good = unit_tests(environment)
            failed += [name] * (not good)
    print(f"\nfailed: {'; '.join(failed)}" if failed else f"\n{len(cases)} environments pass")
    return len(failed) if cases else 1


if __name__ == "__main__":
    sys.exit(main())
