#include "crdt/text_cursor.h"

#include <algorithm>
#include <string>
#include <utility>

namespace syncline::crdt {

KeyIndex format_key(const Engine& engine, const Item& item) {
  return engine.store.name(item);
}

FormatValue format_value(const Engine& engine, const Item& item) {
  return {engine.store.named_value(item), engine.format_sources.find(item.id())};
}

TextCursor::TextCursor(Engine& engine, TypeIndex type)
    : engine_(engine), type_(type), right_(engine.type(type).sequence.first) {}

TextCursor::TextCursor(Engine& engine, TypeIndex type, std::uint32_t index)
    : TextCursor(engine, type) {
  if (!engine.type(type).has_formatting) {
    left_ = engine.left_of(type, index);
    if (left_ != kNoItem) right_ = engine.store[left_].right;
    return;
  }
  while (right_ != kNoItem && index > 0) {
    const std::uint32_t visible = right().visible();
    if (index < visible) engine.split(right_, index);
    index -= std::min(index, visible);
    forward();
  }
}

void TextCursor::forward() {
  if (right_is_format() && !right().deleted) {
    formats_.apply(format_key(engine_, right()), format_value(engine_, right()));
  }
  left_ = right_;
  right_ = right().right;
}

// Passes what is deleted and formats that say what is wanted anyway.
void TextCursor::skip_formats(const Formats& wanted) {
  while (right_ != kNoItem) {
    const Item& item = right();
    const bool agrees =
        item.kind() == BlockKind::kFormat &&
        wanted.get(format_key(engine_, item)).equivalent(format_value(engine_, item));
    if (!item.deleted && !agrees) break;
    forward();
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
  formats_.apply(key, format_value(engine_, engine_.store[left_]));
}

// Inserts the formats that do not hold here yet; returns what held before, to be restored behind
// the text.
Formats TextCursor::start_formats(const Formats& wanted) {
  Formats before;
  for (const auto& [key, value] : wanted) {
    const FormatValue current = formats_.get(key);
    if (current.equivalent(value)) continue;
    before.set(key, current);
    put_format(key, value);
  }
  return before;
}

// Restores formats, except where the items on the right do so already.
void TextCursor::end_formats(Formats restore) {
  while (right_ != kNoItem) {
    const Item& item = right();
    if (!item.deleted) {
      if (item.kind() != BlockKind::kFormat) break;
      const KeyIndex key = format_key(engine_, item);
      const FormatValue* value = restore.find(key);
      if (value == nullptr || !value->equivalent(format_value(engine_, item))) break;
      restore.erase(key);
    }
    forward();
  }
  for (const auto& [key, value] : restore) put_format(key, value);
}

Handle TextCursor::insert(const NewContent& content, Formats formats) {
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

std::uint32_t TextCursor::cut_right(std::uint32_t length) {
  const Clock len = right().len;
  if (length < len) {
    engine_.split(right_, length);
    return 0;
  }
  return length - len;
}

// Formatting passes a format of the text: a name that is being set loses it. False: stop here.
bool TextCursor::format_over_format(const Formats& wanted, bool within, Formats& restore) {
  const KeyIndex key = format_key(engine_, right());
  const FormatValue value = format_value(engine_, right());
  const FormatValue* want = wanted.find(key);
  if (want == nullptr) {
    formats_.set(key, value);
    return true;
  }
  if (want->equivalent(value)) {
    restore.erase(key);
  } else {
    if (!within) return false;
    restore.set(key, value);
  }
  engine_.remove(right_);
  return true;
}

void TextCursor::format(std::uint32_t length, const Formats& formats) {
  skip_formats(formats);
  Formats restore = start_formats(formats);
  while (right_ != kNoItem) {
    const bool is_format = right_is_format();
    const bool in_gap = !restore.empty() && (right().deleted || is_format);
    if (length == 0 && !in_gap) break;
    if (!right().deleted) {
      if (!is_format) {
        length = cut_right(length);
      } else if (!format_over_format(formats, length > 0, restore)) {
        break;
      }
    }
    forward();
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
  const Formats held = formats_;
  const Handle start = right_;
  while (length > 0 && right_ != kNoItem) {
    const BlockKind kind = right().kind();
    const bool removable =
        kind == BlockKind::kString || kind == BlockKind::kEmbed || kind == BlockKind::kType;
    if (removable && !right().deleted) {
      length = cut_right(length);
      engine_.remove(right_);
    }
    forward();
  }
  if (start != kNoItem) clean_gap(engine_, start, right_, held, formats_);
}

}  // namespace syncline::crdt
