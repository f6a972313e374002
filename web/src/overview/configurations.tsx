// The twelve configurations, grouped by board: how far, how fast, and why in this state.
import type { ConfigurationProgress } from "../api.ts";
import { count, percent, rate } from "../format.ts";
import { routeHash } from "../route.ts";
import { boardName, boardNote, configurationStateWord } from "../words.ts";

const kTones: Readonly<Record<string, string>> = { playing: "ok", queued: "idle", done: "done", paused: "warn" };

function groupsByBoard(configurations: ConfigurationProgress[]): [string, ConfigurationProgress[]][] {
  const groups = new Map<string, ConfigurationProgress[]>();
  for (const configuration of configurations) {
    const group = groups.get(configuration.board);
    if (group) group.push(configuration);
    else groups.set(configuration.board, [configuration]);
  }
  return [...groups];
}

function Row({ c }: { c: ConfigurationProgress }) {
  const label = `${boardName(c.board)}, ${c.seats} players`;
  return (
    <tr data-testid="configuration" data-configuration={`${c.board}-${c.seats}`}>
      <th scope="row">
        <a href={routeHash({ page: "games", board: c.board, seats: c.seats })} aria-label={`Games of ${label}`}>
          {c.seats} players
        </a>
      </th>
      <td class="cell-progress">
        <div class="progress">
          <progress max={Math.max(1, c.target)} value={Math.min(c.games, c.target)} aria-label={`Progress of ${label}`} />
          <span>
            <span data-testid="configuration-games">{count(c.games)}</span> <span class="muted">of {count(c.target)}</span>
          </span>
          <span class="share muted">{percent(c.games, c.target)}</span>
        </div>
      </td>
      <td class="num">{rate(c.games_per_hour)}</td>
      <td class="num wide-only">{c.games > 0 ? rate(c.plies / c.games) : "–"}</td>
      <td class="cell-state">
        <span class={`state tone-text-${kTones[c.state] ?? "idle"}`}>
          <span class={`dot tone-${kTones[c.state] ?? "idle"}`} aria-hidden="true" /> {configurationStateWord(c.state)}
        </span>{" "}
        <span class="reason muted">{c.reason}</span>
      </td>
    </tr>
  );
}

export function Configurations({ configurations }: { configurations: ConfigurationProgress[] }) {
  return (
    <section class="card" aria-labelledby="configurations-title">
      <h2 id="configurations-title">What is being played</h2>
      <p class="muted lead">
        RingRift on four boards, each with two, three and four players. The node plays most where the most games are missing.
      </p>
      <table class="table configurations">
        <thead>
          <tr>
            <th scope="col">Players</th>
            <th scope="col">Games</th>
            <th scope="col" class="num">
              Games/h
            </th>
            <th scope="col" class="num wide-only">
              Moves per game
            </th>
            <th scope="col">State</th>
          </tr>
        </thead>
        {groupsByBoard(configurations).map(([board, rows]) => (
          <tbody key={board}>
            <tr class="group">
              <th scope="rowgroup" colSpan={5}>
                {boardName(board)} <span class="muted">{boardNote(board)}</span>
              </th>
            </tr>
            {rows.map((c) => (
              <Row key={c.seats} c={c} />
            ))}
          </tbody>
        ))}
      </table>
    </section>
  );
}
