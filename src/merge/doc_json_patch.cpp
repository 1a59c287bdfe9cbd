// JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396) of a document.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "merge/doc_edit.h"
#include "merge/doc_place.h"
#include "merge/doc_put.h"
#include "merge/doc_roots.h"

namespace syncline::merge {
namespace {

using crdt::Any;
using crdt::Map;
using crdt::Type;
using crdt::TypeKind;

bool is_within(const Pointer& inner, const Pointer& outer) {
  return inner.size() > outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

Result<void> test_value(DocPlaces& places, const JsonPatch::Op& op) {
  const auto present = places.get(op.path);
  if (!present) return std::unexpected(present.error());
  if (canonical_json(*present) == canonical_json(op.value)) return {};
  return fail(ErrorCode::kConflict, shown_pointer(op.path) + " has another value");
}

Result<void> move_value(DocPlaces& places, const JsonPatch::Op& op) {
  if (is_within(op.path, op.from))
    return fail(ErrorCode::kInvalid, "a value cannot be moved into itself");
  if (op.path != op.from) return places.move(op.from, op.path);
  auto present = places.get(op.from);
  return present ? Result<void>() : std::unexpected(std::move(present.error()));
}

Result<void> run_patch_op(DocPlaces& places, const JsonPatch::Op& op) {
  switch (op.kind) {
    case JsonPatch::Op::kAdd: return places.add(op.path, op.value);
    case JsonPatch::Op::kRemove: return places.remove(op.path);
    case JsonPatch::Op::kReplace:
      if (auto present = places.get(op.path); !present)
        return std::unexpected(std::move(present.error()));
      return places.replace(op.path, op.value);
    case JsonPatch::Op::kMove: return move_value(places, op);
    case JsonPatch::Op::kCopy: {
      auto value = places.get(op.from);
      if (!value) return std::unexpected(std::move(value.error()));
      return places.add(op.path, *value);
    }
    case JsonPatch::Op::kTest: return test_value(places, op);
  }
  return {};
}

// ---- merge patch

// The patch, applied to nothing.
Any without_nulls(const Any& patch) {
  const auto* members = std::get_if<Any::Object>(&patch.value());
  if (members == nullptr) return patch;
  Any::Object made;
  for (const auto& [key, value] : *members)
    if (!value.is_null()) made.emplace_back(key, without_nulls(value));
  return made;
}

Any merged(const Any& value, const Any& patch) {
  const auto* changes = std::get_if<Any::Object>(&patch.value());
  const auto* members = std::get_if<Any::Object>(&value.value());
  if (changes == nullptr || members == nullptr) return without_nulls(patch);
  const Any::Object& changed = *changes;
  Any::Object made;
  for (const auto& [key, member] : *members) {
    const Any* change = patch.find(key);
    if (change == nullptr)
      made.emplace_back(key, member);
    else if (!change->is_null())
      made.emplace_back(key, merged(member, *change));
  }
  for (const auto& [key, change] : changed)
    if (!change.is_null() && value.find(key) == nullptr)
      made.emplace_back(key, without_nulls(change));
  return made;
}

Result<void> merge_into(Map map, const Any::Object& patch) {
  for (const auto& [key, change] : patch) {
    const auto present = map.get(key);
    Result<void> done;
    if (change.is_null()) {
      if (present) done = map.erase(key);
    } else if (const auto* members = std::get_if<Any::Object>(&change.value());
               members != nullptr && present && std::holds_alternative<Type>(*present) &&
               std::get<Type>(*present).kind() == TypeKind::kMap) {
      done = merge_into(crdt::as<Map>(std::get<Type>(*present)), *members);
    } else {
      const auto* plain = present ? std::get_if<Any>(&*present) : nullptr;
      done = put_key(map, key, plain != nullptr ? merged(*plain, change) : without_nulls(change));
    }
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<void> make_edit(crdt::Doc& doc, const JsonPatch& patch) {
  DocPlaces places(doc);
  for (std::size_t i = 0; i < patch.ops.size(); ++i) {
    auto done = run_patch_op(places, patch.ops[i]);
    if (done) continue;
    done.error().message = fmt::format("operation {}: {}", i, done.error().message);
    return done;
  }
  return {};
}

Result<void> make_edit(crdt::Doc& doc, const MergePatch& patch) {
  const auto* roots = std::get_if<Any::Object>(&patch.patch.value());
  if (roots == nullptr)
    return fail(ErrorCode::kInvalid, "the content of a document is an object of its root types");
  for (const auto& [name, change] : *roots) {
    const auto* members = std::get_if<Any::Object>(&change.value());
    const bool merges = members != nullptr && root_kind(doc, name) == TypeKind::kMap;
    auto done = change.is_null() ? clear_root(doc, name)
                : merges         ? merge_into(doc.map(name), *members)
                                 : put_root(doc, name, without_nulls(change));
    if (!done) return done;
  }
  return {};
}

}  // namespace syncline::merge
