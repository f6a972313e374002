// A drawing of the machines as this node sees them: who is there, who leads, which lines are broken, who is no member and why.
// The tables below it say the same; the drawing is one stop of the keyboard, within which the arrow keys go about.
import { useRef, useState } from "preact/hooks";

import type { Cluster, Discovery } from "../api.ts";
import { ago } from "../format.ts";
import { routeHash } from "../route.ts";
import { Said } from "../said.tsx";
import { sourceWords } from "./candidate_words.ts";
import { fitted, layOut, neighbour, type Area, type ArrowKey, type MapLayout } from "./map_layout.ts";
import { mapMachines, spoken, summary, type Machine, type MapMachines } from "./map_machines.ts";
import { Cut, LineTo, Mark } from "./map_marks.tsx";
import { MapLegend } from "./map_legend.tsx";
import { memberName, shortId, timeOfDay } from "./standing.ts";
import { useWidth } from "./use_width.ts";

const kTitleLetter = 7.4; // pixels of a usual letter of an area's title

function areaTitle(kind: Area["kind"], cluster: Cluster): string {
  const { partition, leader } = cluster;
  if (kind === "outside") return "Seen, but not members";
  if (kind === "other-side") {
    const rivals = partition?.rivals.map((ballot) => memberName(cluster, ballot.node_id)).join(", ");
    return rivals ? `Other side, led by ${rivals}` : "Other side";
  }
  if (!partition) return "This cluster";
  return leader === null ? "This side" : `This side, led by ${memberName(cluster, leader)}`;
}

function Chosen({ machine, now, onClose }: { machine: Machine; now: number; onClose: () => void }) {
  const { member, candidates } = machine;
  const worked = candidates.map((candidate) => candidate.last_worked ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const tried = candidates.map((candidate) => candidate.last_tried ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const facts: [string, string][] = [];
  if (machine.id) facts.push(["Node id", machine.id]);
  if (machine.addresses.length > 0) facts.push([machine.addresses.length === 1 ? "Address" : "Addresses", machine.addresses.join(", ")]);
  if (member) {
    facts.push(["Roles", member.roles.join(", ") || "–"]);
    if (member.version) facts.push(["Version", member.version]);
  }
  if (candidates[0]) {
    facts.push(["Known because", sourceWords(candidates[0])]);
    if (candidates[0].cluster) facts.push(["Cluster", candidates[0].cluster]);
    if (tried > 0) facts.push(["Last tried", ago(now - tried)]);
    if (worked > 0) facts.push(["Last answered", ago(now - worked)]);
  }
  return (
    <div class="chosen" data-testid="chosen">
      <div class="chosen-head">
        <h3>
          {machine.name} <span class={`state tone-text-${machine.tone}`}>{machine.word}</span>
        </h3>
        <button type="button" class="icon-button" onClick={onClose} aria-label={`Close the details of ${machine.name}`}>
          <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
            <path d="m6 6 12 12M18 6 6 18" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
          </svg>
        </button>
      </div>
      <p>
        <Said text={machine.sentence} />
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {member && (
        <p>
          <a href={routeHash({ page: "cluster", node: shortId(machine.id) })}>What happened to it</a>
        </p>
      )}
    </div>
  );
}

interface DrawingProps {
  machines: MapMachines;
  layout: MapLayout;
  cluster: Cluster;
  chosen: string | null;
  onChoose: (key: string | null) => void;
}

/** Across a partition one cut stands for the lines to all that are silent there. */
function isDrawn(machine: Machine, layout: MapLayout): boolean {
  if (machine.line === "none" || machine.line === "self") return false;
  if (machine.line === "pairing") return layout.beside;
  return !machine.otherSide || machine.line === "heard" || machine.line === "relayed";
}

/** What matters is drawn last, over the rest. */
const byWeight = (a: Machine, b: Machine): number => {
  const weight = (machine: Machine): number => (machine.leads ? 2 : machine.line === "heard" ? 0 : 1);
  return weight(a) - weight(b);
};

function Drawing({ machines, layout, cluster, chosen, onChoose }: DrawingProps) {
  const all = [...machines.members, ...machines.outside];
  const [reached, setReached] = useState<string | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  // The one machine at which the keyboard enters the drawing.
  const entry = all.some(({ key }) => key === reached) ? reached : all[0]?.key;
  const self = machines.members.find((machine) => machine.self);
  const centre = self && layout.places.get(self.key);

  const order = all.map(({ key }) => key);
  const focus = (key: string): void => svg.current?.querySelector<SVGGElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent, key: string): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^Arrow(Up|Down|Left|Right)$/.test(event.key)) focus(neighbour(layout.places, order, key, event.key as ArrowKey));
    else if (event.key === "Home") focus(order[0] ?? key);
    else if (event.key === "End") focus(order.at(-1) ?? key);
    else if (event.key === "Enter" || event.key === " ") onChoose(chosen === key ? null : key);
    else if (event.key === "Escape" && chosen !== null) onChoose(null);
    else return;
    event.preventDefault();
  };

  return (
    <svg
      ref={svg}
      class={layout.dense ? "map dense" : "map"}
      width={layout.width}
      height={layout.height}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      role="listbox"
      aria-label="Machines on the map"
      aria-describedby="map-summary"
      data-testid="map"
    >
      <g aria-hidden="true">
        {layout.areas.map(({ kind, x, y, width, height }) => (
          <g key={kind} class={`area area-${kind}`} data-area={kind}>
            <rect x={x + 0.5} y={y + 0.5} width={width - 1} height={height - 1} rx="12" />
            <text x={x + 14} y={y + 25}>
              {fitted(areaTitle(kind, cluster), width - 28, kTitleLetter)}
            </text>
          </g>
        ))}
        {self &&
          centre &&
          all.filter((machine) => isDrawn(machine, layout)).sort(byWeight).map((machine) => {
            const to = layout.places.get(machine.key);
            if (!to) return null;
            return <LineTo key={machine.key} self={self} machine={machine} from={centre} to={to} dense={layout.dense} room={layout.cell} />;
          })}
        {layout.cut && <Cut at={layout.cut} upright={!layout.sideBySide} />}
      </g>
      {all.map((machine) => {
        const place = layout.places.get(machine.key);
        if (!place) return null;
        return (
          <g
            key={machine.key}
            class="machine-mark"
            transform={`translate(${place.x} ${place.y})`}
            role="option"
            aria-label={spoken(machine)}
            aria-selected={chosen === machine.key}
            tabIndex={machine.key === entry ? 0 : -1}
            data-testid="map-machine"
            data-key={machine.key}
            data-node={machine.id}
            data-line={machine.line}
            data-side={machine.member === null ? "outside" : machine.otherSide ? "other" : "here"}
            onFocus={() => setReached(machine.key)}
            onClick={() => onChoose(chosen === machine.key ? null : machine.key)}
            onKeyDown={(event) => onKeyDown(event, machine.key)}
          >
            <title>{`${machine.name}: ${machine.sentence}`}</title>
            <Mark machine={machine} dense={layout.dense} room={machine.member === null ? layout.row : layout.cell} />
          </g>
        );
      })}
    </svg>
  );
}

interface Props {
  cluster: Cluster;
  discovery: Discovery | null; // null: not known yet, or never
  now: number; // of the node
}

export function ClusterMap({ cluster, discovery, now }: Props) {
  const [place, width] = useWidth<HTMLDivElement>();
  const [chosen, setChosen] = useState<string | null>(null);
  const machines = mapMachines(cluster, discovery, now);
  const all = [...machines.members, ...machines.outside];
  const shown = all.find((machine) => machine.key === chosen);
  const self = machines.members.find((machine) => machine.self);
  const keys = (chosenOnes: Machine[]): string[] => chosenOnes.map(({ key }) => key);
  const others = machines.members.filter((machine) => !machine.self);
  const layout =
    width > 0
      ? layOut(
          {
            centre: self?.key ?? null,
            around: keys(others.filter((machine) => !machine.otherSide)),
            otherSide: keys(others.filter((machine) => machine.otherSide)),
            outside: keys(machines.outside),
          },
          width,
        )
      : null;
  return (
    <section class="card" aria-labelledby="map-title">
      <h2 id="map-title">Map</h2>
      <p id="map-summary" class="muted lead" data-testid="map-summary">
        {cluster.partition && `Partition since ${timeOfDay(cluster.partition.since)}. `}
        {summary(machines)}
      </p>
      <div ref={place} class="map-place">
        {layout && <Drawing machines={machines} layout={layout} cluster={cluster} chosen={shown ? chosen : null} onChoose={setChosen} />}
      </div>
      <div aria-live="polite">
        {shown ? (
          <Chosen machine={shown} now={now} onClose={() => setChosen(null)} />
        ) : (
          <p class="muted map-hint">Choose a machine to read how it stands with it and why.</p>
        )}
      </div>
      <MapLegend machines={all} />
    </section>
  );
}
