// The name of a node: the SHA-256 of its public key. A key can neither be guessed nor handed out twice, and a renewed
// certificate or another address keeps the name.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace mz {

class NodeId {
 public:
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kTextLength = 52;  // 256 bits in base32
  static constexpr std::size_t kShortLength = 7;

  // All zero: the name of nobody. No key hashes to it.
  constexpr NodeId() = default;
  explicit constexpr NodeId(const std::array<std::uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  // `spki` is the DER encoding of the key's SubjectPublicKeyInfo.
  static NodeId of_public_key(std::span<const std::uint8_t> spki);
  // The full text form, exactly as `text()` writes it.
  static Result<NodeId> parse(std::string_view text);

  [[nodiscard]] const std::array<std::uint8_t, kBytes>& bytes() const { return bytes_; }
  [[nodiscard]] std::string text() const;
  // For people; two nodes may share it.
  [[nodiscard]] std::string short_text() const;
  [[nodiscard]] bool is_nobody() const { return *this == NodeId{}; }

  friend constexpr bool operator==(const NodeId&, const NodeId&) = default;
  // Not defaulted: older libc++ has no <=> for arrays.
  friend constexpr std::strong_ordering operator<=>(const NodeId& a, const NodeId& b) {
    for (std::size_t i = 0; i < kBytes; ++i) {
      if (a.bytes_[i] != b.bytes_[i]) return a.bytes_[i] <=> b.bytes_[i];
    }
    return std::strong_ordering::equal;
  }

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace mz

template <>
struct std::hash<mz::NodeId> {
  // The bytes are a hash already.
  std::size_t operator()(const mz::NodeId& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.bytes().data(), sizeof value);
    return value;
  }
};
