// Deltas of texts: the whole content as a delta, and what a transaction changed.

#include <optional>
#include <utility>
#include <vector>

#include "crdt/events.h"
#include "crdt/text_cursor.h"
#include "crdt/touched_items.h"

namespace syncline::crdt {
namespace {

bool is_embed(const Item& item) {
  return item.kind() == BlockKind::kEmbed || item.kind() == BlockKind::kType;
}

constexpr int kNearRun = 8;  // up to this many items are walked instead of searched

// Builds the delta of an event. Like Yjs, it goes over all items and keeps three sets: the formats
// that hold now (`current_`), those that held before the transaction (`old_`), and their difference
// at this place (`changed_`). It skips what the transaction did not touch in one step, except
// formats of a name in `changed_`, which may end the difference.
class TextDiff {
 public:
  TextDiff(Engine& engine, const Transaction& transaction)
      : engine_(engine), transaction_(transaction) {}

  Delta run(TypeIndex type) {
    type_ = type;
    Handle next = sequence().first;
    std::optional<std::vector<Handle>> touched;
    if (!sequence().has_values) touched = touched_items(engine_, transaction_, type);
    if (touched) {
      for (const Handle item : *touched) {
        pass(next, item);
        visit(item);
        next = engine_.store[item].right;
      }
      if (!changed_.empty()) pass(next, kNoItem);
    } else {
      for (; next != kNoItem; next = engine_.store[next].right) visit(next);
    }
    finish();
    while (!delta_.empty() && delta_.back().kind == DeltaOp::Kind::kRetain &&
           delta_.back().attributes.empty()) {
      delta_.pop_back();
    }
    if (!needless_.empty()) {
      engine_.transact([&](Transaction&) {
        for (const Handle item : needless_) engine_.remove(item);
      });
    }
    return std::move(delta_);
  }

 private:
  enum class Action : std::uint8_t { kNone, kInsert, kRetain, kDelete };

  const Sequence& sequence() const { return engine_.type(type_).sequence; }

  // Goes from one item to another, over items that the transaction did not touch.
  void pass(Handle from, Handle to) {
    for (int near = kNearRun; near > 0 && from != to; --near, from = engine_.store[from].right)
      visit(from);
    const SequencePool& pool = engine_.store.sequences;
    while (from != to) {
      FormatMarks marks;
      for (const auto& [key, value] : changed_) marks = marks | pool.format_names().marks(key);
      const Handle format = format_between(from, to, marks);
      skip(from, format != kNoItem ? format : to);
      if (format == kNoItem) return;
      visit(format);
      from = engine_.store[format].right;
    }
  }

  Handle format_between(Handle from, Handle to, FormatMarks marks) const {
    const SequencePool& pool = engine_.store.sequences;
    SequencePool::Spot spot = pool.before(sequence(), from);
    const Handle found = pool.next_format(sequence(), spot, marks);
    if (found == kNoItem || to == kNoItem) return found;
    return pool.order(sequence(), found) < pool.order(sequence(), to) ? found : kNoItem;
  }

  // The same in one step. There must be no format of a name in `changed_` in between.
  void skip(Handle from, Handle to) {
    if (from == to) return;
    const std::uint32_t length = visible_between(engine_, type_, from, to);
    const bool formats = format_between(from, to, FormatMarks::all()) != kNoItem;
    if (formats && action_ == Action::kInsert) finish();
    if (length > 0) {
      begin(Action::kRetain);
      length_ += length;
    }
    if (!formats) return;
    const Handle behind = engine_.store[from].left;
    apply_formats(engine_, type_, behind, to, current_);
    apply_formats(engine_, type_, behind, to, old_);
  }

  void visit(Handle handle) {
    const Item& item = engine_.store[handle];
    if (item.kind() == BlockKind::kString) {
      characters(item);
    } else if (is_embed(item)) {
      embed(item);
    } else if (item.kind() == BlockKind::kFormat) {
      format(handle);
    }
  }

  void characters(const Item& item) {
    const Action action = action_of(item);
    if (action == Action::kNone) return;
    begin(action);
    if (action == Action::kInsert) {
      text_ += engine_.store.text(item);
    } else {
      length_ += item.len;
    }
  }

  void embed(const Item& item) {
    const Action action = action_of(item);
    if (action == Action::kNone) return;
    if (action == Action::kInsert) finish();
    begin(action);
    if (action == Action::kInsert) {
      values_.push_back(engine_.value_at(item, 0));
      finish();
    } else {
      ++length_;
    }
  }

  Action action_of(const Item& item) const {
    if (transaction_.adds(item.id())) {
      return transaction_.deletes(item.id()) ? Action::kNone : Action::kInsert;
    }
    if (transaction_.deletes(item.id())) return Action::kDelete;
    return item.deleted ? Action::kNone : Action::kRetain;
  }

  void format(Handle handle) {
    const Item& item = engine_.store[handle];
    const KeyIndex key = format_key(engine_, item);
    const FormatValue value = format_value(engine_, item);
    bool needless = false;
    if (transaction_.adds(item.id())) {
      if (!transaction_.deletes(item.id())) needless = added_format(key, value);
    } else if (transaction_.deletes(item.id())) {
      deleted_format(key, value);
    } else if (!item.deleted) {
      needless = kept_format(key, value);
    }
    if (needless && !item.deleted) needless_.push_back(handle);
    if (needless || item.deleted) return;
    if (action_ == Action::kInsert) finish();
    current_.apply(key, value);
  }

  bool added_format(KeyIndex key, const FormatValue& value) {
    if (current_.get(key).equivalent(value)) return !value.is_null();
    if (action_ == Action::kRetain) finish();
    if (value.equivalent(old_.get(key))) {
      changed_.erase(key);
    } else {
      changed_.set(key, value);
    }
    return false;
  }

  void deleted_format(KeyIndex key, const FormatValue& value) {
    old_.set(key, value);
    const FormatValue current = current_.get(key);
    if (current.equivalent(value)) return;
    if (action_ == Action::kRetain) finish();
    changed_.set(key, current);
  }

  bool kept_format(KeyIndex key, const FormatValue& value) {
    old_.set(key, value);
    const FormatValue* changed = changed_.find(key);
    if (changed == nullptr) return false;
    if (changed->equivalent(value)) return !changed->is_null();
    if (action_ == Action::kRetain) finish();
    if (value.is_null()) {
      changed_.erase(key);
    } else {
      changed_.set(key, value);
    }
    return false;
  }

  void begin(Action action) {
    if (action_ == action) return;
    finish();
    action_ = action;
  }

  // Ends the current operation, if it is not empty.
  void finish() {
    DeltaOp op{.kind = DeltaOp::Kind::kRetain,
               .length = length_,
               .text = {},
               .values = {},
               .attributes = {}};
    const KeyTable& keys = engine_.store.keys;
    switch (std::exchange(action_, Action::kNone)) {
      case Action::kNone: return;
      case Action::kDelete: op.kind = DeltaOp::Kind::kDelete; break;
      case Action::kRetain: op.attributes = to_attributes(changed_, keys); break;
      case Action::kInsert:
        op.kind = DeltaOp::Kind::kInsert;
        op.text = std::exchange(text_, {});
        op.values = std::exchange(values_, {});
        op.attributes = to_attributes(current_, keys);
    }
    length_ = 0;
    if (op.length > 0 || !op.text.empty() || !op.values.empty()) delta_.push_back(std::move(op));
  }

  Engine& engine_;
  const Transaction& transaction_;
  TypeIndex type_ = kNoType;
  Delta delta_;
  Formats current_;
  Formats old_;
  Formats changed_;
  std::vector<Handle> needless_;
  Action action_ = Action::kNone;
  std::uint32_t length_ = 0;
  std::string text_;
  std::vector<Value> values_;
};

}  // namespace

Delta text_delta(Engine& engine, const Transaction& transaction, TypeIndex type) {
  return TextDiff(engine, transaction).run(type);
}

Delta text_content(Engine& engine, TypeIndex type) {
  Delta delta;
  Formats formats;
  std::string text;
  const auto add = [&](DeltaOp op) {
    op.attributes = to_attributes(formats, engine.store.keys);
    delta.push_back(std::move(op));
  };
  const auto flush = [&] {
    if (text.empty()) return;
    add({.kind = DeltaOp::Kind::kInsert,
         .length = 0,
         .text = std::exchange(text, {}),
         .values = {},
         .attributes = {}});
  };
  for (Handle handle = engine.type(type).sequence.first; handle != kNoItem;
       handle = engine.store[handle].right) {
    const Item& item = engine.store[handle];
    if (item.deleted) continue;
    if (item.kind() == BlockKind::kString) {
      text += engine.store.text(item);
    } else if (is_embed(item)) {
      flush();
      add({.kind = DeltaOp::Kind::kInsert,
           .length = 0,
           .text = {},
           .values = {engine.value_at(item, 0)},
           .attributes = {}});
    } else if (item.kind() == BlockKind::kFormat) {
      flush();
      formats.apply(format_key(engine, item), format_value(engine, item));
    }
  }
  flush();
  return delta;
}

}  // namespace syncline::crdt
