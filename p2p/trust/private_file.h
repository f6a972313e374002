// Files that only their owner may read: keys, tokens. Written whole or not at all, durable when the call returns. What root
// writes into a folder that is another user's alone becomes that user's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "p2p/trust/key.h"

namespace mz {

// Creates the folder (mode 0700) and its parents if need be.
Result<void> make_private_directory(const std::filesystem::path& directory);

// Replaces the file at once: temporary file of mode 0600, fsync, rename, fsync of the folder.
Result<void> write_private_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);
Result<void> write_private_file(const std::filesystem::path& file, std::string_view text);

// Adds to the end, creating the file if need be; durable when it returns. A crash may leave part of it.
Result<void> append_private_file(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

// not_found when there is none; refused when somebody else could read it, is a link, or is longer than `limit`.
Result<Bytes> read_private_file(const std::filesystem::path& file, std::size_t limit);

// Whether it is gone now, durably.
Result<void> remove_private_file(const std::filesystem::path& file);

}  // namespace mz
