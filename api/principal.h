// Who sends a request, as far as it has been proven. Nothing here comes from a header other than a verified bearer token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/sha256.h"
#include "p2p/node_id.h"

namespace mz {

// What a person may do. Each includes the ones before it.
enum class Scope : std::uint8_t {
  none,
  read,   // look at everything but secrets
  jobs,   // and hand in, cancel and prioritise work
  admin,  // and change who belongs to the cluster
};

std::string_view scope_word(Scope scope);

struct Principal {
  enum class Kind : std::uint8_t {
    stranger,        // nothing proven
    node,            // holds the key of a certificate of this cluster, as it was when the connection began
    operator_token,  // a person or script with a bearer token
    session,         // a page that was logged in by this machine's user
    local,           // came through the node's own Unix socket, so it runs as the same user
  };

  Kind kind = Kind::stranger;
  Scope scope = Scope::none;         // of operator_token, session and local
  NodeId node_id;                    // of node
  bool admin_node = false;           // of node: the certificate carries the admin role
  bool certificate_expired = false;  // of node: good for renewal only
  std::int64_t certificate_end = 0;  // of node: seconds since 1970
  Digest cluster{};                  // of node: in which it is one
  bool put_out = false;              // of stranger: holds the key of a certificate of this cluster that was revoked
  std::string label;                 // for logs and answers: a token's or session's public name, never the secret

  [[nodiscard]] bool is_person() const {
    return kind == Kind::operator_token || kind == Kind::session || kind == Kind::local;
  }
};

// The kind of error that a node is answered with that was put out.
inline constexpr std::string_view kPutOutKind = "put_out";

// stranger, node, operator, session, local
std::string_view principal_word(Principal::Kind kind);

}  // namespace mz
