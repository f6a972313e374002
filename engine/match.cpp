#include "engine/match.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/difficulty.h"

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

// By how much one seat is ahead, from 0 to 1: the wins of the best seat in random games beyond its fair share.
double playout_advantage(const Position& start, int seats, Rng& rng, MoveList& list) {
  const std::vector<int> wins = random_wins(start, seats, rng, list);
  const double share = static_cast<double>(*std::max_element(wins.begin(), wins.end())) / kOpeningPlayouts;
  return (share * seats - 1) / (seats - 1);
}

// A search sees what random games do not, a win on the spot above all. Null for games that have none.
std::unique_ptr<Player> make_judge(const Game& game, std::string_view spec) {
  auto judge = game.make_player(spec);
  return judge ? std::move(*judge) : nullptr;
}

double judged_value(Player& judge, const Position& start, Rng& rng) {
  judge.new_game();
  return judge.decide(start, rng).value.value_or(0);
}

// One random turn from here, until another seat decides.
std::vector<Move> random_turn(Position& position, Rng& rng, MoveList& list) {
  std::vector<Move> line;
  const int actor = position.actor();
  while (position.kind() == NodeKind::chance || (position.kind() == NodeKind::decision && position.actor() == actor)) {
    position.moves(list);
    const Move move = position.kind() == NodeKind::chance ? position.sample(rng)
                                                          : list[rng.below(static_cast<std::uint32_t>(list.size()))];
    position.apply(move);
    line.push_back(move);
  }
  return line;
}

bool may_exchange_seats(const Position& position, MoveList& list) {
  position.moves(list);
  return std::any_of(list.begin(), list.end(), [&](Move move) { return position.exchanges_seats(move); });
}

// A random line of opening_turns per seat, in which nobody is left a win on the spot when a few tries find another turn. It ends
// where the pie rule asks who wants which seat: that the engines decide. Empty when the game ended on the way.
std::vector<Move> random_line(std::unique_ptr<Position>& position, int seats, Player* scout, Rng& rng, MoveList& list) {
  std::vector<Move> line;
  for (int turn = 0; turn < opening_turns(seats) * seats; ++turn) {
    if (turn > 0 && may_exchange_seats(*position, list)) break;
    std::vector<Move> moves;
    std::unique_ptr<Position> next;
    for (int attempt = 0; attempt < kTurnTries; ++attempt) {
      next = position->clone();
      moves = random_turn(*next, rng, list);
      if (next->kind() == NodeKind::terminal) continue;
      if (scout == nullptr || judged_value(*scout, *next, rng) < kDecided) break;
    }
    if (next->kind() == NodeKind::terminal) return {};
    line.insert(line.end(), moves.begin(), moves.end());
    position = std::move(next);
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
  const std::unique_ptr<Player> scout = make_judge(game, kOpeningScout);
  const std::unique_ptr<Player> judge = seats == 2 ? make_judge(game, kOpeningJudge) : nullptr;
  MoveList list;
  std::vector<Move> best;
  double least = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < kOpeningTries && least > kFairOpening; ++attempt) {
    Rng rng(derive_seed(seed, static_cast<std::uint64_t>(attempt)));
    auto position = game.initial();
    std::vector<Move> line = random_line(position, seats, scout.get(), rng, list);
    if (line.empty()) continue;
    const double advantage =
        judge ? std::abs(judged_value(*judge, *position, rng)) : playout_advantage(*position, seats, rng, list);
    if (advantage >= least) continue;
    least = advantage;
    best = std::move(line);
  }
  return best;
}

Result<MatchTable> MatchTable::open(const MatchPlan& plan, SeatMaker maker) {
  MatchTable table;
  table.plan_ = plan;
  table.maker_ = std::move(maker);
  if (!table.maker_) table.maker_ = [](const Game& g, const SeatEngine& engine) { return g.make_player(engine.spec); };
  auto game = make_game(plan.config);
  if (!game) return game.error();
  table.game_ = std::move(*game);
  table.plan_.config = table.game_->config();
  if (plan.participants.size() != static_cast<std::size_t>(plan.config.seats)) {
    return Error{ErrorKind::usage, "A match with " + std::to_string(plan.config.seats) + " seats needs " +
                                       std::to_string(plan.config.seats) + " engines."};
  }
  table.players_.resize(plan.participants.size());
  for (std::size_t i = 0; i < plan.participants.size(); ++i) {
    if (auto seated = table.replace(i, plan.participants[i]); !seated) return seated.error();
  }
  return table;
}

Result<void> MatchTable::replace(std::size_t participant, const SeatEngine& engine) {
  auto spec = parse_engine_spec(engine.spec);
  if (spec) spec = named_in_full(game_->config(), *spec);
  if (!spec) return spec.error();
  auto player = maker_(*game_, engine);
  if (!player) return player.error();
  plan_.participants.at(participant) = {to_string(*spec), (*player)->weights_hash()};
  players_.at(participant) = std::move(*player);
  return {};
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
  result.max_moves = plan_.max_moves;

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
  std::vector<int>& sits = played.order_at_end;
  sits = result.order;
  while (position->kind() != NodeKind::terminal && (plan_.max_moves == 0 || record.moves.size() < plan_.max_moves)) {
    Move move;
    if (position->kind() == NodeKind::chance) {
      move = position->sample(streams.back());
    } else {
      const auto seat = static_cast<std::size_t>(position->actor());
      move = players_[static_cast<std::size_t>(sits[seat])]->decide(*position, streams[seat]).move;
      if (position->exchanges_seats(move)) std::swap(sits[0], sits[1]);
    }
    position->apply(move);
    record.moves.push_back(move);
  }
  const Outcome outcome = position->outcome();
  result.capped = !outcome.over;
  if (outcome.over && outcome.winner != kNobody) {
    // Where the winner sat when the game began, because `order` names the seats of the beginning.
    const int winner = sits[static_cast<std::size_t>(outcome.winner)];
    result.winner =
        static_cast<int>(std::find(result.order.begin(), result.order.end(), winner) - result.order.begin());
  }
  result.play_hash = play_hash(record);
  if (result.capped) played.stopped_at = position->text();
  played.plies = static_cast<std::uint32_t>(record.moves.size());
  return played;
}

}  // namespace mz
