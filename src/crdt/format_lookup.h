// Which formats hold at a place of a text. Yjs walks there from the start; here the tree of the
// sequence tells where the formats are (sequence.h), and what comes out is the same, down to the
// order of names.
//
// Costs: O(log n) for each attribute name that is looked at. Of names beyond the first 63 of a
// document (format_marks.h) also the formats that are between the place and the one found.
#pragma once

#include "crdt/engine.h"
#include "crdt/formats.h"

namespace syncline::crdt {

// A format item's name and value.
KeyIndex format_key(const Engine& engine, const Item& item);
FormatValue format_value(const Engine& engine, const Item& item);

// The value under a name right behind an item (kNoItem: at the start); null if there is none.
FormatValue format_behind(const Engine& engine, TypeIndex type, Handle item, KeyIndex key);

// Applies the formats between two items, both excluded, to what holds before them. kNoItem: from
// the start, to the end.
void apply_formats(const Engine& engine, TypeIndex type, Handle behind, Handle before,
                   Formats& formats);

}  // namespace syncline::crdt
