// Cells and positions in sentences, for readers who point at a cell or cannot see the board.
import { plural } from "../format.ts";
import { capHeight, type CellName, type Position, type Stack } from "./position.ts";

export function stackWords(stack: Stack): string {
  const top = stack.rings.at(-1);
  if (stack.rings.length === 1) return `a single ring of seat ${top}`;
  const fromTheTop = [...stack.rings].reverse().join(" ");
  return `a stack of ${stack.rings.length}, seat ${top} on top with a cap of ${capHeight(stack.rings)}; seats from the top: ${fromTheTop}`;
}

export function cellWords(position: Position, name: CellName): string {
  const stack = position.stacks.get(name);
  if (stack) return `${name}: ${stackWords(stack)}`;
  const marker = position.markers.get(name);
  if (marker) return `${name}: a marker of seat ${marker}`;
  const owner = position.collapsed.get(name);
  if (owner) return `${name}: territory of seat ${owner}`;
  return `${name}: empty`;
}

export function positionWords(position: Position): string {
  const parts = Array.from({ length: position.seats }, (_, i) => {
    const seat = i + 1;
    const stacks = [...position.stacks.values()].filter((stack) => stack.rings.at(-1) === seat).length;
    const markers = [...position.markers.values()].filter((owner) => owner === seat).length;
    const territory = plural(position.territory[i] ?? 0, "cell");
    return `seat ${seat} controls ${plural(stacks, "stack")}, has ${plural(markers, "marker")} and ${territory} of territory`;
  });
  return `${parts.join("; ")}.`;
}
