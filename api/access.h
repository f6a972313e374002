// Who may call a route. Default deny: a route that names nobody is called by nobody.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "api/principal.h"

namespace mz {

enum class Caller : std::uint8_t {
  anyone = 1,       // from anywhere, without TLS, whatever the Host header says; only for what tells nothing
  here = 2,         // on this computer, and addressed by a loopback name
  encrypted = 4,    // anyone, over TLS
  person = 8,       // operator token, session or Unix socket, with the scope of the route
  node = 16,        // a member of the cluster with a valid certificate
  admin_node = 32,  // the same, with the admin role
  expired = 64,     // a member whose certificate has only expired
  local = 128,      // this machine's user, through the Unix socket
};

class Access {
 public:
  constexpr Access(std::initializer_list<Caller> callers, Scope scope = Scope::none) : scope_(scope) {
    for (const Caller caller : callers)
      callers_ = static_cast<std::uint8_t>(callers_ | static_cast<std::uint8_t>(caller));
  }
  [[nodiscard]] constexpr bool has(Caller caller) const { return (callers_ & static_cast<std::uint8_t>(caller)) != 0; }
  [[nodiscard]] constexpr Scope scope() const { return scope_; }

 private:
  std::uint8_t callers_ = 0;
  Scope scope_ = Scope::none;  // that a person needs; a route for persons names one
};

// How a request reached the node.
struct Arrival {
  bool encrypted = false;    // TLS
  bool loopback = false;     // TCP from this computer
  bool unix_socket = false;  // the node's own socket, of a process of the same user
  std::string address;       // of the other end, as text, a link-local one with its scope
  std::string own_address;   // ip:port of this end, for "come back over TLS"
};

// `loopback_host` says that the Host header is a loopback name.
bool may_call(const Access& access, const Principal& principal, const Arrival& arrival, bool loopback_host);

// For the reference table: "person (jobs), node".
std::string access_words(const Access& access);

}  // namespace mz
