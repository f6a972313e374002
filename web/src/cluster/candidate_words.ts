// The states and sources of candidates in words.
import type { Candidate } from "../api.ts";

interface Wording {
  tone: "ok" | "warn" | "error" | "idle" | "done";
  word: string;
}

const kStates: Readonly<Record<string, Wording>> = {
  self: { tone: "ok", word: "This node" },
  member: { tone: "ok", word: "Member" },
  new: { tone: "done", word: "Not joined" },
  pairing: { tone: "done", word: "Pairing" },
  unreachable: { tone: "warn", word: "No answer" },
  other_cluster: { tone: "idle", word: "Other cluster" },
  other_version: { tone: "warn", word: "Other version" },
  refused: { tone: "error", word: "Refused" },
  revoked: { tone: "error", word: "Put out" },
};

/** Those a person may do something about come first. */
const kOrder = ["pairing", "new", "refused", "revoked", "other_version", "unreachable", "other_cluster"];

/** An advert gives only the beginning of an id, so a whole one is a member's: it is said to be at this address too. */
const isHint = (candidate: Candidate): boolean => candidate.state === "new" && candidate.node_id.length === kWholeId;
const kWholeId = 52;

export const candidateState = (candidate: Candidate): Wording =>
  isHint(candidate)
    ? { tone: "idle", word: "Not tried" }
    : (kStates[candidate.state] ?? { tone: "idle", word: candidate.state.replaceAll("_", " ") });

const kSources: Readonly<Record<string, string>> = {
  bonjour: "seen on the network",
  static: "named by you",
  known: "known from before",
  exchanged: "told by a member",
};

export const sourceWords = (candidate: Candidate): string => candidate.sources.map((source) => kSources[source] ?? source).join(", ");

export const isOutside = (candidate: Candidate): boolean =>
  candidate.state !== "self" && candidate.state !== "member" && !isHint(candidate);

function rank(candidate: Candidate): number {
  const at = kOrder.indexOf(candidate.state);
  return at === -1 ? kOrder.length : at;
}

export function inOrder(candidates: readonly Candidate[]): Candidate[] {
  const key = (candidate: Candidate): string => `${candidate.name} ${candidate.node_id} ${candidate.address}`;
  return [...candidates].sort((a, b) => rank(a) - rank(b) || (key(a) < key(b) ? -1 : 1));
}

/** Candidates that are one machine together, in order: an advert gives only the beginning of an id. */
export function byMachine(candidates: readonly Candidate[]): Candidate[][] {
  const machines: Candidate[][] = [];
  const isSame = (a: string, b: string): boolean => a !== "" && b !== "" && (a.startsWith(b) || b.startsWith(a));
  for (const candidate of inOrder(candidates)) {
    const known = machines.find((group) => group.some((each) => isSame(each.node_id, candidate.node_id)));
    if (known) known.push(candidate);
    else machines.push([candidate]);
  }
  return machines;
}
