#include <fcntl.h>
#include <unistd.h>

#include "store/sync.h"

namespace mz {

// fsync stops at the cache of the drive here; file systems without F_FULLFSYNC (network shares) get the plain call.
int full_sync(int descriptor) {
  if (::fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
  return ::fsync(descriptor);
}

}  // namespace mz
