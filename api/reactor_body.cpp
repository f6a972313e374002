// Bodies: into memory within a budget, or piece by piece into a sink.
#include <algorithm>
#include <array>

#include "api/reactor.h"

namespace mz {
namespace {

constexpr std::size_t kReadChunk = 64U << 10;
constexpr std::size_t kReadBudget = 256U << 10;  // of one connection before the others get their turn
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// A sink is destroyed by the pool that feeds it: that may mean to remove a file.
void dispose(WorkerPool& bulk, std::shared_ptr<Upload> upload) {
  bulk.submit_always([upload = std::move(upload)]() mutable { upload.reset(); });
}

// Whoever has proven who it is counts by itself, others by where they are.
std::string sender_of(const Request& request) {
  const Principal& principal = request.principal;
  if (principal.kind == Principal::Kind::stranger) {
    return address_group(request.arrival.address, request.arrival.loopback);
  }
  const std::string name = principal.kind == Principal::Kind::node ? principal.node_id.text() : principal.label;
  return std::string(principal_word(principal.kind)) + " " + name;
}

}  // namespace

WorkerPool* Reactor::pool_of(Pool pool) const {
  switch (pool) {
    case Pool::control:
      return pools_.control;
    case Pool::ui:
      return pools_.ui;
    case Pool::bulk:
      return pools_.bulk;
    case Pool::reactor:
      break;
  }
  return nullptr;
}

void Reactor::release_body(Connection& connection) {
  bodies_.release(connection.reserved_for, connection.reserved_bytes);
  connection.reserved_bytes = 0;
  connection.body_left = 0;
  connection.paused = false;
  if (connection.upload == nullptr) return;
  --uploads_;
  dispose(*pools_.bulk, std::move(connection.upload));
  connection.upload = nullptr;
}

void Reactor::set_body_deadline(Connection& connection) {
  const auto earned = std::chrono::milliseconds(connection.body_received * 1000 / Listener::kMinBodyBytesPerSecond);
  connection.deadline = connection.body_since + std::chrono::seconds(Listener::kBodyGraceSeconds) + earned;
}

bool Reactor::begin_body(Connection& connection) {
  const std::uint64_t length = connection.request.head.content_length.value_or(0);
  if (connection.upload == nullptr) {
    connection.reserved_for = sender_of(connection.request);
    if (!bodies_.reserve(connection.reserved_for, length)) {
      return refuse(connection, 503, "busy", "Too many large requests are being read. Try again in a moment.");
    }
    connection.reserved_bytes = length;
  }
  connection.body_left = length;
  connection.body_received = 0;
  connection.body_since = Clock::now();
  set_stage(connection, Stage::body, Listener::kBodyGraceSeconds);
  if (connection.request.head.expects_continue && connection.in.empty()) {
    // The client waits for this and has sent nothing since its head, so there is room for it.
    const Stream::Moved moved = connection.stream.write(kContinue.data(), kContinue.size());
    if (moved.status != Stream::Status::done || moved.bytes != kContinue.size()) return false;
  }
  return take_body(connection);
}

bool Reactor::take_body(Connection& connection) {
  std::array<char, kReadChunk> chunk;
  std::string& target = connection.upload != nullptr ? connection.upload->filling : connection.request.body;
  std::size_t budget = kReadBudget;
  while (connection.body_left > 0 && budget > 0) {
    if (connection.upload != nullptr && target.size() >= Listener::kPieceBytes) break;
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(connection.body_left, std::min<std::size_t>(chunk.size(), budget)));
    std::size_t taken = std::min(wanted, connection.in.size());
    if (taken > 0) {
      target.append(connection.in, 0, taken);
      connection.in.erase(0, taken);
    } else {
      const Stream::Moved moved = connection.stream.read(chunk.data(), wanted);
      if (moved.status == Stream::Status::want_read) break;
      if (moved.status == Stream::Status::want_write) {
        connection.blocked_on_write = true;
        break;
      }
      if (moved.status != Stream::Status::done) return false;
      taken = moved.bytes;
      target.append(chunk.data(), taken);
    }
    connection.body_left -= taken;
    connection.body_received += taken;
    budget -= taken;
  }
  set_body_deadline(connection);
  if (connection.upload != nullptr) {
    feed(connection);
    return true;
  }
  return connection.body_left > 0 || dispatch(connection);
}

bool Reactor::dispatch(Connection& connection) {
  const Route& route = *connection.route;
  WorkerPool* pool = pool_of(route.pool);
  if (pool == nullptr) return send(connection, service_->answer(route, connection.request));
  set_stage(connection, Stage::answering, 0);
  auto request = std::make_shared<Request>(std::move(connection.request));
  const bool queued = pool->submit([this, id = connection.id, &route, request] {
    auto response = std::make_shared<HttpResponse>(service_->answer(route, *request));
    post([this, id, response] {
      with_connection(id, [&](Connection& waiting) { return send(waiting, *response) && use_input(waiting); });
    });
  });
  if (queued) return true;
  return send(connection, error_response(503, "busy", "Too many requests wait for an answer. Try again in a moment."));
}

bool Reactor::open_upload(Connection& connection) {
  if (uploads_ >= Listener::kMaxUploads) {
    return refuse(connection, 503, "busy", "Too many uploads are running. Try again in a moment.");
  }
  ++uploads_;
  auto upload = std::make_shared<Upload>();
  upload->request = connection.request;
  upload->busy = true;
  connection.upload = upload;
  set_stage(connection, Stage::answering, 0);
  pools_.bulk->submit_always([this, id = connection.id, route = connection.route, upload] {
    auto sink = service_->open_sink(*route, upload->request);
    const Result<void> result = sink ? Result<void>() : Result<void>(sink.error());
    if (sink) upload->sink = std::move(*sink);
    post([this, id, result] {
      with_connection(id, [&](Connection& waiting) { return upload_opened(waiting, result); });
    });
  });
  return true;
}

bool Reactor::upload_opened(Connection& connection, const Result<void>& result) {
  connection.upload->busy = false;
  if (!result) {
    connection.keep_alive = false;
    return send(connection, error_response(result.error()));
  }
  return begin_body(connection);
}

// The client has to wait for the sink, so its time does not count.
void Reactor::pause(Connection& connection) {
  connection.paused = true;
  connection.paused_at = Clock::now();
  connection.deadline = Clock::time_point::max();
}

void Reactor::feed(Connection& connection) {
  Upload& upload = *connection.upload;
  const bool complete = connection.body_left == 0;
  const bool full = upload.filling.size() >= Listener::kPieceBytes;
  if (upload.busy) {
    if (full || complete) pause(connection);
    return;
  }
  if (complete && upload.filling.empty()) return finish_upload(connection);
  if (!complete && !full) return;
  upload.busy = true;
  if (complete) pause(connection);
  auto piece = std::make_shared<std::string>(std::move(upload.filling));
  upload.filling = std::string();
  pools_.bulk->submit_always([this, id = connection.id, kept = connection.upload, piece] {
    const Result<void> result = kept->sink->write(*piece);
    post([this, id, result] {
      with_connection(id, [&](Connection& waiting) { return piece_written(waiting, result); });
    });
  });
}

bool Reactor::piece_written(Connection& connection, const Result<void>& result) {
  if (connection.upload == nullptr) return true;  // the client was too slow and has its answer, which is on its way out
  connection.upload->busy = false;
  if (connection.paused) {
    connection.paused = false;
    connection.body_since += Clock::now() - connection.paused_at;
    set_body_deadline(connection);
  }
  if (!result) {
    if (connection.body_left > 0) connection.keep_alive = false;
    return send(connection, error_response(result.error()));
  }
  feed(connection);
  return connection.stage != Stage::body || connection.body_left == 0 || take_body(connection);
}

void Reactor::finish_upload(Connection& connection) {
  set_stage(connection, Stage::answering, 0);
  connection.upload->busy = true;
  pools_.bulk->submit_always([this, id = connection.id, kept = connection.upload] {
    auto response = std::make_shared<HttpResponse>(kept->sink->finish());
    post([this, id, response] {
      with_connection(id, [&](Connection& waiting) { return send(waiting, *response) && use_input(waiting); });
    });
  });
}

}  // namespace mz
