#include "node/look_around.h"

#include "node/threads.h"

namespace mz {

LookAround::LookAround(NodeMembership& membership)
    : membership_(membership),
      backend_(make_discovery(
          {.seen =
               [this](const Sighting& sighting) {
                 seen_.insert(sighting.advert.instance);
                 membership_.sighted(sighting);
               },
           .lost =
               [this](const std::string& instance) {
                 seen_.erase(instance);
                 membership_.vanished(instance);
               },
           .changed = [this](DiscoveryState state, const std::string& text) { membership_.looking(state, text); },
           .name_thread = begin_thread})) {
  membership_.looking(DiscoveryState::starting, "Looking for the discovery daemon of this computer.");
  backend_->start();
}

LookAround::~LookAround() {
  backend_->stop();
  membership_.looking(DiscoveryState::off, NodeMembership::kNotLooking);
  for (const std::string& instance : seen_) membership_.vanished(instance);
}

}  // namespace mz
