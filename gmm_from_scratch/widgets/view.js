import { clamp, element, fitCanvas, readTheme, setAttributes, watchTheme } from "./drawing.js";

// What the widgets share beyond drawing: a place in the page, controls, handles to take
// hold of, a clock, and talk with the kernel.

// JupyterLab's shortcuts leave keys alone only if the focused element says so itself.
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

// --- Controls -------------------------------------------------------------------

const ICONS = {
  rewind: "M3 3h2.4v12H3zM15.5 3v12L6.5 9z",
  back: "M12.5 3v12L4.5 9z",
  play: "M4 2.5v13L15.5 9z",
  pause: "M4 3h3.6v12H4zM10.4 3H14v12h-3.6z",
  forward: "M5.5 3v12l8-6z",
  present: "M2 2h6v2H4v4H2zM10 2h6v6h-2V4h-4zM2 10h2v4h4v2H2zM14 10h2v6h-6v-2h4z",
};

export function vector(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

const icon = (name) => vector("svg", { viewBox: "0 0 18 18", "aria-hidden": "true" }, vector("path", { d: ICONS[name] }));

/** A button with a text, or with an icon and the text as its name. */
export function makeButton(text, click, iconName) {
  const naming = iconName ? { "aria-label": text, title: text } : {};
  const content = iconName ? icon(iconName) : text;
  return element("button", { type: "button", click, ...naming, ...OWN_KEYS }, content);
}

/** A range input with a label before it; `input` is called with the number. */
export function makeSlider(text, { min, max, step, input }) {
  const slider = element("input", { type: "range", min, max, step, input: () => input(Number(slider.value)), ...OWN_KEYS });
  return { node: element("label", { class: "gmm-scrub" }, text, slider), slider };
}

/** A drop-down list of [value, text] pairs with a label; `change` is called with a value. */
export function makeSelect(text, choices, change) {
  const options = choices.map(([value, name]) => element("option", { value }, name));
  const select = element("select", { change: () => change(select.value), ...OWN_KEYS }, ...options);
  return { node: element("label", {}, text, select), select };
}

/** A box to tick, with a label after it; `change` is called with true or false. */
export function makeCheckbox(text, change) {
  const box = element("input", { type: "checkbox", change: () => change(box.checked), ...OWN_KEYS });
  return { node: element("label", { class: "gmm-check" }, box, text), box };
}

// --- A place to draw ------------------------------------------------------------

/** Canvases, one upon another, as large as their place in the page. */
export class Panel {
  constructor(name, nLayers, attributes) {
    this.layers = Array.from({ length: nLayers }, () => element("canvas", { "aria-hidden": "true" }));
    this.node = element("div", { class: `gmm-panel gmm-${name}`, ...attributes }, ...this.layers);
    this.width = this.height = 0;
  }

  /** Read the size; while the page hides the panel it is zero, and the last one is kept. */
  measure() {
    if (!this.node.clientWidth || !this.node.clientHeight) return;
    this.width = this.node.clientWidth;
    this.height = this.node.clientHeight;
  }

  /** An empty canvas in CSS units. */
  paint(layer = 0) {
    return fitCanvas(this.layers[layer], this.width, this.height);
  }
}

/** A button in a panel that a pointer can drag and arrow keys can move. */
export class Handle {
  /**
   * `spot` says where it is and what a move means: `axes()` are those of the panel,
   * `get()` gives its place in their numbers, `set([x, y])` is told a new one, `hold(yes)`
   * when it is taken and let go (both optional); `inset` is its radius in pixels.
   */
  constructor(panel, spot, picture) {
    this.panel = panel;
    this.spot = { hold: () => {}, inset: () => 0, ...spot };
    this.node = element("button", { type: "button", class: "gmm-handle", ...OWN_KEYS }, picture);
    this.node.addEventListener("keydown", (event) => this.nudge(event));
    this.listenToPointer();
  }

  listenToPointer() {
    const { node, spot } = this;
    let grip = [0, 0]; // where the pointer took hold, from the middle of the handle
    const offset = (event, { left, top, width, height }, share) => [
      event.clientX - left - width * share,
      event.clientY - top - height * share,
    ];
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      grip = offset(event, node.getBoundingClientRect(), 0.5);
      spot.hold(true);
    });
    node.addEventListener("pointermove", (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const at = offset(event, this.panel.node.getBoundingClientRect(), 0);
      const axes = spot.axes();
      spot.set(axes.toValue(...axes.inside([at[0] - grip[0], at[1] - grip[1]], spot.inset())));
    });
    node.addEventListener("lostpointercapture", () => spot.hold(false));
  }

  nudge(event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const { xRange, yRange } = this.spot.axes();
    const share = event.shiftKey ? 0.05 : 0.01;
    const [x, y] = this.spot.get();
    const move = (value, sign, [low, high]) => value + sign * share * (high - low);
    this.spot.set([move(x, direction[0], xRange), move(y, direction[1], yRange)]);
  }

  /** Move to where the spot is, but not out of the panel; returns the pixel. */
  place() {
    const axes = this.spot.axes();
    const [x, y] = axes.inside(axes.toPixel(this.spot.get()), this.spot.inset());
    this.node.style.transform = `translate(${x}px, ${y}px)`;
    return [x, y];
  }
}

const circle = (r, name) => vector("circle", { cx: 20, cy: 20, r, class: name });

/** A ring with four arms and a number, to lie around the place where something starts. */
export function ringPicture(number) {
  const text = vector("text", { x: 20, y: 25, "text-anchor": "middle", "font-size": 14, "font-weight": 700, class: "gmm-number" });
  text.textContent = number;
  const arms = vector("path", { d: "M20 0v8M20 32v8M0 20h8M32 20h8" });
  return vector("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, circle(16, "gmm-halo"), circle(16, ""), arms, text);
}

/** A dot in a ring, to lie on the thing that it moves. */
export function dotPicture() {
  return vector("svg", { viewBox: "0 0 40 40", "aria-hidden": "true" }, circle(10, "gmm-halo"), circle(10, "gmm-disc"), circle(4, "gmm-dot"));
}

// --- Time -----------------------------------------------------------------------

/** Advances a model's frame while it plays, for all views of the model together. */
export class Clock {
  constructor(model, lastFrame) {
    this.model = model;
    this.lastFrame = lastFrame;
    this.nViews = 0;
    for (const name of ["frame", "playing"]) model.on(`change:${name}`, () => this.restart());
  }

  get frame() {
    return Math.min(this.model.get("frame"), this.lastFrame());
  }
  get playing() {
    return this.model.get("playing");
  }
  get speed() {
    return this.model.get("speed");
  }

  goTo(frame) {
    save(this.model, { frame: clamp(frame, 0, this.lastFrame()) });
  }

  step(by) {
    save(this.model, { playing: false });
    this.goTo(this.frame + by);
  }

  toggle() {
    const playing = !this.playing;
    if (playing && this.frame === this.lastFrame()) this.goTo(0);
    save(this.model, { playing });
  }

  // A change of frame restarts the clock, so that two pages that show the same model
  // do not play it at double speed.
  restart() {
    this.frameSince = performance.now();
    if (!this.playing || this.ticking) return;
    const tick = (now) => {
      this.ticking = this.playing && this.nViews > 0;
      if (!this.ticking) return;
      this.advance(now - this.frameSince);
      requestAnimationFrame(tick);
    };
    this.ticking = true;
    requestAnimationFrame(tick);
  }

  advance(elapsed) {
    const pause = 1000 / this.speed;
    const isLast = this.frame >= this.lastFrame();
    if (isLast && !this.model.get("loop")) save(this.model, { playing: false });
    else if (isLast && elapsed >= 2 * pause) this.goTo(0);
    else if (!isLast && elapsed >= pause) this.goTo(this.frame + 1);
  }

  /** Keys of every widget that plays; PageUp and PageDown are what clickers send. */
  keys() {
    const [back, forward] = [() => this.step(-1), () => this.step(1)];
    return {
      " ": () => this.toggle(),
      ArrowLeft: back, ",": back, PageUp: back,
      ArrowRight: forward, ".": forward, PageDown: forward,
      Home: () => this.step(-Infinity),
      End: () => this.step(Infinity),
    };
  }
}

const speedName = (value) => `${value === 0.5 ? "½" : value} ×`;

/** Play, step, scrub, speed and loop for a clock; `unit` is what one frame is called. */
export class Transport {
  constructor(clock, unit) {
    this.clock = clock;
    const { model } = clock;
    this.play = element("button", { type: "button", class: "gmm-play", click: () => clock.toggle(), ...OWN_KEYS });
    const scrub = (frame) => {
      save(model, { playing: false });
      clock.goTo(frame);
    };
    this.scrub = makeSlider(unit, { min: 0, step: 1, max: 1, input: scrub });
    const speeds = [0.5, 1, 2, 4].map((value) => [value, speedName(value)]);
    this.speed = makeSelect("Speed", speeds, (value) => save(model, { speed: Number(value) }));
    this.loop = makeCheckbox("Loop", (loop) => save(model, { loop }));
    const small = unit.toLowerCase();
    this.nodes = [
      this.play,
      makeButton("Rewind to the start", () => clock.step(-Infinity), "rewind"),
      makeButton(`One ${small} back`, () => clock.step(-1), "back"),
      makeButton(`One ${small} forward`, () => clock.step(1), "forward"),
      this.scrub.node,
      this.speed.node,
      this.loop.node,
    ];
  }

  /** Show the state; `words` say aloud what the slider's number means. */
  write(words) {
    const { clock, play, scrub: { slider }, speed: { select } } = this;
    const verb = clock.playing ? "pause" : "play";
    play.replaceChildren(icon(verb), verb === "play" ? "Play" : "Pause");
    slider.max = clock.lastFrame();
    slider.value = clock.frame;
    slider.setAttribute("aria-valuetext", words);
    const value = String(clock.speed);
    if (![...select.options].some((option) => option.value === value)) {
      select.append(element("option", { value }, speedName(clock.speed)));
    }
    select.value = value;
    this.loop.box.checked = clock.model.get("loop");
  }
}

// --- The kernel -----------------------------------------------------------------

/** Set a model's traits and send them. */
export function save(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

const waiting = new WeakSet();

/**
 * Set a model's traits now, and send them with the next frame: a pointer moves more often
 * than the screen is drawn, and Python need not hear more.
 */
export function saveSoon(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  if (waiting.has(model)) return;
  waiting.add(model);
  requestAnimationFrame(() => {
    waiting.delete(model);
    model.save_changes();
  });
}

/** Asks the kernel for something new: one request at a time, then only the latest. */
export class Requests {
  constructor(model, tell) {
    this.model = model;
    this.tell = tell; // called when an answer has come, or will not come
    this.last = 0;
    this.waitingFor = null; // number of the request that was not answered yet
    this.wanted = null; // the latest that was not sent yet
    this.notice = "";
    this.canAsk = model.hasKernel !== false; // an exported page has none
    model.on("change:_reply", () => this.receive());
  }

  get allAnswered() {
    return !this.wanted && this.model.get("_reply") >= this.last;
  }

  send(content) {
    this.wanted = content;
    if (this.waitingFor === null) this.sendWanted();
  }

  sendWanted() {
    this.last = Math.max(this.last, this.model.get("_reply")) + 1;
    this.waitingFor = this.last;
    const request = { id: this.last, ...this.wanted };
    this.wanted = null;
    this.timer = setTimeout(() => this.giveUp(), 2000);
    save(this.model, { _request: request });
  }

  receive() {
    if (this.model.get("_reply") !== this.last) return;
    clearTimeout(this.timer);
    this.waitingFor = null;
    this.notice = "";
    if (this.wanted) this.sendWanted();
    this.tell();
  }

  giveUp() {
    this.waitingFor = null;
    this.notice = "No kernel answers, so nothing new can be computed; what is here can still be played and stepped through.";
    this.tell();
  }
}

/** Numbers from the bytes that the kernel sent, copied to where an array may begin. */
export const numbersOf = (Type, view) =>
  new Type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// What all views of one model share. They know each other by the scene, which the
// kernel sends once.
const shared = new WeakMap();

export function share(model, state) {
  shared.set(model.get("_scene"), state);
}

export function sharedBy(model) {
  return shared.get(model.get("_scene"));
}

// --- One view -------------------------------------------------------------------

/**
 * A widget's view: theme, sizes, keys, presenter mode, and what is said aloud.
 *
 * A subclass builds its parts, calls `begin`, and defines `draw(now)`, which returns
 * whether the picture still moves, `write()` for its texts, and, if it likes, `keys()` and
 * `paint()`, which is called when the colors have changed.
 */
export class WidgetView {
  constructor(model, el, kind, label) {
    this.model = model;
    this.root = element("div", { class: `gmm-widget gmm-${kind}`, role: "group", "aria-label": label });
    el.append(this.root);
    this.panels = [];
    this.atEnd = [];
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.root.addEventListener("keydown", (event) => this.pressKey(event));
  }

  /** Make a part of the page with a class of its own, and keep it as a field. */
  part(name, tag = "p", attributes = {}, ...children) {
    const node = element(tag, { class: `gmm-${name}`, ...attributes }, ...children);
    this[name] = node;
    return node;
  }

  addPanel(name, nLayers, attributes) {
    const panel = new Panel(name, nLayers, attributes);
    this.panels.push(panel);
    return panel;
  }

  /** What the picture is about, in large type; to its right, the number that counts. */
  makeHead(valueName, ...badges) {
    this.words = element("span");
    this.value = element("span");
    const headline = element("p", { class: "gmm-headline" }, ...badges, this.words);
    const value = element("p", { class: "gmm-score-value" }, element("small", {}, valueName), this.value);
    return element("div", { class: "gmm-head" },
      element("div", {}, headline, this.part("count")),
      element("div", { class: "gmm-score" }, value, this.part("change")));
  }

  makeControls(...nodes) {
    const present = makeButton("Present: large type, full screen (P)", () => this.togglePresenting(), "present");
    present.classList.add("gmm-present");
    return element("div", { class: "gmm-controls" }, ...nodes, present);
  }

  /** A line for the eye in case of trouble, and one for the ear. */
  makeVoice() {
    return [this.part("message", "p", { role: "status" }), this.part("spoken", "p", { "aria-live": "polite" })];
  }

  begin() {
    const { root, panels } = this;
    this.listen(["presenting"], () => this.present());
    const resizing = new ResizeObserver(() => this.resize());
    for (const panel of panels) resizing.observe(panel.node);
    const onFullscreen = () => this.followFullscreen();
    root.addEventListener("fullscreenchange", onFullscreen);
    this.atEnd.push(() => resizing.disconnect(), watchTheme(root, () => this.changeTheme()));
    this.present();
    this.say();
  }

  remove() {
    for (const end of this.atEnd) end();
    cancelAnimationFrame(this.request);
    clearTimeout(this.speaking);
  }

  /** Be told when one of these traits changes, until this view is removed. */
  listen(names, callback) {
    for (const name of names) {
      this.model.on(`change:${name}`, callback);
      this.atEnd.push(() => this.model.off(`change:${name}`, callback));
    }
  }

  /** Be told what happens to the state that all views share, until this one is removed. */
  hearOf(state, listener = (what) => this.hear(what)) {
    state.listeners.add(listener);
    this.atEnd.push(() => state.listeners.delete(listener));
  }

  /** A clock goes on as long as a view looks at it. */
  keepGoing(clock) {
    clock.nViews += 1;
    clock.restart();
    this.atEnd.push(() => { clock.nViews -= 1; });
  }

  // --- Pictures ---

  schedule() {
    if (this.request) return;
    this.request = requestAnimationFrame((now) => {
      this.request = 0;
      if (this.panels.every((panel) => panel.width) && this.draw(now)) this.schedule();
    });
  }

  resize() {
    for (const panel of this.panels) panel.measure();
    // Colors and fonts are known only once the view has its place in the page.
    if (!this.theme.font) this.changeTheme();
    this.repaint = true;
    this.schedule();
  }

  changeTheme() {
    this.theme = readTheme(this.root);
    this.repaint = true;
    this.paint();
    this.write();
    this.schedule();
  }

  paint() {}

  // --- Presenter mode: large type and thick lines, on the full screen if the page may ---

  get presenting() {
    return this.model.get("presenting");
  }

  togglePresenting() {
    const presenting = !this.presenting;
    save(this.model, { presenting });
    if (!presenting || !this.root.requestFullscreen) return;
    // Where a page may not fill the screen, the type is large all the same.
    this.root.requestFullscreen().then(() => this.panels[0].node.focus(), () => {});
  }

  present() {
    this.root.classList.toggle("gmm-presenting", this.presenting);
    if (!this.presenting && document.fullscreenElement === this.root) document.exitFullscreen();
    this.changeTheme();
  }

  // The browser's own way out, Escape, ends presenting too.
  followFullscreen() {
    if (document.fullscreenElement !== this.root && this.presenting) save(this.model, { presenting: false });
  }

  // --- Keys and voice ---

  keys() {
    return {};
  }

  pressKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const own = { INPUT: /^(Arrow|Home|End| )/, SELECT: /^(?!Page)/, BUTTON: /^( |Enter)$/ }[event.target.tagName];
    if (own?.test(event.key)) return;
    const presenter = { p: () => this.togglePresenting(), P: () => this.togglePresenting() };
    if (this.presenting) presenter.Escape = () => this.togglePresenting();
    const action = { ...presenter, ...this.keys() }[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  // A screen reader cannot follow every step of a fast change: it hears the latest.
  saySoon(wait = 250) {
    if (!this.speaking) this.speaking = setTimeout(() => this.say(), wait);
  }

  say() {
    this.speaking = 0;
    const text = this.describe();
    if (this.spoken.textContent !== text) this.spoken.textContent = text;
  }
}
