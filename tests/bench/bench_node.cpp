#include "tests/bench/bench_node.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "api/http_connection.h"
#include "api/loopback_client.h"

namespace mz::bench {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kStartLimit{30};
constexpr std::chrono::milliseconds kAskEvery{5};

volatile sig_atomic_t g_ended = 0;

// The program with stdout in a pipe.
struct Child {
  pid_t pid = 0;
  Descriptor output;
};

Child start(std::vector<std::string> words, const std::function<bool()>& enter = {}) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) throw Failed("no pipe");
  Child child;
  child.output = Descriptor(ends[0]);
  const Descriptor theirs(ends[1]);
  set_close_on_exec(ends[0]);
  set_close_on_exec(ends[1]);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  child.pid = ::fork();
  if (child.pid < 0) throw Failed("no process");
  if (child.pid == 0) {
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (enter && !enter()) ::_exit(126);
    ::dup2(theirs.get(), STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  return child;
}

// Up to `end` or, without one, to the end of the output.
std::string read_from(const Descriptor& output, const std::string& end) {
  std::string text;
  std::array<char, 4096> chunk{};
  const auto deadline = Clock::now() + kStartLimit;
  while (end.empty() || text.find(end) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{output.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) <= 0) break;
    const auto n = ::read(output.get(), chunk.data(), chunk.size());
    if (n <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_ended = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void rest(std::chrono::milliseconds time) {
  const auto end = Clock::now() + time;
  for (;;) {
    if (g_ended != 0) throw Failed("ended by a signal");
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return;
    ::poll(nullptr, 0, static_cast<int>(left));
  }
}

void wait_until(const std::function<bool()>& holds, std::chrono::seconds limit, const std::string& what) {
  const auto deadline = Clock::now() + limit;
  while (!holds()) {
    if (Clock::now() >= deadline) throw Failed(what);
    rest(kAskEvery);
  }
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "meshzero-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw Failed("no temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string output_of(const std::string& binary, std::vector<std::string> words) {
  words.insert(words.begin(), binary);
  const Child child = start(words);
  std::string text = read_from(child.output, "");
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Failed(words[1] + " failed");
  return text;
}

Node::Node(const std::string& binary, const std::filesystem::path& data, std::uint16_t port,
           const std::vector<std::string>& flags, const std::function<bool()>& enter) {
  std::vector<std::string> words{
      binary, "up",     "--foreground",      "--json", "--data", data.string(), "--disk-floor-gb",
      "0",    "--port", std::to_string(port)};
  if (enter) {
    control_socket_ = data / "control.sock";
  } else {
    words.emplace_back("--no-discovery");
  }
  if (std::find(flags.begin(), flags.end(), "--workers") == flags.end()) words.insert(words.end(), {"--workers", "0"});
  words.insert(words.end(), flags.begin(), flags.end());
  Child child = start(words, enter);
  pid_ = child.pid;
  output_ = std::move(child.output);
  const json said = json::parse(read_from(output_, "}"), nullptr, false);
  if (said.is_object()) port_ = said.value("port", std::uint16_t{0});
  if (port_ != 0) return;
  kill_hard();
  throw Failed("a node did not start in " + data.string());
}

json Node::get(const std::string& path) const {
  if (!control_socket_.empty()) {
    auto connection = HttpConnection::dial_file(control_socket_);
    if (!connection) return {};
    const auto said = connection->ask({.path = path}, within(std::chrono::seconds(10)));
    return said ? json::parse(said->body, nullptr, false) : json();
  }
  const auto answer = http_get(port_, path, std::chrono::seconds(10));
  return answer ? json::parse(answer->body, nullptr, false) : json();
}

void Node::post(const std::string& path, const json& body) const {
  HttpConnection connection = must(HttpConnection::dial_file(control_socket_));
  HttpQuestion question{.method = "POST", .path = path};
  question.content_type = "application/json";
  question.body = body.dump();
  const HttpAnswer said = must(connection.ask(question, within(std::chrono::seconds(10))));
  if (said.status != 200) throw Failed(path + ": " + said.body);
}

void Node::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void Node::kill_hard() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for_end();
}

void Node::wait_for_end() {
  if (pid_ > 0) ::waitpid(std::exchange(pid_, 0), nullptr, 0);
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) throw Failed("nothing was measured");
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

json distribution(const std::vector<double>& values) {
  return {{"samples", values.size()},        {"p50", percentile(values, 0.5)}, {"p95", percentile(values, 0.95)},
          {"p99", percentile(values, 0.99)}, {"max", percentile(values, 1)},   {"all", values}};
}

double load() {
  double average = -1;
  return ::getloadavg(&average, 1) == 1 ? average : -1;
}

}  // namespace mz::bench
