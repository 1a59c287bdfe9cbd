// Connection: the client's end of one WebSocket connection to the server under test. It connects,
// asks for the upgrade, sends and receives whole binary messages, and answers pings.
//
// Wire::flush() sends the collected messages with one system call per connection and turn. One
// thread. A connection must outlive the Wire's turn in which it was closed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/poller.h"
#include "net/stream.h"
#include "net/ws_frame.h"

namespace syncline::bench {

class Connection;

// Wire: what all connections of a run share.
class Wire {
 public:
  Poller& poller() { return poller_; }
  // Sends what the connections have collected, then waits for the network, at most until `until`.
  void turn(Nanoseconds until);
  // When the bytes that are being processed were read.
  Nanoseconds now() const { return now_; }

  bool tls = false;  // all connections use it
  std::uint64_t frames_in = 0;
  std::uint64_t bytes_in = 0;

 private:
  friend class Connection;

  void flush();
  std::uint32_t next_mask();

  Poller poller_;
  std::vector<Connection*> unflushed_;
  Nanoseconds now_ = 0;
  std::uint32_t mask_ = 2463534242U;
};

class Connection : public Watcher {
 public:
  explicit Connection(Wire& wire) : wire_(wire), stream_(wire.poller(), *this) {}

  // Connects to 127.0.0.1:port and requests this path, including its query.
  void open(std::uint16_t port, std::string_view path);
  void send(ByteView message);
  std::size_t unsent() const { return stream_.unsent(); }
  bool is_open() const { return state_ == State::kOpen; }

  // Both end the connection without calling lost(). reset() leaves no state in the kernel.
  void hang_up();
  void reset();

 protected:
  ~Connection() = default;

  virtual void opened() = 0;
  virtual void received(ByteView message) = 0;
  // The connection ended without a call of hang_up() or reset().
  virtual void lost(std::string_view why) = 0;

 private:
  friend class Wire;
  enum class State : std::uint8_t { kOff, kConnecting, kUpgrading, kOpen };

  void ready(std::uint32_t events) override;
  void connected();
  std::size_t take(std::span<std::uint8_t> bytes);
  std::size_t take_upgrade(std::string_view head);
  void take_frame(const Frame& frame);
  void fail(std::string_view why);
  void queue(Opcode opcode, ByteView payload);
  void flush();

  Wire& wire_;
  Stream stream_;
  State state_ = State::kOff;
  bool unflushed_ = false;
  Bytes partial_;  // of a fragmented message
  std::string request_;
};

}  // namespace syncline::bench
