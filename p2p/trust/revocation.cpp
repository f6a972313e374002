#include "p2p/trust/revocation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "engine/base/bytes.h"

namespace mz {
namespace {

constexpr std::string_view kTitle = "meshzero revocations 1";

Bytes signed_bytes(const ClusterId& cluster, const Revocation& revocation) {
  ByteWriter out;
  out.raw(cluster);
  out.text("meshzero revocation 1");
  out.raw(revocation.node.bytes());
  out.u64(static_cast<std::uint64_t>(revocation.at));
  return out.take();
}

struct List {
  ClusterId cluster{};
  std::vector<Revocation> entries;
};

// Nothing when the bytes are no list of any cluster. Signatures are not looked at.
std::optional<List> parse(std::span<const std::uint8_t> bytes) {
  ByteReader in(bytes);
  List list;
  const auto cluster = in.raw(list.cluster.size());
  if (in.text(kTitle.size()) != kTitle) return std::nullopt;
  std::copy(cluster.begin(), cluster.end(), list.cluster.begin());
  for (std::uint64_t left = in.varint(RevocationSet::kMaxEntries); left > 0 && in.good(); --left) {
    std::array<std::uint8_t, NodeId::kBytes> id{};
    const auto raw = in.raw(id.size());
    if (!in.good()) return std::nullopt;
    std::copy(raw.begin(), raw.end(), id.begin());
    Revocation entry{.node = NodeId(id), .at = static_cast<std::int64_t>(in.u64()), .signature = {}};
    const auto signature = in.blob(RevocationSet::kMaxSignatureBytes);
    entry.signature.assign(signature.begin(), signature.end());
    list.entries.push_back(std::move(entry));
  }
  if (!in.good() || in.remaining() != 0) return std::nullopt;
  return list;
}

}  // namespace

Result<Revocation> RevocationSet::make(const Authority& authority, const NodeId& node, std::int64_t now) {
  Revocation revocation{.node = node, .at = now, .signature = {}};
  auto signature = authority.key().sign(signed_bytes(authority.id(), revocation));
  if (!signature) return signature.error();
  revocation.signature = std::move(*signature);
  return revocation;
}

Result<bool> RevocationSet::add(const Revocation& revocation) {
  if (entries_.contains(revocation.node)) return false;
  if (entries_.size() >= kMaxEntries) {
    return Error{ErrorKind::refused, "This cluster has revoked as many nodes as it can remember. Make a new cluster."};
  }
  if (!authority_.public_key().verify(signed_bytes(authority_.fingerprint(), revocation), revocation.signature)) {
    return Error{ErrorKind::refused, "The authority of this cluster has not signed this revocation."};
  }
  entries_.emplace(revocation.node, revocation);
  return true;
}

Bytes RevocationSet::encode() const {
  ByteWriter out;
  out.raw(authority_.fingerprint());
  out.text(kTitle);
  out.varint(entries_.size());
  for (const auto& [node, revocation] : entries_) {
    out.raw(node.bytes());
    out.u64(static_cast<std::uint64_t>(revocation.at));
    out.blob(revocation.signature);
  }
  return out.take();
}

Result<std::size_t> RevocationSet::merge(std::span<const std::uint8_t> bytes) {
  auto list = parse(bytes);
  if (!list || list->cluster != authority_.fingerprint()) {
    return Error{ErrorKind::corrupt, "These bytes are not a list of revocations of this cluster."};
  }
  RevocationSet grown = *this;
  for (const Revocation& entry : list->entries) {
    if (auto added = grown.add(entry); !added) return added.error();
  }
  const std::size_t count = grown.entries_.size() - entries_.size();
  entries_ = std::move(grown.entries_);
  return count;
}

bool RevocationSet::is_of_another_cluster(std::span<const std::uint8_t> bytes) const {
  const auto list = parse(bytes);
  const ClusterId own = authority_.fingerprint();
  return list && list->cluster != own &&
         std::none_of(list->entries.begin(), list->entries.end(), [&](const Revocation& entry) {
           return authority_.public_key().verify(signed_bytes(own, entry), entry.signature);
         });
}

}  // namespace mz
