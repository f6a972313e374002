#include "engine/ringrift/weights.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace mz::ringrift {
namespace {

std::string file_text(std::string_view profile) {
  std::ifstream file(std::string(MESHZERO_SOURCE_DIR "/config/heuristics/") + std::string(profile) + ".json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& json) {
  const Result<Weights> weights = parse_weights(json);
  EXPECT_FALSE(weights.ok()) << json.substr(0, 200);
  return weights.ok() ? "" : weights.error().text;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string good() { return weights_json(default_weights(), "mine"); }

TEST(WeightTable, HasDefaultsWithinBoundsAndNamesOfItsOwn) {
  std::set<std::string_view> names;
  for (const FeatureFacts& facts : kFeatures) {
    EXPECT_TRUE(names.insert(facts.name).second) << facts.name;
    EXPECT_FALSE(facts.meaning.empty()) << facts.name;
    EXPECT_LT(facts.low, facts.high) << facts.name;
    EXPECT_LE(facts.low, facts.balanced) << facts.name;
    EXPECT_GE(facts.high, facts.balanced) << facts.name;
    EXPECT_GT(facts.scale, 0) << facts.name;
    EXPECT_LE(facts.scale, facts.high - facts.low) << facts.name;
  }
}

TEST(WeightProfiles, InTheProgramAreTheFilesOfTheRepository) {
  ASSERT_EQ(weight_profiles().size(), 6U);
  EXPECT_EQ(weight_profiles().front().name, "balanced");
  for (const Profile& profile : weight_profiles()) {
    EXPECT_EQ(profile.json, file_text(profile.name)) << profile.name;
  }
}

TEST(WeightTable, IsTheOneOfTheDocumentation) {
  std::ifstream file(MESHZERO_SOURCE_DIR "/docs/evaluation.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const FeatureFacts& facts : kFeatures) {
    const std::string row = "| `" + std::string(facts.name) + "` | " + std::string(facts.meaning) + " | " +
                            std::to_string(facts.low) + " to " + std::to_string(facts.high) + " | " +
                            std::to_string(facts.scale) + " | " + std::to_string(facts.balanced) + " |\n";
    EXPECT_TRUE(contains(text.str(), row)) << "docs/evaluation.md lacks the row\n" << row;
  }
}

TEST(WeightTable, IsTheOneOfTheSchema) {
  EXPECT_EQ(weights_schema(), file_text("weights.schema")) << "Run scripts/update-reference.sh and commit the result.";
}

TEST(WeightProfiles, CanAllBeReadAndPlayDifferently) {
  std::set<Digest> hashes;
  for (const Profile& profile : weight_profiles()) {
    EXPECT_TRUE(contains(std::string(profile.json), "\"$schema\": \"weights.schema.json\"")) << profile.name;
    const Result<Weights> weights = profile_weights(profile.name);
    ASSERT_TRUE(weights.ok()) << weights.error().text;
    EXPECT_TRUE(hashes.insert(weights_hash(*weights)).second) << profile.name;
  }
  EXPECT_EQ(*profile_weights("balanced"), default_weights());
}

TEST(WeightProfiles, UnknownOnesAreRefusedWithTheChoices) {
  const Result<Weights> weights = profile_weights("reckless");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().text,
            "There is no weight profile 'reckless'. Choose one of: balanced, aggressive, territorial, defensive, "
            "square8-2p, hex8-2p.");
}

TEST(WeightsText, ComesBackUnchanged) {
  Weights weights = default_weights();
  for (std::size_t i = 0; i < kFeatureCount; ++i) weights.value[i] = i % 2 == 0 ? kFeatures[i].low : kFeatures[i].high;
  const Result<Weights> again = parse_weights(weights_json(weights, "extremes \"\\\n"));
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(*again, weights);
}

TEST(WeightsText, HashesByItsValuesNotItsName) {
  EXPECT_EQ(weights_hash(*parse_weights(weights_json(default_weights(), "one"))),
            weights_hash(*parse_weights(weights_json(default_weights(), "two"))));
  Weights other = default_weights();
  ++other.value[0];
  EXPECT_NE(weights_hash(other), weights_hash(default_weights()));
}

TEST(WeightsText, ErrorsNameEveryFault) {
  std::string text = replaced(good(), "\"tempo\": ", "\"tempi\": ");
  text = replaced(text, "\"mobility\": 10", "\"mobility\": 100000");
  const std::string error = refusal(text);
  EXPECT_TRUE(contains(error, "'tempo' is missing")) << error;
  EXPECT_TRUE(contains(error, "there is no feature 'tempi'")) << error;
  EXPECT_TRUE(contains(error, "'mobility' is 100000 but must lie from -400 to 400")) << error;
  EXPECT_TRUE(contains(error, "The features are: eliminated_rings, ")) << error;
  EXPECT_FALSE(contains(refusal(replaced(good(), "\"mobility\": 10", "\"mobility\": 100000")), "The features are"));
}

TEST(WeightsText, ThatIsNoWholeNumberIsRefused) {
  for (const std::string value : {"1.5", "1e3", "null", "\"10\"", "true", "[]", "{}"}) {
    EXPECT_TRUE(contains(refusal(replaced(good(), "\"mobility\": 10", "\"mobility\": " + value)),
                         "'mobility' must be an integer"))
        << value;
  }
  for (const std::string value : {"NaN", "Infinity", "-Infinity", "1e999", "0x10", "", "01"}) {
    EXPECT_TRUE(contains(refusal(replaced(good(), "\"mobility\": 10", "\"mobility\": " + value)), "no JSON")) << value;
  }
  for (const std::string value :
       {"99999999999999999999999", "18446744073709551615", "-9223372036854775808", "4294967306"}) {
    EXPECT_TRUE(contains(refusal(replaced(good(), "\"mobility\": 10", "\"mobility\": " + value)), "'mobility'"))
        << value;
  }
}

TEST(WeightsText, ThatIsMalformedIsRefused) {
  EXPECT_TRUE(contains(refusal(""), "no JSON ('parse error at line 1, column 1')"));
  EXPECT_TRUE(contains(refusal(good() + "x"), "no JSON"));
  EXPECT_TRUE(contains(refusal("[]"), "not a JSON object"));
  EXPECT_TRUE(contains(refusal("17"), "not a JSON object"));
  EXPECT_TRUE(contains(refusal("{}"), "\"weights\" must be an object"));
  EXPECT_TRUE(contains(refusal(replaced(good(), "weights 1", "weights 2")), "\"format\" must be"));
  EXPECT_TRUE(contains(refusal(replaced(good(), "\"name\": \"mine\"", "\"name\": 7")), "\"name\" must be a text"));
  EXPECT_TRUE(contains(refusal(replaced(good(), "\"name\"", "\"extra\": 1, \"name\"")), "a member 'extra'"));
  EXPECT_TRUE(contains(refusal(replaced(good(), "\"tempo\"", "\"tempo\": 1, \"tempo\"")), "'tempo' occurs twice"));
  EXPECT_TRUE(contains(refusal(replaced(good(), "mine", "\xff\xfe")), "no JSON"));
  EXPECT_TRUE(contains(refusal(std::string(kMaxWeightsBytes + 1, ' ')), "may have 65536"));
  EXPECT_TRUE(contains(refusal(std::string(kMaxWeightsBytes, '[')), "no JSON"));
}

TEST(WeightsText, ErrorsStayShortWhateverTheFileHolds) {
  std::string members;
  for (int i = 0; i < 1000; ++i) members += "\"junk\x7f" + std::to_string(i) + "\": 1, ";
  const std::string error = refusal(replaced(good(), "\"tempo\"", members + "\"tempo\""));
  EXPECT_LT(error.size(), 1000U);
  EXPECT_TRUE(contains(error, "and 988 more")) << error;
}

}  // namespace
}  // namespace mz::ringrift
