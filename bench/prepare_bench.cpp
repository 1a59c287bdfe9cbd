// Measures Doc::prepare for a large document that arrives at once: the time, and the most memory in
// use. Both must grow in proportion to the document.
//
//   prepare_bench --benchmark_filter=Table

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string>

#include "syncline/crdt/doc.h"

namespace {

std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  live_bytes += ::malloc_usable_size(memory);
  if (live_bytes > peak_bytes) peak_bytes = live_bytes;
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= ::malloc_usable_size(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace syncline::crdt::bench {
namespace {

using benchmark::State;

// A table of `rows` rows with ten cells, in ProseMirror's form.
Bytes table(std::int64_t rows) {
  Doc doc({.client_id = 1});
  doc.transact([&] {
    XmlElement table = doc.xml_fragment("prosemirror").push_element("table").value();
    for (std::int64_t row = 0; row < rows; ++row) {
      XmlElement cells = table.push_element("table_row").value();
      for (int cell = 0; cell < 10; ++cell) {
        XmlElement paragraph =
            cells.push_element("table_cell").value().push_element("paragraph").value();
        paragraph.push_text().value().insert(0, "cell " + std::to_string(cell)).value();
      }
    }
  });
  return doc.encode_state_as_update();
}

Bytes blocks(std::int64_t count) {
  Doc doc({.client_id = 1});
  doc.transact([&] {
    XmlElement group = doc.xml_fragment("document-store").push_element("blockGroup").value();
    for (std::int64_t i = 0; i < count; ++i) {
      XmlElement container = group.push_element("blockContainer").value();
      container.set_attribute("id", "initialBlockId" + std::to_string(i)).value();
      XmlElement paragraph = container.push_element("paragraph").value();
      for (const char* name : {"textColor", "backgroundColor", "textAlignment"})
        paragraph.set_attribute(name, "default").value();
      paragraph.push_text().value().insert(0, "A block of a document.").value();
    }
  });
  return doc.encode_state_as_update();
}

Bytes records(std::int64_t count) {
  Doc doc({.client_id = 1});
  doc.transact([&] {
    for (std::int64_t i = 0; i < count; ++i) {
      Map record = as<Map>(
          doc.map("records").set_type("record" + std::to_string(i), TypeKind::kMap).value());
      for (int field = 0; field < 8; ++field)
        record.set("field" + std::to_string(field), Any("value " + std::to_string(i))).value();
    }
  });
  return doc.encode_state_as_update();
}

void prepare(State& state, const Bytes& update) {
  const Doc doc({.client_id = 2});
  std::size_t touches = 0;
  std::size_t held = 0;
  for (auto _ : state) {
    const std::size_t before = peak_bytes = live_bytes;
    touches = doc.prepare(update).value().touches.size();
    held = peak_bytes - before;
  }
  state.counters["update_MB"] = static_cast<double>(update.size()) / 1e6;
  state.counters["peak_MB"] = static_cast<double>(held) / 1e6;
  state.counters["touches"] = static_cast<double>(touches);
}

void PrepareTable(State& state) {
  prepare(state, table(state.range(0)));
}
void PrepareBlocks(State& state) {
  prepare(state, blocks(state.range(0)));
}
void PrepareRecords(State& state) {
  prepare(state, records(state.range(0)));
}

BENCHMARK(PrepareTable)->Arg(500)->Arg(5'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(PrepareBlocks)->Arg(5'000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond);
BENCHMARK(PrepareRecords)->Arg(5'000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syncline::crdt::bench
