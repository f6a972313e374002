// The stored games, newest first, by board and number of players, a page at a time.
import { useEffect, useState } from "preact/hooks";

import { ApiFailure, fetchGames, type GamePage, type GameSummary } from "../api.ts";
import { ago, count, short } from "../format.ts";
import { Notice } from "../notice.tsx";
import { routeHash, type Route } from "../route.ts";
import { SeatMark } from "../viewer/seat_mark.tsx";
import { boardName, kBoardNames, resultWords } from "../words.ts";

type GamesRoute = Extract<Route, { page: "games" }>;

const kGamesPerPage = 30;
const kRefreshMs = 5000; // of the newest page only; older pages do not change

interface Loaded {
  key: string; // the address the page belongs to
  page: GamePage | null;
  failure: ApiFailure | null;
}

function useGames(route: GamesRoute): Loaded & { retry: () => void } {
  const key = routeHash(route);
  const [loaded, setLoaded] = useState<Loaded>({ key, page: null, failure: null });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const load = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const page = await fetchGames(route, kGamesPerPage);
        if (!ended) setLoaded({ key, page, failure: null });
      } catch (error) {
        const failure = error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error));
        if (!ended) setLoaded((last) => ({ key, page: last.key === key ? last.page : null, failure }));
      }
      if (!ended && !route.before) timer = setTimeout(() => void load(), kRefreshMs);
    };
    const onVisibility = (): void => void load();
    document.addEventListener("visibilitychange", onVisibility);
    void load();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [key, attempt]);

  const current = loaded.key === key ? loaded : { key, page: null, failure: null };
  return { ...current, retry: () => setAttempt((n) => n + 1) };
}

function engineWords(engines: string[]): string {
  const kinds = [...new Set(engines)];
  return kinds.length === 1 ? (kinds[0] ?? "") : engines.join(", ");
}

function Filters({ route }: { route: GamesRoute }) {
  const go = (change: Partial<GamesRoute>): void => {
    location.hash = routeHash({ ...route, before: undefined, ...change });
  };
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Which games">
      <label>
        Board
        <select value={route.board ?? ""} onChange={(event) => go({ board: event.currentTarget.value || undefined })}>
          <option value="">All boards</option>
          {Object.entries(kBoardNames).map(([board, name]) => (
            <option key={board} value={board}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Players
        <select value={route.seats ?? ""} onChange={(event) => go({ seats: Number(event.currentTarget.value) || undefined })}>
          <option value="">Any number</option>
          {[2, 3, 4].map((seats) => (
            <option key={seats} value={seats}>
              {seats} players
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function Row({ game, now }: { game: GameSummary; now: number }) {
  const stored = new Date(game.stored_at * 1000);
  return (
    <tr data-testid="game">
      <th scope="row">
        <a href={routeHash({ page: "game", id: game.id, ply: null })}>
          {boardName(game.board)}, {game.seats} players
        </a>
        <code class="muted id">{short(game.id)}</code>
      </th>
      <td data-label="Result">
        {game.winner !== null && <SeatMark seat={game.winner} />} {resultWords(game)}
      </td>
      <td class="num" data-label="Moves">
        {count(game.plies)}
      </td>
      <td data-label="Played by">{engineWords(game.engines)}</td>
      <td class="num" data-label="Stored">
        <time dateTime={Number.isNaN(stored.getTime()) ? "" : stored.toISOString()}>{ago(now / 1000 - game.stored_at)}</time>
      </td>
    </tr>
  );
}

export function GamesPage({ route, now }: { route: GamesRoute; now: number }) {
  const { page, failure, retry } = useGames(route);
  const filtered = route.board !== undefined || route.seats !== undefined;
  return (
    <div class="stack">
      <section class="headline" aria-labelledby="games-title">
        <h1 id="games-title">Games</h1>
        <p class="muted">Newest first. Open one to step through its moves.</p>
      </section>
      <Filters route={route} />
      {failure && page && (
        <div class="banner tone-warn" role="status">
          <p>This list could not be renewed: {failure.message}</p>
        </div>
      )}
      {!page && !failure && <Notice kind="loading" title="Fetching the games …" />}
      {!page && failure && (
        <Notice kind="error" title="The games could not be fetched" onRetry={retry}>
          <p>{failure.message}</p>
        </Notice>
      )}
      {page && page.games.length === 0 && (
        <Notice kind="empty" title={filtered ? "No such game yet" : "No games yet"}>
          <p>
            {filtered ? (
              <>
                Nothing stored matches this choice. <a href="#/games">Show all games</a>.
              </>
            ) : (
              "They appear here as soon as the first ones are finished and stored."
            )}
          </p>
        </Notice>
      )}
      {page && page.games.length > 0 && (
        <section class="card" aria-label="List of games">
          <table class="table games">
            <thead>
              <tr>
                <th scope="col">Game</th>
                <th scope="col">Result</th>
                <th scope="col" class="num">
                  Moves
                </th>
                <th scope="col">Played by</th>
                <th scope="col" class="num">
                  Stored
                </th>
              </tr>
            </thead>
            <tbody>
              {page.games.map((game) => (
                <Row key={game.id} game={game} now={now} />
              ))}
            </tbody>
          </table>
          <nav class="paging" aria-label="Pages of games">
            {route.before ? <a href={routeHash({ ...route, before: undefined })}>Newest games</a> : <span class="muted">Newest games</span>}
            {page.next ? <a href={routeHash({ ...route, before: page.next })}>Older games</a> : <span class="muted">No older games</span>}
          </nav>
        </section>
      )}
    </div>
  );
}
