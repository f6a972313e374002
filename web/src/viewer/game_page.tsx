// The game viewer: the board, who stands how, what happens now, and all moves.
import { useCallback, useMemo, useRef, useState } from "preact/hooks";

import type { GameDetail } from "../api.ts";
import { count } from "../format.ts";
import { resultWords } from "../games/games_page.tsx";
import { Notice } from "../notice.tsx";
import { boardOf, neighbour, type Board } from "../ringrift/board.ts";
import { cellWords, positionWords } from "../ringrift/describe.ts";
import { goalsOf } from "../ringrift/goals.ts";
import { moveWords, parseMove, type Move } from "../ringrift/move.ts";
import { phaseWords } from "../ringrift/phase.ts";
import { cellName, parseCell, parsePosition, type CellName, type Position } from "../ringrift/position.ts";
import { turnsOf } from "../ringrift/turns.ts";
import { boardName } from "../words.ts";
import { BoardView } from "./board_view.tsx";
import { Controls } from "./controls.tsx";
import { MoveList } from "./move_list.tsx";
import { SeatMark } from "./seat_mark.tsx";
import { SeatPanel } from "./seat_panel.tsx";
import { useGame, type Viewer } from "./use_game.ts";
import { focusAt, kZoomCells, viewBoxOf } from "./zoom.ts";

function Now({ position, move, game }: { position: Position; move: Move | null; game: GameDetail }) {
  const { title, detail } = phaseWords(position);
  return (
    <section class="now" aria-label="This moment" data-testid="now">
      <p class="last-move">
        {move ? (
          <>
            <SeatMark seat={move.seat} /> Seat {move.seat} {moveWords(move)}
          </>
        ) : (
          "Start of the game"
        )}
      </p>
      <p data-testid="phase">
        <strong>{title}.</strong>{" "}
        {position.toAct > 0 ? (
          <>
            Seat {position.toAct} {detail}
          </>
        ) : (
          `${resultWords(game)}.`
        )}
      </p>
    </section>
  );
}

function CopyPosition({ text }: { text: string }) {
  const [done, setDone] = useState<"" | "copied" | "failed">("");
  const field = useRef<HTMLTextAreaElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("copied");
    } catch {
      field.current?.select(); // the browser forbids it: leave it to the person
      setDone("failed");
    }
  };
  return (
    <details class="position-text">
      <summary>Position as text</summary>
      <textarea ref={field} readOnly rows={4} value={text} aria-label="Position as text" data-testid="position-text" />
      <p>
        <button type="button" onClick={() => void copy()}>
          Copy position
        </button>{" "}
        <span role="status">{done === "copied" ? "Copied." : done === "failed" ? "Selected: copy it with Ctrl+C." : ""}</span>
      </p>
    </details>
  );
}

function Legend() {
  const swatch = (kind: string) => (
    <svg viewBox="-12 -12 24 24" width="18" height="18" aria-hidden="true">
      <rect class={`outline outline-${kind}`} x="-9" y="-9" width="18" height="18" rx="1" />
    </svg>
  );
  return (
    <details class="legend">
      <summary>Reading the board, and keys</summary>
      <div class="legend-body">
        <ul>
          <li>A pile is a stack of rings. The ring on top says who controls it; the number is its height.</li>
          <li>Small shapes are markers; each seat has its own shape. Hatched cells are territory, for ever.</li>
          <li>Cells are named x,y: y is at the left edge, x along the other one with numbers.</li>
          <li>{swatch("from")} where the last move began</li>
          <li>{swatch("to")} where it ended</li>
          <li>{swatch("target")} the stack it took a ring from</li>
          <li>{swatch("taken")} cells it turned into territory</li>
          <li>{swatch("must")} the stack that has to move now</li>
        </ul>
        <dl class="keys">
          <dt>
            <kbd>←</kbd> <kbd>→</kbd>
          </dt>
          <dd>one move back, one on</dd>
          <dt>
            <kbd>[</kbd> <kbd>]</kbd>
          </dt>
          <dd>one turn back, one on</dd>
          <dt>
            <kbd>Home</kbd> <kbd>End</kbd>
          </dt>
          <dd>start, end</dd>
          <dt>
            <kbd>Space</kbd>
          </dt>
          <dd>play, pause</dd>
          <dt>
            <kbd>Shift</kbd> + arrows
          </dt>
          <dd>with the board focused: look at a cell</dd>
        </dl>
      </div>
    </details>
  );
}

const kArrows: Readonly<Record<string, "left" | "right" | "up" | "down">> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

const kMiddle: CellName = "0,0"; // of a hexagon; on squares the corner, where the enlarged part begins

interface BoardPartProps {
  board: Board;
  position: Position;
  move: Move | null;
  focus: CellName | null; // what to enlarge
  loading: boolean;
}

function BoardPart({ board, position, move, focus, loading }: BoardPartProps) {
  const [cursor, setCursor] = useState<CellName | null>(null);
  const [showSeats, setShowSeats] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const zoomable = board.size > kZoomCells;
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") setCursor(null);
    const direction = kArrows[event.key];
    if (!direction || !event.shiftKey) return;
    event.preventDefault();
    const start = position.mustMove ?? move?.to ?? (board.hex ? "0,0" : cellName({ x: board.size >> 1, y: board.size >> 1 }));
    setCursor(cursor ? cellName(neighbour(board, parseCell(cursor), direction)) : start);
  };
  return (
    <div class="board-part">
      <div
        class={loading ? "board-frame loading" : "board-frame"}
        tabIndex={0}
        role="group"
        aria-label="Board. Shift and the arrow keys look at one cell after another."
        onKeyDown={onKey}
      >
        <BoardView
          board={board}
          viewBox={viewBoxOf(board, zoomable && zoomed ? (focus ?? kMiddle) : null)}
          position={position}
          move={move}
          cursor={cursor}
          showSeats={showSeats}
          label={`Board, ${boardName(position.board)}: ${positionWords(position)}`}
          onCell={setCursor}
        />
      </div>
      <div class="board-foot">
        <p class="muted cell-words" aria-live="polite" data-testid="cell-words">
          {cursor ? cellWords(position, cursor) : "Point at a cell to read what is on it."}
        </p>
        {zoomable && (
          <label class="check">
            <input type="checkbox" checked={zoomed} onChange={(event) => setZoomed(event.currentTarget.checked)} /> Enlarge the last move
          </label>
        )}
        <label class="check">
          <input type="checkbox" checked={showSeats} onChange={(event) => setShowSeats(event.currentTarget.checked)} /> Seat numbers on stacks
        </label>
      </div>
    </div>
  );
}

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
        <CopyPosition text={shown.text} />
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
