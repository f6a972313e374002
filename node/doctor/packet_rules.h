// Whether a packet filter lets a new connection from the local network in. Rules that ask what nobody here can know (who sends,
// how often, through which card) leave the answer open when it hangs on them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/doctor/facts.h"

namespace mz::doctor {

// The packet in question: the first one of a connection, not over loopback.
struct Probe {
  std::string protocol = {};  // tcp, udp
  std::uint16_t port = 0;
};

enum class Fits : std::uint8_t { no, perhaps, yes };

struct Rule {
  enum class Verdict : std::uint8_t { none, accept, drop, jump, go_to, leave };
  Fits fits = Fits::yes;
  Verdict verdict = Verdict::none;
  std::string target = {};  // of jump and go_to
};

struct RuleChain {
  bool accepts = true;  // what happens at its end, when it is a base chain
  std::vector<Rule> rules = {};
};
using RuleChains = std::map<std::string, RuleChain>;

// What happens to a packet that enters at `chain`.
Passage passage(const RuleChains& chains, const std::string& chain);

// The rules for one probe in what `nft -j list ruleset` prints: an entry for every chain that sees incoming packets.
struct FilterChain {
  std::string family = {};
  std::string table = {};
  std::string name = {};
  Passage passage = Passage::open;
};
std::vector<FilterChain> nft_chains(std::string_view ruleset, const Probe& probe);

// The same for INPUT in what `iptables -S` prints.
Passage iptables_passage(std::string_view rules, const Probe& probe);

}  // namespace mz::doctor
