// The game viewer: the board, who stands how, what happens now, and all moves.
import { useCallback, useMemo } from "preact/hooks";

import type { GameDetail } from "../api.ts";
import { count } from "../format.ts";
import { Notice } from "../notice.tsx";
import { boardOf } from "../ringrift/board.ts";
import { goalsOf } from "../ringrift/goals.ts";
import { parseMove } from "../ringrift/move.ts";
import { parsePosition } from "../ringrift/position.ts";
import { turnsOf } from "../ringrift/turns.ts";
import { boardName, resultWords } from "../words.ts";
import { BoardPart } from "./board_part.tsx";
import { Controls } from "./controls.tsx";
import { Legend } from "./legend.tsx";
import { MoveList } from "./move_list.tsx";
import { Now } from "./now.tsx";
import { PositionText } from "./position_text.tsx";
import { SeatPanel } from "./seat_panel.tsx";
import { useGame, type Viewer } from "./use_game.ts";
import { focusAt } from "./zoom.ts";

function Shown({ viewer, game, shown }: { viewer: Viewer; game: GameDetail; shown: { ply: number; text: string } }) {
  const moves = useMemo(() => game.moves.map(parseMove), [game.id]);
  const position = useMemo(() => parsePosition(shown.text), [shown.text]);
  const turnStarts = useMemo(() => turnsOf(moves).map((turn) => turn.first), [moves]);
  const jump = useCallback((ply: number) => viewer.goTo(ply), [viewer.goTo]);
  const board = boardOf(position.board);
  if (!board) throw new Error(`There is no drawing for the board "${position.board}".`);
  const move = shown.ply > 0 ? (moves[shown.ply - 1] ?? null) : null;
  const ready = shown.ply === viewer.ply;
  return (
    <div class="viewer">
      <div class="viewer-board">
        <BoardPart board={board} position={position} move={move} focus={focusAt(moves, shown.ply)} loading={!ready} />
        {viewer.failure && (
          <div class="banner tone-warn" role="alert">
            <p>
              Move {viewer.ply} could not be fetched. {viewer.failure.message}
            </p>
            <button type="button" onClick={viewer.retry}>
              Try again
            </button>
          </div>
        )}
        <Controls ply={viewer.ply} last={moves.length} ready={ready} turnStarts={turnStarts} goTo={viewer.goTo} />
      </div>
      <div class="viewer-side">
        <Now position={position} move={move} game={game} />
        <SeatPanel game={game} position={position} goals={goalsOf(position.board, position.seats, game.options["rings"] ?? 0)} />
        <section class="card moves-card" aria-labelledby="moves-title">
          <h2 id="moves-title">Moves</h2>
          <MoveList moves={moves} ply={viewer.ply} onPly={jump} />
        </section>
      </div>
      <div class="viewer-notes">
        <Legend />
        <PositionText text={shown.text} />
      </div>
    </div>
  );
}

/** The viewer, or why this game cannot be drawn: another game than RingRift, or texts this page does not understand. */
function Drawing(props: { viewer: Viewer; game: GameDetail; shown: { ply: number; text: string } }) {
  const problem = useMemo(() => {
    if (props.game.game !== "ringrift") return `This page cannot draw ${props.game.game} yet.`;
    try {
      props.game.moves.forEach(parseMove);
      const position = parsePosition(props.shown.text);
      return boardOf(position.board) ? "" : `This page has no drawing for the board "${position.board}".`;
    } catch (error) {
      return `The node and this page do not understand each other: ${error instanceof Error ? error.message : String(error)}.`;
    }
  }, [props.game.id, props.shown.text]);
  if (problem === "") return <Shown {...props} />;
  return (
    <Notice kind="error" title="This position cannot be drawn">
      <p>{problem}</p>
      <p>
        <code>{props.shown.text}</code>
      </p>
    </Notice>
  );
}

export function GamePage({ id, ply }: { id: string; ply: number | null }) {
  const viewer = useGame(id, ply);
  const { game, shown, failure } = viewer;
  const missing = failure?.httpStatus === 404;
  return (
    <div class="stack">
      <section class="headline game-head" aria-labelledby="game-title">
        <h1 id="game-title">{game ? `${boardName(game.board)}, ${game.seats} players` : "Game"}</h1>
        <p class="muted" data-testid="game-result">
          {game ? `${resultWords(game)}, after ${count(game.plies)} moves.` : ""} <a href="#/games">All games</a>
        </p>
      </section>
      {!game && !failure && <Notice kind="loading" title="Fetching the game …" />}
      {!game && failure && (
        <Notice kind="error" title={missing ? "This node does not have that game" : "The game could not be fetched"} onRetry={viewer.retry}>
          <p>{failure.message}</p>
        </Notice>
      )}
      {game && !shown && !failure && <Notice kind="loading" title="Fetching the position …" />}
      {game && !shown && failure && (
        <Notice kind="error" title="The position could not be fetched" onRetry={viewer.retry}>
          <p>{failure.message}</p>
        </Notice>
      )}
      {game && shown && <Drawing viewer={viewer} game={game} shown={shown} />}
      {game && (
        <dl class="game-facts muted">
          <div>
            <dt>Game</dt>
            <dd>
              <code>{game.id}</code>
            </dd>
          </div>
          <div>
            <dt>Seed</dt>
            <dd>
              <code>{game.seed}</code>
            </dd>
          </div>
          <div>
            <dt>Stored</dt>
            <dd>{new Date(game.stored_at * 1000).toLocaleString()}</dd>
          </div>
        </dl>
      )}
    </div>
  );
}
