// The decision of admit_request (api/routes.h), in the order in which the checks may tell a stranger something.
#include <algorithm>
#include <exception>
#include <optional>

#include "api/host_name.h"
#include "api/routes.h"
#include "api/sessions.h"

namespace mz {
namespace {

// The segments of a path that begins with '/'; "/a/" has an empty last one.
std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

// Whether `path` fits `pattern`; `variables` gets the segments that stand for {name}.
bool fits(std::string_view pattern, const std::vector<std::string_view>& path, std::vector<std::string>& variables) {
  const auto wanted = segments(pattern);
  if (wanted.size() != path.size()) return false;
  variables.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].starts_with('{')) {
      if (path[i].empty()) return false;
      variables.emplace_back(path[i]);
    } else if (wanted[i] != path[i]) {
      return false;
    }
  }
  return true;
}

bool method_fits(const Route& route, const std::string& method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

Admission refuse(int status, std::string_view kind, std::string_view text) {
  Admission admission;
  admission.refusal = error_response(status, kind, text);
  return admission;
}

Admission refuse(const Error& error) {
  Admission admission;
  admission.refusal = error_response(error);
  return admission;
}

Admission refuse_unproven(std::string_view kind, std::string_view text) {
  Admission admission = refuse(401, kind, text);
  admission.refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  return admission;
}

Admission refuse_stranger() {
  return refuse_unproven("unauthorized",
                         "This address needs credentials: an operator token, or the page opened with `meshzero ui`.");
}

Admission refuse_principal(const Principal& principal) {
  if (principal.put_out) {
    return refuse_unproven(kPutOutKind,
                           "This node was put out of the cluster. Run `meshzero identity reset` on it and join again "
                           "with a token.");
  }
  if (principal.kind == Principal::Kind::stranger) return refuse_stranger();
  if (principal.certificate_expired) {
    return refuse(403, "expired", "The certificate of this node has expired; it is good for renewal only.");
  }
  return refuse(403, "forbidden",
                "These credentials do not allow this. `meshzero routes` lists what each address asks for.");
}

Admission refuse_plain(const Arrival& arrival) {
  const std::string address = "https://" + arrival.own_address + "/";
  Admission admission = refuse(426, "tls", "Only /health is answered without TLS. Come back at " + address);
  admission.refusal.headers.emplace_back("Upgrade", "TLS/1.3");
  return admission;
}

// The sender behind the Authorization header, or behind the connection when there is none; nothing for a wrong token.
std::optional<Principal> identify(const NodeServices& services, const RequestHead& head, const Principal& peer) {
  if (!head.headers.contains("authorization")) {
    const bool not_ours = peer.kind == Principal::Kind::node && services.credentials != nullptr &&
                          !services.credentials->is_member(peer.cluster, peer.node_id);
    if (!not_ours) return peer;
    Principal stranger;
    stranger.put_out = services.credentials->was_put_out(peer.cluster, peer.node_id);
    return stranger;
  }
  std::string_view token = head.header("authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (!token.starts_with(kScheme)) return std::nullopt;
  token.remove_prefix(kScheme.size());
  if (token.starts_with(Sessions::kTokenPrefix)) {
    return services.sessions != nullptr ? services.sessions->verify(token) : std::nullopt;
  }
  return services.credentials != nullptr ? services.credentials->verify(token) : std::nullopt;
}

bool changes_something(const RequestHead& head) { return head.method != "GET" && head.method != "HEAD"; }

// A browser names the origin of the page that sends a request; only our own page may change anything.
bool is_same_origin(const RequestHead& head, const Arrival& arrival) {
  const std::string_view site = head.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return false;
  if (!head.headers.contains("origin")) return true;
  const std::string own = std::string(arrival.encrypted ? "https://" : "http://") + head.host;
  return head.header("origin") == own;
}

std::string_view content_type_of(BodyKind kind) {
  return kind == BodyKind::json ? "application/json" : "application/octet-stream";
}

std::string media_type(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ')) value.remove_suffix(1);
  std::string out(value);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

std::optional<Admission> check_body(const Route& route, const RequestHead& head, const Arrival& arrival) {
  const std::uint64_t length = head.content_length.value_or(0);
  if (route.body == BodyKind::none) {
    if (length > 0) return refuse(413, "request", "This address takes no request body.");
  } else {
    if (!head.content_length) return refuse(411, "request", "A request with a body must state its Content-Length.");
    if (length > route.body_limit) {
      return refuse(413, "request",
                    "The body is larger than the " + std::to_string(route.body_limit) + " bytes taken here.");
    }
    if (media_type(head.header("content-type")) != content_type_of(route.body)) {
      return refuse(415, "request",
                    "The body must be sent with Content-Type: " + std::string(content_type_of(route.body)) + ".");
    }
  }
  if (changes_something(head) && !is_same_origin(head, arrival)) {
    return refuse(403, "cross_origin", "A page of another site may not change anything here.");
  }
  return std::nullopt;
}

Admission admit(std::span<const Route> table, const NodeServices& services, const RequestHead& head,
                const Principal& peer, const Arrival& arrival) {
  const bool plain_from_elsewhere = !arrival.encrypted && !arrival.loopback && !arrival.unix_socket;
  const bool loopback_host = is_loopback_host(head.host);
  const auto path = segments(head.path);

  Admission admission;
  std::vector<std::string> variables;
  std::string allowed;  // methods of this path that the sender may use
  bool path_exists = false;
  const Route* route = nullptr;
  for (const Route& candidate : table) {
    if (!fits(candidate.path, path, variables)) continue;
    path_exists = true;
    if (!method_fits(candidate, head.method)) continue;
    route = &candidate;
    admission.variables = std::move(variables);
    break;
  }
  const bool open = route != nullptr && route->access.has(Caller::anyone);
  if (plain_from_elsewhere && !open) return refuse_plain(arrival);
  const bool tls_host = arrival.encrypted && (is_address_literal(head.host) || is_one_of(head.host, services.names));
  if (!open && !loopback_host && !tls_host) {
    return refuse(421, "misdirected", "This node does not answer to the name in the Host header.");
  }
  const auto principal = open ? peer : identify(services, head, peer);
  if (!principal) return refuse_stranger();
  if (route == nullptr) {
    for (const Route& candidate : table) {
      if (!fits(candidate.path, path, variables)) continue;
      if (!may_call(candidate.access, *principal, arrival, loopback_host)) continue;
      if (!allowed.empty()) allowed += ", ";
      allowed += candidate.method == "GET" ? "GET, HEAD" : std::string(candidate.method);
    }
    if (!allowed.empty()) {
      Admission refusal = refuse(405, "method", "This address answers to " + allowed + " only.");
      refusal.refusal.headers.emplace_back("Allow", allowed);
      return refusal;
    }
    if (principal->kind == Principal::Kind::stranger || path_exists) return refuse_principal(*principal);
    return refuse(404, "not_found", "Nothing is served at this address.");
  }
  if (!may_call(route->access, *principal, arrival, loopback_host)) return refuse_principal(*principal);
  if (takes_declared_parameters_only(*route)) {
    if (auto known = only_declared(head, route->contract.query); !known) return refuse(known.error());
  }
  if (auto refusal = check_body(*route, head, arrival)) return *refusal;
  admission.route = route;
  admission.principal = *principal;
  return admission;
}

}  // namespace

Admission admit_request(std::span<const Route> table, const NodeServices& services, const RequestHead& head,
                        const Principal& peer, const Arrival& arrival) {
  try {
    return admit(table, services, head, peer, arrival);
  } catch (const std::exception&) {
    return refuse(500, "failure", "The node failed to answer this request. The log may say more.");
  }
}

}  // namespace mz
