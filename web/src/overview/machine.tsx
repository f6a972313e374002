// What the node takes from this computer, against its limits.
import type { Status } from "../api.ts";
import { bytes, count, duration } from "../format.ts";

const kBytesPerGb = 1e9;

export function Machine({ status, now }: { status: Status; now: number }) {
  const { disk, memory, limits } = status;
  const used = Math.max(0, disk.total_bytes - disk.free_bytes);
  const rss = memory.rss_bytes + memory.workers_rss_bytes;
  const started = new Date(status.started_at * 1000);
  return (
    <section class="card" aria-labelledby="machine-title">
      <h2 id="machine-title">This computer</h2>
      <div class="machine">
        <div>
          <h3>Disk</h3>
          <meter
            min={0}
            max={Math.max(1, disk.total_bytes)}
            high={Math.max(1, disk.total_bytes - limits.disk_floor_bytes)}
            value={used}
            aria-label="Disk space in use"
          />
          <p>
            <strong>{bytes(disk.free_bytes)}</strong> free of {bytes(disk.total_bytes)}
          </p>
          <p class="muted">
            Games take {bytes(disk.games_bytes)}. Play pauses when less than {bytes(limits.disk_floor_bytes)} is free.
          </p>
        </div>
        <div>
          <h3>Memory</h3>
          <meter min={0} max={Math.max(1, limits.memory_gb * kBytesPerGb)} value={rss} aria-label="Memory in use by MeshZero" />
          <p>
            <strong>{bytes(rss)}</strong> in use, limit {bytes(limits.memory_gb * kBytesPerGb)}
          </p>
          <p class="muted">
            {bytes(memory.rss_bytes)} for the node, {bytes(memory.workers_rss_bytes)} for its workers.
          </p>
        </div>
        <dl class="facts">
          <div>
            <dt>Name</dt>
            <dd>{status.name}</dd>
          </div>
          <div>
            <dt>Started</dt>
            <dd>
              <time dateTime={Number.isNaN(started.getTime()) ? undefined : started.toISOString()}>
                {duration(now / 1000 - status.started_at)} ago
              </time>
            </dd>
          </div>
          <div>
            <dt>Data folder</dt>
            <dd>
              <code>{status.data_dir}</code>
            </dd>
          </div>
          <div>
            <dt>Target</dt>
            <dd>{count(limits.target)} games per configuration</dd>
          </div>
          <div>
            <dt>Process and port</dt>
            <dd>
              {status.pid}, {status.port}
            </dd>
          </div>
        </dl>
      </div>
    </section>
  );
}
