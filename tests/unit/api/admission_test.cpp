// Who gets through to which route: every route x method x sender x way in, and the single rules one by one.
#include <gtest/gtest.h>

#include <set>

#include "api/routes.h"

using mz::Access;
using mz::Admission;
using mz::Arrival;
using mz::BodyKind;
using mz::Caller;
using mz::NodeServices;
using mz::Pool;
using mz::Principal;
using mz::RequestHead;
using mz::Route;
using mz::Scope;
using Kind = mz::Principal::Kind;

namespace {

// One kind of sender, with the way it comes.
struct Sender {
  std::string name;
  Principal principal;
  Arrival arrival;
  std::string host;
};

Arrival over_tls() {
  return {.encrypted = true,
          .loopback = false,
          .unix_socket = false,
          .address = "192.0.2.7",
          .own_address = "192.0.2.1:8765"};
}
Arrival over_loopback() {
  return {.encrypted = false,
          .loopback = true,
          .unix_socket = false,
          .address = "127.0.0.1",
          .own_address = "127.0.0.1:8765"};
}
Arrival plain_from_elsewhere() {
  Arrival arrival = over_tls();
  arrival.encrypted = false;
  return arrival;
}
Arrival over_unix_socket() {
  Arrival arrival;
  arrival.unix_socket = true;
  return arrival;
}

Principal person(Kind kind, Scope scope) {
  Principal principal;
  principal.kind = kind;
  principal.scope = scope;
  return principal;
}
Principal node(bool admin, bool expired) {
  Principal principal;
  principal.kind = Kind::node;
  principal.admin_node = admin;
  principal.certificate_expired = expired;
  return principal;
}

std::vector<Sender> senders() {
  std::vector<Sender> list;
  const auto add = [&](const std::string& name, const Principal& principal, const Arrival& arrival,
                       const std::string& host) {
    list.push_back(Sender{name, principal, arrival, host});
  };
  const Principal stranger;
  const std::string outside = "192.0.2.1:8765";
  add("stranger, plain", stranger, plain_from_elsewhere(), outside);
  add("stranger, tls", stranger, over_tls(), outside);
  add("stranger, loopback", stranger, over_loopback(), "localhost:8765");
  add("stranger, loopback, rebound name", stranger, over_loopback(), "evil.example");
  add("node", node(false, false), over_tls(), outside);
  add("admin node", node(true, false), over_tls(), outside);
  add("expired node", node(false, true), over_tls(), outside);
  add("expired admin node", node(true, true), over_tls(), outside);
  add("local", person(Kind::local, Scope::admin), over_unix_socket(), "localhost");
  for (const Scope scope : {Scope::read, Scope::jobs, Scope::admin}) {
    const std::string word(mz::scope_word(scope));
    add("operator " + word, person(Kind::operator_token, scope), over_tls(), outside);
    add("session " + word, person(Kind::session, scope), over_loopback(), "127.0.0.1:8765");
  }
  return list;
}

// The rule as the words of the reference table state it, read by something else than the code under test.
bool table_allows(const Route& route, const Sender& sender) {
  std::string words = ", " + mz::access_words(route.access) + ",";
  const auto says = [&](const std::string& word) { return words.find(", " + word + ",") != std::string::npos; };
  const bool plain_loopback_name = sender.name == "stranger, loopback" || sender.name.starts_with("session");
  const bool tls = sender.arrival.encrypted;
  if (says("anyone")) return true;
  if (sender.name == "stranger, plain" || sender.name == "stranger, loopback, rebound name") return false;
  if (says("this computer") && (plain_loopback_name || sender.name == "local")) return true;
  if (says("anyone over TLS") && (tls || sender.name == "local")) return true;
  if (says("local user") && sender.name == "local") return true;
  if (says("node") && (sender.name == "node" || sender.name == "admin node")) return true;
  if (says("admin node") && sender.name == "admin node") return true;
  if (says("node, even expired") && sender.principal.kind == Kind::node) return true;
  const std::vector<std::string> order{"read", "jobs", "admin"};
  for (std::size_t needed = 0; needed < order.size(); ++needed) {
    if (!says("person (" + order[needed] + ")")) continue;
    if (sender.name == "local") return true;
    for (std::size_t held = needed; held < order.size(); ++held) {
      if (sender.name == "operator " + order[held] || sender.name == "session " + order[held]) return true;
    }
  }
  return false;
}

RequestHead head_for(const std::string& method, const std::string& path, const std::string& host) {
  RequestHead head;
  head.method = method;
  head.path = path;
  head.host = host;
  return head;
}

// A request that has nothing wrong with it but perhaps its sender.
RequestHead proper_head(const Route& route, const std::string& method, const std::string& host) {
  std::string path(route.path);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "x");
  }
  RequestHead head = head_for(method, path, host);
  if (route.body != BodyKind::none) {
    head.content_length = 2;
    head.headers["content-type"] = route.body == BodyKind::json ? "application/json" : "application/octet-stream";
  }
  return head;
}

mz::HttpResponse nothing(const NodeServices&, const mz::Request&) { return {}; }

constexpr Route kExamples[] = {
    {"GET", "/open", "", Access{Caller::anyone}, Pool::reactor, nothing},
    {"GET", "/here", "", Access{{Caller::here, Caller::person}, Scope::read}, Pool::reactor, nothing},
    {"POST", "/things", "", Access{{Caller::person}, Scope::jobs}, Pool::control, nothing, {}, BodyKind::json, 100},
    {"GET", "/things/{id}/parts/{part}", "", Access{{Caller::person}, Scope::read}, Pool::ui, nothing},
    {"PUT", "/things/{id}", "", Access{Caller::node}, Pool::bulk, nothing, {}, BodyKind::bytes, 100},
    {"DELETE", "/things/{id}", "", Access{{Caller::person}, Scope::admin}, Pool::control, nothing},
    {"POST", "/renew", "", Access{Caller::expired}, Pool::control, nothing, {}, BodyKind::bytes, 100},
    {"POST", "/join", "", Access{Caller::encrypted}, Pool::control, nothing, {}, BodyKind::json, 100},
    {"POST", "/admin", "", Access{Caller::admin_node}, Pool::control, nothing},
    {"POST", "/local", "", Access{Caller::local}, Pool::control, nothing},
    {"GET", "/nobody", "", Access{}, Pool::reactor, nothing},
    {"GET", "/scopeless", "", Access{Caller::person}, Pool::reactor, nothing},
};

const Sender& sender(const std::string& name) {
  static const std::vector<Sender> all = senders();
  for (const Sender& one : all) {
    if (one.name == name) return one;
  }
  std::abort();
}

// The status a request of the examples is refused with; 0 when it is admitted.
int refused(const RequestHead& head, const Sender& from) {
  const Admission admission = mz::admit_request(kExamples, NodeServices{}, head, from.principal, from.arrival);
  return admission.route != nullptr ? 0 : admission.refusal.status;
}

RequestHead post_things(const Sender& from) { return proper_head(kExamples[2], "POST", from.host); }

class Tokens : public mz::Credentials {
 public:
  [[nodiscard]] std::optional<Principal> verify(std::string_view token) const override {
    if (token != "right") return std::nullopt;
    return person(Kind::operator_token, Scope::jobs);
  }
  [[nodiscard]] bool is_member(const mz::Digest& of, const mz::NodeId& id) const override {
    return of == cluster && id != revoked;
  }
  [[nodiscard]] bool was_put_out(const mz::Digest& of, const mz::NodeId& id) const override {
    return of == cluster && id == revoked;
  }
  mz::Digest cluster{};
  mz::NodeId revoked = mz::NodeId::of_public_key({});
};

}  // namespace

TEST(Admission, every_route_method_and_sender_is_decided_as_the_table_says) {
  std::vector<Route> all(std::begin(kExamples), std::end(kExamples));
  all.insert(all.end(), mz::routes().begin(), mz::routes().end());
  int admitted = 0;
  int tried = 0;
  for (const Route& route : all) {
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
      const bool fits = route.method == method || (route.method == "GET" && method == "HEAD");
      for (const Sender& from : senders()) {
        const RequestHead head = proper_head(route, method, from.host);
        const std::span<const Route> only(&route, 1);
        const Admission admission = mz::admit_request(only, NodeServices{}, head, from.principal, from.arrival);
        const std::string what = method + " " + std::string(route.path) + " by " + from.name;
        ++tried;
        if (fits && table_allows(route, from)) {
          ++admitted;
          EXPECT_EQ(admission.route, &route) << what;
          EXPECT_EQ(admission.principal.kind, from.principal.kind) << what;
        } else {
          ASSERT_EQ(admission.route, nullptr) << what;
          const std::set<int> expected = from.name == "stranger, plain"                    ? std::set{426}
                                         : from.name == "stranger, loopback, rebound name" ? std::set{421}
                                         : from.principal.kind == Kind::stranger           ? std::set{401, 405}
                                                                                           : std::set{403, 405};
          EXPECT_TRUE(expected.contains(admission.refusal.status)) << what << ": " << admission.refusal.status;
        }
      }
    }
  }
  EXPECT_GT(admitted, 100);
  EXPECT_GT(tried, 5 * 15 * 12);
}

TEST(Admission, every_route_of_the_node_is_declared_completely) {
  std::set<std::pair<std::string_view, std::string>> seen;
  for (const Route& route : mz::routes()) {
    EXPECT_FALSE(mz::access_words(route.access).empty()) << route.path;
    EXPECT_FALSE(route.summary.empty()) << route.path;
    EXPECT_EQ(route.access.has(Caller::person), route.access.scope() != Scope::none) << route.path;
    EXPECT_EQ(route.body == BodyKind::none, route.body_limit == 0) << route.path;
    EXPECT_EQ(route.body == BodyKind::stream, route.open_sink != nullptr) << route.path;
    EXPECT_NE(route.open_sink != nullptr, route.answer != nullptr) << route.path;
    if (route.method == "GET") {
      EXPECT_EQ(route.body, BodyKind::none) << route.path;
    }
    if (route.access.has(Caller::anyone)) {
      EXPECT_EQ(route.method, "GET") << route.path;
    }
    // What OpenAPI says of it.
    std::string path;  // with the declared variables
    std::string_view rest = route.path;
    for (const mz::Field& variable : route.contract.variables) {
      const auto open = rest.find('{');
      ASSERT_NE(open, std::string_view::npos) << route.path << " has no variable " << variable.name;
      path += std::string(rest.substr(0, open)) + "{" + std::string(variable.name) + "}";
      rest.remove_prefix(rest.find('}') + 1);
    }
    EXPECT_EQ(path + std::string(rest), route.path);
    EXPECT_EQ(route.body == BodyKind::json, !route.contract.fields.empty()) << route.path;
    EXPECT_TRUE(route.contract.query.empty() || mz::takes_declared_parameters_only(route)) << route.path;
    for (const auto& fields :
         {route.contract.variables, route.contract.query, route.contract.fields, route.contract.gives}) {
      std::set<std::string_view> names;
      for (const mz::Field& field : fields) {
        EXPECT_TRUE(names.insert(field.name).second) << route.path << ": " << field.name;
        EXPECT_FALSE(field.meaning.empty()) << route.path << ": " << field.name;
      }
    }
    // Two routes that differ in the names of their variables only would hide one another.
    std::string shape(route.path);
    for (auto open = shape.find('{'); open != std::string::npos; open = shape.find('{')) {
      shape.replace(open, shape.find('}') - open + 1, "*");
    }
    EXPECT_TRUE(seen.emplace(route.method, shape).second) << route.path;
  }
}

TEST(Admission, unknown_paths_tell_a_stranger_nothing) {
  for (const char* path : {"/nothing", "/api/v1/secret", "/things/", "/things/1/2/3/4", "//", "/open/"}) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
      EXPECT_EQ(refused(head_for(method, path, "localhost"), sender("stranger, loopback")), 401) << path;
      EXPECT_EQ(refused(head_for(method, path, "192.0.2.1"), sender("stranger, tls")), 401) << path;
      EXPECT_EQ(refused(head_for(method, path, "192.0.2.1"), sender("operator read")), 404) << path;
    }
  }
}

TEST(Admission, an_undeclared_parameter_is_refused_under_api_and_passed_over_elsewhere) {
  const Sender& reader = sender("operator read");
  for (const Route& route : mz::routes()) {
    if (route.method != "GET" || !table_allows(route, reader)) continue;
    RequestHead head = proper_head(route, "GET", reader.host);
    for (const mz::Field& field : route.contract.query) head.query.emplace(field.name, "1");
    const auto ask = [&] {
      return mz::admit_request(mz::routes(), NodeServices{}, head, reader.principal, reader.arrival);
    };
    EXPECT_EQ(ask().route, &route) << route.path;
    head.query["bord"] = "hex8";
    const Admission admission = ask();
    EXPECT_EQ(admission.route == nullptr, route.path.starts_with("/api/")) << route.path;
    if (admission.route != nullptr) continue;
    EXPECT_EQ(admission.refusal.status, 400);
    EXPECT_NE(admission.refusal.body.find("`bord`"), std::string::npos);
    for (const mz::Field& field : route.contract.query) {
      EXPECT_NE(admission.refusal.body.find(field.name), std::string::npos) << admission.refusal.body;
    }
  }
}

TEST(Admission, a_wrong_method_is_named_to_those_who_may_use_another) {
  const Sender& reader = sender("operator jobs");
  const RequestHead head = head_for("DELETE", "/things", reader.host);
  const Admission admission = mz::admit_request(kExamples, NodeServices{}, head, reader.principal, reader.arrival);
  EXPECT_EQ(admission.refusal.status, 405);
  EXPECT_EQ(admission.refusal.headers.front().second, "POST");
  const Sender& stranger = sender("stranger, tls");
  EXPECT_EQ(refused(head_for("DELETE", "/things", stranger.host), stranger), 401);
}

TEST(Admission, variables_are_the_segments_in_order) {
  const Sender& from = sender("operator read");
  const RequestHead head = head_for("GET", "/things/a b/parts/7", from.host);
  const Admission admission = mz::admit_request(kExamples, NodeServices{}, head, from.principal, from.arrival);
  ASSERT_NE(admission.route, nullptr);
  EXPECT_EQ(admission.variables, (std::vector<std::string>{"a b", "7"}));
}

TEST(Admission, a_right_token_makes_an_operator_and_a_wrong_one_a_refusal_even_where_strangers_may_read) {
  const Tokens tokens;
  NodeServices services;
  services.credentials = &tokens;
  const Sender& from = sender("stranger, loopback");
  const auto ask = [&](const std::string& credentials, const std::string& path) {
    RequestHead head = head_for("GET", path, from.host);
    head.headers["authorization"] = credentials;
    return mz::admit_request(kExamples, services, head, from.principal, from.arrival);
  };
  EXPECT_EQ(ask("Bearer right", "/things/1/parts/2").principal.kind, Kind::operator_token);
  EXPECT_EQ(ask("Bearer wrong", "/things/1/parts/2").refusal.status, 401);
  EXPECT_EQ(ask("Bearer wrong", "/here").refusal.status, 401);
  EXPECT_EQ(ask("Basic cmlnaHQ6", "/here").refusal.status, 401);
  EXPECT_EQ(ask("", "/here").refusal.status, 401);
  EXPECT_NE(ask("Bearer wrong", "/open").route, nullptr);  // health tells nothing, so it asks for nothing
}

TEST(Admission, a_token_over_a_members_connection_counts_as_the_token) {
  const Tokens tokens;
  NodeServices services;
  services.credentials = &tokens;
  const Sender& from = sender("admin node");
  RequestHead head = head_for("POST", "/admin", from.host);
  head.headers["authorization"] = "Bearer right";
  EXPECT_EQ(mz::admit_request(kExamples, services, head, from.principal, from.arrival).refusal.status, 403);
}

TEST(Admission, a_node_that_was_put_out_is_a_stranger_from_then_on) {
  const Tokens tokens;
  NodeServices services;
  services.credentials = &tokens;
  Sender from = sender("admin node");
  const RequestHead head = head_for("POST", "/admin", from.host);
  EXPECT_NE(mz::admit_request(kExamples, services, head, from.principal, from.arrival).route, nullptr);
  from.principal.cluster.fill(1);
  EXPECT_EQ(mz::admit_request(kExamples, services, head, from.principal, from.arrival).refusal.status, 401)
      << "it was a member of the cluster before";
  from.principal.cluster = tokens.cluster;
  from.principal.node_id = tokens.revoked;
  EXPECT_EQ(mz::admit_request(kExamples, services, head, from.principal, from.arrival).refusal.status, 401);
}

TEST(Admission, a_node_that_was_put_out_is_told_so_and_what_to_do) {
  const Tokens tokens;
  NodeServices services;
  services.credentials = &tokens;
  const RequestHead head = head_for("POST", "/admin", sender("admin node").host);
  const auto body_for = [&](const Principal& principal) {
    const Admission admission = mz::admit_request(kExamples, services, head, principal, sender("admin node").arrival);
    EXPECT_EQ(admission.refusal.status, 401);
    return admission.refusal.body;
  };
  Principal outcast = sender("admin node").principal;
  outcast.node_id = tokens.revoked;
  EXPECT_NE(body_for(outcast).find("put_out"), std::string::npos);
  EXPECT_NE(body_for(outcast).find("meshzero identity reset"), std::string::npos);
  Principal connected_later;
  connected_later.put_out = true;
  EXPECT_NE(body_for(connected_later).find("meshzero identity reset"), std::string::npos);
  Principal of_before = sender("admin node").principal;
  of_before.cluster.fill(1);
  EXPECT_EQ(body_for(of_before).find("meshzero identity reset"), std::string::npos);
}

TEST(Admission, bodies_are_checked_against_the_route_before_they_are_read) {
  const Sender& from = sender("operator jobs");
  RequestHead head = post_things(from);
  EXPECT_EQ(refused(head, from), 0);
  head.content_length = 100;
  EXPECT_EQ(refused(head, from), 0);
  head.content_length = 101;
  EXPECT_EQ(refused(head, from), 413);
  head.content_length.reset();
  EXPECT_EQ(refused(head, from), 411);
  head = post_things(from);
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""}) {
    head.headers["content-type"] = type;
    EXPECT_EQ(refused(head, from), 415) << type;
  }
  head.headers["content-type"] = "Application/JSON ; charset=utf-8";
  EXPECT_EQ(refused(head, from), 0);
  RequestHead deletion = head_for("DELETE", "/things/1", from.host);
  deletion.content_length = 1;
  EXPECT_EQ(refused(deletion, sender("operator admin")), 413);
}

TEST(Admission, who_may_not_call_is_told_so_whatever_the_body) {
  RequestHead head = post_things(sender("stranger, loopback"));
  head.content_length = 1'000'000;
  head.headers["content-type"] = "text/plain";
  EXPECT_EQ(refused(head, sender("stranger, loopback")), 401);
  EXPECT_EQ(refused(head, sender("session read")), 403);
}

TEST(Admission, a_page_of_another_site_may_change_nothing) {
  const Sender& from = sender("session jobs");
  for (const char* origin : {"http://evil.example", "https://127.0.0.1:8765", "http://127.0.0.1:1", "null", ""}) {
    RequestHead head = post_things(from);
    head.headers["origin"] = origin;
    EXPECT_EQ(refused(head, from), 403) << origin;
  }
  RequestHead head = post_things(from);
  head.headers["origin"] = "http://127.0.0.1:8765";
  EXPECT_EQ(refused(head, from), 0);
  for (const char* site : {"cross-site", "same-site"}) {
    head.headers["sec-fetch-site"] = site;
    EXPECT_EQ(refused(head, from), 403) << site;
  }
}

TEST(Admission, over_tls_addresses_and_own_names_are_answered_and_nothing_else) {
  const Sender& from = sender("operator read");
  NodeServices services;
  services.names = {"studio.local"};
  const auto status = [&](const std::string& host) {
    const RequestHead head = head_for("GET", "/here", host);
    const Admission admission = mz::admit_request(kExamples, services, head, from.principal, from.arrival);
    return admission.route != nullptr ? 0 : admission.refusal.status;
  };
  for (const char* host : {"192.0.2.1", "[2001:db8::1]:8765", "localhost", "Studio.local:8765"}) {
    EXPECT_EQ(status(host), 0) << host;
  }
  for (const char* host : {"evil.example", "studio.local.evil.example", "192.0.2.1.nip.io", "192.0.2.1:x", "[::1", "",
                           "localhost:123456", "localhost@evil.example"}) {
    EXPECT_EQ(status(host), 421) << host;
  }
}
