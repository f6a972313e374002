// Reads the text of a RingRift move (FORMAT 3) and says it in words.
import { cellName, parseCell, type CellName } from "./position.ts";

export type MoveKind =
  | "PR" | "SP" | "NP" | "SW" | "MS" | "OC" | "CC" | "SC" | "RS" | "SR" | "NM"
  | "PL" | "CL" | "NL" | "CT" | "ST" | "NT" | "ER" | "FE";

export interface Move {
  kind: MoveKind;
  seat: number;
  from: CellName | null;
  target: CellName | null; // the stack that is captured
  to: CellName | null;
  paidAt: CellName | null; // the stack a recovery slide takes its ring from
  rings: number; // placed or eliminated; 0 otherwise
  cells: CellName[]; // the whole line or region
  taken: CellName[]; // the cells that become territory
  cause: string; // ER: L line, T or R region; RS: L1, L2, F, S; otherwise empty
}

/** Moves that only say that there was nothing to do. */
const kForcedPasses: ReadonlySet<string> = new Set(["NP", "NM", "NL", "NT"]);

/** How many fields follow the kind. */
const kFields: Readonly<Record<MoveKind, number>> = {
  PR: 3, SP: 1, NP: 1, SW: 1, MS: 3, OC: 4, CC: 4, SC: 1, RS: 6, SR: 1, NM: 1,
  PL: 2, CL: 3, NL: 1, CT: 2, ST: 1, NT: 1, ER: 4, FE: 3,
};

export class MoveError extends Error {}

function cell(text: string): CellName {
  return cellName(parseCell(text));
}

function cells(text: string): CellName[] {
  return text.split(";").map(cell);
}

function ringCount(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new MoveError(`"${text}" is not a number of rings`);
  return n;
}

export function parseMove(text: string): Move {
  const [kindText = "", ...fields] = text.split(" ");
  if (!Object.hasOwn(kFields, kindText)) throw new MoveError(`"${kindText}" is not a kind of move`);
  const kind = kindText as MoveKind;
  if (fields.length !== kFields[kind]) throw new MoveError(`"${text}" should have ${kFields[kind]} fields after ${kind}`);
  const [p = "", a = "", b = "", c = "", d = "", e = ""] = fields;
  const seat = Number(p);
  if (!Number.isInteger(seat) || seat < 1 || seat > 4) throw new MoveError(`"${p}" is not a seat`);
  const move: Move = { kind, seat, from: null, target: null, to: null, paidAt: null, rings: 0, cells: [], taken: [], cause: "" };
  switch (kind) {
    case "PR":
      return { ...move, to: cell(a), rings: ringCount(b) };
    case "MS":
      return { ...move, from: cell(a), to: cell(b) };
    case "OC":
    case "CC":
      return { ...move, from: cell(a), target: cell(b), to: cell(c) };
    case "RS":
      return { ...move, from: cell(a), to: cell(b), cause: c, paidAt: d === "-" ? null : cell(d), taken: e === "-" ? [] : cells(e) };
    case "PL":
      return { ...move, cells: cells(a), taken: cells(a) };
    case "CL":
      return { ...move, cells: cells(a), taken: cells(b) };
    case "CT":
      return { ...move, cells: cells(a), taken: cells(a) };
    case "ER":
      return { ...move, cause: a, to: cell(b), rings: ringCount(c) };
    case "FE":
      return { ...move, to: cell(a), rings: ringCount(b) };
    default:
      return move;
  }
}

export function isForcedPass(move: Move): boolean {
  return kForcedPasses.has(move.kind);
}

/** True when a turn begins with `move`: another seat acts, or the same seat is back at placement. */
export function beginsTurn(previous: Move | undefined, move: Move): boolean {
  if (!previous || previous.seat !== move.seat) return true;
  return ["PR", "SP", "NP"].includes(move.kind) && previous.kind !== "SW";
}

function rings(n: number): string {
  return n === 1 ? "1 ring" : `${n} rings`;
}

function elimination(move: Move): string {
  const cost = move.cause === "L" ? "for the line" : "for the region";
  return `gives up ${rings(move.rings)} at ${move.to} ${cost}`;
}

/** What the seat does, as a phrase that follows its name: "moves 3,3 → 3,6". */
export function moveWords(move: Move): string {
  switch (move.kind) {
    case "PR":
      return `places ${rings(move.rings)} at ${move.to}`;
    case "SP":
      return "skips placing";
    case "NP":
      return "cannot place";
    case "SW":
      return "swaps sides";
    case "MS":
      return `moves ${move.from} → ${move.to}`;
    case "OC":
      return `captures ${move.target} (${move.from} → ${move.to})`;
    case "CC":
      return `captures on: ${move.target} (${move.from} → ${move.to})`;
    case "SC":
      return "does not capture";
    case "RS":
      return move.cause === "S"
        ? `recovers: marker ${move.from} strikes the stack ${move.to}`
        : `recovers: marker ${move.from} → ${move.to}`;
    case "SR":
      return "skips recovery";
    case "NM":
      return "cannot move";
    case "PL":
      return `takes a line of ${move.cells.length}`;
    case "CL":
      return move.taken.length === move.cells.length
        ? `takes a line of ${move.cells.length}`
        : `takes ${move.taken.length} of a line of ${move.cells.length}`;
    case "NL":
      return "has no line";
    case "CT":
      return `takes a region of ${move.cells.length}`;
    case "ST":
      return "leaves the region";
    case "NT":
      return "has no region";
    case "ER":
      return elimination(move);
    case "FE":
      return `is stuck and loses ${rings(move.rings)} at ${move.to}`;
  }
}
