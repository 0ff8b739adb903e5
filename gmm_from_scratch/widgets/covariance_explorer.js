import { Axes, clamp, drawPoints, ease, element, ellipsePoints, equalUnits, font, formatNumber, interpolate, paletteFor, rgba, squareRoot, strokeWithHalo, ticksFor, tracePath } from "./drawing.js";
import { correlation, covarianceFrom, determinant, logDensity, mahalanobisDistance, principalAxes, probabilityInside } from "./gaussian.js";
import { dotPicture, Handle, makeButton, numbersOf, saveSoon, share, sharedBy, vector, WidgetView } from "./view.js";

// --- Numbers and words ----------------------------------------------------------

const LEVELS = [1, 2, 3];
const QUARTER = Math.PI / 2;

/** Three digits that count; what is nothing beside `size` becomes 0. */
function digits(value, size = 0) {
  if (value === 0 || Math.abs(value) < size / 2000) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  const text = power < -3 || power > 5 ? value.toExponential(2) : value.toFixed(clamp(2 - power, 0, 8));
  return text.replaceAll("-", "−");
}

/** Numbers of one kind with the same decimals: enough of them for two positive ones. */
function alike(values, one, other) {
  const digitsBefore = (value) => Math.floor(Math.log10(value));
  const decimals = Math.max(2 - digitsBefore(Math.sqrt(one * other)), -digitsBefore(Math.min(one, other)), 0);
  const isPlain = decimals <= 4 && Math.max(one, other) < 1e6;
  return values.map((value) => (isPlain ? fixed(value, decimals) : digits(value, Math.max(one, other))));
}

const fixed = (value, decimals) => formatNumber(value, 10 ** -decimals);
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
const degrees = (radians) => `${fixed((radians * 180) / Math.PI, 1)}°`;
// Near 1, two digits would say that it is 1.
const shortCorrelation = (rho) => fixed(rho, Math.abs(rho) > 0.99 ? 4 : 2);

/** What an ellipse looks like, and what that says about the two features. */
function shapeInWords(covariance) {
  const { variances: [large, small], angle } = principalAxes(covariance);
  const ratio = Math.sqrt(large / small);
  const rho = correlation(covariance);
  if (ratio < 1.02) return "Round: every direction is alike";
  if (ratio < 1.25) return "Nearly round: direction hardly matters";
  if (Math.abs(rho) > 0.95) return `Almost a line, ${rho > 0 ? "rising" : "falling"}: one feature tells the other`;
  const steepness = Math.abs(angle) / QUARTER;
  const shape = steepness < 0.44 ? "Wide" : steepness > 0.56 ? "Tall" : "Long";
  if (Math.abs(rho) < 0.05) return `${shape}, not tilted: the features are uncorrelated`;
  return rho > 0
    ? `${shape}, tilted up: the two features rise together`
    : `${shape}, tilted down: one falls as the other rises`;
}

// --- What is shown --------------------------------------------------------------

const boundsOf = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
const spanOf = ([left, right, low, high]) => Math.max(right - left, high - low);

/** The Gaussian and the probe of one model, for all of its views. */
class Ellipse {
  constructor(model) {
    this.model = model;
    this.listeners = new Set();
    const scene = model.get("_scene");
    const { labels, title, colors, home } = scene;
    Object.assign(this, { labels, title, colors, home, homeIsFit: scene.home_is_fit });
    this.points = numbersOf(Float64Array, scene.points);
    this.bounds = [0, 1].map((axis) => boundsOf(this.points.filter((_, i) => i % 2 === axis)));
    this.held = false; // whether a pointer holds a handle
    this.readAxes();
    // There is room for moves that need no other view.
    this.firstRanges = this.ranges = this.neededRanges(0.12);
    model.on("change:covariance", () => this.readAxes());
    for (const name of ["mean", "covariance", "probe"]) model.on(`change:${name}`, () => this.settle());
  }

  get mean() {
    return this.model.get("mean");
  }
  get probe() {
    return this.model.get("probe");
  }
  get covariance() {
    const [[xx, xy], [, yy]] = this.model.get("covariance");
    return [xx, xy, yy];
  }
  get distance() {
    return mahalanobisDistance(this.probe, this.mean, this.covariance);
  }

  // The two axes keep their identity while they are dragged, although either may become
  // the longer one: the second lies a quarter turn from the first. Only a covariance that
  // comes from elsewhere is read anew.
  readAxes() {
    const now = this.covariance;
    if (this.lengths && String(covarianceFrom(this.lengths, this.angle)) === String(now)) return;
    const { variances, angle } = principalAxes(now);
    this.lengths = variances.map((variance) => Math.sqrt(Math.max(variance, 0)));
    this.angle = angle;
  }

  /** The unit vector along axis i. */
  direction(i) {
    const angle = this.angle + i * QUARTER;
    return [Math.cos(angle), Math.sin(angle)];
  }

  tip(i) {
    const [u, v] = this.direction(i);
    const [x, y] = this.mean;
    return [x + this.lengths[i] * u, y + this.lengths[i] * v];
  }

  /** Whether axis i is the longer one: λ₁ belongs to it. */
  isLong(i) {
    return i === 0 ? this.lengths[0] >= this.lengths[1] : this.lengths[1] > this.lengths[0];
  }

  // --- Moving it ---

  /** Take the tip of axis i to a place: this axis becomes as long, and both turn. */
  moveTip(i, [x, y]) {
    const [dx, dy] = [x - this.mean[0], y - this.mean[1]];
    const [length, other] = [this.lengths[i], this.lengths[1 - i]];
    // A flat ellipse would have no inverse, and a tip on the center could not be taken.
    const least = Math.min(length, Math.max(0.03 * spanOf(this.ranges), other / 300));
    const most = Math.max(length, 300 * other);
    this.lengths = this.lengths.with(i, clamp(Math.hypot(dx, dy), least, most));
    if (dx || dy) this.angle = Math.atan2(dy, dx) - i * QUARTER;
    const [xx, xy, yy] = covarianceFrom(this.lengths, this.angle);
    this.send({ covariance: [[xx, xy], [xy, yy]] });
  }

  get isHome() {
    return ["mean", "covariance"].every((name) => String(this.model.get(name)) === String(this.home[name]));
  }

  send(values) {
    saveSoon(this.model, values);
  }

  // --- The view ---

  hold(held) {
    this.held = held;
    this.settle();
  }

  // The view stands still while something is held, so that nothing runs away from the
  // pointer; afterwards it has room for everything again.
  settle() {
    if (!this.held) this.ranges = this.wantedRanges();
    for (const listener of this.listeners) listener();
  }

  /** The first view, wider if need be; but another one where the first is far too wide. */
  wantedRanges() {
    const needed = this.neededRanges();
    const both = this.firstRanges.map((value, i) => (i % 2 ? Math.max : Math.min)(value, needed[i]));
    return spanOf(both) > 4 * spanOf(needed) ? needed : both;
  }

  // Low and high of x and of y: the 3σ contour, the probe and the points, with a margin.
  neededRanges(share = 0.04) {
    const [xx, , yy] = this.covariance;
    return [xx, yy].flatMap((variance, axis) => {
      const radius = 3 * Math.sqrt(variance);
      const [least, most] = this.bounds[axis];
      const low = Math.min(this.mean[axis] - radius, this.probe[axis], least);
      const high = Math.max(this.mean[axis] + radius, this.probe[axis], most);
      const margin = share * (high - low);
      return [low - margin, high + margin];
    });
  }

  // --- As text ---

  /** A place in the plane, with as many decimals as the picture can show. */
  textOf(place) {
    const spacing = 10 ** Math.floor(Math.log10(spanOf(this.ranges) / 250));
    return place.map((value) => formatNumber(value, Math.min(spacing, 1)));
  }

  describePlace(place) {
    return this.textOf(place).map((text, i) => `${this.labels[i]} ${text}`).join(", ");
  }
}

// --- The plane ------------------------------------------------------------------

const roundShape = (r, name) => vector("circle", { cx: 20, cy: 20, r, class: name });
const lines = (d, name = "") => vector("path", { d, class: name });
const pictureOf = (...shapes) => vector("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, ...shapes);

const centerPicture = () => pictureOf(roundShape(11, "gmm-halo"), roundShape(11, "gmm-disc"), lines("M14.5 20h11M20 14.5v11"));

function probePicture() {
  const arms = "M15.5 15.5l-6 -6M24.5 15.5l6 -6M24.5 24.5l6 6M15.5 24.5l-6 6";
  return pictureOf(roundShape(6.4, "gmm-halo"), lines(arms, "gmm-halo"), roundShape(6.4, ""), lines(arms), roundShape(1.6, "gmm-dot"));
}

/** Contours, axes and probe, with handles to take hold of. */
class EllipsePlane {
  constructor(view, ellipse) {
    this.view = view;
    this.ellipse = ellipse;
    this.panel = view.addPanel("stage", 2, { role: "group" });
    this.shown = ellipse.ranges.slice();
    this.target = ellipse.ranges;
    this.from = null; // the view that is being left
    this.makeHandles();
    this.panel.node.addEventListener("click", (event) => this.placeProbe(event));
  }

  get theme() {
    return this.view.theme;
  }

  // --- Handles ---

  makeHandles() {
    const { ellipse } = this;
    const make = (name, get, set, picture) => {
      const spot = { axes: () => this.axes(), get, set, hold: (held) => ellipse.hold(held), inset: () => 14 * this.theme.scale };
      const handle = new Handle(this.panel, spot, picture);
      handle.node.classList.add(`gmm-${name}`);
      return handle;
    };
    this.center = make("center", () => ellipse.mean, (mean) => ellipse.send({ mean }), centerPicture());
    this.tips = [0, 1].map((i) => make("tip", () => ellipse.tip(i), (place) => ellipse.moveTip(i, place), dotPicture()));
    this.probe = make("probe", () => ellipse.probe, (probe) => ellipse.send({ probe }), probePicture());
    this.handles = [this.center, ...this.tips, this.probe];
    this.panel.node.append(...this.handles.map((handle) => handle.node));
  }

  // A press beside all handles brings the probe there.
  placeProbe(event) {
    const { node } = this.panel;
    if (event.target !== node) return;
    const { left, top } = node.getBoundingClientRect();
    const axes = this.axes();
    const pixel = axes.inside([event.clientX - left, event.clientY - top], 14 * this.theme.scale);
    this.ellipse.send({ probe: axes.toValue(...pixel) });
    this.probe.node.focus();
  }

  /** Name the handles for those who hear them. */
  name() {
    const { ellipse, handles } = this;
    const tips = [0, 1].map((i) => {
      const which = ellipse.isLong(i) ? "long" : "short";
      return `Tip of the ${which} axis: ${digits(ellipse.lengths[i])} from the center, ${ellipse.describePlace(ellipse.tip(i))}`;
    });
    const names = [
      `Center of the ellipse: ${ellipse.describePlace(ellipse.mean)}`,
      ...tips,
      `Probe: ${ellipse.describePlace(ellipse.probe)}; Mahalanobis distance ${digits(ellipse.distance)}`,
    ];
    handles.forEach(({ node }, i) => { node.setAttribute("aria-label", `${names[i]}. Arrow keys move it, with Shift further.`); });
    const holding = LEVELS.map((n) => `${n}σ holds ${percent(probabilityInside(n))}`).join(", ");
    this.panel.node.setAttribute("aria-label", `${ellipse.labels.join(" against ")}, in equal units, with contours of the Gaussian: ${holding}.`);
  }

  paint() {
    this.measureLabels();
    this.color = paletteFor(this.ellipse.colors, this.theme.dark)[0];
    for (const { node } of [this.center, ...this.tips]) node.style.color = rgba(this.color);
  }

  // --- The view, which may have to widen ---

  follow() {
    const { ranges } = this.ellipse;
    if (ranges.every((value, i) => value === this.target[i])) return;
    this.from = this.shown.slice();
    this.target = ranges;
    this.began = performance.now();
    this.measureLabels();
  }

  /** How much room the longest number beside the picture needs. */
  measureLabels() {
    const { scale } = this.theme;
    const context = this.panel.layers[0].getContext("2d");
    context.font = font(this.theme, 14);
    const widths = ticksFor(this.target.slice(2), 6).map(({ label }) => context.measureText(label).width);
    this.room = Math.max(50 * scale, ...widths.map((width) => width + 12 * scale));
  }

  /** Come nearer to the view that is wanted; returns whether it is still under way. */
  widen(now) {
    if (!this.from) return false;
    const t = this.view.calm.matches ? 1 : clamp((now - this.began) / 300, 0, 1);
    interpolate(this.shown, this.from, this.target, ease(t));
    if (t === 1) this.from = null;
    return t < 1;
  }

  axes() {
    const { width, height } = this.panel;
    const { scale } = this.theme;
    const edges = { left: this.room, top: 32 * scale, right: width - 10, bottom: height - 52 * scale };
    const [left, right, low, high] = this.shown;
    const [x, y] = equalUnits([left, right], [low, high], edges.right - edges.left, edges.bottom - edges.top);
    return new Axes({ ...edges, x, y });
  }

  // --- Drawing ---

  draw(now, repaint) {
    const isWidening = this.from !== null;
    const moves = this.widen(now);
    if (isWidening || repaint) this.drawGround();
    this.drawShapes();
    for (const handle of this.handles) handle.place();
    return moves;
  }

  drawGround() {
    const { ellipse, theme, panel } = this;
    const context = panel.paint(0);
    const axes = this.axes();
    axes.drawGrid(context, theme, {
      xTicks: ticksFor(axes.xRange, panel.width / theme.scale / 75),
      yTicks: ticksFor(axes.yRange, panel.height / theme.scale / 75),
    });
    axes.drawLabels(context, theme, ellipse.labels);
    const gray = Float32Array.from({ length: 1.5 * ellipse.points.length }, (_, i) => theme.unassigned[i % 3]);
    drawPoints(context, axes, ellipse.points, gray, theme);
  }

  drawShapes() {
    const context = this.panel.paint(1);
    const axes = this.axes();
    context.save();
    axes.clip(context);
    for (const n of LEVELS.toReversed()) this.drawContour(context, axes, n);
    this.drawProbeContour(context, axes);
    for (const i of [0, 1]) this.drawAxis(context, axes, i);
    this.drawWayToProbe(context, axes);
    this.drawLabels(context, axes);
    context.restore();
  }

  trace(context, axes, n) {
    const { mean, covariance } = this.ellipse;
    const points = ellipsePoints(mean, squareRoot(...covariance), n, 120);
    tracePath(context, points.map((point) => axes.toPixel(point)));
  }

  drawContour(context, axes, n) {
    const { theme, color } = this;
    this.trace(context, axes, n);
    context.fillStyle = rgba(color, 0.06);
    context.fill();
    if (n === 1) {
      strokeWithHalo(context, theme, rgba(color), 3.5);
      return;
    }
    context.lineWidth = (n === 2 ? 2 : 1.5) * theme.scale;
    context.strokeStyle = rgba(color, n === 2 ? 0.8 : 0.7);
    context.stroke();
  }

  /** All places that are as far from the mean, as Σ measures it, as the probe. */
  drawProbeContour(context, axes) {
    const { theme, ellipse } = this;
    this.trace(context, axes, ellipse.distance);
    context.setLineDash([5, 5].map((length) => length * theme.scale));
    context.lineWidth = 1.5 * theme.scale;
    context.strokeStyle = rgba(theme.text, 0.6);
    context.stroke();
    context.setLineDash([]);
  }

  /** The axis from end to end; the half that ends in a handle is the stronger one. */
  drawAxis(context, axes, i) {
    const { ellipse, theme, color } = this;
    const center = axes.toPixel(ellipse.mean);
    const tip = axes.toPixel(ellipse.tip(i));
    const opposite = center.map((value, axis) => 2 * value - tip[axis]);
    tracePath(context, [center, opposite], false);
    context.lineWidth = 1.5 * theme.scale;
    context.strokeStyle = rgba(color, 0.7);
    context.stroke();
    tracePath(context, [center, tip], false);
    strokeWithHalo(context, theme, rgba(color), 3);
  }

  // Distance is counted in σ: a dot wherever the way to the probe leaves another contour.
  drawWayToProbe(context, axes) {
    const { ellipse: { mean, probe, distance }, theme } = this;
    tracePath(context, [axes.toPixel(mean), axes.toPixel(probe)], false);
    context.setLineDash([5, 4].map((length) => length * theme.scale));
    strokeWithHalo(context, theme, rgba(theme.text), 1.75);
    context.setLineDash([]);
    for (let n = 1; n < Math.min(distance, 30); n++) {
      const place = mean.map((value, axis) => value + ((probe[axis] - value) * n) / distance);
      context.beginPath();
      context.arc(...axes.toPixel(place), 3.6 * theme.scale, 0, 7);
      context.fillStyle = rgba(theme.text);
      context.fill();
    }
  }

  // --- Labels ---

  drawLabels(context, axes) {
    const { ellipse, theme } = this;
    const taken = [];
    // What comes first matters most: a label that would lie on another is left out.
    this.label(context, taken, this.probeLabel(context, axes));
    for (const i of [0, 1]) this.label(context, taken, this.tipLabel(axes, i));
    // Opposite to both tips, contours are furthest apart and no handle lies.
    const [u, v] = [0, 1].map((axis) => ellipse.tip(0)[axis] + ellipse.tip(1)[axis] - 2 * ellipse.mean[axis]);
    for (const n of LEVELS) {
      const place = ellipse.mean.map((value, axis) => value - (n / Math.SQRT2) * [u, v][axis]);
      this.label(context, taken, { text: `${n}σ  ${percent(probabilityInside(n))}`, at: axes.toPixel(place), color: theme.text });
    }
  }

  probeLabel(context, axes) {
    const { ellipse: { probe, mean, distance }, theme } = this;
    const text = `${digits(distance)} σ`;
    const [x, y] = axes.inside(axes.toPixel(probe), 14 * theme.scale);
    context.font = font(theme, 15, 600);
    const [gap, width] = [17 * theme.scale, context.measureText(text).width];
    const isLeft = x + gap + width > axes.right || (probe[0] < mean[0] && x - gap - width > axes.left);
    const shift = gap + width / 2;
    return { text, at: [x + (isLeft ? -shift : shift), y], color: theme.text, weight: 600, size: 15 };
  }

  tipLabel(axes, i) {
    const { ellipse, theme } = this;
    const [u, v] = ellipse.direction(i);
    const [x, y] = axes.inside(axes.toPixel(ellipse.tip(i)), 14 * theme.scale);
    const text = ellipse.isLong(i) ? "√λ₁" : "√λ₂";
    return { text, at: [x + 27 * theme.scale * u, y - 23 * theme.scale * v], color: this.color, weight: 600, size: 15 };
  }

  label(context, taken, { text, at: [x, y], color, weight = 400, size = 13 }) {
    const { theme } = this;
    context.font = font(theme, size, weight);
    const [w, h] = [context.measureText(text).width / 2 + 3, 0.62 * size * theme.scale];
    const overlaps = (other) => Math.abs(other.x - x) < other.w + w && Math.abs(other.y - y) < other.h + h;
    if (taken.some(overlaps)) return;
    taken.push({ x, y, w, h });
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = rgba(theme.background, 0.85);
    context.fillRect(x - w, y - h, 2 * w, 2 * h);
    context.fillStyle = rgba(color);
    context.fillText(text, x, y);
  }
}

// --- The numbers beside it ------------------------------------------------------

/** A column or a matrix in brackets; `write` puts numbers into it. */
function makeMatrix(symbol, nRows, nColumns) {
  const cells = Array.from({ length: nRows * nColumns }, () => element("span"));
  const bracket = element("span", { class: "gmm-bracket", style: `grid-template-columns: repeat(${nColumns}, auto)` }, ...cells);
  const node = element("div", { class: "gmm-matrix", role: "img" }, element("i", {}, symbol), " = ", bracket);
  const write = (texts, name) => {
    cells.forEach((cell, i) => { cell.textContent = texts[i]; });
    node.setAttribute("aria-label", name);
  };
  return { node, write };
}

/** A table with names of its rows and columns; `write` puts rows of numbers into it. */
function makeTable(name, columns, rows) {
  const cells = rows.map(() => columns.map(() => element("td")));
  const head = element("tr", {}, element("td"), ...columns.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((text, i) => element("tr", {}, element("th", { scope: "row" }, text), ...cells[i]));
  const node = element("table", { class: "gmm-facts", "aria-label": name },
    ...(columns.some(Boolean) ? [element("thead", {}, head)] : []),
    element("tbody", {}, ...body));
  const write = (texts) => {
    texts.flat().forEach((text, i) => { cells.flat()[i].textContent = text; });
  };
  return { node, write };
}

class Readout {
  constructor(ellipse) {
    this.ellipse = ellipse;
    this.matrix = makeMatrix("Σ", 2, 2);
    this.vector = makeMatrix("μ", 2, 1);
    this.axes = makeTable("Axes of the ellipse", ["variance λ", "half axis √λ", "direction"], ["1\u00a0long", "2\u00a0short"]);
    this.scalars = makeTable("Correlation and determinant", [""], ["correlation ρ", "determinant |Σ| = λ₁ · λ₂"]);
    this.probe = makeTable("Probe", [""], ["straight distance", "distance in σ (Mahalanobis)", "log density", "density"]);
    const block = (heading, ...nodes) => element("div", {}, element("p", { class: "gmm-heading" }, heading), ...nodes);
    this.nodes = [
      block("Σ is the shape, μ the place", element("div", { class: "gmm-matrices" }, this.matrix.node, this.vector.node), this.scalars.node),
      block("Its eigenvectors are the axes", this.axes.node),
      block("The probe", this.probe.node),
      block("In two dimensions, 1σ holds 39.3\u00a0%", element("p", { class: "gmm-note" }, "and not 68.3 %, as in one. The contours at 2σ and 3σ hold 86.5\u00a0% and 98.9\u00a0%.")),
    ];
  }

  write() {
    const { ellipse } = this;
    const [xx, xy, yy] = ellipse.covariance;
    const entries = alike([xx, xy, xy, yy], xx, yy);
    this.matrix.write(entries, `Covariance Σ, first row ${entries[0]}, ${entries[1]}, second row ${entries[2]}, ${entries[3]}`);
    const place = ellipse.textOf(ellipse.mean);
    this.vector.write(place, `Mean μ: ${place.join(", ")}`);
    this.writeAxes();
    this.writeProbe();
  }

  writeAxes() {
    const { covariance } = this.ellipse;
    const { variances, angle } = principalAxes(covariance);
    const isRound = variances[0] - variances[1] < 1e-9 * variances[0];
    const lengths = variances.map(Math.sqrt);
    const directions = [0, 1].map((i) => (isRound ? "any" : degrees(angle + i * QUARTER)));
    const columns = [alike(variances, ...variances), alike(lengths, ...lengths), directions];
    this.axes.write([0, 1].map((i) => columns.map((column) => column[i])));
    this.scalars.write([[fixed(correlation(covariance), 3)], [digits(determinant(covariance))]]);
  }

  writeProbe() {
    const { probe, mean, covariance, distance } = this.ellipse;
    const height = logDensity(probe, mean, covariance);
    const straight = Math.hypot(probe[0] - mean[0], probe[1] - mean[1]);
    this.probe.write([[digits(straight)], [digits(distance)], [digits(height)], [digits(Math.exp(height))]]);
  }
}

// --- One view -------------------------------------------------------------------

class CovarianceView extends WidgetView {
  constructor(model, el) {
    super(model, el, "covariance", "Covariance explorer");
    const ellipse = sharedBy(model);
    this.ellipse = ellipse;
    this.plane = new EllipsePlane(this, ellipse);
    this.readout = new Readout(ellipse);
    this.build();
    this.hearOf(ellipse);
    this.begin();
  }

  build() {
    const { ellipse, plane, readout } = this;
    const goHome = () => {
      ellipse.send({ mean: ellipse.home.mean, covariance: ellipse.home.covariance });
      // The button is about to be disabled, and would take the focus with it.
      plane.center.node.focus();
    };
    this.reset = makeButton(ellipse.homeIsFit ? "Fit to the points" : "Back to the first ellipse", goHome);
    this.reset.classList.add("gmm-reset");
    this.root.append(
      ...(ellipse.title ? [element("p", { class: "gmm-title" }, ellipse.title)] : []),
      this.makeHead("Mahalanobis distance"),
      element("div", { class: "gmm-panels" }, plane.panel.node, element("div", { class: "gmm-side" }, ...readout.nodes)),
      this.makeControls(this.reset),
      element("p", { class: "gmm-hint" }, "Drag the center, a tip or the cross, or move them with the arrow keys; a click elsewhere brings the cross there. All places on the dashed ellipse are as many σ away as the cross."),
      ...this.makeVoice(),
    );
  }

  hear() {
    this.plane.follow();
    this.write();
    this.schedule();
  }

  paint() {
    this.plane.paint();
  }

  draw(now) {
    const moves = this.plane.draw(now, this.repaint);
    this.repaint = false;
    return moves;
  }

  write() {
    const { ellipse } = this;
    const { distance } = ellipse;
    const { variances: [large, small], angle } = principalAxes(ellipse.covariance);
    this.words.textContent = shapeInWords(ellipse.covariance);
    this.count.textContent = `ρ = ${shortCorrelation(correlation(ellipse.covariance))}; long axis at ${degrees(angle)}, ${digits(Math.sqrt(large / small))} × the short one`;
    this.value.textContent = `${digits(distance)}`;
    this.change.textContent = `${percent(probabilityInside(distance))} lie nearer than the probe`;
    this.reset.disabled = ellipse.isHome;
    this.readout.write();
    this.plane.name();
    this.saySoon(ellipse.held ? 2500 : 250);
  }

  describe() {
    const { words, count, value, change } = this;
    const texts = [words, count].map((node) => node.textContent).join(". ");
    return `${texts}. The probe is at Mahalanobis distance ${value.textContent}: ${change.textContent}.`;
  }
}

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  share(model, new Ellipse(model));
}

function render({ model, el }) {
  const view = new CovarianceView(model, el);
  return () => view.remove();
}

export default { initialize, render };
