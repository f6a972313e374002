#include "node/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <string_view>
#include <tuple>

#include "store/descriptor.h"

namespace mz {
namespace {

// Containers, virtual machines and tunnels, on Linux and macOS.
constexpr std::string_view kInnerInterfaces[] = {"docker", "br-", "veth", "virbr", "bridge", "vmnet", "utun"};

// Addresses that stand for any in documentation (RFC 5737, RFC 3849), and the port of the discard service.
constexpr char kAnywhereIpv4[] = "192.0.2.1";
constexpr char kAnywhereIpv6[] = "2001:db8::1";
constexpr std::uint16_t kDiscardPort = 9;

// As in HOST:PORT; empty for link-local addresses, whose scope means something here only.
std::string host_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    const auto& bytes = reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    return ::inet_ntop(AF_INET, &bytes, text.data(), text.size()) != nullptr ? text.data() : "";
  }
  if (address->sa_family == AF_INET6) {
    const auto& bytes = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&bytes)) return "";
    return ::inet_ntop(AF_INET6, &bytes, text.data(), text.size()) != nullptr ? "[" + std::string(text.data()) + "]"
                                                                              : "";
  }
  return "";
}

bool leads_nowhere(const ifaddrs& interface) {
  const auto has = [&](unsigned flag) { return (interface.ifa_flags & flag) != 0; };
  return interface.ifa_addr == nullptr || !has(IFF_UP) || !has(IFF_RUNNING) || has(IFF_LOOPBACK);
}

std::vector<InterfaceAddress> interface_addresses() {
  std::vector<InterfaceAddress> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (leads_nowhere(*at)) continue;
    if (std::string host = host_of(at->ifa_addr); !host.empty()) {
      addresses.push_back({.interface = at->ifa_name, .host = std::move(host)});
    }
  }
  return addresses;
}

// Where the system would send from. Connecting a UDP socket sends nothing.
std::string source_towards(const sockaddr* anywhere, socklen_t size) {
  const Descriptor socket(::socket(anywhere->sa_family, SOCK_DGRAM, 0));
  if (!socket.valid()) return "";
  set_close_on_exec(socket.get());
  sockaddr_storage own{};
  socklen_t own_size = sizeof own;
  if (::connect(socket.get(), anywhere, size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &own_size) != 0) {
    return "";
  }
  return host_of(reinterpret_cast<const sockaddr*>(&own));
}

std::vector<std::string> outgoing_hosts() {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(kDiscardPort);
  ::inet_pton(AF_INET, kAnywhereIpv4, &ipv4.sin_addr);
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(kDiscardPort);
  ::inet_pton(AF_INET6, kAnywhereIpv6, &ipv6.sin6_addr);
  return {source_towards(reinterpret_cast<const sockaddr*>(&ipv4), sizeof ipv4),
          source_towards(reinterpret_cast<const sockaddr*>(&ipv6), sizeof ipv6)};
}

}  // namespace

std::vector<std::string> by_reach(std::vector<InterfaceAddress> addresses, const std::vector<std::string>& outgoing) {
  const auto rank = [&](const InterfaceAddress& address) {
    const bool goes_out = std::find(outgoing.begin(), outgoing.end(), address.host) != outgoing.end();
    const bool inner = std::any_of(std::begin(kInnerInterfaces), std::end(kInnerInterfaces),
                                   [&](std::string_view prefix) { return address.interface.starts_with(prefix); });
    return std::tuple(!goes_out, inner, address.host.starts_with('['));
  };
  std::stable_sort(addresses.begin(), addresses.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::vector<std::string> hosts;
  for (InterfaceAddress& address : addresses) hosts.push_back(std::move(address.host));
  return hosts;
}

std::vector<std::string> own_addresses(std::uint16_t port) {
  std::vector<std::string> hosts = by_reach(interface_addresses(), outgoing_hosts());
  if (hosts.empty()) hosts.emplace_back("127.0.0.1");
  if (hosts.size() > kMaxOwnAddresses) hosts.resize(kMaxOwnAddresses);
  for (std::string& host : hosts) host += ":" + std::to_string(port);
  return hosts;
}

}  // namespace mz
