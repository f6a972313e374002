import assert from "node:assert/strict";
import { test } from "node:test";

import type { Cluster, ClusterEvent, Member } from "../src/api.ts";
import { isFiltered, matches } from "../src/cluster/event_filter.ts";
import { inOrder, isTroubled, joinCommands, memberState, standing } from "../src/cluster/standing.ts";

function member(id: string, changes: Partial<Member> = {}): Member {
  return {
    node_id: id.repeat(52), name: id, state: "alive", left_because: null, roles: ["worker"], addresses: [], version: "1", incarnation: 1, since: 0, heard_at: 0, other_protocol: null, ...changes,
  };
}

function cluster(members: Member[], changes: Partial<Cluster> = {}): Cluster {
  const id = members[0]?.node_id ?? "";
  return { node_id: id, role: "leading", policy: "available", leader: id, ballot: { node_id: id, term: 1 }, members, partition: null, ...changes };
}

test("the title says the worst there is to say", () => {
  const three = [member("a"), member("b"), member("c")];
  assert.equal(standing(cluster([member("a")])).title, "A cluster of one");
  assert.equal(standing(cluster([member("a"), member("b", { state: "left" })])).title, "A cluster of one");
  assert.equal(standing(cluster(three)).title, "3 machines, one leader");
  assert.match(standing(cluster(three)).detail, /^All of them answer\. a, this node, leads\.$/);
  const silent = [member("a"), member("b", { state: "dead" }), member("c", { state: "suspect" })];
  assert.equal(standing(cluster(silent)).title, "2 of 3 machines do not answer");
  assert.equal(standing(cluster(silent, { leader: null })).title, "No leader");
  const since = new Date(2026, 0, 1, 12, 4).getTime() / 1000;
  const parted = { leader: null, partition: { leaders: 2, since, rivals: [] } };
  assert.equal(standing(cluster(silent, parted)).title, "2 leaders, partition since 12:04");
  assert.equal(standing(cluster(silent, { ...parted, role: "frozen" })).title, "Frozen");
});

test("attention is asked for when there is something to do", () => {
  assert.equal(isTroubled(cluster([member("a"), member("b")])), false);
  assert.equal(isTroubled(cluster([member("a"), member("b", { state: "left" })])), false);
  assert.equal(isTroubled(cluster([member("a"), member("b", { state: "suspect" })])), true);
  assert.equal(isTroubled(cluster([member("a")], { role: "frozen" })), true);
});

test("a note says why a member is away", () => {
  assert.equal(memberState(member("a", { state: "dead" })).note, "");
  assert.equal(memberState(member("a", { state: "left", left_because: "revoked" })).note, "put out");
  const note = "speaks version 5 of the protocol, this node another";
  assert.deepEqual(memberState(member("a", { state: "dead", other_protocol: 5 })), { tone: "error", word: "Dead", note });
});

test("rows stay where they are while states change, and who left comes last", () => {
  const names = (...members: Member[]): string[] => inOrder(members).map(({ name }) => name);
  assert.deepEqual(names(member("c"), member("a", { state: "dead" }), member("b")), ["a", "b", "c"]);
  assert.deepEqual(names(member("c"), member("a", { state: "left" }), member("b")), ["b", "c", "a"]);
});

test("the commands name an address that another machine can reach", () => {
  const commands = (changes: Partial<Member>): string => joinCommands(member("a", changes), 9000).join;
  assert.equal(commands({ name: "studio", addresses: ["127.0.0.1:9000", "192.0.2.7:9000"] }), "meshzero up --join @studio.token --peer 192.0.2.7:9000");
  assert.equal(commands({ name: "studio.lan", addresses: ["127.0.0.1:9000"] }), "meshzero up --join @studio.token --peer studio.local:9000");
  assert.equal(commands({ name: "a b;rm", addresses: [] }), "meshzero up --join @a-b-rm.token --peer a-b-rm.local:9000");
});

test("an event is shown when every part of the filter fits", () => {
  const event: ClusterEvent = { number: 1, at: 0, kind: "leader", level: "warn", node: "4k2lq7abc", text: "studio (4k2lq7a) leads now, term 5." };
  for (const filter of [{}, { kind: "leader" }, { node: "4k2lq7a" }, { level: "warn" as const }, { text: "TERM  studio" }, { text: "leader" }]) {
    assert.ok(matches(event, filter), JSON.stringify(filter));
  }
  for (const filter of [{ kind: "token" }, { node: "k2lq7ab" }, { level: "error" as const }, { text: "studio term 6" }, { kind: "leader", text: "laptop" }]) {
    assert.ok(!matches(event, filter), JSON.stringify(filter));
  }
  assert.ok(!matches({ ...event, node: null }, { node: "4" }));
  assert.ok(!isFiltered({ text: "" }) && isFiltered({ text: "a" }));
});
