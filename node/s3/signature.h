// Signature Version 4 of AWS, in the header Authorization: who asks, and that nobody changed the question on its way. The
// secret does not travel.
//
// Source: "Authenticating Requests (AWS Signature Version 4)" in the API reference of Amazon S3. The test has its examples.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mz {

struct S3Credentials {
  std::string key_id;
  std::string secret;
  std::string session_token;  // empty: the key is a lasting one
};

using S3Fields = std::vector<std::pair<std::string, std::string>>;

struct S3Question {
  std::string method = "GET";
  std::string path = "/";  // not encoded yet
  S3Fields query = {};     // not encoded yet
  S3Fields headers = {};   // names in lower case, values without spaces around them; all are signed
};

// Path and query as they stand behind the method, percent-encoded.
std::string s3_target(const S3Question& question);

// The headers to send besides Host: those of the question, what the signature needs, and the signature. `host` is the text of
// the header Host, `time` is UTC such as 20130524T000000Z.
S3Fields s3_signed_headers(const S3Question& question, std::string_view body, const std::string& host,
                           const S3Credentials& credentials, const std::string& region, const std::string& time);

}  // namespace mz
