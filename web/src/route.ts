// The address behind `#` as a value, and back. Everything a person may want to link to or go back to is in it.

export type Route =
  | { page: "overview" }
  | { page: "games"; board?: string | undefined; seats?: number | undefined; before?: string | undefined }
  | { page: "game"; id: string; ply: number | null }
  | { page: "unknown"; address: string };

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
  if (parts[0] === "games" && parts[1] !== undefined && parts.length <= 3) {
    const ply = parts[2] === undefined ? NaN : Number(parts[2]);
    return { page: "game", id: parts[1], ply: Number.isInteger(ply) && ply >= 0 ? ply : null };
  }
  return { page: "unknown", address };
}

export function routeHash(route: Route): string {
  switch (route.page) {
    case "overview":
      return "#/";
    case "games": {
      const params = new URLSearchParams();
      if (route.board) params.set("board", route.board);
      if (route.seats) params.set("seats", String(route.seats));
      if (route.before) params.set("before", route.before);
      const query = params.toString();
      return query === "" ? "#/games" : `#/games?${query}`;
    }
    case "game":
      return route.ply === null ? `#/games/${route.id}` : `#/games/${route.id}/${route.ply}`;
    case "unknown":
      return `#${route.address}`;
  }
}
