// Committer: the only thread that writes. It takes everything in the queue, writes it as one batch
// with one sync, and answers all of it. store/group_commit.h decides what is written and answered.
//
// During a sync, the next batch collects. So a single append waits for one sync, and a thousand
// concurrent appends share one. If appends come one by one, the committer lets some gather before it
// takes them (commit_pace.h).
//
// Thread-safety: submit() and counters() from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backend/store/commit_pace.h"
#include "backend/store/database.h"
#include "backend/store/disk_reserve.h"
#include "store/group_commit.h"
#include "store/requests.h"

namespace syncline::backend::store {

class Committer {
 public:
  // What a committed batch leaves to others: blobs that lost an entry, and what is released of files.
  using Release = std::function<void(const std::vector<BlobName>& blobs, ReleasedFiles files)>;

  // `release` is called on the committer's thread after each batch, before the batch is answered.
  Committer(Database& database, DiskReserve& reserve, const StoreOptions& options, Release release);

  // Commits and answers what was submitted, then ends the thread.
  ~Committer();

  // If too much is queued, the request is refused with kUnavailable. The refusal comes in its turn,
  // because answers keep the order.
  void submit(Request request);

  StoreCounters counters() const;

 private:
  void run();
  std::optional<std::vector<Request>> next();
  bool is_enough() const { return CommitPace::is_enough(queue_.size(), queue_.bytes()); }
  void commit(std::vector<Request> requests);
  syncline::store::GroupCommit::Ready ready_to_write();
  Result<void> write(DatabaseWrites& writes);
  Result<void> out_of_space(std::string_view reason);
  struct Durations {
    std::uint64_t all_us = 0;
    std::uint64_t sync_us = 0;
  };
  void count(const GroupCommit::Batch& batch, bool wrote, const Result<void>& written,
             Durations durations);
  void report(const Result<void>& ready, const Result<void>& written, bool wrote);

  Database& database_;
  const std::string data_dir_;
  const observe::Reporter reporter_;

  // Used only on the committer's thread.
  DiskReserve& reserve_;
  const Release release_;
  GroupCommit group_;
  bool resume_needed_ = false;  // RocksDB has stopped writing because the disk was full
  bool refusing_ = false;       // the last commit was refused or failed

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  RequestQueue queue_;
  CommitPace pace_;
  bool gathering_ =
      false;  // the committer waits for more; it need not be woken before it is enough
  bool stopping_ = false;
  StoreCounters counters_;

  std::thread thread_;  // last, because it uses the members above
};

}  // namespace syncline::backend::store
