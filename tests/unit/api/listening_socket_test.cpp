#include "api/listening_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "api/host_name.h"
#include "p2p/candidates.h"

namespace mz {
namespace {

sockaddr_storage ipv6(const char* text, std::uint32_t scope = 0) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(8765);
  address.sin6_scope_id = scope;
  EXPECT_EQ(::inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return storage;
}

// Every computer has a first interface.
constexpr std::uint32_t kInterface = 1;

std::string interface_name() {
  std::array<char, IF_NAMESIZE> name{};
  EXPECT_NE(::if_indextoname(kInterface, name.data()), nullptr);
  return name.data();
}

TEST(AddressText, OfALinkLocalSenderCanBeDialledBack) {
  const std::string text = address_text(ipv6("fe80::7", kInterface));
  EXPECT_EQ(text, "fe80::7%" + interface_name());
  const PeerAddress back{.host = text, .port = 8765};
  EXPECT_EQ(back.text(), "[fe80::7%" + interface_name() + "]:8765");
  const auto read = PeerAddress::parse(back.text());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, back);
}

TEST(AddressText, HasAScopeOnlyWhereOneIsNeededAndKnown) {
  EXPECT_EQ(address_text(ipv6("2001:db8::7", kInterface)), "2001:db8::7");
  EXPECT_EQ(address_text(ipv6("::ffff:192.0.2.7", kInterface)), "192.0.2.7");
  EXPECT_EQ(address_text(ipv6("fe80::7")), "fe80::7");
  EXPECT_EQ(address_text(ipv6("fe80::7", 0x7fffffff)), "fe80::7") << "an interface that is gone";
}

TEST(EndpointText, IsAHostThatEveryNodeTakesForAnAddress) {
  const std::string text = endpoint_text(ipv6("fe80::7", kInterface));
  EXPECT_EQ(text, "[fe80::7]:8765");
  EXPECT_TRUE(is_address_literal(text));
}

// Root may connect to every socket, so another process asks as somebody else.
TEST(SocketFile, OfAnotherUserIsNotSaidToBeSilent) {
  std::string folder = testing::TempDir() + "socketXXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::filesystem::path file = std::filesystem::path(folder) / "control.sock";
  const auto socket = listen_on_file(file);
  ASSERT_TRUE(socket.ok());
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  std::filesystem::permissions(file, std::filesystem::perms(0));
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(9);
    const auto refused = connect_to_file(file);
    const bool told = !refused && refused.error().kind == ErrorKind::refused &&
                      refused.error().text.find("belongs to another user") != std::string::npos;
    ::_exit(told ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mz
