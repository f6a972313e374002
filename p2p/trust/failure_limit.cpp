#include "p2p/trust/failure_limit.h"

#include <algorithm>
#include <iterator>

namespace mz {

bool FailureLimit::allows(const std::string& address, std::int64_t now) {
  forget_before(now - kWindowSeconds);
  const auto found = failures_.find(address);
  return found == failures_.end() || found->second.size() < kFailures;
}

void FailureLimit::count_failure(const std::string& address, std::int64_t now) {
  forget_before(now - kWindowSeconds);
  if (failures_.size() >= kMaxAddresses && !failures_.contains(address)) {
    failures_.erase(std::min_element(failures_.begin(), failures_.end(),
                                     [](const auto& a, const auto& b) { return a.second.back() < b.second.back(); }));
  }
  auto& times = failures_[address];
  times.push_back(now);
  if (times.size() > kFailures) times.pop_front();
}

void FailureLimit::forget_before(std::int64_t time) {
  for (auto entry = failures_.begin(); entry != failures_.end();) {
    auto& times = entry->second;
    while (!times.empty() && times.front() <= time) times.pop_front();
    entry = times.empty() ? failures_.erase(entry) : std::next(entry);
  }
}

}  // namespace mz
