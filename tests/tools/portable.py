"""`make portable`: unit tests, claims and faults under each kernel of OpenBLAS, with one thread and with two.

The kernels of OpenBLAS sum in different orders, and so do one thread and two: a tolerance that was read off one machine
fails on another. A corner is a kernel and a number of threads, written ``Haswell-2``; without arguments all are run.
What this machine cannot run is left out, and said.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUITES = ("tests/book/test_faults.py", "tests/unit")
SIDE_BY_SIDE = ("-n", "2", "--dist", "worksteal")  # the faults, one test a claim, are the longest file: both share them
KERNELS = {
    "x86_64": ("Prescott", "Sandybridge", "Haswell", "Zen", "SkylakeX"),
    "aarch64": ("ARMV8", "NEOVERSEN1"),
}
KNOWN_AS = {"Katmai": "Prescott"}  # what OpenBLAS calls its oldest kernel of 64 bits
THREADS = (1, 2)
IDLE = "4"  # a thread without work sleeps after 2⁴ ticks: with more threads than cores those that wait slow the others
# Loads both copies of OpenBLAS, NumPy's and SciPy's, makes each compute, and says which kernels they took.
PROBE = """
import json, numpy, scipy.linalg, threadpoolctl
a = numpy.minimum.outer(numpy.arange(1.0, 301.0), numpy.arange(1.0, 301.0))
for product in (a @ a, scipy.linalg.blas.dgemm(1.0, a, a)):
    assert numpy.linalg.eigvalsh(product)[0] > 0 and scipy.linalg.eigh(product)[0][0] > 0
print(json.dumps(sorted({pool["architecture"] for pool in threadpoolctl.threadpool_info() if "architecture" in pool})))
"""


def settings(kernel: str, threads: int) -> dict[str, str]:
    """The environment of a corner; the kernel '' is the one that OpenBLAS takes by itself."""
    found = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OPENBLAS_CORETYPE": kernel}
    found["OPENBLAS_THREAD_TIMEOUT"] = IDLE
    if not kernel:
        del found["OPENBLAS_CORETYPE"]
    return found


def kernels_taken(kernel: str) -> list[str] | None:
    """The kernels that NumPy and SciPy run when asked for this one; None where the processor cannot."""
    done = subprocess.run([sys.executable, "-c", PROBE], env=settings(kernel, 1), capture_output=True, text=True)
    if done.returncode < 0:  # killed by a signal: an illegal instruction
        return None
    if done.returncode > 0:
        raise RuntimeError(f"the probe of the kernel {kernel!r} fails:\n{done.stderr}")
    return sorted({KNOWN_AS.get(name, name) for name in json.loads(done.stdout)})


def why_not(kernel: str) -> str:
    """Why this kernel cannot be tested here; empty where it can."""
    taken = kernels_taken(kernel)
    if taken is None:
        return "this processor cannot run it"
    if taken != [kernel]:
        return f"the OpenBLAS of NumPy and SciPy has no kernel of this name and takes {' and '.join(taken)}"
    return ""


def main(corners: list[str], options: list[str]) -> int:
    """Run the corners, all of them if none is named; the number of those that failed."""
    wanted = [corner.rpartition("-")[::2] for corner in corners]
    kernels = list(dict.fromkeys(kernel for kernel, _ in wanted)) or list(KERNELS.get(platform.machine(), ()))
    reasons = {kernel: why_not(kernel) for kernel in kernels}
    for kernel, reason in reasons.items():
        if reason:
            print(f"LEFT OUT  {kernel}: {reason}", flush=True)
    if not corners:
        own = kernels_taken("") or []
        print(f"this machine's own kernel: {', '.join(own) or 'not OpenBLAS'}", flush=True)
        kernels += [""] * (not set(own) <= {kernel for kernel in kernels if not reasons[kernel]})
        wanted = [(kernel, str(threads)) for kernel in kernels for threads in THREADS]
    failed = []
    for kernel, threads in wanted:
        if reasons.get(kernel):
            continue
        name = f"{kernel or 'own kernel'}-{threads}"
        print(f"\n=== {name} ===", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SIDE_BY_SIDE, *(options or SUITES)]
        if subprocess.run(command, cwd=ROOT, env=settings(kernel, int(threads))).returncode != 0:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall corners that this machine can run pass")
    return len(failed)


if __name__ == "__main__":
    arguments, _, rest = " ".join(sys.argv[1:]).partition("-- ")
    sys.exit(main(arguments.split(), rest.split()))
