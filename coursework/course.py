"""nbgrader's side: a course folder, its gradebook, and two steps that put our verdicts in the place of its kernel.

nbgrader runs no student's code here. `Verdicts` stands where its execution would, and writes into the cells what the
judge has found; `Shown` takes out of the feedback what students must not see.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata, GetGrades, NbGraderPreprocessor, SaveAutoGrades
from traitlets.config import Config

from .notebooks import HIDDEN, ROOT, settle, source
from .source import ProblemSet

CONFIG = """# Written by `make grade`. nbgrader and formgrader, started in this folder, read it.
import sys

sys.path.insert(0, {root!r})
from coursework.course import configuration

c = get_config()
c.merge(configuration({folder!r}))
"""


class CourseError(RuntimeError):
    """nbgrader could not do its part; the message holds the end of its log."""


class Verdicts(NbGraderPreprocessor):
    """Writes what the judge has found into the cells: nothing where a check was passed, an error where not."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """The notebook with its outputs; without results it stops, for student's code is not run outside the jail."""
        about = resources["nbgrader"]
        file = results_file(Path.cwd(), about["assignment"], about["student"])
        if not file.exists():
            raise CourseError(f"no results for {about['student']}: run `make grade`, which runs submissions in a jail")
        result = json.loads(file.read_text("utf8"))
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = _outputs(cell.id, result)
        return nb, resources


def _outputs(name: str, result: dict[str, Any]) -> list[Any]:
    made = []
    if printed := result["printed"].get(name):
        made.append(nbformat.v4.new_output("stream", name="stdout", text=printed))
    verdict = result["checks"].get(name)
    if verdict is not None:
        if verdict["passed"]:
            return []
        made = []
    words = verdict["message"] if verdict else result["errors"].get(name)
    if words:
        made.append(
            nbformat.v4.new_output("error", ename="NotPassed" if verdict else "Error", evalue=words, traceback=[words])
        )
    return made


class Shown(NbGraderPreprocessor):
    """Leaves in the feedback what students may see: of a hidden check its title, and whether it was passed."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> Any:
        """A cell without what stands between nbgrader's marks for hidden tests, and without what that would tell."""
        before, mark, rest = cell.source.partition(HIDDEN[0])
        if mark:
            cell.source = before.rstrip("\n") + rest.partition(HIDDEN[1])[2]
            if cell.cell_type == "code" and cell.outputs:
                words = "Not passed."
                cell.outputs = [nbformat.v4.new_output("error", ename="NotPassed", evalue=words, traceback=[words])]
        return cell, resources


def results_file(course: Path, assignment: str, student: str) -> Path:
    """Where the results of one submission are kept."""
    return course / "results" / assignment / f"{student}.json"


def configuration(folder: str) -> Config:
    """nbgrader's settings for a course in a folder."""
    made = Config()
    made.CourseDirectory.root = folder
    made.CourseDirectory.course_id = "selfdistill"
    made.Exchange.root = str(Path(folder) / "exchange")
    made.ClearSolutions.code_stub = {
        "python": "# your code here\nraise NotImplementedError('write your answer in place of this line')"
    }
    made.ClearSolutions.text_stub = "*Your answer here, in place of this line.*"
    made.Autograde.autograde_preprocessors = [Verdicts, ClearMetadataPreprocessor, SaveAutoGrades, CheckCellMetadata]
    made.ClearMetadataPreprocessor.enabled = False  # it would take nbgrader's own marks
    made.GenerateFeedback.preprocessors = [GetGrades, Shown, CSSHTMLHeaderPreprocessor]
    return made


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder, with this environment's commands on the path: nbgrader calls alembic by its bare name."""
    before, path = Path.cwd(), os.environ.get("PATH", "")
    os.chdir(folder)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.chdir(before)
        os.environ["PATH"] = path


class Course:
    """A course folder: nbgrader's, with our results beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (settings := self.folder / "nbgrader_config.py").exists():  # an instructor may have added to it
            settle(settings, CONFIG.format(root=str(ROOT), folder=str(self.folder)))
        made = configuration(str(self.folder))
        self.api = NbGraderAPI(CourseDirectory(config=made), config=made)
        self.api.log.setLevel(logging.WARNING)

    @property
    def database(self) -> str:
        """Where the gradebook is."""
        return f"sqlite:///{self.folder}/gradebook.db"

    def set_up(self, whole: ProblemSet, salt: str, students: dict[str, dict[str, str]]) -> None:
        """The source and the release of a set, and the students, in the gradebook."""
        file = self.folder / "source" / whole.name / f"{whole.name}.ipynb"
        if (
            settle(file, nbformat.writes(source(whole, salt)) + "\n")
            or not (self.folder / "release" / whole.name).exists()
        ):
            self._do(self.api.generate_assignment, whole.name)
        with inside(self.folder), Gradebook(self.database, "selfdistill") as book:
            for name, about in students.items():
                book.update_or_create_student(name, **about)

    def record(self, whole: ProblemSet, student: str, notebook: Any) -> None:
        """Hand a submission in, have nbgrader read our verdicts of it, and write the feedback."""
        folder = self.folder / "submitted" / student / whole.name
        settle(folder / f"{whole.name}.ipynb", nbformat.writes(notebook) + "\n")
        self._do(self.api.autograde, whole.name, student)
        self.feedback(whole, student)

    def feedback(self, whole: ProblemSet, student: str) -> None:
        """The page that a student gets; once more when a person has marked the derivations."""
        self._do(self.api.generate_feedback, whole.name, student)

    def marks(self, whole: ProblemSet, student: str) -> dict[str, Any]:
        """What the gradebook holds: the score, the most there is, and whether a person has to mark something."""
        with inside(self.folder), Gradebook(self.database, "selfdistill") as book:
            found = book.find_submission(whole.name, student)
            return {"score": found.score, "max_score": found.max_score, "unmarked": bool(found.needs_manual_grade)}

    def _do(self, step: Any, *arguments: str) -> None:
        with inside(self.folder), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Object of type")  # nbgrader's, about the order of its own records
            told = step(*arguments)
        if not told["success"]:
            raise CourseError(f"nbgrader: {(told.get('error') or '') + (told.get('log') or '')}"[-1500:])
