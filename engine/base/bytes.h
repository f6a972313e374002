// Writing and reading canonical bytes. Every value has exactly one spelling: integers are LEB128 varints without leading
// zero groups or fixed-width little-endian, texts and blobs are a varint length and their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mz {

class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u64(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) u8(static_cast<std::uint8_t>(value >> shift));
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) u8(static_cast<std::uint8_t>(value | 0x80));
    u8(static_cast<std::uint8_t>(value));
  }
  // Small magnitudes of either sign stay short (0, -1, 1, -2 become 0, 1, 2, 3).
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void raw(std::span<const std::uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void blob(std::span<const std::uint8_t> bytes) {
    varint(bytes.size());
    raw(bytes);
  }
  void text(std::string_view text) {
    varint(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

// Reads what ByteWriter wrote from bytes of a stranger. The first value that is missing, not minimal or above its limit
// turns the reader bad for good; from then on every read returns zero or nothing, so a parser may check once at the end
// (but must check before it allocates by a number it has read).
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t position() const { return at_; }

  std::uint8_t u8() {
    if (!need(1)) return 0;
    return bytes_[at_++];
  }
  std::uint64_t u64() {
    if (!need(8)) return 0;
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 8) value |= static_cast<std::uint64_t>(bytes_[at_++]) << shift;
    return value;
  }
  // At most `limit`.
  std::uint64_t varint(std::uint64_t limit) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = u8();
      const std::uint64_t group = byte & 0x7f;
      if (group << shift >> shift != group) return spoil();
      value |= group << shift;
      if ((byte & 0x80) != 0) continue;
      const bool minimal = group != 0 || shift == 0;
      return good_ && minimal && value <= limit ? value : spoil();
    }
    return spoil();
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint(UINT64_MAX);
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::span<const std::uint8_t> raw(std::size_t size) {
    if (!need(size)) return {};
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  std::span<const std::uint8_t> blob(std::size_t limit) { return raw(varint(limit)); }
  std::string text(std::size_t limit) {
    const auto bytes = blob(limit);
    return {bytes.begin(), bytes.end()};
  }

 private:
  bool need(std::size_t size) {
    if (size > remaining()) good_ = false;
    return good_;
  }
  std::uint64_t spoil() {
    good_ = false;
    return 0;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace mz
