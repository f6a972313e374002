// Pairing as routes see it: a machine that is alone asks to join this cluster, and a person confirms on both machines after
// comparing six digits (p2p/trust/pairing.h), or approves its id here. Implemented in node/pairing_service.h.
//
// Everything between two machines happens on one TLS connection, whose channel binding is the only name a request has between
// them: whoever knows it sits at the other end.
//
// Thread-safe. start() waits for another machine, for seconds at most; the rest does not wait.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/candidates.h"
#include "p2p/trust/pairing.h"

namespace mz {

inline constexpr std::int64_t kPairingLifeSeconds = 600;    // of one request
inline constexpr std::int64_t kPairingSilenceSeconds = 15;  // of the asking machine, before its request fails
inline constexpr std::size_t kMaxPairingRequests = 16;      // of other machines, open at one time
inline constexpr std::size_t kMaxPairingFromAddress = 4;    // of them from one address (IPv6: one /64)
inline constexpr std::size_t kMaxPairingAsked = 8;          // that this node has open elsewhere
inline constexpr std::size_t kMaxPairingAskedByItself = 4;  // of them without a person's wish
inline constexpr std::size_t kMaxPairingEnded = 32;         // that are still shown
inline constexpr unsigned kMaxWrongDigits = 3;              // of one request
inline constexpr std::int64_t kApprovalLifeSeconds = 3600;  // until it is over the machine may ask
inline constexpr std::size_t kMaxApprovals = 64;            // of these
inline constexpr std::size_t kMinApprovalLength = 16;       // characters of a node's id: 80 bits
inline constexpr std::size_t kMaxPairingNameBytes = 64;
inline constexpr std::size_t kShownCluster = 16;  // characters of a cluster's id in an advert

enum class PairingKind : std::uint8_t { digits, approval };
enum class PairingState : std::uint8_t { waiting, confirmed_here, confirmed_there, done, refused, expired, failed };

std::string_view pairing_kind_word(PairingKind kind);
std::optional<PairingKind> parse_pairing_kind(std::string_view word);
std::string_view pairing_state_word(PairingState state);
std::optional<PairingState> parse_pairing_state(std::string_view word);
inline bool is_open(PairingState state) { return state <= PairingState::confirmed_there; }

// As a person sees it.
struct PairingRequest {
  std::string id;  // on this machine only
  bool incoming = false;
  PairingKind kind = PairingKind::digits;
  NodeId node;          // the other machine, proven
  std::string name;     // what it calls itself
  std::string address;  // where it was met
  std::string cluster;  // that is to be joined
  std::optional<std::string> digits;
  PairingState state = PairingState::waiting;
  std::string text;  // one sentence
  std::int64_t since = 0;
  std::int64_t expires = 0;
};

// What the joining machine begins with. Nothing of it has been checked but its form.
struct PairingHello {
  ChannelBinding channel{};
  std::string sender;  // IP address of the connection, a link-local one with its scope
  PairingKind kind = PairingKind::digits;
  Bytes request;  // PKCS #10, DER
  Bytes proof;    // prove_pairing_key
  Digest commitment{};
  std::string name;
  std::uint16_t port = 0;  // where it listens
  std::vector<std::string> addresses;
  std::string cluster;       // of which it is the only member
  std::int64_t founded = 0;  // when that began
  bool by_person = false;    // who named this very node
};

struct PairingWelcome {
  enum class Kind : std::uint8_t { accepted, elsewhere, turn_around };
  Kind kind = Kind::accepted;
  Digest commitment{};                 // of accepted
  std::string name;                    // of accepted: what the admin's machine calls itself
  std::vector<std::string> addresses;  // of elsewhere: those of admins
};

struct PairingProgress {
  PairingState state = PairingState::waiting;  // as the admin's machine sees it
  std::string text;
  std::optional<Certificate> certificate;  // of done
};

class Pairing {
 public:
  virtual ~Pairing() = default;

  // --- people ----------------------------------------------------------------------------------------------------------
  [[nodiscard]] virtual bool open() const = 0;
  // Those that have ended lately too; newest last.
  [[nodiscard]] virtual std::vector<PairingRequest> requests() const = 0;
  virtual Result<PairingRequest> start(const PeerAddress& peer) = 0;
  virtual Result<PairingRequest> confirm(std::string_view id, std::string_view digits) = 0;
  virtual Result<PairingRequest> refuse(std::string_view id) = 0;
  // Of the machine whose id begins so; its request when there is one already.
  virtual Result<std::optional<PairingRequest>> approve(std::string_view node) = 0;

  // --- machines --------------------------------------------------------------------------------------------------------
  virtual Result<PairingWelcome> hello(const PairingHello& hello) = 0;
  virtual Result<PairingNonce> reveal(const ChannelBinding& channel, const PairingNonce& nonce) = 0;
  virtual Result<PairingProgress> poll(const ChannelBinding& channel, bool confirmed, bool refused) = 0;
};

}  // namespace mz
