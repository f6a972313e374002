// The state of the viewer: which game, which move is wanted, which is shown, and what went wrong.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { ApiFailure, type GameDetail } from "../api.ts";
import { routeHash } from "../route.ts";
import { GameSource } from "./game_source.ts";

const kAddressDelayMs = 250; // browsers refuse to rewrite the address many times a second

export interface Viewer {
  game: GameDetail | null;
  ply: number; // wanted
  shown: { ply: number; text: string } | null; // the newest position that is here; behind `ply` while it is fetched
  failure: ApiFailure | null;
  goTo: (ply: number | ((now: number) => number)) => void;
  retry: () => void;
}

function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error));
}

/** `startPly` null opens the game at its end. */
export function useGame(id: string, startPly: number | null): Viewer {
  const source = useMemo(() => new GameSource(id), [id]);
  const [game, setGame] = useState<GameDetail | null>(null);
  const [ply, setPly] = useState(0);
  const [shown, setShown] = useState<Viewer["shown"]>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [attempt, setAttempt] = useState(0);
  const last = game?.moves.length ?? 0;

  useEffect(() => {
    let ended = false;
    source.open().then(
      (opened) => {
        if (ended) return;
        const end = opened.moves.length;
        setFailure(null);
        setPly((now) => (game ? now : Math.min(startPly ?? end, end)));
        setGame(opened);
      },
      (error: unknown) => {
        if (!ended) setFailure(asFailure(error));
      },
    );
    return () => {
      ended = true;
    };
  }, [source, attempt]);

  useEffect(() => {
    if (game && startPly !== null) setPly(Math.min(startPly, last));
  }, [startPly]);

  useEffect(() => {
    if (!game) return undefined;
    let ended = false;
    const show = (): void => {
      const text = source.text(ply);
      if (text === undefined || ended) return;
      setFailure(null);
      setShown({ ply, text });
      source.prefetch(ply);
    };
    if (source.text(ply) !== undefined) show();
    else {
      source.ensure(ply).then(show, (error: unknown) => {
        if (!ended) setFailure(asFailure(error));
      });
    }
    return () => {
      ended = true;
    };
  }, [game, ply, source, attempt]);

  useEffect(() => {
    if (!game) return undefined;
    const timer = setTimeout(() => history.replaceState(null, "", routeHash({ page: "game", id, ply })), kAddressDelayMs);
    return () => clearTimeout(timer);
  }, [game, id, ply]);

  const goTo = useCallback<Viewer["goTo"]>(
    (wanted) => setPly((now) => Math.max(0, Math.min(last, typeof wanted === "number" ? wanted : wanted(now)))),
    [last],
  );
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  return { game, ply, shown, failure, goTo, retry };
}
