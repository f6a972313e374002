#include "node/member_steps.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/field.h"
#include "api/foreign_json.h"
#include "api/http_connection.h"
#include "api/member_list.h"
#include "api/principal.h"
#include "node/peer_question.h"
#include "p2p/base32.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxJoinAddresses = 256;
constexpr std::size_t kMaxOwnAnswer = 1U << 20;
constexpr std::chrono::milliseconds kOneAttempt{5000};
constexpr std::chrono::milliseconds kFoundAttempt{2000};  // at an address that was only found: there may be many
constexpr std::chrono::milliseconds kBetweenRounds{500};

Deadline sooner(Deadline a, Deadline b) { return std::min(a, b); }

Endpoint endpoint_of(const PeerAddress& address) { return {.host = address.host, .port = address.port}; }

// A node whose certificate is of the token's cluster; any other gets no further.
Result<HttpConnection> dial_cluster(const JoinToken& token, const PeerAddress& address, Deadline deadline) {
  auto context = make_joining_context(token.authority, system_wall_clock());
  if (!context) return context.error();
  return HttpConnection::dial_tls(endpoint_of(address), *context, std::nullopt, deadline);
}

// One attempt by such a connection: admitted, or an error; `elsewhere` gets the addresses that a member names instead.
Result<Admitted> try_to_join(const NodeTrust& trust, const JoinToken& token, const PeerAddress& address,
                             Result<HttpConnection>& connection, const Bytes& request,
                             const std::vector<std::string>& own, Deadline deadline,
                             std::vector<PeerAddress>& elsewhere) {
  auto authority = connection->authority();
  if (!authority) return authority.error();
  const json body{{"token", token.id()},
                  {"admin", token.admin.text()},
                  {"request", to_base32(request)},
                  {"addresses", own},
                  {"proof", to_base32(join_proof(token.proof_key(), connection->exporter(), request))}};
  auto answer = post_to_peer(*connection, "/api/v1/join", body, deadline);
  if (!answer) return answer.error();
  const json said = parse_foreign_json(answer->body);
  if (answer->status == 421 && said.is_object()) {
    const json addresses = said.value("addresses", json::array());
    std::string named;
    for (const json& text : addresses) {
      auto other = PeerAddress::parse(text.is_string() ? text.get<std::string>() : std::string());
      if (!other) continue;
      elsewhere.push_back(*other);
      named += (named.empty() ? " at " : ", ") + other->text();
    }
    return Error{ErrorKind::unreachable,
                 "The node at " + address.text() +
                     " is of the token's cluster, but only the admin that made the token takes in who has it, and that "
                     "one is not reached" +
                     named +
                     ". Start it, or make a token on another admin with `meshzero token create --role node` and join "
                     "with that."};
  }
  if (answer->status != 200 || !said.is_object()) return refusal_of(*answer, said, address);
  const auto& peer = connection->peer();
  if (!peer || peer->node_id != token.admin || peer->role != Role::admin) {
    return Error{ErrorKind::refused,
                 "The node at " + address.text() + " answered for the admin node without being it."};
  }
  auto certificate = Certificate::all_from_pem(text_of(said, "certificate"), 1);
  if (!certificate || certificate->front().node_id() != trust.node_id()) {
    return Error{ErrorKind::corrupt,
                 "The node at " + address.text() + " sent a certificate that is not for this node."};
  }
  auto revocations = read_revocations(said, address);
  if (!revocations) return revocations.error();
  return Admitted{.certificate = certificate->front(),
                  .authority = *authority,
                  .revocations = std::move(*revocations),
                  .members = read_members(said.value("members", json())),
                  .admin = peer->node_id,
                  .admin_address = address};
}

Result<HttpConnection> dial_member(const NodeTrust& trust, const PeerAddress& address,
                                   const std::optional<NodeId>& expected, Deadline deadline) {
  auto connection = HttpConnection::dial_tls(endpoint_of(address), trust.client_context(), expected,
                                             sooner(deadline, within(kOneAttempt)));
  if (connection && connection->peer() && trust.is_revoked(connection->peer()->node_id)) {
    return Error{ErrorKind::refused, "The node at " + address.text() + " was put out of the cluster."};
  }
  return connection;
}

// An address at which the cluster may be entered.
struct Way {
  PeerAddress address;
  std::chrono::milliseconds limit;  // for one attempt
  Deadline next_try = {};
  bool given_up = false;
};

void add_way(std::vector<Way>& ways, const PeerAddress& address, std::chrono::milliseconds limit) {
  const bool known = std::any_of(ways.begin(), ways.end(), [&](const Way& way) { return way.address == address; });
  if (!known && ways.size() < kMaxJoinAddresses) ways.push_back({.address = address, .limit = limit});
}

// The one whose turn it is: what was found just now does not wait for what has failed before.
Way* next_way(std::vector<Way>& ways) {
  Way* first = nullptr;
  for (Way& way : ways) {
    if (!way.given_up && (first == nullptr || way.next_try < first->next_try)) first = &way;
  }
  return first;
}

}  // namespace

Result<Admitted> ask_to_join(const NodeTrust& trust, const JoinToken& token, const WaysIn& ways,
                             const std::vector<std::string>& own, const std::function<Error()>& nobody,
                             Deadline deadline) {
  auto request = make_request(trust.key());
  if (!request) return request.error();
  std::vector<Way> all;
  for (const PeerAddress& address : ways.named) add_way(all, address, kOneAttempt);
  std::optional<Error> last;
  std::optional<Error> sent_on;  // by a member, and where
  for (;;) {
    for (const PeerAddress& address : ways.found()) add_way(all, address, kFoundAttempt);
    Way* const way = next_way(all);
    if (way == nullptr && (!ways.named.empty() || !ways.looking())) break;
    const auto now = std::chrono::steady_clock::now();
    if (way == nullptr || way->next_try > now) {
      if (now + kBetweenRounds >= deadline) break;
      std::this_thread::sleep_for(kBetweenRounds);
      continue;
    }
    const PeerAddress address = way->address;
    const Deadline until = sooner(deadline, within(way->limit));
    auto connection = dial_cluster(token, address, until);
    way->next_try = std::chrono::steady_clock::now() + kBetweenRounds;
    if (!connection) {
      way->given_up = connection.error().kind != ErrorKind::unreachable;  // somebody else is there
      // Who named an address wants to hear that above all.
      const bool said = !ways.named.empty() && last && last->kind != ErrorKind::unreachable;
      if (!said || way->given_up) last = connection.error();
      continue;
    }
    std::vector<PeerAddress> elsewhere;
    auto admitted = try_to_join(trust, token, address, connection, *request, own, until, elsewhere);
    if (admitted) return admitted;
    last = admitted.error();
    if (last->kind != ErrorKind::unreachable) return *last;
    if (!elsewhere.empty()) sent_on = last;
    for (const PeerAddress& other : elsewhere) add_way(all, other, kOneAttempt);
  }
  if (!last) return nobody();
  if (sent_on && last->kind == ErrorKind::unreachable) return *sent_on;
  if (ways.named.empty()) last->text += " Name a member with --peer HOST:PORT.";
  return *last;
}

Result<Bytes> read_revocations(const json& answer, const PeerAddress& address) {
  auto list = from_base32(text_of(answer, "revocations"));
  if (list && !list->empty()) return std::move(*list);
  return Error{ErrorKind::corrupt,
               "The node at " + address.text() +
                   " did not say which nodes were put out of its cluster. Run the same version of MeshZero on both."};
}

Result<Bytes> ask_for_renewal(NodeTrust& trust, const PeerAddress& address, Deadline deadline) {
  auto connection = dial_member(trust, address, std::nullopt, deadline);
  if (!connection) return connection.error();
  if (!connection->peer() || connection->peer()->role != Role::admin) {
    return Error{ErrorKind::not_found, "The node at " + address.text() + " is no admin and renews nothing."};
  }
  auto request = make_request(trust.key());
  if (!request) return request.error();
  auto answer = post_to_peer(*connection, "/api/v1/renew", {{"request", to_base32(*request)}}, deadline);
  if (!answer) return answer.error();
  const json said = parse_foreign_json(answer->body);
  if (answer->status != 200 || !said.is_object()) return refusal_of(*answer, said, address);
  auto certificate = Certificate::all_from_pem(text_of(said, "certificate"), 1);
  if (!certificate) return certificate.error();
  auto revocations = read_revocations(said, address);
  if (!revocations) return revocations;
  if (auto adopted = trust.adopt_renewal(certificate->front()); !adopted) return adopted.error();
  return revocations;
}

Result<void> hand_over_authority(NodeTrust& trust, const NodeId& node, const PeerAddress& address, Deadline deadline) {
  auto connection = dial_member(trust, address, node, deadline);
  if (!connection) return connection.error();
  const auto& peer = connection->peer();
  if (!peer || !peer->key)
    return Error{ErrorKind::refused, "The node at " + address.text() + " has shown no certificate."};
  auto promotion = trust.promote(*peer->key);
  if (!promotion) return promotion.error();
  const json body{{"sealed", to_base32(promotion->sealed_authority_key)},
                  {"certificate", promotion->certificate.pem()}};
  auto answer = post_to_peer(*connection, "/api/v1/promotion", body, deadline);
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal_of(*answer, parse_foreign_json(answer->body), address);
  return {};
}

Result<std::string> tell_own_key(const NodeTrust& trust, const std::string& messages, const PeerAddress& address,
                                 Deadline deadline) {
  auto connection = dial_member(trust, address, trust.node_id(), deadline);
  if (!connection) return connection.error();
  auto answer = connection->ask({.method = "POST",
                                 .path = "/api/v1/cluster/message",
                                 .content_type = "application/octet-stream",
                                 .body = messages,
                                 .headers = {{std::string(kProtocolHeader), std::to_string(protocol_version())}}},
                                deadline, kMaxOwnAnswer);
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal_of(*answer, parse_foreign_json(answer->body), address);
  return std::move(answer->body);
}

Meeting meet(const NodeTrust& trust, const std::vector<MemberAddress>& members, const PeerAddress& address,
             Deadline deadline) {
  const auto failed = [](const Error& error) {
    const bool nobody = error.kind == ErrorKind::unreachable;
    return Meeting{
        .state = nobody ? CandidateState::unreachable : CandidateState::refused, .reason = error.text, .said = {}};
  };
  auto connection = HttpConnection::dial_tls(endpoint_of(address), trust.client_context(), std::nullopt, deadline);
  if (!connection) return failed(connection.error());
  const NodeId node = connection->peer() ? connection->peer()->node_id : NodeId();
  if (node == trust.node_id()) return {.state = CandidateState::self, .reason = "It is this node itself.", .said = {}};
  if (trust.is_revoked(node)) {
    return {.state = CandidateState::revoked,
            .reason = "The node " + node.short_text() + " is there, which was put out of the cluster.",
            .said = {}};
  }
  const json body{{"revocations", to_base32(trust.revocations())}, {"members", members_json(members)}};
  auto answer = post_to_peer(*connection, "/api/v1/exchange", body, deadline);
  if (!answer) return failed(answer.error());
  const json said = parse_foreign_json(answer->body);
  if (answer->status != 200 || !said.is_object()) {
    Meeting meeting = failed(refusal_of(*answer, said, address));
    if (answer->status == 409) meeting.state = CandidateState::other_version;
    const json error = said.is_object() ? said.value("error", json()) : json();
    meeting.put_out = answer->status == 401 && error.is_object() && text_of(error, "kind") == kPutOutKind;
    return meeting;
  }
  auto list = read_revocations(said, address);
  if (!list) return failed(list.error());
  return {.state = CandidateState::member,
          .reason = "It proved to be the member " + node.short_text() + ".",
          .said = Exchanged{
              .node = node, .revocations = std::move(*list), .members = read_members(said.value("members", json()))}};
}

}  // namespace mz
