// Disk: a simulated disk that gives no more guarantees than a real one.
//
// It has one append-only file, the journal, and files that are each written whole. Appended bytes are in the page cache at once: a process sees them,
// and a killed process loses none of them. Only sync() makes them durable. At a power loss, each
// sector after the last sync is kept, torn or lost at random. Operations take virtual time. Their
// answers are dropped if the process that asked has ended.
//
// After a failed sync, the state of its pages is unknown: they count as clean, they can be read as
// long as the machine runs, and later syncs do not write them. rewrite() does, like a recovery that
// copies them elsewhere. Damage (bit rot) changes the medium itself, and every reader sees it.
//
// A file is durable when write_file() has answered. Before that, a power loss keeps it, tears it or
// loses it. A removed file may be there again after a power loss.
//
// Ownership: it outlives the processes that use it. Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sim/world.h"
#include "syncline/bytes.h"
#include "syncline/error.h"

namespace syncline::sim {

struct DiskSpeed {
  std::uint64_t write_us = 30;
  std::uint64_t sync_us = 2000;  // on average
  double slow_sync = 0.01;       // the share of syncs that take 50 times as long
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

  // kUnavailable: the disk is full and nothing was written. kIo: it failed, and a part may have
  // been written.
  void append(Bytes bytes, Done done);
  // Makes everything durable that has been appended by now.
  void sync(Done done);
  // Writes all of it again to another place.
  void rewrite(Done done);
  // Cuts off a torn tail, as recovery does. Immediate and durable.
  void truncate(std::size_t size);

  // ---- the files

  struct File {
    Bytes bytes;
    bool durable = false;

    bool operator==(const File&) const = default;
  };
  using Files = std::map<std::string, File, std::less<>>;

  const Files& files() const { return files_; }
  // Writes and syncs it. Errors: those of append(), and after kIo the file may be there.
  void write_file(const std::string& name, Bytes bytes, Done done);
  void remove_file(const std::string& name);

  // False if there is space for more than a reserve. A process would ask the file system for this.
  bool full() const { return full_ && !sudden_; }

  // ---- the process has ended
  void forget_callers();  // drops all pending answers
  void lose_power();      // also loses unsynced bytes at random

  // ---- faults
  // `sudden`: full() does not warn of it.
  void set_full(bool full, bool sudden = false) {
    full_ = full;
    sudden_ = sudden;
  }
  void set_slowness(std::uint64_t factor) { slowness_ = factor; }
  void fail_next_write() { fail_write_ = true; }
  void fail_next_sync() { fail_sync_ = true; }
  // Calls `crash` during the n-th operation from now: before it, after it, or after it and before
  // its answer.
  void crash_at(std::uint64_t operation, std::function<void()> crash);
  // Flips one bit. restore() undoes this, like an operator who brings back a good copy.
  void rot(std::size_t offset, unsigned bit);
  // Simulates a misdirected write or read: `size` bytes of another place are found here. restore()
  // undoes this.
  void misdirect(std::size_t offset, std::size_t from, std::size_t size);
  // The same for a file, which must exist and not be empty: a bit of it flips, or it is gone.
  void rot_file(const std::string& name, std::size_t offset, unsigned bit);
  void lose_file(const std::string& name);
  // True if there are such files now. A server does not find that out when it starts.
  bool has_damaged_files() const { return !rotten_files_.empty(); }
  void restore();
  // backup: what is durable now. bring_back: replaces the content with a backup. No process may use
  // the disk meanwhile.
  struct Backup {
    Bytes journal;
    Files files;

    bool operator==(const Backup&) const = default;
  };
  Backup backup() const;
  void bring_back(Backup backup);
  void heal();  // ends all faults except bit rot

  std::uint64_t operations() const { return operations_; }

 private:
  std::uint64_t takes(std::uint64_t base_us, std::size_t bytes);
  void answer(std::uint64_t delay_us, Done done, Result<void> result);
  void tear();
  void tear_files();

  World& world_;
  Dice dice_;
  const DiskSpeed speed_;
  Bytes bytes_;
  std::size_t durable_ = 0;  // bytes that are durable for certain, except doubtful_
  std::vector<std::pair<std::size_t, std::size_t>> doubtful_;  // ranges of failed syncs
  std::shared_ptr<const int> callers_ = std::make_shared<const int>();
  std::vector<std::pair<std::size_t, Bytes>> rotten_;  // the original bytes
  Files files_;
  Files removed_;       // whose removal is not durable
  Files rotten_files_;  // as they were
  Dice file_dice_;
  std::uint64_t slowness_ = 1;
  std::uint64_t operations_ = 0;
  std::uint64_t crash_at_ = 0;  // number of the operation; 0: none
  std::function<void()> crash_;
  bool full_ = false;
  bool sudden_ = false;
  bool fail_write_ = false;
  bool fail_sync_ = false;
};

}  // namespace syncline::sim
