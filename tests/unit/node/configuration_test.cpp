#include "node/configuration.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

using mz::Configuration;

namespace {

class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "configurationXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    sources_.user_file = directory_ / "user.json";
    sources_.project_file = directory_ / "project.json";
    sources_.working_directory = directory_;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void user_file(const std::string& text) { std::ofstream(sources_.user_file) << text; }
  void project_file(const std::string& text) { std::ofstream(sources_.project_file) << text; }

  Configuration load() {
    auto loaded = Configuration::load(sources_);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().text;
      std::abort();
    }
    return *loaded;
  }
  std::string refusal() {
    auto loaded = Configuration::load(sources_);
    return loaded ? "" : loaded.error().text;
  }

  std::filesystem::path directory_;
  Configuration::Sources sources_;
};

}  // namespace

TEST_F(ConfigurationTest, without_any_source_every_key_has_its_default) {
  const Configuration configuration = load();
  EXPECT_EQ(configuration.integer("port"), 8765);
  EXPECT_EQ(configuration.integer("target"), 2000);
  EXPECT_TRUE(configuration.is_auto("workers"));
  EXPECT_EQ(configuration.origins("port").front().layer, "default");
}

TEST_F(ConfigurationTest, each_layer_hides_the_ones_below_and_all_are_remembered) {
  user_file(R"({"port": 1001})");
  EXPECT_EQ(load().integer("port"), 1001);
  project_file(R"({"port": 1002})");
  EXPECT_EQ(load().integer("port"), 1002);
  sources_.environment["MESHZERO_PORT"] = "1003";
  EXPECT_EQ(load().integer("port"), 1003);
  sources_.flags["port"] = "1004";
  const Configuration configuration = load();
  EXPECT_EQ(configuration.integer("port"), 1004);

  const auto& origins = configuration.origins("port");
  ASSERT_EQ(origins.size(), 5U);
  EXPECT_EQ(origins[0].where, "--port");
  EXPECT_EQ(origins[1].where, "MESHZERO_PORT");
  EXPECT_EQ(origins[2].where, sources_.project_file.string());
  EXPECT_EQ(origins[3].value, "1001");
  EXPECT_EQ(origins[4].value, "8765");
}

TEST_F(ConfigurationTest, unknown_key_in_a_file_names_the_file_and_the_valid_keys) {
  project_file(R"({"prot": 9000})");
  const std::string text = refusal();
  EXPECT_NE(text.find("prot"), std::string::npos);
  EXPECT_NE(text.find("project.json"), std::string::npos);
  EXPECT_NE(text.find("disk_floor_gb"), std::string::npos);
}

TEST_F(ConfigurationTest, value_out_of_range_is_refused_with_the_range_even_when_a_higher_layer_hides_it) {
  user_file(R"({"port": 65536})");
  sources_.flags["port"] = "80";
  EXPECT_NE(refusal().find("from 0 to 65535"), std::string::npos);
}

TEST_F(ConfigurationTest, words_fractions_and_empty_text_are_no_whole_numbers) {
  for (const char* value : {"", "many", "1.5", "1e400", "nan", "0x10", " 7", "7 ", "auto"}) {
    sources_.flags["target"] = value;
    EXPECT_NE(refusal(), "") << "accepted: " << value;
  }
  sources_.flags["target"] = "7";
  EXPECT_EQ(load().integer("target"), 7);
}

TEST_F(ConfigurationTest, a_file_that_is_no_json_object_is_refused) {
  for (const char* text : {"", "[1]", "{\"port\": 1", "port = 9000", "{\"port\": true}", "{\"port\": null}"}) {
    project_file(text);
    EXPECT_NE(refusal(), "") << "accepted: " << text;
  }
}

TEST_F(ConfigurationTest, comments_in_files_are_allowed) {
  project_file("{ // ours\n \"memory_gb\": 1.5 }");
  EXPECT_DOUBLE_EQ(load().number("memory_gb"), 1.5);
}

TEST_F(ConfigurationTest, a_file_larger_than_the_limit_is_refused) {
  project_file("{\"port\": 9000}" + std::string(Configuration::kMaxFileBytes, ' '));
  EXPECT_NE(refusal().find("1 MiB"), std::string::npos);
}

TEST_F(ConfigurationTest, relative_paths_start_at_the_file_that_names_them) {
  user_file(R"({"data": "games"})");
  EXPECT_EQ(load().text("data"), (directory_ / "games").string());
  sources_.working_directory = "/somewhere";
  sources_.flags["data"] = "../else";
  EXPECT_EQ(load().text("data"), "/else");
}

TEST_F(ConfigurationTest, names_of_flags_and_variables_follow_the_key) {
  auto key = mz::find_key("disk_floor_gb");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(mz::flag_name(**key), "--disk-floor-gb");
  EXPECT_EQ(mz::variable_name(**key), "MESHZERO_DISK_FLOOR_GB");
}
