// Members that a JSON object has twice: the library silently takes the last of them.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace mz {

// For Json::parse: calls tell(key) for each member that its object has had already.
template <class Json, class Tell>
typename Json::parser_callback_t on_repeated_key(Tell tell) {
  return [tell = std::move(tell), open = std::vector<std::set<std::string>>()](int, typename Json::parse_event_t event,
                                                                               Json& parsed) mutable {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.template get<std::string>()).second) {
      tell(parsed.template get<std::string>());
    }
    return true;
  };
}

}  // namespace mz
