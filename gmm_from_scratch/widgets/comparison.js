import { Axes, drawCurve, element, font, niceTicks, rgba, ticksFor } from "./drawing.js";
import { halfOf, iterationOf, Run, RunPlane } from "./run.js";
import { Clock, makeButton, Requests, share, sharedBy, Transport, WidgetView } from "./view.js";

const NAMES = ["A", "B"];
const DASH_OF_RUN = [[], [9, 6]];
// Runs that stop at the same optimum differ by what the tolerance leaves.
const SAME = 0.1;

const fixed = (value) => value.toFixed(1).replace("-", "−");
const heightOf = (run, frame = run.lastFrame) => run.logLikelihoods[Math.max(Math.min(frame, run.lastFrame) - 1, 0)];

/** The log-likelihood of both runs, half-step by half-step. */
class Race {
  constructor(view, runs) {
    this.view = view;
    this.runs = runs;
    this.panel = view.addPanel("race", 1, { role: "img" });
  }

  // The worst starts lie so low that all else would be flat: they begin off the picture.
  range() {
    const ends = this.runs.map((run) => heightOf(run));
    const early = this.runs.map((run) => heightOf(run, 3));
    const [low, high] = [Math.min(...ends, ...early), Math.max(...ends)];
    const pad = 0.12 * (high - low || 1);
    return [low - pad, high + pad];
  }

  draw(frame, lastFrame) {
    const { panel, view: { theme } } = this;
    const context = panel.paint();
    const y = this.range();
    const yTicks = ticksFor(y, panel.height / theme.scale / 42);
    context.font = font(theme, 14);
    const left = 10 * theme.scale + Math.max(...yTicks.map(({ label }) => context.measureText(label).width));
    const edges = { left, top: 8, right: panel.width - 60 * theme.scale, bottom: panel.height - 30 * theme.scale };
    const axes = new Axes({ ...edges, x: [0, lastFrame], y });
    const iterations = niceTicks(0, iterationOf(lastFrame), panel.width / theme.scale / 70).filter(Number.isInteger);
    axes.drawGrid(context, theme, { yTicks, xTicks: iterations.map((i) => ({ at: 2 * i, label: String(i) })), xGrid: false });
    context.save();
    axes.clip(context);
    this.runs.forEach((run, i) => { this.drawRun(context, axes, run, i, lastFrame); });
    context.restore();
    this.runs.forEach((run, i) => { this.drawMark(context, axes, run, i, frame); });
    this.nameEnds(context, axes);
  }

  // Only M-steps change the height. Where one run has ended, a thin line goes on.
  drawRun(context, axes, run, i, lastFrame) {
    const { theme } = this.view;
    const frames = Array.from({ length: iterationOf(run.lastFrame) + 1 }, (_, at) => Math.min(2 * at, run.lastFrame));
    const line = { color: rgba(theme.text), dash: DASH_OF_RUN[i], theme };
    drawCurve(context, axes, frames, frames.map((at) => heightOf(run, at)), line);
    const end = heightOf(run);
    drawCurve(context, axes, [run.lastFrame, lastFrame], [end, end], { ...line, color: rgba(theme.muted), width: 1 });
  }

  drawMark(context, axes, run, i, frame) {
    const { theme } = this.view;
    const at = Math.min(frame, run.lastFrame);
    const y = Math.min(axes.y(heightOf(run, at)), axes.bottom);
    context.beginPath();
    context.arc(axes.x(at), y, 6 * theme.scale, 0, 7);
    context.fillStyle = rgba(i ? theme.background : theme.text);
    context.fill();
    context.lineWidth = 2.5 * theme.scale;
    context.strokeStyle = rgba(theme.text);
    context.stroke();
  }

  // Behind the end of each line; side by side where both end at the same height.
  nameEnds(context, axes) {
    const { theme } = this.view;
    const ends = this.runs.map((run) => axes.y(heightOf(run)));
    const areClose = Math.abs(ends[0] - ends[1]) < 18 * theme.scale;
    context.font = font(theme, 15, 700);
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = rgba(theme.text);
    this.runs.forEach((_, i) => {
      context.fillText(NAMES[i], axes.right + (10 + (areClose ? 18 * i : 0)) * theme.scale, areClose ? ends[0] : ends[i]);
    });
  }
}

class ComparisonView extends WidgetView {
  constructor(model, el, { runs, clock, requests }) {
    super(model, el, "comparison", "Two runs of EM");
    Object.assign(this, { runs, clock, requests });
    this.planes = runs.map((run) => new RunPlane(this, run));
    this.race = new Race(this, runs);
    this.transport = new Transport(clock, "Half-step");
    this.build();
    runs.forEach((run, i) => { this.hearOf(run, (what) => this.hear(what, i)); });
    requests.tell = () => this.write();
    this.listen(["frame"], () => this.follow());
    this.listen(["playing", "speed", "loop"], () => this.write());
    this.keepGoing(clock);
    this.begin();
  }

  build() {
    const { planes, race } = this;
    this.captions = NAMES.map(() => element("p", { class: "gmm-heading" }));
    const sides = planes.map((plane, i) => element("div", { class: "gmm-column-of-two" }, this.captions[i], plane.panel.node));
    this.root.append(
      this.makeHead("difference of the ends"),
      element("div", { class: "gmm-pair" }, ...sides),
      element("p", { class: "gmm-heading" }, "Log-likelihood at each iteration"),
      race.panel.node,
      this.makeControls(...this.transport.nodes),
      ...(this.requests.canAsk ? [element("div", { class: "gmm-controls gmm-setup" }, this.makeRandom())] : []),
      element("p", { class: "gmm-hint" }, `${this.requests.canAsk ? "Drag a ring to start a component elsewhere. " : ""}Space plays, ← and → step.`),
      ...this.makeVoice(),
    );
  }

  makeRandom() {
    const random = makeButton("Two new random starts", () => this.requests.send({ random: true }));
    random.classList.add("gmm-random");
    return random;
  }

  /** Both runs go where the clock is. */
  follow() {
    for (const run of this.runs) run.clock.goTo(this.clock.frame);
    this.write();
  }

  hear(what, i) {
    const { runs, planes, clock } = this;
    if (what === "trace") planes[i].paint();
    else if (what === "start") planes[i].show(0);
    else if (what === "ranges") {
      planes[i].show(300);
      unite(runs);
    }
    else if (what === "frame") planes[i].show(runs[i].heldBy === null ? Math.min(600, 620 / clock.speed) : 0);
    if (what === "trace" && runs[i].frame !== Math.min(clock.frame, runs[i].lastFrame)) runs[i].clock.goTo(clock.frame);
    this.write();
    this.schedule();
  }

  paint() {
    for (const plane of this.planes) plane.paint();
  }

  draw(now) {
    const moves = this.planes.map((plane) => plane.draw(now, this.repaint));
    this.repaint = false;
    this.race.draw(this.clock.frame, this.clock.lastFrame());
    return moves.some(Boolean);
  }

  wordsNow() {
    const { runs, clock: { frame, lastFrame } } = this;
    const difference = heightOf(runs[0]) - heightOf(runs[1]);
    const names = difference > 0 ? NAMES : [...NAMES].reverse();
    const end = Math.abs(difference) < SAME
      ? "Both end at the same height"
      : `${names[0]} ends higher: ${names[1]} is stuck in a local optimum`;
    const halves = { Start: "Two starts of the same algorithm", E: "Who belongs to whom", M: "Move the Gaussians" };
    return {
      headline: frame === lastFrame() ? end : halves[halfOf(frame)],
      count: `Iteration ${iterationOf(frame)} of ${iterationOf(lastFrame())}`,
      value: Math.abs(difference).toFixed(1),
      now: runs.map((run, i) => `${NAMES[i]}: log-likelihood ${fixed(heightOf(run, frame))}`),
    };
  }

  write() {
    const { runs, planes } = this;
    const { headline, count, value, now } = this.wordsNow();
    this.words.textContent = headline;
    this.count.textContent = count;
    this.value.textContent = value;
    this.change.textContent = "";
    this.message.textContent = this.requests.notice || this.model.get("message") || runs.map((run) => run.message).find(Boolean) || "";
    this.captions.forEach((caption, i) => { caption.textContent = now[i]; });
    planes.forEach((plane, i) => {
      const label = `${now[i]}. ${runs[i].nPoints} points with ${runs[i].nComponents} Gaussians. Space plays, arrow keys step.`;
      plane.panel.node.setAttribute("aria-label", label);
      plane.name();
    });
    this.race.panel.node.setAttribute("aria-label", `The log-likelihood of both runs: A ends at ${fixed(heightOf(runs[0]))}, B at ${fixed(heightOf(runs[1]))}.`);
    this.transport.write(`${headline}, ${count}`);
    this.saySoon(this.clock.playing ? 2500 : 250);
  }

  describe() {
    const { headline, count, now } = this.wordsNow();
    return `${headline}. ${count}. ${now.join("; ")}.`;
  }

  keys() {
    return this.clock.keys();
  }
}

// --- What anywidget calls -------------------------------------------------------

// Another widget comes as a reference, which the page's widget manager knows.
const modelOf = (model, name) => model.widget_manager.get_model(model.get(name).replace("IPY_MODEL_", ""));

// Both planes show the same part of the plane, or one could not compare them.
function unite(runs) {
  const ranges = [0, 1, 2, 3].map((i) => (i % 2 ? Math.max : Math.min)(...runs.map((run) => run.ranges[i])));
  for (const run of runs) run.setRanges(ranges);
}

async function connect(model) {
  const children = await Promise.all([modelOf(model, "one"), modelOf(model, "two")]);
  const runs = children.map((child) => new Run(child));
  unite(runs);
  const clock = new Clock(model, () => Math.max(...runs.map((run) => run.lastFrame)));
  return { runs, clock, requests: new Requests(model, () => {}) };
}

function initialize({ model }) {
  share(model, connect(model));
}

async function render({ model, el }) {
  const view = new ComparisonView(model, el, await sharedBy(model));
  return () => view.remove();
}

export default { initialize, render };
