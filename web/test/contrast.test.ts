import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

// WCAG 2.2: relative luminance and contrast ratio; 4.5 for text (1.4.3), 3 for the parts of controls (1.4.11).
const kText = 4.5;
const kControl = 3;

type Colours = Map<string, string>;

function themeColours(theme: string): Colours {
  const folder = process.env["MESHZERO_WEB_DIR"];
  assert.ok(folder, "run the unit tests through test/run.mjs");
  const colours: Colours = new Map();
  for (const file of ["base.css", "viewer.css"]) {
    const css = readFileSync(join(folder, "src/style", file), "utf8");
    const block = new RegExp(`:root\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
    for (const [, name = "", value = ""] of block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)) colours.set(name, value);
  }
  return colours;
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test("the measure agrees with the standard's extremes", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
});

for (const theme of ["light", "dark"]) {
  const colours = themeColours(theme);
  const colour = (name: string): string => colours.get(name) ?? assert.fail(`--${name} is not set in the ${theme} theme`);

  test(`all text can be read in the ${theme} theme`, () => {
    const pairs: [text: string, ground: string][] = [
      ...["ink", "ink-2", "ink-3", "accent", "ok", "warn", "error"].flatMap((ink): [string, string][] => [
        [ink, "bg"],
        [ink, "surface"],
      ]),
      ...["ink", "ink-2", "ok", "warn", "error"].map((ink): [string, string] => [ink, "surface-2"]), // on the map
      ["surface", "accent"],
      ["ink", "warn-soft"],
      ["ink", "error-soft"],
      ["ink-2", "error-soft"],
      ["ink", "accent-soft"],
      ["ink-2", "accent-soft"],
      ["hole-ink", "hole"],
    ];
    for (const [text, ground] of pairs) {
      const ratio = contrast(colour(text), colour(ground));
      assert.ok(ratio >= kText, `--${text} on --${ground}: ${ratio.toFixed(2)}`);
    }
  });

  test(`borders of controls, chart lines and move marks can be seen in the ${theme} theme`, () => {
    const pairs: [string, string][] = [
      ["line-strong", "surface"],
      ["line-strong", "bg"],
      ...["ok", "warn", "error", "accent", "ink-3"].map((line): [string, string] => [line, "surface-2"]), // on the map
      ["chart-2", "surface"],
      ["chart-3", "surface"],
      ["chart-4", "surface"],
      ["accent", "board-cell"],
      ["mark", "board-cell"],
      ["mark", "seat-2"],
    ];
    for (const [part, ground] of theme === "dark" ? pairs.slice(0, -1) : pairs) {
      const ratio = contrast(colour(part), colour(ground));
      assert.ok(ratio >= kControl, `--${part} on --${ground}: ${ratio.toFixed(2)}`);
    }
  });
}
