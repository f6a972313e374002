// Flushing to the medium, which the systems spell differently: one small file each.
#pragma once

namespace mz {

// Like fsync, but really down to the medium. 0, or -1 with errno.
int full_sync(int descriptor);

}  // namespace mz
