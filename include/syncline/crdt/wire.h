// What of Yjs's wire format an application has to name: the two versions of updates, and the kinds of
// shared types.
#pragma once

#include <cstdint>

namespace syncline::crdt {

// Both hold the same; version 2 packs into columns and is smaller for documents with a history.
enum class UpdateVersion : std::uint8_t { kV1 = 1, kV2 = 2 };

// Shared types, by their number on the wire.
enum class TypeKind : std::uint8_t {
  kArray = 0,
  kMap = 1,
  kText = 2,
  kXmlElement = 3,
  kXmlFragment = 4,
  kXmlHook = 5,
  kXmlText = 6,
  kUndefined = 15,  // a root type that nobody has named a kind for yet; never on the wire
};

}  // namespace syncline::crdt
