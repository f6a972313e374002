#include "node/fitness.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace mz {
namespace {

namespace fs = std::filesystem;

class MachineFitness : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mz-fitness-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void battery(const std::string& name, const std::string& status) {
    write("sys/class/power_supply/" + name + "/type", "Battery");
    write("sys/class/power_supply/" + name + "/status", status);
  }
  void route(const std::string& lines) { write("proc/net/route", "Iface\tDestination\tGateway\tFlags\n" + lines); }

  fs::path root_;
};

TEST_F(MachineFitness, IsBestWhereNothingIsKnown) { EXPECT_EQ(machine_fitness(root_), Fitness::best); }

TEST_F(MachineFitness, FallsWithABatteryThatIsUsedUp) {
  write("sys/class/power_supply/AC/type", "Mains");
  battery("BAT0", "Full");
  battery("BAT1", "Not charging");
  EXPECT_EQ(machine_fitness(root_), Fitness::best);
  battery("BAT1", "Discharging");
  EXPECT_EQ(machine_fitness(root_), Fitness::on_battery);
}

TEST_F(MachineFitness, DoesNotDependOnTheMouse) {
  battery("hid-mouse", "Discharging");
  write("sys/class/power_supply/hid-mouse/scope", "Device");
  EXPECT_EQ(machine_fitness(root_), Fitness::best);
}

TEST_F(MachineFitness, FallsWithAWirelessDefaultRoute) {
  write("sys/class/net/wlan0/wireless/status", "0");
  write("sys/class/net/eth0/mtu", "1500");
  route("wlan0\t0000A8C0\t00000000\t0001\neth0\t00000000\t0100A8C0\t0003");
  EXPECT_EQ(machine_fitness(root_), Fitness::best);
  route("eth0\t0000A8C0\t00000000\t0001\nwlan0\t00000000\t0100A8C0\t0003");
  EXPECT_EQ(machine_fitness(root_), Fitness::wireless);
  battery("BAT0", "Discharging");
  EXPECT_EQ(machine_fitness(root_), Fitness::on_battery);
}

}  // namespace
}  // namespace mz
