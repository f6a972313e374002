import assert from "node:assert/strict";
import { test } from "node:test";

import { cellWords, positionWords, stackWords } from "../src/ringrift/describe.ts";
import { phaseWords } from "../src/ringrift/phase.ts";
import { capHeight, parseCell, parsePosition, PositionError } from "../src/ringrift/position.ts";

// FORMAT 8, example 1: the position after the move.
const kAfterLine =
  "square8|N3|T2|territory_processing|S 1,0:1122 4,2:133 7,3:3222|M 0,1:2 0,5:2 1,3:1 2,3:3 2,5:2 2,7:3 3,1:2 6,7:3 7,0:2 7,1:1|" +
  "C 4,0:2 4,3:3 4,5:3 5,0:2 6,0:2|H 12,11,9|E 3,2,6|R 0,3,2|X -|K -|Q a|L 2;2+;0;0";

// FORMAT 8, example 2: sections may be empty.
const kAfterRecovery = "square8|N2|T1|line_processing|S |M 0,2:2|C |H 17,17|E 2,0|R 0,0|X -|K -|Q ar|L 2;1+2+;0;0";

test("every field of a position is read", () => {
  const position = parsePosition(kAfterLine);
  assert.equal(position.board, "square8");
  assert.equal(position.seats, 3);
  assert.equal(position.toAct, 2);
  assert.equal(position.phase, "territory_processing");
  assert.deepEqual([...position.stacks.keys()], ["1,0", "4,2", "7,3"]);
  assert.deepEqual(position.stacks.get("4,2"), { x: 4, y: 2, rings: [1, 3, 3] });
  assert.equal(position.markers.size, 10);
  assert.equal(position.markers.get("2,7"), 3);
  assert.deepEqual([...position.collapsed], [["4,0", 2], ["4,3", 3], ["4,5", 3], ["5,0", 2], ["6,0", 2]]);
  assert.deepEqual(position.hands, [12, 11, 9]);
  assert.deepEqual(position.eliminated, [3, 2, 6]);
  assert.deepEqual(position.territory, [0, 3, 2]);
  assert.equal(position.mustMove, null);
  assert.equal(position.captureFrom, null);
  assert.equal(position.lineCostDue, false);
});

test("empty sections are empty boards", () => {
  const position = parsePosition(kAfterRecovery);
  assert.equal(position.stacks.size, 0);
  assert.equal(position.collapsed.size, 0);
  assert.deepEqual([...position.markers], [["0,2", 2]]);
});

test("coordinates below zero and the cells of X and K are read", () => {
  const position = parsePosition(
    "hexagonal|N2|T1|movement|S -12,0:1 -3,11:21|M |C |H 90,90|E 0,0|R 0,0|X -3,11|K 0,-1|Q aet|L 0;.;0;0",
  );
  assert.deepEqual(position.stacks.get("-3,11"), { x: -3, y: 11, rings: [2, 1] });
  assert.equal(position.mustMove, "-3,11");
  assert.equal(position.captureFrom, "0,-1");
  assert.equal(position.lineCostDue, true);
  assert.equal(position.regionCostDue, true);
});

test("the end of a game has nobody to act", () => {
  const position = parsePosition("hex8|N2|T0|game_over|S 0,0:1|M |C |H 0,0|E 18,3|R 0,0|X -|K -|Q -|L -");
  assert.equal(position.toAct, 0);
  assert.deepEqual(phaseWords(position), { title: "Game over", detail: "" });
});

test("texts that are no positions are refused, not drawn", () => {
  const damage: [what: string, text: string][] = [
    ["a field is missing", kAfterLine.slice(0, kAfterLine.lastIndexOf("|"))],
    ["more seats than there are", kAfterLine.replace("|N3|", "|N5|")],
    ["a seat to act that does not play", kAfterLine.replace("|T2|", "|T4|")],
    ["a ring of a seat that does not play", kAfterLine.replace("4,2:133", "4,2:134")],
    ["a stack without rings", kAfterLine.replace("4,2:133", "4,2:")],
    ["a cell that is none", kAfterLine.replace("4,2:133", "4;2:133")],
    ["a section under another letter", kAfterLine.replace("|M ", "|Z ")],
    ["a hand too few", kAfterLine.replace("H 12,11,9", "H 12,11")],
    ["a negative count", kAfterLine.replace("E 3,2,6", "E 3,-2,6")],
    ["nothing", ""],
  ];
  for (const [what, text] of damage) assert.throws(() => parsePosition(text), PositionError, what);
  assert.throws(() => parseCell("1,2,3"), PositionError);
});

test("the cap is the run of one colour at the top", () => {
  assert.equal(capHeight([1]), 1);
  assert.equal(capHeight([1, 1, 2, 2]), 2);
  assert.equal(capHeight([2, 2, 2]), 3);
  assert.equal(capHeight([1, 2]), 1);
});

test("cells and boards are told in words", () => {
  const position = parsePosition(kAfterLine);
  assert.equal(cellWords(position, "1,0"), "1,0: a stack of 4, seat 2 on top with a cap of 2; seats from the top: 2 2 1 1");
  assert.equal(cellWords(position, "1,3"), "1,3: a marker of seat 1");
  assert.equal(cellWords(position, "5,0"), "5,0: territory of seat 2");
  assert.equal(cellWords(position, "3,3"), "3,3: empty");
  assert.equal(stackWords({ x: 0, y: 0, rings: [3] }), "a single ring of seat 3");
  assert.equal(
    positionWords(position),
    "seat 1 controls 0 stacks, has 2 markers and 0 cells of territory; " +
      "seat 2 controls 2 stacks, has 5 markers and 3 cells of territory; " +
      "seat 3 controls 1 stack, has 3 markers and 2 cells of territory.",
  );
});

test("a phase says what has to be done and where", () => {
  const phase = (changes: object) => phaseWords({ ...parsePosition(kAfterRecovery), ...changes }).detail;
  assert.match(phase({ phase: "movement", mustMove: "3,4" }), /must move the stack at 3,4/);
  assert.match(phase({ phase: "movement" }), /moves a stack/);
  assert.match(phase({ phase: "capture", captureFrom: "3,4" }), /may now capture with the stack at 3,4/);
  assert.match(phase({ phase: "chain_capture", captureFrom: "3,4" }), /must capture again with the stack at 3,4/);
  assert.match(phase({ phase: "line_processing", lineCostDue: true }), /give up a ring/);
  assert.match(phase({ phase: "territory_processing", regionCostDue: true }), /give up a cap/);
});
