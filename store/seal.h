// One digest over a whole SQLite file, kept inside that file.
//
// SQLite does not check its pages, so a changed byte can go unnoticed in a text, or in space it does not use at the moment.
// Therefore meta.seal holds 32 marker bytes followed by 32 bytes: all zero while the file may change, else the
// SHA-256 of the whole file with those 32 bytes taken as zero. seal_file writes the digest in place, after the database
// was closed; check_seal finds every byte that changed since then. An ordinary SQLite program that writes to the file breaks
// the seal, and is meant to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace mz {

// The value of meta.seal while the database may change.
std::vector<std::uint8_t> unsealed();

// Only for a file that no connection has open.
Result<void> seal_file(const std::string& path);
Result<void> unseal_file(const std::string& path);

enum class Seal { open, intact };
// Corrupt: the file carries a seal that does not fit its bytes, or no marker at all.
Result<Seal> check_seal(const std::string& path);

}  // namespace mz
