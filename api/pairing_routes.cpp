#include "api/pairing_routes.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api/member_list.h"
#include "api/trust_routes.h"
#include "p2p/base32.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kSmallBody = 8U << 10;
constexpr std::size_t kMaxShownName = kMaxPairingNameBytes;
constexpr std::array<std::string_view, 2> kKinds{"digits", "approval"};
constexpr std::array<std::string_view, 7> kStates{"waiting", "confirmed_here", "confirmed_there", "done",
                                                  "refused", "expired",        "failed"};

// What a text in the body stands for is not what it should.
HttpResponse bad_body() {
  return error_response(400, "usage", "A field of the body is not in the form that this address takes.");
}

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> bytes_of(const json& body, const char* name) {
  const auto bytes = from_base32(text_of(body, name));
  if (!bytes || bytes->size() != Size) return std::nullopt;
  std::array<std::uint8_t, Size> out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

// A name for people: one line, and not half a character at its end.
std::string shown_name(std::string name) {
  if (name.size() > kMaxShownName) {
    name.resize(kMaxShownName);
    while (!name.empty() && (static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80U) name.pop_back();
    if (!name.empty() && static_cast<unsigned char>(name.back()) >= 0xC0U) name.pop_back();
  }
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return name;
}

// --- what they take and give ---------------------------------------------------------------------------------------------

constexpr Field kHelloFields[] = {
    {"kind", FieldType::text, "digits or approval"},
    {"request", FieldType::text, "The request for a certificate (PKCS #10, DER) in base32."},
    {"proof", FieldType::text, "That the sender holds the key of the request, bound to this connection, in base32."},
    {"commitment", FieldType::text, "The hash of the sender's nonce, in base32."},
    {"name", FieldType::text, "What the sender calls itself.", Given::optional},
    {"port", FieldType::number, "Where it listens.", Given::optional, 0, 65'535},
    {"addresses", FieldType::texts, "Where it may be reached, as HOST:PORT.", Given::optional},
    {"cluster", FieldType::text, "The id of the cluster of which it is the only member.", Given::optional},
    {"founded", FieldType::number, "When that began, in seconds since 1970.", Given::optional},
    {"by_person", FieldType::flag, "Whether a person named this very node.", Given::optional},
};
constexpr Field kWelcome[] = {
    {"commitment", FieldType::text, "The hash of this node's nonce, in base32."},
    {"name", FieldType::text, "What this machine calls itself."},
};
constexpr Field kRevealFields[] = {{"nonce", FieldType::text, "The sender's nonce, in base32."}};
constexpr Field kRevealed[] = {{"nonce", FieldType::text, "This node's nonce, in base32."}};
constexpr Field kPollFields[] = {
    {"confirmed", FieldType::flag, "Whether the digits were confirmed on the sender's side.", Given::optional},
    {"refused", FieldType::flag, "Whether the request was refused there.", Given::optional},
};
constexpr Field kProgress[] = {
    {"state", FieldType::text, "waiting, confirmed_here, confirmed_there, done, refused, expired or failed"},
    {"text", FieldType::text, "The same as a sentence."},
    {"certificate", FieldType::text, "When it is done: the certificate, in PEM.", Given::optional},
    {"revocations", FieldType::text, "When it is done: the signed list of nodes that were put out, in base32.",
     Given::optional},
    {"members", FieldType::list, "When it is done: `node_id` and `addresses` of each member.", Given::optional},
};

constexpr Field kList[] = {
    {"open", FieldType::flag, "Whether machines are let in at this moment."},
    {"requests", FieldType::list, "The requests, newest last."},
};
constexpr Field kPairingId[] = {{"id", FieldType::text, "The id of the request, on this machine only."}};
constexpr Field kRequest[] = {
    {"id", FieldType::text, "On this machine only."},
    {"direction", FieldType::text, "in, when the other machine asks this one; out otherwise"},
    {"kind", FieldType::text, "digits or approval"},
    {"node_id", FieldType::text, "The id of the other machine."},
    {"name", FieldType::text, "What it calls itself."},
    {"address", FieldType::text, "Where it was met."},
    {"cluster", FieldType::text, "The cluster that is to be joined."},
    {"digits", FieldType::text, "What both machines show.", Given::nullable},
    {"state", FieldType::text, "waiting, confirmed_here, confirmed_there, done, refused, expired or failed"},
    {"text", FieldType::text, "The same as a sentence."},
    {"since", FieldType::number, "Seconds since 1970."},
    {"expires", FieldType::number, "Seconds since 1970."},
};
constexpr Field kStartFields[] = {{"peer", FieldType::text, "The other machine, as HOST:PORT."}};
constexpr Field kConfirmFields[] = {{"digits", FieldType::text, "The six digits that the other machine shows."}};
constexpr Field kApproveFields[] = {
    {"node_id", FieldType::text, "The machine's id, or how it begins: at least 16 characters."},
};
constexpr Field kApproved[] = {
    {"node_id", FieldType::text, "The id, as far as it is known."},
    {"request", FieldType::object, "The request of that machine, when there is one already.", Given::nullable},
    {"text", FieldType::text, "What happens next."},
};
// Both machines asked each other and this one goes on.
constexpr int kTurnAround[] = {409};

// --- machines ------------------------------------------------------------------------------------------------------------

// Why a request of a machine goes no further; nothing when it may.
std::optional<HttpResponse> unfit(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr || services.membership == nullptr || services.trust == nullptr)
    return not_ready_response();
  // The node's own socket has no channel to bind anything to.
  if (!request.arrival.encrypted) return error_response(403, "tls", "Machines pair over TLS only.");
  return std::nullopt;
}

HttpResponse hello_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const auto body = json_body(request.body, kHelloFields);
  if (!body) return error_response_to_sender(body.error());
  const auto kind = parse_pairing_kind(text_of(*body, "kind"));
  const auto commitment = bytes_of<32>(*body, "commitment");
  const auto csr = from_base32(text_of(*body, "request"));
  const auto proof = from_base32(text_of(*body, "proof"));
  if (!kind || !commitment || !csr || !proof) return bad_body();
  const auto said = services.pairing->hello({.channel = request.exporter,
                                             .sender = request.arrival.address,
                                             .kind = *kind,
                                             .request = *csr,
                                             .proof = *proof,
                                             .commitment = *commitment,
                                             .name = shown_name(text_of(*body, "name")),
                                             .port = static_cast<std::uint16_t>(number_of(*body, "port")),
                                             .addresses = read_addresses(body->value("addresses", json())),
                                             .cluster = shown_name(text_of(*body, "cluster")),
                                             .founded = number_of(*body, "founded"),
                                             .by_person = flag_of(*body, "by_person")});
  if (!said) return error_response_to_sender(said.error());
  switch (said->kind) {
    case PairingWelcome::Kind::elsewhere:
      return json_response(
          {{"error", {{"kind", "elsewhere"}, {"text", "This node cannot take in machines; ask an admin."}}},
           {"addresses", said->addresses}},
          421);
    case PairingWelcome::Kind::turn_around:
      return error_response(409, "turn_around", "This node's cluster is the newer one, so it asks yours.");
    case PairingWelcome::Kind::accepted:
      break;
  }
  return json_response({{"commitment", to_base32(said->commitment)}, {"name", said->name}});
}

HttpResponse reveal_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const auto body = json_body(request.body, kRevealFields);
  if (!body) return error_response_to_sender(body.error());
  const auto nonce = bytes_of<32>(*body, "nonce");
  if (!nonce) return bad_body();
  const auto theirs = services.pairing->reveal(request.exporter, *nonce);
  if (!theirs) return error_response_to_sender(theirs.error());
  return json_response({{"nonce", to_base32(*theirs)}});
}

HttpResponse poll_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const auto body = json_body(request.body, kPollFields);
  if (!body) return error_response_to_sender(body.error());
  const auto progress =
      services.pairing->poll(request.exporter, flag_of(*body, "confirmed"), flag_of(*body, "refused"));
  if (!progress) return error_response_to_sender(progress.error());
  json said{{"state", pairing_state_word(progress->state)}, {"text", progress->text}};
  if (progress->certificate) {
    std::vector<MemberAddress> members = services.membership->others();
    members.push_back(services.membership->self());
    said["certificate"] = progress->certificate->pem();
    said["revocations"] = to_base32(services.trust->revocations());
    said["members"] = members_json(members);
  }
  return json_response(said);
}

// --- people --------------------------------------------------------------------------------------------------------------

HttpResponse list_route(const NodeServices& services, const Request&) {
  if (services.pairing == nullptr) return not_ready_response();
  json list = json::array();
  for (const PairingRequest& request : services.pairing->requests()) list.push_back(pairing_request_json(request));
  return json_response({{"open", services.pairing->open()}, {"requests", list}});
}

HttpResponse start_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kStartFields);
  if (!body) return error_response_to_sender(body.error());
  auto peer = PeerAddress::parse(text_of(*body, "peer"));
  if (!peer) return error_response_to_sender(peer.error());
  const auto started = services.pairing->start(*peer);
  return started ? json_response(pairing_request_json(*started), 201) : error_response(started.error());
}

HttpResponse confirm_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kConfirmFields);
  if (!body) return error_response_to_sender(body.error());
  const auto done = services.pairing->confirm(request.variables.front(), text_of(*body, "digits"));
  return done ? json_response(pairing_request_json(*done)) : error_response(done.error());
}

HttpResponse refuse_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return not_ready_response();
  const auto done = services.pairing->refuse(request.variables.front());
  return done ? json_response(pairing_request_json(*done)) : error_response(done.error());
}

HttpResponse approve_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return not_ready_response();
  const auto body = json_body(request.body, kApproveFields);
  if (!body) return error_response_to_sender(body.error());
  const std::string node = text_of(*body, "node_id");
  const auto done = services.pairing->approve(node);
  if (!done) return error_response(done.error());
  json said{{"node_id", *done ? (*done)->node.text() : node}, {"request", json()}};
  if (*done) said["request"] = pairing_request_json(**done);
  said["text"] =
      *done ? (*done)->text
            : "Approved. A machine with this id is taken in when it asks within an hour, as long as this node runs.";
  return json_response(said);
}

constexpr Access kAnybody{Caller::encrypted};
constexpr Access kReader{{Caller::here, Caller::person}, Scope::read};
constexpr Access kAdmin{{Caller::person}, Scope::admin};

constexpr Route kRoutes[] = {
    {"POST",
     "/api/v1/pair/hello",
     "A machine asks to join. 421 names admins instead.",
     kAnybody,
     Pool::ui,
     hello_route,
     {.fields = kHelloFields, .gives = kWelcome, .refusals = kTurnAround, .between_nodes = true},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/pair/reveal",
     "Trades the nonces from which both machines compute their digits.",
     kAnybody,
     Pool::ui,
     reveal_route,
     {.fields = kRevealFields, .gives = kRevealed, .between_nodes = true},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/pair/poll",
     "How the request of this connection stands, and the certificate at its end.",
     kAnybody,
     Pool::ui,
     poll_route,
     {.fields = kPollFields, .gives = kProgress, .between_nodes = true},
     BodyKind::json,
     kSmallBody},
    {"GET",
     "/api/v1/pairing",
     "Requests to join, of other machines here and of this one elsewhere.",
     kReader,
     Pool::ui,
     list_route,
     {.gives = kList}},
    {"POST",
     "/api/v1/pairing",
     "This node asks the one at that address to take it in.",
     kAdmin,
     Pool::ui,
     start_route,
     {.fields = kStartFields, .status = 201, .gives = kRequest},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/pairing/{id}/confirm",
     "The digits on the other machine are these.",
     kAdmin,
     Pool::ui,
     confirm_route,
     {.variables = kPairingId, .fields = kConfirmFields, .gives = kRequest},
     BodyKind::json,
     kSmallBody},
    {"POST",
     "/api/v1/pairing/{id}/refuse",
     "Ends a request; the machines stay apart.",
     kAdmin,
     Pool::ui,
     refuse_route,
     {.variables = kPairingId, .gives = kRequest}},
    {"POST",
     "/api/v1/approvals",
     "Takes in the machine whose id begins so, now or when it asks.",
     kAdmin,
     Pool::ui,
     approve_route,
     {.fields = kApproveFields, .gives = kApproved},
     BodyKind::json,
     kSmallBody},
};

}  // namespace

std::string_view pairing_kind_word(PairingKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string_view pairing_state_word(PairingState state) { return kStates.at(static_cast<std::size_t>(state)); }

std::optional<PairingKind> parse_pairing_kind(std::string_view word) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), word);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<PairingKind>(found - kKinds.begin());
}

std::optional<PairingState> parse_pairing_state(std::string_view word) {
  const auto found = std::find(kStates.begin(), kStates.end(), word);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<PairingState>(found - kStates.begin());
}

std::span<const Route> pairing_routes() { return kRoutes; }

json pairing_request_json(const PairingRequest& request) {
  return {{"id", request.id},
          {"direction", request.incoming ? "in" : "out"},
          {"kind", pairing_kind_word(request.kind)},
          {"node_id", request.node.text()},
          {"name", request.name},
          {"address", request.address},
          {"cluster", request.cluster},
          {"digits", request.digits ? json(*request.digits) : json()},
          {"state", pairing_state_word(request.state)},
          {"text", request.text},
          {"since", request.since},
          {"expires", request.expires}};
}

}  // namespace mz
