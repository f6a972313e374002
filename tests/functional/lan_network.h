// A local network of its own for tests: hosts in network namespaces, joined by a bridge, each with its own D-Bus and Avahi
// daemon. Nothing of it is visible outside: the namespaces have no names, hang on processes of this class and go with them, also
// when the test is killed. Links can be cut, made lossy or slow; addresses can change.
//
// Host n (1 to 200) has the address 10.77.0.n and a link-local IPv6 address derived from its MAC 02:00:0a:4d:00:n. Each has its own
// /run, so programs find the daemons of their host at the usual places; all other files are shared.
//
// Linux only. Needs root, or a system that lets a user make namespaces. Not thread-safe; make it before there are threads.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz::test {

// What a command printed, both streams, and its exit code.
struct Said {
  int code = -1;
  std::string text;
};

class Lan {
 public:
  // Refused where namespaces are not permitted, with a sentence that says what is missing.
  static Result<std::unique_ptr<Lan>> make();
  ~Lan();
  Lan(const Lan&) = delete;
  Lan& operator=(const Lan&) = delete;

  // Adds a host with a link that is up. `ipv6`: with a link-local address, which Avahi then announces as well.
  Result<void> add_host(int host, bool ipv6 = true);
  static std::string address_of(int host);

  // --- daemons; each call returns when the daemon answers or is gone --------------------------------------------------------
  Result<void> start_avahi(int host);  // and the host's D-Bus, if that does not run
  // Somebody else's advert of our service, from the next start of the host's Avahi on.
  Result<void> publish(int host, const std::string& name, std::uint16_t port, const std::vector<std::string>& txt);
  void stop_avahi(int host);  // with a farewell
  void kill_avahi(int host);  // without
  void stop_dbus(int host);   // hard

  // --- the network ----------------------------------------------------------------------------------------------------------
  Result<void> set_link(int host, bool up);
  // Whatever `from` sends to `to` is lost; the other direction works.
  Result<void> cut(int from, int to);
  // Nothing passes between hosts of different groups.
  Result<void> partition(const std::vector<std::vector<int>>& groups);
  // Of all packets between hosts, this share (1 to 99) is lost, at random.
  Result<void> lose(int percent);
  // Ends cut, partition and lose.
  Result<void> heal();
  // No more than that reaches the host.
  Result<void> limit_rate(int host, const std::string& rate);
  // Takes the IPv4 address away and gives another: 10.77.0.`last`.
  Result<void> readdress(int host, int last);
  // Takes it away and leaves the link-local IPv6 address.
  Result<void> only_ipv6(int host);

  // --- programs -------------------------------------------------------------------------------------------------------------
  // For a child between fork and exec: makes it a program on that host. False when that failed.
  [[nodiscard]] bool enter(int host) const;
  // A shell command on the host, to its end.
  [[nodiscard]] Said run(int host, const std::string& command) const;

 private:
  // Namespaces, kept by a process that does nothing.
  struct Space {
    pid_t keeper = 0;
    Descriptor alive;  // the keeper ends when this closes
    Descriptor user;   // only when we are not root
    Descriptor network;
    Descriptor mounts;
  };
  struct Host {
    Space space;
    pid_t dbus = 0;
    pid_t avahi = 0;
  };

  Lan() = default;
  static Result<Space> make_space(const Space* outer);
  static bool enter(const Space& space);
  static void end(Space& space);
  static Said run_in(const Space& space, const std::string& command);
  Result<void> on_switch(const std::string& command) const;
  Result<void> on_host(int host, const std::string& command) const;
  Result<pid_t> start_daemon(int host, const std::vector<std::string>& words) const;

  Space switch_;
  std::map<int, Host> hosts_;
};

}  // namespace mz::test
