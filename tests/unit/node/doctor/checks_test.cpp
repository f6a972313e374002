// Every finding from made-up facts.
#include "node/doctor/checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "api/status_json.h"
#include "node/doctor/collect.h"

namespace mz::doctor {
namespace {

using State = NodeFacts::State;
using Way = MemberFacts::Way;

constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::int64_t kDay = 86'400;

// A machine on which nothing is wrong, alone in its cluster.
Facts well() {
  Facts facts;
  facts.now = kNow;
  facts.self_admin = true;
  facts.node = {.state = State::up,
                .data = "/d",
                .pid = 7,
                .port = 8765,
                .health = "ok",
                .version = "1.0",
                .program_version = "1.0",
                .port_answers = true,
                .discovery_state = "running",
                .discovery_text = "Announced."};
  facts.system.interfaces = {{.name = "lo", .loopback = true, .addresses = {"127.0.0.1"}},
                             {.name = "eth0", .loopback = false, .addresses = {"192.0.2.5"}}};
  facts.system.bound = {{.address = "0.0.0.0", .pid = 7, .program = "meshzero"}};
  facts.system.walls_seen = true;
  facts.system.sleep.idle_minutes = 0;
  facts.system.power.known = true;
  facts.system.open_files = 20'000;
  facts.disk = {
      .looked = true, .free_bytes = 50'000'000'000, .floor_bytes = 10'000'000'000, .unwritable = "", .fsync_ms = 2};
  facts.certificate = {.looked = true,
                       .unreadable = "",
                       .not_before = kNow - 9 * kDay,
                       .not_after = kNow + 20 * kDay,
                       .authority_not_after = kNow + 3000 * kDay};
  return facts;
}

MemberFacts other(const std::string& name = "studio") {
  MemberFacts member;
  member.id = "4k2lq7abcdefgh";
  member.name = name;
  member.state = "alive";
  member.admin = true;
  member.version = "1.0";
  member.way = Way::reached;
  member.address = "192.0.2.9:8765";
  member.dials_back = true;
  member.clock_ahead_s = 0.2;
  member.clock_within_s = 0.01;
  return member;
}

Facts with(const MemberFacts& member) {
  Facts facts = well();
  facts.members = {member};
  return facts;
}

std::vector<std::string> ids(const Findings& findings) {
  std::vector<std::string> list;
  for (const Finding& each : findings) list.push_back(each.id);
  return list;
}

Finding found(const Facts& facts, const std::string& id) {
  for (const Finding& each : diagnose(facts)) {
    if (each.id == id) return each;
  }
  ADD_FAILURE() << "there is no finding " << id << " among " << testing::PrintToString(ids(diagnose(facts)));
  return {};
}
bool has(const Facts& facts, const std::string& id) {
  const auto list = ids(diagnose(facts));
  return std::find(list.begin(), list.end(), id) != list.end();
}

using Ids = std::vector<std::string>;

TEST(Doctor, FindsNothingWrongWithAHealthyMachine) {
  for (const Facts& facts : {well(), with(other())}) {
    for (const Finding& each : diagnose(facts)) EXPECT_EQ(each.level, Level::ok) << each.id << ": " << each.text;
  }
  EXPECT_EQ(ids(diagnose(with(other()))),
            (Ids{"node.running", "port.listening", "firewall.open", "discovery.running", "interfaces.up",
                 "member.reached", "clock.agrees", "version.same", "certificate.valid", "admin.several", "disk.fine",
                 "sleep.stays-awake", "power.mains", "files.enough"}));
}

TEST(Doctor, EveryKindHasItsWordsAndAnIdOfItsOwn) {
  std::set<std::string_view> seen;
  for (const FindingKind& kind : finding_kinds()) {
    EXPECT_TRUE(seen.insert(kind.id).second) << kind.id;
    EXPECT_TRUE(kind.meaning.ends_with(".")) << kind.id;
    EXPECT_EQ(kind.remedy.empty(), kind.level == Level::ok) << kind.id;
  }
}

TEST(Doctor, SaysWhatTheNodeIsDoing) {
  Facts facts = well();
  facts.node.health = "starting";
  EXPECT_EQ(found(facts, "node.starting").level, Level::info);
  facts.node.health = "degraded";
  facts.node.alerts = {"Only 1 GB of disk are free."};
  EXPECT_EQ(ids(check_node(facts)), (Ids{"node.degraded", "node.alert"}));
  EXPECT_EQ(found(facts, "node.alert").text, "Only 1 GB of disk are free.");
  facts = well();
  facts.node.version = "0.9";
  EXPECT_EQ(found(facts, "node.other-version").remedy, "meshzero down && meshzero up");
  facts.node.state = State::silent;
  EXPECT_EQ(ids(check_node(facts)), Ids{"node.silent"});
  facts.node.state = State::no_data;
  EXPECT_EQ(ids(check_node(facts)), Ids{"node.no-data"});
  facts.node.state = State::refused;
  facts.node.reason = "It is somebody else's.";
  EXPECT_EQ(found(facts, "node.refused").text, facts.node.reason);
}

TEST(Doctor, ACopiedIdentityIsSaidAndTheOthersAreNotJudgedByIt) {
  MemberFacts lost = other();
  lost.state = "dead";
  lost.dials_back = false;
  MemberFacts refusing = other("second");
  refusing.way = Way::refused;
  Facts facts = with(lost);
  facts.members.push_back(refusing);
  facts.node.frozen = true;
  EXPECT_EQ(ids(check_node(facts)), Ids{"identity.cloned"}) << "it is not called healthy";
  const Finding cloned = found(facts, "identity.cloned");
  EXPECT_EQ(cloned.level, Level::error);
  EXPECT_NE(cloned.remedy.find("meshzero identity reset"), std::string::npos);
  EXPECT_TRUE(check_members(facts).empty());
  EXPECT_TRUE(check_admins(facts).empty());
  facts.node.health = "degraded";
  EXPECT_EQ(ids(check_node(facts)), (Ids{"identity.cloned", "node.degraded"}));
}

TEST(DoctorChecks, ANodeThatWasPutOutIsNotCalledHealthy) {
  Facts facts = well();
  const auto status = nlohmann::json::parse(status_json({}, Health::ok, nullptr, true));
  read_status(status, facts);
  EXPECT_TRUE(facts.node.put_out);
  EXPECT_TRUE(facts.node.alerts.empty()) << "it has a finding of its own";
  EXPECT_EQ(ids(check_node(facts)), Ids{"identity.put-out"});
  const Finding put_out = found(facts, "identity.put-out");
  EXPECT_EQ(put_out.level, Level::error);
  EXPECT_NE(put_out.remedy.find("meshzero identity reset"), std::string::npos);
  Facts member = well();
  read_status(nlohmann::json::parse(status_json({}, Health::ok, nullptr, false)), member);
  EXPECT_FALSE(member.node.put_out);
}

TEST(Doctor, SaysWhatANodeThatIsDownHasLeft) {
  Facts facts = well();
  facts.node.state = State::down;
  facts.system.bound.clear();
  EXPECT_EQ(ids(check_node(facts)), Ids{"node.down"});
  EXPECT_EQ(found(facts, "node.down").remedy, "meshzero up");
  EXPECT_EQ(ids(check_port(facts)), Ids{"port.free"});
  facts.node.failed_start = "Port 8765 is taken.";
  facts.node.record_left = true;
  facts.node.locked = true;
  EXPECT_EQ(ids(check_node(facts)), (Ids{"node.down", "node.failed-start", "node.killed", "node.locked"}));
  EXPECT_NE(found(facts, "node.failed-start").text.find("Port 8765 is taken."), std::string::npos);
}

TEST(Doctor, SaysWhoHasThePort) {
  Facts facts = well();
  facts.node.state = State::down;
  facts.system.bound = {{.address = "0.0.0.0", .pid = 99, .program = "python3"}};
  EXPECT_NE(found(facts, "port.taken").text.find("python3 (process 99)"), std::string::npos);
  facts.system.bound = {{.address = "0.0.0.0"}};
  EXPECT_NE(found(facts, "port.taken").text.find("another user"), std::string::npos);
}

TEST(Doctor, TellsAPortOfThisComputerFromOneForAll) {
  Facts facts = well();
  facts.system.bound = {{.address = "127.0.0.1", .pid = 7}, {.address = "::1", .pid = 7}};
  EXPECT_EQ(found(facts, "port.this-computer").level, Level::info);
  facts.members = {other()};
  EXPECT_EQ(found(facts, "port.not-everywhere").level, Level::warning);
  facts.node.port_answers = false;
  EXPECT_EQ(ids(check_port(facts)), Ids{"port.dead"});
}

TEST(Doctor, AFirewallMattersOnceThereAreOthers) {
  Facts facts = well();
  facts.system.walls = {{.name = "ufw", .port = Passage::blocked, .open_port = "sudo ufw allow 8765/tcp"}};
  EXPECT_EQ(found(facts, "firewall.closed").level, Level::info);
  facts.members = {other()};
  const Finding blocks = found(facts, "firewall.blocks");
  EXPECT_EQ(blocks.level, Level::error);
  EXPECT_EQ(blocks.remedy, "sudo ufw allow 8765/tcp");
  EXPECT_NE(blocks.text.find("ufw"), std::string::npos);
  facts.system.walls[0].port = Passage::unclear;
  EXPECT_EQ(found(facts, "firewall.unclear").level, Level::info);
  facts.system.walls = {{.name = "firewalld", .mdns = Passage::blocked, .open_mdns = "open it"}};
  EXPECT_EQ(ids(check_firewall(facts)), (Ids{"firewall.no-bonjour", "firewall.open"}));
  facts.node.discovery_state = "off";
  EXPECT_EQ(ids(check_firewall(facts)), Ids{"firewall.open"}) << "nobody wants it";
  facts.system.walls.clear();
  facts.system.walls_seen = false;
  EXPECT_TRUE(check_firewall(facts).empty()) << "nothing is known";
}

TEST(Doctor, GoesByTheNodeForDiscoveryAndByTheDaemonWhenItIsDown) {
  Facts facts = well();
  facts.node.discovery_state = "unavailable";
  facts.node.discovery_text = "No daemon.";
  EXPECT_NE(found(facts, "discovery.unavailable").remedy.find("install Avahi"), std::string::npos);
  for (const auto& [packages, install] : {std::pair{Packages::apt, "apt install avahi-daemon"},
                                          {Packages::dnf, "dnf install avahi"},
                                          {Packages::pacman, "pacman -S avahi"},
                                          {Packages::zypper, "zypper install avahi"}}) {
    facts.system.packages = packages;
    EXPECT_EQ(found(facts, "discovery.unavailable").remedy,
              std::string("sudo ") + install + " && sudo systemctl enable --now avahi-daemon");
  }
  facts.system.system = System::on_macos;
  EXPECT_NE(found(facts, "discovery.unavailable").remedy.find("mDNSResponder"), std::string::npos);
  facts.node.discovery_state = "off";
  EXPECT_EQ(found(facts, "discovery.off").level, Level::info);
  facts.node.discovery_state = "starting";
  EXPECT_TRUE(has(facts, "discovery.starting"));
  facts.node.discovery_state = "";
  EXPECT_TRUE(has(facts, "discovery.unavailable"));
  facts.system.discovery_daemon = true;
  EXPECT_TRUE(has(facts, "discovery.running"));
}

TEST(Doctor, LooksForAWayOut) {
  Facts facts = well();
  facts.system.interfaces.pop_back();
  EXPECT_TRUE(has(facts, "interfaces.none"));
  facts.system.interfaces.push_back({.name = "wlan0", .loopback = false, .addresses = {"169.254.3.4"}});
  EXPECT_TRUE(has(facts, "interfaces.no-lease"));
  facts.system.interfaces.back().addresses.emplace_back("2001:db8::5");
  EXPECT_TRUE(has(facts, "interfaces.up"));
}

TEST(Doctor, KnowsThePatternOfAHiddenLocalNetwork) {
  MemberFacts hidden = other();
  hidden.way = Way::unreachable;
  hidden.failures = {"Nothing answers at 192.0.2.9:8765 (No route to host)."};
  hidden.without_route = 1;
  Facts facts = with(hidden);
  EXPECT_FALSE(has(facts, "interfaces.local-network")) << "on Linux it means something else";
  facts.system.system = System::on_macos;
  EXPECT_EQ(found(facts, "interfaces.local-network").level, Level::error);
  facts.members[0].way = Way::refused;
  facts.members[0].failures.emplace_back("At 127.0.0.1:8766 is another node.");
  EXPECT_TRUE(has(facts, "interfaces.local-network")) << "somebody else answered, here";
  facts.members.push_back(other("second"));
  EXPECT_FALSE(has(facts, "interfaces.local-network")) << "one was reached";
  for (const char* here : {"127.0.0.1:8766", "[::1]:8766"}) {
    facts.members[1].address = here;
    EXPECT_TRUE(has(facts, "interfaces.local-network")) << "one was reached on this computer: " << here;
  }
  facts = well();
  facts.system.system = System::on_macos;
  EXPECT_FALSE(has(facts, "interfaces.local-network"));
  facts.node.candidates_without_route = 2;
  EXPECT_TRUE(has(facts, "interfaces.local-network"));
}

TEST(Doctor, TellsTheFiveWaysInWhichAMemberIsOutOfReach) {
  MemberFacts member = other();
  member.way = Way::unreachable;
  member.failures = {"Nothing answers at 192.0.2.9:8765 (timed out)."};
  EXPECT_NE(found(with(member), "member.unreachable").text.find("timed out"), std::string::npos);
  member.way = Way::refused;
  EXPECT_EQ(found(with(member), "member.refused").level, Level::error);
  member.way = Way::expired;
  member.failures = {"192.0.2.9:8765: certificate has expired."};
  const Finding ended = found(with(member), "member.expired");
  EXPECT_NE(ended.text.find("The certificate of studio (4k2lq7a) has ended"), std::string::npos) << ended.text;
  EXPECT_NE(ended.remedy.find("renewed by itself"), std::string::npos) << ended.remedy;
  member = other();
  member.dials_back = false;
  member.back_text = "Nothing answers at 192.0.2.5:8765.";
  EXPECT_NE(found(with(member), "member.one-way").text.find("192.0.2.5"), std::string::npos);
  member = other();
  member.dials_back.reset();
  EXPECT_EQ(found(with(member), "member.not-asked").level, Level::info);
  member = other();
  member.state = "dead";
  EXPECT_EQ(ids(check_members(with(member))), (Ids{"member.unheard", "member.reached"}));
  Facts facts = with(other());
  facts.node.state = State::down;
  EXPECT_TRUE(check_members(facts).empty()) << "nobody can dial a node that is down";
  facts.members_skipped = 3;
  EXPECT_EQ(ids(check_members(facts)), Ids{"member.skipped"});
}

TEST(Doctor, ComparesClocks) {
  MemberFacts member = other();
  member.clock_ahead_s = -4000;
  const Finding behind = found(with(member), "clock.differs");
  EXPECT_NE(behind.text.find("66 minutes behind"), std::string::npos) << behind.text;
  member.clock_ahead_s = 35;
  EXPECT_TRUE(has(with(member), "clock.differs"));
  member.clock_within_s = 6;
  EXPECT_FALSE(has(with(member), "clock.differs")) << "that may be the way there";
  Facts facts = well();
  facts.now = 100;
  EXPECT_EQ(found(facts, "clock.wrong").level, Level::error);
  facts = well();
  facts.certificate.not_before = kNow + 10;
  EXPECT_TRUE(has(facts, "clock.wrong"));
}

TEST(Doctor, ComparesVersions) {
  MemberFacts member = other();
  member.version = "0.9";
  EXPECT_EQ(found(with(member), "version.differs").level, Level::warning);
  member.way = Way::other_protocol;
  member.failures = {"1 here, 2 there."};
  EXPECT_EQ(ids(check_versions(with(member))), Ids{"version.protocol"});
  EXPECT_TRUE(check_members(with(member)).empty());
}

TEST(Doctor, LooksAtCertificates) {
  Facts facts = well();
  facts.certificate.not_after = kNow + 2 * kDay;
  EXPECT_EQ(found(facts, "certificate.late").level, Level::warning);
  facts.certificate.not_after = kNow - kDay;
  EXPECT_EQ(found(facts, "certificate.expired").level, Level::error);
  facts.certificate.authority_not_after = kNow + 100 * kDay;
  EXPECT_EQ(found(facts, "certificate.authority").text, "The authority of the cluster ends in 100 days.");
  facts.certificate.unreadable = "Somebody else could read it.";
  EXPECT_EQ(ids(check_certificates(facts)), Ids{"certificate.unreadable"});
  facts.certificate = {};
  EXPECT_TRUE(check_certificates(facts).empty());
}

TEST(Doctor, CountsAdmins) {
  MemberFacts worker = other();
  worker.admin = false;
  Facts facts = with(worker);
  EXPECT_NE(found(facts, "admin.single").remedy.find("meshzero nodes promote"), std::string::npos);
  facts.self_admin = false;
  EXPECT_TRUE(has(facts, "admin.none"));
  EXPECT_TRUE(check_admins(well()).empty()) << "alone there is nobody to promote";
}

TEST(Doctor, LooksAtTheDisk) {
  Facts facts = well();
  facts.disk.free_bytes = 1'000'000'000;
  EXPECT_TRUE(has(facts, "disk.low"));
  facts.disk.fsync_ms = 900;
  EXPECT_EQ(ids(check_disk(facts)), (Ids{"disk.low", "disk.slow"}));
  facts.disk.unwritable = "No.";
  EXPECT_EQ(ids(check_disk(facts)), Ids{"disk.unwritable"});
}

TEST(Doctor, LooksAtSleepPowerAndFiles) {
  Facts facts = well();
  constexpr char kMask[] = "sudo systemctl mask sleep.target suspend.target hibernate.target hybrid-sleep.target";
  facts.system.sleep = {.idle_minutes = 0, .desktop = true};
  EXPECT_EQ(ids(check_sleep(facts)), Ids{"sleep.desktop"}) << "nobody knows that it stays awake";
  EXPECT_EQ(found(facts, "sleep.desktop").remedy, kMask);
  facts.system.sleep = {.idle_minutes = 10, .desktop = true, .lid = true};
  EXPECT_EQ(ids(check_sleep(facts)), (Ids{"sleep.idle", "sleep.lid"}));
  EXPECT_EQ(found(facts, "sleep.idle").remedy, kMask);
  facts.system.system = System::on_macos;
  EXPECT_EQ(found(facts, "sleep.idle").remedy, "sudo pmset -c sleep 0");
  facts.system.sleep = {};
  EXPECT_TRUE(check_sleep(facts).empty()) << "not known";
  facts.system.power = {.known = true, .battery = true, .percent = 80};
  EXPECT_EQ(found(facts, "power.battery").level, Level::info);
  facts.system.power.percent = 5;
  EXPECT_EQ(found(facts, "power.low").level, Level::warning);
  facts.system.open_files = 256;
  EXPECT_TRUE(has(facts, "files.few"));
  facts.system.unseen = {"The rules cannot be read."};
  EXPECT_EQ(found(facts, "sight.partial").text, "The rules cannot be read.");
}

TEST(Doctor, ReadsAStatusAndTrustsNothingInIt) {
  const std::string self(52, 'a');
  const std::string second(51, 'b');
  const auto status = nlohmann::json::parse(
      R"({"node_id":")" + self +
      R"(","status":"ok","version":"1.2","limits":{"disk_floor_bytes":5},"alerts":[{"text":"A\u001b[2Jx"},3],
          "members":[{"node_id":")" +
      self + R"(","roles":["admin"],"state":"alive"},
                     {"node_id":"nonsense","state":"alive"},7,{"node_id":"gone","state":"left"}]})");
  Facts facts;
  EXPECT_TRUE(read_status(status, facts).empty());
  EXPECT_TRUE(facts.self_admin);
  EXPECT_EQ(facts.node.health, "ok");
  EXPECT_EQ(facts.disk.floor_bytes, 5U);
  ASSERT_FALSE(facts.node.alerts.empty());
  EXPECT_EQ(facts.node.alerts[0], "A [2Jx");
  EXPECT_FALSE(facts.node.frozen);
  Facts frozen;
  read_status({{"role", "frozen"}, {"alerts", {{{"text", kFrozenAlert}}, {{"text", "Another one."}}}}}, frozen);
  EXPECT_TRUE(frozen.node.frozen);
  EXPECT_EQ(frozen.node.alerts, std::vector<std::string>{"Another one."}) << "the other has a finding of its own";

  ClusterMember member;
  member.other_protocol = 98;
  Facts mixed;
  read_status({{"alerts", {{{"text", other_protocol_text({&member})}}, {{"text", "Another one."}}}}}, mixed);
  EXPECT_EQ(mixed.node.alerts, std::vector<std::string>{"Another one."}) << "so does that";
  Facts empty;
  EXPECT_TRUE(read_status(nlohmann::json::object(), empty).empty());
}

}  // namespace
}  // namespace mz::doctor
