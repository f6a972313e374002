// What the node is doing now: state in a sentence, warnings, key figures, and the parts below.
import type { Status } from "../api.ts";
import { bytes, count, duration, percent, plural, rate } from "../format.ts";
import { isStale } from "../freshness.ts";
import { NoStatus } from "../no_status.tsx";
import type { StatusFeed } from "../status_feed.ts";
import { Charts } from "./charts.tsx";
import { Configurations } from "./configurations.tsx";
import { Machine } from "./machine.tsx";
import { Workers } from "./workers.tsx";

function headline(status: Status): { tone: string; title: string; detail: string } {
  const playing = status.workers.filter((worker) => worker.state === "playing").length;
  const detail = `${plural(playing, "worker")} playing. Running for ${duration(status.uptime_s)}.`;
  if (status.stopping) return { tone: "warn", title: "Stopping", detail: "Games under way are being finished or kept for later." };
  if (status.status === "starting") return { tone: "idle", title: "Starting", detail: "Play begins in a moment." };
  if (status.status === "degraded") return { tone: "warn", title: "Running with problems", detail };
  if (playing > 0) return { tone: "ok", title: "Playing", detail };
  const done = status.configurations.every((configuration) => configuration.state === "done");
  if (done) return { tone: "ok", title: "All targets reached", detail: `Nothing left to play. Running for ${duration(status.uptime_s)}.` };
  return { tone: "idle", title: "Waiting", detail };
}

function Headline({ status, stale }: { status: Status; stale: boolean }) {
  const { tone, title, detail } = headline(status);
  return (
    <section class="headline" aria-labelledby="state">
      <h1 id="state" data-testid="node-state">
        <span class={`dot big tone-${stale ? "idle" : tone}`} aria-hidden="true" />
        {title}
        {stale && <small> when the node last answered</small>}
      </h1>
      <p class="muted">{detail}</p>
    </section>
  );
}

function Alerts({ status }: { status: Status }) {
  if (status.alerts.length === 0) return null;
  return (
    <ul class="alerts" aria-label="Warnings" data-testid="alerts">
      {status.alerts.map((alert, i) => (
        <li key={i} class={`tone-${alert.level === "error" ? "error" : "warn"}`}>
          <strong>{alert.level === "error" ? "Error" : "Warning"}:</strong> {alert.text}
        </li>
      ))}
    </ul>
  );
}

function Figures({ status }: { status: Status }) {
  const perHour = status.workers.reduce((sum, worker) => sum + worker.games_per_hour, 0);
  const towards = status.configurations.reduce((sum, c) => sum + Math.min(c.games, c.target), 0);
  const target = status.configurations.reduce((sum, c) => sum + c.target, 0);
  const moves = status.configurations.reduce((sum, c) => sum + c.plies, 0);
  const { played, stored, pending } = status.account;
  return (
    <dl class="figures" data-testid="figures">
      <div>
        <dt>Games stored</dt>
        <dd>{count(stored)}</dd>
        <dd class="note">
          {count(moves)} moves, {bytes(status.disk.games_bytes)}
        </dd>
      </div>
      <div>
        <dt>Speed now</dt>
        <dd>
          {rate(perHour)} <small>games/h</small>
        </dd>
        <dd class="note">all workers together</dd>
      </div>
      <div>
        <dt>Towards the targets</dt>
        <dd>{percent(towards, target)}</dd>
        <dd class="note">
          {count(towards)} of {count(target)} games
        </dd>
      </div>
      <div data-testid="account">
        <dt>Account</dt>
        <dd class="equation">
          <span>
            {count(played)} <small>played</small>
          </span>{" "}
          <span>
            = {count(stored)} <small>stored</small>
          </span>{" "}
          <span>
            + {count(pending)} <small>pending</small>
          </span>
        </dd>
        <dd class={played === stored + pending ? "note" : "note tone-text-error"}>
          {played === stored + pending
            ? "Pending games are finished and about to be written."
            : `${plural(Math.abs(played - stored - pending), "game")} unaccounted for. See the warnings and the log.`}
        </dd>
      </div>
    </dl>
  );
}

export function Overview({ feed, now }: { feed: StatusFeed; now: number }) {
  const { status } = feed;
  if (!status) return <NoStatus feed={feed} />;
  return (
    <div class="stack">
      <Headline status={status} stale={isStale(feed, now)} />
      <Alerts status={status} />
      <Figures status={status} />
      <Configurations configurations={status.configurations} />
      <Charts status={status} />
      <Workers workers={status.workers} limit={status.limits.workers} />
      <Machine status={status} now={now} />
    </div>
  );
}
