// The text record of an advert: a few KEY=VALUE strings. What comes from the network is somebody's claim, read with limits.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "p2p/discovery/discovery.h"

namespace mz {

inline constexpr std::size_t kMaxTxtStrings = 16;
inline constexpr std::size_t kMaxTxtBytes = 512;      // of all strings
inline constexpr std::size_t kMaxInstanceBytes = 63;  // of the name of an advert, by the standard

std::vector<std::string> txt_strings(const Advert& advert);

// Cluster, node, protocol and pairing of an advert; nothing for what is none of version 1. Unknown keys are ignored.
std::optional<Advert> read_txt(std::span<const std::string> strings);

// The strings of a record as it travels: each with its length in a byte before it. Nothing when the lengths are wrong.
std::optional<std::vector<std::string>> split_txt(std::span<const std::uint8_t> bytes);
std::vector<std::uint8_t> join_txt(std::span<const std::string> strings);

// A name for people: at most kMaxInstanceBytes, whole characters of UTF-8, no control characters.
std::string instance_name(std::string_view host, std::string_view node);

}  // namespace mz
