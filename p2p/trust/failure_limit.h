// How often one address may be wrong: after five failed proofs within a minute it must wait until the first is a minute old.
// Successes cost nothing, so a fleet behind one address joins at any speed. Not thread-safe; memory is bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace mz {

class FailureLimit {
 public:
  static constexpr std::size_t kFailures = 5;
  static constexpr std::int64_t kWindowSeconds = 60;
  static constexpr std::size_t kMaxAddresses = 4096;  // beyond that the address that failed longest ago is forgotten

  // `now` is any clock in seconds that does not go back.
  [[nodiscard]] bool allows(const std::string& address, std::int64_t now);
  void count_failure(const std::string& address, std::int64_t now);

 private:
  void forget_before(std::int64_t time);
  std::map<std::string, std::deque<std::int64_t>> failures_;  // oldest first
};

}  // namespace mz
