// Where the machines of the map stand. Pure geometry in pixels: the drawing is as wide as its place on the page, so that names stay
// readable on a phone, and as high as it has to be.
//
// Members stand around this node, on an ellipse while they fit there, else on a lattice of staggered rows, always in the order of
// their names, so that a machine keeps its place while states change. During a partition there are two such areas. Machines
// that are no members stand in an area of their own, beside or below.

export interface Point {
  x: number;
  y: number;
}

export interface Area extends Point {
  kind: "cluster" | "other-side" | "outside";
  width: number;
  height: number;
}

export interface MapLayout {
  width: number;
  height: number;
  areas: Area[];
  places: Map<string, Point>; // centre of the mark of a machine
  cell: number; // pixels of width that the name of a member may take
  row: number; // the same for a machine that is no member, whose name stands beside its mark
  dense: boolean; // room for names only
  beside: boolean; // those outside stand beside the members, not below
  cut: Point | null; // between the two sides of a partition
  sideBySide: boolean; // those two
}

export interface MapContent {
  centre: string | null; // this node
  around: string[];
  otherSide: string[];
  outside: string[];
}

const kWide = 700; // from here on areas stand side by side
const kGap = 16; // between areas
const kCut = 44; // between the two sides of a partition
const kPad = 14; // inside an area, at its sides and below
const kTitle = 40; // inside an area, above
const kMaxOnRing = 13;
const kManyMembers = 14; // above it cells are small
const kMaxRingHeight = 260; // half of it

/** Below the centre of a mark there is room for the name and the state; above it for the crown. */
const kAbove = 30;
const kBelow = 50;
const kBelowDense = 34;

interface Cell {
  width: number;
  height: number;
}

interface Block {
  places: Map<string, Point>; // from the upper left corner of the block
  width: number;
  height: number;
}

function tooClose(a: Point, b: Point, cell: Cell): boolean {
  return Math.abs(a.x - b.x) < cell.width - 1 && Math.abs(a.y - b.y) < cell.height - 1;
}

/** Points on an ellipse around the origin that keep apart from each other and from it; null when that takes too much room. */
function ring(n: number, width: number, cell: Cell): Point[] | null {
  if (n > kMaxOnRing) return null;
  const rx = Math.min((width - cell.width) / 2, Math.max(cell.width * 1.8, n * 44));
  // One or two beside this node, an odd number with one on top, an even number with none straight below.
  const first = n === 1 ? 0 : n % 2 === 1 ? -Math.PI / 2 : -Math.PI / 2 + Math.PI / n;
  for (let ry = cell.height * 1.25; ry <= kMaxRingHeight; ry += 6) {
    const points = Array.from({ length: n }, (_, i) => {
      const angle = first + (2 * Math.PI * i) / n;
      return { x: rx * Math.cos(angle), y: ry * Math.sin(angle) };
    });
    const all = [{ x: 0, y: 0 }, ...points];
    if (all.every((a, i) => all.slice(i + 1).every((b) => !tooClose(a, b, cell)))) return points;
  }
  return null;
}

/** The n points of a lattice of staggered rows that are nearest to the origin, in the order in which one reads; without the origin. */
function lattice(n: number, width: number, cell: Cell): Point[] {
  const half = (width - cell.width) / 2;
  const points: Point[] = [];
  const rows = n + 1;
  for (let row = -rows; row <= rows; row += 1) {
    const shift = row % 2 === 0 ? 0 : cell.width / 2;
    const columns = Math.floor((half - shift) / cell.width);
    for (let column = -columns - (shift > 0 ? 1 : 0); column <= columns; column += 1) {
      const x = column * cell.width + shift;
      if (Math.abs(x) <= half + 0.5 && (row !== 0 || column !== 0)) points.push({ x, y: row * cell.height });
    }
  }
  const distance = ({ x, y }: Point): number => (x / cell.width) ** 2 + (y / cell.height) ** 2;
  points.sort((a, b) => distance(a) - distance(b) || a.y - b.y || a.x - b.x);
  return points.slice(0, n).sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Members, with this node in the middle when it is among them. */
function block(centre: string | null, around: string[], width: number, cell: Cell, below: number): Block {
  const keys = centre === null ? around : [centre, ...around];
  const free = centre === null && around.length > 0 ? around.length - 1 : around.length;
  const points = [{ x: 0, y: 0 }, ...(ring(free, width, cell) ?? lattice(free, width, cell))];
  // Without this node, the first of them by reading order comes first: nobody is the middle.
  if (centre === null) points.sort((a, b) => a.y - b.y || a.x - b.x);
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const left = (width - (Math.max(...xs) - Math.min(...xs))) / 2 - Math.min(...xs);
  const top = kAbove - Math.min(...ys);
  const places = new Map(keys.map((key, i) => [key, { x: (points[i]?.x ?? 0) + left, y: (points[i]?.y ?? 0) + top }]));
  return { places, width, height: Math.max(...ys) - Math.min(...ys) + kAbove + below };
}

const kRowHeight = 54; // of machines that are no members
const kMarkAt = 18; // the centre of their mark from the left
const kMinRow = 150;
const kTallList = 5; // more than that many and there are two columns

function list(keys: string[], width: number, columns: number): Block {
  const column = width / columns;
  const places = new Map(
    keys.map((key, i) => [key, { x: (i % columns) * column + kMarkAt, y: Math.floor(i / columns) * kRowHeight + kRowHeight / 2 }]),
  );
  return { places, width, height: Math.ceil(keys.length / columns) * kRowHeight };
}

export function layOut(content: MapContent, width: number): MapLayout {
  const { centre, around, otherSide, outside } = content;
  const wide = width >= kWide;
  const parted = otherSide.length > 0;
  const members = around.length + otherSide.length + 1;
  const dense = members > kManyMembers;

  // The list of others: its width first, because it decides how much is left for the members.
  const columns = outside.length === 0 ? 0 : wide ? (outside.length > kTallList && !parted ? 2 : 1) : width >= 2 * kMinRow ? 2 : 1;
  const beside = wide && columns > 0;
  const outsideWidth = beside ? (columns === 2 ? 400 : 230) : width;
  const room = beside ? width - outsideWidth - kGap : width;
  const sideBySide = parted && room >= kWide;
  const sideWidth = sideBySide ? (room - kCut) / 2 : room;
  const inner = sideWidth - 2 * kPad;

  const wanted = dense ? (inner >= 600 ? 108 : 72) : inner >= 600 ? 136 : 98;
  const cell: Cell = { width: Math.min(wanted, inner), height: dense ? kAbove + kBelowDense : kAbove + kBelow };
  const below = dense ? kBelowDense : kBelow;

  const places = new Map<string, Point>();
  const areas: Area[] = [];
  const put = (kind: Area["kind"], made: Block, x: number, y: number, areaWidth: number, areaHeight: number): void => {
    areas.push({ kind, x, y, width: areaWidth, height: areaHeight });
    const spare = kind === "outside" ? 0 : Math.max(0, (areaHeight - kTitle - kPad - made.height) / 2);
    for (const [key, place] of made.places) places.set(key, { x: x + kPad + place.x, y: y + kTitle + spare + place.y });
  };

  const here = block(centre, around, inner, cell, below);
  const there = parted ? block(null, otherSide, inner, cell, below) : null;
  const others = columns > 0 ? list(outside, outsideWidth - 2 * kPad, columns) : null;
  const heightOf = (made: Block): number => made.height + kTitle + kPad;

  let height: number;
  let cut: Point | null = null;
  if (there && sideBySide) {
    height = Math.max(heightOf(here), heightOf(there), beside && others ? heightOf(others) : 0);
    put("cluster", here, 0, 0, sideWidth, height);
    put("other-side", there, sideWidth + kCut, 0, sideWidth, height);
    cut = { x: room / 2, y: height / 2 };
  } else if (there) {
    put("cluster", here, 0, 0, sideWidth, heightOf(here));
    const top = heightOf(here) + kCut;
    put("other-side", there, 0, top, sideWidth, heightOf(there));
    cut = { x: sideWidth / 2, y: top - kCut / 2 };
    height = top + heightOf(there);
  } else {
    height = Math.max(heightOf(here), beside && others ? heightOf(others) : 0);
    put("cluster", here, 0, 0, sideWidth, height);
  }
  if (others && beside) {
    height = Math.max(height, heightOf(others));
    put("outside", others, room + kGap, 0, outsideWidth, height);
  } else if (others) {
    put("outside", others, 0, height + kGap, width, heightOf(others));
    height += kGap + heightOf(others);
  }
  const row = columns > 0 ? (outsideWidth - 2 * kPad) / columns - 2 * kMarkAt - 6 : 0;
  return { width, height, areas, places, cell: cell.width - 8, row, dense, beside, cut, sideBySide };
}

export type ArrowKey = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

/**
 * Where an arrow key leads: left and right to the one before and the one after in `order`, so that every machine is reached; up and
 * down to the nearest one there, most straight ahead. The same one when there is none.
 */
export function neighbour(places: ReadonlyMap<string, Point>, order: readonly string[], from: string, key: ArrowKey): string {
  const at = order.indexOf(from);
  if (key === "ArrowLeft") return order[at - 1] ?? from;
  if (key === "ArrowRight") return order[at + 1] ?? from;
  const start = places.get(from);
  if (!start) return from;
  let best = from;
  let least = Infinity;
  for (const [other, place] of places) {
    const ahead = key === "ArrowDown" ? place.y - start.y : start.y - place.y;
    const cost = ahead + 2 * Math.abs(place.x - start.x);
    if (other !== from && ahead > 1 && cost < least) {
      best = other;
      least = cost;
    }
  }
  return best;
}

/**
 * As much of a name as fits. The domain goes first, then the middle: names of a fleet differ at their ends. `width` in pixels,
 * `letter` that of a usual letter.
 */
export function fitted(name: string, width: number, letter: number): string {
  const room = Math.max(3, Math.floor(width / letter));
  if ([...name].length <= room) return name;
  const host = /^[a-z][^.:]*(?=\.[^:]*$)/i.exec(name)?.[0] ?? name;
  const letters = [...host];
  if (letters.length <= room) return host;
  const tail = Math.min(4, Math.floor(room / 3));
  return `${letters.slice(0, room - tail - 1).join("")}…${tail > 0 ? letters.slice(-tail).join("") : ""}`;
}
