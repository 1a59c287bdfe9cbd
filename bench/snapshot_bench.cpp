// Measures what appends to one workspace wait while snapshots of another one are stored.
//
// Every 5 ms, an event of 100 bytes is appended to a quiet workspace, and the time until its ack is
// taken. Meanwhile another thread stores snapshots of 30 MB, one after the other, as fast as the
// store takes them. Three cases take turns, so that all meet the disk in the same state:
//   none   no snapshots
//   files  as in a server: their content goes to files (backend/store/snapshot_writer.h)
//   log    their content goes through the commit path, as before there were such files
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "backend/store/rocksdb_store.h"
#include "log/blocking_log.h"
#include "log/test_chain.h"
#include "store_bench_support.h"

namespace syncline::bench {
namespace {

using Clock = std::chrono::steady_clock;
using testing::BlockingLog;
using testing::sample_event;

constexpr std::size_t kSnapshotBytes = 30'000'000;
constexpr std::uint64_t kEvents = 1000;  // of the workspace with the snapshots
constexpr auto kRound = std::chrono::seconds(3);
constexpr auto kPause = std::chrono::milliseconds(5);

struct Case {
  std::string name;
  bool snapshots = false;
  std::size_t inline_bytes = backend::StoreOptions().inline_snapshot_bytes;
  std::vector<double> waits_ms;
  double seconds = 0;
  std::uint64_t stored = 0;

  double at(double share) {
    if (waits_ms.empty()) return 0;
    std::ranges::sort(waits_ms);
    return waits_ms[static_cast<std::size_t>(share * static_cast<double>(waits_ms.size() - 1))];
  }
};

// Bytes that do not compress, other ones for each seed.
Bytes noise(std::uint64_t seed) {
  Bytes bytes(kSnapshotBytes);
  for (std::uint8_t& byte : bytes) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<std::uint8_t>(seed >> 56);
  }
  return bytes;
}

// Stores snapshots until `stop`. Gives their number.
std::uint64_t store_snapshots(backend::RocksDbStore& store, const std::atomic<bool>& stop) {
  testing::TestLoop loop;
  const auto raw = store.open_loop(loop);
  Bytes content = noise(1);
  std::uint64_t stored = 0;
  while (!stop && stored < kEvents) {
    // Different content, without the time to make all of it.
    for (std::size_t at = 0; at < content.size(); at += 1000) ++content[at];
    const auto done = testing::await<void>(loop, [&](auto answer) {
      raw->snapshots().put_snapshot("large", "a", {stored + 1, content, 1, 0}, std::move(answer));
    });
    if (done) ++stored;
  }
  return stored;
}

void run(Case& each) {
  const testing::TempDir dir;
  backend::StoreOptions options{.data_dir = dir.path()};
  options.inline_snapshot_bytes = each.inline_bytes;
  auto opened = backend::RocksDbStore::open(options);
  if (!opened) return;
  backend::RocksDbStore& store = **opened;
  testing::TestLoop loop;
  const auto raw = store.open_loop(loop);
  BlockingLog blocking(*raw, loop);
  testing::TestChain chain;
  std::vector<log::EncodedEvent> events;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    auto event = sample_event("a", "text");
    events.push_back(chain.seal(event, loop.unix_ms()).value());
  }
  static_cast<void>(blocking.append("large", std::move(events), 0));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    if (each.snapshots) each.stored += store_snapshots(store, stop);
  });
  const auto start = Clock::now();
  while (Clock::now() - start < kRound) {
    const auto before = Clock::now();
    static_cast<void>(blocking.add("quiet", sample_event("b", "", 100)));
    each.waits_ms.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - before).count());
    std::this_thread::sleep_for(kPause);
  }
  each.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  stop = true;
  writer.join();
}

void Neighbour(benchmark::State& state) {
  std::vector<Case> cases = {{.name = "none"},
                             {.name = "files", .snapshots = true},
                             {.name = "log", .snapshots = true, .inline_bytes = ~std::size_t{0}}};
  for (auto _ : state)
    for (Case& each : cases) run(each);
  for (Case& each : cases) {
    state.counters[each.name + "_p50_ms"] = each.at(0.5);
    state.counters[each.name + "_p99_ms"] = each.at(0.99);
    state.counters[each.name + "_max_ms"] = each.at(1);
    state.counters[each.name + "_appends"] = static_cast<double>(each.waits_ms.size());
    state.counters[each.name + "_MB_per_s"] =
        static_cast<double>(each.stored * kSnapshotBytes) / 1e6 / each.seconds;
  }
}
BENCHMARK(Neighbour)->Iterations(5)->Unit(benchmark::kSecond)->UseRealTime();

}  // namespace
}  // namespace syncline::bench
