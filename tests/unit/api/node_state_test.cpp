#include "api/node_state.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/status_json.h"
#include "p2p/protocol.h"

using mz::Health;
using mz::Loop;
using mz::NodeSnapshot;
using mz::NodeState;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

void publish(NodeState& state, bool starting, bool failed = false) {
  auto snapshot = std::make_shared<NodeSnapshot>();
  snapshot->starting = starting;
  snapshot->failed = failed;
  state.publish(std::move(snapshot));
}

const NodeState::Clock::time_point kNow{std::chrono::hours(1)};

}  // namespace

TEST(NodeState, a_fresh_node_is_starting_until_its_snapshot_says_otherwise) {
  NodeState state;
  EXPECT_EQ(state.health(kNow), Health::starting);
  publish(state, true);
  EXPECT_EQ(state.health(kNow), Health::starting);
  publish(state, false);
  EXPECT_EQ(state.health(kNow), Health::ok);
}

TEST(NodeState, a_late_control_loop_degrades_whatever_the_snapshot_says) {
  NodeState state;
  publish(state, false);
  state.beat(Loop::control, kNow);
  EXPECT_EQ(state.health(kNow + seconds(5)), Health::ok);
  EXPECT_EQ(state.health(kNow + seconds(5) + milliseconds(1)), Health::degraded);
  state.beat(Loop::control, kNow + seconds(6));
  EXPECT_EQ(state.health(kNow + seconds(6)), Health::ok);
}

TEST(NodeState, a_late_store_loop_degrades_too) {
  NodeState state;
  publish(state, false);
  state.beat(Loop::store, kNow);
  EXPECT_EQ(state.health(kNow + seconds(60)), Health::ok);
  EXPECT_EQ(state.health(kNow + seconds(61)), Health::degraded);
}

TEST(NodeState, a_late_agreement_degrades_like_the_control_loop_and_its_disk_like_the_store) {
  NodeState state;
  publish(state, false);
  state.beat(Loop::agreement, kNow);
  state.beat(Loop::cluster_disk, kNow);
  EXPECT_EQ(state.health(kNow + seconds(5)), Health::ok);
  EXPECT_EQ(state.health(kNow + seconds(6)), Health::degraded);
  state.beat(Loop::agreement, kNow + seconds(60));
  EXPECT_EQ(state.health(kNow + seconds(60)), Health::ok);
  EXPECT_EQ(state.health(kNow + seconds(61)), Health::degraded);
}

TEST(NodeState, a_node_that_cannot_work_is_degraded) {
  NodeState state;
  publish(state, false, true);
  EXPECT_EQ(state.health(kNow), Health::degraded);
}

TEST(RecentMaximum, remembers_the_greatest_for_half_a_minute_to_a_minute) {
  mz::RecentMaximum late;
  EXPECT_EQ(late.value(kNow), 0);
  late.note(2, kNow);
  late.note(1, kNow + seconds(1));
  EXPECT_EQ(late.value(kNow + seconds(29)), 2);
  late.note(1, kNow + seconds(40));
  EXPECT_EQ(late.value(kNow + seconds(40)), 2);
  EXPECT_EQ(late.value(kNow + seconds(75)), 1);
  EXPECT_EQ(late.value(kNow + seconds(200)), 0);
}

TEST(StatusJson, members_that_speak_other_versions_of_the_protocol_are_one_alert_for_each_version) {
  mz::ClusterPicture picture;
  for (std::uint8_t i = 0; i < 6; ++i) {
    mz::ClusterMember member;
    member.node = mz::NodeId::of_public_key(std::vector<std::uint8_t>{i});
    member.name = std::string("m") + (i == 0 ? '\n' : static_cast<char>('0' + i));
    member.other_protocol = i == 5 ? 0 : i == 0 ? 90 : 91;
    picture.members.push_back(member);
  }
  const auto name = [&](std::size_t i, const std::string& shown) {
    return shown + " (" + picture.members[i].node.short_text() + ")";
  };
  const auto status = nlohmann::json::parse(mz::status_json({}, Health::ok, &picture, false));
  const std::string ours = " of the protocol and this node version " + std::to_string(mz::protocol_version()) +
                           ", so they refuse each other. Install the same version of MeshZero on ";
  EXPECT_EQ(status.at("alerts"),
            (nlohmann::json{{{"level", "warn"}, {"text", name(0, "m ") + " speaks version 90" + ours + "both."}},
                            {{"level", "warn"},
                             {"text", name(1, "m1") + ", " + name(2, "m2") + ", " + name(3, "m3") +
                                          " and 1 more speak version 91" + ours + "all of them."}}}));
  EXPECT_EQ(status.at("members").at(0).at("other_protocol"), 90);
  EXPECT_TRUE(status.at("members").at(5).at("other_protocol").is_null());
}
