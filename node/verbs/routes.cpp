// `meshzero routes`: every address of the API and who may call it, printed from the table that decides.
#include "api/routes.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "api/openapi.h"
#include "node/exit_code.h"
#include "node/verbs.h"
#include "node/version.h"

namespace mz {
namespace {

int print_routes(bool as_json) {
  if (as_json) {
    auto list = nlohmann::json::array();
    for (const Route& route : routes()) {
      list.push_back({{"method", route.method},
                      {"path", route.path},
                      {"callers", access_words(route.access)},
                      {"scope", scope_word(route.access.scope())},
                      {"body_limit", route.body_limit},
                      {"pool", pool_word(route.pool)},
                      {"summary", route.summary}});
    }
    std::printf("%s\n", nlohmann::json{{"routes", list}}.dump(2).c_str());
    return kExitOk;
  }
  std::printf("%-6s  %-32s  %-9s  %-8s  %s\n", "method", "path", "body", "pool", "who may call");
  for (const Route& route : routes()) {
    std::printf("%-6s  %-32s  %-9zu  %-8s  %s\n", std::string(route.method).c_str(), std::string(route.path).c_str(),
                route.body_limit, std::string(pool_word(route.pool)).c_str(), access_words(route.access).c_str());
  }
  return kExitOk;
}

int print_openapi() {
  std::fputs(openapi_document(routes(), version()).c_str(), stdout);
  return kExitOk;
}

}  // namespace

void add_routes(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("routes", "List the addresses of the HTTP API and who may call each.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON.");
  auto as_openapi = std::make_shared<bool>(false);
  verb->add_flag("--openapi", *as_openapi, "Print an OpenAPI 3.1 document, for programs that call a node.")
      ->excludes("--json");
  verb->footer("Example:\n  meshzero routes\n  meshzero routes --openapi > openapi.json");
  verb->callback([&action, as_json, as_openapi] {
    action = [as_json, as_openapi] { return *as_openapi ? print_openapi() : print_routes(*as_json); };
  });
}

}  // namespace mz
