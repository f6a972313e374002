// All verbs of the command line, in the order in which --help lists them.
#pragma once

#include "node/verb.h"

namespace mz {

void add_bench(CLI::App& app, Action& action);
void add_ca(CLI::App& app, Action& action);
void add_bench_search(CLI::App& bench, Action& action);  // below `bench`
void add_cmaes(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);
void add_config(CLI::App& app, Action& action);
void add_conformance(CLI::App& app, Action& action);
void add_data(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_discover(CLI::App& app, Action& action);
void add_down(CLI::App& app, Action& action);
void add_engine(CLI::App& app, Action& action);
void add_identity(CLI::App& app, Action& action);
void add_join(CLI::App& app, Action& action);
void add_leave(CLI::App& app, Action& action);
void add_logs(CLI::App& app, Action& action);
void add_ladder(CLI::App& app, Action& action);
void add_match(CLI::App& app, Action& action);
void add_nodes(CLI::App& app, Action& action);
void add_pair(CLI::App& app, Action& action);
void add_approve(CLI::App& app, Action& action);
void add_play(CLI::App& app, Action& action);
void add_ratings(CLI::App& app, Action& action);
void add_reference(CLI::App& app, Action& action);
void add_revoke(CLI::App& app, Action& action);
void add_routes(CLI::App& app, Action& action);
void add_selfplay(CLI::App& app, Action& action);
void add_service(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
void add_token(CLI::App& app, Action& action);
void add_tournament(CLI::App& app, Action& action);
void add_ui(CLI::App& app, Action& action);
void add_uninstall(CLI::App& app, Action& action);
void add_up(CLI::App& app, Action& action);
void add_worker(CLI::App& app, Action& action);

// One line per verb here, one declaration above.
inline void add_verbs(CLI::App& app, Action& action) {
  add_up(app, action);
  add_status(app, action);
  add_ui(app, action);
  add_down(app, action);
  add_logs(app, action);
  add_doctor(app, action);
  add_config(app, action);
  add_uninstall(app, action);
  add_pair(app, action);
  add_approve(app, action);
  add_service(app, action);
  add_completion(app, action);
  add_token(app, action);
  add_join(app, action);
  add_leave(app, action);
  add_nodes(app, action);
  add_discover(app, action);
  add_revoke(app, action);
  add_identity(app, action);
  add_ca(app, action);
  add_worker(app, action);
  add_bench(app, action);
  add_conformance(app, action);
  add_data(app, action);
  add_engine(app, action);
  add_play(app, action);
  add_match(app, action);
  add_ratings(app, action);
  add_tournament(app, action);
  add_ladder(app, action);
  add_cmaes(app, action);
  add_reference(app, action);
  add_routes(app, action);
  add_selfplay(app, action);
}

}  // namespace mz
