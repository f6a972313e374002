#include "api/listening_socket.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mz {
namespace {

Error listen_error(int code, std::uint16_t port) {
  if (code == EADDRINUSE) {
    return {ErrorKind::refused, "Port " + std::to_string(port) +
                                    " is in use by another program. Stop it, or choose another port with --port."};
  }
  if (code == EACCES) {
    return {ErrorKind::refused,
            "This user may not listen on port " + std::to_string(port) + ". Choose one above 1023 with --port."};
  }
  return {ErrorKind::unreachable, "cannot listen: " + std::string(std::strerror(code))};
}

sockaddr_storage listening_address(int family, Reach reach, std::uint16_t port, socklen_t& size) {
  sockaddr_storage storage{};
  if (family == AF_INET) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(reach == Reach::loopback ? INADDR_LOOPBACK : INADDR_ANY);
    address->sin_port = htons(port);
    size = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_addr = reach == Reach::loopback ? in6addr_loopback : in6addr_any;
    address->sin6_port = htons(port);
    size = sizeof *address;
  }
  return storage;
}

std::uint16_t port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in*>(&address)->sin_port
                                            : reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
}

// The IPv4 address inside an IPv6 one, or 0 when there is none.
std::uint32_t mapped_ipv4(const sockaddr_storage& address) {
  const auto& bytes = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  if (!IN6_IS_ADDR_V4MAPPED(&bytes)) return 0;
  std::uint32_t ipv4 = 0;
  std::memcpy(&ipv4, bytes.s6_addr + 12, sizeof ipv4);
  return ntohl(ipv4);
}

std::string plain_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    if (const std::uint32_t ipv4 = mapped_ipv4(address); ipv4 != 0) {
      const in_addr plain{.s_addr = htonl(ipv4)};
      ::inet_ntop(AF_INET, &plain, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

// "%eth0" for a link-local address; empty when it needs none, or the interface is gone.
std::string scope_text(const sockaddr_storage& address) {
  if (address.ss_family != AF_INET6) return "";
  const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
  std::array<char, IF_NAMESIZE> name{};
  if (!IN6_IS_ADDR_LINKLOCAL(&ipv6.sin6_addr) || ipv6.sin6_scope_id == 0 ||
      ::if_indextoname(ipv6.sin6_scope_id, name.data()) == nullptr) {
    return "";
  }
  return "%" + std::string(name.data());
}

#ifdef __linux__
// The kernel's limit on the length of a socket's path is 107 bytes; a path through an open directory is always shorter.
Result<std::filesystem::path> reachable(const std::filesystem::path& path, Descriptor& directory) {
  if (path.native().size() < sizeof(sockaddr_un::sun_path)) return path;
  directory = Descriptor(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) return Error{ErrorKind::not_found, path.parent_path().string() + " is no directory."};
  return std::filesystem::path("/proc/self/fd") / std::to_string(directory.get()) / path.filename();
}
#else
Result<std::filesystem::path> reachable(const std::filesystem::path& path, Descriptor&) {
  if (path.native().size() < sizeof(sockaddr_un::sun_path)) return path;
  return Error{ErrorKind::refused, "The path of the data directory is too long for a socket (" + path.string() +
                                       "). Choose one of at most 85 characters with --data."};
}
#endif

sockaddr_un file_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

Error file_error(const std::filesystem::path& path, const char* what) {
  return {ErrorKind::failure, path.string() + " cannot be " + what + ": " + std::strerror(errno) + "."};
}

}  // namespace

Result<Descriptor> listen_on(int family, Reach reach, std::uint16_t port, std::uint16_t& bound) {
  Descriptor socket(::socket(family, SOCK_STREAM, 0));
  if (!socket.valid())
    return Error{ErrorKind::unreachable, std::string("no such address family: ") + std::strerror(errno)};
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
  const int on = 1;
  // Only lets a new node take the port while old connections linger; two listeners at once stay impossible.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  socklen_t size = 0;
  sockaddr_storage address = listening_address(family, reach, port, size);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return listen_error(errno, port);
  }
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0) bound = port_of(address);
  return socket;
}

Result<Descriptor> listen_on_file(const std::filesystem::path& path) {
  Descriptor directory;
  const auto short_path = reachable(path, directory);
  if (!short_path) return short_path.error();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!socket.valid()) return file_error(path, "opened");
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
  ::unlink(short_path->c_str());
  const sockaddr_un address = file_address(*short_path);
  const mode_t before = ::umask(0177);  // at no moment may anybody else connect
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (bound != 0 || ::chmod(short_path->c_str(), 0600) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    return file_error(path, "listened on");
  }
  return socket;
}

Result<Descriptor> connect_to_file(const std::filesystem::path& path) {
  Descriptor directory;
  const auto short_path = reachable(path, directory);
  if (!short_path) return short_path.error();
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  if (!socket.valid()) return file_error(path, "opened");
  set_close_on_exec(socket.get());
  const sockaddr_un address = file_address(*short_path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EACCES) {
      return Error{ErrorKind::refused, "The node of " + path.parent_path().string() +
                                           " belongs to another user. Run this as that user or as root."};
    }
    return Error{ErrorKind::unreachable, "No node answers at " + path.string() + " (" + std::strerror(errno) +
                                             "). Start it with `meshzero up`."};
  }
  set_non_blocking(socket.get());
  return socket;
}

bool is_same_user(int socket) {
#ifdef __linux__
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  const uid_t user = peer.uid;
#else
  uid_t user = 0;
  gid_t group = 0;
  if (::getpeereid(socket, &user, &group) != 0) return false;
#endif
  return user == ::geteuid() || user == 0;
}

std::string address_text(const sockaddr_storage& address) { return plain_text(address) + scope_text(address); }

std::string endpoint_text(const sockaddr_storage& address) {
  const std::string host = plain_text(address);
  const std::string port = std::to_string(port_of(address));
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

bool is_loopback_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return (ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family != AF_INET6) return false;
  const auto& bytes = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&bytes) || (mapped_ipv4(address) >> 24) == 127;
}

}  // namespace mz
