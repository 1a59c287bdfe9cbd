#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "net/process.h"

namespace syncline::bench {
namespace {

constexpr std::size_t kScratchBytes = 256 * 1024;
// A larger output buffer is freed after it has been sent.
constexpr std::size_t kKeptBytes = 64 * 1024;

std::span<std::uint8_t> scratch() {
  static std::array<std::uint8_t, kScratchBytes> bytes;
  return bytes;
}

void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

bool Stream::connect(std::uint16_t port, bool tls) {
  close();
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) give_up("no socket: the limit of open files is too low");
  send_at_once(socket_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  if (result != 0 && errno != EINPROGRESS) {
    close();
    return false;
  }
  if (tls) tls_ = std::make_unique<Tls>(socket_);
  wants_write_ = true;
  poller_.add(socket_, watcher_, true);
  return true;
}

bool Stream::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

void Stream::adopt(int socket) {
  close();
  socket_ = socket;
  send_at_once(socket_);
  poller_.add(socket_, watcher_, false);
}

void Stream::close() {
  if (socket_ < 0) return;
  tls_.reset();
  ::close(socket_);
  socket_ = -1;
  wants_write_ = false;
  sent_ = 0;
  Bytes().swap(input_);
  Bytes().swap(output_);
}

void Stream::abort() {
  if (socket_ < 0) return;
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

ssize_t Stream::receive(std::span<std::uint8_t> into) {
  return tls_ ? tls_->receive(into) : recv(socket_, into.data(), into.size(), 0);
}

ssize_t Stream::send_some() {
  const std::span<const std::uint8_t> rest = std::span(output_).subspan(sent_);
  return tls_ ? tls_->send(rest) : ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
}

bool Stream::read(const Take& take) {
  const std::span<std::uint8_t> buffer = scratch();
  const ssize_t got = receive(buffer);
  if (got < 0) {
    const bool later = errno == EAGAIN || errno == EINTR;
    return later &&
           (tls_ == nullptr || unsent() == 0 || flush());  // the TLS handshake may have ended
  }
  if (got == 0) return false;
  bytes_in_ += static_cast<std::uint64_t>(got);
  const std::span<std::uint8_t> fresh = buffer.first(static_cast<std::size_t>(got));
  if (input_.empty()) {  // the usual case: nothing is copied
    const std::size_t used = take(fresh);
    if (is_open() && used < fresh.size())
      input_.assign(fresh.begin() + static_cast<std::ptrdiff_t>(used), fresh.end());
    return true;
  }
  input_.insert(input_.end(), fresh.begin(), fresh.end());
  // `take` may close this stream, which frees input_.
  Bytes whole = std::exchange(input_, {});
  const std::size_t used = take(whole);
  if (is_open() && used < whole.size()) {
    whole.erase(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(used));
    input_ = std::move(whole);
  }
  return true;
}

bool Stream::flush() {
  if (socket_ < 0) return false;
  while (unsent() > 0) {
    const ssize_t took = send_some();
    if (took < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (took <= 0) break;
    sent_ += static_cast<std::size_t>(took);
    if (tls_ == nullptr) break;  // TLS takes a record at a time
  }
  if (unsent() == 0) {
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kKeptBytes) Bytes().swap(output_);
  } else if (sent_ > kKeptBytes && sent_ > unsent()) {
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  want_write(unsent() > 0 && (tls_ == nullptr || tls_->wants_write()));
  return true;
}

void Stream::want_write(bool wanted) {
  if (wanted == wants_write_) return;
  wants_write_ = wanted;
  poller_.change(socket_, watcher_, wanted);
}

}  // namespace syncline::bench
