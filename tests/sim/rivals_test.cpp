// What members see of a second leader: all of a real one, nothing of one that is only remembered.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/world.h"

namespace mz::sim {
namespace {

constexpr std::uint64_t kSeeds = 40;

// Members of one cluster that know each other; counts the moments in which one of them sees a second leader.
class Cluster final : public Observer {
 public:
  Cluster(std::uint64_t seed, int members) : world(seed, false) {
    world.observer = this;
    for (int i = 0; i < members; ++i) world.start(world.add_host());
    for (const auto& host : world.hosts()) {
      for (const auto& other : world.hosts()) {
        if (host != other) world.introduce(*host, *other);
      }
    }
    for (int a = 0; a < members; ++a) {
      for (int b = 0; b < members; ++b) world.link(a, b).spread = 60 * kMillisecond;
    }
    world.run_until(20 * kSecond);
  }

  void started(const Host&) override {}
  void crashed(const Host&) override {}
  void woke(const Host&, Duration) override {}
  void sent(const Host&, const ClusterMessage&) override {}
  void received(const Host&, const ClusterMessage&) override {}
  void stepped(const Host& host) override {
    if (host.running() && !host.process->rivals().empty()) ++sights;
  }

  void run(Duration time) { world.run_until(world.time() + time); }
  Host& leader() {
    const auto found = std::find_if(world.hosts().begin(), world.hosts().end(),
                                    [this](const auto& host) { return world.part_of(*host) == Part::leading; });
    return found == world.hosts().end() ? world.host(0) : **found;
  }
  int leaders() {
    return static_cast<int>(std::count_if(world.hosts().begin(), world.hosts().end(),
                                          [this](const auto& host) { return world.part_of(*host) == Part::leading; }));
  }

  World world;
  std::uint64_t sights = 0;
};

TEST(RivalsTest, ALeaderThatHandsOverIsNoSecondLeader) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Cluster cluster(seed, 5);
    ASSERT_EQ(cluster.leaders(), 1) << seed;
    cluster.sights = 0;
    cluster.world.command(cluster.leader(), [](Agreement& machine, Now now) { machine.release(now, false); });
    cluster.run(20 * kSecond);
    EXPECT_EQ(cluster.leaders(), 1) << seed;
    EXPECT_EQ(cluster.sights, 0U) << seed;
  }
}

TEST(RivalsTest, ALeaderThatCrashedIsNoSecondLeader) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Cluster cluster(seed, 5);
    ASSERT_EQ(cluster.leaders(), 1) << seed;
    cluster.sights = 0;
    cluster.world.crash(cluster.leader());
    cluster.run(20 * kSecond);
    EXPECT_EQ(cluster.leaders(), 1) << seed;
    EXPECT_EQ(cluster.sights, 0U) << seed;
  }
}

TEST(RivalsTest, PartsThatMeetSeeBothLeadersForAMoment) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Cluster cluster(seed, 5);
    const auto set_links = [&](bool up) {
      for (int a = 0; a < 2; ++a) {
        for (int b = 2; b < 5; ++b) cluster.world.link(a, b).up = cluster.world.link(b, a).up = up;
      }
    };
    set_links(false);
    cluster.run(30 * kSecond);
    ASSERT_EQ(cluster.leaders(), 2) << seed;
    cluster.sights = 0;
    set_links(true);
    cluster.run(20 * kSecond);
    EXPECT_EQ(cluster.leaders(), 1) << seed;
    EXPECT_GT(cluster.sights, 0U) << seed;
    cluster.sights = 0;
    cluster.run(20 * kSecond);
    EXPECT_EQ(cluster.sights, 0U) << seed;
  }
}

}  // namespace
}  // namespace mz::sim
