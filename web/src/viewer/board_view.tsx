// Draws a position: cells, territory, markers, stacks, and what the last move did.
import { useMemo } from "preact/hooks";

import { center, kCell, type Board } from "../ringrift/board.ts";
import type { Move } from "../ringrift/move.ts";
import { parseCell, type CellName, type Position } from "../ringrift/position.ts";
import { SeatShape } from "./seat_mark.tsx";
import { StackGlyph } from "./stack_glyph.tsx";

function at(board: Board, name: CellName): string {
  const { px, py } = center(board.hex, parseCell(name));
  return `translate(${px.toFixed(2)} ${py.toFixed(2)})`;
}

/** Patterns of the seats' territory: every seat's hatching runs another way. */
function Patterns() {
  return (
    <defs>
      <pattern id="territory-1" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="seat-stroke-1" d="M0 0V7" stroke-width="3.4" />
      </pattern>
      <pattern id="territory-2" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <path class="seat-stroke-2" d="M0 0V7" stroke-width="3.4" />
      </pattern>
      <pattern id="territory-3" width="7" height="7" patternUnits="userSpaceOnUse">
        <path class="seat-stroke-3" d="M0 3.5H7" stroke-width="2.6" />
      </pattern>
      <pattern id="territory-4" width="6" height="6" patternUnits="userSpaceOnUse">
        <circle class="seat-fill-4" cx="3" cy="3" r="1.9" />
      </pattern>
      <marker id="arrow-head" viewBox="0 0 10 10" refX="7" refY="5" markerWidth="4.2" markerHeight="4.2" orient="auto">
        <path class="arrow-head" d="M0 .8 9 5 0 9.2Z" />
      </marker>
    </defs>
  );
}

function BareBoard({ board }: { board: Board }) {
  return (
    <g>
      {board.cells.map((cell) => (
        <path key={`${cell.x},${cell.y}`} class="cell" data-cell={`${cell.x},${cell.y}`} d={board.outline} transform={at(board, `${cell.x},${cell.y}`)} />
      ))}
      {board.labels.map((label, i) => (
        <text key={i} class="edge-label" font-size={board.labelSize} x={label.px.toFixed(1)} y={label.py.toFixed(1)}>
          {label.text}
        </text>
      ))}
    </g>
  );
}

function Territory({ board, collapsed }: { board: Board; collapsed: Position["collapsed"] }) {
  return (
    <g data-testid="territory">
      {[...collapsed].map(([name, seat]) => (
        <g key={name} transform={at(board, name)} data-territory={name}>
          <path class={`seat-fill-${seat} territory-tint`} d={board.outline} />
          <path d={board.outline} fill={`url(#territory-${seat})`} />
        </g>
      ))}
    </g>
  );
}

function Pieces({ board, position, move, showSeats }: { board: Board; position: Position; move: Move | null; showSeats: boolean }) {
  const stacks = [...position.stacks].sort(([, a], [, b]) => a.y - b.y || a.x - b.x); // nearer piles overlap farther ones
  return (
    <>
      <Territory board={board} collapsed={position.collapsed} />
      {move && <Ground board={board} move={move} />}
      <g data-testid="markers">
        {[...position.markers].map(([name, seat]) => (
          <g key={name} transform={at(board, name)} data-marker={name}>
            <SeatShape seat={seat} />
          </g>
        ))}
      </g>
      {move?.from && move.to && <Arrow board={board} from={move.from} to={move.to} />}
      <g data-testid="stacks">
        {stacks.map(([name, stack]) => (
          <g key={name} transform={at(board, name)} data-stack={name}>
            <StackGlyph stack={stack} showSeats={showSeats} />
          </g>
        ))}
      </g>
      {move && <LastMove board={board} move={move} />}
    </>
  );
}

function Outline({ board, name, kind }: { board: Board; name: CellName; kind: string }) {
  return <path class={`outline outline-${kind}`} d={board.outline} transform={at(board, name)} data-highlight={`${kind} ${name}`} />;
}

/** Under the pieces: where the last move began and ended, softly filled. */
function Ground({ board, move }: { board: Board; move: Move }) {
  const names = [move.from, move.to].filter((name): name is CellName => name !== null);
  return (
    <g>
      {names.map((name) => (
        <path key={name} class="ground" d={board.outline} transform={at(board, name)} />
      ))}
    </g>
  );
}

function Arrow({ board, from, to }: { board: Board; from: CellName; to: CellName }) {
  const a = center(board.hex, parseCell(from));
  const b = center(board.hex, parseCell(to));
  const length = Math.hypot(b.px - a.px, b.py - a.py);
  if (length < kCell / 2) return null;
  // Ends short of the middle, so that the piece it points at stays readable.
  const cut = (kCell * 0.44) / length;
  const line = `M${a.px.toFixed(1)} ${a.py.toFixed(1)}L${(b.px - (b.px - a.px) * cut).toFixed(1)} ${(b.py - (b.py - a.py) * cut).toFixed(1)}`;
  return (
    <g>
      <path class="arrow-halo" d={line} />
      <path class="arrow" d={line} marker-end="url(#arrow-head)" />
    </g>
  );
}

function LastMove({ board, move }: { board: Board; move: Move }) {
  const taken = new Set(move.taken);
  return (
    <g data-testid="last-move">
      {move.cells.map((name) => (
        <Outline key={name} board={board} name={name} kind={taken.has(name) ? "taken" : "left"} />
      ))}
      {move.from && <Outline board={board} name={move.from} kind="from" />}
      {move.target && <Outline board={board} name={move.target} kind="target" />}
      {move.paidAt && <Outline board={board} name={move.paidAt} kind="target" />}
      {move.to && <Outline board={board} name={move.to} kind="to" />}
    </g>
  );
}

interface Props {
  board: Board;
  viewBox: string; // the part of the board to show
  position: Position;
  move: Move | null; // the one that led here
  cursor: CellName | null;
  showSeats: boolean;
  label: string;
  onCell: (name: CellName | null) => void;
}

export function BoardView({ board, viewBox, position, move, cursor, showSeats, label, onCell }: Props) {
  const cellUnder = (event: Event): CellName | null => (event.target as Element).getAttribute("data-cell");
  // Kept while only the pointer moves: hundreds of cells and pieces stay as they are.
  const bare = useMemo(() => <BareBoard board={board} />, [board]);
  const pieces = useMemo(
    () => <Pieces board={board} position={position} move={move} showSeats={showSeats} />,
    [board, position, move, showSeats],
  );
  return (
    <svg
      class={board.size > 10 ? "board fine" : "board"}
      viewBox={viewBox}
      role="img"
      aria-label={label}
      data-testid="board"
      data-board={board.name}
      onPointerMove={(event) => onCell(cellUnder(event))}
      onPointerDown={(event) => onCell(cellUnder(event))}
      onPointerLeave={(event) => {
        if (event.pointerType === "mouse") onCell(null);
      }}
    >
      <Patterns />
      {bare}
      <g class="pieces">
        {pieces}
        {position.mustMove && (
          <g data-testid="must-move">
            <Outline board={board} name={position.mustMove} kind="must" />
          </g>
        )}
        {cursor && <Outline board={board} name={cursor} kind="cursor" />}
      </g>
    </svg>
  );
}
