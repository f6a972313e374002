#include "node/s3/address.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

TEST(S3Address, has_a_bucket_and_a_key) {
  const auto address = parse_s3_address("s3://my-bucket.1/runs/2026/first run.jsonl.gz");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->bucket, "my-bucket.1");
  EXPECT_EQ(address->key, "runs/2026/first run.jsonl.gz");
  EXPECT_EQ(address->last_part(), "first run.jsonl.gz");
  EXPECT_EQ(address->text(), "s3://my-bucket.1/runs/2026/first run.jsonl.gz");
  EXPECT_EQ(parse_s3_address("s3://abc/" + std::string(S3Address::kMaxLastPartBytes, 'x'))->last_part().size(), 200U);
}

TEST(S3Address, of_a_wrong_form_is_a_usage_error) {
  const std::string long_key = std::string(150, 'x') + "/";
  for (const std::string& text : {
           std::string("bucket/x.db"),
           std::string("s3://"),
           std::string("s3:///x.db"),
           std::string("s3://ab/x.db"),
           "s3://" + std::string(64, 'a') + "/x.db",
           std::string("s3://Bucket/x.db"),
           std::string("s3://my_bucket/x.db"),
           std::string("s3://-bucket/x.db"),
           std::string("s3://bucket-/x.db"),
           std::string("s3://buc..ket/x.db"),
           std::string("s3://192.168.0.1/x.db"),
           std::string("s3://bucket@host/x.db"),
           std::string("s3://bucket"),
           std::string("s3://bucket/"),
           std::string("s3://bucket//x.db"),
           std::string("s3://bucket/a/../x.db"),
           std::string("s3://bucket/./x.db"),
           std::string("s3://bucket/a\nb.db"),
           std::string("s3://bucket/x.db/"),
           "s3://bucket/" + std::string(S3Address::kMaxLastPartBytes + 1, 'x'),
           "s3://bucket/" + long_key + long_key + long_key + long_key + long_key + long_key + long_key + "x.db",
       }) {
    const auto address = parse_s3_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, ErrorKind::usage) << text;
  }
}

}  // namespace
}  // namespace mz
