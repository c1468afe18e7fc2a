/* The loop on anybody's points: a symmetric eigensolver, and the Gram matrix of a kernel decomposed as the package does:
   equal points are one site, and zeros that are known without arithmetic are kept apart from those rounding makes. */

import { distill } from "./numerics.js";

/** @typedef {ArrayLike<number>} Numbers */
/** @typedef {ReturnType<typeof decompose>} Sites */

/** Eigenvalues d, ascending, of a symmetric n x n matrix, and its eigenvectors: row k of v belongs to d[k].
    Householder's reflections leave three diagonals; QR steps with Wilkinson's shift, one block at a time, take the two
    outer ones away. The errors of d are a few roundings of the largest entry.
 * @param {Numbers} matrix
 * @param {number} n
 */
export function eigh(matrix, n) {
  const scale = Array.from(matrix).reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const a = Float64Array.from(matrix, (v) => v / scale), v = new Float64Array(n * n);
  for (let k = 0; k < n; k++) v[k * n + k] = 1;
  const u = new Float64Array(n), p = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) reflect(a, v, n, k, u, p);
  const d = Float64Array.from(u, (_, k) => a[k * n + k]);
  const e = Float64Array.from(u, (_, k) => (k + 1 < n ? a[(k + 1) * n + k] : 0));
  let steps = 0;
  for (let high = n - 1; high > 0;) {
    if (negligible(d, e, high - 1)) high--;
    else {
      let low = high - 1;
      while (low > 0 && !negligible(d, e, low - 1)) low--;
      chase(d, e, v, n, low, high);
      if (++steps > 60 * n) throw new Error("the eigenvalues did not settle");
    }
  }
  const order = Array.from(d, (_, k) => k).sort((i, j) => d[i] - d[j]),
    rows = new Float64Array(n * n);
  order.forEach((from, to) => rows.set(v.subarray(from * n, (from + 1) * n), to * n));
  return { d: Float64Array.from(order, (k) => d[k] * scale), v: rows };
}

/** Whether e[k], which couples d[k] and d[k + 1], is rounding; then it is made zero.
 * @type {(d: Float64Array, e: Float64Array, k: number) => boolean}
 */
function negligible(d, e, k) {
  const tiny = Number.EPSILON * (Math.abs(d[k]) + Math.abs(d[k + 1])) + 1e-40; // beside entries of one
  if (Math.abs(e[k]) > tiny) return false;
  e[k] = 0;
  return true;
}

/** Column k below the diagonal onto its first entry: A <- H A H, V <- H V with H = 1 - 2 u u'/u'u.
 * @type {(a: Float64Array, v: Float64Array, n: number, k: number, u: Float64Array, p: Float64Array) => void}
 */
function reflect(a, v, n, k, u, p) {
  let below = 0;
  for (let i = k + 2; i < n; i++) below = Math.max(below, Math.abs(a[i * n + k]));
  if (below < 1e-40) return; // beside entries of one
  let length = 0;
  for (let i = k + 1; i < n; i++) length = Math.hypot(length, u[i] = a[i * n + k]);
  if (u[k + 1] > 0) length = -length; // the difference below does not cancel
  u[k + 1] -= length;
  const beta = -1 / (length * u[k + 1]); // 2/u'u
  let half = 0;
  for (let i = k + 1; i < n; i++) {
    p[i] = 0;
    for (let j = k + 1; j < n; j++) p[i] += beta * a[i * n + j] * u[j];
    half += beta * p[i] * u[i] / 2;
  }
  for (let i = k + 1; i < n; i++) p[i] -= half * u[i];
  for (let i = k + 1; i < n; i++) {
    for (let j = k + 1; j < n; j++) a[i * n + j] -= u[i] * p[j] + p[i] * u[j];
    a[i * n + k] = 0;
  }
  a[(k + 1) * n + k] = length;
  p.fill(0);
  for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) p[j] += beta * u[i] * v[i * n + j];
  for (let i = k + 1; i < n; i++) for (let j = 0; j < n; j++) v[i * n + j] -= u[i] * p[j];
}

/** One QR step on the block low .. high of the diagonals d and e, by rotations of neighbours, which V follows.
 * @type {(d: Float64Array, e: Float64Array, v: Float64Array, n: number, low: number, high: number) => void}
 */
function chase(d, e, v, n, low, high) {
  const half = (d[high - 1] - d[high]) / 2, last = e[high - 1];
  const shift = d[high] - last * (last / (half + (half < 0 ? -1 : 1) * Math.hypot(half, last)));
  let x = d[low] - shift, bulge = e[low];
  for (let k = low; k < high; k++) {
    const r = Math.hypot(x, bulge), c = r ? x / r : 1, s = r ? bulge / r : 0;
    const [a, b, t] = [d[k], e[k], d[k + 1]], turn = s * (s * (t - a) + 2 * c * b);
    if (k > low) e[k - 1] = r;
    d[k] = a + turn;
    d[k + 1] = t - turn;
    e[k] = c * s * (t - a) + (c - s) * (c + s) * b;
    if (k + 1 < high) {
      x = e[k];
      bulge = s * e[k + 1];
      e[k + 1] *= c;
    }
    for (let i = k * n, j = i + n, end = j; i < end; i++, j++) {
      const up = v[i], down = v[j];
      v[i] = c * up + s * down;
      v[j] = c * down - s * up;
    }
  }
}

/** G[j, k] = g(x_j, x_k)/K on the sites of the points: equal points are one site, a point with g(x, x) = 0 is none.
    `place` is the site of each point or -1; eigenvalues below 1e-14 of the largest are zero, and `unresolved` of them.
 * @param {(x: number, s: number) => number} g
 * @param {number[]} x
 */
export function decompose(g, x) {
  const K = x.length, sites = [...new Set(x)].filter((s) => g(s, s) !== 0), n = sites.length;
  const where = new Map(sites.map((s, i) => [s, i])), place = x.map((s) => where.get(s) ?? -1);
  const counts = sites.map((_, i) => place.filter((p) => p === i).length);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const entry = g(sites[i], sites[j]) / K * Math.sqrt(counts[i] * counts[j]);
      matrix[i * n + j] = matrix[j * n + i] = entry;
    }
  }
  const { d, v } = eigh(matrix, n), unresolved = d.filter((one) => one < 1e-14 * d[n - 1]).length;
  return { K, sites, place, counts, d: d.fill(0, 0, unresolved), v, unresolved };
}

/** The loop on such points. `floor` counts what no function reaches, and no unresolved eigenvalue; the fit exists but
    cannot be found where `lost` says so. Coordinates of sites alone; `error` is the package's estimate of the error of
    the targets, relative to the labels.
 * @param {Sites} sites
 * @param {number[]} y
 * @param {number} epsilon
 */
export function distillSites({ K, place, counts, d, v, unresolved }, y, epsilon) {
  const n = d.length, sums = new Float64Array(n), size = Math.max(1, K), gap = size - n;
  const z = new Float64Array(size); // without a point, one coordinate that is zero
  y.forEach((label, k) => place[k] < 0 || (sums[place[k]] += label));
  let out = 0;
  y.forEach((label, k) =>
    out += (place[k] < 0 ? label : label - sums[place[k]] / counts[place[k]]) ** 2
  );
  if (gap) z[0] = Math.sqrt(out);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) z[gap + k] += v[k * n + i] * sums[i] / Math.sqrt(counts[i]);
  }
  const padded = new Float64Array(size), floor = out / size;
  padded.set(d, gap);
  if (!z.some(Boolean)) epsilon = 1; // labels of zeros: collapsed, whatever was asked for
  const path = distill(padded, z, epsilon);
  const error = wrong(padded, path.z, path.multipliers, gap, unresolved);
  const own = (/** @type {Float64Array[]} */ list) => list.map((one) => one.subarray(gap));
  const lost = epsilon >= floor && (!path.feasible || error > 0.01);
  return {
    ...path,
    floor,
    lost,
    error,
    feasible: path.feasible && !lost,
    z: own(path.z),
    logB: own(path.logB),
  };
}

/** The estimate of selfdistill.accuracy.rounding: what an error of 8 roundings of the largest eigenvalue does to the
    targets, added over the rounds; the zeros gap .. gap + unresolved - 1 may be anything up to 1e-14 of it.
 * @type {(d: Float64Array, z: Float64Array[], c: number[], gap: number, unresolved: number) => number}
 */
function wrong(d, z, c, gap, unresolved) {
  const norm = (/** @type {Numbers} */ list) => Math.hypot(...Array.from(list));
  const K = d.length, top = d[K - 1] ?? 0, tau = 1e-14 * top, relative = 8 * Number.EPSILON;
  const least = Math.min(...d.filter((one) => one > 0));
  const total = c.reduce((sum, ridge, t) => {
    const now = z[t], residual = now.map((one, k) => one * ridge / (ridge + d[k]));
    const kept = residual.map((one, k) => one * d[k] / (ridge + d[k])),
      lean = residual.map((one, k) => one * kept[k]).reduce((a, b) => a + b, 0);
    const live = norm(now.map((one, k) => (d[k] > 0 ? one / (d[k] + ridge) : 0)));
    const moved = Math.hypot(
      relative * top * live * ridge / (least + ridge),
      norm(now.subarray(gap, gap + unresolved)) * tau / (tau + ridge),
    );
    return sum + moved * (1 + norm(residual) * norm(kept) / lean) + relative * norm(now);
  }, 0);
  return total / (norm(z[0]) || 1);
}

/** Weights of the kernel at the sites: f(x) = sum_i g(x, s_i) w_i is the fit with multiplier c to targets with coordinates
    z. An unresolved eigenvalue is as good as zero beside c, and its mode has its weight all the same.
 * @type {(sites: Sites, z: Numbers, c: number) => Float64Array}
 */
export function weigh({ K, counts, d, v }, z, c) {
  const n = d.length, out = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) out[i] += v[k * n + i] * z[k] / (d[k] + c);
  }
  return out.map((one, i) => one * Math.sqrt(counts[i]) / K);
}
