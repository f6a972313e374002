#include <sys/resource.h>
#include <sys/sysctl.h>

#include <algorithm>

#include "node/doctor/firewall.h"
#include "node/doctor/system.h"
#include "node/doctor/system_text.h"

namespace mz::doctor {
namespace {

constexpr char kFirewallTool[] = "/usr/libexec/ApplicationFirewall/socketfilterfw";

std::string said_by(const std::string& program, std::vector<std::string> arguments) {
  const auto end = run_tool(program, std::move(arguments));
  return end ? end->output : "";
}

std::vector<Bound> read_bound(std::uint16_t port) {
  return read_lsof(said_by("lsof", {"-nP", "-iTCP:" + std::to_string(port), "-sTCP:LISTEN", "-Fpcn"}));
}

void look_at_walls(const std::string& program, SystemFacts& facts) {
  const std::string global = said_by(kFirewallTool, {"--getglobalstate"});
  facts.walls_seen = !global.empty();
  if (global.empty()) facts.unseen.emplace_back("The application firewall did not say whether it is on.");
  if (auto wall = read_application_firewall(global, said_by(kFirewallTool, {"--getblockall"}),
                                            said_by(kFirewallTool, {"--getappblocked", program}), program)) {
    facts.walls.push_back(std::move(*wall));
  }
}

// What the node may have: its hard limit, below the system's own.
std::uint64_t look_at_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  int of_system = 0;
  std::size_t size = sizeof of_system;
  if (::sysctlbyname("kern.maxfilesperproc", &of_system, &size, nullptr, 0) != 0 || of_system <= 0)
    return limit.rlim_max;
  return std::min<std::uint64_t>(limit.rlim_max, static_cast<std::uint64_t>(of_system));
}

}  // namespace

SystemFacts read_system(const SystemQuestion& question) {
  SystemFacts facts;
  facts.system = System::on_macos;
  facts.interfaces = read_interfaces();
  if (question.port != 0) facts.bound = read_bound(question.port);
  look_at_walls(question.program, facts);
  std::error_code error;
  facts.discovery_daemon = std::filesystem::exists("/var/run/mDNSResponder", error);
  const std::string battery = said_by("pmset", {"-g", "batt"});
  facts.sleep =
      read_pmset_custom(said_by("pmset", {"-g", "custom"}), battery.find("InternalBattery") != std::string::npos);
  facts.power = read_pmset_batt(battery);
  facts.open_files = look_at_open_files();
  return facts;
}

}  // namespace mz::doctor
