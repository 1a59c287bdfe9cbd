// The parts of Yjs's wire format that an application has to name: the versions of updates and the
// kinds of shared types.
#pragma once

#include <cstdint>

namespace syncline::crdt {

// Both carry the same content. Version 2 stores it in columns and is smaller for documents with a
// history.
enum class UpdateVersion : std::uint8_t { kV1 = 1, kV2 = 2 };

// The kinds of shared types, with their numbers on the wire.
enum class TypeKind : std::uint8_t {
  kArray = 0,
  kMap = 1,
  kText = 2,
  kXmlElement = 3,
  kXmlFragment = 4,
  kXmlHook = 5,
  kXmlText = 6,
  kUndefined = 15,  // a root type whose kind the application has not named yet; never on the wire
};

}  // namespace syncline::crdt
