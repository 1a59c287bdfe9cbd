// Stream: a non-blocking TCP socket, with or without TLS, with a buffer for input that is not a whole message yet and a
// buffer for output that the kernel has not accepted yet.
//
// Owns the socket. All streams of a process read into one scratch buffer, so that an idle stream
// holds no memory for input. One thread.
#pragma once

#include <functional>
#include <memory>

#include "net/poller.h"
#include "net/tls.h"
#include "syncline/bytes.h"

namespace syncline::bench {

class Stream {
 public:
  Stream(Poller& poller, Watcher& watcher) : poller_(poller), watcher_(watcher) {}
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Begins to connect to this port of 127.0.0.1. When the stream becomes writable, finish_connect()
  // returns the result. Both return false on failure.
  bool connect(std::uint16_t port, bool tls = false);
  bool finish_connect();
  // Takes over an accepted socket.
  void adopt(int socket);

  bool is_open() const { return socket_ >= 0; }
  void close();
  // Sends a reset instead of closing properly, so that the port is free again at once.
  void abort();

  // Reads once and calls `take` with the bytes that were left before and the new ones. `take`
  // returns the number of bytes that it used. It may change them (unmasking) and close the stream.
  // Returns false if the other side has closed the connection.
  using Take = std::function<std::size_t(std::span<std::uint8_t>)>;
  bool read(const Take& take);

  // The next flush() sends what is appended here.
  Bytes& output() { return output_; }
  std::size_t unsent() const { return output_.size() - sent_; }
  // Sends as much as the kernel accepts, and waits until there is room for the rest. False if the
  // other side has closed.
  bool flush();

  std::uint64_t bytes_in() const { return bytes_in_; }

 private:
  ssize_t receive(std::span<std::uint8_t> into);
  ssize_t send_some();
  void want_write(bool wanted);

  Poller& poller_;
  Watcher& watcher_;
  int socket_ = -1;
  std::unique_ptr<Tls> tls_;  // null: none
  bool wants_write_ = false;
  Bytes input_;   // what `take` did not use
  Bytes output_;  // of which the first sent_ bytes are sent
  std::size_t sent_ = 0;
  std::uint64_t bytes_in_ = 0;
};

}  // namespace syncline::bench
