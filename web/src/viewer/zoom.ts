// The part of the board that is shown: all of it, or enlarged around the last move.
import { center, kCell, type Board } from "../ringrift/board.ts";
import type { Move } from "../ringrift/move.ts";
import { parseCell, type CellName } from "../ringrift/position.ts";

export const kZoomCells = 9; // cells across when enlarged

/** The cell that the newest of the first `ply` moves with a place was about, or null when none had one. */
export function focusAt(moves: readonly Move[], ply: number): CellName | null {
  const last = moves.slice(0, ply).findLast((move) => move.to !== null || move.cells.length > 0);
  return last?.to ?? last?.cells[0] ?? null;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** The viewBox attribute. Enlarged, it keeps the shape of the board, so that nothing around it moves. */
export function viewBoxOf(board: Board, focus: CellName | null): string {
  const { x, y, width, height } = board.viewBox;
  const scale = focus === null ? 1 : Math.min(1, (kZoomCells * kCell) / width);
  const middle = focus === null ? { px: x + width / 2, py: y + height / 2 } : center(board.hex, parseCell(focus));
  const w = width * scale;
  const h = height * scale;
  const left = clamp(middle.px - w / 2, x, x + width - w);
  const top = clamp(middle.py - h / 2, y, y + height - h);
  return [left, top, w, h].map((n) => n.toFixed(1)).join(" ");
}
