// Whom doctor dials. On the port of this node nobody listens, so that each attempt fails at once and is told.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>

#include "node/doctor/collect.h"
#include "p2p/trust/node_trust.h"
#include "store/descriptor.h"

namespace mz::doctor {
namespace {

// A port that is taken and answers nobody.
class DeadPort {
 public:
  DeadPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t number() const { return number_; }

 private:
  Descriptor socket_;
  std::uint16_t number_ = 0;
};

class DoctorsVisit : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "visitXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ASSERT_TRUE(NodeTrust::open({.directory = folder_, .host = ""}).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // To a member that says of itself, as all do, that it is at 127.0.0.1 too.
  MemberFacts visit(std::uint16_t own_port, std::uint16_t its_port) {
    Facts facts;
    facts.node.port = own_port;
    const std::string port = ":" + std::to_string(its_port);
    visit_members(NodeTrust::read_identity(folder_).value(),
                  {{.facts = {.id = NodeId::of_public_key(Bytes{1}).text()},
                    .addresses = {"127.0.0.1" + port, "[::1]" + port, "localhost" + port}}},
                  facts);
    return facts.members.at(0);
  }

  std::filesystem::path folder_;
};

TEST_F(DoctorsVisit, DoesNotTakeThisNodeForAMemberWithTheSamePort) {
  const DeadPort port;
  const MemberFacts member = visit(port.number(), port.number());
  EXPECT_EQ(member.way, MemberFacts::Way::unreachable);
  EXPECT_EQ(member.failures, std::vector<std::string>()) << "nobody was dialled";
}

TEST_F(DoctorsVisit, GoesToMembersOnThisComputer) {
  const DeadPort own;
  const DeadPort other;
  EXPECT_EQ(visit(own.number(), other.number()).failures.size(), 3U);
}

}  // namespace
}  // namespace mz::doctor
