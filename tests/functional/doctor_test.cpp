// `meshzero doctor` beside real nodes.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>

#include "p2p/trust/authority.h"
#include "p2p/trust/node_trust.h"
#include "p2p/trust/private_file.h"
#include "tests/functional/cluster_nodes.h"

namespace {

using mz::test::ClusterTest;
using mz::test::json;
using mz::test::run_binary;

class DoctorTest : public ClusterTest {
 protected:
  // The findings by id; exit code and levels must fit each other.
  json examine(const std::string& arguments) {
    const auto ended = run_binary("doctor --json " + arguments);
    const json said = json::parse(ended.out, nullptr, false);
    json findings = json::object();
    bool well = true;
    if (!said.is_object() || !said.contains("findings")) {
      ADD_FAILURE() << "no findings: " << ended.out;
      return findings;
    }
    for (const json& each : said.at("findings")) {
      const std::string level = each.at("level");
      EXPECT_TRUE(std::set<std::string>({"ok", "info", "warning", "error"}).contains(level)) << each;
      EXPECT_FALSE(each.at("text").get<std::string>().empty());
      EXPECT_EQ(each.at("remedy").get<std::string>().empty(), level == "ok") << each;
      well = well && (level == "ok" || level == "info");
      findings[each.at("id").get<std::string>()] = each;
    }
    EXPECT_EQ(ended.code, well ? 0 : 1) << ended.out;
    return findings;
  }
  json examine_node(const std::string& name) { return examine("--data " + dir(name)); }
};

TEST_F(DoctorTest, TellsAHealthyClusterFromOneWithASingleAdmin) {
  found({"a", "b"});
  (void)nodes_.at("a")->status_when([](const json& status) { return status.value("status", "") == "ok"; });
  json findings = examine_node("a");
  EXPECT_TRUE(findings.contains("node.running")) << findings;
  EXPECT_TRUE(findings.contains("port.listening")) << findings;
  EXPECT_TRUE(findings.contains("certificate.valid")) << findings;
  EXPECT_TRUE(findings.contains("files.enough")) << findings;
  ASSERT_TRUE(findings.contains("admin.single")) << findings;
  EXPECT_NE(findings["admin.single"]["remedy"].get<std::string>().find("meshzero nodes promote"), std::string::npos);

  ASSERT_EQ(run_binary("nodes promote " + ids_.at("b") + " --data " + dir("a")).code, 0);
  (void)nodes_.at("a")->status_when([&](const json& status) {
    const json roles = mz::test::member_of(status, ids_.at("b")).value("roles", json::array());
    return std::find(roles.begin(), roles.end(), "admin") != roles.end();
  });
  findings = examine_node("a");
  for (const char* id : {"member.reached", "clock.agrees", "version.same", "admin.several"}) {
    EXPECT_TRUE(findings.contains(id)) << id << " is not among " << findings;
  }
  EXPECT_NE(findings["member.reached"]["text"].get<std::string>().find(ids_.at("b").substr(0, 7)), std::string::npos);
}

TEST_F(DoctorTest, NamesAMemberThatIsGone) {
  found({"a", "b"});
  nodes_.at("b")->kill_hard();
  const json findings = examine_node("a");
  ASSERT_TRUE(findings.contains("member.unreachable")) << findings;
  EXPECT_NE(findings["member.unreachable"]["text"].get<std::string>().find(ids_.at("b").substr(0, 7)),
            std::string::npos);
  EXPECT_FALSE(findings.contains("member.reached")) << findings;
}

TEST_F(DoctorTest, VisitsMembersAlsoWhenItsOwnNodeIsDown) {
  found({"a", "b"});
  // The port of everyday may be that of a node which has nothing to do with this test.
  const std::string node = "--data " + dir("a") + " --port " + std::to_string(nodes_.at("a")->port());
  nodes_.at("a")->kill_hard();
  json findings = examine(node);
  EXPECT_TRUE(findings.contains("node.down")) << findings;
  EXPECT_TRUE(findings.contains("node.killed")) << findings;
  EXPECT_TRUE(findings.contains("port.free")) << findings;
  EXPECT_TRUE(findings.contains("clock.agrees")) << findings;
  EXPECT_FALSE(findings.contains("member.one-way")) << "nobody can dial a node that is down: " << findings;
  nodes_.at("b")->kill_hard();
  findings = examine(node);
  EXPECT_TRUE(findings.contains("member.unreachable")) << findings;
}

TEST_F(DoctorTest, SaysThatTheCertificateOfAMemberHasEnded) {
  found({"a", "b"});
  const std::string port = std::to_string(nodes_.at("b")->port());
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_.at("b")->terminate(took), 0);
  nodes_.at("a")->kill_hard();  // or it would renew it
  const std::string identity = dir("b") + "/identity/";
  const auto held = mz::NodeTrust::read_identity(identity).value();
  const auto bytes = mz::read_private_file(dir("a") + "/identity/authority.key", 4096).value();
  const auto key = mz::PrivateKey::from_pem(std::string(bytes.begin(), bytes.end())).value();
  const auto old = mz::Authority::load(key, held.authority)
                       .value()
                       .sign(held.key.public_key(), mz::Role::worker, "", std::time(nullptr) - 40 * mz::kDaySeconds)
                       .value();
  ASSERT_TRUE(mz::write_private_file(identity + "certificate.pem", old.pem() + held.authority.pem()).ok());
  nodes_["b"] =
      std::make_unique<mz::test::NodeProcess>(dir("b"), std::vector<std::string>{"--port", port, "--workers", "0"});
  const json findings = examine_node("a");
  ASSERT_TRUE(findings.contains("member.expired")) << findings;
  EXPECT_NE(findings["member.expired"]["text"].get<std::string>().find(ids_.at("b").substr(0, 7)), std::string::npos);
  EXPECT_FALSE(findings.contains("member.refused")) << findings;
}

TEST_F(DoctorTest, SaysWhoHasThePortAndMakesNothing) {
  const mz::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));

  const json findings = examine("--data " + data() + " --port " + port);
  EXPECT_TRUE(findings.contains("node.no-data")) << findings;
  ASSERT_TRUE(findings.contains("port.taken")) << findings;
  const std::string text = findings["port.taken"]["text"];
  EXPECT_NE(text.find("process " + std::to_string(::getpid())), std::string::npos) << text;
  EXPECT_NE(text.find(port), std::string::npos) << text;
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(DoctorTest, LeavesADirectoryAsItWas) {
  start("a");
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_.at("a")->terminate(took), 0);
  const auto entries = [this] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir("a")))
      names.insert(entry.path().string());
    return names;
  };
  const auto before = entries();
  const json findings = examine_node("a");
  EXPECT_EQ(entries(), before);
  EXPECT_TRUE(findings.contains("node.down")) << findings;
  EXPECT_FALSE(findings.contains("node.killed")) << findings;
  EXPECT_FALSE(findings.contains("node.locked")) << findings;
}

TEST_F(DoctorTest, RefusesADirectoryThatIsSomebodyElses) {
  std::filesystem::create_directories(data() + "/photos");
  EXPECT_TRUE(examine(on_data()).contains("node.refused"));
}

}  // namespace
