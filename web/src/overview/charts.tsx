// Games per hour over time, one chart per board because their speeds differ by orders of magnitude.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import type { Status } from "../api.ts";
import { duration, rate } from "../format.ts";
import { boardName } from "../words.ts";

const kChartHeight = 170;
const kSyncKey = "games-per-hour"; // moving over one chart shows the same moment in the others
// Seats are told apart by dashes as well as by colour.
const kDashes: Readonly<Record<number, number[]>> = { 2: [], 3: [7, 4], 4: [2, 4] };

interface Line {
  seats: number;
  values: (number | null)[];
}

function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function plot(root: HTMLElement, lines: Line[], data: uPlot.AlignedData, onCursor: (index: number | null) => void): uPlot {
  const axis = { stroke: cssColor("--ink-3"), grid: { stroke: cssColor("--line"), width: 1 }, ticks: { show: false } };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return new uPlot(
    {
      width: Math.max(200, root.clientWidth),
      height: kChartHeight,
      legend: { show: false },
      cursor: { sync: { key: kSyncKey, setSeries: false }, drag: { x: false, y: false }, y: false, points: { size: 7 } },
      scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(1, (max ?? 0) * 1.12)] } },
      axes: [
        { ...axis, font, size: 26, space: 70, values: (_u, ticks) => ticks.map((t) => clock(t)) },
        { ...axis, font, size: 54, space: 34, values: (_u, ticks) => ticks.map((t) => rate(t)) },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: `${line.seats} players`,
          stroke: cssColor(`--chart-${line.seats}`),
          width: 1.75,
          dash: kDashes[line.seats] ?? [],
          points: { show: false },
          spanGaps: true,
        })),
      ],
      hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? null)] },
    },
    data,
    root,
  );
}

/** The time of day in this browser's zone, 24-hour, with seconds only when asked. */
function clock(unixSeconds: number, withSeconds = false): string {
  return new Date(unixSeconds * 1000).toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}),
  });
}

function BoardChart({ board, times, lines }: { board: string; times: number[]; lines: Line[] }) {
  const holder = useRef<HTMLDivElement>(null);
  const readout = useRef<HTMLParagraphElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ times, lines });
  latest.current = { times, lines };

  // Writes what the cursor is on, or the newest values, without rendering the component on every mouse move.
  const showValues = (index: number | null): void => {
    const { times: t, lines: l } = latest.current;
    const at = index ?? t.length - 1;
    const when = t[at];
    if (!readout.current || when === undefined) return;
    const values = l.map((line) => `${line.seats} players ${rate(line.values[at] ?? 0)}`).join(", ");
    readout.current.textContent = `${index === null ? "Now" : clock(when, true)}: ${values}`;
  };

  useEffect(() => {
    const root = holder.current;
    if (!root) return;
    const draw = (): void => {
      chart.current?.destroy();
      const now = latest.current;
      chart.current = plot(root, now.lines, [now.times, ...now.lines.map((line) => line.values)], showValues);
    };
    draw();
    const resize = new ResizeObserver(() => {
      if (chart.current && root.clientWidth !== chart.current.width) {
        chart.current.setSize({ width: Math.max(200, root.clientWidth), height: kChartHeight });
      }
    });
    resize.observe(root);
    document.addEventListener("themechange", draw);
    return () => {
      resize.disconnect();
      document.removeEventListener("themechange", draw);
      chart.current?.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setData([times, ...lines.map((line) => line.values)]);
    const cursor = chart.current?.cursor;
    showValues(cursor && (cursor.left ?? -1) >= 0 ? (cursor.idx ?? null) : null);
  }, [times, lines]);

  const newest = lines.map((line) => `${line.seats} players ${rate(line.values.at(-1) ?? 0)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption>{boardName(board)}</figcaption>
      <div ref={holder} class="plot" role="img" aria-label={`Games per hour on ${boardName(board)} over time. Now: ${newest}.`} />
      <p ref={readout} class="muted readout" aria-hidden="true" />
    </figure>
  );
}

export function Charts({ status }: { status: Status }) {
  const { history, configurations } = status;
  const boards = [...new Set(configurations.map((c) => c.board))];
  const first = history.times[0];
  const last = history.times.at(-1);
  return (
    <section class="card" aria-labelledby="charts-title" data-testid="charts">
      <h2 id="charts-title">Games per hour</h2>
      {first === undefined || last === undefined ? (
        <p class="muted lead">The first point appears about {duration(history.interval_s)} after the start.</p>
      ) : (
        <>
          <p class="muted lead">
            The last {duration(last - first + history.interval_s)}, measured every {duration(history.interval_s)}.
          </p>
          <ul class="chart-legend" aria-label="Lines">
            {[2, 3, 4].map((seats) => (
              <li key={seats}>
                <svg width="28" height="8" aria-hidden="true">
                  <line class={`chart-line-${seats}`} x1="1" y1="4" x2="27" y2="4" stroke-dasharray={(kDashes[seats] ?? []).join(" ")} />
                </svg>
                {seats} players
              </li>
            ))}
          </ul>
          <div class="charts">
            {boards.map((board) => (
              <BoardChart
                key={board}
                board={board}
                times={history.times}
                lines={configurations.flatMap((c, i) =>
                  c.board === board ? [{ seats: c.seats, values: history.games_per_hour[i] ?? [] }] : [],
                )}
              />
            ))}
          </div>
        </>
      )}
    </section>
  );
}
