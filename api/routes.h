// Every address this node answers, as one table: what admits and dispatches requests is also what `meshzero routes` and the
// documentation are printed from. A part of the API adds its routes as a table of its own (routes.cpp lists the tables).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "api/http_message.h"
#include "api/request.h"
#include "api/request_head.h"
#include "api/services.h"

namespace mz {

// Who does the work of a route. Every pool has its own threads and queue, so that one cannot starve another.
enum class Pool : std::uint8_t {
  reactor,  // the thread that owns the sockets: only what reads prepared memory
  control,  // what keeps the cluster together: heartbeats, joining, tokens
  ui,       // what asks the store for a person
  bulk,     // what moves large bodies
};

std::string_view pool_word(Pool pool);

enum class BodyKind : std::uint8_t {
  none,
  json,    // application/json, in memory
  bytes,   // application/octet-stream, in memory
  stream,  // application/octet-stream, through a BodySink
};

struct Route {
  std::string_view method;   // GET, POST, PUT or DELETE; HEAD is answered wherever GET is
  std::string_view path;     // a segment {name} stands for any one segment
  std::string_view summary;  // one sentence
  Access access;
  Pool pool = Pool::reactor;
  HttpResponse (*answer)(const NodeServices& services, const Request& request) = nullptr;
  BodyKind body = BodyKind::none;
  std::size_t body_limit = 0;  // bytes
  // Of BodyKind::stream, instead of `answer`.
  Result<std::unique_ptr<BodySink>> (*open_sink)(const NodeServices& services, const Request& request) = nullptr;
};

std::span<const Route> routes();

// A request that may go on, or the answer that ends it.
struct Admission {
  const Route* route = nullptr;  // null: refused
  std::vector<std::string> variables;
  Principal principal;
  HttpResponse refusal;
};

// Decides from the head alone, before anything of a body is read, whether and where a request goes. `peer` is what the
// connection has proven: a node, a local user or a stranger. Quick and thread-safe, throws nothing.
Admission admit_request(std::span<const Route> table, const NodeServices& services, const RequestHead& head,
                        const Principal& peer, const Arrival& arrival);

// Answers an admitted request; thread-safe, throws nothing.
HttpResponse answer_request(const NodeServices& services, const Route& route, const Request& request);

}  // namespace mz
