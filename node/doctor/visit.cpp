#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include <openssl/x509.h>
#include <nlohmann/json.hpp>

#include "api/foreign_json.h"
#include "api/http_connection.h"
#include "node/doctor/collect.h"
#include "p2p/candidates.h"
#include "p2p/protocol.h"

namespace mz::doctor {
namespace {

using nlohmann::json;
using Way = MemberFacts::Way;

constexpr std::size_t kMaxAnswer = 64U << 10;
constexpr std::size_t kMaxTextBytes = 300;
constexpr double kMaxClockMs = 4e15;  // beyond the year 100,000; what a member says is not to be trusted

double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string clean(std::string text) {
  text.resize(std::min(text.size(), kMaxTextBytes));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

std::string text_in(const json& object, const char* name) {
  const json value = object.is_object() ? object.value(name, json()) : json();
  return value.is_string() ? clean(value.get<std::string>()) : "";
}

std::string refusal_text(const HttpAnswer& answer, const json& body) {
  const std::string text = body.is_object() ? text_in(body.value("error", json()), "text") : "";
  return text.empty() ? "it answers with HTTP " + std::to_string(answer.status) + "." : text;
}

// As network time does it: the answer may take as long as it likes when the member says when it came and when it went.
void measure_clock(const json& said, double asked, double heard, MemberFacts& member) {
  const json received = said.value("received_ms", json());
  const json answered = said.value("answered_ms", json());
  if (!received.is_number() || !answered.is_number()) return;
  const double came = received.get<double>();
  const double went = answered.get<double>();
  if (!(came > 0 && came <= went && went < kMaxClockMs)) return;
  member.clock_ahead_s = ((came - asked) + (went - heard)) / 2 / 1000;
  member.clock_within_s = std::max(0.0, ((heard - asked) - (went - came)) / 2 / 1000);
}

void read_tried(const json& said, MemberFacts& member) {
  const json tried = said.value("tried", json());
  if (!tried.is_array()) return;
  member.dials_back = false;
  member.back_text = tried.empty() ? "it knows no address of this node." : "";
  for (const json& each : tried) {
    if (each.is_object() && each.value("reached", json()) == true) member.dials_back = true;
    const std::string text = text_in(each, "text");
    if (!text.empty() && member.back_text.size() < kMaxTextBytes)
      member.back_text += (member.back_text.empty() ? "" : " ") + text;
  }
}

void question(HttpConnection& connection, MemberFacts& member) {
  const double asked = wall_ms();
  const auto answer = connection.ask({.method = "POST",
                                      .path = "/api/v1/dialback",
                                      .headers = {{std::string(kProtocolHeader), std::to_string(protocol_version())}}},
                                     within(kVisitAnswer), kMaxAnswer);
  const double heard = wall_ms();
  if (!answer) {
    member.back_text = answer.error().text;
    return;
  }
  const json said = parse_foreign_json(answer->body);
  if (answer->status == 200 && said.is_object()) {
    member.version = text_in(said, "version");
    measure_clock(said, asked, heard, member);
    read_tried(said, member);
  } else if (answer->status == 409) {
    member.way = Way::other_protocol;
    member.failures = {refusal_text(*answer, said)};
  } else if (answer->status == 403) {
    member.way = Way::refused;
    member.failures = {refusal_text(*answer, said)};
  } else {
    member.back_text = answer->status == 404 ? "an older version runs there." : refusal_text(*answer, said);
  }
}

void visit(const TlsContext& context, std::uint16_t own_port, MemberToVisit& member) {
  MemberFacts& facts = member.facts;
  const auto id = NodeId::parse(facts.id);
  if (!id) return;
  const std::string no_route = std::strerror(EHOSTUNREACH);
  const std::string expired = X509_verify_cert_error_string(X509_V_ERR_CERT_HAS_EXPIRED);
  for (const std::string& text : member.addresses) {
    const auto address = PeerAddress::parse(text);
    if (!address) continue;
    // Every node says that programs of its own computer reach it there. Here that is this node, whoever says it.
    if (address->port == own_port && address->is_loopback()) continue;
    auto connection =
        HttpConnection::dial_tls({.host = address->host, .port = address->port}, context, *id, within(kVisitAddress));
    if (connection) {
      facts.way = Way::reached;
      facts.address = text;
      facts.failures.clear();
      return question(*connection, facts);
    }
    facts.failures.push_back(clean(connection.error().text));
    if (connection.error().kind == ErrorKind::refused) {
      const bool ended = connection.error().text.find(expired) != std::string::npos;
      facts.way = ended ? Way::expired : Way::refused;
    }
    if (connection.error().text.find(no_route) != std::string::npos) ++facts.without_route;
  }
}

}  // namespace

void visit_members(const TlsIdentity& self, std::vector<MemberToVisit> members, Facts& facts) {
  facts.members_skipped = members.size() - std::min(members.size(), kMaxVisits);
  members.resize(std::min(members.size(), kMaxVisits));
  const auto context = make_client_context(self, system_wall_clock());
  if (!context) {
    for (MemberToVisit& member : members) member.facts.failures = {context.error().text};
  } else {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> visitors;
    for (std::size_t i = 0; i < std::min<std::size_t>(kVisitors, members.size()); ++i) {
      visitors.emplace_back([&] {
        for (std::size_t at = next++; at < members.size(); at = next++) visit(*context, facts.node.port, members[at]);
      });
    }
    for (std::thread& visitor : visitors) visitor.join();
  }
  for (MemberToVisit& member : members) facts.members.push_back(std::move(member.facts));
}

}  // namespace mz::doctor
