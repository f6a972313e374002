#include "node/doctor/finding.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace mz::doctor {
namespace {

constexpr Level kOk = Level::ok;
constexpr Level kInfo = Level::info;
constexpr Level kWarning = Level::warning;
constexpr Level kError = Level::error;

constexpr FindingKind kKinds[] = {
    {"node.running", kOk, "The node runs and is healthy.", ""},
    {"node.starting", kInfo, "The node runs and is not ready yet.", "Wait some seconds and ask again."},
    {"node.down", kWarning, "No node runs on this data directory.", "meshzero up"},
    {"node.no-data", kInfo, "There is no data directory yet.", "`meshzero up` makes it."},
    {"node.refused", kError, "The data directory cannot be used.",
     "Do what the text says, or name another one with --data."},
    {"node.silent", kError, "The node's process exists but does not answer.",
     "Look at `meshzero logs`, then stop it with `meshzero down` and start it again."},
    {"node.degraded", kError, "One of the node's loops is late, or it cannot do its work.",
     "`meshzero status` and `meshzero logs` say which; a slow or full disk is the usual reason."},
    {"node.alert", kWarning, "The running node raises an alert.", "Do what the text says."},
    {"node.other-version", kWarning, "The running node is another version than this program.",
     "meshzero down && meshzero up"},
    {"node.failed-start", kError, "The last start failed.", "Mend what the text says and run `meshzero up`."},
    {"node.killed", kInfo, "The last run did not end by itself: it was killed, or the power failed.",
     "Nothing has to be cleaned up. If it happens again, look at the end of `meshzero logs`."},
    {"node.locked", kWarning, "Something holds the lock of the data directory, and it is no running node.",
     "Another command of meshzero may be at work there, or a node is just starting. Ask again in a moment."},

    {"identity.cloned", kError, "Another machine uses the identity of this node; both are frozen.",
     "On each of the two machines: meshzero down, then meshzero identity reset, then join again with a token. If none "
     "of the other members is an admin, first: meshzero ca backup FILE, and after the reset: meshzero ca restore FILE"},

    {"identity.put-out", kError, "The node was put out of its cluster, and the members take nothing from it.",
     "To join again: meshzero down, then meshzero identity reset, then meshzero up --join with a new token of an "
     "admin."},

    {"port.listening", kOk, "The node listens for other machines.", ""},
    {"port.this-computer", kInfo, "The node, which has no other members, listens on this computer only.",
     "It listens for others from the first join token on: meshzero token create --role node"},
    {"port.not-everywhere", kWarning, "The cluster has other members, but the node listens on this computer only.",
     "Start the node without `--listen loopback`."},
    {"port.dead", kError, "The node runs, but its port does not answer on this computer.",
     "Look at `meshzero logs`, then restart the node with `meshzero down` and `meshzero up`."},
    {"port.taken", kError, "Another program has the port that the node would use.",
     "Stop that program, or choose another port with --port."},
    {"port.free", kOk, "No node runs, and its port is free.", ""},

    {"firewall.open", kOk, "A firewall is on and lets other machines in on the node's port, or there is none.", ""},
    {"firewall.blocks", kError, "A firewall keeps other members out.",
     "The finding holds the command that opens the port."},
    {"firewall.closed", kInfo, "A firewall would keep other machines out; this node has no other members yet.",
     "Open the port before others join; the finding holds the command."},
    {"firewall.unclear", kInfo, "The rules of a firewall depend on who asks, or could not be read.",
     "Run doctor with sudo, or let a member's doctor say whether it reaches this machine."},
    {"firewall.no-bonjour", kWarning,
     "A firewall keeps multicast DNS (UDP port 5353) out, so machines do not find each other.",
     "The finding holds the command that lets it in; --peer works without."},

    {"discovery.running", kOk, "Discovery by Bonjour works.", ""},
    {"discovery.starting", kInfo, "Discovery by Bonjour is starting.", "Ask again in a moment."},
    {"discovery.off", kInfo, "Discovery is switched off.",
     "Start the node without --no-discovery if that is not meant."},
    {"discovery.unavailable", kWarning,
     "The discovery daemon does not answer; machines find each other by --peer only.",
     "Linux: install Avahi (avahi-daemon on Debian and Ubuntu, avahi elsewhere), then sudo systemctl enable --now "
     "avahi-daemon"},

    {"interfaces.up", kOk, "A network interface is up and has an address.", ""},
    {"interfaces.none", kWarning, "No network interface is up but loopback.",
     "Connect a cable, or join a Wi-Fi network."},
    {"interfaces.no-lease", kWarning,
     "The only addresses are of the kind a machine gives itself when nobody answers (169.254.x.x).",
     "Check the cable or the Wi-Fi and the router that hands out addresses."},
    {"interfaces.local-network", kError,
     "The pattern of macOS hiding the local network: no route to LAN addresses while loopback works.",
     "Allow it under System Settings > Privacy & Security > Local Network, or run the node as a service (launchd)."},

    {"member.reached", kOk, "A member and this node reach each other, both ways.", ""},
    {"member.unreachable", kWarning, "A member is not reached at any of its addresses.",
     "Is it on, and on this network? Run `meshzero doctor` there too."},
    {"member.one-way", kError, "A member is reached from here but does not reach this node.",
     "Open this node's port here (see the findings on the firewall), or make both networks route to each other."},
    {"member.refused", kError, "Whatever answers at a member's address is not that member, or refuses this node.",
     "Is the address another machine's now? Compare `meshzero identity show` on both."},
    {"member.expired", kError, "The certificate of a member has ended, so nobody talks to it.",
     "Let an admin node run where that machine reaches it: for 180 days it is renewed by itself. After that, there: "
     "meshzero join with a new token. If this machine's clock is ahead, set it."},
    {"member.unheard", kWarning, "A member answers this program, but the running node has lost it.",
     "Ask again in a minute; if it stays, restart the node with `meshzero down` and `meshzero up`."},
    {"member.not-asked", kInfo, "A member was reached, but could not say whether it reaches this node.",
     "Ask again in a minute; an older version there does not know how."},
    {"member.skipped", kInfo, "More members than doctor visits in one run.", "Run doctor on others too."},

    {"clock.agrees", kOk, "The clocks of this machine and of the members agree.", ""},
    {"clock.differs", kWarning, "The clock of a member differs from this one's by more than 30 seconds.",
     "Switch on network time on both. Linux: sudo timedatectl set-ntp true. macOS: sudo systemsetup "
     "-setusingnetworktime on"},
    {"clock.wrong", kError, "This machine's clock cannot be right.",
     "Set it. Linux: sudo timedatectl set-ntp true. macOS: sudo systemsetup -setusingnetworktime on"},

    {"version.same", kOk, "All members that answered run this version.", ""},
    {"version.differs", kWarning, "A member runs another version of MeshZero.", "Update the older one."},
    {"version.protocol", kError, "A member speaks another version of the protocol; the two refuse each other.",
     "Install the same version of MeshZero on both."},

    {"certificate.valid", kOk, "This node's certificate is good.", ""},
    {"certificate.late", kWarning, "This node's certificate ends within three days and was not renewed.",
     "Let an admin node run where this one reaches it; renewal goes by itself."},
    {"certificate.expired", kError, "This node's certificate has ended.",
     "Let an admin node run where this one reaches it: for 180 days it is renewed by itself. After that, join again "
     "with a token."},
    {"certificate.unreadable", kWarning, "This node's certificate cannot be read.",
     "Run doctor as the user that runs the node."},
    {"certificate.authority", kWarning, "The authority of the cluster ends within a year.",
     "Found a new cluster before then: meshzero leave on one node, then join the others to it."},

    {"admin.several", kOk, "More than one node can sign for the cluster.", ""},
    {"admin.single", kWarning,
     "Only one node holds the cluster's signing key. When it is lost, nobody can join any more.",
     "meshzero nodes promote ID, on the admin node; or keep a backup: meshzero ca backup FILE"},
    {"admin.none", kWarning, "No node is known to hold the cluster's signing key.",
     "Start the admin node again, or restore a backup: meshzero ca restore FILE"},

    {"disk.fine", kOk, "The data directory has space, can be written and is fast enough.", ""},
    {"disk.low", kWarning, "Less disk is free than the floor below which playing pauses.",
     "Free some space, or lower the floor with --disk-floor-gb."},
    {"disk.unwritable", kError, "The data directory cannot be written.",
     "Check owner, permissions and free space of the directory."},
    {"disk.slow", kWarning, "Making one small file durable takes more than half a second.",
     "Move the data directory to another disk with --data, away from network drives and worn cards."},

    {"sleep.stays-awake", kOk, "This machine does not go to sleep by itself.", ""},
    {"sleep.lid", kInfo, "This machine sleeps when its lid is closed; the node stands still while it sleeps.",
     "Linux: HandleLidSwitch=ignore in /etc/systemd/logind.conf. macOS: keep it on mains power with a display."},
    {"sleep.idle", kWarning, "This machine goes to sleep when nobody uses it; the node stands still while it sleeps.",
     "Linux: sudo systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target. macOS: sudo pmset "
     "-c sleep 0"},
    {"sleep.desktop", kInfo,
     "This machine has a desktop, whose own settings may put it to sleep; the node stands still while it sleeps.",
     "sudo systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target"},

    {"power.mains", kOk, "This machine runs on mains power.", ""},
    {"power.battery", kInfo, "This machine runs on battery, so it leads the cluster last.", "Plug it in."},
    {"power.low", kWarning, "This machine runs on battery, which is nearly empty.", "Plug it in."},

    {"files.enough", kOk, "The node may open as many files as it needs.", ""},
    {"files.few", kWarning, "The node may open few files; many connections will be refused.",
     "Raise the hard limit: LimitNOFILE= of the service, or `ulimit -Hn` of the shell that starts it."},

    {"sight.partial", kInfo, "Something could not be looked at.",
     "Run doctor with sudo if that matters, or as the user that runs the node."},
};

}  // namespace

std::string_view level_word(Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "error";
}

std::span<const FindingKind> finding_kinds() { return kKinds; }

Finding finding(std::string_view id, std::string text, std::string remedy) {
  const auto* const kind =
      std::find_if(std::begin(kKinds), std::end(kKinds), [id](const FindingKind& each) { return each.id == id; });
  if (kind == std::end(kKinds)) {
    std::fprintf(stderr, "meshzero: no kind of finding is called %s\n", std::string(id).c_str());
    std::abort();
  }
  if (remedy.empty()) remedy = kind->remedy;
  return {std::string(id), kind->level, std::move(text), std::move(remedy)};
}

}  // namespace mz::doctor
