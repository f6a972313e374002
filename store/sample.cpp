#include "store/sample.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/named_engines.h"
#include "store/drawn_position.h"

namespace mz {
namespace {

constexpr std::uint32_t kAlwaysKept = 5;  // positions at each end of a game
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The engines without what else was recorded about the seats (store/selfplay.h: @opening=N,mix=BAND).
std::string engine_mode(const GameRecord& record) {
  std::string all;
  bool same = true;
  const auto engine = [&](const SeatEngine& seat) { return seat.spec.substr(0, seat.spec.find('@')); };
  for (const SeatEngine& seat : record.seats) {
    same = same && engine(seat) == engine(record.seats[0]);
    all += (all.empty() ? "" : ",") + engine(seat);
  }
  return same ? engine(record.seats[0]) : all;
}

// Of engines drawn from a band the band; of all others canonical, the word for engines without a handicap.
std::string difficulty_band(const GameRecord& record) {
  const std::string light = "mix=" + std::string(mix_band_names()[static_cast<std::size_t>(MixBand::light)]);
  const bool is_light = std::any_of(record.seats.begin(), record.seats.end(), [&](const SeatEngine& seat) {
    const std::size_t mark = seat.spec.find('@');
    return mark != std::string::npos && seat.spec.find(light, mark) != std::string::npos;
  });
  return std::string(mix_band_names()[static_cast<std::size_t>(is_light ? MixBand::light : MixBand::canonical)]);
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::vector<std::uint32_t> sampled_plies(const GameRecord& record, const Game& game, std::uint32_t every) {
  std::vector<std::uint32_t> decisions;
  const auto position = game.initial();
  for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
    if (position->kind() == NodeKind::decision) decisions.push_back(ply);
    position->apply(record.moves[ply]);
  }
  std::vector<std::uint32_t> kept;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (i < kAlwaysKept || i + kAlwaysKept >= decisions.size() || i % every == 0) kept.push_back(decisions[i]);
  }
  return kept;
}

SampleFormatter::SampleFormatter(GameRecord record, std::shared_ptr<const Game> game, const std::string& worker_id)
    : record_(std::move(record)),
      game_(std::move(game)),
      game_id_(to_hex(game_id(record_))),
      position_(game_->initial()) {
  metadata_ = "{\"worker_id\":" + json_text(worker_id) + ",\"engine_mode\":" + json_text(engine_mode(record_)) +
              ",\"difficulty_band\":\"" + difficulty_band(record_) + "\"}";
  statistics_ = decode_statistics(record_.statistics).value();
}

std::string SampleFormatter::searched() const {
  const auto found =
      std::lower_bound(statistics_.begin(), statistics_.end(), at_,
                       [](const DecisionStatistics& statistics, std::uint32_t ply) { return statistics.ply < ply; });
  if (found == statistics_.end() || found->ply != at_) return {};
  const std::uint32_t size = static_cast<std::uint32_t>(found->value < 0 ? -found->value : found->value);
  // The 2 in front, which is cut off, keeps the zeros behind the point.
  const std::string behind = std::to_string(2 * DecisionStatistics::kValueUnit + size).substr(1);
  std::string text = ",\"search\":{\"value\":" + std::string(found->value < 0 ? "-" : "") +
                     std::to_string(size / DecisionStatistics::kValueUnit) + "." + behind +
                     ",\"full\":" + (found->full ? "true" : "false") + "}";
  if (found->policy.empty()) return text;
  std::string policy;
  for (const VisitedMove& visited : found->policy) {
    policy += (policy.empty() ? "" : ",") + json_text(position_->move_text(visited.move)) + ":" +
              std::to_string(visited.visits);
  }
  return text + ",\"policy\":{" + policy + "}";
}

std::string SampleFormatter::line(std::uint32_t ply, std::uint32_t samples) {
  if (ply < at_) {
    position_ = game_->initial();
    at_ = 0;
  }
  for (; at_ < ply; ++at_) position_->apply(record_.moves[at_]);
  const char* outcome = record_.winner == kNobody ? "0.5" : record_.winner == position_->actor() ? "1" : "0";
  std::string line =
      "{\"state\":" + position_json(record_.config.game, position_->text()) + ",\"outcome\":" + outcome +
      ",\"board_type\":" + json_text(record_.config.board) + ",\"game_id\":\"" + game_id_ +
      "\",\"move_number\":" + std::to_string(ply) + ",\"ply_to_end\":" + std::to_string(record_.moves.size() - ply) +
      ",\"move\":" + json_text(position_->move_text(record_.moves[ply])) + ",\"metadata\":" + metadata_ + searched();
  if (samples > 0)
    line += ",\"samples\":" + std::to_string(samples) + ",\"record\":\"" + to_base64(encode_record(record_)) + "\"";
  return line + "}";
}

std::string to_base64(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= left ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

bool from_base64(std::string_view text, std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  if (text.size() % 4 != 0) return false;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t padding = !last ? 0 : text.substr(i, 4).ends_with("==") ? 2 : text[i + 3] == '=' ? 1 : 0;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t value = k < 4 - padding ? kBase64.find(text[i + k]) : 0;
      if (value == std::string_view::npos) return false;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) bytes.push_back(static_cast<std::uint8_t>(group >> (16 - 8 * k)));
    if ((group & ((1U << (8 * padding)) - 1)) != 0) return false;
  }
  return true;
}

}  // namespace mz
