// A node that should not lead, for its battery or because it may vanish, leads only while nobody better is there.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/checks.h"
#include "tests/sim/world.h"

namespace mz::sim {
namespace {

constexpr Instant kLongEnough = kSettled + 2 * kHandOverPause;

class HandOver : public testing::TestWithParam<std::uint64_t> {
 protected:
  HandOver() : world_(GetParam(), false), checks_(world_) {}

  void TearDown() override { EXPECT_FALSE(checks_.violation()) << *checks_.violation(); }

  Host& add(Fitness fitness) {
    Host& host = world_.add_host();
    host.fitness = fitness;
    world_.start(host);
    if (host.index > 0) {
      world_.introduce(host, world_.host(0));
      world_.introduce(world_.host(0), host);
    }
    return host;
  }
  void run(Duration length) { world_.run_until(world_.time() + length); }
  // The host that leads; -1 without one, or with several.
  int leader() {
    int found = -1;
    for (const auto& host : world_.hosts()) {
      if (world_.part_of(*host) != Part::leading) continue;
      if (found >= 0) return -1;
      found = host->index;
    }
    return found;
  }
  // How often somebody began to lead.
  std::uint64_t changes() {
    std::uint64_t count = 0;
    for (const auto& [feed, events] : world_.host(0).process->events().feeds()) {
      count += static_cast<std::uint64_t>(
          std::count_if(events.begin(), events.end(), [](const Event& event) { return event.topic == "leader"; }));
    }
    return count;
  }

  World world_;
  Checks checks_;
};

TEST_P(HandOver, GoesToTheFittestMember) {
  add(Fitness::on_battery);
  run(10 * kSecond);
  ASSERT_EQ(leader(), 0);  // nobody else is there
  add(Fitness::last_resort);
  add(Fitness::wireless);
  add(Fitness::best);
  run(3 * kSecond);
  checks_.settle();
  run(kLongEnough);
  EXPECT_EQ(leader(), 3);
}

TEST_P(HandOver, DoesNotHappenWithoutNeed) {
  add(Fitness::wireless);
  run(10 * kSecond);
  add(Fitness::best);
  add(Fitness::best);
  run(3 * kSecond);
  checks_.settle();
  run(kLongEnough);
  EXPECT_EQ(leader(), 0);
}

TEST_P(HandOver, DoesNotHappenWhileNobodyIsBetter) {
  add(Fitness::last_resort);
  run(10 * kSecond);
  add(Fitness::on_battery);
  add(Fitness::on_battery);
  run(3 * kSecond);
  checks_.settle();
  run(kLongEnough);
  EXPECT_EQ(leader(), 0);
}

TEST_P(HandOver, IsNotTakenBack) {
  Host& first = add(Fitness::best);
  run(10 * kSecond);
  add(Fitness::best);
  add(Fitness::best);
  run(2 * kLease);
  ASSERT_EQ(leader(), 0);
  const std::uint64_t before = changes();
  const auto become = [&](Fitness fitness) {
    first.fitness = fitness;
    world_.command(first, [fitness](Agreement& process, Now now) { process.become(fitness, now); });
  };
  become(Fitness::on_battery);
  checks_.settle();
  run(kSecond);
  const int second = leader();
  EXPECT_GT(second, 0);
  become(Fitness::best);
  run(kLongEnough);
  EXPECT_EQ(leader(), second);
  EXPECT_EQ(changes(), before + 1);
}

// Before a sleep that takes its time. The members are as fit to lead as it happens.
TEST_P(HandOver, ComesBeforeSleep) {
  for (const Policy policy : {Policy::available, Policy::etcd}) {
    World world(GetParam(), false);
    world.settings.policy = policy;
    for (int i = 0; i < 3; ++i) {
      world.start(world.add_host());
      if (i > 0) world.introduce(world.host(i), world.host(0));
    }
    world.run_until(15 * kSecond);
    Host* first = nullptr;
    for (const auto& host : world.hosts()) {
      if (world.part_of(*host) == Part::leading) first = host.get();
    }
    ASSERT_NE(first, nullptr);
    world.command(*first, [](Agreement& process, Now now) { process.rest(now); });
    const auto others_lead = [&] {
      return std::any_of(world.hosts().begin(), world.hosts().end(), [&](const auto& host) {
        return host.get() != first && world.part_of(*host) == Part::leading;
      });
    };
    const Instant begin = world.time();
    while (!others_lead() && world.time() < begin + 2 * kLease) world.run_until(world.time() + kMillisecond);
    EXPECT_LT(world.time() - begin, kSecond);
    world.run_until(begin + kRest);
    EXPECT_EQ(world.part_of(*first), Part::following);
    EXPECT_TRUE(others_lead());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HandOver, testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace mz::sim
