// Finds the formats that hold at a place of a text. Yjs walks to the place from the start. Here the
// tree of the sequence shows where formats are (sequence.h). The result is the same, including the
// order of names.
//
// Costs: O(log n) for each attribute name that is looked up. For names after the first 63 of a
// document (format_marks.h), add the formats between the place and the one that is found.
#pragma once

#include "crdt/engine.h"
#include "crdt/formats.h"

namespace syncline::crdt {

// A format item's name and value.
KeyIndex format_key(const Engine& engine, const Item& item);
FormatValue format_value(const Engine& engine, const Item& item);

// The value of an attribute directly after an item (kNoItem: at the start); null if it has none.
FormatValue format_behind(const Engine& engine, TypeIndex type, Handle item, KeyIndex key);

// Applies the formats between two items, without these two, to `formats`, which hold at `behind`.
// `behind` = kNoItem: from the start; `before` = kNoItem: to the end.
void apply_formats(const Engine& engine, TypeIndex type, Handle behind, Handle before,
                   Formats& formats);

}  // namespace syncline::crdt
