// What a node must not forget: the highest ballot it promised and its incarnation. Both live in one small file that is
// replaced as a whole; at most one write is under way.
//
// Each change gets a version. A message that was made under some version may leave once that version is on disk: so nothing
// is said that a crash could unsay.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "p2p/agreement/ballot.h"
#include "p2p/agreement/timing.h"

namespace mz {

struct Promise {
  std::uint64_t incarnation = 0;
  Ballot ballot;

  [[nodiscard]] std::vector<std::uint8_t> encode() const;
  static Result<Promise> decode(std::span<const std::uint8_t> bytes);
};

class Ledger {
 public:
  explicit Ledger(const Promise& loaded) : current_(loaded), synced_(loaded) {}

  [[nodiscard]] const Ballot& promised() const { return current_.ballot; }
  [[nodiscard]] std::uint64_t incarnation() const { return current_.incarnation; }
  [[nodiscard]] std::uint64_t durable_incarnation() const { return synced_.incarnation; }
  [[nodiscard]] const Ballot& durable_ballot() const { return synced_.ballot; }
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] bool synced(std::uint64_t version) const { return version <= synced_version_; }
  // A write failed a short time ago: promise nothing new.
  [[nodiscard]] bool ailing(Instant now) const { return now < retry_at_; }

  void promise(const Ballot& ballot);
  void raise_incarnation(std::uint64_t above);

  // What has to be written now, if anything.
  std::optional<std::vector<std::uint8_t>> next_write(Instant now);
  // The write ended. After a failure the ballot is what it was before (the incarnation stays wanted), and every message
  // that waits is void.
  void written(bool ok, Instant now);

 private:
  Promise current_;
  Promise synced_;
  std::optional<Promise> in_flight_;
  std::uint64_t counter_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t in_flight_version_ = 0;
  std::uint64_t synced_version_ = 0;
  Instant retry_at_ = 0;
};

}  // namespace mz
