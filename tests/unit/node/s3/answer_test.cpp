#include "node/s3/answer.h"

#include <gtest/gtest.h>

#include "node/s3/object.h"

namespace mz {
namespace {

// Example of "Error responses" in the API reference of Amazon S3.
constexpr const char* kError = R"(<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>NoSuchKey</Code>
  <Message>The resource you requested does not exist</Message>
  <Resource>/mybucket/myfoto.jpg</Resource>
  <RequestId>4442587FB7D0A2F9</RequestId>
</Error>)";

TEST(S3Answer, that_is_an_error_has_a_code_and_a_message) {
  const auto answer = parse_s3_answer(kError);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->name, "Error");
  EXPECT_EQ(answer->field("Code"), "NoSuchKey");
  EXPECT_EQ(answer->field("Message"), "The resource you requested does not exist");
  EXPECT_EQ(answer->field("Nothing"), "");
}

TEST(S3Answer, may_have_attributes_spaces_entities_and_empty_fields) {
  const auto answer = parse_s3_answer(
      "  \r\n<?xml version=\"1.0\"?>\n<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Bucket/><Key></Key><UploadId>a&amp;b&lt;&gt;&quot;&apos;&#65;&#x42;&#233;&uuml;</UploadId>"
      "</InitiateMultipartUploadResult>\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->name, "InitiateMultipartUploadResult");
  EXPECT_EQ(answer->field("UploadId"), "a&b<>\"'AB??");
  EXPECT_EQ(answer->fields.size(), 3U);
}

TEST(S3Answer, of_any_other_form_is_none) {
  std::string many = "<Error>";
  for (std::size_t i = 0; i <= S3Answer::kMaxFields; ++i) many += "<F" + std::to_string(i) + "/>";
  many += "</Error>";
  for (const std::string& xml : {
           std::string(),
           std::string("   "),
           std::string("<html><body><p>no</p></body></html>"),
           std::string("<Error><Code>x</Code>"),
           std::string("<Error><Code>x</Error></Code>"),
           std::string("<Error><Code>x</Code></Error>more"),
           std::string("<Error><Code>x</Code><Code>y</Code></Error>"),
           std::string("<Error>text<Code>x</Code></Error>"),
           std::string("<Error><Code>&a b;</Code></Error>"),
           std::string("<Error><Code>&;</Code></Error>"),
           std::string("<Error><Code>&#;</Code></Error>"),
           std::string("<Error><Code>&amp</Code></Error>"),
           std::string("<!DOCTYPE x><Error><Code>x</Code></Error>"),
           std::string("<Error><!-- x --><Code>x</Code></Error>"),
           std::string("<Error"),
           std::string("<?xml"),
           "<" + std::string(100, 'a') + "/>",
           "<Error><Code>" + std::string(S3Answer::kMaxBytes, 'x') + "</Code></Error>",
           many,
       }) {
    EXPECT_FALSE(parse_s3_answer(xml)) << xml.substr(0, 80);
  }
  const std::string error = kError;
  for (std::size_t size = 0; size < error.size(); ++size) EXPECT_FALSE(parse_s3_answer(error.substr(0, size))) << size;
}

TEST(S3Answer, is_shown_in_part_and_without_control_characters) {
  EXPECT_EQ(shown("  a\x1b[31m\nb\xc3\xbc "), "a [31m b");
  EXPECT_EQ(shown(std::string(1000, 'x')).size(), 200U);
  EXPECT_EQ(shown("\n"), "");
}

TEST(S3Answer, is_answered_with_escaped_text) {
  EXPECT_EQ(xml_escaped("\"a<b>&'\""), "&quot;a&lt;b&gt;&amp;&apos;&quot;");
}

TEST(S3Object, has_parts_of_16_MiB_until_there_would_be_more_than_10000) {
  constexpr std::uint64_t kMiB = 1U << 20;
  EXPECT_EQ(S3Object::part_bytes(1), 16 * kMiB);
  EXPECT_EQ(S3Object::part_bytes(160'000 * kMiB), 16 * kMiB);
  EXPECT_EQ(S3Object::part_bytes(160'000 * kMiB + 1), 17 * kMiB);
  const std::uint64_t largest = S3Object::part_bytes(S3Object::kMaxObjectBytes);
  EXPECT_LE((S3Object::kMaxObjectBytes + largest - 1) / largest, S3Object::kMaxParts);
}

}  // namespace
}  // namespace mz
