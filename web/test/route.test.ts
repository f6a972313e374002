import assert from "node:assert/strict";
import { test } from "node:test";

import { parseRoute, routeHash, type Route } from "../src/route.ts";
import { isStale, kMaxBackoffMs, kPollMs, kStaleAfterMs, nextDelayMs } from "../src/freshness.ts";
import { ApiFailure, type Status } from "../src/api.ts";

test("an address reads back as what it was made from", () => {
  const routes: Route[] = [
    { page: "overview" },
    { page: "games", board: undefined, seats: undefined, before: undefined },
    { page: "games", board: "hex8", seats: 3, before: "a b&c=d" },
    { page: "game", id: "ab".repeat(32), ply: null },
    { page: "game", id: "ab".repeat(32), ply: 0 },
    { page: "game", id: "ab".repeat(32), ply: 143 },
    { page: "cluster", kind: undefined, node: undefined, level: undefined, text: undefined },
    { page: "cluster", kind: "leader", node: "4k2lq7a", level: "warn", text: "term 5 & more=less?" },
  ];
  for (const route of routes) assert.deepEqual(parseRoute(routeHash(route)), route);
});

test("an address without a page is the overview, and nonsense is said to be nonsense", () => {
  for (const hash of ["", "#", "#/"]) assert.deepEqual(parseRoute(hash), { page: "overview" });
  assert.deepEqual(parseRoute("#/settings"), { page: "unknown", address: "/settings" });
  assert.deepEqual(parseRoute("#/games/ab/12/x"), { page: "unknown", address: "/games/ab/12/x" });
});

test("parts of an address that make no sense are left out", () => {
  assert.deepEqual(parseRoute("#/games?seats=many&board="), { page: "games", board: undefined, seats: undefined, before: undefined });
  assert.deepEqual(parseRoute("#/cluster?level=loud&text="), { page: "cluster", kind: undefined, node: undefined, level: undefined, text: undefined });
  assert.deepEqual(parseRoute("#/games/ab/-3"), { page: "game", id: "ab", ply: null });
});

test("a silent node is asked less and less often, up to a limit", () => {
  assert.equal(nextDelayMs(0), kPollMs);
  assert.equal(nextDelayMs(1), kPollMs);
  assert.equal(nextDelayMs(2), 2 * kPollMs);
  assert.equal(nextDelayMs(3), 4 * kPollMs);
  assert.equal(nextDelayMs(50), kMaxBackoffMs);
});

test("data is stale after a failure, and also when nothing has come for too long", () => {
  const status = {} as Status;
  const failure = new ApiFailure("unreachable", "");
  assert.equal(isStale({ status, receivedAt: 1000, failure: null }, 1000 + kStaleAfterMs), false);
  assert.equal(isStale({ status, receivedAt: 1000, failure: null }, 1001 + kStaleAfterMs), true);
  assert.equal(isStale({ status, receivedAt: 1000, failure }, 1000), true);
  assert.equal(isStale({ status: null, receivedAt: 0, failure }, 1e9), false, "there is no data to be stale");
});
