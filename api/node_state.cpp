#include "api/node_state.h"

namespace mz {

double NodeState::age_s(Loop loop, Clock::time_point now) const {
  const Clock::rep beat = beats_[static_cast<std::size_t>(loop)];
  return beat == 0 ? 0 : std::chrono::duration<double>(now.time_since_epoch() - Clock::duration(beat)).count();
}

Health NodeState::health(Clock::time_point now) const {
  for (std::size_t i = 0; i < kLoops; ++i) {
    if (is_late(static_cast<Loop>(i), now)) return Health::degraded;
  }
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
