// Replays the recordings that traces.mjs prints with our engine: every update and the final state
// must be those of Yjs.
//
//   traces.mjs FILE… | trace_replay

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "doc_model.h"
#include "syncline/crdt/doc.h"

namespace syncline::crdt::differential {
namespace {

// FNV-1a, 32 bits.
std::uint32_t hash(std::uint32_t state, ByteView bytes) {
  for (const std::uint8_t byte : bytes) state = (state ^ byte) * 0x01000193u;
  return state;
}

struct Writer {
  explicit Writer(ClientId client)
      : doc({.client_id = client, .gc = true, .guid = {}}), text(doc.text("content")) {
    doc.on_update([this](const UpdateEvent& event) {
      if (event.local()) update.assign(event.update().begin(), event.update().end());
    });
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool edit(const Json& patches) {
    bool ok = true;
    doc.transact([&] {
      for (const Json& patch : patches) {
        const auto position = patch[0].get<std::uint32_t>();
        const auto deleted = patch[1].get<std::uint32_t>();
        const auto& inserted = patch[2].get_ref<const std::string&>();
        if (deleted > 0) ok = ok && text.erase(position, deleted);
        if (!inserted.empty()) ok = ok && text.insert(position, inserted);
      }
    });
    return ok;
  }

  Doc doc;
  Text text;
  Bytes update;
};

bool same(const Json& trace, const char* what, const std::string& expected,
          const std::string& actual) {
  if (expected == actual) return true;
  std::cout << trace["name"] << ": the " << what
            << " differs\n  expected: " << expected.substr(0, 400)
            << "\n  actual:   " << actual.substr(0, 400) << '\n';
  return false;
}

bool replay(const Json& trace) {
  std::vector<std::unique_ptr<Writer>> writers;
  for (const Json& client : trace["clients"])
    writers.push_back(std::make_unique<Writer>(client.get<ClientId>()));
  const bool concurrent = writers.size() > 1;
  std::vector<Bytes> updates;
  std::uint32_t hashed = 0x811c9dc5;
  for (const Json& step : trace["steps"]) {
    Writer& writer = *writers[step["d"].get<std::size_t>()];
    for (const Json& merge : step["merge"]) {
      const Bytes& update = updates[merge.get<std::size_t>()];
      if (!update.empty() && !writer.doc.apply_update(update))
        return same(trace, "merge", "applied", "refused");
    }
    writer.update.clear();
    if (!writer.edit(step["p"])) return same(trace, "edit", "done", "refused");
    hashed = hash(hashed, writer.update);
    if (concurrent) updates.push_back(writer.update);
  }
  Doc& doc = writers.front()->doc;
  return same(trace, "text", trace["text"], writers.front()->text.to_string()) &&
         same(trace, "hash over all updates", trace["updates"].dump(), std::to_string(hashed)) &&
         same(trace, "state, v1", trace["v1"],
              hex(doc.encode_state_as_update({}, UpdateVersion::kV1))) &&
         same(trace, "state, v2", trace["v2"],
              hex(doc.encode_state_as_update({}, UpdateVersion::kV2)));
}

int run() {
  std::string line;
  int traces = 0;
  while (std::getline(std::cin, line)) {
    const Json trace = Json::parse(line);
    if (!replay(trace)) return 1;
    std::cout << trace["name"].get<std::string>() << ": " << trace["steps"].size()
              << " steps, no difference\n";
    ++traces;
  }
  return traces > 0 ? 0 : 1;
}

}  // namespace
}  // namespace syncline::crdt::differential

int main() {
  return syncline::crdt::differential::run();
}
