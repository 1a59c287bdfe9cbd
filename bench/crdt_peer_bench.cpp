// Measures Syncline's document engine in the cases of peers/cases.mjs, which describes them, and
// prints one JSON object per case. peers/run.mjs starts it and compares the results.
//
//   crdt_peer_bench syncline|floor TRACES GROUP [ARGUMENT]
//
// `floor` is a gap buffer that keeps text and no history. It shows the minimum cost of editing
// text.

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "crdt_bench_support.h"

namespace syncline::crdt::bench {
namespace {

using Replicas = std::vector<std::unique_ptr<Replica>>;
using Log = std::vector<Bytes>;

constexpr std::uint32_t kN = 6000;

struct Times {
  double ms = 0;
  double cpu = 0;
  std::size_t reps = 0;
};

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double wall_ms() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double median(std::vector<double> list) {
  std::sort(list.begin(), list.end());
  return list[list.size() / 2];
}

// As in peers/measure.mjs: several runs of a short case, one run of a long one. Preparing the state
// and destroying it are not timed.
template <typename Prepare, typename Run, typename Finish>
Times measure(Prepare prepare, Run run, Finish finish, std::size_t most_reps = 15) {
  std::vector<double> wall;
  std::vector<double> cpu;
  double total = 0;
  while (wall.size() < most_reps && (wall.empty() || total < 400)) {
    auto state = prepare();
    const double cpu_before = cpu_ms();
    const double before = wall_ms();
    run(state);
    wall.push_back(wall_ms() - before);
    cpu.push_back(cpu_ms() - cpu_before);
    total += wall.back();
    finish(state);
  }
  return {median(wall), median(cpu), wall.size()};
}

void report(const std::string& name, Times times, int per = 1) {
  std::printf(R"({"case":"%s","ms":%.6f,"cpu":%.6f,"reps":%zu})"
              "\n",
              name.c_str(), times.ms / per, times.cpu / per, times.reps);
}

void report_bytes(const std::string& name, Times times, std::size_t bytes) {
  std::printf(R"({"case":"%s","ms":%.6f,"cpu":%.6f,"reps":%zu,"bytes":%zu})"
              "\n",
              name.c_str(), times.ms, times.cpu, times.reps, bytes);
}

std::unique_ptr<Replica> make(ClientId client = 1) {
  return std::make_unique<Replica>(client);
}

Replicas replicas(std::size_t count) {
  Replicas out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(make(i + 1));
  return out;
}

// ---- a recorded history of one writer

void edit_each(Replica& replica, const Trace& trace) {
  for (const Patch& patch : trace.patches) replica.doc.transact([&] { replica.edit(patch); });
}

void edit_at_once(Replica& replica, const Trace& trace) {
  replica.doc.transact([&] {
    for (const Patch& patch : trace.patches) replica.edit(patch);
  });
}

void whole_document(const Trace& trace, const std::string& name, UpdateVersion version,
                    const Log& updates) {
  const std::string suffix = version == UpdateVersion::kV1 ? "v1" : "v2";
  Replica replica(9);
  for (const Bytes& update : updates) replica.apply(update);
  const Bytes whole = replica.doc.encode_state_as_update({}, version);
  // A document that was itself loaded, as for the peers.
  const auto load = [&](std::unique_ptr<Replica>& loaded) {
    loaded = make(999);
    loaded->apply(whole, version);
    return loaded->text.to_string();
  };
  std::unique_ptr<Replica> kept;
  load(kept);
  report_bytes(name + "/encode_" + suffix,
               measure([] { return Bytes(); },
                       [&](Bytes& out) { out = kept->doc.encode_state_as_update({}, version); },
                       [&](Bytes& out) { Replica::must(out == whole); }),
               whole.size());
  struct Loaded {
    std::unique_ptr<Replica> replica;
    std::string text;
  };
  report(
      name + "/load_" + suffix,
      measure([] { return Loaded(); }, [&](Loaded& loaded) { loaded.text = load(loaded.replica); },
              [&](Loaded& loaded) { Replica::must(loaded.text == trace.end); }));
}

void trace_cases(const std::string& folder, const std::string& name) {
  const Trace trace = read_trace(folder, name);
  const auto done = [&](std::unique_ptr<Replica>& replica) {
    Replica::must(replica->text.to_string() == trace.end);
  };
  const auto fresh = [] { return make(); };
  report(name + "/one", measure(
                            fresh, [&](auto& replica) { edit_at_once(*replica, trace); }, done));
  report(name + "/edits", measure(
                              fresh, [&](auto& replica) { edit_each(*replica, trace); }, done));
  Log updates;
  report(name + "/capture",
         measure(
             [&] {
               updates.clear();
               auto replica = make();
               replica->capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
               return replica;
             },
             [&](auto& replica) { edit_each(*replica, trace); }, done));
  report(name + "/apply", measure([] { return make(2); },
                                  [&](auto& replica) {
                                    for (const Bytes& update : updates) replica->apply(update);
                                  },
                                  done));
  whole_document(trace, name, UpdateVersion::kV1, updates);
  whole_document(trace, name, UpdateVersion::kV2, updates);
}

void floor_cases(const std::string& folder, const std::string& name) {
  const Trace trace = read_trace(folder, name);
  std::vector<std::u16string> inserted;
  for (const Patch& patch : trace.patches) inserted.push_back(to_utf16(patch.inserted));
  const Times times =
      measure([] { return GapBuffer(); },
              [&](GapBuffer& buffer) {
                for (std::size_t i = 0; i < inserted.size(); ++i)
                  buffer.edit(trace.patches[i].at, trace.patches[i].erased, inserted[i]);
              },
              [&](GapBuffer& buffer) { Replica::must(buffer.to_string() == to_utf16(trace.end)); });
  report(name + "/one", times);
  report(name + "/edits", times);
}

std::size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void memory_case(const std::string& folder, const std::string& name) {
  std::optional<Trace> trace = read_trace(folder, name);
  Bytes whole;
  {
    Replica replica(1);
    edit_at_once(replica, *trace);
    whole = replica.doc.encode_state_as_update();
  }
  const std::string end = trace->end;
  trace.reset();
  Replicas kept;
  const auto load = [&] {
    kept.push_back(make(999));
    kept.back()->apply(whole);
  };
  report(name + "/first_load", measure([] { return std::string(); },
                                       [&](std::string& text) {
                                         load();
                                         text = kept.back()->text.to_string();
                                       },
                                       [&](std::string& text) { Replica::must(text == end); }, 1));
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 20; ++i) load();
  const std::size_t after = resident_bytes();
  std::printf(R"({"case":"%s/memory","reps":1,"bytes":%zu,"own_count":%zu})"
              "\n",
              name.c_str(), after > before ? (after - before) / 20 : 0,
              kept.back()->doc.memory_bytes());
}

// ---- a recorded history of several writers

struct Step {
  std::vector<std::uint32_t> merge;
  const Txn* txn = nullptr;
};

// The transactions among `open` and their ancestors that are not in `known`, the oldest first. Adds
// them to `known`.
std::vector<std::uint32_t> lacking(const Trace& trace, std::vector<std::uint32_t> open,
                                   std::set<std::uint32_t>& known) {
  std::vector<std::uint32_t> found;
  while (!open.empty()) {
    const std::uint32_t txn = open.back();
    open.pop_back();
    if (!known.insert(txn).second) continue;
    found.push_back(txn);
    const auto& parents = trace.txns[txn].parents;
    open.insert(open.end(), parents.begin(), parents.end());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void concurrent_case(const std::string& folder, const std::string& name) {
  const Trace trace = read_trace(folder, name);
  std::vector<std::set<std::uint32_t>> known(trace.agents);
  std::vector<std::uint32_t> all;
  std::vector<Step> plan;
  for (std::uint32_t n = 0; n < trace.txns.size(); ++n) {
    const Txn& txn = trace.txns[n];
    plan.push_back({lacking(trace, txn.parents, known[txn.agent]), &txn});
    known[txn.agent].insert(n);
    all.push_back(n);
  }
  std::vector<std::vector<std::uint32_t>> rest;
  for (auto& of_agent : known) rest.push_back(lacking(trace, all, of_agent));
  Log updates;
  Bytes last;
  const auto merge = [&](Replica& replica, const std::vector<std::uint32_t>& list) {
    for (const std::uint32_t n : list)
      if (!updates[n].empty()) replica.apply(updates[n]);
  };
  const auto prepare = [&] {
    updates.clear();
    Replicas out = replicas(trace.agents);
    for (auto& replica : out) replica->capture([&](ByteView update) { last = to_bytes(update); });
    return out;
  };
  const auto run = [&](Replicas& writers) {
    for (const Step& step : plan) {
      Replica& replica = *writers[step.txn->agent];
      merge(replica, step.merge);
      last.clear();
      replica.doc.transact([&] {
        for (const Patch& patch : step.txn->patches) replica.edit(patch);
      });
      updates.push_back(std::move(last));
    }
    for (std::size_t agent = 0; agent < writers.size(); ++agent)
      merge(*writers[agent], rest[agent]);
  };
  report(name + "/merge", measure(prepare, run, [](Replicas& writers) {
           for (const auto& writer : writers)
             Replica::must(writer->text.to_string() == writers[0]->text.to_string());
         }));
}

// ---- the cases of crdt-benchmarks

using Change = std::function<void()>;

struct Editor {
  Replica& replica;
  Random next;
  std::uint32_t length = 0;

  void step(const Change& change) { replica.doc.transact(change); }
  void insert(std::uint32_t at, const std::string& text) {
    step([&] { Replica::must(replica.text.insert(at, text).has_value()); });
    length += static_cast<std::uint32_t>(text.size());
  }
  void erase(std::uint32_t at, std::uint32_t count) {
    step([&] { Replica::must(replica.text.erase(at, count).has_value()); });
    length -= count;
  }
  void insert_values(std::uint32_t at, const std::vector<Any>& values) {
    step([&] { Replica::must(replica.array.insert(at, values).has_value()); });
  }
  Any number() { return Any(static_cast<double>(next())); }
  void random_letter() {
    const std::uint32_t at = next.below(length + 1);
    insert(at, std::string(1, next.letter()));
  }
  void random_word() {
    const std::uint32_t at = next.below(length + 1);
    insert(at, next.word());
  }
  void insert_or_erase() {
    const std::uint32_t at = next.below(length + 1);
    const bool chosen = next() % 2 == 0;
    if (at == length || chosen)
      insert(at, next.word());
    else
      erase(at, std::min(length - at, 1 + next.below(9)));
  }
};

using Script = std::function<void(Editor&)>;

template <typename Body>
void times(Body body) {
  for (std::uint32_t i = 0; i < kN; ++i) body(i);
}

void pair_case(std::uint32_t number, const Script& script) {
  const auto prepare = [] {
    Replicas both = replicas(2);
    both[0]->capture([b = both[1].get()](ByteView update) { b->apply(update); });
    return both;
  };
  const auto run = [&](Replicas& both) {
    Editor editor{*both[0], Random(number)};
    script(editor);
  };
  report("B1." + std::to_string(number), measure(prepare, run, [](Replicas& both) {
           Replica::must(both[0]->text.to_string() == both[1]->text.to_string());
           Replica::must(both[0]->array.to_json() == both[1]->array.to_json());
         }));
}

void b1() {
  pair_case(
      1, [](Editor& e) { times([&](auto i) { e.insert(i, std::string(1, e.next.letter())); }); });
  pair_case(2, [](Editor& e) { e.insert(0, e.next.letters(kN)); });
  pair_case(3,
            [](Editor& e) { times([&](auto) { e.insert(0, std::string(1, e.next.letter())); }); });
  pair_case(4, [](Editor& e) { times([&](auto) { e.random_letter(); }); });
  pair_case(5, [](Editor& e) { times([&](auto) { e.random_word(); }); });
  pair_case(6, [](Editor& e) {
    e.insert(0, e.next.letters(kN));
    e.erase(0, kN);
  });
  pair_case(7, [](Editor& e) { times([&](auto) { e.insert_or_erase(); }); });
  pair_case(8, [](Editor& e) { times([&](auto i) { e.insert_values(i, {e.number()}); }); });
  pair_case(9, [](Editor& e) {
    std::vector<Any> values;
    times([&](auto) { values.push_back(e.number()); });
    e.insert_values(0, values);
  });
  pair_case(10, [](Editor& e) { times([&](auto) { e.insert_values(0, {e.number()}); }); });
  pair_case(11, [](Editor& e) {
    times([&](auto i) {
      const std::uint32_t at = e.next.below(i + 1);
      e.insert_values(at, {e.number()});
    });
  });
}

void both_case(std::uint32_t number, const Script& script) {
  struct State {
    Replicas replicas;
    std::unique_ptr<Log[]> sent;
  };
  const auto prepare = [] {
    State state{replicas(2), std::make_unique<Log[]>(2)};
    for (int i = 0; i < 2; ++i)
      state.replicas[i]->capture(
          [log = &state.sent[i]](ByteView update) { log->push_back(to_bytes(update)); });
    Replica::must(state.replicas[0]->text.insert(0, std::string(100, 'x')).has_value());
    state.replicas[1]->apply(state.sent[0].front());
    state.sent[0].clear();
    return state;
  };
  const auto run = [&](State& state) {
    for (std::uint32_t i = 0; i < 2; ++i) {
      Editor editor{*state.replicas[i], Random(10 * number + i), 100};
      script(editor);
    }
    for (int i = 0; i < 2; ++i)
      for (const Bytes& update : state.sent[i]) state.replicas[1 - i]->apply(update);
  };
  report(
      "B2." + std::to_string(number), measure(prepare, run, [](State& state) {
        Replica::must(state.replicas[0]->text.to_string() == state.replicas[1]->text.to_string());
      }));
}

void b2() {
  both_case(1, [](Editor& e) { e.insert(0, e.next.letters(kN)); });
  both_case(2, [](Editor& e) { times([&](auto) { e.random_letter(); }); });
  both_case(3, [](Editor& e) { times([&](auto) { e.random_word(); }); });
  both_case(4, [](Editor& e) { times([&](auto) { e.insert_or_erase(); }); });
}

std::string repeated(std::uint32_t number, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += std::to_string(number);
  return out;
}

void many_case(int number, const std::function<Result<void>(Replica&, std::uint32_t)>& change) {
  const auto clients = static_cast<std::uint32_t>(20 * std::sqrt(kN));
  Log updates;
  for (std::uint32_t i = 1; i <= clients; ++i) {
    Replica replica(i + 1);
    replica.capture([&](ByteView update) { updates.push_back(to_bytes(update)); });
    Replica::must(change(replica, i).has_value());
  }
  report("B3." + std::to_string(number), measure([] { return make(); },
                                                 [&](auto& replica) {
                                                   for (const Bytes& update : updates)
                                                     replica->apply(update);
                                                 },
                                                 [](auto&) {}));
}

void b3() {
  many_case(1, [](Replica& r, std::uint32_t i) { return r.map.set("v", static_cast<double>(i)); });
  many_case(2, [](Replica& r, std::uint32_t i) {
    return r.map.set("v", Any::Object{{"name", std::to_string(i)}, {"address", "here"}});
  });
  many_case(3, [](Replica& r, std::uint32_t i) { return r.map.set("v", repeated(i, 200)); });
  many_case(4, [](Replica& r, std::uint32_t i) { return r.array.insert(0, {repeated(i, 10)}); });
}

void b4(const std::string& folder, const std::string& count) {
  const Trace trace = read_trace(folder, "automerge-paper");
  const int rounds = std::atoi(count.c_str());
  Bytes whole;
  report("B4x" + count + "/edits",
         measure([] { return make(); },
                 [&](auto& replica) {
                   for (int i = 0; i < rounds; ++i) edit_each(*replica, trace);
                 },
                 [&](auto& replica) { whole = replica->doc.encode_state_as_update(); }));
  report("B4x" + count + "/load",
         measure([] { return make(2); },
                 [&](auto& replica) {
                   replica->apply(whole);
                   Replica::must(replica->text.to_string().size() == trace.end.size() * rounds);
                 },
                 [](auto&) {}));
}

// ---- cost of one edit in a document of n items

constexpr int kEdits = 300;

// A replica of `n` items, and another with the same items: for the cost of an edit where it is
// made, and where it arrives.
class Grown {
 public:
  Grown(std::string size, ClientId client, const std::function<void(Replica&)>& build)
      : size_(std::move(size)), writer_(client), reader_(99) {
    writer_.doc.transact([&] { build(writer_); });
    reader_.apply(writer_.doc.encode_state_as_update());
    writer_.capture([this](ByteView update) { sent_.push_back(to_bytes(update)); });
  }
  Replica& writer() { return writer_; }

  void measure_edits(const std::string& what, const Change& edit) {
    const auto nothing = [](int) {};
    const auto make_edits = [&](int) {
      for (int i = 0; i < kEdits; ++i) writer_.doc.transact(edit);
    };
    report("grow/" + what + "/" + size_, measure([] { return 0; }, make_edits, nothing, kGrowReps),
           kEdits);
    deliver();
    report("grow/remote_" + what + "/" + size_,
           measure(
               [&] {
                 make_edits(0);
                 return 0;
               },
               [&](int) { deliver(); }, nothing, kGrowReps),
           kEdits);
    Replica::must(reader_.text.to_string() == writer_.text.to_string());
    Replica::must(reader_.map.length() == writer_.map.length());
  }

 private:
  static constexpr std::size_t kGrowReps = 3;

  void deliver() {
    for (const Bytes& update : sent_) reader_.apply(update);
    sent_.clear();
  }

  std::string size_;
  Replica writer_;
  Replica reader_;
  Log sent_;
};

void grow(const std::string& size) {
  const auto n = static_cast<std::uint32_t>(std::atoi(size.c_str()));
  Random next(n);
  {
    Grown grown(size, 1, [n](Replica& replica) {
      for (std::uint32_t i = 0; i < n; ++i)
        Replica::must(
            replica.text.insert(0, std::string(1, static_cast<char>('a' + i % 26))).has_value());
    });
    Text& text = grown.writer().text;
    std::uint32_t length = n;
    grown.measure_edits("insert",
                        [&] { Replica::must(text.insert(next.below(++length), "x").has_value()); });
    grown.measure_edits("prepend", [&] {
      Replica::must(text.insert(0, "y").has_value());
      ++length;
    });
    grown.measure_edits("erase", [&] {
      if (length > 1) Replica::must(text.erase(next.below(length--), 1).has_value());
    });
  }
  Grown grown(size, 2, [n](Replica& replica) {
    for (std::uint32_t i = 0; i < n; ++i)
      Replica::must(replica.map.set("k" + std::to_string(i), static_cast<double>(i)).has_value());
  });
  grown.measure_edits("set", [&] {
    Replica::must(grown.writer().map.set("k" + std::to_string(next.below(n)), 7.0).has_value());
  });
}

int run(const std::string& engine, const std::string& folder, const std::string& group,
        const std::string& argument) {
  if (engine == "floor") {
    if (group == "trace") floor_cases(folder, argument);
    return 0;
  }
  if (group == "trace")
    trace_cases(folder, argument);
  else if (group == "memory")
    memory_case(folder, argument);
  else if (group == "concurrent")
    concurrent_case(folder, argument);
  else if (group == "b1")
    b1();
  else if (group == "b2")
    b2();
  else if (group == "b3")
    b3();
  else if (group == "b4")
    b4(folder, argument);
  else if (group == "grow")
    grow(argument);
  else
    return 1;
  return 0;
}

}  // namespace
}  // namespace syncline::crdt::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: crdt_peer_bench syncline|floor TRACES GROUP [ARGUMENT]\n");
    return 1;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // so that results stay if the rest takes too long
  return syncline::crdt::bench::run(argv[1], argv[2], argv[3], argc > 4 ? argv[4] : "");
}
