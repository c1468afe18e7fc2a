"""A teacher marks a derivation on nbgrader's own page, in a real browser, and the mark arrives where marks are read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import lab_server
import nbformat
from playwright.sync_api import Browser, Route

from coursework.grade import grade_set
from coursework.jail import Limits
from coursework.rehearse import filled
from coursework.source import ProblemSet


def test_a_derivation_is_marked_in_formgrader(small: ProblemSet, tmp_path: Path, browser: Browser) -> None:
    handed, course = tmp_path / "handed", tmp_path / "course"
    handed.mkdir()
    roster = handed / "roster.csv"
    roster.write_text("id\nada\n")
    words = filled(small, "ada").cells[-1].source + "\n\nIt distributes <script>document.title = 'taken'</script>."
    nbformat.write(filled(small, "ada", {"why": words}), handed / "ada.ipynb")

    def again() -> list[str]:
        grade_set(handed, small, roster, course, "", Limits(), 1)
        return (course / "marks-small.csv").read_text("utf8").splitlines()[1].split(",")[4:7]

    assert again() == ["4.0", "7.0", "True"]
    home = tmp_path / "home"
    home.mkdir()
    with lab_server.served(course, home, PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}") as address:
        page = browser.new_page(viewport={"width": 1300, "height": 900})

        def here_only(route: Route) -> None:
            route.continue_() if route.request.url.startswith(address) else route.abort()

        page.route("**/*", here_only)
        page.goto(f"{address}/formgrader/manage_assignments")  # for the cookie
        page.goto(f"{address}/formgrader/gradebook/small/small")
        page.locator("table tbody tr a").first.click()
        box, note = page.locator("input.score").last, page.locator("textarea.comment").last
        box.wait_for()
        page.wait_for_load_state("networkidle")  # the page asks for its grades and comments first
        assert "It distributes" in page.content() and "taken" not in page.title()
        with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT"):
            box.fill("2.5")
            box.press("Tab")
        with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT"):
            note.fill("Say which law.")
            note.press("Tab")
        page.close()
    assert again() == ["6.5", "7.0", "False"]
    assert "Say which law." in (course / "feedback" / "ada" / "small" / "small.html").read_text("utf8")
