// StreamSweep: deletes the streams of a loop that have come to the end of their lives (docs/durable-streams.md), without
// anybody asking for them.
//
// It looks through the workspaces of its loop, a page of objects at a time, and reads the state of those that are streams.
// Nothing of what it knows must be kept: after a restart it looks again. One stream is deleted at a time, as by DELETE: one
// that forks need is hidden, and deleted when they are gone. What is written or begun anew between the look and the deletion
// stays, because the deletion asks again (Deletion::allow).
//
// Thread-safety: one loop, but counters() may be read by any thread. What it gets must outlive it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/context.h"
#include "log/catalog.h"
#include "node/shard.h"

namespace syncline::api {

struct SweepPace {
  std::uint64_t interval_ms = 600'000;  // from the end of a look through everything to the next one
  std::uint64_t pause_ms = 20;          // between pages, and between deletions
  std::size_t page = 64;                // objects, or workspaces
};

class StreamSweep {
 public:
  struct Counters {
    std::atomic<std::uint64_t> deleted = 0;
    std::atomic<std::uint64_t> failures = 0;  // they are tried again at the next look
  };

  // `index`: of the shard.
  StreamSweep(Context& context, node::Shard& shard, std::size_t index, SweepPace pace = {});
  ~StreamSweep();
  StreamSweep(const StreamSweep&) = delete;
  StreamSweep& operator=(const StreamSweep&) = delete;

  const Counters& counters() const { return counters_; }

 private:
  void later(std::uint64_t ms, void (StreamSweep::*next)());
  template <typename T>
  log::Done<T> then(void (StreamSweep::*next)(Result<T>));
  bool is_mine(const std::string& workspace) const;
  void list_workspaces();
  void take_workspaces(Result<std::vector<std::string>> names);
  void next_workspace();
  void list_objects();
  void take_objects(Result<log::ObjectHeads> page);
  void next_stream();
  void remove(const std::string& object);

  Context& context_;
  node::Shard& shard_;
  const std::size_t index_;
  const SweepPace pace_;
  std::string last_workspace_;           // that was listed; "": from the first one
  bool more_workspaces_ = true;          // there may be some behind that
  std::vector<std::string> workspaces_;  // to look through; the last one is next
  std::string workspace_;                // the present one
  std::string last_object_;              // in it, that was listed
  bool more_objects_ = false;
  std::vector<std::string> streams_;  // in it, to look at
  Counters counters_;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::api
