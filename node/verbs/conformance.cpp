// meshzero conformance: does this program play by the same rules as the recordings?
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "node/conformance_run.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {
namespace {

constexpr unsigned kMaxThreads = 256;

struct Options {
  std::vector<std::string> files;
  unsigned threads = 0;  // 0 = one per processor
  bool json = false;
};

struct Totals {
  std::size_t games = 0;
  std::size_t plies = 0;
  std::size_t mismatches = 0;
};

Totals total(const std::vector<FileConformance>& files) {
  Totals sum;
  for (const FileConformance& file : files) {
    sum.games += file.games;
    sum.plies += file.plies;
    sum.mismatches += file.mismatches;
  }
  return sum;
}

void print_mismatch(const Mismatch& mismatch) {
  std::cout << "  first mismatch: " << mismatch.id << ", ply " << mismatch.ply << ": " << mismatch.what << '\n'
            << "    position  " << mismatch.position << '\n';
  if (!mismatch.move.empty()) std::cout << "    move      " << mismatch.move << '\n';
  std::cout << "    expected  " << mismatch.expected << '\n' << "    got       " << mismatch.got << '\n';
  if (!mismatch.expected_known) std::cout << "    The recording holds only the hash of its list; this is ours:\n";
  for (const std::string& move : mismatch.missing) std::cout << "    - " << move << '\n';
  for (const std::string& move : mismatch.extra) {
    std::cout << (mismatch.expected_known ? "    + " : "      ") << move << '\n';
  }
}

nlohmann::json to_json(const Mismatch& mismatch) {
  return {{"id", mismatch.id},           {"ply", mismatch.ply},
          {"what", mismatch.what},       {"position", mismatch.position},
          {"move", mismatch.move},       {"expected", mismatch.expected},
          {"got", mismatch.got},         {"expected_list_known", mismatch.expected_known},
          {"missing", mismatch.missing}, {"extra", mismatch.extra}};
}

void print_json(const std::vector<FileConformance>& files) {
  nlohmann::json list = nlohmann::json::array();
  for (const FileConformance& file : files) {
    nlohmann::json entry = {
        {"path", file.path}, {"games", file.games}, {"plies", file.plies}, {"mismatches", file.mismatches}};
    if (file.first) entry["first_mismatch"] = to_json(*file.first);
    if (file.error) entry["error"] = file.error->text;
    list.push_back(std::move(entry));
  }
  const Totals sum = total(files);
  const nlohmann::json out = {
      {"files", list}, {"games", sum.games}, {"plies", sum.plies}, {"mismatches", sum.mismatches}};
  std::cout << out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const std::vector<FileConformance>& files) {
  for (const FileConformance& file : files) {
    std::cout << file.path << " games=" << file.games << " plies=" << file.plies << " mismatches=" << file.mismatches
              << '\n';
    if (file.first) print_mismatch(*file.first);
  }
  const Totals sum = total(files);
  std::cout << "files=" << files.size() << " games=" << sum.games << " plies=" << sum.plies
            << " mismatches=" << sum.mismatches << '\n';
}

int run(const Options& options) {
  const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
  const auto files = run_conformance(options.files, options.threads == 0 ? processors : options.threads);
  options.json ? print_json(files) : print_text(files);
  std::cout.flush();
  int code = total(files).mismatches > 0 ? kExitFailure : kExitOk;
  for (const FileConformance& file : files) {
    if (file.error) code = report(*file.error);
  }
  return code;
}

}  // namespace

void add_conformance(CLI::App& app, Action& action) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("conformance", "Compare the rules with recorded games and positions.");
  verb->add_option("FILE", options->files, "Recordings, .jsonl or .jsonl.gz.")->required();
  verb->add_option("--threads", options->threads, "Threads to use; 0 is one per processor.")
      ->capture_default_str()
      ->check(CLI::Range(0U, kMaxThreads));
  verb->add_flag("--json", options->json, "Print JSON.");
  verb->footer(
      "At every ply the legal moves, the move and the position reached must be those of the recording. The last line\n"
      "reads `files=F games=G plies=P mismatches=M`; the exit code is 1 when there is any mismatch.\n"
      "\n"
      "Examples:\n"
      "  meshzero conformance tests/golden/*.jsonl.gz\n"
      "  meshzero conformance --json --threads 1 games.jsonl");
  verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
