// Socket: the common part of HTTP connections and WebSockets: a stream, waiting for its readiness,
// a queue of bytes to write, and a place in a shard.
//
// Lifetime: the shard's list owns the socket; pending waits and posted tasks share ownership. After
// destroy(), the stream is gone and nothing is called any more; the object is freed with its last
// owner.
//
// Reentrancy: the application is called only from on_ready(), from flush() and from tasks of their
// own, never from inside a call that the application makes. flush() writes what the application
// sends, in a later turn.
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

  // Called by the shard.
  virtual void flush() = 0;                     // write the queue
  virtual void tick(std::uint64_t now_ms) = 0;  // enforce timeouts
  virtual void drain() = 0;                     // finish soon
  virtual void shed() = 0;       // drop what has not arrived completely, and its sender
  virtual void terminate() = 0;  // end now

 protected:
  Socket(Shard& shard, std::unique_ptr<Stream> stream, Slot slot, std::string peer);

  // Watches the descriptor and adds the socket to the shard. False if the loop refuses the
  // descriptor.
  bool attach();
  // The same; the descriptor is watched from the first arm() on, which destroys the socket if the loop refuses.
  void attach_unwatched();

  bool is_destroyed() const { return stream_ == nullptr; }
  void destroy();

  // Releases the stream, so that it can move to another loop. Destroys the socket.
  std::unique_ptr<Stream> release_stream();

  // States how much memory the socket holds for what has not arrived completely. If all sockets of the shard
  // hold more than its share of ServerOptions::receive_bytes, or those of the account more than it may, the worst
  // of them is shed (Shard::shed_worst): this one, or another.
  void hold(std::size_t bytes);

  // Its turns, also those that write, are turns of that lane from now on. Only while it is attached.
  void set_lane(Lane lane);

  // What the socket holds is charged to this account, too, instead of the one before. nullptr: to none.
  void set_account(SharedAccount account);
  const MemoryAccount* account() const { return account_.get(); }

  // Reads once into the scratch buffer, and counts the bytes.
  IoResult read(std::span<std::uint8_t>& data);

  // Counts what is queued in the shard. Called after the queue has grown (by request_flush) or shrunk.
  void count_queue();

  enum class Written : std::uint8_t { kAll, kBlocked, kMore, kBroken };
  // Writes until the queue is empty, the stream blocks, or this turn's share is used up. In the
  // last case it returns kMore and has called flush_later().
  Written write_queue();

  // Waits for the conditions that blocked the last operations; with `reading`, also for incoming
  // bytes.
  void arm(bool reading);
  void request_flush();
  // The same before others that were requested in this turn.
  void request_flush_ahead();
  // The same for what nobody waits for (Shard::flush_soon).
  void request_flush_soon();
  bool is_write_blocked() const { return write_blocked_ != IoStatus::kOk; }

  // True if the peer has reset the connection. After the end of its input, reading does not tell.
  bool is_reset() const;

  // Reads and discards input. Otherwise closing would reset the connection, and the peer could lose
  // what it has not read yet. True once the peer has closed its side.
  bool discard_input();

  Shard& shard_;
  Slot slot_;
  std::unique_ptr<Stream> stream_;
  FdWatch watch_;
  OutQueue out_;
  std::string peer_;
  std::uint64_t last_write_ms_ = 0;  // when the stream last accepted bytes

 private:
  friend class Shard;

  SharedAccount account_;
  Lane lane_ = 0;
  std::uint32_t place_ = 0;  // index in the shard's list
  std::size_t held_ = 0;
  std::uint64_t held_since_ms_ = 0;
  std::size_t queued_ = 0;
  std::uint64_t queued_since_ms_ = 0;
  IoStatus read_blocked_ = IoStatus::kOk;
  IoStatus write_blocked_ = IoStatus::kOk;
  bool in_shard_ = false;
  bool flush_requested_ = false;
  bool flush_put_off_ = false;
};

}  // namespace syncline::backend
