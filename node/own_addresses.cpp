#include "node/own_addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <memory>

namespace mz {
namespace {

constexpr std::size_t kMaxAddresses = 8;

// Empty for what nobody else can use: loopback and link-local addresses, whose scope means something here only.
std::string usable_text(const ifaddrs& interface) {
  if (interface.ifa_addr == nullptr || (interface.ifa_flags & IFF_UP) == 0 ||
      (interface.ifa_flags & IFF_LOOPBACK) != 0) {
    return "";
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (interface.ifa_addr->sa_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in*>(interface.ifa_addr)->sin_addr;
    return ::inet_ntop(AF_INET, &address, text.data(), text.size()) != nullptr ? text.data() : "";
  }
  if (interface.ifa_addr->sa_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr)->sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&address)) return "";
    return ::inet_ntop(AF_INET6, &address, text.data(), text.size()) != nullptr ? "[" + std::string(text.data()) + "]"
                                                                                : "";
  }
  return "";
}

}  // namespace

std::vector<std::string> own_addresses(std::uint16_t port) {
  std::vector<std::string> hosts;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) == 0) {
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
      if (std::string text = usable_text(*at); !text.empty()) hosts.push_back(std::move(text));
    }
  }
  std::stable_partition(hosts.begin(), hosts.end(), [](const std::string& host) { return host.front() != '['; });
  if (hosts.empty()) hosts.emplace_back("127.0.0.1");
  if (hosts.size() > kMaxAddresses) hosts.resize(kMaxAddresses);
  for (std::string& host : hosts) host += ":" + std::to_string(port);
  return hosts;
}

}  // namespace mz
