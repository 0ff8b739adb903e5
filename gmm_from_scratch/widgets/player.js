import { Axes, DASHES, blendColors, clamp, drawMarker, ease, element, ellipsePoints, fitCanvas, formatNumber, interpolate, markerCorners, niceTicks, paletteFor, readTheme, rgba, setAttributes, squareRoot, tracePath, watchTheme } from "./drawing.js";

// --- The run: what the kernel sent, and the clock that all views share -----------

// Views of one model reach their player through the scene, which they have in common.
const players = new WeakMap();

class Player {
  constructor(model) {
    this.model = model;
    this.listeners = new Set();
    const scene = model.get("_scene");
    Object.assign(this, {
      points: floats(scene.points),
      center: scene.center,
      scale: scene.scale,
      labels: scene.labels,
      title: scene.title,
      colors: scene.colors,
      firstStart: scene.start,
    });
    this.lastRequest = 0;
    this.waitingFor = null; // number of the request that the kernel has not answered
    this.wanted = null; // the latest start means that were not sent yet
    this.heldBy = null; // the handle that a pointer holds
    this.notice = "";
    this.readTrace();
    this.readStart();
    this.firstRanges = this.ranges = this.neededRanges();
    model.on("change:_trace", () => (this.readTrace(), this.tell("trace"), this.settle()));
    model.on("change:frame", () => (this.restartClock(), this.tell("frame")));
    model.on("change:playing", () => (this.restartClock(), this.tell("controls")));
    model.on("change:speed", () => this.tell("controls"));
    model.on("change:message", () => this.tell("message"));
    model.on("change:_reply", () => this.receiveReply());
    model.on("change:start_means", () => this.settle());
    this.restartClock();
  }

  tell(what) {
    for (const listener of this.listeners) listener(what);
  }

  readTrace() {
    const trace = this.model.get("_trace");
    this.bounds = doubles(trace.bounds);
    this.logLikelihoods = doubles(trace.log_likelihoods);
    this.weights = floats(trace.weights);
    this.means = floats(trace.means);
    this.covariances = floats(trace.covariances);
    this.responsibilities = bytes(trace.responsibilities);
    this.lastFrame = this.bounds.length;
    this.nComponents = this.weights.length / (this.lastFrame + 1);
    this.nPoints = this.points.length / 2;
  }

  readStart() {
    this.start = this.model.get("start_means");
  }

  get frame() {
    return Math.min(this.model.get("frame"), this.lastFrame);
  }
  get playing() {
    return this.model.get("playing");
  }
  get speed() {
    return this.model.get("speed");
  }
  get message() {
    return this.notice || this.model.get("message");
  }

  save(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  goTo(frame) {
    this.save({ frame: clamp(frame, 0, this.lastFrame) });
  }

  step(by) {
    this.save({ playing: false });
    this.goTo(this.frame + by);
  }

  togglePlaying() {
    const playing = !this.playing;
    if (playing && this.frame === this.lastFrame) this.goTo(0);
    this.save({ playing });
  }

  // A change of frame restarts the clock, so that two pages that show the same model
  // do not play it at double speed.
  restartClock() {
    this.frameSince = performance.now();
    if (!this.playing || this.ticking) return;
    const tick = (now) => {
      this.ticking = this.playing && this.listeners.size > 0;
      if (!this.ticking) return;
      if (this.frame >= this.lastFrame) this.save({ playing: false });
      else if (now - this.frameSince >= 1000 / this.speed) this.goTo(this.frame + 1);
      requestAnimationFrame(tick);
    };
    this.ticking = true;
    requestAnimationFrame(tick);
  }

  // Parameters at a frame; a start that is being moved shows at once.
  state(frame) {
    const K = this.nComponents;
    const means = this.means.slice(2 * K * frame, 2 * K * (frame + 1));
    if (frame < 2) this.start.forEach((mean, k) => means.set(this.toUnits(mean), 2 * k));
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

  // --- Moving a start: one request at a time, then only the latest position ---

  get startHasMoved() {
    const isNear = (value, other, i) => Math.abs(value - other) < 1e-9 * this.scale[i];
    const isFirst = (mean, k) => mean.every((value, i) => isNear(value, this.firstStart[k][i], i));
    return !this.start.every(isFirst);
  }

  moveStart(k, mean) {
    this.moveStarts(this.start.with(k, mean));
  }

  moveStarts(means) {
    this.start = this.wanted = means;
    if (this.waitingFor === null) this.sendRequest();
    this.tell("start");
  }

  sendRequest() {
    this.lastRequest = Math.max(this.lastRequest, this.model.get("_reply")) + 1;
    this.waitingFor = this.lastRequest;
    const request = { id: this.lastRequest, means: this.wanted };
    this.wanted = null;
    this.timer = setTimeout(() => this.giveUpWaiting(), 2000);
    this.save({ _request: request });
  }

  receiveReply() {
    if (this.model.get("_reply") !== this.lastRequest) return;
    clearTimeout(this.timer);
    this.waitingFor = null;
    this.notice = "";
    if (this.wanted) this.sendRequest();
    this.settle();
    this.tell("message");
  }

  giveUpWaiting() {
    this.waitingFor = null;
    this.notice =
      "No kernel answers, so EM cannot run from the new start; playing and stepping through the last run still work.";
    this.tell("message");
  }

  release() {
    this.heldBy = null;
    this.tell("start");
    this.settle();
  }

  // Once nothing is held or unanswered, the rings stand where the last run began, and the
  // view widens if it must; never before, so that nothing jumps under the pointer.
  settle() {
    const isAnswered = !this.wanted && this.model.get("_reply") >= this.lastRequest;
    if (!isAnswered || this.heldBy !== null) return;
    this.readStart();
    const needed = this.neededRanges();
    const ranges = this.firstRanges.map((value, i) => (i % 2 ? Math.max : Math.min)(value, needed[i]));
    this.tell("start");
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

// So far from the middle, in units of the points' range, a start can be moved.
const FAR = 1.5;

const extent = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [0, 0]);
const copy = (view) => view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
const floats = (view) => new Float32Array(copy(view));
const doubles = (view) => new Float64Array(copy(view));
const bytes = (view) => new Uint8Array(copy(view));

// --- Words ----------------------------------------------------------------------

const HEADLINES = { Start: "Start", E: "E: who belongs to whom", M: "M: move the Gaussians" };

const halfOf = (frame) => (frame === 0 ? "Start" : frame % 2 ? "E" : "M");
const iterationOf = (frame) => Math.ceil(frame / 2);

function describe(player) {
  const { frame, lastFrame } = player;
  const half = halfOf(frame);
  const value = player.logLikelihoods[Math.max(frame - 1, 0)];
  const gain = half === "M" ? value - player.logLikelihoods[frame - 2] : 0;
  const change = {
    Start: "before the first step",
    E: "unchanged by an E-step",
    M: `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(Math.abs(gain) < 0.1 ? 4 : 1)}`,
  }[half];
  return {
    half,
    headline: HEADLINES[half],
    count: frame
      ? `Iteration ${iterationOf(frame)} of ${iterationOf(lastFrame)}`
      : "Nobody belongs to anybody yet",
    value: value.toFixed(1).replace("-", "−"),
    change: half === "M" ? `${change} in this step` : change,
  };
}

// --- Controls -------------------------------------------------------------------

const ICONS = {
  start: "M3 3h2.4v12H3zM15.5 3v12L6.5 9z",
  back: "M12.5 3v12L4.5 9z",
  play: "M4 2.5v13L15.5 9z",
  pause: "M4 3h3.6v12H4zM10.4 3H14v12h-3.6z",
  forward: "M5.5 3v12l8-6z",
};

// JupyterLab's shortcuts leave keys alone only if the focused element says so itself.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

function vector(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

const icon = (name) =>
  vector("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, vector("path", { d: ICONS[name] }));

function makeButton(label, name, click) {
  const attributes = { type: "button", "aria-label": label, title: label, click, ...OWN_KEYS };
  return element("button", attributes, icon(name));
}

function makeControls(player) {
  const play = element(
    "button",
    { type: "button", class: "gmm-play", click: () => player.togglePlaying(), ...OWN_KEYS },
    "Play",
  );
  const scrub = element("input", {
    type: "range",
    min: 0,
    step: 1,
    input: () => (player.save({ playing: false }), player.goTo(Number(scrub.value))),
    ...OWN_KEYS,
  });
  const speed = element(
    "select",
    { change: () => player.save({ speed: Number(speed.value) }), ...OWN_KEYS },
    ...[0.5, 1, 2, 4].map((value) => element("option", { value }, speedLabel(value))),
  );
  const node = element(
    "div",
    { class: "gmm-controls" },
    play,
    makeButton("Rewind to the start", "start", () => player.step(-Infinity)),
    makeButton("One half-step back", "back", () => player.step(-1)),
    makeButton("One half-step forward", "forward", () => player.step(1)),
    element("label", { class: "gmm-scrub" }, "Half-step", scrub),
    element("label", {}, "Speed", speed),
  );
  return { node, play, scrub, speed };
}

const speedLabel = (value) => `${value === 0.5 ? "½" : value} ×`;

const RING = 17; // outer radius of a start's ring, in pixels

// --- One view -------------------------------------------------------------------

class View {
  constructor(player, root) {
    this.player = player;
    this.root = root;
    this.colorCache = new Map();
    this.build();
    this.theme = readTheme(this.root);
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.listener = (what) => this.hear(what);
    player.listeners.add(this.listener);
    player.restartClock();
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.stage);
    this.resizing.observe(this.stairs);
    this.stopWatchingTheme = watchTheme(root, () => this.changeTheme());
    this.makeComponents();
    this.changeTheme();
    this.speak();
  }

  remove() {
    this.player.listeners.delete(this.listener);
    this.resizing.disconnect();
    this.stopWatchingTheme();
    cancelAnimationFrame(this.request);
    clearTimeout(this.speaking);
  }

  build() {
    const { player } = this;
    const canvas = () => element("canvas", { "aria-hidden": "true" });
    const part = (name, tag = "p") => (this[name] = element(tag, { class: `gmm-${name}` }));
    this.pointLayer = canvas();
    this.shapeLayer = canvas();
    this.stairsLayer = canvas();
    this.stage = element(
      "div",
      { class: "gmm-stage", role: "group", tabindex: 0, ...OWN_KEYS },
      this.pointLayer,
      this.shapeLayer,
    );
    this.stairs = element("div", { class: "gmm-stairs", role: "img" }, this.stairsLayer);
    this.controls = makeControls(player);
    this.reset = this.makeReset();
    this.half = element("span", { class: "gmm-half", "aria-hidden": "true" });
    this.words = element("span");
    this.value = element("span");
    const title = element("p", { class: "gmm-title" }, player.title);
    this.root.append(
      ...(player.title ? [title] : []),
      element("div", { class: "gmm-head" },
        element("div", {}, element("p", { class: "gmm-headline" }, this.half, this.words), part("count")),
        element("div", { class: "gmm-score" },
          element("p", { class: "gmm-score-value" }, element("small", {}, "log-likelihood"), this.value),
          part("change"))),
      element("div", { class: "gmm-panels" },
        this.stage,
        element("div", { class: "gmm-side" },
          element("div", { class: "gmm-ladder" },
            element("p", { class: "gmm-heading" }, "The lower bound never falls"),
            this.stairs, part("key")),
          element("div", {}, element("p", { class: "gmm-heading" }, "Components"), part("components", "div")))),
      this.controls.node,
      element("div", { class: "gmm-foot" },
        element("p", { class: "gmm-hint" }, "Drag a ring to start a component elsewhere. Space plays, ← and → step."),
        this.reset),
      part("message"),
      part("spoken"),
    );
    const words = ["○ after E", "● after M", "┅ log-likelihood"];
    this.key.append(...words.map((text) => element("span", {}, text)));
    this.message.setAttribute("role", "status");
    this.spoken.setAttribute("aria-live", "polite");
    this.root.addEventListener("keydown", (event) => this.pressKey(event));
    this.listenToStairs();
  }

  makeReset() {
    const click = () => {
      this.player.moveStarts(this.player.firstStart);
      // The button is about to be disabled, and would take the focus with it.
      this.stage.focus();
    };
    const attributes = { type: "button", class: "gmm-reset", click, ...OWN_KEYS };
    return element("button", attributes, "Back to the first start");
  }

  hear(what) {
    const { player } = this;
    if (what === "trace") this.colorCache.clear();
    if (what === "trace" || what === "start") this.show(0);
    else if (what === "ranges") this.show(300);
    else if (what === "frame") {
      this.show(player.heldBy === null ? Math.min(600, 620 / player.speed) : 0);
    }
    this.writeTexts();
  }

  // --- Motion: from what is on screen now to the current frame ---

  show(duration) {
    const { player } = this;
    const target = player.state(player.frame);
    const colors = this.colorsAt(player.frame);
    const still = this.calm.matches || !this.shown || this.shown.means.length !== target.means.length;
    this.repaint ||= colors !== this.target?.colors || target.ranges !== this.target.ranges;
    target.colors = colors;
    this.from = still ? target : mapArrays(this.shown, (array) => array.slice());
    this.shown = still ? mapArrays(target, (array) => array.slice()) : this.shown;
    this.target = target;
    this.began = performance.now();
    this.duration = still ? 0 : duration;
    this.schedule();
  }

  schedule() {
    if (this.request) return;
    this.request = requestAnimationFrame((now) => {
      this.request = 0;
      this.draw(now);
    });
  }

  draw(now) {
    if (!this.stageSize) return;
    const t = this.duration ? Math.min(Math.max((now - this.began) / this.duration, 0), 1) : 1;
    for (const name of ["means", "roots", "weights", "ranges"]) {
      interpolate(this.shown[name], this.from[name], this.target[name], ease(t));
    }
    if (this.repaint) {
      interpolate(this.shown.colors, this.from.colors, this.target.colors, ease(t));
      this.drawPoints();
    }
    this.drawShapes();
    this.drawStairs();
    this.writeComponents();
    if (t < 1) this.schedule();
    else this.repaint = false;
  }

  resize() {
    // While the page hides the view, its size is zero: the last picture is kept.
    if (!this.stage.clientWidth || !this.stairs.clientWidth) return;
    this.stageSize = [this.stage.clientWidth, this.stage.clientHeight];
    this.stairsSize = [this.stairs.clientWidth, this.stairs.clientHeight];
    // Colors and fonts are known only once the view has its place in the page.
    if (!this.theme.font) this.changeTheme();
    this.repaint = true;
    this.schedule();
  }

  changeTheme() {
    this.theme = readTheme(this.root);
    this.palette = paletteFor(this.player.colors, this.theme.dark);
    this.colorCache.clear();
    this.paintComponents();
    this.show(0);
    this.writeTexts();
    this.repaint = true;
  }

  color(k) {
    return this.palette[k % this.palette.length];
  }

  colorsAt(frame) {
    const { nPoints, nComponents, responsibilities } = this.player;
    const index = iterationOf(frame);
    if (!this.colorCache.has(index)) {
      const size = nPoints * (nComponents - 1);
      const part = responsibilities.subarray((index - 1) * size, index * size);
      const colors = index
        ? blendColors(part, nPoints, nComponents, this.palette)
        : Float32Array.from({ length: 3 * nPoints }, (_, i) => this.theme.unassigned[i % 3]);
      this.colorCache.set(index, colors);
    }
    return this.colorCache.get(index);
  }

  // --- The plane ---

  plane() {
    const [width, height] = this.stageSize;
    const [left, right, low, high] = this.shown.ranges;
    const [x, y] = [[left, right], [low, high]];
    return new Axes({ left: 50, top: 32, right: width - 10, bottom: height - 52, x, y });
  }

  ticks(axis, range, count) {
    const { center, scale } = this.player;
    const [low, high] = range.map((value) => center[axis] + value * scale[axis]);
    const values = niceTicks(low, high, count);
    const spacing = values.length > 1 ? values[1] - values[0] : 1;
    return values.map((value) => ({
      at: (value - center[axis]) / scale[axis],
      label: formatNumber(value, spacing),
    }));
  }

  drawPoints() {
    const { player, theme, shown } = this;
    const [width, height] = this.stageSize;
    const context = fitCanvas(this.pointLayer, width, height);
    const axes = this.plane();
    axes.drawGrid(context, theme, {
      xTicks: this.ticks(0, axes.xRange, width / 100),
      yTicks: this.ticks(1, axes.yRange, height / 75),
    });
    context.fillStyle = rgba(theme.text);
    context.font = `15px ${theme.font}`;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(player.labels[1], 2, 18);
    context.textAlign = "right";
    context.fillText(player.labels[0], axes.right, height - 6);
    const radius = player.nPoints > 3000 ? 2.2 : player.nPoints > 800 ? 3 : 3.8;
    for (let n = 0; n < player.nPoints; n++) {
      context.fillStyle = rgba(shown.colors.subarray(3 * n, 3 * n + 3), theme.dark ? 0.85 : 0.72);
      context.beginPath();
      context.arc(axes.x(player.points[2 * n]), axes.y(player.points[2 * n + 1]), radius, 0, 7);
      context.fill();
    }
  }

  drawShapes() {
    const { player, shown } = this;
    const context = fitCanvas(this.shapeLayer, ...this.stageSize);
    const axes = this.plane();
    const K = player.nComponents;
    context.save();
    axes.clip(context);
    for (let k = 0; k < K; k++) this.drawEllipses(context, axes, k);
    for (let k = 0; k < K; k++) this.drawTrail(context, axes, k);
    context.restore();
    for (let k = 0; k < K; k++) {
      const [x, y] = axes.toPixel(shown.means.subarray(2 * k, 2 * k + 2));
      drawMarker(context, x, y, k, this.color(k), this.theme);
      this.placeHandle(axes, k, x, y);
    }
  }

  drawEllipses(context, axes, k) {
    const { shown, theme } = this;
    const mean = shown.means.subarray(2 * k, 2 * k + 2);
    const root = shown.roots.subarray(3 * k, 3 * k + 3);
    const trace = (nStd) =>
      tracePath(context, ellipsePoints(mean, root, nStd).map((point) => axes.toPixel(point)));
    trace(2);
    context.fillStyle = rgba(this.color(k), 0.05);
    context.fill();
    context.lineWidth = 2;
    context.setLineDash(DASHES[k % DASHES.length].map((length) => 2 * length));
    context.strokeStyle = rgba(this.color(k), 0.6);
    context.stroke();
    context.setLineDash([]);
    trace(1);
    context.fillStyle = rgba(this.color(k), 0.07);
    context.fill();
    context.lineWidth = 6;
    context.strokeStyle = rgba(theme.background, 0.75);
    context.stroke();
    context.lineWidth = 3.5;
    context.strokeStyle = rgba(this.color(k));
    context.stroke();
  }

  drawTrail(context, axes, k) {
    const { player, shown } = this;
    const past = [];
    for (let frame = 0; frame < player.frame; frame += 2) past.push(player.meanAt(frame, k));
    const path = [...past, shown.means.subarray(2 * k, 2 * k + 2)].map((mean) => axes.toPixel(mean));
    this.strokeTrail(context, outsideRing(path), k, 1);
    if (player.heldBy === null) return;
    const ahead = [path.at(-1)];
    for (let frame = 2 * past.length + 2; frame <= player.lastFrame; frame += 2) {
      ahead.push(axes.toPixel(player.meanAt(frame, k)));
    }
    this.strokeTrail(context, ahead, k, 0.55);
    const [x, y] = ahead.at(-1);
    tracePath(context, markerCorners(k, 8).map(([dx, dy]) => [x + dx, y + dy]));
    context.fillStyle = rgba(this.theme.background);
    context.fill();
    context.lineWidth = 2.5;
    context.stroke();
  }

  strokeTrail(context, path, k, alpha) {
    tracePath(context, path, false);
    context.lineJoin = "round";
    context.lineWidth = 5;
    context.strokeStyle = rgba(this.theme.background, 0.7 * alpha);
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = rgba(this.color(k), alpha);
    context.stroke();
    context.fillStyle = rgba(this.color(k), alpha);
    for (const [x, y] of path.slice(1, -1)) {
      context.beginPath();
      context.arc(x, y, 3.2, 0, 7);
      context.fill();
    }
  }

  // --- The staircase ---

  // A first leap far larger than all that follows would flatten the stairs: then the
  // scale begins where the stairs begin, and an arrow names the leap.
  stairsRange() {
    const { bounds, logLikelihoods } = this.player;
    const high = Math.max(...bounds, ...logLikelihoods);
    let low = Math.min(...bounds);
    for (let frame = 1; frame < Math.min(3, bounds.length - 2); frame++) {
      if (high - bounds[frame] < 0.4 * (high - low)) low = bounds[frame];
    }
    const pad = 0.1 * (high - low || 1);
    return [low - 2.6 * pad, high + pad];
  }

  stairsAxes(context) {
    const [width, height] = this.stairsSize;
    const y = this.stairsRange();
    const values = niceTicks(...y, height / 42);
    const spacing = values.length > 1 ? values[1] - values[0] : 1;
    const yTicks = values.map((at) => ({ at, label: formatNumber(at, spacing) }));
    context.font = `14px ${this.theme.font}`;
    const left = 10 + Math.max(...yTicks.map(({ label }) => context.measureText(label).width));
    const x = [0.4, this.player.lastFrame + 0.6];
    return { axes: new Axes({ left, top: 8, right: width - 6, bottom: height - 30, x, y }), yTicks };
  }

  drawStairs() {
    const { player, theme } = this;
    const context = fitCanvas(this.stairsLayer, ...this.stairsSize);
    const { axes, yTicks } = this.stairsAxes(context);
    this.drawIterations(context, axes, yTicks);
    this.traceStairs(context, axes, player.logLikelihoods);
    context.lineWidth = 1.5;
    context.setLineDash([4, 4]);
    context.strokeStyle = rgba(theme.muted, 0.8);
    context.stroke();
    context.setLineDash([]);
    const now = axes.x(player.frame + 0.5);
    this.strokeStairs(context, axes, axes.left, now, 1);
    this.strokeStairs(context, axes, now, axes.right, 0.3);
    const size = Math.min(4.5, Math.max(2, (axes.right - axes.left) / player.lastFrame / 3.2));
    for (let frame = 1; frame <= player.lastFrame; frame++) {
      this.drawStair(context, axes, frame, frame === player.frame ? size + 2.5 : size);
    }
  }

  drawIterations(context, axes, yTicks) {
    const { player, theme } = this;
    const at = (iteration) => 2 * iteration - 0.5;
    const count = Math.min((axes.right - axes.left) / 45, player.lastFrame / 2);
    const xTicks = niceTicks(1, Math.max(1, iterationOf(player.lastFrame)), count)
      .filter((value) => Number.isInteger(value) && value >= 1)
      .map((value) => ({ at: at(value), label: String(value) }));
    if (player.frame) {
      const [left, right] = [-0.5, 0.5].map((shift) => axes.x(player.frame + shift));
      context.fillStyle = rgba(theme.text, 0.1);
      context.fillRect(left, axes.top, right - left, axes.bottom - axes.top);
    }
    axes.drawGrid(context, theme, { xTicks, yTicks, xGrid: false });
  }

  traceStairs(context, axes, values) {
    const path = [];
    values.forEach((value, i) => {
      const y = Math.min(axes.y(value), axes.bottom);
      path.push([axes.x(i + 0.5), y], [axes.x(i + 1.5), y]);
    });
    tracePath(context, path, false);
  }

  strokeStairs(context, axes, left, right, alpha) {
    context.save();
    context.beginPath();
    context.rect(left, 0, Math.max(right - left, 0), axes.bottom + 2);
    context.clip();
    this.traceStairs(context, axes, this.player.bounds);
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = rgba(this.theme.text, alpha);
    context.stroke();
    context.restore();
  }

  drawStair(context, axes, frame, size) {
    const { player, theme } = this;
    const value = player.bounds[frame - 1];
    const [x, y] = [axes.x(frame), Math.min(axes.y(value), axes.bottom)];
    const alpha = frame <= player.frame ? 1 : 0.3;
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.lineWidth = 2;
    context.fillStyle = rgba(theme.background);
    context.fill();
    context.fillStyle = rgba(frame % 2 ? theme.background : theme.text, alpha);
    context.strokeStyle = rgba(theme.text, alpha);
    context.fill();
    context.stroke();
    if (frame > 1 || axes.y(value) <= axes.bottom) return;
    context.font = `14px ${theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    const label = `↓ ${formatNumber(Math.round(value), 1)}`;
    const isBelow = (other) => axes.y(other) > axes.bottom;
    const left = axes.x(player.bounds.findLastIndex(isBelow) + 1.5) + 8;
    context.lineWidth = 5;
    context.lineJoin = "round";
    context.strokeStyle = rgba(theme.background);
    context.strokeText(label, left, axes.bottom - 2);
    context.fillStyle = rgba(theme.muted);
    context.fillText(label, left, axes.bottom - 2);
  }

  listenToStairs() {
    const { player, stairsLayer } = this;
    const scrub = (event) => {
      const { axes } = this.stairsAxes(stairsLayer.getContext("2d"));
      player.goTo(Math.round(axes.toValue(event.offsetX, 0)[0]));
    };
    stairsLayer.addEventListener("pointerdown", (event) => {
      stairsLayer.setPointerCapture(event.pointerId);
      player.save({ playing: false });
      scrub(event);
    });
    stairsLayer.addEventListener("pointermove", (event) => {
      if (stairsLayer.hasPointerCapture(event.pointerId)) scrub(event);
    });
  }

  // --- Components: handles on the plane, rows beside it ---

  makeComponents() {
    const { nComponents } = this.player;
    const heads = ["", "weight", "", "mean"].map((text) => element("span", { class: "gmm-column" }, text));
    this.components.append(...heads);
    // So many do not fit: the list scrolls, and must then be reached by keyboard.
    const scrolling = { tabindex: 0, role: "group", "aria-label": "Components", ...OWN_KEYS };
    if (nComponents > 8) setAttributes(this.components, scrolling);
    this.rows = [];
    this.handles = [];
    for (let k = 0; k < nComponents; k++) {
      const row = {
        name: element("canvas", { class: "gmm-name", role: "img", "aria-label": `Component ${k + 1}` }),
        bar: element("div"),
        weight: element("span", { class: "gmm-number" }),
        mean: element("span", { class: "gmm-number" }),
      };
      this.components.append(row.name, element("div", { class: "gmm-bar" }, row.bar), row.weight, row.mean);
      this.rows.push(row);
      this.handles.push(this.makeHandle(k));
    }
    // Rings lie under the shapes: where things stand now counts for more.
    this.shapeLayer.before(...this.handles);
  }

  paintComponents() {
    this.rows.forEach((row, k) => {
      const context = fitCanvas(row.name, 30, 30);
      drawMarker(context, 15, 15, k, this.color(k), this.theme, 9.5);
      row.bar.style.background = rgba(this.color(k));
      this.handles[k].style.color = rgba(this.color(k));
    });
  }

  writeComponents() {
    const { player, shown } = this;
    this.rows.forEach((row, k) => {
      const mean = player.fromUnits([...shown.means.subarray(2 * k, 2 * k + 2)]);
      row.bar.style.transform = `scaleX(${shown.weights[k]})`;
      row.weight.textContent = shown.weights[k].toFixed(2);
      row.mean.textContent = mean.map((value, i) => formatNumber(value, player.scale[i] / 99)).join(", ");
    });
  }

  makeHandle(k) {
    const circle = (name) => vector("circle", { cx: 20, cy: 20, r: RING - 1, class: name });
    const arms = vector("path", { d: "M20 0v8M20 32v8M0 20h8M32 20h8" });
    const number = vector("text", {
      x: 20, y: 25, "text-anchor": "middle", "font-size": 14, "font-weight": 700, class: "gmm-number",
    });
    number.textContent = k + 1;
    const picture = vector("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, circle("gmm-halo"), circle(""), arms, number);
    const handle = element("button", { type: "button", class: "gmm-handle", ...OWN_KEYS }, picture);
    handle.addEventListener("keydown", (event) => this.nudge(event, k));
    this.listenToHandle(handle, k);
    handle.number = number;
    return handle;
  }

  listenToHandle(handle, k) {
    const { player } = this;
    let grip = [0, 0]; // where the pointer took hold, from the middle of the ring
    const offset = (event, node, middle) => {
      const { left, top } = node.getBoundingClientRect();
      return [event.clientX - left - middle, event.clientY - top - middle];
    };
    const move = (event) => {
      const axes = this.plane();
      const pixel = offset(event, this.stage, 0).map((value, i) => value - grip[i]);
      player.moveStart(k, player.fromUnits(axes.toValue(...axes.inside(pixel, RING))));
    };
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      grip = offset(event, handle, 20);
      player.heldBy = k;
      player.save({ playing: false });
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) move(event);
    });
    handle.addEventListener("lostpointercapture", () => player.release());
  }

  nudge(event, k) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const { player } = this;
    const step = event.shiftKey ? 0.05 : 0.01;
    const value = player.toUnits(player.start[k]).map((old, i) => clamp(old + direction[i] * step, -FAR, FAR));
    player.moveStart(k, player.fromUnits(value));
  }

  placeHandle(axes, k, meanX, meanY) {
    const { player } = this;
    const [x, y] = axes.inside(axes.toPixel(player.toUnits(player.start[k])), RING);
    const handle = this.handles[k];
    handle.style.transform = `translate(${x}px, ${y}px)`;
    // Where the mean still stands inside its ring, it carries the number itself.
    handle.number.style.display = Math.hypot(x - meanX, y - meanY) < 22 ? "none" : "";
  }

  // --- Words and keys ---

  writeTexts() {
    const { player, controls } = this;
    const text = describe(player);
    this.half.textContent = text.half === "Start" ? "" : text.half;
    this.half.dataset.half = text.half;
    this.words.textContent = text.headline.replace(/^[EM]: /, "");
    this.count.textContent = text.count;
    this.value.textContent = text.value;
    this.change.textContent = text.change;
    this.message.textContent = player.message;
    this.reset.disabled = !player.startHasMoved;
    const verb = player.playing ? "pause" : "play";
    controls.play.replaceChildren(icon(verb), verb === "play" ? "Play" : "Pause");
    controls.scrub.max = player.lastFrame;
    controls.scrub.value = player.frame;
    controls.scrub.setAttribute("aria-valuetext", `${text.headline}, ${text.count}`);
    this.writeSpeed();
    this.writeLabels(text);
    this.speakSoon();
  }

  writeSpeed() {
    const { player, controls } = this;
    const value = String(player.speed);
    if (![...controls.speed.options].some((option) => option.value === value)) {
      controls.speed.append(element("option", { value }, speedLabel(player.speed)));
    }
    controls.speed.value = value;
  }

  writeLabels({ headline, count, value }) {
    const { player } = this;
    const [xLabel, yLabel] = player.labels;
    this.stage.setAttribute(
      "aria-label",
      `${player.nPoints} points, ${xLabel} against ${yLabel}, with ${player.nComponents} Gaussians. ${headline}. ${count}. Space plays, arrow keys step.`,
    );
    this.stairs.setAttribute(
      "aria-label",
      `The lower bound on the log-likelihood after each of ${player.lastFrame} half-steps: it rises from ${player.bounds[0].toFixed(1)} to ${player.bounds.at(-1).toFixed(1)}. Now: log-likelihood ${value}.`,
    );
    this.handles.forEach((handle, k) => {
      const where = player.start[k].map((v, i) => `${player.labels[i]} ${formatNumber(v, player.scale[i] / 99)}`);
      handle.setAttribute("aria-label", `Start mean of component ${k + 1}: ${where.join(", ")}. Arrow keys move it, with Shift further.`);
    });
  }

  // A screen reader cannot follow every half-step of a fast play: it hears the latest.
  speakSoon() {
    if (this.speaking) return;
    const wait = this.player.playing || this.player.heldBy !== null ? 2500 : 250;
    this.speaking = setTimeout(() => this.speak(), wait);
  }

  speak() {
    this.speaking = 0;
    const { headline, count, value, change } = describe(this.player);
    const text = `${headline}. ${count}. Log-likelihood ${value}, ${change}.`;
    if (this.spoken.textContent !== text) this.spoken.textContent = text;
  }

  pressKey(event) {
    const { player } = this;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const tag = event.target.tagName;
    const own = { INPUT: /^(Arrow|Home|End|Page)/, SELECT: /./, BUTTON: /^( |Enter)$/ }[tag];
    if (own?.test(event.key)) return;
    const action = {
      " ": () => player.togglePlaying(),
      ArrowLeft: () => player.step(-1),
      ",": () => player.step(-1),
      ArrowRight: () => player.step(1),
      ".": () => player.step(1),
      Home: () => player.step(-Infinity),
      End: () => player.step(Infinity),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
}

// A trail begins at the rim of the start's ring, so that the number inside stays clear.
function outsideRing(path) {
  if (path.length < 2) return path;
  const [[x, y], [nextX, nextY]] = path;
  const share = RING / Math.hypot(nextX - x, nextY - y);
  if (share >= 1) return path.slice(1);
  return [[x + (nextX - x) * share, y + (nextY - y) * share], ...path.slice(1)];
}

const mapArrays = (state, change) =>
  Object.fromEntries(Object.entries(state).map(([name, array]) => [name, change(array)]));

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  const player = new Player(model);
  players.set(model.get("_scene"), player);
  return () => clearTimeout(player.timer);
}

function render({ model, el }) {
  const root = element("div", { class: "gmm-player", role: "group", "aria-label": "EM player" });
  el.append(root);
  const view = new View(players.get(model.get("_scene")), root);
  return () => view.remove();
}

export default { initialize, render };
