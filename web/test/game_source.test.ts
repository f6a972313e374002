import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiFailure, type GameDetail } from "../src/api.ts";
import { GameSource, kWindow } from "../src/viewer/game_source.ts";

const kPlies = 250;

/** A node with one game of 250 moves whose position after k moves is the text "k"; counts what it is asked. */
function paperNode() {
  const asked: [from: number, count: number][] = [];
  let broken = false;
  const fetch = async (id: string, from: number, count: number): Promise<GameDetail> => {
    asked.push([from, count]);
    if (broken) throw new ApiFailure("unreachable", "gone");
    const texts = Array.from({ length: Math.max(0, Math.min(count, kPlies + 1 - from)) }, (_, i) => String(from + i));
    return {
      id, game: "ringrift", board: "square8", seats: 2, engines: [], winner: 1, reason: "", plies: kPlies, capped: false, seed: "1",
      stored_at: 0, options: {}, moves: Array.from({ length: kPlies }, () => "NP 1"), positions: { from, texts },
    };
  };
  return { asked, fetch, setBroken: (value: boolean) => (broken = value) };
}

test("opening a game asks for one position only", async () => {
  const node = paperNode();
  const game = await new GameSource("ab", node.fetch).open();
  assert.equal(game.moves.length, kPlies);
  assert.deepEqual(node.asked, [[0, 1]]);
});

test("a position comes with its window, and the window is asked for once", async () => {
  const node = paperNode();
  const source = new GameSource("ab", node.fetch);
  await Promise.all([source.ensure(130), source.ensure(199), source.ensure(100)]);
  assert.deepEqual(node.asked, [[100, kWindow]]);
  assert.equal(source.text(100), "100");
  assert.equal(source.text(199), "199");
  assert.equal(source.text(200), undefined);
});

test("the position after the last move is there", async () => {
  const source = new GameSource("ab", paperNode().fetch);
  await source.ensure(kPlies);
  assert.equal(source.text(kPlies), String(kPlies));
});

test("the neighbouring window is fetched before it is needed, and not beyond the end", async () => {
  const node = paperNode();
  const source = new GameSource("ab", node.fetch);
  await source.ensure(185);
  source.prefetch(185);
  await source.ensure(200);
  source.prefetch(kPlies);
  assert.deepEqual(node.asked, [[100, kWindow], [200, kWindow]]);
});

test("a failed window can be asked for again", async () => {
  const node = paperNode();
  const source = new GameSource("ab", node.fetch);
  node.setBroken(true);
  await assert.rejects(source.ensure(5), ApiFailure);
  node.setBroken(false);
  await source.ensure(5);
  assert.equal(source.text(5), "5");
});

test("a position the node does not send is an error and not an endless wait", async () => {
  const source = new GameSource("ab", paperNode().fetch);
  await assert.rejects(source.ensure(kPlies + 1), ApiFailure);
});
