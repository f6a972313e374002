#include "node/peer_lines.h"

#include <algorithm>

#include "p2p/agreement/message.h"
#include "p2p/protocol.h"

namespace mz {

void add_frame(std::string& body, std::span<const std::uint8_t> message) {
  for (int shift = 0; shift < 32; shift += 8) body += static_cast<char>(message.size() >> shift & 0xff);
  body.append(message.begin(), message.end());
}

bool read_frames(std::string_view body, const std::function<void(std::span<const std::uint8_t>)>& each) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
  std::size_t at = 0;
  for (std::size_t count = 0; at < bytes.size(); ++count) {
    if (count == PeerLines::kMaxMessages || bytes.size() - at < 4) return false;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size |= std::size_t{bytes[at + i]} << (8 * i);
    at += 4;
    if (size > bytes.size() - at || size > ClusterMessage::kMaxBytes) return false;
    each(bytes.subspan(at, size));
    at += size;
  }
  return true;
}

void PeerLines::send(const NodeId& to, std::vector<std::uint8_t> message) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  std::unique_ptr<Line>& line = lines_[to];
  if (!line) {
    line = std::make_unique<Line>();
    line->to = to;
    line->thread = std::thread([this, &line = *line] { run(line); });
  }
  if (line->queue.size() >= kMaxQueued) line->queue.pop_front();
  line->queue.push_back(std::move(message));
  line->changed.notify_one();
}

void PeerLines::drain(Deadline deadline) {
  std::unique_lock lock(mutex_);
  idle_.wait_until(lock, deadline, [this] {
    return std::all_of(lines_.begin(), lines_.end(),
                       [](const auto& line) { return line.second->queue.empty() && !line.second->busy; });
  });
}

void PeerLines::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [id, line] : lines_) line->changed.notify_one();
  }
  for (const auto& [id, line] : lines_) {
    if (line->thread.joinable()) line->thread.join();
  }
}

void PeerLines::run(Line& line) {
  if (surroundings_.name_thread) surroundings_.name_thread(("to " + line.to.short_text()).c_str());
  Connection connection;
  std::unique_lock lock(mutex_);
  for (;;) {
    line.changed.wait(lock, [&] { return stopping_ || !line.queue.empty(); });
    if (stopping_) return;
    std::string body;
    while (!line.queue.empty() && (body.empty() || body.size() + line.queue.front().size() < kMaxBody)) {
      add_frame(body, line.queue.front());
      line.queue.pop_front();
    }
    line.busy = true;
    lock.unlock();
    if (auto back = carry(line.to, body, connection)) {
      if (!back->empty()) surroundings_.came_back(line.to, *back);
    } else {
      surroundings_.failed(line.to);
    }
    lock.lock();
    line.busy = false;
    idle_.notify_all();
  }
}

Result<std::string> PeerLines::carry(const NodeId& to, const std::string& body, Connection& connection) {
  const HttpQuestion question{.method = "POST",
                              .path = "/api/v1/cluster/message",
                              .content_type = "application/octet-stream",
                              .body = body,
                              .bearer = {},
                              .headers = {{std::string(kProtocolHeader), std::to_string(protocol_version())}}};
  std::vector<std::string> addresses = surroundings_.addresses(to);
  // The one that worked last comes first; after one that did not, those that there was no time for.
  if (const auto next = std::find(addresses.begin(), addresses.end(), connection.address); next != addresses.end()) {
    std::rotate(addresses.begin(), next, addresses.end());
  }
  const Deadline end = within(kOneAttempt);
  Result<std::string> result = Error{ErrorKind::unreachable, "No address of this member is known."};
  for (const std::string& address : addresses) {
    if (std::chrono::steady_clock::now() >= end) {
      connection.address = address;
      break;
    }
    if (address != connection.address || !connection.client) {
      auto endpoint = parse_endpoint(address, 0);
      if (!endpoint) continue;
      connection.address = address;
      connection.client =
          std::make_unique<HttpsClient>(HttpsClient::Target{.endpoint = *endpoint, .node = to}, surroundings_.context);
    }
    auto answer = connection.client->ask(question, std::min(end, within(kOneAddress)), kMaxBody);
    if (answer && answer->status == 200) return std::move(answer->body);
    connection.client.reset();
    if (answer && answer->status == 409) {
      surroundings_.spoke_otherwise(to, protocol_number(answer->headers[std::string(kProtocolHeader)]));
    }
    result = answer
                 ? Error{ErrorKind::refused, "The member answered with status " + std::to_string(answer->status) + "."}
                 : answer.error();
  }
  return result;
}

}  // namespace mz
