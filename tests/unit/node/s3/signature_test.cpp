// The examples of "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" in the API reference of
// Amazon S3.
#include "node/s3/signature.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

const S3Credentials kCredentials{
    .key_id = "AKIAIOSFODNN7EXAMPLE", .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", .session_token = ""};
constexpr const char* kHost = "examplebucket.s3.amazonaws.com";

std::string value(const S3Fields& headers, const std::string& of) {
  for (const auto& [name, text] : headers) {
    if (name == of) return text;
  }
  return "";
}

std::string authorization(const S3Question& question, const std::string& body = "") {
  return value(s3_signed_headers(question, body, kHost, kCredentials, "us-east-1", "20130524T000000Z"),
               "Authorization");
}

TEST(S3Signature, of_a_GET_with_a_range_is_that_of_the_specification) {
  EXPECT_EQ(authorization({.method = "GET", .path = "/test.txt", .headers = {{"range", "bytes=0-9"}}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(S3Signature, of_a_PUT_with_a_body_is_that_of_the_specification) {
  const S3Question question{
      .method = "PUT",
      .path = "/test$file.text",
      .headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}}};
  EXPECT_TRUE(authorization(question, "Welcome to Amazon S3.")
                  .ends_with("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  EXPECT_EQ(s3_target(question), "/test%24file.text");
}

TEST(S3Signature, of_queries_is_that_of_the_specification) {
  EXPECT_TRUE(authorization({.path = "/", .query = {{"lifecycle", ""}}})
                  .ends_with("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_TRUE(authorization({.path = "/", .query = {{"prefix", "J"}, {"max-keys", "2"}}})
                  .ends_with("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(S3Signature, covers_the_session_token_and_never_tells_the_secret) {
  S3Credentials credentials = kCredentials;
  credentials.session_token = "token/+=";
  const S3Fields headers = s3_signed_headers({}, "", kHost, credentials, "us-east-1", "20130524T000000Z");
  EXPECT_EQ(value(headers, "x-amz-security-token"), "token/+=");
  EXPECT_NE(value(headers, "Authorization").find("x-amz-date;x-amz-security-token,"), std::string::npos);
  for (const auto& [name, text] : headers) EXPECT_EQ(text.find(credentials.secret), std::string::npos) << name;
}

TEST(S3Signature, encodes_everything_but_the_plain_characters) {
  EXPECT_EQ(s3_target({.path = "/b/a ü~+/x.db", .query = {{"uploadId", "a/b=&"}, {"partNumber", "1"}}}),
            "/b/a%20%C3%BC~%2B/x.db?partNumber=1&uploadId=a%2Fb%3D%26");
}

}  // namespace
}  // namespace mz
