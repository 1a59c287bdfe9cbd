#include "crdt/new_content.h"

#include "crdt/packed.h"

namespace syncline::crdt {

Result<NewContent> type_content(TypeKind kind, std::string_view name) {
  if (kind == TypeKind::kUndefined) return fail(ErrorCode::kInvalid, "no such kind of type");
  NewContent content;
  content.kind = BlockKind::kType;
  content.type = kind;
  if (kind == TypeKind::kXmlElement || kind == TypeKind::kXmlHook) content.name = name;
  return content;
}

NewContent subdoc_content(const Subdoc& subdoc, Bytes& storage) {
  storage = subdoc.options.is_undefined() ? pack(Any(Any::Object{})) : pack(subdoc.options);
  NewContent content;
  content.kind = BlockKind::kDoc;
  content.name = subdoc.guid;
  content.payload = storage;
  return content;
}

NewContent value_content(const Any& value, Bytes& storage) {
  NewContent content;
  if (const Bytes* bytes = std::get_if<Bytes>(&value.value())) {
    content.kind = BlockKind::kBinary;
    content.payload = *bytes;
    return content;
  }
  storage = pack(value);
  content.kind = BlockKind::kAny;
  content.payload = storage;
  return content;
}

}  // namespace syncline::crdt
