#include "crdt/format_lookup.h"

#include <algorithm>
#include <vector>

namespace syncline::crdt {
namespace {

using Spot = SequencePool::Spot;

// The nearest format of this name before the place.
Handle previous_of(const Engine& engine, const Sequence& sequence, Spot& spot, FormatMarks marks,
                   KeyIndex key) {
  Handle found = kNoItem;
  do {
    found = engine.store.sequences.previous_format(sequence, spot, marks);
  } while (found != kNoItem && engine.store[found].format_key() != key);
  return found;
}

// The part of a text between two items.
class Stretch {
 public:
  Stretch(const Engine& engine, TypeIndex type, Handle behind, Handle before)
      : engine_(engine),
        pool_(engine.store.sequences),
        sequence_(engine.type(type).sequence),
        behind_(behind),
        before_(before),
        floor_(behind != kNoItem ? pool_.order(sequence_, behind) : 0) {}

  // The last format of each name.
  std::vector<Handle> last_formats() const {
    std::vector<Handle> found;
    FormatMarks wanted = FormatMarks::all();
    Spot spot = pool_.before(sequence_, before_);
    while (true) {
      const Handle item = pool_.previous_format(sequence_, spot, wanted);
      if (item == kNoItem || !is_inside(item)) return found;
      const KeyIndex key = engine_.store[item].format_key();
      if (pool_.format_names().is_alone(key)) {
        wanted = wanted.without(pool_.format_names().marks(key));
      } else if (std::ranges::any_of(found, [&](Handle other) {
                   return engine_.store[other].format_key() == key;
                 })) {
        continue;
      }
      found.push_back(item);
    }
  }

  // The order position at which a name got the value that it has at the end: its first format, not
  // counting formats before one that ended it (then `anew` is set).
  std::uint64_t since(Handle last, bool& anew) const {
    const Item& item = engine_.store[last];
    const KeyIndex key = item.format_key();
    const FormatMarks marks = pool_.format_names().marks(key);
    Spot spot = pool_.before(sequence_, last);
    const Handle end = previous_of(engine_, sequence_, spot, {0, marks.ends}, key);
    anew = end != kNoItem && is_inside(end);
    spot = pool_.behind(sequence_, anew ? end : behind_);
    Handle first = kNoItem;
    do {
      first = pool_.next_format(sequence_, spot, {marks.sets, 0});
    } while (engine_.store[first].format_key() != key);
    return pool_.order(sequence_, first);
  }

 private:
  bool is_inside(Handle item) const {
    return behind_ == kNoItem || pool_.order(sequence_, item) > floor_;
  }

  const Engine& engine_;
  const SequencePool& pool_;
  const Sequence& sequence_;
  Handle behind_;
  Handle before_;
  std::uint64_t floor_;
};

}  // namespace

KeyIndex format_key(const Engine& /*engine*/, const Item& item) {
  return item.format_key();
}

FormatValue format_value(const Engine& engine, const Item& item) {
  return {engine.store.named_value(item), engine.format_sources.find(item.id())};
}

FormatValue format_behind(const Engine& engine, TypeIndex type, Handle item, KeyIndex key) {
  const SequencePool& pool = engine.store.sequences;
  const Sequence& sequence = engine.type(type).sequence;
  if (item == kNoItem || !sequence.formatted) return {};
  Spot spot = pool.behind(sequence, item);
  const Handle found = previous_of(engine, sequence, spot, pool.format_names().marks(key), key);
  return found == kNoItem ? FormatValue() : format_value(engine, engine.store[found]);
}

void apply_formats(const Engine& engine, TypeIndex type, Handle behind, Handle before,
                   Formats& formats) {
  if (!engine.type(type).sequence.formatted) return;
  const Stretch stretch(engine, type, behind, before);
  struct Start {
    std::uint64_t order;
    Handle last;
  };
  std::vector<Start> starts;
  const std::vector<Handle> last_formats = stretch.last_formats();
  for (const Handle last : last_formats) {
    const Item& item = engine.store[last];
    bool anew = item.ends_format();
    // A single name needs no order.
    const bool single = last_formats.size() == 1 && formats.empty();
    if (!anew) starts.push_back({single ? 0 : stretch.since(last, anew), last});
    if (anew) formats.erase(item.format_key());
  }
  std::ranges::sort(starts, {}, &Start::order);
  for (const auto& [order, last] : starts)
    formats.set(engine.store[last].format_key(), format_value(engine, engine.store[last]));
}

}  // namespace syncline::crdt
