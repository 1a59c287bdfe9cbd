// TextCursor: a place between two items of a text, and the formats that hold there. To edit rich
// text, Yjs moves such a cursor forward over the items and changes what is around it. The steps and
// their order decide which format items exist afterwards, so this class makes the same steps. But
// it skips what cannot matter (tombstones, and long stretches of text, with sequence.h), and it
// computes the formats at a place only on demand (format_lookup.h).
//
// Use it only within a transaction. Costs: O(log n) for each format that it passes and for each
// name.
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
  // After the visible element before `index`. For one edit only.
  TextCursor(Engine& engine, TypeIndex type, std::uint32_t index);

  // Inserts content with exactly these formats and returns its item.
  Handle insert(const NewContent& content, Formats formats);
  // Inserts content with the formats that hold here.
  Handle insert(const NewContent& content);
  // Sets formats on the next `length` elements. After the end of the text it inserts newlines, as
  // the editor Quill expects.
  void format(std::uint32_t length, const Formats& formats);
  // Deletes the next `length` elements, or as many as there are, and the formats that become
  // redundant.
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
  // Cuts the item on the right to at most `length` elements. Returns `length` minus the length of
  // that item.
  std::uint32_t cut_right(std::uint32_t length);
  bool format_over_format(const Formats& wanted, bool within, Formats& restore);

  Engine& engine_;
  TypeIndex type_;
  bool one_edit_ = false;
  Handle left_ = kNoItem;
  Handle right_ = kNoItem;
  // The formats that hold here, if `resolved_`. If not, the formats before this place define them.
  // That is always equivalent, except for the order of names after a deletion.
  bool resolved_ = false;
  Formats formats_;
};

// The content of a text as a delta of inserts.
Delta text_content(Engine& engine, TypeIndex type);

// Removes redundant formats between the item `start` and the next visible element: those that are
// overwritten in this gap, and those that repeat what already held before `start`. `current`, if
// given, are the formats at `place`, an item in the gap or after it; they are kept up to date.
// `place` may be kNoItem, which is the end.
void clean_gap(Engine& engine, TypeIndex type, Handle start, Handle place, Formats* current);

}  // namespace syncline::crdt
