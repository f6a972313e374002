import assert from "node:assert/strict";
import { test } from "node:test";

import { isForcedPass, moveWords, parseMove } from "../src/ringrift/move.ts";
import { turnsOf } from "../src/ringrift/turns.ts";

// One example of every form in FORMAT 3, and how it reads.
const kWords: [text: string, words: string][] = [
  ["PR 1 3,3 1", "places 1 ring at 3,3"],
  ["PR 2 -4,0 3", "places 3 rings at -4,0"],
  ["SP 1", "skips placing"],
  ["NP 2", "cannot place"],
  ["SW 2", "swaps sides"],
  ["MS 1 3,3 3,6", "moves 3,3 → 3,6"],
  ["OC 1 0,0 2,0 4,0", "captures 2,0 (0,0 → 4,0)"],
  ["CC 1 4,0 4,1 4,2", "captures on: 4,1 (4,0 → 4,2)"],
  ["SC 1", "does not capture"],
  ["RS 1 0,5 0,6 F 0,4 -", "recovers: marker 0,5 → 0,6"],
  ["RS 1 0,5 0,4 S 0,4 -", "recovers: marker 0,5 strikes the stack 0,4"],
  ["SR 1", "skips recovery"],
  ["NM 3", "cannot move"],
  ["PL 2 4,0;5,0;6,0;7,0", "takes a line of 4"],
  ["CL 2 4,0;5,0;6,0;7,0 4,0;5,0;6,0;7,0", "takes a line of 4"],
  ["CL 2 4,0;5,0;6,0;7,0 4,0;5,0;6,0", "takes 3 of a line of 4"],
  ["NL 4", "has no line"],
  ["CT 1 0,0;0,1;1,0", "takes a region of 3"],
  ["ST 1", "leaves the region"],
  ["NT 1", "has no region"],
  ["ER 1 L 2,2 1", "gives up 1 ring at 2,2 for the line"],
  ["ER 1 T 2,2 3", "gives up 3 rings at 2,2 for the region"],
  ["ER 1 R 2,2 1", "gives up 1 ring at 2,2 for the region"],
  ["FE 1 2,2 2", "is stuck and loses 2 rings at 2,2"],
];

test("every form of move is read and said in words", () => {
  for (const [text, words] of kWords) assert.equal(moveWords(parseMove(text)), words, text);
});

test("captures know where they begin, what they jump over and where they end", () => {
  const move = parseMove("OC 3 -1,0 2,0 4,0");
  assert.deepEqual([move.seat, move.from, move.target, move.to], [3, "-1,0", "2,0", "4,0"]);
});

test("a line knows which of its cells become territory", () => {
  const move = parseMove("CL 2 4,0;5,0;6,0;7,0 5,0;6,0;7,0");
  assert.deepEqual(move.cells, ["4,0", "5,0", "6,0", "7,0"]);
  assert.deepEqual(move.taken, ["5,0", "6,0", "7,0"]);
});

test("a recovery slide knows who pays and, with a window, which cells collapse", () => {
  const paid = parseMove("RS 1 0,5 0,6 L1 0,4 -");
  assert.deepEqual([paid.paidAt, paid.taken], ["0,4", []]);
  const free = parseMove("RS 1 3,1 3,0 L2 - 0,0;1,0;2,0;3,0");
  assert.deepEqual([free.paidAt, free.taken], [null, ["0,0", "1,0", "2,0", "3,0"]]);
});

test("texts that are no moves are refused", () => {
  for (const text of ["", "XX 1", "PR 1 3,3", "PR 1 3,3 0", "MS 1 3,3 3,6 4", "PR 5 3,3 1", "MS 1 3;3 3,6", "toString 1"]) {
    assert.throws(() => parseMove(text), Error, text);
  }
});

test("only the moves that had no alternative are forced passes", () => {
  const passes = kWords.map(([text]) => parseMove(text)).filter(isForcedPass);
  assert.deepEqual(passes.map((move) => move.kind), ["NP", "NM", "NL", "NT"]);
});

test("turns change with the seat, with a second turn of one seat, and not with a swap", () => {
  const game = ["PR 1 0,0 1", "MS 1 0,0 0,3", "NL 1", "NT 1", "SW 2", "PR 2 4,4 2", "MS 2 4,4 4,6", "NL 2", "NT 2", "NP 2", "NM 2", "NL 2", "FE 2 4,6 2"];
  const turns = turnsOf(game.map(parseMove));
  assert.deepEqual(turns.map((turn) => [turn.seat, turn.first, turn.moves.length]), [[1, 0, 4], [2, 4, 5], [2, 9, 4]]);
});
