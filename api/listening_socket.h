// Sockets that take connections: TCP on loopback or everywhere, and the Unix socket of this machine's user.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz {

enum class Reach : std::uint8_t {
  loopback,    // 127.0.0.1 and ::1
  everywhere,  // all addresses of this computer, now and later
};

inline constexpr int kBacklog = 1024;

// IPv4 or IPv6 (AF_INET, AF_INET6). `port` 0 takes any free one; `bound` gets the one taken. Refused when another program
// has the port, unreachable when this machine has no such addresses. Never shares a port with another listener.
Result<Descriptor> listen_on(int family, Reach reach, std::uint16_t port, std::uint16_t& bound);

// A socket file of mode 0600, in the place of whatever was there: the caller holds the lock of the data directory. Call it
// before there are threads. Removing the file is the caller's.
Result<Descriptor> listen_on_file(const std::filesystem::path& path);
Result<Descriptor> connect_to_file(const std::filesystem::path& path);

// Whether the other end of a Unix socket runs as the user of this process, or as root.
bool is_same_user(int socket);

// An address as people write it, "192.0.2.1" or "2001:db8::1"; an IPv4 address inside IPv6 as itself. A link-local one with its scope
// here, "fe80::1%eth0", without which it cannot be dialled.
std::string address_text(const sockaddr_storage& address);
// As in an URL or a Host header, where a scope means nothing to the other end: "192.0.2.1:8765", "[fe80::1]:8765".
std::string endpoint_text(const sockaddr_storage& address);
bool is_loopback_address(const sockaddr_storage& address);

}  // namespace mz
