// A TCP connection between a client and a server that can be spoilt: a small proxy on loopback for
// `syncline chaos`, one per client, so that faults strike whom they are meant for.
//
// What it does to bytes, a network does: it keeps them (a partition, a pause), delays them, lets
// them through slowly, or breaks the connection off. It neither loses, changes nor reorders what
// TCP would not. In each direction a connection holds back at most kWindowBytes, then stops
// reading, so a sender finds its pipe full as with a real slow receiver.
//
// Thread-safety: none; everything on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "syncline/error.h"

namespace syncline::backend {

class EventLoop;

// How one direction is. As it comes: no fault.
struct LinkWay {
  bool blocked = false;                // bytes are kept until it is unblocked
  std::uint64_t latency_us = 0;        // on top of loopback's own
  std::uint64_t bytes_per_second = 0;  // 0: as fast as it goes
};

enum class Way : std::uint8_t { kUp, kDown };  // client to server, server to client

class FaultLink {
 public:
  static constexpr std::size_t kWindowBytes = 64 << 10;

  // Listens on a free port of 127.0.0.1, and passes connections on to `upstream_port` there.
  static Result<std::unique_ptr<FaultLink>> open(EventLoop& loop, std::uint16_t upstream_port);
  ~FaultLink();  // resets what is connected
  FaultLink(const FaultLink&) = delete;
  FaultLink& operator=(const FaultLink&) = delete;

  std::uint16_t port() const;

  // Takes effect at once, also on what is held back already.
  void set(Way way, const LinkWay& how);
  const LinkWay& way(Way way) const;

  // While on, whoever connects is reset at once.
  void set_refusing(bool on);

  // Both ends hear that their connections are gone.
  void reset();
  // One end alone hears it; the other has to find out: its bytes go nowhere.
  void reset_half(Way unheard_by_the_sender_of);

  // Both ways as they were at first, nothing refused. What is broken stays so.
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
