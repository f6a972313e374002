#include "api/body_budget.h"

namespace mz {

bool BodyBudget::reserve(const std::string& sender, std::uint64_t bytes) {
  const auto held = by_sender_.find(sender);
  const std::uint64_t share = held == by_sender_.end() ? 0 : held->second;
  if (bytes > caps_.per_sender || share > caps_.per_sender - bytes) return false;
  if (bytes > caps_.small) {
    if (bytes > caps_.large || large_ > caps_.large - bytes) return false;
    large_ += bytes;
  }
  by_sender_[sender] = share + bytes;
  return true;
}

void BodyBudget::release(const std::string& sender, std::uint64_t bytes) {
  const auto held = by_sender_.find(sender);
  if (held == by_sender_.end()) return;
  held->second -= bytes;
  if (held->second == 0) by_sender_.erase(held);
  if (bytes > caps_.small) large_ -= bytes;
}

}  // namespace mz
