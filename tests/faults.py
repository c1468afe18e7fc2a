"""Deliberate faults: for each, the claim it names must fail.

A fault replaces one piece of source text of the package (it must occur exactly once) by a wrong one: one index, sign,
factor, exponent or boundary. A claim that no fault can break is no claim. `tests/fault_harness.py` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One mutation of the package: in `module`, replace `old` by `new`; `claim` must then fail."""

    claim: str
    module: str
    old: str
    new: str
    why: str

    @property
    def name(self) -> str:
        """The fault in one phrase, as the ledger prints it."""
        return f"{self.module.removesuffix('.py').replace('/', '.')}: {self.why}"


FAULTS: list[Fault] = [
    # chapter 2: Green's functions
    Fault(
        "green-toy",
        "greens/catalogue.py",
        "(2.0 * M - m**2 - M**2) / 6.0",
        "(2.0 * M - m**2 + M**2) / 6.0",
        "a sign in the beam",
    ),
    Fault(
        "green-toy",
        "greens/catalogue.py",
        "return frequencies**4, _sines",
        "return frequencies**3, _sines",
        "the beam's eigenvalues with the wrong power",
    ),
    Fault(
        "green-list",
        "greens/catalogue.py",
        "m**2 * (3.0 * M - m) / 6.0",
        "m**2 * (3.0 * M + m) / 6.0",
        "a sign in the cantilever",
    ),
    Fault(
        "green-list",
        "greens/catalogue.py",
        "(_count(n) + 0.5), sign=+1.0",
        "(_count(n) + 0.5), sign=-1.0",
        "the clamped beam's frequencies from the cantilever's equation",
    ),
    Fault(
        "green-list",
        "greens/catalogue.py",
        "heights = np.where(frequencies > 0.0, sqrt(2.0), 1.0)",
        "heights = np.where(frequencies > 0.0, sqrt(2.0), sqrt(2.0))",
        "the constant mode not normalised",
    ),
    Fault(
        "green-list",
        "greens/catalogue.py",
        "(-2.0 * a * np.expm1(-2.0 * a))",
        "(-2.0 * np.expm1(-2.0 * a))",
        "a missing factor a in the exponential kernel",
    ),
    Fault("green-lidstone", "greens/catalogue.py", "2.0 ** (2 * p - 1)", "2.0 ** (2 * p)", "2p for 2p - 1"),
    Fault(
        "green-lidstone",
        "greens/catalogue.py",
        "2.0 / 3.0, 4.0 / 3.0",
        "2.0 / 3.0, 5.0 / 3.0",
        "a wrong coefficient in B_8",
    ),
    Fault(
        "green-matern",
        "greens/catalogue.py",
        "(2 * n - 1) * theta",
        "(2 * n + 1) * theta",
        "a shifted index in the reverse Bessel polynomials",
    ),
    Fault(
        "green-matern",
        "greens/catalogue.py",
        "** (2 * p - 1)\n\n    def _formula",
        "** (2 * p)\n\n    def _formula",
        "the Matérn kernel with the wrong power of a",
    ),
    Fault(
        "green-matern",
        "greens/catalogue.py",
        "return np.exp(-0.5 * ((M - m)",
        "return np.exp(-0.6 * ((M - m)",
        "the Gaussian with the wrong width",
    ),
    Fault(
        "green-free",
        "greens/catalogue.py",
        "return (-1.0) ** p * (M - m)",
        "return -((-1.0) ** p) * (M - m)",
        "the sign of the free-space kernel",
    ),
    Fault(
        "green-free",
        "greens/catalogue.py",
        "(2.0 * factorial(2 * p - 1))",
        "(2.0 * factorial(2 * p - 2))",
        "(2p - 2)! for (2p - 1)!",
    ),
    Fault(
        "green-dim",
        "greens/catalogue.py",
        "pi * _count(n)\n        return frequencies**2, _sines",
        "pi * _count(n)\n        return frequencies**3, _sines",
        "the string's eigenvalues grow too fast",
    ),
    Fault(
        "green-collocation",
        "greens/numerical.py",
        "1.0 / (leading * (b - a))",
        "1.1 / (leading * (b - a))",
        "a wrong jump at s",
    ),
    Fault(
        "green-collocation",
        "greens/numerical.py",
        "2.0 * np.max(np.abs(coarse - fine)) + rounding",
        "0.1 * rounding",
        "an error estimate that does not look at the error",
    ),
    Fault(
        "green-collocation",
        "greens/numerical.py",
        "if not self._condition < SINGULAR:",
        "if self._condition < 0.0:",
        "a null space goes unnoticed",
    ),
    Fault("green-fd", "greens/numerical.py", "power) / h\n", "power) * h\n", "h for 1/h"),
    Fault(
        "green-fd",
        "greens/numerical.py",
        "middle = (np.arange(cells) + 0.5) / cells",
        "middle = np.arange(cells) / cells",
        "the stiffness taken at the nodes",
    ),
    Fault(
        "green-fem",
        "greens/numerical.py",
        "[12.0, 6.0 * h, -12.0, 6.0 * h],\n                [6.0 * h, 4.0",
        "[12.0, 6.0 * h, -12.0, 6.0 * h],\n                [6.0 * h, 3.0",
        "a wrong entry of the element's stiffness",
    ),
    Fault(
        "green-fem",
        "greens/numerical.py",
        "h * t * (1 - t) ** 2, t**2",
        "h * t * (1 - t), t**2",
        "a shape function of the wrong degree",
    ),
    # chapter 1: the puzzle
    Fault("toy-numbers", "datasets.py", "np.arange(11) / 10", "np.arange(11) / 10.01", "points a thousandth off"),
    Fault("toy-numbers", "datasets.py", "np.sin(2 * np.pi * x)", "np.sin(np.pi * x)", "wrong truth"),
    # chapter 3: the closed form
    Fault(
        "closed-form",
        "spectrum.py",
        "np.divide(values, size, out",
        "np.divide(values, 1, out",
        "Gram matrix without 1/K",
    ),
    Fault("closed-form", "distillation.py", "[:, keep]) / d[keep]", "[:, keep])", "fit without D^+"),
    Fault(
        "closed-form",
        "recursion.py",
        "inverse = 1.0 / (lam[..., None]",
        "inverse = 2.0 / (lam[..., None]",
        "filter d/(d + 2c)",
    ),
    Fault(
        "closed-form",
        "paths.py",
        "np.sqrt(len(self.x) * self.epsilon)",
        "np.sqrt(self.epsilon)",
        "sum of squares in place of the mean",
    ),
    Fault(
        "closed-form",
        "recursion.py",
        "multipliers = 1.0 / np.array",
        "multipliers = np.array",
        "the multiplier in place of its inverse",
    ),
    Fault(
        "r-value",
        "distillation.py",
        "np.sum(z**2 / d[keep], axis=1) / len(d)",
        "np.sum(z**2 / d[keep], axis=1)",
        "energy without 1/K",
    ),
    Fault(
        "collapse",
        "distillation.py",
        "np.linalg.norm(labels) <= problem.residual",
        "np.linalg.norm(labels) < problem.residual",
        "strict collapse",
    ),
    Fault("collapse", "bounds.py", "np.sum(w * d, axis=-1)", "np.mean(d, axis=-1)", "unweighted mean eigenvalue"),
    Fault(
        "feasible",
        "spectrum.py",
        "return float(np.sum(z**2)) / len(self.eigenvalues)",
        "return float(np.mean(z**2))",
        "floor without 1/K",
    ),
    Fault("feasible", "paths.py", "problem.epsilon == floor", "False", "c at the floor left to the solver"),
    Fault("scale", "spectrum.py", "d * (scale if scale > 0 else 1.0)", "d", "eigenvalues without their unit"),
    # chapter 4: the multiplier
    Fault(
        "c-bounds",
        "bounds.py",
        "return np.min(d, axis=-1) / excess, np.max(d, axis=-1) / excess",
        "return np.max(d, axis=-1) / excess, np.min(d, axis=-1) / excess",
        "ends exchanged",
    ),
    Fault(
        "c-bounds",
        "bounds.py",
        "np.asarray(residual, dtype=float) - 1.0",
        "np.asarray(residual, dtype=float) + 1.0",
        "r + 1 in place of r - 1",
    ),
    Fault(
        "c-bounds-sharp",
        "bounds.py",
        "(z / norm(z)[..., None]) ** 2",
        "np.abs(z) / np.sum(np.abs(z), axis=-1, keepdims=True)",
        "weights |z| in place of z²",
    ),
    Fault("c-bounds-sharp", "bounds.py", "np.abs(z) / d, 0.0)", "np.abs(z) * d, 0.0)", "D in place of its inverse"),
    Fault(
        "c-bounds-sharp",
        "bounds.py",
        "mean_eigenvalue(d, z) / excess",
        "mean_eigenvalue(d, z) / (excess + 1.0)",
        "r in place of r - 1",
    ),
    Fault("newton", "secular.py", "return phi * (np.sqrt", "return 0.5 * phi * (np.sqrt", "half a step"),
    Fault(
        "newton",
        "secular.py",
        "mu / np.sqrt(np.maximum(1.0 - 2.0 * s, np.finfo(float).tiny))",
        "mu * (1.0 + s + 1e-3 * s**2)",
        "upper end too low",
    ),
    Fault(
        "newton",
        "secular.py",
        "return mu * (1.0 + s), upper",
        "return mu * (1.0 + 2.0 * s), upper",
        "lower end too high",
    ),
    Fault("newton", "secular.py", "STOP = 5e-7", "STOP = 5e-2", "stops too early"),
    Fault("newton-naive", "secular.py", "STOP = 5e-7", "STOP = 5e-2", "stops too early"),
    # chapter 5: the loop
    Fault(
        "recursion",
        "recursion.py",
        "coordinates.append((kept(d, lam) * coordinates",
        "coordinates.append((kept(d, lam) ** 2 * coordinates",
        "each round counted twice",
    ),
    Fault(
        "recursion",
        "recursion.py",
        "secular.solve(d, size, residual)",
        "secular.solve(d, size, 1.01 * residual)",
        "a tolerance one per cent too large",
    ),
    Fault(
        "basis",
        "distillation.py",
        "np.cumsum(logs, axis=0)",
        "logs",
        "B_t without the earlier rounds",
    ),
    Fault(
        "basis",
        "distillation.py",
        "exp(self.log_shrinkage[rounds][:, keep])",
        "exp(self.log_shrinkage[rounds - 1][:, keep])",
        "B_{t-1} in place of B_t",
    ),
    Fault(
        "c-monotone",
        "distillation.py",
        "z *= kept(d, lam[alive, t])",
        "pass",
        "labels never replaced",
    ),
    Fault("c-monotone", "distillation.py", "c = 1.0 / lam", "c = lam", "multipliers not inverted"),
    Fault(
        "fixed-c",
        "recursion.py",
        "return 1.0 / (1.0 + _relative(d, lam))",
        "return 1.0 / (1.0 + 0.5 * _relative(d, lam))",
        "filter d/(d + c/2)",
    ),
    Fault(
        "fixed-c",
        "distillation.py",
        "return np.zeros((len(points), *self.targets.shape[2:]))",
        "return self._evaluate(grid, np.array([len(self) - 1]))[0]",
        "the last fit repeated after the collapse",
    ),
    Fault(
        "logb",
        "recursion.py",
        "-np.log1p(_relative(d, lam))",
        "-np.log(_relative(d, lam))",
        "log(c/d) in place of log(1 + c/d)",
    ),
    Fault(
        "logb",
        "recursion.py",
        "return np.where(d > 0, inverse, np.inf)",
        "return np.where(d > 0, inverse, 0.0)",
        "zero eigenvalues keep everything",
    ),
    Fault(
        "toy-interior",
        "datasets.py",
        "Data(data.x[1:-1], data.y[1:-1], data.truth)",
        "Data(data.x[1:-1], data.y[2:], data.truth)",
        "labels shifted by one point",
    ),
    Fault(
        "multiout",
        "recursion.py",
        "np.linalg.norm(z, axis=1)",
        "np.max(np.abs(z), axis=1)",
        "largest output in place of the row norm",
    ),
    # chapter 6: how many rounds
    Fault("norm-lb-paper", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * r / (r - 1.0 + np", "φ with r for r - 1"),
    Fault("norm-lb-paper", "bounds.py", "b = r0**2 * kappa / (r0", "b = r0 * kappa / (r0", "b with r_0 for r_0²"),
    Fault("norm-lb-paper", "bounds.py", "if kappa > 1.0 else t", "if kappa > 1.0 else 0 * t", "wrong limit at κ = 1"),
    Fault(
        "rounds-lb-paper",
        "bounds.py",
        "return (r0 - 1.0) / kappa",
        "return r0 - 1.0 / kappa",
        "guarantee without a bracket",
    ),
    Fault(
        "rounds-lb-paper", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * (r - 2.0) / (r - 1.0 + np", "φ too low"
    ),
    Fault(
        "rounds-universal", "bounds.py", "np.maximum(r0 - t, 0.0)", "np.maximum(r0 - 0.9 * t, 0.0)", "stride too short"
    ),
    Fault(
        "rounds-universal",
        "bounds.py",
        "np.sqrt(np.maximum(r0**2 - t, 0.0))",
        "np.sqrt(np.maximum(r0**2 - t**2, 0.0))",
        "t²",
    ),
    Fault(
        "rounds-universal",
        "bounds.py",
        "int(np.ceil(r0 - 1.0)), int(",
        "int(np.ceil(r0)), int(",
        "one round too many promised",
    ),
    Fault(
        "rounds-universal", "bounds.py", "min(r0**2 - 1.0, l1 - 1.0,", "min(r0 - 1.0, l1 - 1.0,", "r_0 for r_0² above"
    ),
    Fault(
        "rounds-domination", "bounds.py", "r * (r - 1.0) / (r - 1.0 + np", "r * r / (r - 1.0 + np", "φ with r for r - 1"
    ),
    Fault("rounds-domination", "bounds.py", "b = r0**2 * kappa / (r0", "b = r0 * kappa / (r0", "b with r_0 for r_0²"),
    Fault(
        "kappa1-soft",
        "recursion.py",
        "inverse = 1.0 / (lam[..., None]",
        "inverse = 1.01 / (lam[..., None]",
        "filter with a multiplier one per cent off",
    ),
    Fault("toy-bounds", "bounds.py", "int(np.ceil(r0 - 1.0)), int(", "int(np.floor(r0 - 1.0)), int(", "rounded down"),
    # chapter 7: fewer and fewer basis functions
    Fault(
        "pair-ratio", "bounds.py", "(weak - strong) / (u + strong)", "(weak - strong) / u", "weak mode left out below"
    ),
    Fault(
        "pair-ratio", "recursion.py", "-np.log1p(_relative(d, lam))", "-_relative(d, lam)", "log(1 + x) replaced by x"
    ),
    Fault(
        "pair-ratio-sharp",
        "bounds.py",
        "(weak - strong) / (u + strong)",
        "(weak - strong) / u",
        "weak mode left out below",
    ),
    Fault("sparsity", "bounds.py", "np.min(np.diff(log_b[", "np.max(np.diff(log_b[", "largest ratio for the smallest"),
    Fault(
        "sparsity",
        "bounds.py",
        "(inverse[:-1] - inverse[1:]) / (r0 - 1.0 + inverse[1:])",
        "(inverse[:-1] - inverse[1:]) / (r0 + 1.0 + inverse[1:])",
        "r_0 + 1 for r_0 - 1",
    ),
    Fault("sparsity", "bounds.py", "inverse = d[0] / d", "inverse = d / d[0]", "quotients upside down"),
    Fault("sparsity-nonmono-eps", "bounds.py", "return float(rounds * np.min", "return float(np.min", "one round only"),
    Fault(
        "sparsity-ties", "bounds.py", "log_b[..., d > 0], axis=-1)", "log_b, axis=-1)", "zero eigenvalues not left out"
    ),
    Fault(
        "near-interp-rate",
        "secular.py",
        "lam[todo[~moving]] = mu[~moving] / largest",
        "lam[todo[~moving]] = mu[~moving]",
        "multiplier without the unit of d",
    ),
    Fault(
        "near-interp",
        "bounds.py",
        "return -np.asarray(tau, dtype=float)[..., None] / np",
        "return -2 * np.asarray(tau, dtype=float)[..., None] / np",
        "twice the time",
    ),
    Fault(
        "near-interp",
        "bounds.py",
        "np.exp(-tau[:, None] / d) * (z / d)",
        "np.exp(-tau[:, None] / d) * z",
        "speed without D^-1",
    ),
    # chapter 8: early stopping
    Fault(
        "earlystop",
        "filters.py",
        "return -np.expm1(-self.time * d)",
        "return np.expm1(self.time * np.minimum(d, 1e-2))",
        "gradient flow uphill",
    ),
    Fault(
        "earlystop",
        "filters.py",
        "np.log1p(np.array(self.multipliers) / d",
        "np.log1p(np.array(self.multipliers[:1]) / d",
        "only the first round counts",
    ),
    Fault(
        "earlystop",
        "filters.py",
        "np.expm1(self.steps * np.log1p",
        "np.expm1((self.steps + 1) * np.log1p",
        "one step of gradient descent too many",
    ),
    Fault(
        "sd-vs-ridge-match",
        "filters.py",
        "return cls(float(d * (1.0 / h - 1.0)))",
        "return cls(float(d / h))",
        "a ridge that keeps less than it should at the match",
    ),
    Fault(
        "sd-vs-ridge-match",
        "filters.py",
        "np.exp(-np.sum(np.log1p(",
        "np.exp(-np.max(np.log1p(",
        "the last round in place of all rounds",
    ),
    Fault(
        "filter-duality",
        "filters.py",
        "np.expm1(-self.n * np.log1p",
        "np.expm1(-(self.n + 1) * np.log1p",
        "one fit to the residuals too many",
    ),
    Fault(
        "filter-duality",
        "filters.py",
        "h * (1.0 - xi + xi * result)",
        "h * (1.0 + xi - xi * result)",
        "imitation weights with the wrong sign",
    ),
    Fault(
        "qualification",
        "filters.py",
        "np.expm1(-self.n * np.log1p",
        "np.expm1(-(self.n + 1) * np.log1p",
        "a qualification one higher than declared",
    ),
    Fault(
        "qualification",
        "filters.py",
        "np.exp(-np.sum(np.log1p(",
        "np.exp(-np.mean(np.log1p(",
        "losses averaged in place of added up",
    ),
    Fault(
        "qualification",
        "filters.py",
        "return np.exp(-self.time / d)",
        "return np.exp(-np.sqrt(self.time / d))",
        "the square root of the heat flow's exponent",
    ),
    Fault(
        "qualification",
        "filters.py",
        "self.polynomial(Polynomial([1.0, -1.0]))",
        "self.polynomial(Polynomial([0.0, 1.0]))",
        "the zero sought at h = 0 in place of h = 1",
    ),
    # chapter 9: amplified regularisation
    Fault("ddagger", "equivalent.py", "return c0 / np.expm1(s)", "return c0 / np.exp(s)", "1/B in place of 1/B - 1"),
    Fault(
        "ddagger",
        "equivalent.py",
        "np.sqrt(len(data) * self.eigenvalues[keep])",
        "np.sqrt(self.eigenvalues[keep])",
        "the kernel without its factor K",
    ),
    Fault(
        "ddagger",
        "equivalent.py",
        "return eigenvalues(self.path.log_shrinkage[self.round]",
        "return eigenvalues(self.path.log_shrinkage[0]",
        "the kernel of the first round in every round",
    ),
    Fault(
        "ddagger-expansion",
        "equivalent.py",
        "np.poly(-np.asarray(multipliers",
        "np.poly(np.asarray(multipliers",
        "alternating signs",
    ),
    Fault(
        "ddagger-expansion",
        "equivalent.py",
        "return d * np.expm1(np.sum(",
        "return d * np.exp(np.sum(",
        "the 1 of the product counted as a ridge",
    ),
    Fault("ddagger-expansion", "equivalent.py", "return c0 / np.expm1(s)", "return c0 / s", "log 1/B for 1/B - 1"),
    Fault(
        "penalty-form",
        "equivalent.py",
        "dtype=float))[1:]",
        "dtype=float))[:-1]",
        "weights shifted by one power",
    ),
    Fault(
        "gen-norm",
        "distillation.py",
        "np.sum(z**2 / d[keep], axis=1) / len(d)",
        "np.sum(z**2, axis=1) / len(d)",
        "energy without the inverse eigenvalues",
    ),
    Fault("gen-norm", "equivalent.py", "return c0 / np.expm1(s)", "return c0 * np.expm1(s)", "1/B - 1 not inverted"),
    Fault(
        "gen-norm",
        "equivalent.py",
        "hump = -np.exp(log_b) * np.expm1(log_b)",
        "hump = np.exp(2.0 * log_b)",
        "B² in place of B (1 - B)",
    ),
    Fault(
        "rademacher",
        "bounds.py",
        "radius * np.sqrt(np.trace(gram) / len(gram))",
        "radius * np.sqrt(np.trace(gram)) / len(gram)",
        "1/K outside the root",
    ),
    Fault(
        "rademacher",
        "spectrum.py",
        "np.divide(values, size, out",
        "np.divide(values, 1, out",
        "Gram matrix without 1/K",
    ),
    Fault(
        "ntk-offset",
        "distillation.py",
        "np.cumsum(logs, axis=0)",
        "logs",
        "a fit that forgets the rounds before it",
    ),
    Fault(
        "ntk-offset",
        "distillation.py",
        "return np.zeros((len(points), *self.targets.shape[2:]))",
        "return self._evaluate(grid, np.array([len(self) - 1]))[0]",
        "the last fit repeated after the collapse",
    ),
    # the chapter on scale
    Fault("krylov-space", "krylov.py", "EXHAUSTED = 1e-14", "EXHAUSTED = 0.0", "a closed space is not recognised"),
    Fault(
        "krylov-space",
        "krylov.py",
        "self.norm * self.vectors[0]",
        "self.norm * self.vectors[-1]",
        "coordinates from the last row of V",
    ),
    Fault("krylov-space", "krylov.py", "z @ self.vectors.T", "z @ self.vectors", "V transposed in the way back"),
    Fault(
        "krylov-residual",
        "krylov.py",
        "np.abs(self.vectors[-1] @ alpha)",
        "np.abs(self.vectors[0] @ alpha)",
        "the first component in place of the last",
    ),
    Fault(
        "krylov-residual",
        "krylov.py",
        "return self.beta * np.abs",
        "return 0.01 * self.beta * np.abs",
        "a hundredth of what is left out",
    ),
    Fault(
        "krylov-shift",
        "krylov.py",
        "return self.beta * np.abs",
        "return self.norm * np.abs",
        "the norm of the labels for the last beta",
    ),
    Fault("semiseparable", "products.py", "trans=1 if backwards else 0", "trans=0", "both sums from the left"),
    Fault(
        "semiseparable",
        "greens/catalogue.py",
        "comb(2 * p, j) * 0.5**j",
        "comb(2 * p, j) * 0.25**j",
        "quarters for halves in Taylor's formula of the Lidstone kernels",
    ),
    Fault("semiseparable", "products.py", "/ factorial(n - below)", "", "Taylor's terms without their factorials"),
    Fault(
        "semiseparable",
        "products.py",
        "return mean * self.weights, spread",
        "return mean, spread",
        "repeated labels without their weight",
    ),
    Fault("sine-grid", "sine.py", "(1.0 - 2.0 * s / 3.0)", "(1.0 - s / 3.0)", "1/3 for 2/3"),
    Fault("sine-grid", "sine.py", "(16.0 * s**2 * size)", "(16.0 * s**2)", "eigenvalues without 1/K"),
    Fault(
        "normal-equations",
        "bounds.py",
        "nu4 = c * size * (size + 1.0) ** 3",
        "nu4 = c * size * (size + 1.0) ** 2",
        "the wrong power of the points per bandwidth",
    ),
    Fault("normal-equations", "bounds.py", "3.0 + 48.0 * nu4", "3.0 + 15.0 * nu4", "an upper end too low"),
    Fault(
        "c-condition",
        "secular.py",
        "(2.0 * np.sum(p * np.where",
        "(4.0 * np.sum(p * np.where",
        "half the condition number",
    ),
    Fault(
        "curvature",
        "secular.py",
        "return phi * (np.sqrt",
        "return 0.5 * phi * (np.sqrt",
        "half a step",
    ),
]
