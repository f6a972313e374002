#include "node/s3/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace mz {
namespace {

using Variables = std::map<std::string, std::string>;

class S3SettingsTest : public testing::Test {
 protected:
  Result<S3Settings> read(const Variables& changes) {
    Variables all{{"AWS_ACCESS_KEY_ID", "KEYID"}, {"AWS_SECRET_ACCESS_KEY", "hidden"}, {"AWS_REGION", "eu-central-1"}};
    for (const auto& [name, value] : changes) all[name] = value;
    return s3_settings(
        [&all](const char* name) {
          const auto found = all.find(name);
          return found == all.end() ? nullptr : found->second.c_str();
        },
        *disk_);
  }

  std::string sentence(const Variables& changes) {
    const auto settings = read(changes);
    if (settings) return "";
    EXPECT_EQ(settings.error().kind, ErrorKind::usage);
    EXPECT_EQ(settings.error().text.find("hidden"), std::string::npos);
    return settings.error().text;
  }

  std::unique_ptr<Disk> disk_ = make_posix_disk();
};

TEST_F(S3SettingsTest, default_to_Amazons_service_of_the_region) {
  const auto settings = read({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->text(), "https://s3.eu-central-1.amazonaws.com:443");
  EXPECT_TRUE(settings->tls);
  EXPECT_EQ(settings->credentials.key_id, "KEYID");
  EXPECT_EQ(settings->credentials.secret, "hidden");
  EXPECT_EQ(settings->credentials.session_token, "");
  EXPECT_EQ(read({{"AWS_SESSION_TOKEN", "passing"}})->credentials.session_token, "passing");
}

TEST_F(S3SettingsTest, take_the_narrower_name_first) {
  EXPECT_EQ(read({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "us-west-2"}})->region, "us-west-2");
  EXPECT_EQ(read({{"AWS_DEFAULT_REGION", "us-west-2"}})->region, "eu-central-1");
  EXPECT_EQ(read({{"AWS_ENDPOINT_URL", "https://a.example"}})->text(), "https://a.example:443");
  EXPECT_EQ(
      read({{"AWS_ENDPOINT_URL", "https://a.example"}, {"AWS_ENDPOINT_URL_S3", "https://b.example:9000/"}})->text(),
      "https://b.example:9000");
}

TEST_F(S3SettingsTest, that_are_missing_are_named) {
  EXPECT_NE(sentence({{"AWS_ACCESS_KEY_ID", ""}}).find("AWS_ACCESS_KEY_ID is not set"), std::string::npos);
  EXPECT_NE(sentence({{"AWS_SECRET_ACCESS_KEY", ""}}).find("AWS_SECRET_ACCESS_KEY is not set"), std::string::npos);
  EXPECT_NE(sentence({{"AWS_REGION", ""}}).find("AWS_REGION"), std::string::npos);
}

TEST_F(S3SettingsTest, go_in_the_clear_on_this_computer_only) {
  for (const char* here : {"http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"}) {
    const auto settings = read({{"AWS_ENDPOINT_URL", here}});
    ASSERT_TRUE(settings) << here;
    EXPECT_FALSE(settings->tls);
    EXPECT_EQ(settings->text(), here);
  }
  EXPECT_NE(sentence({{"AWS_ENDPOINT_URL", "http://192.168.0.7:9000"}}).find("in the clear"), std::string::npos);
  EXPECT_NE(sentence({{"AWS_ENDPOINT_URL", "http://127.evil.example"}}).find("in the clear"), std::string::npos);
}

TEST_F(S3SettingsTest, that_do_not_fit_are_refused) {
  for (const char* endpoint :
       {"a.example", "ftp://a.example", "https://", "https://a.example/path", "https://a.example:x",
        "https://user:word@a.example", "https://a.example?x", "https://a b"}) {
    EXPECT_NE(sentence({{"AWS_ENDPOINT_URL", endpoint}}).find("AWS_ENDPOINT_URL"), std::string::npos) << endpoint;
  }
  for (const std::string& region : {std::string("eu/central"), std::string("EU"), std::string(65, 'a')}) {
    EXPECT_NE(sentence({{"AWS_REGION", region}}).find("AWS_REGION"), std::string::npos) << region;
  }
  EXPECT_NE(sentence({{"AWS_SECRET_ACCESS_KEY", "hidden\r\nX: y"}}).find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
  EXPECT_NE(sentence({{"AWS_SESSION_TOKEN", std::string(9000, 'x')}}).find("AWS_SESSION_TOKEN"), std::string::npos);
}

TEST_F(S3SettingsTest, read_the_authorities_from_the_file_that_is_named) {
  const auto file = std::filesystem::path(testing::TempDir()) / "s3 authorities.pem";
  std::ofstream(file) << "some text";
  EXPECT_EQ(read({{"AWS_CA_BUNDLE", file.string()}})->authorities_pem, "some text");
  std::filesystem::remove(file);
  EXPECT_NE(sentence({{"AWS_CA_BUNDLE", file.string()}}).find("AWS_CA_BUNDLE"), std::string::npos);
}

}  // namespace
}  // namespace mz
