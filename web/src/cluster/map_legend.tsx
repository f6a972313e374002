// What the signs of the map mean: those that are in it at the moment.
import type { ComponentChildren } from "preact";

import { kHeardWithin, type Machine } from "./map_machines.ts";

function Sample({ children }: { children: ComponentChildren }) {
  return (
    <svg viewBox="-20 -12 40 24" width="40" height="24" aria-hidden="true">
      {children}
    </svg>
  );
}

const stroke = (name: string, extra: ComponentChildren = null): ComponentChildren => (
  <g class={`line line-${name}`}>
    <line x1="-18" y1="0" x2="18" y2="0" />
    {extra}
  </g>
);

export function MapLegend({ machines }: { machines: Machine[] }) {
  const has = (test: (machine: Machine) => boolean): boolean => machines.some(test);
  const entries: [shown: boolean, sample: ComponentChildren, words: string][] = [
    [has(({ self }) => self), <circle class="mark-self" r="9" />, "this node"],
    [
      has(({ leads, rivalTerm }) => leads || rivalTerm !== null),
      <>
        <circle class="mark mark-leader stroke-ok" r="11" />
        <path class="sign sign-crown" transform="scale(.65)" d="M-8 5.5-8.8-4.6-3.9-.9 0-6.6 3.9-.9 8.8-4.6 8 5.5Z" />
      </>,
      "leader",
    ],
    [has(({ line }) => line === "heard"), stroke("heard"), `heard within ${kHeardWithin} seconds`],
    [has(({ line, leads }) => line === "heard" && leads), <g class="line line-heard line-leader">{<line x1="-18" y1="0" x2="18" y2="0" />}</g>, "the leader"],
    [has(({ line }) => line === "relayed"), stroke("relayed"), "heard by the leader, not here"],
    [has(({ line }) => line === "silent"), stroke("silent"), "silent"],
    [
      has(({ line }) => line === "lost"),
      <g class="line line-lost">
        <line x1="-18" y1="0" x2="-7" y2="0" />
        <line x1="7" y1="0" x2="18" y2="0" />
        <path d="M-4-4 4 4M4-4-4 4" />
      </g>,
      "no contact",
    ],
    [has(({ line }) => line === "pairing"), stroke("pairing"), "pairing"],
    [has(({ member }) => member === null), <rect class="mark mark-outside stroke-idle" x="-9" y="-9" width="18" height="18" rx="4" />, "not a member"],
  ];
  return (
    <ul class="map-legend" aria-label="Signs of the map">
      {entries
        .filter(([shown]) => shown)
        .map(([, sample, words]) => (
          <li key={words}>
            <Sample>{sample}</Sample>
            {words}
          </li>
        ))}
    </ul>
  );
}
