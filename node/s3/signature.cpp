#include "node/s3/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "engine/base/sha256.h"

namespace mz {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDateLength = 8;  // of YYYYMMDD in YYYYMMDDTHHMMSSZ

std::string_view as_text(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

Digest hmac(std::string_view key, std::string_view text) {
  Digest out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out.data(), &size);
  return out;
}

// Everything but letters, digits and -._~ (RFC 3986), and in a path the slash.
std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return out;
}

std::string encoded_path(const S3Question& question) { return percent_encoded(question.path, "-._~/"); }

std::string encoded_query(const S3Question& question) {
  S3Fields sorted;
  for (const auto& [name, value] : question.query) {
    sorted.emplace_back(percent_encoded(name, "-._~"), percent_encoded(value, "-._~"));
  }
  std::sort(sorted.begin(), sorted.end());
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += '&';
    out += name;
    out += '=';
    out += value;
  }
  return out;
}

}  // namespace

std::string s3_target(const S3Question& question) {
  const std::string query = encoded_query(question);
  return encoded_path(question) + (query.empty() ? "" : "?" + query);
}

S3Fields s3_signed_headers(const S3Question& question, std::string_view body, const std::string& host,
                           const S3Credentials& credentials, const std::string& region, const std::string& time) {
  S3Fields headers = question.headers;
  const std::string content = to_hex(sha256(body));
  headers.emplace_back("x-amz-content-sha256", content);
  headers.emplace_back("x-amz-date", time);
  if (!credentials.session_token.empty()) headers.emplace_back("x-amz-security-token", credentials.session_token);

  S3Fields sorted = headers;
  sorted.emplace_back("host", host);
  std::sort(sorted.begin(), sorted.end());
  std::string canonical = question.method + "\n" + encoded_path(question) + "\n" + encoded_query(question) + "\n";
  std::string names;
  for (const auto& [name, value] : sorted) {
    canonical += name;
    canonical += ':';
    canonical += value;
    canonical += '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += "\n" + names + "\n" + content;

  const std::string date = time.substr(0, kDateLength);
  const std::string scope = date + "/" + region + "/s3/aws4_request";
  const std::string text = std::string(kAlgorithm) + "\n" + time + "\n" + scope + "\n" + to_hex(sha256(canonical));
  Digest key = hmac("AWS4" + credentials.secret, date);
  for (const std::string_view part :
       {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")})
    key = hmac(as_text(key), part);
  headers.emplace_back("Authorization", std::string(kAlgorithm) + " Credential=" + credentials.key_id + "/" + scope +
                                            ",SignedHeaders=" + names +
                                            ",Signature=" + to_hex(hmac(as_text(key), text)));
  return headers;
}

}  // namespace mz
