// `meshzero selfplay`: games of engines against themselves, into a directory or a file.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "engine/named_engines.h"
#include "node/engine_resources.h"
#include "node/exit_code.h"
#include "node/game_flags.h"
#include "node/interrupt.h"
#include "node/platform.h"
#include "node/s3/address.h"
#include "node/s3/destination.h"
#include "node/selfplay_run.h"
#include "node/verbs.h"
#include "store/game_source.h"

namespace mz {
namespace {

struct Flags {
  std::string game = "ringrift";
  std::string board = "square8";
  int players = 2;
  std::vector<std::string> engines{"heuristic"};
  std::vector<std::string> options;
  std::string mix = std::string(mix_band_names()[0]);
  bool mix_given = false;
  bool temperature_plies_given = false;
  std::string temperature = "0";
  std::string resign = "0";
  bool no_resign_share_given = false;
  std::uint32_t max_moves = 0;
  SelfplayRun run;
  std::string output;  // a path, or s3://BUCKET/KEY
  bool json = false;
};

std::vector<std::string> names(std::span<const std::string_view> of) { return {of.begin(), of.end()}; }

std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  char text[32];
  std::snprintf(text, sizeof text, "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                static_cast<unsigned long long>(whole / 60 % 60), static_cast<unsigned long long>(whole % 60));
  return text;
}

double seconds_left(const SelfplayProgress& p) {
  const double rate = p.games_per_hour() / 3600;
  return rate > 0 ? static_cast<double>(p.total - p.games) / rate : 0;
}

// On a terminal one line that is rewritten; in a log one JSON object a line, one in kLogEvery, when the first games are safe, and
// at the end.
class ProgressLine {
 public:
  void show(const SelfplayProgress& p) {
    if (terminal_) {
      std::fprintf(stderr, "\r%llu of %llu games  %.0f plies/s  %.0f games/h  %s left \x1b[K",
                   static_cast<unsigned long long>(p.games), static_cast<unsigned long long>(p.total),
                   p.plies_per_second(), p.games_per_hour(), duration(seconds_left(p)).c_str());
      shown_ = true;
    } else if (p.seconds - last_ >= kLogEvery || p.complete || (durable_ == 0 && p.durable > 0)) {
      last_ = p.seconds;
      durable_ = p.durable;
      const nlohmann::ordered_json line{{"event", "progress"},
                                        {"games", p.games},
                                        {"total", p.total},
                                        {"durable", p.durable},
                                        {"plies", p.plies},
                                        {"plies_per_s", p.plies_per_second()},
                                        {"games_per_h", p.games_per_hour()},
                                        {"leaves", p.leaves},
                                        {"leaves_per_batch", p.leaves_per_batch()},
                                        {"eta_s", seconds_left(p)}};
      std::fprintf(stderr, "%s\n", line.dump().c_str());
    }
  }
  ~ProgressLine() {
    if (shown_) std::fputc('\n', stderr);
  }

 private:
  static constexpr double kLogEvery = 5;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  double last_ = 0;
  std::uint64_t durable_ = 0;
};

Result<GameConfig> configuration(const Flags& flags) {
  GameConfig config{flags.game, flags.board, flags.players, {}};
  for (const std::string& option : flags.options) {
    const std::size_t equals = option.find('=');
    int value = 0;
    const char* end = option.data() + option.size();
    const bool number = equals != std::string::npos &&
                        std::from_chars(option.data() + equals + 1, end, value).ptr == end &&
                        equals + 1 < option.size();
    if (!number) return Error{ErrorKind::usage, "Write an option as NAME=NUMBER, not '" + option + "'."};
    config.options[option.substr(0, equals)] = value;
  }
  if (auto fits = refuse_idle_options(config); !fits) return fits.error();
  return config;
}

void print(const SelfplayProgress& p, const Flags& flags) {
  if (flags.json) {
    const nlohmann::ordered_json json{{"games", p.games},
                                      {"total", p.total},
                                      {"played", p.games - p.found},
                                      {"plies", p.plies},
                                      {"capped", p.capped},
                                      {"resigned", p.resignations.games},
                                      {"resign_checked", p.resignations.checked},
                                      {"resign_wrong", p.resignations.wrong},
                                      {"seconds", p.seconds},
                                      {"plies_per_s", p.plies_per_second()},
                                      {"games_per_h", p.games_per_hour()},
                                      {"leaves", p.leaves},
                                      {"leaves_per_batch", p.leaves_per_batch()},
                                      {"complete", p.complete},
                                      {"output", flags.output},
                                      {"kept_in", p.kept_in}};
    std::printf("%s\n", json.dump(2).c_str());
    return;
  }
  if (p.complete) {
    std::printf("%llu games are in %s: %llu played now in %.1f s, %llu plies, %llu stopped at the move cap.\n",
                static_cast<unsigned long long>(p.games), p.kept_in.c_str(),
                static_cast<unsigned long long>(p.games - p.found), p.seconds, static_cast<unsigned long long>(p.plies),
                static_cast<unsigned long long>(p.capped));
    if (flags.run.spec.resign > 0) {
      std::printf(
          "%llu ended by resignation. Of %llu that a seat would have resigned but were played to their end, it did not "
          "lose %llu.\n",
          static_cast<unsigned long long>(p.resignations.games),
          static_cast<unsigned long long>(p.resignations.checked),
          static_cast<unsigned long long>(p.resignations.wrong));
    }
  } else {
    std::printf("Interrupted: %llu of %llu games are safe in %s. The same command with --resume continues.\n",
                static_cast<unsigned long long>(p.games), static_cast<unsigned long long>(p.total), p.kept_in.c_str());
  }
}

Result<std::unique_ptr<SelfplayDestination>> destination(const std::string& output, Disk& disk,
                                                         const std::atomic<bool>& stop) {
  if (is_s3_address(output))
    return s3_destination(
        output, [](const char* name) { return std::getenv(name); }, disk, stop);
  return local_destination(output, disk);
}

int play(Flags flags) {
  auto config = configuration(flags);
  if (!config) return report(config.error());
  if (flags.mix_given && std::find(flags.engines.begin(), flags.engines.end(), kMixed) == flags.engines.end()) {
    return report({ErrorKind::usage, "--mix says what `mixed` draws from. Add --engine mixed, or leave out --mix."});
  }
  if (!is_s3_address(flags.output)) {
    auto path = local_path(flags.output);
    if (!path) return report(path.error());
    flags.output = *path;
  }
  flags.run.spec.config = *config;
  flags.run.spec.read_weights = weights_read_once();
  flags.run.spec.engines = flags.engines;
  if (flags.engines.size() == 1)
    flags.run.spec.engines.assign(static_cast<std::size_t>(std::max(1, std::min(flags.players, kMaxSeats))),
                                  flags.engines[0]);
  flags.run.spec.mix = flags.mix == mix_band_names()[0] ? MixBand::canonical : MixBand::light;
  const auto temperature = parse_temperature(flags.temperature);
  if (!temperature) return report(temperature.error());
  flags.run.spec.temperature = *temperature;
  if (flags.temperature_plies_given && temperature->thousandths == 0) {
    return report({ErrorKind::usage,
                   "--temperature-plies says how many choices --temperature draws. Add --temperature above 0, or "
                   "leave out --temperature-plies."});
  }
  const auto resign = parse_thousandths(flags.resign, kThousandths);
  if (!resign) {
    return report({ErrorKind::usage,
                   "--resign takes a number from 0 to 1 with at most three digits behind the point, such as 0.95."});
  }
  flags.run.spec.resign = *resign;
  if (flags.no_resign_share_given && *resign == 0) {
    return report({ErrorKind::usage,
                   "--no-resign-share says how many games --resign leaves alone. Add --resign above 0, or leave out "
                   "--no-resign-share."});
  }
  if (flags.max_moves > 0) flags.run.spec.max_moves = flags.max_moves;
  if (flags.run.threads == 0) flags.run.threads = platform::usable_cores();
  const std::atomic<bool>& stop = stop_on_signals();
  const auto disk = make_posix_disk();
  const auto to = destination(flags.output, *disk, stop);
  if (!to) return report(to.error());
  ProgressLine line;
  const auto done =
      run_selfplay(flags.run, **to, *disk, stop, [&line](const SelfplayProgress& progress) { line.show(progress); });
  if (!done) return report(done.error());
  print(*done, flags);
  return kExitOk;
}

}  // namespace

void add_selfplay(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("selfplay", "Play games of engines against themselves and keep them.");
  verb->footer(
      "The same seed gives the same games, whatever the number of threads and of games at once, and however often the "
      "run "
      "was interrupted.\n"
      "Examples:\n"
      "  meshzero selfplay --games 1000 --out games\n"
      "  meshzero selfplay --board hex8 --players 3 --engine heuristic --games 100 --seed 7 --out hex.db\n"
      "  meshzero selfplay --games 1000 --out s3://my-bucket/runs/first.db\n"
      "  meshzero selfplay --engine heuristic --engine random --games 50 --out pair.jsonl.gz\n"
      "  meshzero selfplay --engine mixed --mix light --games 200 --out mixed.db\n"
      "  meshzero selfplay --engine mcts:sims=400 --temperature 1 --temperature-plies 20 --games 50 --out drawn.db\n"
      "  meshzero selfplay --engine mcts:sims=800,cheap=100,weights=hex8-2p --resign 0.9 --games 50 --out quick.db\n"
      "  meshzero selfplay --games 1000 --out games --resume");
  auto flags = std::make_shared<Flags>();
  verb->add_option("--game", flags->game, "Game.")->capture_default_str();
  verb->add_option("--board", flags->board, "Board: square8, square19, hex8 or hexagonal.")->capture_default_str();
  verb->add_option("--players", flags->players, "Number of seats.")->capture_default_str();
  std::string modes;
  for (const std::string_view mode : selfplay_modes()) modes += (modes.empty() ? "" : ", ") + std::string(mode);
  verb->add_option("--engine", flags->engines,
                   "Engine of all seats; given once per seat: of each seat. A specification, or a mode: " + modes +
                       ". mixed and those after it draw an engine for each seat of each game.")
      ->capture_default_str();
  verb->add_option("--mix,--difficulty-band", flags->mix,
                   "What mixed draws from: canonical, engines of every strength, or light, cheap ones.")
      ->check(CLI::IsMember(names(mix_band_names())))
      ->capture_default_str();
  verb->add_option("--option", flags->options,
                   "A rule of the game that differs from the default, as NAME=NUMBER. May be repeated.");
  verb->add_option("--games", flags->run.games, "Number of games.")->default_val(100);
  add_seed_flag(*verb, flags->run.seed, "Seed of the whole run.")->default_val(1);
  verb->add_option("--threads", flags->run.threads, "Threads that play. 0: one for each core.")->default_val(0);
  verb->add_option(
          "--games-at-once", flags->run.games_at_once,
          "Games that each thread has under way side by side, so that mcts and descent have positions of all of them "
          "judged in one batch. 0: up to 16 with these, fewer with large trees, else 1.")
      ->default_val(0);
  verb->add_option(
          "--out", flags->output,
          "Directory, or a file ending in .db, .jsonl or .jsonl.gz; file:// is understood. Such a file may be an "
          "object, s3://BUCKET/KEY: games are collected in the working directory, in the last part of KEY with "
          ".partial behind it, until the object is there. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION "
          "let in; AWS_ENDPOINT_URL names another service than Amazon's.")
      ->type_name("PATH")
      ->required();
  verb->add_option("--max-moves", flags->max_moves, "Stop a game after so many plies and mark it as capped. 0: never.")
      ->capture_default_str();
  verb->add_option("--opening-random-moves", flags->run.spec.opening_random_moves,
                   "Make the first so many choices of each seat at random, so that games differ.")
      ->default_val(kOpeningRandomMoves);
  verb->add_option(
          "--temperature", flags->temperature,
          "Draw moves instead of taking the best: mcts and descent in proportion to visits^(1/T), heuristic and "
          "minimax so that every 100*T points of score less halve the chance. 0: never.")
      ->capture_default_str();
  verb->add_option("--temperature-plies", flags->run.spec.temperature_moves,
                   "Draw the first so many choices of each seat, those at random among them.")
      ->default_val(kTemperatureMoves);
  verb->add_option(
          "--resign", flags->resign,
          "With two seats: at 0.9 a seat resigns after three turns in a row in which its searches expected -0.9 "
          "or less, where -1 is lost and 1 won. heuristic and random do not search. 0: nobody resigns.")
      ->capture_default_str();
  verb->add_option(
          "--no-resign-share", flags->run.spec.no_resign_share,
          "Percentage of the games, drawn by their seeds, that are played to the end all the same, which tells "
          "how often resigning would have been wrong.")
      ->check(CLI::Range(0U, 100U))
      ->default_val(kNoResignShare);
  verb->add_option("--checkpoint-interval", flags->run.checkpoint_interval,
                   "Make games durable after so many of them. 0: every 10 seconds.")
      ->check(CLI::Range(std::uint64_t{0}, kMaxSelfplayGames))
      ->capture_default_str();
  verb->add_option("--sample-every", flags->run.sample_every,
                   "In .jsonl: of the positions between the first and the last five, write every n-th.")
      ->capture_default_str();
  verb->add_flag("--resume", flags->run.resume, "Continue an interrupted or shorter run of the same seed.");
  verb->add_flag("--json", flags->json, "Print JSON.");
  verb->callback([&action, flags, verb] {
    flags->mix_given = verb->count("--mix") > 0;
    flags->no_resign_share_given = verb->count("--no-resign-share") > 0;
    flags->temperature_plies_given = verb->count("--temperature-plies") > 0;
    action = [flags] { return play(*flags); };
  });
}

}  // namespace mz
