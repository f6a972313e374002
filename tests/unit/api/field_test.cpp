#include "api/field.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mz {
namespace {

constexpr Field kFields[] = {
    {"name", FieldType::text, "Required."},
    {"port", FieldType::number, "Bounded.", Given::optional, 1, 65'535},
    {"size", FieldType::number, "Not negative.", Given::optional},
    {"ratio", FieldType::real, "Any number.", Given::optional},
    {"on", FieldType::flag, "True or false.", Given::optional},
    {"more", FieldType::object, "An object.", Given::optional},
    {"peers", FieldType::texts, "A list.", Given::optional},
    {"leader", FieldType::text, "Or null.", Given::nullable},
};

// What is wrong with the body; empty when nothing is.
std::string fault(const std::string& more) {
  const auto body = json_body("{\"name\":\"a\",\"leader\":null" + more + "}", kFields);
  return body ? "" : body.error().text;
}

RequestHead asked(const std::string& name, const std::string& value) {
  RequestHead head;
  head.query[name] = value;
  return head;
}

}  // namespace

TEST(Field, a_body_with_every_field_of_its_type_is_taken_and_unknown_fields_pass) {
  EXPECT_EQ(fault(""), "");
  EXPECT_EQ(fault(R"(,"port":1,"size":9223372036854775807,"ratio":0.5,"on":false,"more":{},"peers":[],"later":[1])"),
            "");
  EXPECT_EQ(json_body(R"({"name":"a","leader":"b"})", kFields).value().at("leader"), "b");
}

TEST(Field, what_a_body_lacks_or_has_of_another_type_is_named) {
  for (const char* wrong :
       {R"("port":0)", R"("port":65536)", R"("port":"1")", R"("port":1.0)", R"("port":null)", R"("size":-1)",
        R"("size":9223372036854775808)", R"("ratio":"1")", R"("on":1)", R"("more":[])", R"("peers":{})"}) {
    const std::string name = std::string(wrong).substr(1, std::string(wrong).find('"', 1) - 1);
    EXPECT_NE(fault("," + std::string(wrong)).find("`" + name + "`"), std::string::npos) << wrong;
  }
  EXPECT_NE(json_body(R"({"leader":null})", kFields).error().text.find("`name`"), std::string::npos);
  EXPECT_NE(json_body(R"({"name":"a"})", kFields).error().text.find("`leader`"), std::string::npos);
  EXPECT_NE(json_body(R"({"name":null,"leader":null})", kFields).error().text.find("`name`"), std::string::npos);
  EXPECT_NE(fault(R"(,"port":0)").find("from 1 to 65535"), std::string::npos);
}

TEST(Field, what_is_no_object_is_refused_with_the_names_of_the_fields) {
  for (const char* text : {"", "[]", "7", "{", "null"}) {
    const auto body = json_body(text, kFields);
    ASSERT_FALSE(body.ok()) << text;
    EXPECT_EQ(body.error().kind, ErrorKind::usage);
    EXPECT_NE(body.error().text.find("name, port"), std::string::npos);
  }
}

TEST(Field, numbers_of_a_query_keep_their_bounds_and_have_their_fallback) {
  constexpr Field kLimit{"limit", FieldType::number, "", Given::optional, 1, 200, 50};
  EXPECT_EQ(number_of(RequestHead{}, kLimit).value(), 50);
  EXPECT_EQ(number_of(asked("limit", "1"), kLimit).value(), 1);
  EXPECT_EQ(number_of(asked("limit", "200"), kLimit).value(), 200);
  for (const char* wrong : {"0", "201", "", "x", "1x", " 1", "+1", "1.0", "99999999999999999999"}) {
    EXPECT_FALSE(number_of(asked("limit", wrong), kLimit).ok()) << wrong;
  }
}

}  // namespace mz
