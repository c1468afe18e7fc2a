"""``python -m coursework``: build releases and pages, prove the sets, grade a folder of submissions."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from . import fit, leaks, notebooks, solutions
from .source import sets


def build(salt: str) -> int:
    """Write releases and pages; 1 if something of an answer stands in what students see."""
    every = sets()
    seen = []
    for whole in every.values():
        seen += notebooks.write(whole, salt)
        file = notebooks.PAGES / f"{whole.name}.md"
        notebooks.settle(file, notebooks.page(whole))
        seen.append(file)
        print(f"{whole.name}: {whole.points:g} points, {len(whole.of('check'))} checks")
    print(f"releases: {notebooks.BUILD / 'release'}")
    found = leaks.leaks(seen, every.values())
    print("\n".join(found), end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


def prove() -> int:
    """Print why a set is not fit to be set, one line a reason; 0 if there is none."""
    lines = [f"{name}: {line}" for name, whole in sets().items() for line in fit.problems(whole)]
    print("\n".join(lines) or "every set is fit to be set")
    return 1 if lines else 0


def rehearse_sets(name: str | None, count: int, kept: Path | None, salt: str) -> int:
    """Rehearse with one set, or all; print each mark that is not what was earned, and return 1 if there is one."""
    from .rehearse import rehearse

    every, lines = sets(), []
    if name and name not in every:
        print(f"no problem set {name!r}; there are {', '.join(every)}", file=sys.stderr)
        return 2
    if kept and kept.exists():
        print(f"{kept} is there already; name a folder to make", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        for whole in [every[name]] if name else every.values():
            lines += rehearse(whole, (kept or Path(scratch)) / whole.name, count=count, salt=salt)
    print("\n".join(lines) or "every mark is what was earned")
    return 1 if lines else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m coursework", description=__doc__)
    does = parser.add_subparsers(dest="does", required=True)
    does.add_parser("build", help="releases and pages, from coursework/sources")
    does.add_parser("prove", help="the reference, the untouched release and every mutant, through all checks")
    grading = does.add_parser("grade", help="grade a folder of submissions")
    grading.add_argument("submissions", type=Path, help="one notebook or folder for each student")
    grading.add_argument("--set", dest="name", default="loop", help="the problem set (default: loop)")
    grading.add_argument(
        "--roster", type=Path, help="students, a CSV file with a column id (default: SUBMISSIONS/roster.csv)"
    )
    grading.add_argument("--course", type=Path, default=Path("course"), help="where marks are kept (default: course)")
    private = does.add_parser(
        "solutions", help="pages with every answer, hidden check, rubric and mutant; for you alone"
    )
    private.add_argument("--to", type=Path, default=solutions.OWN, help="a folder outside of the book")
    rehearsal = does.add_parser("rehearse", help="grade a class that is made up, and compare with what it earned")
    rehearsal.add_argument("name", nargs="?", help="the problem set (default: every one)")
    rehearsal.add_argument("--count", type=int, default=0, help="students (default: one of each kind)")
    rehearsal.add_argument("--to", type=Path, help="keep what was handed in and the course there")
    arguments = parser.parse_args()
    salt = os.environ.get("COURSEWORK_SALT", "")
    if arguments.does == "build":
        return build(salt)
    if arguments.does == "prove":
        return prove()
    if arguments.does == "solutions":
        try:
            print(f"for you alone: {solutions.build(sets().values(), arguments.to)}")
        except solutions.PlaceError as problem:
            print(problem, file=sys.stderr)
            return 2
        return 0
    if arguments.does == "rehearse":
        return rehearse_sets(arguments.name, arguments.count, arguments.to, salt)
    from .grade import grade

    return grade(arguments.submissions, arguments.name, roster=arguments.roster, course=arguments.course, salt=salt)


if __name__ == "__main__":
    raise SystemExit(main())
