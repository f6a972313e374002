#include "api/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "web/assets.h"

namespace mz {
namespace {

// Of the time that this thread had, so what else runs does not count.
double seconds_for_each(int times, const RequestHead& head) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const double start = now();
  for (int i = 0; i < times; ++i) EXPECT_EQ(page_asset(head).status, 200);
  return (now() - start) / times;
}

TEST(Page, is_unpacked_once_however_often_it_is_asked_for_without_compression) {
  const auto assets = web::assets();
  const auto largest = std::max_element(assets.begin(), assets.end(), [](const web::Asset& a, const web::Asset& b) {
    return a.gzip.size() < b.gzip.size();
  });
  RequestHead plain;
  plain.path = largest->path;
  RequestHead packed = plain;
  packed.headers["accept-encoding"] = "gzip";
  const auto plain_size = static_cast<double>(page_asset(plain).body.size());
  const auto packed_size = static_cast<double>(page_asset(packed).body.size());
  ASSERT_GT(plain_size, packed_size);
  // A byte costs the same to copy, packed or not; to unpack it costs some hundred times as much.
  const double copied = seconds_for_each(200, packed) / packed_size;
  EXPECT_LT(seconds_for_each(200, plain) / plain_size, 20 * copied);
}

}  // namespace
}  // namespace mz
