// Figures for Prometheus, as one table: what is served is also what the documentation is printed from.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "api/node_state.h"

namespace mz {

struct Metric {
  std::string_view name;
  std::string_view type;    // counter or gauge
  std::string_view labels;  // comma-separated names, empty for none
  std::string_view help;    // one sentence
};

std::span<const Metric> metrics();

std::string metrics_text(const NodeState& state);

}  // namespace mz
