#include "engine/ringrift/weights.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "engine/base/json_keys.h"
#include "engine/ringrift/profiles.h"

namespace mz::ringrift {

// The worth of one credited ring early in the game is 1000: everything else is measured against it. The bounds keep every sum well
// inside 32 bits: mobility counts at most some 40,000 landing cells, the closeness of a goal at most 100,000, and the rings credited in
// a position made by hand some 25,000.
constexpr std::array<FeatureFacts, kFeatureCount> kFeatures = {{
    {"eliminated_rings", "rings credited to the seat", 300, 0, 8000, 1000},
    {"victory_rings", "closeness of the ring goal V with e rings credited: 8 e^3 / V^2", 30, 0, 2000, 60},
    {"territory", "collapsed cells of the seat", 200, 0, 8000, 600},
    {"victory_territory", "closeness of the territory goal T with c collapsed cells: 8 c^3 / T^2", 20, 0, 2000, 40},
    {"rings_in_hand", "rings in hand", 100, -2000, 2000, 200},
    {"stack_control", "stacks the seat controls", 200, -4000, 4000, 400},
    {"no_stacks", "1 when the seat controls no stack", 2000, -20000, 4000, -4000},
    {"single_stack", "1 when the seat controls exactly one stack", 300, -8000, 4000, -500},
    {"stack_height", "rings in the stacks of the seat, at most five of each stack", 50, -2000, 2000, 50},
    {"cap_height", "rings in the caps of the seat's stacks", 50, -2000, 2000, 60},
    {"buried_rings", "own rings under another colour's cap", 100, -2000, 2000, -100},
    {"recovery_potential", "1 when the seat controls no stack but may recover", 400, -4000, 8000, 600},
    {"center_control", "stacks of the seat in the middle of the board", 50, -2000, 2000, 40},
    {"mobility", "cells on which the seat's stacks can land without capturing", 10, -400, 400, 10},
    {"blocked_stacks", "stacks of the seat that can neither move nor capture", 150, -4000, 2000, -250},
    {"overtake_potential", "captures of another colour's stack, counted by target and ray", 80, -2000, 2000, 80},
    {"overtake_tempo", "the same, for the seat to act only", 100, -2000, 2000, 120},
    {"vulnerability", "stacks of the seat that another seat can capture", 100, -2000, 2000, -120},
    {"landing_potential", "stacks of the seat that can land on a marker, which credits a ring", 60, -2000, 2000, 50},
    {"landing_tempo", "1 when the seat is to act and has such a stack", 200, -4000, 4000, 100},
    {"marker_count", "markers of the seat", 100, -2000, 2000, 100},
    {"marker_flip", "enemy markers over which the seat's stacks can pass, counted by ray", 30, -1000, 1000, 20},
    {"marker_collapse", "own markers over which the seat's stacks can pass, counted by ray", 40, -1000, 1000, 40},
    {"line_ready", "complete lines of the seat that still stand as markers, counted by windows", 500, -4000, 8000,
     1200},
    {"line_one_short", "windows of line length with one marker missing and nothing in the way", 80, -1000, 2000, 120},
    {"line_two_short", "windows of line length with two markers missing and nothing in the way", 20, -500, 500, 20},
    {"territory_closure", "open cells that the seat's markers and walls nearly enclose", 40, -1000, 1000, 30},
    {"territory_claim", "cells and rings of the regions that the seat to act could claim now", 200, -2000, 4000, 400},
    {"lps_progress", "rounds in a row in which only this seat could act", 800, -2000, 8000, 1500},
    {"lps_action_advantage", "1 when the seat can place, move or capture", 500, -4000, 8000, 1000},
    {"forced_elimination_risk", "1 when the seat has stacks, none of which can act, and no ring to place", 400, -8000,
     4000, -600},
    {"tempo", "1 when the seat is to act", 200, -2000, 4000, 100},
    {"multi_leader_threat", "how much of 1000 the strongest other seat counts; the others' mean has the rest", 200, 0,
     1000, 500, 3},
}};

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxQuoted = 60;  // characters of a stranger's text repeated in a message
constexpr std::size_t kMaxListed = 12;  // faults named one by one

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kMaxQuoted)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + "'";
}

class Faults {
 public:
  void add(std::string text) {
    if (++count_ <= kMaxListed) text_ += (text_.empty() ? "" : "; ") + std::move(text);
  }
  void add_unknown(std::string_view feature) {
    unknown_ = true;
    add("there is no feature " + in_quotes(feature));
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  [[nodiscard]] Error error() const {
    const std::string more = count_ > kMaxListed ? "; and " + std::to_string(count_ - kMaxListed) + " more" : "";
    std::string names;
    for (const FeatureFacts& facts : kFeatures) names += (names.empty() ? "" : ", ") + std::string(facts.name);
    const std::string choices = unknown_ ? " The features are: " + names + "." : "";
    return {ErrorKind::corrupt, "These weights cannot be used: " + text_ + more + "." + choices};
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
  bool unknown_ = false;  // a feature was named that does not exist, so the choices are told
};

// Parses and reports members that occur twice, which the library would silently merge.
Json parse_object(std::string_view text, Faults& faults) {
  const auto notice =
      on_repeated_key<Json>([&faults](const std::string& key) { faults.add(in_quotes(key) + " occurs twice"); });
  try {
    return Json::parse(text, notice);
  } catch (const Json::exception& error) {
    // "[json.exception.NAME] where: why"; the place is what helps.
    std::string_view place = error.what();
    if (const std::size_t name = place.find("] "); name != std::string_view::npos) place.remove_prefix(name + 2);
    faults.add("the text is no JSON (" + in_quotes(place.substr(0, place.find(':'))) + ")");
    return {};
  }
}

void read_weight(const FeatureFacts& facts, const Json& json, std::int32_t& out, Faults& faults) {
  const std::string name(facts.name);
  const std::string bounds = std::to_string(facts.low) + " to " + std::to_string(facts.high);
  if (!json.is_number_integer()) return faults.add("'" + name + "' must be an integer from " + bounds);
  const bool huge = json.is_number_unsigned() && json.get<std::uint64_t>() > INT32_MAX;
  const std::int64_t value = huge ? INT64_MAX : json.get<std::int64_t>();
  if (value < facts.low || value > facts.high) {
    return faults.add("'" + name + "' is " + json.dump() + " but must lie from " + bounds);
  }
  out = static_cast<std::int32_t>(value);
}

}  // namespace

std::span<const Profile> weight_profiles() { return kEmbeddedProfiles; }

Weights default_weights() {
  Weights weights;
  for (std::size_t i = 0; i < kFeatureCount; ++i) weights.value[i] = kFeatures[i].balanced;
  return weights;
}

Result<Weights> parse_weights(std::string_view json) {
  Faults faults;
  if (json.size() > kMaxWeightsBytes) {
    faults.add("the text has " + std::to_string(json.size()) + " bytes and may have " +
               std::to_string(kMaxWeightsBytes));
    return faults.error();
  }
  const Json file = parse_object(json, faults);
  if (faults.any()) return faults.error();
  if (!file.is_object()) {
    faults.add("the text is not a JSON object with the members format, name and weights");
    return faults.error();
  }
  for (const auto& member : file.items()) {
    const bool known = member.key() == "format" || member.key() == "name" || member.key() == "weights" ||
                       (member.key() == "$schema" && member.value().is_string());
    if (!known) faults.add("there is a member " + in_quotes(member.key()) + " besides format, name and weights");
  }
  if (!file.contains("format") || file["format"] != kWeightsFormat) {
    faults.add("\"format\" must be \"" + std::string(kWeightsFormat) + "\"");
  }
  if (!file.contains("name") || !file["name"].is_string()) faults.add("\"name\" must be a text");
  if (!file.contains("weights") || !file["weights"].is_object()) {
    faults.add("\"weights\" must be an object");
    return faults.error();
  }
  const Json& values = file["weights"];
  Weights weights;
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    const auto it = values.find(std::string(kFeatures[i].name));
    if (it == values.end()) {
      faults.add("'" + std::string(kFeatures[i].name) + "' is missing");
    } else {
      read_weight(kFeatures[i], *it, weights.value[i], faults);
    }
  }
  for (const auto& member : values.items()) {
    const auto named = [&](const FeatureFacts& facts) { return facts.name == member.key(); };
    if (std::none_of(kFeatures.begin(), kFeatures.end(), named)) {
      faults.add_unknown(member.key());
    }
  }
  if (faults.any()) return faults.error();
  return weights;
}

std::string weights_json(const Weights& weights, std::string_view name) {
  std::string text = "{\n  \"format\": \"" + std::string(kWeightsFormat) +
                     "\",\n  \"name\": " + Json(name).dump(-1, ' ', true, Json::error_handler_t::replace) +
                     ",\n  \"weights\": {\n";
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    text += "    \"" + std::string(kFeatures[i].name) + "\": " + std::to_string(weights.value[i]) +
            (i + 1 < kFeatureCount ? ",\n" : "\n");
  }
  return text + "  }\n}\n";
}

std::string weights_schema() {
  using Ordered = nlohmann::ordered_json;
  Ordered names = Ordered::array();
  Ordered weights = Ordered::object();
  for (const FeatureFacts& facts : kFeatures) {
    names.push_back(facts.name);
    Ordered weight = {{"description", std::string(facts.meaning)},
                      {"type", "integer"},
                      {"minimum", facts.low},
                      {"maximum", facts.high}};
    weight["default"] = facts.balanced;
    weight["scale"] = facts.scale;
    if (facts.min_seats > 2) weight["seats"] = facts.min_seats;
    weights[std::string(facts.name)] = std::move(weight);
  }
  Ordered schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Weights of the evaluation of RingRift";
  schema["description"] =
      "docs/evaluation.md says how they are used. Of each weight: what one unit counts (description), its bounds, the "
      "value of the profile "
      "balanced (default), the step of an optimiser (scale), and from how many seats on it has an effect (seats, 2 "
      "where nothing is said).";
  schema["type"] = "object";
  schema["additionalProperties"] = false;
  schema["required"] = {"format", "name", "weights"};
  schema["properties"]["$schema"] = {{"type", "string"}};
  schema["properties"]["format"] = {{"const", std::string(kWeightsFormat)}};
  schema["properties"]["name"] = {{"type", "string"}};
  Ordered& object = schema["properties"]["weights"];
  object["type"] = "object";
  object["additionalProperties"] = false;
  object["required"] = std::move(names);
  object["properties"] = std::move(weights);
  return schema.dump(2) + "\n";
}

namespace {

std::string profile_names() {
  std::string names;
  for (const Profile& profile : weight_profiles()) names += (names.empty() ? "" : ", ") + std::string(profile.name);
  return names;
}

}  // namespace

Result<Weights> requested_weights(const EngineRequest& request) {
  const std::string& name = request.spec.weights;
  if (name.empty()) return default_weights();
  for (const Profile& profile : weight_profiles()) {
    if (profile.name == name) return parse_weights(profile.json);
  }
  const Result<std::string> text = request.read_weights(name);
  if (!text) {
    return Error{text.error().kind, text.error().text + " The weights in the program are " + profile_names() + "."};
  }
  auto weights = parse_weights(*text);
  if (!weights) return Error{weights.error().kind, "'" + name + "': " + weights.error().text};
  return weights;
}

Result<Weights> profile_weights(std::string_view name) {
  for (const Profile& profile : weight_profiles()) {
    if (profile.name == name) return parse_weights(profile.json);
  }
  return Error{ErrorKind::not_found,
               "There is no weight profile " + in_quotes(name) + ". Choose one of: " + profile_names() + "."};
}

Digest weights_hash(const Weights& weights) {
  std::string text = std::string(kWeightsFormat) + "\n";
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    text += std::string(kFeatures[i].name) + "=" + std::to_string(weights.value[i]) + "\n";
  }
  return sha256(text);
}

}  // namespace mz::ringrift
