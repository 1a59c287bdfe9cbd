// A state as a snapshot stores it: whole, or a milestone and a delta that extends it
// (log::Snapshot). Thread-safety: plain values. Errors: those of merge::ObjectType::restore.
#pragma once

#include <memory>
#include <string_view>

#include "log/snapshot_store.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "merge/type_registry.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::state {

// Views of a snapshot's fields.
struct StateParts {
  ByteView whole;
  ByteView delta = {};         // empty: `whole` is the whole state
  std::string_view type = {};  // its name; empty: not recorded, so the default type
};

inline StateParts parts_of(const log::Snapshot& snapshot) {
  if (snapshot.base == 0) return {.whole = snapshot.bytes, .type = snapshot.type};
  return {.whole = snapshot.base_bytes, .delta = snapshot.bytes, .type = snapshot.type};
}

// kUnsupported if this build does not know that type.
inline Result<const merge::ObjectType*> type_of(const merge::TypeRegistry& types,
                                                const StateParts& parts) {
  if (parts.type.empty()) return &types.default_type();
  return types.require(parts.type);
}

// Restores the state. The object is marked where the delta begins (merge::SnapshotDeltas), or at
// the state itself if it is whole.
inline Result<std::unique_ptr<merge::Object>> restore(const merge::TypeRegistry& types,
                                                      const StateParts& parts) {
  const auto type = type_of(types, parts);
  if (!type) return std::unexpected(type.error());
  auto restored = (*type)->restore(parts.whole);
  if (!restored) return restored;
  merge::mark(**restored);
  if (parts.delta.empty()) return restored;
  if (auto extended = merge::extend(**restored, parts.delta); !extended)
    return std::unexpected(std::move(extended.error()));
  return restored;
}

// Makes a milestone of `object`, whose state is that after the event at `position`.
inline log::Snapshot milestone_of(const merge::Object& object, log::Position position,
                                  std::uint64_t generation) {
  log::Snapshot snapshot{position, object.snapshot(), 0, 0};
  snapshot.type = object.type().name();
  snapshot.generation = generation;
  return snapshot;
}

}  // namespace syncline::state
