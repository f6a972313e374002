// The pie rule: a decision of its own, the same for every engine. Included by kernel.inl after the one-ply play; templates only.

namespace mz::ringrift::MZ_ISA {

// Which side of a position is the better one, for the pie rule: one-ply play from there, a few games of it. An evaluation will not do.
// Whoever has moved last looks ahead in it, which outweighs everything a first turn can do: over 40 random first turns on square8
// neither the values of minimax to depth 1 and 2 nor their mean have to do with who wins (correlation -0.3 to 0).
template <class R>
class PieJudge {
 public:
  // `stop`, asked before every move of a game, may be null.
  PieJudge(const R& rules, const Weights& weights, const std::atomic<bool>* stop)
      : rules_(rules), weights_(weights), stop_(stop), one_ply_(rules, weights_) {}

  // The share of games that the side to move wins. The same for the same position, unless it is stopped: then only the games finished
  // by then count, and both sides are equal where none was.
  double share(const typename R::State& from) {
    Rng rng(rules_.key(from, kNobody));
    const int team = rules_.team(rules_.actor(from));
    int games = 0;
    int halves = 0;
    effort_ = 0;
    while (games < kGames && (games < kLeastGames || effort_ < kMostEffort)) {
      const std::optional<int> won = play(from, team, rng);
      if (!won) break;
      halves += *won;
      ++games;
    }
    return games == 0 ? 0.5 : halves / (2.0 * games);
  }
  // Positions looked at by the last call.
  [[nodiscard]] std::uint64_t effort() const { return effort_; }

 private:
  static constexpr int kGames = 32;
  static constexpr int kLeastGames = 4;
  static constexpr std::uint64_t kMostEffort = 2'000'000;  // ends it on large boards, where one turn decides little
  static constexpr int kMostPlies = 5000;
  static constexpr std::uint32_t kRandomIn = 25;  // one decision of so many is drawn, or the games would be too alike

  // What the team gets, in halves of a win; nothing when the game was stopped.
  std::optional<int> play(const typename R::State& from, int team, Rng& rng) {
    state_ = from;
    for (int ply = 0; ply < kMostPlies && state_.h.phase != Phase::game_over; ++ply) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return std::nullopt;
      moves_.clear();
      rules_.moves(state_, moves_);
      if (moves_.empty()) return 1;
      Move move = moves_[0];
      if (moves_.size() > 1) {
        if (rng.chance(1, kRandomIn)) {
          move = moves_[rng.below(static_cast<std::uint32_t>(moves_.size()))];
        } else {
          const Decision decision = one_ply_.choose(state_, rng);
          move = decision.move;
          effort_ += decision.nodes;
        }
      }
      rules_.apply(state_, move, undo_);
    }
    if (state_.h.phase != Phase::game_over) return 1;
    const Score score = final_score(rules_, state_, team, 0);
    return score > 0 ? 2 : score < 0 ? 0 : 1;
  }

  const R& rules_;
  Weights weights_;
  const std::atomic<bool>* stop_;
  OnePly<R> one_ply_;
  std::uint64_t effort_ = 0;
  typename R::State state_;
  typename R::Undo undo_;
  MoveList moves_;
};

// The pie rule for any player: who may swap takes the side that wins more of the judge's games. When the time is over
// or it is told to stop, the judge ends too, and the search that may follow is as short as it can be.
template <class R>
class PieRulePlayer final : public Player {
 public:
  PieRulePlayer(std::shared_ptr<const R> rules, const Weights& weights, const std::atomic<bool>* stop,
                std::unique_ptr<Player> player)
      : rules_(std::move(rules)), judge_(*rules_, weights, stop), player_(std::move(player)) {}

  void new_game() override { player_->new_game(); }
  Decision decide(const Position& position, Rng& rng) override { return decide_alone(position, rng); }
  Search* begin(const Position& position, Rng& rng, Decision& decision) override {
    static constexpr Move kSwap = make_move(MoveType::swap_sides);
    position.moves(moves_);
    if (std::find(moves_.begin(), moves_.end(), kSwap) == moves_.end()) return player_->begin(position, rng, decision);
    // Swapping changes nothing but who sits where, so what follows it is the same position without the choice.
    const std::unique_ptr<Position> unswapped = position.clone();
    unswapped->apply(kSwap);
    const auto* mine = ErasedPosition<R>::from(*unswapped);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    const double share = judge_.share(mine->state());
    if (share >= 0.5) return player_->begin(*unswapped, rng, decision);
    decision = {};
    decision.move = kSwap;
    decision.value = 1 - 2 * share;
    decision.nodes = judge_.effort();
    decision.variation = {kSwap};
    return nullptr;
  }
  [[nodiscard]] std::string weights_hash() const override { return player_->weights_hash(); }

 private:
  std::shared_ptr<const R> rules_;
  PieJudge<R> judge_;
  std::unique_ptr<Player> player_;
  MoveList moves_;
};

template <class R>
std::unique_ptr<Player> with_pie_rule(const std::shared_ptr<const R>& rules, const Weights& weights,
                                      const std::atomic<bool>* stop, std::unique_ptr<Player> player) {
  if (!rules->setup().swap) return player;
  return std::make_unique<PieRulePlayer<R>>(rules, weights, stop, std::move(player));
}

}  // namespace mz::ringrift::MZ_ISA
