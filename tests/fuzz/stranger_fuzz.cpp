// What a node reads of others before it trusts them: adverts, addresses, tokens, certificates, requests for one, lists of
// revocations, proofs, sealed secrets, JSON. The first byte says as which of these the rest is read.
//
// Checked besides: what is accepted can be written and read again, and keeps its limits.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "api/foreign_json.h"
#include "p2p/candidates.h"
#include "p2p/discovery/txt_record.h"
#include "p2p/trust/join_token.h"
#include "p2p/trust/pairing.h"
#include "p2p/trust/revocation.h"
#include "p2p/trust/sealed.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
T must(mz::Result<T> result) {
  require(static_cast<bool>(result));
  return std::move(*result);
}

using Bytes = std::span<const std::uint8_t>;

void advert(Bytes bytes) {
  const auto strings = mz::split_txt(bytes);
  if (!strings) return;
  require(strings->size() <= mz::kMaxTxtStrings);
  const auto advert = mz::read_txt(*strings);
  if (!advert) return;
  const auto again = mz::split_txt(mz::join_txt(mz::txt_strings(*advert)));
  require(again && mz::read_txt(*again) == advert);
}

void address(std::string_view text) {
  const auto address = mz::PeerAddress::parse(text);
  if (!address) return;
  require(address->host.size() <= mz::PeerAddress::kMaxHostBytes && address->port != 0);
  require(must(mz::PeerAddress::parse(address->text())) == *address);
}

void host_name(std::string_view text) {
  const std::string name = mz::instance_name(text, "abcdefghijk");
  require(name.size() <= mz::kMaxInstanceBytes);
  require(std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }));
}

void token(std::string_view text) {
  const auto token = mz::JoinToken::parse(text);
  if (token) require(must(mz::JoinToken::parse(token->text())).text() == token->text());
}

void certificate(Bytes bytes) {
  const auto certificate = mz::Certificate::from_der(bytes);
  if (!certificate) return;
  require(certificate->der().size() <= mz::Certificate::kMaxDerBytes);
  static_cast<void>(certificate->role());
}

void certificates(std::string_view text) {
  const auto certificates = mz::Certificate::all_from_pem(text, 2);
  if (certificates) require(certificates->size() <= 2);
}

void revocations(Bytes bytes) {
  static const mz::Authority authority = must(mz::Authority::create(0));
  mz::RevocationSet set(authority.certificate());
  const auto added = set.merge(bytes);
  require(set.entries().size() == (added ? *added : 0));
}

void sealed(Bytes bytes) {
  static const mz::PrivateKey key = must(mz::PrivateKey::generate());
  static_cast<void>(mz::open_sealed(key, bytes, "fuzz"));
}

void json(std::string_view text) {
  const nlohmann::json value = mz::parse_foreign_json(text);
  if (value.is_discarded()) return;
  // As our own answers are written: text that is no UTF-8 is replaced.
  const std::string written = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  require(!mz::parse_foreign_json(written).is_discarded());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  switch (data[0] % 11) {
    case 0:
      advert(bytes);
      break;
    case 1:
      address(text);
      break;
    case 2:
      host_name(text);
      break;
    case 3:
      token(text);
      break;
    case 4:
      certificate(bytes);
      break;
    case 5:
      certificates(text);
      break;
    case 6:
      static_cast<void>(mz::key_of_request(bytes));
      break;
    case 7:
      static_cast<void>(mz::PublicKey::from_spki(bytes));
      break;
    case 8:
      revocations(bytes);
      break;
    case 9:
      sealed(bytes);
      break;
    default:
      json(text);
  }
  return 0;
}
