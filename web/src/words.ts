// The fixed words of the node's answers, said so that a newcomer understands them.

export const kBoardNames: Readonly<Record<string, string>> = {
  square8: "Square 8×8",
  hex8: "Small hexagon",
  square19: "Square 19×19",
  hexagonal: "Large hexagon",
};

const kBoardNotes: Readonly<Record<string, string>> = {
  square8: "64 cells",
  hex8: "61 cells",
  square19: "361 cells",
  hexagonal: "469 cells",
};

export function boardName(board: string): string {
  return kBoardNames[board] ?? board;
}

export function boardNote(board: string): string {
  return kBoardNotes[board] ?? "";
}

const kReasons: Readonly<Record<string, string>> = {
  ring_elimination: "eliminated enough rings",
  territory_control: "controls enough territory",
  last_player_standing: "last player able to act",
  resignation: "the other seat resigned",
};

/** How a game ended. Unknown words are shown as they are, with spaces. */
export function endingWords(reason: string): string {
  return kReasons[reason] ?? reason.replaceAll("_", " ");
}

/** The result of a game as the beginning of a sentence, without its full stop. */
export function resultWords(game: { winner: number | null; reason: string; capped: boolean }): string {
  if (game.capped) return "Stopped at the move limit";
  if (game.winner === null) return `No winner: ${endingWords(game.reason)}`;
  return `Seat ${game.winner} won: ${endingWords(game.reason)}`;
}

const kConfigurationStates: Readonly<Record<string, string>> = {
  playing: "Playing",
  queued: "Waiting",
  done: "Target reached",
  paused: "Paused",
};

export function configurationStateWord(state: string): string {
  return kConfigurationStates[state] ?? state;
}

const kWorkerStates: Readonly<Record<string, string>> = {
  starting: "Starting",
  playing: "Playing",
  idle: "Idle",
  backoff: "Waiting to restart",
  stopped: "Stopped",
};

export function workerStateWord(state: string): string {
  return kWorkerStates[state] ?? state;
}
