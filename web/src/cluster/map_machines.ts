// The machines of the map: what each is, how this node hears it, and a sentence that says why. Pure functions of what the node says.
import type { Candidate, Cluster, Discovery, Member } from "../api.ts";
import { ago, count } from "../format.ts";
import { byMachine, candidateState, isOutside } from "./candidate_words.ts";
import { inOrder, memberName, memberState, shortId } from "./standing.ts";

/**
 * The line from this node to a machine. `heard`: a message of it came within kHeardWithin. `relayed`: none did, but the leader
 * hears it. `silent`: it is suspect. `lost`: it is taken for dead. `pairing`: it may become a member. `none`: there is no line.
 */
export type Line = "self" | "heard" | "relayed" | "silent" | "lost" | "pairing" | "none";

/** Seconds. Each pair of members talks every two seconds, whoever leads; a member is suspect after three. */
export const kHeardWithin = 3;

export const kMaxDrawnMembers = 60;
export const kMaxDrawnCandidates = 16;

export interface Machine {
  key: string;
  id: string; // of the node, or its beginning, or empty
  name: string; // never empty
  addresses: string[];
  member: Member | null; // null: not of this cluster
  candidates: Candidate[]; // of a machine that is no member
  self: boolean;
  leads: boolean; // as this node sees it
  rivalTerm: number | null; // it leads another part
  otherSide: boolean; // of a partition
  line: Line;
  tone: string;
  word: string; // its state
  sentence: string; // why
}

function lineTo(member: Member, self: boolean, now: number): Line {
  if (self) return "self";
  if (member.heard_at !== null && now - member.heard_at <= kHeardWithin) return "heard";
  if (member.state === "alive") return member.heard_at === null ? "silent" : "relayed";
  return member.state === "dead" ? "lost" : "silent";
}

function memberSentence(member: Member, line: Line, cluster: Cluster, now: number): string {
  const leader = cluster.leader === null ? "The leader" : memberName(cluster, cluster.leader);
  const last = member.heard_at === null ? "Nothing has been heard of it yet" : `This node heard it last ${ago(now - member.heard_at)}`;
  switch (line) {
    case "self":
      return "The map shows what this node sees. Other nodes may see something else.";
    case "heard":
      if (member.state === "alive") return `${last}.`;
      return `${last}, but ${leader} does not: something blocks the way between those two.`;
    case "relayed":
      return `${last}. ${leader} hears it, so it takes part: something blocks the way from it to here.`;
    case "silent":
      return member.heard_at === null
        ? "Only its address is known. It takes part as soon as it answers."
        : `${last}. After six seconds of silence it counts as dead.`;
    default:
      return `${last}. It is switched off, asleep, or cut off; it takes part again when it is back. \`meshzero doctor\` looks for what blocks the way.`;
  }
}

function memberMachine(member: Member, cluster: Cluster, now: number): Machine {
  const self = member.node_id === cluster.node_id;
  const rival = cluster.partition?.rivals.find((ballot) => ballot.node_id === member.node_id);
  const line = lineTo(member, self, now);
  const otherSide = cluster.partition !== null && !self && (rival !== undefined || line === "lost" || line === "silent");
  const { tone, word } = memberState(member);
  const unknown = member.incarnation === 0;
  return {
    key: member.node_id,
    id: member.node_id,
    name: member.name || shortId(member.node_id),
    addresses: member.addresses,
    member,
    candidates: [],
    self,
    leads: cluster.leader === member.node_id,
    rivalTerm: rival?.term ?? null,
    otherSide,
    line,
    tone: unknown ? "idle" : tone,
    word: unknown ? "Not heard yet" : word,
    sentence: memberSentence(member, line, cluster, now),
  };
}

function candidateMachine(group: Candidate[]): Machine {
  const [first] = group as [Candidate, ...Candidate[]];
  const { tone, word } = candidateState(first);
  const id = group.map((candidate) => candidate.node_id).reduce((a, b) => (b.length > a.length ? b : a));
  return {
    key: `candidate ${id || first.address}`,
    id,
    name: group.find((candidate) => candidate.name !== "")?.name || first.address,
    addresses: group.map((candidate) => candidate.address),
    member: null,
    candidates: group,
    self: false,
    leads: false,
    rivalTerm: null,
    otherSide: false,
    line: first.state === "pairing" ? "pairing" : "none",
    tone,
    word,
    sentence: first.reason,
  };
}

export interface MapMachines {
  members: Machine[]; // of this cluster, who left excluded; this node first, the others by name
  outside: Machine[]; // seen, but not of this cluster
  membersLeftOut: number;
  outsideLeftOut: number;
}

/** At most as many as can be drawn: those that a person looks for go first. */
export function mapMachines(cluster: Cluster, discovery: Discovery | null, now: number): MapMachines {
  const all = inOrder(cluster.members)
    .filter((member) => member.state !== "left")
    .map((member) => memberMachine(member, cluster, now));
  const matters = (machine: Machine): number =>
    machine.self ? 0 : machine.leads || machine.rivalTerm !== null ? 1 : machine.line === "heard" && machine.word === "Alive" ? 3 : 2;
  const drawn = new Set([...all].sort((a, b) => matters(a) - matters(b)).slice(0, kMaxDrawnMembers));
  const members = all.filter((machine) => drawn.has(machine)).sort((a, b) => Number(b.self) - Number(a.self));
  // An address at which a member was not found is no machine of its own.
  const ofMember = ({ node_id: id }: Candidate): boolean => id !== "" && all.some((machine) => machine.id.startsWith(id));
  const outside = byMachine((discovery?.candidates ?? []).filter((each) => isOutside(each) && !ofMember(each))).map(candidateMachine);
  return {
    members,
    outside: outside.slice(0, kMaxDrawnCandidates),
    membersLeftOut: all.length - members.length,
    outsideLeftOut: Math.max(0, outside.length - kMaxDrawnCandidates),
  };
}

/** What an assistive technology says of a machine. */
export function spoken(machine: Machine): string {
  const parts = [machine.name];
  if (machine.self) parts.push("this node");
  if (machine.leads) parts.push("leader");
  if (machine.rivalTerm !== null) parts.push(`leader elsewhere, term ${machine.rivalTerm}`);
  if (machine.member === null) parts.push("not a member");
  parts.push(machine.word.toLowerCase());
  return parts.join(", ");
}

const kNamesInSummary = 4;

/** "a", "a and b", "a, b, c and 5 more". */
function listed(words: string[]): string {
  const rest = words.length - kNamesInSummary;
  const all = rest > 0 ? [...words.slice(0, kNamesInSummary), `${count(rest)} more`] : words;
  return all.length <= 1 ? all.join("") : `${all.slice(0, -1).join(", ")} and ${all.at(-1) ?? ""}`;
}

/** The map in a few sentences, for those who cannot see it and for those in a hurry. */
export function summary({ members, outside, membersLeftOut, outsideLeftOut }: MapMachines): string {
  const named = (chosen: (machine: Machine) => boolean): string => listed(members.filter(chosen).map(({ name }) => name));
  const leader = members.find((machine) => machine.leads);
  const sentences = [leader ? `${leader.name} leads${leader.self ? " and is this node" : ""}.` : "Nobody leads as seen from here."];
  const troubles: [words: string, names: string][] = [
    ["On the other side of the partition", named(({ otherSide }) => otherSide)],
    ["No contact", named(({ line, otherSide }) => line === "lost" && !otherSide)],
    ["Silent for a moment", named(({ line, otherSide }) => line === "silent" && !otherSide)],
    ["Heard by the leader, not here", named(({ line, otherSide }) => line === "relayed" && !otherSide)],
  ];
  for (const [words, names] of troubles) if (names !== "") sentences.push(`${words}: ${names}.`);
  if (members.length > 1 && sentences.length === 1) sentences.push("This node hears all the others.");
  if (outside.length > 0) {
    const names = outside.map(({ name, word }) => `${name} (${word.toLowerCase()})`);
    sentences.push(`Not members: ${listed(names)}.`);
  }
  if (membersLeftOut + outsideLeftOut > 0) sentences.push(`${count(membersLeftOut + outsideLeftOut)} more machines are in the tables only.`);
  return sentences.join(" ");
}
