// Network: the network between the clients and the server. It carries streams of whole messages, as
// WebSockets over TCP do.
//
// A stream keeps its order and loses nothing unless it breaks. TCP repairs what a real network
// drops, duplicates or reorders, and this costs time. So such faults appear here as a delay, as a
// stall while a direction is blocked, or as a reset. Each direction has a latency with a slow tail,
// a bandwidth and a window. A peer that does not read fills the window, and then the sender's
// queue.
//
// As in production, the server does the keepalive: it gives up a peer that did not answer two
// pings.
//
// Ownership: the network owns the wires. A wire owns the handlers of its two sides and fulfils the
// contract of session/connection.h for both. Thread-safety: none.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/connection.h"
#include "sim/connector.h"
#include "sim/loop.h"
#include "sim/world.h"

namespace syncline::sim {

struct NetworkSpeed {
  std::uint64_t latency_us = 20'000;
  std::uint64_t jitter_us = 10'000;
  double slow_tail = 0.01;  // the share of messages that take ten times as long
  std::uint64_t bytes_per_ms = 10'000;
  std::size_t window_bytes = 64 << 10;
  std::uint64_t ping_ms = 30'000;
  std::size_t queue_limit = 0;  // of the server: messages sent above it are counted
  // Of the server, while memory is short: above it, it may drop updates. 0: memory is never short.
  std::size_t short_queue_limit = 0;

  // Above it, the server may drop updates.
  std::size_t dropping_limit() const {
    return short_queue_limit == 0 ? queue_limit : std::min(queue_limit, short_queue_limit);
  }
};

enum class Side : std::uint8_t { kClient, kServer };

inline Side other(Side side) {
  return side == Side::kClient ? Side::kServer : Side::kClient;
}

// The state of the path between one client and the server, in one direction. Faults change it.
struct Path {
  bool blocked = false;
  std::uint64_t extra_us = 0;
  std::uint64_t slowdown = 1;  // of the bandwidth
};

class Network;

class Wire final : public std::enable_shared_from_this<Wire> {
 public:
  Wire(Network& network, Hello hello, Loop& client, Loop& server);

  void open(Side side, std::unique_ptr<session::ConnectionHandler> handler);
  // The connection breaks. Both sides are told after a while, or only one is, and the other has to
  // find out.
  void reset();
  void reset_unheard_by(Side side);
  // The process on that side has ended: its handler is destroyed without a call.
  void abandon(Side side);
  void unblocked(Side sender);
  // The server's side closes, for example because it drains.
  void say_goodbye(std::uint16_t code) { close(Side::kServer, code, "going away"); }

  const Hello& hello() const { return hello_; }
  Loop* loop(Side side) const { return at(side).loop; }
  bool done() const;
  std::size_t queued_bytes(Side side) const { return at(side).queued; }
  // sent: messages that this side has sent. taken: messages of the other side that it has handled.
  std::uint64_t sent(Side side) const { return at(side).sent; }
  std::uint64_t taken(Side side) const { return at(side).taken; }
  // False once this side has closed, or was told of the close.
  bool open(Side side) const {
    return at(side).loop != nullptr && !at(side).closing && !at(side).finished;
  }
  // True if the queue of this side was over its limit at least once.
  bool was_congested(Side side) const { return at(side).congested; }
  std::size_t largest_message(Side side) const { return at(side).largest; }
  // Messages that were sent while the queue was already over its limit, since it was last empty.
  std::size_t sent_over_limit(Side side) const { return at(side).over_limit; }
  session::ConnectionHandler* handler(Side side) const { return at(side).handler.get(); }
  // Delays the reading of messages that have arrived, as a slow reader does.
  void set_slow_reader(Side side, std::uint64_t delay_us) { at(side).read_delay_us = delay_us; }

 private:
  struct Message {
    SharedBytes bytes;
    std::uint16_t close_code = 0;  // if `bytes` is empty
    std::size_t size() const { return bytes ? bytes->size() + 8 : 8; }
  };

  class End final : public session::Connection {
   public:
    End(Wire& wire, Side side) : wire_(wire), side_(side) {}
    void send(SharedBytes message) override { wire_.send(side_, std::move(message)); }
    void set_reading(bool on) override { wire_.set_reading(side_, on); }
    void limit_messages(std::size_t bytes) override { wire_.at(side_).message_limit = bytes; }
    std::size_t queued_bytes() const override { return wire_.at(side_).queued; }
    bool more_follows() const override { return wire_.at(side_).more_follows; }
    void close(std::uint16_t code, std::string_view reason) override {
      wire_.close(side_, code, reason);
    }
    std::string_view peer() const override {
      return wire_.hello_.address.empty() ? wire_.hello_.client : wire_.hello_.address;
    }

   private:
    Wire& wire_;
    const Side side_;
  };

  struct State {
    Loop* loop = nullptr;  // null: the process has ended
    std::unique_ptr<session::ConnectionHandler> handler;
    std::unique_ptr<End> end;
    std::deque<Message> out;  // not passed to the operating system yet
    std::size_t queued = 0;
    std::deque<Message> flight;  // on the way to the other side
    std::size_t flight_bytes = 0;
    std::deque<Message> inbox;  // arrived but not read
    std::size_t inbox_bytes = 0;
    std::size_t largest = 0;
    std::size_t over_limit = 0;
    std::uint64_t sent = 0;
    std::uint64_t taken = 0;
    bool congested = false;
    std::uint64_t link_free_us = 0;
    std::uint64_t last_arrival_us = 0;
    std::uint64_t read_delay_us = 0;
    std::uint64_t reading_from_us = 0;
    unsigned missed_pings = 0;
    bool arrival_scheduled = false;
    bool stalled = false;  // an arrival waits until the path is unblocked
    std::size_t message_limit = std::numeric_limits<std::size_t>::max();
    bool reading = true;
    bool read_posted = false;
    bool more_follows = false;  // in the turn that delivers a message
    bool flush_posted = false;
    bool drain_pending = false;
    bool closing = false;   // has sent a close
    bool finished = false;  // its handler was told, or will be told, of the end
  };

  State& at(Side side) { return sides_[static_cast<std::size_t>(side)]; }
  const State& at(Side side) const { return sides_[static_cast<std::size_t>(side)]; }

  void send(Side side, SharedBytes message);
  void set_reading(Side side, bool on);
  void close(Side side, std::uint16_t code, std::string_view reason);
  void flush_later(Side side);
  void pump(Side sender);
  void schedule_arrival(Side sender, std::uint64_t time_us);
  void arrive(Side sender);
  void read_later(Side side);
  void read(Side side);
  void take(Side side, Message message);
  void finish(Side side, std::uint16_t code);
  void ping();
  Path& path(Side sender);

  Network& network_;
  const Hello hello_;
  std::array<State, 2> sides_;
  Dice dice_;
};

class Network final : public Connector {
 public:
  // Provides the handler of a new connection, or null to refuse it.
  class Acceptor {
   public:
    virtual ~Acceptor() = default;
    virtual Loop* loop() = 0;                        // the first one; null: nobody listens
    virtual Loop* loop_for(const Hello& hello) = 0;  // that takes the connection; the same
    virtual std::unique_ptr<session::ConnectionHandler> accept(const Hello& hello) = 0;
  };

  Network(World& world, NetworkSpeed speed, std::size_t clients);

  void set_acceptor(Acceptor* acceptor) { acceptor_ = acceptor; }

  void connect(Hello hello, Loop& loop,
               std::unique_ptr<session::ConnectionHandler> handler) override;
  void process_gone(Loop& loop, bool told) override;
  // Resets the peers of connections whose process has ended.
  void reset_orphans();

  Path& path(std::size_t client, Side sender) {
    return paths_[client][static_cast<std::size_t>(sender)];
  }
  std::size_t clients() const { return paths_.size(); }
  void block(std::size_t client, Side sender, bool on);
  void heal();
  std::vector<std::shared_ptr<Wire>> wires();

  // The first loop of the server that accepts connections now; null if there is none.
  const Loop* server() const { return acceptor_ != nullptr ? acceptor_->loop() : nullptr; }
  // True if the server still has one of the client's connections with the numbers `first` to
  // `last`. A session that was told of the end of its connection no longer has it.
  bool attached(std::size_t client, std::uint64_t first, std::uint64_t last) const;

  World& world() { return world_; }
  const NetworkSpeed& speed() const { return speed_; }

 private:
  friend class Wire;

  World& world_;
  const NetworkSpeed speed_;
  Dice dice_;
  Acceptor* acceptor_ = nullptr;
  std::vector<std::array<Path, 2>> paths_;
  std::vector<std::shared_ptr<Wire>> wires_;
  // Connections by client and number, with the server's loop that holds each.
  std::map<std::pair<std::size_t, std::uint64_t>, const Loop*> attached_;
};

}  // namespace syncline::sim
