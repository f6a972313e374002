#include <algorithm>

#include "node/doctor/checks.h"
#include "p2p/candidates.h"

namespace mz::doctor {
namespace {

using State = NodeFacts::State;
using Way = MemberFacts::Way;

constexpr double kMaxClockSeconds = 30;
// No clock of a machine that runs this program shows less or more: 2026-01-01 and 2100-01-01.
constexpr std::int64_t kEarliest = 1'767'225'600;
constexpr std::int64_t kLatest = 4'102'444'800;

// Its own answer came from another computer.
bool is_reached_elsewhere(const MemberFacts& member) {
  if (member.way != Way::reached && member.way != Way::other_protocol) return false;
  const auto address = PeerAddress::parse(member.address);
  return address && !address->is_loopback();
}

std::string words_of(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

// "studio (4k2lq7a)"
std::string name_of(const MemberFacts& member) {
  const std::string id = member.id.substr(0, 7);
  return member.name.empty() ? id : member.name + " (" + id + ")";
}

std::string amount(double seconds) {
  if (seconds < 120) return std::to_string(static_cast<long long>(seconds + 0.5)) + " s";
  if (seconds < 7200) return std::to_string(static_cast<long long>(seconds / 60)) + " minutes";
  return std::to_string(static_cast<long long>(seconds / 3600)) + " hours";
}

// Empty where only the general remedy is known.
std::string avahi_remedy(Packages packages) {
  const auto by = [](const char* install) {
    return std::string("sudo ") + install + " && sudo systemctl enable --now avahi-daemon";
  };
  switch (packages) {
    case Packages::apt:
      return by("apt install avahi-daemon");
    case Packages::dnf:
      return by("dnf install avahi");
    case Packages::pacman:
      return by("pacman -S avahi");
    case Packages::zypper:
      return by("zypper install avahi");
    case Packages::unknown:
      break;
  }
  return "";
}

Finding blocked(const Wall& wall, bool has_others, std::uint16_t port) {
  const std::string text = wall.name + " keeps other machines out on TCP port " + std::to_string(port) +
                           (wall.detail.empty() ? "." : " (" + wall.detail + ").");
  return finding(has_others ? "firewall.blocks" : "firewall.closed", text, wall.open_port);
}

}  // namespace

Findings check_port(const Facts& facts) {
  const NodeFacts& node = facts.node;
  const std::string port = std::to_string(node.port);
  if (node.state == State::refused || node.state == State::silent) return {};
  if (node.state != State::up) {
    if (facts.system.bound.empty()) return {finding("port.free", "TCP port " + port + " is free for the node.")};
    const Bound& other = facts.system.bound.front();
    const std::string who =
        other.pid > 0 ? other.program + " (process " + std::to_string(other.pid) + ")" : "A program of another user";
    return {finding("port.taken", who + " has TCP port " + port + ", which the node would use.")};
  }
  if (!node.port_answers) {
    return {finding("port.dead", "The node runs, but nothing answers on TCP port " + port + " of this computer.")};
  }
  const bool everywhere = std::any_of(facts.system.bound.begin(), facts.system.bound.end(), [](const Bound& each) {
    return !PeerAddress{.host = each.address}.is_loopback();
  });
  if (everywhere) return {finding("port.listening", "The node listens for other machines on TCP port " + port + ".")};
  if (facts.system.bound.empty()) return {};  // could not be seen
  if (facts.members.empty()) {
    return {finding("port.this-computer", "The node listens on this computer only, on TCP port " + port + ".")};
  }
  return {finding("port.not-everywhere", "The node listens on this computer only, so the " +
                                             std::to_string(facts.members.size()) + " other members cannot reach it.")};
}

Findings check_firewall(const Facts& facts) {
  Findings findings;
  const std::uint16_t port = facts.node.port;
  if (port == 0) return findings;  // any free one; there is nothing to open
  const bool off = facts.node.discovery_state == "off";
  for (const Wall& wall : facts.system.walls) {
    if (wall.port == Passage::blocked) findings.push_back(blocked(wall, !facts.members.empty(), port));
    if (wall.port == Passage::unclear) {
      findings.push_back(finding("firewall.unclear",
                                 "Whether " + wall.name + " lets others in on TCP port " + std::to_string(port) +
                                     " is not certain" + (wall.detail.empty() ? "." : ": " + wall.detail + "."),
                                 wall.open_port.empty() ? "" : "If members cannot reach this node: " + wall.open_port));
    }
    if (wall.mdns == Passage::blocked && !off) {
      findings.push_back(finding(
          "firewall.no-bonjour",
          wall.name + " keeps multicast DNS (UDP port 5353) out, so machines do not find each other.", wall.open_mdns));
    }
    if (wall.port == Passage::open) {
      findings.push_back(
          finding("firewall.open", wall.name + " lets other machines in on TCP port " + std::to_string(port) + "."));
    }
  }
  if (facts.system.walls.empty() && facts.system.walls_seen) {
    findings.push_back(finding("firewall.open", "No firewall is switched on here."));
  }
  return findings;
}

Findings check_discovery(const Facts& facts) {
  const NodeFacts& node = facts.node;
  const std::string said = node.discovery_text;
  if (node.discovery_state == "running") return {finding("discovery.running", said)};
  if (node.discovery_state == "starting") return {finding("discovery.starting", said)};
  if (node.discovery_state == "off") return {finding("discovery.off", said)};
  const std::string remedy = facts.system.system == System::on_linux
                                 ? avahi_remedy(facts.system.packages)
                                 : "sudo launchctl kickstart -k system/com.apple.mDNSResponder";
  if (node.discovery_state == "unavailable") return {finding("discovery.unavailable", said, remedy)};
  const std::string daemon = facts.system.system == System::on_linux ? "avahi-daemon" : "mDNSResponder";
  if (facts.system.discovery_daemon)
    return {finding("discovery.running", "The discovery daemon, " + daemon + ", is there.")};
  return {finding("discovery.unavailable", "There is no discovery daemon: the socket of " + daemon + " does not exist.",
                  remedy)};
}

Findings check_interfaces(const Facts& facts) {
  std::vector<std::string> good;
  bool self_given = false;
  for (const Interface& interface : facts.system.interfaces) {
    if (interface.loopback) continue;
    for (const std::string& address : interface.addresses) {
      if (address.starts_with("169.254."))
        self_given = true;
      else
        good.push_back(interface.name + " " + address);
    }
  }
  if (good.empty() && self_given) {
    return {finding("interfaces.no-lease", "Every address of this machine is one it gave itself (169.254.x.x).")};
  }
  if (good.empty()) return {finding("interfaces.none", "No network interface but loopback is up and has an address.")};
  Findings findings{finding("interfaces.up", "Up: " + words_of(good, ", ") + ".")};
  if (facts.system.system != System::on_macos) return findings;
  // Everything that was tried on the local network had no route although the interface is up.
  unsigned hidden = facts.node.candidates_without_route;
  bool reached_any = false;
  for (const MemberFacts& member : facts.members) {
    reached_any |= is_reached_elsewhere(member);
    hidden += member.without_route;
  }
  if (hidden > 0 && !reached_any) {
    findings.push_back(
        finding("interfaces.local-network",
                "macOS says \"No route to host\" for machines of the local network, although the network is up: "
                "this program may not use the local network."));
  }
  return findings;
}

Findings check_members(const Facts& facts) {
  if (facts.node.frozen) return {};  // nobody talks to it, and who asks them in its name may be the other machine
  Findings findings;
  const bool up = facts.node.state == State::up;
  for (const MemberFacts& member : facts.members) {
    const std::string name = name_of(member);
    if (member.way == Way::unreachable) {
      findings.push_back(finding("member.unreachable", name + " is not reached: " +
                                                           (member.failures.empty() ? "no address of it is known."
                                                                                    : words_of(member.failures, " "))));
      continue;
    }
    if (member.way == Way::refused) {
      findings.push_back(finding("member.refused", name + ": " + words_of(member.failures, " ")));
      continue;
    }
    if (member.way == Way::expired) {
      findings.push_back(
          finding("member.expired", "The certificate of " + name + " has ended: " + words_of(member.failures, " ")));
      continue;
    }
    if (member.way == Way::other_protocol) continue;  // check_versions
    if (up && (member.state == "dead" || member.state == "suspect")) {
      findings.push_back(finding("member.unheard", name + " answers at " + member.address +
                                                       ", but the running node calls it " + member.state + "."));
    }
    if (!up) continue;  // nobody could reach a node that is down
    if (!member.dials_back) {
      findings.push_back(
          finding("member.not-asked", name + " answers at " + member.address +
                                          ", but does not say whether it reaches this node: " + member.back_text));
    } else if (*member.dials_back) {
      findings.push_back(
          finding("member.reached", name + " and this node reach each other; it answers at " + member.address + "."));
    } else {
      findings.push_back(finding("member.one-way", name + " answers at " + member.address +
                                                       ", but does not reach this node: " + member.back_text));
    }
  }
  if (facts.members_skipped > 0) {
    findings.push_back(
        finding("member.skipped", std::to_string(facts.members_skipped) + " more members were not visited."));
  }
  return findings;
}

Findings check_clock(const Facts& facts) {
  if (facts.now < kEarliest || facts.now > kLatest) {
    return {finding("clock.wrong", "This machine's clock shows a time before 2026 or after 2100.")};
  }
  if (facts.certificate.looked && facts.certificate.unreadable.empty() && facts.now < facts.certificate.not_before) {
    return {finding("clock.wrong", "This machine's clock shows a time before its own certificate was made.")};
  }
  Findings findings;
  unsigned measured = 0;
  double most = 0;
  for (const MemberFacts& member : facts.members) {
    if (!member.clock_ahead_s) continue;
    ++measured;
    const double apart = std::max(*member.clock_ahead_s, -*member.clock_ahead_s);
    most = std::max(most, apart);
    if (apart - member.clock_within_s <= kMaxClockSeconds) continue;
    findings.push_back(finding("clock.differs", "The clock of " + name_of(member) + " is " + amount(apart) +
                                                    (*member.clock_ahead_s > 0 ? " ahead of" : " behind") +
                                                    " this one."));
  }
  if (findings.empty() && measured > 0) {
    findings.push_back(finding("clock.agrees", "The clocks of " + std::to_string(measured) +
                                                   " members differ from this one by " + amount(most) + " at most."));
  }
  return findings;
}

Findings check_versions(const Facts& facts) {
  Findings findings;
  unsigned same = 0;
  const std::string own = facts.node.version.empty() ? facts.node.program_version : facts.node.version;
  for (const MemberFacts& member : facts.members) {
    if (member.way == Way::other_protocol) {
      findings.push_back(finding("version.protocol", name_of(member) + ": " + words_of(member.failures, " ")));
    } else if (member.way == Way::reached && !member.version.empty()) {
      if (member.version == own)
        ++same;
      else
        findings.push_back(
            finding("version.differs", name_of(member) + " runs " + member.version + ", this node " + own + "."));
    }
  }
  if (findings.empty() && same > 0) {
    findings.push_back(
        finding("version.same", "All " + std::to_string(same) + " members that answered run " + own + " too."));
  }
  return findings;
}

}  // namespace mz::doctor
