// The stored games as JSON.
#pragma once

#include <span>

#include "api/routes.h"

namespace mz {

inline constexpr int kMaxListedGames = 200;
inline constexpr int kDefaultListedGames = 50;
inline constexpr int kMaxShownPositions = 500;
inline constexpr int kDefaultShownPositions = 200;

// While the store is being opened they answer 503.
std::span<const Route> games_routes();

}  // namespace mz
