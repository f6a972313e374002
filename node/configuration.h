// Every setting a user can make, in one table, and where its value came from.
//
// Precedence, highest first: flag, environment variable MESHZERO_<KEY>, project file (./meshzero.json), user file
// (platform.h says where), default. Files are JSON objects of the keys; comments are allowed. An unknown key and a value out
// of range are errors, whichever layer they are in, even when a higher layer hides them. Other MESHZERO_ variables belong
// to scripts and are not read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace mz {

enum class ValueType {
  integer,
  number,
  path,
  word,  // one of a few
  text,  // whatever fits on a line
  urls,  // separated by commas; the flag may be given several times instead
};

struct Key {
  std::string_view
      name;  // as in files: disk_floor_gb; the flag is --disk-floor-gb, the variable MESHZERO_DISK_FLOOR_GB
  ValueType type;
  bool has_auto;   // "auto" is a value too: the program decides from the machine
  double minimum;  // of integers and numbers
  double maximum;
  std::string_view fallback;    // the default; "auto" for what depends on the machine
  std::string_view meaning;     // one sentence, with what auto means
  std::string_view words = {};  // of ValueType::word: what it may be besides auto, separated by |
};

std::span<const Key> configuration_keys();
std::string flag_name(const Key& key);
std::string variable_name(const Key& key);

// One layer's word on one key.
struct Origin {
  std::string layer;  // "flag", "environment", "project file", "user file", "default"
  std::string where;  // "--port", "MESHZERO_PORT", a file name, or empty
  std::string value;
};

class Configuration {
 public:
  static constexpr std::size_t kMaxFileBytes = 1U << 20;

  // Where to look. Missing files are fine; a file that is there must be right.
  struct Sources {
    std::map<std::string, std::string> flags;        // by key name
    std::map<std::string, std::string> environment;  // all variables of the process
    std::filesystem::path project_file;
    std::filesystem::path user_file;
    std::filesystem::path working_directory;  // relative paths from flags and the environment start here, absolute
  };
  // Reads the environment and the standard places.
  static Result<Sources> standard_sources(std::map<std::string, std::string> flags);
  static Result<Configuration> load(const Sources& sources);

  // Of keys in the table only; an integer or number that is `auto` must be asked for with is_auto first.
  [[nodiscard]] bool is_auto(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] double number(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;

  // Every layer that set the key, the one that counts first, the default last.
  [[nodiscard]] const std::vector<Origin>& origins(std::string_view key) const;

 private:
  std::map<std::string, std::vector<Origin>, std::less<>> origins_;
};

// The key of that name, or an error that lists the valid ones.
Result<const Key*> find_key(std::string_view name);

}  // namespace mz
