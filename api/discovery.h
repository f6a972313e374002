// What is known of other nodes by looking around, as routes see it. Implemented in node/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "p2p/discovery/discovery.h"

namespace mz {

struct DiscoveryPicture {
  struct Item {
    std::string address;  // HOST:PORT
    std::vector<std::string> sources;
    std::string node_id;  // whole, or the prefix in an advert, or empty
    std::string name;
    std::string cluster;  // prefix of its id, or empty
    std::string state;
    std::string reason;  // one sentence
    std::uint32_t failures = 0;
    std::optional<std::int64_t> last_tried;  // seconds since 1970
    std::optional<std::int64_t> last_worked;
  };

  DiscoveryState state = DiscoveryState::off;
  std::string backend;  // avahi, dns_sd, none
  std::string text;     // one sentence, of state
  std::int64_t since = 0;
  std::optional<Advert> advert;  // what this node announces
  std::vector<Item> candidates;
};

// Thread-safe; does not wait.
class Discovered {
 public:
  virtual ~Discovered() = default;
  [[nodiscard]] virtual DiscoveryPicture picture() const = 0;
  // Whether a daemon answered since the start, so that other machines can find this one.
  [[nodiscard]] virtual bool has_daemon() const = 0;
};

}  // namespace mz
