#include "api/dial_back.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "api/cluster.h"
#include "api/http_connection.h"
#include "api/listener.h"
#include "api/node_state.h"
#include "p2p/candidates.h"
#include "p2p/protocol.h"
#include "p2p/trust/node_trust.h"

namespace mz {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

std::int64_t wall_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

json try_addresses(const NodeTrust& trust, const NodeId& member, const std::vector<std::string>& addresses) {
  const Deadline end = within(DialBack::kWhole);
  json tried = json::array();
  for (const std::string& text : addresses) {
    const auto address = PeerAddress::parse(text);
    if (!address || Clock::now() >= end) continue;
    const auto made = HttpConnection::dial_tls({.host = address->host, .port = address->port}, trust.client_context(),
                                               member, std::min(end, within(DialBack::kPerAddress)));
    tried.push_back({{"address", text}, {"reached", made.ok()}, {"text", made ? "" : made.error().text}});
    if (made) break;
  }
  return tried;
}

HttpResponse dial_back_route(const NodeServices& services, const Request& request) {
  const std::int64_t received = wall_milliseconds();
  if (services.trust == nullptr || services.cluster == nullptr || services.dial_back == nullptr) {
    return error_response(503, "unavailable", "The node is not ready for this yet. Try again in a moment.");
  }
  const NodeId& member = request.principal.node_id;
  const DialBack::Turn turn = services.dial_back->turn(member);
  if (!turn.given()) {
    return error_response(
        429, "busy", "This node dials back one member at a time and each a few times a minute. Ask again in a minute.");
  }
  std::vector<std::string> card;
  const auto picture = services.cluster->picture();
  for (const ClusterMember& known : picture->members) {
    if (known.node == member) card = known.addresses;
  }
  const json tried = try_addresses(*services.trust, member, dial_back_addresses(card, request.arrival));
  HttpResponse response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = json{
      {"node_id", services.trust->node_id().text()},
      {"version", services.state->snapshot()->version},
      {"received_ms", received},
      {"answered_ms", wall_milliseconds()},
      {"tried",
       tried}}.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

constexpr Field kAnswered[] = {
    {"node_id", FieldType::text, "The id of this node."},
    {"version", FieldType::text, "Of this program."},
    {"received_ms", FieldType::number, "When the question arrived, in milliseconds since 1970."},
    {"answered_ms", FieldType::number, "When the answer left."},
    {"tried", FieldType::list, "`address`, `reached` and, if not, why as `text`."},
};
constexpr int kTooOften[] = {429};

// A question keeps a thread of that pool for seconds; members that ask leave people one.
static_assert(DialBack::kMaxAtOnce < Listener::kUiThreads);

constexpr Route kRoutes[] = {
    // Waits for another machine, so not where heartbeats are answered.
    {"POST",
     "/api/v1/dialback",
     "Whether this node reaches the sender at the addresses of its card, and what time it is here.",
     Access{Caller::node},
     Pool::ui,
     dial_back_route,
     {.gives = kAnswered, .refusals = kTooOften, .between_nodes = true}},
};

}  // namespace

DialBack::Turn::~Turn() {
  if (!given_) return;
  const std::lock_guard lock(owner_.mutex_);
  --owner_.at_once_;
}

DialBack::Turn DialBack::turn(const NodeId& member, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  for (auto at = asked_.begin(); at != asked_.end();) {
    while (!at->second.empty() && at->second.front() + std::chrono::minutes(1) <= now) at->second.pop_front();
    at = at->second.empty() ? asked_.erase(at) : std::next(at);
  }
  if (at_once_ >= kMaxAtOnce) return {*this, false};
  auto& times = asked_[member];
  if (times.size() >= kPerMinute) return {*this, false};
  times.push_back(now);
  ++at_once_;
  return {*this, true};
}

std::vector<std::string> dial_back_addresses(const std::vector<std::string>& card, const Arrival& from) {
  std::vector<std::string> all;
  const auto add = [&](const PeerAddress& address) {
    if (address.is_loopback() && !from.loopback) return;
    const std::string text = address.text();
    if (all.size() < DialBack::kMaxAddresses && std::find(all.begin(), all.end(), text) == all.end()) {
      all.push_back(text);
    }
  };
  std::set<std::uint16_t> ports;
  for (const std::string& text : card) {
    const auto address = PeerAddress::parse(text);
    if (!address) continue;
    ports.insert(address->port);
    add(*address);
  }
  for (const std::uint16_t port : ports) {
    if (!from.address.empty()) add({.host = from.address, .port = port});
  }
  return all;
}

std::span<const Route> dial_back_routes() { return kRoutes; }

}  // namespace mz
