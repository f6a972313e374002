// Where S3 is and how to be let in there. From the environment alone, by the names that every program for S3 reads: a secret
// is never an argument.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "api/dial.h"
#include "engine/base/result.h"
#include "node/s3/signature.h"
#include "store/disk.h"

namespace mz {

struct S3Settings {
  static constexpr std::size_t kMaxVariableBytes = 8U << 10;  // session tokens have a few kilobytes
  static constexpr std::size_t kMaxRegionBytes = 64;
  static constexpr std::size_t kMaxPemBytes = 1U << 20;

  Endpoint endpoint;
  bool tls = true;
  std::string region;
  S3Credentials credentials;
  std::string authorities_pem;  // empty: those that the system trusts

  [[nodiscard]] std::string text() const { return (tls ? "https://" : "http://") + endpoint.text(); }
};

// As std::getenv.
using Environment = std::function<const char*(const char*)>;

// A usage error that names the variable when one is missing or not what it must be. No error repeats a secret.
Result<S3Settings> s3_settings(const Environment& environment, Disk& disk);

}  // namespace mz
