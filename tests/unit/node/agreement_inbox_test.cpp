#include "node/agreement_inbox.h"

#include <gtest/gtest.h>

#include "node/peer_lines.h"

namespace mz {
namespace {

class AgreementInboxTest : public testing::Test {
 protected:
  // What it does is to say its name.
  AgreementInbox::Input input(const std::string& name) {
    return [this, name](Agreement&, Now) { said_.push_back(name); };
  }
  AgreementInbox::Turn take(bool runs) { return inbox_.take(runs, std::chrono::microseconds(0)); }
  std::vector<std::string> said_in(const AgreementInbox::Turn& turn) {
    said_.clear();
    for (const AgreementInbox::Input& each : turn.inputs) each(*machine_, Now{});
    return said_;
  }
  std::unique_ptr<Agreement> open() { return Agreement::start(config(), {}, nobody_, Now{}).value(); }

  AgreementInbox inbox_;

 private:
  class Nobody final : public Signer {
   public:
    Signature sign(std::span<const std::uint8_t> /*bytes*/) override { return {}; }
    bool verify(const NodeId& /*author*/, std::span<const std::uint8_t> /*bytes*/, const Signature& /*by*/) override {
      return false;
    }
    Signature sign_card(std::span<const std::uint8_t> /*bytes*/) override { return {}; }
    bool verify_card(const NodeId& /*author*/, std::span<const std::uint8_t> /*bytes*/,
                     const Signature& /*by*/) override {
      return false;
    }
  };
  static AgreementConfig config() {
    AgreementConfig config;
    config.self = NodeId::of_public_key(std::vector<std::uint8_t>{1});
    return config;
  }

  Nobody nobody_;
  std::unique_ptr<Agreement> machine_ = open();
  std::vector<std::string> said_;
};

using Names = std::vector<std::string>;

TEST_F(AgreementInboxTest, WhatTheNodeHasToDoIsNotLostAmongMessages) {
  for (std::size_t i = 0; i < AgreementInbox::kMaxInputs; ++i) inbox_.put_message(input("message"));
  inbox_.put(input("written"));
  inbox_.put_message(input("too much"));
  const Names said = said_in(take(true));
  ASSERT_EQ(said.size(), AgreementInbox::kMaxInputs + 1);
  EXPECT_EQ(said.back(), "written");
  inbox_.put_message(input("message"));
  EXPECT_EQ(said_in(take(true)), Names{"message"}) << "there is room again";
}

TEST(Frames, ABodyOfMoreMessagesThanAnybodyHasToSayIsRefused) {
  const auto body_of = [](std::size_t messages) {
    std::string body;
    for (std::size_t i = 0; i < messages; ++i) add_frame(body, std::vector<std::uint8_t>{7});
    return body;
  };
  std::size_t seen = 0;
  const auto count = [&seen](std::span<const std::uint8_t>) { ++seen; };
  EXPECT_TRUE(read_frames(body_of(PeerLines::kMaxMessages), count));
  EXPECT_EQ(seen, PeerLines::kMaxMessages);
  EXPECT_FALSE(read_frames(body_of(PeerLines::kMaxMessages + 1), count));
  EXPECT_EQ(seen, 2 * PeerLines::kMaxMessages) << "the rest is not looked at";
}

// --- another cluster ------------------------------------------------------------------------------------------------

TEST_F(AgreementInboxTest, WhatComesAfterAnotherClusterWasEnteredWaitsForItsMachine) {
  inbox_.put(input("of the old cluster"));
  inbox_.enter();
  inbox_.put(input("introduction"));
  // The agreement thread wakes only now, and the machine of the old cluster still runs.
  const auto entered = take(true);
  EXPECT_TRUE(entered.entered);
  EXPECT_TRUE(entered.inputs.empty());
  EXPECT_TRUE(take(false).inputs.empty());
  inbox_.open(open(), entered.entry);
  const auto opened = take(false);
  EXPECT_TRUE(opened.opened);
  EXPECT_FALSE(opened.entered);
  EXPECT_EQ(said_in(opened), Names{"introduction"});
}

TEST_F(AgreementInboxTest, TheMachineOfAClusterThatWasLeftMeanwhileIsDropped) {
  inbox_.enter();
  const auto first = take(true);
  inbox_.enter();
  const auto second = take(false);
  EXPECT_TRUE(second.entered);
  inbox_.open(open(), first.entry);
  EXPECT_FALSE(take(false).opened);
  inbox_.open(open(), second.entry);
  inbox_.enter();
  const auto third = take(false);
  EXPECT_FALSE(third.opened);
  inbox_.open(open(), third.entry);
  EXPECT_TRUE(take(false).opened);
}

}  // namespace
}  // namespace mz
