#include "node/worker.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "node/exit_code.h"
#include "node/message.h"
#include "node/platform.h"
#include "store/selfplay.h"

namespace mz {
namespace {

constexpr std::size_t kMaxWaitingUnits = 4;  // the control process sends one at a time

// What the socket says, for the thread that plays.
class Inbox {
 public:
  // Reads until the socket closes, then ends the process: nobody is left to work for.
  void run() {
    platform::name_thread("inbox");
    MessageReader reader;
    std::array<std::uint8_t, 4096> chunk{};
    for (;;) {
      const auto n = ::read(kWorkerSocket, chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) _exit(kExitOk);
      reader.feed(chunk.data(), static_cast<std::size_t>(n));
      for (;;) {
        Message message;
        const auto taken = reader.next(message);
        if (!taken) _exit(kExitFailure);
        if (!*taken) break;
        accept(message);
      }
    }
  }

  // The next unit; none when it is time to exit.
  std::optional<PlayUnit> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !units_.empty(); });
    if (stopping_) return std::nullopt;
    PlayUnit unit = std::move(units_.front());
    units_.pop_front();
    return unit;
  }

  [[nodiscard]] const std::atomic<bool>& stopping() const { return stopping_; }

 private:
  void accept(const Message& message) {
    const std::lock_guard lock(mutex_);
    if (const auto* unit = std::get_if<PlayUnit>(&message)) {
      if (units_.size() >= kMaxWaitingUnits) _exit(kExitFailure);
      units_.push_back(*unit);
    } else if (std::holds_alternative<Stop>(message)) {
      stopping_ = true;
    }
    changed_.notify_one();
  }

  std::mutex mutex_;  // guards units_
  std::condition_variable changed_;
  std::deque<PlayUnit> units_;
  std::atomic<bool> stopping_{false};
};

void send(const Message& message) {
  const std::vector<std::uint8_t> frame = encode_message(message);
  std::span<const std::uint8_t> rest(frame);
  while (!rest.empty()) {
    const auto n = ::write(kWorkerSocket, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) _exit(kExitOk);  // the control process is gone
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
}

// Hands in each game of a unit as it ends. An error ends the unit.
Result<void> play_unit(const PlayUnit& unit, const Inbox& inbox) {
  const std::vector<std::string> engines(static_cast<std::size_t>(unit.config.seats), unit.engine);
  auto table = SelfplayTable::open({.config = unit.config,
                                    .engines = engines,
                                    .max_moves = std::nullopt,
                                    .opening_random_moves = kOpeningRandomMoves,
                                    .give_up = &inbox.stopping()});
  if (!table) return table.error();
  std::uint64_t begun = 0;
  const auto go_on = [&] { return !inbox.stopping().load(std::memory_order_relaxed); };
  const auto next_seed = [&]() -> std::optional<std::uint64_t> {
    if (begun == unit.count) return std::nullopt;
    return selfplay_seed(unit.seed, unit.first_index + begun++);
  };
  return table->play_all(table->games_at_once(), go_on, next_seed, [&](const GameRecord& record) -> Result<void> {
    send(GameFinished{unit.unit, static_cast<std::uint32_t>(record.moves.size()), encode_record(record)});
    return {};
  });
}

bool started_by_a_node() {
  struct stat status {};
  return ::fstat(kWorkerSocket, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

int run_worker() {
  if (!started_by_a_node()) {
    return report({ErrorKind::usage, "Workers are started by a node. Start one with `meshzero up`."});
  }
  platform::name_thread("meshzero-worker");
  // A terminal's Ctrl-C reaches the whole group; the node tells its workers itself, after it has taken their games.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  bool last = platform::put_process_last(kWorkerNiceness);

  Inbox inbox;
  std::thread([&inbox] { inbox.run(); }).detach();  // ends with the process
  send(Ready{});
  while (const auto unit = inbox.take()) {
    if (!last) last = platform::put_process_last(kWorkerNiceness);
    const auto done = play_unit(*unit, inbox);
    send(UnitFinished{unit->unit, done ? "" : done.error().text});
  }
  _exit(kExitOk);  // not exit: the inbox thread still uses what static destructors would take away
}

}  // namespace mz
