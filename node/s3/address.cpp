#include "node/s3/address.h"

#include <algorithm>

namespace mz {
namespace {

constexpr std::string_view kScheme = "s3://";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

bool is_bucket(std::string_view name) {
  if (name.size() < S3Address::kMinBucketBytes || name.size() > S3Address::kMaxBucketBytes) return false;
  const auto allowed = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; };
  if (!std::all_of(name.begin(), name.end(), allowed)) return false;
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) return false;
  if (name.find("..") != std::string_view::npos) return false;
  const auto of_an_address = [](char c) { return is_digit(c) || c == '.'; };
  return !(std::count(name.begin(), name.end(), '.') == 3 && std::all_of(name.begin(), name.end(), of_an_address));
}

bool has_plain_parts(std::string_view key) {
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    const std::string_view part = key.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return false;
    start = end + 1;
  }
  return true;
}

}  // namespace

bool is_s3_address(std::string_view text) { return text.starts_with(kScheme); }

Result<S3Address> parse_s3_address(std::string_view text) {
  const auto wrong = [](const std::string& sentence) { return Error{ErrorKind::usage, sentence}; };
  if (!is_s3_address(text)) return wrong("An address of S3 is s3://BUCKET/KEY.");
  text.remove_prefix(kScheme.size());
  const std::size_t slash = text.find('/');
  const S3Address address{.bucket = std::string(text.substr(0, slash)),
                          .key = slash == std::string_view::npos ? "" : std::string(text.substr(slash + 1))};
  if (!is_bucket(address.bucket)) {
    return wrong(
        "The bucket in s3://BUCKET/KEY has 3 to 63 lower-case letters, digits, dots and hyphens, begins and ends with "
        "a "
        "letter or digit, and is no IP address.");
  }
  if (address.key.empty()) return wrong("There is no key behind the bucket. Write s3://BUCKET/KEY.");
  if (address.key.size() > S3Address::kMaxKeyBytes) return wrong("A key of S3 has at most 1024 bytes.");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(address.key.begin(), address.key.end(), is_control)) {
    return wrong("The key in s3://BUCKET/KEY has a control character.");
  }
  if (!has_plain_parts(address.key)) {
    return wrong("Between two slashes of the key in s3://BUCKET/KEY stands a name, which is not `.` or `..`.");
  }
  if (address.last_part().size() > S3Address::kMaxLastPartBytes) {
    return wrong("The last part of the key in s3://BUCKET/KEY is the name of a file here for a while: at most " +
                 std::to_string(S3Address::kMaxLastPartBytes) + " bytes.");
  }
  return address;
}

}  // namespace mz
