// ChunkQueue: the chunks of files that wait to be stored, and those that may have to be removed, in the order in which
// one writer takes them.
//
// A chunk is removed only if nothing names it in what is committed, and nobody holds it. Whoever gets a chunk stored
// holds it until his commit that names it is answered. The one writer takes the hold before it looks whether the chunk is
// there already, and removes nothing meanwhile. So no chunk goes that a commit under way is going to name.
//
//   queue.push(request);                     // or refuse it
//   while (auto job = queue.begin()) …       // hold the name and write, or may_remove() and remove
//   queue.end();                             // when the job is over
//
// Thread-safety: none. If several threads use a queue, its owner must lock it.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/mutation.h"
#include "log/file_store.h"
#include "store/blobs.h"
#include "store/tables.h"
#include "syncline/bytes.h"

namespace syncline::store {

struct ChunkRequest {
  std::string tenant;
  Bytes bytes;
  Sha256::State before;
  log::Done<log::StoredChunk> done;
};

// The answer to the request, but for the hold.
log::StoredChunk stored_as(const ChunkRequest& request);

class ChunkQueue {
 public:
  // `most`: bytes that may wait. One chunk is accepted whatever waits.
  explicit ChunkQueue(std::size_t most = std::size_t{64} << 20) : most_(most) {}

  // False if there is no room for it. `request` is then unchanged, and the caller refuses it.
  bool push(ChunkRequest& request);

  // Chunks that have lost a name.
  void release(const std::vector<BlobName>& names);

  void hold(const BlobName& name) { ++holds_[name]; }
  // The last hold of it is given back. It may be that nothing has named it.
  void let_go(const BlobName& name);
  bool may_remove(const BlobName& name) const {
    return !holds_.contains(name) || is_mutated(Mutation::remove_held_chunk);
  }

  // While true, no chunk is begun to be removed. For a copy of the data directory.
  void hold_removals(bool held) { held_ = held; }

  using Job = std::variant<ChunkRequest, BlobName>;

  // The next job; nullopt if nothing waits, or if the last job is not over. Writes and removals take turns.
  std::optional<Job> begin();
  void end() { busy_ = false; }

  bool idle() const { return !busy_ && waiting_.empty() && (released_.empty() || held_); }
  std::size_t bytes() const { return bytes_; }

 private:
  const std::size_t most_;
  std::deque<ChunkRequest> waiting_;
  std::deque<BlobName> released_;
  std::map<BlobName, std::size_t> holds_;
  std::size_t bytes_ = 0;
  bool busy_ = false;
  bool held_ = false;
  bool wrote_ = false;  // the last job was a write
};

// Writes a chunk, whose name `stored` holds, and answers. `over` runs before the answer: the next job may begin.
void write_chunk(Blobs& chunks, log::StoredChunk stored, Bytes bytes,
                 std::move_only_function<void()> over, log::Done<log::StoredChunk> done);

// Removes the chunk if nothing names it. True if it was removed. Nobody may hold it.
bool remove_unnamed_chunk(const Tables& tables, Blobs& chunks, const BlobName& name);
// The names of all chunks that nothing names. To be called before the first write.
Result<std::vector<BlobName>> unnamed_chunks(const Tables& tables, const Blobs& chunks);

}  // namespace syncline::store
