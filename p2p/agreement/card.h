// What a member says about itself, signed by it and passed on by everybody. Of two cards of one member the one with the
// higher incarnation counts; a member raises its incarnation at each start and each wake, so news overtakes old news.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "p2p/agreement/signer.h"
#include "p2p/node_id.h"

namespace mz {

enum class Presence : std::uint8_t {
  present,
  left,    // went for good, until it comes back with a higher incarnation
  cloned,  // two machines used this identity; nobody may use it again
};

// One life of a node: which of its starts (and wakes) a message belongs to.
struct Life {
  std::uint64_t incarnation = 0;  // 0: nothing is known
  std::uint64_t boot_id = 0;      // random for each start
  friend constexpr auto operator<=>(const Life&, const Life&) = default;
};

struct Card {
  static constexpr std::size_t kMaxNameBytes = 255;
  static constexpr std::size_t kMaxVersionBytes = 64;
  static constexpr std::size_t kMaxAddresses = 8;
  static constexpr std::size_t kMaxAddressBytes = 300;
  static constexpr std::uint8_t kWorker = 1;  // bits of `roles`
  static constexpr std::uint8_t kAdmin = 2;

  NodeId id;
  Life life;
  std::uint64_t outbids = 0;  // boot_id of another process with this identity whose card this one was raised above
  Presence presence = Presence::present;
  std::uint8_t roles = 0;  // for display; what a node may do is in its certificate
  std::string name;
  std::string version;                 // of the program; for display
  std::vector<std::string> addresses;  // HOST:PORT, best first
  Signature signature;

  // What is signed.
  [[nodiscard]] std::vector<std::uint8_t> signed_bytes() const;
  void write(ByteWriter& out) const;
  // Spoils the reader (see bytes.h) when the bytes are no card. Does not check the signature.
  static Card read(ByteReader& in);

  friend bool operator==(const Card&, const Card&) = default;
};

void write_id(ByteWriter& out, const NodeId& id);
NodeId read_id(ByteReader& in);

}  // namespace mz
