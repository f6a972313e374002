import assert from "node:assert/strict";
import { test } from "node:test";

import { boardName, boardNote, configurationStateWord, endingWords, resultWords, workerStateWord } from "../src/words.ts";

test("endings are said in words, unknown ones without underscores", () => {
  assert.equal(endingWords("ring_elimination"), "eliminated enough rings");
  assert.equal(endingWords("resignation"), "the other seat resigned");
  assert.equal(endingWords("some_new_ending"), "some new ending");
});

test("a result names the winner, or says why there is none", () => {
  assert.equal(resultWords({ winner: 2, reason: "territory_control", capped: false }), "Seat 2 won: controls enough territory");
  assert.equal(resultWords({ winner: null, reason: "move_cap", capped: true }), "Stopped at the move limit");
  assert.equal(resultWords({ winner: null, reason: "agreed_draw", capped: false }), "No winner: agreed draw");
});

test("words this page does not know are shown as they come", () => {
  assert.equal(boardName("round7"), "round7");
  assert.equal(boardNote("round7"), "");
  assert.equal(workerStateWord("dreaming"), "dreaming");
  assert.equal(configurationStateWord("dreaming"), "dreaming");
});
