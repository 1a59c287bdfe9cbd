// Shard: the part of a server on one loop: its listening sockets, its connections, and what they
// share (the scratch read buffer, the tick that enforces timeouts, the list of connections with
// something to write, the counters).
//
// For this folder only. Everything runs on the shard's loop unless stated otherwise.
//
// One tick serves all connections. With 100,000 connections, a timer for each would need more
// memory than the connection's own state, and no timeout here needs to be exact. A tick takes several
// turns of the loop if there are many connections.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/net/event_loop.h"
#include "backend/net/fd_watch.h"
#include "backend/net/fifo.h"
#include "backend/net/holders.h"
#include "backend/net/server.h"
#include "backend/net/stream.h"
#include "backend/net/tls.h"

namespace syncline::backend {

class Acceptor;
class Shard;
class Socket;

// One loop writes it; any thread may read it.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) { add(~n + 1); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct ShardCounters {
  Counter accepted, refused_full, refused_network, bytes_in, bytes_out, requests, bad_requests,
      tls_failures, head_timeouts, open_websockets, websockets, upgrades_refused, messages_in,
      messages_out, protocol_errors, ping_timeouts, messages_too_big, write_stalls, queued_bytes,
      shed, queues_shed, refused_memory, visits, visit_turns;
};

// What all shards of a server share. Every connection (through its Slot) and every task between
// loops keeps it alive, so it can outlive the Server.
class ServerCore {
 public:
  ServerCore(ServerOptions options, http::Handler http, node::UpgradeHandler upgrade);
  ~ServerCore();

  const ServerOptions options;
  const http::Handler http;
  const node::UpgradeHandler upgrade;
  std::vector<std::unique_ptr<Shard>> shards;  // does not change after the server is built
  std::atomic<bool> draining = false;

  // How many connections each network has open, by its key.
  using Networks = std::unordered_map<limits::NetworkRates::Key, std::size_t>;

  // May be called from any thread. nullptr: the server, or the network, has too many connections.
  Networks::value_type* take_slot(limits::NetworkRates::Key network);
  void return_slot(Networks::value_type& network);
  bool wait_empty(std::uint64_t deadline_ms);
  std::size_t open() const { return open_.load(); }
  bool full() const { return open() >= options.max_connections; }

 private:
  std::atomic<std::size_t> open_ = 0;
  std::mutex networks_mutex_;
  Networks networks_;
  std::mutex mutex_;
  std::condition_variable emptied_;
};

// The place of one connection under max_connections and max_connections_per_network. It moves with
// the connection from loop to loop.
class Slot {
 public:
  // Empty if the server is full, or the network has too many.
  static Slot take(std::shared_ptr<ServerCore> core, limits::NetworkRates::Key network);
  Slot(Slot&&) = default;
  Slot& operator=(Slot&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(network_, other.network_);
    return *this;
  }
  ~Slot();

  explicit operator bool() const { return core_ != nullptr; }
  const std::shared_ptr<ServerCore>& core() const { return core_; }

 private:
  Slot(std::shared_ptr<ServerCore> core, ServerCore::Networks::value_type* network)
      : core_(std::move(core)), network_(network) {}

  std::shared_ptr<ServerCore> core_;
  ServerCore::Networks::value_type* network_;
};

class Shard {
 public:
  // `shards`: how many the server has.
  Shard(ServerCore& core, EventLoop& loop, std::size_t index, std::size_t shards);
  ~Shard();

  ServerCore& core() { return core_; }
  EventLoop& loop() { return loop_; }
  std::size_t index() const { return index_; }
  ShardCounters& counters() { return counters_; }
  limits::NetworkRates& rates() { return rates_; }
  const ShardCounters& counters() const { return counters_; }
  std::uint64_t held_bytes() const { return held_bytes_.get(); }
  std::uint64_t now_ms() const { return loop_.monotonic_ms(); }
  observe::Reporter reporter(observe::Area area) const { return {core_.options.reports, area}; }

  // Valid until the end of the caller's turn. A connection reads into it, processes the bytes, and
  // keeps nothing there.
  std::span<std::uint8_t> scratch() { return scratch_; }

  // The value of the Date header, computed once a second.
  const std::string& date();

  // `fd` is a listening socket. Takes ownership of it.
  void start_accepting(std::shared_ptr<ServerCore> core, int fd, std::shared_ptr<TlsContext> tls);
  void stop_accepting();
  void drain();

  // Cuts all connections. Posts the last calls of their handlers before it returns.
  void stop();
  bool stopped() const { return stopped_; }

  void add(std::shared_ptr<Socket> socket);
  void remove(Socket& socket);

  // What the sockets hold of what has not arrived completely (Socket::hold).
  void count_held(Socket& socket, std::size_t before, std::size_t now);
  bool holds_too_much() const { return held_bytes_.get() > max_held_bytes_; }
  // Closes one connection: of those that hold most, within a factor of four, the one that has held something
  // for longest (Holders). So one that sends its message quickly lives on among those that never end theirs, and
  // a small holder is never closed for a large one. Costs the same however many sockets there are.
  void shed_worst(std::uint64_t min_age_ms = 0);
  // The same among the sockets of an account on this shard. False if none of them holds anything.
  bool shed_worst_of(const MemoryAccount& account);

  // What the socket holds and has queued is charged to this account from now on.
  void set_account(Socket& socket, SharedAccount account);

  // What the sockets have queued for their peers (Socket::count_queue). If it is too much, a later
  // turn cuts connections.
  void count_queued(Socket& socket, std::size_t before, std::size_t now);
  // True if there is no room to queue so much more: the share is used, and memory is, too.
  // An account that has its part of all queues finds no room earlier, from 60 % of all memory on.
  bool crowded(std::size_t more, const MemoryAccount* account = nullptr) const {
    const MemoryBudget* memory = core_.options.memory;
    if (account != nullptr && memory != nullptr && account->cell(MemoryUse::kQueues).is_full() &&
        !memory->has_room(more, 60))
      return true;
    return counters_.queued_bytes.get() + more > max_queued_bytes_ &&
           (memory == nullptr || !memory->has_room(more));
  }

  // Calls socket->flush() in a later turn of its lane, only once for all calls within this turn.
  void flush_later(std::shared_ptr<Socket> socket);

  // The same before all others of its lane that have not been written yet: its peer waits for it, and works while the
  // others are written.
  void flush_ahead(std::shared_ptr<Socket> socket);

  // The same after kSoonMs, unless the socket has written everything by then. So a loop that has much to do writes
  // less often, and more at a time.
  void flush_soon(std::shared_ptr<Socket> socket);
  static constexpr std::uint64_t kSoonMs = 3;

 private:
  void schedule_tick();
  void tick(std::size_t left);  // so many sockets are not visited yet, the first ones of the list
  void relieve();
  void charge_held(Socket& socket, std::size_t before, std::size_t now);
  void shed(const Socket& most);
  bool must_cut() const;
  bool shed_queue(std::uint64_t min_age_ms);
  using Waiting = Fifo<std::shared_ptr<Socket>>;
  // The sockets of one lane with something to write, in this order: those whose peers wait, those with little and those
  // with much.
  struct ToFlush {
    Waiting ahead;
    Waiting little;
    Waiting much;
    bool posted = false;  // a task for them is due
  };
  ToFlush& to_flush(const Socket& socket);
  void post_flush(Lane lane, const Socket& socket);
  void flush_put_off();
  void flush_some(Lane lane);
  static void flush_first(Waiting& waiting);

  ServerCore& core_;
  EventLoop& loop_;
  std::size_t index_;
  ShardCounters counters_;
  limits::NetworkRates rates_;
  Counter held_bytes_;
  Holders<Socket> holders_;  // of what has not arrived completely
  Holders<Socket> queuers_;  // of what is queued for their peers
  // Of each account with sockets that hold something here.
  std::unordered_map<const MemoryAccount*, Holders<Socket>> account_holders_;
  std::size_t max_held_bytes_;
  std::size_t max_queued_bytes_;
  bool relief_posted_ = false;
  std::vector<std::uint8_t> scratch_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::unordered_map<Lane, ToFlush> to_flush_;    // of each lane that ever had something to write
  std::vector<std::shared_ptr<Socket>> put_off_;  // by flush_soon()
  Scheduler::TimerId put_off_timer_ = 0;
  std::string date_;
  std::uint64_t date_second_ = 0;
  std::uint64_t tick_ms_;
  Scheduler::TimerId tick_timer_ = 0;
  bool stopped_ = false;
};

}  // namespace syncline::backend
