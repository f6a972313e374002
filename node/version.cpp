#include "node/version.h"

namespace mz {

std::string_view version() { return MESHZERO_VERSION; }

}  // namespace mz
