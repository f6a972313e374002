#include "p2p/trust/join_token.h"

#include <openssl/hmac.h>

#include <algorithm>

#include "engine/base/bytes.h"
#include "p2p/base32.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr std::string_view kBookTitle = "meshzero join tokens 1";
constexpr std::size_t kMaxBookBytes = 4U << 20;
constexpr std::size_t kIdBytes = 5;  // eight characters
constexpr std::size_t kSecretText = 26;

Digest derive(std::string_view purpose, std::span<const std::uint8_t> secret) {
  Sha256 hash;
  hash.update(purpose);
  hash.update(secret);
  return hash.finish();
}

Error not_a_token() {
  return {
      ErrorKind::usage,
      "This is not a join token. It begins with MZ1- and is printed by `meshzero token create --role node`; copy all "
      "of it."};
}

template <std::size_t N>
bool read_base32(std::string_view text, std::array<std::uint8_t, N>& out) {
  const auto bytes = from_base32(text);
  if (!bytes || bytes->size() != N) return false;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return true;
}

Error wrong_token() {
  return {
      ErrorKind::refused,
      "The token is not valid here: it may be mistyped, used up, revoked or older than one hour. Make a new one with "
      "`meshzero token create --role node`."};
}

bool is_good(const IssuedJoinToken& token, std::int64_t now) {
  // A clock set back far makes it invalid too.
  return now < token.expires && now >= token.created - kBackdateSeconds;
}

void encode(ByteWriter& out, const IssuedJoinToken& token) {
  out.text(token.id);
  out.raw(token.proof_key);
  out.u8(static_cast<std::uint8_t>(token.role));
  out.zigzag(token.created);
  out.zigzag(token.expires);
  out.varint(token.uses);
  out.varint(token.redeemers.size());
  for (const NodeId& node : token.redeemers) out.raw(node.bytes());
}

std::array<std::uint8_t, 32> read_32(ByteReader& in) {
  std::array<std::uint8_t, 32> bytes{};
  const auto raw = in.raw(bytes.size());
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return bytes;
}

IssuedJoinToken decode(ByteReader& in) {
  IssuedJoinToken token;
  token.id = in.text(JoinTokenBook::kMaxIdLength);
  token.proof_key = read_32(in);
  token.role = in.u8() == static_cast<std::uint8_t>(Role::admin) ? Role::admin : Role::worker;
  token.created = in.zigzag();
  token.expires = in.zigzag();
  token.uses = static_cast<unsigned>(in.varint(JoinTokenBook::kMaxUses));
  for (std::uint64_t left = in.varint(JoinTokenBook::kMaxUses); left > 0 && in.good(); --left) {
    token.redeemers.insert(NodeId(read_32(in)));
  }
  return token;
}

}  // namespace

Result<JoinToken> JoinToken::parse(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (!text.starts_with(kPrefix)) return not_a_token();
  text.remove_prefix(kPrefix.size());
  JoinToken token;
  if (text.size() != kSecretText + 1 + NodeId::kTextLength + 1 + kSecretText || text[kSecretText] != '-' ||
      text[kSecretText + 1 + NodeId::kTextLength] != '-') {
    return not_a_token();
  }
  auto admin = NodeId::parse(text.substr(kSecretText + 1, NodeId::kTextLength));
  if (!admin || !read_base32(text.substr(0, kSecretText), token.authority) ||
      !read_base32(text.substr(text.size() - kSecretText), token.secret)) {
    return not_a_token();
  }
  token.admin = *admin;
  return token;
}

std::string JoinToken::text() const {
  return std::string(kPrefix) + to_base32(authority) + "-" + admin.text() + "-" + to_base32(secret);
}

std::string JoinToken::id() const {
  const Digest digest = derive("meshzero join token id", secret);
  return to_base32(std::span(digest).first(kIdBytes));
}

Digest JoinToken::proof_key() const { return derive("meshzero join token proof", secret); }

Digest join_proof(const Digest& proof_key, const ChannelBinding& channel, std::span<const std::uint8_t> request) {
  std::string message = "meshzero join proof 1";
  message.append(channel.begin(), channel.end());
  const Digest hash = sha256(request);
  message.append(hash.begin(), hash.end());
  Digest proof{};
  unsigned size = 0;
  HMAC(EVP_sha256(), proof_key.data(), static_cast<int>(proof_key.size()),
       reinterpret_cast<const std::uint8_t*>(message.data()), message.size(), proof.data(), &size);
  return proof;
}

Result<JoinTokenBook> JoinTokenBook::open(std::filesystem::path file, const ClusterId& cluster) {
  JoinTokenBook book(std::move(file), cluster);
  auto bytes = read_private_file(book.file_, kMaxBookBytes);
  if (!bytes) {
    if (bytes.error().kind == ErrorKind::not_found) return book;
    return bytes.error();
  }
  ByteReader in(*bytes);
  const bool of_this_cluster = read_32(in) == cluster;
  const bool ours = in.text(kBookTitle.size()) == kBookTitle;
  std::vector<IssuedJoinToken> entries;
  for (std::uint64_t left = in.varint(kMaxTokens); left > 0 && in.good(); --left) entries.push_back(decode(in));
  if (!ours || !in.good() || in.remaining() != 0) {
    return Error{ErrorKind::corrupt, "The book of join tokens " + book.file_.string() +
                                         " is damaged. Remove it; tokens that were not used yet must be made again."};
  }
  if (of_this_cluster) book.entries_ = std::move(entries);
  return book;
}

Result<void> JoinTokenBook::replace(std::vector<IssuedJoinToken> entries) {
  ByteWriter out;
  out.raw(cluster_);
  out.text(kBookTitle);
  out.varint(entries.size());
  for (const auto& entry : entries) encode(out, entry);
  if (auto written = write_private_file(file_, out.bytes()); !written) return written;
  entries_ = std::move(entries);
  return {};
}

Result<JoinToken> JoinTokenBook::create(const Certificate& authority, const NodeId& admin, Role role, unsigned uses,
                                        std::int64_t now) {
  if (uses == 0 || uses > kMaxUses) {
    return Error{ErrorKind::usage, "A join token is good for 1 to " + std::to_string(kMaxUses) + " nodes."};
  }
  std::vector<IssuedJoinToken> entries = list(now);  // those that have ended are forgotten
  if (entries.size() >= kMaxTokens) {
    return Error{ErrorKind::refused, "There are " + std::to_string(kMaxTokens) +
                                         " valid join tokens already. Use one with --uses, or revoke some."};
  }
  JoinToken token{.authority = fingerprint_prefix(authority), .admin = admin, .secret = {}};
  if (auto random = random_bytes(token.secret); !random) return random.error();
  entries.push_back({.id = token.id(),
                     .proof_key = token.proof_key(),
                     .role = role,
                     .created = now,
                     .expires = now + kLifeSeconds,
                     .uses = uses,
                     .redeemers = {}});
  if (auto kept = replace(std::move(entries)); !kept) return kept.error();
  return token;
}

std::vector<IssuedJoinToken> JoinTokenBook::list(std::int64_t now) const {
  std::vector<IssuedJoinToken> good;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(good),
               [now](const auto& token) { return is_good(token, now); });
  return good;
}

Result<void> JoinTokenBook::revoke(std::string_view id, std::int64_t now) {
  std::vector<IssuedJoinToken> entries = list(now);
  if (std::erase_if(entries, [id](const auto& token) { return token.id == id; }) == 0) {
    return Error{ErrorKind::not_found,
                 "There is no valid join token " + std::string(id) + ". See `meshzero token list`."};
  }
  return replace(std::move(entries));
}

Result<Role> JoinTokenBook::redeem(std::string_view id, const Digest& proof, const ChannelBinding& channel,
                                   std::span<const std::uint8_t> request, const NodeId& node, std::int64_t now) {
  std::vector<IssuedJoinToken> entries = list(now);
  const auto token = std::find_if(entries.begin(), entries.end(), [id](const auto& entry) { return entry.id == id; });
  if (token == entries.end() || !equal_secrets(join_proof(token->proof_key, channel, request), proof)) {
    return wrong_token();
  }
  const Role role = token->role;
  if (token->redeemers.contains(node)) return role;
  if (token->redeemers.size() >= token->uses) return wrong_token();
  token->redeemers.insert(node);
  // Counted before anything is signed: a crash in between costs a token, not a cluster.
  if (auto kept = replace(std::move(entries)); !kept) return kept.error();
  return role;
}

}  // namespace mz
