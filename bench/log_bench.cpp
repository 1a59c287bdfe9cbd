// Measures appends to the embedded store, and compares them with RocksDB's own synced batches of
// the same records.
//
// Rounds of both alternate within a case, and so does the order within a round, so that both use
// the disk in the same state. Time and items per second are those of the store; `ratio` is the
// store's throughput divided by RocksDB's. As in a server, answers cross threads: the time is from
// the call of append() until its callback runs.
//
// Seal and Decode measure only the records, in memory.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "backend/store/database.h"
#include "backend/store/rocksdb_store.h"
#include "log/blocking_log.h"
#include "store_bench_support.h"

namespace syncline::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayload = 100;  // bytes of the intent of an event

struct Cost {
  double seconds = 0;
  std::uint64_t written = 0;
  std::vector<double> rounds;

  template <typename Round>
  double measure(Round round) {
    const std::uint64_t before = written_bytes();
    const auto start = Clock::now();
    round();
    rounds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    seconds += rounds.back();
    written += written_bytes() - before;
    return rounds.back();
  }

  double ms_at(double share) {
    std::ranges::sort(rounds);
    return 1e3 * rounds[static_cast<std::size_t>(share * static_cast<double>(rounds.size() - 1))];
  }
};

void Appends(benchmark::State& state) {
  const testing::TempDir dir;
  const testing::TempDir raw_dir;
  const backend::StoreOptions options{.data_dir = dir.path()};
  auto store = backend::RocksDbStore::open(options);
  auto raw =
      backend::store::open_database(raw_dir.root(), options, backend::store::OpenMode::kReadWrite);
  if (!store || !raw) return state.SkipWithError("no store");
  syncline::testing::TestLoop loop;
  const auto log = (*store)->open_loop(loop);
  syncline::testing::BlockingLog blocking(*log, loop);
  syncline::testing::TestChain chain;
  Cost ours;
  Cost theirs;
  for (auto _ : state) {
    std::vector<log::EncodedEvent> events;
    rocksdb::WriteBatch puts;
    const log::Position expected = chain.head().last_position;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      auto event = syncline::testing::sample_event("notes", "", kPayload);
      events.push_back(chain.seal(event, loop.unix_ms()).value());
      puts.Put(raw->events, backend::store::slice(store::event_key(1, events.back().position)),
               backend::store::slice(events.back().record));
    }
    bool sound = true;
    const auto give_to_rocksdb = [&] {
      rocksdb::WriteOptions synced;
      synced.sync = true;
      sound = raw->db->Write(synced, &puts).ok() && sound;
    };
    // The second one may find the file system's journal still busy with the first.
    const bool first = ours.rounds.size() % 2 == 0;
    if (first) theirs.measure(give_to_rocksdb);
    state.SetIterationTime(ours.measure(
        [&] { sound = blocking.append("w", std::move(events), expected).has_value() && sound; }));
    if (!first) theirs.measure(give_to_rocksdb);
    if (!sound) return state.SkipWithError("a write failed");
  }
  const auto events = static_cast<double>(chain.head().last_position);
  state.SetItemsProcessed(static_cast<std::int64_t>(chain.head().last_position));
  state.counters["ratio"] = theirs.seconds / ours.seconds;
  state.counters["p50_ms"] = ours.ms_at(0.5);
  state.counters["p99_ms"] = ours.ms_at(0.99);
  state.counters["raw_p50_ms"] = theirs.ms_at(0.5);
  state.counters["raw_p99_ms"] = theirs.ms_at(0.99);
  state.counters["written"] = static_cast<double>(ours.written) / (events * kPayload);
  state.counters["raw_written"] = static_cast<double>(theirs.written) / (events * kPayload);
}
BENCHMARK(Appends)->Arg(1)->Arg(8)->Arg(32)->Arg(128)->Iterations(1000)->UseManualTime()->Unit(
    benchmark::kMillisecond);

// An event as an editor makes it, with an intent of `intent` bytes.
log::Event typed(std::int64_t intent) {
  log::Event event;
  event.object = "notes/plan";
  event.type = "doc";
  event.actor = "5f0c93a1b2d4e6f8";
  event.intent.assign(static_cast<std::size_t>(intent), 7);
  event.effect.assign(20, 3);
  return event;
}

// Sealing: position, stamp, salt, encoding and hash.
void Seal(benchmark::State& state) {
  syncline::testing::TestChain chain;
  log::Event event = typed(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = chain.seal(event, 1'700'000'000'000)->record.size();
  state.SetItemsProcessed(state.iterations());
  state.counters["record"] = static_cast<double>(bytes);
}
BENCHMARK(Seal)->Arg(100)->Arg(1000);

// Validation and decoding, including the hash.
void Decode(benchmark::State& state) {
  syncline::testing::TestChain chain;
  log::Event event = typed(state.range(0));
  const Bytes record = chain.seal(event, 1'700'000'000'000)->record;
  for (auto _ : state) benchmark::DoNotOptimize(log::decode_event(record));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Decode)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace syncline::bench
