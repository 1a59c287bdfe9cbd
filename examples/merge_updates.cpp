// A store that works on updates and never loads a document: it merges them, finds out what they
// contain, and answers a client.
#include <syncline/crdt.h>

#include <iostream>
#include <vector>

using namespace syncline::crdt;
using syncline::Bytes;
using syncline::ByteView;

int main() {
  // People type elsewhere; only their updates arrive here.
  std::vector<Bytes> log;
  Doc author({.client_id = 1});
  author.on_update([&](const UpdateEvent& event) {
    const ByteView update = event.update();
    log.emplace_back(update.begin(), update.end());
  });
  Text text = author.text("body");
  for (const char* word : {"many ", "small ", "edits"}) text.insert(text.length(), word).value();

  // Merges all stored updates into one.
  const std::vector<ByteView> views(log.begin(), log.end());
  const Bytes merged = merge_updates(views, UpdateVersion::kV1).value();
  std::size_t bytes = 0;
  for (const Bytes& update : log) bytes += update.size();
  std::cout << log.size() << " updates, " << bytes << " bytes; merged " << merged.size() << '\n';

  // A client sends its state vector and gets what it lacks.
  Doc client({.client_id = 2});
  client.apply_update(log[0]).value();
  const StateVector stored = state_vector_of(merged, UpdateVersion::kV1).value();
  std::cout << "stored up to clock " << stored.get(1) << ", client knows "
            << client.state_vector().get(1) << '\n';
  const Bytes diff = diff_update(merged, client.state_vector(), UpdateVersion::kV1).value();
  client.apply_update(diff).value();
  std::cout << "client: " << client.text("body").to_string() << '\n';

  // Both formats contain the same data.
  const Bytes v2 = convert_update(merged, UpdateVersion::kV1, UpdateVersion::kV2).value();
  const bool same = convert_update(v2, UpdateVersion::kV2, UpdateVersion::kV1).value() == merged;
  std::cout << "version 2 and back: " << (same ? "the same bytes" : "different") << '\n';
}

// Prints:
//   3 updates, 47 bytes; merged 37
//   stored up to clock 16, client knows 5
//   client: many small edits
//   version 2 and back: the same bytes
