// The limits of this program in one list, for the reference tables. The values are the constants that the code obeys.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace mz {

struct Limit {
  std::string_view subject;  // what is limited, in the user's words
  std::uint64_t value;
  std::string_view unit;
  std::string_view consequence;  // what happens beyond it
};

std::vector<Limit> limits();

}  // namespace mz
