#include "backend/store/verify_tables.h"

#include <fmt/format.h>

#include <cstring>

namespace syncline::backend::store {

using log::Check;
using log::differs;

Result<std::vector<Hash256>> TileCheck::load(unsigned, std::uint64_t, std::uint64_t) {
  return fail(ErrorCode::kInvalid, "a check begins with the first event");
}

Result<void> TileCheck::put(unsigned level, std::uint64_t index, ByteView value) {
  rocksdb::PinnableSlice stored;
  const auto status =
      database_.db->Get(options_, database_.tree, tree_key(id_, level, index), &stored);
  const std::string place =
      fmt::format("workspace {}, tree value {} of level {}", workspace_, index, level);
  if (status.IsNotFound()) return fail(ErrorCode::kCorrupt, place + ": missing");
  if (!status.ok()) return std::unexpected(to_error(status, place));
  if (text(stored) != as_text(value))
    return fail(ErrorCode::kCorrupt, place + ": does not follow from the events");
  ++values_;
  return {};
}

log::Checked<void> TileCheck::finish() const {
  const auto iterator = database_.iterate(database_.tree, options_);
  const std::string prefix = id_key(id_);
  std::uint64_t stored = 0;
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    if (!text(iterator->key()).starts_with(prefix)) break;
    ++stored;
  }
  if (!iterator->status().ok())
    return differs(Check::kStorage, {workspace_},
                   to_error(iterator->status(), fmt::format("workspace {}: tree", workspace_)));
  if (stored == values_) return {};
  return differs(Check::kTree, {workspace_},
                 fmt::format("tree has {} values, {} follow from the events", stored, values_));
}

void IndexCheck::Sum::add(std::string_view key) {
  const Hash256 hash = sha256(as_bytes(key));
  std::uint64_t value;
  std::memcpy(&value, hash.data(), sizeof value);
  sum += value;
  ++entries;
}

void IndexCheck::expect(std::string_view object, log::Position position) {
  expected_.add(object_key(id_, object, position));
}

log::Checked<void> IndexCheck::finish() {
  const auto iterator = database_.iterate(database_.objects, options_);
  const std::string prefix = id_key(id_);
  Sum sum;
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    if (!text(iterator->key()).starts_with(prefix)) break;
    sum.add(text(iterator->key()));
  }
  if (!iterator->status().ok())
    return differs(Check::kStorage, {workspace_},
                   to_error(iterator->status(), fmt::format("workspace {}: index", workspace_)));
  if (sum == expected_) return {};
  if (auto found = find_unindexed(); !found) return found;
  return differs(Check::kIndex, {workspace_},
                 fmt::format("index has {} entries for {} events", sum.entries, expected_.entries));
}

log::Checked<void> IndexCheck::find_unindexed() const {
  const auto iterator = database_.iterate(database_.events, options_);
  const std::string prefix = id_key(id_);
  for (iterator->Seek(prefix); iterator->Valid(); iterator->Next()) {
    if (!text(iterator->key()).starts_with(prefix)) break;
    const auto event = log::decode_event(bytes(iterator->value()));
    if (event)
      if (auto ok = check_indexed(*event); !ok) return ok;
  }
  return {};
}

log::Checked<void> IndexCheck::check_indexed(const log::Event& event) const {
  rocksdb::PinnableSlice value;
  const auto status = database_.db->Get(options_, database_.objects,
                                        object_key(id_, event.object, event.position), &value);
  if (status.ok()) return {};
  if (status.IsNotFound())
    return differs(Check::kIndex, {workspace_, event.position}, "index entry missing");
  return differs(Check::kStorage, {workspace_, event.position},
                 to_error(status, fmt::format("workspace {}: index", workspace_)));
}

}  // namespace syncline::backend::store
