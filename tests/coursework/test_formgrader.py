"""A teacher marks a derivation on nbgrader's own page, in a real browser, and the mark arrives where marks are read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Route

from coursework.grade import grade_set
from coursework.jail import Limits
from coursework.source import ProblemSet
from handed import handed_in


@contextmanager
def served(course: Path, home: Path) -> Iterator[str]:
    """The address of a JupyterLab that was started in a course's folder, as the guide says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    environment = kept | {"HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--port-retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={course}"]
    log = home / "lab.log"
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=course, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status", timeout=10).close()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                running = server.poll() is None and time.monotonic() < deadline
                assert running, f"JupyterLab did not start:\n{log.read_text('utf8')}"
                time.sleep(0.2)
        yield address
    finally:
        server.kill()
        server.wait()


def test_a_derivation_is_marked_in_formgrader(small: ProblemSet, tmp_path: Path, browser: Browser) -> None:
    handed, course = tmp_path / "handed", tmp_path / "course"
    handed.mkdir()
    roster = handed / "roster.csv"
    roster.write_text("id\nada\n")
    words = handed_in(small, "ada").cells[-1].source + "\n\nIt distributes <script>document.title = 'taken'</script>."
    nbformat.write(handed_in(small, "ada", {"why": words}), handed / "ada.ipynb")

    def again() -> list[str]:
        grade_set(handed, small, roster, course, "", Limits(), 1)
        return (course / "marks-small.csv").read_text("utf8").splitlines()[1].split(",")[4:7]

    assert again() == ["4.0", "7.0", "True"]
    with served(course, tmp_path / "home") as address:
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
