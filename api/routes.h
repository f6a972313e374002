// Every address this node answers, as one table: what admits and dispatches requests is also what `meshzero routes` and the
// documentation are printed from. A part of the API adds its routes as a table of its own (routes.cpp lists the tables).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "api/field.h"
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

// What a program needs to know to call a route, besides who may.
struct Contract {
  std::span<const Field> variables = {};               // of the path, in order: what stands for each {name}
  std::span<const Field> query = {};                   // parameters behind the `?`; under /api/ any other is refused
  std::span<const Field> fields = {};                  // of a JSON body; the route reads it with json_body
  int status = 200;                                    // of success
  int also = 0;                                        // another status with the same content: 503 of /health
  std::string_view content_type = "application/json";  // of success; "*/*" for several
  std::span<const Field> gives = {};                   // of the JSON object in the answer
  // Refusals that only this route knows. Those that follow from its access, path and body are added (statuses_of).
  std::span<const int> refusals = {};
  bool between_nodes = false;  // refused without our protocol version in its header (p2p/protocol.h)
};

struct Route {
  std::string_view method;   // GET, POST, PUT or DELETE; HEAD is answered wherever GET is
  std::string_view path;     // a segment {name} stands for any one segment
  std::string_view summary;  // one sentence
  Access access;
  Pool pool = Pool::reactor;
  HttpResponse (*answer)(const NodeServices& services, const Request& request) = nullptr;
  Contract contract = {};
  BodyKind body = BodyKind::none;
  std::size_t body_limit = 0;  // bytes
  // Of BodyKind::stream, instead of `answer`.
  Result<std::unique_ptr<BodySink>> (*open_sink)(const NodeServices& services, const Request& request) = nullptr;
};

std::span<const Route> routes();

// Other addresses let unknown parameters pass: browsers, balancers and scrapers add their own.
inline bool takes_declared_parameters_only(const Route& route) { return route.path.starts_with("/api/"); }

// Every status with which an admitted or refused request for this route may be answered, in ascending order. A request that
// is no proper HTTP gets no further than its head and may be answered otherwise.
std::vector<int> statuses_of(const Route& route);

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
