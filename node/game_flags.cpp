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
  if (auto fits = refuse_idle_options(config); !fits) return fits.error();
  return config;
}

Result<void> refuse_idle_options(const GameConfig& config) {
  const auto swap = config.options.find("swap");
  if (swap == config.options.end() || swap->second == 0 || config.seats <= 2) return {};
  return Error{ErrorKind::usage, "The pie rule is for two players. Leave out the option swap, or play with two."};
}

CLI::Option* add_seed_flag(CLI::App& verb, std::uint64_t& seed, const std::string& description) {
  // The library would take a part of the text, or the number modulo 2^64.
  const CLI::Validator whole(
      [](std::string& text) -> std::string {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
          return "A seed is a whole number from 0 to 18446744073709551615, not '" + text + "'";
        }
        text = std::to_string(number);
        return "";
      },
      "");
  return verb.add_option("--seed", seed, description)->transform(whole)->capture_default_str();
}

}  // namespace mz
