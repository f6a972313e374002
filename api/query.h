// Parameters behind the `?` of a GET.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "api/request_head.h"
#include "engine/base/result.h"

namespace mz {

// A whole number from the query, or its default; an error names the range.
Result<std::int64_t> number_of(const RequestHead& head, const std::string& name, std::int64_t fallback,
                               std::int64_t minimum, std::int64_t maximum);

// A misspelt parameter would otherwise be ignored and the answer be taken for what was asked.
Result<void> only_parameters(const RequestHead& head, const std::set<std::string>& valid);

}  // namespace mz
