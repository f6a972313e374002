#include "node/threads.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <spdlog/spdlog.h>

#include "node/platform.h"

namespace mz {
namespace {

constexpr std::string_view kAgreement = "agreement";
constexpr std::array<std::string_view, 5> kFirst{kAgreement, "cluster-disk", "http", "http-control", "sleep-notice"};
constexpr std::string_view kLine = "to ";  // the beginning of a name

bool goes_first(std::string_view name) {
  return name.starts_with(kLine) || std::find(kFirst.begin(), kFirst.end(), name) != kFirst.end();
}

}  // namespace

void begin_thread(const char* name) {
  platform::name_thread(name);
  if (!goes_first(name) || platform::put_thread_first()) return;
  if (name != kAgreement) return;  // once is enough
  spdlog::info(
      "heartbeats are sent at the priority of all programs: the system allows no higher one to this user. On a machine "
      "that is always overloaded, give the node a limit of niceness of -{} (LimitNICE in a systemd unit).",
      platform::kFirstNiceness);
}

}  // namespace mz
