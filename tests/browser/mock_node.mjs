// A node of paper: serves the built page and whatever answers a test puts in, for states that a healthy node cannot be brought
// into on purpose (damaged answers, problems, workers in trouble, an empty list).
//
// Each answer is a function of the request's URL that returns {status, body}; body is sent as JSON unless it is a string.
// An answer of null is never sent.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const kMime = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };

const kBoards = ["square8", "hex8", "square19", "hexagonal"];
const kSeats = [2, 3, 4];

/** A status as of `now`, in which everything is well. Tests change what they are about. */
export function healthyStatus(now = Math.floor(Date.now() / 1000)) {
  const configurations = kBoards.flatMap((board, b) =>
    kSeats.map((seats, s) => ({
      game: "ringrift",
      board,
      seats,
      games: [1240, 980, 310, 220][b] - 100 * s,
      distinct_games: [1240, 980, 310, 220][b] - 100 * s,
      target: 2000,
      games_per_hour: [5200, 4100, 410, 160][b] / (s + 1),
      plies: ([1240, 980, 310, 220][b] - 100 * s) * [130, 150, 700, 1200][b],
      bytes: ([1240, 980, 310, 220][b] - 100 * s) * [260, 300, 1400, 2400][b],
      state: b === 3 && s === 2 ? "playing" : "queued",
      reason: b === 3 && s === 2 ? "One worker plays it." : "Others are further from their target.",
    })),
  );
  const times = Array.from({ length: 120 }, (_, i) => now - 1200 + 10 * i);
  const total = configurations.reduce((sum, c) => sum + c.games, 0);
  return {
    version: "0.1.0",
    name: "paper",
    pid: 123,
    status: "ok",
    started_at: now - 7500,
    uptime_s: 7500,
    now,
    data_dir: "/var/lib/meshzero",
    port: 8765,
    stopping: false,
    workers: [
      {
        id: 1,
        pid: 456,
        state: "playing",
        configuration: { game: "ringrift", board: "hexagonal", seats: 4 },
        games: 17,
        games_per_hour: 812.5,
        restarts: 0,
        reason: "This configuration has the most games missing.",
      },
    ],
    configurations,
    history: {
      interval_s: 10,
      times,
      games_per_hour: configurations.map((c) => times.map((_, i) => c.games_per_hour * (1 + 0.25 * Math.sin(i / 7 + c.seats)))),
    },
    account: { played: total + 4, stored: total, pending: 4 },
    limits: { workers: 1, memory_gb: 16, disk_floor_bytes: 10e9, target: 2000 },
    disk: { free_bytes: 210e9, total_bytes: 500e9, games_bytes: 3.2e6 },
    memory: { rss_bytes: 31e6, workers_rss_bytes: 24e6 },
    alerts: [],
    ...healthyCluster(now),
  };
}

/** Ids of the three members of healthyCluster. */
export const kMembers = ["a", "b", "c"].map((letter) => letter.repeat(52));

/** A cluster of three that is led by the second; this node is the first. */
export function healthyCluster(now) {
  const member = (i, name, roles) => ({
    node_id: kMembers[i],
    name,
    state: "alive",
    left_because: null,
    roles,
    addresses: [`192.0.2.${i + 1}:8765`, `[2001:db8::${i + 1}]:8765`],
    version: "0.1.0",
    incarnation: 3,
    since: now - 7000,
    heard_at: i === 0 ? null : now,
    other_protocol: null,
  });
  return {
    node_id: kMembers[0],
    role: "following",
    policy: "available",
    leader: kMembers[1],
    ballot: { term: 7, node_id: kMembers[1] },
    members: [member(0, "studio", ["admin", "worker"]), member(1, "laptop", ["worker"]), member(2, "shelf", ["worker"])],
    partition: null,
  };
}

/** What a node sees that is beside kMembers[1] and kMembers[2] and looks for others. Tests change what they are about. */
export function quietNetwork(now = Math.floor(Date.now() / 1000)) {
  return {
    discovery: { state: "running", backend: "avahi", text: "The Avahi daemon runs; this node is announced.", since: now - 7000 },
    advert: { instance: "studio", port: 8765, cluster: "k".repeat(16), pairing_open: true },
    candidates: kMembers.map((id, i) => candidate({
      address: `192.0.2.${i + 1}:8765`, node_id: id, name: ["studio", "laptop", "shelf"][i], cluster: "k".repeat(16),
      state: i === 0 ? "self" : "member", reason: i === 0 ? "This node." : "It is a member.", last_tried: now - 5, last_worked: now - 5,
    })),
  };
}

export function candidate(changes) {
  return {
    address: "192.0.2.50:8765", sources: ["bonjour"], node_id: "", name: "", cluster: "", state: "new", reason: "It has not been tried yet.",
    failures: 0, last_tried: null, last_worked: null, ...changes,
  };
}

/** A machine that wants to join, whose person has not done anything yet. */
export function pairingRequest(changes = {}, now = Math.floor(Date.now() / 1000)) {
  return {
    id: "r1", direction: "in", kind: "digits", node_id: "d".repeat(52), name: "attic", address: "192.0.2.9:8765", cluster: "k".repeat(52),
    digits: "482913", state: "waiting", text: "It waits for both machines.", since: now - 12, expires: now + 588, ...changes,
  };
}

function pageFiles(dist) {
  const files = new Map([["/", "index.html"]]);
  for (const name of readdirSync(join(dist, "assets"))) files.set(`/assets/${name}`, `assets/${name}`);
  return files;
}

/**
 * Starts on a free port of this computer. `answers.status`, `.games` and so on may be replaced at any time. What the page posts
 * goes to `answers.post(path, body)`, and stands in `posted`.
 */
export async function startMockNode(dist) {
  const files = pageFiles(dist);
  const answers = {
    status: () => ({ status: 200, body: healthyStatus() }),
    games: () => ({ status: 200, body: { games: [], next: null } }),
    events: () => ({ status: 200, body: { epoch: "1", events: [], more: false } }),
    discovery: () => ({ status: 200, body: quietNetwork() }),
    pairing: () => ({ status: 200, body: { open: true, requests: [] } }),
    session: () => ({ status: 200, body: { kind: "session", scope: "admin", label: "s1" } }),
    post: () => ({ status: 200, body: {} }),
    game: () => ({ status: 404, body: { error: { kind: "not_found", text: "There is no game with that id here." } } }),
  };
  const posted = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const file = files.get(url.pathname);
    if (file) {
      const content = readFileSync(join(dist, file));
      response.writeHead(200, {
        "content-type": kMime[file.slice(file.lastIndexOf(".") + 1)],
        "content-security-policy": "default-src 'self'",
        etag: `"${createHash("sha256").update(content).digest("hex")}"`,
      });
      response.end(content);
      return;
    }
    const send = ({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    if (request.method === "POST") {
      let text = "";
      for await (const part of request) text += part;
      const body = text === "" ? null : JSON.parse(text);
      posted.push({ path: url.pathname, type: request.headers["content-type"], body });
      send(answers.post(url.pathname, body));
      return;
    }
    const answer =
      url.pathname === "/api/v1/status" ? answers.status
      : url.pathname === "/api/v1/games" ? answers.games
      : url.pathname === "/api/v1/events" ? answers.events
      : url.pathname === "/api/v1/discovery" ? answers.discovery
      : url.pathname === "/api/v1/pairing" ? answers.pairing
      : url.pathname === "/api/v1/session" ? answers.session
      : url.pathname.startsWith("/api/v1/games/") ? answers.game
      : () => ({ status: 404, body: { error: { kind: "not_found", text: "Nothing is here." } } });
    const given = answer(url);
    if (given !== null) send(given); // else the test wants a node that does not answer
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    answers,
    posted,
    stop: () =>
      new Promise((stopped) => {
        server.closeAllConnections();
        server.close(stopped);
      }),
  };
}
