// Real nodes whose leader a real etcd decides: killed leaders, an etcd that goes and comes back, a quorum lost, TLS, users. Each test
// says how many nodes and members of etcd it needs.
#include <gtest/gtest.h>

#include <fstream>

#include "store/sample.h"
#include "tests/functional/cluster_nodes.h"
#include "tests/functional/etcd_server.h"

namespace {

using mz::test::ClusterTest;
using mz::test::EtcdServers;
using mz::test::json;
using mz::test::kOnlyStderr;
using mz::test::leader_of;
using mz::test::member_of;
using mz::test::NodeProcess;
using mz::test::run_binary;
using mz::test::run_program;
using mz::test::term_of;

class EtcdTest : public ClusterTest {
 protected:
  void SetUp() override {
    if (!mz::test::etcd_is_there()) GTEST_SKIP() << "there is no etcd; its package is etcd-server";
    ClusterTest::SetUp();
  }
  void TearDown() override {
    nodes_.clear();
    etcd_.reset();
    if (!root_.empty()) ClusterTest::TearDown();
  }

  void start_etcd(std::size_t members, const std::vector<std::string>& tls = {}) {
    etcd_ = std::make_unique<EtcdServers>(root_, members, tls);
    flags_ = etcd_->flags();
  }
  void start_here(const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.end(), flags_.begin(), flags_.end());
    start(name, more);
  }
  // One cluster whose nodes ask etcd; all agree when it returns.
  std::string found_here(const std::vector<std::string>& names) {
    start_here(names.front());
    for (std::size_t i = 1; i < names.size(); ++i) {
      start_here(names[i], {"--join", token_of(names.front()), "--peer", address_of(names.front())});
    }
    return agree(names);
  }
  // Waits until none of them knows a leader, and each says that etcd is the reason.
  void expect_nobody_leads(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      nodes_.at(name)->status_when([this, &name](const json& status) {
        const json cluster = nodes_.at(name)->get_json("/api/v1/cluster");
        return leader_of(status).empty() && cluster.at("etcd").at("answers") == false &&
               cluster.at("etcd").at("silent_since").is_number();
      });
    }
  }
  void expect_event(const std::string& name, const std::string& words) {
    nodes_.at(name)->status_when([&](const json&) {
      const json events = nodes_.at(name)->get_json("/api/v1/events").value("events", json::array());
      return std::any_of(events.begin(), events.end(), [&](const json& event) {
        return event.at("kind") == "leader" && event.at("text").get<std::string>().find(words) != std::string::npos;
      });
    });
  }
  // The key in etcd that names the leader of the cluster of this node.
  [[nodiscard]] json key_of(const std::string& name) const {
    const std::string cluster =
        json::parse(run_binary("identity show --json --data " + dir(name)).out, nullptr, false).value("cluster", "");
    const std::string key = "/meshzero/" + cluster + "/leader";
    const json range = etcd_->post(
        0, "/v3/kv/range", {{"key", mz::to_base64({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()})}});
    return range.contains("kvs") ? range["kvs"][0] : json();
  }
  // What `up` says, and its exit code, when it is refused.
  static mz::test::Ended refused_up(const std::string& arguments, const std::string& environment = "") {
    return run_program(environment + " timeout 100 " + MESHZERO_BINARY,
                       "up --foreground --workers 0 --port 0 " + arguments, kOnlyStderr);
  }

  std::unique_ptr<EtcdServers> etcd_;
  std::vector<std::string> flags_;
};

// 3 nodes, 1 member
TEST_F(EtcdTest, EtcdNamesTheLeaderAndAnotherWhenItIsKilledOrStops) {
  const std::vector<std::string> all{"a", "b", "c"};
  start_etcd(1);
  const std::string first = found_here(all);
  const json status = nodes_[first]->status();
  EXPECT_EQ(status.at("policy"), "etcd");
  const json key = key_of(first);
  ASSERT_TRUE(key.is_object());
  EXPECT_EQ(key.at("mod_revision"), std::to_string(term_of(nodes_[first]->status())));
  EXPECT_NE(key.at("lease"), "0");
  const std::uint64_t term = term_of(status);

  nodes_[first]->kill_hard();
  const auto rest = without(all, first);
  const std::string second = agree(rest);
  EXPECT_GT(term_of(nodes_[second]->status()), term);
  start_here(first);
  EXPECT_EQ(agree(all), second);

  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_[second]->terminate(took), 0);
  const std::string third = agree(without(all, second));
  expect_event(third, "handed leadership over to");
}

// 2 nodes, 1 member
TEST_F(EtcdTest, WithoutEtcdNobodyLeadsAndWithItOneDoesAgain) {
  start_etcd(1);
  const std::string first = found_here({"a", "b"});
  const std::uint64_t term = term_of(nodes_[first]->status());
  etcd_->kill(0);
  expect_nobody_leads({"a", "b"});
  expect_event("a", "etcd does not answer since");
  expect_event("a", "There is no leader: etcd does not answer since");
  for (const std::string name : {"a", "b"}) {
    EXPECT_EQ(member_of(nodes_[name]->status(), ids_["a"]).at("state"), "alive");
    EXPECT_EQ(member_of(nodes_[name]->status(), ids_["b"]).at("state"), "alive");
  }
  etcd_->launch(0);
  const std::string second = agree({"a", "b"});
  EXPECT_GT(term_of(nodes_[second]->status()), term);
  expect_event("a", "etcd answers again");
}

// 1 node, 1 member that comes later
TEST_F(EtcdTest, ANodePlaysWithoutAnEtcdThatWasNeverThere) {
  start("a", {"--etcd", "http://127.0.0.1:1"});
  nodes_["a"]->status_when(
      [this](const json&) { return nodes_["a"]->get_json("/api/v1/cluster").at("etcd").at("answers") == false; });
  const json status = nodes_["a"]->status_when([](const json& now) { return now.value("status", "") == "ok"; });
  EXPECT_EQ(leader_of(status), "");
}

// 2 nodes, 3 members
TEST_F(EtcdTest, AnEtcdOfThreeBearsTheLossOfOneAndNobodyLeadsWithoutItsQuorum) {
  start_etcd(3);
  const std::string first = found_here({"a", "b"});
  etcd_->kill(0);
  // It may lose its leader and with it a lease; whoever leads then leads on.
  etcd_->wait_until_it_answers(1);
  const std::string second = agree({"a", "b"});
  EXPECT_FALSE(second.empty());
  const std::uint64_t term = term_of(nodes_[second]->status());
  etcd_->kill(1);
  expect_nobody_leads({"a", "b"});
  etcd_->launch(1);
  const std::string third = agree({"a", "b"});
  EXPECT_GT(term_of(nodes_[third]->status()), term);
}

// 2 nodes, 1 member; the nodes agreed without it before
TEST_F(EtcdTest, TermsGoOnWhereTheNodesWereBefore) {
  found({"a", "b"});
  for (int i = 0; i < 3; ++i) {  // some terms, more than a fresh etcd has revisions
    const std::string leader = agree({"a", "b"});
    std::chrono::duration<double> took{};
    EXPECT_EQ(nodes_[leader]->terminate(took), 0);
    start(leader);
  }
  const std::uint64_t before = term_of(nodes_[agree({"a", "b"})]->status());
  ASSERT_GE(before, 4U);
  start_etcd(1);
  for (const std::string name : {"a", "b"}) {
    nodes_[name].reset();
    start_here(name, name == "b" ? std::vector<std::string>{"--peer", address_of("a")} : std::vector<std::string>{});
  }
  const std::string leader = agree({"a", "b"});
  EXPECT_GT(term_of(nodes_[leader]->status()), before);
}

// 1 node, 1 member
TEST_F(EtcdTest, TlsIsCheckedAgainstTheGivenAuthority) {
  const std::string at = root_.string() + "/";
  const auto openssl = [&](const std::string& arguments) {
    ASSERT_EQ(run_program("cd " + at + " && openssl", arguments, "2>/dev/null").code, 0) << arguments;
  };
  std::ofstream(at + "name.txt") << "subjectAltName=IP:127.0.0.1\n";
  std::ofstream(at + "other.txt") << "subjectAltName=DNS:etcd.example\n";
  for (const char* authority : {"ca", "stranger"}) {
    openssl(std::string("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x -keyout ") +
            authority + ".key -out " + authority + ".pem");
  }
  for (const char* name : {"name", "other"}) {
    const std::string server = name;
    openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=etcd -keyout " + server + ".key -out " +
            server + ".csr");
    openssl("x509 -req -in " + server + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile " + server +
            ".txt -out " + server + ".pem");
  }
  start_etcd(1, {at + "ca.pem", at + "name.pem", at + "name.key"});
  start_here("a", {"--etcd-ca", at + "ca.pem", "--etcd-cert", at + "other.pem", "--etcd-key", at + "other.key"});
  nodes_["a"]->status_when([this](const json& status) { return leader_of(status) == ids_["a"]; });
  nodes_.clear();

  const auto stranger =
      refused_up("--data " + dir("b") + " --etcd " + etcd_->url(0) + " --etcd-ca " + at + "stranger.pem");
  EXPECT_EQ(stranger.code, 4) << stranger.out;
  EXPECT_NE(stranger.out.find("is not the one it must be"), std::string::npos) << stranger.out;
}

// 1 node, 1 member
TEST_F(EtcdTest, AUserLogsInAndAWrongPasswordIsAClearError) {
  start_etcd(1);
  const auto post = [&](const std::string& path, const json& body) {
    ASSERT_FALSE(etcd_->post(0, path, body).is_null()) << path;
  };
  post("/v3/auth/user/add", {{"name", "root"}, {"password", "rootpw"}});
  post("/v3/auth/role/add", {{"name", "root"}});
  post("/v3/auth/user/grant", {{"user", "root"}, {"role", "root"}});
  post("/v3/auth/user/add", {{"name", "mesh"}, {"password", "verysecret"}});
  post("/v3/auth/user/add", {{"name", "guest"}, {"password", "guestpw"}});
  post("/v3/auth/role/add", {{"name", "mesh"}});
  // From /meshzero/ to behind everything that begins so.
  post("/v3/auth/role/grant",
       {{"name", "mesh"},
        {"perm", {{"permType", "READWRITE"}, {"key", "L21lc2h6ZXJvLw=="}, {"range_end", "L21lc2h6ZXJvMA=="}}}});
  post("/v3/auth/user/grant", {{"user", "mesh"}, {"role", "mesh"}});
  post("/v3/auth/enable", json::object());

  const std::string good = (root_ / "good").string();
  const std::string bad = (root_ / "bad").string();
  std::ofstream(good) << "verysecret\n";
  std::ofstream(bad) << "wrongsecret\n";
  start_here("a", {"--etcd-user", "mesh", "--etcd-password-file", good});
  nodes_["a"]->status_when([this](const json& status) { return leader_of(status) == ids_["a"]; });
  const std::string log = run_program("cat", dir("a") + "/log/* " + dir("a") + "/*.log", "2>/dev/null").out;
  EXPECT_EQ(log.find("verysecret"), std::string::npos);
  nodes_.clear();

  const std::string etcd = " --etcd " + etcd_->url(0) + " --data " + dir("b");
  const auto wrong = refused_up("--etcd-user mesh --etcd-password-file " + bad + etcd);
  EXPECT_EQ(wrong.code, 4) << wrong.out;
  EXPECT_NE(wrong.out.find("does not accept the user mesh with this password"), std::string::npos) << wrong.out;
  EXPECT_EQ(wrong.out.find("wrongsecret"), std::string::npos);
  const auto nobody = refused_up(etcd);
  EXPECT_EQ(nobody.code, 4) << nobody.out;
  EXPECT_NE(nobody.out.find("wants a user"), std::string::npos) << nobody.out;
  const auto guest = refused_up("--etcd-user guest" + etcd, "MESHZERO_ETCD_PASSWORD=guestpw");
  EXPECT_EQ(guest.code, 4) << guest.out;
  EXPECT_NE(guest.out.find("does not let the user guest read and write"), std::string::npos) << guest.out;
}

// No node, no etcd
TEST_F(EtcdTest, SettingsThatDoNotFitAreRefused) {
  const std::string secret = (root_ / "secret").string();
  std::ofstream(secret) << "x\n";
  struct Case {
    std::string arguments;
    const char* says;
    std::string environment = {};
  };
  const std::string voter = "--voter " + mz::NodeId::of_public_key({}).text();
  for (const Case& each : std::vector<Case>{
           {"--etcd ftp://x:1", "it must be addresses that begin with http:// or https://"},
           {"--etcd http://user:pw@x:1", "is no endpoint of etcd"},
           {"--etcd-user mesh", "none is named"},
           {"--etcd-ca " + secret, "none is named"},
           {"--etcd http://127.0.0.1:1 --etcd-user mesh", "no password"},
           {"--etcd http://127.0.0.1:1 --etcd-password-file " + secret, "no user"},
           {"--etcd http://127.0.0.1:1 --etcd-user mesh --etcd-password-file " + secret,
            "from a file and from the variable", "MESHZERO_ETCD_PASSWORD=y"},
           {"--etcd http://etcd.example:1 --etcd-user mesh --etcd-password-file " + secret, "in the clear"},
           {"--etcd http://127.0.0.1:1 --etcd-ca " + secret, "no endpoint begins with https://"},
           {"--etcd https://127.0.0.1:1 --etcd-ca " + secret, "holds none in PEM form"},
           {"--etcd https://127.0.0.1:1 --etcd-cert " + secret, "needs its key"},
           {"--etcd http://127.0.0.1:1 " + voter, "Either an etcd decides who leads"},
       }) {
    const auto ended = refused_up("--data " + dir("x") + " " + each.arguments, each.environment);
    EXPECT_EQ(ended.code, 2) << each.arguments << ": " << ended.out;
    EXPECT_NE(ended.out.find(each.says), std::string::npos) << each.arguments << ": " << ended.out;
  }
}

}  // namespace
