// The one thread that writes: takes all that has queued up, writes it as one batch with one sync,
// answers all of it.
//
// While a sync is under way the next batch gathers; so one append alone waits for one sync, and a
// thousand at once share one.
//
// Thread-safety: submit() and counters() from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "backend/store/database.h"
#include "log/event_log.h"

namespace syncline::backend::store {

struct AppendRequest {
  std::string workspace;
  std::vector<log::EncodedEvent> events;  // passed log::check_append
  log::Done<log::Appended> done;          // called on the committer's thread
  bool overflowed = false;                // found the queue full: to be refused
};

struct SnapshotRequest {
  std::string workspace;
  std::string object;
  log::Position position = 0;
  Bytes bytes;
  log::Done<void> done;
  bool overflowed = false;
};

using Request = std::variant<AppendRequest, SnapshotRequest>;

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
  class Batch;

  // What is known of a workspace that was written lately.
  struct Known {
    WorkspaceId id = 0;
    log::Head head;
  };

  void run();
  void commit(std::vector<Request> requests);
  Result<void> ready_to_write();
  Result<void> write(Batch& batch);
  Result<void> out_of_space(std::string_view reason);
  void count(const Batch& batch, bool written, std::chrono::microseconds duration);

  Result<Known*> find(const std::string& workspace);  // nullptr: there is none
  Result<Known*> create(const std::string& workspace, Batch& batch);
  Result<log::Appended> stage(AppendRequest& request, Batch& batch);
  Result<void> stage(SnapshotRequest& request, Batch& batch);
  // Deletes the snapshots that `request` replaces. False: a newer intact one is kept.
  Result<bool> replace_snapshots(WorkspaceId id, const SnapshotRequest& request, Batch& batch);

  Database& database_;
  const std::string data_dir_;
  const std::size_t reserve_bytes_;
  const std::size_t queue_bytes_;

  // On the committer's thread only.
  std::unordered_map<std::string, Known> known_;
  std::optional<WorkspaceId> next_id_;
  std::optional<Error> poison_;  // the disk failed: nothing is written any more
  bool resume_needed_ = false;   // RocksDB stopped writing because the disk was full

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Request> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;
  StoreCounters counters_;

  std::thread thread_;  // last: it uses everything above
};

}  // namespace syncline::backend::store
