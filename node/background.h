// Starts a body of work in a process of its own that outlives the terminal, and waits for its word whether it came up.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "engine/base/result.h"

namespace mz {

// `body` runs in the background process and calls its argument with a port once it is up; what it returns before that is
// reported to the caller of run_in_background as that error. Its stdout and stderr go to `output`. Call it before any thread
// starts. In the calling process: the port. In the background process it never returns.
Result<std::uint16_t> run_in_background(
    const std::filesystem::path& output,
    const std::function<Result<void>(const std::function<void(std::uint16_t)>&)>& body);

}  // namespace mz
