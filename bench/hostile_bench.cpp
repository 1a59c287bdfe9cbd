// Measures updates that are made to cost much (tests/support/hostile_updates.h), for n from 10^4 to
// 10^6: to ask whether one is short (the dearest of these questions), to prepare them, to apply them, and
// to load the document anew. For each it prints the
// exponent of growth since the n before: 1 is linear, n log n about 1.08, 2 quadratic. Where memory
// does not fit into caches any more, time grows faster than work. `steps` is the work of preparing and
// applying, as the tests bound it, divided by n log n.
//
//   hostile_bench --benchmark_filter=OneOrigin
//
// SYNCLINE_HOSTILE_MAX sets the greatest n (1000000). A run of all cases takes about three minutes.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>

#include "crdt/engine.h"
#include "support/hostile_updates.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/updates.h"

namespace syncline::crdt::hostile {
namespace {

using benchmark::State;

void must(bool condition) {
  if (condition) return;
  std::fprintf(stderr, "the result is not the expected one\n");
  std::exit(3);
}

template <typename Body>
double milliseconds(Body&& body) {  // of CPU time
  const std::clock_t start = std::clock();
  body();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// What a phase took at the n before.
struct Earlier {
  double n = 0;
  double time = 0;
};

void report(State& state, const std::string& attack, const std::string& phase, double time) {
  static std::map<std::string, Earlier> earlier;
  Earlier& last = earlier[attack + phase];
  const auto n = static_cast<double>(state.range(0));
  state.counters[phase + "_ms"] = time;
  if (last.n > 0 && last.n < n && last.time > 0)
    state.counters[phase + "_exp"] = std::log(time / last.time) / std::log(n / last.n);
  last = {n, time};
}

void run_merge(State& state, const NamedAttack& named, const Attack& attack) {
  const std::vector<ByteView> views(attack.updates.begin(), attack.updates.end());
  const double time =
      milliseconds([&] { must(merge_updates(views, UpdateVersion::kV1).has_value()); });
  report(state, std::string(named.name), "merge", time);
}

// What a loop asks of each update.
double weigh_once(Doc& doc, ByteView update) {
  constexpr std::uint64_t kStepsOfALoop = 4096;
  const std::uint64_t work = doc.engine().store.work;
  const double time =
      milliseconds([&] { must(doc.prepare_within(update, kStepsOfALoop).has_value()); });
  doc.engine().store.work = work;
  return time;
}

void run_attack(State& state, const NamedAttack& named) {
  const std::string name(named.name);
  for (auto _ : state) {
    state.PauseTiming();
    const Attack attack = named.make(static_cast<std::uint32_t>(state.range(0)));
    std::size_t bytes = 0;
    for (const Bytes& update : attack.updates) bytes += update.size();
    state.counters["MB"] = static_cast<double>(bytes) / 1e6;
    if (attack.merges) {
      state.ResumeTiming();
      run_merge(state, named, attack);
      continue;
    }
    Doc doc({.client_id = 1'000'000'007, .clean_formats = attack.clean_formats});
    if (attack.clean_formats) doc.text("r");
    for (const Bytes& update : attack.before) must(doc.apply_update(update).has_value());
    state.ResumeTiming();
    doc.engine().store.work = 0;
    double weigh = 0;  // the dearest
    double weighs = 0;
    double prepare = 0;
    const double all = milliseconds([&] {
      for (const Bytes& update : attack.updates) {
        const double took = weigh_once(doc, update);
        weigh = std::max(weigh, took);
        weighs += took;
        if (!attack.clean_formats)
          prepare += milliseconds([&] { must(doc.prepare(update).has_value()); });
        must(doc.apply_update(update).has_value());
      }
    });
    report(state, name, "weigh", weigh);
    report(state, name, "prepare", prepare);
    report(state, name, "apply", all - prepare - weighs);
    const auto n = static_cast<double>(state.range(0));
    state.counters["steps"] = static_cast<double>(doc.engine().store.work) / (n * std::log2(n));
    const Bytes whole = doc.encode_state_as_update();
    Doc copy({.client_id = 1'000'000'009});
    report(state, name, "load", milliseconds([&] { must(copy.apply_update(whole).has_value()); }));
  }
}

const bool kRegistered = [] {
  const char* const text = std::getenv("SYNCLINE_HOSTILE_MAX");
  const long most = text != nullptr ? std::atol(text) : 1'000'000;
  for (const NamedAttack& attack : kAttacks) {
    auto* const registered = benchmark::RegisterBenchmark(
        std::string(attack.name).c_str(), [attack](State& state) { run_attack(state, attack); });
    registered->Iterations(1)->Unit(benchmark::kMillisecond);
    for (long n = 10'000; n <= most; n *= 10) registered->Arg(n);
  }
  return true;
}();

}  // namespace
}  // namespace syncline::crdt::hostile
