"""The Gram matrix of a kernel at the data points, decomposed once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from .accuracy import CLIP
from .gram import SLACK, check_zeros, cross, gram_matrix, indefinite
from .kernel import Array, Kernel, as_kernel, as_points, whole
from .nullspace import NullSpace, Projection
from .sites import Sites
from .values import Value, seal

__all__ = ["InfeasibleError", "Spectrum", "at_floor", "cross", "decompose", "gram_matrix"]


class InfeasibleError(ValueError):
    """No function meets the constraint: epsilon lies below the floor.

    Attributes
    ----------
    floor : float
        The smallest feasible epsilon, ||P_0 y||²/K.
    cause : str
        Why no function comes closer.
    """

    def __init__(self, epsilon: float, floor: float, cause: str = "") -> None:
        self.epsilon, self.floor = epsilon, floor
        self.cause = cause or "points coincide, every admissible function vanishes at some, or the kernel's rank is low"
        super().__init__(
            f"epsilon = {epsilon!r} is below the floor {floor:.6g}: no admissible function comes that close to y, "
            f"because {self.cause}. Take epsilon >= {floor!r}, or drop those points."
        )

    def __reduce__(self) -> tuple[type[InfeasibleError], tuple[float, float, str]]:
        return type(self), (self.epsilon, self.floor, self.cause)  # an error of a worker process must arrive whole


@dataclass(frozen=True, eq=False)
class Spectrum(Value):
    """The eigendecomposition G = U diag(d) U^T of the Gram matrix G[j, k] = g(x_j, x_k)/K.

    A problem with weights w decomposes W^{1/2} G W^{1/2}. One with a null space of dimension q decomposes
    (I - B B^T) G (I - B B^T), B an orthonormal basis of the null functions at the points (times W^{1/2}, with weights),
    and leaves the q directions of B out: below, K - q then takes the place of K where it counts eigenvalues.

    Attributes
    ----------
    gram : ndarray, shape (K, K)
        The Gram matrix G, or what stands for it.
    eigenvalues : ndarray, shape (K,)
        d, ascending; those below 1e-14·d_max are zeros.
    eigenvectors : ndarray, shape (K, K)
        U, one eigenvector a **column** (the paper's V is U^T); shape (K, K - q) with a null space.
    unresolved : ndarray of bool, shape (K,)
        Which zeros are no exact ones: float64 cannot tell these eigenvalues from zero. By default none.
    cause : str
        Why G has exact zeros, if it has some.
    roots : ndarray, shape (K,) or (0,)
        sqrt(w), the weights having mean one; empty if the points count alike.
    """

    gram: Array
    eigenvalues: Array
    eigenvectors: Array
    unresolved: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    cause: str = ""
    roots: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if len(self.unresolved) != len(self.eigenvalues):  # not given: none
            object.__setattr__(self, "unresolved", np.zeros(len(self.eigenvalues), dtype=bool))
        super().__post_init__()

    @property
    def null(self) -> NDArray[np.bool_]:
        """Which eigenvalues are zeros, exact or unresolved, shape (K,)."""
        return self.eigenvalues == 0

    @property
    def exact(self) -> NDArray[np.bool_]:
        """Which eigenvalues are exact zeros, shape (K,)."""
        return self.null & ~self.unresolved

    @property
    def condition(self) -> float:
        """kappa = d_max/d_min, infinite if G is singular, or cannot be told from a singular matrix."""
        d = self.eigenvalues
        return float(d[-1] / d[0]) if len(d) and d[0] > 0 else np.inf

    @property
    def plain(self) -> bool:
        """Whether it is G itself that is decomposed: no weights, no null space."""
        return self.roots.size == 0 and self.eigenvectors.shape[0] == self.eigenvectors.shape[1]

    def coordinates(self, y: ArrayLike) -> Array:
        """z = U^T y, shape (K,) or (K, m); with weights U^T W^{1/2} y; without the null part, shape (K - q, ...)."""
        labels = np.asarray(y, dtype=float)
        return self.eigenvectors.T @ (labels if self.roots.size == 0 else (labels.T * self.roots).T)

    def floor(self, y: ArrayLike) -> float:
        """The smallest feasible epsilon: ||P_0 y||²/K, with P_0 the projector on the null space of G.

        Only exact zeros count: with unresolved eigenvalues some fit comes as close as one likes, though float64 cannot
        find it. Several outputs, y of shape (K, m), share one constraint in the Frobenius norm.
        """
        z = self.coordinates(y)[self.exact]
        return float(np.sum(z**2)) / len(self.eigenvectors)


def refuse_unless_plain(plain: bool, what: str) -> None:
    """Raise ValueError for weights or a null space where a function knows of neither."""
    if not plain:
        raise ValueError(
            f"{what} knows neither weights nor a null space, and this problem has one of them. Leave out weights= and "
            "null=, and take a kernel without null functions."
        )


def at_floor(epsilon: float, floor: float, mean_square: float, cause: str) -> bool:
    """Whether epsilon is the floor, to the rounding of the floor; there c = 0.

    The floor is a sum of squares of coordinates, each with an error of a few u·||y||.

    Raises
    ------
    InfeasibleError
        If epsilon lies below.
    """
    rounding = 8 * np.finfo(float).eps * (floor + np.sqrt(floor) * np.sqrt(mean_square))
    if epsilon < floor - rounding:
        raise InfeasibleError(epsilon, floor, cause)
    return bool(floor > 0 and epsilon <= floor + rounding)


def decompose(green: Kernel, x: ArrayLike) -> Spectrum:
    """Gram matrix G[j, k] = g(x_j, x_k)/K and its eigendecomposition.

    Parameters
    ----------
    green : callable
        g(x, s), broadcasting; symmetric and positive semidefinite on the points.
    x : array_like, shape (K,) or (K, p)
        The points. Repeated points, and points where every admissible function vanishes, are legal: they give zeros,
        whose eigenvectors are known without arithmetic. The rest is decomposed.

    Returns
    -------
    Spectrum

    Raises
    ------
    ValueError
        If x is empty, not finite, or outside green's domain; if G is not finite, not symmetric or not positive
        semidefinite beyond rounding; if green states a rank that G exceeds.
    """
    return reduced(as_kernel(green), as_points(x, green=as_kernel(green)))


def reduced(green: Kernel, points: Array, roots: Array | None = None, null: NullSpace | None = None) -> Spectrum:
    """The spectrum of a problem with weights w, roots = sqrt(w) of mean square one, and a null space."""
    size = len(points)
    every = Sites.of(green, points, roots)
    block = gram_matrix(green, every.points, size)
    if null is None:
        check_zeros(green, every.points, np.diag(block))
    dead = np.diag(block) == 0 if null is None else ~np.any(block, axis=1)
    sites = every.without(dead, "every admissible function" if null is None else "every function that costs something")
    weights, alive = sites.weights, ~dead
    gram = block if sites.plain else weights[:, None] * block[np.ix_(alive, alive)] * weights
    if null is None:
        d, v = _eigh(gram)
        d, unresolved, causes = _zeros(green, d)
        u, zeros = sites.unfold(v), sites.null_basis()
    else:
        frame = Projection.of(sites, null)
        inside, beside = frame.basis()
        norm = float(np.linalg.norm(gram @ sites.fold(null.basis)))  # with d_max, what the entries of G amount to
        inner = inside.T @ gram @ inside
        d, v = _eigh((inner + inner.T) / 2, norm)
        d, unresolved, causes = _zeros(green, d, norm)
        u, zeros = sites.unfold(inside @ v) + frame.beside @ (beside @ v), frame.null_basis()
    return Spectrum(
        seal(_whole(block, every, roots, null)),
        seal(np.concatenate([np.zeros(zeros.shape[1]), d])),
        seal(np.ascontiguousarray(np.hstack([zeros, u])) if zeros.size else u),
        seal(np.concatenate([np.zeros(zeros.shape[1], dtype=bool), unresolved])),
        "; ".join((*sites.causes, *causes)),
        np.zeros(0) if roots is None else roots,
    )


def _whole(block: Array, every: Sites, roots: Array | None, null: NullSpace | None) -> Array:
    """U diag(d) U^T without arithmetic on d: the Gram matrix at the points, weighted and projected if need be."""
    gram = block if every.place is None else block[np.ix_(every.place, every.place)]
    if roots is not None:
        gram = roots[:, None] * gram * roots
    return gram if null is None else null.project(gram, gram @ null.basis)


def _eigh(gram: Array, norm: float = 0.0) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and eigenvectors; ValueError if one is negative beyond rounding.

    The matrix may be part of one with a larger norm, whose rounding it carries.
    """
    if len(gram) == 0:
        return np.zeros(0), np.zeros((0, 0))
    scale = float(np.max(np.abs(gram)))
    # scaled to entries of at most one, so that kernels of any physical unit stay clear of overflow inside LAPACK
    d, u = scipy.linalg.eigh(gram / scale if scale > 0 else gram, driver="evd", check_finite=False)
    if d[0] < -SLACK * max(float(np.max(np.abs(d))), norm / scale if scale > 0 else 0.0):
        raise indefinite("g", float(d[0]) * scale, float(d[-1]) * scale)
    return d * (scale if scale > 0 else 1.0), u


def _zeros(green: Kernel, d: Array, norm: float = 0.0) -> tuple[Array, NDArray[np.bool_], list[str]]:
    """Eigenvalues with their zeros, which of those are unresolved, and why others are exact; `norm` as in `_eigh`."""
    small = d < CLIP * np.max(d, initial=norm)
    rank = getattr(green, "rank", None)
    exact = 0 if rank is None else max(0, len(d) - whole(rank, f"the rank of {green!r}", least=0))
    if exact and np.count_nonzero(small) < exact:
        raise ValueError(
            f"{green!r} states the rank {rank}, and its Gram matrix on {len(d)} sites has "
            f"{np.count_nonzero(~small)} eigenvalues that are not zero. Correct the rank."
        )
    known = exact > 0 and np.count_nonzero(small) == exact  # else float64 mixes exact zeros with small eigenvalues
    cause = [f"the kernel has rank {rank}, less than the number of points"] if known else []
    return np.where(small, 0.0, d), small & (not known), cause
