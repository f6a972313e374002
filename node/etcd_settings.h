// Which etcd decides who leads (policy `etcd`), and how to be let in there. From the configuration, the files that it names
// and, for the password alone, the environment: a password is never an argument, nor part of an address.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dial.h"
#include "engine/base/result.h"
#include "node/configuration.h"
#include "p2p/trust/service_tls.h"

namespace mz {

struct EtcdEndpoint {
  Endpoint endpoint;
  bool tls = false;

  [[nodiscard]] std::string text() const { return (tls ? "https://" : "http://") + endpoint.text(); }
};

// http://HOST:PORT or https://HOST:PORT, the port 2379 when it is left out.
Result<EtcdEndpoint> parse_etcd_endpoint(std::string_view text);

struct EtcdSettings {
  static constexpr std::size_t kMaxEndpoints = 16;
  static constexpr std::size_t kMaxPasswordBytes = 1024;
  static constexpr std::size_t kMaxPemBytes = 1U << 20;
  static constexpr const char* kPasswordVariable = "MESHZERO_ETCD_PASSWORD";

  std::vector<EtcdEndpoint> endpoints;
  ServiceTls tls;
  std::string user;  // empty: nobody logs in
  std::string password;
};

// Nothing when no etcd is set. Reads the files, and takes the password out of the environment, so that no child process gets
// it: call it before there are threads. Refused with a sentence when the settings do not fit together.
Result<std::optional<EtcdSettings>> etcd_settings(const Configuration& configuration);

}  // namespace mz
