// All moves of the game by turns. Rendered once; the current move is marked by touching two elements, so that stepping
// through a game of thousands of moves stays quick.
import { useEffect, useMemo, useRef } from "preact/hooks";

import { isForcedPass, moveWords, type Move } from "../ringrift/move.ts";
import { turnsOf } from "../ringrift/turns.ts";
import { SeatMark } from "./seat_mark.tsx";

function TurnList({ moves, onPly }: { moves: Move[]; onPly: (ply: number) => void }) {
  return (
    <>
      {turnsOf(moves).map((turn) => (
        <li key={turn.first} class="turn">
          <SeatMark seat={turn.seat} size={15} />
          <span class="visually-hidden">Seat {turn.seat}</span>
          <ol>
            {turn.moves.map((move, i) => {
              const ply = turn.first + i + 1;
              return (
                <li key={ply}>
                  <button
                    type="button"
                    tabIndex={-1}
                    data-ply={ply}
                    class={isForcedPass(move) ? "move pass" : "move"}
                    onClick={() => onPly(ply)}
                  >
                    <span class="ply">{ply}</span> <span>{moveWords(move)}</span>
                  </button>
                </li>
              );
            })}
          </ol>
        </li>
      ))}
    </>
  );
}

/** Scrolls inside the list only; the page itself stays where the reader put it. */
function reveal(list: HTMLElement, item: HTMLElement): void {
  const offset = item.getBoundingClientRect().top - list.getBoundingClientRect().top;
  const room = list.clientHeight - item.offsetHeight;
  if (offset < 0 || offset > room) list.scrollTop += offset - room / 2;
}

export function MoveList({ moves, ply, onPly }: { moves: Move[]; ply: number; onPly: (ply: number) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const turns = useMemo(() => <TurnList moves={moves} onPly={onPly} />, [moves, onPly]);
  useEffect(() => {
    const root = list.current;
    if (!root) return;
    for (const old of root.querySelectorAll<HTMLElement>("[aria-current]")) {
      old.removeAttribute("aria-current");
      old.tabIndex = -1;
    }
    const item = root.querySelector<HTMLElement>(`[data-ply="${ply}"]`);
    if (item) {
      item.setAttribute("aria-current", "step");
      item.tabIndex = 0;
      reveal(root, item);
    } else {
      root.scrollTop = 0;
    }
  }, [ply, moves]);
  return (
    <div class="moves" ref={list} data-testid="moves" tabIndex={-1}>
      <ol aria-label="Moves by turn">
        {turns}
      </ol>
    </div>
  );
}
