// Content for new items, from the values that applications give.
#pragma once

#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "crdt/engine.h"

namespace syncline::crdt {

// A nested type. kInvalid for kUndefined.
Result<NewContent> type_content(TypeKind kind, std::string_view name);

// A subdocument; `storage` keeps what the content refers to.
NewContent subdoc_content(const Subdoc& subdoc, Bytes& storage);

// One value; `storage` keeps what the content refers to. Byte strings have a kind of their own.
NewContent value_content(const Any& value, Bytes& storage);

}  // namespace syncline::crdt
