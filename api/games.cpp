#include "api/games.h"

#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

#include "api/query.h"
#include "store/game_store.h"

namespace mz {
namespace {

using nlohmann::json;

json summary_json(const GameSummary& game) {
  json engines = json::array();
  for (const SeatEngine& engine : game.engines) engines.push_back(engine.spec);
  return {{"id", to_hex(game.id)},      {"game", game.config.game},
          {"board", game.config.board}, {"seats", game.config.seats},
          {"engines", engines},         {"winner", game.winner == kNobody ? json() : json(game.winner + 1)},
          {"reason", game.reason},      {"plies", game.plies},
          {"capped", game.capped},      {"seed", std::to_string(game.seed)},
          {"stored_at", game.stored_at}};
}

HttpResponse json_response(const json& body) {
  HttpResponse response;
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return response;
}

HttpResponse still_opening() {
  return error_response(503, "starting", "The node is still opening its games. Try again in a moment.");
}

// Adds the moves and the wanted positions of a stored game by playing it again.
Result<void> add_play(const StoredGame& stored, std::int64_t from, std::int64_t count, json& out) {
  auto game = make_game(stored.record.config);
  if (!game) return game.error();
  const auto position = (*game)->initial();
  const auto& moves = stored.record.moves;
  from = std::min(from, static_cast<std::int64_t>(moves.size()));
  json move_texts = json::array();
  json positions = json::array();
  for (std::int64_t ply = 0; ply <= static_cast<std::int64_t>(moves.size()); ++ply) {
    if (ply >= from && ply - from < count) positions.push_back(position->text());
    if (ply == static_cast<std::int64_t>(moves.size())) break;
    const Move move = moves[static_cast<std::size_t>(ply)];
    move_texts.push_back(position->move_text(move));
    position->apply(move);  // the store replayed the whole record before it took it
  }
  out["options"] = stored.record.config.options;
  out["moves"] = std::move(move_texts);
  out["positions"] = {{"from", from}, {"texts", std::move(positions)}};
  return {};
}

}  // namespace

HttpResponse list_games(const GameStore* store, const RequestHead& head) {
  if (auto known = only_parameters(head, {"limit", "board", "seats", "before", "game"}); !known)
    return error_response(known.error());
  const auto limit = number_of(head, "limit", kDefaultListedGames, 1, kMaxListedGames);
  if (!limit) return error_response(limit.error());
  const auto seats = number_of(head, "seats", 0, 1, 64);
  if (!seats) return error_response(seats.error());
  const auto before = number_of(head, "before", 0, 0, INT64_MAX);
  if (!before) return error_response(before.error());
  if (store == nullptr) return still_opening();

  GameFilter filter;
  filter.seats = static_cast<int>(*seats);
  if (const auto board = head.query.find("board"); board != head.query.end()) filter.board = board->second;
  if (const auto game = head.query.find("game"); game != head.query.end()) filter.game = game->second;
  const auto cursor = head.query.contains("before") ? std::optional(*before) : std::nullopt;
  auto page = store->recent(static_cast<std::size_t>(*limit), cursor, filter);
  if (!page) return error_response(page.error());
  json games = json::array();
  for (const GameSummary& game : page->games) games.push_back(summary_json(game));
  return json_response(
      {{"games", std::move(games)}, {"next", page->next ? json(std::to_string(*page->next)) : json()}});
}

HttpResponse show_game(const GameStore* store, const RequestHead& head, const std::string& id) {
  if (auto known = only_parameters(head, {"from", "count"}); !known) return error_response(known.error());
  const auto from = number_of(head, "from", 0, 0, static_cast<std::int64_t>(GameRecord::kMaxMoves));
  if (!from) return error_response(from.error());
  const auto count = number_of(head, "count", kDefaultShownPositions, 1, kMaxShownPositions);
  if (!count) return error_response(count.error());
  Digest digest{};
  if (!from_hex(id, digest)) {
    return error_response(404, "not_found", "A game is named by 64 hexadecimal digits; this is none.");
  }
  if (store == nullptr) return still_opening();
  auto stored = store->find(digest);
  if (!stored) return error_response(stored.error());
  json body = summary_json(stored->summary);
  if (auto done = add_play(*stored, *from, *count, body); !done) return error_response(done.error());
  return json_response(body);
}

}  // namespace mz
