// Which update was sent when, which client has received it, and how long that took.
//
// An update is one character (updates.h), known by its writer and clock. It is *delivered* when
// another client of the document has it in order; the writer's own echo does not count. Updates
// that the server merged count as what they were before. One thread.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "cli/load/histogram.h"
#include "load/progress.h"
#include "net/clock.h"

namespace syncline::bench {

class Client;

// What a client that writes knows of its updates.
struct Writer {
  std::vector<Nanoseconds> sent_at;  // by clock
  std::uint64_t saved = 0;           // the server said so, of so many
  std::uint32_t everywhere = 0;      // what is below it has reached every other client
  std::uint32_t last = 0;            // so many of the others have exactly that
  Nanoseconds due = 0;               // of the next update, where they are paced

  std::uint32_t under_way() const {
    return static_cast<std::uint32_t>(sent_at.size()) - everywhere;
  }
};

class Deliveries {
 public:
  // What is sent from now on until `to` is timed; what arrives until then is the throughput.
  void measure(Nanoseconds from, Nanoseconds to);
  bool measures(Nanoseconds time) const { return time >= from_ && time < to_; }

  void sent(Client& writer, Nanoseconds now);
  // `reader` has now these clocks of `writer`, in order.
  void arrived(Client& reader, Client& writer, const ClockRange& clocks, Nanoseconds now);
  void saved(Client& writer, std::uint64_t updates, Nanoseconds now);

  std::uint64_t expected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t sent_in_time = 0;
  std::uint64_t delivered_in_time = 0;
  std::uint64_t unknown = 0;  // clocks that nobody sent
  std::uint64_t echoes = 0;
  std::uint64_t sends = 0;
  std::uint64_t saves = 0;      // of those, as far as the server tells
  cli::Histogram latency;       // nanoseconds
  cli::Histogram save_latency;  // from the sending to the server's word that it is durable

  // Writers whose `everywhere` moved since this was last cleared, some of them twice.
  std::vector<Client*> moved;

 private:
  Nanoseconds from_ = std::numeric_limits<Nanoseconds>::max();
  Nanoseconds to_ = std::numeric_limits<Nanoseconds>::max();
};

}  // namespace syncline::bench
