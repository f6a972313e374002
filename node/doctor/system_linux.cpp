#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "node/doctor/firewall.h"
#include "node/doctor/system.h"
#include "node/doctor/system_text.h"
#include "node/fitness.h"

namespace mz::doctor {
namespace {

namespace fs = std::filesystem;

// Which process has each of these sockets; those of other users only root may see.
std::map<std::uint64_t, pid_t> owners(const std::vector<ProcSocket>& sockets) {
  std::map<std::uint64_t, pid_t> found;
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
    const std::string name = process->path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid <= 0) continue;
    std::error_code denied;
    for (fs::directory_iterator file(process->path() / "fd", denied); !denied && file != fs::directory_iterator();
         file.increment(denied)) {
      std::error_code gone;
      const std::string target = fs::read_symlink(file->path(), gone).string();
      for (const ProcSocket& socket : sockets) {
        if (target == "socket:[" + std::to_string(socket.inode) + "]") found.emplace(socket.inode, pid);
      }
    }
  }
  return found;
}

std::vector<Bound> read_bound(std::uint16_t port) {
  std::vector<ProcSocket> sockets = read_proc_net_tcp(text_of_file("/proc/net/tcp"), port);
  for (ProcSocket& socket : read_proc_net_tcp(text_of_file("/proc/net/tcp6"), port))
    sockets.push_back(std::move(socket));
  std::vector<Bound> all;
  if (sockets.empty()) return all;
  const auto pids = owners(sockets);
  for (const ProcSocket& socket : sockets) {
    Bound bound{.address = socket.address};
    if (const auto found = pids.find(socket.inode); found != pids.end()) {
      bound.pid = found->second;
      bound.program = text_of_file("/proc/" + std::to_string(bound.pid) + "/comm");
      bound.program.resize(std::min(bound.program.size(), bound.program.find('\n')));
    }
    all.push_back(std::move(bound));
  }
  return all;
}

std::optional<Wall> ask_ufw(std::uint16_t port) {
  const auto status = run_tool("ufw", {"status", "verbose"});
  if (status && status->code == 0) return read_ufw(status->output, port);
  if (text_of_file("/etc/ufw/ufw.conf").find("\nENABLED=yes") == std::string::npos) return std::nullopt;
  return Wall{.name = "ufw",
              .port = Passage::unclear,
              .open_port = "sudo ufw allow " + std::to_string(port) + "/tcp",
              .detail = "it is on, and only root may see its rules"};
}

std::optional<Wall> ask_firewalld(std::uint16_t port) {
  const auto state = run_tool("firewall-cmd", {"--state"});
  if (!state || state->output.find("running") == std::string::npos || state->code != 0) return std::nullopt;
  const auto zones = run_tool("firewall-cmd", {"--list-all-zones"});
  if (zones && zones->code == 0) return read_firewalld(zones->output, port);
  return Wall{.name = "firewalld",
              .port = Passage::unclear,
              .open_port = "sudo firewall-cmd --permanent --add-port=" + std::to_string(port) +
                           "/tcp && sudo firewall-cmd --reload",
              .detail = "it is on, and does not show its rules to this user"};
}

void look_at_walls(std::uint16_t port, SystemFacts& facts) {
  const auto nft = run_tool("nft", {"-j", "list", "ruleset"});
  const auto iptables = run_tool("iptables", {"-S"});
  const auto seen = [](const Result<CommandEnd>& end) {
    return end && end->code == 0 && end->output.size() < kMaxCommandOutput;
  };
  const auto hidden = [&seen](const Result<CommandEnd>& end) {
    return end ? !seen(end) : end.error().kind != ErrorKind::not_found;
  };
  facts.walls = all_walls(ask_ufw(port), ask_firewalld(port), seen(nft) ? read_nft(nft->output, port) : std::nullopt,
                          seen(iptables) ? read_iptables(iptables->output, port) : std::nullopt);
  facts.walls_seen = !hidden(nft) && !hidden(iptables);
  if (!facts.walls_seen)
    facts.unseen.emplace_back("The packet filter's rules (nft, iptables) cannot be read by this user.");
}

bool has_lid() {
  std::error_code error;
  return fs::exists("/proc/acpi/button/lid", error);
}

SleepFacts look_at_sleep() {
  std::error_code error;
  if (!fs::exists("/run/systemd/system", error)) return {};  // another kind of system
  SleepText text{.logind = text_of_file("/etc/systemd/logind.conf")};
  for (const char* folder :
       {"/usr/lib/systemd/logind.conf.d", "/run/systemd/logind.conf.d", "/etc/systemd/logind.conf.d"}) {
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
      files.push_back(at->path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) text.logind += "\n" + text_of_file(file);
  }
  // Whatever it ends with: it fails for a unit that is masked or inactive, and says so.
  const auto systemctl = [](const std::vector<std::string>& words) {
    const auto end = run_tool("systemctl", words);
    return end ? end->output : "";
  };
  text.sleep_target = systemctl({"is-enabled", "sleep.target"});
  text.default_target = systemctl({"get-default"});
  text.display_manager = systemctl({"is-active", "display-manager.service"});
  return read_systemd_sleep(text, has_lid());
}

PowerFacts look_at_power() {
  PowerFacts facts;
  facts.battery = machine_fitness() == Fitness::on_battery;
  std::error_code error;
  for (fs::directory_iterator at("/sys/class/power_supply", error), end; !error && at != end; at.increment(error)) {
    const std::string type = text_of_file(at->path() / "type");
    facts.known |= type.starts_with("Mains") || type.starts_with("Battery");
    unsigned percent = 0;
    const std::string text = text_of_file(at->path() / "capacity");
    if (!type.starts_with("Battery") || text_of_file(at->path() / "scope").starts_with("Device")) continue;
    if (std::from_chars(text.data(), text.data() + text.size(), percent).ec == std::errc()) facts.percent = percent;
  }
  return facts;
}

std::uint64_t look_at_open_files(pid_t node) {
  if (node > 0) return read_proc_limits(text_of_file("/proc/" + std::to_string(node) + "/limits")).soft;
  return read_proc_limits(text_of_file("/proc/self/limits")).hard;
}

}  // namespace

SystemFacts read_system(const SystemQuestion& question) {
  SystemFacts facts;
  facts.system = System::on_linux;
  facts.interfaces = read_interfaces();
  if (question.port != 0) facts.bound = read_bound(question.port);
  look_at_walls(question.port, facts);
  std::error_code error;
  facts.discovery_daemon = fs::exists("/run/avahi-daemon/socket", error);
  facts.packages = read_os_release(text_of_file("/etc/os-release"));
  facts.sleep = look_at_sleep();
  facts.power = look_at_power();
  facts.open_files = look_at_open_files(question.node);
  return facts;
}

}  // namespace mz::doctor
