// Deliveries: when each update was sent, which clients have received it, and how long that took.
//
// An update is one character (updates.h), identified by its writer and clock. It is *delivered*
// when another client of the document has received it in order; the writer's own echo does not
// count. If the server merges updates, each still counts by itself. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "cli/load/histogram.h"
#include "load/progress.h"
#include "net/clock.h"

namespace syncline::bench {

class Client;

// The record of a writing client about its updates.
struct Writer {
  std::vector<Nanoseconds> sent_at;  // by clock
  std::uint64_t saved = 0;           // updates that the server has reported as durable
  std::uint32_t everywhere = 0;      // all clocks below have reached every other client
  std::uint32_t last = 0;            // the number of other clients that have exactly that
  Nanoseconds due = 0;               // time of the next update, if they are paced

  std::uint32_t under_way() const {
    return static_cast<std::uint32_t>(sent_at.size()) - everywhere;
  }
};

class Deliveries {
 public:
  // Updates sent from now on until `to` are timed; those that arrive by then are the throughput.
  void measure(Nanoseconds from, Nanoseconds to);
  bool measures(Nanoseconds time) const { return time >= from_ && time < to_; }

  void sent(Client& writer, Nanoseconds now);
  // Reports that `reader` now has these clocks of `writer`, in order.
  void arrived(Client& reader, Client& writer, const ClockRange& clocks, Nanoseconds now);
  void saved(Client& writer, std::uint64_t updates, Nanoseconds now);

  std::uint64_t expected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t sent_in_time = 0;
  std::uint64_t delivered_in_time = 0;
  std::uint64_t unknown = 0;  // clocks that no client sent
  std::uint64_t echoes = 0;
  std::uint64_t sends = 0;
  std::uint64_t saves = 0;      // updates reported as durable, if the server reports this
  cli::Histogram latency;       // nanoseconds
  cli::Histogram save_latency;  // from sending until the server reports it as durable

  // Writers whose `everywhere` has changed since this was last cleared; some are listed twice.
  std::vector<Client*> moved;

 private:
  Nanoseconds from_ = std::numeric_limits<Nanoseconds>::max();
  Nanoseconds to_ = std::numeric_limits<Nanoseconds>::max();
};

}  // namespace syncline::bench
