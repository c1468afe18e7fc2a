"""A real JupyterLab: a chapter opened with a click and run; all explorables under the hand, the kernel asked."""

from __future__ import annotations

import ast
import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lab_server
import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page

import chromium
from selfdistill import widgets
from visits import PATIENCE, ROOT, Visit, Visitor, accessible

CHAPTER = "chapters/paper/loop.md"
CLASSES: list[type[widgets.StoryWidget]] = [
    cls for cls in widgets.StaticWidget.scripts.values() if issubclass(cls, widgets.StoryWidget)
]
# Runs in a process of its own, for the browser has an event loop in ours. It answers each line, a JSON list of code and
# an expression, with a line: the value of the expression after the code has run.
TALK = """
import json, sys
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file=sys.argv[1])
client.load_connection_file()
client.start_channels()
client.wait_for_ready(timeout=60)
for line in sys.stdin:
    code, expression = json.loads(line)
    reply = client.execute_interactive(code, user_expressions={"it": expression}, silent=True, timeout=60)["content"]
    it = reply.get("user_expressions", {}).get("it", reply)
    print(json.dumps(it["data"]["text/plain"] if "data" in it else "!" + str(it)), flush=True)
client.stop_channels()
"""


@dataclass(frozen=True)
class Kernel:
    """A conversation with a kernel."""

    process: subprocess.Popen[str]

    def ask(self, expression: str, code: str = "") -> Any:
        """Run the code, then tell the value of an expression that is JSON."""
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps([code, f"__import__('json').dumps({expression})"]), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        assert not answer.startswith("!"), answer
        return json.loads(ast.literal_eval(answer))


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    runtime: Path
    folder: Path
    home: Path
    known: set[Path] = field(default_factory=set)

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """The kernel that was started since the last time this was asked."""
        new = set(self.runtime.glob("kernel-*.json")) - self.known
        connection = max(new, key=lambda path: path.stat().st_mtime)
        self.known.update(new)
        with subprocess.Popen(
            [sys.executable, "-c", TALK, str(connection)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield Kernel(process)
            assert process.stdin is not None
            process.stdin.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a copy of the chapters, as `make lab` starts it, in a home of its own."""
    tmp_path = tmp_path_factory.mktemp("lab")
    home, runtime, folder = tmp_path / "home", tmp_path / "runtime", tmp_path / "book"
    for place in (home, runtime, folder):
        place.mkdir()
    shutil.copytree(ROOT / "chapters", folder / "chapters")
    settings = {"JUPYTER_CONFIG_PATH": str(ROOT / "jupyter"), "JUPYTER_RUNTIME_DIR": str(runtime)}
    with lab_server.served(folder, home, **settings) as address:
        yield Lab(address, runtime, folder, home)


def run_all(page: Page) -> None:
    """Run every cell of the open notebook, and see no error."""
    idle = page.locator(".jp-StatusBar-TextItem", has_text="| Idle")
    idle.wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    page.locator(".sdw path.sd-curve").first.wait_for(state="attached")
    idle.wait_for()
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    assert errors.count() == 0, errors.all_text_contents()


def variable(cls: type[widgets.StoryWidget]) -> str:
    """What the test's notebook calls an explorable."""
    return cls.script.replace("-", "_")


@pytest.fixture(scope="module")
def notebook(browser: Browser, lab: Lab) -> Iterator[Visit]:
    """A notebook with every explorable, and one that cannot begin, run; the window is tall enough for all of them."""
    cells = ["import selfdistill as sd\ndef fail(change): raise RuntimeError('not this one')"]
    cells += [f"{variable(cls)} = sd.widgets.{cls.__name__}()\n{variable(cls)}" for cls in CLASSES]
    cells += ["broken = sd.widgets.Filters()\nbroken.payload = {**broken.payload, 'data': {}}\nbroken"]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=python)
    nbformat.write(book, lab.folder / "explorables.ipynb")
    visitor = Visitor(browser)
    address = f"{lab.address}/lab/tree/explorables.ipynb?reset"
    visit = visitor.open(address, home=lab.address, ready=False, viewport={"width": 1200, "height": 9500})
    run_all(visit.page)
    visit.page.locator(".sdw-error").wait_for()
    visit.complaints.clear()  # what the broken one said
    yield visit
    visitor.close()


def test_chapter_is_a_live_notebook(visitor: Visitor, lab: Lab) -> None:
    """A double click opens the chapter as a notebook; run all; a drag moves the curve, and the kernel knows."""
    visit = visitor.open(
        f"{lab.address}/lab?reset", home=lab.address, ready=False, viewport={"width": 1400, "height": 950}
    )
    page = visit.page
    page.set_default_timeout(2 * PATIENCE)
    files = page.locator(".jp-DirListing-item")
    for name in CHAPTER.split("/"):
        files.filter(has_text=name).dblclick()
    page.locator(".jp-NotebookPanel").wait_for()
    assert page.locator(".jp-FileEditor").count() == 0, "the chapter opened as text"
    run_all(page)
    root = page.locator("[data-sd-widget='distill-it']").first
    slider = root.locator("input[type=range]").first
    place = None
    while place != (place := slider.bounding_box()):  # formulas above it are being set
        page.wait_for_timeout(1000)
        slider.scroll_into_view_if_needed()
    before = chromium.look(root)
    chromium.drag(slider)
    chromium.changed(root, before)
    find = "__import__('ipywidgets').widgets.widget._instances.values()"
    with lab.kernel() as kernel:
        agree(page, kernel, f"[w for w in {find} if w.has_trait('epsilon')][0]", root, widgets.DistillIt)
    assert not visit.foreign, f"requests to foreign hosts: {visit.foreign}"
    assert not (lab.home / ".jupyter" / "labconfig").exists(), "the reader's own defaults were touched"
    # One file is jupyterlab-myst's doing: it stores, in every JupyterLab it runs in, that previews show front matter.
    written = {file.parent.name for file in (lab.home / ".jupyter" / "lab" / "user-settings").rglob("*-settings")}
    assert written <= {"markdownviewer-extension"}, "the reader's own settings were touched"


def agree(page: Page, kernel: Kernel, name: str, root: Locator, cls: type[widgets.StoryWidget]) -> None:
    """Wait until the traits of a Python object are what its sliders show, up to a rounding to the slider's stops."""
    traits = [trait for trait in cls.sliders() if root.locator(f"input[type=range][name={trait}]").count()]
    deadline = time.monotonic() + 30
    while True:
        state = kernel.ask(f"{{k: v for k, v in {name}.state().items() if k != 'payload'}}")
        sliders = cls.sliders()
        places = {trait: math.log10(state[trait]) if sliders[trait].log else state[trait] for trait in traits}
        shown = {trait: float(root.locator(f"input[type=range][name={trait}]").input_value()) for trait in traits}
        chosen = {select.input_value() for select in root.locator("select").all()}
        close = all(abs(places[trait] - shown[trait]) <= 0.501 * sliders[trait].step for trait in traits)
        if close and chosen <= set(state.values()):
            return
        assert time.monotonic() < deadline, f"the sliders of {name} show {shown} {chosen}, the kernel has {state}"
        page.wait_for_timeout(50)


def test_all_explorables_are_alive_both_ways(lab: Lab, notebook: Visit) -> None:
    """Each slider moves picture, summary and traits; Python moves the picture; what fails on either side is seen."""
    page = notebook.page
    with lab.kernel() as kernel:
        for cls in CLASSES:
            name, root = variable(cls), page.locator(f"[data-sd-widget='{cls.script}']")
            for number, trait in enumerate(cls.sliders()):
                slider = chromium.slider(root, trait)
                before = chromium.look(root)
                chromium.key(slider)
                before = chromium.changed(root, before)
                if number == 0:
                    chromium.drag(slider)
                    chromium.changed(root, before)
            agree(page, kernel, name, root, cls)

            story, (label, _) = list(cls.stories.items())[-1]
            before = chromium.look(root)
            kernel.ask("None", f"{name}.tell({story!r})")
            chromium.changed(root, before)
            assert root.locator("button[aria-pressed=true]", has_text=label).count() == 1
            agree(page, kernel, name, root, cls)

            trait = next(iter(cls.sliders()))
            slider, error = chromium.slider(root, trait), root.locator(".sdw-error")
            kernel.ask("None", f"{name}.observe(fail, names=[{trait!r}])")
            before = chromium.look(root)
            chromium.key(slider)
            chromium.changed(root, before)  # the picture itself is not broken
            error.wait_for()
            assert "A callback in Python failed: RuntimeError: not this one" in str(error.text_content())
            kernel.ask("None", f"{name}.unobserve(fail, names=[{trait!r}])")
            chromium.key(slider)
            agree(page, kernel, name, root, cls)
            assert error.count() == 0
            accessible(page, f"[data-sd-widget='{cls.script}']")
    page.locator(".lm-MenuBar-itemLabel", has_text="View").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Show Log Console").click()
    page.locator(".jp-LogConsolePanel", has_text="in fail(change)").wait_for()
    expected = ["error: [selfdistill] RuntimeError: not this one"] * len(CLASSES)
    ours = [text for text in notebook.complaints if text.startswith("exception") or "selfdistill" in text]
    assert ours == expected
    assert not notebook.foreign, f"requests to foreign hosts: {notebook.foreign}"


def test_an_explorable_that_cannot_begin_says_so(notebook: Visit) -> None:
    """Where a script fails before it has drawn anything, its place in the notebook tells why."""
    said = notebook.page.locator(".jp-OutputArea-output .sdw-error", has_text="This picture broke: ")
    said.wait_for()
    assert said.count() == 1
