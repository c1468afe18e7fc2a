/* The mathematics in the browser: the secular equation and the loop, in the eigenbasis that Python shipped.
   Held to the package by golden vectors (tests/test_explorable.py). Plain functions, no imports, no page. */

/** Base64 of little-endian float64 -> Float64Array. */
function decode(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float64Array(bytes.buffer);
}

/** lam = 1/c with sum (z_k/(1 + lam d_k))^2 = K eps. 0: collapsed; Infinity: at or below the floor.
    Newton on the concave ||(1 + lam D)^-1 z||^-1 from the left; a step s < 1/2 encloses the root within 1.5 s^2. */
function solveSecular(d, z, Keps) {
  let energy = 0, slope = 0, budget = Keps;
  for (let k = 0; k < d.length; k++) {
    if (d[k] > 0) { energy += z[k] * z[k]; slope += z[k] * z[k] * d[k]; } else budget -= z[k] * z[k];
  }
  if (budget <= 0) return energy + Keps - budget <= Keps ? 0 : Infinity;
  if (energy <= budget) return 0;
  // first step from lam = 0, with sqrt(energy/budget) - 1 free of cancellation near the collapse
  let lam = (energy - budget) / (Math.sqrt(budget) * (Math.sqrt(energy) + Math.sqrt(budget))) * energy / slope;
  for (let i = 0; i < 200; i++) {
    let phi = 0, sum = 0;
    for (let k = 0; k < d.length; k++) {
      if (d[k] > 0) {
        const a = 1 / (1 + lam * d[k]), p = z[k] * z[k] * a * a;
        phi += p; sum += p * a * d[k];
      }
    }
    const step = phi * (Math.sqrt(phi / budget) - 1) / (sum * lam);
    lam *= 1 + step;
    if (step <= 5e-7) return lam;
  }
  throw new Error(`the multiplier did not settle (lam = ${lam})`);
}

/** The loop until collapse. Returns {feasible, floor, multipliers, logB, z}: N multipliers c_t, N vectors log diag B_t,
    and the N + 1 coordinate vectors z_0 .. z_N (z_{t+1} = B_t z_0 belongs to the fit f_t). */
function distill(d, z0, epsilon) {
  const K = d.length, Keps = K * epsilon;
  let lost = 0, energy = 0;
  for (let k = 0; k < K; k++) { energy += z0[k] * z0[k]; if (!(d[k] > 0)) lost += z0[k] * z0[k]; }
  const path = { feasible: lost <= Keps, floor: lost / K, ceiling: energy / K, multipliers: [], logB: [], z: [z0] };
  if (!path.feasible) return path;
  let logB = new Float64Array(K);
  while (path.multipliers.length <= energy / Keps) { // each round takes K eps off the energy, so there are fewer
    const lam = solveSecular(d, path.z.at(-1), Keps);
    if (lam === 0) return path;
    const c = 1 / lam, next = new Float64Array(K);
    logB = logB.map((b, k) => d[k] > 0 ? b - Math.log1p(c / d[k]) : -Infinity);
    for (let k = 0; k < K; k++) next[k] = Math.exp(logB[k]) * z0[k];
    path.multipliers.push(c); path.logB.push(logB); path.z.push(next);
  }
  throw new Error(`no collapse after ${path.multipliers.length} rounds`);
}

/** Values E z of a fit on the grid; E is M x K, row by row. */
function evaluate(E, z) {
  const K = z.length, out = new Float64Array(E.length / K);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += E[i * K + k] * z[k];
    out[i] = sum;
  }
  return out;
}

/** Mean squared error to the truth on the fine grid, z'Qz - 2 q'z + s, from its moments. */
function heldOut(Q, q, s, z) {
  const K = z.length;
  let sum = s;
  for (let j = 0; j < K; j++) {
    let row = -2 * q[j];
    for (let k = 0; k < K; k++) row += Q[j * K + k] * z[k];
    sum += row * z[j];
  }
  return sum;
}
