// The line protocol of `meshzero engine`: one JSON object a line in, one or more out. docs/engine-protocol.md defines it.
//
// Lines are handled in order. While an engine thinks only `stop` and `quit` are handled at once; any other line waits for its answer,
// so the same lines give the same answers, however fast they arrive. Nothing that comes in ends the conversation but `quit`.
//
// One thread calls `receive`; the engine thinks in a thread of its own ("search"), and both send, one line at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <thread>
#include <vector>

#include "engine/game.h"
#include "node/engine_seat.h"

namespace mz {

class EngineProtocol {
 public:
  static constexpr std::size_t kMaxLineBytes = 1U << 20;
  static constexpr std::size_t kMaxChoices = 1000;  // listed in an error
  static constexpr std::size_t kMaxIdBytes = 128;
  static constexpr std::size_t kMaxKeptEngines = 4;  // with their memory; the one used longest ago goes first

  struct Start {
    GameConfig config;
    std::uint64_t seed = 1;
    std::string engine = "heuristic";
  };
  // Receives each line without its end; calls never overlap.
  using Send = std::function<void(const std::string& line)>;

  static Result<std::unique_ptr<EngineProtocol>> make(Start start, Send send);
  ~EngineProtocol();  // ends a search first

  // False after `quit`.
  bool receive(const std::string& line);
  // Instead of `receive` for a line beyond kMaxLineBytes.
  void receive_too_long();
  // Until no engine thinks; asks `give_up` now and then, and stops the engine when it says true.
  void finish(const std::function<bool()>& give_up);

 private:
  using Json = nlohmann::ordered_json;
  struct Refusal;  // what an error line says

  EngineProtocol(Start start, Send send);
  bool handle(const Json& request);
  void new_game(const Json& request);
  void set_position(const Json& request);
  void list_moves(const Json& request);
  void play_move(const Json& request);
  void go(const Json& request);
  void stop(const Json& request);
  void search(EngineSeat& seat, const Position& position, Rng rng, Json id);

  Result<EngineSeat*> engine(const std::string& spec);
  [[nodiscard]] Json state(const char* reply, const Json& request) const;
  [[nodiscard]] Refusal illegal(const Position& position, const std::string& text, const std::string& where) const;
  void answer(const Json& reply);
  void refuse(const Json& request, const Refusal& refusal);
  void join();

  Start start_;
  Send send_;
  std::unique_ptr<Game> game_;
  std::unique_ptr<Position> position_;
  std::uint64_t seed_ = 1;
  std::uint64_t searches_ = 0;                        // since newgame
  std::vector<std::unique_ptr<EngineSeat>> engines_;  // used last at the end

  std::thread search_;
  std::mutex mutex_;  // guards sending, thinking_ and stopped_
  std::condition_variable idle_;
  EngineSeat* thinking_ = nullptr;
  bool stopped_ = false;  // by a command, or because nobody listens
};

}  // namespace mz
