// Members of a real etcd (Debian's etcd-server) as children of a test, on free ports of the loopback.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "node/etcd_client.h"
#include "tests/functional/test_node.h"

namespace mz::test {

inline bool etcd_is_there() { return run_program("etcd", "--version", "2>/dev/null").code == 0; }

// Between 20000 and 29999; free a moment ago.
inline std::uint16_t free_port() {
  std::random_device random;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(20'000 + random() % 10'000);
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return port;
  }
}

class EtcdServers {
 public:
  // `tls`: names of the files with authority, certificate and key, in this order; empty for none. Whoever asks must show a
  // certificate of that authority too.
  EtcdServers(std::filesystem::path root, std::size_t count, std::vector<std::string> tls = {})
      : root_(std::move(root)), tls_(std::move(tls)), members_(count) {
    for (Member& member : members_) {
      member.client_port = free_port();
      member.peer_port = free_port();
    }
    for (std::size_t i = 0; i < count; ++i) launch(i);
    for (std::size_t i = 0; i < count; ++i) wait_until_it_answers(i);
  }
  ~EtcdServers() {
    for (std::size_t i = 0; i < members_.size(); ++i) kill(i);
  }
  EtcdServers(const EtcdServers&) = delete;
  EtcdServers& operator=(const EtcdServers&) = delete;

  [[nodiscard]] std::string url(std::size_t i) const {
    return (tls_.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") + std::to_string(members_[i].client_port);
  }
  // `--etcd URL` for each member.
  [[nodiscard]] std::vector<std::string> flags() const {
    std::vector<std::string> flags;
    for (std::size_t i = 0; i < members_.size(); ++i) flags.insert(flags.end(), {"--etcd", url(i)});
    return flags;
  }

  void kill(std::size_t i) {
    if (members_[i].pid == 0) return;
    ::kill(members_[i].pid, SIGKILL);
    ::waitpid(std::exchange(members_[i].pid, 0), nullptr, 0);
  }
  // After a kill, on the same data.
  void launch(std::size_t i) {
    const std::string name = "m" + std::to_string(i);
    const std::string scheme = tls_.empty() ? "http://" : "https://";
    const std::string client = scheme + "127.0.0.1:" + std::to_string(members_[i].client_port);
    const std::string peer = peer_url(i);
    std::string all;
    for (std::size_t k = 0; k < members_.size(); ++k) {
      all += (k == 0 ? "m" : ",m") + std::to_string(k) + "=" + peer_url(k);
    }
    std::vector<std::string> words{"etcd", "--name", name, "--data-dir", (root_ / name).string(),
                                   "--listen-client-urls", client, "--advertise-client-urls", client,
                                   "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                                   "--initial-cluster", all,
                                   // A disk that other tests keep busy must not cost it its leader.
                                   // Passwords are checked fast.
                                   "--bcrypt-cost", "4", "--heartbeat-interval", "200", "--election-timeout", "2000"};
    if (!tls_.empty()) {
      words.insert(words.end(), {"--trusted-ca-file", tls_[0], "--cert-file", tls_[1], "--key-file", tls_[2]});
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    members_[i].pid = ::fork();
    if (members_[i].pid == 0) {
      const int log = ::open((root_ / (name + ".log")).c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      ::execvp("etcd", arguments.data());
      ::_exit(127);
    }
  }

  // A request to the gateway; null when it was not answered with 200.
  [[nodiscard]] json post(std::size_t i, const std::string& path, const json& body) const {
    ServiceTls tls;
    TlsContext context;
    if (!tls_.empty()) {
      tls.authorities_pem = run_program("cat", tls_[0], kOnlyStdout).out;
      tls.certificate_pem = run_program("cat", tls_[1], kOnlyStdout).out;
      tls.key_pem = run_program("cat", tls_[2], kOnlyStdout).out;
      context = make_service_context(tls).value();
    }
    const Deadline deadline = within(std::chrono::seconds(30));
    auto connection = HttpConnection::dial_service({"127.0.0.1", members_[i].client_port}, context, deadline);
    if (!connection) return {};
    auto answer = connection->ask(
        {.method = "POST", .path = path, .content_type = "application/json", .body = body.dump()}, deadline);
    return answer && answer->status == 200 ? json::parse(answer->body, nullptr, false) : json();
  }
  // Answers what needs a quorum.
  void wait_until_it_answers(std::size_t i) const {
    const Deadline deadline = within(std::chrono::duration_cast<std::chrono::milliseconds>(kPatience));
    while (post(i, "/v3/kv/range", {{"key", "eA=="}}).is_null()) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "etcd does not come up; " << (root_ / "m0.log");
        return;
      }
      ::poll(nullptr, 0, 50);  // between two questions
    }
  }

 private:
  struct Member {
    std::uint16_t client_port = 0;
    std::uint16_t peer_port = 0;
    pid_t pid = 0;
  };
  [[nodiscard]] std::string peer_url(std::size_t i) const {
    return "http://127.0.0.1:" + std::to_string(members_[i].peer_port);
  }

  const std::filesystem::path root_;
  const std::vector<std::string> tls_;
  std::vector<Member> members_;
};

}  // namespace mz::test
