#include "api/sessions.h"

#include <algorithm>
#include <array>
#include <span>

#include "p2p/base32.h"
#include "p2p/trust/key.h"

namespace mz {
namespace {

constexpr std::size_t kSecretBytes = 16;

// 128 random bits need no slow hash: there is nothing to guess.
Digest hash_of(std::string_view secret) {
  return sha256(std::span(reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()));
}

Result<std::string> new_secret() {
  std::array<std::uint8_t, kSecretBytes> bytes{};
  if (auto drawn = random_bytes(bytes); !drawn) return drawn.error();
  return to_base32(bytes);
}

}  // namespace

void Sessions::make_room(Entries& entries, std::size_t limit, Clock::time_point now) {
  std::erase_if(entries, [now](const auto& entry) { return entry.second.until <= now; });
  while (entries.size() >= limit) {
    entries.erase(std::min_element(entries.begin(), entries.end(),
                                   [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
}

Result<std::string> Sessions::create_code(Scope scope) {
  auto code = new_secret();
  if (!code) return code;
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  make_room(codes_, kMaxCodes, now);
  codes_[hash_of(*code)] = {.scope = scope, .until = now + kCodeLife, .label = {}};
  return code;
}

Result<std::string> Sessions::redeem(std::string_view code) {
  auto secret = new_secret();
  if (!secret) return secret;
  const std::string token = std::string(kTokenPrefix) + *secret;
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(hash_of(code));
  if (found == codes_.end() || found->second.until <= now) {
    return Error{ErrorKind::refused, "This login has been used or is older than a minute. Run `meshzero ui` again."};
  }
  const Scope scope = found->second.scope;
  codes_.erase(found);
  make_room(sessions_, kMaxSessions, now);
  sessions_[hash_of(token)] = {
      .scope = scope, .until = now + kSessionLife, .label = "page " + std::to_string(next_label_++)};
  return token;
}

std::optional<Principal> Sessions::verify(std::string_view token) const {
  const Digest hash = hash_of(token);
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(hash);
  if (found == sessions_.end() || found->second.until <= now_()) return std::nullopt;
  Principal principal;
  principal.kind = Principal::Kind::session;
  principal.scope = found->second.scope;
  principal.label = found->second.label;
  return principal;
}

void Sessions::end(std::string_view label) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [label](const auto& entry) { return entry.second.label == label; });
}

}  // namespace mz
