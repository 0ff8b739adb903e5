// Run by tests/test_javascript.py, which puts drawing.js beside this file as drawing.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as drawing from "./drawing.mjs";

test("ticks are round and lie within the range", () => {
  assert.deepEqual(drawing.niceTicks(38, 101, 4), [40, 60, 80, 100]);
  assert.deepEqual(drawing.niceTicks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(drawing.niceTicks(3, 3), [3]);
});

test("numbers have as many decimals as their spacing and a true minus", () => {
  assert.equal(drawing.formatNumber(-1200, 50), "−1200");
  assert.equal(drawing.formatNumber(0.30000000000000004, 0.1), "0.3");
  assert.equal(drawing.formatNumber(-1e-12, 0.5), "0.0");
  assert.equal(drawing.formatNumber(2e7, 1e6), "2.0e+7");
});

test("the square root of a covariance squares to it", () => {
  const [xx, xy, yy] = [4, 1.5, 2];
  const [a, b, c] = drawing.squareRoot(xx, xy, yy);
  const squared = [a * a + b * b, a * b + b * c, b * b + c * c];
  squared.forEach((value, i) => { assert.ok(Math.abs(value - [xx, xy, yy][i]) < 1e-12); });
});

test("an ellipse lies at its Mahalanobis distance", () => {
  const root = drawing.squareRoot(9, 0, 4);
  for (const [x, y] of drawing.ellipsePoints([1, 2], root, 2)) {
    assert.ok(Math.abs((x - 1) ** 2 / 9 + (y - 2) ** 2 / 4 - 4) < 1e-9);
  }
});

test("colors blend by responsibility, the last component taking the rest", () => {
  const palette = [[255, 0, 0], [0, 0, 255]];
  const mixed = drawing.blendColors(new Uint8Array([255, 51, 0]), 3, 2, palette);
  assert.deepEqual([...mixed], [255, 0, 0, 51, 0, 204, 0, 0, 255]);
});

test("hard colors are those of the likeliest component", () => {
  const palette = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];
  const mixed = drawing.blendColors(new Uint8Array([100, 90, 20, 30]), 2, 3, palette, true);
  assert.deepEqual([...mixed], [255, 0, 0, 0, 0, 255]);
});

test("a motion ends exactly at its end", () => {
  const out = new Float32Array(3);
  const [from, to] = [Float32Array.of(0.1, 1e7, -3), Float32Array.of(0.3, 0.7, 1e-9)];
  drawing.interpolate(out, from, to, 1);
  assert.deepEqual(out, to);
  drawing.interpolate(out, from, to, 0);
  assert.deepEqual(out, from);
});

test("equal units make one axis longer and keep the middle of both", () => {
  const [x, y] = drawing.equalUnits([0, 4], [10, 11], 200, 100);
  assert.deepEqual([x, y], [[0, 4], [9.5, 11.5]]);
});

test("ticks in the data's units stand where axes without units have them", () => {
  const ticks = drawing.ticksFor([-0.5, 0.5], 4, 70, 40);
  assert.deepEqual(ticks.map(({ label }) => label), ["50", "60", "70", "80", "90"]);
  assert.deepEqual(ticks.map(({ at }) => at), [-0.5, -0.25, 0, 0.25, 0.5]);
});

test("a dark background lightens the palette, black most of all", () => {
  for (const color of drawing.paletteFor(["#0072B2", "#000000"], true)) {
    assert.ok(drawing.luminance(color) > 0.15);
  }
  assert.deepEqual(drawing.paletteFor(["#0072B2"], false), [[0, 114, 178]]);
});

test("pixels lead back to values, and stay inside the axes", () => {
  const axes = new drawing.Axes({ left: 10, top: 0, right: 110, bottom: 50, x: [0, 1], y: [-1, 1] });
  assert.deepEqual(axes.toValue(...axes.toPixel([0.25, 0.5])), [0.25, 0.5]);
  assert.deepEqual(axes.toValue(-999, 999), [0, -1]);
});

test("a pixel is brought inside the axes, as far from their edges as asked", () => {
  const axes = new drawing.Axes({ left: 10, top: 0, right: 110, bottom: 50, x: [0, 1], y: [0, 1] });
  assert.deepEqual(axes.inside([-999, 999], 8), [18, 42]);
  assert.deepEqual(axes.inside([60, 20], 8), [60, 20]);
});

test("a number can be read on every color, in both themes", () => {
  const colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#000000"];
  for (const color of [false, true].flatMap((dark) => drawing.paletteFor(colors, dark))) {
    const ink = drawing.parseColor(drawing.inkOn(color));
    const [dim, bright] = [color, ink].map(drawing.luminance).sort((a, b) => a - b);
    assert.ok((bright + 0.05) / (dim + 0.05) > 4.5, String(color));
  }
});

test("a square that is laid over another mixes with it, and none leaves the image", () => {
  const image = { width: 3, height: 2, data: new Uint8ClampedArray(24) };
  drawing.stampSquare(image, -1, -1, 2, [200, 100, 0], 0.5);
  assert.deepEqual([...image.data.slice(0, 8)], [200, 100, 0, 128, 0, 0, 0, 0]);
  drawing.stampSquare(image, 0, 0, 9, [0, 100, 200], 0.5);
  // Half of the new color, and half of what was half there: 2 to 1.
  assert.deepEqual([...image.data.slice(0, 4)], [67, 100, 133, 192]);
  assert.deepEqual([...image.data.slice(20)], [0, 100, 200, 128]);
});
