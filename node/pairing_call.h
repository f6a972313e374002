// The asking machine's side of pairing: one TLS connection to a node of another cluster, and what is said on it
// (api/pairing.h). Blocks the caller, never beyond a deadline. Not thread-safe.
//
// Nothing that comes from the other side is believed before a person has compared the digits. What is kept from the first
// moment is the authority's certificate, for the digits depend on it: only a certificate of that very authority is taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/http_connection.h"
#include "api/pairing.h"
#include "node/member_steps.h"

namespace mz {

// What this machine says of itself.
struct PairingOffer {
  PairingKind kind = PairingKind::digits;
  std::string name;
  std::uint16_t port = 0;
  std::vector<std::string> addresses;
  bool by_person = false;
};

class PairingCall {
 public:
  static Result<PairingCall> open(const NodeTrust& trust, const PeerAddress& address, Deadline deadline);

  [[nodiscard]] const Certificate& authority() const { return authority_; }
  [[nodiscard]] NodeId node() const { return node_; }
  [[nodiscard]] const PeerAddress& address() const { return address_; }
  [[nodiscard]] const std::string& name() const { return name_; }  // after hello

  // unreachable: may be tried again later.
  Result<PairingWelcome> hello(const PairingOffer& offer, Deadline deadline);
  // The digits.
  Result<std::string> reveal(Deadline deadline);

  struct Progress {
    PairingState state = PairingState::waiting;  // as the other machine sees it
    std::string text;
    std::optional<Admitted> admitted;  // of done: a certificate for this node's key
  };
  Result<Progress> poll(bool confirmed, bool refused, Deadline deadline);

 private:
  PairingCall(const NodeTrust& trust, HttpConnection connection, Certificate authority, const Peer& peer,
              PeerAddress address)
      : trust_(trust),
        connection_(std::move(connection)),
        authority_(std::move(authority)),
        node_(peer.node_id),
        is_admin_(peer.role == Role::admin),
        address_(std::move(address)) {}

  const NodeTrust& trust_;
  HttpConnection connection_;
  Certificate authority_;
  NodeId node_;
  bool is_admin_;
  PeerAddress address_;
  std::string name_;
  std::optional<PairingExchange> exchange_;
};

}  // namespace mz
