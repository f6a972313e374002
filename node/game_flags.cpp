#include "node/game_flags.h"

#include <charconv>

namespace mz {

void add_game_flags(CLI::App& verb, GameFlags& flags) {
  verb.add_option("--board", flags.board, "square8, square19, hex8 or hexagonal")->capture_default_str();
  verb.add_option("--players", flags.players, "2, 3 or 4")->check(CLI::Range(2, 4))->capture_default_str();
  verb.add_option("--option,--options", flags.options,
                  "an option of the game as name=value, for example swap=1; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false);  // what follows may be the engines of a tournament
}

Result<GameConfig> game_config(const GameFlags& flags) {
  GameConfig config;
  config.board = flags.board;
  config.seats = flags.players;
  for (const std::string& option : flags.options) {
    const std::size_t equals = option.find('=');
    const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (equals == 0 || value.empty() || error != std::errc{} || end != value.data() + value.size()) {
      return Error{ErrorKind::usage,
                   "--option takes name=value with a whole number, such as swap=1, not '" + option + "'."};
    }
    config.options[option.substr(0, equals)] = number;
  }
  return config;
}

}  // namespace mz
