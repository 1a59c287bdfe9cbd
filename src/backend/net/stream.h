// A non-blocking byte stream over one socket: plain TCP or TLS, one code path for both.
//
// Each operation does what it can now and says what it needs to go on. Under TLS a read may need
// the socket writable and a write may need it readable; the caller waits for what it is told and
// then tries again all that it wanted.
//
// Ownership: a stream owns its descriptor. It is not bound to a loop, so it may be moved to another
// one while nothing watches it. Thread-safety: none.
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
  kEnd,        // read: the peer has ended its side in order
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

  // The TLS handshake; a plain stream is always done. kOk, kWantRead, kWantWrite or kError.
  virtual IoStatus handshake() = 0;

  virtual IoResult read(std::span<std::uint8_t> into) = 0;

  // Writes a prefix of `parts`. After kWantRead or kWantWrite the next write must begin with the
  // same bytes, and may have more of them behind: a TLS record is half out.
  virtual IoResult write(std::span<const iovec> parts) = 0;

  // Ends our side of the stream, at most once, with nothing left to write. Best effort.
  virtual void shutdown_write() = 0;

  // Bytes wait inside the stream itself, for which the descriptor will not become readable.
  virtual bool has_buffered() const = 0;
};

// Owns `fd`, a connected non-blocking socket.
std::unique_ptr<Stream> make_plain_stream(int fd);

}  // namespace syncline::backend
