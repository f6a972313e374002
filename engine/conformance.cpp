#include "engine/conformance.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "engine/base/sha256.h"

namespace mz {
namespace {

// The legal list of a position as sorted notations.
struct LegalList {
  std::vector<std::pair<std::string, Move>> moves;

  explicit LegalList(const Position& position) {
    MoveList list;
    position.moves(list);
    moves.reserve(list.size());
    for (const Move move : list) moves.emplace_back(position.move_text(move), move);
    std::sort(moves.begin(), moves.end());
  }

  [[nodiscard]] const Move* find(std::string_view text) const {
    const auto at = std::lower_bound(moves.begin(), moves.end(), text,
                                     [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    return at != moves.end() && at->first == text ? &at->second : nullptr;
  }

  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> out;
    out.reserve(moves.size());
    for (const auto& entry : moves) out.push_back(entry.first);
    return out;
  }

  [[nodiscard]] std::string hash() const {
    std::string joined;
    for (const auto& entry : moves) {
      if (!joined.empty()) joined += '\n';
      joined += entry.first;
    }
    return text_hash(joined);
  }
};

// The numbers of a FORMAT section 4 position that rank the seats, straight from its text.
class RankingTracker {
 public:
  explicit RankingTracker(int seats) : out_ply_(static_cast<std::size_t>(seats), -1) {}

  // `text` is the position after ply `ply`.
  void see(std::string_view text, int ply) {
    const Ranking now = read(text, out_ply_.size());
    for (std::size_t seat = 0; seat < out_ply_.size(); ++seat) {
      const bool has_rings = now.hand[seat] + now.on_board[seat] > 0;
      if (has_rings) out_ply_[seat] = -1;
      if (!has_rings && out_ply_[seat] < 0) out_ply_[seat] = ply;
    }
  }

  [[nodiscard]] Ranking at(std::string_view text) const {
    Ranking ranking = read(text, out_ply_.size());
    ranking.out_ply = out_ply_;
    return ranking;
  }

 private:
  // The content of the section whose field begins with `letter` and a space.
  static std::string_view section(std::string_view text, char letter) {
    while (!text.empty()) {
      const std::size_t bar = std::min(text.find('|'), text.size());
      const std::string_view field = text.substr(0, bar);
      if (field.size() >= 2 && field[0] == letter && field[1] == ' ') return field.substr(2);
      text.remove_prefix(std::min(bar + 1, text.size()));
    }
    return {};
  }

  static std::vector<int> numbers(std::string_view list, std::size_t seats) {
    std::vector<int> out(seats, 0);
    for (int& number : out) {
      const auto [end, error] = std::from_chars(list.data(), list.data() + list.size(), number);
      list.remove_prefix(static_cast<std::size_t>(end - list.data()));
      if (!list.empty()) list.remove_prefix(1);
    }
    return out;
  }

  // How often each seat's digit stands after the colons of `x,y:digits` entries.
  static std::vector<int> owners(std::string_view entries, std::size_t seats) {
    std::vector<int> out(seats, 0);
    bool after_colon = false;
    for (const char c : entries) {
      if (c == ':' || c == ' ') after_colon = c == ':';
      const int seat = c - '1';
      if (after_colon && seat >= 0 && seat < static_cast<int>(seats)) ++out[static_cast<std::size_t>(seat)];
    }
    return out;
  }

  static Ranking read(std::string_view text, std::size_t seats) {
    Ranking ranking;
    ranking.territory = numbers(section(text, 'R'), seats);
    ranking.eliminated = numbers(section(text, 'E'), seats);
    ranking.hand = numbers(section(text, 'H'), seats);
    ranking.markers = owners(section(text, 'M'), seats);
    ranking.on_board = owners(section(text, 'S'), seats);
    return ranking;
  }

  std::vector<int> out_ply_;
};

std::string describe(const Ranking& ranking) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::vector<int>& numbers) {
    out += (out.empty() ? "" : ", ") + std::string(name) + " [";
    for (std::size_t i = 0; i < numbers.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(numbers[i]);
    out += ']';
  };
  add("territory", ranking.territory);
  add("eliminated", ranking.eliminated);
  add("markers", ranking.markers);
  add("hand", ranking.hand);
  add("on board", ranking.on_board);
  add("out", ranking.out_ply);
  return out;
}

std::string describe(bool over, int winner, const std::string& reason, const std::string& detail) {
  if (!over) return "not over";
  return (winner == kNobody ? "nobody" : "player " + std::to_string(winner + 1)) + " by " + reason +
         (detail.empty() ? "" : " (" + detail + ")");
}

// One run over one recording: where it stands, and what it found so far.
class Run {
 public:
  explicit Run(std::string id) { here_.id = std::move(id); }

  [[nodiscard]] const Comparison& result() const { return result_; }

  void at(std::size_t ply, std::string position, std::string move) {
    here_.ply = ply;
    here_.position = std::move(position);
    here_.move = std::move(move);
  }
  void moved() { ++result_.plies; }

  void fail(std::string what, std::string expected, std::string got) {
    Mismatch mismatch = here_;
    mismatch.what = std::move(what);
    mismatch.expected = std::move(expected);
    mismatch.got = std::move(got);
    add(std::move(mismatch));
  }

  bool same(std::string what, const std::string& expected, const std::string& got) {
    if (expected == got) return true;
    fail(std::move(what), expected, got);
    return false;
  }

  void legal(const LegalList& list, std::size_t count, const std::string& hash,
             const std::optional<std::vector<std::string>>& expected) {
    const std::string our_hash = list.hash();
    if (list.moves.size() == count && our_hash == hash && (!expected || list.texts() == *expected)) return;
    Mismatch mismatch = here_;
    mismatch.what = "The legal list differs.";
    mismatch.expected = std::to_string(count) + " moves, hash " + hash;
    mismatch.got = std::to_string(list.moves.size()) + " moves, hash " + our_hash;
    mismatch.expected_known = expected.has_value();
    const auto texts = list.texts();
    auto sorted = expected.value_or(std::vector<std::string>{});
    std::sort(sorted.begin(), sorted.end());
    std::set_difference(sorted.begin(), sorted.end(), texts.begin(), texts.end(), std::back_inserter(mismatch.missing));
    std::set_difference(texts.begin(), texts.end(), sorted.begin(), sorted.end(), std::back_inserter(mismatch.extra));
    add(std::move(mismatch));
  }

  void ending(const RecordedEnd& expected, const Outcome& got) {
    const bool same_detail = expected.detail.empty() || expected.detail == got.detail;
    const bool same_result = expected.winner == got.winner && expected.reason == got.reason && same_detail;
    if (expected.over == got.over && (!got.over || same_result)) return;
    fail("The result differs.", describe(expected.over, expected.winner, expected.reason, expected.detail),
         describe(got.over, got.winner, got.reason, got.detail));
  }

  // Plays a listed move the way a stranger's move is played, through notation and the check of the list.
  bool play(Position& position, const LegalList& list, const std::string& text) {
    const Move* move = list.find(text);
    if (move == nullptr) {
      fail("The recorded move is not legal here.", text, "refused");
      return false;
    }
    if (const auto parsed = position.parse_move(text); !parsed || *parsed != *move) {
      fail("The recorded move does not read back as itself.", text,
           parsed ? position.move_text(*parsed) : parsed.error().text);
    }
    if (const auto played = position.play(*move); !played) {
      fail("The recorded move is listed but cannot be played.", text, played.error().text);
      return false;
    }
    moved();
    return true;
  }

  // A position written down in full must read back as the very same state, with the same moves.
  void reads_back(const Position& position, const std::string& text, const LegalList& list, const Game& game) {
    const auto parsed = game.parse(text);
    if (!parsed) {
      fail("The position cannot be read.", text, parsed.error().text);
      return;
    }
    same("The position does not read back as itself.", text, (*parsed)->text());
    if ((*parsed)->key() != position.key()) fail("The position reads back with another key.", text, (*parsed)->text());
    if (LegalList(**parsed).moves != list.moves)
      fail("The position reads back with other moves.", text, (*parsed)->text());
  }

 private:
  void add(Mismatch mismatch) {
    ++result_.mismatches;
    if (!result_.first) result_.first = std::move(mismatch);
  }

  Mismatch here_;
  Comparison result_;
};

}  // namespace

std::string text_hash(std::string_view text) { return to_hex(sha256(text)).substr(0, 16); }

Comparison compare(const RecordedGame& recorded, const Game& game) {
  Run run(recorded.id);
  RankingTracker tracker(recorded.config.seats);
  const auto position = game.initial();
  std::string text = position->text();
  run.at(0, text, "");
  if (!run.same("The first position differs.", recorded.initial, text)) return run.result();

  auto full = recorded.positions.begin();
  for (std::size_t k = 0; k < recorded.plies.size(); ++k) {
    const RecordedPly& ply = recorded.plies[k];
    run.at(k, text, ply.move);
    const LegalList list(*position);
    const bool written = full != recorded.positions.end() && full->ply == k;
    run.legal(list, ply.legal_count, ply.legal_hash, written ? full->legal : std::nullopt);
    if (written) {
      if (!run.same("The position before the move differs.", full->text, text)) return run.result();
      run.reads_back(*position, text, list, game);
      ++full;
    }
    if (!run.play(*position, list, ply.move)) return run.result();
    text = position->text();
    if (recorded.ranking) tracker.see(text, static_cast<int>(k));
    if (const std::string hash = text_hash(text); hash != ply.position_hash) {
      run.fail("The position after the move differs.", "hash " + ply.position_hash, "hash " + hash + " of " + text);
      return run.result();
    }
  }

  run.at(recorded.plies.size(), text, "");
  run.same("The last position differs.", recorded.final_position, text);
  run.ending(recorded.end, position->outcome());
  if (recorded.end.over) {
    run.same("A game that is over has moves.", "0 moves", std::to_string(LegalList(*position).moves.size()) + " moves");
  }
  if (recorded.ranking) {
    if (const Ranking ranking = tracker.at(text); ranking != *recorded.ranking) {
      run.fail("The ranking differs.", describe(*recorded.ranking), describe(ranking));
    }
  }
  return run.result();
}

Comparison compare(const RecordedVector& recorded, const Game& game) {
  Run run(recorded.id);
  run.at(0, recorded.before, recorded.move);
  auto parsed = game.parse(recorded.before);
  if (!parsed) {
    run.fail("The position cannot be read.", recorded.before, parsed.error().text);
    return run.result();
  }
  Position& position = **parsed;
  run.same("The position does not read back as itself.", recorded.before, position.text());
  const LegalList list(position);
  if (!recorded.listed) {
    if (list.find(recorded.move) != nullptr || position.parse_move(recorded.move)) {
      run.fail("A move is legal that must not be.", "refused", recorded.move);
    }
    run.same("Refusing a move changed the position.", recorded.before, position.text());
    run.moved();
    return run.result();
  }
  run.legal(list, recorded.legal_count, recorded.legal_hash, recorded.legal);
  if (!run.play(position, list, recorded.move)) return run.result();
  run.same("The position after the move differs.", recorded.after, position.text());
  run.ending(recorded.end.value_or(RecordedEnd{}), position.outcome());
  return run.result();
}

}  // namespace mz
