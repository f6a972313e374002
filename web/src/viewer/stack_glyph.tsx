// A stack as a pile of rings seen from above at an angle: the top ring whole, of each ring below it the front edge.
import type { Stack } from "../ringrift/position.ts";

const kRadiusX = 15.2;
const kRadiusY = 9.2;
const kStep = 3.6; // how far the next ring lies higher, while the pile is low
const kPileRoom = 14; // a tall pile is pressed to this height
const kPatternFrom = 2.6; // rings thinner than this show no pattern

// The front edge of each seat's rings carries a pattern of its own: plain, dots, dashes, a line.
const kEdgeDashes: Readonly<Record<number, string>> = { 2: "1.4 3", 3: "5 3", 4: "100 0" };

function ellipse(y: number, rx = kRadiusX, ry = kRadiusY): string {
  return `M${-rx} ${y}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0Z`;
}

/** The outside of a ring whose top is at y and whose bottom is `thickness` lower. */
function body(y: number, thickness: number): string {
  return `M${-kRadiusX} ${y}v${thickness}a${kRadiusX} ${kRadiusY} 0 0 0 ${2 * kRadiusX} 0v${-thickness}Z`;
}

export function StackGlyph({ stack, showSeats }: { stack: Stack; showSeats: boolean }) {
  const { rings } = stack;
  const height = rings.length;
  const step = height > 1 ? Math.min(kStep, kPileRoom / (height - 1)) : kStep;
  const thickness = Math.min(kStep, Math.max(step, 1.2));
  const lift = (height - 1) * step;
  const base = lift / 2 - 1; // top of the lowest ring, so that the pile stands in the middle of its cell
  const top = base - lift;
  const owner = rings.at(-1) ?? 0;
  const label = showSeats ? String(owner) : height > 1 ? String(height) : "";
  return (
    <g class="stack-glyph">
      <path class="stack-shadow" d={ellipse(base + thickness + 1.4, kRadiusX + 0.8, kRadiusY + 0.6)} />
      {rings.map((seat, i) => {
        const y = base - i * step;
        const dash = kEdgeDashes[seat];
        return (
          <g key={i}>
            <path class={`seat-fill-${seat} ring-body`} d={body(y, thickness)} stroke-width={Math.min(0.9, step * 0.4)} />
            {dash && step >= kPatternFrom && (
              <path
                class="ring-pattern"
                d={`M${-kRadiusX} ${y + thickness / 2}a${kRadiusX} ${kRadiusY} 0 0 0 ${2 * kRadiusX} 0`}
                stroke-dasharray={dash}
              />
            )}
          </g>
        );
      })}
      <path class={`seat-fill-${owner} ring-top`} d={ellipse(top)} />
      <path class={label === "" ? "ring-hole bare" : "ring-hole"} d={ellipse(top, kRadiusX * 0.6, kRadiusY * 0.66)} />
      {label !== "" && (
        <text class={label.length > 1 ? "ring-label two" : "ring-label"} x={0} y={top}>
          {label}
        </text>
      )}
    </g>
  );
}
