#include "node/message.h"

#include <gtest/gtest.h>

#include <algorithm>

using mz::Message;
using mz::MessageReader;

namespace {

std::vector<Message> examples() {
  mz::PlayUnit play;
  play.unit = 0x0102030405060708;
  play.config = {.game = "ringrift", .board = "square8", .seats = 3, .options = {{"rings", 12}, {"negative", -1}}};
  play.engine = "heuristic";
  play.seed = ~std::uint64_t{0};
  play.first_index = 5;
  play.count = 7;
  return {play, mz::Stop{}, mz::Ready{}, mz::GameFinished{9, 120, {0, 1, 255}}, mz::UnitFinished{9, "why"}};
}

std::vector<std::uint8_t> frame(std::uint32_t length, const std::vector<std::uint8_t>& content) {
  std::vector<std::uint8_t> bytes(4 + content.size());
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(length >> (8 * i));
  std::copy(content.begin(), content.end(), bytes.begin() + 4);
  return bytes;
}

bool is_refused(const std::vector<std::uint8_t>& bytes) {
  MessageReader reader;
  reader.feed(bytes.data(), bytes.size());
  Message message;
  return !reader.next(message).ok();
}

}  // namespace

TEST(Message, every_kind_reads_back_even_byte_by_byte) {
  MessageReader reader;
  for (const Message& example : examples()) {
    Message message;
    const auto bytes = mz::encode_message(example);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto early = reader.next(message);
      ASSERT_TRUE(early.ok());
      ASSERT_FALSE(*early) << "complete after " << i << " bytes";
      reader.feed(&bytes[i], 1);
    }
    const auto taken = reader.next(message);
    ASSERT_TRUE(taken.ok() && *taken);
    EXPECT_EQ(message, example);
  }
}

TEST(Message, several_messages_in_one_chunk_come_out_in_order) {
  std::vector<std::uint8_t> all;
  for (const Message& example : examples()) {
    const auto bytes = mz::encode_message(example);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  MessageReader reader;
  reader.feed(all.data(), all.size());
  for (const Message& example : examples()) {
    Message message;
    const auto taken = reader.next(message);
    ASSERT_TRUE(taken.ok() && *taken);
    EXPECT_EQ(message, example);
  }
}

TEST(Message, the_wire_form_of_a_finished_game_is_fixed) {
  const std::vector<std::uint8_t> expected = {
      18, 0, 0, 0,              // length: kind 1 + unit 8 + plies 4 + size 4 + record 1
      4,                        // kind
      2,  0, 0, 0, 0, 0, 0, 0,  // unit
      3,  0, 0, 0,              // plies
      1,  0, 0, 0, 7,           // record
  };
  EXPECT_EQ(mz::encode_message(mz::GameFinished{2, 3, {7}}), expected);
}

TEST(Message, lengths_beyond_the_limit_are_refused_before_the_bytes_arrive) {
  EXPECT_TRUE(is_refused(frame(mz::kMaxMessageBytes + 1, {})));
  EXPECT_TRUE(is_refused(frame(0xffffffff, {})));
  EXPECT_TRUE(is_refused(frame(0, {})));
}

TEST(Message, a_text_beyond_its_limit_is_refused) {
  std::vector<std::uint8_t> content = {5, 0, 0, 0, 0, 0, 0, 0, 0};  // a finished unit, number 0
  const std::uint32_t size = mz::kMaxMessageTextBytes + 1;
  for (int i = 0; i < 4; ++i) content.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  content.insert(content.end(), size, 'a');
  EXPECT_TRUE(is_refused(frame(static_cast<std::uint32_t>(content.size()), content)));
}

TEST(Message, unknown_kinds_missing_and_surplus_bytes_are_refused) {
  EXPECT_TRUE(is_refused(frame(1, {0})));
  EXPECT_TRUE(is_refused(frame(1, {6})));
  EXPECT_TRUE(is_refused(frame(2, {2, 0})));        // a stop message with something behind it
  EXPECT_TRUE(is_refused(frame(4, {4, 1, 2, 3})));  // a finished game that ends in its unit number
}

TEST(Message, any_changed_byte_is_refused_awaited_or_read_but_never_breaks_the_reader) {
  for (const Message& example : examples()) {
    const auto bytes = mz::encode_message(example);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        auto changed = bytes;
        changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1 << bit));
        MessageReader reader;
        reader.feed(changed.data(), changed.size());
        Message message;
        const auto taken = reader.next(message);
        // Encoding what was read must give the same bytes: there is one spelling per message.
        if (taken.ok() && *taken) {
          EXPECT_EQ(mz::encode_message(message), changed) << "byte " << i;
        }
      }
    }
  }
}
