// FaultLink: a small TCP proxy on loopback, between a client and a server, that can inject network
// faults. For `syncline chaos`. Each client has its own link, so that a fault hits only the clients
// for which it is meant.
//
// It does to the bytes what a network can do: hold them back (a partition, a pause), delay them,
// limit their rate, or break the connection. It never loses, changes or reorders bytes of a
// connection that lives. In each direction, a connection holds back at most kWindowBytes and then
// stops reading. So a sender finds its socket full, as with a real slow receiver.
//
// Thread-safety: none; everything runs on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "syncline/error.h"

namespace syncline::backend {

class EventLoop;

// The faults of one direction. The default values mean none.
struct LinkWay {
  bool blocked = false;                // hold bytes back until it is unblocked
  std::uint64_t latency_us = 0;        // in addition to that of loopback
  std::uint64_t bytes_per_second = 0;  // 0: no limit
};

enum class Way : std::uint8_t { kUp, kDown };  // client to server, server to client

class FaultLink {
 public:
  static constexpr std::size_t kWindowBytes = 64 << 10;

  // Listens on a free port of 127.0.0.1 and forwards connections to `upstream_port` there.
  static Result<std::unique_ptr<FaultLink>> open(EventLoop& loop, std::uint16_t upstream_port);
  ~FaultLink();  // resets open connections
  FaultLink(const FaultLink&) = delete;
  FaultLink& operator=(const FaultLink&) = delete;

  std::uint16_t port() const;

  // Takes effect at once, also for bytes that are already held back.
  void set(Way way, const LinkWay& how);
  const LinkWay& way(Way way) const;

  // While this is on, every new connection is reset at once.
  void set_refusing(bool on);

  // Resets all connections at both ends.
  void reset();
  // Resets the connections at one end only. The other end is not told, and its bytes are discarded.
  void reset_half(Way unheard_by_the_sender_of);

  // Ends the faults of both directions and the refusing. Broken connections stay broken.
  void heal();

  struct Counters {
    std::uint64_t connections = 0;
    std::uint64_t bytes_up = 0;
    std::uint64_t bytes_down = 0;
  };
  Counters counters() const;
  std::size_t open_connections() const;

 private:
  struct Impl;
  explicit FaultLink(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace syncline::backend
