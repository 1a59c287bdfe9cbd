// Blobs: byte strings that are stored apart from the tables, because they are large: the content of
// snapshots. An entry of the tables names a blob; the blob itself never passes through the commit
// path.
//
// A blob is named by the SHA-256 of its content, so equal contents share one blob. Files implement
// this in production (backend/store/file_blobs.h), a simulated disk in the simulator, and memory in
// tests. The rules of all of them:
//   - An entry is committed only after write() has answered. So no entry names a blob that a crash
//     can take away.
//   - A blob is removed only after the commit of the batch that removed its last entry. A reader
//     that finds an entry and then no blob looks for the entry again (store/reads.h).
//   - A crash may leave blobs that no entry names, and may bring removed ones back. remove_orphans()
//     finds them at the next start.
//
// Thread-safety: read() from any thread, concurrently with everything else. All others belong to the
// one thread that writes.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/sha256.h"
#include "log/done.h"
#include "log/snapshot_store.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::store {

using BlobName = Hash256;

inline constexpr std::size_t kMaxBlobBytes = log::kMaxSnapshotBytes;

class Blobs {
 public:
  virtual ~Blobs() = default;

  // Answers when the blob is durable, possibly before write() returns. A blob that is there already
  // and intact may stay as it is; a damaged one is written again. After an error, nothing of a new
  // blob remains.
  //   kUnavailable  the disk is full
  //   kIo           any other error of the disk
  virtual void write(const BlobName& name, Bytes bytes, log::Done<void> done) = 0;

  // nullopt: it is missing or damaged. kIo: it cannot be read now.
  virtual Result<std::optional<Bytes>> read(const BlobName& name) const = 0;

  // Removing one that is not there succeeds.
  virtual Result<void> remove(const BlobName& name) = 0;

  // All of them, in no order.
  virtual Result<std::vector<BlobName>> list() const = 0;
};

// The blobs of tables that have none.
const Blobs& no_blobs();

}  // namespace syncline::store
