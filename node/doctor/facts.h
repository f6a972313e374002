// Everything `meshzero doctor` knows when it judges: plain values, so that a test can make up any machine. Collected by
// node_facts.h, member_facts.h and system.h; judged by checks.h. Whatever could not be seen is left at its default, and `unseen`
// says so.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mz::doctor {

enum class System : std::uint8_t { on_linux, on_macos };

struct NodeFacts {
  enum class State : std::uint8_t {
    no_data,  // the data directory does not exist
    refused,  // it is none of ours, or cannot be read: `reason`
    down,
    silent,  // the process exists; asked, it said `reason`
    up,
  };
  State state = State::no_data;
  std::string reason = {};
  std::string data = {};
  std::string program = {};  // the file of this program, for firewalls that go by it
  pid_t pid = 0;
  std::uint16_t port = 0;   // where it listens, or would
  std::string health = {};  // ok, starting, degraded
  bool frozen = false;      // another machine uses its identity
  bool put_out = false;     // of its cluster, as a member has said
  std::vector<std::string> alerts = {};
  std::string version = {};  // of the running node
  std::string program_version = {};
  bool locked = false;               // somebody holds the lock
  bool record_left = false;          // node.json of a process that is gone
  std::string failed_start = {};     // the last line of crash.log; empty: the last start went well
  bool port_answers = false;         // on this computer, asked for /health
  std::string discovery_state = {};  // of the running node; empty: not asked or not known there
  std::string discovery_text = {};
  unsigned candidates_without_route = 0;  // addresses of others at which the system said "No route to host"
};

// A socket that listens on the node's port.
struct Bound {
  std::string address = {};  // 0.0.0.0 and :: stand for all
  pid_t pid = 0;             // 0: of somebody else
  std::string program = {};
};

enum class Passage : std::uint8_t { open, blocked, unclear };

// One firewall that is switched on.
struct Wall {
  std::string name = {};
  Passage port = Passage::open;  // of the node, over TCP, for machines of the local network
  Passage mdns = Passage::open;  // UDP 5353
  std::string open_port = {};    // the command
  std::string open_mdns = {};
  std::string detail = {};  // a sentence, when something is unclear
};

struct Interface {
  std::string name = {};
  bool loopback = false;
  std::vector<std::string> addresses = {};  // without link-local IPv6
};

struct SleepFacts {
  std::optional<unsigned> idle_minutes = {};  // on mains power; 0: never. Nothing: not known
  bool desktop = false;                       // one runs, and may put it to sleep, whatever the system says
  bool lid = false;                           // there is one, and closing it means sleep
};

// Of the distribution, as far as doctor knows what they call things.
enum class Packages : std::uint8_t { unknown, apt, dnf, pacman, zypper };

struct PowerFacts {
  bool known = false;
  bool battery = false;  // it runs on it
  std::optional<unsigned> percent = {};
};

struct SystemFacts {
  System system = System::on_linux;
  std::vector<Interface> interfaces = {};  // that are up
  std::vector<Bound> bound = {};
  std::vector<Wall> walls = {};
  bool walls_seen = false;        // all that this system may have
  bool discovery_daemon = false;  // its socket exists
  Packages packages = Packages::unknown;
  SleepFacts sleep;
  PowerFacts power;
  std::uint64_t open_files = 0;  // the limit of the node, or of this program when no node runs; 0: not known
  std::vector<std::string> unseen = {};
};

struct DiskFacts {
  bool looked = false;
  std::uint64_t free_bytes = 0;
  std::uint64_t floor_bytes = 0;
  std::string unwritable = {};  // why; empty: it can be written
  double fsync_ms = 0;
};

struct CertificateFacts {
  bool looked = false;
  std::string unreadable = {};  // why
  std::int64_t not_before = 0;
  std::int64_t not_after = 0;
  std::int64_t authority_not_after = 0;
};

struct MemberFacts {
  enum class Way : std::uint8_t { reached, unreachable, refused, expired, other_protocol };
  std::string id = {};
  std::string name = {};
  std::string state = {};  // alive, suspect, dead: what the running node says; empty when none runs
  bool admin = false;
  std::string version = {};
  Way way = Way::unreachable;
  std::string address = {};                // where it answered
  std::vector<std::string> failures = {};  // sentences, one for each address
  unsigned without_route = 0;              // of these, so many are "No route to host"
  std::optional<bool> dials_back = {};
  std::string back_text = {};                // why not
  std::optional<double> clock_ahead_s = {};  // its clock minus ours
  double clock_within_s = 0;                 // how far that may be off
};

struct Facts {
  std::int64_t now = 0;  // seconds since 1970
  bool self_admin = false;
  NodeFacts node;
  SystemFacts system;
  DiskFacts disk;
  CertificateFacts certificate;
  std::vector<MemberFacts> members = {};  // others that have not left
  std::size_t members_skipped = 0;
};

}  // namespace mz::doctor
