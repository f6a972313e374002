#include "api/node_state.h"

namespace mz {

Health NodeState::health(Clock::time_point now) const {
  if (control_age_s(now) > kControlLoopLateSeconds || store_age_s(now) > kStoreLoopLateSeconds) return Health::degraded;
  const auto node = snapshot();
  if (node->failed) return Health::degraded;
  return node->starting ? Health::starting : Health::ok;
}

std::string_view health_word(Health health) {
  switch (health) {
    case Health::starting:
      return "starting";
    case Health::ok:
      return "ok";
    case Health::degraded:
      return "degraded";
  }
  return "degraded";
}

}  // namespace mz
