import assert from "node:assert/strict";
import { test } from "node:test";

import type { Candidate, Cluster, Discovery, Member } from "../src/api.ts";
import { byMachine, inOrder } from "../src/cluster/candidate_words.ts";
import { fitted, layOut, neighbour, type MapContent, type MapLayout } from "../src/cluster/map_layout.ts";
import { kMaxDrawnCandidates, kMaxDrawnMembers, mapMachines, spoken, summary, type Machine } from "../src/cluster/map_machines.ts";

const kNow = 1000;

function member(id: string, changes: Partial<Member> = {}): Member {
  return {
    node_id: id.padEnd(52, "x"), name: id, state: "alive", left_because: null, roles: ["worker"], addresses: [], version: "1", incarnation: 1, since: 0, heard_at: kNow, other_protocol: null, ...changes,
  };
}

function cluster(members: Member[], changes: Partial<Cluster> = {}): Cluster {
  const id = members[0]?.node_id ?? "";
  return { node_id: id, role: "leading", policy: "available", leader: id, ballot: { node_id: id, term: 1 }, members, partition: null, ...changes };
}

function candidate(address: string, changes: Partial<Candidate> = {}): Candidate {
  return { address, sources: ["bonjour"], node_id: "", name: "", cluster: "", state: "new", reason: "why", failures: 0, last_tried: null, last_worked: null, ...changes };
}

const seen = (candidates: Candidate[]): Discovery => ({ discovery: { state: "running", backend: "avahi", text: "", since: 0 }, advert: null, candidates });

const find = (machines: Machine[], name: string): Machine => machines.find((machine) => machine.name === name) ?? assert.fail(`${name} is not on the map`);

test("a line says how this node hears a member, whatever the leader says of it", () => {
  const b = member("b", { node_id: "b".repeat(52) });
  const shown = (changes: Partial<Member>): Machine =>
    find(mapMachines(cluster([member("a"), { ...b, ...changes }], { leader: b.node_id }), null, kNow).members, "b");
  assert.equal(shown({ heard_at: kNow - 3 }).line, "heard");
  assert.equal(shown({ heard_at: kNow - 4 }).line, "relayed");
  assert.equal(shown({ state: "suspect", heard_at: kNow - 4 }).line, "silent");
  assert.equal(shown({ state: "dead", heard_at: kNow - 7 }).line, "lost");
  assert.equal(shown({ state: "dead", heard_at: kNow - 1 }).line, "heard");
  assert.match(shown({ state: "dead", heard_at: kNow - 1 }).sentence, /but b does not/);
  assert.equal(shown({ incarnation: 0, heard_at: null }).line, "silent");
  assert.equal(shown({ incarnation: 0, heard_at: null }).word, "Not heard yet");
  assert.match(shown({ state: "dead", heard_at: kNow - 7 }).sentence, /heard it last 7 s ago.*doctor/);
});

test("during a partition whoever is not heard, and the other leader, stand on the other side", () => {
  const members = ["a", "b", "c", "d"].map((id) => member(id));
  const [, , c, d] = members as [Member, Member, Member, Member];
  c.state = "dead";
  c.heard_at = kNow - 60;
  const parted = cluster(members, { partition: { leaders: 2, since: 900, rivals: [{ node_id: d.node_id, term: 6 }] } });
  const map = mapMachines(parted, null, kNow);
  assert.deepEqual(map.members.filter(({ otherSide }) => otherSide).map(({ name }) => name), ["c", "d"]);
  assert.equal(find(map.members, "d").rivalTerm, 6);
  assert.match(summary(map), /a leads and is this node\. On the other side of the partition: c and d\./);
  assert.equal(spoken(find(map.members, "d")), "d, leader elsewhere, term 6, alive");
  const whole = mapMachines({ ...parted, partition: null }, null, kNow);
  assert.equal(whole.members.filter(({ otherSide }) => otherSide).length, 0);
});

test("machines outside are those that are no members, several addresses of one as one", () => {
  const id = "k".repeat(16);
  const map = mapMachines(
    cluster([member("a"), member("gone", { state: "left" })]),
    seen([
      candidate("192.0.2.1:1", { state: "self" }),
      candidate("192.0.2.2:1", { state: "member" }),
      candidate("192.0.2.3:1", { state: "other_cluster", node_id: id, name: "kitchen" }),
      candidate("[2001:db8::3]:1", { state: "other_cluster", node_id: id.padEnd(52, "k"), name: "kitchen" }),
      candidate("192.0.2.4:1", { state: "unreachable" }),
    ]),
    kNow,
  );
  assert.deepEqual(map.members.map(({ name }) => name), ["a"], "who left is not on the map");
  assert.deepEqual(map.outside.map(({ name, addresses }) => [name, addresses.length]), [["192.0.2.4:1", 1], ["kitchen", 2]]);
  assert.equal(find(map.outside, "kitchen").id, id.padEnd(52, "k"));
  assert.match(summary(map), /Not members: 192\.0\.2\.4:1 \(no answer\) and kitchen \(other cluster\)\.$/);
});

test("those a person may do something about come first, and nameless ids are not one machine", () => {
  const states = ["other_cluster", "unreachable", "new", "refused", "strange", "pairing"];
  const sorted = inOrder(states.map((state, i) => candidate(`192.0.2.${i}:1`, { state })));
  assert.deepEqual(sorted.map(({ state }) => state), ["pairing", "new", "refused", "unreachable", "other_cluster", "strange"]);
  assert.equal(byMachine(sorted).length, 6);
});

test("a crowd is cut down to those one looks for, and the rest is counted", () => {
  const members = Array.from({ length: 100 }, (_, i) => member(`m${String(i).padStart(3, "0")}`));
  const [self, , leader, dead] = [members[99], members[0], members[98], members[97]] as [Member, Member, Member, Member];
  dead.state = "dead";
  dead.heard_at = 0;
  const crowd = seen(Array.from({ length: 40 }, (_, i) => candidate(`192.0.2.${i}:1`)));
  const map = mapMachines(cluster(members, { node_id: self.node_id, leader: leader.node_id }), crowd, kNow);
  assert.equal(map.members.length, kMaxDrawnMembers);
  assert.equal(map.outside.length, kMaxDrawnCandidates);
  assert.equal(map.members[0]?.name, "m099", "this node is the first");
  for (const name of ["m097", "m098"]) find(map.members, name);
  assert.match(summary(map), /No contact: m097\./);
  assert.match(summary(map), new RegExp(`${100 - kMaxDrawnMembers + 40 - kMaxDrawnCandidates} more machines are in the tables only\\.$`));
});

const names = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

function content(around: number, otherSide = 0, outside = 0): MapContent {
  return { centre: "self", around: names("m", around), otherSide: names("o", otherSide), outside: names("c", outside) };
}

/** Every mark inside the drawing and inside an area, no two so near that one's name meets the other. */
function check(layout: MapLayout, what: string): void {
  const marks = [...layout.places];
  const rows = layout.dense ? 50 : 70;
  for (const [key, { x, y }] of marks) {
    assert.ok(x >= 12 && x <= layout.width - 12 && y >= 12 && y <= layout.height - 12, `${what}: ${key} at ${x}, ${y} of ${layout.width} x ${layout.height}`);
    const inside = layout.areas.filter((area) => x > area.x && x < area.x + area.width && y > area.y && y < area.y + area.height);
    assert.equal(inside.length, 1, `${what}: ${key} is in one area`);
  }
  const members = marks.filter(([key]) => !key.startsWith("c"));
  members.forEach(([key, a], i) => {
    for (const [other, b] of members.slice(i + 1)) {
      assert.ok(Math.abs(a.x - b.x) >= layout.cell || Math.abs(a.y - b.y) >= rows, `${what}: ${key} meets ${other}`);
    }
  });
}

test("from one machine to sixty, on a phone and on a desk, no name meets another", () => {
  for (const width of [300, 331, 520, 700, 820, 1089]) {
    for (let n = 0; n < kMaxDrawnMembers; n += 1) check(layOut(content(n), width), `${n} at ${width}`);
    for (const n of [0, 1, 2, 6, 12, 30]) {
      for (const outside of [1, 5, 6, kMaxDrawnCandidates]) check(layOut(content(n, 0, outside), width), `${n} and ${outside} at ${width}`);
      for (const otherSide of [1, 2, 3, 12, 29]) check(layOut(content(n, otherSide, 3), width), `${n} against ${otherSide} at ${width}`);
    }
  }
});

test("everybody has a place, this node in the middle, and places do not depend on states", () => {
  const layout = layOut(content(7, 0, 2), 1000);
  assert.equal(layout.places.size, 10);
  assert.deepEqual(layOut(content(7, 0, 2), 1000), layout);
  const xs = names("m", 7).map((key) => layout.places.get(key)?.x ?? NaN);
  const self = layout.places.get("self")?.x ?? NaN;
  assert.ok(Math.min(...xs) < self && self < Math.max(...xs));
  assert.equal(layOut(content(3), 1000).cut, null);
  const cut = layOut(content(3, 2), 1000).cut ?? assert.fail("nothing separates the sides");
  const [left, right] = layOut(content(3, 2), 1000).areas;
  assert.ok(left && right && cut.x > left.x + left.width && cut.x < right.x);
});

test("arrow keys lead up and down as one sees it, and from one to the next in order", () => {
  const places = new Map([
    ["middle", { x: 100, y: 100 }],
    ["right", { x: 180, y: 110 }],
    ["below", { x: 110, y: 200 }],
    ["deep", { x: 100, y: 300 }],
  ]);
  const order = [...places.keys()];
  const go = (from: string, key: "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight"): string => neighbour(places, order, from, key);
  assert.equal(go("middle", "ArrowDown"), "below");
  assert.equal(go("below", "ArrowDown"), "deep");
  assert.equal(go("below", "ArrowUp"), "middle");
  assert.equal(go("middle", "ArrowUp"), "middle");
  assert.equal(go("right", "ArrowRight"), "below");
  assert.equal(go("below", "ArrowLeft"), "right");
  assert.equal(go("middle", "ArrowLeft"), "middle");
  assert.equal(go("deep", "ArrowRight"), "deep");
});

test("a long name loses its domain, then its middle", () => {
  assert.equal(fitted("studio", 100, 7), "studio");
  assert.equal(fitted("studio.fleet.example.org", 100, 7), "studio");
  assert.equal(fitted("spot-worker-0123", 84, 7), "spot-wo…0123");
  assert.equal([...fitted("spot-worker-0123", 84, 7)].length, 12);
  assert.equal(fitted("192.0.2.17:8765", 84, 7), "192.0.2…8765");
  assert.equal(fitted("ab".repeat(50), 14, 7), "a…b");
});
