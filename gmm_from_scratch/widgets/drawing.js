// The drawing layer that the widgets share: ticks, colors, shapes, canvases.
// Nothing here knows about a model; the first half does not need a browser either.

// --- Numbers --------------------------------------------------------------------

/** Round numbers, about `count` steps apart, that lie within [low, high]. */
export function niceTicks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough * 0.99);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** A number with a true minus sign and as many decimals as the spacing calls for. */
export function formatNumber(value, spacing) {
  const size = Math.max(Math.abs(value), spacing);
  if (size >= 1e6 || (spacing < 1e-4 && size < 1e-2)) {
    return value === 0 ? "0" : value.toExponential(1).replace(/-/g, "−");
  }
  const decimals = Math.min(8, Math.max(0, -Math.floor(Math.log10(spacing) + 1e-9)));
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** The number in [low, high] that is nearest to value. */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Slow at both ends, quick in the middle. */
export function ease(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

/** Write what lies between into `out`, number by number; exactly `to` where t is 1. */
export function interpolate(out, from, to, t) {
  for (let i = 0; i < out.length; i++) out[i] = from[i] * (1 - t) + to[i] * t;
}

/** Symmetric square root [a, b, c] of a covariance [[xx, xy], [xy, yy]]. */
export function squareRoot(xx, xy, yy) {
  const root = Math.sqrt(Math.max(xx * yy - xy * xy, 0));
  const norm = Math.sqrt(xx + yy + 2 * root);
  return [(xx + root) / norm, xy / norm, (yy + root) / norm];
}

/** Points of the ellipse mean + nStd · root · (cos, sin), as [x, y] pairs. */
export function ellipsePoints([x, y], [a, b, c], nStd, count = 72) {
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const [u, v] = [nStd * Math.cos(angle), nStd * Math.sin(angle)];
    return [x + a * u + b * v, y + b * u + c * v];
  });
}

// --- Colors ---------------------------------------------------------------------

/** [red, green, blue] from "#rrggbb", "rgb(…)" or "rgba(…)". */
export function parseColor(text) {
  const hex = /^#(..)(..)(..)/.exec(text);
  if (hex) return hex.slice(1).map((pair) => parseInt(pair, 16));
  const numbers = text.match(/[\d.]+/g);
  return numbers ? numbers.slice(0, 3).map(Number) : [0, 0, 0];
}

/** Relative luminance, from 0 (black) to 1 (white), as WCAG defines it. */
export function luminance(color) {
  const [r, g, b] = color.map((value) => {
    const v = value / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Near-black or white, whichever can be read on a color. */
export function inkOn(color) {
  return luminance(color) > 0.18 ? "#111111" : "#ffffff";
}

/** The palette as it is on white, or lightened for a dark background. */
export function paletteFor(colors, dark) {
  return colors.map((text) => {
    const color = parseColor(text);
    if (!dark) return color;
    const share = luminance(color) < 0.02 ? 0.82 : 0.32;
    return color.map((value) => Math.round(value + (255 - value) * share));
  });
}

/**
 * Mix the palette by responsibility, or give each point the color of its likeliest
 * component; K − 1 bytes a point, the last component has the rest.
 */
export function blendColors(bytes, nPoints, nComponents, palette, hard = false) {
  const mixed = new Float32Array(3 * nPoints);
  const shares = new Array(nComponents);
  for (let n = 0; n < nPoints; n++) {
    let rest = 255;
    for (let k = 0; k < nComponents - 1; k++) {
      shares[k] = bytes[n * (nComponents - 1) + k];
      rest -= shares[k];
    }
    shares[nComponents - 1] = Math.max(rest, 0);
    if (hard) {
      mixed.set(palette[shares.indexOf(Math.max(...shares)) % palette.length], 3 * n);
      continue;
    }
    for (let k = 0; k < nComponents; k++) {
      const color = palette[k % palette.length];
      for (let i = 0; i < 3; i++) mixed[3 * n + i] += (shares[k] / 255) * color[i];
    }
  }
  return mixed;
}

export function rgba([r, g, b], alpha = 1) {
  return `rgba(${r | 0}, ${g | 0}, ${b | 0}, ${alpha})`;
}

// --- Shapes ---------------------------------------------------------------------

// Corners on the unit circle; [] stands for the circle itself.
const star = (tips, inner, turn = 0) =>
  Array.from({ length: 2 * tips }, (_, i) => {
    const angle = (Math.PI * i) / tips - Math.PI / 2 + turn;
    const radius = i % 2 ? inner : 1;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const polygon = (corners, turn) =>
  Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners - Math.PI / 2 + turn;
    return [Math.cos(angle), Math.sin(angle)];
  });

/** One marker a component, of about equal area: [corners, size, shift of its number]. */
export const SHAPES = [
  [[], 1, 0],
  [polygon(4, Math.PI / 4), 1.25, 0],
  [polygon(3, 0), 1.5, 0.12],
  [polygon(4, 0), 1.35, 0],
  [polygon(3, Math.PI), 1.5, -0.12],
  [star(4, 0.78, Math.PI / 4), 1.3, 0],
  [polygon(6, 0), 1.15, 0],
  [star(5, 0.6), 1.5, 0.04],
];

/** Dashes of a component's outer ellipse, in units of the line's width. */
export const DASHES = [[], [6, 3.5], [1.2, 3], [8, 3, 1.5, 3], [3, 3], [12, 4], [6, 3, 1.5, 3, 1.5, 3], [4, 2]];

/** The corners of component k's marker around the origin; a circle becomes many. */
export function markerCorners(k, radius) {
  const [corners, size] = SHAPES[k % SHAPES.length];
  const outline = corners.length ? corners : polygon(40, 0);
  return outline.map(([x, y]) => [x * size * radius, y * size * radius]);
}

export function tracePath(context, points, closed = true) {
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y); // the first one only moves there
  if (closed) context.closePath();
}

/** A font as canvases want it; sizes are those of a page that is not projected. */
export function font(theme, size, weight = 400) {
  return `${weight} ${size * theme.scale}px ${theme.font}`;
}

/** Stroke the current path in a color, first wider in the background's, so that it stands out. */
export function strokeWithHalo(context, theme, color, width, halo = 0.75) {
  context.lineJoin = "round";
  context.lineWidth = (width + 2.5) * theme.scale;
  context.strokeStyle = rgba(theme.background, halo);
  context.stroke();
  context.lineWidth = width * theme.scale;
  context.strokeStyle = color;
  context.stroke();
}

/** A filled marker with its component's number, edged in the background's color. */
export function drawMarker(context, x, y, k, color, theme, size = 11) {
  const radius = size * theme.scale;
  tracePath(context, markerCorners(k, radius).map(([dx, dy]) => [x + dx, y + dy]));
  context.lineJoin = "round";
  context.lineWidth = 4 * theme.scale;
  context.strokeStyle = rgba(theme.background);
  context.stroke();
  context.fillStyle = rgba(color);
  context.fill();
  context.font = font(theme, 14, 700);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = inkOn(color);
  const shift = SHAPES[k % SHAPES.length][2] * radius * 1.5;
  context.fillText(String(k + 1), x, y + shift + 0.5);
}

/** One Gaussian: its 1σ ellipse solid, its 2σ ellipse lighter and in component k's dashes. */
export function drawGaussian(context, axes, mean, root, k, color, theme) {
  const trace = (nStd) => tracePath(context, ellipsePoints(mean, root, nStd).map((point) => axes.toPixel(point)));
  trace(2);
  context.fillStyle = rgba(color, 0.05);
  context.fill();
  context.lineWidth = 2 * theme.scale;
  context.setLineDash(DASHES[k % DASHES.length].map((length) => 2 * theme.scale * length));
  context.strokeStyle = rgba(color, 0.6);
  context.stroke();
  context.setLineDash([]);
  trace(1);
  context.fillStyle = rgba(color, 0.07);
  context.fill();
  strokeWithHalo(context, theme, rgba(color), 3.5);
}

/** Points of one color each: `colors` holds red, green and blue of every point. */
export function drawPoints(context, axes, points, colors, theme) {
  const n = points.length / 2;
  const radius = (n > 3000 ? 2.2 : n > 800 ? 3 : 3.8) * Math.sqrt(theme.scale);
  const alpha = theme.dark ? 0.85 : 0.72;
  if (n > 3000) {
    stampPoints(context, axes, points, colors, radius, alpha);
    return;
  }
  for (let i = 0; i < n; i++) {
    context.fillStyle = rgba(colors.subarray(3 * i, 3 * i + 3), alpha);
    context.beginPath();
    context.arc(axes.x(points[2 * i]), axes.y(points[2 * i + 1]), radius, 0, 7);
    context.fill();
  }
}

// Thousands of dots are set pixel by pixel: a canvas takes longer to be asked for each. So
// small, nobody sees that they are square.
function stampPoints(context, axes, points, colors, radius, alpha) {
  const { width, height } = context.canvas;
  const ratio = context.getTransform().a; // pixels of the screen for one of the page
  const size = Math.max(2, Math.round(1.8 * radius * ratio));
  const image = new ImageData(width, height);
  for (let i = 0; i < points.length / 2; i++) {
    const left = Math.round(axes.x(points[2 * i]) * ratio - size / 2);
    const top = Math.round(axes.y(points[2 * i + 1]) * ratio - size / 2);
    stampSquare(image, left, top, size, colors.subarray(3 * i, 3 * i + 3), alpha);
  }
  const layer = new OffscreenCanvas(width, height);
  layer.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(layer, 0, 0, width / ratio, height / ratio);
}

/** Lay a square of a color over what an image holds. */
export function stampSquare({ data, width, height }, left, top, size, color, alpha) {
  for (let y = Math.max(top, 0); y < Math.min(top + size, height); y++) {
    for (let x = Math.max(left, 0); x < Math.min(left + size, width); x++) {
      const at = 4 * (y * width + x);
      const below = (data[at + 3] / 255) * (1 - alpha);
      const total = alpha + below;
      for (let i = 0; i < 3; i++) data[at + i] = (color[i] * alpha + data[at + i] * below) / total;
      data[at + 3] = 255 * total;
    }
  }
}

/** A line through (xs[i], ys[i]); `width` in pixels, `dash` in pixels too. */
export function drawCurve(context, axes, xs, ys, { color, width = 2.5, dash = [], theme }) {
  tracePath(context, Array.from(xs, (x, i) => axes.toPixel([x, ys[i]])), false);
  context.setLineDash(dash.map((length) => length * theme.scale));
  context.lineJoin = "round";
  context.lineWidth = width * theme.scale;
  context.strokeStyle = color;
  context.stroke();
  context.setLineDash([]);
}

// --- Canvas and page ------------------------------------------------------------

/** Give a node attributes; functions become listeners. */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  }
}

/** Make an element with attributes and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

/** Give a canvas as many pixels as the screen has, and a context in CSS units. */
export function fitCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** The colors, the font and the size of things that the page gives to an element. */
export function readTheme(node) {
  const style = getComputedStyle(node);
  const background = parseColor(style.backgroundColor);
  const text = parseColor(style.color);
  const dark = luminance(background) < 0.2;
  const towards = (share) => text.map((v, i) => v + (background[i] - v) * share);
  return {
    dark,
    background,
    text,
    muted: towards(dark ? 0.3 : 0.34),
    line: towards(0.62),
    grid: towards(dark ? 0.84 : 0.9),
    unassigned: towards(0.5),
    font: style.fontFamily,
    scale: Number(style.getPropertyValue("--gmm-scale")) || 1,
  };
}

/** Call back when the page's theme gives an element other colors; returns how to stop. */
export function watchTheme(node, callback) {
  const colors = () => getComputedStyle(node).backgroundColor + getComputedStyle(node).color;
  let [before, looks, timer] = [colors(), 0, 0];
  // A theme's style sheet arrives some time after the page announces it, so look again
  // and again for ten seconds.
  const look = () => {
    const now = colors();
    if (now !== before) callback();
    before = now;
    if (looks++ < 100) timer = setTimeout(look, 100);
  };
  const observer = new MutationObserver(() => {
    clearTimeout(timer);
    looks = 0;
    look();
  });
  const attributes = ["class", "data-jp-theme-name", "data-jp-theme-light"];
  observer.observe(document.body, { attributes: true, attributeFilter: attributes });
  return () => {
    observer.disconnect();
    clearTimeout(timer);
  };
}

/** A rectangle on a canvas with linear scales: from numbers to pixels and back. */
export class Axes {
  constructor({ left, top, right, bottom, x, y }) {
    Object.assign(this, { left, top, right, bottom, xRange: x, yRange: y });
  }
  x(value) {
    const [low, high] = this.xRange;
    return this.left + ((value - low) / (high - low)) * (this.right - this.left);
  }
  y(value) {
    const [low, high] = this.yRange;
    return this.bottom - ((value - low) / (high - low)) * (this.bottom - this.top);
  }
  toPixel([x, y]) {
    return [this.x(x), this.y(y)];
  }
  toValue(px, py) {
    const u = (px - this.left) / (this.right - this.left);
    const v = (this.bottom - py) / (this.bottom - this.top);
    const between = ([low, high], t) => low + (high - low) * clamp(t, 0, 1);
    return [between(this.xRange, u), between(this.yRange, v)];
  }
  /** The pixel nearest to (px, py) that is `inset` away from every edge. */
  inside([px, py], inset) {
    return [
      clamp(px, this.left + inset, this.right - inset),
      clamp(py, this.top + inset, this.bottom - inset),
    ];
  }
  clip(context) {
    context.beginPath();
    context.rect(this.left, this.top, this.right - this.left, this.bottom - this.top);
    context.clip();
  }

  /** Grid lines and tick labels; ticks are {at, label} in the axes' units. */
  drawGrid(context, theme, { xTicks = [], yTicks = [], xGrid = true }) {
    context.lineWidth = 1;
    context.strokeStyle = rgba(theme.grid);
    context.fillStyle = rgba(theme.muted);
    context.font = font(theme, 14);
    const line = (x0, y0, x1, y1) => tracePath(context, [[x0, y0], [x1, y1]], false);
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { at, label } of xTicks) {
      const x = Math.round(this.x(at)) + 0.5;
      if (xGrid) {
        line(x, this.top, x, this.bottom);
        context.stroke();
      }
      context.fillText(label, x, this.bottom + 8 * theme.scale);
    }
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { at, label } of yTicks) {
      const y = Math.round(this.y(at)) + 0.5;
      line(this.left, y, this.right, y);
      context.stroke();
      context.fillText(label, this.left - 8, y);
    }
  }

  /** Names of the two axes, with their units: y above its ticks, x below its own. */
  drawLabels(context, theme, [xLabel, yLabel]) {
    context.fillStyle = rgba(theme.text);
    context.font = font(theme, 15);
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText(yLabel, 2, this.top - 14 * theme.scale);
    context.textAlign = "right";
    context.fillText(xLabel, this.right, this.bottom + 46 * theme.scale);
  }
}

/** Ticks in the data's own units for axes whose numbers are (value − center) / scale. */
export function ticksFor([low, high], count, center = 0, scale = 1) {
  const values = niceTicks(center + low * scale, center + high * scale, count);
  const spacing = values.length > 1 ? values[1] - values[0] : 1;
  return values.map((value) => ({ at: (value - center) / scale, label: formatNumber(value, spacing) }));
}

/** Widen one of two ranges, so that a unit is as long in x as in y. */
export function equalUnits([left, right], [low, high], width, height) {
  const unit = Math.max((right - left) / width, (high - low) / height);
  const around = (a, b, pixels) => [(a + b) / 2 - (unit * pixels) / 2, (a + b) / 2 + (unit * pixels) / 2];
  return [around(left, right, width), around(low, high, height)];
}
