#include "node/s3/settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace mz {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

Error usage(const std::string& text) { return {ErrorKind::usage, text}; }

struct Variable {
  std::string name;
  std::string value;  // empty: none of the names is set
};

// The first of the names that is set. What it says is printable ASCII: it goes into a header or a name of a host.
Result<Variable> first_of(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = environment(name);
    if (value == nullptr || *value == '\0') continue;
    Variable variable{.name = name, .value = value};
    const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
    const bool fits = variable.value.size() <= S3Settings::kMaxVariableBytes &&
                      std::all_of(variable.value.begin(), variable.value.end(), printable);
    if (!fits) {
      return usage("The variable " + variable.name +
                   " is too long, or has spaces or characters that do not belong there.");
    }
    return variable;
  }
  return Variable{};
}

// 127.evil.example is a name.
bool on_this_computer(const std::string& host) {
  in_addr address{};
  const bool ipv4 = ::inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" || host == "::1" || (ipv4 && host.starts_with("127."));
}

Result<void> read_endpoint(const Variable& variable, S3Settings& settings) {
  std::string_view text = variable.value;
  const Error wrong = usage("The variable " + variable.name +
                            " names no service. Write https://HOST or https://HOST:PORT, without a path.");
  settings.tls = text.starts_with("https://");
  if (!settings.tls && !text.starts_with("http://")) return wrong;
  text.remove_prefix(settings.tls ? 8 : 7);
  if (text.ends_with('/')) text.remove_suffix(1);
  auto endpoint = parse_endpoint(text, settings.tls ? kHttpsPort : kHttpPort);
  if (!endpoint || endpoint->host.find_first_of("?#") != std::string::npos) return wrong;
  settings.endpoint = *endpoint;
  if (!settings.tls && !on_this_computer(settings.endpoint.host)) {
    return usage("The games would go to " + settings.text() + " in the clear. Write https:// in " + variable.name +
                 "; http:// is for this computer only.");
  }
  return {};
}

// A region is part of a name of a host and of the signature.
bool is_region(const std::string& text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return text.size() <= S3Settings::kMaxRegionBytes && std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

Result<S3Settings> s3_settings(const Environment& environment, Disk& disk) {
  const auto key_id = first_of(environment, {"AWS_ACCESS_KEY_ID"});
  if (!key_id) return key_id.error();
  const auto secret = first_of(environment, {"AWS_SECRET_ACCESS_KEY"});
  if (!secret) return secret.error();
  const auto token = first_of(environment, {"AWS_SESSION_TOKEN"});
  if (!token) return token.error();
  if (key_id->value.empty() || secret->value.empty()) {
    return usage(
        "For s3:// set the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN where the "
        "key has one: " +
        std::string(key_id->value.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY") + " is not set.");
  }
  S3Settings settings;
  settings.credentials = {.key_id = key_id->value, .secret = secret->value, .session_token = token->value};

  const auto region = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (!region) return region.error();
  if (region->value.empty()) {
    return usage(
        "For s3:// set the variable AWS_REGION (or AWS_DEFAULT_REGION) to the region of the bucket; for services "
        "without regions to us-east-1.");
  }
  if (!is_region(region->value))
    return usage("The variable " + region->name + " names no region such as eu-central-1.");
  settings.region = region->value;

  const auto endpoint = first_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!endpoint) return endpoint.error();
  if (endpoint->value.empty()) {
    settings.endpoint = {.host = "s3." + settings.region + ".amazonaws.com", .port = kHttpsPort};
  } else if (auto read = read_endpoint(*endpoint, settings); !read) {
    return read.error();
  }
  // A file may have any name.
  const char* bundle = environment("AWS_CA_BUNDLE");
  if (settings.tls && bundle != nullptr && *bundle != '\0') {
    const auto pem = disk.read(bundle, S3Settings::kMaxPemBytes);
    if (!pem) {
      return usage("The file with certificates that AWS_CA_BUNDLE names cannot be used. " + pem.error().text);
    }
    settings.authorities_pem.assign(pem->begin(), pem->end());
    if (settings.authorities_pem.empty()) return usage("The file that AWS_CA_BUNDLE names is empty.");
  }
  return settings;
}

}  // namespace mz
