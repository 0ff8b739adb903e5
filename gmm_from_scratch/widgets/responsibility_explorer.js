import { Axes, clamp, drawGaussian, drawMarker, drawPoints, element, fitCanvas, formatNumber, paletteFor, rgba, squareRoot, ticksFor } from "./drawing.js";
import { determinant, logDensity, logSumExp, mahalanobisDistance } from "./gaussian.js";
import { dotPicture, Handle, makeButton, makeSlider, numbersOf, OWN_KEYS, saveSoon, share, sharedBy, vector, WidgetView } from "./view.js";

// --- Bayes' rule ----------------------------------------------------------------

const TIE = 1 + 1e-9; // so nearly equal distances are equal

/** The mixture, the point and the scale of one model, for all of its views. */
class Bayes {
  constructor(model) {
    this.model = model;
    this.listeners = new Set();
    const { weights, covariances, labels, title, colors, home, points } = model.get("_scene");
    Object.assign(this, { weights, covariances, labels, title, colors, home });
    this.points = numbersOf(Float64Array, points);
    this.nComponents = weights.length;
    this.held = false; // whether a pointer holds a handle
    this.firstRanges = this.ranges = this.neededRanges();
    for (const name of ["point", "means", "scale"]) model.on(`change:${name}`, () => this.settle());
  }

  get point() {
    return this.model.get("point");
  }
  get means() {
    return this.model.get("means");
  }
  get scale() {
    return this.model.get("scale");
  }

  covariance(k) {
    return this.covariances[k].map((value) => value * this.scale);
  }

  /** log N(x | μ_k, scaled Σ_k) for each component. */
  logLikelihoods(x) {
    return this.means.map((mean, k) => logDensity(x, mean, this.covariance(k)));
  }

  /** A function that writes the responsibilities for (x, y) into an array, quickly. */
  responder() {
    const { scale, means, weights, covariances } = this;
    const components = means.map(([x, y], k) => {
      const [xx, xy, yy] = covariances[k];
      const det = determinant(covariances[k]);
      return { x, y, a: yy / det, b: -xy / det, c: xx / det, share: Math.log(weights[k]) - Math.log(det) / 2 };
    });
    const squares = new Float64Array(components.length);
    return (x, y, out) => {
      let nearest = Infinity;
      components.forEach((part, k) => {
        const [u, v] = [x - part.x, y - part.y];
        squares[k] = part.share === -Infinity ? Infinity : part.a * u * u + 2 * part.b * u * v + part.c * v * v;
        nearest = Math.min(nearest, squares[k]);
      });
      // As the scale goes to 0, distance alone decides; the rest counts only between ties.
      components.forEach(({ share: log }, k) => {
        if (scale > 0) out[k] = log - squares[k] / (2 * scale);
        else out[k] = squares[k] <= nearest * TIE ** 2 ? log : -Infinity;
      });
      const total = logSumExp(out);
      for (let k = 0; k < out.length; k++) out[k] = Math.exp(out[k] - total);
    };
  }

  posterior() {
    const out = new Array(this.nComponents).fill(0);
    this.responder()(...this.point, out);
    return out;
  }

  // --- Moving things ---

  moveMean(k, place) {
    this.send({ means: this.means.with(k, place) });
  }

  get isHome() {
    return Object.entries(this.home).every(([name, value]) => String(value) === String(this.model.get(name)));
  }

  send(values) {
    saveSoon(this.model, values);
  }

  hold(held) {
    this.held = held;
    this.settle();
  }

  // The view stands still while something is held, so that nothing runs away from the
  // pointer; afterwards it has room for everything again.
  settle() {
    if (!this.held) {
      const needed = this.neededRanges();
      this.ranges = this.firstRanges.map((value, i) => (i % 2 ? Math.max : Math.min)(value, needed[i]));
    }
    for (const listener of this.listeners) listener();
  }

  // Low and high of x and of y: data, the point and the ellipses at 2σ, with a margin.
  neededRanges() {
    return [0, 1].flatMap((axis) => {
      const values = [this.point[axis], ...this.points.filter((_, i) => i % 2 === axis)];
      this.means.forEach((mean, k) => {
        const radius = 2.1 * Math.sqrt(this.covariances[k][2 * axis]);
        values.push(mean[axis] - radius, mean[axis] + radius);
      });
      const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
      const margin = 0.04 * (high - low);
      return [low - margin, high + margin];
    });
  }

  /** A place as text, with as many decimals as the picture can show. */
  textOf(place) {
    return place.map((value, i) => {
      const text = formatNumber(value, (this.ranges[2 * i + 1] - this.ranges[2 * i]) / 99);
      return `${this.labels[i]} ${text}`;
    }).join(", ");
  }
}

// --- Words ----------------------------------------------------------------------

const hundredths = (value) => value.toFixed(2);

/** A density, from its logarithm, since far away it is smaller than any number. */
function density(log) {
  const value = Math.exp(log);
  if (value >= 0.001 && value < 1000) return value.toPrecision(2);
  const power = Math.floor(log / Math.LN10);
  const mantissa = Math.min(Math.exp(log - power * Math.LN10), 9.9).toFixed(1);
  return `${mantissa}e${String(power).replace("-", "−")}`;
}

function inWords(posterior, isHard) {
  const order = posterior.map((_, k) => k).sort((a, b) => posterior[b] - posterior[a]);
  const [first, second] = order.map((k) => k + 1);
  const largest = posterior[first - 1];
  if (isHard) return largest > 0.999 ? `Hard: ${first} takes all` : `Hard: a tie between ${first} and ${second}`;
  if (posterior.length === 1) return "There is only one component";
  if (largest > 0.995) return `Component ${first}, for sure`;
  if (largest > 0.8) return `Mostly ${first}, a little ${second}`;
  if (largest - posterior[second - 1] > 0.15) return `Rather ${first} than ${second}`;
  return `Torn between ${first} and ${second}`;
}

function scaleInWords(scale) {
  if (scale === 0) return "Covariances shrunk to nothing: the nearest takes all, as in K-means";
  if (scale === 1) return "Covariances as they are: soft";
  return `Covariances × ${scale.toPrecision(2)}: ${scale < 0.1 ? "nearly hard" : "harder than before"}`;
}

function entropyOf(posterior) {
  return posterior.reduce((sum, r) => (r > 0 ? sum - r * Math.log(r) : sum), 0);
}

// --- The plane ------------------------------------------------------------------

// Cells of the tint, across and up: where borders are soft, few are enough.
const fieldFor = (scale) => (scale < 0.02 ? [288, 216] : [96, 72]);
const INSET = 15; // radius of a handle, in pixels

/** The tinted plane, with the components and the point to take hold of. */
class BayesPlane {
  constructor(view, bayes) {
    this.view = view;
    this.bayes = bayes;
    this.panel = view.addPanel("stage", 2, { role: "group", tabindex: 0, ...OWN_KEYS });
    this.field = element("canvas");
    this.makeHandles();
    this.panel.node.addEventListener("click", (event) => this.placePoint(event));
  }

  get theme() {
    return this.view.theme;
  }

  makeHandles() {
    const { bayes } = this;
    const make = (get, set, picture) => {
      const spot = { axes: () => this.axes(), get, set, hold: (held) => bayes.hold(held), inset: () => INSET * this.theme.scale };
      return new Handle(this.panel, spot, picture);
    };
    // A component's own marker is what is taken hold of; it is drawn with the ellipses.
    const nothing = () => vector("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" });
    this.components = bayes.means.map((_, k) => make(() => bayes.means[k], (place) => bayes.moveMean(k, place), nothing()));
    this.point = make(() => bayes.point, (point) => bayes.send({ point }), dotPicture());
    this.handles = [...this.components, this.point];
    this.panel.node.append(...this.handles.map((handle) => handle.node));
  }

  // A press beside all handles brings the point there.
  placePoint(event) {
    const { node } = this.panel;
    if (event.target !== node) return;
    const { left, top } = node.getBoundingClientRect();
    const axes = this.axes();
    const pixel = axes.inside([event.clientX - left, event.clientY - top], INSET * this.theme.scale);
    this.bayes.send({ point: axes.toValue(...pixel) });
  }

  name(words) {
    const { bayes } = this;
    const moving = "Arrow keys move it, with Shift further.";
    this.components.forEach(({ node }, k) => {
      node.setAttribute("aria-label", `Mean of component ${k + 1}: ${bayes.textOf(bayes.means[k])}. ${moving}`);
    });
    this.point.node.setAttribute("aria-label", `The point: ${bayes.textOf(bayes.point)}. ${words}. ${moving}`);
    this.panel.node.setAttribute("aria-label", `${bayes.labels.join(" against ")}, tinted with the responsibilities of ${bayes.nComponents} Gaussians. [ and ] change the scale of their covariances.`);
  }

  paint() {
    this.palette = paletteFor(this.bayes.colors, this.theme.dark);
    this.point.node.style.color = rgba(this.theme.text);
  }

  color(k) {
    return this.palette[k % this.palette.length];
  }

  axes() {
    const { width, height } = this.panel;
    const { scale } = this.theme;
    const [left, right, low, high] = this.bayes.ranges;
    const edges = { left: 50 * scale, top: 32 * scale, right: width - 10, bottom: height - 52 * scale };
    return new Axes({ ...edges, x: [left, right], y: [low, high] });
  }

  draw() {
    const axes = this.axes();
    const respond = this.bayes.responder();
    this.drawGround(axes, respond);
    this.drawShapes(axes);
    for (const handle of this.handles) handle.place();
  }

  /** Mix the palette by the responsibilities in `shares`. */
  mix(shares) {
    const mixed = [0, 0, 0];
    shares.forEach((share, k) => {
      const color = this.color(k);
      for (let i = 0; i < 3; i++) mixed[i] += share * color[i];
    });
    return mixed;
  }

  drawGround(axes, respond) {
    const { bayes, panel, theme } = this;
    const context = panel.paint(0);
    this.tint(axes, respond);
    context.drawImage(this.field, axes.left, axes.top, axes.right - axes.left, axes.bottom - axes.top);
    axes.drawGrid(context, theme, {
      xTicks: ticksFor(axes.xRange, panel.width / theme.scale / 100),
      yTicks: ticksFor(axes.yRange, panel.height / theme.scale / 75),
    });
    axes.drawLabels(context, theme, bayes.labels);
    const { points } = bayes;
    const colors = new Float32Array(1.5 * points.length);
    const shares = new Array(bayes.nComponents);
    for (let i = 0; i < points.length; i += 2) {
      respond(points[i], points[i + 1], shares);
      colors.set(this.mix(shares), 1.5 * i);
    }
    drawPoints(context, axes, points, colors, theme);
  }

  /** Color a coarse picture of the plane; the canvas makes it smooth. */
  tint(axes, respond) {
    const [columns, rows] = fieldFor(this.bayes.scale);
    Object.assign(this.field, { width: columns, height: rows });
    const context = this.field.getContext("2d");
    const image = context.createImageData(columns, rows);
    const shares = new Array(this.bayes.nComponents);
    const [[left, right], [low, high]] = [axes.xRange, axes.yRange];
    for (let row = 0; row < rows; row++) {
      const y = high + ((row + 0.5) / rows) * (low - high);
      for (let column = 0; column < columns; column++) {
        respond(left + ((column + 0.5) / columns) * (right - left), y, shares);
        const at = 4 * (row * columns + column);
        image.data.set(this.mix(shares), at);
        image.data[at + 3] = this.theme.dark ? 64 : 52;
      }
    }
    context.putImageData(image, 0, 0);
  }

  drawShapes(axes) {
    const { bayes, theme } = this;
    const context = this.panel.paint(1);
    context.save();
    axes.clip(context);
    bayes.means.forEach((mean, k) => {
      if (bayes.scale > 0) drawGaussian(context, axes, mean, squareRoot(...bayes.covariance(k)), k, this.color(k), theme);
    });
    context.restore();
    bayes.means.forEach((mean, k) => {
      const [x, y] = axes.inside(axes.toPixel(mean), INSET * theme.scale);
      drawMarker(context, x, y, k, this.color(k), theme, 12);
    });
  }
}

// --- The rule as bars -----------------------------------------------------------

/** One row a component: prior × likelihood → posterior, each a bar with its number. */
class BayesTable {
  constructor(bayes) {
    this.bayes = bayes;
    const heads = ["", "prior π", "× likelihood", "→ posterior"].map((text) => element("span", { class: "gmm-column" }, text));
    this.node = element("div", { class: "gmm-bayes" }, ...heads);
    this.rows = bayes.weights.map((_, k) => this.makeRow(k));
    this.sum = element("p", { class: "gmm-note" });
  }

  makeRow(k) {
    const name = element("canvas", { class: "gmm-name", role: "img", "aria-label": `Component ${k + 1}` });
    const cells = ["prior", "likelihood", "posterior"].map((kind) => {
      const [bar, number] = [element("div"), element("span", { class: `gmm-number gmm-${kind}` })];
      this.node.append(...(kind === "prior" ? [name] : []), element("div", { class: "gmm-cell" }, number, element("div", { class: "gmm-bar" }, bar)));
      return { bar, number };
    });
    return { name, cells };
  }

  paint(color, theme) {
    this.rows.forEach(({ name, cells }, k) => {
      const size = 30 * theme.scale;
      drawMarker(fitCanvas(name, size, size), size / 2, size / 2, k, color(k), theme, 9.5);
      for (const { bar } of cells) bar.style.background = rgba(color(k));
    });
  }

  write(posterior) {
    const { bayes } = this;
    const { weights, scale, point } = bayes;
    const logs = scale > 0 ? bayes.logLikelihoods(point) : this.nearness();
    const largest = Math.max(...logs);
    this.rows.forEach(({ cells }, k) => {
      const likelihood = scale > 0 ? density(logs[k]) : logs[k] === 0 ? "nearest" : "farther";
      const texts = [hundredths(weights[k]), likelihood, hundredths(posterior[k])];
      const lengths = [weights[k], Math.exp(logs[k] - largest), posterior[k]];
      cells.forEach(({ bar, number }, i) => {
        number.textContent = texts[i];
        bar.style.transform = `scaleX(${lengths[i]})`;
      });
    });
    const total = logSumExp(logs.map((log, k) => log + Math.log(weights[k])));
    const all = hundredths(posterior.reduce((a, b) => a + b));
    this.sum.textContent = scale > 0
      ? `The products sum to p(x) = ${density(total)}. Divided by it, they are the responsibilities, ${all} in all.`
      : "In the limit nearness alone decides, each distance measured in the component’s own σ.";
  }

  /** In the limit, 0 for what is nearest and −∞ for all else. */
  nearness() {
    const { means, covariances, point, weights } = this.bayes;
    const distances = means.map((mean, k) => (weights[k] ? mahalanobisDistance(point, mean, covariances[k]) : Infinity));
    const nearest = Math.min(...distances);
    return distances.map((distance) => (distance <= nearest * TIE ? 0 : -Infinity));
  }
}

// --- One view -------------------------------------------------------------------

class ResponsibilityView extends WidgetView {
  constructor(model, el) {
    super(model, el, "responsibility", "Responsibility explorer");
    const bayes = sharedBy(model);
    this.bayes = bayes;
    this.plane = new BayesPlane(this, bayes);
    this.table = new BayesTable(bayes);
    this.build();
    this.hearOf(bayes);
    this.begin();
  }

  build() {
    const { bayes, plane, table } = this;
    const goHome = () => {
      bayes.send(bayes.home);
      // The button is about to be disabled, and would take the focus with it.
      plane.panel.node.focus();
    };
    this.reset = makeButton("Back to the first picture", goHome);
    this.reset.classList.add("gmm-reset");
    // Small scales matter most: the slider's place is their root.
    this.slider = makeSlider("Scale of the covariances", { min: 0, max: 100, step: 1, input: (place) => this.setPlace(place) });
    const side = element("div", { class: "gmm-side" },
      element("div", {}, element("p", { class: "gmm-heading" }, "Bayes’ rule for the point"), table.node, table.sum),
      element("div", {}, element("p", { class: "gmm-heading" }, "How undecided?"), this.part("entropy")));
    this.root.append(
      ...(bayes.title ? [element("p", { class: "gmm-title" }, bayes.title)] : []),
      this.makeHead("largest responsibility"),
      element("div", { class: "gmm-panels" }, plane.panel.node, side),
      this.makeControls(this.slider.node, this.reset),
      element("p", { class: "gmm-hint" }, "Drag the point or a component, or move them with the arrow keys; a click elsewhere brings the point there. [ and ] shrink and widen the covariances."),
      ...this.makeVoice(),
    );
  }

  get place() {
    return Math.round(100 * Math.sqrt(this.bayes.scale));
  }

  setPlace(place) {
    this.bayes.send({ scale: (clamp(place, 0, 100) / 100) ** 2 });
  }

  hear() {
    this.write();
    this.schedule();
  }

  paint() {
    this.plane.paint();
    this.table.paint((k) => this.plane.color(k), this.theme);
  }

  draw() {
    this.plane.draw();
    this.repaint = false;
    return false;
  }

  write() {
    const { bayes } = this;
    const posterior = bayes.posterior();
    this.words.textContent = inWords(posterior, bayes.scale === 0);
    this.count.textContent = scaleInWords(bayes.scale);
    this.value.textContent = hundredths(Math.max(...posterior));
    this.change.textContent = `for component ${posterior.indexOf(Math.max(...posterior)) + 1}`;
    this.entropy.textContent = this.entropyInWords(posterior);
    this.slider.slider.value = this.place;
    this.slider.slider.setAttribute("aria-valuetext", scaleInWords(bayes.scale));
    this.reset.disabled = bayes.isHome;
    this.table.write(posterior);
    this.plane.name(this.words.textContent);
    this.saySoon(bayes.held ? 2500 : 250);
  }

  entropyInWords(posterior) {
    const entropy = entropyOf(posterior);
    const K = posterior.length;
    if (entropy < 0.005) return "Entropy 0.00: certain";
    const names = posterior.flatMap((share, k) => (share > 0.1 ? [k + 1] : []));
    const torn = names.length > 1 ? `: torn between ${names.join(" and ")}` : "";
    return `Entropy ${hundredths(entropy)} of at most log ${K} = ${hundredths(Math.log(K))}${torn}`;
  }

  describe() {
    const posterior = this.bayes.posterior().map((share, k) => `component ${k + 1}: ${hundredths(share)}`);
    return `${this.words.textContent}. ${posterior.join(", ")}. ${this.count.textContent}.`;
  }

  keys() {
    const [shrink, widen] = [-5, 5].map((by) => () => this.setPlace(this.place + by));
    return { "[": shrink, "-": shrink, PageDown: shrink, "]": widen, "+": widen, PageUp: widen };
  }
}

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  share(model, new Bayes(model));
}

function render({ model, el }) {
  const view = new ResponsibilityView(model, el);
  return () => view.remove();
}

export default { initialize, render };
