#include "api/query.h"

#include <charconv>

namespace mz {

Result<std::int64_t> number_of(const RequestHead& head, const std::string& name, std::int64_t fallback,
                               std::int64_t minimum, std::int64_t maximum) {
  const auto found = head.query.find(name);
  if (found == head.query.end()) return fallback;
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < minimum || value > maximum) {
    return Error{ErrorKind::usage, name + " must be a whole number from " + std::to_string(minimum) + " to " +
                                       std::to_string(maximum) + "."};
  }
  return value;
}

Result<void> only_parameters(const RequestHead& head, const std::set<std::string>& valid) {
  for (const auto& [name, value] : head.query) {
    if (valid.contains(name)) continue;
    std::string list;
    for (const std::string& word : valid) list += (list.empty() ? "" : ", ") + word;
    return Error{ErrorKind::usage, "There is no parameter `" + name + "` here. The parameters are " + list + "."};
  }
  return {};
}

}  // namespace mz
