// Which object: s3://BUCKET/KEY.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace mz {

struct S3Address {
  // Of Amazon S3, "Bucket naming rules" and "Naming Amazon S3 objects".
  static constexpr std::size_t kMinBucketBytes = 3;
  static constexpr std::size_t kMaxBucketBytes = 63;
  static constexpr std::size_t kMaxKeyBytes = 1024;
  // Of the part behind the last slash: it becomes the name of a file here, with an ending behind it.
  static constexpr std::size_t kMaxLastPartBytes = 200;

  std::string bucket;
  std::string key;

  [[nodiscard]] std::string text() const { return "s3://" + bucket + "/" + key; }
  [[nodiscard]] std::string last_part() const { return key.substr(key.rfind('/') + 1); }
};

bool is_s3_address(std::string_view text);

// Refused with a sentence when a rule is broken. Parts that are empty, `.` or `..` are refused too, although S3 knows them:
// services and proxies on the way change such paths, and no signature fits afterwards.
Result<S3Address> parse_s3_address(std::string_view text);

}  // namespace mz
