// Poller: waits until one of many non-blocking file descriptors is ready (epoll). For this folder
// only; others use FdWatch.
//
// A wait ends when its descriptor is ready. Most handlers then wait again at once, so the kernel
// keeps watching the descriptor, and a further wait costs no system call. Only if the descriptor is
// ready and nobody waits, the poller asks the kernel to stop. The kernel reports a descriptor again
// as long as it is ready. So a handler need not read everything at once. Nor does dispatch() call
// everybody: those whose lane has taken least of the loop lately go first (lanes.h), within a lane
// those that have taken least themselves (fair_turns.h), and after kRoundUs the rest has to wait for
// the next round.
//
// Ownership: the caller owns the descriptors and removes each before it is closed. While a wait is
// pending, the poller shares ownership of its handler. Thread-safety: wake() from any thread;
// everything else on the loop's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "backend/net/fair_turns.h"
#include "backend/net/fd_watch.h"
#include "backend/net/lanes.h"

struct epoll_event;

namespace syncline::backend {

class Poller {
 public:
  using Place = std::uint32_t;  // of a descriptor; used again after remove()

  static constexpr std::size_t kAtOnce = 512;  // descriptors that one collect() finds
  static constexpr std::uint64_t kRoundUs = 1000;
  // A descriptor that has taken less than this is called in the order in which the kernel reports it, unless its lane
  // is more than kRoundUs ahead of the lane that has taken least.
  static constexpr std::uint64_t kLittleUs = 500;
  static constexpr std::uint64_t kPeriodUs = 32'000;

  // `lanes` must outlive it.
  explicit Poller(Lanes& lanes);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `later`: the kernel is not asked before the first wait(). nullopt if the kernel refuses the descriptor.
  std::optional<Place> add(int fd, bool later = false);
  // Drops pending waits; their handlers are not called any more. `closes`: the caller closes the descriptor next, and
  // no other descriptor refers to the same file; so the kernel stops watching it by itself.
  void remove(Place place, bool closes = false);

  // Its turns are turns of that lane from now on, and not of lane 0.
  void set_lane(Place place, Lane lane) { entries_[place].lane = lane; }

  // One wait to read and one to write may be pending; a second one is ignored. False if the kernel refuses the
  // descriptor, which was added for later.
  bool wait(Place place, bool for_read, std::shared_ptr<ReadyHandler> handler);

  // As if the descriptor became ready now: its handler, which waits for nothing else, is called in a later round. For
  // work that is put off. Ignored if it is due already.
  void again(Place place, std::shared_ptr<ReadyHandler> handler);

  // Blocks until something is ready, at most for `timeout_ms` (0: not at all; below 0: for ever).
  // Returns how much dispatch() has to look at.
  std::size_t collect(int timeout_ms);

  struct Round {
    std::size_t calls = 0;
    std::uint64_t us = 0;  // that they took
    bool left = false;     // others have to wait for the next round
  };
  // Calls `ready(ReadyHandler&, bool for_read, Lane)` for the waits that have ended, of those that collect() has
  // found, until the round has taken kRoundUs. `ready` returns what the call cost, in microseconds.
  template <typename Ready>
  Round dispatch(Ready&& ready) {
    Round round;
    busy_.clear();
    again_.clear();  // they are among those found
    const std::uint64_t little = least_of_lanes() + kRoundUs;
    for (const Event& event : found_) {
      const Entry* const entry = find(event);
      if (entry == nullptr) continue;
      const std::uint32_t of_lane = lanes_.lately(entry->lane);
      const std::uint32_t taken = turns_.lately(entry->taken);
      if (of_lane <= little && taken < kLittleUs && round.us < kRoundUs)
        call(event, ready, round);
      else
        busy_.push_back({of_lane, taken, event});
    }
    // One of them has a turn in each round, so that nobody waits for ever.
    std::ranges::stable_sort(busy_, std::ranges::less(),
                             [](const Busy& busy) { return std::pair(busy.of_lane, busy.taken); });
    const std::size_t calls_before = round.calls;
    for (const Busy& busy : busy_)
      if (round.calls == calls_before || round.us < kRoundUs)
        call(busy.event, ready, round);
      else
        leave(busy.event, round);
    return round;
  }

  bool anything_again() const { return !again_.empty(); }

  // Makes a collect() that blocks return, this one or the next.
  void wake();

  // Ready to read when collect() would find something.
  int fd() const { return epoll_; }

  // Drops all handlers. Their destruction may call remove().
  void clear();

 private:
  struct Entry {
    std::shared_ptr<ReadyHandler> handler;  // while a wait is pending
    FairTurns::Taken taken;                 // in microseconds
    int fd = -1;                            // -1: free
    std::uint32_t generation = 0;           // counts the descriptors that had this place
    Lane lane = 0;
    std::uint8_t wants = 0;  // pending waits, and again()
    std::uint8_t armed = 0;  // what the kernel watches
    bool registered = false;
  };
  struct Event {
    Place place;
    std::uint32_t generation;
    std::uint32_t what;  // of epoll
  };

  struct Busy {
    std::uint32_t of_lane;  // what its lane has taken
    std::uint32_t taken;
    Event event;
  };

  template <typename Ready>
  void call(const Event& event, Ready& ready, Round& round) {
    bool for_read = false;
    const auto handler = end_wait(event, for_read);
    if (!handler) return;
    const Lane lane = find(event)->lane;
    const std::uint64_t cost_us = ready(*handler, for_read, lane);
    ++round.calls;
    round.us += cost_us;
    lanes_.charge(lane, cost_us);
    if (Entry* const entry = find(event)) turns_.charge(entry->taken, cost_us);
    settle(event);
  }
  std::uint64_t least_of_lanes();
  void leave(const Event& event, Round& round);
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
  std::vector<Event> found_;  // by the last collect(); those of again() come first
  std::vector<Event> again_;
  std::vector<Busy> busy_;  // within dispatch()
  Lanes& lanes_;
  FairTurns turns_{kPeriodUs};
};

}  // namespace syncline::backend
