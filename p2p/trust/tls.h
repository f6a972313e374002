// TLS between nodes: contexts for both sides and what a finished handshake says about the other one.
//
// TLS 1.3 only, no session tickets, no early data: every connection proves anew who it is. A server asks for a certificate
// and goes on without one, or with one of another cluster: such a client is a stranger, and the front door decides what
// strangers may do. A client goes on only with a node of its own cluster (or, while joining, with a node of the cluster its
// token names) and then must compare the id with the node it meant to reach.
//
// Contexts are immutable; any number of connections in any threads may use one. A connection keeps its context alive.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/base/result.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/certificate.h"

namespace mz {

using TlsContext = std::shared_ptr<SSL_CTX>;

// What a node shows of itself.
struct TlsIdentity {
  PrivateKey key;
  Certificate certificate;  // of that key
  Certificate authority;    // that signed it; the only one this node trusts
};

Result<TlsContext> make_server_context(const TlsIdentity& self, WallClock clock);
Result<TlsContext> make_client_context(const TlsIdentity& self, WallClock clock);

// For a machine that is not a member yet: shows no certificate, and trusts whichever authority in the server's chain has a
// certificate whose SHA-256 begins with these 128 bits.
using FingerprintPrefix = std::array<std::uint8_t, 16>;
FingerprintPrefix fingerprint_prefix(const Certificate& authority);
Result<TlsContext> make_joining_context(const FingerprintPrefix& authority, WallClock clock);
// The same for a machine that does not know yet whom it will trust: any authority that has signed the server's certificate
// will do, and authority_of tells which one it was. Nothing may be believed of such a connection until that authority was
// compared by a person (pairing.h) or with a hash that a person gave.
Result<TlsContext> make_pairing_context(WallClock clock);

// The node on the other side of a finished handshake.
struct Peer {
  NodeId node_id;
  Role role = Role::worker;
  bool expired = false;  // on the server's side only, and then it may do nothing but renew
  std::int64_t not_after = 0;
  std::optional<PublicKey> key = {};  // always there after peer_of
  ClusterId cluster{};                // of the authority that vouched for it
};

// Nothing for a stranger: no certificate, or none of this cluster. Says nothing about revocation (revocation.h).
std::optional<Peer> peer_of(const SSL* connection, std::int64_t now);

// The authority that vouched for the other side, on the side of a client.
Result<Certificate> authority_of(const SSL* connection);

// Bytes that only the two ends of this very connection know (RFC 8446 section 7.5).
using ChannelBinding = std::array<std::uint8_t, 32>;
Result<ChannelBinding> channel_binding(SSL* connection, std::string_view label);

}  // namespace mz
