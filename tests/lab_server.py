"""A JupyterLab that tests start, in a home of its own."""

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


@contextmanager
def served(folder: Path, home: Path, **environment: str) -> Iterator[str]:
    """The address of a JupyterLab in a folder; what this process knows of Jupyter does not reach it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    foreign = ("JUPYTER", "IPYTHON", "SELFDISTILL")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--port-retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    log, address = home / "lab.log", f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=folder, env={**kept, "HOME": str(home), **environment}, stdout=out, stderr=subprocess.STDOUT
        )
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
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
