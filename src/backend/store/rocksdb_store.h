// RocksDbStore: the embedded store, which keeps the log, snapshots and index of every workspace in
// one RocksDB directory, and large snapshots in files beside it.
//
// There is one RocksDbStore per process and data directory, and one LoopStore per loop above it.
// One committer thread takes the appends that all loops have queued, writes them as one batch with
// one sync, and answers all of them. So the more appends are in flight, the cheaper each one is. A
// small pool of threads does the reads. Another thread writes large snapshots, as files beside the
// database (backend/store/snapshot_writer.h), so that no append waits for them.
//
// The start costs nothing per workspace. It drops a torn tail of the write-ahead log (the rest of
// an append that was never acknowledged) and refuses to open if there is any other damage. The end
// of a workspace's log is checked at its first use; verify() checks everything. Opening never
// repairs damaged files; repair_store() does, and it keeps the old files.
//
// After a failed write or sync, no append succeeds until the process restarts, because the content
// of the disk is then unknown. A full disk is the exception: appends fail with kUnavailable and
// work again when there is space. Reading continues in both cases, and on a full disk also what
// makes room: applying retention, and changing its rules.
//
// Key layout: docs/formats/log.md. Thread-safety: open_loop(), verify() and counters() from any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/store/private_files.h"
#include "base/scheduler.h"
#include "log/checkpoint.h"
#include "log/difference.h"
#include "log/log_backend.h"
#include "node/known_types.h"
#include "observe/histogram.h"
#include "observe/report.h"
#include "syncline/error.h"

namespace rocksdb {
class Env;
}

namespace syncline::store {
class Tables;
class Writes;
}  // namespace syncline::store

namespace syncline::backend {

struct StoreOptions {
  std::string data_dir;
  bool create_if_missing = true;
  // Opens next to a running server, or on a read-only medium. Appends and snapshots then fail with
  // kUnsupported, and later writes of the server are not visible.
  bool read_only = false;
  std::size_t cache_bytes = std::size_t{64} << 20;  // blocks, indexes and filters
  std::size_t write_buffer_bytes = std::size_t{32} << 20;
  // What all of these may have together until they are written to tables; 0: no limit but their own.
  std::size_t all_write_buffers_bytes = 0;
  // Appends are refused while less than this is free on the disk.
  std::size_t min_free_bytes = std::size_t{64} << 20;
  // Kept in addition for the time when the disk is full (backend/store/disk_reserve.h); 0: nothing.
  std::size_t reserve_bytes = 0;
  // Set by open() if the disk is full: opening then writes as little as possible.
  bool spare_space = false;
  // Appends are refused while more than this is queued for the disk.
  std::size_t queue_bytes = std::size_t{256} << 20;
  // Larger snapshots become files of their own (backend/store/file_blobs.h).
  std::size_t inline_snapshot_bytes = std::size_t{16} << 10;
  // Large snapshots are refused while more than this waits to be written. One is always accepted.
  std::size_t snapshot_queue_bytes = std::size_t{64} << 20;
  unsigned reader_threads = 2;
  // Table files that may be open at once. 0: all are, and opening the store looks into each of them.
  std::size_t max_open_tables = 0;
  rocksdb::Env* env = nullptr;  // for tests that inject disk faults; not owned
  // Called again and again before the store is used, until it returns false. What it has staged is committed, and
  // synced, before the next call. Not while `read_only`. May be empty.
  std::function<Result<bool>(const syncline::store::Tables&, syncline::store::Writes&)>
      change_first = {};
  observe::Sink* reports = nullptr;  // must outlive the store; nullptr: nothing is reported
};

// Counts since the store was opened.
struct StoreCounters {
  std::uint64_t appends = 0;  // acknowledged calls of append
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;     // of their records
  std::uint64_t commits = 0;   // batches written, each with one sync
  std::uint64_t failures = 0;  // appends and snapshots that failed or were refused
  observe::Histogram commit_us = observe::Histogram::microseconds();  // all of a commit
  observe::Histogram sync_us = observe::Histogram::microseconds();    // the write, with its sync
  observe::Histogram commit_events = observe::Histogram::numbers();
  observe::Histogram commit_bytes = observe::Histogram::bytes();  // of records
  std::uint64_t snapshot_files_written = 0;
  std::uint64_t snapshot_bytes_written = 0;  // of their content
  std::uint64_t snapshot_files_removed = 0;
  std::uint64_t snapshots_refused = 0;  // because too much waited
  observe::Histogram snapshot_write_us = observe::Histogram::microseconds();  // one file, synced

  // Now:
  std::uint64_t queued_requests = 0;  // for the committer
  std::uint64_t queued_bytes = 0;
  std::uint64_t queued_reads = 0;      // for the threads that read
  std::uint64_t queued_snapshots = 0;  // for the thread that writes files
  std::uint64_t queued_snapshot_bytes = 0;
  std::uint64_t cache_bytes = 0;      // blocks, indexes and filters in memory
  std::uint64_t unwritten_bytes = 0;  // that are not in tables yet
};

struct VerifyProgress {
  std::string workspace;  // the one being read
  std::uint64_t workspaces_done = 0;
  std::uint64_t events_done = 0;
  std::uint64_t events_estimated = 0;  // of all workspaces; 0 if unknown
};

struct VerifyOptions {
  const merge::TypeRegistry& types = node::known_types();
  // Replays every intent, and compares effects and the content of snapshots. Needs memory for the
  // objects of a workspace; if they need more than `memory_bytes`, reads its log more than once.
  bool replay = false;
  std::size_t memory_bytes = std::size_t{512} << 20;
  // Reads the bytes of all files, too, and compares them with their names.
  bool files = false;
  // The keys that may have signed the stored checkpoints; nullopt: do not check signatures.
  std::optional<std::vector<log::NoteVerifier>> keys;
  // Checkpoints that the caller trusts. The logs that they name must begin with them.
  std::vector<log::Checkpoint> known;
};

struct VerifyReport {
  std::uint64_t workspaces = 0;
  std::uint64_t events = 0;
  std::uint64_t snapshots = 0;
  // "workspace/object at 7". Also a delta whose base is damaged or missing. In use, they are
  // rebuilt from the log.
  std::vector<std::string> damaged_snapshots;
  std::uint64_t pins = 0;
  // Pins, retention rules, holds and records that Syncline 0.1 kept without events: nothing proves them.
  std::uint64_t untold = 0;
  std::uint64_t files = 0;          // with `files`: that are stored and intact
  std::uint64_t file_bytes = 0;     // of these
  std::uint64_t signed_events = 0;  // the signed beginnings of all workspaces, added up
  std::uint64_t origin_events = 0;  // signed by former keepers whose keys are not in `keys`
  // Checkpoints of VerifyOptions::known that name a workspace here.
  std::uint64_t known_found = 0;

  // With `replay`:
  std::uint64_t replayed = 0;            // events
  std::uint64_t effects = 0;             // of replayed events that store an effect
  std::uint64_t not_replayable = 0;      // events whose payload, or the state before it, is gone
  std::uint64_t snapshots_compared = 0;  // with the replayed state
  std::uint64_t passes = 0;              // passes over a log in addition to the first
  struct Gap {
    std::string workspace;
    std::string object;
    log::Position from = 0;
    log::Position to = 0;
    std::uint64_t events = 0;
  };
  std::vector<Gap> gaps;  // the first of them: ranges of events that could not be replayed
};

struct BackupOptions;
struct BackupReport;

class RocksDbStore final : public log::LogBackend {
 public:
  // Creates or opens the data directory.
  //   kConflict     another process has it open
  //   kCorrupt      damage other than a torn tail; the message names the file and the command that
  //                 repairs
  //   kUnsupported  written by a newer version
  //   kNotFound     does not exist, and must not be created
  //   kIo           any other error of the operating system
  static Result<std::unique_ptr<RocksDbStore>> open(StoreOptions options);

  // Commits and answers what is queued, then closes. The LoopStores must already be destroyed;
  // their loops must still exist.
  ~RocksDbStore() override;
  RocksDbStore(const RocksDbStore&) = delete;
  RocksDbStore& operator=(const RocksDbStore&) = delete;

  std::unique_ptr<log::LoopStore> open_loop(Scheduler& loop) override;

  // The tables below the logs, for reading. For checks that must not rely on the code above.
  const syncline::store::Tables& tables() const;

  StoreCounters counters() const;

  // kUnavailable while the disk is full. Does not measure: at most a second old.
  Result<void> has_room() const;

  // The size of an incomplete write at the end of the write-ahead log that opening dropped. It
  // belonged to an append that was never acknowledged. 0 after a clean stop.
  std::uint64_t torn_bytes() const;

  // What opening made private, because others could read it (backend/store/private_files.h).
  MadePrivate made_private() const;

  // Reads everything, and checks every record, chain, tree, index entry, pin and snapshot. Returns
  // the first difference with its place. Blocks; appends may continue meanwhile. Calls `progress`
  // now and then on the calling thread; if it returns false, verify stops with kUnavailable.
  log::Checked<VerifyReport> verify(const std::function<bool(const VerifyProgress&)>& progress = {},
                                    const VerifyOptions& options = {});

  // Writes a backup (backend/store/backup.h) while the store is in use. Blocks. kConflict if
  // another backup is being written, or if the destination exists.
  Result<BackupReport> back_up(const BackupOptions& backup);

 private:
  struct Impl;
  explicit RocksDbStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::backend
