"""A chapter in a real JupyterLab: opened with a click, run, its explorable dragged, the kernel asked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import chromium
from visits import PATIENCE, ROOT, Visitor

CHAPTER = "chapters/paper/loop.md"
# Runs in a process of its own: asks the one kernel of the server for the traits of its explorables.
ASK = """
import sys
from jupyter_client import BlockingKernelClient
client = BlockingKernelClient(connection_file=sys.argv[1])
client.load_connection_file()
client.start_channels()
client.wait_for_ready(timeout=60)
look = ("__import__('json').dumps([w.get_state(['preset', 'noise', 'epsilon', 'round']) for w in "
        "__import__('ipywidgets.widgets.widget', fromlist=['_'])._instances.values() if w.has_trait('epsilon')])")
reply = client.execute_interactive("", user_expressions={"state": look}, silent=True, timeout=60)
state = reply["content"]["user_expressions"]["state"]
print(eval(state["data"]["text/plain"]) if "data" in state else sys.exit(str(state)))
client.stop_channels()
"""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    runtime: Path
    folder: Path
    home: Path


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab on a copy of the chapters, as `make lab` starts it, in a home of its own."""
    home, runtime, folder = tmp_path / "home", tmp_path / "runtime", tmp_path / "book"
    for place in (home, runtime, folder):
        place.mkdir()
    shutil.copytree(ROOT / "chapters", folder / "chapters")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON", "SELFDISTILL"))
    }
    environment = {
        **kept,
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": str(ROOT / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--port-retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    log = tmp_path / "lab.log"
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
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
        yield Lab(address, runtime, folder, home)
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def ask_kernel(lab: Lab) -> list[dict[str, object]]:
    """The traits of every explorable that the kernel holds."""
    (connection,) = lab.runtime.glob("kernel-*.json")
    answer = subprocess.run([sys.executable, "-c", ASK, str(connection)], capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    states: list[dict[str, object]] = json.loads(answer.stdout)
    return states


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
    notebook = page.locator(".jp-NotebookPanel")
    notebook.wait_for()
    assert page.locator(".jp-FileEditor").count() == 0, "the chapter opened as text"
    idle = page.locator(".jp-StatusBar-TextItem", has_text="| Idle")
    idle.wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
    widget = page.locator(".sdw").first
    widget.locator("path.sd-curve").first.wait_for(state="attached")
    idle.wait_for()
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    assert errors.count() == 0, errors.all_text_contents()

    before_kernel = ask_kernel(lab)
    slider = widget.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    before = widget.locator("path.sd-curve").first.get_attribute("d")
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    low, high = float(slider.get_attribute("min") or 0), float(slider.get_attribute("max") or 100)
    start = (float(slider.input_value()) - low) / (high - low)
    page.mouse.move(box["x"] + 11 + (box["width"] - 22) * start, middle)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 11 + (box["width"] - 22) * (start + (0.8 - start) * step / 8), middle)
    page.mouse.up()
    moved = "([node, d]) => node.getAttribute('d') !== d"
    chromium.wait_until(page, moved, [widget.locator("path.sd-curve").first.element_handle(), before])

    shown = float(slider.input_value())
    deadline = time.monotonic() + 60
    while (states := ask_kernel(lab)) == before_kernel and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    changed = [new for old, new in zip(before_kernel, states, strict=True) if new != old]
    assert len(changed) == 1, "exactly the dragged explorable changes"
    assert changed[0]["noise"] == pytest.approx(shown, abs=1e-9)
    assert not visit.foreign, f"requests to foreign hosts: {visit.foreign}"
    assert not (lab.home / ".jupyter" / "labconfig").exists(), "the reader's own defaults were touched"
    # One file is jupyterlab-myst's doing: it stores, in every JupyterLab it runs in, that previews show front matter.
    written = {file.parent.name for file in (lab.home / ".jupyter" / "lab" / "user-settings").rglob("*-settings")}
    assert written <= {"markdownviewer-extension"}, "the reader's own settings were touched"
