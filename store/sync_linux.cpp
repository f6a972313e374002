#include <unistd.h>

#include "store/sync.h"

namespace mz {

int full_sync(int descriptor) { return ::fsync(descriptor); }

}  // namespace mz
