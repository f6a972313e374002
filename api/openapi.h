// The route table as an OpenAPI document, for programs that call a node: https://spec.openapis.org/oas/v3.1.0
//
// Of bodies and answers it says the fields of the outermost object. The same table and version give the same bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/routes.h"

namespace mz {

// `version`: of this program.
std::string openapi_document(std::span<const Route> table, std::string_view version);

}  // namespace mz
