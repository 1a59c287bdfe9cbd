// Poller: waits until one of many non-blocking file descriptors is ready (epoll). For this folder
// only; others use FdWatch.
//
// A wait ends when its descriptor is ready. Most handlers then wait again at once, so the kernel
// keeps watching the descriptor, and a further wait costs no system call. Only if the descriptor is
// ready and nobody waits, the poller asks the kernel to stop. The kernel reports a descriptor again
// as long as it is ready, and those that are ready take turns. So a handler need not read
// everything at once, and a peer that sends much does not keep others waiting.
//
// Ownership: the caller owns the descriptors and removes each before it is closed. While a wait is
// pending, the poller shares ownership of its handler. Thread-safety: wake() from any thread;
// everything else on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "backend/net/fair_turns.h"
#include "backend/net/fd_watch.h"

struct epoll_event;

namespace syncline::backend {

class Poller {
 public:
  using Place = std::uint32_t;  // of a descriptor; used again after remove()

  static constexpr std::size_t kAtOnce = 64;  // descriptors that one collect() finds
  static constexpr std::uint64_t kQuantumUs = 500;
  static constexpr std::uint64_t kMostDebtUs = 100'000;

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `later`: the kernel is not asked before the first wait(). nullopt if the kernel refuses the descriptor.
  std::optional<Place> add(int fd, bool later = false);
  // Drops pending waits; their handlers are not called any more. `closes`: the caller closes the descriptor next, and
  // no other descriptor refers to the same file; so the kernel stops watching it by itself.
  void remove(Place place, bool closes = false);

  // One wait to read and one to write may be pending; a second one is ignored. False if the kernel refuses the
  // descriptor, which was added for later.
  bool wait(Place place, bool for_read, std::shared_ptr<ReadyHandler> handler);

  // Blocks until something is ready, at most for `timeout_ms` (0: not at all; below 0: for ever).
  // Returns how much dispatch() has to look at.
  std::size_t collect(int timeout_ms);

  // Calls `ready(ReadyHandler&, bool for_read)` for the waits that have ended, of those that
  // collect() has found; returns how many it called. `ready` returns what the call cost, in microseconds. If the
  // handler of a descriptor has cost too much, it is left out while others are ready (fair_turns.h).
  template <typename Ready>
  std::size_t dispatch(std::size_t events, Ready&& ready) {
    std::size_t calls = 0;
    std::size_t left_out = events;  // the first of them
    for (std::size_t i = 0; i < events; ++i) {
      const Event event = event_at(i);
      if (turns_.may_go(event.place)) {
        calls += call(event, ready);
      } else if (left_out == events) {
        left_out = i;
      }
    }
    if (calls > 0 && !turns_.nobody_in_debt()) turns_.pay();
    if (calls > 0 || left_out == events) return calls;
    const Event event = event_at(left_out);
    turns_.forgive(event.place);
    return call(event, ready);
  }

  // Makes a collect() that blocks return, this one or the next.
  void wake();

  // Ready to read when collect() would find something.
  int fd() const { return epoll_; }

  // Drops all handlers. Their destruction may call remove().
  void clear();

 private:
  struct Entry {
    std::shared_ptr<ReadyHandler> handler;  // while a wait is pending
    int fd = -1;                            // -1: free
    std::uint32_t generation = 0;           // counts the descriptors that had this place
    std::uint8_t wants = 0;                 // pending waits
    std::uint8_t armed = 0;                 // what the kernel watches
    bool registered = false;
  };
  struct Event {
    Place place;
    std::uint32_t generation;
    std::uint32_t what;  // of epoll
  };

  Event event_at(std::size_t index) const;
  template <typename Ready>
  std::size_t call(const Event& event, Ready& ready) {
    bool for_read = false;
    const auto handler = end_wait(event, for_read);
    if (!handler) return 0;
    const std::uint64_t cost_us = ready(*handler, for_read);
    if (find(event) != nullptr) turns_.charge(event.place, cost_us);
    settle(event);
    return 1;
  }
  Entry* find(const Event& event);
  std::shared_ptr<ReadyHandler> end_wait(const Event& event, bool& for_read);
  void settle(const Event& event);
  bool arm(Entry& entry, Place place, std::uint8_t what);
  void disarm(Entry& entry);

  int epoll_;
  int wake_;
  std::vector<Entry> entries_;
  std::vector<Place> free_;
  std::unique_ptr<epoll_event[]> events_;
  FairTurns turns_{kQuantumUs, kMostDebtUs};
};

}  // namespace syncline::backend
