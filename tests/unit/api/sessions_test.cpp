#include "api/sessions.h"

#include <gtest/gtest.h>

using mz::Principal;
using mz::Scope;
using mz::Sessions;

namespace {

class SessionsTest : public testing::Test {
 protected:
  Sessions::Clock::time_point now_{std::chrono::hours(1)};
  Sessions sessions_{[this] { return now_; }};

  std::string code(Scope scope = Scope::admin) { return *sessions_.create_code(scope); }
};

}  // namespace

TEST_F(SessionsTest, a_code_is_worth_one_session_of_its_scope) {
  const std::string once = code(Scope::jobs);
  const auto token = sessions_.redeem(once);
  ASSERT_TRUE(token.ok());
  const auto principal = sessions_.verify(*token);
  ASSERT_TRUE(principal.has_value());
  EXPECT_EQ(principal->kind, Principal::Kind::session);
  EXPECT_EQ(principal->scope, Scope::jobs);
  EXPECT_FALSE(sessions_.redeem(once).ok());
  EXPECT_FALSE(sessions_.verify(once).has_value());
}

TEST_F(SessionsTest, a_code_is_worth_nothing_after_a_minute) {
  const std::string late = code();
  now_ += Sessions::kCodeLife;
  const auto token = sessions_.redeem(late);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().kind, mz::ErrorKind::refused);
}

TEST_F(SessionsTest, a_session_ends_by_itself_and_when_it_is_ended) {
  const auto first = sessions_.redeem(code());
  const auto second = sessions_.redeem(code());
  sessions_.end(sessions_.verify(*first)->label);
  EXPECT_FALSE(sessions_.verify(*first).has_value());
  EXPECT_TRUE(sessions_.verify(*second).has_value());
  now_ += Sessions::kSessionLife;
  EXPECT_FALSE(sessions_.verify(*second).has_value());
}

TEST_F(SessionsTest, wrong_codes_and_tokens_are_worth_nothing) {
  const auto token = sessions_.redeem(code());
  for (const std::string& wrong : {std::string(), std::string("x"), token->substr(1), *token + "a"}) {
    EXPECT_FALSE(sessions_.redeem(wrong).ok());
    EXPECT_FALSE(sessions_.verify(wrong).has_value());
  }
}

TEST_F(SessionsTest, codes_and_sessions_are_bounded_and_the_oldest_goes) {
  const std::string first_code = code();
  for (std::size_t i = 0; i < Sessions::kMaxCodes; ++i) {
    now_ += std::chrono::milliseconds(1);
    code();
  }
  EXPECT_FALSE(sessions_.redeem(first_code).ok());
  const auto first = sessions_.redeem(code());
  std::string last;
  for (std::size_t i = 0; i < Sessions::kMaxSessions; ++i) {
    now_ += std::chrono::milliseconds(1);
    last = *sessions_.redeem(code());
  }
  EXPECT_FALSE(sessions_.verify(*first).has_value());
  EXPECT_TRUE(sessions_.verify(last).has_value());
}
