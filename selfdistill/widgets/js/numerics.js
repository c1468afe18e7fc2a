/* The mathematics in the browser: the secular equation and the loop, in the eigenbasis that Python shipped.
   Held to the package by golden vectors (tests/explorables/test_explorable.py). Plain functions, no imports, no page. */

/** @typedef {ArrayLike<number>} Numbers */
/** @typedef {(x: number) => number} Curve */
/** @typedef {[eigenvalue: number, eigenfunction: Curve]} Mode */

/** Base64 of little-endian float64 -> Float64Array.
 * @param {string} text
 */
export function decode(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float64Array(bytes.buffer);
}

/** lam = 1/c with sum (z_k/(1 + lam d_k))^2 = K eps. 0: collapsed; Infinity: at or below the floor.
    Newton on the concave ||(1 + lam D)^-1 z||^-1 from the left; a step s < 1/2 encloses the root within 1.5 s^2.
 * @type {(d: Numbers, z: Numbers, Keps: number) => number}
 */
export function solveSecular(d, z, Keps) {
  let energy = 0, slope = 0, budget = Keps;
  for (let k = 0; k < d.length; k++) {
    if (d[k] > 0) {
      energy += z[k] * z[k];
      slope += z[k] * z[k] * d[k];
    } else budget -= z[k] * z[k];
  }
  if (budget <= 0) return energy + Keps - budget <= Keps ? 0 : Infinity;
  if (energy <= budget) return 0;
  // first step from lam = 0, with sqrt(energy/budget) - 1 free of cancellation near the collapse
  let lam = (energy - budget) / (Math.sqrt(budget) * (Math.sqrt(energy) + Math.sqrt(budget))) *
    energy / slope;
  for (let i = 0; i < 200; i++) {
    let phi = 0, sum = 0;
    for (let k = 0; k < d.length; k++) {
      if (d[k] > 0) {
        const a = 1 / (1 + lam * d[k]), p = z[k] * z[k] * a * a;
        phi += p;
        sum += p * a * d[k];
      }
    }
    const step = Math.max(phi * (Math.sqrt(phi / budget) - 1) / (sum * lam), 0); // negative: rounding at the root
    lam *= 1 + step;
    if (step <= 5e-7) return lam;
  }
  throw new Error(`the multiplier did not settle (lam = ${lam})`);
}

/** The loop until collapse. Returns {feasible, floor, multipliers, logB, z}: N multipliers c_t, N vectors log diag B_t,
    and the N + 1 coordinate vectors z_0 .. z_N (z_{t+1} = B_t z_0 belongs to the fit f_t).
 * @param {Numbers} d
 * @param {Float64Array} z0
 * @param {number} epsilon
 */
export function distill(d, z0, epsilon) {
  const K = d.length, Keps = K * epsilon;
  let lost = 0, energy = 0;
  for (let k = 0; k < K; k++) {
    energy += z0[k] * z0[k];
    if (!(d[k] > 0)) lost += z0[k] * z0[k];
  }
  const path = {
    feasible: lost <= Keps,
    floor: lost / K,
    ceiling: energy / K,
    multipliers: /** @type {number[]} */ ([]),
    logB: /** @type {Float64Array[]} */ ([]),
    z: [z0],
  };
  if (!path.feasible) return path;
  let logB = new Float64Array(K);
  while (path.multipliers.length <= energy / Keps) { // each round takes K eps off the energy, so there are fewer
    const lam = solveSecular(d, path.z[path.z.length - 1], Keps);
    if (lam === 0) return path;
    const c = 1 / lam, next = new Float64Array(K);
    logB = logB.slice();
    for (let k = 0; k < K; k++) {
      logB[k] -= d[k] > 0 ? Math.log1p(c / d[k]) : Infinity;
      next[k] = Math.exp(logB[k]) * z0[k];
    }
    path.multipliers.push(c);
    path.logB.push(logB);
    path.z.push(next);
  }
  throw new Error(`no collapse after ${path.multipliers.length} rounds`);
}

/** Values E z of a fit on the grid; E is M x K, row by row. Four rows at once: an addition waits for the one before it. */
export function evaluate(/** @type {Numbers} */ E, /** @type {Numbers} */ z) {
  const K = z.length, last = E.length / K - 1, out = new Float64Array(last + 1);
  for (let i = 0; i <= last; i += 4) {
    const A = i * K,
      B = Math.min(i + 1, last) * K,
      C = Math.min(i + 2, last) * K,
      D = Math.min(i + 3, last) * K;
    let a = 0, b = 0, c = 0, e = 0;
    for (let k = 0; k < K; k++) {
      a += E[A + k] * z[k];
      b += E[B + k] * z[k];
      c += E[C + k] * z[k];
      e += E[D + k] * z[k];
    }
    out[i] = a;
    out[i + 1] = b;
    out[i + 2] = c;
    out[i + 3] = e; // what is put beyond the end is dropped
  }
  return out;
}

/** Mean squared error to the truth on the fine grid, z'Qz - 2 q'z + s, from its moments; Q is symmetric.
 * @type {(Q: Numbers, q: Numbers, s: number, z: Numbers) => number}
 */
export function heldOut(Q, q, s, z) {
  const K = z.length;
  let sum = s;
  for (let j = 0; j < K; j++) {
    let row = -2 * q[j] + Q[j * K + j] * z[j];
    for (let k = 0; k < j; k++) row += 2 * Q[j * K + k] * z[k];
    sum += row * z[j];
  }
  return sum;
}

/** @type {(w: number, price: number) => Mode} */
const sine = (w, price) => [price, (x) => Math.SQRT2 * Math.sin(w * x)];
/** @type {(w: number, price: number) => Mode} */
const cosine = (w, price) => [price, (x) => (w ? Math.SQRT2 : 1) * Math.cos(w * x)];
/** @type {(order: number, g: Kernel["g"], shift?: number) => Kernel} */
const held = (order, g, shift = 0) => ({
  g,
  mode: (n, _, w = (n - shift) * Math.PI) => sine(w, w ** order),
});

/** Mode n of a beam clamped at 0, and clamped (sign 1) or free (sign -1) at 1: cos b cosh b = sign.
 * @type {(n: number, sign: number) => Mode}
 */
function bending(n, sign) {
  let b = Math.PI * (n + sign / 2);
  for (let i = 0; i < 20; i++) {
    b += (Math.cos(b) - sign / Math.cosh(b)) / (Math.sin(b) - (sign / Math.cosh(b)) * Math.tanh(b));
  }
  const e = Math.exp(-b), cos = Math.cos(b), sin = Math.sin(b);
  const lift = sign > 0
      ? 2 * (cos - sin - e) / (1 - e * e - 2 * sin * e)
      : 2 * (cos + sin + e) / (1 + e * e + 2 * cos * e),
    sigma = 1 - lift * e;
  return [
    b ** 4,
    (x) =>
      ((1 + sigma) * Math.exp(-b * x) + lift * Math.exp(-b * (1 - x))) / 2 - Math.cos(b * x) +
      sigma * Math.sin(b * x),
  ];
}

/** The string on springs, ends held (sign -1) or free (sign 1).
 * @type {(m: number, M: number, a: number, sign: number) => number}
 */
const damped = (m, M, a, sign) =>
  Math.exp(-a * (M - m)) * (1 + sign * Math.exp(-2 * a * m)) *
  (1 + sign * Math.exp(-2 * a * (1 - M))) / (-2 * a * Math.expm1(-2 * a));
const bernoulli6 = (/** @type {number} */ x, u = x * (1 - x)) => 1 / 42 - u * u / 2 - u ** 3;

/**
 * @typedef {object} Kernel
 * @property {(m: number, M: number, a: number) => number} g with m = min(x, s), M = max(x, s) and the rate a
 * @property {(n: number, a: number, w?: number) => Mode} mode
 */
/** Green's functions on [0, 1].
 * @type {Record<string, Kernel>}
 */
export const KERNELS = {
  bridge: held(2, (m, M) => m * (1 - M)),
  motion: held(2, (m) => m, 0.5),
  dirichlet: {
    g: (m, M, a) => damped(m, M, a, -1),
    mode: (n, a, w = n * Math.PI) => sine(w, w * w + a * a),
  },
  neumann: {
    g: (m, M, a) => damped(m, M, a, 1),
    mode: (n, a, w = (n - 1) * Math.PI) => cosine(w, w * w + a * a),
  },
  beam: held(4, (m, M) => m * (1 - M) * (2 * M - m * m - M * M) / 6),
  clamped: {
    g: (m, M) => m * m * (1 - M) ** 2 * (3 * M - m - 2 * m * M) / 6,
    mode: (n) => bending(n, 1),
  },
  cantilever: { g: (m, M) => m * m * (3 * M - m) / 6, mode: (n) => bending(n, -1) },
  lidstone: held(6, (m, M) => 2 / 45 * (bernoulli6((M - m) / 2) - bernoulli6((M + m) / 2))),
  periodic: {
    g: (m, M, _, u = (M - m) * (1 - M + m)) => (1 / 30 - u * u) / 24,
    mode: (n, _, w = 2 * Math.PI * Math.ceil(n / 2)) => (n % 2 ? cosine : sine)(w, w ** 4),
  },
};

/** g(x) for a source at s, its first modes, and sum(x, n) of n terms phi_k(x) phi_k(s)/lambda_k.
 * @param {string} key
 * @param {number} s
 * @param {number} a
 * @param {number} count
 */
export function expand(key, s, a, count) {
  const { g, mode } = KERNELS[key], modes = Array.from({ length: count }, (_, i) => mode(i + 1, a));
  const weights = modes.map(([price, phi]) => phi(s) / price);
  return {
    modes,
    g: (/** @type {number} */ x) => g(Math.min(x, s), Math.max(x, s), a),
    sum: (/** @type {number} */ x, /** @type {number} */ n) =>
      weights.slice(0, n).reduce((total, w, i) => total + w * modes[i][1](x), 0),
  };
}

/** Newton on psi = ||(1 + lam D)^-1 z||^-1 from lam = 0, for d > 0. Brackets of c, `wide` and `sharp`; for each tangent where it
    touches (lam, psi), its relative step, the interval [low, high] that it proves of the root, and the relative width of that.
    What the two brackets prove together is their intersection: both ends of `list[0]` are the better ones.
 * @param {number[]} d
 * @param {number[]} z
 * @param {number} budget
 */
function tangents(d, z, budget) {
  const sum = (/** @type {Curve} */ f) => d.reduce((total, v, k) => total + z[k] * z[k] * f(v), 0);
  const energy = sum(() => 1),
    mean = sum((v) => v) / energy,
    far = Math.sqrt(sum((v) => 1 / (v * v)) / budget);
  const excess = (energy - budget) / (Math.sqrt(budget) * (Math.sqrt(energy) + Math.sqrt(budget)));
  const first = excess / mean, top = Math.min(far, excess / Math.min(...d));
  const list = [{
    lam: 0,
    psi: energy ** -0.5,
    step: Infinity,
    low: first,
    high: top,
    width: top / first - 1,
  }];
  for (let last = list[0]; last.step > 5e-7; last = list[list.length - 1]) {
    const lam = last.low, phi = sum((v) => (1 + lam * v) ** -2);
    const step = Math.max(
      0,
      phi * (Math.sqrt(phi / budget) - 1) / (lam * sum((v) => v * (1 + lam * v) ** -3)),
    );
    const low = lam * (1 + step), high = step < 0.5 ? lam / Math.sqrt(1 - 2 * step) : Infinity;
    // the width is 1.5 step^2 + ..., here without cancellation
    list.push({
      lam,
      psi: phi ** -0.5,
      step,
      low,
      high: Math.min(top, high),
      width: high < top ? Math.expm1(-Math.log1p(step) - Math.log1p(-2 * step) / 2) : top / low - 1,
    });
    if (list.length > 200) throw new Error(`the multiplier did not settle (lam = ${lam})`);
  }
  return {
    list,
    wide: [Math.min(...d) / excess, Math.max(...d) / excess],
    sharp: [1 / far, 1 / first],
  };
}

/** The problem without its null coordinates, whose energy `lost` comes off the budget; `newton` is null if there is no root.
 * @param {Float64Array} all
 * @param {Float64Array} coordinates
 * @param {number} epsilon
 */
export function secular(all, coordinates, epsilon) {
  const on = (/** @type {number} */ _, /** @type {number} */ k) => all[k] > 0,
    d = Array.from(all).filter(on),
    z = Array.from(coordinates).filter(on),
    K = all.length;
  const energy = z.reduce((sum, v) => sum + v * v, 0),
    lost = coordinates.reduce((sum, v, k) => (all[k] > 0 ? sum : sum + v * v), 0),
    budget = K * epsilon - lost;
  return {
    K,
    d,
    z,
    energy,
    lost,
    budget,
    newton: budget > 0 && energy > budget ? tangents(d, z, budget) : null,
  };
}

/** r_0, kappa, the universal bounds on the number of fits, the usual guarantee, and lower(t), the usual bound on r_t (finite kappa).
 * @param {Float64Array} d
 * @param {Float64Array} z
 * @param {number} Keps
 */
export function collapseBounds(d, z, Keps) {
  const r = Math.hypot(...z) / Math.sqrt(Keps),
    l1 = z.reduce((total, v) => total + Math.abs(v), 0) / Math.sqrt(Keps);
  const kappa = Math.max(...d) / Math.min(...d),
    u = r - 1 + kappa,
    rate = Math.log1p(-kappa * (kappa - 1) / u ** 2);
  return {
    r,
    kappa,
    usual: (r - 1) / kappa,
    rounds: [Math.ceil(r - 1), Math.ceil(Math.min(r * r - 1, l1 - 1, kappa * (r - 1)))],
    lower: (/** @type {number} */ t) =>
      Math.exp(t * rate) * r -
      (r * r * kappa / u ** 2) * (kappa > 1 ? Math.expm1(t * rate) / Math.expm1(rate) : t),
  };
}

/** The methods of selfdistill.filters: what they keep of a mode with eigenvalue d. All fall as c grows; n counts fits.
 * @type {Record<string, (d: number, c: number, n: number) => number>}
 */
export const FILTERS = {
  distillation: (d, c, n) => Math.exp(-n * Math.log1p(c / d)),
  ridge: (d, c) => d / (d + c),
  flow: (d, c) => -Math.expm1(-d / c),
  residuals: (d, c, n) => -Math.expm1(-n * Math.log1p(d / c)),
  heat: (d, c) => Math.exp(-c / d),
  cutoff: (d, c) => (d >= c ? 1 : 0),
};

/** The c at which a filter has sum h(d_k) = freedom, by bisection in log c; d ascends. A cut-off keeps whole modes, the
    nearest number of them, and is put half-way (in the logarithm) between the last that stays and the first that goes.
 * @type {(method: string, d: Float64Array, freedom: number, n: number) => number}
 */
export function matchFreedom(method, d, freedom, n) {
  if (method === "cutoff") {
    const first = d.length - Math.round(freedom);
    return Math.sqrt(d[first] * (first > 0 ? d[first - 1] : d[0] / 4));
  }
  let low = Math.log(d[0]) - 30, high = Math.log(d[d.length - 1]) + 10;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2, c = Math.exp(middle);
    if (d.reduce((sum, v) => sum + FILTERS[method](v, c, n), 0) > freedom) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** One fit with ridge c, and `steps` more to targets that imitate it with weight xi: h <- a (1 - xi + xi h), a = d/(d + c).
    Mixing a part alpha of the labels in is xi = 1 - alpha.
 * @type {(d: number, c: number, xi: number, steps: number) => number}
 */
export function imitate(d, c, xi, steps) {
  const a = d / (d + c);
  let h = a;
  for (let i = 0; i < steps; i++) h = a * (1 - xi + xi * h);
  return h;
}

/** A shipped spectrum: eigenvalues d, their number K, and loss(h), the held-out error of the filter h.
 * @param {{d: string, z: string, Q: string, q: string, s: number}} data
 */
export function spectral(data) {
  const [d, z, Q, q] = [data.d, data.z, data.Q, data.q].map(decode);
  return {
    d,
    K: d.length,
    loss: (/** @type {Curve} */ h) => heldOut(Q, q, data.s, z.map((v, k) => v * h(d[k]))),
  };
}
