#include "p2p/agreement/card.h"

#include <algorithm>

namespace mz {
namespace {

constexpr std::string_view kPurpose = "meshzero card 3";  // no signature of a card can pass for one of something else

void write_unsigned(ByteWriter& out, const Card& card) {
  write_id(out, card.id);
  out.varint(card.life.incarnation);
  out.u64(card.life.boot_id);
  out.u64(card.outbids);
  out.u8(static_cast<std::uint8_t>(card.presence));
  out.u8(card.roles);
  out.text(card.name);
  out.text(card.version);
  out.varint(card.addresses.size());
  for (const std::string& address : card.addresses) out.text(address);
}

}  // namespace

void write_id(ByteWriter& out, const NodeId& id) { out.raw(id.bytes()); }

NodeId read_id(ByteReader& in) {
  const auto bytes = in.raw(NodeId::kBytes);
  std::array<std::uint8_t, NodeId::kBytes> copy{};
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return NodeId(copy);
}

std::vector<std::uint8_t> Card::signed_bytes() const {
  ByteWriter out;
  write_unsigned(out, *this);
  out.text(kPurpose);
  return out.take();
}

void Card::write(ByteWriter& out) const {
  write_unsigned(out, *this);
  out.blob(signature);
}

Card Card::read(ByteReader& in) {
  Card card;
  card.id = read_id(in);
  card.life.incarnation = in.varint(UINT64_MAX);
  card.life.boot_id = in.u64();
  card.outbids = in.u64();
  card.presence = static_cast<Presence>(in.varint(static_cast<std::uint8_t>(Presence::cloned)));
  card.roles = static_cast<std::uint8_t>(in.varint(kWorker | kAdmin));
  card.name = in.text(kMaxNameBytes);
  card.version = in.text(kMaxVersionBytes);
  const std::uint64_t addresses = in.varint(kMaxAddresses);
  for (std::uint64_t i = 0; i < addresses && in.good(); ++i) card.addresses.push_back(in.text(kMaxAddressBytes));
  const auto signature = in.blob(kMaxCardSignatureBytes);
  card.signature.assign(signature.begin(), signature.end());
  return card;
}

}  // namespace mz
