// Real nodes on the hosts of a test network (lan_network.h), each with a D-Bus and an Avahi daemon beside it. A test names the hosts
// it needs; node "a" lives on the first host, "b" on the second and so on, all on port 8765. Skips, and says why, where
// namespaces are not permitted.
#pragma once

#include "tests/functional/cluster_nodes.h"
#include "tests/functional/lan_network.h"

namespace mz::test {

// For what must work: its value, or the test ends there with the reason.
#define MUST(call)                                     \
  do {                                                 \
    const auto& mz_done = (call);                      \
    ASSERT_TRUE(mz_done.ok()) << mz_done.error().text; \
  } while (false)

class LanTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    for (const char* name : {"MESHZERO_DISCOVERY", "DBUS_SYSTEM_BUS_ADDRESS"}) ::unsetenv(name);
    auto made = Lan::make();
    if (!made && made.error().kind == ErrorKind::refused) GTEST_SKIP() << made.error().text;
    ASSERT_TRUE(made.ok()) << made.error().text;
    lan_ = std::move(*made);
  }
  void TearDown() override {
    nodes_.clear();
    lan_.reset();
    ClusterTest::TearDown();
  }

  // Hosts 1 to `count`, each with its daemons.
  void hosts(int count) {
    for (int host = 1; host <= count; ++host) MUST(lan_->add_host(host));
    for (int host = 1; host <= count; ++host) MUST(lan_->start_avahi(host));
  }
  // The host of a node.
  [[nodiscard]] static int at(const std::string& name) { return name.front() - 'a' + 1; }

  // `meshzero ARGUMENTS --data DIR` on the host of the node.
  [[nodiscard]] Said verb(const std::string& name, const std::string& arguments) const {
    return lan_->run(at(name), std::string(MESHZERO_BINARY) + " " + arguments + " --data " + dir(name));
  }

  [[nodiscard]] std::function<bool()> host_of(const std::string& name) const override {
    return [this, host = at(name)] { return lan_->enter(host); };
  }
  [[nodiscard]] std::uint16_t port_of(const std::string&) const override { return 8765; }
  [[nodiscard]] std::string address_of(const std::string& name) const override {
    return Lan::address_of(at(name)) + ":8765";
  }

  [[nodiscard]] json discovery(const std::string& name) const { return nodes_.at(name)->get_json("/api/v1/discovery"); }
  // Waits until the node's discovery has this state; its sentence.
  std::string discovery_when(const std::string& name, const std::string& state) {
    json last;
    nodes_.at(name)->status_when([&](const json&) {
      last = discovery(name).value("discovery", json::object());
      return last.value("state", "") == state;
    });
    return last.value("text", "");
  }
  // Waits until an address whose text begins so has this state; the candidate.
  json candidate_when(const std::string& name, const std::string& address, const std::string& state) {
    json found = json::object();
    nodes_.at(name)->status_when([&](const json&) {
      for (const json& candidate : discovery(name).value("candidates", json::array())) {
        if (!candidate.value("address", "").starts_with(address)) continue;
        found = candidate;
        return candidate.value("state", "") == state;
      }
      return false;
    });
    EXPECT_EQ(found.value("state", ""), state) << found.dump(1);
    return found;
  }
  static bool is_from(const json& candidate, const std::string& source) {
    const json sources = candidate.value("sources", json::array());
    return std::find(sources.begin(), sources.end(), source) != sources.end();
  }
  // Ends nodes as a user does.
  void stop(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      std::chrono::duration<double> took{};
      EXPECT_EQ(nodes_.at(name)->terminate(took), 0);
    }
  }

  std::unique_ptr<Lan> lan_;
};

}  // namespace mz::test
