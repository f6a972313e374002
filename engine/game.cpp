#include "engine/game.h"

#include <algorithm>

namespace mz {
namespace {

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

Result<std::unique_ptr<Game>> make_game(const GameConfig& config) {
  std::string names;
  for (const GameFamily* family : game_families()) {
    if (family->name() == config.game) return family->make(config);
    names += (names.empty() ? "" : ", ") + std::string(family->name());
  }
  return Error{ErrorKind::usage, "There is no game called '" + config.game + "'. Choose one of: " + names + "."};
}

}  // namespace mz
