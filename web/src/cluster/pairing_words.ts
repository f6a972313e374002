// Requests to pair in words: pure functions of what the node says.
import type { Login, PairingRequest } from "../api.ts";
import { shortId } from "./standing.ts";

/** "482913" as people read it: "482 913". */
export const grouped = (digits: string): string => digits.replace(/^(\d{3})(\d{3})$/, "$1 $2");

/** What a person typed, without the blanks; null when it is not six digits. */
export function typedDigits(text: string): string | null {
  const digits = text.replaceAll(/\s/g, "");
  return /^\d{6}$/.test(digits) ? digits : null;
}

export const kMinApprovedId = 16; // characters of a node's id that have to be compared

/** What is wrong with an id that a person typed from the other machine; null when it belongs to this request. */
export function idProblem(text: string, request: PairingRequest): string | null {
  const id = text.replaceAll(/\s/g, "").toLowerCase();
  if (id.length < kMinApprovedId) return `Type at least the first ${kMinApprovedId} characters of the id that the other machine shows.`;
  if (!request.node_id.startsWith(id)) return "That is not the id of the machine that asks. Do not let it in: refuse it, and look at both machines again.";
  return null;
}

const kOpenStates = ["waiting", "confirmed_here", "confirmed_there"];

export const isPending = (request: PairingRequest): boolean => kOpenStates.includes(request.state);

/** Those that wait for somebody at this node. */
export const waitsForPerson = (request: PairingRequest): boolean =>
  (request.state === "waiting" || request.state === "confirmed_there") && !(request.kind === "approval" && request.direction === "out");

export const peerName = (request: PairingRequest): string => request.name || shortId(request.node_id);

export function requestTitle(request: PairingRequest): string {
  const name = peerName(request);
  if (request.kind === "approval") return request.direction === "in" ? `${name} asks to be approved` : `This machine waits for the approval of ${name}`;
  return request.direction === "in" ? `${name} wants to join this cluster` : `This machine asks to join the cluster of ${name}`;
}

const kEndings: Readonly<Record<string, { tone: string; word: string }>> = {
  done: { tone: "ok", word: "Done" },
  refused: { tone: "idle", word: "Refused" },
  expired: { tone: "idle", word: "Expired" },
  failed: { tone: "error", word: "Failed" },
};

export const endingOf = (state: string): { tone: string; word: string } => kEndings[state] ?? { tone: "idle", word: state.replaceAll("_", " ") };

/** Why a login may not decide about other machines; null when it may. */
export function whyNot(login: Login): string | null {
  if (login.scope === "admin") return null;
  if (login.scope === "none") {
    return "Only who is logged in may decide. Run `meshzero ui` on this machine: it opens this page logged in. `meshzero pair` in a terminal does the same as this panel.";
  }
  return `This login may ${login.scope === "jobs" ? "look and hand in jobs" : "only look"}; deciding takes the scope admin. Run \`meshzero ui\` on this machine.`;
}
