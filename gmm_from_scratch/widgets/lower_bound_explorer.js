import { Axes, clamp, DASHES, drawCurve, drawMarker, ease, element, font, formatNumber, interpolate, paletteFor, rgba, strokeWithHalo, ticksFor, tracePath } from "./drawing.js";
import { halfOf, iterationOf } from "./run.js";
import { Clock, Handle, numbersOf, OWN_KEYS, Requests, ringPicture, save, share, sharedBy, Transport, WidgetView } from "./view.js";

// --- The run --------------------------------------------------------------------

/** One model's climb along the curve, and its clock; views listen to it. */
class Climb {
  constructor(model) {
    this.model = model;
    this.listeners = new Set();
    const { component, weights, means, variances, n_points, edges, bars, label, title, colors } = model.get("_scene");
    Object.assign(this, { component, weights, means, variances, edges, bars, label, title, colors });
    this.nPoints = n_points;
    this.clock = new Clock(model, () => this.lastFrame);
    this.requests = new Requests(model, () => {
      // Without an answer, the ring goes back to where the run that is shown began.
      if (this.requests.notice) this.readStart();
      this.settle();
      this.tell("start");
    });
    this.isHeld = false; // whether a pointer holds the ring
    this.readTrace();
    this.readStart();
    const listen = (name, call) => model.on(`change:${name}`, call);
    listen("_trace", () => this.receiveTrace());
    listen("start_mean", () => this.settle());
    listen("frame", () => this.tell("frame"));
    for (const name of ["playing", "speed", "loop"]) listen(name, () => this.tell("controls"));
    listen("message", () => this.tell("message"));
    this.clock.restart();
  }

  tell(what) {
    for (const listener of this.listeners) listener(what);
  }

  readTrace() {
    const trace = this.model.get("_trace");
    const read = (name) => numbersOf(Float64Array, trace[name]);
    this.path = read("means"); // μ at the start and after each M-step
    this.heights = read("log_likelihoods"); // of the curve there
    this.tops = read("tops"); // of each iteration's parabola
    this.counts = read("counts"); // N_k in each iteration
    this.owned = read("owned"); // by the component, of each bar in each iteration
    this.lastFrame = 2 * this.tops.length;
  }

  receiveTrace() {
    this.readTrace();
    this.settle();
    this.tell("trace");
  }

  readStart() {
    this.start = this.model.get("start_mean");
    const { range, values } = this.model.get("_curve");
    this.range = range;
    this.curve = numbersOf(Float64Array, values);
  }

  // Once nothing is held or unanswered, the ring stands where the run began, and the view
  // is as wide as it must be; never before, so that nothing jumps under the pointer.
  settle() {
    if (!this.requests.allAnswered || this.isHeld) return;
    this.readStart();
    this.tell("start");
  }

  moveStart(mean) {
    const wanted = clamp(mean, ...this.range);
    if (wanted === this.start) return;
    this.start = wanted;
    this.requests.send({ mean: wanted });
    this.tell("start");
  }

  hold(isHeld) {
    this.isHeld = isHeld;
    this.tell("start");
    this.settle();
  }

  get frame() {
    return this.clock.frame;
  }
  get message() {
    return this.requests.notice || this.model.get("message");
  }

  // --- Curve and parabolas ---

  /** The log-likelihood at any μ in view, between the values that the kernel computed. */
  likelihoodAt(mean) {
    const [low, high] = this.range;
    const last = this.curve.length - 1;
    const at = clamp(((mean - low) / (high - low)) * last, 0, last);
    const left = Math.min(Math.floor(at), last - 1);
    return this.curve[left] + (at - left) * (this.curve[left + 1] - this.curve[left]);
  }

  /**
   * The lower bound of an iteration, top − N_k (μ − center)² / 2σ², as [a, b, c] of
   * a + b u + c u²; u runs from 0 to 1 over the view. So bounds can be interpolated.
   */
  parabola(iteration) {
    const [low, high] = this.range;
    const center = (this.path[iteration] - low) / (high - low);
    const bend = (this.counts[iteration - 1] * (high - low) ** 2) / (2 * this.variances[this.component]);
    return [this.tops[iteration - 1] - bend * center ** 2, 2 * bend * center, -bend];
  }

  valueOf([a, b, c], mean) {
    const u = (mean - this.range[0]) / (this.range[1] - this.range[0]);
    return a + b * u + c * u * u;
  }

  /** What a frame shows. At the start, the first bound waits out of sight, far below. */
  state(frame) {
    const iteration = Math.max(iterationOf(frame), 1);
    const [a, b, c] = this.parabola(iteration);
    const nBars = this.bars.length;
    const owned = this.owned.subarray((iteration - 1) * nBars, iteration * nBars);
    return {
      mean: [frame < 2 ? this.start : this.path[Math.floor(frame / 2)]],
      bound: [frame ? a : a - (this.tops[0] - Math.min(...this.curve)) * 1.3, b, c],
      owned: frame ? owned.slice() : new Float64Array(nBars),
    };
  }

  // --- Numbers ---

  textOf(mean) {
    return formatNumber(mean, (this.range[1] - this.range[0]) / 99);
  }

  /** What the texts say about a frame. */
  numbersAt(frame) {
    const iteration = iterationOf(frame);
    const half = halfOf(frame);
    const logLikelihood = this.heights[Math.floor(frame / 2)];
    const before = this.heights[Math.max(iteration - 1, 0)];
    const bound = half === "M" ? this.tops[iteration - 1] : before;
    return {
      half,
      iteration,
      logLikelihood,
      bound,
      gap: Math.max(logLikelihood - bound, 0),
      climbed: bound - before,
      gain: logLikelihood - before,
      // The curve's highest point in view, as far as its grid knows.
      below: Math.max(...this.curve, ...this.heights) - logLikelihood,
    };
  }
}

// --- Words ----------------------------------------------------------------------

const BOUND_HEADLINES = {
  Start: "Start",
  E: "E: lift the bound until it touches",
  M: "M: climb to the top of the bound",
};

const withDecimals = (value, decimals) => value.toFixed(decimals).replace("-", "−");
const decimalsFor = (value) => (Math.abs(value) < 0.1 ? 4 : 1);
const asText = (value) => (value === 0 ? "0" : withDecimals(value, decimalsFor(value)));

function gainInWords({ half, gain, climbed, gap }) {
  if (half === "Start") return "before the first step";
  if (half === "E") return "unchanged by an E-step";
  const [whole, part, rest] = [gain, climbed, gap].map((value) => withDecimals(Math.max(value, 0), decimalsFor(gain)));
  return Number(whole) ? `+${whole} in this step: ${part} climbed + ${rest} gap` : `+${whole} in this step`;
}

/** How the place where a run ends compares with the rest of the curve. */
function endInWords({ below }) {
  return below < 0.05 ? "at the highest point" : `${withDecimals(below, 1)} below the highest point`;
}

function wordsForClimb(climb) {
  const { frame, lastFrame, path } = climb;
  const numbers = climb.numbersAt(frame);
  const { half, iteration } = numbers;
  const means = half === "M" ? [path[iteration - 1], path[iteration]] : [frame ? path[iteration - 1] : climb.start];
  const mean = `mean ${means.map((value) => climb.textOf(value)).join(" → ")}`;
  return {
    ...numbers,
    headline: BOUND_HEADLINES[half],
    count: frame ? `Iteration ${iteration} of ${lastFrame / 2}, ${mean}` : `Component ${climb.component + 1}, ${mean}`,
    value: withDecimals(numbers.logLikelihood, 1),
    change: gainInWords(numbers),
    end: frame === lastFrame ? ` The run ends here, ${endInWords(numbers)}.` : "",
  };
}

// --- The picture ----------------------------------------------------------------

const RING_RADIUS = 17; // of the ring at the start, in pixels
const RAIL = 44; // height of the strip in which it slides

const steps = ([low, high], count) => Float64Array.from({ length: count + 1 }, (_, i) => low + ((high - low) * i) / count);

/** The curve, the bound that touches it, and below them the data and the Gaussians. */
class ClimbPicture {
  constructor(view, climb) {
    this.view = view;
    this.climb = climb;
    this.panel = view.addPanel("stage", 2, { role: "group", tabindex: 0, ...OWN_KEYS });
    this.handle = this.makeHandle();
    this.panel.node.append(this.handle.node);
  }

  get theme() {
    return this.view.theme;
  }

  color(k = this.climb.component) {
    return this.palette[k % this.palette.length];
  }

  paint() {
    this.palette = paletteFor(this.climb.colors, this.theme.dark);
    this.handle.node.style.color = rgba(this.color());
    this.show(0);
  }

  // --- Motion: from the frame before to the current one ---

  show(duration) {
    const { climb } = this;
    const { frame } = climb;
    const isStep = duration > 0 && Math.abs(frame - this.frame) === 1;
    const before = isStep && !this.view.calm.matches ? this.frame : frame;
    [this.from, this.to, this.shown] = [before, frame, frame].map((f) => climb.state(f));
    // Before the first bound has arrived, the marker waits on the curve.
    this.isOnCurve = Math.max(before, frame) <= 1;
    this.frame = frame;
    this.began = performance.now();
    this.duration = before === frame ? 0 : duration;
    this.view.schedule();
  }

  /** Draw the moment; returns whether more are to come. */
  draw(now, repaint) {
    const t = this.duration ? clamp((now - this.began) / this.duration, 0, 1) : 1;
    for (const name of ["mean", "bound", "owned"]) {
      interpolate(this.shown[name], this.from[name], this.to[name], ease(t));
    }
    this.isAtRest = t === 1;
    if (repaint) this.drawStill();
    this.drawMoving();
    return t < 1;
  }

  // --- Places ---

  /** Three rectangles with the same x: the curve's, the ring's rail and the data's. */
  axes() {
    const { panel: { width, height }, theme: { scale }, climb } = this;
    const x = climb.range;
    const [top, foot, headroom] = [28 * scale, 52 * scale, 50 * scale];
    const upperBottom = top + 0.74 * (height - top - foot - RAIL * scale);
    const [low, high] = [Math.min(...climb.curve), Math.max(...climb.curve)];
    const span = high - low || 1;
    // Above the highest point there is room for words.
    const y = [low - 0.06 * span, high + (span * headroom) / Math.max(upperBottom - top - headroom, 1)];
    const yTicks = ticksFor(y, (upperBottom - top) / scale / 45);
    const sides = { left: this.widthOf(yTicks.map(({ label }) => label), 14) + 12 * scale, right: width - 10 };
    const rail = upperBottom + (RAIL * scale) / 2;
    return {
      upper: new Axes({ ...sides, top, bottom: upperBottom, x, y }),
      rail: new Axes({ ...sides, top: rail - RING_RADIUS * scale, bottom: rail + RING_RADIUS * scale, x, y: [0, 1] }),
      lower: new Axes({ ...sides, top: upperBottom + RAIL * scale, bottom: height - foot, x, y: [0, this.densest()] }),
      yTicks,
    };
  }

  widthOf(texts, size, weight) {
    const context = this.panel.layers[0].getContext("2d");
    context.font = font(this.theme, size, weight);
    return Math.max(...texts.map((text) => context.measureText(text).width));
  }

  // A very narrow Gaussian is cut off rather than flattening the data.
  densest() {
    const { bars, weights, variances } = this.climb;
    const peaks = weights.map((weight, k) => weight / Math.sqrt(2 * Math.PI * variances[k]));
    const highest = Math.max(...bars);
    return 1.2 * Math.min(Math.max(highest, ...peaks), 3 * highest);
  }

  makeHandle() {
    const { climb } = this;
    const spot = {
      axes: () => this.axes().rail,
      get: () => [climb.start, 0.5],
      set: ([mean]) => climb.moveStart(mean),
      hold: (isHeld) => {
        if (isHeld) save(climb.model, { playing: false });
        climb.hold(isHeld);
      },
      inset: () => RING_RADIUS * this.theme.scale,
    };
    const handle = new Handle(this.panel, spot, ringPicture(climb.component + 1));
    handle.node.disabled = !climb.requests.canAsk;
    return handle;
  }

  // --- What stays: axes, the curve and the data ---

  drawStill() {
    const { climb, theme } = this;
    const context = this.panel.paint(0);
    const { upper, rail, lower, yTicks } = this.axes();
    const xTicks = ticksFor(upper.xRange, this.panel.width / theme.scale / 90);
    upper.drawGrid(context, theme, { xTicks: xTicks.map(({ at }) => ({ at, label: "" })), yTicks });
    lower.drawGrid(context, theme, { xTicks });
    upper.drawLabels(context, theme, ["", "log-likelihood"]);
    lower.drawLabels(context, theme, [climb.label, ""]);
    this.drawRail(context, rail);
    this.drawBars(context, lower, climb.bars, rgba(theme.unassigned, 0.55));
    const xs = steps(climb.range, climb.curve.length - 1);
    drawCurve(context, upper, xs, climb.curve, { color: rgba(theme.text), width: 3.5, theme });
  }

  drawRail(context, rail) {
    const { theme } = this;
    const y = (rail.top + rail.bottom) / 2;
    tracePath(context, [[rail.left, y], [rail.right, y]], false);
    context.lineWidth = 1.5 * theme.scale;
    context.strokeStyle = rgba(theme.line);
    context.stroke();
    context.font = font(theme, 14);
    context.fillStyle = rgba(theme.muted);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText("start", 2, y);
  }

  drawBars(context, axes, heights, color) {
    const { edges } = this.climb;
    context.fillStyle = color;
    heights.forEach((height, i) => {
      const [left, right] = [axes.x(edges[i]), axes.x(edges[i + 1])];
      context.fillRect(left + 0.5, axes.y(height), right - left - 1, axes.bottom - axes.y(height));
    });
  }

  // --- What moves ---

  drawMoving() {
    const { climb, shown, theme } = this;
    const context = this.panel.paint(1);
    const { upper, lower } = this.axes();
    const mean = shown.mean[0];
    const height = this.isOnCurve ? climb.likelihoodAt(mean) : climb.valueOf(shown.bound, mean);
    this.handle.place();
    this.drawPlumb(context, upper.toPixel([mean, height]), upper, lower);
    this.drawGaussians(context, lower);
    this.within(upper, context, () => {
      this.drawEarlier(context, upper);
      this.drawBound(context, upper, shown.bound, 3.5, 1);
      if (climb.isHeld) this.drawAhead(context, upper);
      if (halfOf(this.frame) === "M") this.drawStep(context, upper);
      if (!this.isOnCurve) this.drawGap(context, upper, mean, height);
    });
    const [x, y] = upper.toPixel([mean, height]);
    if (halfOf(this.frame) === "E" && this.isAtRest) this.drawTouch(context, x, y);
    drawMarker(context, x, y, climb.component, this.color(), theme);
    if (this.isAtRest && !climb.isHeld) this.annotate(context, upper, mean, y);
  }

  within(axes, context, draw) {
    context.save();
    axes.clip(context);
    draw();
    context.restore();
  }

  drawGaussians(context, axes) {
    const { climb, shown, theme } = this;
    const xs = steps(climb.range, 400);
    this.drawBars(context, axes, shown.owned, rgba(this.color(), 0.6));
    climb.weights.forEach((weight, k) => {
      const isFree = k === climb.component;
      const mean = isFree ? shown.mean[0] : climb.means[k];
      const peak = weight / Math.sqrt(2 * Math.PI * climb.variances[k]);
      const ys = xs.map((x) => peak * Math.exp(-((x - mean) ** 2) / (2 * climb.variances[k])));
      const dash = DASHES[k % DASHES.length].map((length) => 2 * length);
      this.within(axes, context, () =>
        drawCurve(context, axes, xs, ys, { color: rgba(this.color(k)), width: isFree ? 3 : 2, dash, theme }));
      drawMarker(context, axes.x(mean), Math.max(axes.y(peak), axes.top + 5), k, this.color(k), theme, 9);
    });
  }

  // From the marker down to the Gaussian whose mean it is, but not across the rail.
  drawPlumb(context, [x, y], upper, lower) {
    const { theme } = this;
    context.setLineDash([3 * theme.scale, 4 * theme.scale]);
    context.lineWidth = 1.5 * theme.scale;
    context.strokeStyle = rgba(this.color());
    for (const [from, to] of [[y, upper.bottom], [lower.top, lower.bottom]]) {
      tracePath(context, [[x, from], [x, to]], false);
      context.stroke();
    }
    context.setLineDash([]);
  }

  drawBound(context, axes, bound, width, alpha) {
    const { climb, theme } = this;
    if (!this.frame && this.isAtRest) return;
    const xs = steps(climb.range, 400);
    const path = Array.from(xs, (x) => axes.toPixel([x, climb.valueOf(bound, x)]));
    if (alpha === 1) {
      tracePath(context, [...path, [axes.right, axes.bottom], [axes.left, axes.bottom]]);
      context.fillStyle = rgba(this.color(), 0.1);
      context.fill();
    }
    tracePath(context, path, false);
    context.lineWidth = width * theme.scale;
    context.strokeStyle = rgba(this.color(), alpha);
    context.stroke();
  }

  // Bounds of earlier iterations, and where they touched the curve.
  drawEarlier(context, axes) {
    const { climb, theme } = this;
    const now = iterationOf(this.frame);
    for (let iteration = 1; iteration < now; iteration++) {
      this.drawBound(context, axes, climb.parabola(iteration), 1.5, 0.4);
    }
    const nTouched = halfOf(this.frame) === "M" ? now : now - 1;
    for (let i = 0; i < nTouched; i++) this.drawDot(context, axes.toPixel([climb.path[i], climb.heights[i]]), theme.text);
  }

  drawDot(context, [x, y], color, alpha = 1) {
    const { theme } = this;
    context.beginPath();
    context.arc(x, y, 4 * theme.scale, 0, 7);
    context.fillStyle = rgba(theme.background);
    context.fill();
    context.lineWidth = 2 * theme.scale;
    context.strokeStyle = rgba(color, alpha);
    context.stroke();
  }

  // While the ring is held: where EM will go from here.
  drawAhead(context, axes) {
    const { climb } = this;
    const last = climb.path.length - 1;
    for (let i = 1; i <= last; i++) {
      this.drawDot(context, axes.toPixel([climb.path[i], climb.heights[i]]), this.color(), i < last ? 0.6 : 1);
    }
    const end = axes.toPixel([climb.path[last], climb.heights[last]]);
    drawMarker(context, ...end, climb.component, this.color(), this.theme, 8);
  }

  // The way of an M-step: along the parabola from where it touched to its top.
  drawStep(context, axes) {
    const { climb, shown, theme } = this;
    const iteration = iterationOf(this.frame);
    const bound = climb.parabola(iteration);
    const way = steps([climb.path[iteration - 1], shown.mean[0]], 40);
    const path = Array.from(way, (x) => axes.toPixel([x, climb.valueOf(bound, x)]));
    tracePath(context, path, false);
    context.lineCap = "round";
    strokeWithHalo(context, theme, rgba(this.color()), 6, 0.9);
    // The head of the arrow, if there is room for it before the marker.
    const [endX, endY] = path.at(-1);
    const tip = path.findLastIndex(([x, y]) => Math.hypot(x - endX, y - endY) > 14 * theme.scale);
    if (tip > 0) this.drawArrowhead(context, path[tip - 1], path[tip]);
  }

  drawArrowhead(context, [x0, y0], [x, y]) {
    const size = 13 * this.theme.scale;
    const angle = Math.atan2(y - y0, x - x0);
    const corner = (turn) => [x + size * Math.cos(angle + turn), y + size * Math.sin(angle + turn)];
    tracePath(context, [[x, y], corner(2.5), corner(-2.5)]);
    strokeWithHalo(context, this.theme, rgba(this.color()), 2, 0.9);
    context.fillStyle = rgba(this.color());
    context.fill();
  }

  // Between the bound and the curve above it.
  drawGap(context, axes, mean, height) {
    const { climb, theme } = this;
    const [x, y] = axes.toPixel([mean, height]);
    const top = axes.y(climb.likelihoodAt(mean));
    if (y - top < 3) return;
    const cap = 7 * theme.scale;
    tracePath(context, [[x, y], [x, top]], false);
    strokeWithHalo(context, theme, rgba(theme.text), 3, 0.9);
    tracePath(context, [[x - cap, top], [x + cap, top]], false);
    strokeWithHalo(context, theme, rgba(theme.text), 3, 0.9);
  }

  drawTouch(context, x, y) {
    const { theme } = this;
    context.beginPath();
    context.arc(x, y, 18 * theme.scale, 0, 7);
    strokeWithHalo(context, theme, rgba(theme.text), 2.5);
  }

  /** Say what the current place is, above the curve, where nothing else is drawn. */
  annotate(context, axes, mean, y) {
    const { climb, theme } = this;
    const lines = linesAbout(climb);
    if (!lines) return;
    const x = axes.x(mean);
    const lineHeight = 19 * theme.scale;
    const { left, bottom } = this.placeWords(axes, x, this.widthOf(lines, 15, 600), lines.length * lineHeight);
    const end = Math.min(y, axes.y(climb.likelihoodAt(mean))) - (halfOf(this.frame) === "E" ? 21 : 15) * theme.scale;
    if (end - bottom > 6 * theme.scale) {
      tracePath(context, [[x, bottom + 2 * theme.scale], [x, end]], false);
      context.lineWidth = 1.5 * theme.scale;
      context.strokeStyle = rgba(theme.muted);
      context.stroke();
    }
    context.font = font(theme, 15, 600);
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillStyle = rgba(theme.text);
    for (const [i, line] of lines.entries()) {
      context.fillText(line, left, bottom - (lines.length - 1 - i) * lineHeight);
    }
  }

  /** The lowest of three places for words that lie above x and above the curve. */
  placeWords(axes, x, width, height) {
    const { climb, theme } = this;
    const places = [0.5, 0.94, 0.06].map((share) => {
      const left = clamp(x - share * width, axes.left + 4, Math.max(axes.right - width - 4, 0));
      const columns = steps([left - 6, left + width + 6], 20);
      const tops = columns.map((column) => axes.y(climb.likelihoodAt(axes.toValue(column, 0)[0])));
      return { left, bottom: Math.max(Math.min(...tops) - 20 * theme.scale, height) };
    });
    return places.reduce((best, place) => (place.bottom > best.bottom + 1 ? place : best));
  }

  /** Name picture and ring for those who hear them. */
  name({ value, bound, gap, headline, count, end }) {
    const { climb, handle, panel } = this;
    const [low, high] = climb.range.map((end) => climb.textOf(end));
    const who = `the mean of component ${climb.component + 1}`;
    const now = climb.frame ? `lower bound ${withDecimals(bound, 1)}, gap ${asText(gap)}` : "no lower bound yet";
    panel.node.setAttribute(
      "aria-label",
      `The log-likelihood of ${climb.nPoints} points as a curve over ${who}, from ${low} to ${high}. ${headline}. ${count}: log-likelihood ${value}, ${now}.${end} Space plays, arrow keys step.`,
    );
    handle.node.setAttribute(
      "aria-label",
      `Start of ${who}: ${climb.label} ${climb.textOf(climb.start)}. Left and right arrow keys move it, with Shift further.`,
    );
  }
}

function linesAbout(climb) {
  const numbers = climb.numbersAt(climb.frame);
  if (climb.frame === climb.lastFrame) return ["The run ends here,", endInWords(numbers)];
  if (numbers.half === "M") return [`gap ${asText(numbers.gap)} = KL divergence:`, "the next E-step closes it"];
  return numbers.half === "E" ? ["bound = log-likelihood"] : null;
}

// --- One view -------------------------------------------------------------------

class BoundView extends WidgetView {
  constructor(model, el) {
    super(model, el, "bound", "Lower bound explorer");
    const climb = sharedBy(model);
    this.climb = climb;
    this.picture = new ClimbPicture(this, climb);
    this.transport = new Transport(climb.clock, "Half-step");
    this.build();
    this.hearOf(climb);
    this.keepGoing(climb.clock);
    this.begin();
  }

  build() {
    const { climb, picture, transport } = this;
    const badge = this.part("half", "span", { "aria-hidden": "true" });
    const hint = climb.requests.canAsk ? "Drag the ring to start elsewhere. " : "";
    this.root.append(
      ...(climb.title ? [element("p", { class: "gmm-title" }, climb.title)] : []),
      this.makeHead("log-likelihood", badge),
      picture.panel.node,
      this.makeKey(),
      this.makeControls(...transport.nodes),
      element("p", { class: "gmm-hint" }, `${hint}Space plays, ← and → step; a thin line is an earlier bound.`),
      ...this.makeVoice(),
    );
  }

  /** What the lines are, and what they are worth now. */
  makeKey() {
    const entry = (name, text) => {
      const number = this.part(`${name}-value`, "b");
      return element("span", {}, element("i", { class: `gmm-swatch gmm-${name}` }), text, " ", number);
    };
    const owned = `points that component ${this.climb.component + 1} owns`;
    return element("p", { class: "gmm-key" },
      entry("curve", "log-likelihood"), entry("parabola", "lower bound"), entry("gap", "gap"), entry("owned", owned));
  }

  hear(what) {
    const { climb, picture } = this;
    if (what === "trace" || what === "start") {
      this.repaint = true;
      picture.show(0);
    } else if (what === "frame") picture.show(climb.isHeld ? 0 : Math.min(500, 620 / climb.clock.speed));
    this.write();
  }

  paint() {
    this.picture.paint();
    this.root.style.setProperty("--gmm-component", rgba(this.picture.color()));
  }

  draw(now) {
    const moves = this.picture.draw(now, this.repaint);
    this.repaint = false;
    return moves;
  }

  write() {
    const { climb, picture } = this;
    const text = wordsForClimb(climb);
    this.half.textContent = text.half === "Start" ? "" : text.half;
    this.half.dataset.half = text.half;
    this.words.textContent = text.headline.replace(/^[EM]: /, "");
    this.count.textContent = text.count;
    this.value.textContent = text.value;
    this.change.textContent = text.change;
    this.message.textContent = climb.message;
    this.writeKey(text);
    this.transport.write(`${text.headline}, ${text.count}`);
    picture.name(text);
    this.saySoon(climb.clock.playing || climb.isHeld ? 2500 : 250);
  }

  writeKey({ value, bound, gap, iteration }) {
    const { counts } = this.climb;
    const values = iteration ? [withDecimals(bound, 1), asText(gap), asText(counts[iteration - 1])] : ["–", "–", "–"];
    const nodes = ["parabola", "gap", "owned"].map((name) => this[`${name}-value`]);
    this["curve-value"].textContent = value;
    nodes.forEach((node, i) => { node.textContent = values[i]; });
  }

  describe() {
    const { headline, count, value, change, end } = wordsForClimb(this.climb);
    return `${headline}. ${count}. Log-likelihood ${value}, ${change}.${end}`;
  }

  keys() {
    return this.climb.clock.keys();
  }
}

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  const climb = new Climb(model);
  share(model, climb);
  return () => clearTimeout(climb.requests.timer);
}

function render({ model, el }) {
  const view = new BoundView(model, el);
  return () => view.remove();
}

export default { initialize, render };
