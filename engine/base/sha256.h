// SHA-256 (FIPS 180-4) by OpenSSL: the name of every immutable object.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mz {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::uint8_t> bytes);
  void update(std::string_view text);
  // The digest of everything so far; the object starts again from empty.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest sha256(std::span<const std::uint8_t> bytes);
Digest sha256(std::string_view text);

// Lower-case hexadecimal of any bytes, and back. `from_hex` accepts exactly 64 hexadecimal digits.
std::string to_hex(std::span<const std::uint8_t> bytes);
bool from_hex(std::string_view text, Digest& out);

}  // namespace mz
