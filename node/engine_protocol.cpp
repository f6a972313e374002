#include "node/engine_protocol.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "engine/base/json_keys.h"
#include "engine/difficulty.h"
#include "node/game_flags.h"

namespace mz {

struct EngineProtocol::Refusal {
  const char* kind;
  std::string text;
  std::vector<std::string> choices{};
};

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxQuoted = 80;
constexpr auto kGiveUpInterval = std::chrono::milliseconds(200);
const std::vector<std::string> kCommands = {"newgame", "position", "legal", "play", "go", "stop", "quit"};
// How kinds of errors are called on the line.
constexpr const char* kNotJson = "not_json";
constexpr const char* kTooLong = "too_long";
constexpr const char* kCommand = "command";
constexpr const char* kField = "field";
constexpr const char* kGame = "game";
constexpr const char* kPosition = "position";
constexpr const char* kMove = "illegal_move";
constexpr const char* kEngine = "engine";
constexpr const char* kOver = "over";
constexpr const char* kFailure = "failure";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kMaxQuoted)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kMaxQuoted ? "…'" : "'");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::vector<std::string> move_texts(const Position& position) {
  MoveList list;
  position.moves(list);
  std::vector<std::string> texts;
  for (const Move move : list) texts.push_back(position.move_text(move));
  return texts;
}

// Reads the fields of one request and remembers the first thing that is wrong with them.
class Fields {
 public:
  Fields(const Json& request, std::vector<std::string> names) : request_(request), names_(std::move(names)) {
    names_.insert(names_.begin(), {"command", "id"});
    for (const auto& field : request.items()) {
      if (std::find(names_.begin(), names_.end(), field.key()) == names_.end()) {
        wrong("There is no field " + in_quotes(field.key()) + " here. The fields are: " + joined(names_) + ".");
      }
    }
  }

  std::optional<std::string> text(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return std::nullopt;
    if (field->is_string()) return field->get<std::string>();
    wrong("The field " + std::string(name) + " must be a text.");
    return std::nullopt;
  }
  std::optional<std::uint64_t> number(const char* name, std::uint64_t most, const char* sensible = nullptr) {
    const Json* field = find(name);
    if (field == nullptr) return std::nullopt;
    if (field->is_number_unsigned() && field->get<std::uint64_t>() <= most) return field->get<std::uint64_t>();
    wrong("The field " + std::string(name) + " must be a whole number from " +
          (sensible != nullptr ? sensible : "0 to " + std::to_string(most)) + ".");
    return std::nullopt;
  }
  std::optional<std::vector<std::string>> texts(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return std::nullopt;
    const auto is_text = [](const Json& entry) { return entry.is_string(); };
    if (field->is_array() && std::all_of(field->begin(), field->end(), is_text)) {
      return field->get<std::vector<std::string>>();
    }
    wrong("The field " + std::string(name) + " must be a list of texts.");
    return std::nullopt;
  }
  std::optional<std::map<std::string, int>> options(const char* name) {
    const Json* field = find(name);
    if (field == nullptr) return std::nullopt;
    std::map<std::string, int> options;
    bool fits = field->is_object();
    for (auto entry = field->begin(); fits && entry != field->end(); ++entry) {
      fits = entry->is_number_integer() && entry->get<std::int64_t>() >= INT32_MIN &&
             entry->get<std::int64_t>() <= INT32_MAX;
      if (fits) options[entry.key()] = entry->get<int>();
    }
    if (fits) return options;
    wrong("The field " + std::string(name) + " must be an object of names and whole numbers.");
    return std::nullopt;
  }

  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  const Json* find(const char* name) const {
    const auto field = request_.find(name);
    return field == request_.end() ? nullptr : &*field;
  }
  void wrong(std::string text) {
    if (!fault_) fault_ = std::move(text);
  }

  const Json& request_;
  std::vector<std::string> names_;
  std::optional<std::string> fault_;
};

Json id_of(const Json& request) {
  const auto id = request.is_object() ? request.find("id") : request.end();
  return id == request.end() ? Json() : *id;
}

bool is_id(const Json& id) {
  return id.is_null() || id.is_number_integer() ||
         (id.is_string() && id.get_ref<const std::string&>().size() <= EngineProtocol::kMaxIdBytes);
}

Json to_json(const std::map<std::string, int>& options) {
  Json object = Json::object();
  for (const auto& [name, value] : options) object[name] = value;
  return object;
}

// The part of a variation that can be played, so that nobody is shown a move that is none.
Json variation_json(const Position& start, const std::vector<Move>& variation) {
  Json texts = Json::array();
  const auto position = start.clone();
  MoveList list;
  for (const Move move : variation) {
    position->moves(list);
    if (std::find(list.begin(), list.end(), move) == list.end()) break;
    texts.push_back(position->move_text(move));
    position->apply(move);
  }
  return texts;
}

bool looks_ahead(const Game& game, const std::string& spec) {
  const auto parsed = parse_engine_spec(spec);
  const auto engine = parsed ? named_in_full(game.config(), *parsed) : parsed;
  return engine && searches(*engine);
}

Result<std::unique_ptr<Game>> make_playable(const GameConfig& config) {
  for (const GameFamily* family : game_families()) {
    const std::vector<int> seats = family->seat_counts();
    if (family->name() != config.game || std::find(seats.begin(), seats.end(), config.seats) != seats.end()) continue;
    std::string counts;
    for (const int count : seats) counts += (counts.empty() ? "" : ", ") + std::to_string(count);
    return Error{ErrorKind::usage, config.game + " cannot be played by " + std::to_string(config.seats) +
                                       ". Choose the number of players from: " + counts + "."};
  }
  if (auto fits = refuse_idle_options(config); !fits) return fits.error();
  return make_game(config);
}

}  // namespace

EngineProtocol::EngineProtocol(Start start, Send send)
    : start_(std::move(start)), send_(std::move(send)), seed_(start_.seed) {}

Result<std::unique_ptr<EngineProtocol>> EngineProtocol::make(Start start, Send send) {
  auto game = make_playable(start.config);
  if (!game) return game.error();
  std::unique_ptr<EngineProtocol> protocol(new EngineProtocol(std::move(start), std::move(send)));
  protocol->game_ = std::move(*game);
  protocol->position_ = protocol->game_->initial();
  if (auto engine = protocol->engine(protocol->start_.engine); !engine) return engine.error();
  return protocol;
}

EngineProtocol::~EngineProtocol() {
  finish([] { return true; });
  join();
}

void EngineProtocol::join() {
  if (search_.joinable()) search_.join();
}

void EngineProtocol::finish(const std::function<bool()>& give_up) {
  std::unique_lock lock(mutex_);
  while (thinking_ != nullptr) {
    if (give_up()) {
      stopped_ = true;
      thinking_->stop();
    }
    idle_.wait_for(lock, kGiveUpInterval, [&] { return thinking_ == nullptr; });
  }
}

void EngineProtocol::answer(const Json& reply) {
  const std::lock_guard lock(mutex_);
  send_(reply.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void EngineProtocol::refuse(const Json& request, const Refusal& refusal) {
  Json error = {{"kind", refusal.kind}, {"text", refusal.text}};
  if (!refusal.choices.empty()) {
    const auto listed = static_cast<std::ptrdiff_t>(std::min(refusal.choices.size(), kMaxChoices));
    error["choices"] = std::vector<std::string>(refusal.choices.begin(), refusal.choices.begin() + listed);
    if (refusal.choices.size() > kMaxChoices) error["choices_left_out"] = refusal.choices.size() - kMaxChoices;
  }
  Json reply = {{"error", std::move(error)}};
  if (const Json id = id_of(request); !id.is_null() && is_id(id)) reply["id"] = id;
  answer(reply);
}

void EngineProtocol::receive_too_long() {
  join();
  refuse(Json(), {kTooLong, "A line has at most " + std::to_string(kMaxLineBytes) + " bytes; this one was skipped."});
}

bool EngineProtocol::receive(const std::string& line) {
  if (line.find_first_not_of(" \t") == std::string::npos) return true;
  std::optional<std::string> twice;
  const auto notice = on_repeated_key<Json>([&twice](const std::string& key) {
    if (!twice) twice = key;
  });
  const Json request = Json::parse(line, notice, false);
  try {
    if (twice && request.is_object()) {
      join();
      refuse(request, {kField, "The field " + in_quotes(*twice) + " is given twice. Send it once."});
      return true;
    }
    return handle(request);
  } catch (const std::exception& error) {  // memory exhaustion, a bug of ours
    refuse(request.is_object() ? request : Json(),
           {kFailure, std::string("This failed inside the engine: ") + error.what() + "."});
    return true;
  }
}

bool EngineProtocol::handle(const Json& request) {
  const bool is_command = request.is_object() && request.contains("command") && request["command"].is_string();
  const std::string command = is_command ? request["command"].get<std::string>() : "";
  if (command != "stop" && command != "quit") join();
  if (request.is_discarded()) {
    refuse(Json(),
           {kNotJson, R"(This line is not JSON. Send one object a line, for example {"command":"legal"}.)", kCommands});
  } else if (!is_command) {
    refuse(request,
           {kCommand, R"(A line is an object with a text "command". The commands are: )" + joined(kCommands) + ".",
            kCommands});
  } else if (!is_id(id_of(request))) {
    refuse(Json(), {kField, "The field id must be a whole number or a text of at most " + std::to_string(kMaxIdBytes) +
                                " bytes."});
  } else if (command == "newgame") {
    new_game(request);
  } else if (command == "position") {
    set_position(request);
  } else if (command == "legal") {
    list_moves(request);
  } else if (command == "play") {
    play_move(request);
  } else if (command == "go") {
    go(request);
  } else if (command == "stop") {
    stop(request);
  } else if (command == "quit") {
    finish([] { return true; });
    join();
    answer(id_of(request).is_null() ? Json{{"reply", "quit"}} : Json{{"reply", "quit"}, {"id", id_of(request)}});
    return false;
  } else {
    refuse(request,
           {kCommand, "There is no command " + in_quotes(command) + ". The commands are: " + joined(kCommands) + ".",
            kCommands});
  }
  return true;
}

EngineProtocol::Json EngineProtocol::state(const char* reply, const Json& request) const {
  Json json = {{"reply", reply}};
  if (const Json id = id_of(request); !id.is_null()) json["id"] = id;
  MoveList list;
  position_->moves(list);
  const Outcome outcome = position_->outcome();
  json["position"] = position_->text();
  json["turn"] = position_->actor() == kNobody ? 0 : position_->actor() + 1;
  json["legal"] = list.size();
  json["over"] = outcome.over;
  if (outcome.over) {
    json["winner"] = outcome.winner == kNobody ? Json() : Json(outcome.winner + 1);
    json["reason"] = outcome.reason;
    json["detail"] = outcome.detail;
  }
  return json;
}

void EngineProtocol::new_game(const Json& request) {
  Fields fields(request, {"game", "board", "players", "options", "seed"});
  GameConfig config = start_.config;
  config.game = fields.text("game").value_or(config.game);
  config.board = fields.text("board").value_or(config.board);
  config.seats = static_cast<int>(
      fields.number("players", kMaxSeats, "2 to 4").value_or(static_cast<std::uint64_t>(config.seats)));
  config.options = fields.options("options").value_or(config.options);
  const std::uint64_t seed = fields.number("seed", UINT64_MAX).value_or(start_.seed);
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  auto game = make_playable(config);
  if (!game) return refuse(request, {kGame, game.error().text});
  // Players belong to one configuration. Fresh ones also make a game a function of its seed alone.
  engines_.clear();
  game_ = std::move(*game);
  position_ = game_->initial();
  seed_ = seed;
  searches_ = 0;
  Json reply = state("newgame", request);
  reply["game"] = game_->config().game;
  reply["board"] = game_->config().board;
  reply["players"] = game_->config().seats;
  reply["options"] = to_json(game_->config().options);
  reply["seed"] = seed_;
  reply["engines"] = Json::array();
  for (const EngineKind kind : game_->engines()) reply["engines"].push_back(engine_kind_name(kind));
  reply["engines"].push_back(engine_kind_name(EngineKind::difficulty));
  answer(reply);
}

EngineProtocol::Refusal EngineProtocol::illegal(const Position& position, const std::string& text,
                                                const std::string& where) const {
  std::vector<std::string> legal = move_texts(position);
  if (legal.empty()) return {kOver, where + "The game is over; no move can be played."};
  const std::string count = legal.size() == 1 ? "The one legal move is in choices."
                                              : "The " + std::to_string(legal.size()) + " legal moves are in choices.";
  return {kMove, where + in_quotes(text) + " is not legal here. " + count, std::move(legal)};
}

void EngineProtocol::set_position(const Json& request) {
  Fields fields(request, {"text", "moves"});
  const auto text = fields.text("text");
  const auto moves = fields.texts("moves").value_or(std::vector<std::string>());
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  std::unique_ptr<Position> position;
  if (text) {
    auto parsed = game_->parse(*text);
    if (!parsed) return refuse(request, {kPosition, parsed.error().text});
    position = std::move(*parsed);
  } else {
    position = game_->initial();
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const auto move = position->parse_move(moves[i]);
    if (!move) return refuse(request, illegal(*position, moves[i], "Move " + std::to_string(i + 1) + ": "));
    position->apply(*move);
  }
  position_ = std::move(position);
  answer(state("position", request));
}

void EngineProtocol::list_moves(const Json& request) {
  Fields fields(request, {});
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  Json reply = {{"reply", "legal"}};
  if (const Json id = id_of(request); !id.is_null()) reply["id"] = id;
  reply["moves"] = move_texts(*position_);
  answer(reply);
}

void EngineProtocol::play_move(const Json& request) {
  Fields fields(request, {"move"});
  const auto text = fields.text("move");
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  if (!text) return refuse(request, {kField, "The field move is missing.", fields.names()});
  const auto move = position_->parse_move(*text);
  if (!move) return refuse(request, illegal(*position_, *text, ""));
  position_->apply(*move);
  answer(state("play", request));
}

Result<EngineSeat*> EngineProtocol::engine(const std::string& spec) {
  const auto parsed = parse_engine_spec(spec);
  if (!parsed) return parsed.error();
  const std::string name = to_string(*parsed);
  auto at = std::find_if(engines_.begin(), engines_.end(), [&](const auto& engine) { return engine->spec() == name; });
  if (at == engines_.end()) {
    auto made = EngineSeat::make(*game_, name);
    if (!made) return made.error();
    if (engines_.size() == kMaxKeptEngines) engines_.erase(engines_.begin());
    engines_.push_back(std::move(*made));
  } else {
    std::rotate(at, at + 1, engines_.end());
  }
  return engines_.back().get();
}

void EngineProtocol::go(const Json& request) {
  Fields fields(request, {"engine", "depth", "nodes", "sims", "ms", "seed"});
  std::string spec = fields.text("engine").value_or(start_.engine);
  static constexpr std::array<std::pair<const char*, std::uint64_t>, 4> kBudgets{
      {{"depth", EngineSpec::kMaxDepth},
       {"nodes", EngineSpec::kMaxNodes},
       {"sims", EngineSpec::kMaxSims},
       {"ms", EngineSpec::kMaxMilliseconds}}};
  for (const auto& [budget, most] : kBudgets) {
    const std::string sensible = "1 to " + std::to_string(most);
    const auto number = fields.number(budget, most, sensible.c_str());
    if (number)
      spec += (spec.find(':') == std::string::npos ? ":" : ",") + std::string(budget) + "=" + std::to_string(*number);
  }
  const auto seed = fields.number("seed", UINT64_MAX);
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  if (position_->kind() != NodeKind::decision)
    return refuse(request, {kOver, "The game is over; there is nothing to think about."});
  if (move_texts(*position_).empty()) return refuse(request, {kOver, "No move is legal in this position."});
  const auto seat = engine(spec);
  if (!seat) return refuse(request, {kEngine, seat.error().text});
  const Rng rng(seed ? *seed : derive_seed(seed_, searches_++));
  const std::shared_ptr<Position> position = position_->clone();
  {
    const std::lock_guard lock(mutex_);
    thinking_ = *seat;
    stopped_ = false;
  }
  (*seat)->begin();
  try {
    search_ = std::thread(
        [this, chosen = *seat, position, rng, id = id_of(request)] { search(*chosen, *position, rng, id); });
  } catch (const std::exception&) {  // the system has no thread left
    const std::lock_guard lock(mutex_);
    thinking_ = nullptr;  // nobody waits for its end
    throw;
  }
}

void EngineProtocol::search(EngineSeat& seat, const Position& position, Rng rng, Json id) {
  Json reply;
  try {
    Decision decision = seat.decide(position, rng);
    // A search too short to expect an answer expects its own move at least.
    if (decision.variation.empty() && looks_ahead(*game_, seat.spec())) decision.variation = {decision.move};
    reply = {{"reply", "go"},           {"move", position.move_text(decision.move)},
             {"engine", seat.spec()},   {"value", decision.value.value_or(0)},
             {"score", decision.score}, {"nodes", decision.nodes},
             {"depth", decision.depth}, {"variation", variation_json(position, decision.variation)}};
  } catch (const std::exception& error) {
    reply = {{"error", {{"kind", kFailure}, {"text", std::string("The search failed: ") + error.what() + "."}}}};
  }
  if (!id.is_null()) reply["id"] = std::move(id);
  const std::lock_guard lock(mutex_);
  if (reply.contains("reply")) reply["stopped"] = stopped_;
  send_(reply.dump(-1, ' ', false, Json::error_handler_t::replace));
  thinking_ = nullptr;
  idle_.notify_all();
}

void EngineProtocol::stop(const Json& request) {
  Fields fields(request, {});
  if (fields.fault()) return refuse(request, {kField, *fields.fault(), fields.names()});
  Json reply = {{"reply", "stop"}};
  if (const Json id = id_of(request); !id.is_null()) reply["id"] = id;
  const std::lock_guard lock(mutex_);
  reply["thinking"] = thinking_ != nullptr;
  send_(reply.dump());
  if (thinking_ == nullptr) return;
  stopped_ = true;
  thinking_->stop();
}

}  // namespace mz
