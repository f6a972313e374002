#include "tests/unit/toy_game.h"

#include <algorithm>

namespace mz::toy {
namespace {

constexpr int kLines[8][3] = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}};

int stones(const State& s) { return 9 - static_cast<int>(std::count(s.cells.begin(), s.cells.end(), 0)); }

bool has_row(const State& s, int seat) {
  return std::any_of(std::begin(kLines), std::end(kLines), [&](const int(&line)[3]) {
    return std::all_of(std::begin(line), std::end(line),
                       [&](int cell) { return s.cells[static_cast<std::size_t>(cell)] == seat + 1; });
  });
}

// FNV-1a, finished by a mixer.
std::uint64_t hash(std::span<const std::uint8_t> bytes) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const std::uint8_t byte : bytes) h = (h ^ byte) * 0x100000001b3ULL;
  return mix64(h);
}

}  // namespace

NodeKind Rules::kind(const State& s) const {
  if (s.cards[1] == Card::none) return NodeKind::chance;
  return has_row(s, 0) || has_row(s, 1) || stones(s) == 9 ? NodeKind::terminal : NodeKind::decision;
}

int Rules::actor(const State& s) const { return stones(s) % 2; }

void Rules::moves(const State& s, MoveList& out) const {
  switch (kind(s)) {
    case NodeKind::terminal:
      return;
    case NodeKind::chance:
      if (left(s, Card::plain) > 0) out.push({kDealPlain});
      if (left(s, Card::joker) > 0) out.push({kDealJoker});
      return;
    case NodeKind::decision:
      for (std::uint32_t cell = 0; cell < 9; ++cell) {
        if (s.cells[cell] == 0) out.push({cell});
      }
  }
}

void Rules::apply(State& s, Move m, Undo& u) const {
  u = s;
  if (m.code >= kDealPlain) {
    (s.cards[0] == Card::none ? s.cards[0] : s.cards[1]) = m.code == kDealPlain ? Card::plain : Card::joker;
  } else {
    s.cells[m.code] = static_cast<std::uint8_t>(actor(s) + 1);
  }
}

int Rules::left(const State& s, Card card) const {
  return (card == Card::plain ? kPlainCards : jokers_) -
         static_cast<int>(std::count(s.cards.begin(), s.cards.end(), card));
}

Move Rules::sample(const State& s, Rng& rng) const {
  const auto plain = static_cast<std::uint32_t>(left(s, Card::plain));
  const auto joker = static_cast<std::uint32_t>(left(s, Card::joker));
  return {rng.chance(plain, plain + joker) ? kDealPlain : kDealJoker};
}

double Rules::chance_probability(const State& s, Move m) const {
  const double plain = left(s, Card::plain);
  const double joker = left(s, Card::joker);
  if (m.code == kDealPlain) return plain / (plain + joker);
  return m.code == kDealJoker ? joker / (plain + joker) : 0;
}

int Rules::winner(const State& s) const {
  for (int seat = 0; seat < 2; ++seat) {
    if (has_row(s, seat)) return seat;
  }
  if (s.cards[0] == s.cards[1]) return kNobody;
  return s.cards[0] == Card::joker ? 0 : 1;
}

void Rules::returns(const State& s, std::span<float> values) const {
  const int best = winner(s);
  for (int seat = 0; seat < 2; ++seat)
    values[static_cast<std::size_t>(seat)] = best == kNobody ? 0.F : seat == best ? 1.F : -1.F;
}

// A seat sees the board and its own card; of the other card only whether it has been dealt.
void Rules::observe(const State& s, int seat, std::vector<std::uint8_t>& out) const {
  out.insert(out.end(), s.cells.begin(), s.cells.end());
  out.push_back(static_cast<std::uint8_t>(seat));
  for (int other = 0; other < 2; ++other) {
    const Card card = s.cards[static_cast<std::size_t>(other)];
    out.push_back(other == seat ? static_cast<std::uint8_t>(card) : card == Card::none ? 0 : 255);
  }
}

std::uint64_t Rules::key(const State& s, int seat) const {
  std::vector<std::uint8_t> bytes;
  if (seat == kNobody) {
    pack(s, bytes);
  } else {
    observe(s, seat, bytes);
  }
  return hash(bytes);
}

bool Rules::resample(State& s, int seat, Rng& rng) const {
  Card& other = s.cards[static_cast<std::size_t>(1 - seat)];
  if (other == Card::none) return false;
  other = Card::none;
  other = sample(s, rng).code == kDealPlain ? Card::plain : Card::joker;
  return true;
}

void Rules::pack(const State& s, std::vector<std::uint8_t>& out) const {
  out.insert(out.end(), s.cells.begin(), s.cells.end());
  for (const Card card : s.cards) out.push_back(static_cast<std::uint8_t>(card));
}

bool Rules::valid(const State& s) const {
  const auto first = std::count(s.cells.begin(), s.cells.end(), 1);
  const auto second = std::count(s.cells.begin(), s.cells.end(), 2);
  if (first + second != stones(s) || (first != second && first != second + 1)) return false;
  if (has_row(s, 0) && (has_row(s, 1) || first == second)) return false;
  if (has_row(s, 1) && first != second) return false;
  if (s.cards[0] == Card::none && s.cards[1] != Card::none) return false;
  if (s.cards[1] == Card::none && stones(s) > 0) return false;
  return left(s, Card::plain) >= 0 && left(s, Card::joker) >= 0;
}

bool Rules::unpack(std::span<const std::uint8_t> in, State& s) const {
  if (in.size() != 11 || in[9] > 2 || in[10] > 2) return false;
  std::copy_n(in.begin(), 9, s.cells.begin());
  s.cards = {static_cast<Card>(in[9]), static_cast<Card>(in[10])};
  return valid(s);
}

std::string Rules::move_text(const State&, Move m) const {
  if (m.code == kDealPlain) return "deal plain";
  if (m.code == kDealJoker) return "deal joker";
  return {static_cast<char>('a' + m.code % 3), static_cast<char>('1' + m.code / 3)};
}

std::string Rules::text(const State& s) const {
  std::string line;
  for (const std::uint8_t cell : s.cells) line += ".XO"[cell];
  line += ' ';
  for (const Card card : s.cards) line += "-pj"[static_cast<int>(card)];
  return line;
}

Result<State> Rules::parse(std::string_view text) const {
  const Error error{ErrorKind::usage,
                    "A toy position reads like 'XO....... pj': nine cells of .XO and two cards of -pj."};
  if (text.size() != 12 || text[9] != ' ') return error;
  State s;
  for (std::size_t i = 0; i < 12; ++i) {
    if (i == 9) continue;
    const std::size_t at = std::string_view(i < 9 ? ".XO" : "-pj").find(text[i]);
    if (at == std::string_view::npos) return error;
    if (i < 9) s.cells[i] = static_cast<std::uint8_t>(at);
    if (i > 9) s.cards[i - 10] = static_cast<Card>(at);
  }
  if (!valid(s)) return error;
  return s;
}

Outcome Rules::outcome(const State& s) const {
  Outcome result;
  if (kind(s) != NodeKind::terminal) return result;
  result.over = true;
  result.winner = winner(s);
  result.reason = has_row(s, 0) || has_row(s, 1) ? "row" : result.winner == kNobody ? "draw" : "joker";
  result.returns.resize(2);
  returns(s, result.returns);
  return result;
}

namespace {

class Family final : public GameFamily {
 public:
  [[nodiscard]] std::string_view name() const override { return "toy"; }
  [[nodiscard]] std::vector<std::string> boards() const override { return {"3x3"}; }
  [[nodiscard]] std::vector<int> seat_counts() const override { return {2}; }
  [[nodiscard]] Result<std::unique_ptr<Game>> make(const GameConfig& config) const override {
    int jokers = 1;
    for (const auto& [name, value] : config.options) {
      if (name != "jokers" || value < 0 || value > 3 || value == 1) {
        return Error{ErrorKind::usage, "The toy game knows the option jokers: 0, 2 or 3 (1 is the default)."};
      }
      jokers = value;
    }
    if (config.board != "3x3" || config.seats != 2) {
      return Error{ErrorKind::usage, "The toy game is played on 3x3 by 2 seats."};
    }
    return std::unique_ptr<Game>(std::make_unique<ErasedGame<Rules>>(Rules(jokers), config, sha256("toy rules 1")));
  }
};

const Family g_family;

}  // namespace
}  // namespace mz::toy
