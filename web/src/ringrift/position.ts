// Reads the one-line text of a RingRift position (FORMAT 4). Everything shown on the board comes from here.
//
// The text comes over the network, so each field is checked; a text that does not fit is refused with what is wrong.

export interface Cell {
  x: number;
  y: number;
}

/** "x,y": the key of a cell in the maps below and its name in move texts. */
export type CellName = string;

export interface Stack extends Cell {
  rings: number[]; // owner of each ring, bottom first
}

export interface Position {
  board: string;
  seats: number;
  toAct: number; // 0 when the game is over
  phase: string;
  stacks: Map<CellName, Stack>;
  markers: Map<CellName, number>;
  collapsed: Map<CellName, number>;
  hands: number[]; // per seat, index 0 is seat 1
  eliminated: number[];
  territory: number[];
  mustMove: CellName | null;
  captureFrom: CellName | null;
  lineCostDue: boolean; // a ring has to be given up for a line just taken
  regionCostDue: boolean; // ... for a region just taken
}

const kCell = /^(-?\d{1,2}),(-?\d{1,2})$/;
const kMaxSeats = 4;

export class PositionError extends Error {}

export function cellName(cell: Cell): CellName {
  return `${cell.x},${cell.y}`;
}

export function parseCell(text: string): Cell {
  const match = kCell.exec(text);
  if (!match) throw new PositionError(`"${text}" is not a cell`);
  return { x: Number(match[1]), y: Number(match[2]) };
}

/** The controller's run of rings at the top. */
export function capHeight(rings: number[]): number {
  const top = rings.at(-1);
  let height = 0;
  while (height < rings.length && rings[rings.length - 1 - height] === top) height += 1;
  return height;
}

function section(fields: string[], index: number, letter: string): string {
  const field = fields[index] ?? "";
  if (!field.startsWith(`${letter} `)) throw new PositionError(`field ${index + 1} does not begin with "${letter} "`);
  return field.slice(2);
}

function seatNumber(digit: string, seats: number): number {
  const seat = Number(digit);
  if (!Number.isInteger(seat) || seat < 1 || seat > seats) throw new PositionError(`"${digit}" is not a seat`);
  return seat;
}

function entries(text: string): [string, string][] {
  if (text === "") return [];
  return text.split(" ").map((entry) => {
    const colon = entry.indexOf(":");
    if (colon === -1) throw new PositionError(`"${entry}" has no colon`);
    return [entry.slice(0, colon), entry.slice(colon + 1)];
  });
}

function owners(text: string, seats: number): Map<CellName, number> {
  return new Map(entries(text).map(([cell, owner]) => [cellName(parseCell(cell)), seatNumber(owner, seats)]));
}

function stacks(text: string, seats: number): Map<CellName, Stack> {
  return new Map(
    entries(text).map(([name, digits]) => {
      if (digits === "") throw new PositionError(`the stack at ${name} has no rings`);
      const cell = parseCell(name);
      return [cellName(cell), { ...cell, rings: [...digits].map((digit) => seatNumber(digit, seats)) }];
    }),
  );
}

function perSeat(text: string, seats: number): number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.length !== seats || numbers.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new PositionError(`"${text}" does not hold ${seats} numbers`);
  }
  return numbers;
}

function optionalCell(text: string): CellName | null {
  return text === "-" ? null : cellName(parseCell(text));
}

export function parsePosition(text: string): Position {
  const fields = text.split("|");
  if (fields.length !== 14) throw new PositionError(`a position has 14 fields, this has ${fields.length}`);
  const [board = "", n = "", t = "", phase = ""] = fields;
  const seats = Number(/^N([1-4])$/.exec(n)?.[1]);
  if (!(seats >= 1 && seats <= kMaxSeats)) throw new PositionError(`"${n}" is not a number of seats`);
  const toAct = Number(/^T([0-4])$/.exec(t)?.[1]);
  if (!(toAct >= 0 && toAct <= seats)) throw new PositionError(`"${t}" is not a seat to act`);
  const flags = section(fields, 12, "Q");
  return {
    board,
    seats,
    toAct,
    phase,
    stacks: stacks(section(fields, 4, "S"), seats),
    markers: owners(section(fields, 5, "M"), seats),
    collapsed: owners(section(fields, 6, "C"), seats),
    hands: perSeat(section(fields, 7, "H"), seats),
    eliminated: perSeat(section(fields, 8, "E"), seats),
    territory: perSeat(section(fields, 9, "R"), seats),
    mustMove: optionalCell(section(fields, 10, "X")),
    captureFrom: optionalCell(section(fields, 11, "K")),
    lineCostDue: flags.includes("e"),
    regionCostDue: flags.includes("t"),
  };
}
