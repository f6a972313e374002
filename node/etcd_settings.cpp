#include "node/etcd_settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>

namespace mz {
namespace {

constexpr std::uint16_t kDefaultPort = 2379;

Error usage(const std::string& text) { return {ErrorKind::usage, text}; }

Result<std::string> content_of(const Configuration& configuration, const char* key, std::size_t limit) {
  const std::string& file = configuration.text(key);
  std::ifstream in(file, std::ios::binary);
  std::string text(limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (!in.eof() || text.empty()) {
    return usage("The file " + file + ", named by " + key + ", cannot be read, is empty or is larger than " +
                 std::to_string(limit) + " bytes.");
  }
  return text;
}

bool on_this_computer(const EtcdEndpoint& etcd) {
  const std::string& host = etcd.endpoint.host;
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<std::vector<EtcdEndpoint>> endpoints_of(const std::string& list) {
  std::vector<EtcdEndpoint> endpoints;
  for (std::size_t start = 0; start <= list.size();) {
    const std::size_t end = std::min(list.find(',', start), list.size());
    auto endpoint = parse_etcd_endpoint(std::string_view(list).substr(start, end - start));
    if (!endpoint) return endpoint.error();
    endpoints.push_back(*endpoint);
    start = end + 1;
  }
  if (endpoints.size() > EtcdSettings::kMaxEndpoints) {
    return usage("At most " + std::to_string(EtcdSettings::kMaxEndpoints) + " endpoints of etcd can be named.");
  }
  return endpoints;
}

// From the variable, which is gone afterwards, or from the file.
Result<std::string> password_of(const Configuration& configuration) {
  const char* variable = std::getenv(EtcdSettings::kPasswordVariable);
  std::string password = variable == nullptr ? "" : variable;
  ::unsetenv(EtcdSettings::kPasswordVariable);
  const bool in_file = !configuration.is_auto("etcd_password_file");
  if (in_file && !password.empty()) {
    return usage(std::string("The password for etcd comes from a file and from the variable ") +
                 EtcdSettings::kPasswordVariable + ". Keep one of the two.");
  }
  if (in_file) {
    auto text = content_of(configuration, "etcd_password_file", EtcdSettings::kMaxPasswordBytes);
    if (!text) return text;
    password = text->substr(0, text->find_first_of("\r\n"));
    if (password.empty()) return usage("The first line of the file with the password for etcd is empty.");
  }
  if (password.size() > EtcdSettings::kMaxPasswordBytes) return usage("The password for etcd is too long.");
  return password;
}

Result<void> read_certificates(const Configuration& configuration, EtcdSettings& settings) {
  const auto read = [&](const char* key, std::string& text) -> Result<void> {
    if (configuration.is_auto(key)) return {};
    auto content = content_of(configuration, key, EtcdSettings::kMaxPemBytes);
    if (!content) return content.error();
    text = std::move(*content);
    return {};
  };
  if (auto done = read("etcd_ca", settings.tls.authorities_pem); !done) return done;
  if (auto done = read("etcd_cert", settings.tls.certificate_pem); !done) return done;
  if (auto done = read("etcd_key", settings.tls.key_pem); !done) return done;
  if (settings.tls.certificate_pem.empty() != settings.tls.key_pem.empty()) {
    return usage("A certificate to show to etcd needs its key, and a key its certificate: set etcd_cert and etcd_key.");
  }
  const bool any_tls =
      std::any_of(settings.endpoints.begin(), settings.endpoints.end(), std::mem_fn(&EtcdEndpoint::tls));
  if (!any_tls && !(settings.tls.authorities_pem.empty() && settings.tls.certificate_pem.empty())) {
    return usage("Certificates for etcd are set, but no endpoint begins with https://. Write https:// there.");
  }
  return {};
}

}  // namespace

Result<EtcdEndpoint> parse_etcd_endpoint(std::string_view text) {
  const bool tls = text.starts_with("https://");
  const Error wrong = usage("`" + std::string(text.substr(0, 300)) +
                            "` is no endpoint of etcd. Write http://HOST:PORT or https://HOST:PORT; user and password "
                            "have settings of their own.");
  if (!tls && !text.starts_with("http://")) return wrong;
  text.remove_prefix(tls ? 8 : 7);
  if (text.ends_with('/')) text.remove_suffix(1);
  auto endpoint = parse_endpoint(text, kDefaultPort);
  if (!endpoint) return wrong;
  return EtcdEndpoint{.endpoint = *endpoint, .tls = tls};
}

Result<std::optional<EtcdSettings>> etcd_settings(const Configuration& configuration) {
  EtcdSettings settings;
  auto password = password_of(configuration);
  if (!password) return password.error();
  settings.password = *password;
  if (configuration.text("etcd") == "none") {
    for (const char* key : {"etcd_ca", "etcd_cert", "etcd_key", "etcd_user", "etcd_password_file"}) {
      if (configuration.is_auto(key)) continue;
      return usage(std::string("The setting ") + key + " is for an etcd, but none is named. Name it with --etcd.");
    }
    return std::optional<EtcdSettings>();
  }
  auto endpoints = endpoints_of(configuration.text("etcd"));
  if (!endpoints) return endpoints.error();
  settings.endpoints = std::move(*endpoints);
  if (!configuration.is_auto("etcd_user")) settings.user = configuration.text("etcd_user");
  if (settings.user.empty() != settings.password.empty()) {
    return usage(
        settings.user.empty()
            ? std::string("There is a password for etcd but no user. Name the user with --etcd-user.")
            : std::string("There is a user for etcd but no password. Name a file with --etcd-password-file, or "
                          "set the variable ") +
                  EtcdSettings::kPasswordVariable + ".");
  }
  for (const EtcdEndpoint& endpoint : settings.endpoints) {
    if (settings.user.empty() || endpoint.tls || on_this_computer(endpoint)) continue;
    return usage("The password would go to " + endpoint.text() + " in the clear. Use https:// there.");
  }
  if (auto read = read_certificates(configuration, settings); !read) return read.error();
  return std::optional(std::move(settings));
}

}  // namespace mz
