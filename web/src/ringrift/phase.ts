// The phase of a turn in words: what the seat to act may or must do now.
import type { Position } from "./position.ts";

export interface PhaseWords {
  title: string;
  detail: string; // a phrase that follows "Seat 2"; empty when the game is over
}

export function phaseWords(position: Position): PhaseWords {
  const { mustMove, captureFrom } = position;
  switch (position.phase) {
    case "ring_placement":
      return { title: "Placing rings", detail: "puts one to three rings on a cell, or goes on without." };
    case "movement":
      return {
        title: "Moving",
        detail: mustMove
          ? `must move the stack at ${mustMove}, where it has just placed.`
          : "moves a stack, or captures by jumping over one.",
      };
    case "capture":
      return { title: "Capturing", detail: `may now capture with the stack at ${captureFrom ?? "its new cell"}, or stop there.` };
    case "chain_capture":
      return { title: "Capturing on", detail: `must capture again with the stack at ${captureFrom ?? "its new cell"}.` };
    case "line_processing":
      return {
        title: "Lines",
        detail: position.lineCostDue
          ? "has to give up a ring for the line it took."
          : "turns rows of its markers into territory, if it has any.",
      };
    case "territory_processing":
      return {
        title: "Regions",
        detail: position.regionCostDue
          ? "has to give up a cap for the region it took."
          : "may take regions that are cut off from the others, if there are any.",
      };
    case "forced_elimination":
      return { title: "Stuck", detail: "could do nothing and has to give up the cap of one stack." };
    case "game_over":
      return { title: "Game over", detail: "" };
    default:
      return { title: position.phase.replaceAll("_", " "), detail: "is to act." };
  }
}
