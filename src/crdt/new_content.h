// Makes the content of new items from the values that applications pass.
#pragma once

#include <string_view>
#include <vector>

#include "base/byte_writer.h"
#include "crdt/engine.h"

namespace syncline::crdt {

// For a nested type. kInvalid for kUndefined.
Result<NewContent> type_content(TypeKind kind, std::string_view name);

// For a subdocument. `storage` owns the bytes to which the content refers.
NewContent subdoc_content(const Subdoc& subdoc, Bytes& storage);

// For one value. `storage` owns the bytes to which the content refers. Byte strings get a kind of
// their own.
NewContent value_content(const Any& value, Bytes& storage);

}  // namespace syncline::crdt
