#include <algorithm>

#include "base/byte_writer.h"
#include "crdt/new_content.h"
#include "crdt/packed.h"

namespace syncline::crdt {
namespace {

Result<void> check_elements(const Engine& engine, TypeIndex type, std::uint32_t index,
                            std::uint32_t length) {
  if (Result<void> ok = engine.require(type, {TypeKind::kArray}); !ok) return ok;
  const std::uint32_t size = engine.type(type).sequence.length;
  if (index > size || length > size - index)
    return fail(ErrorCode::kInvalid, "beyond the end of the array");
  return {};
}

// Inserts after `left`. A run of plain values becomes one item; each byte string becomes an item of
// its own. All of these items have the same right neighbour.
void insert_values(Engine& engine, TypeIndex type, Handle left, const std::vector<Any>& values) {
  const Handle right =
      left != kNoItem ? engine.store[left].right : engine.type(type).sequence.first;
  ByteWriter packed;
  NewContent run;
  run.kind = BlockKind::kAny;
  run.len = 0;
  const auto flush = [&] {
    if (run.len == 0) return;
    run.payload = packed.view();
    left = engine.insert(type, left, right, run);
    run.len = 0;
    packed.clear();
  };
  for (const Any& value : values) {
    if (const Bytes* bytes = std::get_if<Bytes>(&value.value())) {
      flush();
      NewContent binary;
      binary.kind = BlockKind::kBinary;
      binary.payload = *bytes;
      left = engine.insert(type, left, right, binary);
    } else {
      pack(value, packed);
      ++run.len;
    }
  }
  flush();
}

Handle insert_one(Engine& engine, TypeIndex type, std::uint32_t index, const NewContent& content) {
  const Handle left = engine.array_position(type, index);
  const Handle right =
      left != kNoItem ? engine.store[left].right : engine.type(type).sequence.first;
  return engine.insert(type, left, right, content);
}

}  // namespace

Result<void> Array::insert(std::uint32_t index, const std::vector<Any>& values) {
  if (Result<void> ok = check_elements(*engine_, index_, index, 0); !ok) return ok;
  engine_->transact([&](Transaction&) {
    insert_values(*engine_, index_, engine_->array_position(index_, index), values);
  });
  return {};
}

Result<void> Array::push(const std::vector<Any>& values) {
  if (Result<void> ok = check_elements(*engine_, index_, 0, 0); !ok) return ok;
  engine_->transact([&](Transaction&) {
    insert_values(*engine_, index_, engine_->type(index_).sequence.last, values);
  });
  return {};
}

Result<void> Array::unshift(const std::vector<Any>& values) {
  return insert(0, values);
}

Result<Type> Array::push_type(TypeKind kind, std::string_view name) {
  return insert_type(length(), kind, name);
}

Result<Type> Array::insert_type(std::uint32_t index, TypeKind kind, std::string_view name) {
  if (Result<void> ok = check_elements(*engine_, index_, index, 0); !ok)
    return std::unexpected(ok.error());
  const Result<NewContent> content = type_content(kind, name);
  if (!content) return std::unexpected(content.error());
  Type type;
  engine_->transact([&](Transaction&) {
    const Handle item = insert_one(*engine_, index_, index, *content);
    type = Type(engine_, engine_->store[item].content);
  });
  return type;
}

Result<void> Array::insert_subdoc(std::uint32_t index, const Subdoc& subdoc) {
  if (Result<void> ok = check_elements(*engine_, index_, index, 0); !ok) return ok;
  Bytes storage;
  const NewContent content = subdoc_content(subdoc, storage);
  engine_->transact([&](Transaction&) { insert_one(*engine_, index_, index, content); });
  return {};
}

Result<void> Array::erase(std::uint32_t index, std::uint32_t length) {
  if (Result<void> ok = check_elements(*engine_, index_, index, length); !ok) return ok;
  engine_->transact([&](Transaction&) { engine_->erase_range(index_, index, length); });
  return {};
}

std::optional<Value> Array::get(std::uint32_t index) const {
  const Sequence& sequence = engine_->type(index_).sequence;
  if (engine_->is_deleted(index_) || index >= sequence.length) return std::nullopt;
  const auto [item, offset] = engine_->store.sequences.find(sequence, index);
  return engine_->value_at(engine_->store[item], offset);
}

std::vector<Value> Array::values() const {
  std::vector<Value> values;
  if (engine_->is_deleted(index_)) return values;
  const Sequence& sequence = engine_->type(index_).sequence;
  values.reserve(sequence.length);
  for (Handle h = sequence.first; h != kNoItem; h = engine_->store[h].right) {
    const Item& item = engine_->store[h];
    for (Clock i = 0; i < item.visible(); ++i) values.push_back(engine_->value_at(item, i));
  }
  return values;
}

std::vector<Value> Array::slice(std::uint32_t begin, std::uint32_t end) const {
  std::vector<Value> values;
  end = std::min(end, length());
  if (begin >= end) return values;
  auto [handle, offset] = engine_->store.sequences.find(engine_->type(index_).sequence, begin);
  for (std::uint32_t left = end - begin; left > 0; handle = engine_->store[handle].right) {
    const Item& item = engine_->store[handle];
    for (; left > 0 && offset < item.visible(); ++offset, --left)
      values.push_back(engine_->value_at(item, offset));
    offset = 0;
  }
  return values;
}

}  // namespace syncline::crdt
