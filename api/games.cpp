#include "api/games.h"

#include <cstdint>
#include <optional>

#include <nlohmann/json.hpp>

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

constexpr Field kLimit{.name = "limit",
                       .type = FieldType::number,
                       .meaning = "How many games at most.",
                       .given = Given::optional,
                       .minimum = 1,
                       .maximum = kMaxListedGames,
                       .fallback = kDefaultListedGames};
constexpr Field kGame{"game", FieldType::text, "Only games of this name.", Given::optional};
constexpr Field kBoard{"board", FieldType::text, "Only games on this board.", Given::optional};
constexpr Field kSeats{"seats", FieldType::number, "Only games of so many players.", Given::optional, 1, 64};
constexpr Field kBefore{"before", FieldType::number, "Only games older than the page that gave this as `next`.",
                        Given::optional};
constexpr Field kListQuery[] = {kLimit, kGame, kBoard, kSeats, kBefore};
constexpr Field kListed[] = {
    {"games", FieldType::list, "The games, newest first, without their moves."},
    {"next", FieldType::text, "`before` of the next page; null on the last one.", Given::nullable},
};

HttpResponse list_route(const NodeServices& services, const Request& request) {
  const auto limit = number_of(request.head, kLimit);
  if (!limit) return error_response(limit.error());
  const auto seats = number_of(request.head, kSeats);
  if (!seats) return error_response(seats.error());
  const auto before = number_of(request.head, kBefore);
  if (!before) return error_response(before.error());
  const auto store = services.state->store();
  if (store == nullptr) return still_opening();

  GameFilter filter;
  filter.seats = static_cast<int>(*seats);
  filter.board = text_of(request.head, kBoard);
  filter.game = text_of(request.head, kGame);
  const auto cursor = request.head.query.contains("before") ? std::optional(*before) : std::nullopt;
  auto page = store->recent(static_cast<std::size_t>(*limit), cursor, filter);
  if (!page) return error_response(page.error());
  json games = json::array();
  for (const GameSummary& game : page->games) games.push_back(summary_json(game));
  return json_response(
      {{"games", std::move(games)}, {"next", page->next ? json(std::to_string(*page->next)) : json()}});
}

constexpr Field kId[] = {{"id", FieldType::text, "The game's name: 64 hexadecimal digits."}};
constexpr Field kFrom{"from",
                      FieldType::number,
                      "The first position that is wanted, in plies after the start.",
                      Given::optional,
                      0,
                      static_cast<std::int64_t>(GameRecord::kMaxMoves),
                      0};
constexpr Field kCount{"count", FieldType::number,  "How many positions at most.", Given::optional,
                       1,       kMaxShownPositions, kDefaultShownPositions};
constexpr Field kShowQuery[] = {kFrom, kCount};
constexpr Field kShown[] = {
    {"id", FieldType::text, "The hash of the record."},
    {"game", FieldType::text, "The name of the game, such as ringrift."},
    {"board", FieldType::text, "The board."},
    {"seats", FieldType::number, "How many players."},
    {"engines", FieldType::texts, "Who played, in the order of the seats."},
    {"winner", FieldType::number, "The seat that won, from 1; null without a winner.", Given::nullable},
    {"reason", FieldType::text, "Why the game ended."},
    {"plies", FieldType::number, "How many moves."},
    {"capped", FieldType::flag, "Whether it was ended by a limit on the moves."},
    {"seed", FieldType::text, "The seed of the play, as a decimal number."},
    {"stored_at", FieldType::number, "Seconds since 1970."},
    {"options", FieldType::object, "Rules that differ from the standard ones."},
    {"moves", FieldType::texts, "All moves."},
    {"positions", FieldType::object, "`from`, and `texts` of the positions from there on."},
};

HttpResponse show_route(const NodeServices& services, const Request& request) {
  const auto from = number_of(request.head, kFrom);
  if (!from) return error_response(from.error());
  const auto count = number_of(request.head, kCount);
  if (!count) return error_response(count.error());
  Digest digest{};
  if (!from_hex(request.variables.front(), digest)) {
    return error_response(404, "not_found", "A game is named by 64 hexadecimal digits; this is none.");
  }
  const auto store = services.state->store();
  if (store == nullptr) return still_opening();
  auto stored = store->find(digest);
  if (!stored) return error_response(stored.error());
  json body = summary_json(stored->summary);
  if (auto done = add_play(*stored, *from, *count, body); !done) return error_response(done.error());
  return json_response(body);
}

constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/games",
     "Stored games, newest first.",
     kReader,
     Pool::ui,
     list_route,
     {.query = kListQuery, .gives = kListed}},
    {"GET",
     "/api/v1/games/{id}",
     "One game with its moves and positions.",
     kReader,
     Pool::ui,
     show_route,
     {.variables = kId, .query = kShowQuery, .gives = kShown}},
};

}  // namespace

std::span<const Route> games_routes() { return kRoutes; }

}  // namespace mz
