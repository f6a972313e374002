// The named weights of RingRift's evaluation, and their text form.
//
// Every seat has one integer per feature; the weighted sum of them is the worth of the seat. What a feature counts, in which unit and
// within which bounds its weight may lie stands in one table (kFeatures), from which the parser, the optimiser, the documentation and
// the tests read. Weights are integers: the same file decides the same move on every machine.
//
// Text form, strict: a JSON object with the members "format" (kWeightsFormat), "name" and "weights"; the last has every feature name
// exactly once and nothing else, each with an integer within its bounds. A member "$schema" may name the schema of the form, for editors.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/game.h"

namespace mz::ringrift {

enum class Feature : std::uint8_t {
  eliminated_rings,
  victory_rings,
  territory,
  victory_territory,
  rings_in_hand,
  stack_control,
  no_stacks,
  single_stack,
  stack_height,
  cap_height,
  buried_rings,
  recovery_potential,
  center_control,
  mobility,
  blocked_stacks,
  overtake_potential,
  overtake_tempo,
  vulnerability,
  landing_potential,
  landing_tempo,
  marker_count,
  marker_flip,
  marker_collapse,
  line_ready,
  line_one_short,
  line_two_short,
  territory_closure,
  territory_claim,
  lps_progress,
  lps_action_advantage,
  forced_elimination_risk,
  tempo,
  multi_leader_threat,
};
inline constexpr std::size_t kFeatureCount = static_cast<std::size_t>(Feature::multi_leader_threat) + 1;
constexpr std::size_t index(Feature feature) { return static_cast<std::size_t>(feature); }

struct FeatureFacts {
  std::string_view name;
  std::string_view meaning;  // what one unit of the feature is
  std::int32_t scale;        // the unit of an optimiser: a step that changes play where the feature is not a rare one
  std::int32_t low;          // bounds of the weight
  std::int32_t high;
  std::int32_t balanced;  // the default
  int min_seats = 2;      // without effect in games with fewer seats
};
extern const std::array<FeatureFacts, kFeatureCount> kFeatures;

struct Weights {
  std::array<std::int32_t, kFeatureCount> value{};
  [[nodiscard]] std::int32_t operator[](Feature feature) const { return value[index(feature)]; }
  friend bool operator==(const Weights&, const Weights&) = default;
};

inline constexpr std::string_view kWeightsFormat = "meshzero ringrift weights 1";
inline constexpr std::size_t kMaxWeightsBytes = 64 * 1024;

// The profiles in the program, by name; `balanced` first.
struct Profile {
  std::string_view name;
  std::string_view json;  // equals config/heuristics/<name>.json
};
std::span<const Profile> weight_profiles();

Weights default_weights();  // the profile `balanced`
// Refuses with one sentence that lists everything wrong with the text.
Result<Weights> parse_weights(std::string_view json);
std::string weights_json(const Weights& weights, std::string_view name);
// The form as a JSON Schema (draft 2020-12): of every weight its meaning, bounds, default and scale. A file may name it as "$schema".
std::string weights_schema();
// What weights=NAME of an engine asks for: a profile of that name, else the file. Without it the profile `balanced`.
Result<Weights> requested_weights(const EngineRequest& request);
// The weights of a profile, or which names there are.
Result<Weights> profile_weights(std::string_view name);
// Of the values alone: two files that play alike have one hash, whatever they are called.
Digest weights_hash(const Weights& weights);

}  // namespace mz::ringrift
