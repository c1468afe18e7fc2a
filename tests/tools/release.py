"""`make release`: an sdist and a wheel in dist/, checked, and the wheel seen working in an environment of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
SMOKE = """
import sys, selfdistill as sd
assert not {"matplotlib", "sklearn", "anywidget"} & sys.modules.keys(), "the numerics import what they need not"
data = sd.datasets.paper()
path = sd.distill(sd.greens.SimplySupportedBeam(), data.x, data.y, epsilon=0.045)
print(f"selfdistill {sd.__version__} from {sd.__file__}: {len(path)} rounds, multipliers {path.multipliers}")
"""


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Run a command; its failure is ours."""
    subprocess.run([str(word) for word in command], cwd=cwd, check=True)


def tracked() -> set[str]:
    """The package's files as git knows them."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "selfdistill"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in listed.stdout.split() if (ROOT / name).exists()}


def main() -> None:
    """Build, check, install, import."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--quiet")  # the sdist, and the wheel from the sdist
    run(sys.executable, "-m", "twine", "check", "--strict", *DIST.iterdir())
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        missing = tracked() - set(packed.namelist())
    if missing:
        sys.exit(f"the wheel lacks files of the package: {sorted(missing)}; see [tool.setuptools.package-data]")
    with tarfile.open(sdist) as unpacked:
        print(f"{sdist.name}: {len(unpacked.getnames())} files")
    with tempfile.TemporaryDirectory() as folder:
        clean = Path(folder) / "clean"
        venv.create(clean, with_pip=True)
        python = clean / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
        run(python, "-c", SMOKE, cwd=Path(folder))


if __name__ == "__main__":
    main()
