import assert from "node:assert/strict";
import { test } from "node:test";

import { boardOf, center, kCell, neighbour, type Board } from "../src/ringrift/board.ts";
import { goalsOf } from "../src/ringrift/goals.ts";
import { parseMove } from "../src/ringrift/move.ts";
import { focusAt, viewBoxOf } from "../src/viewer/zoom.ts";

function board(name: string): Board {
  const found = boardOf(name);
  assert.ok(found, name);
  return found;
}

test("every board has the cells the rules give it", () => {
  assert.equal(board("square8").cells.length, 64);
  assert.equal(board("hex8").cells.length, 61);
  assert.equal(board("square19").cells.length, 361);
  assert.equal(board("hexagonal").cells.length, 469);
  assert.equal(boardOf("round7"), null);
});

test("hexagons hold the cells within their radius and no others", () => {
  const { names } = board("hex8");
  for (const name of ["0,0", "4,0", "-4,4", "0,-4", "4,-4"]) assert.ok(names.has(name), name);
  for (const name of ["5,0", "1,4", "-1,-4", "4,1"]) assert.ok(!names.has(name), name);
});

test("neighbouring cells are one cell width apart on the screen, in all six directions of a hexagon", () => {
  const steps = [[1, 0], [0, 1], [-1, 1], [-1, 0], [0, -1], [1, -1]] as const;
  for (const [x, y] of steps) {
    const { px, py } = center(true, { x, y });
    assert.ok(Math.abs(Math.hypot(px, py) - kCell) < 1e-9, `${x},${y}`);
  }
  assert.deepEqual(center(false, { x: 3, y: 1 }), { px: 3 * kCell, py: kCell });
});

test("every cell and label lies inside the picture", () => {
  for (const name of ["square8", "hex8", "square19", "hexagonal"]) {
    const { viewBox, cells, labels, hex } = board(name);
    for (const { px, py } of [...cells.map((cell) => center(hex, cell)), ...labels]) {
      assert.ok(px > viewBox.x && px < viewBox.x + viewBox.width, name);
      assert.ok(py > viewBox.y && py < viewBox.y + viewBox.height, name);
    }
  }
});

test("the arrow keys walk over the board and stop at its edge", () => {
  const square = board("square8");
  assert.deepEqual(neighbour(square, { x: 0, y: 0 }, "right"), { x: 1, y: 0 });
  assert.deepEqual(neighbour(square, { x: 0, y: 0 }, "up"), { x: 0, y: 0 });
  assert.deepEqual(neighbour(square, { x: 7, y: 6 }, "down"), { x: 7, y: 7 });
});

test("up and down cross a hexagon straight and reach every row", () => {
  const hex = board("hex8");
  let cell = { x: 0, y: 0 };
  const rows = [cell.y];
  for (let i = 0; i < 4; i += 1) {
    cell = neighbour(hex, cell, "up");
    rows.push(cell.y);
    assert.ok(Math.abs(center(true, cell).px) <= kCell / 2, `${cell.x},${cell.y}`);
  }
  assert.deepEqual(rows, [0, -1, -2, -3, -4]);
  const corner = neighbour(hex, { x: 4, y: 0 }, "up");
  assert.deepEqual(corner, { x: 4, y: -1 });
});

test("goals are those of the rules", () => {
  const table: [string, [number, number, number], [number, number, number], number][] = [
    ["square8", [18, 24, 30], [33, 22, 17], 18],
    ["square19", [72, 96, 120], [181, 121, 91], 72],
    ["hex8", [18, 24, 30], [31, 21, 16], 18],
    ["hexagonal", [96, 128, 160], [235, 157, 118], 96],
  ];
  for (const [name, eliminated, territory, rings] of table) {
    [2, 3, 4].forEach((seats, i) => {
      assert.deepEqual(goalsOf(name, seats), { rings, eliminated: eliminated[i], territory: territory[i] }, `${name} ${seats}`);
    });
  }
  assert.equal(goalsOf("round7", 2), null);
});

test("another ring supply moves the goal, halves rounded up", () => {
  assert.equal(goalsOf("square8", 2, 10)?.eliminated, 10);
  assert.equal(goalsOf("square8", 3, 10)?.eliminated, 13); // 10 * 4/3 = 13.33
  assert.equal(goalsOf("square8", 4, 10)?.eliminated, 17); // 10 * 5/3 = 16.67
});

test("the enlarged part follows the last move and stays on the board", () => {
  const hexagonal = board("hexagonal");
  const moves = ["NP 1", "MS 1 0,0 3,0", "NL 1", "CT 1 1,2;1,3", "NP 2"].map(parseMove);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((ply) => focusAt(moves, ply)), [null, null, "3,0", "3,0", "1,2", "1,2"]);
  const { x, y, width, height } = hexagonal.viewBox;
  for (const cell of ["0,0", "12,0", "-12,12", "0,-12"]) {
    const [left = NaN, top = NaN, w = NaN, h = NaN] = viewBoxOf(hexagonal, cell).split(" ").map(Number);
    assert.ok(w < width / 2 && Math.abs(w / h - width / height) < 0.01, cell);
    assert.ok(left >= x - 0.1 && left + w <= x + width + 0.1 && top >= y - 0.1 && top + h <= y + height + 0.1, cell);
  }
  assert.equal(viewBoxOf(hexagonal, null), [x, y, width, height].map((n) => n.toFixed(1)).join(" "));
});
