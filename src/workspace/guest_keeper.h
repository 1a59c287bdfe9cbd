// GuestKeeper: erases the names of guests (identity/person.h) who have not been seen for a number of days.
//
// It looks through all records, a page at a time with pauses, and begins again some hours after the end. One loop of a
// node does this for all.
//
// Thread-safety: one loop. What it refers to must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "log/directory_store.h"

namespace syncline::workspace {

struct GuestPace {
  std::uint64_t interval_ms = std::uint64_t{6} * 3'600'000;  // between rounds
  std::uint64_t pause_ms = 100;                              // between pages
  std::size_t page = 256;
};

class GuestKeeper {
 public:
  // `days`: how long a name is kept after the last day on which its guest was seen; 0: for ever.
  GuestKeeper(log::DirectoryStore& directory, Scheduler& loop, std::uint64_t days,
              GuestPace pace = {});
  ~GuestKeeper();
  GuestKeeper(const GuestKeeper&) = delete;
  GuestKeeper& operator=(const GuestKeeper&) = delete;

  std::uint64_t erased() const { return erased_; }  // since the start

 private:
  void later(std::uint64_t ms);
  void look();
  void judge(std::vector<log::DirectoryEntry> page);

  log::DirectoryStore& directory_;
  Scheduler& loop_;
  const std::uint64_t days_;
  const GuestPace pace_;
  std::string after_;  // the last record that this round has seen
  std::uint64_t erased_ = 0;
  Scheduler::TimerId timer_ = 0;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace syncline::workspace
