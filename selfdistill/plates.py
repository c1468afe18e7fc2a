"""Plates of the atlas: what a kernel looks like, at a point, in its modes, as a prior, and in the loop.

`measure` computes with the kernel alone, whatever it is: closed form, computed, or any callable. The eigenfunctions are
those of the integral operator (T f)(x) = ∫ g(x, s) f(s) ds on [0, 1], found on Gauss-Legendre points. Where g is a
Green's function on [0, 1], T is the inverse of L.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from . import figures
from .datasets import Data, paper_interior
from .distillation import Distillation, distill
from .kernel import Array, Kernel, whole

__all__ = ["Plate", "draw", "measure"]

SOURCES = (0.3, 0.75)
TOLERANCE = 0.045  # that of the book's example
KEPT = 1e-13  # eigenvalues below this part of the largest are rounding
SLOPE = (6, 12)  # modes between which the rate of decay is measured


@dataclass(frozen=True, eq=False)
class Plate:
    """What a plate shows, as numbers.

    Attributes
    ----------
    x : ndarray, shape (M,)
        Gauss-Legendre points of [0, 1].
    columns : ndarray, shape (2, M)
        g(x, s) for two points s.
    eigenvalues : ndarray, shape (n,)
        Of T, descending; for a kernel with null functions those of T between projections on what is orthogonal to them.
    modes : ndarray, shape (n, M)
        Its eigenfunctions, orthonormal in L²(0, 1).
    decay : float
        q, if the eigenvalues fall like n^{−q} from mode 6 to mode 12.
    draws : ndarray, shape (draws, M)
        Draws from the Gaussian process with mean zero and covariance g (after these projections).
    data : Data
        The labels of the running example between the ends.
    path : Distillation
        The loop on them until it ends, with the running example's epsilon.
    """

    x: Array
    columns: Array
    eigenvalues: Array
    modes: Array
    decay: float
    draws: Array
    data: Data
    path: Distillation


def measure(green: Kernel, *, points: int = 160, draws: int = 3, seed: int = 20) -> Plate:
    r"""Compute what a plate of a kernel shows.

    With Gauss-Legendre points x_i and weights w_i the eigenvectors of A_ij = √w_i g(x_i, x_j) √w_j give the modes
    φ(x_i) = v_i/√w_i, and Σ_k √d_k ξ_k φ_k, with independent standard normal ξ_k, is a draw.

    Parameters
    ----------
    green : callable
        A kernel on [0, 1], or on the line.
    points : int
        M, at least 32.
    draws : int
        How many draws.
    seed : int
        Of the draws; the same for each kernel, so that plates can be compared.

    Raises
    ------
    ValueError
        If points is below 32, or draws below 1.
    """
    nodes, weights = np.polynomial.legendre.leggauss(whole(points, "points", least=32))
    x, root = (nodes + 1.0) / 2.0, np.sqrt(weights / 2.0)
    matrix = root[:, None] * green(x[:, None], x) * root
    null = getattr(green, "null_functions", None)
    if null is not None:
        basis = np.linalg.qr(root[:, None] * null(x)(x))[0]
        blind = np.eye(len(x)) - basis @ basis.T
        matrix = blind @ matrix @ blind
    eigenvalues, vectors = np.linalg.eigh(matrix)
    kept = eigenvalues > KEPT * eigenvalues[-1]
    eigenvalues, modes = eigenvalues[kept][::-1], (vectors[:, kept] / root[:, None]).T[::-1]
    modes = modes * np.where(np.sum(modes[:, : len(x) // 3], axis=1) < 0.0, -1.0, 1.0)[:, None]  # up on the left
    xi = np.random.default_rng(seed).standard_normal((whole(draws, "draws"), len(x)))[:, : len(eigenvalues)]
    low, high = (min(k, len(eigenvalues)) for k in SLOPE)
    data = paper_interior()
    return Plate(
        x,
        np.stack([green(x, s) for s in SOURCES]),
        eigenvalues,
        modes,
        float(np.log(eigenvalues[low - 1] / eigenvalues[high - 1]) / np.log(high / low)),
        (xi * np.sqrt(eigenvalues)) @ modes,
        data,
        distill(green, data.x, data.y, epsilon=TOLERANCE),
    )


def draw(green: Kernel, title: str) -> None:
    """Show the plate of a kernel: five panels, with a caption and an alternative text made of what was measured.

    Parameters
    ----------
    green : callable
        A kernel on [0, 1], or on the line.
    title : str
        Its name, as it is to stand above the plate.
    """
    plate = measure(green)
    fig = Figure(figsize=(8.4, 4.9))  # with one layout for all plates: to compute it takes longer than to draw
    room = {"left": 0.08, "right": 0.99, "bottom": 0.11, "top": 0.93, "wspace": 1.5, "hspace": 0.55}
    ax = fig.subplot_mosaic("AABBCC;DDDEEE", gridspec_kw=room)
    for panel in ax.values():
        figures.style(panel)
    named = {"blue": "-", "vermilion": "--", "green": "-."}
    styles: list[dict[str, Any]] = [
        {"color": figures.COLOURS[colour], "linestyle": dash} for colour, dash in named.items()
    ]
    size = np.max(np.abs(plate.columns))
    for s, column, line in zip(SOURCES, plate.columns, styles[:2], strict=True):
        ax["A"].plot(plate.x, column / size, **line)
        ax["A"].axvline(s, linewidth=0.7, linestyle=":", color=line["color"])
    ax["A"].set(xlabel="x", ylabel="g(x, s), scaled", title=f"s = {SOURCES[0]} and s = {SOURCES[1]}")
    for mode, line in zip(plate.modes, styles, strict=False):
        ax["B"].plot(plate.x, mode, **line)
    ax["B"].set(xlabel="x", ylabel="mode", title="first three modes")
    n = np.arange(1, min(30, len(plate.eigenvalues)) + 1)
    ax["C"].plot(
        np.log2(n), np.log10(plate.eigenvalues[: len(n)] / plate.eigenvalues[0]), ".-", color=styles[0]["color"]
    )
    ax["C"].set(xlabel="mode n", ylabel="log10 of eigenvalue", ylim=(-14, 0.5), title="decay")
    ax["C"].set_xticks(range(5), [str(2**k) for k in range(5)])
    spread = np.std(plate.draws)
    for sample, line in zip(plate.draws, styles, strict=True):
        ax["D"].plot(plate.x, sample / spread, **{**line, "linewidth": 1.3})
    ax["D"].set(xlabel="x", ylabel="draw, scaled", title="three draws from the prior")
    fits, data, count = plate.path(plate.x), plate.data, len(plate.path)
    ax["E"].plot(plate.x, data.truth(plate.x), ":", color=figures.COLOURS["black"], alpha=0.7)
    ax["E"].plot(data.x, data.y, "o", color=figures.COLOURS["black"], markersize=4)
    shown = sorted({0, count // 2, count - 1})
    for t, line in zip(shown, styles, strict=False):
        ax["E"].plot(plate.x, fits[t], label=f"round {t}", **{**line, "color": figures.round_colour(t)})
    ax["E"].set(xlabel="x", ylabel="label, fit", title="the nine labels distilled")
    ax["E"].legend(fontsize=9)
    for name in "ABDE":
        ax[name].locator_params(nbins=4)
    ax["C"].locator_params("y", nbins=4)
    caption = _caption(plate, title)
    figures.show(fig, alt=f"Five panels. {caption}", caption=caption)


def _caption(plate: Plate, title: str) -> str:
    """What the plate shows, in words and numbers."""
    errors = plate.data.error(plate.path(plate.x), plate.x)
    best = int(np.argmin(errors))
    later = f" {errors[0]:.3f} in round 0 and" if best else ""
    return (
        f"{title}. From mode {SLOPE[0]} to {SLOPE[1]} the eigenvalues fall like n to the power −{plate.decay:.1f}. The "
        f"loop has {len(plate.path)} fits; the squared distance to the truth is{later} smallest, {errors[best]:.3f}, "
        f"in round {best}."
    )
