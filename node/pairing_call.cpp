#include "node/pairing_call.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/field.h"
#include "api/foreign_json.h"
#include "api/member_list.h"
#include "node/peer_question.h"
#include "p2p/base32.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTextBytes = 500;

// What another machine says, for a person here: one line.
std::string one_line(std::string text, std::size_t most) {
  text.resize(std::min(text.size(), most));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

std::optional<std::array<std::uint8_t, 32>> bytes_of(const json& object, const char* name) {
  const auto bytes = from_base32(text_of(object, name));
  std::array<std::uint8_t, 32> out{};
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

Error strange_answer(const PeerAddress& address) {
  return {ErrorKind::corrupt, "The node at " + address.text() + " does not answer as a node that pairs does."};
}

}  // namespace

Result<PairingCall> PairingCall::open(const NodeTrust& trust, const PeerAddress& address, Deadline deadline) {
  auto context = make_pairing_context(system_wall_clock());
  if (!context) return context.error();
  auto connection =
      HttpConnection::dial_tls({.host = address.host, .port = address.port}, *context, std::nullopt, deadline);
  if (!connection) return connection.error();
  auto authority = connection->authority();
  if (!authority) return authority.error();
  const auto peer = connection->peer();
  if (!peer) return strange_answer(address);
  return PairingCall(trust, std::move(*connection), *authority, *peer, address);
}

Result<PairingWelcome> PairingCall::hello(const PairingOffer& offer, Deadline deadline) {
  auto request = make_request(trust_.key());
  if (!request) return request.error();
  auto exchange = PairingExchange::begin(PairingSide::joiner, {.channel = connection_.exporter(),
                                                               .joiner = trust_.node_id(),
                                                               .admin = node_,
                                                               .authority = authority_.fingerprint(),
                                                               .request = sha256(*request)});
  if (!exchange) return exchange.error();
  auto proof = prove_pairing_key(trust_.key(), connection_.exporter(), *request, exchange->commitment());
  if (!proof) return proof.error();
  const json body{{"kind", pairing_kind_word(offer.kind)},
                  {"request", to_base32(*request)},
                  {"proof", to_base32(*proof)},
                  {"commitment", to_base32(exchange->commitment())},
                  {"name", offer.name},
                  {"port", offer.port},
                  {"addresses", offer.addresses},
                  {"cluster", cluster_id_text(trust_.cluster_id())},
                  {"founded", trust_.authority().not_before()},
                  {"by_person", offer.by_person}};
  auto answer = post_to_peer(connection_, "/api/v1/pair/hello", body, deadline);
  if (!answer) return answer.error();
  const json said = parse_foreign_json(answer->body);
  if (answer->status == 421 && said.is_object()) {
    return PairingWelcome{.kind = PairingWelcome::Kind::elsewhere,
                          .name = {},
                          .addresses = read_addresses(said.value("addresses", json()))};
  }
  if (answer->status == 409 && said.is_object() && said.contains("error") &&
      text_of(said.at("error"), "kind") == "turn_around") {
    return PairingWelcome{.kind = PairingWelcome::Kind::turn_around, .name = {}, .addresses = {}};
  }
  if (answer->status != 200) return refusal_of(*answer, said, address_);
  const auto commitment = said.is_object() ? bytes_of(said, "commitment") : std::nullopt;
  if (!commitment || !is_admin_) return strange_answer(address_);
  if (auto heard = exchange->hear_commitment(*commitment); !heard) return heard.error();
  exchange_ = *exchange;
  name_ = one_line(text_of(said, "name"), kMaxPairingNameBytes);
  return PairingWelcome{.commitment = *commitment, .name = name_, .addresses = {}};
}

Result<std::string> PairingCall::reveal(Deadline deadline) {
  if (!exchange_) return Error{ErrorKind::failure, "The pairing has not begun."};
  auto own = exchange_->reveal();
  if (!own) return own.error();
  auto answer = post_to_peer(connection_, "/api/v1/pair/reveal", {{"nonce", to_base32(*own)}}, deadline);
  if (!answer) return answer.error();
  const json said = parse_foreign_json(answer->body);
  if (answer->status != 200) return refusal_of(*answer, said, address_);
  const auto nonce = said.is_object() ? bytes_of(said, "nonce") : std::nullopt;
  if (!nonce) return strange_answer(address_);
  return exchange_->hear_nonce(*nonce);
}

Result<PairingCall::Progress> PairingCall::poll(bool confirmed, bool refused, Deadline deadline) {
  auto answer =
      post_to_peer(connection_, "/api/v1/pair/poll", {{"confirmed", confirmed}, {"refused", refused}}, deadline);
  if (!answer) return answer.error();
  const json said = parse_foreign_json(answer->body);
  if (answer->status != 200) return refusal_of(*answer, said, address_);
  const auto state = said.is_object() ? parse_pairing_state(text_of(said, "state")) : std::nullopt;
  if (!state) return strange_answer(address_);
  Progress progress{.state = *state, .text = one_line(text_of(said, "text"), kMaxTextBytes), .admitted = {}};
  if (*state != PairingState::done) return progress;
  auto certificate = Certificate::all_from_pem(text_of(said, "certificate"), 1);
  if (!certificate || certificate->front().node_id() != trust_.node_id()) {
    return Error{ErrorKind::corrupt,
                 "The node at " + address_.text() + " sent a certificate that is not for this node."};
  }
  auto revocations = read_revocations(said, address_);
  if (!revocations) return revocations.error();
  progress.admitted = Admitted{.certificate = certificate->front(),
                               .authority = authority_,
                               .revocations = std::move(*revocations),
                               .members = read_members(said.value("members", json())),
                               .admin = node_,
                               .admin_address = address_};
  return progress;
}

}  // namespace mz
