import assert from "node:assert/strict";
import { test } from "node:test";

import type { PairingRequest } from "../src/api.ts";
import { grouped, idProblem, isPending, requestTitle, typedDigits, waitsForPerson, whyNot } from "../src/cluster/pairing_words.ts";

function request(changes: Partial<PairingRequest> = {}): PairingRequest {
  return {
    id: "r1", direction: "in", kind: "digits", node_id: "4k2lq7a".padEnd(52, "b"), name: "attic", address: "192.0.2.9:8765", cluster: "", digits: "482913", state: "waiting", text: "", since: 0, expires: 600, ...changes,
  };
}

test("digits are shown in two groups and may be typed with blanks", () => {
  assert.equal(grouped("482913"), "482 913");
  assert.equal(grouped("000007"), "000 007");
  assert.equal(typedDigits(" 482 913 "), "482913");
  for (const text of ["", "48291", "4829134", "48291x", "-82913"]) assert.equal(typedDigits(text), null, text);
});

test("an id that was typed must be long enough and that of the machine that asks", () => {
  const { node_id: id } = request();
  assert.equal(idProblem(id, request()), null);
  assert.equal(idProblem(` ${id.slice(0, 8)} ${id.slice(8, 16).toUpperCase()}`, request()), null);
  assert.match(idProblem(id.slice(0, 15), request()) ?? "", /at least the first 16/);
  assert.match(idProblem("c".repeat(16), request()) ?? "", /not the id of the machine that asks/);
  assert.match(idProblem(`${id}b`, request()) ?? "", /not the id/);
});

test("a person is asked while something can be done here, and no longer", () => {
  const states = ["waiting", "confirmed_here", "confirmed_there", "done", "refused", "expired", "failed", "unheard of"];
  assert.deepEqual(states.filter((state) => isPending(request({ state }))), ["waiting", "confirmed_here", "confirmed_there"]);
  assert.deepEqual(states.filter((state) => waitsForPerson(request({ state }))), ["waiting", "confirmed_there"]);
  assert.equal(waitsForPerson(request({ kind: "approval" })), true);
  assert.equal(waitsForPerson(request({ kind: "approval", direction: "out" })), false, "nothing can be done here");
});

test("the title says who joins whom", () => {
  assert.equal(requestTitle(request()), "attic wants to join this cluster");
  assert.equal(requestTitle(request({ direction: "out" })), "This machine asks to join the cluster of attic");
  assert.equal(requestTitle(request({ kind: "approval", name: "" })), "4k2lq7a asks to be approved");
  assert.equal(requestTitle(request({ kind: "approval", direction: "out" })), "This machine waits for the approval of attic");
});

test("only an admin may decide, and everybody else is told what to do", () => {
  assert.equal(whyNot({ kind: "session", scope: "admin" }), null);
  for (const scope of ["none", "read", "jobs"]) assert.match(whyNot({ kind: "session", scope }) ?? "", /`meshzero ui`/);
});
