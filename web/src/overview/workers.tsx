// The child processes that play: one card each, with the reason for the state it is in.
import type { Worker } from "../api.ts";
import { count, plural, rate } from "../format.ts";
import { Notice } from "../notice.tsx";
import { boardName, workerStateWord } from "../words.ts";

const kTones: Readonly<Record<string, string>> = { playing: "ok", starting: "idle", idle: "idle", backoff: "warn", stopped: "idle" };

function WorkerCard({ worker }: { worker: Worker }) {
  const tone = kTones[worker.state] ?? "idle";
  return (
    <li class="worker" data-testid="worker">
      <h3>
        Worker {worker.id}{" "}
        <span class={`state tone-text-${tone}`}>
          <span class={`dot tone-${tone}`} aria-hidden="true" /> {workerStateWord(worker.state)}
        </span>
      </h3>
      {worker.configuration && (
        <p>
          {boardName(worker.configuration.board)}, {worker.configuration.seats} players
        </p>
      )}
      <p class="muted">{worker.reason}</p>
      <dl class="inline">
        <div>
          <dt>Games</dt>
          <dd>{count(worker.games)}</dd>
        </div>
        <div>
          <dt>Games/h</dt>
          <dd>{rate(worker.games_per_hour)}</dd>
        </div>
        <div>
          <dt>Restarts</dt>
          <dd>{count(worker.restarts)}</dd>
        </div>
        <div>
          <dt>Process</dt>
          <dd>{worker.pid > 0 ? worker.pid : "–"}</dd>
        </div>
      </dl>
    </li>
  );
}

export function Workers({ workers, limit }: { workers: Worker[]; limit: number }) {
  return (
    <section class="card" aria-labelledby="workers-title">
      <h2 id="workers-title">Workers</h2>
      <p class="muted lead">
        Each worker is a process of its own that plays one game after another at low priority. At most {plural(limit, "worker")} on this computer.
      </p>
      {workers.length === 0 ? (
        <Notice kind="empty" title="No worker is running">
          <p>The node starts them when there are games to play and room to store them.</p>
        </Notice>
      ) : (
        <ul class="workers">
          {workers.map((worker) => (
            <WorkerCard key={worker.id} worker={worker} />
          ))}
        </ul>
      )}
    </section>
  );
}
