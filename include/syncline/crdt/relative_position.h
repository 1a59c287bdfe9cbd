// RelativePosition: a place in a sequence or text that stays with its neighbours while others edit.
// Use it for cursors, selections and comments.
//
// With assoc >= 0, it names the element to its right; with assoc < 0, the element to its left.
// Without such an element it names the end of the type, or the beginning for assoc < 0. If the
// named element is deleted, the place is where the element was.
//
// Compatible with Yjs: the same bytes and the same JSON. Encoded: 0 and the id of the element, or 1
// and the name of the root type, or 2 and the id of the type; then assoc as a varint. Old versions
// omit assoc, which means 0. Indices are those of types.h: UTF-16 units in texts. Thread-safety:
// plain values; to resolve one reads the document. Costs: O(log n) in both directions; a place in
// deleted content also takes the walk to the next visible element. Errors: kMalformed for bytes or
// JSON that do not encode a position.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "syncline/bytes.h"
#include "syncline/crdt/doc.h"
#include "syncline/crdt/id.h"
#include "syncline/crdt/types.h"
#include "syncline/error.h"

namespace syncline::crdt {

struct RelativePosition {
  std::optional<Id> type;           // the element that holds the nested type
  std::optional<std::string> root;  // or the name of the root type
  std::optional<Id> item;           // the neighbour; none: the end (assoc < 0: the beginning)
  std::int32_t assoc = 0;

  bool operator==(const RelativePosition&) const = default;
};

// An `index` beyond the end means the end.
RelativePosition relative_position(const Type& type, std::uint32_t index, std::int32_t assoc = 0);

Bytes encode_relative_position(const RelativePosition& position);
Result<RelativePosition> decode_relative_position(ByteView bytes);

// {"type":{"client":…,"clock":…},"tname":…,"item":{…},"assoc":…}, without the members that are
// absent.
std::string to_json(const RelativePosition& position);
Result<RelativePosition> relative_position_from_json(std::string_view json);

struct AbsolutePosition {
  Type type;
  std::uint32_t index = 0;
  std::int32_t assoc = 0;
};

// The present index of the place. Empty if the document does not know the element yet, or has
// forgotten its surroundings.
std::optional<AbsolutePosition> absolute_position(const RelativePosition& position, Doc& doc);

}  // namespace syncline::crdt
