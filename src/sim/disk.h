// A disk that keeps its promises only where a real one does.
//
// One append-only file. What is appended sits in the page cache at once: a process sees it, and a
// process that is killed loses none of it. Only sync() makes it durable. At a power loss each
// sector behind the last sync is kept, torn or lost, as chance will have it. Operations take
// virtual time, and their answers are dropped when the process that asked is gone.
//
// What a failed sync leaves behind is unknown: the pages count as clean, are read back as long as
// the machine runs, and no later sync writes them; rewrite() does, as a recovery that copies them
// elsewhere. Damage (bit rot) is done to the medium itself and read back by everyone.
//
// Ownership: outlives the processes that use it. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "sim/world.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::sim {

struct DiskSpeed {
  std::uint64_t write_us = 30;
  std::uint64_t sync_us = 2000;  // on average
  double slow_sync = 0.01;       // one that takes 50 times as long
  std::uint64_t bytes_per_us = 200;
};

class Disk {
 public:
  static constexpr std::size_t kSector = 512;

  using Done = std::move_only_function<void(Result<void>)>;

  Disk(World& world, DiskSpeed speed);

  // The file as processes see it.
  ByteView contents() const { return bytes_; }
  std::size_t durable_bytes() const { return durable_; }

  // kUnavailable: full, nothing was written. kIo: failed, part of it may have been.
  void append(Bytes bytes, Done done);
  // Makes durable all that had been appended by now.
  void sync(Done done);
  // All of it anew, to another place.
  void rewrite(Done done);
  // What recovery does to a torn tail. At once, and durable.
  void truncate(std::size_t size);

  // Space for more than a reserve, as the process would ask the file system.
  bool full() const { return full_ && !sudden_; }

  // ---- the process is gone
  void forget_callers();  // nobody waits for an answer any more
  void lose_power();      // and what was not synced is subject to chance

  // ---- faults
  // `sudden`: nobody is warned by full().
  void set_full(bool full, bool sudden = false) {
    full_ = full;
    sudden_ = sudden;
  }
  void set_slowness(std::uint64_t factor) { slowness_ = factor; }
  void fail_next_write() { fail_write_ = true; }
  void fail_next_sync() { fail_sync_ = true; }
  // Calls `crash` when the n-th operation from now is half done, in one of the places where it can
  // be: before it, after it, or after it and before its answer.
  void crash_at(std::uint64_t operation, std::function<void()> crash);
  // Flips one bit; undone by restore(), as when an operator brings back a good copy.
  void rot(std::size_t offset, unsigned bit);
  // The same for what was meant for, or lies at, another place: `size` bytes of it are found here.
  void misdirect(std::size_t offset, std::size_t from, std::size_t size);
  void restore();
  // What is durable now, as a backup would keep it; and a backup in place of all that is here. Not
  // while a process uses it.
  Bytes backup() const;
  void bring_back(Bytes backup);
  void heal();  // all faults but rot

  std::uint64_t operations() const { return operations_; }

 private:
  std::uint64_t takes(std::uint64_t base_us, std::size_t bytes);
  void answer(std::uint64_t delay_us, Done done, Result<void> result);
  void tear();

  World& world_;
  Dice dice_;
  const DiskSpeed speed_;
  Bytes bytes_;
  std::size_t durable_ = 0;  // this much is on the medium for certain, but for what is doubtful
  std::vector<std::pair<std::size_t, std::size_t>> doubtful_;  // what a failed sync left
  std::shared_ptr<const int> callers_ = std::make_shared<const int>();
  std::vector<std::pair<std::size_t, Bytes>> rotten_;  // what was there before
  std::uint64_t slowness_ = 1;
  std::uint64_t operations_ = 0;
  std::uint64_t crash_at_ = 0;  // operation; 0: none
  std::function<void()> crash_;
  bool full_ = false;
  bool sudden_ = false;
  bool fail_write_ = false;
  bool fail_sync_ = false;
};

}  // namespace syncline::sim
