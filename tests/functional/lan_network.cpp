#include "tests/functional/lan_network.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace mz::test {
namespace {

constexpr std::chrono::seconds kDaemonPatience{60};  // generous: the machine may be busy with other tests

constexpr const char* kDbusConfiguration =
    R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
)";

Error failed(const std::string& what) { return {ErrorKind::failure, what + ": " + std::strerror(errno) + "."}; }

bool write_text(const std::string& file, const std::string& text) {
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  return out.valid() && ::write(out.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string port_of(int host) { return "p" + std::to_string(host); }

std::string mac_of(int host) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "02:00:0a:4d:00:%02x", static_cast<unsigned>(host) & 0xffU);
  return text.data();
}

// Of the keeper of a space, in its own process: makes the namespaces. Returns what went wrong.
const char* separate(bool as_user) {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (as_user) {
    if (::unshare(CLONE_NEWUSER) != 0) return "user namespaces are not permitted";
    if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", "0 " + user + " 1") ||
        !write_text("/proc/self/gid_map", "0 " + group + " 1")) {
      return "a user namespace cannot be set up";
    }
  }
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return "network namespaces are not permitted";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "mounts cannot be made private";
  if (::mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") != 0) return "/run cannot be mounted";
  // In a user's own namespace there is one user; Avahi wants to give its directory to one called avahi.
  if (as_user && (!write_text("/run/passwd", "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n") ||
                  !write_text("/run/group", "root:x:0:\navahi:x:0:\n") ||
                  ::mount("/run/passwd", "/etc/passwd", nullptr, MS_BIND, nullptr) != 0 ||
                  ::mount("/run/group", "/etc/group", nullptr, MS_BIND, nullptr) != 0)) {
    return "users cannot be renamed";
  }
  return nullptr;
}

Descriptor open_namespace(pid_t pid, const char* kind) {
  return Descriptor(::open(("/proc/" + std::to_string(pid) + "/ns/" + kind).c_str(), O_RDONLY | O_CLOEXEC));
}

void end_process(pid_t& pid, int signal) {
  if (pid <= 0) return;
  ::kill(pid, signal);
  ::waitpid(std::exchange(pid, 0), nullptr, 0);
}

}  // namespace

std::string Lan::address_of(int host) { return "10.77.0." + std::to_string(host); }

Result<Lan::Space> Lan::make_space(const Space* outer) {
  int life[2] = {-1, -1};
  int word[2] = {-1, -1};
  if (::pipe2(life, O_CLOEXEC) != 0) return failed("no pipe");
  Space space;
  space.alive = Descriptor(life[1]);
  Descriptor keeper_end(life[0]);
  if (::pipe2(word, O_CLOEXEC) != 0) return failed("no pipe");
  const Descriptor answer(word[0]);
  Descriptor keeper_word(word[1]);
  const bool as_user = outer == nullptr && ::geteuid() != 0;
  space.keeper = ::fork();
  if (space.keeper < 0) return failed("no process");
  if (space.keeper == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    space.alive.reset();
    const char* problem = outer != nullptr && !enter(*outer) ? "the network cannot be entered" : separate(as_user);
    const std::string said = problem != nullptr ? problem : "ok";
    if (::write(keeper_word.get(), said.data(), said.size()) < 0) ::_exit(1);
    keeper_word.reset();
    char byte = 0;
    while (problem == nullptr && ::read(keeper_end.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    ::_exit(0);
  }
  keeper_word.reset();
  std::array<char, 256> text{};
  const auto size = ::read(answer.get(), text.data(), text.size());
  const std::string said(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  if (said != "ok") {
    const int code = errno;
    end(space);
    errno = code;
    return Error{ErrorKind::refused, "Namespaces cannot be used here: " + (said.empty() ? "no answer" : said) + "."};
  }
  if (::geteuid() != 0) space.user = open_namespace(space.keeper, "user");
  space.network = open_namespace(space.keeper, "net");
  space.mounts = open_namespace(space.keeper, "mnt");
  return space;
}

void Lan::end(Space& space) {
  space.alive.reset();
  end_process(space.keeper, SIGKILL);
}

bool Lan::enter(const Space& space) {
  if (space.user.valid() && ::setns(space.user.get(), CLONE_NEWUSER) != 0) return false;
  return ::setns(space.network.get(), CLONE_NEWNET) == 0 && ::setns(space.mounts.get(), CLONE_NEWNS) == 0;
}

bool Lan::enter(int host) const { return enter(hosts_.at(host).space); }

Said Lan::run_in(const Space& space, const std::string& command) {
  int ends[2] = {-1, -1};
  Said said;
  if (::pipe2(ends, O_CLOEXEC) != 0) return said;
  const Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return said;
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(theirs.get(), STDOUT_FILENO);
    ::dup2(theirs.get(), STDERR_FILENO);
    if (!enter(space)) ::_exit(126);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  theirs.reset();
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto got = ::read(ours.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    said.text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

Said Lan::run(int host, const std::string& command) const { return run_in(hosts_.at(host).space, command); }

Result<void> Lan::on_switch(const std::string& command) const {
  const Said said = run_in(switch_, command);
  if (said.code == 0) return {};
  return Error{ErrorKind::failure, "`" + command + "` on the switch failed: " + said.text};
}

Result<void> Lan::on_host(int host, const std::string& command) const {
  const Said said = run(host, command);
  if (said.code == 0) return {};
  return Error{ErrorKind::failure, "`" + command + "` on host " + std::to_string(host) + " failed: " + said.text};
}

Result<std::unique_ptr<Lan>> Lan::make() {
  auto space = make_space(nullptr);
  if (!space) return space.error();
  std::unique_ptr<Lan> lan(new Lan);
  lan->switch_ = std::move(*space);
  // The chain takes the rules of cut, partition and lose.
  auto bridged = lan->on_switch(
      "PATH=$PATH:/usr/sbin:/sbin && ip link set lo up && ip link add br0 type bridge mcast_snooping 0 && ip link set "
      "br0 up && nft 'add table bridge wires; add chain bridge wires forward { type filter hook forward priority 0; "
      "}'");
  if (!bridged) return Error{ErrorKind::refused, "No network can be made here. " + bridged.error().text};
  return lan;
}

Lan::~Lan() {
  for (auto& [number, host] : hosts_) {
    end_process(host.avahi, SIGKILL);
    end_process(host.dbus, SIGKILL);
    end(host.space);
  }
  end(switch_);
}

Result<void> Lan::add_host(int host, bool ipv6) {
  auto space = make_space(&switch_);
  if (!space) return space.error();
  const std::string keeper = std::to_string(space->keeper);
  hosts_[host].space = std::move(*space);
  const std::string port = port_of(host);
  auto done = on_switch("PATH=$PATH:/usr/sbin:/sbin && ip link add " + port + " type veth peer name eth0 address " +
                        mac_of(host) + " netns " + keeper + " && ip link set " + port + " master br0 up");
  if (!done) return done;
  // No wait for the check of duplicate addresses: there are none.
  return on_host(host, "PATH=$PATH:/usr/sbin:/sbin && echo " + std::string(ipv6 ? "0" : "1") +
                           " > /proc/sys/net/ipv6/conf/eth0/disable_ipv6 && echo 0 > "
                           "/proc/sys/net/ipv6/conf/eth0/accept_dad && ip link set lo up && ip addr add " +
                           address_of(host) + "/24 dev eth0 && ip link set eth0 up");
}

Result<pid_t> Lan::start_daemon(int host, const std::vector<std::string>& words) const {
  const pid_t pid = ::fork();
  if (pid < 0) return failed("no process");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!enter(host)) ::_exit(126);
  const int null = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, stream);
  std::vector<char*> arguments;
  std::vector<std::string> copies = words;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::execvp(arguments.front(), arguments.data());
  ::_exit(127);
}

Result<void> Lan::start_avahi(int host) {
  Host& at = hosts_.at(host);
  const std::string limit = std::to_string(kDaemonPatience.count() * 50);
  if (at.dbus == 0) {
    const Said written = run(host, "mkdir -p /run/dbus /run/avahi-daemon && cat > /run/dbus.conf <<'END'\n" +
                                       std::string(kDbusConfiguration) + "END\n");
    if (written.code != 0) return Error{ErrorKind::failure, "The D-Bus of a host cannot be set up: " + written.text};
    auto dbus = start_daemon(host, {"dbus-daemon", "--config-file=/run/dbus.conf", "--nofork", "--nopidfile"});
    if (!dbus) return dbus.error();
    at.dbus = *dbus;
    auto ready = on_host(host, "for i in $(seq " + limit +
                                   "); do [ -S /run/dbus/system_bus_socket ] && exit 0; "
                                   "sleep 0.02; done; echo dbus-daemon does not start; exit 1");
    if (!ready) return ready;
  }
  auto written = on_host(host, "printf '[server]\\nhost-name=h" + std::to_string(host) +
                                   "\\nratelimit-interval-usec=1000000\\nratelimit-burst=1000\\n[wide-area]\\n"
                                   "enable-wide-area=no\\n[publish]\\npublish-hinfo=no\\npublish-workstation=no\\n' > "
                                   "/run/avahi.conf && rm -f /run/avahi-daemon/pid /run/avahi-daemon/socket");
  if (!written) return written;
  auto avahi =
      start_daemon(host, {"avahi-daemon", "-f", "/run/avahi.conf", "--no-rlimits", "--no-chroot", "--no-drop-root"});
  if (!avahi) return avahi.error();
  at.avahi = *avahi;
  return on_host(host, "for i in $(seq " + limit +
                           "); do [ -S /run/avahi-daemon/socket ] && exit 0; sleep 0.02; done; "
                           "echo avahi-daemon does not start; exit 1");
}

void Lan::stop_avahi(int host) { end_process(hosts_.at(host).avahi, SIGTERM); }
void Lan::kill_avahi(int host) { end_process(hosts_.at(host).avahi, SIGKILL); }
void Lan::stop_dbus(int host) { end_process(hosts_.at(host).dbus, SIGKILL); }

Result<void> Lan::set_link(int host, bool up) {
  return on_switch("PATH=$PATH:/usr/sbin:/sbin && ip link set " + port_of(host) + (up ? " up" : " down"));
}

Result<void> Lan::cut(int from, int to) {
  return on_switch("PATH=$PATH:/usr/sbin:/sbin && nft add rule bridge wires forward iifname " + port_of(from) +
                   " oifname " + port_of(to) + " drop");
}

Result<void> Lan::partition(const std::vector<std::vector<int>>& groups) {
  std::string rules;
  for (const std::vector<int>& from : groups) {
    for (const std::vector<int>& to : groups) {
      if (&from == &to) continue;
      for (const int a : from) {
        for (const int b : to) {
          rules += "add rule bridge wires forward iifname " + port_of(a) + " oifname " + port_of(b) + " drop; ";
        }
      }
    }
  }
  return on_switch("PATH=$PATH:/usr/sbin:/sbin && nft '" + rules + "'");
}

Result<void> Lan::lose(int percent) {
  return on_switch("PATH=$PATH:/usr/sbin:/sbin && nft add rule bridge wires forward numgen random mod 100 '<' " +
                   std::to_string(percent) + " drop");
}

Result<void> Lan::heal() { return on_switch("PATH=$PATH:/usr/sbin:/sbin && nft flush chain bridge wires forward"); }

Result<void> Lan::limit_rate(int host, const std::string& rate) {
  return on_switch("PATH=$PATH:/usr/sbin:/sbin && tc qdisc replace dev " + port_of(host) + " root tbf rate " + rate +
                   " burst 32k latency 50ms");
}

Result<void> Lan::readdress(int host, int last) {
  return on_host(host, "PATH=$PATH:/usr/sbin:/sbin && ip -4 addr flush dev eth0 && ip addr add " + address_of(last) +
                           "/24 dev eth0");
}

Result<void> Lan::only_ipv6(int host) {
  return on_host(host, "PATH=$PATH:/usr/sbin:/sbin && ip -4 addr flush dev eth0");
}

Result<void> Lan::publish(int host, const std::string& name, std::uint16_t port, const std::vector<std::string>& txt) {
  std::string service = "<service-group><name>" + name + "</name><service><type>_meshzero._tcp</type><port>" +
                        std::to_string(port) + "</port>";
  for (const std::string& text : txt) service += "<txt-record>" + text + "</txt-record>";
  service += "</service></service-group>";
  // The daemon's folder of services, of this host alone.
  return on_host(host,
                 "PATH=$PATH:/usr/sbin:/sbin && cd /etc/avahi && "
                 "{ [ -e services/.ours ] || { mount -t tmpfs tmpfs services && touch services/.ours; }; } && echo '" +
                     service + "' > 'services/" + name + ".service'");
}

}  // namespace mz::test
