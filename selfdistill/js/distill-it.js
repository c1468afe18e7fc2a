/* The explorable "Distill it": data, noise, epsilon, round -> fits, bars of B_t, held-out error against t. */

function unpack(set) {
  const out = { ...set };
  for (const key of ["x", "signal", "residual", "d", "a", "b", "grid", "truth", "map", "Q", "q"]) out[key] = decode(set[key]);
  return out;
}

/** Everything the pictures show, from one state. Beyond the collapse every fit is zero. */
function solve(set, { noise, epsilon, round }) {
  const z0 = set.a.map((v, k) => v + noise * set.b[k]);
  const path = distill(set.d, z0, epsilon), N = path.multipliers.length;
  const zero = new Float64Array(z0.length), at = (t) => (t < N ? path.z[t + 1] : zero);
  const errors = Array.from({ length: N + 1 }, (_, t) => heldOut(set.Q, set.q, set.s, at(t)));
  const B = Array.from(zero, (_, k) => (round < N ? Math.exp(path.logB[round][k]) : 0));
  const floored = path.floor > 1e-12 * path.ceiling; // else zero, but for rounding
  return { ...path, N, errors, B, floored, best: errors.indexOf(Math.min(...errors)), trace: B.reduce((p, v) => p + v, 0),
    fit: (t) => evaluate(set.map, at(t)) };
}

function render({ model, el: root }) {
  const { sets: packed, stories, start, limits } = model.get("payload");
  const sets = Object.fromEntries(packed.map((set) => [set.key, unpack(set)]));
  const now = () => ({ preset: model.get("preset"), noise: model.get("noise"), epsilon: model.get("epsilon"), round: model.get("round") });
  let life;

  const head = make("div", { class: "sdw-head" }, root);
  const data = choice(head, "Data", packed.map((set) => [set.key, set.label]), (preset) => life.set({ preset }));
  const tools = make("div", { class: "sdw-tools" }, head);
  const link = make("a", { text: "Link to this view", href: "#" }, tools);
  link.hidden = !root.parentElement?.closest("[data-sd-widget]"); // a notebook has no address of its own
  make("button", { type: "button", text: "Reset" }, tools).addEventListener("click", () => life.set(start));
  const story = buttons(root, "Stories", stories.map((s) => [s.key, s.label]), (key) => life.set(stories.find((s) => s.key === key).state));
  const fit = panel(root, { name: "fit", height: (W) => Math.min(320, Math.max(240, W * 0.46)), layers: ["past", "truth", "data", "now"] });
  const knobs = make("div", { class: "sdw-knobs" }, root);
  const noiseKnob = slider(knobs, { name: "noise", label: "Noise, × as published", min: 0, max: limits.noise, step: limits.noiseStep,
    moved: (v) => life.set({ noise: v }) });
  const epsilonKnob = slider(knobs, { name: "epsilon", label: "ε, mean squared residual", min: limits.epsilon[0], max: limits.epsilon[1],
    step: limits.epsilonStep, moved: (v) => life.set({ epsilon: 10 ** v }) });
  const roundKnob = slider(knobs, { name: "round", label: "Round t", min: 0, max: 1, step: 1, moved: (v) => life.set({ round: v }) });
  const pair = make("div", { class: "sdw-pair" }, root);
  const bars = panel(pair, { name: "shrinkage", height: () => 210, layers: ["past", "now"] });
  const curve = panel(pair, { name: "error", height: () => 210, layers: ["line", "dots", "now"] });
  const summary = make("p", { class: "sd-summary", role: "status", "aria-live": "polite" }, root);

  function draw() {
    const state = now(), set = sets[state.preset], { noise, epsilon, round } = state;
    const path = solve(set, state), { N, feasible, errors } = path;
    const K = set.d.length, y = set.signal.map((v, k) => v + noise * set.residual[k]);
    const eps = figure(epsilon), floor = figure(path.floor, 5);
    const message = feasible ? "" : `Infeasible: the smallest ε is ${floor}`;

    data.show(state.preset);
    story.show(stories.find((s) => Object.keys(s.state).every((key) => s.state[key] === state[key]))?.key);
    noiseKnob.show(noise, `${noise.toFixed(2)} ×`, { hint: "0: noise-free labels" });
    epsilonKnob.show(Math.log10(epsilon), eps, {
      zones: [path.floored ? Math.log10(path.floor) : -9, Math.log10(path.ceiling)],
      hint: `${path.floored ? `floor ${floor}; ` : ""}zero fit from ${figure(path.ceiling)}`,
    });
    roundKnob.show(round, feasible ? `${round}${round >= N ? ", collapsed" : ""}` : `${round}`, {
      max: Math.max(N, round, 1), hint: feasible ? `N = ${N} non-zero fit${N === 1 ? "" : "s"}` : "",
    });
    change(link, "href", `#distill-it?preset=${state.preset}&noise=${noise}&epsilon=${+epsilon.toPrecision(6)}&round=${round}`);

    // picture 1: labels, truth, earlier fits, the fit
    const reach = Math.max(1.25, ...y.map((v) => Math.abs(v) * 1.08)), tall = Math.ceil(reach * 4) / 4;
    fit.begin({ x: [0, 1], y: [-tall, tall], xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: ticks(-tall, tall, 5), xLabel: "x", yLabel: "label, fit",
      legend: [["sdw-dot", "labels"], ["sdw-truth", "truth"], ["sdw-past", "earlier fits"], ["sdw-now", `fit f_${round}`]] });
    const trace = (values) => cubicPath(set.grid, values, fit.sx, fit.sy);
    fit.put("truth", "truth", "path", { d: trace(set.truth), class: "sdw-truth" });
    if (feasible) for (let t = 0; t < Math.min(round, N); t++) fit.put("past", t, "path", { d: trace(path.fit(t)), class: "sdw-past" });
    y.forEach((v, k) => fit.put("data", k, "circle", { cx: fit.sx(set.x[k]).toFixed(1), cy: fit.sy(v).toFixed(1), r: K > 20 ? 3 : 4.5, class: "sdw-dot" }));
    fit.put("now", "fit", "path", { d: feasible ? trace(path.fit(round)) : "", class: "sd-curve sdw-now" });
    fit.end(feasible ? `${K} labels, the truth, and the fit of round ${round}` : `${K} labels and the truth; no fit exists`, message);

    // picture 2: the diagonal of B_t, smoothest mode first
    bars.begin({ x: [0.3, K + 0.7], y: [0, 1], xTicks: [1, ...ticks(2, K, 5, true)].filter((v) => K > 20 ? v === 1 || v > 4 : true),
      yTicks: [0, 0.25, 0.5, 0.75, 1], xLabel: "eigenmode, smoothest first", yLabel: `kept of each mode, B_${round}`,
      legend: round > 0 ? [["sdw-ghost", "B_0"]] : [] });
    const wide = (bars.sx(2) - bars.sx(1)) * 0.72;
    for (let k = 0; k < K; k++) {
      const mode = K - k, left = (bars.sx(mode) - wide / 2).toFixed(2), foot = bars.bottom;
      const rect = (v) => ({ x: left, width: wide.toFixed(2), y: bars.sy(v).toFixed(2), height: (foot - bars.sy(v)).toFixed(2) });
      if (!(set.d[k] > 0)) {
        const x = bars.sx(mode), s = Math.min(5, wide / 2);
        bars.put("now", k, "path", { d: `M${x - s} ${foot - 9 - s}l${2 * s} ${2 * s}m0 ${-2 * s}l${-2 * s} ${2 * s}`, class: "sdw-null" });
      } else if (feasible) {
        if (round > 0 && N > 0) bars.put("past", k, "rect", { ...rect(Math.exp(path.logB[0][k])), class: "sdw-ghost" });
        bars.put("now", k, "rect", { ...rect(path.B[k]), class: "sdw-bar" });
      }
    }
    const nulls = set.d.filter((v) => !(v > 0)).length;
    bars.end(`Bars: what ${round + 1} round${round ? "s leave" : " leaves"} of each of ${K} modes` +
      (nulls ? `; ${nulls} modes marked with a cross are out of reach of every function` : ""), message);

    // picture 3: held-out error against the round
    const last = Math.max(N, round, 1), top = feasible ? Math.max(...errors, set.s) : set.s;
    curve.begin({ x: [-0.25, last + 0.25], y: [0, top * 1.16], xTicks: ticks(0, last, 6, true), yTicks: ticks(0, top * 1.16, 4),
      xLabel: "round t", yLabel: "held-out error", legend: [["sdw-blue", "lowest"], ["sdw-zero", "zero fit"]] });
    const spot = (t) => ({ cx: curve.sx(t).toFixed(2), cy: curve.sy(errors[Math.min(t, N)]).toFixed(2) });
    const level = curve.sy(set.s).toFixed(1);
    curve.put("line", "zero", "path", { d: `M${curve.left} ${level}H${curve.right}`, class: "sdw-zero" });
    if (feasible) {
      curve.put("line", "u", "path", { d: errors.map((_, t) => `${t ? "L" : "M"}${spot(t).cx} ${spot(t).cy}`).join(""), class: "sdw-thin" });
      errors.forEach((_, t) => curve.put("dots", t, "circle", { ...spot(t), r: t === path.best ? 5 : 3.5, class: t < N ? "sdw-blue" : "sdw-hollow" }));
      const here = spot(round), error = errors[Math.min(round, N)];
      curve.put("now", "here", "circle", { ...here, r: 7, class: "sdw-here" });
      const side = +here.cx > (curve.left + curve.right) / 2 ? "sdw-end" : "";
      curve.put("now", "value", "text", { x: here.cx, y: +here.cy - 13, class: `sdw-value ${side}`, text: error.toFixed(4) });
    }
    curve.end(feasible ? `Held-out mean squared error by round: ${errors.map((e) => e.toFixed(3)).join(", ")}` : "No error: no fit exists", message);

    summary.textContent = tell(state, path, K, eps, floor);
  }

  function tell({ epsilon, round }, path, K, eps, floor) {
    const { N, errors, best } = path;
    if (!path.feasible) return `Infeasible: no function comes within a mean squared residual of ε = ${eps} of these labels. The smallest ε is ${floor}.`;
    const error = errors[Math.min(round, N)].toFixed(4), room = path.floored ? `ε = ${eps} (smallest feasible: ${floor})` : `ε = ${eps}`;
    if (N === 0) return `Collapsed at once: ${room} is at least the mean square of the labels, ${figure(path.ceiling)}, so N = 0 and every fit is the zero function; held-out mean squared error ${error}.`;
    const lowest = round === best ? ", the lowest of all rounds" : ` (lowest: ${errors[best].toFixed(4)} at t = ${best})`;
    if (round >= N) return `Round t = ${round}: collapsed. After N = ${N} non-zero fit${N === 1 ? "" : "s"} the fit is the zero function; held-out mean squared error ${error}${lowest}. ${room}.`;
    const t = subscript(round);
    return `Round t = ${round}; N = ${N} non-zero fit${N === 1 ? "" : "s"} before the collapse. Held-out mean squared error ${error}${lowest}. ` +
      `${room}, multiplier c${t} = ${figure(path.multipliers[round])}. Effective number of basis functions: tr B${t} = ${path.trace.toFixed(2)} of ${K}.`;
  }

  /** What a link asks for, checked. */
  function state(query) {
    const out = {};
    for (const [key, text] of query) {
      const value = +text, [low, high] = { noise: [0, limits.noise], epsilon: limits.epsilon.map((e) => 10 ** e), round: [0, limits.round] }[key] ?? [];
      if (key === "story" && stories.some((s) => s.key === text)) Object.assign(out, stories.find((s) => s.key === text).state);
      else if (key === "preset" && text in sets) out.preset = text;
      else if (text !== "" && value >= low && value <= high && (key !== "round" || Number.isInteger(value))) out[key] = value;
      else if (key !== "show") throw new Error(`there is no ${key} = ${text}`);
    }
    return out;
  }

  curve.svg.addEventListener("click", (event) => { // the points of the curve can be touched, too
    const box = curve.svg.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * curve.svg.viewBox.baseVal.width;
    const count = solve(sets[now().preset], now()).N;
    let near = 0;
    for (let t = 0; t <= count; t++) if (Math.abs(curve.sx(t) - x) < Math.abs(curve.sx(near) - x)) near = t;
    life.set({ round: near });
  });
  life = mount({ root, model, name: "distill-it", traits: ["preset", "noise", "epsilon", "round"], draw, state });
  return life.stop;
}

export default { render };
