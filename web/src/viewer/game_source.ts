// One game's moves and positions, fetched in windows as they are needed and kept while the viewer is open.
import { ApiFailure, fetchGame, type GameDetail } from "../api.ts";

export const kWindow = 100; // positions a request; a long game has more than a thousand
const kAhead = 30; // fetch the neighbouring window when this near to it

type Fetch = (id: string, from: number, count: number) => Promise<GameDetail>;

export class GameSource {
  private readonly texts = new Map<number, string>();
  private readonly pending = new Map<number, Promise<void>>();
  private game_: GameDetail | null = null;
  private readonly id: string;
  private readonly fetch_: Fetch;

  constructor(id: string, fetch: Fetch = fetchGame) {
    this.id = id;
    this.fetch_ = fetch;
  }

  /** Everything but the positions; null before the first answer. */
  get game(): GameDetail | null {
    return this.game_;
  }

  /** The position after `ply` moves, if it is here already. */
  text(ply: number): string | undefined {
    return this.texts.get(ply);
  }

  /** Fetches the game itself and its first position. */
  async open(): Promise<GameDetail> {
    return this.take(await this.fetch_(this.id, 0, 1));
  }

  /** Resolves when the position after `ply` moves is here; rejects with ApiFailure. A failed window may be asked for again. */
  async ensure(ply: number): Promise<void> {
    if (!this.texts.has(ply)) await this.load(Math.floor(ply / kWindow));
    if (!this.texts.has(ply)) throw new ApiFailure("unreadable", `The node did not send the position after move ${ply}.`);
  }

  /** Begins to fetch what stepping on from `ply` will need soon. Failures wait until the position is really asked for. */
  prefetch(ply: number): void {
    const last = this.game_?.moves.length ?? 0;
    for (const near of [ply + kAhead, ply - kAhead]) {
      if (near >= 0 && near <= last && !this.texts.has(near)) this.load(Math.floor(near / kWindow)).catch(() => {});
    }
  }

  private take(game: GameDetail): GameDetail {
    this.game_ = game;
    game.positions.texts.forEach((text, i) => this.texts.set(game.positions.from + i, text));
    return game;
  }

  private load(window: number): Promise<void> {
    const running = this.pending.get(window);
    if (running) return running;
    const request = this.fetch_(this.id, window * kWindow, kWindow)
      .then((game) => void this.take(game))
      .finally(() => this.pending.delete(window));
    this.pending.set(window, request);
    return request;
  }
}
