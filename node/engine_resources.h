// What engine specifications refer to outside the engine: files of weights, and time.
#pragma once

#include <atomic>

#include "engine/game.h"

namespace mz {

// `stop`: see EngineResources; null where results are stored or must be repeatable, which refuses ms=N.
EngineResources engine_resources(const std::atomic<bool>* stop = nullptr);

}  // namespace mz
