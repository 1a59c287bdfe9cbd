// SnapshotQueue: the snapshots whose content is stored apart (store/blobs.h), and the blobs that may
// have to be removed, in the order in which one writer takes them.
//
// Nobody's ack waits here: events go to the committer directly. A snapshot passes through two steps.
// The writer stores its content as a blob. Then its entry, which is small, goes to the committer like
// any other request. One snapshot at a time does so. So when a delta comes to the committer, its base
// is committed, and no blob is removed while an entry that names it is on its way.
//
//   queue.push(request);                     // or refuse it
//   while (auto job = queue.begin()) …       // store_apart(), or remove the blob if nothing names it
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

#include "store/blobs.h"
#include "store/requests.h"

namespace syncline::store {

struct SnapshotLimits {
  // Content up to this size is part of the entry.
  std::size_t inline_bytes = std::size_t{16} << 10;
  // Content that waits. One snapshot is accepted whatever its size.
  std::size_t queue_bytes = std::size_t{64} << 20;
};

class SnapshotQueue {
 public:
  explicit SnapshotQueue(SnapshotLimits limits) : limits_(limits) {}

  // True if the snapshot belongs into this queue: if it is large, or if another one of its object
  // waits here, which it must not overtake. Otherwise it goes to the committer directly.
  bool takes(const SnapshotRequest& request) const;

  // False if there is no room for it. `request` is then unchanged, and the caller refuses it.
  bool push(SnapshotRequest& request);

  // Blobs that have lost an entry.
  void release(const std::vector<BlobName>& names);

  // While true, no blob is begun to be removed. For a copy of the data directory.
  void hold_removals(bool held) { held_ = held; }

  using Job = std::variant<SnapshotRequest, BlobName>;

  // The next job; nullopt if nothing waits, or if the last job is not over.
  std::optional<Job> begin();
  void end();

  bool idle() const { return !busy_ && waiting_.empty() && (released_.empty() || held_); }
  std::size_t size() const { return waiting_.size() + (bytes_in_work_ > 0 ? 1 : 0); }
  std::size_t bytes() const { return bytes_; }  // of the job that is not over, too

 private:
  using Object = std::pair<std::string, std::string>;

  SnapshotLimits limits_;
  std::deque<SnapshotRequest> waiting_;
  std::deque<BlobName> released_;
  std::map<Object, std::size_t> objects_;  // of waiting_ and of the job that is not over
  Object in_work_;
  std::size_t bytes_ = 0;
  std::size_t bytes_in_work_ = 0;
  bool busy_ = false;
  bool held_ = false;
};

// Carries out both steps for one snapshot, and answers it. `commit` passes the request with the entry
// on. `over` is called once, just before the answer, possibly on another thread: with the blob to
// which the job may have left no entry, if there is one.
void store_apart(Blobs& blobs, SnapshotRequest request, std::size_t inline_bytes,
                 std::function<void(SnapshotRequest)> commit,
                 std::move_only_function<void(std::vector<BlobName>)> over);

// Removes the blob if no entry names it. True if it was removed.
bool remove_unnamed(const Tables& tables, Blobs& blobs, const BlobName& name);

}  // namespace syncline::store
