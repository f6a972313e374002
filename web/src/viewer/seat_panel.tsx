// A row per seat: who plays, whose turn it is, and how near each is to winning.
import type { GameSummary } from "../api.ts";
import { count } from "../format.ts";
import type { Goals } from "../ringrift/goals.ts";
import type { Position } from "../ringrift/position.ts";
import { SeatMark } from "./seat_mark.tsx";

function Goal({ value, goal, testid }: { value: number; goal: number | null; testid: string }) {
  return (
    <td class="goal" data-testid={testid}>
      {count(value)}
      {goal !== null && <small> of {count(goal)}</small>}
      {goal !== null && <progress max={goal} value={Math.min(value, goal)} aria-hidden="true" />}
    </td>
  );
}

interface Props {
  game: GameSummary;
  position: Position;
  goals: Goals | null;
}

export function SeatPanel({ game, position, goals }: Props) {
  const seats = Array.from({ length: position.seats }, (_, i) => i + 1);
  const over = position.phase === "game_over";
  return (
    <section class="card seats-card" aria-label="Seats">
      <table class="seats">
        <thead>
          <tr>
            <th scope="col">Seat</th>
            <th scope="col">In hand</th>
            <th scope="col" title="Rings taken out of the game; whoever reaches the goal wins">
              Eliminated
            </th>
            <th scope="col" title="Cells owned for ever; whoever reaches the goal and has more than all others together wins">
              Territory
            </th>
          </tr>
        </thead>
        <tbody>
          {seats.map((seat) => {
            const acting = position.toAct === seat;
            const won = over && game.winner === seat;
            return (
              <tr key={seat} class={acting ? "acting" : won ? "won" : ""} data-testid={`seat-${seat}`} aria-current={acting ? "true" : undefined}>
                <th scope="row">
                  <SeatMark seat={seat} /> Seat {seat}
                  <span class="seat-note">{won ? "Winner" : acting ? "To act" : (game.engines[seat - 1] ?? "")}</span>
                </th>
                <Goal value={position.hands[seat - 1] ?? 0} goal={goals?.rings ?? null} testid="hand" />
                <Goal value={position.eliminated[seat - 1] ?? 0} goal={goals?.eliminated ?? null} testid="eliminated" />
                <Goal value={position.territory[seat - 1] ?? 0} goal={goals?.territory ?? null} testid="territory-count" />
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
