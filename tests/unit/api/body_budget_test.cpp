#include "api/body_budget.h"

#include <gtest/gtest.h>

#include "api/listener.h"
#include "api/routes.h"

namespace mz {
namespace {

constexpr BodyBudget::Caps kCaps{.small = 10, .per_sender = 100, .large = 250};

TEST(BodyBudget, one_sender_leaves_the_others_their_shares) {
  BodyBudget budget(kCaps);
  EXPECT_TRUE(budget.reserve("a", 60));
  EXPECT_FALSE(budget.reserve("a", 41));
  EXPECT_TRUE(budget.reserve("a", 40));
  EXPECT_TRUE(budget.reserve("b", 100));
}

TEST(BodyBudget, a_small_body_does_not_wait_for_the_large_ones_of_others) {
  BodyBudget budget(kCaps);
  ASSERT_TRUE(budget.reserve("a", 100));
  ASSERT_TRUE(budget.reserve("b", 100));
  EXPECT_FALSE(budget.reserve("c", 51));
  EXPECT_TRUE(budget.reserve("c", 10));
  EXPECT_TRUE(budget.reserve("c", 50)) << "the small one took nothing of the budget";
  EXPECT_FALSE(budget.reserve("d", 11));
}

TEST(BodyBudget, small_bodies_of_one_sender_end_at_its_share) {
  BodyBudget budget(kCaps);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.reserve("a", 10));
  EXPECT_FALSE(budget.reserve("a", 1));
  EXPECT_TRUE(budget.reserve("b", 1));
}

TEST(BodyBudget, what_was_released_can_be_reserved_again_by_anybody) {
  BodyBudget budget(kCaps);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(budget.reserve("a", 100));
    ASSERT_TRUE(budget.reserve("b", 100));
    ASSERT_TRUE(budget.reserve("c", 50));
    ASSERT_FALSE(budget.reserve("d", 50));
    budget.release("a", 100);
    EXPECT_TRUE(budget.reserve("d", 100));
    budget.release("b", 100);
    budget.release("c", 50);
    budget.release("d", 100);
  }
}

TEST(BodyBudget, a_length_beyond_all_numbers_is_refused) {
  BodyBudget budget({.small = 10, .per_sender = UINT64_MAX, .large = 250});
  ASSERT_TRUE(budget.reserve("a", 200));
  EXPECT_FALSE(budget.reserve("a", UINT64_MAX));
  EXPECT_FALSE(budget.reserve("b", UINT64_MAX));
  EXPECT_FALSE(budget.reserve("b", UINT64_MAX - 199));
}

TEST(BodyBudget, every_body_that_a_route_takes_into_memory_fits_the_share_of_its_sender) {
  for (const Route& route : routes()) {
    if (route.body == BodyKind::stream) continue;
    EXPECT_LE(route.body_limit, Listener::kMaxSenderBodyBytes) << route.path;
  }
}

}  // namespace
}  // namespace mz
