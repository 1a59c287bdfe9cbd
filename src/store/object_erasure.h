// Erases what an object was: rewrites its events without their payloads, and removes what else holds bytes of it. Contract:
// log::RetentionStore::erase_object.
//
// Thread-safety: any thread; what stage() stages is for the committer's thread.
#pragma once

#include <string>
#include <vector>

#include "log/retention.h"
#include "store/blobs.h"
#include "store/file_commit.h"
#include "store/keys.h"
#include "store/store_log.h"
#include "store/tables.h"

namespace syncline::store {

inline constexpr std::size_t kErasedAtOnce = 512;  // events
inline constexpr std::size_t kErasedBytesAtOnce = std::size_t{4} << 20;

// Stages one slice. If it is the last, also removes the snapshots of the object up to `to`, deltas that extend those, and
// its index of authors. Adds to `released` as store/contents.h says. The versions of a file keep it no longer.
Result<log::ErasedPayloads> stage_erasure(const Tables& tables, const std::string& workspace,
                                          WorkspaceId id, const log::ObjectErasure& erasure,
                                          FileCommit& files, Writes& writes,
                                          std::vector<BlobName>& released,
                                          ReleasedFiles& released_files);

// The keys whose former values may hold bytes of the object; with an empty name, of all that the workspace held. No range:
// there is no such workspace.
Result<std::vector<KeyRange>> erased_ranges(const Tables& tables, const std::string& workspace,
                                            const std::string& object);

}  // namespace syncline::store
