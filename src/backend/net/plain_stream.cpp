#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "backend/net/stream.h"

namespace syncline::backend {
namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

class PlainStream final : public Stream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}
  ~PlainStream() override { ::close(fd_); }

  int fd() const override { return fd_; }
  IoStatus handshake() override { return IoStatus::kOk; }
  bool has_buffered() const override { return false; }
  void shutdown_write() override { ::shutdown(fd_, SHUT_WR); }

  IoResult read(std::span<std::uint8_t> into) override {
    for (;;) {
      const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
      if (got > 0) return {IoStatus::kOk, static_cast<std::size_t>(got)};
      if (got == 0) return {IoStatus::kEnd};
      if (errno == EINTR) continue;
      return {would_block(errno) ? IoStatus::kWantRead : IoStatus::kError};
    }
  }

  IoResult write(std::span<const iovec> parts) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    for (;;) {
      const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (sent >= 0) return {IoStatus::kOk, static_cast<std::size_t>(sent)};
      if (errno == EINTR) continue;
      return {would_block(errno) ? IoStatus::kWantWrite : IoStatus::kError};
    }
  }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(int fd) {
  return std::make_unique<PlainStream>(fd);
}

}  // namespace syncline::backend
