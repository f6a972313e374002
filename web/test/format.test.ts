import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, bytes, count, duration, percent, plural, rate, short } from "../src/format.ts";

test("counts are grouped by thousands and rounded to whole numbers", () => {
  assert.equal(count(0), "0");
  assert.equal(count(999.6), "1,000");
  assert.equal(count(1234567), "1,234,567");
});

test("a number that is none is shown as a dash, never as NaN", () => {
  for (const text of [count(NaN), rate(Infinity), bytes(NaN), duration(NaN), ago(NaN), percent(1, 0), percent(NaN, 5)]) {
    assert.equal(text, "–");
  }
});

test("rates keep the digits that mean something", () => {
  assert.equal(rate(0), "0");
  assert.equal(rate(0.417), "0.42");
  assert.equal(rate(8.25), "8.3");
  assert.equal(rate(812.5), "813");
  assert.equal(rate(12345.2), "12,345");
});

test("sizes use decimal units and change unit before they show four digits", () => {
  assert.equal(bytes(0), "0 B");
  assert.equal(bytes(999), "999 B");
  assert.equal(bytes(1500), "1.5 kB");
  assert.equal(bytes(999_600), "1.0 MB");
  assert.equal(bytes(16e9), "16.0 GB");
  assert.equal(bytes(210e9), "210 GB");
});

test("durations name their two largest units and leave out an empty second one", () => {
  assert.equal(duration(0.4), "0 s");
  assert.equal(duration(45), "45 s");
  assert.equal(duration(60), "1 min");
  assert.equal(duration(200), "3 min 20 s");
  assert.equal(duration(2 * 3600 + 5 * 60 + 59), "2 h 5 min");
  assert.equal(duration(6 * 86400 + 3 * 3600), "6 d 3 h");
});

test("ages are one unit, and a clock that is a little ahead is just now", () => {
  assert.equal(ago(-3), "just now");
  assert.equal(ago(1.9), "just now");
  assert.equal(ago(59), "59 s ago");
  assert.equal(ago(60), "1 min ago");
  assert.equal(ago(7200), "2 h ago");
  assert.equal(ago(86400 * 5), "5 d ago");
});

test("a share says 100 % only when it is complete, and 0 % only when it has not begun", () => {
  assert.equal(percent(0, 2000), "0 %");
  assert.equal(percent(1, 2000), "<1 %");
  assert.equal(percent(1239, 2000), "61 %");
  assert.equal(percent(1999, 2000), "99 %");
  assert.equal(percent(2000, 2000), "100 %");
  assert.equal(percent(2400, 2000), "120 %");
});

test("words follow their number", () => {
  assert.equal(plural(1, "worker"), "1 worker");
  assert.equal(plural(0, "worker"), "0 workers");
  assert.equal(plural(2, "entry", "entries"), "2 entries");
  assert.equal(short("0123456789abcdef"), "0123456789");
});
