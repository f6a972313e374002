#include "api/poller.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/wake_pipe.h"

using mz::PollEvent;
using std::chrono::milliseconds;

namespace {

template <class T>
class PollerTest : public testing::Test {
 protected:
  std::vector<std::uint64_t> ready(milliseconds limit = milliseconds(0)) {
    std::vector<PollEvent> events;
    poller_.wait(limit, events);
    std::vector<std::uint64_t> keys;
    for (const PollEvent& event : events) keys.push_back(event.key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  T poller_;
};

#ifdef __linux__
using Pollers = testing::Types<mz::PollPoller, mz::EpollPoller>;
#else
using Pollers = testing::Types<mz::PollPoller>;
#endif
TYPED_TEST_SUITE(PollerTest, Pollers);

using Keys = std::vector<std::uint64_t>;

}  // namespace

TYPED_TEST(PollerTest, what_is_ready_is_reported_under_its_key) {
  const mz::WakePipe one;
  const mz::WakePipe two;
  this->poller_.watch(one.poll_descriptor(), 1, POLLIN);
  this->poller_.watch(two.poll_descriptor(), 2, POLLIN);
  EXPECT_EQ(this->ready(), Keys{});
  two.wake();
  EXPECT_EQ(this->ready(milliseconds(20'000)), Keys{2});
  one.wake();
  EXPECT_EQ(this->ready(milliseconds(20'000)), (Keys{1, 2}));
  two.clear();
  EXPECT_EQ(this->ready(), Keys{1});
}

TYPED_TEST(PollerTest, nothing_is_reported_of_what_is_not_asked_for) {
  const mz::WakePipe one;
  one.wake();
  this->poller_.watch(one.poll_descriptor(), 1, 0);
  EXPECT_EQ(this->ready(), Keys{});
  this->poller_.watch(one.poll_descriptor(), 7, POLLIN);  // another key replaces the first
  EXPECT_EQ(this->ready(), Keys{7});
}

TYPED_TEST(PollerTest, a_forgotten_descriptor_takes_no_other_with_it) {
  std::vector<mz::WakePipe> pipes(5);
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    this->poller_.watch(pipes[i].poll_descriptor(), i, POLLIN);
    pipes[i].wake();
  }
  this->poller_.forget(pipes[1].poll_descriptor());
  this->poller_.forget(pipes[1].poll_descriptor());
  EXPECT_EQ(this->ready(), (Keys{0, 2, 3, 4}));
  this->poller_.forget(pipes[4].poll_descriptor());
  this->poller_.watch(pipes[1].poll_descriptor(), 9, POLLIN);
  EXPECT_EQ(this->ready(), (Keys{0, 2, 3, 9}));
}
