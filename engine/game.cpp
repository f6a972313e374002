#include "engine/game.h"

#include <algorithm>

#include "engine/difficulty.h"
#include "engine/random_player.h"

namespace mz {
namespace {

std::string budgets_of(EngineKind kind) {
  return kind == EngineKind::mcts ? "sims" : kind == EngineKind::descent ? "nodes" : "nodes or depth";
}

// Constant-initialised, so it is ready before the first GameFamily constructor runs in any file.
constinit const GameFamily* g_first_family = nullptr;

}  // namespace

GameFamily::GameFamily() : next_(g_first_family) { g_first_family = this; }

std::vector<const GameFamily*> game_families() {
  std::vector<const GameFamily*> families;
  for (const GameFamily* family = g_first_family; family != nullptr; family = family->next_) families.push_back(family);
  std::sort(families.begin(), families.end(),
            [](const GameFamily* a, const GameFamily* b) { return a->name() < b->name(); });
  return families;
}

Decision Player::decide_alone(const Position& position, Rng& rng) {
  Decision decision;
  Search* const search = begin(position, rng, decision);
  if (search == nullptr) return decision;
  do {
    search->round({&search, 1});
  } while (!search->finished());
  return search->result();
}

Result<std::unique_ptr<Player>> Game::make_player(std::string_view text, const EngineResources& resources) const {
  Result<EngineSpec> parsed = parse_engine_spec(text);
  if (!parsed) return parsed.error();
  parsed = named_in_full(config(), *parsed);
  if (!parsed) return parsed.error();
  EngineRequest request{.spec = *parsed,
                        .read_weights = resources.read_weights,
                        .stop = resources.give_up,
                        .compare_within = resources.compare_within};
  const EngineSpec& spec = request.spec;
  const std::vector<EngineKind> known = engines();
  if (std::find(known.begin(), known.end(), spec.kind) == known.end()) {
    std::string names;
    for (const EngineKind kind : known) names += (names.empty() ? "" : ", ") + std::string(engine_kind_name(kind));
    return Error{ErrorKind::usage, "There is no engine called '" + std::string(engine_kind_name(spec.kind)) + "' for " +
                                       config().game + ". Choose one of: " + names + "."};
  }
  if (spec.ms != 0) {
    if (resources.stop == nullptr) {
      return Error{ErrorKind::refused,
                   "A limit in milliseconds cannot be reproduced and is refused here. Leave out ms" +
                       std::string(searches(spec) ? " and limit " + std::string(engine_kind_name(spec.kind)) + " by " +
                                                        budgets_of(spec.kind)
                                                  : std::string()) +
                       "."};
    }
    request.stop = resources.stop;
  }
  if (!request.read_weights) {
    request.read_weights = [](const std::string& file) -> Result<std::string> {
      return Error{ErrorKind::refused, "The file '" + file + "' cannot be read here."};
    };
  }
  if (spec.kind == EngineKind::random) return std::unique_ptr<Player>(std::make_unique<RandomPlayer>());
  Result<std::unique_ptr<Player>> player = make_engine(request);
  if (!player || spec.random_percent == 0) return player;
  return std::unique_ptr<Player>(std::make_unique<BlunderingPlayer>(std::move(*player), spec.random_percent));
}

Result<std::unique_ptr<Game>> make_game(const GameConfig& config) {
  std::string names;
  for (const GameFamily* family : game_families()) {
    if (family->name() == config.game) return family->make(config);
    names += (names.empty() ? "" : ", ") + std::string(family->name());
  }
  return Error{ErrorKind::usage, "There is no game called '" + config.game + "'. Choose one of: " + names + "."};
}

}  // namespace mz
