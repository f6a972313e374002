// What systems and their programs print about a machine, read. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/doctor/facts.h"

namespace mz::doctor {

// A listening socket in /proc/net/tcp or /proc/net/tcp6.
struct ProcSocket {
  std::string address = {};
  std::uint64_t inode = 0;
};
std::vector<ProcSocket> read_proc_net_tcp(std::string_view text, std::uint16_t port);

// lsof -nP -iTCP:PORT -sTCP:LISTEN -Fpcn
std::vector<Bound> read_lsof(std::string_view text);

// The soft and the hard limit on open files in /proc/PID/limits; 0 when it is not there.
struct FileLimits {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};
FileLimits read_proc_limits(std::string_view text);

// Who puts a machine with systemd to sleep. Texts of programs are empty when they could not be asked.
struct SleepText {
  std::string logind = {};           // logind.conf and its drop-ins one after the other, later lines first in force
  std::string sleep_target = {};     // systemctl is-enabled sleep.target
  std::string default_target = {};   // systemctl get-default
  std::string display_manager = {};  // systemctl is-active display-manager.service
};
SleepFacts read_systemd_sleep(const SleepText& text, bool has_lid);

// /etc/os-release
Packages read_os_release(std::string_view text);

SleepFacts read_pmset_custom(std::string_view text, bool has_lid);  // pmset -g custom
PowerFacts read_pmset_batt(std::string_view text);                  // pmset -g batt

// The walls worth telling: what a firewall program manages shows again in the packet filter below it, which counts only when it
// surely blocks.
std::vector<Wall> all_walls(const std::optional<Wall>& ufw, const std::optional<Wall>& firewalld,
                            const std::optional<Wall>& nft, const std::optional<Wall>& iptables);

}  // namespace mz::doctor
