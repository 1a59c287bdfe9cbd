// Two to four replicas of one document edit, undo, and exchange updates in every possible way. The
// input is read as a list of actions. Invariants:
//   - at any time the structures are sound, and the events of observers give the same state;
//   - a replica that keeps its history can restore each of its past states;
//   - applying an update has the effect that prepare() computed;
//   - after all updates are exchanged, the replicas are equal, and so are documents that are built from
//     merged updates, from converted updates, or from the state of any replica.
//
// Replicas that clean formats make edits when they receive the edits of others. So the exchange
// continues until no replica has anything new.
#include <array>
#include <memory>
#include <vector>

#include "crdt/update_join.h"
#include "doc_replica.h"
#include "syncline/crdt/relative_position.h"
#include "syncline/crdt/updates.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::fuzz;

constexpr int kMostActions = 200;
constexpr int kMostRounds = 20;  // rounds of exchange until nothing is new
constexpr std::array kVersions = {UpdateVersion::kV1, UpdateVersion::kV2};

Bytes merged(const Log& log, std::size_t first, std::size_t step, UpdateVersion version) {
  std::vector<ByteView> views;
  for (std::size_t i = first; i < log.size(); i += step) views.push_back(log[i].bytes(version));
  // An odd number of version 1 is joined, which also joins what was typed in a row.
  const bool join = version == UpdateVersion::kV1 && views.size() % 2 == 1;
  Result<Bytes> out = join ? join_updates(views) : merge_updates(views, version);
  FUZZ_CHECK(out.has_value());
  return *std::move(out);
}

Bytes converted(ByteView update, UpdateVersion from, UpdateVersion to) {
  Result<Bytes> out = convert_update(update, from, to);
  FUZZ_CHECK(out.has_value());
  return *std::move(out);
}

bool waits(const Doc& doc) {
  return !doc.missing().clients().empty();
}

std::unique_ptr<Doc> load(ByteView update, UpdateVersion version) {
  auto doc = std::make_unique<Doc>(DocOptions{.client_id = 999, .clean_formats = false});
  FUZZ_CHECK(doc->apply_update(update, version).has_value());
  FUZZ_CHECK(!waits(*doc));
  return doc;
}

class World {
 public:
  explicit World(ByteInput& in) : in_(in) {
    for (int n = 2 + static_cast<int>(in.below(3)); n > 0; --n) {
      const std::uint8_t flags = in.byte();
      add({.client_id = new_client(), .gc = (flags & 1) == 0, .clean_formats = (flags & 2) == 0},
          (flags & 4) == 0, (flags & 8) == 0);
    }
  }

  void run() {
    for (int n = 0; n < kMostActions && !in_.done(); ++n) act();
    exchange();
    for (const auto& replica : replicas_) {
      replica->check();
      replica->check_pasts();
      check_equal(replica->doc());
    }
    if (log_.empty()) return;
    for (const UpdateVersion version : kVersions)
      check_equal(*load(merged(log_, 0, 1, version), version));
  }

 private:
  void act() {
    const std::uint8_t action = in_.byte();
    const std::size_t number = (action >> 4) % replicas_.size();
    Replica& replica = *replicas_[number];
    switch (action & 15) {
      case 0:
      case 1: replica.undo(in_); break;
      case 2: replica.take_past(); break;
      case 3: sync(*replicas_[in_.below(count())], replica, version()); break;
      case 4: deliver_one(replica); break;
      case 5: deliver_merged(replica); break;
      case 6: deliver_missing(replica); break;
      case 7: reload(number); break;
      case 8: mark(replica); break;
      default: replica.edit(in_);
    }
    replicas_[number]->check();
  }

  std::uint32_t count() const { return static_cast<std::uint32_t>(replicas_.size()); }
  UpdateVersion version() { return in_.pick(kVersions); }
  ClientId new_client() { return ++last_client_; }

  void add(DocOptions options, bool observed, bool undoable) {
    replicas_.push_back(std::make_unique<Replica>(std::move(options), observed, undoable, log_));
  }

  static bool sync(Replica& from, Replica& to, UpdateVersion version) {
    if (&from == &to) return false;
    const Bytes update = from.doc().encode_state_as_update(to.doc().state_vector(), version);
    return to.apply(update, version);
  }

  // Delivers some update: early, late, or again; possibly in the other version.
  void deliver_one(Replica& to) {
    if (log_.empty()) return;
    const Sent& sent = log_[log_.size() - 1 - in_.below(static_cast<std::uint32_t>(log_.size()))];
    const UpdateVersion as = version();
    if (in_.below(4) != 0) {
      to.apply(sent.bytes(as), as);
      return;
    }
    const UpdateVersion other = as == UpdateVersion::kV1 ? UpdateVersion::kV2 : UpdateVersion::kV1;
    to.apply(converted(sent.bytes(other), other, as), as);
  }

  // Delivers several updates merged into one, with gaps.
  void deliver_merged(Replica& to) {
    if (log_.empty()) return;
    const std::size_t first = in_.below(static_cast<std::uint32_t>(log_.size()));
    const UpdateVersion as = version();
    to.apply(merged(log_, first, 1 + in_.below(3), as), as);
  }

  // Delivers what the replica lacks, cut from all updates that were ever sent.
  void deliver_missing(Replica& to) {
    if (log_.empty()) return;
    const UpdateVersion as = version();
    const Bytes all = merged(log_, 0, 1, as);
    const auto lacking = diff_update(all, to.doc().state_vector(), as);
    FUZZ_CHECK(lacking.has_value());
    to.apply(*lacking, as);
  }

  // Restarts a replica from its saved state.
  void reload(std::size_t number) {
    const Replica& old = *replicas_[number];
    const UpdateVersion as = version();
    const Bytes saved = replicas_[number]->doc().encode_state_as_update({}, as);
    DocOptions options = old.options();
    options.client_id = new_client();
    auto fresh = std::make_unique<Replica>(options, old.observed(), old.undoable(), log_);
    FUZZ_CHECK(fresh->doc().apply_update(saved, as).has_value());
    // The new replica waits for something if the old one did. It may report another missing clock
    // first.
    FUZZ_CHECK(waits(fresh->doc()) == waits(replicas_[number]->doc()));
    if (!options.clean_formats || !old.observed())
      check_same(read_trees(replicas_[number]->doc()), read_trees(fresh->doc()), "loaded again");
    replicas_[number] = std::move(fresh);
  }

  // Takes a relative position and checks that it resolves to the same place.
  void mark(Replica& replica) {
    const Type type = Editor(in_, replica.doc()).somewhere();
    if (type.kind() == TypeKind::kMap) return;
    const std::uint32_t index = in_.below(type.length() + 1);
    const RelativePosition position = relative_position(type, index, in_.below(2) == 0 ? 0 : -1);
    const Bytes bytes = encode_relative_position(position);
    const auto back = decode_relative_position(bytes);
    FUZZ_CHECK(back && encode_relative_position(*back) == bytes);
    const auto found = absolute_position(position, replica.doc());
    FUZZ_CHECK(found && found->type == type && found->index == index);
    for (const auto& other : replicas_) absolute_position(position, other->doc());
  }

  void exchange() {
    int round = 0;
    for (bool news = true; news; ++round) {
      FUZZ_CHECK(round < kMostRounds);
      news = false;
      for (const auto& to : replicas_)
        for (const auto& from : replicas_)
          news = sync(*from, *to, kVersions[static_cast<std::size_t>(round) % 2]) || news;
    }
  }

  // Checks that a document equals the first replica: its content and its encoded state. Replicas
  // that collect garbage encode less; after loading into a document that collects, all have the
  // same bytes.
  void check_equal(Doc& doc) {
    Doc& first = replicas_.front()->doc();
    FUZZ_CHECK(!waits(doc));
    check_same(read_trees(first), read_trees(doc), "replicas");
    FUZZ_CHECK(doc.state_vector() == first.state_vector());
    FUZZ_CHECK(doc.delete_set() == first.delete_set());
    FUZZ_CHECK(canonical(doc) == canonical(first));
  }

  static Bytes canonical(const Doc& doc) {
    const auto loaded =
        load(doc.encode_state_as_update({}, UpdateVersion::kV2), UpdateVersion::kV2);
    const Bytes v1 = loaded->encode_state_as_update();
    const auto again = load(v1, UpdateVersion::kV1);
    FUZZ_CHECK(again->encode_state_as_update() == v1);
    return v1;
  }

  ByteInput& in_;
  ClientId last_client_ = 0;
  Log log_;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteInput in(ByteView(data, size));
  World(in).run();
  return 0;
}
