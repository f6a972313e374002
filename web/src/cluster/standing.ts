// How it stands with the cluster, in words: pure functions of what the node says.
import type { Cluster, Member } from "../api.ts";
import { plural } from "../format.ts";

export const kShortId = 7; // characters of a node's id that people see

export const shortId = (id: string): string => id.slice(0, kShortId);

/** The name of a member, or of whoever has that id. */
export function memberName(cluster: Cluster, id: string): string {
  return cluster.members.find((member) => member.node_id === id)?.name || shortId(id);
}

/** Those that belong to the cluster now. */
export const present = (cluster: Cluster): Member[] => cluster.members.filter((member) => member.state !== "left");

export const silent = (cluster: Cluster): Member[] => present(cluster).filter((member) => member.state !== "alive");

/** Something that a person may have to do something about. */
export function isTroubled(cluster: Cluster): boolean {
  return cluster.role === "frozen" || cluster.partition !== null || silent(cluster).length > 0;
}

/** "12:04", in the time zone of whoever looks. */
export function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

export interface Standing {
  tone: "ok" | "warn" | "error" | "idle";
  title: string;
  detail: string;
}

/** Who may lead, in words. */
export function policyWords(policy: string): { word: string; meaning: string } {
  if (policy === "majority") return { word: "Majority", meaning: "whom more than half of the voters chose" };
  if (policy === "etcd") return { word: "etcd", meaning: "whom an etcd outside of the cluster names" };
  return { word: "Available", meaning: "every part that is cut off goes on with a leader of its own" };
}

function whyNobodyLeads(cluster: Cluster): string {
  if (cluster.policy === "majority") return "More than half of the voters must answer before one of them may lead.";
  if (cluster.etcd?.silent_since) {
    return `etcd does not answer since ${timeOfDay(cluster.etcd.silent_since)}. Games are played on. ${cluster.etcd.why ?? ""}`.trim();
  }
  return "The machines are choosing one. This takes a few seconds.";
}

export function standing(cluster: Cluster): Standing {
  const members = present(cluster);
  const quiet = silent(cluster);
  if (cluster.role === "frozen") {
    return {
      tone: "error",
      title: "Frozen",
      detail: "Another machine runs with the identity of this node, so neither takes part any more.",
    };
  }
  if (cluster.partition) {
    const { leaders, since } = cluster.partition;
    return {
      tone: "warn",
      title: `${leaders} leaders, partition since ${timeOfDay(since)}`,
      detail: "Some machines cannot hear others. Each part works on by itself; when they meet again, one leader is left.",
    };
  }
  if (cluster.role === "starting") return { tone: "idle", title: "Starting", detail: "The node takes its place in the cluster in a moment." };
  if (cluster.leader === null) {
    return {
      tone: "warn",
      title: "No leader",
      detail: whyNobodyLeads(cluster),
    };
  }
  if (members.length <= 1) {
    return { tone: "ok", title: "A cluster of one", detail: "This node leads itself. Other machines can join it." };
  }
  const who = `${memberName(cluster, cluster.leader)}${cluster.leader === cluster.node_id ? ", this node," : ""} leads.`;
  if (quiet.length > 0) {
    const verb = quiet.length === 1 ? "does" : "do";
    return { tone: "warn", title: `${quiet.length} of ${plural(members.length, "machine")} ${verb} not answer`, detail: `${who} The others work on.` };
  }
  return { tone: "ok", title: `${plural(members.length, "machine")}, one leader`, detail: `All of them answer. ${who}` };
}

const kStates: Readonly<Record<string, { tone: string; word: string }>> = {
  alive: { tone: "ok", word: "Alive" },
  suspect: { tone: "warn", word: "Suspect" },
  dead: { tone: "error", word: "Dead" },
  left: { tone: "idle", word: "Left" },
};

const kLeftBecause: Readonly<Record<string, string>> = {
  leave: "by itself",
  revoked: "put out",
  cloned: "one identity on two machines",
};

export function memberState(member: Member): { tone: string; word: string; note: string } {
  const state = kStates[member.state] ?? { tone: "idle", word: member.state };
  if (member.other_protocol) return { ...state, note: `speaks version ${member.other_protocol} of the protocol, this node another` };
  return { ...state, note: member.left_because ? (kLeftBecause[member.left_because] ?? member.left_because) : "" };
}

/** Those that belong to the cluster before those that left; within each by name, so that no row jumps about. */
export function inOrder(members: readonly Member[]): Member[] {
  const key = (member: Member): string => `${member.state === "left" ? 1 : 0} ${member.name} ${member.node_id}`;
  return [...members].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** What to type so that another machine joins: here, or on an admin, and on that machine. */
export function joinCommands(self: Member, port: number): { token: string; join: string; file: string } {
  const name = self.name.split(".")[0]?.replaceAll(/[^A-Za-z0-9-]/g, "-") || "cluster";
  const local = `${name}.local:${port}`;
  const reached = self.addresses.find((address) => !/^(127\.|\[::1\]|localhost)/.test(address)) ?? local;
  const file = `${name}.token`;
  return { token: "meshzero token create --role node", join: `meshzero up --join @${file} --peer ${reached}`, file };
}
