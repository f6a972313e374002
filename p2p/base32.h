// Base32 in lower case without padding: the alphabet of RFC 4648 section 6, 5 bits a character, safe to read aloud and in
// host names. Every byte string has exactly one spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mz {

std::string to_base32(std::span<const std::uint8_t> bytes);

// Nothing for a foreign character, a length that no byte string has, or bits left over that are not zero.
std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text);

}  // namespace mz
