#include "store/selfplay.h"

#include <algorithm>
#include <utility>

#include "engine/search/descent.h"
#include "engine/search/mcts.h"

namespace mz {
namespace {

constexpr std::uint64_t kChanceStream = 1000;  // seats use their own number, from 0
constexpr std::uint64_t kEngineStream = 2000;  // and this plus their number for who sits there
constexpr std::uint64_t kResignStream = 3000;  // for whether the game is played to its end

std::string_view name_of(MixBand band) { return mix_band_names()[static_cast<std::size_t>(band)]; }

bool searching(const std::string& engine) { return searches(*parse_engine_spec(engine)); }

}  // namespace

Result<SelfplayTable> SelfplayTable::open(const SelfplaySpec& spec) {
  SelfplayTable table;
  table.spec_ = spec;
  auto game = make_game(spec.config);
  if (!game) return game.error();
  table.game_ = std::move(*game);
  table.spec_.config = table.game_->config();
  if (spec.engines.size() != static_cast<std::size_t>(spec.config.seats)) {
    return Error{ErrorKind::usage, "Name one engine for all seats, or one for each of the " +
                                       std::to_string(spec.config.seats) + " seats."};
  }
  if (spec.max_moves && (*spec.max_moves == 0 || *spec.max_moves > GameRecord::kMaxMoves)) {
    return Error{ErrorKind::usage, "A move cap is a number from 1 to " + std::to_string(GameRecord::kMaxMoves) + "."};
  }
  if (spec.opening_random_moves > GameRecord::kMaxMoves) {
    return Error{ErrorKind::usage,
                 "At most " + std::to_string(GameRecord::kMaxMoves) + " moves of a seat can be random."};
  }
  if (spec.temperature_moves > GameRecord::kMaxMoves) {
    return Error{ErrorKind::usage,
                 "At most " + std::to_string(GameRecord::kMaxMoves) + " moves of a seat can follow a temperature."};
  }
  if (spec.resign > kThousandths || spec.no_resign_share > 100) {
    return Error{ErrorKind::usage,
                 "A seat resigns by an expectation from 0 to 1, and the share of games without is up to 100 percent."};
  }
  if (spec.resign > 0 && spec.config.seats != 2) {
    return Error{
        ErrorKind::usage,
        "Only with two seats the game is over when one of them resigns. Leave out --resign, or play with two."};
  }
  for (const std::string& engine : spec.engines) {
    if (auto added = table.add_seat(engine); !added) return added.error();
  }
  if (spec.resign > 0 && std::none_of(table.engines_.begin(), table.engines_.end(), searching)) {
    return Error{
        ErrorKind::usage,
        "Nobody resigns here: random and heuristic do not look ahead and expect nothing. Leave out --resign, or let "
        "minimax, descent, mcts or mixed play."};
  }
  return table;
}

Result<void> SelfplayTable::add_seat(std::string_view text) {
  auto engines = engines_of_seat(text, spec_.mix, spec_.config);
  if (!engines) return engines.error();
  Seat seat;
  for (const std::string& engine : *engines) {
    std::string notes;
    if (spec_.opening_random_moves > 0 && engine != "random") {
      notes += ",opening=" + std::to_string(spec_.opening_random_moves);
    }
    // Random moves are drawn as it is.
    const bool tempered = wanted_temperature() && parse_engine_spec(engine)->kind != EngineKind::random;
    if (tempered) {
      notes += ",temperature=" + to_string(spec_.temperature) + "/" + std::to_string(spec_.temperature_moves);
    }
    if (spec_.resign > 0 && searching(engine)) {
      notes += ",resign=" + thousandths_text(spec_.resign) + "/" + std::to_string(spec_.no_resign_share);
    }
    if (engines->size() > 1) notes += ",mix=" + std::string(text == kMixed ? name_of(spec_.mix) : text);
    if (!notes.empty()) notes[0] = '@';
    if (engine.size() + notes.size() > GameRecord::kMaxSpecBytes) {
      return Error{ErrorKind::usage,
                   "The specification of an engine is too long to be recorded. Give the file of its "
                   "weights a shorter name."};
    }
    auto player = make_player(engine);
    if (!player) return player.error();
    const auto known = std::find(engines_.begin(), engines_.end(), engine);
    seat.engines.push_back(static_cast<std::size_t>(known - engines_.begin()));
    if (known == engines_.end()) engines_.push_back(engine);
    seat.tempered.push_back(tempered);
    seat.recorded.push_back({engine + notes, (*player)->weights_hash()});
  }
  seats_.push_back(std::move(seat));
  return {};
}

bool SelfplayTable::wanted_temperature() const {
  return spec_.temperature.thousandths > 0 && spec_.temperature_moves > 0;
}

Result<std::unique_ptr<Player>> SelfplayTable::make_player(std::string_view engine) const {
  return game_->make_player(engine,
                            {.read_weights = spec_.read_weights,
                             .stop = nullptr,
                             .give_up = spec_.give_up,
                             .compare_within = wanted_temperature() ? temperature_reach(spec_.temperature) : 0});
}

std::size_t SelfplayTable::drawn(std::size_t seat, std::uint64_t seed) const {
  Rng rng(derive_seed(seed, kEngineStream + seat));
  return rng.below(static_cast<std::uint32_t>(seats_[seat].engines.size()));
}

std::size_t SelfplayTable::games_at_once() const {
  MoveList moves;
  game_->initial()->moves(moves);  // hardly any later position has more
  // A tree of mcts and what is kept of it are in memory together.
  const std::uint64_t visit_bytes = 2 * (sizeof(MctsNode) + sizeof(MctsEdge) + moves.size() * kMctsMoveBytes);
  const std::uint64_t expansion_bytes = moves.size() * sizeof(DescentNode);
  std::uint64_t game_bytes = 0;
  for (const Seat& seat : seats_) {
    std::uint64_t most = 0;
    for (const std::size_t engine : seat.engines) {
      const auto spec = parse_engine_spec(engines_[engine]);
      if (spec->kind == EngineKind::mcts) most = std::max(most, spec->sims * visit_bytes);
      if (spec->kind == EngineKind::descent) most = std::max(most, spec->nodes * expansion_bytes);
    }
    game_bytes += most;
  }
  if (game_bytes == 0) return 1;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(kTreeBytes / game_bytes, 1, kGamesAtOnce));
}

SelfplayTable::Board& SelfplayTable::free_board() {
  const auto free = std::find_if(boards_.begin(), boards_.end(), [](const Board& board) { return !board.taken; });
  return free != boards_.end() ? *free : boards_.emplace_back();
}

Result<void> SelfplayTable::begin(std::uint64_t seed) {
  Board& board = free_board();
  board.record = {};
  board.statistics = {};
  board.record.rules_hash = game_->rules_hash();
  board.record.config = spec_.config;
  board.record.seed = seed;
  if (auto taken = take_seats(board, seed); !taken) return taken;
  board.chance = Rng(derive_seed(seed, kChanceStream));
  board.position = game_->initial();
  board.mover = kNobody;
  board.plays_on = spec_.resign == 0 || Rng(derive_seed(seed, kResignStream)).chance(spec_.no_resign_share, 100);
  board.giving_up = kNobody;
  board.taken = true;
  ++under_way_;
  return {};
}

// Only those who play have memory: a mixed seat makes its player anew when another engine is drawn.
Result<void> SelfplayTable::take_seats(Board& board, std::uint64_t seed) const {
  board.seats.resize(seats_.size());
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seated& seated = board.seats[i];
    const std::size_t engine = drawn(i, seed);
    if (seated.player == nullptr || engine != seated.engine) {
      auto player = make_player(engines_[seats_[i].engines[engine]]);
      if (!player) return player.error();
      seated.player = std::move(*player);
      seated.engine = engine;
    }
    seated.player->new_game();
    seated.rng = Rng(derive_seed(seed, i));
    seated.choices = 0;
    seated.lost_turns = 0;
    board.record.seats.push_back(seats_[i].recorded[engine]);
  }
  return {};
}

Result<std::optional<GameRecord>> SelfplayTable::step() {
  const auto can_move = [](const Board& board) { return board.taken && board.search == nullptr; };
  const auto board = std::find_if(boards_.begin(), boards_.end(), can_move);
  if (board == boards_.end()) {
    round();
  } else if (!ended(*board)) {
    move(*board);
  } else {
    auto record = finish(*board);
    if (!record) return record.error();
    return std::optional(std::move(*record));
  }
  return std::optional<GameRecord>();
}

// One move, or the begin of the search for it.
void SelfplayTable::move(Board& board) {
  if (board.position->kind() == NodeKind::chance) return apply(board, board.position->sample(board.chance));
  const auto actor = static_cast<std::size_t>(board.position->actor());
  Seated& seated = board.seats[actor];
  if (std::exchange(board.mover, board.position->actor()) != board.position->actor()) seated.turn_counted = false;
  const std::uint32_t tempered = seats_[actor].tempered[seated.engine] ? spec_.temperature_moves : 0;
  const std::uint32_t choice = seated.choices;
  if (choice < std::max(spec_.opening_random_moves, tempered)) {
    MoveList& list = *list_;
    board.position->moves(list);
    seated.choices += list.size() > 1 ? 1 : 0;
    if (choice < spec_.opening_random_moves)
      return apply(board, list[seated.rng.below(static_cast<std::uint32_t>(list.size()))]);
  }
  seated.draws = choice < tempered;
  Decision decision;
  board.search = seated.player->begin(*board.position, seated.rng, decision);
  if (board.search == nullptr) follow(board, decision);
}

void SelfplayTable::follow(Board& board, const Decision& decision) const {
  Seated& seated = board.seats[static_cast<std::size_t>(board.position->actor())];
  if (was_searched(board, decision)) {
    weigh_resigning(board, *decision.value);
    if (resigned(board)) return;
    board.statistics.add(static_cast<std::uint32_t>(board.record.moves.size()), decision);
  }
  apply(board, seated.draws ? draw_move(decision, spec_.temperature, seated.rng) : decision.move);
}

// A move without alternative is not, and neither is the swap: games of one-ply play decide it, and who expects something of it sits
// elsewhere afterwards.
bool SelfplayTable::was_searched(const Board& board, const Decision& decision) const {
  if (!decision.value || board.position->exchanges_seats(decision.move)) return false;
  board.position->moves(*list_);
  return list_->size() > 1;
}

// Counts the turns in which the seat to move expects to lose.
void SelfplayTable::weigh_resigning(Board& board, double value) const {
  if (spec_.resign == 0) return;
  const int actor = board.position->actor();
  Seated& seated = board.seats[static_cast<std::size_t>(actor)];
  if (value * kThousandths > -static_cast<double>(spec_.resign)) {
    seated.lost_turns = 0;
  } else if (!seated.turn_counted) {
    ++seated.lost_turns;
  }
  seated.turn_counted = true;
  if (seated.lost_turns >= kResignTurns && board.giving_up == kNobody) board.giving_up = actor;
}

void SelfplayTable::apply(Board& board, Move move) {
  board.position->apply(move);
  board.record.moves.push_back(move);
}

// Of every search, together with the others of its engine. Who has finished moves.
void SelfplayTable::round() {
  together_.resize(engines_.size());
  for (auto& searches : together_) searches.clear();
  for (const Board& board : boards_) {
    if (!board.taken) continue;
    const auto actor = static_cast<std::size_t>(board.position->actor());
    together_[seats_[actor].engines[board.seats[actor].engine]].push_back(board.search);
  }
  for (const auto& searches : together_) {
    if (searches.empty()) continue;
    const std::size_t judged = searches.front()->round(searches);
    leaves_ += judged;
    batches_ += judged > 0 ? 1 : 0;
  }
  for (Board& board : boards_) {
    if (!board.taken || !board.search->finished()) continue;
    follow(board, std::exchange(board.search, nullptr)->result());
  }
}

bool SelfplayTable::ended(const Board& board) const {
  return board.position->kind() == NodeKind::terminal || resigned(board) ||
         board.record.moves.size() >= spec_.max_moves.value_or(GameRecord::kMaxMoves);
}

Result<GameRecord> SelfplayTable::finish(Board& board) {
  board.taken = false;
  --under_way_;
  GameRecord record = std::move(board.record);
  record.statistics = board.statistics.take();
  const Outcome outcome = board.position->outcome();
  if (board.giving_up != kNobody && outcome.over) {
    ++resignations_.checked;
    resignations_.wrong += outcome.winner != 1 - board.giving_up ? 1 : 0;
  }
  if (resigned(board)) {
    ++resignations_.games;
    record.winner = 1 - board.giving_up;
    record.reason = GameRecord::kResignation;
    return record;
  }
  if (!outcome.over && !spec_.max_moves) {
    return Error{ErrorKind::failure, "The game with seed " + std::to_string(record.seed) + " has no end after " +
                                         std::to_string(record.moves.size()) +
                                         " moves and cannot be stored. Give a move cap."};
  }
  record.capped = !outcome.over;
  record.winner = outcome.over ? outcome.winner : kNobody;
  record.reason = outcome.over ? outcome.reason : std::string(GameRecord::kMoveCap);
  return record;
}

Result<void> SelfplayTable::play_all(std::size_t at_once, const std::function<bool()>& go_on,
                                     const std::function<std::optional<std::uint64_t>()>& next_seed,
                                     const std::function<Result<void>(GameRecord)>& keep) {
  bool more = true;
  while (go_on()) {
    while (more && under_way_ < at_once) {
      const auto seed = next_seed();
      more = seed.has_value();
      if (!more) break;
      if (auto begun = begin(*seed); !begun) return begun;
    }
    if (under_way_ == 0) return {};
    auto record = step();
    if (!record) return record.error();
    if (!*record) continue;
    if (auto kept = keep(std::move(**record)); !kept) return kept;
  }
  return {};
}

bool SelfplayTable::would_play(const GameRecord& record) const {
  if (record.rules_hash != game_->rules_hash() || record.config != spec_.config) return false;
  for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
    if (record.seats[seat] != seats_[seat].recorded[drawn(seat, record.seed)]) return false;
  }
  // Play is a function of the seed, so a cap only decides where the same game is cut.
  if (record.capped) return spec_.max_moves && record.moves.size() == *spec_.max_moves;
  if (!spec_.max_moves) return true;
  // A game is cut before its next decision, with which a seat may resign.
  const std::size_t stands = record.reason == GameRecord::kResignation ? 1 : 0;
  return record.moves.size() + stands <= *spec_.max_moves;
}

}  // namespace mz
