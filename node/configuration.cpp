#include "node/configuration.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "node/platform.h"

extern char** environ;

namespace mz {
namespace {

using nlohmann::json;

constexpr std::string_view kPrefix = "MESHZERO_";
constexpr double kMaxGb = 1'000'000;
constexpr std::size_t kMaxTextBytes = 255;
constexpr std::size_t kMaxListBytes = 8192;

constexpr Key kKeys[] = {
    {"data", ValueType::path, true, 0, 0, "auto",
     "Directory of everything this node keeps; auto is the platform's usual place for data."},
    {"port", ValueType::integer, false, 0, 65'535, "8765", "TCP port of the page and the API; 0 takes any free one."},
    {"listen", ValueType::word, true, 0, 0, "auto",
     "Who can reach the port: loopback, this computer only; everywhere, other computers too, over TLS. auto is "
     "loopback until a discovery daemon announces this node, it has issued a join token, or it belongs to a cluster "
     "with "
     "others.",
     "loopback|everywhere"},
    {"discovery", ValueType::word, true, 0, 0, "auto",
     "Whether nodes find each other on the local network: off, not at all; auto, by the Bonjour daemon of the system "
     "where "
     "one runs.",
     "off"},
    {"lead", ValueType::word, true, 0, 0, "auto",
     "How gladly this node leads its cluster: last, only while no other can, for machines that may be taken away; auto "
     "puts mains before battery and wire before radio.",
     "last"},
    {"etcd", ValueType::urls, false, 0, 0, "none",
     "Where an etcd answers (http://HOST:2379 or https://HOST:2379, each member of it) that decides who leads; the "
     "same "
     "for all nodes. none lets the nodes agree by themselves."},
    {"etcd_ca", ValueType::path, true, 0, 0, "auto",
     "File with the certificates that etcd's own must come from; auto trusts whom the system trusts."},
    {"etcd_cert", ValueType::path, true, 0, 0, "auto", "File with a certificate to show to etcd; auto shows none."},
    {"etcd_key", ValueType::path, true, 0, 0, "auto", "File with the key of that certificate; auto has none."},
    {"etcd_user", ValueType::text, true, 0, 0, "auto", "User to log in to etcd as; auto does not log in."},
    {"etcd_password_file", ValueType::path, true, 0, 0, "auto",
     "File whose first line is the password of that user; auto takes it from the variable MESHZERO_ETCD_PASSWORD."},
    {"pairing", ValueType::word, false, 0, 0, "on",
     "Whether machines may ask to join after six digits were compared, and this one asks while it is alone: on or off.",
     "on|off"},
    {"workers", ValueType::integer, true, 0, 1'024, "auto",
     "Worker processes that play; auto is one fewer than the cores, at least 1; 0 plays nothing."},
    {"memory_gb", ValueType::number, true, 0.25, kMaxGb, "auto",
     "Memory that all workers together may use, in GB; auto is half of what is installed."},
    {"disk_floor_gb", ValueType::number, true, 0, kMaxGb, "auto",
     "Playing pauses when less disk than this is free, in GB; auto is the larger of 10 GB and 5 % of the disk."},
    {"target", ValueType::integer, false, 0, 1e9, "2000",
     "Games to play of each configuration; the node rests when all have them."},
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::string all_keys() {
  std::string list;
  for (const Key& key : kKeys) list += (list.empty() ? "" : ", ") + std::string(key.name);
  return list;
}

std::string plain(double value) {
  std::ostringstream out;
  out << value;
  return value == std::floor(value) ? std::to_string(static_cast<std::int64_t>(value)) : out.str();
}

std::string valid_values(const Key& key) {
  if (key.type == ValueType::path) return "a path";
  if (key.type == ValueType::text) return "a text without line breaks";
  if (key.type == ValueType::urls) return "addresses that begin with http:// or https://, with commas between, or none";
  if (key.type == ValueType::word) {
    std::string list(key.words);
    for (auto bar = list.find('|'); bar != std::string::npos; bar = list.find('|')) list.replace(bar, 1, ", ");
    return list + (key.has_auto ? " or auto" : "");
  }
  return std::string(key.type == ValueType::integer ? "a whole number" : "a number") + " from " + plain(key.minimum) +
         " to " + plain(key.maximum) + (key.has_auto ? ", or auto" : "");
}

bool parse_number(std::string_view text, double& out) {
  // strtod, not from_chars: libc++ has no from_chars for floating point. The program never leaves the C locale.
  if (text.empty() || text.size() > 64 || text.find_first_not_of("0123456789.-+eE") != std::string_view::npos)
    return false;
  const std::string copy(text);
  char* end = nullptr;
  out = std::strtod(copy.c_str(), &end);
  return end == copy.c_str() + copy.size() && std::isfinite(out);
}

bool is_printable(std::string_view text, std::size_t limit) {
  return !text.empty() && text.size() <= limit &&
         text.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

bool is_list_of_urls(std::string_view list) {
  if (list == "none") return true;
  if (!is_printable(list, kMaxListBytes)) return false;
  for (;;) {
    const std::string_view one = list.substr(0, list.find(','));
    if (!one.starts_with("http://") && !one.starts_with("https://")) return false;
    if (one.size() == list.size()) return true;
    list.remove_prefix(one.size() + 1);
  }
}

bool is_valid(const Key& key, const std::string& value) {
  if (key.has_auto && value == "auto") return true;
  if (key.type == ValueType::path) return !value.empty() && value.find('\0') == std::string::npos;
  if (key.type == ValueType::text) return is_printable(value, kMaxTextBytes);
  if (key.type == ValueType::urls) return is_list_of_urls(value);
  if (key.type == ValueType::word) {
    const bool plain = !value.empty() && value.find('|') == std::string::npos;
    return plain && ("|" + std::string(key.words) + "|").find("|" + value + "|") != std::string::npos;
  }
  double number = 0;
  if (!parse_number(value, number)) return false;
  if (key.type == ValueType::integer && number != std::floor(number)) return false;
  return number >= key.minimum && number <= key.maximum;
}

// Checks and normalises one value and puts it on top of what lower layers said.
Result<void> set(std::map<std::string, std::vector<Origin>, std::less<>>& origins, const Key& key, Origin origin,
                 const std::filesystem::path& base) {
  if (!is_valid(key, origin.value)) {
    return Error{ErrorKind::usage, "`" + origin.value + "` is no value for " + std::string(key.name) + " (" +
                                       origin.layer + " " + origin.where + "): it must be " + valid_values(key) + "."};
  }
  if (key.type == ValueType::path && origin.value != "auto") {
    origin.value = (base / origin.value).lexically_normal().string();
  }
  auto& layers = origins[std::string(key.name)];
  layers.insert(layers.begin(), std::move(origin));
  return {};
}

Result<json> read_json(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return Error{ErrorKind::failure,
                 "The configuration file " + file.string() + " cannot be read. Check its permissions."};
  std::string text(Configuration::kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > Configuration::kMaxFileBytes) {
    return Error{ErrorKind::usage,
                 "The configuration file " + file.string() + " is larger than 1 MiB; it cannot be one."};
  }
  json document = json::parse(text, nullptr, false, true);
  if (!document.is_object()) {
    return Error{ErrorKind::usage, "The configuration file " + file.string() +
                                       " is not a JSON object. Example: {\"port\": 9000, \"workers\": 2}."};
  }
  return document;
}

Result<void> apply_file(std::map<std::string, std::vector<Origin>, std::less<>>& origins,
                        const std::filesystem::path& file, const std::string& layer) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) return {};
  auto document = read_json(file);
  if (!document) return document.error();
  for (const auto& [name, value] : document->items()) {
    auto key = find_key(name);
    if (!key) return Error{ErrorKind::usage, "In " + file.string() + ": " + key.error().text};
    if (!value.is_string() && !value.is_number()) {
      return Error{ErrorKind::usage, "In " + file.string() + ": " + name + " must be " + valid_values(**key) + "."};
    }
    Origin origin{layer, file.string(), value.is_string() ? value.get<std::string>() : value.dump()};
    if (auto done = set(origins, **key, std::move(origin), file.parent_path()); !done) return done.error();
  }
  return {};
}

}  // namespace

std::span<const Key> configuration_keys() { return kKeys; }

std::string flag_name(const Key& key) {
  std::string name = "--" + std::string(key.name);
  for (char& c : name) c = c == '_' ? '-' : c;
  return name;
}

std::string variable_name(const Key& key) { return std::string(kPrefix) + upper(key.name); }

Result<const Key*> find_key(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return Error{ErrorKind::usage,
               "There is no setting `" + std::string(name) + "`. The settings are " + all_keys() + "."};
}

Result<Configuration::Sources> Configuration::standard_sources(std::map<std::string, std::string> flags) {
  Sources sources;
  sources.flags = std::move(flags);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view entry(*variable);
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos)
      sources.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  auto user_file = platform::user_configuration_file();
  if (!user_file) return user_file.error();
  sources.user_file = *user_file;
  std::error_code error;
  sources.working_directory = std::filesystem::current_path(error);
  if (error)
    return Error{ErrorKind::failure,
                 "The current directory cannot be read: " + error.message() + ". Change to another."};
  sources.project_file = sources.working_directory / "meshzero.json";
  return sources;
}

Result<Configuration> Configuration::load(const Sources& sources) {
  Configuration configuration;
  auto& origins = configuration.origins_;
  for (const Key& key : kKeys) origins[std::string(key.name)] = {{"default", "", std::string(key.fallback)}};

  if (auto done = apply_file(origins, sources.user_file, "user file"); !done) return done.error();
  if (auto done = apply_file(origins, sources.project_file, "project file"); !done) return done.error();

  for (const Key& key : kKeys) {
    const auto variable = sources.environment.find(variable_name(key));
    if (variable == sources.environment.end()) continue;
    if (auto done = set(origins, key, {"environment", variable->first, variable->second}, sources.working_directory);
        !done) {
      return done.error();
    }
  }
  for (const auto& [name, value] : sources.flags) {
    auto key = find_key(name);
    if (!key) return key.error();
    if (auto done = set(origins, **key, {"flag", flag_name(**key), value}, sources.working_directory); !done)
      return done.error();
  }
  return configuration;
}

const std::vector<Origin>& Configuration::origins(std::string_view key) const {
  const auto found = origins_.find(key);
  if (found == origins_.end()) std::abort();  // a key that is not in the table: a bug of ours
  return found->second;
}

const std::string& Configuration::text(std::string_view key) const { return origins(key).front().value; }

bool Configuration::is_auto(std::string_view key) const { return text(key) == "auto"; }

double Configuration::number(std::string_view key) const {
  double value = 0;
  if (!parse_number(text(key), value)) std::abort();  // validated at load; `auto` must be asked for first
  return value;
}

std::int64_t Configuration::integer(std::string_view key) const { return static_cast<std::int64_t>(number(key)); }

}  // namespace mz
