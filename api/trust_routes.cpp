#include "api/trust_routes.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/cluster.h"
#include "api/connection_places.h"
#include "api/journal.h"
#include "api/member_list.h"
#include "p2p/base32.h"
#include "p2p/protocol.h"
#include "p2p/trust/sealed.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kSmallBody = 8U << 10;
constexpr std::size_t kSealedBody = 64U << 10;
constexpr std::size_t kBackupBody = 2 * kMaxSealedFile;  // in base32
constexpr std::size_t kExchangeBody = 2 * RevocationSet::kMaxBytes + (1U << 20);
constexpr std::size_t kMaxPeers = 64;

// What a text in the body stands for is not what it should.
Error bad_body() { return {ErrorKind::usage, "A field of the body is not in the form that this address takes."}; }

Bytes bytes_of(const json& body, const char* name) { return from_base32(text_of(body, name)).value_or(Bytes{}); }

void note(const NodeServices& services, JournalKind kind, JournalLevel level, const std::optional<NodeId>& node,
          const std::string& text) {
  if (services.journal != nullptr) services.journal->add(kind, level, node, text);
}

void note_token(const NodeServices& services, const std::string& text) {
  note(services, JournalKind::token, JournalLevel::info, std::nullopt, text);
}

// Which person did something, as the end of a sentence.
std::string by_whom(const Principal& principal) {
  switch (principal.kind) {
    case Principal::Kind::local:
      return "on this computer's command line";
    case Principal::Kind::session:
      return "on the page";
    case Principal::Kind::operator_token:
      return "by the holder of the operator token " + principal.label;
    default:
      return "by " + std::string(principal_word(principal.kind));
  }
}

json all_members(const Membership& membership) {
  std::vector<MemberAddress> all = membership.others();
  all.push_back(membership.self());
  return members_json(all);
}

// --- what they take and give ---------------------------------------------------------------------------------------------

constexpr Field kMembersField{"members", FieldType::list,
                              "The members of the cluster: `node_id` and `addresses` of each."};
constexpr Field kCertificateField{"certificate", FieldType::text, "The certificate, in PEM."};
constexpr Field kRevocationsField{"revocations", FieldType::text,
                                  "The signed list of nodes that were put out, in base32."};
constexpr Field kRequestField{"request", FieldType::text, "The request for a certificate (PKCS #10, DER) in base32."};

constexpr Field kJoinFields[] = {
    {"token", FieldType::text, "The id of the join token, without its secret."},
    {"admin", FieldType::text, "The id of the node that made the token."},
    kRequestField,
    {"proof", FieldType::text, "That the sender holds the token, bound to this connection, in base32."},
    {"addresses", FieldType::texts, "Where the sender may be reached, as HOST:PORT.", Given::optional},
};
constexpr Field kJoined[] = {kCertificateField, kRevocationsField, kMembersField};
constexpr Field kRenewFields[] = {kRequestField};
constexpr Field kRenewed[] = {kCertificateField, kRevocationsField};
constexpr Field kPromotionFields[] = {
    {"sealed", FieldType::text, "The signing key of the cluster, encrypted for this node, in base32."},
    kCertificateField,
};
constexpr Field kPromoted[] = {
    {"node_id", FieldType::text, "The id of this node."},
    {"role", FieldType::text, "admin"},
};
constexpr Field kExchangeFields[] = {
    kRevocationsField,
    {"members", FieldType::list, "The members that the sender knows: `node_id` and `addresses` of each.",
     Given::optional},
};
constexpr Field kExchanged[] = {kRevocationsField, kMembersField};

constexpr Field kIdentity[] = {
    {"node_id", FieldType::text, "The id of this node."},
    {"cluster", FieldType::text, "The id of its cluster."},
    {"role", FieldType::text, "worker or admin"},
    {"certificate_from", FieldType::number, "Seconds since 1970."},
    {"certificate_until", FieldType::number, "Seconds since 1970."},
    {"renewal_due", FieldType::number, "From when the node asks for a new one, in seconds since 1970."},
    {"authority_until", FieldType::number, "Until when the cluster's own certificate is valid, in seconds since 1970."},
    {"host_name", FieldType::text, "The name in the node's certificate."},
    {"protocol", FieldType::number, "The version of what nodes say to each other."},
};
constexpr Field kTokenFields[] = {
    {"role", FieldType::text,
     "node, for a token with which machines join; operator, for one that a person or script holds."},
    {"uses", FieldType::number, "Of a node token: how many machines may join with it; 1 when it is missing.",
     Given::optional, 1, JoinTokenBook::kMaxUses},
    {"scope", FieldType::text, "Of an operator token, and required there: read, jobs or admin.", Given::optional},
    {"seconds", FieldType::number, "Of an operator token: how long it is valid; 90 days when it is missing.",
     Given::optional, 1, OperatorTokenBook::kMaxLifeSeconds},
};
constexpr Field kToken[] = {
    {"token", FieldType::text, "The token with its secret, shown only this once."},
    {"id", FieldType::text, "What it is called from now on."},
    {"role", FieldType::text, "node or operator"},
    {"uses", FieldType::number, "Of a node token.", Given::optional},
    {"scope", FieldType::text, "Of an operator token.", Given::optional},
    {"expires", FieldType::number, "Seconds since 1970."},
};
constexpr Field kTokens[] = {
    {"tokens", FieldType::list, "`id`, `role`, `created`, `expires`; `uses` and `used`, or `scope`."},
};
constexpr Field kTokenId[] = {{"id", FieldType::text, "The id of the token, as the list shows it."}};
constexpr Field kNodeId[] = {{"id", FieldType::text, "The whole id of a node."}};
constexpr Field kRevoked[] = {{"revoked", FieldType::text, "The id."}};
constexpr Field kNodePromoted[] = {{"promoted", FieldType::text, "The id of the node."}};
constexpr Field kNodes[] = {
    {"nodes", FieldType::list,
     "`node_id`, `addresses`, `this`; `name`, `state`, `roles`, `leader` of those that were heard of, and "
     "`other_protocol`: the version of the protocol that it speaks, null when this node speaks the same."},
};
constexpr Field kEnterFields[] = {
    {"token", FieldType::text, "The whole join token."},
    {"peers", FieldType::texts, "Where members may be reached, as HOST:PORT.", Given::optional},
};
constexpr Field kLeaveFields[] = {
    {"force", FieldType::flag, "Leave also when nobody else holds the cluster's signing key.", Given::optional},
};
constexpr Field kBackupFields[] = {
    {"passphrase", FieldType::text, "With which the backup is encrypted: at least 12 bytes."},
};
constexpr Field kBackup[] = {{"backup", FieldType::text, "The encrypted authority, in base32."}};
constexpr Field kRestoreFields[] = {
    {"passphrase", FieldType::text, "With which the backup was encrypted."},
    {"backup", FieldType::text, "The backup, in base32."},
};

// --- machines ------------------------------------------------------------------------------------------------------------

HttpResponse elsewhere(const Membership& membership, const NodeId& admin) {
  for (const MemberAddress& member : membership.others()) {
    if (member.node != admin) continue;
    return json_response({{"error", {{"kind", "elsewhere"}, {"text", "Another member made this token; ask it."}}},
                          {"addresses", member.addresses}},
                         421);
  }
  return error_response(403, "refused", "The node that made this token is not a member here. Make a new token.");
}

HttpResponse join_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kJoinFields);
  if (!body) return error_response_to_sender(body.error());
  const auto admin = NodeId::parse(text_of(*body, "admin"));
  const Bytes proof = bytes_of(*body, "proof");
  JoinAttempt attempt{.token_id = text_of(*body, "token"),
                      .request = bytes_of(*body, "request"),
                      .proof = {},
                      .channel = request.exporter,
                      // A machine may pick any of the 2^64 addresses of its IPv6 network.
                      .address = address_group(request.arrival.address, false)};
  if (!admin || proof.size() != attempt.proof.size()) return error_response_to_sender(bad_body());
  std::copy(proof.begin(), proof.end(), attempt.proof.begin());
  if (*admin != services.trust->node_id()) return elsewhere(*services.membership, *admin);
  if (services.membership->is_entering()) {
    return error_response(503, "unreachable",
                          "The node that was asked enters another cluster itself. Ask again in a moment.");
  }
  auto certificate = services.trust->admit(attempt);
  if (!certificate) {
    services.membership->turned_away(request.arrival.address, certificate.error());
    return error_response_to_sender(certificate.error());
  }
  const NodeId joined = certificate->node_id();
  note(services, JournalKind::token, JournalLevel::info, joined,
       "The node " + joined.short_text() + " joined from " + request.arrival.address + " with the join token " +
           attempt.token_id + ".");
  // Where it says it is reached: hints, for whoever answers there must prove to be it.
  services.membership->admitted({.node = joined, .addresses = read_addresses(body->value("addresses", json()))});
  // With those who were put out before it came: nobody else needs to be reached for that.
  return json_response({{"certificate", certificate->pem()},
                        {"revocations", to_base32(services.trust->revocations())},
                        {"members", all_members(*services.membership)}});
}

HttpResponse renew_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kRenewFields);
  if (!body) return error_response_to_sender(body.error());
  const Principal& sender = request.principal;
  const Peer member{.node_id = sender.node_id,
                    .role = sender.admin_node ? Role::admin : Role::worker,
                    .expired = sender.certificate_expired,
                    .not_after = sender.certificate_end,
                    .cluster = sender.cluster};
  auto certificate = services.trust->renew(member, bytes_of(*body, "request"));
  if (!certificate) return error_response_to_sender(certificate.error());
  note(services, JournalKind::certificate, JournalLevel::info, member.node_id,
       "This node renewed the certificate of the node " + member.node_id.short_text() + ".");
  return json_response(
      {{"certificate", certificate->pem()}, {"revocations", to_base32(services.trust->revocations())}});
}

HttpResponse promotion_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kPromotionFields);
  if (!body) return error_response_to_sender(body.error());
  auto certificate = Certificate::all_from_pem(text_of(*body, "certificate"), 1);
  if (!certificate) return error_response_to_sender(certificate.error());
  const Promotion promotion{.sealed_authority_key = bytes_of(*body, "sealed"), .certificate = certificate->front()};
  if (auto accepted = services.trust->accept_promotion(promotion); !accepted)
    return error_response_to_sender(accepted.error());
  note(services, JournalKind::admin, JournalLevel::warn, services.trust->node_id(),
       "The node " + request.principal.node_id.short_text() + " handed the signing key of the cluster to this node.");
  return json_response({{"node_id", services.trust->node_id().text()}, {"role", "admin"}});
}

HttpResponse exchange_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kExchangeFields);
  if (!body) return error_response_to_sender(body.error());
  const auto list = from_base32(text_of(*body, "revocations"));
  if (!list || list->empty()) return error_response_to_sender(bad_body());
  if (auto learnt = services.membership->learn_revocations(*list); !learnt)
    return error_response_to_sender(learnt.error());
  services.membership->learn_members(read_members(body->value("members", json())));
  return json_response(
      {{"revocations", to_base32(services.trust->revocations())}, {"members", all_members(*services.membership)}});
}

// --- people --------------------------------------------------------------------------------------------------------------

HttpResponse identity_route(const NodeServices& services, const Request&) {
  if (services.trust == nullptr) return not_ready_response();
  const NodeTrust& trust = *services.trust;
  const Certificate own = trust.certificate();
  return json_response({{"node_id", trust.node_id().text()},
                        {"cluster", cluster_id_text(trust.cluster_id())},
                        {"role", role_word(trust.is_admin() ? Role::admin : Role::worker)},
                        {"certificate_from", own.not_before()},
                        {"certificate_until", own.not_after()},
                        {"renewal_due", trust.renewal_due()},
                        {"authority_until", trust.authority().not_after()},
                        {"host_name", node_host_name(trust.node_id())},
                        {"protocol", protocol_version()}});
}

HttpResponse create_node_token(const NodeServices& services, const Request& request, const json& body) {
  NodeTrust& trust = *services.trust;
  const auto uses = body.value("uses", 1U);
  auto token = trust.create_join_token(uses);
  if (!token) return error_response_to_sender(token.error());
  note_token(services, "The join token " + token->id() + " was made for " + std::to_string(uses) +
                           (uses == 1 ? " machine " : " machines ") + by_whom(request.principal) + ".");
  return json_response({{"token", token->text()},
                        {"id", token->id()},
                        {"role", "node"},
                        {"uses", uses},
                        {"expires", trust.now() + JoinTokenBook::kLifeSeconds}},
                       201);
}

HttpResponse create_operator_token(const NodeServices& services, const Request& request, const json& body) {
  NodeTrust& trust = *services.trust;
  const auto scope = parse_operator_scope(text_of(body, "scope"));
  if (!scope)
    return error_response_to_sender({ErrorKind::usage, "The scope of an operator token is read, jobs or admin."});
  const auto seconds = body.value("seconds", OperatorTokenBook::kDefaultLifeSeconds);
  auto token = trust.create_operator_token(*scope, seconds);
  if (!token) return error_response_to_sender(token.error());
  const std::string id = token->substr(5, token->find('-', 5) - 5);
  note_token(services, "The operator token " + id + " with the scope " + std::string(operator_scope_word(*scope)) +
                           " was made " + by_whom(request.principal) + ".");
  return json_response({{"token", *token},
                        {"id", id},
                        {"role", "operator"},
                        {"scope", operator_scope_word(*scope)},
                        {"expires", trust.now() + seconds}},
                       201);
}

HttpResponse create_token_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kTokenFields);
  if (!body) return error_response_to_sender(body.error());
  const std::string role = text_of(*body, "role");
  if (role == "node") return create_node_token(services, request, *body);
  if (role == "operator") return create_operator_token(services, request, *body);
  return error_response_to_sender({ErrorKind::usage, "The role of a token is node or operator."});
}

HttpResponse list_tokens_route(const NodeServices& services, const Request&) {
  if (services.trust == nullptr) return not_ready_response();
  json list = json::array();
  for (const IssuedJoinToken& token : services.trust->join_tokens()) {
    // Those who joined with it may ask once more; nobody else gets in.
    if (token.redeemers.size() >= token.uses) continue;
    list.push_back({{"id", token.id},
                    {"role", "node"},
                    {"uses", token.uses},
                    {"used", token.redeemers.size()},
                    {"created", token.created},
                    {"expires", token.expires}});
  }
  for (const IssuedOperatorToken& token : services.trust->operator_tokens()) {
    list.push_back({{"id", token.id},
                    {"role", "operator"},
                    {"scope", operator_scope_word(token.scope)},
                    {"created", token.created},
                    {"expires", token.expires}});
  }
  return json_response({{"tokens", list}});
}

HttpResponse revoke_token_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  const std::string& id = request.variables.front();
  if (auto revoked = services.trust->revoke_token(id); !revoked) return error_response_to_sender(revoked.error());
  note_token(services, "The token " + id + " was revoked " + by_whom(request.principal) + ".");
  return json_response({{"revoked", id}});
}

HttpResponse nodes_route(const NodeServices& services, const Request&) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  json list = all_members(*services.membership);
  for (json& node : list) node["this"] = node.at("node_id") == services.trust->node_id().text();
  if (services.cluster != nullptr) {
    const auto picture = services.cluster->picture();
    for (const ClusterMember& member : picture->members) {
      const std::string id = member.node.text();
      const auto node =
          std::find_if(list.begin(), list.end(), [&id](const json& each) { return each.at("node_id") == id; });
      if (node == list.end()) continue;
      node->update({{"name", member.name},
                    {"state", member.state},
                    {"roles", member.roles},
                    {"leader", picture->leader && picture->leader->node == member.node},
                    {"other_protocol", member.other_protocol != 0 ? json(member.other_protocol) : json()}});
    }
  }
  return json_response({{"nodes", list}});
}

HttpResponse revoke_node_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  auto node = NodeId::parse(request.variables.front());
  if (!node) return error_response_to_sender(node.error());
  auto revocation = services.trust->revoke(*node);
  if (!revocation) return error_response_to_sender(revocation.error());
  if (services.membership != nullptr) services.membership->spread(*revocation);
  return json_response({{"revoked", node->text()}});
}

HttpResponse promote_node_route(const NodeServices& services, const Request& request) {
  if (services.membership == nullptr) return not_ready_response();
  auto node = NodeId::parse(request.variables.front());
  if (!node) return error_response_to_sender(node.error());
  if (auto promoted = services.membership->promote(*node); !promoted) return error_response_to_sender(promoted.error());
  return json_response({{"promoted", node->text()}});
}

HttpResponse enter_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kEnterFields);
  if (!body) return error_response_to_sender(body.error());
  auto token = JoinToken::parse(text_of(*body, "token"));
  if (!token) return error_response_to_sender(token.error());
  std::vector<PeerAddress> peers;
  const json listed = body->value("peers", json::array());
  if (!listed.is_array() || listed.size() > kMaxPeers) return error_response_to_sender(bad_body());
  for (const json& text : listed) {
    auto peer = PeerAddress::parse(text.is_string() ? text.get<std::string>() : std::string());
    if (!peer) return error_response_to_sender(peer.error());
    peers.push_back(*peer);
  }
  if (auto joined = services.membership->join(*token, peers); !joined) return error_response_to_sender(joined.error());
  return identity_route(services, request);
}

HttpResponse leave_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kLeaveFields);
  if (!body) return error_response_to_sender(body.error());
  if (auto left = services.membership->leave(flag_of(*body, "force")); !left)
    return error_response_to_sender(left.error());
  return identity_route(services, request);
}

HttpResponse back_up_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kBackupFields);
  if (!body) return error_response_to_sender(body.error());
  auto backup = services.trust->back_up(text_of(*body, "passphrase"));
  if (!backup) return error_response_to_sender(backup.error());
  return json_response({{"backup", to_base32(*backup)}});
}

HttpResponse restore_route(const NodeServices& services, const Request& request) {
  if (services.trust == nullptr || services.membership == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kRestoreFields);
  if (!body) return error_response_to_sender(body.error());
  if (auto done = services.membership->restore(text_of(*body, "passphrase"), bytes_of(*body, "backup")); !done) {
    return error_response_to_sender(done.error());
  }
  return identity_route(services, request);
}

constexpr Access kJoiner{Caller::encrypted};
constexpr Access kRenewing{Caller::node, Caller::expired};
constexpr Access kMember{Caller::node};
constexpr Access kAdminNode{Caller::admin_node};
constexpr Access kReader{{Caller::person, Caller::node}, Scope::read};
constexpr Access kAdmin{{Caller::person}, Scope::admin};
constexpr Access kLocal{Caller::local};

// What strangers may ask for is answered by the pool for people, so that a flood of it delays no heartbeat.
constexpr Route kRoutes[] = {
    {"POST",
     "/api/v1/join",
     "Makes the sender a member. 421 names where to ask instead.",
     kJoiner,
     Pool::ui,
     join_route,
     {.fields = kJoinFields, .gives = kJoined, .between_nodes = true},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/renew",
     "A new certificate for the key of the sender's current one.",
     kRenewing,
     Pool::control,
     renew_route,
     {.fields = kRenewFields, .gives = kRenewed, .between_nodes = true},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/promotion",
     "Makes this node an admin.",
     kAdminNode,
     Pool::control,
     promotion_route,
     {.fields = kPromotionFields, .gives = kPromoted, .between_nodes = true},
     BodyKind::json,
     kSealedBody},
    {"POST",
     "/api/v1/exchange",
     "Trades the signed list of nodes that were put out, and members' addresses.",
     kMember,
     Pool::control,
     exchange_route,
     {.fields = kExchangeFields, .gives = kExchanged, .between_nodes = true},
     BodyKind::json,
     kExchangeBody},
    {"GET",
     "/api/v1/identity",
     "This node's id, cluster, role and certificate.",
     kReader,
     Pool::ui,
     identity_route,
     {.gives = kIdentity}},
    {"GET",
     "/api/v1/tokens",
     "Valid tokens of this node, without their secrets.",
     kAdmin,
     Pool::ui,
     list_tokens_route,
     {.gives = kTokens}},
    {"POST",
     "/api/v1/tokens",
     "A new token, for machines or for an operator.",
     kAdmin,
     Pool::ui,
     create_token_route,
     {.fields = kTokenFields, .status = 201, .gives = kToken},
     BodyKind::json,
     kSmallBody},
    {"DELETE",
     "/api/v1/tokens/{id}",
     "Makes a token worthless.",
     kAdmin,
     Pool::ui,
     revoke_token_route,
     {.variables = kTokenId, .gives = kRevoked}},
    {"GET",
     "/api/v1/nodes",
     "The members of the cluster and where they are.",
     kReader,
     Pool::ui,
     nodes_route,
     {.gives = kNodes}},
    {"POST",
     "/api/v1/nodes/{id}/revoke",
     "Puts a node out of the cluster for good.",
     kAdmin,
     Pool::control,
     revoke_node_route,
     {.variables = kNodeId, .gives = kRevoked}},
    {"POST",
     "/api/v1/nodes/{id}/promote",
     "Makes a member an admin node.",
     kAdmin,
     Pool::ui,
     promote_node_route,
     {.variables = kNodeId, .gives = kNodePromoted}},
    {"POST",
     "/api/v1/membership/join",
     "This node joins the cluster of a token.",
     kLocal,
     Pool::ui,
     enter_route,
     {.fields = kEnterFields, .gives = kIdentity},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/membership/leave",
     "This node leaves its cluster. Refused while the others would lose the signing key by it.",
     kLocal,
     Pool::ui,
     leave_route,
     {.fields = kLeaveFields, .gives = kIdentity},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/authority/backup",
     "The cluster's authority, encrypted.",
     kLocal,
     Pool::ui,
     back_up_route,
     {.fields = kBackupFields, .gives = kBackup},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/authority/restore",
     "Takes over the authority in a backup.",
     kLocal,
     Pool::ui,
     restore_route,
     {.fields = kRestoreFields, .gives = kIdentity},
     BodyKind::json,
     kBackupBody},
};

}  // namespace

std::span<const Route> trust_routes() { return kRoutes; }

std::optional<HttpResponse> protocol_refusal(const RequestHead& head) {
  auto same = check_protocol(head.header(std::string(kProtocolHeader)));
  if (same) return std::nullopt;
  HttpResponse refusal = error_response(409, "protocol", same.error().text);
  refusal.headers.emplace_back(kProtocolHeader, std::to_string(protocol_version()));
  return refusal;
}

}  // namespace mz
