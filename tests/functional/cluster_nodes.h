// Several real nodes on this computer that are one cluster.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <stdexcept>

#include "tests/functional/test_node.h"

namespace mz::test {

inline std::string leader_of(const json& status) {
  const json leader = status.value("leader", json());
  return leader.is_string() ? leader.get<std::string>() : "";
}

inline std::uint64_t term_of(const json& status) {
  const json ballot = status.value("ballot", json());
  return ballot.is_object() ? ballot.value("term", std::uint64_t{0}) : 0;
}

inline json member_of(const json& status, const std::string& id) {
  for (const json& member : status.value("members", json::array())) {
    if (member.at("node_id") == id) return member;
  }
  return json::object();
}

class ClusterTest : public NodeTest {
 protected:
  void TearDown() override {
    nodes_.clear();
    NodeTest::TearDown();
  }

  [[nodiscard]] std::string dir(const std::string& name) const { return (root_ / name).string(); }
  void start(const std::string& name, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--port", std::to_string(port_of(name)), "--workers", "0"});
    nodes_[name].reset();
    nodes_[name] = std::make_unique<NodeProcess>(dir(name), flags, host_of(name), binary_);
    ids_[name] = nodes_[name]->status().value("node_id", "");
  }
  [[nodiscard]] std::string token_of(const std::string& admin) const {
    const auto made =
        json::parse(run_binary("token create --role node --json --data " + dir(admin)).out, nullptr, false);
    EXPECT_TRUE(made.is_object());
    return made.is_object() ? made.value("token", "") : "";
  }
  [[nodiscard]] virtual std::string address_of(const std::string& name) const {
    return "127.0.0.1:" + std::to_string(nodes_.at(name)->port());
  }
  void join(const std::string& name, const std::string& admin) {
    start(name, {"--join", token_of(admin), "--peer", address_of(admin)});
  }
  // Nodes of one cluster, called by these names; all agree when it returns.
  void found(const std::vector<std::string>& names) {
    start(names.front());
    for (std::size_t i = 1; i < names.size(); ++i) join(names[i], names.front());
    agree(names);
  }

  // Waits until all of them follow one leader among them and call each other alive; returns its name. Ends the test otherwise.
  std::string agree(const std::vector<std::string>& names) {
    std::string chosen;
    bool agreed = false;
    const std::string asked = names.front();
    (void)nodes_.at(asked)->status_when([&](const json&) {
      std::set<std::string> leaders;
      for (const std::string& name : names) {
        const json status = nodes_.at(name)->status();
        leaders.insert(leader_of(status));
        for (const std::string& other : names) {
          if (member_of(status, ids_.at(other)).value("state", "") != "alive") return false;
        }
      }
      if (leaders.size() != 1) return false;
      chosen = name_of(*leaders.begin());
      agreed = std::find(names.begin(), names.end(), chosen) != names.end();
      return agreed;
    });
    if (!agreed) throw std::runtime_error("no agreement");  // there is no leader to go on with
    return chosen;
  }
  [[nodiscard]] std::string name_of(const std::string& id) const {
    for (const auto& [name, known] : ids_) {
      if (known == id) return name;
    }
    return "";
  }
  static std::vector<std::string> without(std::vector<std::string> names, const std::string& name) {
    std::erase(names, name);
    return names;
  }

  // Where a node will run: what its child calls to get there, none for this host; and its port, 0 for any free one.
  [[nodiscard]] virtual std::function<bool()> host_of(const std::string&) const { return {}; }
  [[nodiscard]] virtual std::uint16_t port_of(const std::string&) const { return 0; }

  std::string binary_ = MESHZERO_BINARY;  // of nodes that are started from now on
  std::map<std::string, std::unique_ptr<NodeProcess>> nodes_;
  std::map<std::string, std::string> ids_;
};

}  // namespace mz::test
