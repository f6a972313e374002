// Where other machines may reach this one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mz {

// HOST:PORT for the addresses of the interfaces that are up, IPv4 first; the loopback address when there is no other.
std::vector<std::string> own_addresses(std::uint16_t port);

}  // namespace mz
