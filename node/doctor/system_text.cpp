#include "node/doctor/system_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>
#include <sstream>
#include <utility>

namespace mz::doctor {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text, int base = 10) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The kernel prints each 32-bit word of the address as the number that it is on this machine.
std::string proc_address(std::string_view hex) {
  std::array<std::uint32_t, 4> words{};
  if (hex.size() != 8 && hex.size() != 32) return "";
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    const auto word = number_in(hex.substr(i * 8, 8), 16);
    if (!word) return "";
    words[i] = static_cast<std::uint32_t>(*word);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = hex.size() == 8 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, words.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

// "30", "30min", "1h", "90s", "1h 30min", "infinity": minutes, rounded up.
unsigned minutes_of(const std::string& text, unsigned fallback) {
  if (text.empty()) return fallback;
  if (text.starts_with("infinity")) return 0;
  double seconds = 0;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    std::size_t digits = 0;
    while (digits < word.size() && word[digits] >= '0' && word[digits] <= '9') ++digits;
    const auto number = number_in(std::string_view(word).substr(0, digits));
    if (!number || *number > 1'000'000) return fallback;
    const std::string unit = word.substr(digits);
    const double factor = unit.starts_with("h")                   ? 3600
                          : unit.starts_with("m") && unit != "ms" ? 60
                          : unit.starts_with("d")                 ? 86'400
                                                                  : 1;
    seconds += static_cast<double>(*number) * factor;
  }
  return static_cast<unsigned>((seconds + 59) / 60);
}

constexpr unsigned kLogindIdleMinutes = 30;  // its default

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) + 1 - first));
}

std::string unquoted(const std::string& text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// The lines `key = value`, blanks around both left out, without comments.
std::vector<std::pair<std::string, std::string>> settings_in(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> settings;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string key = trimmed(std::string_view(line).substr(0, equals));
    if (key.starts_with("#") || key.starts_with(";")) continue;
    settings.emplace_back(std::move(key), trimmed(std::string_view(line).substr(equals + 1)));
  }
  return settings;
}

}  // namespace

std::vector<ProcSocket> read_proc_net_tcp(std::string_view text, std::uint16_t port) {
  constexpr std::string_view kListening = "0A";
  std::vector<ProcSocket> sockets;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retries, user, timeout, inode;
    if (!(fields >> slot >> local >> remote >> state >> queues >> timer >> retries >> user >> timeout >> inode))
      continue;
    const auto colon = local.find(':');
    if (state != kListening || colon == std::string::npos) continue;
    if (number_in(std::string_view(local).substr(colon + 1), 16) != port) continue;
    sockets.push_back(
        {.address = proc_address(std::string_view(local).substr(0, colon)), .inode = number_in(inode).value_or(0)});
  }
  return sockets;
}

std::vector<Bound> read_lsof(std::string_view text) {
  std::vector<Bound> all;
  Bound current;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const std::string value = line.substr(1);
    if (line[0] == 'p') current.pid = static_cast<pid_t>(number_in(value).value_or(0));
    if (line[0] == 'c') current.program = value;
    if (line[0] != 'n') continue;
    current.address = value.substr(0, value.rfind(':'));
    if (current.address == "*") current.address = "0.0.0.0";
    if (current.address.starts_with("[")) current.address = current.address.substr(1, current.address.size() - 2);
    all.push_back(current);
  }
  return all;
}

FileLimits read_proc_limits(std::string_view text) {
  constexpr std::string_view kName = "Max open files";
  const auto at = text.find(kName);
  if (at == std::string_view::npos) return {};
  std::istringstream fields{std::string(text.substr(at + kName.size(), 80))};
  FileLimits limits;
  std::string soft;
  std::string hard;
  fields >> soft >> hard;
  limits.soft = soft == "unlimited" ? UINT64_MAX : number_in(soft).value_or(0);
  limits.hard = hard == "unlimited" ? UINT64_MAX : number_in(hard).value_or(0);
  return limits;
}

SleepFacts read_systemd_sleep(const SleepText& text, bool has_lid) {
  // Logind and desktops alike go by this target; masked, nothing puts the machine to sleep.
  if (text.sleep_target.starts_with("masked")) return {.idle_minutes = 0};
  std::string lid = "suspend";
  std::string idle = "ignore";
  std::string after;
  for (const auto& [key, value] : settings_in(text.logind)) {
    if (key == "HandleLidSwitch" && !value.empty()) lid = value;
    if (key == "IdleAction" && !value.empty()) idle = value;
    if (key == "IdleActionSec") after = value;
  }
  const auto sleeps = [](const std::string& action) {
    return action.starts_with("suspend") || action.starts_with("hibernate") || action.starts_with("hybrid-sleep");
  };
  SleepFacts facts;
  facts.desktop = text.display_manager.starts_with("active");
  facts.lid = has_lid && sleeps(lid);
  const unsigned minutes = sleeps(idle) ? minutes_of(after, kLogindIdleMinutes) : 0;
  // Without a display manager somebody may still start a desktop by hand.
  const bool unknown = minutes == 0 && !facts.desktop && text.default_target.starts_with("graphical");
  if (!unknown) facts.idle_minutes = minutes;
  return facts;
}

Packages read_os_release(std::string_view text) {
  std::string names;  // of the distribution, then of those that it is made from, the nearest first
  std::string like;
  for (const auto& [key, value] : settings_in(text)) {
    if (key == "ID") names = unquoted(value);
    if (key == "ID_LIKE") like = unquoted(value);
  }
  std::istringstream words(names + " " + like);
  for (std::string word; words >> word;) {
    if (word == "debian" || word == "ubuntu") return Packages::apt;
    if (word == "fedora" || word == "rhel" || word == "centos") return Packages::dnf;
    if (word == "arch") return Packages::pacman;
    if (word.starts_with("opensuse") || word == "suse") return Packages::zypper;
  }
  return Packages::unknown;
}

SleepFacts read_pmset_custom(std::string_view text, bool has_lid) {
  SleepFacts facts;
  facts.lid = has_lid;
  bool mains = false;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.find("Power:") != std::string::npos) mains = line.starts_with("AC");
    std::istringstream fields(line);
    std::string key;
    std::string value;
    if (!(fields >> key >> value) || key != "sleep" || !mains) continue;
    if (const auto minutes = number_in(value)) facts.idle_minutes = static_cast<unsigned>(*minutes);
  }
  return facts;
}

PowerFacts read_pmset_batt(std::string_view text) {
  PowerFacts facts;
  facts.known = text.find("Now drawing from") != std::string_view::npos;
  facts.battery = text.find("'Battery Power'") != std::string_view::npos;
  const auto percent = text.find('%');
  if (percent == std::string_view::npos) return facts;
  std::size_t first = percent;
  while (first > 0 && text[first - 1] >= '0' && text[first - 1] <= '9') --first;
  if (const auto number = number_in(text.substr(first, percent - first)))
    facts.percent = static_cast<unsigned>(*number);
  return facts;
}

std::vector<Wall> all_walls(const std::optional<Wall>& ufw, const std::optional<Wall>& firewalld,
                            const std::optional<Wall>& nft, const std::optional<Wall>& iptables) {
  std::vector<Wall> walls;
  for (const auto& wall : {ufw, firewalld}) {
    if (wall) walls.push_back(*wall);
  }
  const bool managed = !walls.empty();
  const auto blocks = [](const std::optional<Wall>& wall) {
    return wall && (wall->port == Passage::blocked || wall->mdns == Passage::blocked);
  };
  // iptables is today a face of nftables, which shows its rules without their conditions.
  if (iptables && (!managed || (blocks(iptables) && !blocks(ufw)))) walls.push_back(*iptables);
  if (nft && (blocks(nft) || (!managed && !iptables))) walls.push_back(*nft);
  return walls;
}

}  // namespace mz::doctor
