// What a seat needs to win (FORMAT 5.1).
import { boardOf } from "./board.ts";

export interface Goals {
  rings: number; // each seat's supply
  eliminated: number; // rings a seat has to eliminate
  territory: number; // cells a seat has to own; it also needs more than all others together
}

const kRings: Readonly<Record<string, number>> = { square8: 18, hex8: 18, square19: 72, hexagonal: 96 };

export function goalsOf(board: string, seats: number, ringsOption = 0): Goals | null {
  const cells = boardOf(board)?.cells.length;
  const supply = kRings[board];
  if (cells === undefined || supply === undefined) return null;
  const rings = ringsOption > 0 ? ringsOption : supply;
  // Whole numbers instead of thirds: floor(rings * (n + 1) / 3 + 1/2).
  return { rings, eliminated: Math.floor((2 * rings * (seats + 1) + 3) / 6), territory: Math.floor(cells / seats) + 1 };
}
