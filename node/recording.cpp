#include "node/recording.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/record.h"

namespace mz {
namespace {

using Json = nlohmann::json;

constexpr int kFormatVersion = 1;
constexpr std::int64_t kMaxLegalMoves = 10'000'000;

// What is wrong with a line, thrown inside this file only and turned into an Error at its edge.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::int64_t integer(const Json& value, const std::string& name, std::int64_t low, std::int64_t high) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(high)) {
    throw Malformed(name + " is out of range");
  }
  if (!value.is_number_integer()) throw Malformed(name + " is not an integer");
  const auto number = value.get<std::int64_t>();
  if (number < low || number > high) throw Malformed(name + " is out of range");
  return number;
}

int small(const Json& value, const std::string& name) {
  return static_cast<int>(integer(value, name, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

std::vector<std::string> strings(const Json& list) {
  if (!list.is_array()) throw Malformed("a list of moves is not a list");
  std::vector<std::string> out;
  for (const Json& entry : list) out.push_back(entry.get<std::string>());
  return out;
}

std::optional<std::vector<std::string>> legal_list(const Json& record) {
  const auto at = record.find("legal");
  if (at == record.end()) return std::nullopt;
  return strings(*at);
}

// The recordings' names for the options, their defaults left out as in every GameConfig. Names that are not in the
// recordings' vocabulary pass unchanged, so that the game can accept or refuse them.
void read_options(const Json& opt, GameConfig& config) {
  for (const auto& [name, value] : opt.items()) {
    if (name == "swap") {
      if (value.get<bool>()) config.options["swap"] = 1;
    } else if (name == "rings") {
      if (const int rings = small(value, name); rings != 0) config.options["rings"] = rings;
    } else if (name == "lps") {
      if (const int rounds = small(value, name); rounds != 3) config.options["lps"] = rounds;
    } else if (name == "ringsToWin") {
      config.options["rings_to_win"] = value.is_null() ? 0 : small(value, name);
    } else if (name == "terrToWin") {
      config.options["territory_to_win"] = value.is_null() ? 0 : small(value, name);
    } else {
      config.options[name] = small(value, name);
    }
  }
}

RecordedEnd read_end(const Json& end) {
  RecordedEnd out;
  out.over = end.value("over", true);
  const auto winner = end.find("winner");
  if (winner != end.end() && !winner->is_null()) {
    out.winner = static_cast<int>(integer(*winner, "winner", 0, kMaxSeats)) - 1;
  }
  if (out.over) out.reason = end.at("reason").get<std::string>();
  const auto sub = end.find("sub");
  if (sub != end.end() && sub->is_string()) out.detail = sub->get<std::string>();
  return out;
}

std::vector<int> per_seat(const Json& result, const std::string& name, int seats) {
  const Json& list = result.at(name);
  if (!list.is_array() || list.size() != static_cast<std::size_t>(seats)) {
    throw Malformed(name + " does not have one number per seat");
  }
  std::vector<int> out;
  for (const Json& entry : list) out.push_back(small(entry, name));
  return out;
}

std::optional<Ranking> read_ranking(const Json& result, int seats) {
  if (!result.contains("terr")) return std::nullopt;
  Ranking out;
  out.territory = per_seat(result, "terr", seats);
  out.eliminated = per_seat(result, "elim", seats);
  out.markers = per_seat(result, "mark", seats);
  out.hand = per_seat(result, "hand", seats);
  out.on_board = per_seat(result, "onb", seats);
  out.out_ply = per_seat(result, "outPly", seats);
  return out;
}

RecordedPly read_ply(const Json& entry) {
  if (!entry.is_array() || entry.size() < 4) throw Malformed("a ply is not a list of at least four values");
  RecordedPly ply;
  ply.move = entry[0].get<std::string>();
  ply.legal_count = static_cast<std::size_t>(integer(entry[1], "a number of legal moves", 0, kMaxLegalMoves));
  ply.legal_hash = entry[2].get<std::string>();
  ply.position_hash = entry[3].get<std::string>();
  return ply;
}

std::vector<RecordedPosition> read_positions(const Json& full, std::size_t plies) {
  std::vector<RecordedPosition> out;
  for (const Json& entry : full) {
    const auto ply =
        static_cast<std::size_t>(integer(entry.at("k"), "k", 0, static_cast<std::int64_t>(GameRecord::kMaxMoves)));
    if (ply >= plies || (!out.empty() && ply <= out.back().ply))
      throw Malformed("the plies of `full` are not ascending");
    out.push_back({ply, entry.at("pos").get<std::string>(), legal_list(entry)});
  }
  return out;
}

RecordedGame read_game(const Json& record) {
  if (record.at("v") != kFormatVersion) throw Malformed("it is not format version " + std::to_string(kFormatVersion));
  RecordedGame out;
  out.id = record.at("id").get<std::string>();
  out.config.game = record.value("game", out.config.game);
  out.config.board = record.at("board").get<std::string>();
  out.config.seats = static_cast<int>(integer(record.at("n"), "n", 1, kMaxSeats));
  read_options(record.at("opt"), out.config);
  out.initial = record.at("init").get<std::string>();
  const Json& plies = record.at("plies");
  if (!plies.is_array() || plies.size() > GameRecord::kMaxMoves)
    throw Malformed("plies is not a list of a possible size");
  for (const Json& entry : plies) out.plies.push_back(read_ply(entry));
  out.positions = read_positions(record.at("full"), out.plies.size());
  out.final_position = record.at("final").get<std::string>();
  const Json& result = record.at("res");
  out.end = read_end(result);
  if (integer(result.at("plies"), "res.plies", 0, kMaxLegalMoves) != static_cast<std::int64_t>(out.plies.size())) {
    throw Malformed("res.plies is not the number of plies");
  }
  out.ranking = read_ranking(result, out.config.seats);
  return out;
}

// Board and number of seats stand in the position: `board|N<n>|...`.
void read_board(const std::string& position, GameConfig& config) {
  const std::size_t bar = position.find('|');
  if (bar == std::string::npos || bar + 2 >= position.size() || position[bar + 1] != 'N') {
    throw Malformed("`before` does not begin with a board and a number of players");
  }
  config.board = position.substr(0, bar);
  config.seats = position[bar + 2] - '0';
  if (config.seats < 1 || config.seats > kMaxSeats) throw Malformed("`before` has an impossible number of players");
}

Recording read_vector(const Json& record) {
  if (!record.at("exact").get<bool>()) return InexactVector{};
  RecordedVector out;
  out.id = record.at("id").get<std::string>();
  out.before = record.at("before").get<std::string>();
  out.config.game = record.value("game", out.config.game);
  read_board(out.before, out.config);
  read_options(record.at("opt"), out.config);
  out.move = record.at("move").get<std::string>();
  out.legal_count = static_cast<std::size_t>(integer(record.at("n"), "n", 0, kMaxLegalMoves));
  out.legal_hash = record.at("lh").get<std::string>();
  out.legal = legal_list(record);
  out.listed = record.at("listed").get<bool>();
  if (!out.listed) return out;
  if (!record.at("accepted").get<bool>()) throw Malformed("its move is listed but was not accepted");
  out.after = record.at("after").get<std::string>();
  if (const auto end = record.find("end"); end != record.end()) out.end = read_end(*end);
  return out;
}

Error malformed(std::string_view what) {
  return {ErrorKind::corrupt, "This is not a recorded game or vector: " + std::string(what) + "."};
}

}  // namespace

Result<Recording> parse_recording(std::string_view line) {
  try {
    const Json record = Json::parse(line, nullptr, false);
    if (record.is_discarded() || !record.is_object()) return malformed("it is not a JSON object");
    if (record.contains("plies")) return Recording(read_game(record));
    if (record.contains("exact")) return read_vector(record);
    if (record.contains("position")) return Recording(InexactVector{});  // only a position, without a move (FORMAT 6.2)
    return malformed("it has neither `plies` nor `exact`");
  } catch (const Malformed& error) {
    return malformed(error.what());
  } catch (const Json::exception& error) {
    return malformed(error.what());
  }
}

}  // namespace mz
