/* Risk, and what labels alone tell of it, mode by mode. Held to selfdistill.statistics by golden vectors. */

/** @typedef {ArrayLike<number>} Numbers */

/** Squared bias and variance at the points of fixed factors h, summed over the modes; m are the signal's coordinates.
 * @type {(h: Numbers, m: Numbers, noise: number) => [bias: number, variance: number]}
 */
export function biasVariance(h, m, noise) {
  let bias = 0, variance = 0;
  for (let k = 0; k < h.length; k++) {
    bias += ((1 - h[k]) * m[k]) ** 2;
    variance += noise * h[k] ** 2;
  }
  return [bias, variance];
}

/** The best factor of a mode.
 * @type {(m: number, noise: number) => number}
 */
export const wiener = (m, noise) => m * m / (m * m + noise);

/** What the next round takes off the risk of a mode: b is kept so far, and b2 after it.
 * @type {(b: number, b2: number, m: number, noise: number) => number}
 */
export const gain = (b, b2, m, noise) => (b - b2) * (noise * (b + b2) - m * m * (2 - b - b2));

/** Scores of fixed factors by the labels alone, the smaller the better: `lost` is 1 - h, `power` is z².
 * @type {Record<string, (lost: Numbers, power: Numbers, noise: number) => number>}
 */
export const SCORES = {
  SURE(lost, power, noise) {
    let score = 0;
    for (let k = 0; k < lost.length; k++) {
      score += lost[k] ** 2 * power[k] + noise * (1 - 2 * lost[k]);
    }
    return score;
  },
  marginal(lost, power) {
    let mean = 0, logs = 0;
    for (let k = 0; k < lost.length; k++) {
      mean += lost[k] * power[k] / lost.length;
      logs += Math.log(lost[k]);
    }
    return (lost.length * Math.log(mean) - logs) / 2;
  },
  GCV(lost, power) {
    let misfit = 0, free = 0;
    for (let k = 0; k < lost.length; k++) {
      misfit += lost[k] ** 2 * power[k];
      free += lost[k];
    }
    return misfit * lost.length / free ** 2;
  },
};

/** The coordinates of a signal that falls off like k^-decay, k = 1 the smoothest mode (the last); mean square 1.
 * @type {(K: number, decay: number) => Float64Array}
 */
function falling(K, decay) {
  const shape = new Float64Array(K).map((_, k) => (K - k) ** -decay);
  const size = Math.sqrt(K) / Math.hypot(...shape);
  return shape.map((v) => v * size);
}

/** One multiplier c in the rounds 0 .. last, on eigenvalues d. `kept` goes one round further; `parts` are squared bias
    and variance, means over the points, and `risk` their sums, lowest in round `best`; `single` is [risk, c] of the best
    single fit; `chosen` says for each of SCORES how often a round has the lowest score among the draws of noise.
 * @param {Float64Array} d
 * @param {Float64Array} draws
 * @param {{sigma: number, decay: number, c: number}} state
 * @param {number} last
 */
export function along(d, draws, { sigma, decay, c }, last) {
  const K = d.length, noise = sigma * sigma, m = falling(K, decay);
  const mean = (/** @type {Numbers} */ h) => biasVariance(h, m, noise).map((v) => v / K);
  const kept = Array.from(
    { length: last + 2 },
    (_, t) => d.map((v) => Math.exp(-(t + 1) * Math.log1p(c / v))),
  );
  const parts = kept.slice(0, -1).map(mean),
    risk = parts.map(([bias, variance]) => bias + variance);
  let single = [Infinity, 0];
  for (let i = 0; i <= 240; i++) {
    const ridge = 10 ** (9 * i / 240 - 9), [bias, variance] = mean(d.map((v) => v / (v + ridge)));
    if (bias + variance < single[0]) single = [bias + variance, ridge];
  }
  const lost = kept.slice(0, -1).map((h) => h.map((v) => 1 - v));
  const chosen = Object.values(SCORES).map((score) => {
    const counts = new Array(last + 1).fill(0);
    for (let at = 0; at < draws.length; at += K) {
      const power = m.map((v, k) => (v + sigma * draws[at + k]) ** 2);
      const scores = lost.map((one) => score(one, power, noise));
      counts[scores.indexOf(Math.min(...scores))]++;
    }
    return counts;
  });
  return { m, kept, parts, risk, best: risk.indexOf(Math.min(...risk)), single, chosen };
}
