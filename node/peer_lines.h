// Carries messages to other members: one kept TLS connection and one thread ("to <id>") for each, so that a member that does
// not answer delays nobody else. A line holds few messages and drops the oldest: heartbeats are worth nothing when late.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/https_client.h"
#include "p2p/node_id.h"

namespace mz {

// Several messages as one body: each with its length in four bytes before it.
void add_frame(std::string& body, std::span<const std::uint8_t> message);
// False when the bytes are no such body, or more messages than anybody has to say at once.
bool read_frames(std::string_view body, const std::function<void(std::span<const std::uint8_t>)>& each);

class PeerLines {
 public:
  static constexpr std::size_t kMaxQueued = 64;                  // messages to one member
  static constexpr std::size_t kMaxBody = 2U << 20;              // bytes of one request
  static constexpr std::size_t kMaxMessages = 4 * kMaxQueued;    // in one body: an answer may hold several for each
  static constexpr std::chrono::milliseconds kOneAttempt{2000};  // to carry what waits, all addresses together
  static constexpr std::chrono::milliseconds kOneAddress{1000};  // of that, for one address

  struct Surroundings {
    std::function<TlsContext()> context;
    std::function<std::vector<std::string>(const NodeId&)> addresses;       // HOST:PORT, best first
    std::function<void(const NodeId&, const std::string& body)> came_back;  // in the answer
    std::function<void(const NodeId&)> failed;                              // not reached now
    std::function<void(const NodeId&, std::uint32_t protocol)>
        spoke_otherwise;  // it refuses our version of the protocol
    std::function<void(const char*)> name_thread;
  };

  explicit PeerLines(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}
  ~PeerLines() { stop(); }
  PeerLines(const PeerLines&) = delete;
  PeerLines& operator=(const PeerLines&) = delete;

  // Thread-safe; does not wait.
  void send(const NodeId& to, std::vector<std::uint8_t> message);
  // Waits until nothing is queued or under way any more, or the deadline.
  void drain(Deadline deadline);
  void stop();

 private:
  struct Line {
    NodeId to;
    std::deque<std::vector<std::uint8_t>> queue;
    bool busy = false;
    std::condition_variable changed;
    std::thread thread;
  };
  void run(Line& line);
  // Owned by the line's thread.
  struct Connection {
    std::string address;
    std::unique_ptr<HttpsClient> client;
  };
  Result<std::string> carry(const NodeId& to, const std::string& body, Connection& connection);

  const Surroundings surroundings_;
  std::mutex mutex_;  // guards lines_, what is in them but the thread, and stopping_
  std::condition_variable idle_;
  std::map<NodeId, std::unique_ptr<Line>> lines_;
  bool stopping_ = false;
};

}  // namespace mz
