import { Axes, blendColors, clamp, drawCurve, drawGaussian, drawMarker, drawPoints, ease, element, font, interpolate, paletteFor, rgba, squareRoot, ticksFor, tracePath } from "./drawing.js";
import { logDensity, responsibilities } from "./gaussian.js";
import { makeButton, makeSelect, numbersOf, OWN_KEYS, save, share, sharedBy, WidgetView } from "./view.js";

// --- Words ----------------------------------------------------------------------

const CRITERIA = {
  bic: { name: "BIC", button: "BIC", heading: "BIC, lower is better", lowIsGood: true, decimals: 1 },
  aic: { name: "AIC", button: "AIC", heading: "AIC, lower is better", lowIsGood: true, decimals: 1 },
  held_out: { name: "held-out", button: "Held-out", heading: "Held-out log-likelihood per point, higher is better", lowIsGood: false, decimals: 3 },
};
// No criterion, but what they correct: the log-likelihood of the points that were fitted.
const SEEN = { name: "seen", lowIsGood: false, decimals: 3 };
const ROWS = { ...CRITERIA, seen: SEEN };

const SHAPES_OF_TYPE = {
  full: "Each Gaussian has a shape of its own",
  tied: "All Gaussians share one shape",
  diag: "Each Gaussian has its own widths, but no tilt",
  spherical: "Each Gaussian is equally wide in both features",
};

const numberText = (value, decimals) => value.toFixed(decimals).replace("-", "−");
// Where a line breaks, then behind the comma.
const choiceText = (K, type) => `K\u00a0=\u00a0${K}, ${type}`;

/** How far from the best, with a digit that is not zero. */
function missText(miss, { decimals }) {
  const needed = miss > 0 ? Math.ceil(-Math.log10(miss)) : 0;
  return miss.toFixed(clamp(needed, decimals, 6));
}

// --- What was fitted ------------------------------------------------------------

/** The fitted mixtures of one model, in units of the points' range, and their worth. */
class FittedMixtures {
  constructor(scene) {
    const { center, scale, labels, title, colors, ranges } = scene;
    Object.assign(this, { center, scale, labels, title, colors, ranges });
    this.points = numbersOf(Float32Array, scene.points);
    this.nPoints = this.points.length / 2;
    this.Ks = scene.n_components;
    this.types = scene.covariance_types;
    this.nParameters = scene.n_parameters;
    this.whyNot = scene.why_not;
    this.allKs = [...new Set(this.Ks)];
    this.allTypes = [...new Set(this.types)];
    this.values = Object.fromEntries(Object.keys(ROWS).map((name) => [name, numbersOf(Float64Array, scene.values[name])]));
    this.usable = Object.keys(CRITERIA).filter((name) => name in ranges);
    this.best = Object.fromEntries([...this.usable, "seen"].map((name) => [name, this.findBest(name)]));
    this.readMixtures(scene);
  }

  readMixtures(scene) {
    const [weights, means, covariances] = ["weights", "means", "covariances"].map((name) => numbersOf(Float64Array, scene[name]));
    let first = 0;
    this.mixtures = this.Ks.map((K) => {
      const components = Array.from({ length: K }, (_, k) => first + k);
      first += K;
      return {
        weights: weights.slice(first - K, first),
        means: components.map((at) => [means[2 * at], means[2 * at + 1]]),
        covariances: components.map((at) => [covariances[4 * at], covariances[4 * at + 1], covariances[4 * at + 3]]),
      };
    });
    this.bytes = new Map();
  }

  /** The first of the best, as Python finds it; a mixture without a value is never it. */
  findBest(name) {
    const sign = ROWS[name].lowIsGood ? 1 : -1;
    let best = -1;
    this.values[name].forEach((value, i, all) => {
      if (!Number.isNaN(value) && (best < 0 || sign * value < sign * all[best])) best = i;
    });
    return best;
  }

  indexOf(K, type) {
    return this.Ks.findIndex((value, i) => value === K && this.types[i] === type);
  }

  textOf(i) {
    return choiceText(this.Ks[i], this.types[i]);
  }

  missOf(name, i) {
    return Math.abs(this.values[name][i] - this.values[name][this.best[name]]);
  }

  /** Responsibilities of mixture i as bytes: an E-step in the browser, once for each. */
  responsibilityBytes(i) {
    if (!this.bytes.has(i)) this.bytes.set(i, this.computeBytes(this.mixtures[i]));
    return this.bytes.get(i);
  }

  computeBytes({ weights, means, covariances }) {
    const K = weights.length;
    const bytes = new Uint8Array(this.nPoints * (K - 1));
    for (let n = 0; n < this.nPoints; n++) {
      const point = [this.points[2 * n], this.points[2 * n + 1]];
      const shares = responsibilities(means.map((mean, k) => Math.log(weights[k]) + logDensity(point, mean, covariances[k])));
      // Each row sums to one, so the last component has the rest.
      for (let k = 0; k < K - 1; k++) bytes[n * (K - 1) + k] = Math.round(255 * shares[k]);
    }
    return bytes;
  }
}

// --- The plane ------------------------------------------------------------------

/** The points, colored by responsibility, and the Gaussians of the chosen mixture. */
class ChosenPlane {
  constructor(view, fits) {
    this.view = view;
    this.fits = fits;
    this.panel = view.addPanel("stage", 2, { role: "group", tabindex: 0, ...OWN_KEYS });
  }

  get theme() {
    return this.view.theme;
  }

  paint() {
    this.palette = paletteFor(this.fits.colors, this.theme.dark);
    this.show(this.index, 0);
  }

  color(k) {
    return this.palette[k % this.palette.length];
  }

  // --- Motion: from what is on screen now to the chosen mixture ---

  stateOf(i) {
    const { fits } = this;
    const { means, covariances } = fits.mixtures[i];
    return {
      means: Float64Array.from(means.flat()),
      roots: Float64Array.from(covariances.flatMap((covariance) => squareRoot(...covariance))),
      colors: blendColors(fits.responsibilityBytes(i), fits.nPoints, means.length, this.palette),
    };
  }

  show(i, duration) {
    const target = this.stateOf(i);
    const isStill = !duration || !this.shown || this.view.calm.matches;
    this.from = isStill ? target : this.split(this.shown, target);
    this.shown = Object.fromEntries(Object.entries(this.from).map(([name, array]) => [name, array.slice()]));
    Object.assign(this, { index: i, target, began: performance.now(), duration: isStill ? 0 : duration, repaint: true });
    this.view.schedule();
  }

  /** Let each new Gaussian begin as the old one that was nearest to its place. */
  split(old, { means }) {
    const [from, roots] = [new Float64Array(means.length), new Float64Array((3 * means.length) / 2)];
    for (let k = 0; k < means.length / 2; k++) {
      const distance = (j) => Math.hypot(old.means[2 * j] - means[2 * k], old.means[2 * j + 1] - means[2 * k + 1]);
      let nearest = 0;
      for (let j = 1; j < old.means.length / 2; j++) if (distance(j) < distance(nearest)) nearest = j;
      from.set(old.means.subarray(2 * nearest, 2 * nearest + 2), 2 * k);
      roots.set(old.roots.subarray(3 * nearest, 3 * nearest + 3), 3 * k);
    }
    return { means: from, roots, colors: old.colors };
  }

  /** Draw the moment; returns whether more are to come. */
  draw(now, repaint) {
    const t = this.duration ? clamp((now - this.began) / this.duration, 0, 1) : 1;
    for (const name of ["means", "roots", "colors"]) {
      interpolate(this.shown[name], this.from[name], this.target[name], ease(t));
    }
    if (this.repaint || repaint) this.drawGround();
    this.drawGaussians();
    if (t === 1) this.repaint = false;
    return t < 1;
  }

  // --- Drawing ---

  axes() {
    const { width, height } = this.panel;
    const { scale } = this.theme;
    const edges = { left: 50 * scale, top: 32 * scale, right: width - 10, bottom: height - 52 * scale };
    // The points span from −0.5 to 0.5; the view stands still, whatever is chosen.
    return new Axes({ ...edges, x: [-0.62, 0.62], y: [-0.62, 0.62] });
  }

  drawGround() {
    const { fits, theme, panel } = this;
    const context = panel.paint(0);
    const axes = this.axes();
    const ticks = (axis, range, count) => ticksFor(range, count, fits.center[axis], fits.scale[axis]);
    axes.drawGrid(context, theme, {
      xTicks: ticks(0, axes.xRange, panel.width / theme.scale / 100),
      yTicks: ticks(1, axes.yRange, panel.height / theme.scale / 75),
    });
    axes.drawLabels(context, theme, fits.labels);
    drawPoints(context, axes, fits.points, this.shown.colors, theme);
  }

  drawGaussians() {
    const { theme, shown: { means, roots } } = this;
    const context = this.panel.paint(1);
    const axes = this.axes();
    const K = means.length / 2;
    context.save();
    axes.clip(context);
    for (let k = 0; k < K; k++) {
      drawGaussian(context, axes, means.subarray(2 * k, 2 * k + 2), roots.subarray(3 * k, 3 * k + 3), k, this.color(k), theme);
    }
    context.restore();
    for (let k = 0; k < K; k++) {
      const [x, y] = axes.toPixel(means.subarray(2 * k, 2 * k + 2));
      drawMarker(context, x, y, k, this.color(k), theme);
    }
  }
}

// --- The curves -----------------------------------------------------------------

// Lines of the types, told apart without color: dashes in pixels, and markers.
const LINES = [
  { dash: [], isSquare: false, isFilled: true },
  { dash: [8, 4], isSquare: false, isFilled: false },
  { dash: [2.5, 3.5], isSquare: true, isFilled: true },
  { dash: [10, 3.5, 2.5, 3.5], isSquare: true, isFilled: false },
];

/** The criterion against K, one line for each type, which can be clicked. */
class Curves {
  constructor(view, fits) {
    this.view = view;
    this.fits = fits;
    this.panel = view.addPanel("curves", 1, { role: "group", tabindex: 0, ...OWN_KEYS });
    this.panel.node.addEventListener("click", (event) => {
      const { left, top } = this.panel.node.getBoundingClientRect();
      view.choose(this.nearest(event.clientX - left, event.clientY - top));
    });
  }

  get theme() {
    return this.view.theme;
  }

  // --- Places ---

  axes(context) {
    const { panel, fits, theme, view: { criterion } } = this;
    const { scale } = theme;
    const [low, high] = fits.ranges[criterion];
    const { lowIsGood } = CRITERIA[criterion];
    const edges = { top: 22 * scale, bottom: panel.height - 52 * scale };
    // Beyond the best there must be room for its ring and its word, beyond the worst for
    // an arrow.
    const unit = (high - low || 1) / (edges.bottom - edges.top - 62 * scale);
    const [below, above] = (lowIsGood ? [40, 22] : [22, 40]).map((pixels) => pixels * scale * unit);
    const y = [low - below, high + above];
    const yTicks = ticksFor(y, panel.height / scale / 50);
    context.font = font(theme, 14);
    const left = 14 * scale + Math.max(...yTicks.map(({ label }) => context.measureText(label).width));
    context.font = font(theme, 14, 700);
    const names = Math.max(...fits.allTypes.map((type) => context.measureText(`↑ ${type}`).width));
    const Ks = fits.allKs;
    const pad = 0.06 * (Ks.at(-1) - Ks[0]) || 1;
    const x = [Ks[0] - pad, Ks.at(-1) + pad];
    return { axes: new Axes({ ...edges, left, right: panel.width - names - 12 * scale, x, y }), yTicks };
  }

  /** Where mixture i is drawn; what is off the scale lies at the edge. */
  spot(axes, i) {
    const value = this.fits.values[this.view.criterion][i];
    const y = axes.y(value);
    const isOff = y < axes.top || y > axes.bottom;
    return { x: axes.x(this.fits.Ks[i]), y: clamp(y, axes.top, axes.bottom), value, isOff, isThere: !Number.isNaN(value) };
  }

  nearest(px, py) {
    const { axes } = this.axes(this.panel.layers[0].getContext("2d"));
    const distances = this.fits.Ks.map((_, i) => {
      const { x, y, isThere } = this.spot(axes, i);
      return isThere ? Math.hypot(x - px, y - py) : Infinity;
    });
    return distances.indexOf(Math.min(...distances));
  }

  // --- Drawing ---

  draw() {
    const { fits, view, theme } = this;
    const context = this.panel.paint();
    const { axes, yTicks } = this.axes(context);
    this.drawGround(context, axes, yTicks);
    const rows = fits.allTypes.map((type) => fits.allKs.map((K) => fits.indexOf(K, type)));
    const last = rows.findIndex((row) => row.includes(view.index));
    const order = [...rows.keys()].filter((i) => i !== last).concat(last);
    for (const i of order) this.drawLine(context, axes, rows[i], LINES[i % LINES.length], i === last);
    this.drawArrows(context, axes);
    this.drawBest(context, axes);
    this.drawChosen(context, axes, LINES[last % LINES.length]);
    this.nameLines(context, axes, rows, last);
    context.fillStyle = rgba(theme.text);
    context.font = font(theme, 15);
    context.textAlign = "right";
    context.textBaseline = "alphabetic";
    context.fillText("components K", axes.right, axes.bottom + 46 * theme.scale);
  }

  drawGround(context, axes, yTicks) {
    const { fits, theme, view: { index } } = this;
    const half = Math.min(14 * theme.scale, (axes.right - axes.left) / fits.allKs.length / 2);
    const x = axes.x(fits.Ks[index]);
    context.fillStyle = rgba(theme.text, 0.1);
    context.fillRect(x - half, axes.top, 2 * half, axes.bottom - axes.top);
    // As many K as there is room for.
    const room = (axes.right - axes.left) / theme.scale / 26;
    const every = Math.ceil(fits.allKs.length / room);
    const xTicks = fits.allKs.filter((_, i) => i % every === 0).map((K) => ({ at: K, label: String(K) }));
    axes.drawGrid(context, theme, { xTicks, yTicks, xGrid: false });
  }

  drawLine(context, axes, row, { dash, isSquare, isFilled }, isChosen) {
    const { fits, theme, view: { criterion } } = this;
    const values = fits.values[criterion];
    const color = rgba(isChosen ? theme.text : theme.muted);
    const width = isChosen ? 3 : 1.75;
    context.save();
    context.beginPath();
    context.rect(axes.left, axes.top, axes.right - axes.left, axes.bottom - axes.top);
    context.clip();
    // Where a value is missing, the line has a gap.
    for (let at = 0; at + 1 < row.length; at++) {
      if (row.slice(at, at + 2).some((i) => Number.isNaN(values[i]))) continue;
      let end = at + 1;
      while (end + 1 < row.length && !Number.isNaN(values[row[end + 1]])) end++;
      const part = row.slice(at, end + 1);
      drawCurve(context, axes, part.map((i) => fits.Ks[i]), part.map((i) => values[i]), { color, width, dash, theme });
      at = end;
    }
    context.restore();
    for (const i of row) {
      const { x, y, isOff, isThere } = this.spot(axes, i);
      if (isThere && !isOff) this.drawSpot(context, x, y, isSquare, isFilled, color, isChosen ? 4.5 : 3.5);
    }
  }

  drawSpot(context, x, y, isSquare, isFilled, color, size) {
    const { theme } = this;
    const radius = size * theme.scale;
    context.beginPath();
    if (isSquare) context.rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
    else context.arc(x, y, radius, 0, 7);
    context.fillStyle = isFilled ? color : rgba(theme.background);
    context.fill();
    context.lineWidth = 2 * theme.scale;
    context.strokeStyle = color;
    context.stroke();
  }

  /** For each K that has values off the scale, an arrow to them. */
  drawArrows(context, axes) {
    const { fits, theme, view: { criterion } } = this;
    for (const K of fits.allKs) {
      const isOff = fits.allTypes.some((type) => this.spot(axes, fits.indexOf(K, type)).isOff);
      if (isOff) this.drawArrow(context, axes, axes.x(K), CRITERIA[criterion].lowIsGood, rgba(theme.muted), 4);
    }
  }

  drawArrow(context, axes, x, isUp, color, size) {
    const s = size * this.theme.scale;
    const [tip, back] = isUp ? [axes.top - 2 * s, 1.7 * s] : [axes.bottom - 1, -1.7 * s];
    tracePath(context, [[x, tip], [x + s, tip + back], [x - s, tip + back]]);
    context.fillStyle = color;
    context.fill();
  }

  drawBest(context, axes) {
    const { fits, theme, view: { criterion } } = this;
    const { x, y } = this.spot(axes, fits.best[criterion]);
    context.beginPath();
    context.arc(x, y, 11 * theme.scale, 0, 7);
    context.lineWidth = 2.5 * theme.scale;
    context.strokeStyle = rgba(theme.text);
    context.stroke();
    context.textAlign = "center";
    context.textBaseline = "middle";
    const [middle] = axes.inside([x, y], 17 * theme.scale); // or it would reach into the ticks
    this.write(context, "best", middle, y + (CRITERIA[criterion].lowIsGood ? 24 : -24) * theme.scale, theme.text, 700);
  }

  drawChosen(context, axes, { isSquare, isFilled }) {
    const { theme, view: { criterion, index } } = this;
    const { x, y, value, isOff, isThere } = this.spot(axes, index);
    if (!isThere) return;
    if (!isOff) {
      this.drawSpot(context, x, y, isSquare, isFilled, rgba(theme.text), 6.5);
      return;
    }
    const { lowIsGood, decimals } = CRITERIA[criterion];
    this.drawArrow(context, axes, x, lowIsGood, rgba(theme.text), 7);
    const isLeft = x < (axes.left + axes.right) / 2;
    context.textAlign = isLeft ? "left" : "right";
    context.textBaseline = "middle";
    const text = numberText(value, decimals);
    this.write(context, text, x + (isLeft ? 12 : -12) * theme.scale, y + (lowIsGood ? -8 : -12) * theme.scale, theme.text, 700);
  }

  /** Names behind the ends of the lines, moved apart where they would overlap. */
  nameLines(context, axes, rows, chosen) {
    const { fits, theme } = this;
    const gap = 19 * theme.scale;
    const names = rows.map((row, type) => {
      const there = row.map((i) => this.spot(axes, i)).filter(({ isThere }) => isThere);
      return { type, end: there.at(-1) };
    }).filter(({ end }) => end).sort((one, other) => one.end.y - other.end.y);
    names.forEach((name, i) => { name.y = Math.max(name.end.y, i ? names[i - 1].y + gap : axes.top); });
    let floor = axes.bottom;
    for (const name of names.toReversed()) {
      name.y = Math.min(name.y, floor);
      floor = name.y - gap;
    }
    for (const { type, end, y } of names) this.nameLine(context, axes, fits.allTypes[type], end, y, type === chosen);
  }

  nameLine(context, axes, type, end, y, isChosen) {
    const { theme, view: { criterion } } = this;
    const color = isChosen ? theme.text : theme.muted;
    const left = axes.right + 8 * theme.scale;
    tracePath(context, [[end.x + 8 * theme.scale, end.y], [left - 3 * theme.scale, y]], false);
    context.lineWidth = theme.scale;
    context.strokeStyle = rgba(theme.line);
    if (!end.isOff) context.stroke();
    context.textAlign = "left";
    context.textBaseline = "middle";
    const arrow = CRITERIA[criterion].lowIsGood ? "↑" : "↓";
    this.write(context, end.isOff ? `${arrow} ${type}` : type, left, y, color, isChosen ? 700 : 400);
  }

  write(context, text, x, y, color, weight) {
    const { theme } = this;
    context.font = font(theme, 14, weight);
    context.lineJoin = "round";
    context.lineWidth = 4 * theme.scale;
    context.strokeStyle = rgba(theme.background, 0.85);
    context.strokeText(text, x, y);
    context.fillStyle = rgba(color);
    context.fillText(text, x, y);
  }

  name(words) {
    const { fits, view: { criterion } } = this;
    const text = `${CRITERIA[criterion].heading}, against K, one line for each covariance type: ${fits.allTypes.join(", ")}. The best is ${fits.textOf(fits.best[criterion])}. Chosen: ${words}. Arrow keys choose.`;
    this.panel.node.setAttribute("aria-label", text);
  }
}

// --- The table of criteria ------------------------------------------------------

/** All criteria for the chosen mixture, and what each would choose. */
class CriteriaTable {
  constructor(fits) {
    this.fits = fits;
    const heads = ["per model", "value", "from best", "prefers"].map((text, i) => (i ? element("th", { scope: "col" }, text) : element("td")));
    this.rows = Object.entries(ROWS).map(([name, { name: text }]) => {
      const cells = [1, 2, 3].map(() => element("td"));
      const node = element("tr", { "data-criterion": name }, element("th", { scope: "row" }, text), ...cells);
      return { name, cells, node };
    });
    this.node = element("table", { class: "gmm-criteria", "aria-label": "Criteria for the chosen mixture" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...this.rows.map(({ node }) => node)));
  }

  /** Whether the criteria agree, in words. */
  verdict() {
    const { fits } = this;
    const n = new Set(fits.usable.map((name) => fits.best[name])).size;
    if (n === 1) return `The criteria agree: ${fits.textOf(fits.best.bic)}`;
    return n === fits.usable.length ? "No two criteria agree here" : "The criteria do not all agree here";
  }

  write(index, criterion) {
    const { fits } = this;
    for (const { name, cells, node } of this.rows) {
      const value = fits.values[name][index];
      const texts = Number.isNaN(value) ? ["none", ""] : [numberText(value, ROWS[name].decimals), missText(fits.missOf(name, index), ROWS[name])];
      const prefers = fits.best[name] >= 0 ? fits.textOf(fits.best[name]) : "nothing";
      [...texts, prefers].forEach((text, i) => { cells[i].textContent = text; });
      node.classList.toggle("gmm-current", name === criterion);
    }
  }
}

// --- One view -------------------------------------------------------------------

class ChooserView extends WidgetView {
  constructor(model, el) {
    super(model, el, "chooser", "How many components?");
    const fits = sharedBy(model);
    this.fits = fits;
    this.plane = new ChosenPlane(this, fits);
    this.plane.index = this.index;
    this.curves = new Curves(this, fits);
    this.table = new CriteriaTable(fits);
    this.build();
    this.listen(["n_components", "covariance_type"], () => this.follow());
    this.listen(["criterion"], () => {
      this.write();
      this.schedule();
    });
    this.begin();
  }

  get criterion() {
    return this.model.get("criterion");
  }
  get index() {
    return this.fits.indexOf(this.model.get("n_components"), this.model.get("covariance_type"));
  }

  // --- Parts ---

  build() {
    const { fits, plane, curves, table } = this;
    const chart = element("div", { class: "gmm-ladder" }, this.part("heading"), curves.panel.node);
    const verdict = element("p", { class: "gmm-heading" }, table.verdict());
    const note = "“Seen” and “held-out” are log-likelihoods per point.";
    const criteria = element("div", {}, verdict, table.node, element("p", { class: "gmm-key" }, note));
    this.root.append(
      ...(fits.title ? [element("p", { class: "gmm-title" }, fits.title)] : []),
      this.makeHead(""),
      element("div", { class: "gmm-panels" }, plane.panel.node, element("div", { class: "gmm-side" }, chart, criteria)),
      this.makeControls(...this.makeChoices()),
      element("p", { class: "gmm-hint" }, "With more components a mixture can always fit the points seen better. BIC and AIC therefore charge for each parameter; the held-out points were not seen. Click a curve, or press ← → for K, ↑ ↓ for the type, C for the criterion, B for the best."),
      ...this.makeVoice(),
    );
  }

  makeChoices() {
    const { fits, model } = this;
    this.K = makeSelect("Components K", fits.allKs.map((K) => [K, K]), (value) => save(model, { n_components: Number(value) }));
    this.type = makeSelect("Covariance", fits.allTypes.map((type) => [type, type]), (value) => save(model, { covariance_type: value }));
    this.segments = Object.entries(CRITERIA).map(([name, { button }]) => {
      const node = makeButton(button, () => this.judgeBy(name));
      node.disabled = !fits.usable.includes(name);
      return { name, node };
    });
    const segments = element("div", { class: "gmm-segments", role: "group", "aria-label": "Criterion" }, ...this.segments.map(({ node }) => node));
    const goToBest = () => {
      this.goToBest();
      // The button is about to be disabled, and would take the focus with it.
      this.plane.panel.node.focus();
    };
    this.toBest = makeButton("Go to the best", goToBest);
    this.toBest.classList.add("gmm-random");
    return [this.K.node, this.type.node, segments, this.toBest];
  }

  // --- Choosing ---

  choose(i) {
    const { fits } = this;
    save(this.model, { n_components: fits.Ks[i], covariance_type: fits.types[i] });
  }

  goToBest() {
    this.choose(this.fits.best[this.criterion]);
  }

  judgeBy(criterion) {
    if (this.fits.usable.includes(criterion)) save(this.model, { criterion });
  }

  judgeByNext() {
    const { usable } = this.fits;
    this.judgeBy(usable[(usable.indexOf(this.criterion) + 1) % usable.length]);
  }

  /** Go a step along a list of choices, and stop at its ends. */
  step(name, choices, by) {
    const at = choices.indexOf(this.model.get(name)) + by;
    if (choices[at] !== undefined) save(this.model, { [name]: choices[at] });
  }

  keys() {
    const { allKs, allTypes } = this.fits;
    const K = (by) => () => this.step("n_components", allKs, by);
    const type = (by) => () => this.step("covariance_type", allTypes, by);
    const [best, next] = [() => this.goToBest(), () => this.judgeByNext()];
    const numbers = Object.keys(CRITERIA).map((name, i) => [i + 1, () => this.judgeBy(name)]);
    return {
      ArrowLeft: K(-1), PageUp: K(-1),
      ArrowRight: K(1), PageDown: K(1),
      ArrowUp: type(-1), ArrowDown: type(1),
      b: best, B: best, c: next, C: next,
      ...Object.fromEntries(numbers),
    };
  }

  // --- Pictures and texts ---

  follow() {
    if (this.index !== this.plane.index) this.plane.show(this.index, 500);
    this.write();
    this.schedule();
  }

  paint() {
    this.plane.paint();
  }

  draw(now) {
    const moves = this.plane.draw(now, this.repaint);
    this.repaint = false;
    this.curves.draw();
    return moves;
  }

  wordsNow() {
    const { fits, index, criterion } = this;
    const { name, decimals, lowIsGood } = CRITERIA[criterion];
    const [value, best] = [fits.values[criterion][index], fits.best[criterion]];
    const isThere = !Number.isNaN(value);
    const miss = isThere ? `${missText(fits.missOf(criterion, index), CRITERIA[criterion])} ${lowIsGood ? "above" : "below"} the best, ${fits.textOf(best)}` : `the best is ${fits.textOf(best)}`;
    return {
      headline: `${fits.textOf(index)}: ${fits.nParameters[index]} parameters`,
      count: SHAPES_OF_TYPE[fits.types[index]],
      name,
      value: isThere ? numberText(value, decimals) : "none",
      change: index === best ? `the best of ${fits.Ks.length}` : miss,
      message: isThere ? "" : `No value: ${fits.whyNot[index]}`,
    };
  }

  write() {
    const { fits, criterion, index, table, plane, curves } = this;
    const { headline, count, name, value, change, message } = this.wordsNow();
    this.words.textContent = headline;
    this.count.textContent = count;
    this.value.previousSibling.textContent = name;
    this.value.textContent = value;
    this.change.textContent = change;
    this.message.textContent = message;
    this.heading.textContent = CRITERIA[criterion].heading;
    this.K.select.value = fits.Ks[index];
    this.type.select.value = fits.types[index];
    for (const { name: its, node } of this.segments) node.setAttribute("aria-pressed", its === criterion);
    this.toBest.disabled = index === fits.best[criterion];
    table.write(index, criterion);
    const [xLabel, yLabel] = fits.labels;
    plane.panel.node.setAttribute(
      "aria-label",
      `${fits.nPoints} points, ${xLabel} against ${yLabel}, and the Gaussians of the chosen mixture: ${headline}. ${name} ${value}, ${change}. Arrow keys choose.`,
    );
    curves.name(`${headline}, ${name} ${value}`);
    this.saySoon();
  }

  describe() {
    const { headline, count, name, value, change } = this.wordsNow();
    return `${headline}. ${count}. ${name} ${value}, ${change}.`;
  }
}

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  share(model, new FittedMixtures(model.get("_scene")));
}

function render({ model, el }) {
  const view = new ChooserView(model, el);
  return () => view.remove();
}

export default { initialize, render };
