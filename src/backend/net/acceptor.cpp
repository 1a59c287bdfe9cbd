#include "backend/net/acceptor.h"

#include <arpa/inet.h>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <utility>

#include "backend/net/http_connection.h"

namespace syncline::backend {
namespace {

// Best effort: a socket that was just accepted has room for this answer.
void answer_refused(int fd, std::string_view status, std::uint64_t retry_after_s,
                    std::string_view code, std::string_view message) {
  const std::string body =
      fmt::format(R"({{"error":{{"code":"{}","message":"{}"}}}})", code, message);
  const std::string answer = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
      "Retry-After: {}\r\nConnection: close\r\n\r\n{}",
      status, body.size(), retry_after_s, body);
  ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
}

constexpr std::uint64_t kRetryAfterS = 5;

}  // namespace

std::string peer_text(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    const auto bytes = std::bit_cast<std::array<std::uint8_t, 4>>(v4.sin_addr);
    return fmt::format(FMT_COMPILE("{}.{}.{}.{}:{}"), bytes[0], bytes[1], bytes[2], bytes[3],
                       ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return fmt::format("[{}]:{}", text.data(), ntohs(v6.sin6_port));
  }
  return "unknown";
}

Acceptor::Acceptor(std::shared_ptr<ServerCore> core, Shard& shard, int fd,
                   std::shared_ptr<TlsContext> tls)
    : core_(std::move(core)), shard_(shard), fd_(fd), tls_(std::move(tls)) {}

Acceptor::~Acceptor() {
  stop();
}

void Acceptor::start() {
  if (watch_.open(shard_.loop(), fd_)) watch_.wait_read(shared_from_this());
}

void Acceptor::stop() {
  watch_.close();
  if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
}

void Acceptor::on_ready() {
  for (int i = 0; i < 64; ++i) {
    // A handshake or a first request may cost much; the rest stays in the backlog for the next turn.
    if (i > 0 && shard_.loop().slice_is_over()) break;
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      adopt(fd, address);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      shard_.reporter(observe::Area::kNet)
          .warn("no connection can be accepted now",
                {{"reason", errno == EMFILE || errno == ENFILE ? "out of file descriptors"
                                                               : "out of memory for sockets"}});
      // The socket stays readable, so waiting for it again would spin. The peer waits in the
      // backlog.
      shard_.loop().after(100, [self = shared_from_this()] {
        if (self->fd_ >= 0) self->on_ready();
      });
      return;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    // The remaining errors are those of the connection to be accepted, which no longer exists.
  }
  watch_.wait_read(shared_from_this());
}

void Acceptor::adopt(int fd, const sockaddr_storage& address) {
  const std::string peer = peer_text(address);
  const auto network = limits::NetworkRates::key_of(peer);
  const std::uint64_t wait_ms =
      shard_.rates().wait_ms(network, limits::Work::kConnections, shard_.now_ms());
  if (wait_ms > 0) return refuse_fast(fd, peer, wait_ms);
  if (core_->options.memory != nullptr && core_->options.memory->over())
    return refuse_memory(fd, peer);
  shard_.rates().take(network, limits::Work::kConnections, 1, shard_.now_ms());
  Slot slot = Slot::take(core_, network);
  if (!slot) return core_->full() ? refuse_full(fd, peer) : refuse_network(fd, peer);
  shard_.counters().accepted.add();
  auto stream = tls_ ? tls_->new_stream(fd) : make_plain_stream(fd);
  if (!stream) return;
  HttpConnection::start(shard_, std::move(stream), std::move(slot), peer, tls_ != nullptr);
}

void Acceptor::refuse_full(int fd, const std::string& peer) {
  shard_.counters().refused_full.add();
  shard_.reporter(observe::Area::kNet)
      .warn("connection refused: too many are open",
            {{"peer", peer}, {"most", core_->options.max_connections}});
  if (!tls_)
    answer_refused(fd, "503 Service Unavailable", kRetryAfterS, "unavailable",
                   "too many connections now");
  ::close(fd);
}

void Acceptor::refuse_memory(int fd, const std::string& peer) {
  shard_.counters().refused_memory.add();
  shard_.reporter(observe::Area::kNet).warn("connection refused: memory is full", {{"peer", peer}});
  if (!tls_)
    answer_refused(fd, "503 Service Unavailable", kRetryAfterS, "unavailable",
                   "the server is short of memory");
  ::close(fd);
}

void Acceptor::refuse_network(int fd, const std::string& peer) {
  shard_.counters().refused_network.add();
  shard_.reporter(observe::Area::kNet)
      .warn("connection refused: its address has too many open",
            {{"peer", peer}, {"most", core_->options.max_connections_per_network}});
  if (!tls_)
    answer_refused(fd, "429 Too Many Requests", kRetryAfterS, "too_many_requests",
                   "too many connections from this address");
  ::close(fd);
}

void Acceptor::refuse_fast(int fd, const std::string& peer, std::uint64_t wait_ms) {
  shard_.counters().refused_network.add();
  shard_.reporter(observe::Area::kNet)
      .warn("connection refused: its address opens them too fast", {{"peer", peer}});
  if (!tls_)
    answer_refused(fd, "429 Too Many Requests", (wait_ms + 999) / 1000, "too_many_requests",
                   "too many new connections from this address");
  ::close(fd);
}

}  // namespace syncline::backend
