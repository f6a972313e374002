#include "api/pairing_routes.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api/foreign_json.h"
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

HttpResponse answer(const json& content, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = content.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

HttpResponse unavailable() {
  return error_response(503, "unavailable", "The node is not ready for this yet. Try again in a moment.");
}

HttpResponse bad_body() {
  return error_response(400, "usage", "The body is not the JSON object that this address takes.");
}

HttpResponse refusal(const Error& error) {
  if (error.kind == ErrorKind::corrupt) return error_response(400, "corrupt", error.text);  // it came from the sender
  return error_response(error);
}

json parse(const Request& request) { return parse_foreign_json(request.body); }

std::string text_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

std::int64_t number_of(const json& body, const char* name, std::int64_t lowest, std::int64_t highest) {
  const auto found = body.find(name);
  if (found == body.end() || !found->is_number_integer()) return 0;
  return std::clamp(found->get<std::int64_t>(), lowest, highest);
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

// --- machines ------------------------------------------------------------------------------------------------------------

// Why a request of a machine goes no further; nothing when it may.
std::optional<HttpResponse> unfit(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr || services.membership == nullptr) return unavailable();
  if (auto refused = protocol_refusal(request.head)) return refused;
  // The node's own socket has no channel to bind anything to.
  if (!request.arrival.encrypted) return error_response(403, "tls", "Machines pair over TLS only.");
  return std::nullopt;
}

HttpResponse hello_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  const auto kind = parse_pairing_kind(text_of(body, "kind"));
  const auto commitment = bytes_of<32>(body, "commitment");
  const auto csr = from_base32(text_of(body, "request"));
  const auto proof = from_base32(text_of(body, "proof"));
  if (!kind || !commitment || !csr || !proof) return bad_body();
  const auto said = services.pairing->hello({.channel = request.exporter,
                                             .sender = request.arrival.address,
                                             .kind = *kind,
                                             .request = *csr,
                                             .proof = *proof,
                                             .commitment = *commitment,
                                             .name = shown_name(text_of(body, "name")),
                                             .port = static_cast<std::uint16_t>(number_of(body, "port", 0, 65535)),
                                             .addresses = read_addresses(body.value("addresses", json())),
                                             .cluster = shown_name(text_of(body, "cluster")),
                                             .founded = number_of(body, "founded", 0, INT64_MAX),
                                             .by_person = flag_of(body, "by_person")});
  if (!said) return refusal(said.error());
  switch (said->kind) {
    case PairingWelcome::Kind::elsewhere:
      return answer({{"error", {{"kind", "elsewhere"}, {"text", "This node cannot take in machines; ask an admin."}}},
                     {"addresses", said->addresses}},
                    421);
    case PairingWelcome::Kind::turn_around:
      return error_response(409, "turn_around", "This node's cluster is the newer one, so it asks yours.");
    case PairingWelcome::Kind::accepted:
      break;
  }
  return answer({{"commitment", to_base32(said->commitment)}, {"name", said->name}});
}

HttpResponse reveal_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  const auto nonce = bytes_of<32>(body, "nonce");
  if (!nonce) return bad_body();
  const auto theirs = services.pairing->reveal(request.exporter, *nonce);
  if (!theirs) return refusal(theirs.error());
  return answer({{"nonce", to_base32(*theirs)}});
}

HttpResponse poll_route(const NodeServices& services, const Request& request) {
  if (auto refused = unfit(services, request)) return *refused;
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  const auto progress = services.pairing->poll(request.exporter, flag_of(body, "confirmed"), flag_of(body, "refused"));
  if (!progress) return refusal(progress.error());
  json said{{"state", pairing_state_word(progress->state)}, {"text", progress->text}};
  if (progress->certificate) {
    std::vector<MemberAddress> members = services.membership->others();
    members.push_back(services.membership->self());
    said["certificate"] = progress->certificate->pem();
    said["members"] = members_json(members);
  }
  return answer(said);
}

// --- people --------------------------------------------------------------------------------------------------------------

HttpResponse list_route(const NodeServices& services, const Request&) {
  if (services.pairing == nullptr) return unavailable();
  json list = json::array();
  for (const PairingRequest& request : services.pairing->requests()) list.push_back(pairing_request_json(request));
  return answer({{"open", services.pairing->open()}, {"requests", list}});
}

HttpResponse start_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return unavailable();
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  auto peer = PeerAddress::parse(text_of(body, "peer"));
  if (!peer) return refusal(peer.error());
  const auto started = services.pairing->start(*peer);
  return started ? answer(pairing_request_json(*started), 201) : error_response(started.error());
}

HttpResponse confirm_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return unavailable();
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  const auto done = services.pairing->confirm(request.variables.front(), text_of(body, "digits"));
  return done ? answer(pairing_request_json(*done)) : error_response(done.error());
}

HttpResponse refuse_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return unavailable();
  const auto done = services.pairing->refuse(request.variables.front());
  return done ? answer(pairing_request_json(*done)) : error_response(done.error());
}

HttpResponse approve_route(const NodeServices& services, const Request& request) {
  if (services.pairing == nullptr) return unavailable();
  const json body = parse(request);
  if (!body.is_object()) return bad_body();
  const std::string node = text_of(body, "node_id");
  const auto done = services.pairing->approve(node);
  if (!done) return error_response(done.error());
  json said{{"node_id", *done ? (*done)->node.text() : node}, {"request", json()}};
  if (*done) said["request"] = pairing_request_json(**done);
  said["text"] =
      *done ? (*done)->text
            : "Approved. A machine with this id is taken in when it asks within an hour, as long as this node runs.";
  return answer(said);
}

constexpr Access kAnybody{Caller::encrypted};
constexpr Access kReader{{Caller::here, Caller::person}, Scope::read};
constexpr Access kAdmin{{Caller::person}, Scope::admin};

constexpr Route kRoutes[] = {
    {"POST", "/api/v1/pair/hello",
     "A machine asks to join: kind (digits or approval), request, proof, commitment, name, port, addresses, cluster, "
     "founded, by_person. 421 names admins instead.",
     kAnybody, Pool::ui, hello_route, BodyKind::json, kSmallBody},
    {"POST", "/api/v1/pair/reveal", "Trades the nonces from which both machines compute their digits: nonce.", kAnybody,
     Pool::ui, reveal_route, BodyKind::json, kSmallBody},
    {"POST", "/api/v1/pair/poll",
     "How the request of this connection stands, and the certificate at its end: confirmed, refused.", kAnybody,
     Pool::ui, poll_route, BodyKind::json, kSmallBody},
    {"GET", "/api/v1/pairing", "Requests to join, of other machines here and of this one elsewhere.", kReader, Pool::ui,
     list_route},
    {"POST", "/api/v1/pairing", "This node asks the one at that address to take it in: peer.", kAdmin, Pool::ui,
     start_route, BodyKind::json, kSmallBody},
    {"POST", "/api/v1/pairing/{id}/confirm", "The digits on the other machine are these: digits.", kAdmin, Pool::ui,
     confirm_route, BodyKind::json, kSmallBody},
    {"POST", "/api/v1/pairing/{id}/refuse", "Ends a request; the machines stay apart.", kAdmin, Pool::ui, refuse_route},
    {"POST", "/api/v1/approvals",
     "Takes in the machine whose id begins so, now or when it asks: node_id, at least 16 characters.", kAdmin, Pool::ui,
     approve_route, BodyKind::json, kSmallBody},
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
