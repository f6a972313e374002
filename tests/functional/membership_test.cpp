// Machines join, are renewed, promoted and put out: with real nodes on this computer.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "api/https_client.h"
#include "p2p/protocol.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/private_file.h"
#include "tests/functional/terminal.h"
#include "tests/functional/test_node.h"

namespace {

using mz::Certificate;
using mz::HttpConnection;
using mz::PrivateKey;
using mz::within;
using mz::test::Ended;
using mz::test::json;
using mz::test::kOnlyStderr;
using mz::test::NodeProcess;
using mz::test::NodeTest;
using mz::test::run_binary;

constexpr std::chrono::seconds kAsk{30};

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Some nodes, named by their data directories.
class Membership : public NodeTest {
 protected:
  void TearDown() override {
    nodes_.clear();
    if (!in_background_.empty()) {
      EXPECT_EQ(verb("down", in_background_).code, 0);
    }
    NodeTest::TearDown();
  }

  [[nodiscard]] std::filesystem::path dir(const std::string& name) const { return root_ / name; }

  NodeProcess& start(const std::string& name, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--port", "0", "--workers", "0"});
    auto& node = nodes_[name];
    node.reset();
    node = std::make_unique<NodeProcess>(dir(name).string(), flags);
    return *node;
  }
  void stop(const std::string& name) {
    std::chrono::duration<double> took{};
    EXPECT_EQ(nodes_.at(name)->terminate(took), 0);
    nodes_.erase(name);
  }

  [[nodiscard]] Ended verb(const std::string& words, const std::string& name,
                           const std::string& redirect = mz::test::kOnlyStdout) const {
    return run_binary(words + " --data " + dir(name).string(), redirect);
  }
  [[nodiscard]] json verb_json(const std::string& words, const std::string& name) const {
    const Ended ended = verb(words + " --json", name);
    EXPECT_EQ(ended.code, 0) << words << ": " << verb(words, name, kOnlyStderr).out;
    return json::parse(ended.out, nullptr, false);
  }
  [[nodiscard]] std::string token(const std::string& name, const std::string& flags = "--role node") const {
    return verb_json("token create " + flags, name).value("token", "");
  }
  [[nodiscard]] json identity(const std::string& name) const { return verb_json("identity show", name); }
  [[nodiscard]] std::string id(const std::string& name) const { return identity(name).value("node_id", ""); }
  [[nodiscard]] std::string at(const std::string& name) const {
    return "127.0.0.1:" + std::to_string(nodes_.at(name)->port());
  }
  void start_member(const std::string& name, const std::string& admin) {
    start(name, {"--join", token(admin), "--peer", at(admin)});
  }

  // Asks again until the answer is as expected; between two questions it waits for the node to end, which it should not.
  void until(const std::string& name, const std::string& what, const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + mz::test::kPatience;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
      ASSERT_TRUE(nodes_.at(name)->lives_for(std::chrono::milliseconds(100))) << what;
    }
  }

  // The certificate and key that lie in a data directory.
  [[nodiscard]] mz::TlsIdentity held_by(const std::string& name) const {
    const auto chain = Certificate::all_from_pem(file_text(dir(name) / "identity" / "certificate.pem"), 2).value();
    return {PrivateKey::from_pem(file_text(dir(name) / "identity" / "node.key")).value(), chain[0], chain[1]};
  }
  // The status with which `name` answers GET to whoever holds that identity; 0 when there is no answer.
  [[nodiscard]] int answer_to(const mz::TlsIdentity& caller, const std::string& name, const std::string& path) const {
    const auto context = mz::make_client_context(caller, mz::system_wall_clock()).value();
    auto connection =
        HttpConnection::dial_tls({"127.0.0.1", nodes_.at(name)->port()}, context, std::nullopt, within(kAsk));
    if (!connection) return 0;
    auto answer = connection->ask({.path = path}, within(kAsk));
    return answer ? answer->status : 0;
  }
  // As an operator; the admin's authority tells whom to trust.
  [[nodiscard]] int answer_to_token(const std::string& bearer, const std::string& name, const std::string& method,
                                    const std::string& path) const {
    const auto context =
        mz::make_joining_context(mz::fingerprint_prefix(held_by(name).authority), mz::system_wall_clock()).value();
    auto connection =
        HttpConnection::dial_tls({"127.0.0.1", nodes_.at(name)->port()}, context, std::nullopt, within(kAsk));
    if (!connection) return 0;
    auto answer = connection->ask({.method = method, .path = path, .bearer = bearer}, within(kAsk));
    return answer ? answer->status : 0;
  }

  std::map<std::string, std::unique_ptr<NodeProcess>> nodes_;
  std::string in_background_ = {};  // the name of a node that `up` left there
};

TEST_F(Membership, AFreshNodeIsTheAdminOfItsOwnCluster) {
  start("a");
  start("b");
  EXPECT_EQ(identity("a").value("role", ""), "admin");
  EXPECT_NE(identity("a").at("cluster"), identity("b").at("cluster"));
  EXPECT_EQ(identity("a").value("node_id", "").size(), 52U);
}

TEST_F(Membership, ANodeJoinsByTokenAndBothKnowIt) {
  start("a");
  start_member("b", "a");
  EXPECT_EQ(identity("a").at("cluster"), identity("b").at("cluster"));
  EXPECT_EQ(identity("b").value("role", ""), "worker");
  EXPECT_FALSE(std::filesystem::exists(dir("b") / "identity" / "authority.key"));
  EXPECT_EQ(verb_json("nodes", "a").at("nodes").size(), 2U);
  EXPECT_EQ(verb_json("nodes", "b").at("nodes").size(), 2U);
  EXPECT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 200);
}

TEST_F(Membership, ARunningNodeJoinsAndKeepsItsKey) {
  start("a");
  start("b");
  const std::string before = id("b");
  EXPECT_EQ(verb("join " + token("a") + " --peer " + at("a"), "b").code, 0);
  EXPECT_EQ(id("b"), before);
  EXPECT_EQ(identity("a").at("cluster"), identity("b").at("cluster"));
}

TEST_F(Membership, ANodeThatDoesNotRunJoinsToo) {
  start("a");
  start("b");
  stop("b");
  EXPECT_EQ(verb("join " + token("a") + " --peer " + at("a"), "b").code, 0);
  start("b");
  EXPECT_EQ(identity("a").at("cluster"), identity("b").at("cluster"));
}

TEST_F(Membership, AnyMemberShowsTheWayToTheAdminOfAToken) {
  start("a");
  start_member("b", "a");
  start("c", {"--join", token("a"), "--peer", at("b")});
  EXPECT_EQ(identity("a").at("cluster"), identity("c").at("cluster"));
  until("b", "the first member learns of the second", [&] { return verb_json("nodes", "b").at("nodes").size() == 3; });
}

TEST_F(Membership, ATokenOfAnAdminThatIsOffSaysSoThroughAnotherMember) {
  start("a");
  start_member("b", "a");
  const std::string made_there = token("a");
  const std::string admin_at = at("a");
  stop("a");
  start("c");
  const Ended joined = verb("join " + made_there + " --peer " + at("b"), "c", kOnlyStderr);
  EXPECT_EQ(joined.code, 5);
  EXPECT_NE(joined.out.find("only the admin that made the token"), std::string::npos) << joined.out;
  EXPECT_NE(joined.out.find("is not reached at"), std::string::npos) << joined.out;
  EXPECT_NE(joined.out.find(admin_at), std::string::npos) << joined.out;
  EXPECT_NE(joined.out.find("make a token on another admin"), std::string::npos) << joined.out;
}

TEST_F(Membership, ATokenComesFromAFileOrStandardInputToo) {
  start("a");
  ASSERT_TRUE(mz::write_private_file(root_ / "token", token("a") + "\n").ok());
  start("b", {"--join", "@" + (root_ / "token").string(), "--peer", at("a")});
  EXPECT_EQ(identity("a").at("cluster"), identity("b").at("cluster"));
  ASSERT_TRUE(mz::write_private_file(root_ / "other", token("a") + "\n").ok());
  start("c");
  EXPECT_EQ(verb("join - --peer " + at("a"), "c", "<" + (root_ / "other").string()).code, 0);
  EXPECT_EQ(identity("a").at("cluster"), identity("c").at("cluster"));
}

TEST_F(Membership, AWrongAUsedAndARevokedTokenLetNobodyIn) {
  start("a");
  const std::string used = token("a");
  EXPECT_EQ(verb_json("token list", "a").at("tokens").size(), 1U);
  start("b", {"--join", used, "--peer", at("a")});
  EXPECT_TRUE(verb_json("token list", "a").at("tokens").empty()) << "it is no longer good";
  const json revoked = verb_json("token create --role node", "a");
  ASSERT_EQ(verb("token revoke " + revoked.value("id", ""), "a").code, 0);
  std::string wrong = token("a");
  wrong.replace(wrong.size() - 26, 10, "aaaaaaaaaa");

  start("c");
  const std::string own = identity("c").value("cluster", "");
  for (const std::string& bad : {used, revoked.value("token", ""), wrong}) {
    EXPECT_EQ(verb("join " + bad + " --peer " + at("a"), "c").code, 4);
  }
  EXPECT_EQ(identity("c").value("cluster", ""), own);
  until("a", "the log of the admin says so", [&] {
    return file_text(dir("a") / "log" / "node.log").find("127.0.0.1 could not join by a token") != std::string::npos;
  });
  stop("c");
  const Ended refused = run_binary("up --foreground --port 0 --workers 0 --disk-floor-gb 0 --join " + wrong +
                                   " --peer " + at("a") + " --data " + dir("c").string());
  EXPECT_EQ(refused.code, 4);
  EXPECT_EQ(verb("join MZ1-nonsense --peer " + at("a"), "c").code, 2);
}

TEST_F(Membership, NobodyAtTheAddressIsNoRefusal) {
  start("a");
  const std::string good = token("a");
  const std::string address = at("a");
  stop("a");
  start("b");
  EXPECT_EQ(verb("join " + good + " --peer " + address, "b").code, 5);
}

TEST_F(Membership, ATokenAloneIsNotEnoughWithoutDiscovery) {
  start("a");
  start("b");
  const Ended ended = verb("join " + token("a"), "b", kOnlyStderr);
  EXPECT_EQ(ended.code, 5);
  EXPECT_NE(ended.out.find("does not look for others on the local network. Name a member with --peer HOST:PORT"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(identity("a").at("cluster"), identity("b").at("cluster"));
}

TEST_F(Membership, AClusterThatOnlyPretendsToBeTheOneInTheTokenIsRefused) {
  start("a");
  start("impostor");
  start("b");
  const Ended ended = verb("join " + token("a") + " --peer " + at("impostor"), "b");
  EXPECT_EQ(ended.code, 4);
  EXPECT_NE(identity("b").at("cluster"), identity("impostor").at("cluster"));
}

TEST_F(Membership, ANodeWithOtherMembersJoinsNoOtherCluster) {
  start("a");
  start_member("b", "a");
  start("other");
  EXPECT_EQ(verb("join " + token("other") + " --peer " + at("other"), "b").code, 4);
  EXPECT_EQ(verb("join " + token("other") + " --peer " + at("other"), "a").code, 4);
  EXPECT_EQ(identity("a").at("cluster"), identity("b").at("cluster"));
  EXPECT_EQ(verb("leave", "b").code, 0);
  EXPECT_EQ(verb("join " + token("other") + " --peer " + at("other"), "b").code, 0);
  EXPECT_EQ(identity("other").at("cluster"), identity("b").at("cluster"));
}

TEST_F(Membership, AnExpiredMemberMayOnlyRenewAndDoes) {
  start("a");
  start_member("b", "a");
  stop("b");
  // As if it had slept for ten days longer than its certificate lasts.
  const mz::TlsIdentity held = held_by("b");
  const auto key = PrivateKey::from_pem(file_text(dir("a") / "identity" / "authority.key")).value();
  const auto authority = mz::Authority::load(key, held.authority).value();
  const auto old =
      authority.sign(held.key.public_key(), mz::Role::worker, "", std::time(nullptr) - 40 * mz::kDaySeconds).value();
  ASSERT_TRUE(mz::write_private_file(dir("b") / "identity" / "certificate.pem", old.pem() + held.authority.pem()).ok());

  EXPECT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 403);
  start("b");
  until("b", "the certificate is renewed",
        [&] { return identity("b").value("certificate_until", std::int64_t{0}) > std::time(nullptr); });
  EXPECT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 200);
}

TEST_F(Membership, NodesShowsWhoIsAnAdminAndWhatIsNotKnown) {
  start("a");
  start_member("b", "a");
  for (const json& node : verb_json("nodes", "b").at("nodes")) {
    for (const char* key : {"name", "state", "roles", "leader", "this"}) EXPECT_TRUE(node.contains(key)) << node;
    EXPECT_NE(node.at("state"), "");
  }
  until("a", "both were heard of", [&] {
    const json nodes = verb_json("nodes", "a").at("nodes");
    return std::all_of(nodes.begin(), nodes.end(), [](const json& node) { return node.at("state") == "alive"; });
  });
  const std::string shown = verb("nodes", "a").out;
  EXPECT_NE(shown.find(id("a") + "  alive    admin  "), std::string::npos) << shown;
  EXPECT_NE(shown.find(id("b") + "  alive    worker  "), std::string::npos) << shown;

  stop("b");
  const json known = verb_json("nodes", "b");
  EXPECT_EQ(known.at("running"), false);
  ASSERT_EQ(known.at("nodes").size(), 2U);
  for (const json& node : known.at("nodes")) EXPECT_EQ(node.at("state"), "unknown") << node;
  EXPECT_NE(verb("nodes", "b", kOnlyStderr).out.find("No node runs here; these members were known last."),
            std::string::npos);
  const Ended watching = verb("nodes --watch", "b", kOnlyStderr);
  EXPECT_EQ(watching.code, 3) << "there is nothing to watch";
  EXPECT_NE(watching.out.find("No node runs on"), std::string::npos) << watching.out;
}

TEST_F(Membership, ANodeThatHangsIsNotWaitedForAMinute) {
  start("a");
  ASSERT_EQ(::kill(nodes_.at("a")->pid(), SIGSTOP), 0);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(verb("nodes", "a").code, 5);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(40));
  ASSERT_EQ(::kill(nodes_.at("a")->pid(), SIGCONT), 0);
}

TEST_F(Membership, NodesAreWatchedAsOneDocumentALine) {
  start("a");
  const Ended watched = verb("nodes --watch --json", "a", "2>/dev/null | head -n 2");
  std::istringstream lines(watched.out);
  int documents = 0;
  for (std::string line; std::getline(lines, line); ++documents) {
    EXPECT_EQ(json::parse(line, nullptr, false).value("nodes", json()).size(), 1U) << line;
  }
  EXPECT_EQ(documents, 2);
}

TEST_F(Membership, ATokenThatCouldNotBeWrittenIsLostAndSaysHowToRevokeIt) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is Linux's";
  start("a");
  for (const char* form : {"", " --json"}) {
    const Ended lost = verb(std::string("token create --role node") + form, "a", "2>&1 >/dev/full");
    EXPECT_EQ(lost.code, 1);
    const std::string revoke = "meshzero token revoke ";
    const auto at = lost.out.find(revoke);
    ASSERT_NE(at, std::string::npos) << lost.out;
    const std::string id = lost.out.substr(at + revoke.size(), lost.out.find('`', at) - at - revoke.size());
    EXPECT_EQ(verb("token revoke " + id, "a").code, 0) << id;
  }
  for (const char* shown : {"status", "status --json", "nodes", "nodes --json", "identity show --json"}) {
    EXPECT_EQ(verb(shown, "a", "2>&1 >/dev/full").code, 1) << shown;
  }
}

TEST_F(Membership, ATokenTakesNoFlagsOfTheOtherRole) {
  for (const char* words : {"--role node --scope admin", "--role node --days 3", "--role operator --uses 5"}) {
    const Ended ended = verb(std::string("token create ") + words, "a", kOnlyStderr);
    EXPECT_EQ(ended.code, 2) << words;
    EXPECT_NE(ended.out.find("Leave"), std::string::npos) << ended.out;
  }
}

TEST_F(Membership, OnlyWhoIsAMemberIsPutOutWithoutForce) {
  start("a");
  start_member("b", "a");
  const std::string outcast = id("b");
  ASSERT_EQ(verb("revoke " + outcast.substr(0, 7), "a").code, 0);
  const Ended again = verb("revoke " + outcast.substr(0, 7), "a");
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.out.find("was put out of the cluster before"), std::string::npos) << again.out;
  const std::string nobody = mz::NodeId::of_public_key(mz::Bytes{1}).text();
  EXPECT_EQ(verb("revoke " + nobody.substr(0, 7), "a").code, 3);
  const Ended refused = verb("revoke " + nobody, "a", kOnlyStderr);
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.out.find("--force"), std::string::npos) << refused.out;
  const Ended forced = verb("revoke --force " + nobody, "a");
  EXPECT_EQ(forced.code, 0);
  EXPECT_NE(forced.out.find("is put out of the cluster"), std::string::npos)
      << "it had not been before: " << forced.out;
}

TEST_F(Membership, ANewAdminSaysSoAtOnce) {
  start("a");
  start_member("b", "a");
  ASSERT_EQ(verb("nodes promote " + id("b"), "a").code, 0);
  const auto promoted = std::chrono::steady_clock::now();
  const std::string self = id("b");
  nodes_.at("b")->status_when([&](const json& status) {
    const json members = status.value("members", json::array());
    return std::any_of(members.begin(), members.end(), [&](const json& member) {
      return member.at("node_id") == self && member.at("roles").dump().find("admin") != std::string::npos;
    });
  });
  // It looks at itself each ten seconds anyway.
  EXPECT_LT(std::chrono::steady_clock::now() - promoted, std::chrono::seconds(6));
}

TEST_F(Membership, APassphraseIsTypedTwice) {
  start("a");
  const std::string file = (root_ / "backup").string();
  const std::vector<std::string> words{"ca", "backup", file, "--data", dir("a").string()};
  for (const char* second : {"four words in a raw", "four words in a row"}) {
    mz::test::Terminal terminal(words);
    ASSERT_TRUE(terminal.shows("A passphrase of at least 12 characters: ")) << terminal.text();
    terminal.type("four words in a row\n");
    ASSERT_TRUE(terminal.shows("The same once more: ")) << terminal.text();
    EXPECT_FALSE(std::filesystem::exists(file));
    terminal.type(std::string(second) + "\n");
    const bool same = std::string(second) == "four words in a row";
    EXPECT_EQ(terminal.exit_code(), same ? 0 : 2) << terminal.text();
    EXPECT_EQ(std::filesystem::exists(file), same);
  }
}

TEST_F(Membership, AMemberThatExpiredLongAgoIsBackWithATokenAndARevokedOneIsNot) {
  start("a");
  const std::string token_of_b = token("a");
  start("b", {"--join", token_of_b, "--peer", at("a")});
  start_member("c", "a");
  stop("b");
  const mz::TlsIdentity held = held_by("b");
  const auto key = PrivateKey::from_pem(file_text(dir("a") / "identity" / "authority.key")).value();
  const auto authority = mz::Authority::load(key, held.authority).value();
  const auto old =
      authority.sign(held.key.public_key(), mz::Role::worker, "", std::time(nullptr) - 220 * mz::kDaySeconds).value();
  ASSERT_TRUE(mz::write_private_file(dir("b") / "identity" / "certificate.pem", old.pem() + held.authority.pem()).ok());
  ASSERT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 403);
  EXPECT_EQ(verb("join " + token("a") + " --peer " + at("a"), "b").code, 0);
  EXPECT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 200);
  // With a token that would let nobody else in: it is a member.
  EXPECT_EQ(verb("join " + token_of_b + " --peer " + at("a"), "b").code, 0);

  ASSERT_EQ(verb("revoke " + id("c"), "a").code, 0);
  for (const bool runs : {true, false}) {
    if (!runs) stop("c");
    const Ended refused = verb("join " + token("a") + " --peer " + at("a"), "c", kOnlyStderr);
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.out.find("meshzero identity reset"), std::string::npos) << refused.out;
  }
}

TEST_F(Membership, AMemberStartsWithItsTokenAlsoWhenNobodyElseIsThere) {
  start("a");
  const std::string good = token("a");
  const std::string address = at("a");
  start("b", {"--join", good, "--peer", address});
  const json cluster = identity("b").at("cluster");
  stop("b");
  stop("a");
  start("b", {"--join", good, "--peer", address});
  EXPECT_EQ(identity("b").at("cluster"), cluster);
}

TEST_F(Membership, ARevokedNodeIsAStrangerEverywhere) {
  start("a");
  start_member("b", "a");
  start_member("c", "a");
  const mz::TlsIdentity outcast = held_by("c");
  ASSERT_EQ(answer_to(outcast, "b", "/api/v1/identity"), 200);
  EXPECT_EQ(verb("revoke " + id("c"), "b").code, 4) << "a worker puts nobody out";
  ASSERT_EQ(verb("revoke " + id("c"), "a").code, 0);
  EXPECT_EQ(answer_to(outcast, "a", "/api/v1/identity"), 401);
  until("b", "the other member learns of it", [&] { return answer_to(outcast, "b", "/api/v1/identity") == 401; });
  EXPECT_EQ(verb_json("nodes", "a").at("nodes").size(), 2U);
  until("a", "status counts who is there",
        [&] { return verb("status", "a").out.find(", 2 members\n") != std::string::npos; });

  const auto said_to = [&] { return verb("status", "c").out.find("was put out of its cluster") != std::string::npos; };
  until("c", "the one that was put out is told", said_to);
  const Ended examined = verb("doctor", "c");
  EXPECT_EQ(examined.code, 1);
  EXPECT_NE(examined.out.find("was put out of its cluster, as a member says"), std::string::npos) << examined.out;

  stop("c");
  ASSERT_EQ(verb("identity reset", "c").code, 0);
  start_member("c", "a");
  EXPECT_FALSE(said_to());
  EXPECT_EQ(answer_to(held_by("c"), "b", "/api/v1/identity"), 200) << "with a new key it may join again";
}

TEST_F(Membership, WhoJoinsAfterARevocationKnowsOfItWithoutTheAdmin) {
  start("a");
  start_member("b", "a");
  start_member("c", "a");
  start_member("d", "a");
  ASSERT_EQ(verb("leave", "b").code, 0);
  stop("d");  // so it cannot hear of it from the admin
  const mz::TlsIdentity outcast = held_by("c");
  const std::string outcast_id = id("c");
  ASSERT_EQ(verb("revoke " + outcast_id, "a").code, 0);
  ASSERT_EQ(verb("join " + token("a") + " --peer " + at("a"), "b").code, 0);
  EXPECT_EQ(answer_to(outcast, "b", "/api/v1/identity"), 401);
  stop("b");
  stop("a");
  start("b");
  EXPECT_EQ(answer_to(outcast, "b", "/api/v1/identity"), 401);
  const json own = id("b");
  until("b", "it leads without the outcast", [&] { return nodes_.at("b")->status().value("leader", json()) == own; });
  const json status = nodes_.at("b")->status();
  for (const json& member : status.at("members")) {
    EXPECT_FALSE(member.at("node_id") == outcast_id && member.at("state") != "left") << member.dump();
  }
  // It passes on what it was told when it joined, also when it was started again since, with the admin still off.
  start("d", {"--peer", at("b")});
  until("d", "who was away learns of it", [&] { return answer_to(outcast, "d", "/api/v1/identity") == 401; });
  stop("d");
  stop("b");
  start("b");
  start("d");
  for (const char* name : {"b", "d"}) EXPECT_EQ(answer_to(outcast, name, "/api/v1/identity"), 401) << name;
}

TEST_F(Membership, APromotedNodeTakesInMachinesWhenTheFirstAdminIsGone) {
  start("a");
  start_member("b", "a");
  EXPECT_EQ(verb("token create --role node", "b").code, 4);
  ASSERT_EQ(verb("nodes promote " + id("b").substr(0, 16), "a").code, 0);
  EXPECT_EQ(identity("b").value("role", ""), "admin");
  const auto cluster = identity("a").at("cluster");
  nodes_.at("a")->kill_hard();
  nodes_.erase("a");
  start_member("c", "b");
  EXPECT_EQ(identity("c").at("cluster"), cluster);
}

TEST_F(Membership, TheOnlyAdminNeitherLeavesNorForgetsItsKeyWithoutAWord) {
  start("a");
  start_member("b", "a");
  const auto cluster = identity("a").at("cluster");
  const auto refused = [&](const std::string& words) {
    const Ended ended = verb(words, "a", kOnlyStderr);
    EXPECT_EQ(ended.code, 4) << words;
    EXPECT_NE(ended.out.find("meshzero nodes promote"), std::string::npos) << ended.out;
  };
  refused("leave");
  stop("a");
  refused("leave");
  refused("identity reset");
  start("a");
  EXPECT_EQ(identity("a").at("cluster"), cluster);

  ASSERT_EQ(verb("nodes promote " + id("b"), "a").code, 0);
  until("a", "the card of the other says so", [&] {
    const json all = verb_json("nodes", "a").at("nodes");
    for (const json& node : all) {
      if (node.at("this") == false && node.value("roles", json::array()).dump().find("admin") != std::string::npos) {
        return true;
      }
    }
    return false;
  });
  stop("a");
  EXPECT_EQ(verb("identity reset", "a").code, 0) << "as the cards on disk say";
  // b is the only admin now, and c would be left behind.
  start_member("c", "b");
  EXPECT_EQ(verb("leave", "c").code, 0) << "a worker may always go";
  ASSERT_EQ(verb("join " + token("b") + " --peer " + at("b"), "c").code, 0);
  until("b", "it sees the member", [&] { return verb_json("nodes", "b").at("nodes").size() >= 2; });
  EXPECT_EQ(verb("leave --force", "b").code, 0);
  EXPECT_NE(identity("b").at("cluster"), cluster);
}

TEST_F(Membership, ABackupOfTheAuthorityOutlivesTheOnlyAdmin) {
  start("a");
  start_member("b", "a");
  ASSERT_TRUE(mz::write_private_file(root_ / "passphrase", "four words in a row\n").ok());
  const std::string with_passphrase = " --passphrase-file " + (root_ / "passphrase").string();
  const std::string backup = (root_ / "backup").string();
  ASSERT_EQ(verb("ca backup " + backup + with_passphrase, "a").code, 0);
  EXPECT_EQ(verb("ca backup " + backup + with_passphrase, "a").code, 4) << "nothing is overwritten";
  const auto cluster = identity("a").at("cluster");
  nodes_.at("a")->kill_hard();
  nodes_.erase("a");
  std::filesystem::remove_all(dir("a"));

  ASSERT_TRUE(mz::write_private_file(root_ / "wrong", "four words in a raw\n").ok());
  start("fresh");
  EXPECT_EQ(verb("ca restore " + backup + " --passphrase-file " + (root_ / "wrong").string(), "fresh").code, 4);
  const Ended restored = verb("ca restore " + backup + with_passphrase, "fresh");
  ASSERT_EQ(restored.code, 0);
  EXPECT_NE(restored.out.find("It knows no other member yet."), std::string::npos) << restored.out;
  EXPECT_NE(restored.out.find("--peer HOST:PORT"), std::string::npos) << restored.out;
  EXPECT_EQ(identity("fresh").at("cluster"), cluster);
  EXPECT_EQ(identity("fresh").value("role", ""), "admin");
  EXPECT_EQ(answer_to(held_by("b"), "fresh", "/api/v1/identity"), 200);
}

TEST_F(Membership, AnAdminWhoseFilesAreDamagedIsMendedWithABackupAndNothingIsDeletedBefore) {
  start("a");
  start_member("b", "a");
  ASSERT_TRUE(mz::write_private_file(root_ / "passphrase", "four words in a row\n").ok());
  const std::string with_passphrase = " --passphrase-file " + (root_ / "passphrase").string();
  const std::string backup = (root_ / "backup").string();
  ASSERT_EQ(verb("ca backup " + backup + with_passphrase, "a").code, 0);
  const auto cluster = identity("a").at("cluster");
  stop("a");
  const std::filesystem::path file = dir("a") / "identity" / "certificate.pem";
  const std::string key = file_text(dir("a") / "identity" / "authority.key");
  std::filesystem::remove(file);
  const std::string up = "up --foreground --port 0 --workers 0 --disk-floor-gb 0";
  for (const std::string& words : {up, std::string("identity show"), std::string("identity reset")}) {
    const Ended refused = verb(words, "a", kOnlyStderr);
    EXPECT_NE(refused.code, 0) << words;
    EXPECT_NE(refused.out.find(file.string()), std::string::npos) << refused.out;
    EXPECT_NE(refused.out.find("meshzero ca restore"), std::string::npos) << refused.out;
    EXPECT_NE(refused.out.find("--force"), std::string::npos) << refused.out;
    EXPECT_EQ(file_text(dir("a") / "identity" / "authority.key"), key) << words;
  }
  ASSERT_EQ(verb("ca restore " + backup + with_passphrase, "a").code, 0);
  EXPECT_EQ(identity("a").at("cluster"), cluster);
  start("a");
  EXPECT_EQ(answer_to(held_by("b"), "a", "/api/v1/identity"), 200);
  stop("a");
  std::filesystem::remove(file);
  EXPECT_EQ(verb("identity reset --force", "a").code, 0);
  EXPECT_NE(identity("a").at("cluster"), cluster);
}

TEST_F(Membership, AnAdminThatLostItsSigningKeySaysThatItIsNone) {
  start("a");
  stop("a");
  std::filesystem::remove(dir("a") / "identity" / "authority.key");
  EXPECT_EQ(identity("a").value("role", ""), "worker");
  start("a");
  EXPECT_EQ(identity("a").value("role", ""), "worker");
  until("a", "it warns",
        [&] { return file_text(dir("a") / "log" / "node.log").find("authority.key") != std::string::npos; });
}

TEST_F(Membership, AnIdentityIsResetOnlyWhileTheNodeStandsStill) {
  start("a");
  const std::string before = id("a");
  EXPECT_EQ(verb("identity reset", "a").code, 4);
  stop("a");
  EXPECT_EQ(verb("identity reset", "a").code, 0);
  EXPECT_NE(id("a"), before);
}

TEST_F(Membership, AnOperatorTokenDoesWhatItsScopeSaysUntilItIsRevoked) {
  start("a");
  const std::string reader = token("a", "--role operator --scope read");
  const json admin = verb_json("token create --role operator --scope admin", "a");
  EXPECT_EQ(answer_to_token(reader, "a", "GET", "/api/v1/identity"), 200);
  EXPECT_EQ(answer_to_token(reader, "a", "GET", "/api/v1/tokens"), 403);
  EXPECT_EQ(answer_to_token(admin.value("token", ""), "a", "GET", "/api/v1/tokens"), 200);
  ASSERT_EQ(verb("token revoke " + admin.value("id", ""), "a").code, 0);
  EXPECT_EQ(answer_to_token(admin.value("token", ""), "a", "GET", "/api/v1/tokens"), 401);
}

TEST_F(Membership, NodesOfDifferentProtocolVersionsRefuseEachOtherWithBothNumbers) {
  start("a");
  const Ended refused = mz::test::run_program(MESHZERO_OTHER_PROTOCOL_BINARY,
                                              "up --foreground --port 0 --workers 0 --disk-floor-gb 0 --join " +
                                                  token("a") + " --peer " + at("a") + " --data " + dir("b").string(),
                                              kOnlyStderr);
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.out.find(std::to_string(mz::protocol_version()) + " here"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find(std::to_string(mz::protocol_version() + 1) + " there"), std::string::npos) << refused.out;
}

// Everything a node writes or shows to other users of the computer is searched for everything secret.
TEST_F(Membership, SecretsAreNotInLogsArgumentsAddressesOrFilesOthersMayRead) {
  start("a");
  const std::string join = token("a");
  ASSERT_TRUE(mz::write_private_file(root_ / "token", join).ok());
  start("b", {"--join", "@" + (root_ / "token").string(), "--peer", at("a")});
  const std::string typed = token("a", "--role node --uses 5");
  start("c", {"--join", typed, "--peer", at("a")});
  ASSERT_EQ(verb("up --port 0 --workers 0 --disk-floor-gb 0 --peer " + at("a") + " --join=" + typed, "d").code, 0);
  in_background_ = "d";
  const int background_pid = verb_json("status", "d").value("pid", 0);
  const std::string reader = token("a", "--role operator");
  EXPECT_EQ(answer_to_token(reader, "a", "GET", "/api/v1/identity"), 200);
  EXPECT_EQ(answer_to_token("wrong" + reader, "a", "GET", "/api/v1/identity"), 401);
  ASSERT_TRUE(mz::write_private_file(root_ / "passphrase", "four words in a row\n").ok());
  ASSERT_EQ(
      verb("ca backup " + (root_ / "backup").string() + " --passphrase-file " + (root_ / "passphrase").string(), "a")
          .code,
      0);
  ASSERT_EQ(verb("nodes promote " + id("b"), "a").code, 0);

  std::vector<std::string> secrets{join.substr(join.size() - 26), typed.substr(typed.size() - 26),
                                   reader.substr(reader.size() - 26), "four words in a row"};
  for (const char* file : {"node.key", "authority.key"}) {
    std::istringstream lines(file_text(dir("a") / "identity" / file));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("-----")) secrets.push_back(line);
    }
  }
  ASSERT_GE(secrets.size(), 6U);
  std::size_t searched = 0;
  for (const char* name : {"a", "b", "c", "d"}) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir(name))) {
      const bool own = (entry.status().permissions() & std::filesystem::perms(077)) == std::filesystem::perms::none;
      if (entry.is_regular_file() && !own) files.push_back(entry.path());
    }
#ifdef __linux__
    const int pid = nodes_.contains(name) ? nodes_.at(name)->pid() : background_pid;
    const std::filesystem::path process = "/proc/" + std::to_string(pid);
    EXPECT_NE(file_text(process / "cmdline").find("up"), std::string::npos) << name;
    files.push_back(process / "cmdline");
    files.push_back(process / "environ");
#endif
    for (const auto& file : files) {
      const std::string text = file_text(file);
      for (const std::string& secret : secrets) EXPECT_EQ(text.find(secret), std::string::npos) << file;
      ++searched;
    }
    EXPECT_NE(file_text(dir(name) / "log" / "node.log").find("info"), std::string::npos);
  }
  EXPECT_GE(searched, 12U);
}

}  // namespace
