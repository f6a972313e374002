// What firewalls say of themselves, read: the answers of their own programs in, one Wall out, or nothing when that firewall is off.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "node/doctor/facts.h"

namespace mz::doctor {

std::optional<Wall> read_ufw(std::string_view status, std::uint16_t port);       // ufw status verbose
std::optional<Wall> read_firewalld(std::string_view zones, std::uint16_t port);  // firewall-cmd --list-all-zones
std::optional<Wall> read_nft(std::string_view ruleset, std::uint16_t port);      // nft -j list ruleset
std::optional<Wall> read_iptables(std::string_view rules, std::uint16_t port);   // iptables -S

// socketfilterfw --getglobalstate, --getblockall, --getappblocked PROGRAM
std::optional<Wall> read_application_firewall(std::string_view global, std::string_view block_all,
                                              std::string_view application, const std::string& program);

}  // namespace mz::doctor
