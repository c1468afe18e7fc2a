"""What a stranger meets first: the version, the extras, the commands, the citation. Each says the same everywhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import jupytext
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def text(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text("utf8")


# --- the version -----------------------------------------------------------------------------------------------------


def test_the_version_stands_in_one_place_and_the_others_follow() -> None:
    assert version("selfdistill") == PROJECT["version"], "the environment is older than pyproject.toml: make book"
    citation = yaml.safe_load(text("CITATION.cff"))
    assert str(citation["version"]) == PROJECT["version"]
    unreleased, latest, *_ = re.findall(r"^## \[(.+)\](?: - (\S+))?$", text("CHANGELOG.md"), re.MULTILINE)
    assert unreleased == ("Unreleased", "")
    assert latest == (PROJECT["version"], str(citation["date-released"]))


def test_the_citation_has_what_its_format_asks_for() -> None:
    """The required keys of the Citation File Format 1.2.0, for the file and for each work that it names."""
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] in ("software", "dataset")
    assert {"message", "title", "authors"} <= citation.keys()
    assert PROJECT["license"] == citation["license"]
    for work in (citation["preferred-citation"], *citation["references"]):
        assert {"authors", "title", "type"} <= work.keys()
        for author in work["authors"]:
            assert author.keys() == {"name"} or author.keys() >= {"family-names", "given-names"}


# --- the extras ------------------------------------------------------------------------------------------------------


def imports(source: str) -> set[str]:
    """The packages that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def foreign(sources: list[str]) -> set[str]:
    """The distributions that these sources need, by their names on PyPI; the names of this repository left out."""
    folders = ("selfdistill", "_ext", "benchmarks", "tests", "tests/unit", "tests/book", "tests/tools", "tests/site")
    ours = {path.stem for folder in folders for path in (ROOT / folder).glob("*")} | {"selfdistill"}
    known = packages_distributions()
    names = {name for source in sources for name in imports(source)} - ours - sys.stdlib_module_names - {"__main__"}
    unknown = names - known.keys()
    assert not unknown, f"imported, and not installed by requirements.txt: {sorted(unknown)}"
    return {canonicalize_name(known[name][0]) for name in names}


def named(*extras: str) -> set[str]:
    """The distributions that the package and these extras name; an extra may name another one."""
    found: set[str] = {Requirement(line).name for line in PROJECT["dependencies"]}
    for extra in extras:
        for requirement in map(Requirement, EXTRAS[extra]):
            found |= named(*requirement.extras) if requirement.name == "selfdistill" else {requirement.name}
    return {canonicalize_name(name) for name in found}


def python(folder: str) -> list[str]:
    return [path.read_text("utf8") for path in sorted((ROOT / folder).rglob("*.py"))]


def chapters() -> list[str]:
    """The cells of every page."""
    pages = [jupytext.read(page) for page in sorted((ROOT / "chapters").rglob("*.md"))]
    return [cell.source for page in pages for cell in page.cells if cell.cell_type == "code"]


def test_each_extra_is_enough_for_what_it_is_for() -> None:
    shared = [text("tests/conftest.py").partition("@pytest.fixture")[0]]
    assert foreign(python("tests/unit") + shared) - named("test") <= {"playwright"}, "the extra test"
    assert foreign(chapters()) <= named("book", "sweep", "sklearn"), "the extra book"
    assert foreign([text("selfdistill/sweeps.py")]) <= named("sweep"), "the extra sweep"
    assert foreign(python("selfdistill")) <= named("book", "sweep", "sklearn")
    assert foreign(python("benchmarks")) <= named("bench", "sweep"), "the extra bench"


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_the_pins_are_within_the_bounds_of_the_extras(extra: str) -> None:
    for requirement in map(Requirement, [*PROJECT["dependencies"], *EXTRAS[extra]]):
        if requirement.name != "selfdistill":
            assert version(requirement.name) in requirement.specifier, requirement


# --- the commands ----------------------------------------------------------------------------------------------------


def test_every_command_is_told_and_ci_runs_no_other() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", text("Makefile"), re.MULTILINE)
    assert phony
    commands = set(phony[1].split()) - {"help"}
    readme = text("README.md")
    for command in commands:
        assert f"| `make {command}` |" in readme, f"README.md does not tell of make {command}"
        assert re.search(rf'@echo "make {command} ', text("Makefile")), f"make help does not tell of make {command}"
    assert set(re.findall(r"^make (\w+)", text(".ci/run"), re.MULTILINE)) <= commands


def test_hosted_runs_and_commits_use_the_same_doors() -> None:
    (job,) = yaml.safe_load(text(".github/workflows/book.yml"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    publishing = yaml.safe_load(text(".github/workflows/publish.yml"))["jobs"]["site"]
    assert [step["run"] for step in publishing["steps"] if "run" in step][-2:] == [".ci/run", "make site"]
    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["make check"]


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", ".github/workflows/*.yml"), ("vendor.citation-file-format", "CITATION.cff")],
)
def test_files_for_other_programs_follow_their_schemas(schema: str, files: str, tmp_path: Path) -> None:
    """And a file that does not is told."""
    found = sorted(ROOT.glob(files))
    assert found
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    good = subprocess.run([*command, *map(str, found)], capture_output=True, text=True)
    assert good.returncode == 0, good.stdout
    broken = tmp_path / "broken.yml"
    broken.write_text("jobs: 1\n")
    assert subprocess.run([*command, str(broken)], capture_output=True).returncode == 1
