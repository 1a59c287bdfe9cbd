#include "load/deliveries.h"

#include "load/client.h"

namespace syncline::bench {
namespace {

// Finds the clock that all other clients have reached, and counts the clients that have no more
// than that.
void find_last(const Client& writer) {
  Writer& account = *writer.writer();
  account.everywhere = std::numeric_limits<std::uint32_t>::max();
  account.last = 0;
  for (const Client* other : writer.document().clients) {
    if (other == &writer) continue;
    const std::uint32_t next = other->has_of(writer.id());
    if (next < account.everywhere) {
      account.everywhere = next;
      account.last = 0;
    }
    if (next == account.everywhere) ++account.last;
  }
}

}  // namespace

void Deliveries::measure(Nanoseconds from, Nanoseconds to) {
  from_ = from;
  to_ = to;
}

void Deliveries::sent(Client& writer, Nanoseconds now) {
  Writer& account = *writer.writer();
  if (account.sent_at.empty()) find_last(writer);
  account.sent_at.push_back(now);
  expected += writer.document().clients.size() - 1;
  ++sends;
  if (measures(now)) ++sent_in_time;
}

void Deliveries::arrived(Client& reader, Client& writer, const ClockRange& clocks,
                         Nanoseconds now) {
  const std::uint32_t count = clocks.end - clocks.first;
  if (&reader == &writer) {
    echoes += count;
    return;
  }
  Writer& account = *writer.writer();
  if (clocks.end > account.sent_at.size()) {
    unknown += count;
    return;
  }
  delivered += count;
  if (measures(now)) delivered_in_time += count;
  for (std::uint32_t clock = clocks.first; clock < clocks.end; ++clock) {
    const Nanoseconds sent_at = account.sent_at[clock];
    if (measures(sent_at)) latency.record(static_cast<std::uint64_t>(now - sent_at));
  }
  if (clocks.first != account.everywhere || account.last == 0 || --account.last > 0) return;
  find_last(writer);
  moved.push_back(&writer);
}

void Deliveries::saved(Client& writer, std::uint64_t updates, Nanoseconds now) {
  Writer& account = *writer.writer();
  // The server may also count the answer to its step 1, which comes before the first update.
  for (; updates > 0 && account.saved < account.sent_at.size(); --updates) {
    const Nanoseconds sent_at = account.sent_at[account.saved++];
    ++saves;
    if (measures(sent_at)) save_latency.record(static_cast<std::uint64_t>(now - sent_at));
  }
}

}  // namespace syncline::bench
