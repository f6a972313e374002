#include "api/host_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

namespace mz {
namespace {

// Without the port, in lower case; nothing when what follows the name is no port.
std::optional<std::string> without_port(std::string_view host) {
  const auto bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const auto colon = host.find(':', bracket);
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
  }
  std::string name(host.substr(0, colon));
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return name;
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  const auto name = without_port(host);
  return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

bool is_address_literal(std::string_view host) {
  auto name = without_port(host);
  if (!name) return false;
  in6_addr address{};
  if (name->starts_with('[') && name->ends_with(']')) {
    return ::inet_pton(AF_INET6, name->substr(1, name->size() - 2).c_str(), &address) == 1;
  }
  return ::inet_pton(AF_INET, name->c_str(), &address) == 1;
}

bool is_one_of(std::string_view host, std::span<const std::string> names) {
  const auto name = without_port(host);
  return name && std::find(names.begin(), names.end(), *name) != names.end();
}

}  // namespace mz
