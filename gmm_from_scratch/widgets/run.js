import { Axes, blendColors, clamp, drawGaussian, drawMarker, drawPoints, ease, ellipsePoints, formatNumber, interpolate, markerCorners, paletteFor, rgba, squareRoot, ticksFor, tracePath } from "./drawing.js";
import { Clock, Handle, numbersOf, OWN_KEYS, Requests, ringPicture, save } from "./view.js";

// A run of EM as the kernel sent it, and the plane on which it is shown.

export const halfOf = (frame) => (frame === 0 ? "Start" : frame % 2 ? "E" : "M");
export const iterationOf = (frame) => Math.ceil(frame / 2);

// So far from the middle, in units of the points' range, a start can be moved.
const FAR = 1.5;
const RING = 17; // outer radius of a start's ring, in pixels

const extent = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [0, 0]);

/** One model's run and its clock; views listen to it. */
export class Run {
  constructor(model) {
    this.model = model;
    this.listeners = new Set();
    const scene = model.get("_scene");
    const { center, scale, labels, title, colors } = scene;
    Object.assign(this, { center, scale, labels, title, colors, points: numbersOf(Float32Array, scene.points) });
    this.clock = new Clock(model, () => this.lastFrame);
    this.requests = new Requests(model, () => {
      this.settle();
      this.tell("message");
    });
    this.heldBy = null; // the component whose ring a pointer holds
    this.readTrace();
    this.readStart();
    this.firstRanges = this.ranges = this.neededRanges();
    const listen = (name, call) => model.on(`change:${name}`, call);
    listen("_trace", () => this.receiveTrace());
    listen("start_means", () => this.settle());
    listen("frame", () => this.tell("frame"));
    listen("hard_labels", () => this.tell("colors"));
    for (const name of ["playing", "speed", "loop"]) listen(name, () => this.tell("controls"));
    for (const name of ["message", "_moved"]) listen(name, () => this.tell("message"));
    this.clock.restart();
  }

  tell(what) {
    for (const listener of this.listeners) listener(what);
  }

  readTrace() {
    const trace = this.model.get("_trace");
    this.bounds = numbersOf(Float64Array, trace.bounds);
    this.logLikelihoods = numbersOf(Float64Array, trace.log_likelihoods);
    this.weights = numbersOf(Float32Array, trace.weights);
    this.means = numbersOf(Float32Array, trace.means);
    this.covariances = numbersOf(Float32Array, trace.covariances);
    this.responsibilities = numbersOf(Uint8Array, trace.responsibilities);
    this.lastFrame = this.bounds.length;
    this.nComponents = this.weights.length / (this.lastFrame + 1);
    this.nPoints = this.points.length / 2;
  }

  receiveTrace() {
    this.readTrace();
    if (this.start.length !== this.nComponents) this.readStart();
    this.tell("trace");
    this.settle();
  }

  readStart() {
    this.start = this.model.get("start_means");
  }

  get frame() {
    return this.clock.frame;
  }
  get message() {
    return this.requests.notice || this.model.get("message");
  }
  get hasMoved() {
    return this.model.get("_moved") || !this.requests.allAnswered;
  }

  // Parameters at a frame; a start that is being moved shows at once.
  state(frame) {
    const K = this.nComponents;
    const means = this.means.slice(2 * K * frame, 2 * K * (frame + 1));
    if (frame < 2) this.start.forEach((mean, k) => { means.set(this.toUnits(mean), 2 * k); });
    const roots = new Float32Array(3 * K);
    for (let k = 0; k < K; k++) {
      const [xx, xy, , yy] = this.covariances.slice(4 * (K * frame + k));
      roots.set(squareRoot(xx, xy, yy), 3 * k);
    }
    const weights = this.weights.slice(K * frame, K * (frame + 1));
    return { means, roots, weights, ranges: this.ranges };
  }

  meanAt(frame, k) {
    if (frame === 0) return this.toUnits(this.start[k]);
    const at = 2 * (this.nComponents * frame + k);
    return [this.means[at], this.means[at + 1]];
  }

  toUnits(mean) {
    return mean.map((value, i) => (value - this.center[i]) / this.scale[i]);
  }
  fromUnits(mean) {
    return mean.map((value, i) => this.center[i] + value * this.scale[i]);
  }
  /** A place in the plane in the data's units, as text. */
  textOf(mean) {
    return mean.map((value, i) => formatNumber(value, this.scale[i] / 99));
  }

  moveStart(k, units) {
    const mean = this.fromUnits(units.map((value) => clamp(value, -FAR, FAR)));
    this.start = this.start.with(k, mean);
    this.requests.send({ means: this.start });
    this.tell("start");
  }

  hold(k) {
    this.heldBy = k;
    if (k !== null) return;
    this.tell("start");
    this.settle();
  }

  // Once nothing is held or unanswered, the rings stand where the last run began, and the
  // view widens if it must; never before, so that nothing jumps under the pointer.
  settle() {
    if (!this.requests.allAnswered || this.heldBy !== null) return;
    // With another K, start and run arrive one after the other.
    if (this.model.get("start_means").length !== this.nComponents) return;
    this.readStart();
    const needed = this.neededRanges();
    const ranges = this.firstRanges.map((value, i) => (i % 2 ? Math.max : Math.min)(value, needed[i]));
    this.tell("start");
    this.setRanges(ranges);
  }

  setRanges(ranges) {
    if (ranges.every((value, i) => value === this.ranges[i])) return;
    this.ranges = ranges;
    this.tell("ranges");
  }

  // Low and high of x and of y: points and means with a margin, and the ellipses as far
  // as they do not dwarf the points, which span from −0.5 to 0.5.
  neededRanges() {
    return [0, 1].flatMap((axis) => {
      const means = [-0.5, 0.5];
      const ellipses = [];
      for (let frame = 0; frame <= this.lastFrame; frame += 2) {
        for (let k = 0; k < this.nComponents; k++) {
          const mean = this.meanAt(frame, k)[axis];
          const at = 4 * (this.nComponents * frame + k) + 3 * axis;
          const radius = 2.05 * Math.sqrt(this.covariances[at]);
          means.push(clamp(mean, -FAR, FAR));
          ellipses.push(clamp(mean - radius, -0.8, 0.8), clamp(mean + radius, -0.8, 0.8));
        }
      }
      const [[low, high], [left, right]] = [means, ellipses].map(extent);
      const margin = 0.08 * (high - low);
      return [Math.min(low - margin, left), Math.max(high + margin, right)];
    });
  }
}

const mapArrays = (state, change) =>
  Object.fromEntries(Object.entries(state).map(([name, array]) => [name, change(array)]));

/** Points, Gaussians, trails and rings of one run, moving from frame to frame. */
export class RunPlane {
  constructor(view, run) {
    this.view = view;
    this.run = run;
    this.panel = view.addPanel("stage", 2, { role: "group", tabindex: 0, ...OWN_KEYS });
    this.colorCache = new Map();
    this.handles = [];
  }

  get theme() {
    return this.view.theme;
  }

  /** Called when the theme, the run or the choice of colors has changed. */
  paint() {
    this.palette = paletteFor(this.run.colors, this.theme.dark);
    this.colorCache.clear();
    if (this.handles.length !== this.run.nComponents) this.makeHandles();
    this.handles.forEach((handle, k) => { handle.node.style.color = rgba(this.color(k)); });
    this.show(0);
  }

  color(k) {
    return this.palette[k % this.palette.length];
  }

  // --- Motion: from what is on screen now to the current frame ---

  show(duration) {
    const { run } = this;
    const target = run.state(run.frame);
    const colors = this.colorsAt(run.frame);
    const still = this.view.calm.matches || !this.shown || this.shown.means.length !== target.means.length;
    this.repaint ||= colors !== this.target?.colors || target.ranges !== this.target.ranges;
    target.colors = colors;
    this.from = still ? target : mapArrays(this.shown, (array) => array.slice());
    this.shown = still ? mapArrays(target, (array) => array.slice()) : this.shown;
    this.target = target;
    this.began = performance.now();
    this.duration = still ? 0 : duration;
    this.view.schedule();
  }

  /** Draw the moment; returns whether more are to come. */
  draw(now, repaint) {
    const t = this.duration ? Math.min(Math.max((now - this.began) / this.duration, 0), 1) : 1;
    for (const name of ["means", "roots", "weights", "ranges"]) {
      interpolate(this.shown[name], this.from[name], this.target[name], ease(t));
    }
    if (this.repaint || repaint) {
      interpolate(this.shown.colors, this.from.colors, this.target.colors, ease(t));
      this.drawPoints();
    }
    this.drawShapes();
    if (t === 1) this.repaint = false;
    return t < 1;
  }

  colorsAt(frame) {
    const { nPoints, nComponents, responsibilities, model } = this.run;
    const index = iterationOf(frame);
    if (!this.colorCache.has(index)) {
      const size = nPoints * (nComponents - 1);
      const part = responsibilities.subarray((index - 1) * size, index * size);
      const colors = index
        ? blendColors(part, nPoints, nComponents, this.palette, model.get("hard_labels"))
        : Float32Array.from({ length: 3 * nPoints }, (_, i) => this.theme.unassigned[i % 3]);
      this.colorCache.set(index, colors);
    }
    return this.colorCache.get(index);
  }

  // --- Drawing ---

  axes() {
    const { width, height } = this.panel;
    const { scale } = this.theme;
    const [left, right, low, high] = this.shown.ranges;
    const edges = { left: 50 * scale, top: 32 * scale, right: width - 10, bottom: height - 52 * scale };
    return new Axes({ ...edges, x: [left, right], y: [low, high] });
  }

  drawPoints() {
    const { run, theme, panel } = this;
    const context = panel.paint(0);
    const axes = this.axes();
    const ticks = (axis, range, count) => ticksFor(range, count, run.center[axis], run.scale[axis]);
    axes.drawGrid(context, theme, {
      xTicks: ticks(0, axes.xRange, panel.width / theme.scale / 100),
      yTicks: ticks(1, axes.yRange, panel.height / theme.scale / 75),
    });
    axes.drawLabels(context, theme, run.labels);
    drawPoints(context, axes, run.points, this.shown.colors, theme);
  }

  drawShapes() {
    const { run, shown, theme } = this;
    const context = this.panel.paint(1);
    const axes = this.axes();
    const K = run.nComponents;
    const at = (array, size, k) => array.subarray(size * k, size * (k + 1));
    context.save();
    axes.clip(context);
    this.drawGhosts(context, axes);
    for (let k = 0; k < K; k++) {
      drawGaussian(context, axes, at(shown.means, 2, k), at(shown.roots, 3, k), k, this.color(k), theme);
    }
    for (let k = 0; k < K; k++) this.drawTrail(context, axes, k);
    context.restore();
    for (let k = 0; k < K; k++) {
      const [x, y] = axes.toPixel(at(shown.means, 2, k));
      drawMarker(context, x, y, k, this.color(k), theme);
      this.placeHandle(k, x, y);
    }
  }

  // After an M-step, a thin line shows where each 1σ ellipse was before it.
  drawGhosts(context, axes) {
    const { run, theme } = this;
    if (halfOf(run.frame) !== "M" || run.heldBy !== null) return;
    const { means, roots } = run.state(run.frame - 1);
    context.lineWidth = 1.5 * theme.scale;
    for (let k = 0; k < run.nComponents; k++) {
      const outline = ellipsePoints(means.subarray(2 * k, 2 * k + 2), roots.subarray(3 * k, 3 * k + 3), 1);
      tracePath(context, outline.map((point) => axes.toPixel(point)));
      context.strokeStyle = rgba(this.color(k), 0.75);
      context.stroke();
    }
  }

  drawTrail(context, axes, k) {
    const { run, shown, theme } = this;
    const past = [];
    for (let frame = 0; frame < run.frame; frame += 2) past.push(run.meanAt(frame, k));
    const path = [...past, shown.means.subarray(2 * k, 2 * k + 2)].map((mean) => axes.toPixel(mean));
    this.strokeTrail(context, outsideRing(path, RING * theme.scale), k, 1);
    if (run.heldBy === null) return;
    const ahead = [path.at(-1)];
    for (let frame = 2 * past.length + 2; frame <= run.lastFrame; frame += 2) {
      ahead.push(axes.toPixel(run.meanAt(frame, k)));
    }
    this.strokeTrail(context, ahead, k, 0.55);
    const [x, y] = ahead.at(-1);
    tracePath(context, markerCorners(k, 8 * theme.scale).map(([dx, dy]) => [x + dx, y + dy]));
    context.fillStyle = rgba(theme.background);
    context.fill();
    context.lineWidth = 2.5 * theme.scale;
    context.stroke();
  }

  strokeTrail(context, path, k, alpha) {
    const { theme } = this;
    tracePath(context, path, false);
    context.lineJoin = "round";
    context.lineWidth = 5 * theme.scale;
    context.strokeStyle = rgba(theme.background, 0.7 * alpha);
    context.stroke();
    context.lineWidth = 2 * theme.scale;
    context.strokeStyle = rgba(this.color(k), alpha);
    context.stroke();
    context.fillStyle = rgba(this.color(k), alpha);
    for (const [x, y] of path.slice(1, -1)) {
      context.beginPath();
      context.arc(x, y, 3.2 * theme.scale, 0, 7);
      context.fill();
    }
  }

  // --- Rings: where the components start ---

  makeHandles() {
    for (const handle of this.handles) handle.node.remove();
    this.handles = Array.from({ length: this.run.nComponents }, (_, k) => this.makeHandle(k));
    // Rings lie under the shapes: where things stand now counts for more.
    this.panel.layers[1].before(...this.handles.map((handle) => handle.node));
    this.name();
  }

  makeHandle(k) {
    const { run } = this;
    const spot = {
      axes: () => this.axes(),
      get: () => run.toUnits(run.start[k]),
      set: (units) => run.moveStart(k, units),
      hold: (held) => {
        if (held) save(run.model, { playing: false });
        run.hold(held ? k : null);
      },
      inset: () => RING * this.theme.scale,
    };
    const handle = new Handle(this.panel, spot, ringPicture(k + 1));
    handle.node.disabled = !run.requests.canAsk;
    return handle;
  }

  placeHandle(k, meanX, meanY) {
    const { node } = this.handles[k];
    const [x, y] = this.handles[k].place();
    // Where the mean still stands inside its ring, it carries the number itself.
    const isInside = Math.hypot(x - meanX, y - meanY) < 22 * this.theme.scale;
    node.querySelector(".gmm-number").style.display = isInside ? "none" : "";
  }

  /** Name the rings for those who hear them. */
  name() {
    const { run } = this;
    this.handles.forEach(({ node }, k) => {
      const where = run.textOf(run.start[k]).map((text, i) => `${run.labels[i]} ${text}`);
      node.setAttribute("aria-label", `Start mean of component ${k + 1}: ${where.join(", ")}. Arrow keys move it, with Shift further.`);
    });
  }
}

// A trail begins at the rim of the start's ring, so that the number inside stays clear.
function outsideRing(path, radius) {
  if (path.length < 2) return path;
  const [[x, y], [nextX, nextY]] = path;
  const share = radius / Math.hypot(nextX - x, nextY - y);
  if (share >= 1) return path.slice(1);
  return [[x + (nextX - x) * share, y + (nextY - y) * share], ...path.slice(1)];
}
