// The page out of the binary.
#pragma once

#include "api/http_message.h"
#include "api/request_head.h"

namespace mz {

// The asset at head.path, or 404. Unchanged ones are answered with 304.
HttpResponse page_asset(const RequestHead& head);

}  // namespace mz
