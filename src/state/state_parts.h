// A state as snapshots keep it: whole, or a milestone and the delta that leads on from it
// (log::Snapshot). Thread-safety: values. Errors: those of merge::ObjectType::restore.
#pragma once

#include <memory>

#include "log/snapshot_store.h"
#include "merge/facets.h"
#include "merge/object.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::state {

// Views of a snapshot's bytes.
struct StateParts {
  ByteView whole;
  ByteView delta = {};  // empty: `whole` is all
};

inline StateParts parts_of(const log::Snapshot& snapshot) {
  if (snapshot.base == 0) return {snapshot.bytes};
  return {snapshot.base_bytes, snapshot.bytes};
}

// With the mark where the delta begins (merge::SnapshotDeltas), or at the state itself if it is whole.
inline Result<std::unique_ptr<merge::Object>> restore(const StateParts& parts) {
  auto restored = merge::doc_type().restore(parts.whole);
  if (!restored) return restored;
  merge::mark(**restored);
  if (parts.delta.empty()) return restored;
  if (auto extended = merge::extend(**restored, parts.delta); !extended)
    return std::unexpected(std::move(extended.error()));
  return restored;
}

}  // namespace syncline::state
