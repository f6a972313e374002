// Buttons, slider and keys that step through a game.
import { useEffect, useRef, useState } from "preact/hooks";

import { count } from "../format.ts";

const kSpeeds: readonly [label: string, delayMs: number][] = [
  ["Slow", 1400],
  ["Normal", 600],
  ["Fast", 180],
];

const kIcons = {
  first: "M6 5v14M19 5 9 12l10 7Z",
  back: "M16 5 6 12l10 7Z",
  play: "M7 4.5 19 12 7 19.5Z",
  pause: "M8 5v14M16 5v14",
  forward: "M8 5l10 7-10 7Z",
  last: "M18 5v14M5 5l10 7-10 7Z",
};

interface Props {
  ply: number;
  last: number;
  ready: boolean; // the wanted position is on the board
  turnStarts: number[]; // plies at which a turn begins, ascending
  goTo: (ply: number | ((now: number) => number)) => void;
}

function ownsKeys(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]") !== null;
}

export function Controls({ ply, last, ready, turnStarts, goTo }: Props) {
  const [playing, setPlaying] = useState(false);
  const [delay, setDelay] = useState(kSpeeds[1]?.[1] ?? 600);

  const field = useRef<HTMLInputElement>(null);

  // Follows the board without taking away what somebody is typing before they have finished.
  useEffect(() => {
    if (field.current) field.current.value = String(ply);
  }, [ply]);

  const step = (by: number): void => {
    setPlaying(false);
    goTo((now) => now + by);
  };
  const jump = (to: number): void => {
    setPlaying(false);
    goTo(to);
  };
  const togglePlay = (): void => {
    if (!playing && ply === last) goTo(0);
    setPlaying(!playing);
  };
  const previousTurn = (): void => jump(turnStarts.findLast((start) => start < ply) ?? 0);
  const nextTurn = (): void => jump(turnStarts.find((start) => start > ply) ?? last);

  useEffect(() => {
    if (!playing) return undefined;
    if (ply >= last) {
      if (ready) setPlaying(false);
      return undefined;
    }
    if (!ready) return undefined; // the clock waits for the board
    const timer = setTimeout(() => goTo(ply + 1), delay);
    return () => clearTimeout(timer);
  }, [playing, ply, last, ready, delay]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || ownsKeys(event.target)) return;
      const onButton = event.target instanceof HTMLElement && event.target.closest("button, a, summary") !== null;
      const actions: Record<string, () => void> = {
        ArrowLeft: () => step(-1),
        ArrowRight: () => step(1),
        Home: () => jump(0),
        End: () => jump(last),
        "[": previousTurn,
        "]": nextTurn,
      };
      if (!onButton) actions[" "] = togglePlay;
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });

  const button = (icon: keyof typeof kIcons, label: string, onClick: () => void, disabled: boolean) => (
    <button type="button" class="control" onClick={onClick} disabled={disabled} aria-label={label} title={label}>
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
        <path d={kIcons[icon]} fill={icon === "pause" ? "none" : "currentColor"} stroke="currentColor" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" />
      </svg>
    </button>
  );
  return (
    <div class="controls" role="group" aria-label="Step through the game">
      <div class="buttons">
        {button("first", "First position", () => jump(0), ply === 0)}
        {button("back", "One move back", () => step(-1), ply === 0)}
        {button(playing ? "pause" : "play", playing ? "Pause" : "Play", togglePlay, last === 0)}
        {button("forward", "One move on", () => step(1), ply === last)}
        {button("last", "Last position", () => jump(last), ply === last)}
      </div>
      <input
        type="range"
        min={0}
        max={last}
        value={ply}
        aria-label="Move"
        aria-valuetext={`Move ${ply} of ${last}`}
        onInput={(event) => jump(Number(event.currentTarget.value))}
      />
      <form
        class="jump"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = field.current?.valueAsNumber ?? NaN;
          if (Number.isInteger(wanted)) jump(wanted);
        }}
      >
        <label>
          Move{" "}
          <input
            ref={field}
            name="ply"
            type="number"
            min={0}
            max={last}
            inputMode="numeric"
            data-testid="ply"
            aria-label="Go to move"
            onChange={(event) => event.currentTarget.form?.requestSubmit()}
          />
        </label>{" "}
        of <span data-testid="last-ply">{count(last)}</span>
      </form>
      <label class="speed">
        <span class="visually-hidden">Playing speed</span>
        <select value={delay} onChange={(event) => setDelay(Number(event.currentTarget.value))}>
          {kSpeeds.map(([label, ms]) => (
            <option key={label} value={ms}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
