// What HTTP connections and WebSockets have in common: a stream, its readiness, a queue to write,
// and a place in a shard.
//
// Lifetime: the shard's list owns the socket; pending waits and posted tasks share it. After
// destroy() the stream is gone, nothing is called any more, and the object goes with its last user.
//
// Reentrancy: the application is called from on_ready(), flush() and tasks of its own only, never
// from inside a call that it makes. What it sends is written by flush(), in a later turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backend/net/fd_watch.h"
#include "backend/net/out_queue.h"
#include "backend/net/shard.h"
#include "backend/net/stream.h"

namespace syncline::backend {

class Socket : public ReadyHandler, public std::enable_shared_from_this<Socket> {
 public:
  ~Socket() override;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // The shard's calls.
  virtual void flush() = 0;                     // write what is queued
  virtual void tick(std::uint64_t now_ms) = 0;  // enforce timeouts
  virtual void drain() = 0;                     // come to an end soon
  virtual void terminate() = 0;                 // end now

 protected:
  Socket(Shard& shard, std::unique_ptr<Stream> stream, Slot slot, std::string peer);

  // Watches the descriptor and enters the shard. False when the loop refuses it.
  bool attach();

  bool is_destroyed() const { return stream_ == nullptr; }
  void destroy();

  // Gives the stream away, to another loop. The socket is destroyed.
  std::unique_ptr<Stream> release_stream();

  // One read into the scratch buffer, counted.
  IoResult read(std::span<std::uint8_t>& data);

  enum class Written : std::uint8_t { kAll, kBlocked, kMore, kBroken };
  // Writes until the queue is empty, the stream blocks, or this turn's share is used up (kMore:
  // flush_later() has been asked for).
  Written write_queue();

  // Waits for whatever the last operations were blocked on; for bytes too if `reading`.
  void arm(bool reading);
  void request_flush();
  bool is_write_blocked() const { return write_blocked_ != IoStatus::kOk; }

  // Reads and throws away, so that closing does not turn what the peer has not read yet into a
  // reset. True once the peer has ended its side.
  bool discard_input();

  Shard& shard_;
  Slot slot_;
  std::unique_ptr<Stream> stream_;
  FdWatch watch_;
  OutQueue out_;
  std::string peer_;
  std::uint64_t last_write_ms_ = 0;  // when the stream last took bytes

 private:
  friend class Shard;

  std::size_t place_ = 0;  // index in the shard's list
  IoStatus read_blocked_ = IoStatus::kOk;
  IoStatus write_blocked_ = IoStatus::kOk;
  bool in_shard_ = false;
  bool flush_requested_ = false;
};

}  // namespace syncline::backend
