// The XML that S3 answers with: one element with fields of text in it. That is all of XML that is read here; anything else,
// such as a field in a field, a DOCTYPE or a name twice, is no answer.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mz {

struct S3Answer {
  static constexpr std::size_t kMaxBytes = 64U << 10;
  static constexpr std::size_t kMaxFields = 64;

  std::string name;  // of the element, such as Error
  std::map<std::string, std::string> fields;

  // Empty when there is none.
  [[nodiscard]] std::string field(const std::string& of) const {
    const auto found = fields.find(of);
    return found == fields.end() ? "" : found->second;
  }
};

std::optional<S3Answer> parse_s3_answer(std::string_view xml);

// Text as it stands in an element.
std::string xml_escaped(std::string_view text);

// The part of a foreign text that may be shown to people: printable ASCII, and not much of it.
std::string shown(std::string_view foreign);

}  // namespace mz
