// Alone in its file: a program that brings its own definition does not link this one.
#include "p2p/protocol.h"

namespace mz {

unsigned protocol_version() { return MESHZERO_PROTOCOL_VERSION; }

}  // namespace mz
