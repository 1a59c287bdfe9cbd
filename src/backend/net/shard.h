// A server's share on one loop: its listening sockets, its connections, and what they share (the
// scratch read buffer, the tick that enforces timeouts, the list of connections with something to
// write, counters).
//
// Internal to this folder. Everything runs on the shard's loop unless said otherwise.
//
// One tick for all instead of a timer each: at 100,000 connections a timer each costs more memory
// than the connection's own state, and no timeout here needs to be exact.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "backend/net/event_loop.h"
#include "backend/net/fd_watch.h"
#include "backend/net/server.h"
#include "backend/net/stream.h"
#include "backend/net/tls.h"

namespace syncline::backend {

class Acceptor;
class Shard;
class Socket;

// Written by one loop, read by any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) { add(~n + 1); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct ShardCounters {
  Counter accepted, refused_full, bytes_in, bytes_out, requests, bad_requests, tls_failures,
      head_timeouts, open_websockets, websockets, upgrades_refused, messages_in, messages_out,
      protocol_errors, ping_timeouts, messages_too_big, write_stalls;
};

// What all shards of a server share. Kept alive by every connection (through its Slot) and by every
// task between loops, so it outlives the Server if it must.
class ServerCore {
 public:
  ServerCore(ServerOptions options, http::Handler http, node::UpgradeHandler upgrade);
  ~ServerCore();

  const ServerOptions options;
  const http::Handler http;
  const node::UpgradeHandler upgrade;
  std::vector<std::unique_ptr<Shard>> shards;  // fixed once the server is built
  std::atomic<bool> draining = false;

  // From any thread.
  bool take_slot();
  void return_slot();
  bool wait_empty(std::uint64_t deadline_ms);
  std::size_t open() const { return open_.load(); }

 private:
  std::atomic<std::size_t> open_ = 0;
  std::mutex mutex_;
  std::condition_variable emptied_;
};

// One connection's place under max_connections; moves with it from loop to loop.
class Slot {
 public:
  static Slot take(std::shared_ptr<ServerCore> core);  // empty when the server is full
  Slot(Slot&&) = default;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

  explicit operator bool() const { return core_ != nullptr; }
  const std::shared_ptr<ServerCore>& core() const { return core_; }

 private:
  explicit Slot(std::shared_ptr<ServerCore> core) : core_(std::move(core)) {}

  std::shared_ptr<ServerCore> core_;
};

class Shard {
 public:
  Shard(ServerCore& core, EventLoop& loop, std::size_t index);
  ~Shard();

  ServerCore& core() { return core_; }
  EventLoop& loop() { return loop_; }
  std::size_t index() const { return index_; }
  ShardCounters& counters() { return counters_; }
  const ShardCounters& counters() const { return counters_; }
  std::uint64_t now_ms() const { return loop_.monotonic_ms(); }

  // Valid until the caller's turn ends; a connection reads, handles what it read, and forgets it.
  std::span<std::uint8_t> scratch() { return scratch_; }

  // The Date header's value, made once a second.
  const std::string& date();

  // `fd` listens; owned from here on.
  void start_accepting(std::shared_ptr<ServerCore> core, int fd, std::shared_ptr<TlsContext> tls);
  void stop_accepting();
  void drain();

  // Cuts all connections; what their handlers are told is posted before this returns.
  void stop();
  bool stopped() const { return stopped_; }

  void add(std::shared_ptr<Socket> socket);
  void remove(Socket& socket);

  // Calls socket->flush() in a later turn, once for any number of requests within this one.
  void flush_later(std::shared_ptr<Socket> socket);

 private:
  void tick();
  void schedule_tick();
  void flush_all();

  ServerCore& core_;
  EventLoop& loop_;
  std::size_t index_;
  ShardCounters counters_;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::vector<std::shared_ptr<Socket>> to_flush_;
  std::string date_;
  std::uint64_t date_second_ = 0;
  std::uint64_t tick_ms_;
  Scheduler::TimerId tick_timer_ = 0;
  bool stopped_ = false;
};

}  // namespace syncline::backend
