import { Axes, clamp, drawMarker, element, fitCanvas, font, formatNumber, niceTicks, rgba, setAttributes, ticksFor, tracePath } from "./drawing.js";
import { halfOf, iterationOf, Run, RunPlane } from "./run.js";
import { makeButton, makeCheckbox, makeSelect, OWN_KEYS, save, share, sharedBy, Transport, WidgetView } from "./view.js";

// --- Words ----------------------------------------------------------------------

const HEADLINES = { Start: "Start", E: "E: who belongs to whom", M: "M: move the Gaussians" };

const withMinus = (text) => text.replace("-", "−");

function wordsFor(run) {
  const { frame, lastFrame, logLikelihoods } = run;
  const half = halfOf(frame);
  const value = logLikelihoods[Math.max(frame - 1, 0)];
  const gain = half === "M" ? value - logLikelihoods[frame - 2] : 0;
  const change = {
    Start: "before the first step",
    E: "unchanged by an E-step",
    M: `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(Math.abs(gain) < 0.1 ? 4 : 1)} in this step`,
  }[half];
  return {
    half,
    headline: HEADLINES[half],
    count: frame ? `Iteration ${iterationOf(frame)} of ${iterationOf(lastFrame)}` : "Nobody belongs to anybody yet",
    value: withMinus(value.toFixed(1)),
    change,
  };
}

// --- The staircase --------------------------------------------------------------

/** The lower bound after each half-step, which can be clicked to go there. */
class Stairs {
  constructor(view, run) {
    this.view = view;
    this.run = run;
    this.panel = view.addPanel("stairs", 1, { role: "img" });
    this.listen();
  }

  // A first leap far larger than all that follows would flatten the stairs: then the
  // scale begins where the stairs begin, and an arrow names the leap.
  range() {
    const { bounds, logLikelihoods } = this.run;
    const high = Math.max(...bounds, ...logLikelihoods);
    let low = Math.min(...bounds);
    for (let frame = 1; frame < Math.min(3, bounds.length - 2); frame++) {
      if (high - bounds[frame] < 0.4 * (high - low)) low = bounds[frame];
    }
    const pad = 0.1 * (high - low || 1);
    return [low - 2.6 * pad, high + pad];
  }

  axes(context) {
    const { panel, run, view: { theme } } = this;
    const y = this.range();
    const yTicks = ticksFor(y, panel.height / theme.scale / 42);
    context.font = font(theme, 14);
    const left = 10 * theme.scale + Math.max(...yTicks.map(({ label }) => context.measureText(label).width));
    const x = [0.4, run.lastFrame + 0.6];
    const edges = { left, top: 8, right: panel.width - 6, bottom: panel.height - 30 * theme.scale };
    return { axes: new Axes({ ...edges, x, y }), yTicks };
  }

  draw() {
    const { run, view: { theme } } = this;
    const context = this.panel.paint();
    const { axes, yTicks } = this.axes(context);
    this.drawIterations(context, axes, yTicks);
    this.trace(context, axes, run.logLikelihoods);
    context.lineWidth = 1.5 * theme.scale;
    context.setLineDash([4 * theme.scale, 4 * theme.scale]);
    context.strokeStyle = rgba(theme.muted, 0.8);
    context.stroke();
    context.setLineDash([]);
    const now = axes.x(run.frame + 0.5);
    this.stroke(context, axes, axes.left, now, 1);
    this.stroke(context, axes, now, axes.right, 0.3);
    const room = (axes.right - axes.left) / run.lastFrame / 3.2;
    const size = clamp(room, 2, 4.5) * theme.scale;
    for (let frame = 1; frame <= run.lastFrame; frame++) {
      this.drawStair(context, axes, frame, frame === run.frame ? size + 2.5 * theme.scale : size);
    }
    this.drawLeap(context, axes);
  }

  drawIterations(context, axes, yTicks) {
    const { run, view: { theme } } = this;
    const at = (iteration) => 2 * iteration - 0.5;
    const count = Math.min((axes.right - axes.left) / theme.scale / 45, run.lastFrame / 2);
    const xTicks = niceTicks(1, Math.max(1, iterationOf(run.lastFrame)), count)
      .filter((value) => Number.isInteger(value) && value >= 1)
      .map((value) => ({ at: at(value), label: String(value) }));
    if (run.frame) {
      const [left, right] = [-0.5, 0.5].map((shift) => axes.x(run.frame + shift));
      context.fillStyle = rgba(theme.text, 0.1);
      context.fillRect(left, axes.top, right - left, axes.bottom - axes.top);
    }
    axes.drawGrid(context, theme, { xTicks, yTicks, xGrid: false });
  }

  trace(context, axes, values) {
    const path = [];
    values.forEach((value, i) => {
      const y = Math.min(axes.y(value), axes.bottom);
      path.push([axes.x(i + 0.5), y], [axes.x(i + 1.5), y]);
    });
    tracePath(context, path, false);
  }

  stroke(context, axes, left, right, alpha) {
    const { theme } = this.view;
    context.save();
    context.beginPath();
    context.rect(left, 0, Math.max(right - left, 0), axes.bottom + 2);
    context.clip();
    this.trace(context, axes, this.run.bounds);
    context.lineWidth = 2.5 * theme.scale;
    context.lineJoin = "round";
    context.strokeStyle = rgba(theme.text, alpha);
    context.stroke();
    context.restore();
  }

  drawStair(context, axes, frame, size) {
    const { run, view: { theme } } = this;
    const [x, y] = [axes.x(frame), Math.min(axes.y(run.bounds[frame - 1]), axes.bottom)];
    const alpha = frame <= run.frame ? 1 : 0.3;
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.lineWidth = 2 * theme.scale;
    context.fillStyle = rgba(theme.background);
    context.fill();
    context.fillStyle = rgba(frame % 2 ? theme.background : theme.text, alpha);
    context.strokeStyle = rgba(theme.text, alpha);
    context.fill();
    context.stroke();
  }

  drawLeap(context, axes) {
    const { bounds } = this.run;
    const { theme } = this.view;
    if (axes.y(bounds[0]) <= axes.bottom) return;
    context.font = font(theme, 14);
    context.textAlign = "left";
    context.textBaseline = "bottom";
    const label = `↓ ${formatNumber(Math.round(bounds[0]), 1)}`;
    const left = axes.x(bounds.findLastIndex((value) => axes.y(value) > axes.bottom) + 1.5) + 8;
    context.lineWidth = 5;
    context.lineJoin = "round";
    context.strokeStyle = rgba(theme.background);
    context.strokeText(label, left, axes.bottom - 2);
    context.fillStyle = rgba(theme.muted);
    context.fillText(label, left, axes.bottom - 2);
  }

  listen() {
    const { run, panel: { layers: [canvas] } } = this;
    const scrub = (event) => {
      const { axes } = this.axes(canvas.getContext("2d"));
      run.clock.goTo(Math.round(axes.toValue(event.offsetX, 0)[0]));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      save(run.model, { playing: false });
      scrub(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) scrub(event);
    });
  }

  name(value) {
    const { bounds, lastFrame } = this.run;
    const [first, last] = [bounds[0], bounds.at(-1)].map((bound) => bound.toFixed(1));
    this.panel.node.setAttribute(
      "aria-label",
      `The lower bound on the log-likelihood after each of ${lastFrame} half-steps: it rises from ${first} to ${last}. Now: log-likelihood ${value}.`,
    );
  }
}

// --- The table of components ----------------------------------------------------

class ComponentTable {
  constructor(run) {
    this.run = run;
    this.node = element("div", { class: "gmm-components" });
    this.rows = [];
  }

  rebuild() {
    const { node, run: { nComponents } } = this;
    const heads = ["", "weight", "", "mean"].map((text) => element("span", { class: "gmm-column" }, text));
    node.replaceChildren(...heads);
    // So many do not fit: the list scrolls, and must then be reached by keyboard.
    const scrolling = { tabindex: 0, role: "group", "aria-label": "Components", ...OWN_KEYS };
    for (const name of Object.keys(scrolling)) node.removeAttribute(name);
    if (nComponents > 8) setAttributes(node, scrolling);
    this.rows = Array.from({ length: nComponents }, (_, k) => {
      const row = {
        name: element("canvas", { class: "gmm-name", role: "img", "aria-label": `Component ${k + 1}` }),
        bar: element("div"),
        weight: element("span", { class: "gmm-number" }),
        mean: element("span", { class: "gmm-number" }),
      };
      node.append(row.name, element("div", { class: "gmm-bar" }, row.bar), row.weight, row.mean);
      return row;
    });
  }

  paint(color, theme) {
    if (this.rows.length !== this.run.nComponents) this.rebuild();
    this.rows.forEach((row, k) => {
      const size = 30 * theme.scale;
      drawMarker(fitCanvas(row.name, size, size), size / 2, size / 2, k, color(k), theme, 9.5);
      row.bar.style.background = rgba(color(k));
    });
  }

  write({ weights, means }) {
    const { run } = this;
    this.rows.forEach((row, k) => {
      row.bar.style.transform = `scaleX(${weights[k]})`;
      row.weight.textContent = weights[k].toFixed(2);
      row.mean.textContent = run.textOf(run.fromUnits([means[2 * k], means[2 * k + 1]])).join(", ");
    });
  }
}

// --- One view -------------------------------------------------------------------

class PlayerView extends WidgetView {
  constructor(model, el) {
    super(model, el, "player", "EM player");
    const run = sharedBy(model);
    this.run = run;
    this.plane = new RunPlane(this, run);
    this.stairs = new Stairs(this, run);
    this.table = new ComponentTable(run);
    this.transport = new Transport(run.clock, "Half-step");
    this.build();
    this.hearOf(run);
    this.keepGoing(run.clock);
    this.begin();
  }

  build() {
    const { run, plane, stairs, table, transport } = this;
    const badge = this.part("half", "span", { "aria-hidden": "true" });
    const key = ["○ after E", "● after M", "┅ log-likelihood"].map((text) => element("span", {}, text));
    const ladder = element("div", { class: "gmm-ladder" },
      element("p", { class: "gmm-heading" }, "The lower bound never falls"),
      stairs.panel.node,
      element("p", { class: "gmm-key" }, ...key));
    const components = element("div", {}, element("p", { class: "gmm-heading" }, "Components"), table.node);
    this.root.append(
      ...(run.title ? [element("p", { class: "gmm-title" }, run.title)] : []),
      this.makeHead("log-likelihood", badge),
      element("div", { class: "gmm-panels" }, plane.panel.node, element("div", { class: "gmm-side" }, ladder, components)),
      this.makeControls(...transport.nodes),
      this.makeSetup(),
      element("p", { class: "gmm-hint" }, `${run.requests.canAsk ? "Drag a ring to start a component elsewhere. " : ""}Space plays, ← and → step; a thin line is where an ellipse was before.`),
      ...this.makeVoice(),
    );
  }

  /** What to start from, and how to color. */
  makeSetup() {
    const { model, run } = this;
    const { requests } = run;
    const choices = Array.from({ length: 8 }, (_, i) => [i + 1, String(i + 1)]);
    this.K = makeSelect("Components K", choices, (value) => requests.send({ n_components: Number(value) }));
    const goBack = () => {
      requests.send({ reset: true });
      // The button is about to be disabled, and would take the focus with it.
      this.plane.panel.node.focus();
    };
    this.reset = makeButton("Back to the first start", goBack);
    this.reset.classList.add("gmm-reset");
    const random = makeButton("New random start", () => requests.send({ random: true }));
    random.classList.add("gmm-random");
    this.hard = makeCheckbox("Hard labels", (yes) => save(model, { hard_labels: yes }));
    const asking = requests.canAsk ? [this.K.node, random, this.reset] : [];
    return element("div", { class: "gmm-controls gmm-setup" }, ...asking, this.hard.node);
  }

  hear(what) {
    const { plane, run } = this;
    if (what === "trace" || what === "colors") this.paint();
    else if (what === "start") plane.show(0);
    else if (what === "ranges") plane.show(300);
    else if (what === "frame") plane.show(run.heldBy === null ? Math.min(600, 620 / run.clock.speed) : 0);
    this.write();
  }

  paint() {
    this.plane.paint();
    this.table.paint((k) => this.plane.color(k), this.theme);
  }

  draw(now) {
    const moves = this.plane.draw(now, this.repaint);
    this.repaint = false;
    this.stairs.draw();
    this.table.write(this.plane.shown);
    return moves;
  }

  write() {
    const { run, plane, model } = this;
    const text = wordsFor(run);
    this.half.textContent = text.half === "Start" ? "" : text.half;
    this.half.dataset.half = text.half;
    this.words.textContent = text.headline.replace(/^[EM]: /, "");
    this.count.textContent = text.count;
    this.value.textContent = text.value;
    this.change.textContent = text.change;
    this.message.textContent = run.message;
    this.reset.disabled = !run.hasMoved;
    this.hard.box.checked = model.get("hard_labels");
    this.writeK();
    this.transport.write(`${text.headline}, ${text.count}`);
    const [xLabel, yLabel] = run.labels;
    plane.panel.node.setAttribute(
      "aria-label",
      `${run.nPoints} points, ${xLabel} against ${yLabel}, with ${run.nComponents} Gaussians. ${text.headline}. ${text.count}. Space plays, arrow keys step.`,
    );
    this.stairs.name(text.value);
    plane.name();
    this.saySoon(run.clock.playing || run.heldBy !== null ? 2500 : 250);
  }

  writeK() {
    const { select } = this.K;
    const value = String(this.run.nComponents);
    if (![...select.options].some((option) => option.value === value)) {
      select.append(element("option", { value }, value));
    }
    select.value = value;
  }

  describe() {
    const { headline, count, value, change } = wordsFor(this.run);
    return `${headline}. ${count}. Log-likelihood ${value}, ${change}.`;
  }

  keys() {
    return this.run.clock.keys();
  }
}

// --- What anywidget calls -------------------------------------------------------

function initialize({ model }) {
  const run = new Run(model);
  share(model, run);
  return () => clearTimeout(run.requests.timer);
}

function render({ model, el }) {
  const view = new PlayerView(model, el);
  return () => view.remove();
}

export default { initialize, render };
