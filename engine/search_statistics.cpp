#include "engine/search_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/record.h"

namespace mz {
namespace {

constexpr std::uint8_t kFormat = 1;

// The most visited moves, in ascending order of their codes.
std::vector<VisitedMove> policy_of(const Decision& decision) {
  std::vector<VisitedMove> policy = decision.visited;
  std::erase_if(policy, [](const VisitedMove& move) { return move.visits == 0; });
  const auto by_code = [](const VisitedMove& a, const VisitedMove& b) { return a.move.code < b.move.code; };
  const auto by_visits = [&](const VisitedMove& a, const VisitedMove& b) {
    return a.visits != b.visits ? a.visits > b.visits : by_code(a, b);
  };
  const std::size_t kept = std::min(policy.size(), DecisionStatistics::kMaxPolicyMoves);
  std::partial_sort(policy.begin(), policy.begin() + static_cast<std::ptrdiff_t>(kept), policy.end(), by_visits);
  policy.resize(kept);
  std::sort(policy.begin(), policy.end(), by_code);
  return policy;
}

// 0 means that the reader is spoilt: what is counted is at least 1.
std::uint64_t step(ByteReader& in) {
  const std::uint64_t value = in.varint(std::uint64_t{std::numeric_limits<std::uint32_t>::max()} + 1);
  return in.good() ? value : 0;
}

bool read_policy(ByteReader& in, std::vector<VisitedMove>& policy) {
  policy.resize(in.varint(DecisionStatistics::kMaxPolicyMoves));
  std::uint64_t next_code = 0;
  for (VisitedMove& visited : policy) {
    const std::uint64_t code_step = step(in);
    const std::uint64_t visits = in.varint(std::numeric_limits<std::uint32_t>::max());
    next_code += code_step;
    if (code_step == 0 || visits == 0 || next_code > std::uint64_t{std::numeric_limits<std::uint32_t>::max()} + 1)
      return false;
    visited = {Move{static_cast<std::uint32_t>(next_code - 1)}, static_cast<std::uint32_t>(visits)};
  }
  return in.good();
}

}  // namespace

void StatisticsWriter::add(std::uint32_t ply, const Decision& decision) {
  if (closed_) return;
  ByteWriter out;
  if (bytes_.empty()) out.u8(kFormat);
  out.varint(ply + std::uint64_t{1} - next_ply_);
  out.u8(decision.full ? 1 : 0);
  out.zigzag(std::lround(*decision.value * DecisionStatistics::kValueUnit));
  const std::vector<VisitedMove> policy = decision.full ? policy_of(decision) : std::vector<VisitedMove>();
  out.varint(policy.size());
  std::uint64_t next_code = 0;
  for (const VisitedMove& visited : policy) {
    out.varint(visited.move.code + std::uint64_t{1} - next_code);
    out.varint(visited.visits);
    next_code = visited.move.code + std::uint64_t{1};
  }
  closed_ = bytes_.size() + out.bytes().size() > GameRecord::kMaxStatisticsBytes;
  if (closed_) return;
  bytes_.insert(bytes_.end(), out.bytes().begin(), out.bytes().end());
  next_ply_ = ply + 1;
}

std::vector<std::uint8_t> StatisticsWriter::take() { return std::exchange(*this, {}).bytes_; }

Result<std::vector<DecisionStatistics>> decode_statistics(std::span<const std::uint8_t> bytes) {
  std::vector<DecisionStatistics> all;
  if (bytes.empty()) return all;
  const Error damaged{ErrorKind::corrupt, "The search statistics of the record are damaged."};
  ByteReader in(bytes);
  if (in.u8() != kFormat) {
    return Error{ErrorKind::corrupt,
                 "The search statistics of the record have a form that this program does not read. Use a newer one."};
  }
  std::uint64_t next_ply = 0;
  do {
    DecisionStatistics found;
    const std::uint64_t ply_step = step(in);
    next_ply += ply_step;
    if (ply_step == 0 || next_ply > GameRecord::kMaxMoves) return damaged;
    found.ply = static_cast<std::uint32_t>(next_ply - 1);
    const std::uint8_t effort = in.u8();
    found.full = effort == 1;
    const std::int64_t value = in.zigzag();
    if (effort > 1 || value < -DecisionStatistics::kValueUnit || value > DecisionStatistics::kValueUnit) return damaged;
    found.value = static_cast<std::int32_t>(value);
    if (!read_policy(in, found.policy) || (!found.full && !found.policy.empty())) return damaged;
    all.push_back(std::move(found));
  } while (in.remaining() > 0);
  return all;
}

}  // namespace mz
