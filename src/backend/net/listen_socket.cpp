#include "backend/net/listen_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace syncline::backend {
namespace {

constexpr int kBacklog = 4096;

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Result<AddressList> resolve(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0)
    return fail(ErrorCode::kInvalid,
                fmt::format("listen address '{}': {}", address, gai_strerror(error)));
  return AddressList(found, freeaddrinfo);
}

// Returns -1 and sets errno on failure.
int bind_socket(const addrinfo& info, bool share) {
  const int fd =
      ::socket(info.ai_family, info.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, info.ai_protocol);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // for all that it accepts
  if (::bind(fd, info.ai_addr, info.ai_addrlen) == 0 && ::listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

void set_port(sockaddr& address, std::uint16_t port) {
  if (address.sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  }
}

}  // namespace

Result<ListenSockets> open_listen_sockets(const std::string& address, std::uint16_t port,
                                          std::size_t count) {
  const auto list = resolve(address, port);
  if (!list) return std::unexpected(list.error());
  addrinfo& info = **list;
  const auto failed = [&] {
    const auto code = errno == EADDRINUSE      ? ErrorCode::kConflict
                      : errno == EADDRNOTAVAIL ? ErrorCode::kInvalid
                                               : ErrorCode::kIo;
    return fail(code, fmt::format("cannot listen on {}:{}: {}", address, port, strerror(errno)));
  };

  // Any process of the same user can join a shared port without notice. So first try to bind the
  // port alone: then a second server is told that the port is taken.
  if (port != 0) {
    const int probe = bind_socket(info, false);
    if (probe < 0) return failed();
    ::close(probe);
  }

  ListenSockets sockets;
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = bind_socket(info, true);
    if (fd < 0) {
      const auto error = failed();
      for (const int open : sockets.fds) ::close(open);
      return error;
    }
    sockets.fds.push_back(fd);
    sockets.port = bound_port(fd);
    set_port(*info.ai_addr, sockets.port);
  }
  return sockets;
}

}  // namespace syncline::backend
