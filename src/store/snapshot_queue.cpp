#include "store/snapshot_queue.h"

#include "base/mutation.h"
#include "store/blob_file.h"
#include "store/contents.h"

namespace syncline::store {

bool SnapshotQueue::takes(const SnapshotRequest& request) const {
  return request.snapshot.bytes.size() > limits_.inline_bytes ||
         objects_.contains({request.workspace, request.object});
}

bool SnapshotQueue::push(SnapshotRequest& request) {
  const std::size_t size = request.snapshot.bytes.size();
  if (bytes_ > 0 && bytes_ + size > limits_.queue_bytes) return false;
  bytes_ += size;
  ++objects_[{request.workspace, request.object}];
  waiting_.push_back(std::move(request));
  return true;
}

void SnapshotQueue::release(const std::vector<BlobName>& names) {
  released_.insert(released_.end(), names.begin(), names.end());
}

// Removals first: they make room.
std::optional<SnapshotQueue::Job> SnapshotQueue::begin() {
  if (busy_) return std::nullopt;
  std::optional<Job> job;
  if (!released_.empty() && !held_) {
    job = released_.front();
    released_.pop_front();
  } else if (!waiting_.empty()) {
    SnapshotRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_in_work_ = request.snapshot.bytes.size();
    in_work_ = {request.workspace, request.object};
    job = std::move(request);
  }
  busy_ = job.has_value();
  return job;
}

void SnapshotQueue::end() {
  busy_ = false;
  bytes_ -= std::exchange(bytes_in_work_, 0);
  const auto found = objects_.find(std::exchange(in_work_, {}));
  if (found != objects_.end() && --found->second == 0) objects_.erase(found);
}

namespace {

using StoreOver = std::move_only_function<void(std::vector<BlobName>)>;

// Answers when the entry is committed. The committer may have ignored it. After a failure of the
// disk, nobody knows whether the entry is stored, so the blob stays.
log::Done<void> answer_with(log::Done<void> done, std::vector<BlobName> names, StoreOver over) {
  return [done = std::move(done), names = std::move(names),
          over = std::move(over)](Result<void> kept) mutable {
    const bool unknown = !kept && kept.error().code == ErrorCode::kIo;
    over(unknown ? std::vector<BlobName>() : std::move(names));
    done(std::move(kept));
  };
}

}  // namespace

void store_apart(Blobs& blobs, SnapshotRequest request, std::size_t inline_bytes,
                 std::function<void(SnapshotRequest)> commit, StoreOver over) {
  if (request.snapshot.bytes.size() <= inline_bytes) {
    request.done = answer_with(std::move(request.done), {}, std::move(over));
    return commit(std::move(request));
  }
  Bytes content = std::exchange(request.snapshot.bytes, {});
  const BlobName name = blob_name(content);
  request.apart = ApartContent{name, content.size()};
  if (is_mutated(Mutation::entry_before_blob)) {
    request.done = answer_with(std::move(request.done), {name}, std::move(over));
    commit(std::move(request));
    return blobs.write(name, std::move(content), [](Result<void>) {});
  }
  blobs.write(name, std::move(content),
              [name, request = std::move(request), commit = std::move(commit),
               over = std::move(over)](Result<void> written) mutable {
                if (!written) {
                  over({});
                  return request.done(std::move(written));
                }
                request.done = answer_with(std::move(request.done), {name}, std::move(over));
                commit(std::move(request));
              });
}

bool remove_unnamed(const Tables& tables, Blobs& blobs, const BlobName& name) {
  const auto named = is_named(tables, name);
  return named && !*named && blobs.remove(name).has_value();
}

}  // namespace syncline::store
