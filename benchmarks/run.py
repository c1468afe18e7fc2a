"""Ratios of running times against named peers: the same work, in turns, several times; median and lowest ratio.

``make bench`` runs everything and writes ``selfdistill/benchmarks.json`` and ``results.md``, row by row, so that an
interrupted run loses nothing. ``--only NAME ...`` runs some rows and keeps the others; ``--quick`` runs all of them at
small sizes and writes nothing.

Absolute times depend on the machine; ratios hold better. Each row also says how far apart the two answers are, because
a fast wrong answer is no answer. Times a point, for the plot of the chapter on scale, and the time of one redraw in the
browser are the only times that are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from threadpoolctl import threadpool_info, threadpool_limits

import peers
import scaling
import selfdistill as sd
from rows import BEAM, ROWS, Row, labels

HERE = Path(__file__).parent
RESULTS = HERE.parent / "selfdistill" / "benchmarks.json"  # in the package, so that a downloaded chapter has it
TABLE = HERE / "results.md"
LEAST = 0.2  # seconds that a measurement lasts at least


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long one call takes, and what it returns: the mean of as many calls as fill a fifth of a second."""
    start, calls = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < LEAST or calls == 0:
        found, calls = work(), calls + 1
    return passed / calls, found


def measure(row: Row) -> dict[str, Any]:
    """Run both in turns (ours, peer, ours, peer, ...) after one warm-up each: ratios peer/ours, and the difference."""
    ratios = []
    for _ in range(row.runs + row.warm_up):
        own, ours = seconds(row.ours)
        other, theirs = seconds(row.peer)
        ratios.append(row.calls * other / own)
    ratios, difference = ratios[-row.runs :], row.difference(ours, theirs)
    return {
        "name": row.name,
        "peer": row.peer_name,
        "median": statistics.median(ratios),
        "lowest": min(ratios),
        "runs": row.runs,
        "target": row.target,
        "difference": difference,
        "fairness": row.fairness,
        "measured": machine(),
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    processor = platform.processor()
    if (facts := Path("/proc/cpuinfo")).exists():
        models = [line.split(":", 1)[1].strip() for line in facts.read_text().splitlines() if "model name" in line]
        processor = models[0] if models else processor
    blas = {
        f"{pool['internal_api']} {pool['version']} ({pool.get('architecture')})"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    }
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": sd.gram.cores(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "scikit-learn", "csaps", "celerite2")},
        "blas": ", ".join(sorted(blas)),
        "date": date.today().isoformat(),
    }


def straight_line(fit: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> list[dict[str, float]]:
    """Largest error on y = 1 + x, which every cubic smoothing spline must return as it is, with c = 1e-4."""
    found = []
    for size in (1000, 10_000, 100_000, 10**6):
        x = np.linspace(0, 1, size)
        found.append({"K": size, "error": float(np.max(np.abs(fit(x, 1 + x, 1e-4) - (1 + x))))})
    return found


#: One state of Distill it: the loop, the fits on the grid that are drawn, and the held-out errors; times in ms.
NODE = """
const { s, epsilon, ...arrays } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const [d, z, E, Q, q] = ["d", "z", "E", "Q", "q"].map((key) => Float64Array.from(arrays[key]));
const times = [];
let N = 0;
for (let run = 0; run < 300; run++) {
  const start = performance.now(), path = distill(d, z, epsilon);
  N = path.multipliers.length;
  for (let t = 0; t < N; t++) evaluate(E, path.z[t + 1]);
  for (let t = 0; t < N; t++) heldOut(Q, q, s, path.z[t + 1]);
  if (run >= 100) times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(JSON.stringify([N, times[times.length >> 1], times[Math.floor(0.95 * times.length)]]));
"""


def browser_numerics(K: int = 50, points: int = 300, rounds: int = 20) -> dict[str, Any]:
    """The numerics of the explorable Distill it in Node: median and 95th percentile in ms. Empty without a node."""
    node = shutil.which("node")
    if node is None:
        return {}
    rng = np.random.default_rng(3)
    x, grid = np.arange(1, K + 1) / (K + 1), np.linspace(0, 1, points)
    y, spectrum = labels(x, rng), sd.spectrum.decompose(BEAM, x)
    log_epsilon = brentq(  # the largest epsilon with so many rounds
        lambda s: len(sd.distill(BEAM, x, y, epsilon=float(np.exp(s)))) - rounds + 0.5, np.log(1e-5), np.log(0.5)
    )
    epsilon = float(np.exp(log_epsilon))
    while len(sd.distill(BEAM, x, y, epsilon=epsilon)) < rounds:
        epsilon *= 0.999
    on_grid = sd.spectrum.cross(BEAM, grid, x) @ spectrum.eigenvectors / spectrum.eigenvalues
    truth = np.sin(2 * np.pi * grid)
    problem = {
        "d": spectrum.eigenvalues.tolist(),
        "z": spectrum.coordinates(y).tolist(),
        "E": on_grid.ravel().tolist(),
        "Q": (on_grid.T @ on_grid / points).ravel().tolist(),
        "q": (on_grid.T @ truth / points).tolist(),
        "s": float(np.mean(truth**2)),
        "epsilon": epsilon,
    }
    source = sd.widgets.scripts.body("numerics") + NODE
    done = subprocess.run(
        [node, "-e", source], input=json.dumps(problem), capture_output=True, text=True, check=True, timeout=120
    )
    found, median, late = json.loads(done.stdout)
    return {"K": K, "points": points, "rounds": found, "median": median, "late": late, "target": 0.5}


def scaling_figures() -> dict[str, Any]:
    """Times for K = 1e2 ... 1e7, for K × problems, and the floor from the bandwidth of memory."""
    products, rounds, speed = 16, 5, scaling.bandwidth()
    return {
        "curves": scaling.curves([100, 300, 1000, 3000, 10_000, 30_000, 100_000, 10**6, 10**7]),
        "batches": scaling.batches((10, 30, 100, 300, 1000), (1, 10, 100, 1000, 10_000)),
        "bandwidth": speed,
        "floor": {
            "products": products,
            "rounds": rounds,
            "microseconds": scaling.bytes_a_point(products, rounds) / speed * 1e6,
        },
    }


def stamped(work: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The same with what it was measured on; nothing of nothing."""
    return lambda: {**found, "measured": machine()} if (found := work()) else {}


#: What stands in benchmarks.json beside the rows.
OTHERS: dict[str, Callable[[], Any]] = {
    "machine": machine,
    "javascript": browser_numerics,
    "straight_line": lambda: {"csaps": straight_line(peers.csaps_fit), "SciPy": straight_line(peers.scipy_fit)},
    "oracle": scaling.against_sines,
    "scaling": stamped(scaling_figures),
    "large": scaling.large,
    "dense": stamped(scaling.without_a_matrix),
    "cores": stamped(scaling.on_all_cores),
}


def table(results: dict[str, Any]) -> str:
    """results.md: the rows as a table, the fairness notes, and the rest in sentences."""
    rows = [results["rows"][name] for name in ROWS if name in results["rows"]]
    lines = ["| work | peer | median ratio | lowest ratio | runs | difference |", "|---|---|---|---|---|---|"]
    for row in rows:
        figures = f"{row['median']:.3g} | {row['lowest']:.3g} | {row['runs']} | {row['difference']:.1e}"
        lines.append(f"| {row['name']} | {row['peer']} | {figures} |")
    lines += ["", "A ratio is the peer's time over ours. Both sides use one thread.", ""]
    lines += [f"- **{row['peer']}**, {row['name']}. {row['fairness']}" for row in rows]
    lines.append("")
    if script := results.get("javascript"):
        lines.append(
            f"Distill it in JavaScript (Node), K = {script['K']}, {script['points']} grid points, {script['rounds']} "
            f"rounds: median {script['median']:.2f} ms, 95 % within {script['late']:.2f} ms "
            f"(goal: a median of at most {script['target']} ms)."
        )
    if big := results.get("large"):
        lines.append(
            f"{big['K']:,} points: {big['microseconds']:.2f} µs a point, {big['rounds']} rounds ({big['reason']}); "
            f"the constraint is met to {big['constraint']:.0e}."
        )
    if oracle := results.get("oracle"):
        lines.append(
            f"Krylov space against the exact spectrum, {oracle['K']:,} points: fits differ by {oracle['fits']:.0e}, "
            f"multipliers by {oracle['multipliers']:.0e}."
        )
    if dense := results.get("dense"):
        lines.append(
            f"{dense['K']:,} points in a cube, Gaussian kernel, one thread: {dense['seconds']:.0f} s, "
            f"{dense['rounds']} rounds ({dense['reason']}); the matrix would take {dense['gigabytes']:.0f} GB, and the "
            f"constraint is met to {dense['constraint']:.0e}."
        )
    if both := results.get("cores"):
        lines.append(
            f"One product without a matrix, {both['K']:,} points, on {both['cores']} cores: {both['median']:.2f} times "
            f"as fast as on one (median; lowest {both['lowest']:.2f} of {both['runs']}), difference "
            f"{both['difference']:.0e}."
        )
    lines += ["", *measured_on(results)]
    return "\n".join(lines) + "\n"


def measured_on(results: dict[str, Any]) -> list[str]:
    """For each machine and day on which something was measured, what it was: rows may be measured one at a time."""
    measured = {**results["rows"], **{name: results.get(name) for name in OTHERS if name != "machine"}}
    known = {name: found.get("measured", results.get("machine")) for name, found in measured.items() if found}
    groups: dict[str, list[str]] = {}
    for name, facts in sorted(known.items()):
        if facts:
            words = ", ".join(f"{key} {value}" for key, value in sorted(facts.items()))
            groups.setdefault(words, []).append(name)
    return [f"Measured on {words}: {', '.join(names)}.\n" for words, names in groups.items()]


def main() -> None:
    """Run what was asked for, and print the table."""
    parser = argparse.ArgumentParser(description="Time the package against named peers.")
    parser.add_argument("--only", nargs="+", choices=[*ROWS, *OTHERS], help="run these and keep the other results")
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing is written")
    options = parser.parse_args()
    results: dict[str, Any] = {"rows": {}}
    if options.only and RESULTS.exists():
        results = json.loads(RESULTS.read_text("utf8"))
    # one core and one thread for both sides: a second one would measure what else the machine does
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for name in options.only or [*ROWS, *(() if options.quick else OTHERS)]:
        with threadpool_limits(1):
            if name in ROWS:
                results["rows"][name] = measure(ROWS[name][1 if options.quick else 0]())
            else:
                results[name] = OTHERS[name]()
        print(f"{name}: done", flush=True)
        if not options.quick:
            RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf8")
            TABLE.write_text(table(results), "utf8")
    print(table(results))


if __name__ == "__main__":
    main()
