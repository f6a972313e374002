#include "p2p/base32.h"

namespace mz {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr int kBits = 5;

}  // namespace

std::string to_base32(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() * 8 + kBits - 1) / kBits);
  unsigned held = 0;
  int count = 0;
  for (const std::uint8_t byte : bytes) {
    held = (held << 8) | byte;
    for (count += 8; count >= kBits; count -= kBits) text += kAlphabet[(held >> (count - kBits)) & 31U];
    held &= (1U << count) - 1;
  }
  if (count > 0) text += kAlphabet[(held << (kBits - count)) & 31U];
  return text;
}

std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() * kBits / 8);
  unsigned held = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = (held << kBits) | static_cast<unsigned>(digit);
    count += kBits;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(held >> count));
    held &= (1U << count) - 1;
  }
  if (count >= kBits || held != 0) return std::nullopt;
  return bytes;
}

}  // namespace mz
