// Where other machines may reach this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mz {

inline constexpr std::size_t kMaxOwnAddresses = 256;  // of this computer

// HOST:PORT for the addresses of the interfaces that run, best first; the loopback address when there is no other. Others are told
// the first few only (kMaxListedAddresses).
std::vector<std::string> own_addresses(std::uint16_t port);

struct InterfaceAddress {
  std::string interface;  // its name
  std::string host;       // as in HOST:PORT, so IPv6 in brackets
};
// Best first: those from which this computer itself goes out (`outgoing`), then those of interfaces that lead out of it; those of
// bridges and tunnels come last, because a computer may have many and hardly anybody reaches it there. Among equals IPv4 first, else
// as they were.
std::vector<std::string> by_reach(std::vector<InterfaceAddress> addresses, const std::vector<std::string>& outgoing);

}  // namespace mz
