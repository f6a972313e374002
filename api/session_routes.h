// The routes by which a page is logged in and out.
#pragma once

#include <span>

#include "api/routes.h"

namespace mz {

std::span<const Route> session_routes();

}  // namespace mz
