// The version of this program, as set once in the top CMakeLists.txt.
#pragma once

#include <string_view>

namespace mz {

std::string_view version();

}  // namespace mz
