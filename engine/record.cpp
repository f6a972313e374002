#include "engine/record.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "engine/base/bytes.h"
#include "engine/search_statistics.h"

namespace mz {
namespace {

constexpr std::string_view kMagic = "MZGR";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMaxRefusedText = 80;  // characters of a foreign text repeated in a message

Error corrupt(const std::string& what) {
  return {ErrorKind::corrupt, "This is not a valid game record: " + what + "."};
}

bool printable(std::string_view text, char lowest) {
  return std::all_of(text.begin(), text.end(), [lowest](char c) { return c >= lowest && c <= '~'; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= GameRecord::kMaxNameBytes && printable(text, '!');
}

bool is_weights_hash(const std::string& text) {
  Digest digest;
  return text.empty() || (from_hex(text, digest) && to_hex(digest) == text);
}

void write_config(ByteWriter& out, const GameConfig& config) {
  out.text(config.game);
  out.text(config.board);
  out.u8(static_cast<std::uint8_t>(config.seats));
  out.varint(config.options.size());
  for (const auto& [name, value] : config.options) {
    out.text(name);
    out.zigzag(value);
  }
}

void write_moves(ByteWriter& out, const std::vector<Move>& moves) {
  out.varint(moves.size());
  for (const Move move : moves) out.varint(move.code);
}

void write_seat(ByteWriter& out, const SeatEngine& seat) {
  out.text(seat.spec);
  out.u8(seat.weights_hash.empty() ? 0 : 1);
  if (Digest digest; from_hex(seat.weights_hash, digest)) out.raw(digest);
}

void write_identity(ByteWriter& out, const GameRecord& record) {
  for (const char c : kMagic) out.u8(static_cast<std::uint8_t>(c));
  out.u8(kVersion);
  out.raw(record.rules_hash);
  write_config(out, record.config);
  out.u64(record.seed);
  for (const SeatEngine& seat : record.seats) write_seat(out, seat);
  write_moves(out, record.moves);
  out.u8(record.capped ? 1 : 0);
  out.u8(static_cast<std::uint8_t>(record.winner + 1));
  out.text(record.reason);
}

// True when the options came in the one order that encode writes.
bool read_config(ByteReader& in, GameConfig& config) {
  config.game = in.text(GameRecord::kMaxNameBytes);
  config.board = in.text(GameRecord::kMaxNameBytes);
  config.seats = in.u8();
  config.options.clear();
  const std::uint64_t options = in.varint(GameRecord::kMaxOptions);
  for (std::uint64_t i = 0; i < options && in.good(); ++i) {
    std::string name = in.text(GameRecord::kMaxNameBytes);
    const std::int64_t value = in.zigzag();
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) return false;
    if (!config.options.empty() && name <= config.options.rbegin()->first) return false;
    config.options.emplace_hint(config.options.end(), std::move(name), static_cast<int>(value));
  }
  return in.good();
}

bool read_seat(ByteReader& in, SeatEngine& seat) {
  seat.spec = in.text(GameRecord::kMaxSpecBytes);
  const std::uint8_t has_weights = in.u8();
  if (has_weights == 1) seat.weights_hash = to_hex(in.raw(Digest{}.size()));
  return in.good() && has_weights <= 1;
}

// A move takes at least one byte, which bounds the allocation by the input.
bool read_moves(ByteReader& in, std::vector<Move>& moves) {
  const std::uint64_t count = in.varint(GameRecord::kMaxMoves);
  if (!in.good() || count > in.remaining()) return false;
  moves.resize(count);
  for (Move& move : moves) move.code = static_cast<std::uint32_t>(in.varint(std::numeric_limits<std::uint32_t>::max()));
  return in.good();
}

Result<void> check_config(const GameConfig& config) {
  if (!is_name(config.game)) return corrupt("the game has no proper name");
  if (!is_name(config.board)) return corrupt("the board has no proper name");
  if (config.seats < 1 || config.seats > kMaxSeats) return corrupt(std::to_string(config.seats) + " seats");
  if (config.options.size() > GameRecord::kMaxOptions) return corrupt("too many options");
  for (const auto& [name, value] : config.options) {
    if (!is_name(name)) return corrupt("an option has no proper name");
  }
  return {};
}

Result<void> check_seats(const GameRecord& record) {
  if (record.seats.size() != static_cast<std::size_t>(record.config.seats)) {
    return corrupt(std::to_string(record.seats.size()) + " engines for " + std::to_string(record.config.seats) +
                   " seats");
  }
  for (const SeatEngine& seat : record.seats) {
    if (seat.spec.empty() || seat.spec.size() > GameRecord::kMaxSpecBytes || !printable(seat.spec, ' ')) {
      return corrupt("a seat has no proper engine specification");
    }
    if (!is_weights_hash(seat.weights_hash)) return corrupt("a weights hash is not 64 lower-case hexadecimal digits");
  }
  return {};
}

Result<void> check_result(const GameRecord& record) {
  if (record.winner < kNobody || record.winner >= record.config.seats) return corrupt("the winner has no seat");
  if (!is_name(record.reason)) return corrupt("the reason of the ending is not a proper word");
  if (record.capped != (record.reason == GameRecord::kMoveCap)) return corrupt("a capped game and its reason disagree");
  if (record.capped && record.winner != kNobody) return corrupt("a capped game has a winner");
  if (record.reason == GameRecord::kResignation && (record.winner == kNobody || record.config.seats != 2)) {
    return corrupt("a game ends by resignation only when two seats play and one of them wins");
  }
  return {};
}

// Whether there was something to decide, and the moves could be played.
bool fits(const DecisionStatistics& statistics, const Position& position) {
  if (position.kind() != NodeKind::decision) return false;
  MoveList moves;
  position.moves(moves);
  return moves.size() > 1 &&
         std::all_of(statistics.policy.begin(), statistics.policy.end(), [&](const VisitedMove& visited) {
           return std::find(moves.begin(), moves.end(), visited.move) != moves.end();
         });
}

}  // namespace

Result<void> check_record(const GameRecord& record) {
  if (auto config = check_config(record.config); !config) return config;
  if (auto seats = check_seats(record); !seats) return seats;
  if (record.moves.size() > GameRecord::kMaxMoves) return corrupt("more moves than any game may have");
  if (auto result = check_result(record); !result) return result;
  // Both parts at their limits still fit into kMaxBytes: 5 bytes a move, under 600 a seat, under 64 an option, 200 else.
  static_assert(GameRecord::kMaxMoves * 5 + kMaxSeats * 600 + GameRecord::kMaxOptions * 64 + 200 <
                GameRecord::kMaxBytes - GameRecord::kMaxStatisticsBytes);
  if (record.statistics.size() > GameRecord::kMaxStatisticsBytes) return corrupt("the statistics are too long");
  return {};
}

std::vector<std::uint8_t> encode_record(const GameRecord& record) {
  if (const auto checked = check_record(record); !checked) {
    std::fprintf(stderr, "encode_record: %s\n", checked.error().text.c_str());
    std::abort();
  }
  ByteWriter out;
  write_identity(out, record);
  out.blob(record.statistics);
  return out.take();
}

Result<GameRecord> decode_record(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > GameRecord::kMaxBytes)
    return corrupt("it is larger than " + std::to_string(GameRecord::kMaxBytes) + " bytes");
  ByteReader in(bytes);
  if (const auto magic = in.raw(kMagic.size()); !std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) {
    return corrupt("it does not begin with MZGR");
  }
  if (const int version = in.u8(); version != kVersion) {
    return corrupt("its format is version " + std::to_string(version) + ", this program reads version " +
                   std::to_string(kVersion));
  }
  GameRecord record;
  const auto rules_hash = in.raw(record.rules_hash.size());
  std::copy(rules_hash.begin(), rules_hash.end(), record.rules_hash.begin());
  if (!read_config(in, record.config)) return corrupt("its configuration is damaged");
  if (auto config = check_config(record.config); !config) return config.error();
  record.seed = in.u64();
  record.seats.resize(static_cast<std::size_t>(record.config.seats));
  for (SeatEngine& seat : record.seats) {
    if (!read_seat(in, seat)) return corrupt("its list of engines is damaged");
  }
  if (!read_moves(in, record.moves)) return corrupt("its list of moves is damaged");
  const std::uint8_t capped = in.u8();
  record.capped = capped == 1;
  record.winner = static_cast<int>(in.u8()) - 1;
  record.reason = in.text(GameRecord::kMaxNameBytes);
  const auto statistics = in.blob(GameRecord::kMaxBytes);
  record.statistics.assign(statistics.begin(), statistics.end());
  if (!in.good() || capped > 1) return corrupt("its end is damaged");
  if (in.remaining() != 0) return corrupt(std::to_string(in.remaining()) + " bytes follow its end");
  if (auto checked = check_record(record); !checked) return checked.error();
  return record;
}

Digest game_id(const GameRecord& record) {
  ByteWriter out;
  write_identity(out, record);
  return sha256(out.bytes());
}

Digest play_hash(const GameRecord& record) {
  ByteWriter out;
  write_config(out, record.config);
  write_moves(out, record.moves);
  return sha256(out.bytes());
}

Result<void> replay(const GameRecord& record, const Game& game) {
  const auto refuse = [](std::string text) { return Error{ErrorKind::refused, std::move(text)}; };
  if (game.config() != record.config)
    return refuse("The record is of another configuration than the game it was given.");
  if (game.rules_hash() != record.rules_hash) {
    return refuse("The game was played by rules " + to_hex(record.rules_hash) + ", this program has " +
                  to_hex(game.rules_hash()) + ". Use a program of the same version.");
  }
  const auto statistics = decode_statistics(record.statistics);
  if (!statistics) return statistics.error();
  if (!statistics->empty() && statistics->back().ply >= record.moves.size()) {
    return refuse("The record has statistics of decisions after its end.");
  }
  auto searched = statistics->begin();
  const auto position = game.initial();
  for (std::size_t i = 0; i < record.moves.size(); ++i) {
    if (searched != statistics->end() && searched->ply == i && !fits(*searched++, *position)) {
      return refuse("The search statistics at move " + std::to_string(i) + " of the record do not fit its position.");
    }
    if (const auto played = position->play(record.moves[i]); !played) {
      return refuse("Move " + std::to_string(i) + " of the record cannot be played: " + played.error().text);
    }
  }
  const Outcome outcome = position->outcome();
  const bool resigned = record.reason == GameRecord::kResignation;
  if ((record.capped || resigned) != !outcome.over) {
    return refuse(outcome.over ? "The record says that the game was cut short, but it is over."
                               : "The record ends before the game is over.");
  }
  if (resigned && position->actor() != 1 - record.winner) {
    return refuse("The record says that a seat resigned, but it was not its turn.");
  }
  if (!outcome.over) return {};
  if (outcome.winner != record.winner || outcome.reason != record.reason) {
    const auto result = [](int winner, std::string_view reason) {
      return (winner == kNobody ? std::string("nobody") : "seat " + std::to_string(winner)) + " by " +
             std::string(reason.substr(0, kMaxRefusedText));
    };
    return refuse("The record says that the winner is " + result(record.winner, record.reason) + ", the rules say " +
                  result(outcome.winner, outcome.reason) + ".");
  }
  return {};
}

}  // namespace mz
