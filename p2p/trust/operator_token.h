// Tokens of people and scripts: bearers of a scope, kept as hashes.
//
//   MZO1-<public name>-<128-bit secret>   (base32)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "p2p/trust/key.h"

namespace mz {

// Each includes the ones before it.
enum class OperatorScope : std::uint8_t { read = 1, jobs = 2, admin = 3 };
std::string_view operator_scope_word(OperatorScope scope);
std::optional<OperatorScope> parse_operator_scope(std::string_view word);

struct IssuedOperatorToken {
  std::string id;
  Digest hash{};  // SHA-256 of the whole token; it has 128 random bits, so the plain hash cannot be searched
  OperatorScope scope = OperatorScope::read;
  std::int64_t created = 0;
  std::int64_t expires = 0;
};

// Not thread-safe. Every change is on disk before the call returns.
class OperatorTokenBook {
 public:
  static constexpr std::int64_t kDefaultLifeSeconds = 90LL * 86'400;
  static constexpr std::int64_t kMaxLifeSeconds = 366LL * 86'400;
  static constexpr std::size_t kMaxTokens = 1000;
  static constexpr std::size_t kMaxIdLength = 16;

  static Result<OperatorTokenBook> open(std::filesystem::path file);

  // The token, which is never shown again.
  Result<std::string> create(OperatorScope scope, std::int64_t life_seconds, std::int64_t now);
  [[nodiscard]] std::vector<IssuedOperatorToken> list(std::int64_t now) const;
  Result<void> revoke(std::string_view id, std::int64_t now);

  // The entry behind the token while it is good. Takes a time that does not depend on how much of a wrong token is right.
  [[nodiscard]] std::optional<IssuedOperatorToken> verify(std::string_view token, std::int64_t now) const;

 private:
  explicit OperatorTokenBook(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> replace(std::vector<IssuedOperatorToken> entries);

  std::filesystem::path file_;
  std::vector<IssuedOperatorToken> entries_;
};

}  // namespace mz
