#include "api/foreign_json.h"

namespace mz {
namespace {

// Of text that is JSON. Of other text it may be anything: that is not parsed to its end.
bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxJsonDepth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

nlohmann::json parse_foreign_json(std::string_view text) {
  using nlohmann::json;
  return is_too_deep(text) ? json(json::value_t::discarded) : json::parse(text, nullptr, false);
}

}  // namespace mz
