#include "engine/match.h"

#include <algorithm>

namespace mz {
namespace {

constexpr std::uint64_t kOpeningStream = 0x6f70656e;  // "open"
constexpr std::uint64_t kGameStream = 0x67616d65;     // "game"

void play_random(Position& position, Rng& rng, MoveList& list) {
  if (position.kind() == NodeKind::chance) {
    position.apply(position.sample(rng));
    return;
  }
  position.moves(list);
  position.apply(list[rng.below(static_cast<std::uint32_t>(list.size()))]);
}

// Wins per seat over random games from here; a shared game counts for nobody.
std::vector<int> random_wins(const Position& start, int seats, Rng& rng, MoveList& list) {
  std::vector<int> wins(static_cast<std::size_t>(seats));
  for (int i = 0; i < kOpeningPlayouts; ++i) {
    const auto position = start.clone();
    while (position->kind() != NodeKind::terminal) play_random(*position, rng, list);
    const int winner = position->outcome().winner;
    if (winner != kNobody) ++wins[static_cast<std::size_t>(winner)];
  }
  return wins;
}

// A random line of kOpeningTurns turns per seat; empty when the game ended on the way.
std::vector<Move> random_line(Position& position, int seats, Rng& rng, MoveList& list) {
  std::vector<Move> line;
  int turns = 0;
  int actor = position.actor();
  while (turns < kOpeningTurns * seats) {
    if (position.kind() == NodeKind::terminal) return {};
    position.moves(list);
    const Move move = position.kind() == NodeKind::chance ? position.sample(rng)
                                                          : list[rng.below(static_cast<std::uint32_t>(list.size()))];
    position.apply(move);
    line.push_back(move);
    if (position.kind() == NodeKind::decision && position.actor() != actor) {
      actor = position.actor();
      ++turns;
    }
  }
  return line;
}

}  // namespace

std::vector<int> seat_order(int seats, int rotation) {
  std::vector<int> order(static_cast<std::size_t>(seats));
  for (int seat = 0; seat < seats; ++seat) order[static_cast<std::size_t>(seat)] = (seat - rotation + seats) % seats;
  return order;
}

std::uint64_t opening_seed(const MatchPlan& plan, std::uint64_t cycle) {
  return derive_seed(plan.seed ^ kOpeningStream, plan.openings == 0 ? cycle : cycle % plan.openings);
}

std::vector<Move> make_opening(const Game& game, std::uint64_t seed) {
  const int seats = game.config().seats;
  MoveList list;
  std::vector<Move> best;
  int best_excess = kOpeningPlayouts + 1;
  for (int attempt = 0; attempt < kOpeningTries; ++attempt) {
    Rng rng(derive_seed(seed, static_cast<std::uint64_t>(attempt)));
    const auto position = game.initial();
    std::vector<Move> line = random_line(*position, seats, rng, list);
    if (line.empty() || position->kind() == NodeKind::terminal) continue;
    const std::vector<int> wins = random_wins(*position, seats, rng, list);
    const int most = *std::max_element(wins.begin(), wins.end());
    if (most < best_excess) {
      best_excess = most;
      best = std::move(line);
    }
    if (2 * seats * best_excess <= 3 * kOpeningPlayouts) break;
  }
  return best;
}

Result<MatchTable> MatchTable::open(const MatchPlan& plan) {
  MatchTable table;
  table.plan_ = plan;
  auto game = make_game(plan.config);
  if (!game) return game.error();
  table.game_ = std::move(*game);
  table.plan_.config = table.game_->config();
  if (plan.participants.size() != static_cast<std::size_t>(plan.config.seats)) {
    return Error{ErrorKind::usage, "A match with " + std::to_string(plan.config.seats) + " seats needs " +
                                       std::to_string(plan.config.seats) + " engines."};
  }
  for (const SeatEngine& participant : plan.participants) {
    auto player = table.game_->make_player(participant.spec);
    if (!player) return player.error();
    table.players_.push_back(std::move(*player));
  }
  return table;
}

MatchTable::Played MatchTable::play(std::uint64_t cycle, int rotation) {
  const int seats = plan_.config.seats;
  if (opening_cycle_ != cycle) {
    opening_ = make_opening(*game_, opening_seed(plan_, cycle));
    opening_cycle_ = cycle;
  }
  Played played;
  MatchResult& result = played.result;
  result.rules_hash = game_->rules_hash();
  result.config = plan_.config;
  result.participants = plan_.participants;
  result.opening_seed = opening_seed(plan_, cycle);
  result.order = seat_order(seats, rotation);

  const std::uint64_t seed =
      derive_seed(derive_seed(plan_.seed ^ kGameStream, cycle), static_cast<std::uint64_t>(rotation));
  std::vector<Rng> streams;
  for (int seat = 0; seat <= seats; ++seat) streams.emplace_back(derive_seed(seed, static_cast<std::uint64_t>(seat)));
  for (const auto& player : players_) player->new_game();

  GameRecord record;  // for the play hash
  record.config = plan_.config;
  const auto position = game_->initial();
  for (const Move move : opening_) {
    position->apply(move);
    record.moves.push_back(move);
  }
  while (position->kind() != NodeKind::terminal && (plan_.max_moves == 0 || record.moves.size() < plan_.max_moves)) {
    Move move;
    if (position->kind() == NodeKind::chance) {
      move = position->sample(streams.back());
    } else {
      const auto seat = static_cast<std::size_t>(position->actor());
      move = players_[static_cast<std::size_t>(result.order[seat])]->decide(*position, streams[seat]).move;
    }
    position->apply(move);
    record.moves.push_back(move);
  }
  const Outcome outcome = position->outcome();
  result.capped = !outcome.over;
  result.winner = outcome.over ? outcome.winner : kNobody;
  result.play_hash = play_hash(record);
  played.plies = static_cast<std::uint32_t>(record.moves.size());
  return played;
}

}  // namespace mz
