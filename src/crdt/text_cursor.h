// TextCursor: a place between two items of a text, and the formats that hold there. Editing rich
// text is walking such a cursor forward over the items, as Yjs does it, and changing what lies
// around it; the steps and their order decide which format items exist afterwards, so they are
// Yjs's.
//
// Use within a transaction only. Positions are found in O(log n) while a text has no formats,
// otherwise by walking from its start.
#pragma once

#include <string_view>

#include "crdt/engine.h"
#include "crdt/formats.h"

namespace syncline::crdt {

class TextCursor {
 public:
  // Before the first item.
  TextCursor(Engine& engine, TypeIndex type);
  // Before the visible element at `index`, behind the items on its left that are no characters.
  TextCursor(Engine& engine, TypeIndex type, std::uint32_t index);

  const Formats& formats() const { return formats_; }
  bool at_end() const { return right_ == kNoItem; }

  // Inserts content with exactly these formats; gives its item.
  Handle insert(const NewContent& content, Formats formats);
  // Sets formats on the next `length` elements. Behind the end newlines are inserted, as the editor
  // Quill expects it.
  void format(std::uint32_t length, const Formats& formats);
  // Deletes the next `length` elements, or as many as there are, and the formats that become
  // needless.
  void erase(std::uint32_t length);

 private:
  Item& right() { return engine_.store[right_]; }
  bool right_is_format() { return right().kind() == BlockKind::kFormat; }
  void forward();
  void skip_formats(const Formats& wanted);
  void put_format(KeyIndex key, const FormatValue& value);
  Formats start_formats(const Formats& wanted);
  void end_formats(Formats restore);
  // Cuts the right item to at most `length` elements; returns what is left of the length behind it.
  std::uint32_t cut_right(std::uint32_t length);
  bool format_over_format(const Formats& wanted, bool within, Formats& restore);

  Engine& engine_;
  TypeIndex type_;
  Handle left_ = kNoItem;
  Handle right_ = kNoItem;
  Formats formats_;
};

// The content as a delta of inserts.
Delta text_content(Engine& engine, TypeIndex type);

// A format item's name and value.
KeyIndex format_key(const Engine& engine, const Item& item);
FormatValue format_value(const Engine& engine, const Item& item);

// Removes the formats between `start` and the next visible element that are overwritten there, or
// that say what held before `start` already. `held` are the formats before `start`; `current` those
// at `place`, an item in the gap or behind it, and is kept up to date. `place` may be kNoItem, the
// end.
void clean_gap(Engine& engine, Handle start, Handle place, const Formats& held, Formats& current);

// Removes formats around `item`, a deleted element, that are overwritten before any character
// follows.
void clean_gap_around(Engine& engine, Handle item);

// Removes all needless formats of a text.
void clean_text(Engine& engine, TypeIndex type);

}  // namespace syncline::crdt
