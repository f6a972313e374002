#include "node/etcd_client.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <span>

#include <nlohmann/json.hpp>

#include "api/foreign_json.h"
#include "store/sample.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr Duration kSecond = 1'000'000;
constexpr std::uint64_t kMaxRevision = kMaxTerm / 2;
constexpr std::size_t kMaxShownWords = 200;              // of what etcd says
constexpr std::chrono::milliseconds kLeastAttempt{300};  // for one endpoint, when the others deserve time too

// The codes of gRPC that etcd uses.
constexpr int kNotFound = 5;
constexpr int kPermissionDenied = 7;
constexpr int kUnauthenticated = 16;

std::string base64(std::string_view text) {
  return to_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// What a gateway writes for a number of 64 bits; left out when it is 0.
std::optional<std::uint64_t> number(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return 0;
  if (!found->is_string()) return std::nullopt;
  const auto& digits = found->get_ref<const std::string&>();
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

struct Header {
  std::uint64_t revision = 0;
  std::uint64_t raft_term = 0;
};

std::optional<Header> header(const json& answer) {
  const auto found = answer.find("header");
  if (found == answer.end() || !found->is_object()) return std::nullopt;
  const auto revision = number(*found, "revision");
  const auto raft_term = number(*found, "raft_term");
  if (!revision || !raft_term || *revision == 0 || *revision > kMaxRevision || *raft_term == 0) return std::nullopt;
  return Header{.revision = *revision, .raft_term = *raft_term};
}

std::string value_of(const NodeId& self, std::uint64_t floor) {
  return json{{"node_id", self.text()}, {"floor", floor}}.dump();
}

// The holder, from what a range says; nothing when that makes no sense.
std::optional<RegistrarAnswer> holder(const json& range) {
  RegistrarAnswer answer;
  answer.answered = true;
  const auto kvs = range.find("kvs");
  if (kvs == range.end()) return answer;
  if (!kvs->is_array() || kvs->size() != 1 || !kvs->front().is_object()) return std::nullopt;
  const json& pair = kvs->front();
  const auto revision = number(pair, "mod_revision");
  const auto lease = number(pair, "lease");
  const auto value = pair.find("value");
  if (!revision || !lease || *revision == 0 || *revision > kMaxRevision || *lease == 0) return std::nullopt;
  if (value == pair.end() || !value->is_string()) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  if (!from_base64(value->get_ref<const std::string&>(), bytes)) return std::nullopt;
  const json said = parse_foreign_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!said.is_object() || !said.contains("node_id") || !said["node_id"].is_string()) return std::nullopt;
  if (!said.contains("floor") || !said["floor"].is_number_unsigned()) return std::nullopt;
  auto node = NodeId::parse(said["node_id"].get_ref<const std::string&>());
  const auto floor = said["floor"].get<std::uint64_t>();
  if (!node || floor > kMaxTerm - kMaxRevision) return std::nullopt;
  answer.holder = {.term = floor + *revision, .node = *node};
  answer.lease = *lease;
  return answer;
}

Error nonsense(const std::string& who, const std::string& what) {
  return {ErrorKind::corrupt,
          "The " + who + " gives an answer that makes no sense (" + what + "). Is it etcd 3.4 or newer?"};
}

Error foreign_key(const std::string& who, const std::string& key) {
  return {ErrorKind::corrupt, "The key " + key + " in the " + who +
                                  " was not written by a node. Delete it with `etcdctl del` if nobody else needs it."};
}

}  // namespace

Result<EtcdClient> EtcdClient::create(EtcdSettings settings) {
  TlsContext context;
  if (std::any_of(settings.endpoints.begin(), settings.endpoints.end(), std::mem_fn(&EtcdEndpoint::tls))) {
    auto made = make_service_context(settings.tls);
    if (!made) return made.error();
    context = std::move(*made);
  }
  return EtcdClient(std::move(settings), std::move(context));
}

Result<RegistrarAnswer> EtcdClient::ask(const RegistrarQuestion& question, const std::string& cluster,
                                        const NodeId& self, Deadline deadline) {
  const std::string key = "/meshzero/" + cluster + "/leader";
  const std::size_t count = settings_.endpoints.size();
  Result<RegistrarAnswer> result = Error{ErrorKind::unreachable, "There was no time to ask etcd."};
  for (std::size_t tried = 0; tried < count; ++tried) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) break;
    const auto share = std::max<std::chrono::steady_clock::duration>(left / (count - tried), kLeastAttempt);
    result = ask_once(question, key, self, std::min(deadline, std::chrono::steady_clock::now() + share));
    if (result || result.error().kind == ErrorKind::refused) break;
    connection_.reset();
    at_ = (at_ + 1) % count;
  }
  if (result) result->number = question.number;
  return result;
}

Result<RegistrarAnswer> EtcdClient::ask_once(const RegistrarQuestion& question, const std::string& key,
                                             const NodeId& self, Deadline deadline) {
  switch (question.kind) {
    case RegistrarQuestion::Kind::look:
      return look(key, deadline);
    case RegistrarQuestion::Kind::claim:
      return claim(question, key, self, deadline);
    case RegistrarQuestion::Kind::renew:
      return renew(question, key, deadline);
    case RegistrarQuestion::Kind::release:
      break;
  }
  if (auto revoked = revoke(question.lease, deadline); !revoked) return revoked.error();
  RegistrarAnswer answer;
  answer.answered = true;
  return answer;
}

// --- the questions --------------------------------------------------------------------------------------------------

Result<RegistrarAnswer> EtcdClient::look(const std::string& key, Deadline deadline) {
  auto range = post("/v3/kv/range", {{"key", base64(key)}}, deadline);
  if (!range) return range.error();
  auto answer = holder(*range);
  if (!answer) return foreign_key(name(), key);
  return *answer;
}

Result<RegistrarAnswer> EtcdClient::claim(const RegistrarQuestion& question, const std::string& key, const NodeId& self,
                                          Deadline deadline) {
  auto granted = post("/v3/lease/grant", {{"TTL", std::to_string(kLease / kSecond)}}, deadline);
  if (!granted) return granted.error();
  const auto lease = number(*granted, "ID");
  const auto seconds = number(*granted, "TTL");
  const auto before = header(*granted);
  if (!lease || *lease == 0 || !seconds || *seconds == 0 || !before) return nonsense(name(), "a lease was asked for");

  // The revision that the key gets is greater than the one just seen.
  const std::uint64_t floor = question.above > before->revision ? question.above - before->revision : 0;
  const json body{
      {"compare", {{{"key", base64(key)}, {"target", "CREATE"}, {"result", "EQUAL"}, {"create_revision", "0"}}}},
      {"success",
       {{{"request_put",
          {{"key", base64(key)}, {"value", base64(value_of(self, floor))}, {"lease", std::to_string(*lease)}}}}}},
      {"failure", {{{"request_range", {{"key", base64(key)}}}}}}};
  auto done = post("/v3/kv/txn", body, deadline);
  if (!done) return done.error();
  const auto after = header(*done);
  const bool succeeded = done->contains("succeeded") && (*done)["succeeded"] == true;
  if (!after || (succeeded && after->revision <= before->revision))
    return nonsense(name(), "its revision does not grow");
  RegistrarAnswer answer;
  if (succeeded) {
    answer.answered = answer.granted = true;
    answer.holder = {.term = floor + after->revision, .node = self};
    answer.lease = *lease;
    answer.life = static_cast<Duration>(std::min<std::uint64_t>(*seconds, kLease / kSecond)) * kSecond;
    return answer;
  }
  (void)revoke(*lease, deadline);  // it goes by itself too
  const auto responses = done->find("responses");
  const bool ranged = responses != done->end() && responses->is_array() && responses->size() == 1 &&
                      responses->front().is_object() && responses->front().contains("response_range") &&
                      responses->front()["response_range"].is_object();
  if (!ranged) return nonsense(name(), "the key was read");
  const auto other = holder(responses->front()["response_range"]);
  if (!other) return foreign_key(name(), key);
  return *other;
}

// Renewing a lease needs no quorum in etcd: a member that was its leader until a moment ago grants it too. So the key is read
// behind it, which needs one, and counts only when etcd's own leader is the same as before.
Result<RegistrarAnswer> EtcdClient::renew(const RegistrarQuestion& question, const std::string& key,
                                          Deadline deadline) {
  auto renewed = post("/v3/lease/keepalive", {{"ID", std::to_string(question.lease)}}, deadline);
  if (!renewed) return renewed.error();
  const auto result = renewed->find("result");
  if (result == renewed->end() || !result->is_object()) return nonsense(name(), "a lease was renewed");
  const auto seconds = number(*result, "TTL");
  const auto then = header(*result);
  if (!seconds || !then) return nonsense(name(), "a lease was renewed");
  auto range = post("/v3/kv/range", {{"key", base64(key)}}, deadline);
  if (!range) return range.error();
  const auto now = header(*range);
  auto answer = holder(*range);
  if (!now) return nonsense(name(), "the key was read");
  if (!answer) return foreign_key(name(), key);
  if (*seconds == 0 || answer->lease != question.lease) return *answer;
  if (now->raft_term != then->raft_term) {
    return Error{ErrorKind::unreachable, "The " + name() + " changes its own leader."};
  }
  answer->granted = true;
  answer->life = static_cast<Duration>(std::min<std::uint64_t>(*seconds, kLease / kSecond)) * kSecond;
  return *answer;
}

Result<void> EtcdClient::revoke(std::uint64_t lease, Deadline deadline) {
  auto done = post("/v3/lease/revoke", {{"ID", std::to_string(lease)}}, deadline);
  if (!done && done.error().kind != ErrorKind::not_found) return done.error();
  return {};
}

// --- requests -------------------------------------------------------------------------------------------------------

// As the user, when there is one; a token that etcd has forgotten is replaced once.
Result<json> EtcdClient::post(const std::string& path, const json& body, Deadline deadline) {
  if (settings_.user.empty()) return exchange(path, body, deadline);
  for (int attempt = 0;; ++attempt) {
    if (token_.empty()) {
      if (auto in = log_in(deadline); !in) return in.error();
    }
    auto answer = exchange(path, body, deadline);
    if (answer || attempt > 0 || !token_.empty()) return answer;
  }
}

Result<void> EtcdClient::log_in(Deadline deadline) {
  auto answer =
      exchange("/v3/auth/authenticate", {{"name", settings_.user}, {"password", settings_.password}}, deadline);
  if (!answer) return answer.error();
  const auto token = answer->find("token");
  const std::string text = token != answer->end() && token->is_string() ? token->get<std::string>() : std::string();
  const bool usable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!usable || text.empty()) return nonsense(name(), "a user logged in");
  token_ = text;
  return {};
}

Result<json> EtcdClient::exchange(const std::string& path, const json& body, Deadline deadline) {
  if (connection_ && !connection_->usable()) connection_.reset();
  const bool kept = connection_.has_value();
  const auto connect = [&]() -> Result<void> {
    connection_.reset();
    const EtcdEndpoint& target = settings_.endpoints[at_];
    auto made = HttpConnection::dial_service(target.endpoint, target.tls ? context_ : TlsContext(), deadline);
    if (!made) return made.error();
    connection_.emplace(std::move(*made));
    return {};
  };
  HttpQuestion question{.method = "POST", .path = path, .content_type = "application/json", .body = body.dump()};
  if (!token_.empty()) question.headers.emplace_back("Authorization", token_);
  if (!kept) {
    if (auto connected = connect(); !connected) return connected.error();
  }
  auto answer = connection_->ask(question, deadline, kMaxAnswerBytes);
  // A kept connection may have been closed meanwhile. Every request here may be made twice: at worst a lease is left behind.
  if (!answer && kept && connection_->nothing_came()) {
    if (auto connected = connect(); !connected) return connected.error();
    answer = connection_->ask(question, deadline, kMaxAnswerBytes);
  }
  if (!answer) return answer.error();
  json content = parse_foreign_json(answer->body);
  if (answer->status == 200 && content.is_object() && !content.contains("error")) return content;
  if (answer->status == 200 && content.is_object() && content["error"].is_object()) content = content["error"];
  return failure(answer->status, content);
}

// What etcd says when it says no. Its own words are shown in part; they are no secret of ours.
Error EtcdClient::failure(int status, const json& content) {
  const bool known = content.is_object() && content.contains("code") && content["code"].is_number_integer();
  if (!known) {
    return nonsense(name(), "status " + std::to_string(status) + (status >= 300 && status < 400 ? ", a redirect" : ""));
  }
  const int code = content.value("code", 0);
  std::string words = content.contains("message") && content["message"].is_string()
                          ? content["message"].get<std::string>().substr(0, kMaxShownWords)
                          : "no reason given";
  for (char& c : words) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  const std::string says = " (it says: " + words + ").";
  const bool token_void = code == kUnauthenticated || words.find("revision of auth store is old") != std::string::npos;
  if (token_void && !token_.empty()) {
    token_.clear();
    return {ErrorKind::unreachable,
            "The " + name() + " has forgotten that user " + settings_.user + " logged in" + says};
  }
  if (words.find("user name is empty") != std::string::npos) {
    return {ErrorKind::refused, "The " + name() + " wants a user. Set --etcd-user and --etcd-password-file" + says};
  }
  if (words.find("authentication failed") != std::string::npos) {
    return {ErrorKind::refused, "The " + name() + " does not accept the user " + settings_.user +
                                    " with this password. Check --etcd-user and --etcd-password-file" + says};
  }
  if (words.find("authentication is not enabled") != std::string::npos) {
    return {ErrorKind::refused, "The " + name() +
                                    " knows no users, but one is set. Switch authentication on there, or leave "
                                    "out --etcd-user" +
                                    says};
  }
  if (code == kPermissionDenied || code == kUnauthenticated) {
    return {ErrorKind::refused, "The " + name() + " does not let " +
                                    (settings_.user.empty() ? "this node" : "the user " + settings_.user) +
                                    " read and write under /meshzero/. Grant that to a role of the user" + says};
  }
  if (code == kNotFound) return {ErrorKind::not_found, "The " + name() + " does not know that" + says};
  return {ErrorKind::unreachable, "The " + name() + " cannot answer" + says};
}

}  // namespace mz
