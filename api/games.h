// The stored games as JSON.
#pragma once

#include <string>

#include "api/http_message.h"
#include "api/request_head.h"

namespace mz {

class GameStore;

inline constexpr int kMaxListedGames = 200;
inline constexpr int kDefaultListedGames = 50;
inline constexpr int kMaxShownPositions = 500;
inline constexpr int kDefaultShownPositions = 200;

// `store` is null while it is being opened; then the answer is 503.
HttpResponse list_games(const GameStore* store, const RequestHead& head);
HttpResponse show_game(const GameStore* store, const RequestHead& head, const std::string& id);

}  // namespace mz
