// How long /health takes while others do their worst: slow sockets, half-open TLS handshakes, a large upload.
//
//   front_door_bench --meshzero build/release/meshzero [--rounds 3] [--json]
//
// A round measures all conditions one after the other, the quiet node first and last: what differs between those two is the
// machine.
//
// The node is a real one, started on a free port with no workers. No route of it takes an upload yet, so the accepted upload
// is measured against the same listener in this process, with a sink that throws the bytes away; the node itself is
// measured refusing one. Every /health is a connection of its own, without TLS, as a health check makes it.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <future>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "api/https_client.h"
#include "api/listener.h"
#include "api/loopback_client.h"
#include "p2p/trust/authority.h"
#include "tests/bench/bench_node.h"

using namespace mz;
using namespace mz::bench;
using nlohmann::json;

namespace {

constexpr int kHeld = 400;  // slow sockets, and half-open handshakes
constexpr std::size_t kSamples = 2000;
constexpr std::uint64_t kUploadBytes = 1U << 30;
constexpr const char* kSlowHead = "GET /health HTTP/1.1\r\nHost: local";  // and nothing more

Descriptor connect_to(std::uint16_t port) { return must(dial({"127.0.0.1", port}, within(std::chrono::seconds(10)))); }

void send_all(const Descriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket.get(), bytes.data(), bytes.size(), 0);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EAGAIN || !wait_for(socket.get(), POLLOUT, within(std::chrono::seconds(10)))) {
      return;
    }
  }
}

// The first message of a handshake that is never continued: the node has done its costly part when it waits for the next.
std::string client_hello(const TlsContext& context) {
  SSL* tls = SSL_new(context.get());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(tls, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(tls);
  SSL_do_handshake(tls);
  std::string bytes(4096, '\0');
  const int n = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  SSL_free(tls);
  if (n <= 0) throw Failed("no greeting");
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

std::vector<Descriptor> hold(std::uint16_t port, const std::string& bytes) {
  std::vector<Descriptor> held;
  for (int i = 0; i < kHeld; ++i) {
    held.push_back(connect_to(port));
    send_all(held.back(), bytes);
  }
  return held;
}

struct Figures {
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
  std::size_t samples = 0;
};

// Asks until there are enough samples and `goes_on` says no.
template <class GoesOn>
Figures measure(std::uint16_t port, const GoesOn& goes_on) {
  std::vector<double> times;
  while (times.size() < kSamples || goes_on()) {
    const auto start = Clock::now();
    const auto answer = http_get(port, "/health", std::chrono::seconds(10));
    if (!answer) throw Failed("/health was not answered: " + answer.error().text);
    times.push_back(seconds_since(start) * 1000);
  }
  return {percentile(times, 0.5), percentile(times, 0.99), percentile(times, 1), times.size()};
}

Figures measure(std::uint16_t port) {
  return measure(port, [] { return false; });
}

class DiscardingSink : public BodySink {
 public:
  Result<void> write(std::string_view piece) override {
    bytes_ += piece.size();
    return {};
  }
  HttpResponse finish() override {
    HttpResponse response;
    response.body = std::to_string(bytes_);
    return response;
  }

 private:
  std::uint64_t bytes_ = 0;
};

Result<std::unique_ptr<BodySink>> open_discarding_sink(const NodeServices&, const Request&) {
  return std::unique_ptr<BodySink>(std::make_unique<DiscardingSink>());
}

HttpResponse healthy(const NodeServices&, const Request&) {
  HttpResponse response;
  response.body = "{\"status\":\"ok\"}";
  return response;
}

TlsIdentity new_member(const Authority& authority) {
  const PrivateKey key = must(PrivateKey::generate());
  return {key, must(authority.sign(key.public_key(), Role::worker, "", std::time(nullptr))), authority.certificate()};
}

// Sends a body of 1 GiB; true when all of it was taken.
bool upload(std::uint16_t port, const TlsContext& context) {
  Stream stream(connect_to(port));
  if (!stream.start_tls_client(context.get())) throw Failed("no TLS");
  const auto wait = [&](Stream::Status status) {
    const bool reads = status == Stream::Status::want_read;
    const bool waits = reads || status == Stream::Status::want_write;
    return waits && wait_for(stream.descriptor(), reads ? POLLIN : POLLOUT, within(std::chrono::seconds(30)));
  };
  for (Stream::Status status = stream.handshake(); status != Stream::Status::done; status = stream.handshake()) {
    if (!wait(status)) throw Failed("the handshake of the upload failed");
  }
  const std::string head =
      "PUT /objects/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
      "Content-Length: " +
      std::to_string(kUploadBytes) + "\r\n\r\n";
  const std::string piece(256U << 10, 'x');
  std::uint64_t left = kUploadBytes;
  std::string_view now = head;
  while (!now.empty()) {
    const Stream::Moved moved = stream.write(now.data(), now.size());
    if (moved.status == Stream::Status::done) {
      now.remove_prefix(moved.bytes);
    } else if (!wait(moved.status)) {
      return false;
    }
    if (now.empty() && left > 0) {
      now = std::string_view(piece).substr(0, std::min<std::uint64_t>(left, piece.size()));
      left -= now.size();
    }
  }
  std::array<char, 4096> answer{};
  for (;;) {
    const Stream::Moved moved = stream.read(answer.data(), answer.size());
    if (moved.status == Stream::Status::done)
      return std::string_view(answer.data(), moved.bytes).starts_with("HTTP/1.1 200");
    if (!wait(moved.status)) return false;
  }
}

// Measures while an upload runs; `mb_per_s` is its speed.
Figures measure_during_upload(std::uint16_t port, const TlsContext& context, double& mb_per_s) {
  std::atomic<bool> running{true};
  auto sent = std::async(std::launch::async, [&] {
    const auto start = Clock::now();
    bool taken = false;
    try {
      taken = upload(port, context);
    } catch (const Failed&) {
      running = false;
      throw;
    }
    mb_per_s = taken ? static_cast<double>(kUploadBytes) / 1e6 / seconds_since(start) : 0;
    running = false;
  });
  const Figures figures = measure(port, [&] { return running.load(); });
  sent.get();
  return figures;
}

json to_json(const Figures& figures) {
  return {
      {"p50_ms", figures.p50_ms}, {"p99_ms", figures.p99_ms}, {"max_ms", figures.max_ms}, {"samples", figures.samples}};
}

void measure_node(const std::string& binary, const TlsContext& unknown, json& out) {
  const TemporaryDirectory root;
  const Node node(binary, root.path() / "data", 0, {});
  measure(node.port());  // warms up
  out["quiet"] = to_json(measure(node.port()));
  {
    const auto slow = hold(node.port(), kSlowHead);
    out["slow_sockets_400"] = to_json(measure(node.port()));
  }
  const std::string hello = client_hello(unknown);
  {
    const auto half_open = hold(node.port(), hello);
    out["half_open_handshakes_400"] = to_json(measure(node.port()));
  }
  // A client that shows no certificate: refused from the head; what it goes on sending is thrown away for 2 s.
  const TlsContext anyone(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_verify(anyone.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(anyone.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  {
    const auto slow = hold(node.port(), kSlowHead);
    const auto half_open = hold(node.port(), hello);
    double mb_per_s = 0;
    out["all_and_refused_upload"] = to_json(measure_during_upload(node.port(), anyone, mb_per_s));
  }
  out["quiet_again"] = to_json(measure(node.port()));
  // A worker on each core, which play all the time.
  const Node playing(binary, root.path() / "playing", 0,
                     {"--workers", std::to_string(std::max(1U, std::thread::hardware_concurrency()))});
  wait_until(
      [&] {
        const json workers = playing.get("/api/v1/status").value("workers", json::array());
        return !workers.empty() && std::all_of(workers.begin(), workers.end(),
                                               [](const json& worker) { return worker["state"] == "playing"; });
      },
      std::chrono::seconds(60), "the workers do not play");
  out["workers_play"] = to_json(measure(playing.port()));
}

void measure_upload(const Authority& authority, json& out) {
  constexpr Access kEverybody{Caller::anyone};
  constexpr Access kNode{Caller::node};
  const std::vector<Route> table{{"GET", "/health", "", kEverybody, Pool::reactor, healthy},
                                 {"PUT",
                                  "/objects/{id}",
                                  "",
                                  kNode,
                                  Pool::bulk,
                                  nullptr,
                                  {},
                                  BodyKind::stream,
                                  std::size_t{kUploadBytes},
                                  open_discarding_sink}};
  const NodeServices services;
  const auto listener = must(Listener::bind({}));
  const TlsContext server = must(make_server_context(new_member(authority), system_wall_clock()));
  listener->start(
      {.admit = [&](const RequestHead& head, const Principal& peer,
                    const Arrival& arrival) { return admit_request(table, services, head, peer, arrival); },
       .answer = [&](const Route& route, const Request& request) { return answer_request(services, route, request); },
       .tls = [&] { return server; },
       .identify =
           [](const SSL* tls) {
             Principal principal;
             if (peer_of(tls, std::time(nullptr))) principal.kind = Principal::Kind::node;
             return principal;
           },
       .open_sink = [&](const Route& route, const Request& request) { return route.open_sink(services, request); }});
  const TlsContext member = must(make_client_context(new_member(authority), system_wall_clock()));
  double mb_per_s = 0;
  out["upload_1_gib"] = to_json(measure_during_upload(listener->port(), member, mb_per_s));
  out["upload_1_gib"]["mb_per_s"] = mb_per_s;
  const auto slow = hold(listener->port(), kSlowHead);
  const auto half_open = hold(listener->port(), client_hello(member));
  out["all_and_upload_1_gib"] = to_json(measure_during_upload(listener->port(), member, mb_per_s));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures /health while others do their worst.");
  std::string binary;
  int rounds = 1;
  bool as_json = false;
  app.add_option("--meshzero", binary, "The program under test.")->required();
  app.add_option("--rounds", rounds, "How often everything is measured.")->check(CLI::PositiveNumber);
  app.add_flag("--json", as_json, "Print JSON.");
  CLI11_PARSE(app, argc, argv);
  end_on_signals();
  json out = json::array();
  try {
    const Authority authority = must(Authority::create(std::time(nullptr)));
    const TlsContext unknown = must(make_client_context(new_member(authority), system_wall_clock()));
    for (int i = 0; i < rounds; ++i) {
      json round;
      const double before = load();
      measure_node(binary, unknown, round);
      measure_upload(authority, round);
      out.push_back({{"load", {before, load()}}, {"health", round}});
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "front_door_bench: %s\n", error.what());
    return 1;
  }
  if (as_json) {
    std::cout << out.dump(2) << '\n';
    return 0;
  }
  for (const json& round : out) {
    std::printf("load %.2f before, %.2f after\n", round["load"][0].get<double>(), round["load"][1].get<double>());
    for (const auto& [name, figures] : round["health"].items()) {
      std::printf("%-28s p50 %.3f ms   p99 %.3f ms   max %.3f ms   (%zu)\n", name.c_str(),
                  figures["p50_ms"].get<double>(), figures["p99_ms"].get<double>(), figures["max_ms"].get<double>(),
                  figures["samples"].get<std::size_t>());
    }
  }
  return 0;
}
