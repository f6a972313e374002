// The fitness of a Mac, on Linux, with power sources played by the test.
#include <IOKit/ps/IOPowerSources.h>
#include <gtest/gtest.h>

#include <cstring>

#include "node/fitness.h"

namespace {

const char* providing = nullptr;  // as macOS words it
bool answers = true;
int held = 0;  // copies that nobody has released

}  // namespace

CFTypeRef IOPSCopyPowerSourcesInfo() {
  if (!answers) return nullptr;
  ++held;
  return &held;
}
CFStringRef IOPSGetProvidingPowerSourceType(CFTypeRef sources) {
  EXPECT_EQ(sources, &held);
  EXPECT_EQ(held, 1);
  return reinterpret_cast<CFStringRef>(providing);
}
Boolean CFEqual(CFTypeRef a, CFTypeRef b) {
  EXPECT_EQ(held, 1) << "the word belongs to the sources";
  return std::strcmp(static_cast<const char*>(a), static_cast<const char*>(b)) == 0 ? 1 : 0;
}
void CFRelease(CFTypeRef object) {
  EXPECT_EQ(object, &held);
  --held;
}

namespace mz {
namespace {

TEST(FitnessOfAMac, FallsWhileItUsesUpABattery) {
  for (const char* used_up : {"Battery Power", "UPS Power"}) {
    providing = used_up;
    EXPECT_EQ(machine_fitness(), Fitness::on_battery) << used_up;
  }
  providing = "AC Power";
  EXPECT_EQ(machine_fitness(), Fitness::best);
  EXPECT_EQ(held, 0);
}

TEST(FitnessOfAMac, IsBestWhereNothingIsKnown) {
  providing = nullptr;
  EXPECT_EQ(machine_fitness(), Fitness::best);
  answers = false;
  EXPECT_EQ(machine_fitness(), Fitness::best);
  EXPECT_EQ(held, 0);
}

}  // namespace
}  // namespace mz
