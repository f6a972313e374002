// The board with what belongs to looking at it: the cell under the pointer or the cursor, and two ways of drawing it.
import { useState } from "preact/hooks";

import { neighbour, type Board } from "../ringrift/board.ts";
import { cellWords, positionWords } from "../ringrift/describe.ts";
import type { Move } from "../ringrift/move.ts";
import { cellName, parseCell, type CellName, type Position } from "../ringrift/position.ts";
import { boardName } from "../words.ts";
import { BoardView } from "./board_view.tsx";
import { kZoomCells, viewBoxOf } from "./zoom.ts";

const kArrows: Readonly<Record<string, "left" | "right" | "up" | "down">> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

const kMiddle: CellName = "0,0"; // of a hexagon; on squares the corner, where the enlarged part begins

interface Props {
  board: Board;
  position: Position;
  move: Move | null;
  focus: CellName | null; // what to enlarge
  loading: boolean;
}

export function BoardPart({ board, position, move, focus, loading }: Props) {
  const [cursor, setCursor] = useState<CellName | null>(null);
  const [showSeats, setShowSeats] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const zoomable = board.size > kZoomCells;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") setCursor(null);
    const direction = kArrows[event.key];
    if (!direction || !event.shiftKey) return;
    event.preventDefault();
    const start = position.mustMove ?? move?.to ?? (board.hex ? "0,0" : cellName({ x: board.size >> 1, y: board.size >> 1 }));
    setCursor(cursor ? cellName(neighbour(board, parseCell(cursor), direction)) : start);
  };
  return (
    <div class="board-part">
      <div
        class={loading ? "board-frame loading" : "board-frame"}
        tabIndex={0}
        role="group"
        aria-label="Board. Shift and the arrow keys look at one cell after another."
        onKeyDown={onKey}
      >
        <BoardView
          board={board}
          viewBox={viewBoxOf(board, zoomable && zoomed ? (focus ?? kMiddle) : null)}
          position={position}
          move={move}
          cursor={cursor}
          showSeats={showSeats}
          label={`Board, ${boardName(position.board)}: ${positionWords(position)}`}
          onCell={setCursor}
        />
      </div>
      <div class="board-foot">
        <p class="muted cell-words" aria-live="polite" data-testid="cell-words">
          {cursor ? cellWords(position, cursor) : "Point at a cell to read what is on it."}
        </p>
        {zoomable && (
          <label class="check">
            <input type="checkbox" checked={zoomed} onChange={(event) => setZoomed(event.currentTarget.checked)} /> Enlarge the last move
          </label>
        )}
        <label class="check">
          <input type="checkbox" checked={showSeats} onChange={(event) => setShowSeats(event.currentTarget.checked)} /> Seat numbers on stacks
        </label>
      </div>
    </div>
  );
}
