// What is drawn for one machine and for the line that leads to it. Shape, dash and sign say the same as the colour.
import { fitted, type Point } from "./map_layout.ts";
import type { Machine } from "./map_machines.ts";

export const kRadius = 17;
export const kSmallRadius = 12;
const kSelfExtra = 5; // the second ring around this node
const kHalo = 11; // of the chosen machine, beyond its mark
const kLetter = 7.2; // pixels of a usual letter of a name
const kDenseLetter = 6.6;

const kCross = "M-5-5 5 5M5-5-5 5";
const kCrown = "M-8 5.5-8.8-4.6-3.9-.9 0-6.6 3.9-.9 8.8-4.6 8 5.5Z";

const kSigns: Readonly<Record<string, string>> = {
  new: "M-5 0H5M0-5V5",
  pairing: "M-5 0H5M0-5V5",
  refused: kCross,
  revoked: "M-5.5 0H5.5",
  other_version: "M-5-3.5 0 4 5-3.5",
  other_cluster: "M-4.5-4.5h9v9h-9Z",
};
const kQuestion = "M-3.2-3.4A3.3 3.3 0 1 1 .4.3Q0 .6 0 1.8M0 5v.2";

function MemberMark({ machine, radius }: { machine: Machine; radius: number }) {
  const { member, leads, rivalTerm, self, tone } = machine;
  const scale = radius / kRadius;
  const crowned = leads || rivalTerm !== null;
  const state = member?.incarnation === 0 ? "unknown" : (member?.state ?? "");
  return (
    <>
      {self && <circle class="mark-self" r={radius + kSelfExtra} />}
      <circle class={`mark mark-${state} stroke-${rivalTerm === null ? tone : "warn"} ${crowned ? (leads ? "mark-leader" : "mark-rival") : ""}`} r={radius} />
      <g transform={`scale(${scale})`} class={`sign ${crowned ? "sign-crown" : `stroke-${tone}`}`}>
        {crowned ? (
          <path d={kCrown} />
        ) : state === "alive" ? (
          <circle class={`fill-${tone}`} r="6" />
        ) : state === "dead" ? (
          <path d={kCross} />
        ) : (
          <path d={kQuestion} />
        )}
      </g>
    </>
  );
}

function OutsideMark({ machine }: { machine: Machine }) {
  const state = machine.candidates[0]?.state ?? "";
  return (
    <>
      <rect class={`mark mark-outside stroke-${machine.tone}`} x="-13" y="-13" width="26" height="26" rx="6" />
      <path class={`sign stroke-${machine.tone}`} d={kSigns[state] ?? kQuestion} />
    </>
  );
}

interface MarkProps {
  machine: Machine;
  dense: boolean;
  room: number; // pixels for the name
}

export function Mark({ machine, dense, room }: MarkProps) {
  if (machine.member === null) {
    return (
      <>
        <rect class="halo" x="-18" y="-22" width={room + 42} height="44" rx="10" />
        <OutsideMark machine={machine} />
        <text class="name" x="22" y="-3">
          {fitted(machine.name, room, kLetter)}
        </text>
        <text class={`state tone-text-${machine.tone}`} x="22" y="13">
          {machine.word}
        </text>
      </>
    );
  }
  const radius = dense ? kSmallRadius : kRadius;
  const { name, state } = texts(machine, dense, room);
  const line = firstLine(machine, radius);
  return (
    <>
      <circle class="halo" r={radius + kHalo} />
      <MemberMark machine={machine} radius={radius} />
      <text class={machine.self || machine.leads ? "name strong" : "name"} y={line} text-anchor="middle">
        {name}
      </text>
      {state !== "" && (
        <text class={`state tone-text-${stateTone(machine)}`} y={line + kLineHeight} text-anchor="middle">
          {state}
        </text>
      )}
    </>
  );
}

const kLineHeight = 15;

/** Where the name of a member stands below the centre of its mark. */
const firstLine = (machine: Machine, radius: number): number => (machine.self ? radius + kSelfExtra + 14 : radius + 15);

const stateTone = (machine: Machine): string => (machine.self || machine.leads || machine.rivalTerm !== null ? "idle" : machine.tone);

function texts(machine: Machine, dense: boolean, room: number): { name: string; state: string } {
  const name = fitted(machine.name, room, dense ? kDenseLetter : kLetter);
  if (dense) return { name, state: "" };
  if (machine.self) return { name, state: "this node" };
  if (machine.rivalTerm !== null) return { name, state: `leads, term ${machine.rivalTerm}` };
  return { name, state: machine.leads && machine.line === "heard" ? "leads" : machine.word };
}

/** How far from the centre of a mark a line in that direction is clear of the mark and of the words below it. */
function clearance(machine: Machine, dense: boolean, room: number, direction: Point): number {
  if (machine.member === null) return 20;
  const radius = dense ? kSmallRadius : kRadius;
  const rim = radius + (machine.self ? kSelfExtra : 0) + 5;
  if (direction.y <= 0) return rim;
  const { name, state } = texts(machine, dense, room);
  const half = (Math.max([...name].length, [...state].length) * (dense ? kDenseLetter : kLetter)) / 2 + 3;
  const bottom = firstLine(machine, radius) + (state === "" ? 6 : kLineHeight + 6);
  const passes = Math.abs(direction.x / direction.y) * rim < half;
  return passes ? Math.max(rim, Math.min(bottom / direction.y, half / Math.max(Math.abs(direction.x), 1e-6))) : rim;
}

interface LineProps {
  self: Machine;
  machine: Machine;
  from: Point;
  to: Point;
  dense: boolean;
  room: number;
}

const kCutMark = "M-4-4 4 4M4-4-4 4";

/** From this node to another machine; a lost one is cut near the machine that does not answer. */
export function LineTo({ self, machine, from, to, dense, room }: LineProps) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const start = clearance(self, dense, room, along);
  const end = length - clearance(machine, dense, room, { x: -along.x, y: -along.y });
  if (end <= start) return null;
  const at = (distance: number): Point => ({ x: from.x + along.x * distance, y: from.y + along.y * distance });
  const segment = (a: number, b: number) => {
    const [p, q] = [at(a), at(b)];
    return <line x1={p.x} y1={p.y} x2={q.x} y2={q.y} />;
  };
  if (machine.line !== "lost") {
    return <g class={`line line-${machine.line} ${machine.leads ? "line-leader" : ""}`}>{segment(start, end)}</g>;
  }
  const cut = start + (end - start) * 0.68;
  const middle = at(cut);
  return (
    <g class="line line-lost">
      {segment(start, cut - 9)}
      {segment(cut + 9, end)}
      <path d={kCutMark} transform={`translate(${middle.x} ${middle.y})`} />
    </g>
  );
}

/** Between the two sides of a partition, in place of a line to each machine there. */
export function Cut({ at, upright }: { at: Point; upright: boolean }) {
  return (
    <g class="line line-lost cut" transform={`translate(${at.x} ${at.y}) rotate(${upright ? 90 : 0})`} data-testid="cut">
      <line x1="-20" y1="0" x2="-8" y2="0" />
      <line x1="8" y1="0" x2="20" y2="0" />
      <path d={kCutMark} />
    </g>
  );
}
