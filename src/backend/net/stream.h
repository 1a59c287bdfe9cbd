// Stream: a non-blocking byte stream over one socket, plain TCP or TLS, with one interface for
// both.
//
// Each operation does what it can do now and reports what it needs to continue. Under TLS, a read
// may need a writable socket and a write may need a readable one. The caller waits for the reported
// condition and then retries everything that it wanted.
//
// Ownership: a stream owns its descriptor. It is not bound to a loop, so it may move to another
// loop while nothing watches it. Thread-safety: none.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace syncline::backend {

enum class IoStatus : std::uint8_t {
  kOk,         // done; for read and write `bytes` > 0
  kWantRead,   // nothing done: try again when readable
  kWantWrite,  // nothing done: try again when writable
  kEnd,        // read: the peer has closed its side properly
  kError,      // the connection is broken
};

struct IoResult {
  IoStatus status;
  std::size_t bytes = 0;
};

class Stream {
 public:
  virtual ~Stream() = default;

  virtual int fd() const = 0;

  // The TLS handshake; for a plain stream it is always done. kOk, kWantRead, kWantWrite or kError.
  virtual IoStatus handshake() = 0;

  virtual IoResult read(std::span<std::uint8_t> into) = 0;

  // Writes a prefix of `parts`. After kWantRead or kWantWrite, the next write must begin with the
  // same bytes and may add more after them, because a TLS record may be half written.
  virtual IoResult write(std::span<const iovec> parts) = 0;

  // Closes our side of the stream. Call it at most once, when nothing is left to write. Best
  // effort.
  virtual void shutdown_write() = 0;

  // True if bytes wait inside the stream itself. The descriptor does not become readable for these.
  virtual bool has_buffered() const = 0;
};

// Owns `fd`, a connected non-blocking socket.
std::unique_ptr<Stream> make_plain_stream(int fd);

}  // namespace syncline::backend
