// `meshzero data`: questions about games and work on them, wherever they are kept.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/game_flags.h"
#include "node/verbs.h"
#include "node/verbs/data_show.h"
#include "store/export.h"
#include "store/game_source.h"
#include "store/merge.h"
#include "store/statistics.h"
#include "store/verify.h"

namespace mz {
namespace {

using Json = nlohmann::ordered_json;
using Count = unsigned long long;

Result<std::vector<std::string>> local_paths(const std::vector<std::string>& names) {
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    auto path = local_path(name);
    if (!path) return path.error();
    paths.push_back(std::move(*path));
  }
  return paths;
}

Json to_json(const ConfigurationStatistics& s) {
  Json wins = Json::array();
  for (const std::uint64_t seat : s.wins) wins.push_back(seat);
  Json options = Json::object();
  for (const auto& [name, value] : s.config.options) options[name] = value;
  return {{"game", s.config.game},  {"board", s.config.board}, {"seats", s.config.seats},
          {"options", options},     {"games", s.games},        {"distinct_games", s.plays.size()},
          {"capped", s.capped},     {"plies", s.plies},        {"shortest", s.shortest},
          {"longest", s.longest},   {"bytes", s.bytes},        {"wins", wins},
          {"nobody", s.nobody_won}, {"reasons", s.reasons},    {"engines", s.engines}};
}

void print_statistics(const ConfigurationStatistics& s) {
  std::printf("%s: %llu games, %llu distinct, %llu capped; %llu plies (%llu to %llu, mean %.1f); %llu bytes\n",
              describe(s.config).c_str(), Count{s.games}, Count{s.plays.size()}, Count{s.capped}, Count{s.plies},
              Count{s.shortest}, Count{s.longest}, static_cast<double>(s.plies) / static_cast<double>(s.games),
              Count{s.bytes});
  std::printf("  won by");
  for (std::size_t seat = 0; seat < s.wins.size(); ++seat) {
    std::printf(" seat %zu: %.1f %%,", seat + 1,
                100.0 * static_cast<double>(s.wins[seat]) / static_cast<double>(s.games));
  }
  std::printf(" nobody: %.1f %%\n  ended by", 100.0 * static_cast<double>(s.nobody_won) / static_cast<double>(s.games));
  for (const auto& [reason, count] : s.reasons) std::printf(" %s: %llu", reason.c_str(), Count{count});
  std::printf("\n");
}

int stats(const std::vector<std::string>& names, bool as_json) {
  const auto paths = local_paths(names);
  if (!paths) return report(paths.error());
  const auto disk = make_posix_disk();
  GameTable table;
  GameStatistics statistics;
  for (const std::string& path : *paths) {
    const auto read = read_games(path, *disk, table, [&](const CheckedGame& game) -> Result<void> {
      statistics.add(game);
      return {};
    });
    if (!read) return report(read.error());
  }
  if (as_json) {
    Json all = Json::array();
    for (const ConfigurationStatistics* each : statistics.configurations()) all.push_back(to_json(*each));
    std::printf("%s\n", Json{{"games", statistics.games()}, {"configurations", all}}.dump(2).c_str());
    return kExitOk;
  }
  for (const ConfigurationStatistics* each : statistics.configurations()) print_statistics(*each);
  std::printf("games=%llu configurations=%zu\n", Count{statistics.games()}, statistics.configurations().size());
  return kExitOk;
}

int verify(const std::vector<std::string>& names, bool as_json) {
  const auto paths = local_paths(names);
  if (!paths) return report(paths.error());
  const auto disk = make_posix_disk();
  Json all = Json::array();
  std::uint64_t games = 0;
  std::uint64_t plies = 0;
  std::uint64_t damaged = 0;
  for (const std::string& path : *paths) {
    const auto checked = verify_games(path, *disk);
    if (!checked) return report(checked.error());
    games += checked->games;
    plies += checked->plies;
    damaged += checked->damage.empty() ? 0 : 1;
    if (as_json) {
      all.push_back({{"path", path},
                     {"ok", checked->damage.empty()},
                     {"games", checked->games},
                     {"distinct_games", checked->distinct_games},
                     {"plies", checked->plies},
                     {"files", checked->files},
                     {"damage", checked->damage},
                     {"notes", checked->notes}});
      continue;
    }
    for (const std::string& sentence : checked->damage) std::fprintf(stderr, "damaged: %s\n", sentence.c_str());
    for (const std::string& sentence : checked->notes) std::fprintf(stderr, "note: %s\n", sentence.c_str());
    std::printf("%s: %s, %llu games (%llu distinct), %llu plies, %llu files\n", path.c_str(),
                checked->damage.empty() ? "intact" : "DAMAGED", Count{checked->games}, Count{checked->distinct_games},
                Count{checked->plies}, Count{checked->files});
  }
  if (as_json) {
    std::printf("%s\n", Json{{"games", games}, {"plies", plies}, {"damaged", damaged}, {"paths", all}}.dump(2).c_str());
  } else {
    std::printf("paths=%zu games=%llu plies=%llu damaged=%llu\n", paths->size(), Count{games}, Count{plies},
                Count{damaged});
  }
  return damaged == 0 ? kExitOk : kExitFailure;
}

int merge(const std::vector<std::string>& names, const std::string& out, bool as_json) {
  const auto paths = local_paths(names);
  if (!paths) return report(paths.error());
  const auto output = local_path(out);
  if (!output) return report(output.error());
  const auto disk = make_posix_disk();
  const auto merged = merge_games(*paths, *output, *disk);
  if (!merged) return report(merged.error());
  if (as_json) {
    std::printf(
        "%s\n",
        Json{{"output", *output}, {"inputs", merged->inputs}, {"before", merged->before}, {"after", merged->after}}
            .dump(2)
            .c_str());
  } else {
    std::printf("%s has %llu games, %llu of them new.\n", output->c_str(), Count{merged->after},
                Count{merged->after - merged->before});
  }
  return kExitOk;
}

struct ExportFlags {
  std::vector<std::string> paths;
  std::string out;
  ExportChoice choice;
  bool shuffle = false;
  std::uint64_t seed = 1;
  bool overwrite = false;
  bool json = false;
};

int run_export(ExportFlags flags) {
  const auto paths = local_paths(flags.paths);
  if (!paths) return report(paths.error());
  const auto output = local_path(flags.out);
  if (!output) return report(output.error());
  if (flags.shuffle) flags.choice.shuffle = flags.seed;
  const auto disk = make_posix_disk();
  const auto done = export_games(*paths, *output, flags.choice, flags.overwrite, *disk);
  if (!done) return report(done.error());
  if (flags.json) {
    const Json excluded{{"other_configuration", done->other_configuration},
                        {"not_completed", done->not_completed},
                        {"too_short", done->too_short}};
    std::printf("%s\n", Json{{"output", *output},
                             {"read", done->read},
                             {"exported", done->exported},
                             {"excluded", excluded},
                             {"samples", done->samples}}
                            .dump(2)
                            .c_str());
    return kExitOk;
  }
  std::printf("%s has %llu of %llu games", output->c_str(), Count{done->exported}, Count{done->read});
  if (done->samples > 0) std::printf(" in %llu samples", Count{done->samples});
  std::printf("; left out: %llu of another configuration, %llu not completed, %llu too short.\n",
              Count{done->other_configuration}, Count{done->not_completed}, Count{done->too_short});
  return kExitOk;
}

constexpr const char* kPathHelp =
    "Node directory, games.db or other .db, segment, .jsonl or .jsonl.gz. file:// is understood.";

void add_export(CLI::App& data, Action& action) {
  CLI::App* verb = data.add_subcommand("export", "Write chosen games as training samples or as a database.");
  verb->footer(
      "Examples:\n"
      "  meshzero data export games --board square8 --players 2 --out samples.jsonl.gz --shuffle --seed 7 "
      "--sample-every 3\n"
      "  meshzero data export games --require-completed --min-moves 20 --out good.db");
  auto flags = std::make_shared<ExportFlags>();
  verb->add_option("PATH", flags->paths, kPathHelp)->required();
  verb->add_option("--out", flags->out, "File ending in .jsonl, .jsonl.gz or .db.")->type_name("FILE")->required();
  verb->add_option("--game", flags->choice.game, "Only this game.");
  verb->add_option("--board", flags->choice.board, "Only this board.");
  verb->add_option("--players", flags->choice.seats, "Only games with so many seats.");
  verb->add_flag("--require-completed", flags->choice.require_completed,
                 "Leave out games that were stopped at a move cap.");
  verb->add_option("--min-moves", flags->choice.min_moves, "Leave out games with fewer plies.");
  verb->add_option("--sample-every", flags->choice.sample_every,
                   "Of the positions between the first and the last five, take every n-th.")
      ->capture_default_str();
  verb->add_flag("--shuffle", flags->shuffle, "Put all samples into an order that --seed decides.");
  add_seed_flag(*verb, flags->seed, "Seed of --shuffle.");
  verb->add_flag("--overwrite", flags->overwrite, "Replace an existing file.");
  verb->add_flag("--json", flags->json, "Print JSON.");
  verb->callback([&action, flags] { action = [flags] { return run_export(*flags); }; });
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  CLI::App* data = app.add_subcommand("data", "Look at games, check them, unite them, write them for others.");
  data->require_subcommand(1);
  data->footer(
      "Examples:\n"
      "  meshzero data stats games\n"
      "  meshzero data verify games other.db\n"
      "  meshzero data merge a.db b.jsonl.gz --out all.db");

  auto paths = std::make_shared<std::vector<std::string>>();
  auto out = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);

  CLI::App* stats_verb = data->add_subcommand("stats", "Games, lengths, winners and endings per configuration.");
  stats_verb->add_option("PATH", *paths, kPathHelp)->required();
  stats_verb->add_flag("--json", *as_json, "Print JSON.");
  stats_verb->footer("Example:\n  meshzero data stats games --json");
  stats_verb->callback([&action, paths, as_json] { action = [=] { return stats(*paths, *as_json); }; });

  CLI::App* verify_verb =
      data->add_subcommand("verify", "Replay every game and check every digest. Exit code 1 when anything is damaged.");
  verify_verb->add_option("PATH", *paths, kPathHelp)->required();
  verify_verb->add_flag("--json", *as_json, "Print JSON.");
  verify_verb->footer("Example:\n  meshzero data verify games export.db");
  verify_verb->callback([&action, paths, as_json] { action = [=] { return verify(*paths, *as_json); }; });

  CLI::App* merge_verb = data->add_subcommand(
      "merge", "Unite games. Nothing is lost; doing it twice or in another order changes nothing.");
  merge_verb->add_option("PATH", *paths, kPathHelp)->required();
  merge_verb->add_option("--out", *out, "Directory or file that receives them. What it holds already stays.")
      ->type_name("PATH")
      ->required();
  merge_verb->add_flag("--json", *as_json, "Print JSON.");
  merge_verb->footer(
      "Examples:\n  meshzero data merge a.db b.db --out all.db\n  meshzero data merge friend.db --out games");
  merge_verb->callback([&action, paths, out, as_json] { action = [=] { return merge(*paths, *out, *as_json); }; });

  add_export(*data, action);
  add_data_show(*data, action);
}

}  // namespace mz
