// Tls: the client's side of TLS over a connected socket, as recv() and send() do without it.
//
// It does not check the certificate, because servers here are on 127.0.0.1 and made it themselves.
// The handshake happens within the first calls. Does not own the socket. One thread. SIGPIPE must be
// ignored.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>

struct ssl_st;

namespace syncline::bench {

class Tls {
 public:
  explicit Tls(int socket);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // As recv() and send(): the number of bytes; 0: the other side has closed (only receive); -1 with
  // errno EAGAIN: later. After EAGAIN, the next send() must begin with the same bytes.
  ssize_t receive(std::span<std::uint8_t> into);
  ssize_t send(std::span<const std::uint8_t> bytes);
  // Why the last call returned EAGAIN: the socket must become writable, and not readable.
  bool wants_write() const { return wants_write_; }

 private:
  ssize_t failed(int result);

  ssl_st* ssl_;
  bool wants_write_ = false;
};

}  // namespace syncline::bench
