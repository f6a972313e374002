#include "p2p/trust/operator_token.h"

#include <algorithm>
#include <array>

#include "engine/base/bytes.h"
#include "p2p/base32.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr std::string_view kPrefix = "MZO1-";
constexpr std::string_view kBookTitle = "meshzero operator tokens 1";
constexpr std::size_t kMaxBookBytes = 1U << 20;
constexpr std::size_t kIdBytes = 5;
constexpr std::size_t kSecretBytes = 16;
constexpr std::size_t kTokenText = kPrefix.size() + 8 + 1 + 26;

}  // namespace

std::string_view operator_scope_word(OperatorScope scope) {
  switch (scope) {
    case OperatorScope::read:
      return "read";
    case OperatorScope::jobs:
      return "jobs";
    case OperatorScope::admin:
      return "admin";
  }
  return "read";
}

std::optional<OperatorScope> parse_operator_scope(std::string_view word) {
  for (const auto scope : {OperatorScope::read, OperatorScope::jobs, OperatorScope::admin}) {
    if (word == operator_scope_word(scope)) return scope;
  }
  return std::nullopt;
}

Result<OperatorTokenBook> OperatorTokenBook::open(std::filesystem::path file) {
  OperatorTokenBook book(std::move(file));
  auto bytes = read_private_file(book.file_, kMaxBookBytes);
  if (!bytes) {
    if (bytes.error().kind == ErrorKind::not_found) return book;
    return bytes.error();
  }
  ByteReader in(*bytes);
  bool good = in.text(kBookTitle.size()) == kBookTitle;
  for (std::uint64_t left = in.varint(kMaxTokens); left > 0 && in.good(); --left) {
    IssuedOperatorToken token;
    token.id = in.text(kMaxIdLength);
    const auto hash = in.raw(token.hash.size());
    std::copy(hash.begin(), hash.end(), token.hash.begin());
    const std::uint8_t scope = in.u8();
    good = good && scope >= static_cast<std::uint8_t>(OperatorScope::read) &&
           scope <= static_cast<std::uint8_t>(OperatorScope::admin);
    token.scope = static_cast<OperatorScope>(scope);
    token.created = in.zigzag();
    token.expires = in.zigzag();
    book.entries_.push_back(std::move(token));
  }
  if (!good || !in.good() || in.remaining() != 0) {
    return Error{ErrorKind::corrupt, "The book of operator tokens " + book.file_.string() +
                                         " is damaged. Remove it and make new tokens with `meshzero token create`."};
  }
  return book;
}

Result<void> OperatorTokenBook::replace(std::vector<IssuedOperatorToken> entries) {
  ByteWriter out;
  out.text(kBookTitle);
  out.varint(entries.size());
  for (const auto& token : entries) {
    out.text(token.id);
    out.raw(token.hash);
    out.u8(static_cast<std::uint8_t>(token.scope));
    out.zigzag(token.created);
    out.zigzag(token.expires);
  }
  if (auto written = write_private_file(file_, out.bytes()); !written) return written;
  entries_ = std::move(entries);
  return {};
}

Result<std::string> OperatorTokenBook::create(OperatorScope scope, std::int64_t life_seconds, std::int64_t now) {
  if (life_seconds <= 0 || life_seconds > kMaxLifeSeconds) {
    return Error{ErrorKind::usage, "An operator token lives for at most 366 days."};
  }
  std::vector<IssuedOperatorToken> entries = list(now);
  if (entries.size() >= kMaxTokens) {
    return Error{ErrorKind::refused, "There are " + std::to_string(kMaxTokens) +
                                         " valid operator tokens already. Revoke some with `meshzero token revoke`."};
  }
  std::array<std::uint8_t, kIdBytes> id{};
  std::array<std::uint8_t, kSecretBytes> secret{};
  for (const std::span<std::uint8_t> part : {std::span<std::uint8_t>(id), std::span<std::uint8_t>(secret)}) {
    if (auto random = random_bytes(part); !random) return random.error();
  }
  const std::string name = to_base32(id);
  std::string token = std::string(kPrefix) + name + "-" + to_base32(secret);
  entries.push_back({.id = name, .hash = sha256(token), .scope = scope, .created = now, .expires = now + life_seconds});
  if (auto kept = replace(std::move(entries)); !kept) return kept.error();
  return token;
}

std::vector<IssuedOperatorToken> OperatorTokenBook::list(std::int64_t now) const {
  std::vector<IssuedOperatorToken> good;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(good),
               [now](const auto& token) { return now < token.expires; });
  return good;
}

Result<void> OperatorTokenBook::revoke(std::string_view id, std::int64_t now) {
  std::vector<IssuedOperatorToken> entries = list(now);
  if (std::erase_if(entries, [id](const auto& token) { return token.id == id; }) == 0) {
    return Error{ErrorKind::not_found,
                 "There is no valid operator token " + std::string(id) + ". See `meshzero token list`."};
  }
  return replace(std::move(entries));
}

std::optional<IssuedOperatorToken> OperatorTokenBook::verify(std::string_view token, std::int64_t now) const {
  if (token.size() != kTokenText) return std::nullopt;
  const Digest hash = sha256(token);
  const IssuedOperatorToken* found = nullptr;
  for (const auto& entry : entries_) {
    if (equal_secrets(entry.hash, hash)) found = &entry;
  }
  if (found == nullptr || now >= found->expires) return std::nullopt;
  return *found;
}

}  // namespace mz
