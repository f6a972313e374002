// The address behind `#` as a value, and back. Everything a person may want to link to or go back to is in it.

export type Route =
  | { page: "overview" }
  | { page: "games"; board?: string | undefined; seats?: number | undefined; before?: string | undefined }
  | { page: "game"; id: string; ply: number | null }
  | ({ page: "cluster" } & EventFilter)
  | { page: "unknown"; address: string };

/** Which events of the cluster are shown; an absent field leaves nothing out. */
export interface EventFilter {
  kind?: string | undefined;
  node?: string | undefined; // a node's id, or its beginning
  level?: "warn" | "error" | undefined; // at least as bad
  text?: string | undefined;
}

export function parseRoute(hash: string): Route {
  const address = hash.replace(/^#/, "");
  const [path = "", query = ""] = address.split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  const params = new URLSearchParams(query);
  if (parts.length === 0) return { page: "overview" };
  if (parts[0] === "games" && parts.length === 1) {
    const seats = Number(params.get("seats"));
    return {
      page: "games",
      board: params.get("board") || undefined,
      seats: Number.isInteger(seats) && seats > 0 ? seats : undefined,
      before: params.get("before") || undefined,
    };
  }
  if (parts[0] === "cluster" && parts.length === 1) {
    const level = params.get("level");
    return {
      page: "cluster",
      kind: params.get("kind") || undefined,
      node: params.get("node") || undefined,
      level: level === "warn" || level === "error" ? level : undefined,
      text: params.get("text") || undefined,
    };
  }
  if (parts[0] === "games" && parts[1] !== undefined && parts.length <= 3) {
    const ply = parts[2] === undefined ? NaN : Number(parts[2]);
    return { page: "game", id: parts[1], ply: Number.isInteger(ply) && ply >= 0 ? ply : null };
  }
  return { page: "unknown", address };
}

function withQuery(path: string, fields: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) params.set(name, String(value));
  const query = params.toString();
  return query === "" ? path : `${path}?${query}`;
}

export function routeHash(route: Route): string {
  switch (route.page) {
    case "overview":
      return "#/";
    case "games":
      return withQuery("#/games", { board: route.board, seats: route.seats, before: route.before });
    case "cluster":
      return withQuery("#/cluster", { kind: route.kind, node: route.node, level: route.level, text: route.text });
    case "game":
      return route.ply === null ? `#/games/${route.id}` : `#/games/${route.id}/${route.ply}`;
    case "unknown":
      return `#${route.address}`;
  }
}
