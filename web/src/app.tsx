// The frame of the page: header, connection state, and the part the address asks for.
import { useEffect, useRef, useState } from "preact/hooks";

import { clusterOf, fetchPairing } from "./api.ts";
import { ClusterPage } from "./cluster/cluster_page.tsx";
import { PairingNotice } from "./cluster/pairing_notice.tsx";
import { waitsForPerson } from "./cluster/pairing_words.ts";
import { isTroubled } from "./cluster/standing.ts";
import { ago } from "./format.ts";
import { isStale } from "./freshness.ts";
import { GamesPage } from "./games/games_page.tsx";
import { Notice } from "./notice.tsx";
import { Overview } from "./overview/overview.tsx";
import { usePolled } from "./poll.ts";
import { parseRoute, routeHash, type Route } from "./route.ts";
import { isLoggedIn, loginFailure, logOut } from "./session.ts";
import { useNow, useStatusFeed, type StatusFeed } from "./status_feed.ts";
import { applyTheme, isDark, storedTheme } from "./theme.ts";
import { GamePage } from "./viewer/game_page.tsx";

function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const onChange = (): void => setRoute(parseRoute(location.hash));
    window.addEventListener("hashchange", onChange);
    return () => window.removeEventListener("hashchange", onChange);
  }, []);
  return route;
}

const kTitles: Record<Route["page"], string> = {
  overview: "Overview",
  games: "Games",
  game: "Game",
  cluster: "Cluster",
  unknown: "Not found",
};

function ThemeButton() {
  const [dark, setDark] = useState(() => isDark(storedTheme()));
  useEffect(() => {
    const onChange = (): void => setDark(document.documentElement.dataset["theme"] === "dark");
    document.addEventListener("themechange", onChange);
    return () => document.removeEventListener("themechange", onChange);
  }, []);
  // Going back to what the system prefers forgets the choice, so that the page follows the system again.
  const toggle = (): void => {
    const wanted = dark ? "light" : "dark";
    applyTheme(isDark("system") === (wanted === "dark") ? "system" : wanted);
  };
  return (
    <button type="button" class="icon-button" onClick={toggle} aria-label={dark ? "Use light colours" : "Use dark colours"}>
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
        {dark ? (
          <path
            d="M12 4V2M12 22v-2M4 12H2M22 12h-2M5.6 5.6 4.2 4.2M19.8 19.8l-1.4-1.4M5.6 18.4l-1.4 1.4M19.8 4.2l-1.4 1.4M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z"
            fill="none"
            stroke="currentColor"
            stroke-width="1.8"
            stroke-linecap="round"
          />
        ) : (
          <path
            d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z"
            fill="none"
            stroke="currentColor"
            stroke-width="1.8"
            stroke-linejoin="round"
          />
        )}
      </svg>
    </button>
  );
}

/** Live, stale or lost, in a word; the banner below says more when it is not live. */
function Connection({ feed, now }: { feed: StatusFeed; now: number }) {
  const [tone, word] = !feed.status
    ? feed.failure
      ? ["error", "No connection"]
      : ["idle", "Connecting"]
    : isStale(feed, now)
      ? ["warn", "Out of date"]
      : ["ok", "Live"];
  return (
    <p class={`pill tone-${tone}`} data-testid="connection">
      <span class="dot" aria-hidden="true" /> {word}
    </p>
  );
}

/** Nothing for a visitor. */
function Login() {
  const [loggedIn, setLoggedIn] = useState(isLoggedIn);
  useEffect(() => {
    const onChange = (): void => setLoggedIn(isLoggedIn());
    document.addEventListener("sessionchange", onChange);
    return () => document.removeEventListener("sessionchange", onChange);
  }, []);
  if (!loggedIn) return null;
  return (
    <button type="button" onClick={() => void logOut()} data-testid="log-out">
      Log out
    </button>
  );
}

function LoginBanner() {
  const text = loginFailure();
  if (text === null) return null;
  return (
    <div class="banner tone-warn" role="status" data-testid="login-banner">
      <p>
        <strong>You are not logged in.</strong> {text}
      </p>
    </div>
  );
}

function StaleBanner({ feed, now }: { feed: StatusFeed; now: number }) {
  if (!isStale(feed, now)) return null;
  const age = ago((now - feed.receivedAt) / 1000);
  return (
    <div class="banner tone-warn" data-testid="stale-banner">
      <p>
        <strong role="status">The node is not answering.</strong> What you see is from <time>{age}</time>.{" "}
        {feed.failure?.kind === "unreachable" || !feed.failure ? "It may have been stopped or restarted." : feed.failure.message}
      </p>
      <button type="button" onClick={feed.retry}>
        Try now
      </button>
    </div>
  );
}

export function App() {
  const route = useRoute();
  const feed = useStatusFeed();
  const pairing = usePolled(fetchPairing);
  const now = useNow();
  const main = useRef<HTMLElement>(null);
  const place = route.page === "game" ? `game ${route.id}` : route.page;
  const firstPlace = useRef(place);

  const asking = pairing.value?.requests.filter(waitsForPerson).length ?? 0;
  useEffect(() => {
    document.title = `${asking > 0 ? `(${asking}) ` : ""}${kTitles[route.page]} – MeshZero${feed.status?.name ? ` on ${feed.status.name}` : ""}`;
  }, [asking, route.page, feed.status?.name]);

  // After going to another place keyboard and screen reader continue at its beginning.
  useEffect(() => {
    if (firstPlace.current === place) return;
    firstPlace.current = "";
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);

  const cluster = feed.status && clusterOf(feed.status);
  const link = (to: Route, label: string, current: boolean, troubled = false) => (
    <a href={routeHash(to)} aria-current={current ? "page" : undefined}>
      {label}
      {troubled && (
        <>
          {" "}
          <span class="dot tone-warn" aria-hidden="true" />
          <span class="visually-hidden">needs attention</span>
        </>
      )}
    </a>
  );
  return (
    <>
      <a
        class="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <header class="top">
        <div class="top-inner">
          <a class="brand" href="#/">
            <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
              <ellipse class="seat-fill-1" cx="16" cy="22" rx="12" ry="6.2" />
              <ellipse class="seat-fill-2" cx="16" cy="17" rx="12" ry="6.2" />
              <ellipse class="brand-top" cx="16" cy="12" rx="12" ry="6.2" />
              <ellipse class="brand-hole" cx="16" cy="12" rx="5" ry="2.5" />
            </svg>
            <span>MeshZero</span>
          </a>
          <nav aria-label="Main">
            {link({ page: "overview" }, "Overview", route.page === "overview")}
            {link({ page: "games" }, "Games", route.page === "games" || route.page === "game")}
            {link({ page: "cluster" }, "Cluster", route.page === "cluster", cluster !== null && isTroubled(cluster))}
          </nav>
          <Connection feed={feed} now={now} />
          <Login />
          <ThemeButton />
        </div>
      </header>
      <LoginBanner />
      <StaleBanner feed={feed} now={now} />
      {route.page !== "cluster" && <PairingNotice pairing={pairing.value} />}
      <main id="main" ref={main} tabIndex={-1}>
        {route.page === "overview" && <Overview feed={feed} now={now} />}
        {route.page === "games" && <GamesPage route={route} now={now} />}
        {route.page === "game" && <GamePage key={route.id} id={route.id} ply={route.ply} />}
        {route.page === "cluster" && <ClusterPage feed={feed} pairing={pairing} now={now} filter={route} />}
        {route.page === "unknown" && (
          <Notice kind="empty" title="There is nothing at this address">
            <p>
              <code>#{route.address}</code> is not a part of this page. <a href="#/">Go to the overview</a>.
            </p>
          </Notice>
        )}
      </main>
      <footer class="foot">
        <p>
          {feed.status ? `MeshZero ${feed.status.version} on ${feed.status.name}. ` : "MeshZero. "}
          Everything on this page comes from this node and is also at <a href="/api/v1/status">/api/v1/status</a>.
        </p>
      </footer>
    </>
  );
}
