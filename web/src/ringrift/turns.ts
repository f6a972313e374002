// The moves of a game grouped into turns.
import { beginsTurn, type Move } from "./move.ts";

export interface Turn {
  seat: number;
  first: number; // index of its first move
  moves: Move[];
}

export function turnsOf(moves: readonly Move[]): Turn[] {
  const turns: Turn[] = [];
  moves.forEach((move, i) => {
    const turn = turns.at(-1);
    if (!turn || beginsTurn(moves[i - 1], move)) turns.push({ seat: move.seat, first: i, moves: [move] });
    else turn.moves.push(move);
  });
  return turns;
}
