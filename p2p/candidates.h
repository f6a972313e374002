// Addresses at which a member may be reached, from all sources in one table: what the user named (static), where members
// were reached before (known), what members say of each other (exchanged), what is announced on the local network (bonjour). An
// address is a hint; who is behind it is decided by the TLS handshake, so the table may hold anything a stranger made up and
// costs only the attempts. Each has a state and a sentence that say why it is, or is not, a member.
//
// Each address is tried again at intervals that double from one second to a minute. When the table is full, an address
// that never worked and was exchanged or announced goes first; static ones stay. Times are seconds of any clock that does not go
// back. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/base/result.h"
#include "p2p/node_id.h"

namespace mz {

struct PeerAddress {
  static constexpr std::size_t kMaxHostBytes = 253;

  std::string host;  // a name or an address; IPv6 without brackets, with its scope
  std::uint16_t port = 0;

  // HOST:PORT, [IPV6]:PORT
  static Result<PeerAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  // Whatever is there is on this computer.
  [[nodiscard]] bool is_loopback() const;
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
  friend bool operator<(const PeerAddress& a, const PeerAddress& b) {
    return std::tie(a.host, a.port) < std::tie(b.host, b.port);
  }
};

// From the weakest to the strongest; an address may have several.
enum class CandidateSource : std::uint8_t { exchanged = 1, bonjour = 2, known = 4, fixed = 8 };
// exchanged, bonjour, known, static
const char* candidate_source_word(CandidateSource source);

enum class CandidateState : std::uint8_t {
  fresh,          // not tried yet, or being tried for the first time
  self,           // this node
  member,         // it proved to be one
  unreachable,    // nobody answered
  other_cluster,  // it says that it belongs to another cluster
  refused,        // whoever is there is no member, or does not take us for one
  other_version,  // it speaks another version of the protocol
  revoked,        // it was put out of the cluster
  pairing,  // it asks to join, or is asked; never in this table, only where people see it (node/pairing_candidates.h)
};
// new, self, member, unreachable, other_cluster, refused, other_version, revoked, pairing
const char* candidate_state_word(CandidateState state);

// What an advert says of who is at an address.
struct Claim {
  std::string name;
  std::string cluster;  // the first characters of the ids
  std::string node;
  std::uint32_t protocol = 0;
  friend bool operator==(const Claim&, const Claim&) = default;
};

struct Candidate {
  std::uint8_t sources = 0;
  NodeId node;  // who was met there last, or is said to be there; nobody when that is not known
  Claim claim;  // of the newest advert
  CandidateState state = CandidateState::fresh;
  std::string reason;          // one sentence, of state
  std::uint32_t failures = 0;  // since it worked last
  double next_try = 0;
  bool trying = false;
  std::optional<double> last_tried;
  std::optional<double> last_worked;  // in this run

  [[nodiscard]] bool from(CandidateSource source) const { return (sources & static_cast<std::uint8_t>(source)) != 0; }
  [[nodiscard]] bool only_from(CandidateSource source) const { return sources == static_cast<std::uint8_t>(source); }
  // Whether there is a reason to meet whoever is there, when its time has come; `well`: `node` is a member that answers, here
  // or elsewhere. What an address is said to be goes stale, so one that failed is tried on. One that was only heard of from a
  // member, or is known from before, is a hint for when its node does not answer.
  [[nodiscard]] bool is_to_be_met(bool well) const {
    const bool works = last_worked && failures == 0;
    if (well && works) return false;
    const bool named = from(CandidateSource::fixed) || from(CandidateSource::bonjour);
    return named || (!well && from(CandidateSource::known));
  }
};

class Candidates {
 public:
  static constexpr std::size_t kMaxCandidates = 1024;
  static constexpr double kFirstWait = 1;
  static constexpr double kLongestWait = 60;

  void add(const PeerAddress& address, CandidateSource source, const NodeId& node = {});
  // An advert names the address. `state` counts as long as nothing better is known than what adverts say.
  void announced(const PeerAddress& address, const Claim& claim, CandidateState state, const std::string& reason);
  // No advert names it any more. What has no other source goes.
  void withdrawn(const PeerAddress& address);

  // Addresses whose time has come, those that worked before and those the user named first; at most `count`.
  [[nodiscard]] std::vector<PeerAddress> due(double now, std::size_t count) const;
  using Wanted = std::function<bool(const PeerAddress&, const Candidate&)>;
  // The first of those due that is wanted, to be tried by the caller, who then says how it went; until then it is not due.
  [[nodiscard]] std::optional<PeerAddress> take(double now, const Wanted& wanted);
  // When the next one that is wanted will be due; nothing when none waits.
  [[nodiscard]] std::optional<double> next_due(const Wanted& wanted) const;
  void worked(const PeerAddress& address, const NodeId& node, double now);
  void failed(const PeerAddress& address, double now, CandidateState state = CandidateState::unreachable,
              const std::string& reason = "");
  // The network has changed: what failed may work now.
  void try_all_again();
  // These members answer, whatever the address. What failed of one that did not before is due at once.
  void answering(const std::vector<NodeId>& members);

  [[nodiscard]] std::vector<PeerAddress> addresses_of(const NodeId& node) const;
  [[nodiscard]] const std::map<PeerAddress, Candidate>& all() const { return all_; }

  // What is worth keeping for the next start: the addresses that worked, one a line with the id met there.
  [[nodiscard]] std::string known_text() const;
  // Adds the lines it understands.
  void add_known_text(std::string_view text);

 private:
  Candidate* find_or_make(const PeerAddress& address);
  void make_room();
  std::map<PeerAddress, Candidate> all_;
  std::set<NodeId> answering_;
};

}  // namespace mz
