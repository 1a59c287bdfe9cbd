// One of the replicas that a fuzzer edits, with the invariants that it must satisfy at any time.
#pragma once

#include <algorithm>
#include <optional>
#include <set>

#include "doc_edits.h"
#include "doc_tree.h"
#include "syncline/crdt/snapshot.h"
#include "syncline/crdt/undo_manager.h"

namespace syncline::crdt::fuzz {

// An update as it was sent, in both versions.
struct Sent {
  Bytes v1;
  Bytes v2;

  ByteView bytes(UpdateVersion version) const { return version == UpdateVersion::kV1 ? v1 : v2; }
};
using Log = std::vector<Sent>;

using Trees = std::vector<Tree>;

inline Trees read_trees(Doc& doc) {
  Trees trees;
  for (std::uint32_t i = 0; i < kRoots; ++i) trees.push_back(read_tree(root(doc, i)));
  return trees;
}

inline void check_same(const Trees& expected, const Trees& actual, const char* what) {
  for (std::uint32_t i = 0; i < kRoots; ++i) {
    if (expected[i] == actual[i]) continue;
    std::fprintf(stderr, "%s\n-- expected:%s\n-- actual:%s\n", what, print(expected[i]).c_str(),
                 print(actual[i]).c_str());
    std::abort();
  }
}

class Replica {
 public:
  // `log` gets every update that the document emits.
  Replica(DocOptions options, bool observed, bool undoable, Log& log)
      : options_(options), observed_(observed), doc_(std::move(options)) {
    doc_.on_update([&log](const UpdateEvent& event) {
      log.push_back({to_bytes(event.update()), to_bytes(event.update_v2())});
    });
    doc_.on_subdocs([this](const SubdocsEvent& event) {
      for (const Subdoc& subdoc : event.added) ++subdocs_[subdoc.guid];
      for (const Subdoc& subdoc : event.removed) --subdocs_[subdoc.guid];
    });
    for (std::uint32_t i = 0; i < kRoots; ++i) {
      Type type = root(doc_, i);
      if (observed_) observe(i, type);
    }
    mirrors_ = read_trees(doc_);
    if (undoable) undo_.emplace(doc_, UndoOptions{.now_ms = [this] { return now_; }});
  }
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  Doc& doc() { return doc_; }
  const DocOptions& options() const { return options_; }
  bool observed() const { return observed_; }
  bool undoable() const { return undo_.has_value(); }

  void edit(ByteInput& in) {
    const std::uint8_t choice = in.byte();
    now_ += (choice & 8) != 0 ? 1000 : 0;
    doc_.transact(
        [&] {
          for (int n = choice & 3; n >= 0; --n) Editor(in, doc_).edit();
          if ((choice & 0x70) == 0x70) undo(in);
        },
        (choice & 4) != 0 ? 7 : 0);
  }

  void undo(ByteInput& in) {
    if (!undo_) return;
    switch (in.below(8)) {
      case 0: undo_->stop_capturing(); break;
      case 1: undo_->clear(in.below(2) == 0, in.below(2) == 0); break;
      case 2:
      case 3:
      case 4: undo_->redo(); break;
      default: undo_->undo();
    }
  }

  // Applies an update and compares the result with what prepare() predicted.
  bool apply(ByteView update, UpdateVersion version) {
    const Result<Effect> effect = doc_.prepare(update, version);
    FUZZ_CHECK(effect.has_value());
    FUZZ_CHECK(!effect->contradiction);
    const Result<ApplyResult> result = doc_.apply_update(update, version);
    FUZZ_CHECK(result.has_value());
    FUZZ_CHECK(effect->changes || !result->changed);
    return result->changed;
  }

  void take_past() {
    if (options_.gc) return;
    const Snapshot snapshot = take_snapshot(doc_);
    const auto back = decode_snapshot(encode_snapshot(snapshot));
    FUZZ_CHECK(back && *back == snapshot);
    pasts_.push_back({snapshot, read_trees(doc_)});
  }

  void check_pasts() const {
    for (const Past& past : pasts_) {
      Result<Doc> then = doc_at(doc_, past.snapshot, {.client_id = 99, .gc = false});
      FUZZ_CHECK(then.has_value());
      check_same(past.trees, read_trees(*then), "a past state");
    }
  }

  void check() {
    const Result<void> sound = doc_.check();
    if (!sound) std::fprintf(stderr, "%s\n", sound.error().message.c_str());
    FUZZ_CHECK(sound.has_value());
    const Trees now = read_trees(doc_);
    if (observed_) check_same(now, mirrors_, "the state by events");
    std::map<std::string, int> guids;
    for (const Tree& tree : now) collect_subdocs(tree, guids);
    std::erase_if(subdocs_, [](const auto& entry) { return entry.second == 0; });
    FUZZ_CHECK(guids == subdocs_);
  }

 private:
  struct Past {
    Snapshot snapshot;
    Trees trees;
  };

  void observe(std::uint32_t number, Type& type) {
    type.observe_deep([this, number](const std::vector<TypeEvent>& events) {
      for (const TypeEvent& event : events) apply_event(mirrors_[number], event);
    });
  }

  DocOptions options_;
  bool observed_;
  std::uint64_t now_ = 1;
  Doc doc_;
  Trees mirrors_;
  std::map<std::string, int> subdocs_;
  std::vector<Past> pasts_;
  std::optional<UndoManager> undo_;
};

}  // namespace syncline::crdt::fuzz
