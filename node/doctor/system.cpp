#include "node/doctor/system.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

namespace mz::doctor {
namespace {

std::string address_of(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.sa_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return ::inet_ntop(AF_INET, &ip, text.data(), text.size()) != nullptr ? text.data() : "";
  }
  if (address.sa_family != AF_INET6) return "";
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_LINKLOCAL(&ip)) return "";
  return ::inet_ntop(AF_INET6, &ip, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

std::vector<Interface> read_interfaces() {
  std::vector<Interface> interfaces;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return interfaces;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    const unsigned wanted = IFF_UP | IFF_RUNNING;
    if (at->ifa_addr == nullptr || (at->ifa_flags & wanted) != wanted) continue;
    const std::string address = address_of(*at->ifa_addr);
    if (address.empty()) continue;
    auto found = std::find_if(interfaces.begin(), interfaces.end(),
                              [&](const Interface& each) { return each.name == at->ifa_name; });
    if (found == interfaces.end()) {
      found = interfaces.insert(
          interfaces.end(), {.name = at->ifa_name, .loopback = (at->ifa_flags & IFF_LOOPBACK) != 0, .addresses = {}});
    }
    found->addresses.push_back(address);
  }
  return interfaces;
}

std::string text_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::array<char, 4096> chunk{};
  while (text.size() < kMaxSystemFile && (in.read(chunk.data(), chunk.size()), in.gcount() > 0)) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

Result<CommandEnd> run_tool(const std::string& name, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), name);
  auto end = run_command(arguments, kProgramLimit);
  if (end || end.error().kind != ErrorKind::not_found) return end;
  arguments.front() = "/usr/sbin/" + name;
  return run_command(arguments, kProgramLimit);
}

}  // namespace mz::doctor
