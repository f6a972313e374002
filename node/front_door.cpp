#include "node/front_door.h"

#include <unistd.h>

#include <array>

#include <spdlog/spdlog.h>

#include "api/discovery.h"
#include "api/membership.h"
#include "node/threads.h"

namespace mz {
namespace {

// The names under which this computer is known, in lower case.
std::vector<std::string> own_names(const NodeTrust& trust) {
  std::array<char, 256> text{};
  std::vector<std::string> names{node_host_name(trust.node_id())};
  if (::gethostname(text.data(), text.size() - 1) != 0) return names;
  std::string name = text.data();
  for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  names.push_back(name);
  if (!name.ends_with(".local")) names.push_back(name.substr(0, name.find('.')) + ".local");
  return names;
}

}  // namespace

FrontDoor::FrontDoor(Listener& listener, NodeServices& services, NodeTrust& trust, std::optional<Reach> reach)
    : listener_(listener), services_(services), trust_(trust), configured_(reach), credentials_(trust) {
  services_.trust = &trust_;
  services_.credentials = &credentials_;
  services_.sessions = &sessions_;
  services_.names = own_names(trust_);
}

std::optional<Principal> FrontDoor::TrustedCredentials::verify(std::string_view token) const {
  const auto found = trust_.verify_operator_token(token);
  if (!found) return std::nullopt;
  Principal principal;
  principal.kind = Principal::Kind::operator_token;
  principal.label = found->id;
  switch (found->scope) {
    case OperatorScope::read:
      principal.scope = Scope::read;
      break;
    case OperatorScope::jobs:
      principal.scope = Scope::jobs;
      break;
    case OperatorScope::admin:
      principal.scope = Scope::admin;
      break;
  }
  return principal;
}

Reach FrontDoor::wanted_reach(const NodeServices& services) {
  // Whoever took in a worker looks for it, also before the worker knows where the others are.
  const bool is_worker = services.trust != nullptr && !services.trust->is_admin();
  const bool invites = services.trust != nullptr && !services.trust->join_tokens().empty();
  const bool has_others = services.membership != nullptr && !services.membership->others().empty();
  const bool findable = services.discovery != nullptr && services.discovery->has_daemon();
  return is_worker || invites || has_others || findable ? Reach::everywhere : Reach::loopback;
}

void FrontDoor::adjust_reach() {
  if (configured_) return;
  const Reach wanted = wanted_reach(services_);
  const std::lock_guard lock(reach_mutex_);
  if (!started_ || reach_ == wanted) return;
  if (auto changed = listener_.set_reach(wanted); !changed) {
    spdlog::error("the node cannot be reached as it should be: {}", changed.error().text);
    return;
  }
  reach_ = wanted;
  if (wanted == Reach::everywhere) spdlog::info("listening for other computers on port {}", listener_.port());
}

HttpResponse FrontDoor::answer(const Route& route, const Request& request) {
  HttpResponse response = answer_request(services_, route, request);
  // What a person has changed may have invited others, or have ended membership.
  if (route.method != "GET" && route.pool != Pool::reactor && request.principal.is_person()) adjust_reach();
  return response;
}

void FrontDoor::start() {
  listener_.start(
      {.admit = [this](const RequestHead& head, const Principal& peer,
                       const Arrival& arrival) { return admit_request(routes(), services_, head, peer, arrival); },
       .answer = [this](const Route& route, const Request& request) { return answer(route, request); },
       .tls = [this] { return trust_.server_context(); },
       .identify =
           [this](const SSL* connection) {
             Principal principal;
             const auto member = trust_.member(connection);
             if (!member) {
               const auto peer = peer_of(connection, trust_.now());
               principal.put_out = peer && trust_.was_put_out(peer->cluster, peer->node_id);
               return principal;
             }
             principal.kind = Principal::Kind::node;
             principal.node_id = member->node_id;
             principal.admin_node = member->role == Role::admin;
             principal.certificate_expired = member->expired;
             principal.certificate_end = member->not_after;
             principal.cluster = member->cluster;
             return principal;
           },
       .open_sink = [this](const Route& route, const Request& request) { return route.open_sink(services_, request); },
       .name_thread = begin_thread});
  {
    const std::lock_guard lock(reach_mutex_);
    started_ = true;
  }
  adjust_reach();
}

}  // namespace mz
