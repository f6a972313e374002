// What engine specifications refer to outside the engine: files of weights, and time.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "engine/game.h"

namespace mz {

// `stop`: see EngineResources; null where results are stored or must be repeatable, which refuses ms=N.
EngineResources engine_resources(const std::atomic<bool>* stop = nullptr);

// Reads every file of weights once, however many threads ask, so that all of a run plays with one text.
std::function<Result<std::string>(const std::string& file)> weights_read_once();

}  // namespace mz
