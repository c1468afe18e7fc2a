"""The jail: a student's cells run under bubblewrap, see nearly nothing of this machine, and must end in time.

Inside are /usr, the interpreter, its environment, the package and `worker.py`, all read-only; an empty /tmp in memory;
no network, no other process, no capability, none of the course. Where root grades, the cells run under a user id of
their own. Nothing that comes out is believed: `run` gives back words and numbers.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import selfdistill

from .worker import GIVEN

WORKER = Path(__file__).with_name("worker.py")
PACKAGE = Path(selfdistill.__file__).parent
MOST = 4_000_000  # bytes read of one submission; whatever writes more is stopped
LOOK = 0.25  # seconds between two looks at the memory of all processes of a submission
MISSING = (
    "bubblewrap (the command bwrap) is not on this machine, and submissions are not run without it. On Debian and "
    "Ubuntu: apt-get install bubblewrap. On macOS and Windows, grade in the container of coursework/Containerfile."
)


class JailError(RuntimeError):
    """The jail does not work here: the submission was not run, and nothing is known of it."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds a cell, beyond that if it does not stop by itself, and in all; bytes of
    memory for a process, and for all of them together; bytes of a file, of /tmp; processes."""

    cell: float = 15.0
    grace: float = 5.0
    total: float = 120.0
    memory: int = 2_000_000_000
    together: int = 3_000_000_000
    file: int = 16_000_000
    folder: int = 64_000_000
    processes: int = 64


@dataclass
class Ran:
    """What came out: the messages of cells that ended, by name, and what stopped the others, by name."""

    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)


def command() -> list[str]:
    """The jail's command line.

    Raises
    ------
    JailError
        If there is no bubblewrap.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise JailError(MISSING)
    seen = {Path(sys.base_prefix).resolve(), Path(sys.prefix).absolute(), PACKAGE, WORKER}
    seen -= {path for path in seen if Path("/usr") in path.parents or path == Path("/usr")}
    above = sorted({parent for path in seen for parent in path.parents if parent != Path("/")})
    root = os.getuid() == 0
    line = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    # root keeps its own name space of users, for only there are other ids to change to; the worker then drops the rest
    line += [
        "--cap-drop",
        "ALL",
        *(("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID") if root else ("--unshare-user",)),
    ]
    line += ["--die-with-parent", "--new-session", "--hostname", "jail", "--clearenv"]
    for name, value in {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
    }.items():
        line += ["--setenv", name, value]
    line += ["--setenv", "MPLBACKEND", "agg", "--setenv", "PYTHONDONTWRITEBYTECODE", "1"]
    line += ["--ro-bind", "/usr", "/usr"]
    for short in ("bin", "lib", "lib64"):
        line += ["--symlink", f"usr/{short}", f"/{short}"]
    line += ["--perms", "1777", "--size", str(Limits().folder), "--tmpfs", "/tmp"]
    for path in above:
        line += [] if path == Path("/tmp") else ["--perms", "0755", "--dir", str(path)]
    for path in sorted(seen):
        line += ["--ro-bind", str(path), str(path)]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", "65536", "--tmpfs", "/dev/shm", "--chdir", "/tmp"]
    return [*line, "--", str(Path(sys.prefix) / "bin" / "python"), "-I", "-B", str(WORKER)]


def run(cells: Sequence[dict[str, str]], limits: Limits, slot: int = 0, attempts: int = 4) -> Ran:
    """Run the cells in a jail; without the cell that stopped it, once more in a new one, a few times.

    Parameters
    ----------
    cells : sequence of dict
        Each with a name, a kind and a source. The kind is ``code``, ``given`` for code that is ours and may take its
        time, or ``ask`` for a cell that leaves its answer in `got`.
    slot : int, optional
        Of submissions that run at the same time, each has its own.

    Raises
    ------
    JailError
        If the jail does not start, by no fault of the submission.
    """
    done, left, stopped, deadline = Ran(), list(cells), {}, time.monotonic() + limits.total
    for _ in range(attempts):
        done, at, why = _once(left, limits, slot, deadline)
        if not why:
            break
        stopped[at] = why
        left = [cell for cell in left if cell["name"] != at]
        if time.monotonic() > deadline:
            break
    for cell in left:
        if cell["name"] not in done.messages:
            stopped.setdefault(cell["name"], "it was not reached")
    done.stopped = stopped
    return done


def _once(cells: list[dict[str, str]], limits: Limits, slot: int, deadline: float) -> tuple[Ran, str, str]:
    """One jail: what came out, and the cell that stopped it, with the reason, if it did not come to its end."""
    task = {
        "cells": cells,
        "seconds": limits.cell,
        "uid": 61_000 + slot,
        "limits": {
            "AS": limits.memory,
            "FSIZE": limits.file,
            "NPROC": limits.processes,
            "CORE": 0,
            "CPU": int(limits.total) + 5,
        },
    }
    process = subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin and process.stdout and process.stderr
    try:
        try:
            process.stdin.write(json.dumps(task).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; the empty answer says so below
        ran, at, why = _listen(process, {cell["name"]: cell["kind"] for cell in cells}, limits, deadline)
    finally:
        process.kill()  # with it dies its name space of processes, whatever they do with signals
        process.wait()
    if why and not at:
        words = process.stderr.read(2000).decode(errors="replace").strip()
        raise JailError(f"the jail did not start ({why}): {words}")
    return ran, at, why


def _listen(process: Any, kinds: dict[str, str], limits: Limits, deadline: float) -> tuple[Ran, str, str]:
    """Read the worker's lines until it says that it has ended, or until patience does."""
    ran, at, size, buffer = Ran(), "", 0, b""
    patience = min(time.monotonic() + 60.0, deadline + 60.0)  # for the interpreter to start
    look = time.monotonic() + LOOK
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        while True:
            ready = waiting.select(max(0.0, min(patience, look) - time.monotonic()))
            if time.monotonic() >= look:
                if memory(process.pid) > limits.together:
                    return ran, at, "its processes took too much memory together"
                look = time.monotonic() + LOOK
            if not ready:
                if time.monotonic() < patience:
                    continue
                return ran, at, "it took too long" if at else "no answer"
            chunk = os.read(process.stdout.fileno(), 65_536)
            if not chunk:
                return ran, at, "the process died"
            size, buffer = size + len(chunk), buffer + chunk
            if size > MOST:
                return ran, at, "it wrote too much"
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                message = _parsed(line)
                if message.get("end") is True:
                    silent = [name for name in kinds if name not in ran.messages]
                    return (ran, silent[0], "it ended before its time") if silent else (ran, at, "")
                if message.get("begin") in kinds:
                    at = str(message["begin"])
                    own = GIVEN if kinds[at] == "given" else limits.cell
                    patience = min(time.monotonic() + own + limits.grace, deadline)
                elif message.get("name") in kinds:
                    ran.messages[message["name"]] = message


def memory(pid: int) -> int:
    """Bytes that a process and those it has started hold; a page that several share counts once.

    A limit of the kernel's is for one process, and control groups, which count all of them, belong to root.
    """
    held, waiting = 0, [pid]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        try:
            for children in place.glob("task/*/children"):
                waiting += map(int, children.read_text().split())
            held += sum(int(line.split()[1]) for line in (place / "smaps_rollup").open() if line.startswith("Pss:"))
        except (OSError, ValueError):
            continue  # it has ended meanwhile
    return 1024 * held


def _parsed(line: bytes) -> dict[str, Any]:
    """A message with nothing in it but what a message has; empty if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    for key in ("name", "begin", "error", "printed"):
        if key in found and not isinstance(found[key], str):
            return {}
    if "got" in found and not _shallow(found["got"]):
        return {}
    return found


def _shallow(value: Any, depth: int = 0) -> bool:
    """Whether it is numbers, words, and lists of them that are not nested deeply."""
    if isinstance(value, list):
        return depth < 7 and all(_shallow(entry, depth + 1) for entry in value)
    return value is None or isinstance(value, (bool, int, float, str))
