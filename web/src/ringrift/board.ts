// Where the cells of each board are: on the board and on the screen.
//
// Screen units: a cell is kCell wide. Squares stand in rows, x to the right and y down. Hexagons stand on a corner; x runs to
// the right and y down to the right, as cube coordinates without z.
import { cellName, type Cell, type CellName } from "./position.ts";

export const kCell = 40;

export interface Point {
  px: number;
  py: number;
}

export interface EdgeLabel extends Point {
  text: string;
}

export interface Board {
  name: string;
  hex: boolean;
  size: number; // cells along the middle row
  cells: Cell[];
  names: ReadonlySet<CellName>;
  labelSize: number; // of the numbers at the edge, in screen units
  outline: string; // SVG path of one cell around 0,0, with a small gap to its neighbours
  labels: EdgeLabel[];
  viewBox: { x: number; y: number; width: number; height: number };
}

const kRowHeight = (kCell * Math.sqrt(3)) / 2; // between the middles of two rows of hexagons
const kGap = 1.6;
const kLabelRoom = 18;
const kMargin = 8;

const kSquareSizes: Readonly<Record<string, number>> = { square8: 8, square19: 19 };
const kHexRadii: Readonly<Record<string, number>> = { hex8: 4, hexagonal: 12 };

export function center(hex: boolean, cell: Cell): Point {
  return hex ? { px: kCell * (cell.x + cell.y / 2), py: kRowHeight * cell.y } : { px: kCell * cell.x, py: kCell * cell.y };
}

function hexOutline(): string {
  const r = kCell / Math.sqrt(3) - kGap / Math.sqrt(3);
  const corners = [0, 1, 2, 3, 4, 5].map((i) => {
    const angle = (Math.PI / 3) * i - Math.PI / 2;
    return `${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
  });
  return `M${corners.join("L")}Z`;
}

function squareOutline(): string {
  const h = (kCell - kGap) / 2;
  return `M${-h} ${-h}H${h}V${h}H${-h}Z`;
}

function squareBoard(name: string, size: number): Board {
  const axis = Array.from({ length: size }, (_, i) => i);
  const cells = axis.flatMap((x) => axis.map((y) => ({ x, y })));
  const near = -kCell / 2 - kLabelRoom / 2;
  return {
    name,
    hex: false,
    size,
    cells,
    names: new Set(cells.map(cellName)),
    labelSize: size > 10 ? 12 : 8,
    outline: squareOutline(),
    labels: axis.flatMap((i) => [
      { text: String(i), px: i * kCell, py: near },
      { text: String(i), px: near, py: i * kCell },
    ]),
    viewBox: {
      x: -kCell / 2 - kLabelRoom,
      y: -kCell / 2 - kLabelRoom,
      width: size * kCell + kLabelRoom + kMargin,
      height: size * kCell + kLabelRoom + kMargin,
    },
  };
}

function hexBoard(name: string, radius: number): Board {
  const axis = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  const cells = axis.flatMap((x) => axis.filter((y) => Math.abs(x + y) <= radius).map((y) => ({ x, y })));
  // y at the left end of each row; x below the lower end of each slanting column.
  const labels = axis.flatMap((i) => {
    const row = center(true, { x: Math.max(-radius, -radius - i), y: i });
    const column = center(true, { x: i, y: Math.min(radius, radius - i) });
    return [
      { text: String(i), px: row.px - kCell / 2 - kLabelRoom / 2, py: row.py },
      { text: String(i), px: column.px + kCell / 4 + 5, py: column.py + kRowHeight * 0.5 + 13 },
    ];
  });
  const halfWidth = (radius + 0.5) * kCell + kLabelRoom + 2;
  const halfHeight = radius * kRowHeight + kCell / Math.sqrt(3);
  return {
    name,
    hex: true,
    size: 2 * radius + 1,
    cells,
    names: new Set(cells.map(cellName)),
    labelSize: radius > 6 ? 13 : 8,
    outline: hexOutline(),
    labels,
    viewBox: { x: -halfWidth, y: -halfHeight - kMargin, width: 2 * halfWidth, height: 2 * halfHeight + kMargin + kLabelRoom },
  };
}

const boards = new Map<string, Board>();

/** The board of that name, or null when there is none. Made once per name. */
export function boardOf(name: string): Board | null {
  const known = boards.get(name);
  if (known) return known;
  const size = kSquareSizes[name];
  const radius = kHexRadii[name];
  const board = size !== undefined ? squareBoard(name, size) : radius !== undefined ? hexBoard(name, radius) : null;
  if (board) boards.set(name, board);
  return board;
}

/** The cell next to `cell` in a direction of the arrow keys, or `cell` itself at the edge. */
export function neighbour(board: Board, cell: Cell, key: "left" | "right" | "up" | "down"): Cell {
  const steps = {
    left: [{ x: -1, y: 0 }],
    right: [{ x: 1, y: 0 }],
    // Rows of hexagons are shifted by half a cell: straight up and down alternate between two columns.
    up: board.hex ? (cell.y % 2 === 0 ? [{ x: 0, y: -1 }, { x: 1, y: -1 }] : [{ x: 1, y: -1 }, { x: 0, y: -1 }]) : [{ x: 0, y: -1 }],
    down: board.hex ? (cell.y % 2 === 0 ? [{ x: -1, y: 1 }, { x: 0, y: 1 }] : [{ x: 0, y: 1 }, { x: -1, y: 1 }]) : [{ x: 0, y: 1 }],
  }[key];
  for (const step of steps) {
    const next = { x: cell.x + step.x, y: cell.y + step.y };
    if (board.names.has(cellName(next))) return next;
  }
  return cell;
}
