#include "node/local_call.h"

#include <nlohmann/json.hpp>

#include "api/routes.h"
#include "node/control_client.h"
#include "node/data_directory.h"
#include "node/journal_file.h"
#include "node/look_around.h"
#include "node/node_membership.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kLongPatience{60};  // for what asks other machines
constexpr std::string_view kJoinPath = "/api/v1/membership/join";
constexpr std::string_view kLeavePath = "/api/v1/membership/leave";
constexpr std::string_view kPromotion = "/promote";

bool asks_others(std::string_view path) {
  return path == kJoinPath || path == kLeavePath || path.ends_with(kPromotion);
}

// `looks`: whether this computer may look for others on its network.
Result<json> ask_here(const DataDirectory& data, bool looks, const std::string& method, const std::string& path,
                      const json& body) {
  auto lock = data.lock();
  if (!lock) return lock.error();
  auto trust = open_trust(data);
  if (!trust) return trust.error();
  Journal journal;
  JournalFile journal_file(data.cluster() / "journal");
  if (auto remembered = journal_file.load()) journal.restore(std::move(*remembered));
  NodeMembership membership(**trust, data.cluster(), {}, {}, journal);
  // A node that runs looks around all the time; without one only who joins needs to.
  std::optional<LookAround> look;
  if (looks && path == kJoinPath) look.emplace(membership);
  NodeServices services;
  services.journal = &journal;
  services.trust = trust->get();
  services.membership = &membership;

  Arrival arrival;
  arrival.unix_socket = true;
  Principal principal;
  principal.kind = Principal::Kind::local;
  principal.scope = Scope::admin;
  RequestHead head;
  head.method = method;
  head.path = path;
  head.host = "localhost";
  if (!body.is_null()) {
    const std::string text = body.dump();
    head.headers["content-type"] = "application/json";
    head.content_length = text.size();
  }
  const Admission admission = admit_request(routes(), services, head, principal, arrival);
  if (admission.route == nullptr) return understood_answer(admission.refusal.status, admission.refusal.body);
  Request request;
  request.head = head;
  request.variables = admission.variables;
  request.principal = principal;
  request.arrival = arrival;
  if (!body.is_null()) request.body = body.dump();
  const HttpResponse response = answer_request(services, *admission.route, request);
  (void)journal_file.save(journal);  // what was asked for is done, whether it can be told later or not
  return understood_answer(response.status, response.body);
}

}  // namespace

Result<json> local_call(const FlagValues& flags, const std::string& method, const std::string& path, const json& body) {
  auto configuration = load_configuration(flags);
  if (!configuration) return configuration.error();
  auto directory = data_path(*configuration);
  if (!directory) return directory.error();
  auto data = DataDirectory::open(*directory);
  if (!data) return data.error();
  if (data->find_running()) {
    HttpQuestion question{.method = method, .path = path};
    if (!body.is_null()) {
      question.content_type = "application/json";
      question.body = body.dump();
    }
    return ask_node(*data, question, asks_others(path) ? kLongPatience : kPatience);
  }
  return ask_here(*data, configuration->is_auto("discovery"), method, path, body);
}

}  // namespace mz
