// Addresses at which a member may be reached, from all sources in one table: what the user named (static), where members
// were reached before (known), what members say of each other (exchanged). An address is a hint; who is behind it is
// decided by the TLS handshake, so the table may hold anything a stranger made up and costs only the attempts.
//
// Each address is tried again at intervals that double from one second to a minute. When the table is full, an exchanged
// address that never worked goes first; static ones stay. Times are seconds of any clock that does not go back. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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
  friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
  friend bool operator<(const PeerAddress& a, const PeerAddress& b) {
    return std::tie(a.host, a.port) < std::tie(b.host, b.port);
  }
};

enum class CandidateSource : std::uint8_t { exchanged, known, fixed };

struct Candidate {
  CandidateSource source = CandidateSource::exchanged;
  NodeId node;                 // who was met there last; nobody when it never worked
  std::uint32_t failures = 0;  // since it worked last
  double next_try = 0;
};

class Candidates {
 public:
  static constexpr std::size_t kMaxCandidates = 1024;
  static constexpr double kFirstWait = 1;
  static constexpr double kLongestWait = 60;

  // Keeps the better of two sources.
  void add(const PeerAddress& address, CandidateSource source, const NodeId& node = {});
  // Addresses whose time has come, those that worked before and those the user named first; at most `count`.
  [[nodiscard]] std::vector<PeerAddress> due(double now, std::size_t count) const;
  void worked(const PeerAddress& address, const NodeId& node, double now);
  void failed(const PeerAddress& address, double now);

  [[nodiscard]] std::vector<PeerAddress> addresses_of(const NodeId& node) const;
  [[nodiscard]] const std::map<PeerAddress, Candidate>& all() const { return all_; }

  // What is worth keeping for the next start: the addresses that worked, one a line with the id met there.
  [[nodiscard]] std::string known_text() const;
  // Adds the lines it understands.
  void add_known_text(std::string_view text);

 private:
  void make_room();
  std::map<PeerAddress, Candidate> all_;
};

}  // namespace mz
