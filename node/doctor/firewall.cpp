#include "node/doctor/firewall.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>
#include <vector>

#include "node/doctor/packet_rules.h"

namespace mz::doctor {
namespace {

constexpr std::uint16_t kMdnsPort = 5353;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// "8765/tcp", "8000:9000/tcp", "8000-9000/tcp", "80,443/tcp", "8765" (both protocols)
bool names_port(std::string_view item, std::string_view protocol, std::uint16_t port) {
  const auto slash = item.find('/');
  if (slash != std::string_view::npos && item.substr(slash + 1) != protocol) return false;
  std::istringstream parts{std::string(item.substr(0, slash))};
  for (std::string part; std::getline(parts, part, ',');) {
    unsigned low = 0;
    const char* const end = part.data() + part.size();
    const auto first = std::from_chars(part.data(), end, low);
    if (first.ec != std::errc()) return false;
    unsigned high = low;
    if (first.ptr != end) {
      if (*first.ptr != ':' && *first.ptr != '-') return false;
      if (std::from_chars(first.ptr + 1, end, high).ec != std::errc()) return false;
    }
    if (low <= port && port <= high) return true;
  }
  return false;
}

// One line of the table of `ufw status`: TO ACTION FROM, two or more blanks apart.
struct UfwLine {
  std::string to;
  std::string action;
  std::string from;
};

std::optional<UfwLine> ufw_line(std::string_view line) {
  std::vector<std::string> fields;
  while (!line.empty()) {
    const auto gap = line.find("  ");
    if (std::string field = trimmed(line.substr(0, gap)); !field.empty()) fields.push_back(std::move(field));
    if (gap == std::string_view::npos) break;
    line.remove_prefix(gap + 2);
  }
  if (fields.size() < 3) return std::nullopt;
  return UfwLine{fields[0], fields[1], fields[2]};
}

Passage ufw_passage(std::string_view status, std::string_view protocol, std::uint16_t port, bool accepts) {
  bool perhaps = false;
  for (const std::string& line : lines_of(status)) {
    const auto rule = ufw_line(line);
    if (!rule || contains(rule->to, "(v6)")) continue;
    const bool everything = rule->to.starts_with("Anywhere");
    if (!everything && !names_port(rule->to.substr(0, rule->to.find(' ')), protocol, port)) continue;
    if (contains(rule->action, "OUT") || contains(rule->action, "FWD")) continue;
    const bool allows = rule->action.starts_with("ALLOW") || rule->action.starts_with("LIMIT");
    const bool refuses = rule->action.starts_with("DENY") || rule->action.starts_with("REJECT");
    if (!allows && !refuses) continue;
    if (rule->from.starts_with("Anywhere") && !contains(rule->to, " on ")) {
      if (perhaps) return Passage::unclear;
      return allows ? Passage::open : Passage::blocked;
    }
    perhaps |= allows != accepts;
  }
  if (perhaps) return Passage::unclear;
  return accepts ? Passage::open : Passage::blocked;
}

struct Zone {
  std::string name = {};
  bool active = false;
  std::string target = {};
  std::set<std::string> services = {};
  std::vector<std::string> ports = {};
  bool has_rich_rules = false;
};

std::set<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  return words;
}

std::vector<Zone> zones_of(std::string_view text) {
  std::vector<Zone> zones;
  for (const std::string& line : lines_of(text)) {
    if (trimmed(line).empty()) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      zones.push_back({.name = line.substr(0, line.find(' ')), .active = contains(line, "active")});
      continue;
    }
    if (zones.empty()) continue;
    Zone& zone = zones.back();
    const std::string body = trimmed(line);
    const auto colon = body.find(": ");
    const std::string key = body.substr(0, body.find(':'));
    const std::string value = colon == std::string::npos ? "" : body.substr(colon + 2);
    if (key == "target") zone.target = value;
    if (key == "services") zone.services = words_of(value);
    if (key == "ports") {
      for (const std::string& port : words_of(value)) zone.ports.push_back(port);
    }
    if (body.starts_with("rule ")) zone.has_rich_rules = true;
  }
  return zones;
}

Passage zone_passage(const Zone& zone, std::string_view protocol, std::uint16_t port) {
  if (zone.target == "ACCEPT") return Passage::open;
  if (protocol == "udp" && port == kMdnsPort && zone.services.contains("mdns")) return Passage::open;
  for (const std::string& each : zone.ports) {
    if (names_port(each, protocol, port)) return Passage::open;
  }
  return zone.has_rich_rules ? Passage::unclear : Passage::blocked;
}

}  // namespace

std::optional<Wall> read_ufw(std::string_view status, std::uint16_t port) {
  if (!contains(status, "Status: active")) return std::nullopt;
  const auto at = status.find("Default: ");
  const bool accepts = at != std::string_view::npos && status.substr(at).starts_with("Default: allow");
  Wall wall{.name = "ufw"};
  wall.port = ufw_passage(status, "tcp", port, accepts);
  // ufw's own first rules let multicast DNS in, so only a rule of the user's keeps it out, and that comes after them.
  wall.open_port = "sudo ufw allow " + std::to_string(port) + "/tcp";
  if (wall.port == Passage::unclear) wall.detail = "its rules for this port depend on who asks";
  return wall;
}

std::optional<Wall> read_firewalld(std::string_view zones, std::uint16_t port) {
  std::optional<Wall> wall;
  for (const Zone& zone : zones_of(zones)) {
    if (!zone.active) continue;
    const Passage tcp = zone_passage(zone, "tcp", port);
    const Passage mdns = zone_passage(zone, "udp", kMdnsPort);
    if (!wall) wall = Wall{.name = "firewalld"};
    const std::string add = "sudo firewall-cmd --permanent --zone=" + zone.name;
    const std::string reload = " && sudo firewall-cmd --reload";
    if (tcp != Passage::open && wall->port == Passage::open) {
      wall->port = tcp;
      wall->open_port = add + " --add-port=" + std::to_string(port) + "/tcp" + reload;
      wall->detail = "zone " + zone.name;
    }
    if (mdns != Passage::open && wall->mdns == Passage::open) {
      wall->mdns = mdns;
      wall->open_mdns = add + " --add-service=mdns" + reload;
    }
  }
  return wall;
}

std::optional<Wall> read_nft(std::string_view ruleset, std::uint16_t port) {
  std::optional<Wall> wall;
  for (const auto& probe : {Probe{.protocol = "tcp", .port = port}, Probe{.protocol = "udp", .port = kMdnsPort}}) {
    for (const FilterChain& chain : nft_chains(ruleset, probe)) {
      if (!wall) wall = Wall{.name = "nftables"};
      const bool tcp = probe.protocol == "tcp";
      Passage& answer = tcp ? wall->port : wall->mdns;
      if (chain.passage == Passage::open || answer == Passage::blocked) continue;
      answer = chain.passage;
      const std::string at = chain.family + ' ' + chain.table + ' ' + chain.name;
      (tcp ? wall->open_port : wall->open_mdns) =
          "sudo nft insert rule " + at + ' ' + probe.protocol + " dport " + std::to_string(probe.port) + " accept";
      if (tcp) wall->detail = "chain " + at;
    }
  }
  return wall;
}

std::optional<Wall> read_iptables(std::string_view rules, std::uint16_t port) {
  if (!contains(rules, "-A INPUT") && !contains(rules, "-P INPUT DROP")) return std::nullopt;
  const auto command = [](const char* protocol, std::uint16_t number) {
    return std::string("sudo iptables -I INPUT -p ") + protocol + " --dport " + std::to_string(number) + " -j ACCEPT";
  };
  Wall wall{.name = "iptables"};
  wall.port = iptables_passage(rules, {.protocol = "tcp", .port = port});
  wall.mdns = iptables_passage(rules, {.protocol = "udp", .port = kMdnsPort});
  wall.open_port = command("tcp", port);
  wall.open_mdns = command("udp", kMdnsPort);
  return wall;
}

std::optional<Wall> read_application_firewall(std::string_view global, std::string_view block_all,
                                              std::string_view application, const std::string& program) {
  if (contains(global, "disabled") || contains(global, "State = 0") || !contains(global, "nabled")) return std::nullopt;
  const std::string tool = "sudo /usr/libexec/ApplicationFirewall/socketfilterfw";
  Wall wall{.name = "the macOS application firewall"};
  // Older systems write "Block all DISABLED!", newer ones "block all state set to disabled".
  std::string all(block_all);
  std::transform(all.begin(), all.end(), all.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (contains(all, "enabled") || contains(global, "State = 2")) {
    wall.port = wall.mdns = Passage::blocked;
    wall.open_port = wall.open_mdns = tool + " --setblockall off";
    wall.detail = "it blocks all incoming connections";
    return wall;
  }
  wall.open_port = tool + " --add '" + program + "' && " + tool + " --unblockapp '" + program + "'";
  if (contains(application, "permitted") || contains(application, "allowed")) return wall;
  wall.port = contains(application, "block") ? Passage::blocked : Passage::unclear;
  if (wall.port == Passage::unclear) wall.detail = "it does not know this program yet and will ask, or block it";
  return wall;
}

}  // namespace mz::doctor
