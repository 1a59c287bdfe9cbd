// Shared by the benchmarks of the document engine: recorded traces, the random numbers that both
// sides of a comparison draw, and the lower bound (a gap buffer that keeps text and no history).
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt::bench {

struct Patch {
  std::uint32_t at = 0;
  std::uint32_t erased = 0;
  std::string inserted;
};

struct Txn {
  std::vector<Patch> patches;
  std::vector<std::uint32_t> parents;
  std::uint32_t agent = 0;
};

struct Trace {
  std::vector<Txn> txns;
  std::vector<Patch> patches;  // those of all transactions, in order
  std::string end;
  std::uint32_t agents = 1;
};

inline bool exists(const std::string& path) {
  return std::ifstream(path).good();
}

inline std::string trace_path(const std::string& folder, const std::string& name) {
  const std::string concurrent = folder + "/concurrent_traces/" + name + ".json.gz";
  if (exists(concurrent)) return concurrent;
  return folder + "/sequential_traces/" + name + ".json.gz";
}

// Ends the program if there is no such file, because there is nothing to measure then.
inline Trace read_trace(const std::string& folder, const std::string& name) {
  const std::string path = trace_path(folder, name);
  std::FILE* pipe = exists(path) ? ::popen(("gzip -dc '" + path + "'").c_str(), "r") : nullptr;
  if (pipe == nullptr) {
    std::fprintf(stderr, "no trace %s\n", path.c_str());
    std::exit(2);
  }
  const auto json = nlohmann::json::parse(pipe);
  ::pclose(pipe);
  Trace trace;
  trace.end = json["endContent"];
  trace.agents = json.value("numAgents", 1u);
  for (const auto& entry : json["txns"]) {
    Txn txn;
    txn.agent = entry.value("agent", 0u);
    if (entry.contains("parents")) txn.parents = entry["parents"].get<std::vector<std::uint32_t>>();
    for (const auto& patch : entry["patches"])
      txn.patches.push_back({patch[0], patch[1], patch[2]});
    trace.patches.insert(trace.patches.end(), txn.patches.begin(), txn.patches.end());
    trace.txns.push_back(std::move(txn));
  }
  return trace;
}

// mulberry32, as in peers/cases.mjs.
class Random {
 public:
  explicit Random(std::uint32_t seed) : state_(seed) {}
  std::uint32_t operator()() {
    state_ += 0x6d2b79f5u;
    std::uint32_t t = (state_ ^ (state_ >> 15)) * (1u | state_);
    t = (t + ((t ^ (t >> 7)) * (61u | t))) ^ t;
    return t ^ (t >> 14);
  }
  std::uint32_t below(std::uint32_t bound) { return (*this)() % bound; }
  char letter() { return static_cast<char>('a' + below(26)); }
  std::string word() {
    std::string out(2 + below(8), ' ');
    for (char& c : out) c = letter();
    return out;
  }
  std::string letters(std::uint32_t count) {
    std::string out(count, ' ');
    for (char& c : out) c = letter();
    return out;
  }

 private:
  std::uint32_t state_;
};

// A document, its text, and the update of its last transaction if it is captured.
class Replica {
 public:
  explicit Replica(ClientId client)
      : doc({.client_id = client, .gc = true, .guid = {}}),
        text(doc.text("content")),
        array(doc.array("array")),
        map(doc.map("map")) {}
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  template <typename Sink>
  void capture(Sink sink) {
    doc.on_update([sink](const UpdateEvent& event) {
      if (event.local()) sink(event.update());
    });
  }
  void edit(const Patch& patch) {
    if (patch.erased > 0) must(text.erase(patch.at, patch.erased).has_value());
    if (!patch.inserted.empty()) must(text.insert(patch.at, patch.inserted).has_value());
  }
  void apply(ByteView update, UpdateVersion version = UpdateVersion::kV1) {
    must(doc.apply_update(update, version).has_value());
  }
  // Ends the program if the result is wrong, because the measurement is then meaningless.
  static void must(bool condition) {
    if (condition) return;
    std::fprintf(stderr, "the result is not the expected one\n");
    std::exit(3);
  }

  Doc doc;
  Text text;
  Array array;
  Map map;
};

// A text with a gap at the place of the last edit. Positions count UTF-16 units, so its cells are
// UTF-16 units.
class GapBuffer {
 public:
  void edit(std::uint32_t at, std::uint32_t erased, std::u16string_view inserted) {
    move_gap(at);
    gap_end_ += erased;
    if (inserted.size() > gap_end_ - gap_) grow(inserted.size());
    std::copy(inserted.begin(), inserted.end(), cells_.begin() + static_cast<std::ptrdiff_t>(gap_));
    gap_ += inserted.size();
  }
  std::u16string to_string() const {
    return std::u16string(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(gap_)) +
           std::u16string(cells_.begin() + static_cast<std::ptrdiff_t>(gap_end_), cells_.end());
  }

 private:
  void move_gap(std::size_t at) {
    const auto cell = [this](std::size_t i) {
      return cells_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    if (at < gap_) {
      std::copy_backward(cell(at), cell(gap_), cell(gap_end_));
      gap_end_ -= gap_ - at;
    } else if (at > gap_) {
      const std::size_t count = at - gap_;
      std::copy(cell(gap_end_), cell(gap_end_ + count), cell(gap_));
      gap_end_ += count;
    }
    gap_ = at;
  }
  void grow(std::size_t need) {
    const std::size_t more = need + cells_.size() + 64;
    cells_.insert(cells_.begin() + static_cast<std::ptrdiff_t>(gap_end_), more, u'\0');
    gap_end_ += more;
  }

  std::vector<char16_t> cells_;
  std::size_t gap_ = 0;
  std::size_t gap_end_ = 0;
};

// For texts in the basic plane, such as those of the traces.
inline std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[i + k]); };
    if (byte(0) < 0x80) {
      out.push_back(byte(0));
      i += 1;
    } else if (byte(0) < 0xe0) {
      out.push_back(static_cast<char16_t>((byte(0) & 0x1f) << 6 | (byte(1) & 0x3f)));
      i += 2;
    } else {
      out.push_back(
          static_cast<char16_t>((byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f)));
      i += 3;
    }
  }
  return out;
}

}  // namespace syncline::crdt::bench
