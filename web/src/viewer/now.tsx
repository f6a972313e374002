// What is happening at the shown move: the move that led here, and what comes next.
import type { GameSummary } from "../api.ts";
import { moveWords, type Move } from "../ringrift/move.ts";
import { phaseWords } from "../ringrift/phase.ts";
import type { Position } from "../ringrift/position.ts";
import { resultWords } from "../words.ts";
import { SeatMark } from "./seat_mark.tsx";

export function Now({ position, move, game }: { position: Position; move: Move | null; game: GameSummary }) {
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
