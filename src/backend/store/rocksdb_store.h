// The embedded store: every workspace's log, snapshots and index in one RocksDB directory.
//
// One RocksDbStore per process and data directory, one LoopStore per loop above it. One committer
// thread takes whatever appends all loops have queued, writes them as one batch with one sync, and
// answers all of them: the more is under way, the cheaper each is. Reads run on a small pool of
// threads.
//
// Start costs nothing per workspace. It recovers a torn tail of the write-ahead log (the rest of an
// append that was never acknowledged) and refuses to open over any other damage. A workspace's own
// end is checked when it is first used; verify() checks everything. Corruption of the files is
// never repaired by opening; repair_store() does that, and keeps the old files.
//
// After a failed write or sync nothing more is appended until the process restarts: what the disk
// holds is then unknown. A full disk is the exception: appends fail with kUnavailable and work
// again when there is space. Reading goes on in both cases.
//
// Key layout: docs/formats/log.md. Thread-safety: open_loop(), verify() and counters() from any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "log/checkpoint.h"
#include "log/difference.h"
#include "log/log_backend.h"
#include "syncline/error.h"

namespace rocksdb {
class Env;
}

namespace syncline::store {
class Tables;
}

namespace syncline::backend {

struct StoreOptions {
  std::string data_dir;
  bool create_if_missing = true;
  // Opens beside a running server or over a read-only medium: appends and snapshots fail with
  // kUnsupported; what is written meanwhile is not seen.
  bool read_only = false;
  std::size_t cache_bytes = std::size_t{64} << 20;  // blocks, indexes and filters
  std::size_t write_buffer_bytes = std::size_t{32} << 20;
  // Appends are refused, and work again later, while less than this is free on the disk.
  std::size_t reserve_bytes = std::size_t{64} << 20;
  // Appends are refused while more than this waits for the disk.
  std::size_t queue_bytes = std::size_t{256} << 20;
  unsigned reader_threads = 2;
  rocksdb::Env* env = nullptr;  // for tests that break the disk; not owned
};

// Counted since the store was opened.
struct StoreCounters {
  // Commits by duration: index i counts those of less than 2^i · 64 µs, the last one all others.
  static constexpr std::size_t kLatencyBuckets = 16;

  std::uint64_t appends = 0;  // acknowledged calls of append
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;     // of their records
  std::uint64_t commits = 0;   // batches written, each with one sync
  std::uint64_t failures = 0;  // appends and snapshots that were refused or failed
  std::uint64_t commit_us_total = 0;
  std::array<std::uint64_t, kLatencyBuckets> commit_latency{};
};

struct VerifyProgress {
  std::string workspace;  // the one being read
  std::uint64_t workspaces_done = 0;
  std::uint64_t events_done = 0;
  std::uint64_t events_estimated = 0;  // of all workspaces; 0: not known
};

struct VerifyOptions {
  // Replays every intent: compares effects, and what snapshots show. Needs memory for the objects of
  // a workspace; above `memory_bytes` its log is read more than once.
  bool replay = false;
  std::size_t memory_bytes = std::size_t{512} << 20;
  // Who may have signed the checkpoints that are kept; nullopt: their signatures are not looked at.
  std::optional<std::vector<log::NoteVerifier>> keys;
  // Checkpoints that the caller knows to be true: the logs that they name must begin with them.
  std::vector<log::Checkpoint> known;
};

struct VerifyReport {
  std::uint64_t workspaces = 0;
  std::uint64_t events = 0;
  std::uint64_t snapshots = 0;
  // "workspace/object at 7", a delta whose base is damaged or gone too; rebuilt from the log in use.
  std::vector<std::string> damaged_snapshots;
  std::uint64_t pins = 0;
  std::uint64_t signed_events = 0;  // the first so many of each workspace, added up
  std::uint64_t origin_events = 0;  // signed by former keepers whose keys are not among `keys`
  std::uint64_t known_found = 0;    // of VerifyOptions::known, that name a workspace here

  // With `replay`:
  std::uint64_t replayed = 0;            // events
  std::uint64_t effects = 0;             // compared: of the replayed events that tell theirs
  std::uint64_t not_replayable = 0;      // events whose payload, or the state before, is gone
  std::uint64_t snapshots_compared = 0;  // with the replayed state
  std::uint64_t passes = 0;              // over a log, beyond the first
  struct Gap {
    std::string workspace;
    std::string object;
    log::Position from = 0;
    log::Position to = 0;
    std::uint64_t events = 0;
  };
  std::vector<Gap> gaps;  // the first of them: where events could not be replayed
};

struct BackupOptions;
struct BackupReport;

class RocksDbStore final : public log::LogBackend {
 public:
  // Creates or opens the data directory.
  //   kConflict     another process has it open
  //   kCorrupt      damage other than a torn tail; the message names the file and the repair
  //                 command
  //   kUnsupported  written by a newer version
  //   kNotFound     not there, and not to be created
  //   kIo           anything else that the operating system refused
  static Result<std::unique_ptr<RocksDbStore>> open(StoreOptions options);

  // Commits what is queued, answers it, then closes. The LoopStores must be gone; their loops not.
  ~RocksDbStore() override;
  RocksDbStore(const RocksDbStore&) = delete;
  RocksDbStore& operator=(const RocksDbStore&) = delete;

  std::unique_ptr<log::LoopStore> open_loop(Scheduler& loop) override;

  // What lies below the logs, to be read; for checks that trust nothing above it.
  const syncline::store::Tables& tables() const;

  StoreCounters counters() const;

  // Bytes of an incomplete write at the end of the write-ahead log that opening dropped: the
  // remains of an append that was never acknowledged. 0 after a clean stop.
  std::uint64_t torn_bytes() const;

  // Reads everything and checks every record, chain, tree, index entry, pin and snapshot. Returns
  // the first difference and its place. Blocks; may run beside appends.
  // `progress` is called now and then on the calling thread; false from it stops with kUnavailable.
  log::Checked<VerifyReport> verify(const std::function<bool(const VerifyProgress&)>& progress = {},
                                    const VerifyOptions& options = {});

  // Writes a backup (backend/store/backup.h) beside whatever else goes on. Blocks. kConflict: another
  // one is being written, or the destination exists.
  Result<BackupReport> back_up(const BackupOptions& backup);

 private:
  struct Impl;
  explicit RocksDbStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::backend
