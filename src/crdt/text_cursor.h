// TextCursor: a place between two items of a text, and the formats that hold there. Editing rich
// text is moving such a cursor forward over the items, as Yjs does it, and changing what lies
// around it; the steps and their order decide which format items exist afterwards, so they are
// Yjs's. Only that the cursor does not pass what cannot matter: tombstones, and long stretches of
// text (sequence.h); and what holds at a place is looked up when it is asked for (format_lookup.h).
//
// Use within a transaction only. Costs O(log n) for each format that is passed and each name.
#pragma once

#include <string_view>

#include "crdt/engine.h"
#include "crdt/format_lookup.h"
#include "crdt/formats.h"

namespace syncline::crdt {

class TextCursor {
 public:
  // Before the first item.
  TextCursor(Engine& engine, TypeIndex type);
  // Behind the visible element before `index`, for one edit.
  TextCursor(Engine& engine, TypeIndex type, std::uint32_t index);

  // Inserts content with exactly these formats; gives its item.
  Handle insert(const NewContent& content, Formats formats);
  // Inserts content with the formats that hold here.
  Handle insert(const NewContent& content);
  // Sets formats on the next `length` elements. Behind the end newlines are inserted, as the editor
  // Quill expects it.
  void format(std::uint32_t length, const Formats& formats);
  // Deletes the next `length` elements, or as many as there are, and the formats that become
  // needless.
  void erase(std::uint32_t length);

 private:
  Item& right() { return engine_.store[right_]; }
  bool right_is_format() { return right().kind() == BlockKind::kFormat; }
  Sequence& sequence() { return engine_.type(type_).sequence; }
  void forward();
  void pass_deleted();
  std::uint32_t pass_text(std::uint32_t length, const Formats& wanted);
  void move_before(Handle right);
  void resolve();
  FormatValue format_here(KeyIndex key) const;
  void skip_formats(const Formats& wanted);
  void put_format(KeyIndex key, const FormatValue& value);
  Formats start_formats(const Formats& wanted);
  void end_formats(Formats restore);
  // Cuts the right item to at most `length` elements; returns what is left of the length behind it.
  std::uint32_t cut_right(std::uint32_t length);
  bool format_over_format(const Formats& wanted, bool within, Formats& restore);

  Engine& engine_;
  TypeIndex type_;
  bool one_edit_ = false;
  Handle left_ = kNoItem;
  Handle right_ = kNoItem;
  // What holds here, once it is resolved. Until then it is what the formats before this place say.
  // That is always so but for the order of names after a deletion.
  bool resolved_ = false;
  Formats formats_;
};

// The content as a delta of inserts.
Delta text_content(Engine& engine, TypeIndex type);

// Removes the formats between `start`, an item, and the next visible element that are overwritten
// there, or that say what held before `start` already. `current`, if any, are the formats at
// `place`, an item in the gap or behind it, and is kept up to date. `place` may be kNoItem, the end.
void clean_gap(Engine& engine, TypeIndex type, Handle start, Handle place, Formats* current);

}  // namespace syncline::crdt
