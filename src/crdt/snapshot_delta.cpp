// The difference between two past states of a text. Items are not split for this. The delete sets
// show how many elements of an item in a row are visible, or hidden, in both states alike.
#include <algorithm>
#include <iterator>

#include "base/utf8.h"
#include "crdt/engine.h"
#include "crdt/text_cursor.h"
#include "syncline/crdt/snapshot.h"

namespace syncline::crdt {
namespace {

struct Run {
  bool visible;
  Clock length;
};

// Whether the element is visible in the state, and how many elements from it on, up to `length`,
// are the same in this.
Run run_at(const Snapshot& snapshot, Id id, Clock length) {
  const Clock known = snapshot.state.get(id.client);
  if (id.clock >= known) return {false, length};
  length = std::min(length, known - id.clock);
  const IdSet::Ranges* ranges = snapshot.deletes.find(id.client);
  if (ranges == nullptr) return {true, length};
  const auto behind = std::ranges::upper_bound(*ranges, id.clock, {}, &ClockRange::clock);
  if (behind != ranges->begin() && id.clock < std::prev(behind)->end())
    return {false, std::min(length, std::prev(behind)->end() - id.clock)};
  if (behind == ranges->end()) return {true, length};
  return {true, std::min(length, behind->clock - id.clock)};
}

std::string characters(std::string_view text, Clock from, Clock to) {
  bool cut_before = false;
  bool cut_behind = false;
  const std::size_t begin = utf16_offset(text, from, cut_before);
  const std::size_t end = utf16_offset(text, to, cut_behind);
  const bool half = cut_before || cut_behind;  // a deletion has split a pair
  return half ? std::string(kReplacementCharacter) : std::string(text.substr(begin, end - begin));
}

class SnapshotDelta {
 public:
  SnapshotDelta(Engine& engine, const Snapshot& before, const Snapshot& after)
      : engine_(engine), before_(before), after_(after) {}

  Delta run(TypeIndex type) {
    for (Handle h = engine_.type(type).sequence.first; h != kNoItem; h = engine_.store[h].right)
      visit(engine_.store[h]);
    return std::move(delta_);
  }

 private:
  void visit(const Item& item) {
    const ClientId client = engine_.store.clients[item.client].id;
    for (Clock offset = 0; offset < item.len;) {
      const Id id{client, item.clock + offset};
      const Run now = run_at(after_, id, item.len - offset);
      const Run then = run_at(before_, id, now.length);
      if (now.visible || then.visible) add(item, offset, then, now.visible);
      offset += then.length;
    }
  }

  void add(const Item& item, Clock offset, Run then, bool now) {
    if (item.kind() == BlockKind::kFormat) {
      if (now) formats_.apply(format_key(engine_, item), format_value(engine_, item));
      return;
    }
    DeltaOp op{
        .kind = DeltaOp::Kind::kInsert, .length = 0, .text = {}, .values = {}, .attributes = {}};
    op.attributes = to_attributes(formats_, engine_.store.keys);
    if (then.visible != now)
      op.attributes.emplace_back("ychange", Any::Object{{"type", now ? "added" : "removed"}});
    if (item.kind() == BlockKind::kString) {
      op.text = characters(engine_.store.text(item), offset, offset + then.length);
    } else if (item.kind() == BlockKind::kEmbed || item.kind() == BlockKind::kType) {
      op.values.push_back(engine_.value_at(item, 0));
    } else {
      return;
    }
    append(std::move(op));
  }

  void append(DeltaOp op) {
    const bool joins = !delta_.empty() && op.values.empty() && delta_.back().values.empty() &&
                       std::ranges::is_permutation(delta_.back().attributes, op.attributes);
    if (joins) {
      delta_.back().text += op.text;
    } else {
      delta_.push_back(std::move(op));
    }
  }

  Engine& engine_;
  const Snapshot& before_;
  const Snapshot& after_;
  Delta delta_;
  Formats formats_;
};

}  // namespace

Result<Delta> delta_between(const Text& text, const Snapshot& before, const Snapshot& after) {
  Engine& engine = *text.engine();
  if (engine.options.gc)
    return fail(ErrorCode::kInvalid, "the document collects garbage: its past cannot be read");
  if (Result<void> ok = engine.require(text.index(), {TypeKind::kText, TypeKind::kXmlText}); !ok)
    return std::unexpected(ok.error());
  return SnapshotDelta(engine, before, after).run(text.index());
}

}  // namespace syncline::crdt
