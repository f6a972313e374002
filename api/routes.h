// Every address this node answers, as one table: what dispatches requests is also what the documentation is printed from.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/http_message.h"
#include "api/node_state.h"
#include "api/request_head.h"

namespace mz {

struct Route {
  std::string_view method;   // "GET"; HEAD is answered wherever GET is
  std::string_view path;     // with {name} for one variable segment
  std::string_view summary;  // one sentence
  bool any_host;             // answered whatever the Host header says
  bool slow;                 // asks the store: answered by the pool instead of the reactor
  HttpResponse (*answer)(const NodeState& state, const RequestHead& head, const std::string& variable);
};

std::span<const Route> routes();

// Answers any request; thread-safe, throws nothing.
HttpResponse answer_request(const NodeState& state, const RequestHead& head);
// Whether the request belongs into the pool.
bool is_slow_request(const RequestHead& head);

}  // namespace mz
