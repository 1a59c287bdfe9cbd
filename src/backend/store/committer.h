// The one thread that writes: takes all that has queued up, writes it as one batch with one sync,
// answers all of it. What is written and answered is decided by store/group_commit.h.
//
// While a sync is under way the next batch gathers; so one append alone waits for one sync, and a
// thousand at once share one.
//
// Thread-safety: submit() and counters() from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backend/store/database.h"
#include "store/group_commit.h"
#include "store/requests.h"

namespace syncline::backend::store {

class Committer {
 public:
  // `data_dir` is where free space is measured.
  Committer(Database& database, std::string data_dir, const StoreOptions& options);

  // Commits and answers what was submitted, then ends.
  ~Committer();

  // Refused with kUnavailable when too much is queued; in its turn, since answers keep the order.
  void submit(Request request);

  StoreCounters counters() const;

 private:
  void run();
  void commit(std::vector<Request> requests);
  Result<void> ready_to_write();
  Result<void> write(DatabaseWrites& writes);
  Result<void> out_of_space(std::string_view reason);
  void count(const GroupCommit::Batch& batch, bool wrote, const Result<void>& written,
             std::chrono::microseconds duration);

  Database& database_;
  const std::string data_dir_;
  const std::size_t reserve_bytes_;

  // On the committer's thread only.
  GroupCommit group_;
  bool resume_needed_ = false;  // RocksDB stopped writing because the disk was full

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  RequestQueue queue_;
  bool stopping_ = false;
  StoreCounters counters_;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace syncline::backend::store
