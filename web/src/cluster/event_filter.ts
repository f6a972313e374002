// Which events are shown.
import type { ClusterEvent } from "../api.ts";
import type { EventFilter } from "../route.ts";

export const kKinds: Readonly<Record<string, string>> = {
  leader: "Leader",
  member: "Member",
  partition: "Partition",
  node: "This node",
  admin: "Admin",
  pairing: "Pairing",
  token: "Token",
  certificate: "Certificate",
  revocation: "Revocation",
  clone: "Copied identity",
};

export const kindWord = (kind: string): string => kKinds[kind] ?? kind;

const kLevels: Readonly<Record<string, number>> = { info: 0, warn: 1, error: 2 };

export const isFiltered = (filter: EventFilter): boolean => Boolean(filter.kind || filter.node || filter.level || filter.text);

/** Every word of the text must occur, in whatever order and case. */
export function matches(event: ClusterEvent, filter: EventFilter): boolean {
  if (filter.kind && event.kind !== filter.kind) return false;
  if (filter.node && !event.node?.startsWith(filter.node)) return false;
  if (filter.level && (kLevels[event.level] ?? 0) < (kLevels[filter.level] ?? 0)) return false;
  const words = (filter.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const said = `${event.text} ${kindWord(event.kind)}`.toLowerCase();
  return words.every((word) => said.includes(word));
}
