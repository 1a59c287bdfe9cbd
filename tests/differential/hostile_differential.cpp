// Compares what Syncline makes of updates that no honest client sends with what Yjs made of them:
// reads the cases that hostile_cases.mjs wrote, and replays each history with the usual conflict
// scans, with an index from the first scan on, and with one that is built a little later.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "crdt/engine.h"
#include "syncline/crdt/doc.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

using Words = std::vector<std::string>;

constexpr ScanLimits kLimits[] = {{}, {.few = 0, .patience = 0}, {.few = 0, .patience = 2}};

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  if (hex == "-") return bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex.empty() ? "-" : hex;
}

std::vector<Handle> items_of(const Store& store, TypeIndex type, bool keyed) {
  std::vector<Handle> items;
  if (!keyed) {
    for (Handle h = store.types[type].sequence.first; h != kNoItem; h = store[h].right)
      items.push_back(h);
    return items;
  }
  const KeyIndex key = store.keys.find("k");
  if (key == kNoKey) return items;
  for (Handle h = store.types.value(type, key); h != kNoItem; h = store[h].left) items.push_back(h);
  std::ranges::reverse(items);
  return items;
}

// As hostile_cases.mjs writes it.
std::string list_of(const Doc& doc, bool keyed) {
  const Store& store = doc.engine().store;
  const KeyIndex name = store.keys.find("r");
  const TypeIndex type = name == kNoKey ? kNoType : store.types.root(name);
  if (type == kNoType) return "-";
  struct Run {
    ClientId client;
    Clock clock;
    Clock len;
  };
  std::vector<Run> runs;
  for (const Handle handle : items_of(store, type, keyed)) {
    const Item& item = store[handle];
    const ClientId client = store.clients[item.client].id;
    if (!runs.empty() && runs.back().client == client &&
        runs.back().clock + runs.back().len == item.clock)
      runs.back().len += item.len;
    else
      runs.push_back({client, item.clock, item.len});
  }
  std::string out;
  for (const Run& run : runs) {
    if (!out.empty()) out += ',';
    out += std::to_string(run.client) + ':' + std::to_string(run.clock) + '+' +
           std::to_string(run.len);
  }
  return out.empty() ? "-" : out;
}

class Comparison {
 public:
  void run(const Words& words) {
    if (words[0] == "history") return begin(words);
    ++compared_[style_];
    for (std::size_t i = 0; i < std::size(kLimits); ++i) {
      if (words[0] == "update")
        compare(docs_[i], words);
      else
        load(kLimits[i], words);
    }
  }

  bool report() const {
    for (const auto& [style, count] : compared_)
      std::cout << style << ": " << count << " compared\n";
    std::cout << differences_ << " differences\n";
    return differences_ == 0 && !compared_.empty();
  }

 private:
  static Doc make(ScanLimits limits, bool clean) {
    Doc doc({.client_id = 4'000'000'000, .clean_formats = clean});
    doc.engine().scan_limits = limits;
    if (clean) doc.text("r");
    return doc;
  }

  void begin(const Words& words) {
    seed_ = words[1];
    style_ = words[2];
    docs_.clear();
    for (const ScanLimits limits : kLimits) docs_.push_back(make(limits, words[3] == "1"));
  }

  void load(ScanLimits limits, const Words& words) {
    Doc doc = make(limits, false);
    compare(doc, words);
  }

  void compare(Doc& doc, const Words& words) {
    if (!doc.apply_update(from_hex(words[1]))) return differ("refused", "applied", words);
    if (list_of(doc, false) != words[2]) return differ(list_of(doc, false), words[2], words);
    if (list_of(doc, true) != words[3]) return differ(list_of(doc, true), words[3], words);
    const std::string state = to_hex(doc.encode_state_as_update());
    if (state != words[4]) differ(state, words[4], words);
  }

  void differ(const std::string& ours, const std::string& theirs, const Words& words) {
    if (++differences_ > 10) return;
    std::cerr << "seed " << seed_ << ", " << style_ << ": " << words[0] << ' ' << words[1]
              << "\n  gives " << ours << "\n  Yjs   " << theirs << "\n";
  }

  std::string seed_;
  std::string style_;
  std::vector<Doc> docs_;
  std::map<std::string, std::size_t> compared_;
  std::size_t differences_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: hostile_differential CASES\n";
    return 2;
  }
  std::ifstream cases(argv[1]);
  Comparison comparison;
  for (std::string line; std::getline(cases, line);) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    comparison.run(words);
  }
  return comparison.report() ? 0 : 1;
}
