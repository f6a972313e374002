#include "api/foreign_json.h"

#include <gtest/gtest.h>

#include <string>

namespace mz {
namespace {

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(ForeignJson, IsReadDownToTheLimitAndNoDeeper) {
  EXPECT_TRUE(parse_foreign_json(nested(kMaxJsonDepth, "[", "]")).is_array());
  EXPECT_TRUE(parse_foreign_json(nested(kMaxJsonDepth + 1, "[", "]")).is_discarded());
  EXPECT_TRUE(parse_foreign_json(nested(kMaxJsonDepth, "{\"a\":", "}")).is_object());
  EXPECT_TRUE(parse_foreign_json(nested(kMaxJsonDepth + 1, "{\"a\":", "}")).is_discarded());
  EXPECT_TRUE(parse_foreign_json(nested(3'000'000, "[", "]")).is_discarded());
  EXPECT_TRUE(parse_foreign_json(std::string(3'000'000, '[')).is_discarded());
}

TEST(ForeignJson, BracketsOfTextAndSideBySideDoNotCount) {
  EXPECT_TRUE(parse_foreign_json("[\"" + std::string(1000, '[') + "\"]").is_array());
  EXPECT_TRUE(parse_foreign_json("[\"\\\"" + std::string(1000, '{') + "\"]").is_array());
  std::string list = "[1";
  for (int i = 0; i < 1000; ++i) list += ",[],{}";
  EXPECT_EQ(parse_foreign_json(list + "]").size(), 2001U);
}

TEST(ForeignJson, DepthHiddenBehindTextIsSeen) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_TRUE(parse_foreign_json("[\"\\\\\"," + deep + "]").is_discarded());
  EXPECT_TRUE(parse_foreign_json("[\"]]]]]\"," + deep + "]").is_discarded());
  EXPECT_TRUE(parse_foreign_json("[]]]]]]" + deep).is_discarded());
}

TEST(ForeignJson, WhatIsNoJsonIsDiscarded) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1}x", "\"", "\"\\", "nul", "\xff"}) {
    EXPECT_TRUE(parse_foreign_json(text).is_discarded()) << text;
  }
}

}  // namespace
}  // namespace mz
