#include "p2p/agreement/ledger.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/sha256.h"
#include "p2p/agreement/card.h"
#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr std::uint8_t kFormat = 1;

}  // namespace

std::vector<std::uint8_t> Promise::encode() const {
  ByteWriter out;
  out.u8(kFormat);
  out.u64(incarnation);
  out.u64(ballot.term);
  write_id(out, ballot.node);
  const Digest checksum = sha256(out.bytes());
  out.raw(checksum);
  return out.take();
}

Result<Promise> Promise::decode(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  const bool known = in.u8() == kFormat;
  Promise promise;
  promise.incarnation = in.u64();
  promise.ballot.term = in.u64();
  promise.ballot.node = read_id(in);
  const auto body = bytes.first(std::min(in.position(), bytes.size()));
  const auto checksum = in.raw(Digest{}.size());
  const Digest expected = sha256(body);
  if (!known || !in.good() || in.remaining() != 0 || !std::equal(checksum.begin(), checksum.end(), expected.begin())) {
    return Error{
        ErrorKind::corrupt,
        "The file that holds this node's votes is damaged. A node that forgot its votes must not vote: give it a "
        "new identity with `meshzero identity reset` and join again."};
  }
  return promise;
}

void Ledger::promise(const Ballot& ballot) {
  if (ballot <= current_.ballot) return;
  current_.ballot = ballot;
  version_ = ++counter_;
}

void Ledger::raise_incarnation(std::uint64_t above) {
  current_.incarnation = std::max(current_.incarnation, above) + 1;
  version_ = ++counter_;
}

std::optional<std::vector<std::uint8_t>> Ledger::next_write(Instant now) {
  if (in_flight_ || synced(version_) || ailing(now)) return std::nullopt;
  in_flight_ = current_;
  in_flight_version_ = version_;
  Promise record = current_;
  if (faulty(Fault::forget_incarnation)) record.incarnation = 0;
  return record.encode();
}

void Ledger::written(bool ok, Instant now) {
  if (!in_flight_) return;
  if (ok) {
    synced_ = *in_flight_;
    synced_version_ = in_flight_version_;
  } else {
    retry_at_ = now + kDiskRetry;
    current_.ballot = synced_.ballot;
    // The disk may hold the failed record all the same, so a version that equals the synced one needs no new write only
    // because whoever reads the higher ballot after a crash has promised more than it had to.
    version_ = current_.incarnation == synced_.incarnation ? synced_version_ : ++counter_;
  }
  in_flight_.reset();
}

}  // namespace mz
