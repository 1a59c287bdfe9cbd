#include "load/writing.h"

#include <algorithm>
#include <queue>
#include <vector>

namespace syncline::bench {
namespace {

// A connection with this much unsent gets no more updates.
constexpr std::size_t kMostUnsent = 64 * 1024;

std::vector<Client*> writers_of(const Fleet& fleet) {
  std::vector<Client*> writers;
  for (Client* client : fleet.all())
    if (client->writer() != nullptr) writers.push_back(client);
  return writers;
}

struct DueLater {
  bool operator()(const Client* a, const Client* b) const {
    return a->writer()->due > b->writer()->due;
  }
};

}  // namespace

double write_at_rate(Fleet& fleet, double rate, Nanoseconds until) {
  const std::vector<Client*> writers = writers_of(fleet);
  const Nanoseconds begin = now_ns();
  const Nanoseconds gap = from_seconds(1 / rate);
  std::priority_queue<Client*, std::vector<Client*>, DueLater> queue;
  for (std::size_t i = 0; i < writers.size(); ++i) {
    writers[i]->writer()->due =
        begin + gap * static_cast<Nanoseconds>(i) / static_cast<Nanoseconds>(writers.size());
    queue.push(writers[i]);
  }
  Nanoseconds latest = 0;
  fleet.run(to_seconds(until - begin) + 1, [&](Nanoseconds now) {
    if (now >= until) return Fleet::kDone;
    while (!queue.empty() && queue.top()->writer()->due <= now) {
      Client* const client = queue.top();
      queue.pop();
      latest = std::max(latest, now - client->writer()->due);
      if (!client->is_open()) continue;
      client->write(now);
      client->writer()->due += gap;
      queue.push(client);
    }
    return queue.empty() ? until : std::min(until, queue.top()->writer()->due);
  });
  return to_seconds(latest);
}

void write_flat_out(Fleet& fleet, std::uint32_t window, std::uint32_t each, Nanoseconds until) {
  std::vector<Client*> ready = writers_of(fleet);
  std::size_t unfinished = ready.size();
  std::vector<Client*>& moved = fleet.deliveries().moved;
  moved.clear();
  fleet.run(to_seconds(until - now_ns()) + 1, [&](Nanoseconds now) {
    if (now >= until) return Fleet::kDone;
    // After the first turn, only clients whose updates have arrived can have room again.
    ready.insert(ready.end(), moved.begin(), moved.end());
    moved.clear();
    for (Client* client : ready) {
      Writer& writer = *client->writer();
      const auto finished = [&] { return each != 0 && writer.sent_at.size() >= each; };
      if (finished() || !client->is_open()) continue;
      while (!finished() && writer.under_way() < window && client->unsent() < kMostUnsent)
        client->write(now);
      if (finished()) --unfinished;
    }
    ready.clear();
    return unfinished == 0 ? Fleet::kDone : until;
  });
}

}  // namespace syncline::bench
