// RelativePosition: a place in a sequence or text that stays with its neighbours while others edit,
// as for cursors, selections and comments.
//
// It names the element that it sits before (assoc >= 0: with the right neighbour) or after (assoc <
// 0: with the left one), or, when there is none, the type's end (or beginning). If that element is
// deleted the place moves to where it was.
//
// Compatible with Yjs: the same bytes and the same JSON.
// Encoded: 0 and the element's id, or 1 and the root's name, or 2 and the id of the type; then
// assoc as varint (old versions left it out: 0). Indices are those of types.h: UTF-16 units in
// texts. Thread-safety: values; resolving reads the document. Costs: O(log n) both ways, and for a
// place in deleted content the way to the next that is not. Errors: kMalformed for bytes or JSON
// that are no position.
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
  std::optional<Id> type;           // a nested type, by the element that holds it
  std::optional<std::string> root;  // or a root type, by name
  std::optional<Id> item;           // the neighbour; none: the end, or with assoc < 0 the beginning
  std::int32_t assoc = 0;

  bool operator==(const RelativePosition&) const = default;
};

// `index` beyond the end is the end.
RelativePosition relative_position(const Type& type, std::uint32_t index, std::int32_t assoc = 0);

Bytes encode_relative_position(const RelativePosition& position);
Result<RelativePosition> decode_relative_position(ByteView bytes);

// {"type":{"client":…,"clock":…},"tname":…,"item":{…},"assoc":…}, absent members left out.
std::string to_json(const RelativePosition& position);
Result<RelativePosition> relative_position_from_json(std::string_view json);

struct AbsolutePosition {
  Type type;
  std::uint32_t index = 0;
  std::int32_t assoc = 0;
};

// Where the place is now; nothing if the document does not know it yet, or has forgotten its
// neighbourhood.
std::optional<AbsolutePosition> absolute_position(const RelativePosition& position, Doc& doc);

}  // namespace syncline::crdt
