// Texts of systems, written by hand after the documented formats, not recorded.
#include "node/doctor/system_text.h"

#include <gtest/gtest.h>

namespace mz::doctor {
namespace {

TEST(ProcNetTcp, NamesTheListenersOfThePort) {
  // 0x223D is 8765; 0A is listening, 01 established. The address is a number of this machine, so this holds on little-endian ones.
  const std::string text =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:223D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 "
      "0\n"
      "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 "
      "0\n"
      "   2: 0100007F:223D 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 100 0 0 10 "
      "0\n";
  const auto sockets = read_proc_net_tcp(text, 8765);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].address, "127.0.0.1");
  EXPECT_EQ(sockets[0].inode, 4711U);
  const auto six = read_proc_net_tcp(
      "   0: 00000000000000000000000000000000:223D 00000000000000000000000000000000:0000 0A 00000000:00000000 "
      "00:00000000 "
      "00000000     0        0 99 1 0 100 0 0 10 0\n",
      8765);
  ASSERT_EQ(six.size(), 1U);
  EXPECT_EQ(six[0].address, "::");
  EXPECT_TRUE(read_proc_net_tcp("nonsense\n0: zz:223D 0 0A 0 0 0 0 0 0\n", 8765).size() <= 1U);
}

TEST(Lsof, NamesTheListenersOfThePort) {
  const auto bound = read_lsof("p501\ncmeshzero\nf7\nn*:8765\nf8\nn[::1]:8765\np77\ncother\nf3\nn127.0.0.1:8765\n");
  ASSERT_EQ(bound.size(), 3U);
  EXPECT_EQ(bound[0].pid, 501);
  EXPECT_EQ(bound[0].program, "meshzero");
  EXPECT_EQ(bound[0].address, "0.0.0.0");
  EXPECT_EQ(bound[1].address, "::1");
  EXPECT_EQ(bound[2].program, "other");
}

TEST(ProcLimits, NamesBothLimits) {
  const FileLimits limits = read_proc_limits(
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max open files            1024                 unlimited            files     \n");
  EXPECT_EQ(limits.soft, 1024U);
  EXPECT_EQ(limits.hard, UINT64_MAX);
  EXPECT_EQ(read_proc_limits("").soft, 0U);
}

SleepFacts by_logind(const std::string& text, bool has_lid = false) {
  return read_systemd_sleep({.logind = text, .sleep_target = "static\n", .default_target = "multi-user.target\n"},
                            has_lid);
}

TEST(Logind, SleepsByItsDefaultsWhenTheLidCloses) {
  const std::string shipped = "[Login]\n#HandleLidSwitch=suspend\n#IdleAction=ignore\n#IdleActionSec=30min\n";
  EXPECT_TRUE(by_logind(shipped, true).lid);
  EXPECT_FALSE(by_logind(shipped, false).lid);
  EXPECT_EQ(by_logind(shipped, true).idle_minutes, 0U);
  EXPECT_FALSE(by_logind("[Login]\nHandleLidSwitch=ignore\n", true).lid);
  EXPECT_FALSE(by_logind("[Login]\n  HandleLidSwitch = ignore \n", true).lid);
  EXPECT_TRUE(by_logind("[Login]\n ; HandleLidSwitch = ignore\n", true).lid);
}

TEST(Logind, SleepsWhenItIsToldToAfterAWhile) {
  EXPECT_EQ(by_logind("IdleAction=suspend\n").idle_minutes, 30U);
  EXPECT_EQ(by_logind("IdleAction=suspend\nIdleActionSec=1h 20min\n").idle_minutes, 80U);
  EXPECT_EQ(by_logind("IdleAction =\tsuspend\nIdleActionSec = 1h 20min\n").idle_minutes, 80U);
  EXPECT_EQ(by_logind("IdleAction=suspend\nIdleActionSec=90\n").idle_minutes, 2U);
  EXPECT_EQ(by_logind("IdleAction=suspend\nIdleAction=ignore\n").idle_minutes, 0U) << "the last counts";
  EXPECT_EQ(by_logind("IdleAction=lock\nIdleActionSec=5min\n").idle_minutes, 0U);
}

TEST(Systemd, SleepsAsADesktopLikesUnlessItsTargetIsMasked) {
  SleepText text{.sleep_target = "static\n", .default_target = "graphical.target\n", .display_manager = "active\n"};
  EXPECT_TRUE(read_systemd_sleep(text, true).desktop);
  text.logind = "IdleAction=suspend\n";
  text.sleep_target = "masked\n";
  const SleepFacts masked = read_systemd_sleep(text, true);
  EXPECT_FALSE(masked.desktop);
  EXPECT_FALSE(masked.lid);
  EXPECT_EQ(masked.idle_minutes, 0U);
}

// As Debian installs every server.
TEST(Systemd, ItIsNotKnownWhoMayStartADesktop) {
  const SleepFacts facts = read_systemd_sleep(
      {.sleep_target = "static\n", .default_target = "graphical.target\n", .display_manager = "inactive\n"}, false);
  EXPECT_FALSE(facts.desktop);
  EXPECT_FALSE(facts.idle_minutes.has_value());
}

TEST(OsRelease, NamesThePackagesByTheDistributionOrByWhatItIsMadeFrom) {
  EXPECT_EQ(read_os_release("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"), Packages::apt);
  EXPECT_EQ(read_os_release("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Packages::apt);
  EXPECT_EQ(read_os_release("NAME=\"Fedora Linux\"\nID=fedora\nVARIANT_ID=workstation\n"), Packages::dnf);
  EXPECT_EQ(read_os_release("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Packages::dnf);
  EXPECT_EQ(read_os_release("ID_LIKE=arch\nID=manjaro\n"), Packages::pacman);
  EXPECT_EQ(read_os_release("ID='opensuse-leap'\nID_LIKE='suse opensuse'\n"), Packages::zypper);
  EXPECT_EQ(read_os_release("ID=alpine\n"), Packages::unknown);
  EXPECT_EQ(read_os_release(""), Packages::unknown);
}

TEST(Pmset, TellsSleepOnMainsPower) {
  const std::string text =
      "Battery Power:\n lowpowermode         1\n sleep                1\n displaysleep         2\n"
      "AC Power:\n sleep                10 (sleep prevented by powerd)\n displaysleep         10\n";
  EXPECT_EQ(read_pmset_custom(text, true).idle_minutes, 10U);
  EXPECT_TRUE(read_pmset_custom(text, true).lid);
  EXPECT_EQ(read_pmset_custom("AC Power:\n sleep                0\n", false).idle_minutes, 0U);
  EXPECT_FALSE(read_pmset_custom("", false).idle_minutes.has_value());
}

TEST(Pmset, TellsTheBattery) {
  const PowerFacts battery = read_pmset_batt(
      "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4522083)\t85%; discharging; 4:21 remaining present: "
      "true\n");
  EXPECT_TRUE(battery.known);
  EXPECT_TRUE(battery.battery);
  EXPECT_EQ(battery.percent, 85U);
  const PowerFacts mains = read_pmset_batt("Now drawing from 'AC Power'\n");
  EXPECT_TRUE(mains.known);
  EXPECT_FALSE(mains.battery);
  EXPECT_FALSE(read_pmset_batt("").known);
}

}  // namespace
}  // namespace mz::doctor
