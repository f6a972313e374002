#include "engine/match_log.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/stats/elo.h"

namespace mz {
namespace {

constexpr std::string_view kVersion = "mzmatch1";
constexpr std::size_t kLinkDigits = 16;
constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._:/=,+-").find(c) != std::string_view::npos;
}

// `also_escaped`: plain characters that mean something in the field at hand.
std::string escaped(std::string_view text, std::string_view also_escaped = "") {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_plain(c) && also_escaped.find(c) == std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// Accepts more spellings than `escaped` writes; the reader compares the whole line with its canonical spelling afterwards.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(static_cast<unsigned char>(value));
    i += 2;
  }
  return out;
}

std::string hex64(std::uint64_t value) {
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) out[i] = kHexDigits[value & 15];
  return out;
}

std::string_view problem_of(const MatchResult& r) {
  const auto name_ok = [](const std::string& name) { return !name.empty() && name.size() <= kMaxMatchNameBytes; };
  const int seats = r.config.seats;
  if (seats < kMinRatedSeats || seats > kMaxRatedSeats) return "a match has 2 to 4 seats";
  const auto count = static_cast<std::size_t>(seats);
  if (!name_ok(r.config.game) || !name_ok(r.config.board)) return "the names of game and board must have 1 to 64 bytes";
  if (r.config.options.size() > kMaxMatchOptions) return "there are too many options";
  for (const auto& [name, value] : r.config.options) {
    if (!name_ok(name)) return "the name of an option must have 1 to 64 bytes";
  }
  if (r.participants.size() != count) return "there must be one participant for each seat";
  for (const SeatEngine& engine : r.participants) {
    if (engine.spec.empty() || engine.spec.size() > GameRecord::kMaxSpecBytes) {
      return "an engine specification must have 1 to 512 bytes";
    }
    Digest digest{};
    if (!engine.weights_hash.empty() &&
        (!from_hex(engine.weights_hash, digest) || to_hex(digest) != engine.weights_hash)) {
      return "a weights hash must be 64 lower-case hexadecimal digits";
    }
  }
  std::vector<int> sorted = r.order;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.size() != count) return "the order must name a participant for each seat";
  for (int i = 0; i < seats; ++i) {
    if (sorted[static_cast<std::size_t>(i)] != i) return "the order must name each participant once";
  }
  if (r.winner < kNobody || r.winner >= seats) return "the winner must be one of the seats";
  if (r.capped && r.winner != kNobody) return "a game stopped at its cap has no winner";
  return {};
}

std::string options_text(const GameConfig& config) {
  std::string out;
  for (const auto& [name, value] : config.options) {
    out += (out.empty() ? "" : ",") + escaped(name, "=,") + "=" + std::to_string(value);
  }
  return out.empty() ? "-" : out;
}

std::string outcome_text(const MatchResult& r) {
  const auto seats = static_cast<std::size_t>(r.config.seats);
  std::string out(seats, r.winner == kNobody ? 'D' : 'L');
  if (r.winner != kNobody) out[static_cast<std::size_t>(r.winner)] = 'W';
  return out;
}

std::string capped_text(const MatchResult& r) {
  return (r.capped ? "1" : "0") + (r.max_moves == 0 ? "" : ":" + std::to_string(r.max_moves));
}

// The line without its newline.
std::string line_of(const MatchLogTail& tail, const MatchResult& r) {
  std::string out(kVersion);
  const auto field = [&](const std::string& text) {
    out += ' ';
    out += text;
  };
  field(std::to_string(tail.next_index));
  field(tail.previous);
  field(to_hex(r.rules_hash));
  field(escaped(r.config.game));
  field(escaped(r.config.board));
  field(std::to_string(r.config.seats));
  field(options_text(r.config));
  field(hex64(r.opening_seed));
  std::string order;
  for (const int participant : r.order) order += static_cast<char>('0' + participant);
  field(order);
  field(to_hex(r.play_hash));
  field(outcome_text(r));
  field(capped_text(r));
  for (const SeatEngine& engine : r.participants) {
    field(escaped(engine.spec) + "#" + (engine.weights_hash.empty() ? "-" : engine.weights_hash));
  }
  field(to_hex(sha256(std::string_view(out))));
  return out;
}

// The digits of the digest at the end of a line that later lines refer to.
std::string link_of(std::string_view line) {
  return std::string(line.substr(line.size() - kDigestDigits, kLinkDigits));
}

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::size_t kMostWords = 13 + kMaxRatedSeats + 1;
  std::vector<std::string_view> out;
  for (std::size_t at = 0; out.size() <= kMostWords;) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    out.push_back(line.substr(at, end - at));
    if (end == line.size()) break;
    at = end + 1;
  }
  return out;
}

template <class T>
bool number(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool parse_options(std::string_view text, GameConfig& config) {
  if (text == "-") return true;
  while (!text.empty() && config.options.size() <= kMaxMatchOptions) {
    const std::string_view option = text.substr(0, text.find(','));
    const std::size_t equals = option.find('=');
    int value = 0;
    if (equals == std::string_view::npos || !number(option.substr(equals + 1), value)) return false;
    const auto name = unescaped(option.substr(0, equals));
    if (!name) return false;
    config.options[*name] = value;
    text.remove_prefix(std::min(text.size(), option.size() + 1));
  }
  return true;
}

bool parse_capped(std::string_view text, MatchResult& r) {
  const std::size_t colon = text.find(':');
  r.capped = text.substr(0, colon) == "1";
  return colon == std::string_view::npos || number(text.substr(colon + 1), r.max_moves);
}

bool parse_participant(std::string_view text, SeatEngine& engine) {
  const std::size_t mark = text.find('#');
  if (mark == std::string_view::npos) return false;
  const auto spec = unescaped(text.substr(0, mark));
  if (!spec) return false;
  engine.spec = *spec;
  const std::string_view weights = text.substr(mark + 1);
  if (weights != "-") engine.weights_hash = std::string(weights);
  return true;
}

struct ParsedLine {
  MatchLogTail before;  // index and link that the line claims
  MatchResult result;
};

// A line without its newline whose digest is right. Anything append_match_line could not have written gives nothing.
std::optional<ParsedLine> parse_line(std::string_view line) {
  const auto words = words_of(line);
  ParsedLine out;
  MatchResult& r = out.result;
  if (words.size() < 16 || words[0] != kVersion || !number(words[1], out.before.next_index)) return std::nullopt;
  out.before.previous = std::string(words[2]);
  const auto game = unescaped(words[4]);
  const auto board = unescaped(words[5]);
  if (!from_hex(words[3], r.rules_hash) || !game || !board || !number(words[6], r.config.seats)) return std::nullopt;
  r.config.game = *game;
  r.config.board = *board;
  if (!parse_options(words[7], r.config) || !number(words[8], r.opening_seed, 16)) return std::nullopt;
  for (const char c : words[9]) r.order.push_back(c - '0');
  if (!from_hex(words[10], r.play_hash)) return std::nullopt;
  const std::size_t winner = words[11].find('W');
  r.winner = winner == std::string_view::npos ? kNobody : static_cast<int>(winner);
  if (!parse_capped(words[12], r)) return std::nullopt;
  for (std::size_t i = 13; i + 1 < words.size(); ++i) {
    SeatEngine engine;
    if (!parse_participant(words[i], engine)) return std::nullopt;
    r.participants.push_back(std::move(engine));
  }
  // The canonical spelling also settles everything read leniently above.
  if (!problem_of(r).empty() || line_of(out.before, r) != line) return std::nullopt;
  return out;
}

// Whether a writer of the log may have left this when it was cut off; the end of a foreign file begins otherwise.
bool may_be_cut_off(std::string_view line) {
  const std::string begin = std::string(kVersion) + " ";
  return line.substr(0, begin.size()) == begin.substr(0, line.size());
}

bool digest_is_right(std::string_view line) {
  if (line.size() <= kDigestDigits + 1) return false;
  const std::string_view body = line.substr(0, line.size() - kDigestDigits - 1);
  return line[body.size()] == ' ' && to_hex(sha256(body)) == line.substr(body.size() + 1);
}

}  // namespace

Result<std::string> append_match_line(MatchLogTail& tail, const MatchResult& result) {
  if (const std::string_view problem = problem_of(result); !problem.empty()) {
    return Error{ErrorKind::usage, "This result cannot be logged: " + std::string(problem) + "."};
  }
  std::string line = line_of(tail, result);
  if (line.size() + 1 > kMaxMatchLineBytes) {
    return Error{ErrorKind::usage, "This result cannot be logged: its line would be longer than 16 KiB."};
  }
  ++tail.next_index;
  tail.previous = link_of(line);
  return line + "\n";
}

MatchLogReading read_match_log(std::string_view text, MatchLogTail tail) {
  MatchLogReading out;
  out.tail = std::move(tail);
  std::uint64_t line_number = out.tail.next_index;
  std::uint64_t bad_lines = 0;  // since the last sound one
  const auto fault = [&](std::string sentence) {
    ++out.fault_count;
    if (out.faults.size() < MatchLogReading::kMaxFaults) out.faults.push_back({line_number, std::move(sentence)});
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) {
      ++line_number;
      if (!may_be_cut_off(text.substr(at))) fault("It has no end and does not begin like a line of a match log.");
      break;
    }
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    out.complete_bytes = at;
    ++line_number;
    ++bad_lines;
    if (line.size() + 1 > kMaxMatchLineBytes) {
      fault("The line is longer than any line of a match log.");
      continue;
    }
    if (!digest_is_right(line)) {
      fault("The line is damaged: it does not fit its digest.");
      continue;
    }
    auto parsed = parse_line(line);
    if (!parsed) {
      fault("The line is whole, but it is not a match result of this version.");
      continue;
    }
    --bad_lines;
    // After damage the line may count the bad lines (they were damaged later) or not (it was appended after them).
    const bool connects =
        parsed->before == out.tail || (bad_lines > 0 && parsed->before.next_index == out.tail.next_index + bad_lines);
    if (!connects) fault("The line does not follow the one before: lines are missing, doubled or exchanged here.");
    bad_lines = 0;
    out.tail.next_index = parsed->before.next_index + 1;
    out.tail.previous = link_of(line);
    out.results.push_back(std::move(parsed->result));
  }
  return out;
}

std::string participant_id(const SeatEngine& engine) {
  std::string name = engine.spec;
  if (auto spec = parse_engine_spec(name); spec && !engine.weights_hash.empty()) {
    spec->weights.clear();
    name = to_string(*spec);
  }
  // A newline cannot be part of a hash, so the two fields cannot run into each other.
  return to_hex(sha256(std::string_view(engine.weights_hash + "\n" + name)));
}

std::string configuration_id(const MatchResult& r) {
  return escaped(r.config.game) + " " + escaped(r.config.board) + " " + std::to_string(r.config.seats) + " " +
         options_text(r.config) + " " + to_hex(r.rules_hash);
}

RatedGame rated_game(const MatchResult& r) {
  RatedGame out;
  out.configuration = configuration_id(r);
  for (const int participant : r.order)
    out.seats.push_back(participant_id(r.participants[static_cast<std::size_t>(participant)]));
  out.winner = r.winner;
  out.play_hash = r.play_hash;
  return out;
}

ScoredGame scored_game(const MatchResult& r, int participant) {
  if (r.winner == kNobody) return {r.play_hash, GameScore::shared};
  return {r.play_hash, r.order[static_cast<std::size_t>(r.winner)] == participant ? GameScore::win : GameScore::loss};
}

}  // namespace mz
