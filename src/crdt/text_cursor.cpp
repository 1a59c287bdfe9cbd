#include "crdt/text_cursor.h"

#include <algorithm>
#include <string>
#include <utility>

namespace syncline::crdt {

namespace {

// Up to this many items are passed one by one; a search pays only for more.
constexpr int kNear = 8;

}  // namespace

TextCursor::TextCursor(Engine& engine, TypeIndex type)
    : engine_(engine), type_(type), right_(engine.type(type).sequence.first) {}

TextCursor::TextCursor(Engine& engine, TypeIndex type, std::uint32_t index)
    : TextCursor(engine, type) {
  one_edit_ = true;
  if (index == 0) return;
  const auto [item, offset] = engine.store.sequences.find(sequence(), index - 1);
  if (offset + 1 < engine.store[item].len) engine.split(item, offset + 1);
  left_ = item;
  right_ = engine.store[item].right;
}

void TextCursor::forward() {
  if (resolved_ && right().is_live_format())
    formats_.apply(right().format_key(), format_value(engine_, right()));
  left_ = right_;
  right_ = right().right;
}

void TextCursor::move_before(Handle right) {
  right_ = right;
  left_ = right != kNoItem ? engine_.store[right].left : sequence().last;
}

void TextCursor::pass_deleted() {
  move_before(engine_.store.sequences.live_from(sequence(), right_));
}

void TextCursor::resolve() {
  if (resolved_) return;
  apply_formats(engine_, type_, kNoItem, right_, formats_);
  resolved_ = true;
}

FormatValue TextCursor::format_here(KeyIndex key) const {
  return resolved_ ? formats_.get(key) : format_behind(engine_, type_, left_, key);
}

// Skips deleted items, and formats that set what is wanted anyway.
void TextCursor::skip_formats(const Formats& wanted) {
  while (right_ != kNoItem) {
    const Item& item = right();
    if (item.deleted) {
      pass_deleted();
    } else if (item.kind() == BlockKind::kFormat &&
               wanted.get(item.format_key()).equivalent(format_value(engine_, item))) {
      forward();
    } else {
      return;
    }
  }
}

void TextCursor::put_format(KeyIndex key, const FormatValue& value) {
  NewContent content;
  content.kind = BlockKind::kFormat;
  content.payload = value.packed();
  content.name = engine_.store.keys[key];
  left_ = engine_.insert(type_, left_, right_, content);
  if (value.is_object() && value.source().exists()) {
    engine_.format_sources.add(engine_.store[left_].id(), value.source());
  }
  if (resolved_) formats_.apply(key, format_value(engine_, engine_.store[left_]));
}

// Inserts the formats that do not hold here yet. Returns the values that held before, which must be
// restored after the text.
Formats TextCursor::start_formats(const Formats& wanted) {
  Formats before;
  for (const auto& [key, value] : wanted) {
    const FormatValue current = format_here(key);
    if (current.equivalent(value)) continue;
    before.set(key, current);
    put_format(key, value);
  }
  return before;
}

// Restores formats, except those that the items on the right restore already.
void TextCursor::end_formats(Formats restore) {
  while (right_ != kNoItem) {
    const Item& item = right();
    if (item.deleted) {
      pass_deleted();
      continue;
    }
    if (item.kind() != BlockKind::kFormat) break;
    const FormatValue* value = restore.find(item.format_key());
    if (value == nullptr || !value->equivalent(format_value(engine_, item))) break;
    restore.erase(item.format_key());
    forward();
  }
  for (const auto& [key, value] : restore) put_format(key, value);
}

Handle TextCursor::insert(const NewContent& content, Formats formats) {
  resolve();
  for (const auto& [key, value] : formats_) {
    if (formats.find(key) == nullptr) formats.set(key, FormatValue());
  }
  formats.order_as_object(engine_.store.keys);
  skip_formats(formats);
  Formats restore = start_formats(formats);
  const Handle inserted = engine_.insert(type_, left_, right_, content);
  left_ = inserted;
  end_formats(std::move(restore));
  return inserted;
}

// The same with the formats that hold here, so there is nothing to begin or to restore.
Handle TextCursor::insert(const NewContent& content) {
  const Handle place = left_;
  while (right_ != kNoItem && right().visible() == 0) {
    const Item& item = right();
    if (item.deleted) {
      pass_deleted();
      continue;
    }
    const FormatValue held = format_behind(engine_, type_, place, item.format_key());
    if (!held.equivalent(format_value(engine_, item))) break;
    forward();
  }
  left_ = engine_.insert(type_, left_, right_, content);
  return left_;
}

std::uint32_t TextCursor::cut_right(std::uint32_t length) {
  const Clock len = right().len;
  if (length < len) {
    engine_.split(right_, length);
    return 0;
  }
  return length - len;
}

// Called when formatting passes an existing format. If it has a name that is being set, it is
// removed. False: stop here.
bool TextCursor::format_over_format(const Formats& wanted, bool within, Formats& restore) {
  const KeyIndex key = right().format_key();
  const FormatValue* want = wanted.find(key);
  if (want == nullptr) return true;
  const FormatValue value = format_value(engine_, right());
  if (want->equivalent(value)) {
    restore.erase(key);
  } else {
    if (!within) return false;
    restore.set(key, value);
  }
  engine_.remove(right_);
  return true;
}

// Skips `length` elements, or those before the next format of a wanted name, which is far away.
// Returns the rest of the length.
std::uint32_t TextCursor::pass_text(std::uint32_t length, const Formats& wanted) {
  const SequencePool& pool = engine_.store.sequences;
  FormatMarks marks;
  for (const auto& [key, value] : wanted) marks = marks | pool.format_names().marks(key);
  SequencePool::Spot spot = pool.before(sequence(), right_);
  const Handle format = pool.next_format(sequence(), spot, marks);
  const std::uint32_t begin = pool.position(sequence(), right_);
  const std::uint32_t end =
      format != kNoItem ? pool.position(sequence(), format) : sequence().length;
  const Handle from = left_;
  if (length <= end - begin) {
    const auto [item, offset] = pool.find(sequence(), begin + length - 1);
    if (offset + 1 < engine_.store[item].len) engine_.split(item, offset + 1);
    move_before(engine_.store[item].right);
    length = 0;
  } else {
    move_before(format);
    length -= end - begin;
  }
  if (resolved_) apply_formats(engine_, type_, from, right_, formats_);
  return length;
}

void TextCursor::format(std::uint32_t length, const Formats& formats) {
  skip_formats(formats);
  Formats restore = start_formats(formats);
  for (int passed = 0; right_ != kNoItem; ++passed) {
    const bool is_text = !right().deleted && !right_is_format();
    if (length == 0 && (restore.empty() || is_text)) break;
    if (right().deleted) {
      pass_deleted();
    } else if (!is_text) {
      if (!format_over_format(formats, length > 0, restore)) break;
      forward();
    } else if (passed < kNear || length <= right().len) {
      length = cut_right(length);
      forward();
    } else {
      length = pass_text(length, formats);
    }
  }
  if (length > 0) {
    const std::string newlines(length, '\n');
    NewContent content;
    content.kind = BlockKind::kString;
    content.len = length;
    content.text = newlines;
    left_ = engine_.insert(type_, left_, right_, content);
  }
  end_formats(std::move(restore));
}

void TextCursor::erase(std::uint32_t length) {
  const Handle start = right_;
  while (length > 0 && right_ != kNoItem) {
    if (right().deleted) {
      pass_deleted();
      continue;
    }
    const BlockKind kind = right().kind();
    if (kind == BlockKind::kFormat) {
      if (!one_edit_) resolve();
    } else if (kind == BlockKind::kString || kind == BlockKind::kEmbed ||
               kind == BlockKind::kType) {
      length = cut_right(length);
      engine_.remove(right_);
    }
    forward();
  }
  if (start != kNoItem) clean_gap(engine_, type_, start, right_, resolved_ ? &formats_ : nullptr);
}

}  // namespace syncline::crdt
