// The node's JSON answers and how to fetch them. Seats count from 1; times are Unix seconds; sizes are bytes.
import { authorization, forgetLogin, isLoggedIn } from "./session.ts";

export interface Configuration {
  game: string;
  board: string;
  seats: number;
}

export interface Worker {
  id: number;
  pid: number;
  state: string;
  configuration: Configuration | null;
  games: number;
  games_per_hour: number;
  restarts: number;
  reason: string;
}

export interface ConfigurationProgress extends Configuration {
  games: number;
  distinct_games: number;
  target: number;
  games_per_hour: number;
  plies: number;
  bytes: number;
  state: string;
  reason: string;
}

/** Games per hour over time: one row per configuration, in the order of Status.configurations. */
export interface History {
  interval_s: number;
  times: number[];
  games_per_hour: (number | null)[][];
}

export interface Member {
  node_id: string;
  name: string; // empty until its own word has been heard
  state: string; // alive, suspect, dead, left
  left_because: string | null; // leave, revoked, cloned
  roles: string[];
  addresses: string[]; // HOST:PORT, best first
  version: string;
  incarnation: number;
  since: number;
  heard_at: number | null; // never for this node
  other_protocol: number | null; // the version of the protocol that it speaks, when this node speaks another
}

/** Who leads, in which term. */
export interface Ballot {
  node_id: string;
  term: number;
}

/** The cluster as this node sees it. */
export interface Cluster {
  node_id: string;
  role: string; // starting, looking, following, leading, frozen
  policy: string; // available, majority, etcd
  etcd?: { answers: boolean; silent_since: number | null; why: string | null } | null; // with policy etcd
  leader: string | null;
  ballot: Ballot | null;
  members: Member[]; // this node included
  partition: { leaders: number; since: number; rivals: Ballot[] } | null;
}

/** What happened in the cluster as this node saw it. */
export interface ClusterEvent {
  number: number;
  at: number;
  kind: string;
  level: string; // info, warn, error
  node: string | null; // whom it is about
  text: string;
}

export interface EventPage {
  epoch: string; // of the node's run: another one may number other events the same
  events: ClusterEvent[]; // oldest first
  more: boolean;
}

/** How this node looks for others, and what it has found. */
export interface Discovery {
  discovery: { state: string; backend: string; text: string; since: number }; // state: running, starting, off, unavailable
  advert: { instance: string; port: number; cluster: string; pairing_open: boolean } | null;
  candidates: Candidate[];
}

/** An address at which there may be a member. */
export interface Candidate {
  address: string;
  sources: string[]; // bonjour, static, known, exchanged
  node_id: string; // whole, or its beginning, or empty
  name: string; // may be empty
  cluster: string; // the beginning of the id of its cluster, or empty
  state: string; // self, member, new, unreachable, other_cluster, pairing, refused, other_version, revoked
  reason: string; // why it is or is not a member
  failures: number;
  last_tried: number | null;
  last_worked: number | null;
}

export interface Pairing {
  open: boolean;
  requests: PairingRequest[];
}

export interface PairingRequest {
  id: string;
  direction: string; // in: the other machine asks; out: this one
  kind: string; // digits, approval
  node_id: string; // whole, of the other machine
  name: string;
  address: string;
  cluster: string;
  digits: string | null;
  state: string; // waiting, confirmed_here, confirmed_there, done, refused, expired, failed
  text: string;
  since: number;
  expires: number;
}

/** Who asks: a stranger may still look from this computer. */
export interface Login {
  kind: string; // stranger, node, operator, session, local
  scope: string; // none, read, jobs, admin
}

export interface Status extends Partial<Cluster> {
  version: string;
  name: string;
  pid: number;
  status: string;
  started_at: number;
  uptime_s: number;
  now: number;
  data_dir: string;
  port: number;
  stopping: boolean;
  workers: Worker[];
  configurations: ConfigurationProgress[];
  history: History;
  account: { played: number; stored: number; pending: number };
  limits: { workers: number; memory_gb: number; disk_floor_bytes: number; target: number };
  disk: { free_bytes: number; total_bytes: number; games_bytes: number };
  memory: { rss_bytes: number; workers_rss_bytes: number };
  alerts: { level: string; text: string }[];
}

export interface GameSummary extends Configuration {
  id: string;
  engines: string[];
  winner: number | null;
  reason: string;
  plies: number;
  capped: boolean;
  seed: string;
  stored_at: number;
}

export interface GamePage {
  games: GameSummary[];
  next: string | null;
}

export interface GameDetail extends GameSummary {
  options: Record<string, number>;
  moves: string[];
  positions: { from: number; texts: string[] };
}

/** Why an answer did not come: `unreachable` (no answer at all), `refused` (an error answer) or `unreadable` (not our JSON). */
export class ApiFailure extends Error {
  readonly kind: "unreachable" | "refused" | "unreadable";
  readonly httpStatus: number;
  constructor(kind: ApiFailure["kind"], text: string, httpStatus = 0) {
    super(text);
    this.kind = kind;
    this.httpStatus = httpStatus;
  }
}

const kRequestTimeoutMs = 8000;
const kPairTimeoutMs = 25_000; // the node waits 20 seconds for the machine it asks

async function refusal(response: Response): Promise<ApiFailure> {
  let text = `The node answered with HTTP ${response.status}.`;
  try {
    const body = (await response.json()) as { error?: { text?: unknown } };
    if (typeof body.error?.text === "string") text = body.error.text;
  } catch {
    // An error without our JSON: the status line has to do.
  }
  return new ApiFailure("refused", text, response.status);
}

function ask(path: string, method = "GET", body?: object, timeoutMs = kRequestTimeoutMs): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...authorization() };
  const request: RequestInit = { method, signal: AbortSignal.timeout(timeoutMs), headers };
  if (body === undefined) return fetch(path, request);
  headers["content-type"] = "application/json";
  return fetch(path, { ...request, body: JSON.stringify(body) });
}

const unreachable = (): ApiFailure =>
  new ApiFailure("unreachable", "The node does not answer. Is it running? Start it with ./run or `meshzero up`.");

async function get(path: string, isExpected: (body: Record<string, unknown>) => boolean): Promise<unknown> {
  let response: Response;
  try {
    response = await ask(path);
    if (response.status === 401 && isLoggedIn()) {
      forgetLogin();
      response = await ask(path); // much may be read without a login
    }
  } catch {
    throw unreachable();
  }
  if (!response.ok) throw await refusal(response);
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw new ApiFailure("unreadable", "The answer was cut off or is not JSON.");
  }
  if (typeof body !== "object" || body === null || !isExpected(body as Record<string, unknown>)) {
    throw new ApiFailure("unreadable", "The answer does not have the expected form. Reload the page: the node may have been updated.");
  }
  return body;
}

/** Asks the node to do something. Only a login with the scope that it takes may. */
async function post(path: string, body?: object, timeoutMs?: number): Promise<void> {
  let response: Response;
  try {
    response = await ask(path, "POST", body, timeoutMs);
  } catch {
    throw unreachable();
  }
  if (response.ok) return;
  if (response.status === 401 && isLoggedIn()) {
    forgetLogin();
    throw new ApiFailure("refused", "Your login has ended. Run `meshzero ui` on this machine to log in again.", 401);
  }
  throw await refusal(response);
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

export async function fetchStatus(): Promise<Status> {
  return (await get(
    "/api/v1/status",
    (body) =>
      Array.isArray(body["configurations"]) &&
      Array.isArray(body["workers"]) &&
      Array.isArray(body["alerts"]) &&
      ["history", "account", "limits", "disk", "memory"].every((key) => isObject(body[key])),
  )) as Status;
}

/** Nothing while the node takes no part in a cluster. */
export function clusterOf(status: Status): Cluster | null {
  return Array.isArray(status.members) && typeof status.node_id === "string" ? (status as Cluster) : null;
}

/** Events with higher numbers than `after`. */
export async function fetchEvents(after: number): Promise<EventPage> {
  return (await get(`/api/v1/events?after=${after}`, (body) => Array.isArray(body["events"]) && typeof body["epoch"] === "string")) as EventPage;
}

export async function fetchDiscovery(): Promise<Discovery> {
  return (await get("/api/v1/discovery", (body) => isObject(body["discovery"]) && Array.isArray(body["candidates"]))) as Discovery;
}

export async function fetchPairing(): Promise<Pairing> {
  return (await get("/api/v1/pairing", (body) => Array.isArray(body["requests"]))) as Pairing;
}

export async function fetchLogin(): Promise<Login> {
  return (await get("/api/v1/session", (body) => typeof body["scope"] === "string")) as Login;
}

export const askToPair = (peer: string): Promise<void> => post("/api/v1/pairing", { peer }, kPairTimeoutMs);
export const confirmPairing = (id: string, digits: string): Promise<void> => post(`/api/v1/pairing/${encodeURIComponent(id)}/confirm`, { digits });
export const refusePairing = (id: string): Promise<void> => post(`/api/v1/pairing/${encodeURIComponent(id)}/refuse`);
export const approve = (nodeId: string): Promise<void> => post("/api/v1/approvals", { node_id: nodeId });

export interface GameFilter {
  board?: string | undefined;
  seats?: number | undefined;
  before?: string | undefined;
}

export async function fetchGames(filter: GameFilter, limit: number): Promise<GamePage> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter.board) query.set("board", filter.board);
  if (filter.seats) query.set("seats", String(filter.seats));
  if (filter.before) query.set("before", filter.before);
  return (await get(`/api/v1/games?${query}`, (body) => Array.isArray(body["games"]))) as GamePage;
}

export async function fetchGame(id: string, from: number, howMany: number): Promise<GameDetail> {
  return (await get(
    `/api/v1/games/${encodeURIComponent(id)}?from=${from}&count=${howMany}`,
    (body) => Array.isArray(body["moves"]) && isObject(body["positions"]),
  )) as GameDetail;
}
