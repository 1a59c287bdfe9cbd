// Measures the parts of the document engine: updates without a document, documents of growing size,
// and recorded traces.
//
//   crdt_bench --benchmark_filter=Grow
//
// SYNCLINE_TRACES_FOLDER names the recorded traces; without it, their cases are skipped. A run of
// all cases takes about a minute.

#include <benchmark/benchmark.h>

#include "crdt_bench_support.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt::bench {
namespace {

using benchmark::Counter;
using benchmark::State;

UpdateVersion version_of(std::int64_t number) {
  return number == 1 ? UpdateVersion::kV1 : UpdateVersion::kV2;
}

// A document with about `items` items that cannot be joined: characters at random places.
void scatter(Replica& replica, std::int64_t items) {
  Random next(static_cast<std::uint32_t>(items));
  replica.doc.transact([&] {
    for (std::uint32_t i = 0; i < items; ++i)
      Replica::must(
          replica.text.insert(next.below(i + 1), std::string(1, next.letter())).has_value());
  });
}

// ---- updates without a document; arguments: version, items

Bytes scattered_update(std::int64_t items, UpdateVersion version) {
  Replica replica(1);
  scatter(replica, items);
  return replica.doc.encode_state_as_update({}, version);
}

void count_bytes(State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void DecodeUpdate(State& state) {
  const UpdateVersion version = version_of(state.range(0));
  const Bytes update = scattered_update(state.range(1), version);
  for (auto _ : state) benchmark::DoNotOptimize(update_meta(update, version));
  count_bytes(state, update.size());
}

void ConvertUpdate(State& state) {
  const UpdateVersion from = version_of(state.range(0));
  const Bytes update = scattered_update(state.range(1), from);
  const UpdateVersion to = version_of(3 - state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(convert_update(update, from, to));
  count_bytes(state, update.size());
}

// 64 updates, each of a different client.
void MergeUpdates(State& state) {
  const UpdateVersion version = version_of(state.range(0));
  std::vector<Bytes> updates;
  std::size_t bytes = 0;
  for (ClientId client = 1; client <= 64; ++client) {
    Replica replica(client);
    scatter(replica, state.range(1) / 64);
    updates.push_back(replica.doc.encode_state_as_update({}, version));
    bytes += updates.back().size();
  }
  const std::vector<ByteView> views(updates.begin(), updates.end());
  for (auto _ : state) benchmark::DoNotOptimize(merge_updates(views, version));
  count_bytes(state, bytes);
}

void EncodeDocument(State& state) {
  Replica replica(1);
  scatter(replica, state.range(1));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const Bytes out = replica.doc.encode_state_as_update({}, version_of(state.range(0)));
    bytes = out.size();
  }
  count_bytes(state, bytes);
}

void LoadDocument(State& state) {
  const UpdateVersion version = version_of(state.range(0));
  const Bytes update = scattered_update(state.range(1), version);
  for (auto _ : state) {
    Replica replica(2);
    replica.apply(update, version);
    benchmark::DoNotOptimize(replica.text.length());
  }
  count_bytes(state, update.size());
}

#define SYNCLINE_BOTH_VERSIONS(name)          \
  BENCHMARK(name)                             \
      ->ArgsProduct({{1, 2}, {1000, 100000}}) \
      ->Unit(benchmark::kMicrosecond)         \
      ->MinTime(0.2)
SYNCLINE_BOTH_VERSIONS(DecodeUpdate);
SYNCLINE_BOTH_VERSIONS(ConvertUpdate);
SYNCLINE_BOTH_VERSIONS(MergeUpdates);
SYNCLINE_BOTH_VERSIONS(EncodeDocument);
SYNCLINE_BOTH_VERSIONS(LoadDocument);

// ---- one edit in a document of a given number of items: a transaction whose update is captured.
// The number of edits is fixed, so that the document stays near its size.

enum class Edit { kInsert, kPrepend, kErase };

constexpr int kEdits = 1000;

void edit_once(Replica& replica, Edit edit, Random& next, std::uint32_t& length) {
  switch (edit) {
    case Edit::kInsert:
      Replica::must(replica.text.insert(next.below(length + 1), "x").has_value());
      ++length;
      break;
    case Edit::kPrepend:
      Replica::must(replica.text.insert(0, "x").has_value());
      ++length;
      break;
    case Edit::kErase:
      Replica::must(replica.text.erase(next.below(length), 1).has_value());
      --length;
      break;
  }
}

template <Edit kEdit>
void GrowLocal(State& state) {
  Replica replica(1);
  scatter(replica, state.range(0));
  std::size_t bytes = 0;
  replica.capture([&](ByteView update) { bytes += update.size(); });
  Random next(7);
  auto length = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) edit_once(replica, kEdit, next, length);
  state.counters["bytes/edit"] = Counter(static_cast<double>(bytes), Counter::kAvgIterations);
}

// The same edits when they are applied by another replica.
template <Edit kEdit>
void GrowRemote(State& state) {
  Replica writer(1);
  scatter(writer, state.range(0));
  Replica reader(2);
  reader.apply(writer.doc.encode_state_as_update());
  std::vector<Bytes> updates;
  writer.capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
  Random next(7);
  auto length = static_cast<std::uint32_t>(state.range(0));
  for (std::int64_t i = 0; i < state.max_iterations; ++i) edit_once(writer, kEdit, next, length);
  std::size_t n = 0;
  for (auto _ : state) reader.apply(updates[n++]);
}

void GrowMap(State& state) {
  Replica replica(1);
  const auto keys = static_cast<std::uint32_t>(state.range(0));
  const auto set = [&](std::uint32_t key, double value) {
    Replica::must(replica.map.set("k" + std::to_string(key), value).has_value());
  };
  replica.doc.transact([&] {
    for (std::uint32_t i = 0; i < keys; ++i) set(i, 1);
  });
  std::size_t bytes = 0;
  replica.capture([&](ByteView update) { bytes += update.size(); });
  Random next(7);
  for (auto _ : state) set(next.below(keys), 2);
  state.counters["bytes/edit"] = Counter(static_cast<double>(bytes), Counter::kAvgIterations);
}

// Appends numbers one at a time to an array of that length. All of them join one item.
void AppendToArray(State& state) {
  Replica replica(1);
  replica.doc.transact([&] {
    const std::vector<Any> values(static_cast<std::size_t>(state.range(0)), Any(1.0));
    Replica::must(replica.array.push(values).has_value());
  });
  replica.capture([](ByteView) {});
  for (auto _ : state) Replica::must(replica.array.push({Any(2.0)}).has_value());
}

#define SYNCLINE_GROWING(...) \
  BENCHMARK(__VA_ARGS__)      \
      ->RangeMultiplier(10)   \
      ->Range(1000, 1000000)  \
      ->Iterations(kEdits)    \
      ->Unit(benchmark::kNanosecond)
SYNCLINE_GROWING(GrowLocal<Edit::kInsert>);
SYNCLINE_GROWING(GrowLocal<Edit::kPrepend>);
SYNCLINE_GROWING(GrowLocal<Edit::kErase>);
SYNCLINE_GROWING(GrowRemote<Edit::kInsert>);
SYNCLINE_GROWING(GrowRemote<Edit::kPrepend>);
SYNCLINE_GROWING(GrowRemote<Edit::kErase>);
SYNCLINE_GROWING(GrowMap);
SYNCLINE_GROWING(AppendToArray);

// ---- the same in a text with a format for every ten characters

enum class RichEdit { kInsert, kAppend, kMark };

void write_rich(Replica& replica, std::int64_t length) {
  Delta delta;
  for (std::int64_t at = 0; at < length; at += 10) {
    DeltaOp& op = delta.emplace_back();
    op.kind = DeltaOp::Kind::kInsert;
    op.text = "ten chars.";
    if (at % 20 == 0) op.attributes = {{"bold", true}};
  }
  Replica::must(replica.text.apply_delta(delta).has_value());
}

void edit_rich(Replica& replica, RichEdit edit, Random& next) {
  const std::uint32_t length = replica.text.length();
  Result<void> done;
  switch (edit) {
    case RichEdit::kInsert: done = replica.text.insert(next.below(length + 1), "x"); break;
    case RichEdit::kAppend: done = replica.text.insert(length, "x"); break;
    case RichEdit::kMark: {
      const Any value = next.below(2) == 0 ? Any(true) : Any();
      done = replica.text.format(next.below(length - 50), 1 + next.below(50), {{"bold", value}});
    }
  }
  Replica::must(done.has_value());
}

template <RichEdit kEdit>
void RichLocal(State& state) {
  Replica replica(1);
  write_rich(replica, state.range(0));
  replica.capture([](ByteView) {});
  Random next(7);
  for (auto _ : state) edit_rich(replica, kEdit, next);
}

template <RichEdit kEdit>
void RichRemote(State& state) {
  Replica writer(1);
  write_rich(writer, state.range(0));
  Replica reader(2);
  reader.apply(writer.doc.encode_state_as_update());
  std::vector<Bytes> updates;
  writer.capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
  Random next(7);
  for (std::int64_t i = 0; i < state.max_iterations; ++i) edit_rich(writer, kEdit, next);
  std::size_t n = 0;
  for (auto _ : state)
    if (n < updates.size()) reader.apply(updates[n++]);
}

// An observer reads what every edit changed.
template <RichEdit kEdit>
void RichObserved(State& state) {
  Replica replica(1);
  write_rich(replica, state.range(0));
  std::size_t ops = 0;
  (void)replica.text.observe([&](const TypeEvent& event) { ops += event.delta.size(); });
  Random next(7);
  for (auto _ : state) edit_rich(replica, kEdit, next);
  state.counters["ops/edit"] = Counter(static_cast<double>(ops), Counter::kAvgIterations);
}

// Makes one word bold and plain again, repeatedly, after it has already been toggled that often.
void RichToggle(State& state) {
  Replica replica(1);
  Replica::must(replica.text.insert(0, std::string(1000, 'x')).has_value());
  const auto toggle = [&](std::int64_t i) {
    const Any value = i % 2 == 0 ? Any(true) : Any();
    Replica::must(replica.text.format(500, 10, {{"bold", value}}).has_value());
  };
  for (std::int64_t i = 0; i < state.range(0); ++i) toggle(i);
  std::int64_t n = state.range(0);
  for (auto _ : state) toggle(n++);
}

SYNCLINE_GROWING(RichLocal<RichEdit::kInsert>);
SYNCLINE_GROWING(RichLocal<RichEdit::kAppend>);
SYNCLINE_GROWING(RichLocal<RichEdit::kMark>);
SYNCLINE_GROWING(RichRemote<RichEdit::kInsert>);
SYNCLINE_GROWING(RichRemote<RichEdit::kAppend>);
SYNCLINE_GROWING(RichRemote<RichEdit::kMark>);
SYNCLINE_GROWING(RichObserved<RichEdit::kInsert>);
SYNCLINE_GROWING(RichObserved<RichEdit::kMark>);
BENCHMARK(RichToggle)->RangeMultiplier(10)->Range(100, 10000)->Iterations(kEdits);

// ---- a recorded trace

const char* traces_folder() {
  return std::getenv("SYNCLINE_TRACES_FOLDER");
}

const Trace& paper() {
  static const Trace trace = read_trace(traces_folder(), "automerge-paper");
  return trace;
}

void count_edits(State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(paper().patches.size()));
}

void type_trace(Replica& replica) {
  for (const Patch& patch : paper().patches) replica.doc.transact([&] { replica.edit(patch); });
}

void TraceLocal(State& state) {
  for (auto _ : state) {
    Replica replica(1);
    type_trace(replica);
  }
  count_edits(state);
}

void TraceCaptured(State& state) {
  for (auto _ : state) {
    Replica replica(1);
    std::vector<Bytes> updates;
    replica.capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
    type_trace(replica);
  }
  count_edits(state);
}

void TraceRemote(State& state) {
  Replica writer(1);
  std::vector<Bytes> updates;
  writer.capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
  type_trace(writer);
  for (auto _ : state) {
    Replica replica(2);
    for (const Bytes& update : updates) replica.apply(update);
  }
  count_edits(state);
}

void TraceLoad(State& state) {
  Replica writer(1);
  type_trace(writer);
  const UpdateVersion version = version_of(state.range(0));
  const Bytes whole = writer.doc.encode_state_as_update({}, version);
  for (auto _ : state) {
    Replica replica(2);
    replica.apply(whole, version);
    benchmark::DoNotOptimize(replica.text.to_string());
  }
}

// The lower bound: text without history.
void TraceGapBuffer(State& state) {
  std::vector<std::u16string> inserted;
  for (const Patch& patch : paper().patches) inserted.push_back(to_utf16(patch.inserted));
  for (auto _ : state) {
    GapBuffer buffer;
    for (std::size_t i = 0; i < inserted.size(); ++i)
      buffer.edit(paper().patches[i].at, paper().patches[i].erased, inserted[i]);
    benchmark::DoNotOptimize(buffer);
  }
  count_edits(state);
}

const bool kTracesRegistered = [] {
  if (traces_folder() == nullptr) return false;
  const auto add = [](const char* name, void (*body)(State&)) {
    return benchmark::RegisterBenchmark(name, body)->Unit(benchmark::kMillisecond);
  };
  add("TraceLocal", TraceLocal);
  add("TraceCaptured", TraceCaptured);
  add("TraceRemote", TraceRemote);
  add("TraceGapBuffer", TraceGapBuffer);
  add("TraceLoad", TraceLoad)->Arg(1)->Arg(2);
  return true;
}();

}  // namespace
}  // namespace syncline::crdt::bench
