// Turns a game written against GameRules into the type-erased Game and Position that everything outside inner loops uses.
//
// A game instantiates ErasedGame<G> in its own source file and hands it to the registry through its GameFamily. Positions
// and players share the rules object, so they may outlive the Game they came from. A Position is used by one thread at a
// time; a Game and its rules are constant and shared by all.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/game.h"
#include "engine/rules.h"

namespace mz {

// Rules that can also be written down and read back.
//   move_text  notation of a listed move; two listed moves of one position never read the same
//   text       the complete position on one line
//   parse      its inverse, for any text a stranger may send
//   outcome    the result; `over` exactly at terminal states
template <class G>
concept NotatedRules = GameRules<G> && requires(const G& g, const typename G::State& s, Move m, std::string_view in) {
  { g.move_text(s, m) } -> std::same_as<std::string>;
  { g.text(s) } -> std::same_as<std::string>;
  { g.parse(in) } -> std::same_as<Result<typename G::State>>;
  { g.outcome(s) } -> std::same_as<Outcome>;
};

// Optional: reads a move without comparing against the notation of the whole list. Whatever it returns is still looked up
// in the list, so it may be lenient.
template <class G>
concept ParsesMoves = requires(const G& g, const typename G::State& s, std::string_view in) {
  { g.parse_move(s, in) } -> std::same_as<std::optional<Move>>;
};

// Optional, of games with the pie rule: see Position.
template <class G>
concept ExchangesSeats = requires(const G& g, Move m) {
  { g.exchanges_seats(m) } -> std::same_as<bool>;
};

template <NotatedRules G>
class ErasedPosition final : public Position {
 public:
  using State = typename G::State;

  ErasedPosition(std::shared_ptr<const G> rules, const State& state) : rules_(std::move(rules)), state_(state) {}

  // The way back for a player or search written for G; null when `position` belongs to another game.
  static const ErasedPosition* from(const Position& position) { return dynamic_cast<const ErasedPosition*>(&position); }
  [[nodiscard]] const G& rules() const { return *rules_; }
  [[nodiscard]] const State& state() const { return state_; }

  [[nodiscard]] std::unique_ptr<Position> clone() const override { return std::make_unique<ErasedPosition>(*this); }
  [[nodiscard]] NodeKind kind() const override { return rules_->kind(state_); }
  [[nodiscard]] int actor() const override {
    return kind() == NodeKind::decision ? static_cast<int>(rules_->actor(state_)) : kNobody;
  }

  void moves(MoveList& out) const override {
    out.clear();
    if (kind() != NodeKind::terminal) rules_->moves(state_, out);
  }

  Result<void> play(Move move) override {
    if (!listed(move)) {
      return Error{ErrorKind::refused, "Move code " + std::to_string(move.code) + " is not legal in this position."};
    }
    apply(move);
    return {};
  }

  void apply(Move move) override {
    typename G::Undo undo;
    rules_->apply(state_, move, undo);
  }

  [[nodiscard]] Move sample(Rng& rng) const override { return rules_->sample(state_, rng); }
  [[nodiscard]] bool exchanges_seats(Move move) const override {
    if constexpr (ExchangesSeats<G>) return rules_->exchanges_seats(move);
    return false;
  }
  [[nodiscard]] std::string move_text(Move move) const override { return rules_->move_text(state_, move); }

  [[nodiscard]] Result<Move> parse_move(std::string_view text) const override {
    if constexpr (ParsesMoves<G>) {
      const std::optional<Move> move = rules_->parse_move(state_, text);
      if (move && listed(*move) && rules_->move_text(state_, *move) == text) return *move;
    } else {
      MoveList list;
      moves(list);
      for (const Move move : list) {
        if (rules_->move_text(state_, move) == text) return move;
      }
    }
    return Error{ErrorKind::refused, "'" + std::string(text.substr(0, kMaxQuoted)) + "' is not a legal move here."};
  }

  [[nodiscard]] std::string text() const override { return rules_->text(state_); }

  [[nodiscard]] std::vector<std::uint8_t> pack() const override {
    std::vector<std::uint8_t> bytes;
    rules_->pack(state_, bytes);
    return bytes;
  }

  [[nodiscard]] std::uint64_t key(int seat) const override { return rules_->key(state_, seat); }
  [[nodiscard]] Outcome outcome() const override { return rules_->outcome(state_); }

 private:
  static constexpr std::size_t kMaxQuoted = 80;  // characters of a stranger's text repeated in a message

  [[nodiscard]] bool listed(Move move) const {
    MoveList list;
    moves(list);
    for (const Move candidate : list) {
      if (candidate == move) return true;
    }
    return false;
  }

  std::shared_ptr<const G> rules_;
  State state_;
};

// Makes one kind of player.
template <class G>
using PlayerMaker =
    std::function<Result<std::unique_ptr<Player>>(const std::shared_ptr<const G>& rules, const EngineRequest& request)>;

// The players a game brings along. `random` exists for every game and is not listed here.
template <class G>
using PlayerMakers = std::map<EngineKind, PlayerMaker<G>>;

template <NotatedRules G>
class ErasedGame final : public Game {
 public:
  ErasedGame(G rules, GameConfig config, const Digest& rules_hash, PlayerMakers<G> players = {})
      : rules_(std::make_shared<const G>(std::move(rules))),
        config_(std::move(config)),
        rules_hash_(rules_hash),
        players_(std::move(players)) {}

  [[nodiscard]] const G& rules() const { return *rules_; }
  [[nodiscard]] const GameConfig& config() const override { return config_; }
  [[nodiscard]] const Digest& rules_hash() const override { return rules_hash_; }

  [[nodiscard]] std::unique_ptr<Position> initial() const override {
    typename G::State state;
    rules_->initial(state);
    return std::make_unique<ErasedPosition<G>>(rules_, state);
  }

  [[nodiscard]] Result<std::unique_ptr<Position>> parse(std::string_view text) const override {
    Result<typename G::State> state = rules_->parse(text);
    if (!state) return state.error();
    return position(*state);
  }

  [[nodiscard]] Result<std::unique_ptr<Position>> unpack(std::span<const std::uint8_t> bytes) const override {
    typename G::State state;
    if (!rules_->unpack(bytes, state)) {
      return Error{ErrorKind::corrupt, "These " + std::to_string(bytes.size()) + " bytes are not a position of " +
                                           config_.game + " on " + config_.board + "."};
    }
    return position(state);
  }

  [[nodiscard]] std::vector<EngineKind> engines() const override {
    std::vector<EngineKind> kinds = {EngineKind::random};
    for (const auto& entry : players_) kinds.push_back(entry.first);
    return kinds;
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<Player>> make_engine(const EngineRequest& request) const override {
    return players_.at(request.spec.kind)(rules_, request);
  }

  Result<std::unique_ptr<Position>> position(const typename G::State& state) const {
    return std::unique_ptr<Position>(std::make_unique<ErasedPosition<G>>(rules_, state));
  }

  std::shared_ptr<const G> rules_;
  GameConfig config_;
  Digest rules_hash_;
  PlayerMakers<G> players_;
};

}  // namespace mz
